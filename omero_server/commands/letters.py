"""The request by which administrators write to users."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select, true

import omero
import omero._generated
import omero.cmd
from omero_server.commands.registry import CommandError, Progress, Steps, command
from omero_server.db.tables import TABLES
from omero_server.mail import Mailer, is_address
from omero_server.sessions.call import USER_GROUP, Call

__all__ = ["send_email"]

log = logging.getLogger(__name__)

BATCH = 20
"""Letters of one step, sent through one connection."""


@command("::omero::cmd::SendEmailRequest", mode="read")
def send_email(
    call: Call, request: omero.cmd.SendEmailRequest, progress: Progress
) -> Steps[omero.cmd.SendEmailResponse]:
    """Send a letter to users, members of groups, everyone, and further addresses; each sees only the own address.

    The response counts the addresses written to, and tells which users have no usable address and which addresses do
    not work. Errors: no-permissions, no-body (also when nobody is named), no-sender, no-subject.
    """
    mailer = Mailer(call.engine.config)
    _check(call, request, mailer)
    users = _users(call.db, request)
    extra = list(dict.fromkeys(address.strip() for address in request.extra or []))
    addresses = [email for _, email in users] + extra
    recipients = sorted({address for address in addresses if is_address(address)})
    response = omero.cmd.SendEmailResponse(
        total=len(recipients),
        success=0,
        invalidusers=[user for user, email in users if not is_address(email)],
        invalidemails=[address for address in extra if not is_address(address)],
    )
    yield max(-(-len(recipients) // BATCH), 1)
    for batch in _batches(recipients):
        response.invalidemails += _send(mailer, batch, request)
        response.success += len(batch)
        yield
    return response


def _check(call: Call, request: omero.cmd.SendEmailRequest, mailer: Mailer) -> None:
    if not call.caller.is_admin:
        raise CommandError("no-permissions", "Only administrators may write to users.")
    if not (request.everyone or request.userIds or request.groupIds or request.extra):
        raise CommandError("no-body", "Nobody is named who should get this.")
    if not mailer.sender:
        raise CommandError("no-sender", "The property omero.mail.from is empty.")
    if not (request.subject or "").strip():
        raise CommandError("no-subject", "The subject is missing.")
    if not (request.body or "").strip():
        raise CommandError("no-body", "There is no text to send.")


def _users(db: Connection, request: omero.cmd.SendEmailRequest) -> list[tuple[int, str]]:
    """Ids and addresses of the users who are meant."""
    if not (request.everyone or request.userIds or request.groupIds):
        return []
    table = TABLES["experimenter"]
    active = true() if request.inactive else table.c.id.in_(_members([USER_GROUP]))
    chosen = select(table.c.id, table.c.email).where(_meant(table.c.id, request, active)).order_by(table.c.id)
    return [(row.id, (row.email or "").strip()) for row in db.execute(chosen)]


def _meant(
    user: ColumnElement[int], request: omero.cmd.SendEmailRequest, active: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Who is named one by one beside groups is meant even without an active account."""
    if request.everyone:
        return active
    by_id, by_group = user.in_(request.userIds or []), user.in_(_members(request.groupIds or []))
    if not request.groupIds:
        return and_(by_id, active)
    return or_(and_(by_group, active), by_id)


def _members(groups: Sequence[int]) -> Select[tuple[int]]:
    table = TABLES["groupexperimentermap"]
    return select(table.c.child).where(table.c.parent.in_(groups))


def _batches(recipients: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(recipients), BATCH):
        yield recipients[first : first + BATCH]


def _send(mailer: Mailer, batch: Sequence[str], request: omero.cmd.SendEmailRequest) -> list[str]:
    """The addresses that could not be written to."""
    try:
        return mailer.send(batch, request.subject, request.body, request.html)
    except omero.ResourceError as error:
        log.warning("letters of an administrator could not be sent: %s", error.message)
        return list(batch)
