"""Move single objects to another group: what IAdmin does. The requests of clients move whole hierarchies instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, literal, select, union_all, update

import omero
import omero._generated
from omero_server.db.rows import among, concrete_classes
from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL, ModelClass
from omero_server.saving.existing import subject_of
from omero_server.saving.fields import Field, class_of, references
from omero_server.security.voter import Subject, is_system_type
from omero_server.sessions.call import SYSTEM_GROUP, USER_GROUP, Call

__all__ = ["movable_subject", "move"]

COMMON = (SYSTEM_GROUP, USER_GROUP)


@dataclass(frozen=True, slots=True)
class _Moved:
    """Objects of one concrete class."""

    cls: ModelClass
    ids: list[int]


def movable_subject(call: Call, obj: Any) -> Subject:
    """Whose an object is, by its row.

    Raises ApiUsageException when it has no id or no row, SecurityViolation when it belongs to the whole system.
    """
    subject = subject_of(call.db, obj)
    if is_system_type(subject.cls):
        raise omero.SecurityViolation(message=f"{subject.cls.name} belongs to the whole system, not to a group.")
    return subject


def move(call: Call, obj: Any, group_id: int, bits: int) -> None:
    """Put an object into a group with these permissions; an image takes its pixels along.

    Raises SecurityViolation when references would then join two groups. Rights are the caller's business.
    """
    moved = list(_objects(call, obj))
    for each in moved:
        table = TABLES[each.cls.root.table]
        values: dict[str, Any] = {"group_id": group_id, "permissions": bits}
        if "update_id" in table.c:
            values["update_id"] = call.event_id
        call.log("UPDATE", each.cls.java, each.ids)
        call.db.execute(update(table).where(among(table.c.id, each.ids)).values(**values))
    crossings = [query for each in moved for query in (*_outgoing(each, group_id), *_incoming(each, group_id))]
    found = call.db.execute(union_all(*crossings).limit(1)).one_or_none() if crossings else None
    if found is not None:
        raise omero.SecurityViolation(
            message=f"{found.name} of {found.id} would join two groups. Move the objects together, with Chgrp2."
        )


def _objects(call: Call, obj: Any) -> Iterator[_Moved]:
    for object_id, cls in concrete_classes(call.db, class_of(obj), [obj._id._val]).items():
        yield _Moved(cls, [object_id])
        if cls.name == "Image":
            pixels = TABLES["pixels"]
            ids = list(call.db.execute(select(pixels.c.id).where(pixels.c.image == object_id)).scalars())
            yield _Moved(MODEL.classes["Pixels"], ids)


def _outgoing(moved: _Moved, group_id: int) -> Iterator[Select[Any]]:
    """References of moved objects to objects of other groups, but those that everybody may refer to."""
    for ref in references(moved.cls):
        target = MODEL.classes[ref.prop.type]
        if not is_system_type(target):
            other = TABLES[target.root.table].alias()
            foreign = other.c.group_id.not_in([group_id, *COMMON])
            yield _reference(moved.cls, ref, other, foreign).where(among(_holder_id(moved.cls, ref), moved.ids))


def _incoming(moved: _Moved, group_id: int) -> Iterator[Select[Any]]:
    """References of objects of other groups to moved ones. To what lies in the common space everybody may refer."""
    if group_id in COMMON:
        return
    for cls in MODEL.classes.values():
        if is_system_type(cls):
            continue
        for ref in references(cls):
            # An inherited reference is the business of the class that declares it.
            declared = ref.prop.declared_in == cls.name
            if declared and MODEL.classes[ref.prop.type].root is moved.cls.root:
                target = TABLES[moved.cls.root.table].alias()
                holder = TABLES[cls.root.table].alias()
                query = _reference(cls, ref, target, among(target.c.id, moved.ids))
                foreign = select(holder.c.id).where(holder.c.group_id != group_id)
                yield query.where(_holder_id(cls, ref).in_(foreign))


def _reference(cls: ModelClass, ref: Field, target: Any, condition: Any) -> Select[Any]:
    keeper = TABLES[ref.table]
    return (
        select(literal(f"{cls.name}.{ref.prop.name}").label("name"), _holder_id(cls, ref).label("id"))
        .join(target, target.c.id == keeper.c[ref.column])
        .where(condition)
    )


def _holder_id(cls: ModelClass, ref: Field) -> Any:
    return TABLES[ref.table].c["id" if ref.table == cls.root.table else cls.key]
