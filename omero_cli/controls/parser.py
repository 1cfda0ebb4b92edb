"""The parser that controls add their arguments to, and types of arguments."""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

from omero_cli.framework import Parser as PlainParser

__all__ = ["DirectoryType", "ExistingFile", "HelpFormatter", "NewFileType", "Parser", "ProxyStringType"]


class HelpFormatter(argparse.RawTextHelpFormatter):
    """Keeps the lines of descriptions; of the help of an argument, the first line is shown."""

    def __init__(
        self, prog: str, indent_increment: int = 2, max_help_position: int = 40, width: int | None = None
    ) -> None:
        super().__init__(prog, indent_increment, max_help_position, width)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return super()._split_lines(text, width)[:1]


class Parser(PlainParser):
    """A parser with the options that many commands have in common."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("formatter_class", HelpFormatter)
        super().__init__(*args, **kwargs)

    def sub(self) -> Any:
        """What sub-commands are added to."""
        about = f"Use {self.prog} <subcommand> -h for more information."
        sub = self.add_subparsers(title="Subcommands", description=about, metavar="<subcommand>", parser_class=Parser)
        sub.required = True
        return sub

    def add(self, sub: Any, func: Callable[..., Any], help: str | None = None, **kwargs: Any) -> "Parser":
        """Add a sub-command that runs a method and has its name and, unless given, its docstring as help.

        `kwargs` are defaults of arguments.
        """
        help = (func.__doc__ or "") if help is None else help
        parser: Parser = sub.add_parser(func.__name__, help=help, description=help)
        parser.set_defaults(func=func, **kwargs)
        return parser

    def add_login_arguments(self) -> None:
        """`-s`, `-u`, ...: where and as whom to log in."""
        self.login_arguments()

    def add_limit_arguments(self) -> None:
        """`--limit`, `--offset`."""
        self.limit_arguments()

    def add_style_argument(self) -> None:
        """`--style`: how tables are printed."""
        self.style_argument()

    def add_group_print_arguments(self) -> None:
        """`--long` (default) or `--count`."""
        self._one_of({"long": "Show the ids of members", "count": "Show how many members there are"}, "long")

    def add_user_print_arguments(self) -> None:
        """`--count` (default) or `--long`."""
        self._one_of({"count": "Show how many memberships there are", "long": "Show the ids of groups"}, "count")

    def add_user_sorting_arguments(self) -> None:
        """`--sort-by-id` (default), `--sort-by-login`, ..."""
        names = ("id", "login", "first_name", "last_name", "email")
        self._one_of({f"sort_by_{name}": f"Sort by {name.replace('_', ' ')}" for name in names}, "sort_by_id")

    def add_group_sorting_arguments(self) -> None:
        """`--sort-by-id` (default) or `--sort-by-name`."""
        self._one_of({"sort_by_id": "Sort by id", "sort_by_name": "Sort by name"}, "sort_by_id")

    def set_args_unsorted(self) -> None:
        """Choices are listed as they were given, which they always are."""

    def _one_of(self, options: dict[str, str], default: str) -> None:
        group = self.add_mutually_exclusive_group()
        for name, help in options.items():
            flag = f"--{name.replace('_', '-')}"
            group.add_argument(flag, action=_Choose, among=options, default=name == default, help=help)


class _Choose(argparse.Action):
    """Sets its own argument to True and the others to False."""

    def __init__(self, option_strings: list[str], dest: str, among: Iterable[str], **kwargs: Any) -> None:
        super().__init__(option_strings, dest, 0, **kwargs)
        self._among = list(among)

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        for name in self._among:
            setattr(namespace, name, name == self.dest)


class ProxyStringType:
    """A type of arguments: `Image:5`, or `5` with `default="Image"`, becomes an unloaded object."""

    def __init__(self, default: str | None = None) -> None:
        self.default = default

    def __call__(self, s: str) -> Any:
        import omero

        try:
            return omero.proxy_to_instance(s, default=self.default)
        except Exception as error:
            raise ValueError(str(error)) from error

    def __repr__(self) -> str:
        return "proxy"


class _FileType(argparse.FileType):
    """Files as Python opens them; `-` is standard input or output."""

    def __init__(self, mode: str = "r", bufsize: int = -1, **kwargs: Any) -> None:
        super().__init__(mode, bufsize, **kwargs)


class NewFileType(_FileType):
    """A file that does not exist yet."""

    def __call__(self, s: str) -> IO[Any]:
        if s != "-" and Path(s).exists():
            raise argparse.ArgumentTypeError(f"File exists: {s}")
        return super().__call__(s)


class ExistingFile(_FileType):
    """A file that exists."""

    def __call__(self, s: str) -> IO[Any]:
        if s != "-" and not Path(s).exists():
            raise argparse.ArgumentTypeError(f"File does not exist: {s}")
        return super().__call__(s)


class DirectoryType(_FileType):
    """A directory that exists; the argument becomes its path."""

    def __call__(self, s: str) -> Any:
        if not s:
            raise argparse.ArgumentTypeError("No directory given")
        if not Path(s).is_dir():
            raise argparse.ArgumentTypeError(f"Not a directory: {s}")
        return s
