"""CLI: what the controls of plug-ins are given as `ctx`, and what runs command lines from Python."""

from __future__ import annotations

import cmd
import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, ClassVar

from omero_cli.command_line import CommandLine, command_names, dispatch
from omero_cli.controls.base import BaseControl, NonZeroReturnCode
from omero_cli.controls.context import Context
from omero_cli.controls.discovery import Plugin, find
from omero_cli.controls.native import NativeControl
from omero_cli.controls.parser import Parser
from omero_cli.controls.shell import shell_command
from omero_cli.framework import Arguments
from omero_cli.version import VERSION

__all__ = ["CLI", "argv", "cli_login"]


class CLI(cmd.Cmd, Context):
    """Runs command lines: `CLI().invoke(["user", "list"])`. Knows all commands; `register` adds or replaces one.

    `rv` is what the last one ended with. The client stays until `close`, so that what follows needs no login.
    """

    prompt = "omero> "
    topics: ClassVar[dict[str, str]] = {}

    def __init__(self, prog: str = "omero", plugin_paths: Iterable[str] = ()) -> None:
        cmd.Cmd.__init__(self)
        Context.__init__(self, prog=prog)
        self.parser = CommandLine(prog, self)
        self.plugins: dict[str, Plugin] = find(plugin_paths)
        self._helps: dict[str, str] = {}

    # Controls

    def register(
        self, name: str, Control: type[BaseControl], help: str | None = None, epilog: str | None = None
    ) -> None:
        """Add a command, or replace one."""
        control = self.controls[name] = Control(ctx=self, dir=self.dir)
        self._helps[name] = help or ""
        control.parser = self._parser_of(name, control, epilog)

    register_only = register

    def loadplugins(self) -> None:
        """Make all commands controls, those of plug-ins too."""
        for name in command_names():
            if name not in self.controls:
                self.register(name, NativeControl.of(name))
        for name in self.plugins:
            self.load(name)

    def waitForPlugins(self) -> None:
        """Commands are there at once: there is nothing to wait for."""

    def load(self, name: str) -> None:
        """Make the command of a plug-in a control; one that fails is reported, and not there."""
        plugin = self.plugins[name]
        if name in self.controls:
            return
        try:
            if plugin.file is None:
                module, _, control = plugin.place.partition(":")
                self.register(name, getattr(import_module(module), control), plugin.help)
            else:
                self.loadpath(plugin.file)
        except Exception as error:
            self.err(f"Error loading: {plugin.file or plugin.place}: {type(error).__name__}: {error}")

    def loadpath(self, pathobj: Any) -> None:
        """Run a file, or all of a directory, that calls `register`."""
        path = Path(pathobj)
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            spec = spec_from_file_location(f"omero.plugins.{file.stem}", file)
            assert spec is not None and spec.loader is not None  # It ends in .py.
            module = module_from_spec(spec)
            vars(module)["register"] = self.register
            spec.loader.exec_module(module)

    def control_parser(self, name: str) -> Parser:
        """The parser of a control; that of a plug-in is loaded first. NonZeroReturnCode when that fails."""
        if name not in self.controls and name in self.plugins:
            self.load(name)
        if name not in self.controls:
            self.die(2, f"The command {name} cannot be used.")
        parser: Parser = self.controls[name].parser
        return parser

    def help_of(self, name: str) -> str:
        """One line about a command."""
        text = self._helps.get(name) or (self.plugins[name].help if name in self.plugins else "")
        return text.strip().partition("\n")[0]

    def _parser_of(self, name: str, control: BaseControl, epilog: str | None) -> Parser:
        parser = Parser(prog=f"{self.prog} {name}", description=self._helps[name], epilog=epilog)
        if hasattr(control, "_configure"):
            control._configure(parser)
        else:
            parser.set_defaults(func=control)
        return parser

    def run_control(self, args: Arguments) -> int:
        """Run what the arguments of a control's parser say."""
        if hasattr(args, "func"):
            args.func(args)
            return self.rv
        return args.run(self, args) or 0

    # Running

    def invoke(self, line: str | list[str], strict: bool = False, previous_args: Any = None) -> None:
        """Run a command line, text or words. `rv` tells how it ended; with `strict` NonZeroReturnCode does."""
        self.execute(line, previous_args)
        if strict:
            self.assertRC()

    def execute(self, line: str | list[str], previous_args: Any = None) -> None:
        """Run a command line; the options for logging in of `previous_args` hold unless others are given."""
        words = shlex.split(line, comments=True) if isinstance(line, str) else [str(word) for word in line]
        self.rv = 0
        if not words:
            return
        try:
            args = self.parser.parse_args(words, Arguments(**_login_options(previous_args)))
            self.rv = dispatch(self, self.parser, args)
        except NonZeroReturnCode as error:
            self.rv = error.rv
        except SystemExit as end:
            self.rv = end.code if isinstance(end.code, int) else int(end.code is not None)

    def onecmd(self, line: Any, previous_args: Any = None) -> bool:
        """Run one line of an interactive session; True ends it. An error is told, and is none of the session."""
        try:
            words = shlex.split(line, comments=True) if isinstance(line, str) else line
            if words in (["quit"], ["exit"], ["EOF"]):
                return True
            if words and not shell_command(self, words):
                self.execute(words, previous_args)
        except Exception as error:
            self.err(f"{type(error).__name__}: {error}")
            self.rv = 1
        return False

    def invokeloop(self) -> None:
        """Run the lines of standard input until it ends or says `quit`."""
        if not sys.stdin.isatty():
            for line in sys.stdin:
                if self.onecmd(line):
                    break
            return
        self.out(f'OMERO Python Shell. Version {VERSION}\nType "help" for more information, "quit" or Ctrl-D to exit')
        while True:
            try:
                return self.cmdloop()
            except KeyboardInterrupt:
                self.out("Use quit to exit")

    def emptyline(self) -> bool:
        return False

    def completenames(self, text: str, *ignored: Any) -> list[str]:
        return [name for name in self.parser.commands if name.startswith(text)]

    def completedefault(self, *ignored: Any) -> list[str]:
        text, line, begin, end = ignored
        name = line.split()[0]
        if name not in self.parser.commands:
            return []
        if name not in self.controls:
            self.register(name, NativeControl.of(name)) if name in command_names() else self.load(name)
        found: list[str] = self.controls[name]._complete(text, line, begin, end)
        return found

    def assertRC(self) -> None:
        """NonZeroReturnCode unless the last command ended well."""
        if self.rv != 0:
            raise NonZeroReturnCode(self.rv, "assert failed")

    def pub(self, args: Any, strict: bool = False) -> None:
        """Run a command line that another command asks for."""
        self.invoke(args, strict)


def _login_options(previous: Any) -> dict[str, Any]:
    names = ("server", "port", "user", "password", "group", "key", "sudo", "create", "quiet", "debug")
    found = {name: getattr(previous, name, None) for name in names}
    return {name: value for name, value in found.items() if value}


def argv(args: list[str] | None = None) -> int:
    """Run the command line of the process, or this one, which begins with the program's name; returns the exit code."""
    words = sys.argv if args is None else args
    prog, *leading = Path(words[0]).name.split("-")
    cli = CLI(prog)
    try:
        if leading or words[1:]:
            cli.invoke([*leading, *words[1:]])
        else:
            cli.invokeloop()
        return cli.rv
    finally:
        cli.close()


@contextmanager
def cli_login(*args: str, keep_alive: int = 300) -> Iterator[CLI]:
    """A CLI that is logged in as `omero login ARGS` does, and leaves at the end. Exception when it cannot log in."""
    cli = CLI()
    try:
        cli.invoke(["-q", "login", *args])
        client = cli.get_client()
        if client is None:
            raise Exception("Failed to login")
        if keep_alive:
            client.enableKeepAlive(keep_alive)
        yield cli
    finally:
        cli.close()
