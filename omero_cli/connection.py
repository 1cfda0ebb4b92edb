"""Logging in: which server and user are meant, which stored session fits, and when a password is asked for."""

import getpass
import os
import re
from dataclasses import dataclass, replace
from typing import Any

import Glacier2
import Ice

import omero
import omero.clients
from omero_cli.framework import Arguments, CommandError, Context
from omero_cli.sessions_store import DEFAULT_PORT, SessionsStore, StoredSession

__all__ = ["attach", "connect", "login", "parse_target"]

AGENT = "OMERO.sessions"
KEEP_ALIVE_SECONDS = 300
TRIES = 3
_TARGET = re.compile(r"(?:(?P<user>.+)@)?(?P<server>[^@]+?)(?::(?P<port>\d{1,5}))?")
_URL = re.compile(r"(?:(?P<user>.+)@)?(?P<server>\w+://[^@]+)")


@dataclass(frozen=True)
class Wish:
    """What the arguments ask for; None where they say nothing."""

    server: str | None = None
    user: str | None = None
    port: str | None = None
    group: str | None = None

    @property
    def address(self) -> str:
        return f"{self.server}:{self.port}" if self.port else f"{self.server}"

    def properties(self) -> dict[str, str]:
        """As session properties, without those not given."""
        named = {"omero.port": self.port, "omero.group": self.group}
        return {key: value for key, value in named.items() if value}


def parse_target(text: str) -> Wish:
    """`[USER@]SERVER[:PORT]`; SERVER may be a URL such as `wss://host:443/path`, whose port stays part of it."""
    found = _URL.fullmatch(text) or _TARGET.fullmatch(text)
    if found is None:
        raise CommandError(f"Not a server: {text!r}. Use [USER@]SERVER[:PORT]", 2)
    parts = found.groupdict()
    return Wish(parts["server"], parts["user"], parts.get("port"))


def connect(ctx: Context, args: Arguments) -> Any:
    """A connected omero.client for a command: the current session if the arguments allow it, else a login."""
    return login(ctx, args, SessionsStore())


def login(ctx: Context, args: Arguments, store: SessionsStore, target: str | None = None) -> Any:
    """Log in as the arguments say and remember the session. CommandError with the codes of `omero login`."""
    wish = _wish(args, target)
    try:
        if args.key:
            return _join_key(ctx, args, store, wish)
        found = None if args.create else _current(ctx, store, wish)
        if found is not None:
            return _use(ctx, store, *found, action="Using")
        wish = _complete(ctx, store, wish)
        found = None if args.create else _stored(ctx, store, wish)
        if found is not None:
            return _use(ctx, store, *found, action="Reconnected to")
        return _create(ctx, args, store, wish)
    except CommandError:
        raise
    except Exception as error:
        meant = wish if wish.server else replace(wish, server=store.last_host, port=wish.port or store.last_port)
        raise _explained(error, meant) from error


def attach(session: StoredSession) -> Any:
    """Join a stored session; raises what the server answers when it is gone."""
    client = _client(session.host, session.properties)
    try:
        client.joinSession(session.uuid)
        client.sf.detachOnDestroy()
    except BaseException:
        client.closeSession()
        raise
    return client


def _wish(args: Arguments, target: str | None) -> Wish:
    """The login options and the positional target together; nothing may be said twice."""
    said = parse_target(target) if target else Wish()
    options = parse_target(args.server) if args.server else Wish()
    for code, what, first, second in (
        (3, "Server", said.server, options.server),
        (4, "Username", said.user or options.user, args.user),
        (5, "Port", said.port or options.port, args.port),
    ):
        if first and second:
            raise CommandError(f"{what} specified twice: {first} and {second}", code)
    return Wish(
        server=said.server or options.server,
        user=said.user or options.user or args.user,
        port=said.port or options.port or args.port,
        group=args.group,
    )


