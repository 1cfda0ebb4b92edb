"""Leave the interactive command line."""

from omero_cli.framework import Arguments, Context, Parser


def configure(parser: Parser) -> None:
    parser.set_defaults(run=leave)


def leave(ctx: Context, args: Arguments) -> None:
    """Nothing: the loop that reads the commands ends by itself."""
