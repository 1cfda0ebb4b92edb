"""Which objects go into a share: those that a client lists, and what hangs on them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

import omero
import omero._generated
import omero.model
from omero_server.db.rows import by_class, concrete_classes
from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL
from omero_server.queries import Reader, run
from omero_server.saving.fields import class_of
from omero_server.security.sharing import PARAMETER, WAYS, shared_condition
from omero_server.sessions.call import ALL_GROUPS, Call
from omero_server.sessions.share_data import Item

__all__ = ["listed_items", "readable_items", "unloaded", "with_parts"]

# Steps from containers down to images: of which class, to which class, how.
STEPS = (
    ("Project", "Dataset", "select l.child.id from ProjectDatasetLink l where l.parent.id in (:ids)"),
    ("Dataset", "Image", "select l.child.id from DatasetImageLink l where l.parent.id in (:ids)"),
    ("Folder", "Image", "select l.child.id from FolderImageLink l where l.parent.id in (:ids)"),
    ("Screen", "Plate", "select l.child.id from ScreenPlateLink l where l.parent.id in (:ids)"),
    ("Plate", "Well", "select w.id from Well w where w.plate.id in (:ids)"),
    ("Well", "WellSample", "select s.id from WellSample s where s.well.id in (:ids)"),
    ("WellSample", "Image", "select s.image.id from WellSample s where s.id in (:ids)"),
)


def listed_items(objects: Iterable[Any]) -> list[Item]:
    """Class names and ids of objects that a client sent. ApiUsageException for null and for unsaved ones."""
    items: dict[Item, None] = {}
    for obj in objects:
        if obj is None or obj._id is None:
            raise omero.ApiUsageException(message="Only saved objects can be in a share; this one has no id.")
        items[class_of(obj).name, int(obj._id._val)] = None
    return list(items)


def readable_items(call: Call, items: list[Item]) -> list[Item]:
    """The items by their most specific class.

    Raises ValidationException for objects that do not exist, SecurityViolation for those that the caller cannot read:
    nobody shares what is hidden from him.
    """
    reader = _everywhere(call)
    for name, ids in _grouped(items).items():
        query = f"select o.id from {name} o where o.id in (:ids)"
        missing = set(ids) - set(run(reader, query, {"ids": ids}))
        if missing - set(run(call, query, {"ids": ids}, as_server=True)):
            raise omero.ValidationException(message=f"There is no {name} with id {min(missing)}.")
        if missing:
            raise omero.SecurityViolation(message=f"You cannot share {name}:{min(missing)}: you may not read it.")
    return [item for name, ids in _grouped(items).items() for item in _concrete(call, name, ids)]


def with_parts(call: Call, items: list[Item]) -> list[Item]:
    """The items, the images in containers among them, and the parts of all these images."""
    reader = _everywhere(call)
    found = {name: dict.fromkeys(ids) for name, ids in _grouped(items).items()}
    for above, below, query in STEPS:
        if above in found:
            ids = sorted(run(reader, query, {"ids": list(found[above])}))
            found.setdefault(below, {}).update(dict.fromkeys(ids))
    everything = dict.fromkeys((name, id_) for name, ids in found.items() for id_ in ids)
    return list(everything | dict.fromkeys(_parts(call, list(found.get("Image", ())))))


def unloaded(item: Item) -> Any:
    """A reference to an object."""
    name, id_ = item
    return getattr(omero.model, name)(_id=omero.RLong(id_), _loaded=False)


def _parts(call: Call, images: list[int]) -> list[Item]:
    if not images:
        return []
    parts: list[Item] = []
    for name in WAYS:
        table = TABLES[MODEL.classes[name].table]
        statement = select(table.c.id).where(shared_condition(name, table.c)).order_by(table.c.id)
        parts += _concrete(call, name, list(call.db.execute(statement, {PARAMETER: images}).scalars()))
    return parts


def _everywhere(call: Call) -> Reader:
    """The caller in all groups: a share may hold images of several."""
    return Reader(call.db, call.caller.in_group(ALL_GROUPS))


def _grouped(items: list[Item]) -> dict[str, list[int]]:
    grouped: dict[str, list[int]] = {}
    for name, id_ in items:
        grouped.setdefault(name, []).append(id_)
    return grouped


def _concrete(call: Call, name: str, ids: list[int]) -> list[Item]:
    cls = MODEL.classes[name]
    if not cls.subclasses:
        return [(name, id_) for id_ in ids]
    classes = by_class(concrete_classes(call.db, cls, ids))
    return [(exact.name, id_) for exact, found in classes.items() for id_ in found]
