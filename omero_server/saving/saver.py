"""Save graphs of objects: what IUpdate does, for its clients and for the rest of the server.

Objects without id are inserted, loaded ones with id are compared with their rows, unloaded ones are only referred
to. Everything is done set by set: a thousand links cost a handful of statements.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import omero
import omero._generated
from omero_server.saving.changes import Change, plan_changes, write_changes
from omero_server.saving.existing import group_bits, load_rows, load_subjects, resolve_enumerations
from omero_server.saving.fields import Field, references
from omero_server.saving.graph import Graph, Node, State, collect
from omero_server.saving.inserts import assign_ids, write_new
from omero_server.saving.lists import plan_lists, write_lists
from omero_server.saving.locking import hold, lock
from omero_server.saving.ownership import assign, check_new
from omero_server.saving.results import complete
from omero_server.saving.staying import check_staying
from omero_server.security.linking import check_path, check_reference
from omero_server.sessions.call import Call

__all__ = ["save"]


def save(call: Call, objects: Sequence[Any], *, privileged: bool = False, insert_only: bool = False) -> list[Any]:
    """Save the graphs below ``objects``, all or nothing, and return these objects with ids and fresh details.

    The objects are changed in place. ``privileged``: the server itself acts, no right of the caller is asked (for
    operations that have checked it). ``insert_only``: a loaded object with an id is an ApiUsageException.

    Raises ValidationException (missing values, objects that are gone), OptimisticLockException (outdated copies),
    SecurityViolation and its kin, ApiUsageException (no group to save into).
    """
    graph = collect(objects)
    resolve_enumerations(call.db, graph, objects)
    stored = graph.of(State.STORED)
    if insert_only and stored:
        raise omero.ApiUsageException(message=f"This operation only inserts, but {stored[0].name} has an id.")
    if call.transaction.attempt:
        lock(call.db, stored)
    load_subjects(call.db, graph)
    assign(call.caller, graph)
    group_bits(call.db, graph.nodes)
    rows = load_rows(call.db, stored)
    if not privileged:
        check_new(call.caller, graph)
        _check_files(call, graph)
    assign_ids(call, graph)
    lists = plan_lists(call, graph, privileged)
    changes = plan_changes(call, graph, rows, privileged)
    referred = _references(graph, changes)
    if not privileged:
        _check_references(call, referred)
    hold(call.db, [change.node for change in changes])
    # The event comes before all rows: triggers ask for it.
    if lists.removed or lists.moved or changes or graph.of(State.NEW):
        _ = call.event_id
    write_lists(call, lists)
    write_new(call, graph)
    write_changes(call, changes)
    if not call.transaction.database.moves.none_since(call.transaction.moves_before):
        check_staying(call.db, (target for _, _, target in referred if target.state is not State.NEW))
    complete(call, graph)
    return list(objects)


def _check_files(call: Call, graph: Graph) -> None:
    for node in graph.of(State.NEW):
        if node.cls.name != "OriginalFile":
            continue
        if node.subject.repository is not None:
            raise omero.SecurityViolation(message="OriginalFile.repo can only be set by a repository.")
        obj = node.obj
        check_path(call.caller, obj._path and obj._path._val, obj._name and obj._name._val)


def _references(graph: Graph, changes: list[Change]) -> list[tuple[Node, Field, Node]]:
    """The references of new objects and the new ones of others: who refers, by what, to which object."""
    changed = [(change.node, ref) for change in changes for ref in change.references]
    created = [(node, ref) for node in graph.of(State.NEW) for ref in references(node.cls)]
    found = ((node, ref, graph.target(node, ref)) for node, ref in changed + created)
    return [(node, ref, target) for node, ref, target in found if target is not None]


def _check_references(call: Call, found: list[tuple[Node, Field, Node]]) -> None:
    """Whether the caller may refer to all that."""
    for node, ref, target in found:
        is_new = node.state is State.NEW
        check_reference(call.caller, node.subject, ref.prop, target.subject, target.name, is_new)