def _current(ctx: Context, store: SessionsStore, wish: Wish) -> tuple[StoredSession, Any] | None:
    """The current session, joined, when it is what is wished for and still lives."""
    current = store.current()
    if current is None or wish.server not in (None, current.host) or wish.user not in (None, current.user):
        return None
    if current.conflicts(wish.port or current.port, wish.group):
        if not ctx.quiet:
            ctx.err(f"Previously logged in to {current.address} as {current.user}")
        return None
    try:
        return current, attach(current)
    except _SESSION_GONE:
        ctx.err(f"Previous session expired for {current.user} on {current.address}")
        store.remove(current)
        return None


def _stored(ctx: Context, store: SessionsStore, wish: Wish) -> tuple[StoredSession, Any] | None:
    """Another stored session of this server and user that fits and still lives."""
    for session in store.sessions(wish.server, wish.user):
        conflicts = session.conflicts(wish.port, wish.group)
        if conflicts:
            if "omero.group" in conflicts and "omero.port" not in conflicts and not ctx.quiet:
                ctx.err(f"Skipped session {session.uuid} due to property conflicts: {conflicts}")
            continue
        try:
            return session, attach(session)
        except _SESSION_GONE:
            store.remove(session)
    return None


def _complete(ctx: Context, store: SessionsStore, wish: Wish) -> Wish:
    """Ask for what is still unknown."""
    if wish.server is None:
        host, port = store.last_host or "localhost", store.last_port or DEFAULT_PORT
        answer = ctx.input(f"Server: [{host}:{port}]", what="server") or f"{host}:{port}"
        asked = parse_target(answer)
        wish = replace(wish, server=asked.server, port=wish.port or asked.port, user=wish.user or asked.user)
    if wish.user is None:
        known = store.last_user or getpass.getuser()
        wish = replace(wish, user=ctx.input(f"Username: [{known}]", what="username") or known)
    return wish


def _join_key(ctx: Context, args: Arguments, store: SessionsStore, wish: Wish) -> Any:
    """Join the session with the given uuid. It becomes current only when it was stored before."""
    if wish.server is None:
        wish = _complete(ctx, store, replace(wish, user=wish.user or "unknown"))
    for what, value in (
        ("Overriding name", args.user),
        ("Ignoring group", wish.group),
        ("Ignoring password", args.password),
    ):
        if value and not ctx.quiet:
            ctx.err(f"{what} since session key set")
    uuid = str(args.key)
    known = store.find(wish.server or "", uuid)
    bare = StoredSession(wish.server or "", "", uuid, replace(wish, group=None).properties())
    try:
        client = attach(known or bare)
    except _SESSION_GONE as error:
        raise CommandError(f"Bad session key. Cannot join {uuid} on {wish.address}.", 523) from error
    ctx.use_client(client)
    if known is not None:
        return _use(ctx, store, known, client, action="Joined")
    user = client.sf.getAdminService().getEventContext().userName
    return _use(ctx, store, replace(bare, user=user), client, action="Joined", current=False)


def _create(ctx: Context, args: Arguments, store: SessionsStore, wish: Wish) -> Any:
    client = _with_password(ctx, args, wish)
    if args.sudo:
        client = _become(client, wish)
    ctx.use_client(client)
    context = client.sf.getAdminService().getEventContext()
    properties = wish.properties() | ({"omero.sudo": args.sudo} if args.sudo else {})
    session = store.add(wish.server or "", context.userName, client.getSessionId(), properties)
    return _use(ctx, store, session, client, action="Created")


def _with_password(ctx: Context, args: Arguments, wish: Wish) -> Any:
    """A new session as the user (or the sudoer), with at most three passwords tried."""
    name = args.sudo or wish.user
    given = args.password or os.environ.get("OMERO_PASSWORD")
    for _ in range(TRIES):
        password = given or _ask_password(ctx, args.sudo)
        client = _client(wish.server or "", {} if args.sudo else wish.properties(), wish.port)
        try:
            client.createSession(name, password)
            client.sf.detachOnDestroy()
            return client
        except Glacier2.PermissionDeniedException as error:
            client.closeSession()
            ctx.err(error.reason)
            given = None
        except BaseException:
            client.closeSession()
            raise
    raise CommandError(f"{TRIES} incorrect password attempts", 524)


