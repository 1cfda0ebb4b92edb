"""Log in and out, and look after the remembered sessions."""

import argparse
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from omero_cli.framework import Arguments, CommandError, Context, Parser
from omero_cli.sessions_store import SessionsStore, StoredSession
from omero_cli.tables import TableBuilder

RETRY_PAUSE = 3.0
GONE = "Unknown exception"
HELP = """A login begins a session on the server, which is remembered. Further commands use it until it ends:

  omero sessions login ann@omero.example.org
  omero sessions list
  omero sessions logout

The server ends a session that has been idle for a while, see omero sessions timeout. Sessions are files in
OMERO_SESSIONDIR (default: ~/omero/sessions); each command uses the last one unless its options ask for another.
"""


def configure(parser: Parser) -> None:
    parser.login_arguments()
    configure_login(parser.command("login", login, "Log in and remember the session"))
    configure_logout(parser.command("logout", logout, "End the current session and forget it"))
    show = parser.command("list", list_sessions, "List the remembered sessions")
    show.add_argument("--no-purge", dest="purge", action="store_false", help="Keep sessions that have ended")
    who = parser.command("who", list_server, "List the open sessions of the server")
    who.login_arguments()
    who.add_argument("--show-uuid", action="store_true", help="Show the uuid of each session")
    for each in (show, who):
        each.style_argument()
    clear = parser.command("clear", clear_sessions, "End and forget all remembered sessions")
    clear.add_argument("--all", action="store_true", help="Accepted for the sake of old scripts")
    keep = parser.command("keepalive", keep_alive, "Keep the current session alive until Enter is pressed")
    keep.add_argument("-f", "--frequency", type=int, default=60, metavar="SECS", help="Seconds between calls")
    for each in (show, clear, keep, parser.command("file", file, "Print the path of the current session's file")):
        _session_dir(each)
    parser.command("help", explain, "Explain sessions").set_defaults(parser=parser)
    _session_dir(parser.command("key", key, "Print the uuid of the current session"))
    _configure_server(parser)


def _configure_server(parser: Parser) -> None:
    change = parser.command("group", group, "Print the group of the current session, or change it")
    change.login_arguments()
    _session_dir(change)
    change.add_argument("target", nargs="?", help="Id or name of the group to change to")
    limit = parser.command("timeout", timeout, "Print the idle timeout in seconds, or change it")
    limit.login_arguments()
    limit.add_argument("seconds", nargs="?", type=int)
    limit.add_argument("--session", help="Uuid of another session than the current one")
    create = parser.command("open", open_session, "Administrators: create a session for a user and print its uuid")
    create.login_arguments()
    for what, needed in (("user", True), ("group", False)):
        choice = create.add_mutually_exclusive_group(required=needed)
        choice.add_argument(f"--{what}-id", type=int, help=f"Id of the {what}")
        choice.add_argument(f"--{what}-name", help=f"Name of the {what}")
    create.add_argument(
        "--timeout", nargs="?", type=int, default=0, const=0, help="Seconds the session lives (default: the server's)"
    )
    end = parser.command("close", close_session, "End the session with this uuid")
    end.login_arguments()
    end.add_argument("uuid", nargs="?", metavar="sessionId")


def configure_login(parser: Parser) -> None:
    parser.login_arguments()
    parser.add_argument("connection", nargs="?", help="[USER@]SERVER[:PORT]")
    parser.add_argument("-t", "--timeout", type=int, help="Idle timeout of the session in seconds")
    parser.add_argument("--retry", nargs="?", type=int, const=0, metavar="SECS", help="Try again for so many seconds")
    _session_dir(parser)
    parser.set_defaults(run=login)


def configure_logout(parser: Parser) -> None:
    _session_dir(parser)
    parser.set_defaults(run=logout)


def _session_dir(parser: Parser) -> None:
    parser.add_argument("--session-dir", help=argparse.SUPPRESS)


def _store(args: Arguments) -> SessionsStore:
    given = getattr(args, "session_dir", None)
    return SessionsStore(Path(given) / "omero" / "sessions" if given else None)


