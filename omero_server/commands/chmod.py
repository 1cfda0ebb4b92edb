"""Chmod2: change the permissions of groups. A group that becomes private loses what ties its members' data together."""

from __future__ import annotations

from sqlalchemy import select

import omero
import omero.cmd
from omero_server.commands.changes import Setting, changing, ids_by_name
from omero_server.commands.registry import CommandError
from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.graphs.chmod import NewPermissions
from omero_server.model.schema import MODEL
from omero_server.security.bits import Right, Role, granted, parse
from omero_server.sessions.call import ALL_GROUPS, Call

__all__: list[str] = []


def _begin(call: Call, request: omero.cmd.Chmod2, given: Setting) -> NewPermissions:
    bits = _bits(request.permissions)
    asked = {i for name, ids in (request.targetObjects or {}).items() if _is_group(name) for i in ids}
    table = TABLES["experimentergroup"]
    missing = asked - set(call.db.execute(select(table.c.id).where(among(table.c.id, asked))).scalars())
    if missing:
        raise CommandError("bad-group", f"There is no group with id {min(missing)}.")
    return NewPermissions(call, given.options, ends=given.ends, check=given.check, permissions=bits)


def _is_group(name: str) -> bool:
    try:
        return MODEL.resolve(name).name == "ExperimenterGroup"
    except KeyError:
        return False


def _bits(letters: str | None) -> int:
    try:
        bits = parse(letters or "")
    except ValueError as error:
        raise CommandError("bad-permissions", str(error)) from error
    if not granted(bits, Role.USER, Right.READ):
        raise CommandError("bad-permissions", f"{letters}: owners must be able to read their own data.")
    return bits


def _respond(done: NewPermissions) -> omero.cmd.Chmod2Response:
    return omero.cmd.Chmod2Response(
        includedObjects=ids_by_name(done.processed), deletedObjects=ids_by_name(done.removed)
    )  # fmt: skip


changing("::omero::cmd::Chmod2", _begin, _respond, ALL_GROUPS)
