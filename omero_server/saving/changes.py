"""What differs between the stored objects and what a client sent, whether it may, and the statements to write it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, cast, column, update, values

import omero
import omero._generated
from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.model.schema import ModelClass
from omero_server.saving.existing import StoredRow
from omero_server.saving.fields import EXTERNAL_INFO, Field, db_values, fields, references
from omero_server.saving.graph import Graph, Node
from omero_server.saving.locking import hold
from omero_server.saving.maps import MapValues, changed_maps, sent_maps, write_maps
from omero_server.saving.ownership import preset
from omero_server.saving.permissions import change_permissions
from omero_server.security.bits import is_private
from omero_server.security.linking import check_path
from omero_server.security.voter import Action, Subject, allowed, is_system_type, may_read
from omero_server.sessions.call import USER_GROUP, Call, Caller

__all__ = ["Change", "plan_changes", "write_changes"]

MILLISECOND = timedelta(milliseconds=1)


@dataclass(slots=True)
class Change:
    """New values of one stored object: by (table, column), its new references, and its changed maps.

    permissions: new bits of a group, which all that is in it shares.
    """

    node: Node
    values: dict[tuple[str, str], Any] = field(default_factory=dict)
    references: list[Field] = field(default_factory=list)
    maps: MapValues = field(default_factory=dict)
    permissions: int | None = None


def plan_changes(call: Call, graph: Graph, rows: dict[Node, StoredRow], privileged: bool) -> list[Change]:
    """The changes among the stored objects that were sent loaded.

    Raises OptimisticLockException for outdated copies, SecurityViolation for what the caller may not change.
    """
    changes = []
    for node, row in rows.items():
        if not privileged and not may_read(call.caller, node.subject):
            raise omero.SecurityViolation(message=f"You may not read {node.name} in the group of this call.")
        check_current(node)
        change = Change(node)
        _compare_fields(graph, change, row)
        changes.append(change)
    # Pairs have no stamp of their own: what a copy is compared with has to fit its event.
    hold(call.db, [node for node in rows if sent_maps(node)])
    changed_maps(call.db, {change.node: change.maps for change in changes})
    for change in changes:
        _compare_details(call.caller, change, privileged)
    found = [change for change in changes if change.values or change.maps or change.permissions is not None]
    for change in found:
        if not privileged:
            _check_edit(call.caller, change)
    return found


def check_current(node: Node) -> None:
    """Raises OptimisticLockException when the copy is older than the row, SecurityViolation for a new creation
    event.
    """
    sent = getattr(node.obj, "_version", None)
    if sent is not None and node.version is not None and sent._val != node.version:
        raise omero.OptimisticLockException(message=f"{node.name} was changed by somebody else. Load it again.")
    event, creation = preset(node, "_updateEvent"), preset(node, "_creationEvent")
    if event is not None and node.event is not None and event != node.event:
        raise omero.OptimisticLockException(
            message=f"{node.name} was changed after this copy was loaded (event {event} is now {node.event})."
        )
    if creation is not None and node.creation is not None and creation != node.creation:
        raise omero.SecurityViolation(message=f"{node.name}: the creation event cannot be changed.")


def _compare_fields(graph: Graph, change: Change, row: StoredRow) -> None:
    node = change.node
    for ref in fields(node.cls):
        if ref.prop.kind == "ref":
            target = graph.target(node, ref)
            new: tuple[Any, ...] = (None if target is None else target.id,)
        else:
            new = db_values(node.cls, ref, getattr(node.obj, ref.attribute))
        old = tuple(row[ref.table, name] for name in ref.columns)
        if not _same(old, new) and not (node.cls.name == "OriginalFile" and ref.prop.name == "repo"):
            _note(change, ref, new)
    _compare_external_info(graph, change, row)


def _same(old: tuple[Any, ...], new: tuple[Any, ...]) -> bool:
    if old == new:
        return True
    # The wire has milliseconds, the database microseconds: a time that comes back unchanged is not a change.
    times = isinstance(old[0], datetime) and isinstance(new[0], datetime)
    return times and abs(old[0] - new[0]) < MILLISECOND


def _note(change: Change, ref: Field, new: tuple[Any, ...]) -> None:
    cls = change.node.cls
    if new[0] is None and not ref.prop.nullable:
        raise omero.ValidationException(message=f"{cls.name}.{ref.prop.name} is required ({change.node.name}).")
    change.values.update(((ref.table, name), value) for name, value in zip(ref.columns, new, strict=True))
    if ref.prop.kind == "ref":
        change.references.append(ref)


def _compare_external_info(graph: Graph, change: Change, row: StoredRow) -> None:
    node = change.node
    for ref in references(node.cls):
        if ref.attribute != EXTERNAL_INFO:
            continue
        target = graph.target(node, ref)
        old = row[ref.table, ref.column]
        if target is None or target.id == old:
            continue
        if old is not None:
            raise omero.SecurityViolation(message=f"{node.name}: external information once set cannot be changed.")
        _note(change, ref, (target.id,))


def _compare_details(caller: Caller, change: Change, privileged: bool) -> None:
    node = change.node
    if is_system_type(node.cls):
        asked = None if node.obj._details is None else node.obj._details._permissions
        if node.cls.name == "ExperimenterGroup" and asked is not None and asked._perm1 != node.subject.bits:
            change.permissions = int(asked._perm1)
        return
    stored, table = node.subject, node.cls.root.table
    owner, group = preset(node, "_owner"), preset(node, "_group")
    if owner is not None and owner != stored.owner_id:
        if not privileged and not caller.may("Chown"):
            raise omero.SecurityViolation(message=f"{node.name}: only an administrator may change the owner here.")
        change.values[table, "owner_id"] = owner
    if group is not None and group != stored.group_id:
        member = group in caller.member_of and group != USER_GROUP
        if not privileged and not member and not caller.may("Chgrp"):
            raise omero.SecurityViolation(message=f"{node.name}: you may not move it to group {group}.")
        change.values[table, "group_id"] = group


def _check_edit(caller: Caller, change: Change) -> None:
    node, subject = change.node, change.node.subject
    if node.cls.immutable and not node.cls.is_enum:
        raise omero.ValidationException(message=f"{node.name} cannot be changed: {node.cls.name} is immutable.")
    if not is_system_type(node.cls):
        _check_group(caller, node, subject)
    if not allowed(caller, Action.EDIT, subject):
        overseer = caller.is_admin or subject.group_id in caller.leader_of
        private = overseer and not is_system_type(node.cls) and subject.bits is not None and is_private(subject.bits)
        kind = omero.GroupSecurityViolation if private else omero.SecurityViolation
        raise kind(message=f"You may not edit {node.name}: it belongs to user {subject.owner_id}.")
    if node.cls.name == "OriginalFile" and {("originalfile", "path"), ("originalfile", "name")} & change.values.keys():
        check_path(caller, node.obj._path._val, node.obj._name._val)


def _check_group(caller: Caller, node: Node, subject: Subject) -> None:
    if caller.all_groups:
        raise omero.ApiUsageException(
            message=f"{node.name} cannot be changed in all groups at once: set omero.group to {subject.group_id}."
        )
    if subject.group_id not in (caller.group_id, USER_GROUP):
        raise omero.SecurityViolation(
            message=f"{node.name} is in group {subject.group_id}, but this call runs in group {caller.group_id}."
        )


def write_changes(call: Call, changes: list[Change]) -> None:
    """Write the changes: one statement for each table and set of columns; note them in the event log."""
    batches: dict[tuple[str, str, tuple[str, ...]], list[tuple[Any, ...]]] = {}
    for change in changes:
        for key_column, table, new in _by_table(change, call.event_id):
            names = tuple(sorted(new))
            row = (change.node.id, *(new[name] for name in names))
            batches.setdefault((table, key_column, names), []).append(row)
    for (table, key_column, names), rows in batches.items():
        _update(call, table, key_column, names, rows)
    write_maps(call.db, {change.node: change.maps for change in changes if change.maps}, replace=True)
    logged: dict[ModelClass, list[int]] = {}
    for change in changes:
        assert change.node.id is not None
        if change.permissions is not None:
            change_permissions(call, change.node.id, change.permissions)
            change.node.subject = replace(change.node.subject, bits=change.permissions)
        logged.setdefault(change.node.cls, []).append(change.node.id)
        _take_over(change)
    for cls, ids in logged.items():
        call.log("UPDATE", cls.java, ids)


def _take_over(change: Change) -> None:
    """What the client gets back shows the new owner and group."""
    node, table = change.node, change.node.cls.root.table
    owner = change.values.get((table, "owner_id"), node.subject.owner_id)
    group = change.values.get((table, "group_id"), node.subject.group_id)
    if (owner, group) != (node.subject.owner_id, node.subject.group_id):
        node.subject = replace(node.subject, owner_id=owner, group_id=group)


def _by_table(change: Change, event: int) -> list[tuple[str, str, dict[str, Any]]]:
    """(key column, table, new values) of each table; the root's row always gets the event."""
    node, found = change.node, []
    for part in node.cls.joined_tables:
        new = {name: value for (table, name), value in change.values.items() if table == part.table}
        if part is node.cls.root:
            if "update_id" in TABLES[part.table].c:
                new["update_id"] = event
                node.event = event
            if change.maps and node.version is not None:
                node.version = new["version"] = node.version + 1
        if new:
            found.append((part.key, part.table, new))
    return found


def _update(call: Call, table_name: str, key: str, names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    table = TABLES[table_name]
    if len(rows) == 1 or len({row[1:] for row in rows}) == 1:
        ids = [row[0] for row in rows]
        new = dict(zip(names, rows[0][1:], strict=True))
        call.db.execute(update(table).where(among(table.c[key], ids)).values(new))
        return
    data = values(column("key", BigInteger), *(column(f"v_{n}", table.c[n].type) for n in names), name="new").data(rows)
    # A list of nulls alone has no type of its own, hence the casts.
    new_values = {name: cast(data.c[f"v_{name}"], table.c[name].type) for name in names}
    call.db.execute(update(table).where(table.c[key] == cast(data.c.key, BigInteger)).values(new_values))
