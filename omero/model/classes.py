"""Builds the ``*I`` classes from the generated table of the model."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from functools import cache, cached_property
from typing import Any

import omero.model
from omero._generated.model_table import CLASSES, UNITS
from omero.model import fields, lists
from omero.model.base import FieldData, ModelObject
from omero.model.proxies import proxy_to_instance

__all__ = ["implementation", "names"]

BY_HAND = {"DetailsI": "details", "PermissionsI": "permissions", "FieldData": "base"}


def names() -> list[str]:
    """Names of all ``*I`` classes."""
    concrete = (name for name, row in CLASSES.items() if not row[2])
    return sorted([*(f"{name}I" for name in (*concrete, *UNITS)), "DetailsI", "PermissionsI"])


@cache
def implementation(name: str) -> type[Any]:
    """The class called ``name`` (ImageI, LengthI, DetailsI). Raises KeyError when there is none."""
    if name in BY_HAND:
        from importlib import import_module

        return getattr(import_module(f"omero.model.{BY_HAND[name]}"), name)  # type: ignore[no-any-return]
    bare = name.removesuffix("I")
    if bare in UNITS:
        from omero.model.units import unit_class

        return unit_class(bare, UNITS[bare])
    if CLASSES[bare][2]:
        raise KeyError(name)
    return build(bare)


def build(name: str) -> type[Any]:
    """The class for the concrete model class ``name``."""
    bare = getattr(omero.model, name)
    own = all_fields(name)
    members: dict[str, Any] = {
        "__module__": "omero.model",
        "__doc__": f"An object of {CLASSES[name][0]}.",
        "BARE": bare,
        "PLAIN": tuple(f"_{field[0]}" for field in own if field[1] not in ("collection", "links")) + version_slot(name),
        "LISTS": tuple(list_slots(field) for field in own if field[1] in ("collection", "links")),
        **predicates(name),
    }
    for level in lineage(name):
        members |= own_members(level)
    members |= dict(fields.constant(CLASSES[name][0], field) for field in (*(f[0] for f in own), "details"))
    members["_field_info"] = FieldInfo(own)
    return type(f"{name}I", (ModelObject, bare), members)


def lineage(name: str) -> list[str]:
    """The class and its superclasses, the root first."""
    parent = CLASSES[name][1]
    return [*lineage(parent), name] if parent else [name]


def all_fields(name: str) -> list[tuple[Any, ...]]:
    """Own and inherited fields: the class's own first, as official clients list them."""
    return [field for level in reversed(lineage(name)) for field in CLASSES[level][4]]


def is_mutable(name: str) -> bool:
    """Whether objects have a version."""
    return "m" in CLASSES[name][3]


def version_slot(name: str) -> tuple[str, ...]:
    """The slot of the version, where there is one."""
    return ("_version",) if is_mutable(name) else ()


def list_slots(field: tuple[Any, ...]) -> tuple[str, str, str | None]:
    """(flag, list, count) slots of a collection."""
    counted = field[1] == "links" and field[7]
    return f"_{field[0]}Loaded", f"_{field[0]}Seq", f"_{field[0]}CountPerOwner" if counted else None


@cache
def own_members(name: str) -> dict[str, Any]:
    """The members for the fields that ``name`` itself declares; subclasses share them."""
    makers: dict[str, Callable[[tuple[Any, ...]], dict[str, Any]]] = {
        "collection": lists.collection,
        "links": lists.links,
    }
    members: dict[str, Any] = fields.version() if is_mutable(name) else {}
    for field in CLASSES[name][4]:
        members |= makers.get(field[1], fields.accessors)(field)
    if "l" in CLASSES[name][3]:
        members["link"] = link
    return members


def link(self: Any, _parent: Any, _child: Any, current: Any = None) -> None:
    """Set both ends."""
    self.errorIfUnloaded()
    self._parent, self._child = _parent, _child


def predicates(name: str) -> dict[str, Any]:
    """isGlobal, isMutable, isAnnotated, isLink."""
    flags = CLASSES[name][3]
    answers = {"isGlobal": "g" in flags, "isMutable": "m" in flags, "isAnnotated": "a" in flags, "isLink": "l" in flags}
    return {method: predicate(method, answer) for method, answer in answers.items()}


def predicate(name: str, answer: bool) -> Callable[..., Any]:
    """A method that always gives ``answer``."""

    def ask(self: Any, current: Any = None) -> bool:
        return answer

    return fields.named(ask, name, f"Always {answer} for this class.")


class FieldInfo:
    """``_field_info``: wrapper and nullability by field. Made when first asked for, which most programs never do."""

    def __init__(self, own: list[tuple[Any, ...]]) -> None:
        self.own = own

    def __get__(self, instance: Any, owner: Any) -> Any:
        return self.data

    @cached_property
    def data(self) -> Any:
        """A named tuple of FieldData."""
        names = [*(field[0] for field in self.own), "details"]
        info = namedtuple("FieldInfo", names)  # type: ignore[misc]
        data = [FieldData(fields.wrapper(field), field[2]) for field in self.own]
        return info._make([*data, FieldData(proxy_to_instance, True)])
