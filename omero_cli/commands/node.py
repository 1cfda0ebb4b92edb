"""Start and stop the server's node; this server is one node, so it is what `omero admin` does."""

from omero_cli.commands import admin
from omero_cli.framework import Arguments, Context, Parser

COMMANDS = ("restart", "start", "status", "stop")


def configure(parser: Parser) -> None:
    parser.login_arguments()
    parser.add_argument("words", nargs="+", metavar="[NAME] [sync] COMMAND", help=f"COMMAND: {', '.join(COMMANDS)}")
    parser.add_argument("--foreground", action="store_true", help="Stay in the foreground until stopped")
    parser.set_defaults(run=run, wait=admin.WAIT, nodeonly=True)


def run(ctx: Context, args: Arguments) -> int | None:
    """Whatever the name of the node; with `sync` it waits until what was asked for has happened."""
    *before, command = args.words
    wait = before[-1:] == ["sync"]
    if command not in COMMANDS or len(before) - wait > 1:
        ctx.die(2, f"Use: omero node [NAME] [sync] {'|'.join(COMMANDS)}")
    if command == "status":
        return admin.status(ctx, args)
    if command == "restart":
        return admin.restart(ctx, args)
    if command == "stop":
        return (admin.stop if wait else admin.stopasync)(ctx, args)
    return (admin.start if wait or args.foreground else admin.startasync)(ctx, args)
