"""Delete objects, without what hangs on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import omero
import omero._generated
from omero_server.db.rows import by_class, concrete_classes, delete_objects
from omero_server.db.transaction import Interference
from omero_server.model.schema import ModelClass
from omero_server.saving.existing import group_bits, load_subjects
from omero_server.saving.fields import class_of
from omero_server.saving.graph import Graph
from omero_server.security.voter import Action, allowed, may_read
from omero_server.sessions.call import Call

__all__ = ["remove", "remove_all"]


def remove(call: Call, obj: Any, *, privileged: bool = False) -> None:
    """Delete the row of one object; see ``remove_all``."""
    remove_all(call, [obj], privileged=privileged)


def remove_all(call: Call, objects: Sequence[Any], *, privileged: bool = False) -> None:
    """Delete the rows of objects, all or none, with a few statements for each class.

    Raises ApiUsageException without an id, ValidationException when there is no such object, SecurityViolation when
    the caller may not delete it; the database refuses while others refer to it.
    """
    graph = Graph()
    ids: dict[ModelClass, list[int]] = {}
    for obj in objects:
        cls = class_of(obj)
        if obj._id is None:
            raise omero.ApiUsageException(message=f"This {cls.name} has no id: it was never saved.")
        graph.add(obj)
        ids.setdefault(cls, []).append(obj._id._val)
    load_subjects(call.db, graph)
    group_bits(call.db, graph.nodes)
    for node in graph.nodes:
        if not privileged and not may_read(call.caller, node.subject):
            raise omero.SecurityViolation(message=f"You may not read {node.name} in the group of this call.")
        if not privileged and not allowed(call.caller, Action.DELETE, node.subject):
            raise omero.SecurityViolation(message=f"You may not delete {node.name}: it belongs to somebody else.")
    for cls, wanted in ids.items():
        classes = concrete_classes(call.db, cls, wanted)
        if len(classes) < len(set(wanted)):
            raise Interference(f"a {cls.name} was deleted")
        for concrete, found in by_class(classes).items():
            call.log("DELETE", concrete.java, found)
            delete_objects(call.db, concrete, found)
