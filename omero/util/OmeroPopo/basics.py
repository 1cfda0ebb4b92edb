"""Images, namespaces and places, as plain objects around those of ``omero.model``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import omero
import omero.model
from omero.rtypes import rlong, rstring, unwrap

__all__ = ["DataObject", "ImageData", "ROICoordinate", "WorkflowData", "toCSV", "toList"]

NO_ID = -1


def toCSV(list: Iterable[Any]) -> str:
    """Items with commas between them."""
    return ",".join(map(str, list))


def toList(csvString: str) -> list[str]:
    """Items between commas, without spaces around them."""
    return [item.strip() for item in csvString.split(",")]


class DataObject:
    """An object of ``omero.model``, its ``value``, and whether it was changed."""

    def __init__(self) -> None:
        self.value: Any = None
        self.dirty = False

    def setValue(self, value: Any) -> None:
        """Take another object."""
        self.value = value

    def asIObject(self) -> Any:
        """The object."""
        return self.value

    def getId(self) -> int:
        """The id, -1 of an object that was not saved."""
        return NO_ID if self.value.id is None else int(unwrap(self.value.id))

    def setId(self, id: int) -> None:
        """Set the id."""
        self.value.id = rlong(id)

    def getDirty(self) -> bool:
        """Whether it was changed."""
        return self.dirty

    def setDirty(self, boolean: bool) -> None:
        """Say whether it was changed."""
        self.dirty = boolean

    def isLoaded(self) -> bool:
        """Whether there is more than the id."""
        return bool(self.value.isLoaded())

    def getDetails(self) -> Any:
        """Owner, group, events, permissions."""
        return self.value.getDetails()

    def _get(self, field: str, default: Any) -> Any:
        self._need_loaded()
        found = unwrap(getattr(self.value, field))
        return default if found is None else found

    def _set(self, field: str, value: Any) -> None:
        self._need_loaded()
        setattr(self.value, field, value)
        self.dirty = True

    def _need_loaded(self) -> None:
        if self.value is None or not self.value.isLoaded():
            raise omero.UnloadedEntityException(f"{type(self).__name__} has an object that is not loaded")


class ImageData(DataObject):
    """An image."""

    def __init__(self, image: Any = None) -> None:
        super().__init__()
        self.setValue(omero.model.ImageI() if image is None else image)

    def setName(self, name: str) -> None:
        """Name it."""
        self._set("name", rstring(name))

    def getName(self) -> str:
        """Its name."""
        return self._get("name", "")  # type: ignore[no-any-return]

    def setDescription(self, description: str) -> None:
        """Describe it."""
        self._set("description", rstring(description))

    def getDescription(self) -> str:
        """Its description."""
        return self._get("description", "")  # type: ignore[no-any-return]


class WorkflowData(DataObject):
    """A namespace with its keywords."""

    def __init__(self, workflow: Any = None) -> None:
        super().__init__()
        self.setValue(omero.model.NamespaceI() if workflow is None else workflow)
        if workflow is None:
            self.setNamespace("")

    def setNamespace(self, namespace: str) -> None:
        """Name it."""
        self._set("name", rstring(namespace))

    def getNamespace(self) -> str:
        """Its name."""
        return self._get("name", "")  # type: ignore[no-any-return]

    def setKeywords(self, keywords: Iterable[str]) -> None:
        """Give it these keywords alone."""
        self._set("keywords", list(keywords))

    def setKeywordsFromString(self, keywords: str) -> None:
        """Give it these keywords alone, a text with commas between them."""
        self.setKeywords(toList(keywords))

    def getKeywords(self) -> list[str]:
        """Its keywords."""
        return self._get("keywords", [])  # type: ignore[no-any-return]

    def addKeyword(self, keyword: str) -> None:
        """Give it one more keyword, once."""
        if not self.containsKeyword(keyword):
            self.setKeywords([*self.getKeywords(), keyword])

    def containsKeyword(self, keyword: str) -> bool:
        """Whether it has a keyword."""
        return keyword in self.getKeywords()

    def removeKeyword(self, keyword: str) -> None:
        """Take a keyword away."""
        self.setKeywords([each for each in self.getKeywords() if each != keyword])


class ROICoordinate:
    """Section and time point of a plane."""

    def __init__(self, z: int = 0, t: int = 0) -> None:
        self.theZ = z
        self.theT = t

    def __eq__(self, obj: object) -> bool:
        return isinstance(obj, ROICoordinate) and (self.theZ, self.theT) == (obj.theZ, obj.theT)

    def __hash__(self) -> int:
        return hash((self.theZ, self.theT))

    def getTimepoint(self) -> int:
        """The time point."""
        return self.theT

    def setTimepoint(self, t: int) -> None:
        """Set the time point."""
        self.theT = t

    def getZSection(self) -> int:
        """The section."""
        return self.theZ

    def setZSection(self, z: int) -> None:
        """Set the section."""
        self.theZ = z
