"""Run the commands in files, or those on standard input."""

import sys
from collections.abc import Iterator
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

from omero_cli.framework import Arguments, CommandError, Context, Parser

if TYPE_CHECKING:
    from omero_cli.controls.cli import CLI

EXAMPLES = """Examples:
  omero load commands.txt
  omero load --keep-going < commands.txt

One command per line, without `omero`; `#` begins a comment. All share one login. The first failure ends them, with its
exit code. A file can begin with `#!/usr/bin/env -S omero load`.
"""


def configure(parser: Parser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument("infile", nargs="*", help="Files of commands (default: standard input)")
    parser.add_argument("-g", "--glob", action="store_true", help="The files are patterns such as *.txt")
    parser.add_argument("-k", "--keep-going", action="store_true", help="Go on after failures")
    parser.set_defaults(run=run)


def run(ctx: Context, args: Arguments) -> int:
    from omero_cli.controls.cli import CLI

    if isinstance(ctx, CLI):
        return _run(ctx, args)
    cli = CLI()
    try:
        return _run(cli, args)
    finally:
        cli.close()


def _run(cli: "CLI", args: Arguments) -> int:
    quiet = cli.quiet
    for line in _lines(args):
        cli.invoke(line, previous_args=args)
        cli.quiet = quiet
        if cli.rv:
            if not args.keep_going:
                return cli.rv
            cli.err(f"Ignoring error: {line}")
    return 0


def _lines(args: Arguments) -> Iterator[str]:
    if not args.infile:
        yield from _commands(sys.stdin.read())
    for name in args.infile:
        for found in sorted(glob(name)) if args.glob else [name]:
            yield from _commands(_text(found))


def _text(name: str) -> str:
    if name == "-":
        return sys.stdin.read()
    try:
        return Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"Cannot read {name}: {error.strerror}") from error


def _commands(text: str) -> Iterator[str]:
    yield from (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
