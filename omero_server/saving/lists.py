"""Collections that a client sent loaded: what is no longer in them, and the places of what is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

import omero
import omero._generated
from omero_server.db.rows import among, by_class, concrete_classes, delete_objects
from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL, ModelClass, Property
from omero_server.saving.fields import Field, index_fields, replaced_by
from omero_server.saving.graph import Graph, Node, State
from omero_server.saving.locking import hold, lock
from omero_server.security.voter import Action, Subject, allowed, may_read
from omero_server.sessions.call import Call, Caller

__all__ = ["ListChanges", "plan_lists", "write_lists"]


@dataclass(slots=True)
class ListChanges:
    """removed: ids of members to delete, by the lists' element class. moved: (id, place), by the reference with a
    place. holders: whose ordered lists change.
    """

    removed: dict[ModelClass, set[int]] = field(default_factory=dict)
    moved: dict[Field, list[tuple[int, int]]] = field(default_factory=dict)
    holders: set[Node] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Member:
    id: int
    holder: int
    place: int | None
    subject: Subject


def plan_lists(call: Call, graph: Graph, privileged: bool) -> ListChanges:
    """Compare the loaded lists with the stored ones, and note the place of each new member of an ordered list.

    Only members that the caller can see count. Raises SecurityViolation when a missing one may not be deleted.
    The holders of ordered lists that will change are locked: their places cannot change meanwhile. Raises Interference
    when a listed member was changed, moved or deleted just now.
    """
    changes = _plan(call, graph, privileged)
    if changes.holders:
        lock(call.db, changes.holders)
        listed = [member for holder, _, members in graph.lists if holder in changes.holders for member in members]
        hold(call.db, [member for member in listed if member is not None and member.state is not State.NEW])
        for node in graph.of(State.NEW):
            node.positions.clear()
        changes = _plan(call, graph, privileged)
    return changes


def _plan(call: Call, graph: Graph, privileged: bool) -> ListChanges:
    changes = ListChanges()
    by_list: dict[tuple[ModelClass, Property], list[tuple[Node, list[Node | None]]]] = {}
    for holder, prop, members in graph.lists:
        if replaced_by(holder.cls, prop):
            by_list.setdefault((holder.cls, prop), []).append((holder, members))
    for (cls, prop), lists in by_list.items():
        back = replaced_by(cls, prop)
        assert back is not None
        stored = _stored_members(call.db, prop, back, [holder for holder, _ in lists])
        for holder, members in lists:
            _compare(call.caller, changes, prop, back, members, stored.get(holder.id, []), privileged)
            if back.prop.ordered and holder.state is State.STORED and _differs(members, stored.get(holder.id, [])):
                changes.holders.add(holder)
    changes.holders |= _append(call.db, graph)
    return changes


def _differs(members: list[Node | None], stored: list[_Member]) -> bool:
    now = {old.place: old.id for old in stored}
    return now != {place: member.id for place, member in enumerate(members) if member is not None}


def _stored_members(
    db: Connection, prop: Property, back: Field, holders: list[Node]
) -> dict[int | None, list[_Member]]:
    ids = {holder.id for holder in holders if holder.state is State.STORED and holder.id is not None}
    if not ids:
        return {}
    element = MODEL.classes[prop.type]
    table, group = TABLES[back.table], TABLES["experimentergroup"]
    columns: list[Any] = [table.c.id, table.c[back.column].label("holder")]
    joined: Any = table
    if back.prop.index_column:
        columns.append(table.c[back.prop.index_column].label("place"))
    if "group_id" in table.c:
        columns += [table.c.owner_id, table.c.group_id, group.c.permissions.label("bits")]
        joined = table.join(group, group.c.id == table.c.group_id)
    found: dict[int | None, list[_Member]] = {}
    for row in db.execute(select(*columns).select_from(joined).where(among(table.c[back.column], ids))):
        values = row._mapping
        subject = Subject(element, values.get("owner_id"), values.get("group_id"), values.get("bits"))
        found.setdefault(row.holder, []).append(_Member(row.id, row.holder, values.get("place"), subject))
    return found


def _compare(
    caller: Caller,
    changes: ListChanges,
    prop: Property,
    back: Field,
    members: list[Node | None],
    stored: list[_Member],
    privileged: bool,
) -> None:
    listed = {member.id: place for place, member in enumerate(members) if member is not None and member.id is not None}
    kept = [old for old in sorted(stored, key=lambda old: old.place or 0) if old.id in listed]
    same_order = sorted(kept, key=lambda old: listed[old.id]) == kept
    for old in stored:
        if old.id in listed:
            if old.place is None or old.place == listed[old.id]:
                continue
            if privileged or allowed(caller, Action.EDIT, old.subject):
                changes.moved.setdefault(back, []).append((old.id, listed[old.id]))
            elif not same_order:
                raise omero.SecurityViolation(
                    message=f"{prop.type}:{old.id} has another place in the saved list, but you may not edit it."
                )
        elif privileged or may_read(caller, old.subject):
            if not privileged and not allowed(caller, Action.DELETE, old.subject):
                raise omero.SecurityViolation(
                    message=f"{prop.type}:{old.id} is missing from the saved list, but you may not delete it."
                )
            changes.removed.setdefault(MODEL.classes[prop.type], set()).add(old.id)
    column = back.prop.index_column
    if column:
        for place, member in enumerate(members):
            if member is not None and member.state is State.NEW:
                member.positions[column] = place


def _append(db: Connection, graph: Graph) -> set[Node]:
    """Put new members whose list was not sent behind the last one; returns the stored objects that hold the lists."""
    stored: set[Node] = set()
    waiting: dict[Field, dict[Node, list[Node]]] = {}
    for node in graph.of(State.NEW):
        for ref in index_fields(node.cls):
            column, holder = ref.prop.index_column, graph.target(node, ref)
            if column and column not in node.positions and holder is not None:
                waiting.setdefault(ref, {}).setdefault(holder, []).append(node)
    for ref, holders in waiting.items():
        column = ref.prop.index_column
        assert column is not None
        free = _free_places(db, ref, column, holders, graph)
        stored |= {holder for holder in holders if holder.state is not State.NEW}
        for holder, nodes in holders.items():
            for place, node in enumerate(nodes, free[holder]):
                node.positions[column] = place
    return stored


def _free_places(db: Connection, ref: Field, column: str, holders: Iterable[Node], graph: Graph) -> dict[Node, int]:
    table = TABLES[ref.table]
    ids = [holder.id for holder in holders if holder.state is not State.NEW and holder.id is not None]
    statement = select(table.c[ref.column], func.max(table.c[column])).where(among(table.c[ref.column], ids))
    last = dict(db.execute(statement.group_by(table.c[ref.column])).all()) if ids else {}
    sent = {holder: len(members) for holder, prop, members in graph.lists if prop.name == ref.prop.inverse}
    return {holder: max(last.get(holder.id, -1) + 1, sent.get(holder, 0)) for holder in holders}


def write_lists(call: Call, changes: ListChanges) -> None:
    """Delete what was missing and renumber the rest; before anything is inserted, so that the places are free."""
    for element, ids in changes.removed.items():
        for cls, group in by_class(concrete_classes(call.db, element, ids)).items():
            delete_objects(call.db, cls, group)
            call.log("DELETE", cls.java, group)
    for ref, places in changes.moved.items():
        column = ref.prop.index_column
        assert column is not None
        table = TABLES[ref.table]
        statement = update(table).where(table.c.id == bindparam("row")).values({column: bindparam("place")})
        # One by one: a trigger moves what holds the place, which one statement for all could not do.
        for row, place in places:
            call.db.execute(statement, {"row": row, "place": place})
        element = next(cls for cls in MODEL.classes.values() if cls.table == ref.table)
        for cls, moved in by_class(concrete_classes(call.db, element, [row for row, _ in places])).items():
            call.log("UPDATE", cls.java, moved)
