"""The container that images go to, from what people write: `12`, `Dataset:12`, `Dataset:name:Cells`, `Screen:@name:S1`.

A name stands for the newest container of this name in the current group; `+name` says the same, `-name` is the oldest,
`%name` must be the only one, `@name` makes a new one in any case. What does not exist is made.
"""

from __future__ import annotations

import re
from typing import Any

import omero
import omero.model
from omero.rtypes import rstring
from omero.sys import ParametersI

__all__ = ["TargetError", "find_target"]

_CLASSES = ("Dataset", "Screen")
_WRITTEN = re.compile(r"(?P<cls>[A-Za-z]+):(?:(?P<how>[-+%@]?name|id):)?(?P<what>.+)", re.DOTALL)
_QUERIES = {
    "Dataset": "select o from Dataset o where o.name = :name order by o.id desc",
    "Screen": "select o from Screen o where o.name = :name order by o.id desc",
}


class TargetError(ValueError):
    """A target that cannot be used: what was written, and why."""


def find_target(client: Any, written: str, cls: str = "Dataset") -> Any:
    """The container for images as an unloaded object; `cls` is meant by a bare number.

    TargetError when it is not understood, does not exist (by id) or is not unique (`%name`).
    """
    found = _WRITTEN.fullmatch(f"{cls}:{written}" if written.isdigit() else written)
    if found is None or found["cls"] not in _CLASSES:
        raise TargetError(f"The target {written!r} is not understood. Write e.g. 12, Dataset:12 or Dataset:name:Cells.")
    what = found["what"]
    if found["how"] in (None, "id"):
        if not what.isdigit():
            raise TargetError(
                f"{what!r} in the target {written!r} is no id. For a name write {found['cls']}:name:{what}."
            )
        return _by_id(client, found["cls"], int(what))
    if len(what) > 1 and what[0] == what[-1] == '"':
        what = what[1:-1]
    return _by_name(client, found["cls"], found["how"].removesuffix("name"), what)


def _by_id(client: Any, cls: str, container: int) -> Any:
    try:
        found = client.sf.getQueryService().find(cls, container)
    except omero.SecurityViolation:
        found = None
    if found is None:
        raise TargetError(f"There is no {cls} {container} that you can see.")
    return _unloaded(cls, container)


def _by_name(client: Any, cls: str, choice: str, name: str) -> Any:
    known = [] if choice == "@" else _named(client, cls, name)
    if choice == "%" and len(known) > 1:
        raise TargetError(f"There are {len(known)} {cls}s named {name!r}, but the target must be the only one.")
    if known:
        return _unloaded(cls, known[-1 if choice == "-" else 0])
    made = getattr(omero.model, f"{cls}I")()
    made.setName(rstring(name))
    return _unloaded(cls, client.sf.getUpdateService().saveAndReturnObject(made).getId().getValue())


def _named(client: Any, cls: str, name: str) -> list[int]:
    """Ids of the containers with a name that the user may put images into, the newest first."""
    found = client.sf.getQueryService().findAllByQuery(_QUERIES[cls], ParametersI().addString("name", name))
    return [one.getId().getValue() for one in found if one.getDetails().getPermissions().canLink()]


def _unloaded(cls: str, container: int) -> Any:
    return getattr(omero.model, f"{cls}I")(container, False)
