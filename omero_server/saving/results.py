"""What a client gets back: the objects that it sent, with ids and details."""

from __future__ import annotations

from typing import Any

import omero
import omero._generated
import omero.model
from omero_server.saving.graph import Graph, Node, State
from omero_server.security.downloads import RESTRICTION, restricted
from omero_server.security.voter import Subject, restrictions
from omero_server.sessions.call import Call, Caller

__all__ = ["complete"]


def complete(call: Call, graph: Graph) -> None:
    """Give the objects of the graph their ids, and new details to the new and stored ones.

    After a rollback they are again as the client sent them: the call may be run once more.
    """
    caller = call.caller
    permissions: dict[tuple[Any, ...], Any] = {}
    objects = [obj for node in graph.nodes for obj in (node.obj, *node.twins)]
    sent = [(obj, obj._id, getattr(obj, "_version", None), obj._details) for obj in objects]
    call.on_rollback(lambda: _restore(sent))
    for node in graph.nodes:
        for obj in (node.obj, *node.twins):
            obj._id = omero.RLong(_val=node.id)
            if node.state is State.REFERENCE or not obj._loaded:
                continue
            if hasattr(obj, "_version"):
                obj._version = None if node.version is None else omero.RInt(_val=node.version)
            obj._details = _details(caller, node, permissions)


def _restore(sent: list[tuple[Any, Any, Any, Any]]) -> None:
    for obj, obj_id, version, details in sent:
        obj._id, obj._details = obj_id, details
        if hasattr(obj, "_version"):
            obj._version = version


def _details(caller: Caller, node: Node, known: dict[tuple[Any, ...], Any]) -> Any:
    old = node.obj._details
    details = omero.model.Details()
    details._externalInfo = None if old is None else old._externalInfo
    subject = node.subject
    key = (node.cls, subject.owner_id, subject.group_id, subject.bits, subject.repository, subject.directory)
    if key not in known:
        known[key] = _permissions(caller, subject)
    details._permissions = known[key]
    for name, kind, object_id in (
        ("_owner", omero.model.Experimenter, subject.owner_id),
        ("_group", omero.model.ExperimenterGroup, subject.group_id),
        ("_creationEvent", omero.model.Event, node.creation),
        ("_updateEvent", omero.model.Event, node.event),
    ):
        if object_id is not None:
            setattr(details, name, kind(_id=omero.RLong(_val=object_id), _loaded=False))
    return details


def _permissions(caller: Caller, subject: Subject) -> Any:
    own = caller.all_groups or subject.cls.name == "ExperimenterGroup"
    shown = subject.bits if own else caller.group_permissions
    if shown is None:
        shown = subject.bits or 0
    extended = [RESTRICTION] if restricted(caller, subject) else []
    return omero.model.Permissions(restrictions(caller, subject), extended, shown)
