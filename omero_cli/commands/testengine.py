"""A developers' variant of the import; there is none here: use import."""

from omero_cli.framework import Arguments, Context, Parser
from omero_cli.import_options import add_options


def configure(parser: Parser) -> None:
    parser.login_arguments()
    parser.add_argument("path", nargs="*", help="Files and folders")
    add_options(parser)
    parser.set_defaults(run=refuse)


def refuse(ctx: Context, args: Arguments) -> None:
    ctx.die(1, "There is no test engine: it tried the Java importer. Use omero import, which takes the same options.")
