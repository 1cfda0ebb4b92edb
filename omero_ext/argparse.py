"""Python's ``argparse``, and the ``version`` argument that parsers had once."""

from __future__ import annotations

import argparse
from argparse import (
    ONE_OR_MORE,
    OPTIONAL,
    PARSER,
    REMAINDER,
    SUPPRESS,
    ZERO_OR_MORE,
    Action,
    ArgumentDefaultsHelpFormatter,
    ArgumentError,
    ArgumentTypeError,
    FileType,
    HelpFormatter,
    Namespace,
    RawDescriptionHelpFormatter,
    RawTextHelpFormatter,
    _SubParsersAction,
)
from typing import Any

__all__ = [
    "ONE_OR_MORE",
    "OPTIONAL",
    "PARSER",
    "REMAINDER",
    "SUPPRESS",
    "ZERO_OR_MORE",
    "Action",
    "ArgumentDefaultsHelpFormatter",
    "ArgumentError",
    "ArgumentParser",
    "ArgumentTypeError",
    "FileType",
    "HelpFormatter",
    "Namespace",
    "RawDescriptionHelpFormatter",
    "RawTextHelpFormatter",
    "_SubParsersAction",
]


class ArgumentParser(argparse.ArgumentParser):
    """``argparse.ArgumentParser``; ``version`` adds the option that prints it."""

    def __init__(
        self,
        prog: str | None = None,
        usage: str | None = None,
        description: str | None = None,
        epilog: str | None = None,
        version: str | None = None,
        parents: Any = None,
        formatter_class: Any = HelpFormatter,
        prefix_chars: str = "-",
        fromfile_prefix_chars: str | None = None,
        argument_default: Any = None,
        conflict_handler: str = "error",
        add_help: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            prog=prog,
            usage=usage,
            description=description,
            epilog=epilog,
            parents=parents or [],
            formatter_class=formatter_class,
            prefix_chars=prefix_chars,
            fromfile_prefix_chars=fromfile_prefix_chars,
            argument_default=argument_default,
            conflict_handler=conflict_handler,
            add_help=add_help,
            **kwargs,
        )
        if version:
            self.add_argument("-v", "--version", action="version", version=version)
