"""The whole command line: which commands there are, parsing, running one, telling what went wrong.

Commands are our own (`omero_cli/commands/`) or those of plug-ins (`omero_cli/controls/`).
"""

import argparse
import os
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omero_cli.framework import Arguments, CommandError, Context, Parser

if TYPE_CHECKING:
    from omero_cli.controls.cli import CLI
    from omero_cli.controls.discovery import Plugin

__all__ = [
    "CommandLine",
    "command_help",
    "command_names",
    "configure_command",
    "dispatch",
    "run_command",
    "subcommands",
]

COMMANDS = Path(__file__).with_name("commands")
NAME = "omero_command"
"""The argument that holds the name of the command."""


class Commands(dict[str, Any]):
    """The parsers of all commands. A command's module is imported when its parser is asked for.

    `host` serves the commands of plug-ins; one is made when the first of them is asked for. `paths`: of further ones.
    """

    def __init__(self, prog: str, host: "CLI | None" = None) -> None:
        super().__init__()
        self._prog = prog
        self._host = host
        self.paths: list[str] = []

    @property
    def started(self) -> "CLI | None":
        """The host, if there is one yet."""
        return self._host

    @property
    def host(self) -> "CLI":
        if self._host is None:
            from omero_cli.controls.cli import CLI

            self._host = CLI(self._prog, self.paths)
        return self._host

    def __contains__(self, name: object) -> bool:
        return name in command_names() or name in list(self)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*command_names(), *self._plugins(), *(self._host.controls if self._host else ())}))

    def __getitem__(self, name: str) -> Parser:
        if name in command_names() and (self._host is None or name not in self._host.controls):
            return command_parser(name, f"{self._prog} {name}")
        return self.host.control_parser(name)

    def help(self, name: str) -> str:
        """One line about a command."""
        if name in command_names():
            return command_help(name)
        return self._host.help_of(name) if self._host else self._plugins()[name].help

    def _plugins(self) -> "dict[str, Plugin]":
        from omero_cli.controls.discovery import find

        return self._host.plugins if self._host else find(self.paths)


def command_parser(name: str, prog: str) -> Parser:
    """The parser of one of our own commands."""
    parser = Parser(prog=prog)
    configure_command(name, parser)
    return parser


def configure_command(name: str, parser: Parser) -> None:
    """Let one of our own commands add its arguments to a parser."""
    module = import_module(f"omero_cli.commands.{_file_of(name).stem}")
    parser.description = module.__doc__
    module.configure(parser)


@cache
def command_names() -> list[str]:
    """Every command of our own, sorted."""
    return sorted(path.stem.removesuffix("_") for path in COMMANDS.glob("*.py") if not path.stem.startswith("_"))


def command_help(name: str) -> str:
    """The first line of the docstring of a command's module, read without importing it."""
    with _file_of(name).open(encoding="utf-8") as source:
        return source.readline().strip().strip('"').rstrip(".")


class CommandLine(Parser):
    """The parser of the whole command line; the commands of plug-ins are run by `host`."""

    def __init__(self, prog: str = "omero", host: "CLI | None" = None) -> None:
        super().__init__(prog=prog, description="Command line of OMERO.")
        self.commands = Commands(prog, host)
        self.add_argument("-v", "--version", action="store_true", help="Print the version and exit")
        self.add_argument("-d", "--debug", metavar="LEVEL", default=argparse.SUPPRESS, help="Show tracebacks of errors")
        help = "File or directory with further commands; can be repeated"
        self.add_argument("--path", action=_AddPath, commands=self.commands, default=argparse.SUPPRESS, help=help)
        self.login_arguments()
        action = self.add_subparsers(metavar="<command>", dest=NAME, help="See the list below")
        action.choices = action._name_parser_map = self.commands

    def format_help(self) -> str:
        lines = "".join(f"  {name:<14}{self.commands.help(name)}\n" for name in self.commands)
        more = "Use `omero COMMAND -h` for the options of a command, `omero help` for more.\n"
        return f"{super().format_help()}\nCommands:\n{lines}\n{more}"


class _AddPath(argparse.Action):
    """Commands are looked for there, by those that follow on the same line."""

    def __init__(self, *args: Any, commands: Commands, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._commands = commands

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        self._commands.paths.append(values)


def run_command(arguments: list[str], prog: str = "omero") -> int:
    """Parse and run one command line; returns the exit code."""
    parser = CommandLine(prog)
    try:
        args = parser.parse_args(arguments, Arguments())
    except CommandError as error:  # A plug-in that cannot be loaded.
        return _report(Context(), error) & 255
    ctx = parser.commands.started or Context()
    try:
        return dispatch(ctx, parser, args) & 255
    finally:
        ctx.close()


def dispatch(ctx: Context, parser: CommandLine, args: Arguments) -> int:
    """Run what was parsed; returns the exit code as the command gave it."""
    ctx.quiet, ctx.debug = args.quiet, args.debug is not None
    if args.version:
        from omero_cli.version import VERSION

        print(f"{parser.prog} {VERSION}")
        return 0
    name = getattr(args, NAME)
    if name is None:
        parser.print_help()
        return 0
    host = parser.commands.started
    try:
        if host is not None and name in host.controls:
            return host.run_control(args)
        return args.run(ctx, args) or 0
    except Exception as error:
        if ctx.debug and not getattr(error, "shown", False):
            raise
        return _report(ctx, error)


def _report(ctx: Context, error: Exception) -> int:
    """Print an error that ends a command and return its exit code; an unforeseen one is raised again."""
    if isinstance(error, CommandError):
        if not error.shown:
            ctx.err(error)
        return error.code
    if isinstance(error, BrokenPipeError):
        # Whoever read our output has seen enough. Python must not complain about it again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    module, name = type(error).__module__.split(".")[0], type(error).__name__
    if module in ("omero", "Ice", "Glacier2") or module.startswith("omero_"):
        text = getattr(error, "message", None) or getattr(error, "reason", None) or str(error)
        ctx.err(f"{name}: {text}")
        return 1
    raise error


def _file_of(name: str) -> Path:
    plain = COMMANDS / f"{name}.py"
    return plain if plain.exists() else COMMANDS / f"{name}_.py"


def subcommands(parser: argparse.ArgumentParser, only: str | None = None) -> Iterator[tuple[str, Parser]]:
    """The sub-commands of a parser by name, or one of them."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name in sorted(action.choices):
                if only in (None, name):
                    yield name, action.choices[name]
