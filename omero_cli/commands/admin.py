"""Start, stop and look after the server on this machine."""

import sys
import time
from argparse import SUPPRESS
from collections.abc import Callable

from omero_cli import admin_more
from omero_cli.framework import Arguments, CommandError, Context, Parser
from omero_server.control import lifecycle
from omero_server.control.config import Config, ConfigError
from omero_server.control.config_xml import ConfigFile
from omero_server.control.instance import PORT_KINDS, Instance
from omero_server.control.state import read_state, supervisor_alive

WAIT = 300.0
NOT_UP, NOT_DOWN, BAD_CONFIGURATION = 43, 44, 113


def configure(parser: Parser) -> None:
    for name, run, text in (
        ("start", start, "Start the server and wait until it accepts logins"),
        ("startasync", startasync, "Start the server and return at once"),
        ("restart", restart, "Stop and start the server"),
        ("restartasync", restartasync, "Stop the server, start it again and return at once"),
    ):
        sub = parser.command(name, run, text)
        sub.add_argument("file", nargs="?", help="Accepted for the sake of old scripts, not needed")
        sub.add_argument("targets", nargs="*", help="Accepted for the sake of old scripts, not needed")
        sub.add_argument("--wait", type=float, default=WAIT, help="Seconds to wait (default=300)")
        sub.add_argument("--foreground", action="store_true", help="Stay in the foreground until stopped")
        sub.add_argument("--force-rewrite", action="store_true", help="Accepted for the sake of old scripts")
        # Of the service of Windows, which official servers were.
        sub.add_argument("-u", "--user", default=SUPPRESS, help=SUPPRESS)
        sub.add_argument("-w", "--password", default=SUPPRESS, metavar="PW", help=SUPPRESS)
    for name, run, text in (
        ("stop", stop, "Stop the server and wait until it is down"),
        ("stopasync", stopasync, "Tell the server to stop and return at once"),
        ("waitup", waitup, "Wait until the server is up"),
        ("waitdown", waitdown, "Wait until the server is down"),
    ):
        sub = parser.command(name, run, text)
        sub.add_argument("--wait", type=float, default=WAIT, help="Seconds to wait (default=300)")
        sub.add_argument("--force-rewrite", action="store_true", help="Accepted for the sake of old scripts")
    status_parser = parser.command("status", status, "Tell whether the server is up (exit code 0) or not (1)")
    status_parser.add_argument("node", nargs="?", default="master", help="Accepted for the sake of old scripts")
    status_parser.add_argument("--nodeonly", action="store_true", help="Only ask whether the supervisor runs")
    report = parser.command("diagnostics", diagnostics, "Print a report on versions, processes, space and logs")
    report.add_argument("--no-logs", action="store_true", help="Leave out the log files")
    report.add_argument("--all-jars", action="store_true", help=SUPPRESS)
    _configure_ports(parser.command("ports", ports, "Print the ports of the server, or change them"))
    admin_more.configure(parser)


def _configure_ports(parser: Parser) -> None:
    parser.add_argument("--prefix", help="Digits put before every port, e.g. 1 for 14064")
    for kind in PORT_KINDS:
        parser.add_argument(f"--{kind}", type=int, help=f"Port of the transport {kind}")
    parser.add_argument("--web", type=int, help="Port of OMERO.web")
    parser.add_argument("--revert", action="store_true", help="Back to the default ports")


def start(ctx: Context, args: Arguments) -> int | None:
    lifecycle.check_root(ctx.err)
    if args.foreground:
        return _foreground(ctx)
    if lifecycle.is_up(ctx.instance):
        ctx.err("The server is running already")
        return 0
    ctx.out("Waiting on startup. Use CTRL-C to exit")
    _checked(ctx, NOT_UP, lambda: lifecycle.start(ctx.instance, args.wait, _Dots(ctx)))
    ctx.out()
    ctx.out(_welcome(ctx.instance))
    return 0


def startasync(ctx: Context, args: Arguments) -> None:
    lifecycle.check_root(ctx.err)
    _checked(ctx, NOT_UP, lambda: lifecycle.launch(ctx.instance))


def stop(ctx: Context, args: Arguments) -> None:
    if not supervisor_alive(ctx.instance):
        ctx.err("The server is not running")
        return
    ctx.out("Waiting on shutdown. Use CTRL-C to exit")
    _checked(ctx, NOT_DOWN, lambda: lifecycle.stop(ctx.instance, args.wait))


