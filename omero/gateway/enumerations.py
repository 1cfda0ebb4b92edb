"""Enumerations."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["Enumerations"]


def _wrap(conn: Any, obj: Any) -> Any:
    return sys.modules["omero.gateway"].EnumerationWrapper(conn, obj)


class Enumerations:
    """The part of the gateway that reads and changes enumerations."""

    def _types(self) -> Any:
        return self.getTypesService()  # type: ignore[attr-defined]

    def getEnumerationEntries(self, klass: str) -> Iterator[Any]:
        """All values of an enumeration."""
        for entry in self._types().allEnumerations(str(klass)):
            yield _wrap(self, entry)

    def getEnumeration(self, klass: str, string: str) -> Any:
        """One value by its text, None when there is none."""
        found = self._types().getEnumeration(str(klass), str(string))
        return None if found is None else _wrap(self, found)

    def getEnumerationById(self, klass: str, eid: int) -> Any:
        """One value by its id, None when there is none."""
        query = self.getQueryService()  # type: ignore[attr-defined]
        found = query.find(str(klass), int(eid), self.SERVICE_OPTS)  # type: ignore[attr-defined]
        return None if found is None else _wrap(self, found)

    def getOriginalEnumerations(self) -> dict[str, list[Any]]:
        """The values that a new server has, by name of the class, such as FamilyI."""
        found: dict[str, list[Any]] = {}
        for entry in self._types().getOriginalEnumerations():
            found.setdefault(type(entry).__name__, []).append(_wrap(self, entry))
        return found

    def getEnumerations(self) -> list[str]:
        """Names of the enumerations."""
        return list(self._types().getEnumerationTypes())

    def getEnumerationsWithEntries(self) -> dict[str, list[Any]]:
        """All values by name of the class, such as FamilyI."""
        found = self._types().getEnumerationsWithEntries()
        return {f"{name}I": [_wrap(self, entry) for entry in entries] for name, entries in found.items()}

    def deleteEnumeration(self, obj: Any) -> None:
        """Delete a value (a wrapper)."""
        self._types().deleteEnumeration(obj._obj)

    def createEnumeration(self, obj: Any) -> None:
        """Save a new value (a wrapper or a model object)."""
        self._types().createEnumeration(getattr(obj, "_obj", obj))

    def resetEnumerations(self, klass: str) -> None:
        """Give an enumeration the values of a new server."""
        self._types().resetEnumerations(klass)

    def updateEnumerations(self, new_entries: Iterable[Any]) -> None:
        """Save changed values."""
        self._types().updateEnumerations([getattr(each, "_obj", each) for each in new_entries])
