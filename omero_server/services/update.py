"""IUpdate: save and delete."""

from __future__ import annotations

from typing import Any

import omero
import omero._generated
from omero_server.saving.fields import class_of
from omero_server.saving.removal import remove
from omero_server.saving.saver import save
from omero_server.services.service import Service, writes
from omero_server.sessions.call import Call

__all__ = ["UpdateService"]


class UpdateService(Service):
    """Each call saves everything it is given, or nothing."""

    interface = "::omero::api::IUpdate"

    @writes
    def saveObject(self, call: Call, obj: Any) -> None:
        """Save a graph."""
        save(call, [required(obj, "obj")])

    @writes
    def saveCollection(self, call: Call, objs: list[Any]) -> None:
        """Save some graphs."""
        save(call, required(objs, "objs"))

    @writes
    def saveArray(self, call: Call, graph: list[Any]) -> None:
        """Save some graphs."""
        save(call, required(graph, "graph"))

    @writes
    def saveAndReturnObject(self, call: Call, obj: Any) -> Any:
        """Save a graph; what was loaded in it comes back with ids and details."""
        return save(call, [required(obj, "obj")])[0]

    @writes
    def saveAndReturnArray(self, call: Call, graph: list[Any]) -> list[Any]:
        """Save some graphs and return them in the same order."""
        return save(call, required(graph, "graph"))

    @writes
    def saveAndReturnIds(self, call: Call, graph: list[Any]) -> list[int]:
        """Insert some graphs and return the ids in the same order."""
        return [obj._id._val for obj in save(call, required(graph, "graph"), insert_only=True)]

    @writes
    def deleteObject(self, call: Call, row: Any) -> None:
        """Delete one row; Delete2 deletes what hangs on it, too."""
        if row is not None:
            remove(call, row)

    @writes(role="system")
    def indexObject(self, call: Call, row: Any) -> None:
        """Have an object indexed again. Searches look at the rows themselves, so there is nothing to wait for."""
        if row is None or row._id is None:
            raise omero.ValidationException(message="The object to be indexed has no id.")
        call.log("REINDEX", class_of(row).java, [row._id._val])


def required(value: Any, name: str) -> Any:
    """``value``; raises ApiUsageException when it is null."""
    if value is None:
        raise omero.ApiUsageException(message=f"The argument {name} is null.")
    return value
