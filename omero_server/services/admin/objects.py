"""Experimenters and groups as IAdmin returns them, and the arguments that name them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

import omero
import omero._generated
from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.queries import run
from omero_server.sessions.call import Call

__all__ = ["check_name", "experimenters", "groups", "id_of", "known_groups", "known_user", "one", "user_id_of"]

USERS = (
    "select distinct e from Experimenter e left outer join fetch e.groupExperimenterMap m"
    " left outer join fetch m.parent g"
)
GROUPS = (
    "select distinct g from ExperimenterGroup g left outer join fetch g.groupExperimenterMap m"
    " left outer join fetch m.child e"
)
DEEP_GROUPS = GROUPS + " left outer join fetch e.groupExperimenterMap em"


def experimenters(call: Call, where: str = "", **params: Any) -> list[Any]:
    """Users with their memberships and the groups of these. ``where``: an HQL condition on e, m and g."""
    return run(call, f"{USERS}{where and ' where ' + where} order by e.id, m.child", params)


def groups(call: Call, where: str = "", *, deep: bool = False, parents: bool = False, **params: Any) -> list[Any]:
    """Groups with their memberships and members; ``deep``: with these users' memberships, ``parents`` and their
    groups.
    """
    query = DEEP_GROUPS if deep else GROUPS
    query += " left outer join fetch em.parent" if parents else ""
    return run(call, f"{query}{where and ' where ' + where} order by g.id", params)


def one(found: list[Any], what: str) -> Any:
    """The only element. Raises ApiUsageException when there is none."""
    if not found:
        raise omero.ApiUsageException(message=f"No such {what}.")
    return found[0]


def check_name(name: Any, what: str) -> None:
    """Raises ValidationException for a blank name: on the wire it is the same as none, which finds nobody."""
    if name is not None and not name._val.strip():
        raise omero.ValidationException(message=f"The name of a {what} must not be empty.")


def id_of(obj: Any, what: str) -> int:
    """The id of an object sent by a client. Raises ApiUsageException."""
    if obj is None or obj._id is None:
        raise omero.ApiUsageException(message=f"The {what} has no id: it is null or was never saved.")
    return int(obj._id._val)


def known_user(call: Call, user: Any) -> int:
    """The id of a user sent by a client. Raises ApiUsageException when there is no such user."""
    return _known(call, "experimenter", [user], "user")[0]


def known_groups(call: Call, groups: list[Any]) -> list[int]:
    """The ids of groups sent by a client. Raises ApiUsageException when one does not exist."""
    return _known(call, "experimentergroup", groups, "group")


def _known(call: Call, table_name: str, objects: list[Any], what: str) -> list[int]:
    ids, table = [id_of(obj, what) for obj in objects], TABLES[table_name]
    found = set(call.db.execute(select(table.c.id).where(among(table.c.id, ids))).scalars())
    missing = next((id_ for id_ in ids if id_ not in found), None)
    if missing is not None:
        raise omero.ApiUsageException(message=f"There is no {what} with id {missing}.")
    return ids


def user_id_of(call: Call, name: str) -> int:
    """The id of the user called ``name``. Raises ApiUsageException."""
    spelled = call.engine.passwords.spelled(name)
    found = run(call, "select e.id from Experimenter e where e.omeName = :name", {"name": spelled}, as_server=True)
    return int(one(found, f"user: {name!r}"))
