"""Print the version."""

from omero_cli.framework import Arguments, Context, Parser
from omero_cli.version import VERSION, platform_version


def configure(parser: Parser) -> None:
    parser.set_defaults(run=show)


def show(ctx: Context, args: Arguments) -> None:
    """Standard output carries the compatible release alone, which is what scripts read."""
    ctx.err(f"omero-platform {platform_version()}, compatible with OMERO.py version:")
    ctx.out(VERSION)
