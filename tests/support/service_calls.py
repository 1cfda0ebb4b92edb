"""What tests of services have in common: parameters, ids, and a count of the statements that a call takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

import omero
import omero.sys
from tests.support.lab import Lab, id_of

OPTIONS = ("leaves", "orphan", "acquisitionData")
WRAP = {
    "leaves": omero.RBool, "orphan": omero.RBool, "acquisitionData": omero.RBool, "limit": omero.RInt,
    "offset": omero.RInt, "ownerId": omero.RLong, "groupId": omero.RLong, "startTime": omero.RTime,
    "endTime": omero.RTime,
}  # fmt: skip


@contextmanager
def counted(lab: Lab) -> Iterator[list[str]]:
    """The statements that run inside of the block."""
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    engines = (lab.database.engine, lab.database.readers.engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


def options(**chosen: Any) -> Any:
    """Parameters with options and filters by their names."""
    made = omero.sys.Parameters(theFilter=omero.sys.Filter(), theOptions=omero.sys.Options())
    for name, value in chosen.items():
        setattr(made.theOptions if name in OPTIONS else made.theFilter, name, WRAP[name](value))
    return made


def ids(objects: Iterable[Any]) -> list[int]:
    """Ids, ascending."""
    return sorted(id_of(obj) for obj in objects)
