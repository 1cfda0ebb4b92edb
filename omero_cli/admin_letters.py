"""Letters to users, lines in the log, sessions of the server, and the question for newer servers."""

import sys
import time
from typing import Any

import omero
import omero.cmd
import omero.grid
from omero.rtypes import unwrap
from omero_cli.admin_data import admins_only
from omero_cli.framework import Arguments, Context
from omero_cli.people import GROUPS, USERS, Kind, find, key_of
from omero_cli.requests import failure, short_answer, start
from omero_cli.tables import TableBuilder

__all__ = ["check_upgrade", "list_sessions", "log", "send"]

NO_BODY, NOT_SENT = 12, 13
SESSIONS = """select s.node.id, s.uuid, s.started, s.owner.omeName, s.userAgent from Session s
    where s.closed is null order by s.started, s.id"""


def send(ctx: Context, args: Arguments) -> None:
    text = " ".join(args.text)
    if not args.text or args.text == ["-"]:
        text = sys.stdin.read()
    client = ctx.connect(args)
    admin = client.sf.getAdminService()
    request = omero.cmd.SendEmailRequest(
        subject=args.subject,
        body=text,
        html=False,
        userIds=_ids(admin, USERS, args),
        groupIds=_ids(admin, GROUPS, args),
        extra=[],
        inactive=args.inactive,
        everyone=args.everyone,
    )
    callback = start(ctx, client, request, args.wait)
    if callback is None:
        return
    try:
        answer = callback.getResponse()
    finally:
        callback.close(True)
    if answer is None:
        ctx.die(NOT_SENT, "The letters are not sent yet; the server goes on without this command.")
    if isinstance(answer, omero.cmd.ERR):
        ctx.die(NO_BODY if answer.name == "no-body" else NOT_SENT, failure(answer))
    ctx.out(f"Successfully sent {answer.success} of {answer.total} emails")
    if answer.invalidusers:
        ctx.out(f"{len(answer.invalidusers)} users had no email address")
    if answer.invalidemails:
        ctx.out(f"{len(answer.invalidemails)} email addresses were invalid")


def _ids(admin: Any, kind: Kind, args: Arguments) -> list[int]:
    """The ids of the users or groups that the options name. CommandError for one that there is not."""
    words = [(way, word) for way in ("id", "name") for word in getattr(args, f"{kind.word}_{way}") or ()]
    return [key_of(find(admin, kind, word, way)) for way, word in words]


def log(ctx: Context, args: Arguments) -> None:
    client = admins_only(ctx, args)
    request = omero.grid.RawAccessRequest(command="log", path=args.level, repoUuid=args.repo, args=[args.message])
    answer = short_answer(ctx, client, request)
    if isinstance(answer, omero.cmd.ERR):
        ctx.die(1, failure(answer))


def list_sessions(ctx: Context, args: Arguments) -> None:
    client = ctx.connect(args)
    ctx.err('WARNING: "admin sessionlist" is deprecated, use "sessions who" instead')
    table = TableBuilder("#", "node", "session", "started", "owner", "agent", "notes")
    rows = unwrap(client.sf.getQueryService().projection(SESSIONS, None, {"omero.group": "-1"}))
    own = client.getSessionId()
    for number, (node, uuid, started, owner, agent) in enumerate(rows):
        note = "current session" if uuid == own else ""
        table.row(number, node, uuid, time.ctime(started / 1000), owner, agent or "", note)
    ctx.out(table)


def check_upgrade(ctx: Context, args: Arguments) -> int:
    """Nobody is asked unless the configuration names whom: what runs where is nobody else's business."""
    from omero.util.upgrade_check import UpgradeCheck
    from omero_server.control.config import Config

    url = Config.load(ctx.instance.root).explicit().get("omero.upgrades.url")
    if not url:
        ctx.err("omero.upgrades.url is not set, so nobody was asked for newer servers.")
        return 0
    check = UpgradeCheck("server", url=url)
    check.run()
    if check.isExceptionThrown():
        ctx.die(2, f"{url} did not answer: {check.getExceptionThrown()}")
    if check.isUpgradeNeeded():
        ctx.die(1, str(check.getUpgradeUrl()))
    return 0