def stopasync(ctx: Context, args: Arguments) -> None:
    if not lifecycle.request_stop(ctx.instance):
        ctx.err("The server is not running")


def restart(ctx: Context, args: Arguments) -> int | None:
    stop(ctx, args)
    return start(ctx, args)


def restartasync(ctx: Context, args: Arguments) -> None:
    stop(ctx, args)
    startasync(ctx, args)


def waitup(ctx: Context, args: Arguments) -> None:
    ctx.out("Waiting on startup. Use CTRL-C to exit")
    _checked(ctx, NOT_UP, lambda: lifecycle.wait_up(ctx.instance, args.wait, _Dots(ctx)))


def waitdown(ctx: Context, args: Arguments) -> None:
    ctx.out("Waiting on shutdown. Use CTRL-C to exit")
    _checked(ctx, NOT_DOWN, lambda: lifecycle.wait_down(ctx.instance, args.wait))


def status(ctx: Context, args: Arguments) -> int:
    """Silent for scripts that only look at the exit code; a person sees one line on standard error."""
    instance = ctx.instance
    up = supervisor_alive(instance) if args.nodeonly else lifecycle.is_up(instance)
    found = read_state(instance)
    phase = found.phase if found is not None and supervisor_alive(instance) else "not running"
    if not ctx.quiet:
        ctx.err(f"The server in {instance.root} is {phase}")
    return 0 if up else 1


def diagnostics(ctx: Context, args: Arguments) -> None:
    from omero_cli.version import platform_version
    from omero_server.control.diagnostics import report

    ctx.out(f"\n{'=' * 80}\nOMERO Diagnostics (admin) {platform_version()}\n{'=' * 80}\n")
    category = ""
    for item in report(_config(ctx), logs=not args.no_logs):
        if item.category != category and category:
            ctx.out()
        category = item.category
        ctx.out(f"{category + ':':<12} {item.subject:<20} {item.result}{'' if item.ok else '   <-- look at this'}")


def ports(ctx: Context, args: Arguments) -> None:
    names = {"prefix": "omero.ports.prefix", "web": "omero.web.application_server.port"}
    names |= {kind: f"omero.ports.{kind}" for kind in PORT_KINDS}
    changes = {name: str(getattr(args, key)) for key, name in names.items() if getattr(args, key) is not None}
    if args.revert or changes:
        with ConfigFile.edit(ctx.instance.config_file) as stored:
            for name in names.values() if args.revert else ():
                stored.properties.pop(name, None)
            stored.properties.update(changes)
    for kind, (port, name) in _config(ctx).ports.named().items():
        ctx.out(f"{kind:<5}{port:<7}{name}")


def _foreground(ctx: Context) -> int:
    from omero_server.control.supervisor import run

    instance = ctx.instance
    return run(instance.root, foreground=True, announce=lambda: ctx.out(_welcome(instance)))


def _welcome(instance: Instance) -> str:
    """How to log in, for the person who has just started the server."""
    config = Config.load(instance.root)
    lines = ["The server is up."]
    if config.get_bool("omero.web.start"):
        host = config.get("omero.web.application_server.host")
        shown = "localhost" if host in ("127.0.0.1", "0.0.0.0") else host
        lines.append(f"  In a browser:  http://{shown}:{config.ports.web}/")
    lines.append(f"  From clients:  server localhost, port {config.ports.ssl or config.ports.tcp}")
    kept = instance.root_password_file
    where = f"in {kept}" if kept.exists() else "chosen at the first start (ROOTPASS)"
    lines.append(f"  Log in as:     root, with the password {where}")
    return "\n".join(lines)


def _config(ctx: Context) -> Config:
    try:
        return Config.load(ctx.instance.root)
    except ConfigError as error:
        raise CommandError(str(error), BAD_CONFIGURATION) from error


def _checked(ctx: Context, code: int, action: Callable[[], object]) -> None:
    """Run `action`; its failure ends the command with `code`."""
    try:
        action()
    except lifecycle.LifecycleError as error:
        raise CommandError(str(error), code) from error
    except ConfigError as error:
        raise CommandError(str(error), BAD_CONFIGURATION) from error


class _Dots:
    """A dot per second while something is waited for, on a terminal only."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._next = time.monotonic() + 1.0

    def __call__(self) -> None:
        if sys.stdout.isatty() and time.monotonic() >= self._next:
            self._next += 1.0
            self._ctx.out(".", newline=False)
