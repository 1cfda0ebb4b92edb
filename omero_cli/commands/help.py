"""Help for commands and topics."""

from omero_cli.command_line import CommandLine, subcommands
from omero_cli.framework import Arguments, CommandError, Context, Parser

TOPICS = {
    "debug": "Errors are shown as one line. With `omero -d 1 COMMAND` they are shown with the Python traceback.",
    "env": """Environment variables:
  OMERODIR          directory of the server instance: configuration, database, data and logs
  OMERO_USERDIR     directory of the user's own files (default ~/omero)
  OMERO_SESSIONDIR  directory of the stored sessions (default ~/omero/sessions)
  OMERO_PASSWORD    password for logging in
  OMERO_CONFIG      configuration profile that `omero config` works on
  ROOTPASS          password of the user root when the database is created
  VISUAL, EDITOR    editor of `omero config edit`""",
    "sudo": """An administrator, or an owner of the group, can log in on behalf of another user:
  omero login --sudo ADMIN -s SERVER -u USER -g GROUP
The password asked for is that of ADMIN.""",
}


def configure(parser: Parser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("topic", nargs="?", help="Command or topic for more information")
    parser.add_argument("--recursive", action="store_true", help="Also print help for all subcommands")
    what.add_argument("--all", action="store_true", help="Print help for all commands and topics")
    what.add_argument("--list", action="store_true", help="Print a list of all commands and subcommands")
    what.add_argument("--completion", choices=("bash", "zsh"), help="Print the script that completes commands there")
    parser.set_defaults(run=show)


def show(ctx: Context, args: Arguments) -> None:
    if args.completion:
        from omero_cli.completion import script

        ctx.out(script(args.completion), newline=False)
    elif args.list:
        _list(ctx)
    elif args.all:
        for name in CommandLine().commands:
            _command(ctx, name, args.recursive, "-")
        for name, text in TOPICS.items():
            ctx.out(f"{_title(name, '-')}{text}\n")
    elif args.topic is None:
        _overview(ctx)
    elif args.topic in TOPICS:
        ctx.out(TOPICS[args.topic])
    elif args.topic in CommandLine().commands:
        _command(ctx, args.topic, args.recursive, "")
    else:
        raise CommandError(f"Unknown help topic or command: {args.topic}", 0)


def _overview(ctx: Context) -> None:
    ctx.out(
        "usage: omero [options] COMMAND [arguments]\n\nUse `omero help COMMAND` or `omero help TOPIC`.\n\nCommands:\n"
    )
    commands = CommandLine().commands
    for name in commands:
        ctx.out(f"\t{name:<14}{commands.help(name)}")
    ctx.out("\nTopics:\n\n" + "".join(f"\t{name}\n" for name in TOPICS))


def _list(ctx: Context) -> None:
    for name in CommandLine().commands:
        found = [sub for sub, _ in subcommands(_parser(name))]
        ctx.out(f"{name} ({len(found)})" if found else name)
        for sub in found:
            ctx.out(f"\t{sub}")


def _command(ctx: Context, name: str, recursive: bool, line: str) -> None:
    parser = _parser(name)
    ctx.out((_title(name, line) if line else "") + parser.format_help())
    if recursive:
        for sub, child in subcommands(parser):
            ctx.out(_title(f"{name} {sub}", "^") + child.format_help())


def _parser(name: str) -> Parser:
    return CommandLine().commands[name]


def _title(text: str, line: str) -> str:
    return f"{text}\n{line * len(text)}\n\n"