def explain(ctx: Context, args: Arguments) -> None:
    ctx.out(HELP)
    ctx.out(args.parser.format_help())


def login(ctx: Context, args: Arguments) -> None:
    from omero_cli import connection

    deadline = time.monotonic() + (args.retry or 0)
    number = 0
    while True:
        try:
            connection.login(ctx, args, _store(args), args.connection)
            break
        except CommandError:
            number += 1
            if args.retry is None or time.monotonic() > deadline:
                raise
            ctx.err(f"{datetime.now():%H:%M:%S.%f}: Login retry #{number} in {RETRY_PAUSE:.0f}s")
            time.sleep(RETRY_PAUSE)
    if args.timeout is not None:
        _set_timeout(ctx.connect(args), ctx.connect(args).getSessionId(), args.timeout)


def logout(ctx: Context, args: Arguments) -> None:
    store = _store(args)
    current = store.current()
    if current is not None:
        _kill(current)
        store.remove(current)


def list_sessions(ctx: Context, args: Arguments) -> None:
    from omero_cli.connection import attach

    store = _store(args)
    current = store.current()
    table = TableBuilder("Server", "User", "Group", "Session", "Active", "Started")
    table.set_style(args.style)
    for session in list(store.sessions()):
        name, active, started = "Unknown", "True", "Unknown"
        try:
            client = attach(session)
        except Exception as error:
            if args.purge:
                store.remove(session)
                continue
            active = str(getattr(error, "reason", None) or getattr(error, "message", None) or GONE)
        else:
            name = client.sf.getAdminService().getEventContext().groupName
            begun = client.sf.getSessionService().getSession(session.uuid).getStarted().getValue()
            started = time.ctime(begun / 1000)
            client.closeSession()
            active = "Logged in" if session == current else active
        table.row(session.address, session.user, name, session.uuid, active, started)
    ctx.out(table)


def list_server(ctx: Context, args: Arguments) -> None:
    import omero.cmd

    client = ctx.connect(args)
    answer = _submit(client, omero.cmd.CurrentSessionsRequest(), 560)
    own = client.getSessionId()
    extra = sorted({name for data in answer.data for name in data})
    columns = ["name", "group", "logged in", "agent", "timeout", *(["uuid"] if args.show_uuid else []), *extra]
    table = TableBuilder(*columns)
    table.set_style(args.style)
    for context, session, data in zip(answer.contexts, answer.sessions, answer.data, strict=True):
        row: list[object] = ["---"] * 5
        if session is not None and context is not None:
            row = [context.userName, context.groupName, *_session_cells(session, own)]
        row += [context.sessionUuid if context is not None else "---"] if args.show_uuid else []
        table.row(*row, *(_shown(name, data.get(name)) for name in extra))
    ctx.out(table)


def _session_cells(session: Any, own: str) -> list[object]:
    begun = _time(session.getStarted().getValue()) + (" (*)" if session.getUuid().getValue() == own else "")
    agent = session.getUserAgent()
    return [begun, agent.getValue() if agent else "", f"{session.getTimeToIdle().getValue() / 60000:.0f} min."]


def _shown(name: str, value: Any) -> str:
    plain = value.getValue() if hasattr(value, "getValue") else value
    return "" if plain is None else _time(plain) if name.endswith("Time") else str(plain)


def _time(milliseconds: float) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000):%Y-%m-%d %H:%M:%S}"


def clear_sessions(ctx: Context, args: Arguments) -> None:
    store = _store(args)
    found = list(store.sessions())
    for session in found:
        _kill(session)
        store.remove(session)
    ctx.out(f"{len(found)} session(s) cleared")


def keep_alive(ctx: Context, args: Arguments) -> None:
    client = ctx.connect(args)
    client.enableKeepAlive(max(5, args.frequency))
    ctx.out(f"Running keep alive every {args.frequency} seconds")
    ctx.out("Press enter to cancel.", newline=False)
    sys.stdin.readline()


