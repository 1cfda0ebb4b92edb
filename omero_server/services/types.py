"""ITypes: enumerations, and which classes there are."""

from __future__ import annotations

from typing import Any

import omero
import omero._generated
import omero.model
from omero_server.model.schema import MODEL, ModelClass
from omero_server.queries import run
from omero_server.saving.fields import class_of
from omero_server.saving.removal import remove, remove_all
from omero_server.saving.saver import save
from omero_server.services.classes import enum_class
from omero_server.services.service import Service, reads, writes
from omero_server.sessions.call import Call

__all__ = ["TypesService"]


class TypesService(Service):
    """Classes may be named in any form: Format, FormatI, omero.model.Format, ome.model.enums.Format."""

    interface = "::omero::api::ITypes"

    @writes
    def createEnumeration(self, call: Call, newEnum: Any) -> Any:
        """Add a value; everybody may. ValidationException when it is there already.

        ApiUsageException for an object with an id: to change values is for administrators.
        """
        cls = enumeration_of(newEnum)
        if newEnum._id is not None:
            raise omero.ApiUsageException(message=f"This {cls.name} has an id: use updateEnumeration.")
        value = newEnum._value and newEnum._value._val
        if value and _find(call, cls, value):
            raise omero.ValidationException(message=f"{cls.name} {value!r} exists already.")
        return save(call, [newEnum], privileged=True)[0]

    @reads
    def getEnumeration(self, call: Call, type: str, value: str) -> Any:
        """The object of a value. ApiUsageException when there is none."""
        cls = enum_class(type)
        found = _find(call, cls, value)
        if not found:
            raise omero.ApiUsageException(message=f"{cls.name} has no value {value!r}.")
        return found[0]

    @reads
    def allEnumerations(self, call: Call, type: str) -> list[Any]:
        """All values of a type."""
        return _all(call, enum_class(type))

    @writes(role="system")
    def updateEnumeration(self, call: Call, oldEnum: Any) -> Any:
        """Change a value."""
        return _save_existing(call, [oldEnum])[0]

    @writes(role="system")
    def updateEnumerations(self, call: Call, oldEnums: list[Any]) -> None:
        """Change some values."""
        _save_existing(call, oldEnums)

    @writes(role="system")
    def deleteEnumeration(self, call: Call, oldEnum: Any) -> None:
        """Remove a value that nothing uses."""
        enumeration_of(oldEnum)
        remove(call, oldEnum)

    @reads
    def getEnumerationTypes(self, call: Call) -> list[str]:
        """Names of the enumerations."""
        return [cls.name for cls in enumerations()]

    @reads
    def getAnnotationTypes(self, call: Call) -> list[str]:
        """Names of the classes whose objects can be annotated."""
        return sorted(cls.name for cls in MODEL.classes.values() if cls.annotated)

    @reads
    def getEnumerationsWithEntries(self, call: Call) -> dict[str, list[Any]]:
        """All values by type."""
        return {cls.name: _all(call, cls) for cls in enumerations()}

    @reads(role="system")
    def getOriginalEnumerations(self, call: Call) -> list[Any]:
        """The values of a new database, as unsaved objects."""
        return [value for cls in enumerations() for value in originals(cls)]

    @writes(role="system")
    def resetEnumerations(self, call: Call, enumClass: str) -> None:
        """Bring a type back to the values of a new database; values in use cannot be removed."""
        cls = enum_class(enumClass)
        wanted = {obj._value._val: obj for obj in originals(cls)}
        surplus = [obj for obj in _all(call, cls) if wanted.pop(obj._value._val, None) is None]
        remove_all(call, surplus)
        save(call, list(wanted.values()), privileged=True)


def enumerations() -> list[ModelClass]:
    """The classes of enumerations by name."""
    return sorted((cls for cls in MODEL.classes.values() if cls.is_enum), key=lambda cls: cls.name)


def enumeration_of(obj: Any) -> ModelClass:
    """The enumeration of a value's object. Raises ApiUsageException."""
    if obj is None:
        raise omero.ApiUsageException(message="The enumeration value is null.")
    return enum_class(class_of(obj).name)


def originals(cls: ModelClass) -> list[Any]:
    """New objects for the values of a new database."""
    made = []
    for value in MODEL.enums[cls.name]:
        obj = getattr(omero.model, cls.name)(_loaded=True, _value=omero.RString(_val=value))
        if cls.name == "PixelsType":
            obj._bitSize = omero.RInt(_val=MODEL.bit_sizes[value])
        made.append(obj)
    return made


def _all(call: Call, cls: ModelClass) -> list[Any]:
    return run(call, f"select e from {cls.name} e order by e.id")


def _find(call: Call, cls: ModelClass, value: str) -> list[Any]:
    return run(call, f"select e from {cls.name} e where e.value = :value", {"value": value})


def _save_existing(call: Call, objects: list[Any]) -> list[Any]:
    for obj in objects:
        cls = enumeration_of(obj)
        if obj._id is None:
            raise omero.ApiUsageException(message=f"This {cls.name} has no id: use createEnumeration.")
    return save(call, objects)
