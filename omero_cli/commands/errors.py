"""List what exit codes mean."""

from omero_cli.error_codes import ERRORS
from omero_cli.framework import Arguments, Context, Parser


def configure(parser: Parser) -> None:
    parser.add_argument("plugins", nargs="*", default=(), help="Commands (default: all)")
    parser.add_argument("--length", type=int, default=50, help="Show so much of each message (default=50)")
    parser.epilog = (
        "The shell gets a code modulo 256: 433 becomes 177. All commands end with 2 for a wrong command line."
    )
    parser.set_defaults(run=run)


def run(ctx: Context, args: Arguments) -> None:
    from omero_cli.controls.cli import CLI

    known = list(ERRORS)
    cli = ctx if isinstance(ctx, CLI) else CLI()
    for name in cli.plugins:
        cli.load(name)
    for name, control in cli.controls.items():
        known += [(error.rcode, name, key, error.msg) for key, error in control.get_errors().items()]
    for code, command, key, message in sorted(known):
        if not args.plugins or command in args.plugins:
            text = message if len(message) <= args.length else f"{message[: args.length]}..."
            ctx.out(f"{code:>5}\t{command:>10}\t{key:>10}\t'{text}'")