def file(ctx: Context, args: Arguments) -> None:
    store = _store(args)
    current = store.current()
    if current is not None:
        ctx.out(store.path(current.host, current.user, current.uuid))


def key(ctx: Context, args: Arguments) -> None:
    current = _store(args).current()
    if current is not None:
        ctx.out(current.uuid)


def group(ctx: Context, args: Arguments) -> None:
    import omero.model

    client = ctx.connect(args)
    admin = client.sf.getAdminService()
    context = admin.getEventContext()
    if args.target is None:
        ctx.out(f"ExperimenterGroup:{context.groupId}")
        return
    wanted = admin.getGroup(int(args.target)) if args.target.isdigit() else admin.lookupGroup(args.target)
    name, number = wanted.getName().getValue(), wanted.getId().getValue()
    if number == context.groupId:
        ctx.err(f"Group '{name}' (id={number}) is already active")
        return
    try:
        client.sf.setSecurityContext(omero.model.ExperimenterGroupI(number, False))
    except omero.SecurityViolation as error:
        ctx.die(564, f"SecurityViolation: {error.message}")
    ctx.out(f"Group '{context.groupName}' (id={context.groupId}) switched to '{name}' (id={number})")


def timeout(ctx: Context, args: Arguments) -> None:
    client = ctx.connect(args)
    uuid = args.session or client.getSessionId()
    if args.seconds is None:
        ctx.out(client.sf.getSessionService().getSession(uuid).getTimeToIdle().getValue() / 1000.0)
    else:
        _set_timeout(client, uuid, args.seconds)


def open_session(ctx: Context, args: Arguments) -> None:
    import omero.sys

    client = ctx.connect(args)
    admin = client.sf.getAdminService()
    user = args.user_name or admin.getExperimenter(args.user_id).getOmeName().getValue()
    group_name = args.group_name
    if args.group_id is not None:
        group_name = admin.getGroup(args.group_id).getName().getValue()
    principal = omero.sys.Principal(user, group_name, "User", None)
    session = client.sf.getSessionService().createSessionWithTimeout(principal, args.timeout * 1000)
    ctx.out(session.getUuid().getValue())
    idle, live = (value.getValue() // 1000 for value in (session.getTimeToIdle(), session.getTimeToLive()))
    where = f" in group {group_name}" if group_name else ""
    ctx.err(f"Session created for user {user}{where} (timeToIdle: {idle} sec, timeToLive: {live} sec)")


def close_session(ctx: Context, args: Arguments) -> None:
    import omero

    service = ctx.connect(args).sf.getSessionService()
    try:
        session = service.getSession(args.uuid or "")
    except omero.ServerError:
        ctx.err("No session with the given ID found.")
        return
    while service.closeSession(session) >= 0:
        continue
    ctx.out(f"Session {args.uuid} closed.")


def _set_timeout(client: Any, uuid: str, seconds: int) -> None:
    import omero.cmd
    from omero.rtypes import rlong

    _submit(client, omero.cmd.UpdateSessionTimeoutRequest(session=uuid, timeToIdle=rlong(seconds * 1000)), 558)


def _submit(client: Any, request: Any, code: int) -> Any:
    """The response to a command, or CommandError."""
    import omero

    try:
        callback = client.submit(request)
    except omero.CmdError as error:
        reason = error.err.parameters.get("message", error.err.name)
        raise CommandError(f"{type(request).__name__} failed: {reason}", code) from error
    try:
        return callback.getResponse()
    finally:
        callback.close(True)


def _kill(session: StoredSession) -> None:
    """End a session on its server. A server that cannot be reached, or has forgotten it, is left alone."""
    import Glacier2
    import Ice

    import omero
    from omero_cli.connection import attach

    try:
        attach(session).killSession()
    except (Ice.Exception, Glacier2.PermissionDeniedException, omero.ClientError) as error:
        if isinstance(error, Ice.Exception) or "expired" in str(error):
            return
        raise
