"""New objects of any class, and changes of any object, made up from the recorded facts of the schema."""

from __future__ import annotations

from typing import Any

import omero.model
import omero.rtypes
from tests.support.old_compare import simple
from tests.support.old_rows import CLASSES, FIRST_GROUP, FIRST_USER, below, lineage

__all__ = ["change", "make_new"]

MADE = {
    "string": lambda n: omero.rtypes.rstring(f"new {n}"),
    "text": lambda n: omero.rtypes.rstring(f"new {n}"),
    "int": lambda n: omero.rtypes.rint(7000 + n),
    "long": lambda n: omero.rtypes.rlong(2**33 + n),
    "double": lambda n: omero.rtypes.rdouble(n + 0.25),
    "boolean": lambda n: omero.rtypes.rbool(n % 2 == 0),
    "timestamp": lambda n: omero.rtypes.rtime(1_500_000_000_000 + n),
    "PositiveInteger": lambda n: omero.rtypes.rint(1 + n),
    "NonNegativeInteger": lambda n: omero.rtypes.rint(n),
    "PercentFraction": lambda n: omero.rtypes.rdouble(n % 100 / 100),
}
CHANGED = ("text", "string", "double", "int", "boolean", "NonNegativeInteger", "PositiveInteger")
# Changing these means something: a key, a namespace that is in use, a kind of file.
LEFT_ALONE = {"uuid", "ns", "mimetype", "repo", "omename"}


def make_new(name: str, world: int, existing: dict[str, list[int]], number: int) -> Any:
    """A new object of a class with its required properties, and whatever else is a plain value.

    ``existing``: ids of the objects of the group, by class; references are to these.
    """
    obj = getattr(omero.model, f"{simple(name)}I")()
    for part in lineage(name):
        for prop_name, prop in CLASSES[part]["properties"].items():
            if prop["kind"] == "basic" and prop["type"] in MADE and prop["column"] not in LEFT_ALONE:
                setattr(obj, f"_{prop_name}", MADE[prop["type"]](number))
            elif prop["kind"] == "basic" and not prop["nullable"]:
                setattr(obj, f"_{prop_name}", _required(prop, number))
            elif prop["kind"] == "manyone" and not prop["nullable"]:
                setattr(obj, f"_{prop_name}", _existing(prop["type"], world, existing, number))
    return obj


def _required(prop: dict[str, Any], number: int) -> Any:
    return bytes(4) if prop["type"] == "byte[]" else omero.rtypes.rstring(f"new-{number}-{prop['column']}")


def _existing(target: str, world: int, existing: dict[str, list[int]], number: int) -> Any:
    people = {"ome.model.meta.Experimenter": FIRST_USER, "ome.model.meta.ExperimenterGroup": FIRST_GROUP}
    if target in people:
        return getattr(omero.model, f"{simple(target)}I")(people[target] + world, False)
    name = next(other for other in below(target) if existing.get(other))
    ids = existing[name]
    return getattr(omero.model, f"{simple(name)}I")(ids[number % len(ids)], False)


def change(obj: Any, name: str) -> tuple[str, Any] | None:
    """Change one plain value of an object; the column and its new value, None when there is nothing to change."""
    found = [(CHANGED.index(prop["type"]), prop_name, CLASSES[part]["table"], prop)
             for part in lineage(name) for prop_name, prop in CLASSES[part]["properties"].items()
             if prop["kind"] == "basic" and prop["type"] in CHANGED and prop["column"] not in LEFT_ALONE
             and name != "ome.model.meta.Namespace"]  # fmt: skip
    if not found:
        return None
    _, prop_name, table, prop = min(found, key=lambda entry: entry[0])
    value = MADE[prop["type"]](1234)
    if prop["type"] == "boolean":
        old = getattr(obj, f"_{prop_name}")
        value = omero.rtypes.rbool(not (old and old.val))
    setattr(obj, f"_{prop_name}", value)
    return f"{table}.{prop['column']}", value.val
