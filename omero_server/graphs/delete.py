"""Deleting: a plan for the targets and what belongs to them, and its execution."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.graphs.abilities import Abilities
from omero_server.graphs.cutting import check_removals, cuts
from omero_server.graphs.errors import BadTarget, GraphError, InTheWay, UnknownClass
from omero_server.graphs.nodes import Graph, Node
from omero_server.graphs.notation import operation
from omero_server.graphs.options import ChildOption
from omero_server.graphs.planning import Planner
from omero_server.graphs.policy import Operation, Plan
from omero_server.graphs.references import Reference
from omero_server.graphs.writing import cut, delete_rows, ids_by_class
from omero_server.model.schema import MODEL, ModelClass
from omero_server.repository.removal import Doomed, Removing, files_of, remove_files
from omero_server.security.filter import read_filter
from omero_server.sessions.call import ALL_GROUPS, Caller

__all__ = ["Deleting", "Deletion"]

TABLES_WITH_FILES = ("originalfile", "pixels", "thumbnail", "fileset")


class Deleting(Removing, Protocol):
    """What is needed of a call."""

    @property
    def caller(self) -> Caller: ...
    @property
    def event_id(self) -> int: ...


@dataclass
class Deletion:
    """One deletion, in the steps ``plan``, ``check_vetoes``, ``check_removals``, ``check_references``, ``cut``,
    ``write``; each needs the ones before.

    ignored: classes that are left out of the plan. check: called now and then while planning; raises to stop.
    """

    call: Deleting
    options: Sequence[ChildOption] = ()
    ignored: frozenset[ModelClass] = frozenset()
    check: Callable[[], None] = lambda: None
    removed: list[Node] = field(default_factory=list)
    _cuts: dict[Reference, list[Node]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Whatever group the caller works in: what hangs together may be spread over groups.
        caller = self.call.caller.in_group(ALL_GROUPS)
        self._readable = read_filter(caller, self.call.db)
        self._planner = Planner(
            operation("delete"), Graph(self.call.db, self._readable), Abilities(caller, self.call.db),
            needs="delete", options=self.options, ignored=self.ignored, check=self.check,
        )  # fmt: skip

    def hold(self, targets: Mapping[str, Collection[int]]) -> None:
        """Lock the rows of the targets: until the end of the transaction nobody can link anything to them."""
        for name, ids in sorted(targets.items()):
            table = TABLES[_target(self._planner.operation, name).root.table]
            self.call.db.execute(
                select(table.c.id).where(among(table.c.id, ids)).order_by(table.c.id).with_for_update()
            )

    def plan(self, targets: Mapping[str, Collection[int]]) -> dict[ModelClass, list[int]]:
        """What will be deleted: ids by concrete class. ``targets``: ids by class name, spelt in any usual way.

        Raises UnknownClass, BadTarget, and GraphError when an object does not exist or cannot be read.
        """
        found = [node for name, ids in targets.items() for node in self._find(name, ids)]
        self._planner.plan(found)
        self.removed = self._planner.with_plan(Plan.REMOVE)
        return ids_by_class(self.removed)

    def check_vetoes(self) -> None:
        """Raises GraphError if the policy forbids the plan."""
        self._planner.check_vetoes()

    def check_removals(self) -> None:
        """Raises GraphError if the caller may not delete something of the plan."""
        check_removals(self._planner)

    def check_references(self) -> None:
        """Raises GraphError if something that stays cannot, or may not, lose its reference to what goes."""
        self._cuts = cuts(self._planner, self.ignored)

    def cut(self) -> None:
        """Empty the references of what stays."""
        cut(self.call.db, self._cuts)

    def write(self) -> None:
        """Delete the rows; the files follow after the commit. InTheWay if something unseen refers to them."""
        # The event first: triggers that note what must be indexed again refer to it.
        _ = self.call.event_id
        doomed = self._files()
        try:
            delete_rows(self.call.db, self.removed)
        except IntegrityError as error:
            raise InTheWay(_in_the_way(error)) from error
        for cls, ids in ids_by_class(self.removed).items():
            self.call.log("DELETE", cls.java, ids)
        remove_files(self.call, doomed)

    def _find(self, name: str, ids: Collection[int]) -> list[Node]:
        cls = _target(self._planner.operation, name)
        found = self._planner.graph.load(cls, ids)
        missing = sorted(set(ids) - {node.id for node in found})
        if missing:
            listed = ", ".join(f"{cls.name}[{i}]" for i in missing[:10])
            raise GraphError(f"cannot read {listed}{' and more' if len(missing) > 10 else ''}: no such object for you")
        return found

    def _files(self) -> list[Doomed]:
        rows: dict[str, list[int]] = {table: [] for table in TABLES_WITH_FILES}
        for node in self.removed:
            if node.cls.root.table in rows:
                rows[node.cls.root.table].append(node.id)
        return files_of(self.call, rows)


def _target(kind: Operation, name: str) -> ModelClass:
    try:
        cls = MODEL.resolve(name)
    except KeyError:
        raise UnknownClass(f"there is no class called {name!r}") from None
    if cls not in kind.targets:
        raise BadTarget(f"{cls.name} cannot be asked for: {kind.name} what it belongs to")
    return cls


def _in_the_way(error: IntegrityError) -> str:
    """The database names the table whose rows refer to something deleted."""
    diagnostics = getattr(error.orig, "diag", None)
    table = getattr(diagnostics, "table_name", None) or "another table"
    message = getattr(diagnostics, "message_primary", None) or "a rule of the database"
    return f"something that you cannot see, or that was added just now, is in the way in {table}: {message}"
