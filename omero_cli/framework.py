"""The frame of the `omero` command: parsing, dispatch, output, errors. Light: imports neither Ice nor the server.

How to add a command
--------------------
Each module in `omero_cli/commands/` is one command. Its name is the file's (a trailing `_` is dropped: `import_.py` is
`omero import`), the first line of its docstring is its help, and it is imported only when it is used:

    \"\"\"Greet somebody through the server.\"\"\"

    from omero_cli.framework import Arguments, Context, Parser

    def configure(parser: Parser) -> None:
        parser.login_arguments()                         # -s -p -u -w -g -k -C --sudo -q
        parser.add_argument("name", help="whom to greet")
        parser.set_defaults(run=greet)
        # or, with sub-commands:  parser.command("hello", greet, "Greet somebody").login_arguments()

    def greet(ctx: Context, args: Arguments) -> int | None:
        client = ctx.connect(args)                       # logs in or re-uses the session; an omero.client
        if not args.name:
            ctx.die(103, "No name given. Use e.g. 'omero greet World'")
        ctx.out(f"Hello {args.name}")                    # results: standard output; notes: ctx.err

Import heavy things (omero, numpy, SQLAlchemy) at the top of the command's module, never here or in `main`. The return
value is the exit code (None is 0). Errors: `ctx.die(code, message)`, or raise `CommandError(message, code)`, or let an
API exception of the server pass: it is shown as `Class: message` with exit code 1. Tables: `omero_cli.tables`, together
with `parser.style_argument()`; paging: `parser.limit_arguments()`.
"""

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Never, Protocol

if TYPE_CHECKING:
    from omero.clients import BaseClient
    from omero_server.control.instance import Instance

__all__ = [
    "Arguments",
    "CommandError",
    "Context",
    "Parser",
]

STYLES = ("csv", "json", "plain", "sql")


class CommandError(Exception):
    """Ends a command: the message goes to standard error unless it was `shown`; `code` modulo 256 is the exit code."""

    shown = False

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class Arguments(argparse.Namespace):
    """Parsed arguments. Login options are there for every command, None when they were not given."""

    server: str | None = None
    port: str | None = None
    user: str | None = None
    password: str | None = None
    group: str | None = None
    key: str | None = None
    sudo: str | None = None
    create: bool = False
    quiet: bool = False
    debug: str | None = None

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"no argument {name}")


class Handler(Protocol):
    """What a command runs."""

    def __call__(self, ctx: "Context", args: Arguments, /) -> int | None: ...


class Context:
    """What a running command is given: output, errors, prompts and the connection to the server."""

    def __init__(self, quiet: bool = False, debug: bool = False) -> None:
        self.quiet = quiet
        self.debug = debug
        self._client: BaseClient | None = None

    def out(self, text: object = "", newline: bool = True) -> None:
        """A result, to standard output."""
        print(text, end="\n" if newline else "", flush=True)

    def err(self, text: object = "", newline: bool = True) -> None:
        """A note or a warning, to standard error."""
        print(text, end="\n" if newline else "", file=sys.stderr, flush=True)

    def die(self, code: int, message: str) -> Never:
        """End the command with a message and an exit code."""
        raise CommandError(message, code)

    def input(self, prompt: str, hidden: bool = False, required: bool = False, what: str = "input") -> str:
        """Ask the user, until there is an answer if one is required. CommandError 564 without a terminal to ask on."""
        for name, stream in (("stdin", sys.stdin), ("stdout", sys.stdout)):
            if not stream.isatty():
                raise CommandError(f"{name} is not a terminal: cannot request {what}", 564)
        while True:
            if hidden:
                from getpass import getpass

                answer = getpass(prompt)
            else:
                answer = input(prompt)
            if answer or not required:
                return answer
            self.out("Input required")

    @property
    def instance(self) -> "Instance":
        """The server instance on this machine: OMERODIR or its default."""
        from omero_server.control.instance import Instance

        return Instance.locate()

    def connect(self, args: Arguments) -> "BaseClient":
        """A client with a session: the current one, a stored one that fits the login options, or a new one."""
        if self._client is None:
            from omero_cli.connection import connect

            client: BaseClient = connect(self, args)
            self._client = client
        return self._client

    def use_client(self, client: "BaseClient | None") -> None:
        """Make `client` what `connect` answers (None: forget the present one)."""
        self._client = client

    def close(self) -> None:
        """Leave the server; the session goes on."""
        if self._client is not None:
            self._client.closeSession()
            self._client = None


class Parser(argparse.ArgumentParser):
    """argparse with the option groups that OMERO commands share."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("formatter_class", HelpFormatter)
        super().__init__(*args, **kwargs)
        self._commands: Any = None

    def command(self, name: str, run: Handler, help: str, **kwargs: Any) -> "Parser":
        """Add a sub-command and return its parser."""
        if self._commands is None:
            self._commands = self.add_subparsers(
                title="Subcommands", metavar="<subcommand>", dest="subcommand", parser_class=Parser
            )
            self._commands.required = True
        parser: Parser = self._commands.add_parser(name, help=help, description=help, **kwargs)
        parser.set_defaults(run=run)
        return parser

    def login_arguments(self) -> "Parser":
        """The options that say where and how to log in, once. Given before or after the command's name alike."""
        if "--server" in self._option_string_actions:
            return self
        group = self.add_argument_group("Login arguments", "Optional session arguments")
        # No defaults: a sub-parser's default would overwrite what was given before the sub-command.
        add = _adder(group)
        add("-C", "--create", action="store_true", help="Create a new session even if one exists")
        add("-s", "--server", help="OMERO server hostname")
        add("-p", "--port", help="OMERO server port")
        add("-g", "--group", help="OMERO server default group")
        add("-u", "--user", help="OMERO username")
        add("-w", "--password", help="OMERO password")
        add("-k", "--key", help="OMERO session key (UUID of an active session)")
        add("--sudo", metavar="ADMINUSER", help="Log in on behalf of the user as this administrator or group owner")
        add("-q", "--quiet", action="store_true", help="Suppress messages")
        return self

    def style_argument(self, default: str | None = None) -> "Parser":
        """`--style`, or `--output`: how tables are printed; json for programs."""
        help = "Use alternative output style (default=sql)"
        self.add_argument("--style", "--output", choices=STYLES, default=default, help=help)
        return self

    def limit_arguments(self) -> "Parser":
        """`--limit` and `--offset` of paged output."""
        self.add_argument("--limit", type=int, default=25, help="Maximum number of results (default=25)")
        self.add_argument("--offset", type=int, default=0, help="Number of results to skip (default=0)")
        return self


class HelpFormatter(argparse.HelpFormatter):
    """Wide left column, and the line breaks of descriptions and epilogues as they were written."""

    def __init__(self, prog: str, **kwargs: Any) -> None:
        super().__init__(prog, max_help_position=32, **kwargs)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "".join(indent + line for line in text.splitlines(keepends=True))


def _adder(group: Any) -> Callable[..., Any]:
    return lambda *names, **options: group.add_argument(*names, default=argparse.SUPPRESS, **options)