def _ask_password(ctx: Context, sudoer: str | None) -> str:
    prompt = f"Password for {sudoer}:" if sudoer else "Password:"
    try:
        while not (answer := ctx.input(prompt, hidden=True, what="password")):
            ctx.err("Input required")
        return answer
    except CommandError as error:
        raise CommandError(f"InternalException: Failed to connect: {error}", 556) from error


def _become(client: Any, wish: Wish) -> Any:
    """A session of the wished-for user, made by the sudoer whose client this is."""
    try:
        service = client.sf.getSessionService()
        idle = service.getSession(client.getSessionId()).getTimeToIdle().getValue()
        principal = omero.sys.Principal(wish.user, wish.group, "User", None)
        session = service.createSessionWithTimeouts(principal, 0, idle)
        return attach(StoredSession(wish.server or "", "", session.getUuid().getValue(), wish.properties()))
    finally:
        client.closeSession()


def _use(
    ctx: Context,
    store: SessionsStore,
    session: StoredSession,
    client: Any,
    action: str,
    current: bool = True,
) -> Any:
    """Make the joined session the one in use, and say so. The context closes the client, whatever happens next."""
    ctx.use_client(client)
    client.enableKeepAlive(KEEP_ALIVE_SECONDS)
    if current:
        store.set_current(session)
    if not ctx.quiet:
        ctx.err(_summary(session, client, action))
    return client


def _summary(session: StoredSession, client: Any, action: str) -> str:
    found = client.sf.getSessionService().getSession(client.getSessionId())
    text = f"{action} session for {session.user}@{session.host}:{session.port or DEFAULT_PORT}."
    text += f" Idle timeout: {_duration(found.getTimeToIdle().getValue())}"
    if found.getTimeToLive().getValue() > 0:
        text += f" Expires in : {_duration(found.getTimeToLive().getValue())}"
    return f"{text} Current group: {client.sf.getAdminService().getEventContext().groupName}"


def _duration(milliseconds: int) -> str:
    """Minutes, or seconds when there are fewer than five minutes."""
    seconds = milliseconds / 1000
    return f"{seconds / 60:.0f} min." if seconds >= 300 else f"{seconds:.0f} s."


def _client(host: str, properties: dict[str, str], port: str | None = None) -> Any:
    values = {"omero.host": host}
    if port or properties.get("omero.port"):
        values["omero.port"] = str(port or properties["omero.port"])
    if properties.get("omero.group"):
        values["omero.group"] = properties["omero.group"]
    client = omero.client(pmap=values)
    client.setAgent(AGENT)
    return client


_SESSION_GONE = (
    Glacier2.PermissionDeniedException,
    Glacier2.CannotCreateSessionException,
    omero.RemovedSessionException,
)


def _explained(error: Exception, wish: Wish) -> CommandError:
    """The exit code and message of a failed login."""
    text = getattr(error, "message", None) or getattr(error, "reason", None) or str(error) or type(error).__name__
    if isinstance(error, omero.RemovedSessionException):
        return CommandError(f"User account error: {text}.", 525)
    if isinstance(error, Ice.ConnectionRefusedException):
        return CommandError(f"Ice.ConnectionRefusedException: {wish.address} isn't running", 554)
    if isinstance(error, Ice.ConnectTimeoutException):
        return CommandError(f"Ice.ConnectTimeoutException: {wish.address} does not answer", 556)
    if isinstance(error, Ice.DNSException):
        return CommandError(f"Ice.DNSException: bad host name: '{wish.server}'", 555)
    if isinstance(error, omero.SecurityViolation):
        return CommandError(f"SecurityViolation: {text}", 557)
    return CommandError(f"InternalException: Failed to connect: {text}", 556)
