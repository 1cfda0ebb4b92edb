"""The references of the model: which column of which class points to which class.

One-to-many properties are the same references, looked at from the other end.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause

from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL, ModelClass, Property

__all__ = [
    "EXTERNAL_INFO", "GROUP", "OWNER", "Reference", "belonging", "deletion_order", "held_by", "holding", "pointing_at",
    "references", "resolve",
]  # fmt: skip

EXTERNAL_INFO, OWNER, GROUP = "details.externalInfo", "details.owner", "details.group"


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A property that refers to one object. holder: the class that declares it. required: it cannot be empty.

    There is one of each: they are compared by identity, which is fast.
    """

    holder: ModelClass
    name: str
    target: ModelClass
    table: str
    column_name: str
    required: bool

    @property
    def column(self) -> Column[int | None]:
        """The column with the id of the target."""
        return TABLES[self.table].c[self.column_name]

    def __str__(self) -> str:
        return f"{self.holder.name}.{self.name}"


@cache
def references() -> tuple[Reference, ...]:
    """All references but those to enumeration values, in the order of the model."""
    found = []
    for cls in MODEL.classes.values():
        found += [_reference(cls, prop) for prop in cls.own if prop.kind == "ref" and not _is_enum(prop.type)]
        if "external_id" in TABLES[cls.table].c and cls.superclass is None:
            target = MODEL.classes["ExternalInfo"]
            found.append(Reference(cls, EXTERNAL_INFO, target, cls.table, "external_id", False))
    return tuple(found)


def _is_enum(name: str) -> bool:
    return MODEL.classes[name].is_enum


def _reference(cls: ModelClass, prop: Property) -> Reference:
    assert prop.column is not None
    target = MODEL.classes[prop.type]
    return Reference(cls, prop.name, target, cls.columns_table(prop), prop.column, not prop.nullable)


@cache
def belonging(root: ModelClass) -> tuple[Reference, ...]:
    """The references of a root class to the owner and the group of its objects. They are not among ``references``:
    users and groups do not come along with what is theirs.
    """
    ends = ((OWNER, "Experimenter", "owner_id"), (GROUP, "ExperimenterGroup", "group_id"))
    columns = TABLES[root.table].c
    return tuple(
        Reference(root, name, MODEL.classes[target], root.table, column, True)
        for name, target, column in ends if column in columns
    )  # fmt: skip


@cache
def _by_name() -> dict[tuple[ModelClass, str], Reference]:
    return {(one.holder, one.name): one for one in references()}


@cache
def held_by(root: ModelClass) -> tuple[Reference, ...]:
    """References of objects of ``root`` and its subclasses."""
    return tuple(one for one in references() if one.holder.root is root)


@cache
def pointing_at(cls: ModelClass) -> tuple[Reference, ...]:
    """References that can point at an object whose class is exactly ``cls``."""
    return tuple(one for one in references() if cls.is_a(one.target))


@cache
def resolve(cls: ModelClass, name: str) -> tuple[tuple[Reference, ...], bool]:
    """The references behind a property of ``cls`` or of its subclasses, and whether these objects are the holders.

    Raises KeyError when there is no such property.
    """
    if name == EXTERNAL_INFO:
        return (_by_name()[cls.root, name],), True
    if name in (OWNER, GROUP):
        return ({one.name: one for one in belonging(cls.root)}[name],), True
    found: dict[Reference, bool] = {}
    for one in (cls, *cls.subclasses):
        prop = one.properties.get(name)
        if prop is not None:
            found |= _behind(one, prop)
    if not found:
        raise KeyError(f"{cls.name} has no property {name}")
    return tuple(found), next(iter(found.values()))


def _behind(cls: ModelClass, prop: Property) -> dict[Reference, bool]:
    if prop.kind == "ref":
        return {_by_name()[MODEL.classes[prop.declared_in], prop.name]: True}
    assert prop.inverse is not None
    element = MODEL.classes[prop.type]
    inverse = element.properties[prop.inverse]
    return {_by_name()[MODEL.classes[inverse.declared_in], inverse.name]: False}


def holding(reference: Reference) -> tuple[FromClause, ColumnElement[Any], FromClause]:
    """For queries about the holders of a reference: their root table under the name "holder", the column with the ids
    of targets, and what to select both from.
    """
    holder = TABLES[reference.holder.root.table].alias("holder")
    if reference.table == reference.holder.root.table:
        return holder, holder.c[reference.column_name], holder
    part = TABLES[reference.table].alias("part")
    return holder, part.c[reference.column_name], holder.join(part, part.c[reference.holder.key] == holder.c.id)


@cache
def deletion_order() -> tuple[ModelClass, ...]:
    """Root classes, those that refer to others before these. References within one class do not count."""
    pending = defaultdict(set)
    for one in references():
        if one.holder.root is not one.target.root:
            pending[one.target.root].add(one.holder.root)
    roots = {cls.root for one in references() for cls in (one.holder, one.target)}
    roots |= {cls for cls in MODEL.roots() if not cls.is_enum}
    ordered: list[ModelClass] = []
    while roots:
        free = sorted((cls for cls in roots if not pending[cls] & roots), key=lambda cls: cls.name)
        if not free:
            raise ValueError(f"these classes refer to each other in a circle: {sorted(c.name for c in roots)}")
        ordered += free
        roots -= set(free)
    return tuple(ordered)
