"""The rarer sub-commands of `omero admin`: data, letters, sessions, and those that have nothing to do here."""

from pathlib import Path

from omero_cli.admin_data import SUBDIRECTORIES, cleanse, fix_pyramids, remove_pyramids
from omero_cli.admin_letters import check_upgrade, list_sessions, log, send
from omero_cli.framework import Arguments, Context, Parser
from omero_cli.requests import wait_argument

__all__ = ["configure"]

NOTHING = {
    "deploy": "There is no IceGrid whose description could change: use omero admin restart after changes.",
    "ice": "There is no IceGrid to talk to: see omero admin status and omero admin diagnostics.",
    "rewrite": "There are no files to rewrite: the configuration is read from config.xml at the next start.",
    "jvmcfg": "There is no Java, whose memory could be set.",
    "reindex": "This server has no index in files, so nothing was done.",
}
NOTHING_HELP = {
    "deploy": "Nothing: there is no IceGrid",
    "ice": "Nothing: there is no IceGrid",
    "rewrite": "Nothing: no files are made of the configuration",
    "jvmcfg": "Nothing: there is no Java",
    "reindex": "Nothing: there is no index in files",
}
ACTIONS = ("prepare", "full", "events", "dryrun", "foreground", "wipe", "finish")


def configure(parser: Parser) -> None:
    _configure_data(parser)
    _configure_server(parser)
    _configure_nothing(parser)


def _configure_data(parser: Parser) -> None:
    clean = parser.command("cleanse", cleanse, "Remove binary files that the database knows nothing of")
    fix = parser.command("fixpyramids", fix_pyramids, "Remove empty pyramids, so that they are made again")
    remove = parser.command("removepyramids", remove_pyramids, "Remove pyramids and thumbnails of images")
    for each in (clean, fix, remove):
        each.login_arguments()
        each.add_argument("--dry-run", action="store_true", help="Only print what would be removed")
    for each in (clean, fix):
        each.add_argument("data_dir", type=_folder, help="The folder of data (omero.data.dir) of this server")
    clean.add_argument("--subdirectory", choices=SUBDIRECTORIES, help="Look into this one only")
    clean.add_argument("-v", "--verbose", action="store_true", help="With --dry-run: print what stays, too")
    remove.add_argument("--endian", choices=("little", "big", "both"), default="both", help="Of this byte order only")
    remove.add_argument("--imported-after", metavar="DATE", help="Only those made after this day, YYYY-mm-dd")
    remove.add_argument("--limit", metavar="MAX_NUMBER", help="How many at once (500, which is the most)")
    wait_argument(remove)


def _configure_server(parser: Parser) -> None:
    letter = parser.command("email", send, "Write to users by e-mail").login_arguments()
    letter.add_argument("subject", help="Subject of the letter")
    letter.add_argument("text", nargs="*", help="The letter; read from standard input if missing or -")
    letter.add_argument("--everyone", action="store_true", help="To everybody")
    letter.add_argument("--inactive", action="store_true", help="To those too who cannot log in any more")
    wait_argument(letter)
    for what in ("user", "group"):
        letter.add_argument(f"--{what}-id", action="append", metavar="ID", help=f"Id of a {what}; may be repeated")
        letter.add_argument(f"--{what}-name", action="append", metavar="NAME", help=f"Name of a {what}; the same")
    parser.command("sessionlist", list_sessions, "Old form of omero sessions who").login_arguments()
    line = parser.command("log", log, "Write a line into the server's log").login_arguments()
    line.add_argument("repo", help="UUID of the repository, see omero fs repos")
    line.add_argument("message", help="The line")
    line.add_argument("--level", default="info", help="trace, debug, info (default), warn or error")
    parser.command("checkupgrade", check_upgrade, "Ask whether there is a newer server (exit code 1) or not (0)")


def _configure_nothing(parser: Parser) -> None:
    found = {name: parser.command(name, nothing, text) for name, text in NOTHING_HELP.items()}
    found["deploy"].add_argument("file", nargs="?", help="Accepted for the sake of old scripts")
    found["deploy"].add_argument("targets", nargs="*", help="Accepted for the sake of old scripts")
    found["ice"].add_argument("argument", nargs="*", help="Accepted for the sake of old scripts")
    index = found["reindex"]
    index.set_defaults(run=reindex)
    index.add_argument("--jdwp", action="store_true", help="Accepted for the sake of old scripts, as all others")
    for name, default in (("mem", "1024m"), ("batch", "500")):
        index.add_argument(f"--{name}", default=default, help=f"default={default}")
    for name, default in (("merge-factor", "100"), ("ram-buffer-size", "1000"), ("lock-factory", "native")):
        index.add_argument(f"--{name}", f"--{name.replace('-', '_')}", default=default, help=f"default={default}")
    action = index.add_mutually_exclusive_group()
    for name in ACTIONS:
        action.add_argument(f"--{name}", action="store_true")
    action.add_argument("--reset", metavar="NUMBER")
    action.add_argument("--class", dest="classes", nargs="+", metavar="CLASS")
    for name, run, text in (
        ("checkice", check_ice, "Tell the version of Ice"),
        ("checkwindows", not_windows, "Nothing: servers do not run on Windows"),
        ("events", no_events, "Nothing: there is no log of Windows"),
    ):
        parser.command(name, run, text)


def nothing(ctx: Context, args: Arguments) -> None:
    ctx.err(NOTHING[args.subcommand])


def reindex(ctx: Context, args: Arguments) -> None:
    if not any(getattr(args, name) for name in (*ACTIONS, "reset", "classes")):
        ctx.die(502, "Nothing to do: give one of --full, --events, --class, ... (see omero admin reindex -h)")
    nothing(ctx, args)


def check_ice(ctx: Context, args: Arguments) -> int:
    import Ice

    ctx.out(f"Ice {Ice.stringVersion()}")
    return 0


def not_windows(ctx: Context, args: Arguments) -> None:
    ctx.die(123, "Not Windows")


def no_events(ctx: Context, args: Arguments) -> None:
    ctx.die(666, "There is no event log of Windows here: the log files are in var/log, see omero admin diagnostics")


def _folder(text: str) -> Path:
    """An existing folder. ValueError for anything else."""
    path = Path(text)
    if not path.is_dir():
        raise ValueError(text)
    return path.absolute()


# argparse names the type in its error message.
_folder.__name__ = "folder"
