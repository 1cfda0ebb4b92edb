"""Pointing at rows that are there already: unloaded objects, and enumeration values by their names."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

import omero
import omero._generated
import omero.model
from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL
from omero_server.sessions.call import Call

__all__ = ["Enumerations", "reference"]

FALLBACKS = ("Other", "Unknown")


def reference(cls: str, row_id: int) -> Any:
    """An unloaded object of a model class."""
    return getattr(omero.model, cls)(_id=omero.RLong(row_id), _loaded=False)


class Enumerations:
    """Enumeration values as unloaded objects; each enumeration is read once."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._known: dict[str, dict[str, int]] = {}

    def ids(self, cls: str) -> dict[str, int]:
        """Ids by value."""
        if cls not in self._known:
            table = TABLES[MODEL.classes[cls].table]
            rows = self._call.db.execute(select(table.c.value, table.c.id))
            self._known[cls] = {value: row_id for value, row_id in rows}
        return self._known[cls]

    def get(self, cls: str, value: str) -> Any:
        """The value as an unloaded object. ValueError when the database does not have it."""
        try:
            return reference(cls, self.ids(cls)[value])
        except KeyError:
            raise ValueError(f"the database has no {cls} {value!r}") from None

    def near(self, cls: str, value: str | None) -> Any:
        """The value; else Other or Unknown, whichever the enumeration has; else None. None stays None."""
        if value is None:
            return None
        ids = self.ids(cls)
        found = next((one for one in (value, *FALLBACKS) if one in ids), None)
        return None if found is None else reference(cls, ids[found])
