"""What all writing operations have in common: a plan for the targets and what belongs to them, checks, and the writing.

Kinds of operations are classes in ``delete``, ``chgrp``, ``chown`` and ``chmod``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.graphs.abilities import Abilities
from omero_server.graphs.cutting import cuts
from omero_server.graphs.errors import GraphError, InTheWay
from omero_server.graphs.nodes import Graph, Node
from omero_server.graphs.notation import operation
from omero_server.graphs.options import ChildOption
from omero_server.graphs.planning import Planner
from omero_server.graphs.policy import Operation, Plan
from omero_server.graphs.references import Reference
from omero_server.graphs.targets import classes_called, find_targets
from omero_server.graphs.writing import cut, delete_rows, ids_by_class
from omero_server.model.schema import ModelClass
from omero_server.repository.removal import Doomed, Removing, files_of, remove_files
from omero_server.security.filter import read_filter
from omero_server.sessions.call import ALL_GROUPS, Caller

__all__ = ["Change", "Changing", "Step", "Targets"]

TABLES_WITH_FILES = ("originalfile", "pixels", "thumbnail", "fileset")
Targets = Mapping[str, Collection[int]]
Step = Callable[[], None]


class Changing(Removing, Protocol):
    """What is needed of a call."""

    @property
    def caller(self) -> Caller: ...
    @property
    def event_id(self) -> int: ...


@dataclass
class Change:
    """One operation, in ``steps``; each needs the ones before.

    ignored: classes that are left out of the plan. ends: the plan does not go on from what becomes part of it and is of
    these classes. check: called now and then while planning; raises to stop.

    Of each kind: name: of its rules; needs: what the caller must be able to do with what a child option includes, and
    with what is processed (None: nothing); privilege: the one with which ``needs`` does not matter; separates: whether
    what is processed loses its references from and to what is kept.
    """

    call: Changing
    options: Sequence[ChildOption] = ()
    ignored: frozenset[ModelClass] = frozenset()
    ends: frozenset[ModelClass] = frozenset()
    check: Callable[[], None] = lambda: None
    removed: list[Node] = field(default_factory=list, init=False)
    processed: list[Node] = field(default_factory=list, init=False)
    planner: Planner = field(init=False)
    _cuts: dict[Reference, list[Node]] = field(default_factory=dict, init=False)

    name: ClassVar[str]
    needs: ClassVar[str | None] = None
    privilege: ClassVar[str] = ""
    separates: ClassVar[bool] = False

    def __post_init__(self) -> None:
        caller = self.planning_caller()
        graph = Graph(self.call.db, read_filter(caller, self.call.db))
        self.planner = Planner(
            self.operation(), graph, Abilities(caller, self.call.db, self.privilege),
            needs=None if self.exempt else self.needs, options=self.options, ignored=self.ignored, ends=self.ends,
            check=self.check,
        )  # fmt: skip

    def planning_caller(self) -> Caller:
        """The caller as the plan sees the data. What hangs together may be spread over groups, so it looks at all,
        whatever group the call runs in.
        """
        return self.call.caller.in_group(ALL_GROUPS)

    def operation(self) -> Operation:
        """The rules of this operation."""
        return operation(self.name)

    @property
    def exempt(self) -> bool:
        """Whether the caller may process whatever he can read."""
        return self.call.caller.may(self.privilege)

    def steps(self, targets: Targets, *, dry_run: bool, waived: Targets | None = None) -> list[Step]:
        """What is to be done, in this order. ``targets``: ids by class name, spelt in any usual way.

        waived: those of the targets of which nobody asks whether the caller may. The steps raise UnknownClass,
        BadTarget or GraphError when something must not be.
        """
        steps = [*self.planning(targets, waived), self.check_vetoes, self.check_objects, self.check_references]
        return steps if dry_run else [*steps, self.cut, self.write]

    def planning(self, targets: Targets, waived: Targets | None = None) -> list[Step]:
        """The first of these steps: after them it is known what becomes of the targets."""
        return [lambda: self.plan(targets, waived or {})]

    def hold(self, targets: Targets) -> None:
        """Lock the rows of the targets: until the end of the transaction nobody can link anything to them."""
        for name, ids in sorted(targets.items()):
            for cls in classes_called(name):
                table = TABLES[cls.root.table]
                rows = select(table.c.id).where(among(table.c.id, ids)).order_by(table.c.id)
                self.call.db.execute(rows.with_for_update())

    def plan(self, targets: Targets, waived: Targets) -> None:
        """Find out what becomes of the targets and of all around: ``removed`` and ``processed``."""
        self._plan_nodes(self.find(targets), waived)

    def _plan_nodes(self, nodes: Iterable[Node], waived: Targets, looked_at: Iterable[Node] = ()) -> None:
        nodes = list(nodes)
        exempt = {(name, object_id) for name, ids in waived.items() for object_id in ids}
        for node in nodes:
            node.waived = (node.cls.name, node.id) in exempt
        self.planner.plan(nodes, looked_at)
        self.removed = self.planner.with_plan(Plan.REMOVE)
        self.processed = self.planner.with_plan(Plan.PROCESS)

    def find(self, targets: Targets) -> list[Node]:
        """The objects asked for. Raises UnknownClass, BadTarget, and GraphError when the caller cannot read one."""
        return find_targets(self.planner.operation, self.planner.graph, targets)

    def check_vetoes(self) -> None:
        """Raises GraphError if the policy forbids the plan."""
        self.planner.check_vetoes()

    def check_objects(self) -> None:
        """Raises GraphError if the caller may not do with an object what the plan says."""
        if self.planner.abilities.unlimited:
            return
        for node in self.processed:
            if not node.waived and not self.may_process(node):
                raise GraphError(f"not permitted to process {node}")
        for node in self.removed:
            if not node.waived and not self.planner.abilities.may("delete", node):
                raise GraphError(f"not permitted to delete {node}")

    def may_process(self, node: Node) -> bool:
        """Whether the caller may do with the object what the operation does."""
        return self.needs is None or self.exempt or self.planner.abilities.may(self.needs, node)

    def check_references(self) -> None:
        """Raises GraphError if something that stays cannot, or may not, lose its reference to what goes."""
        self._cuts = cuts(self.planner, self.ignored, separates=self.separates)

    def cut(self) -> None:
        """Empty the references between what stays and what goes."""
        cut(self.call.db, self._cuts)

    def write(self) -> None:
        """Delete and change the rows; files follow after the commit. InTheWay if something unseen is in the way."""
        # The event first: triggers that note what must be indexed again refer to it.
        _ = self.call.event_id
        doomed = self._files()
        try:
            delete_rows(self.call.db, self.removed)
            self.process()
        except IntegrityError as error:
            raise InTheWay(_in_the_way(error)) from error
        for action, nodes in (("DELETE", self.removed), ("UPDATE", self.processed)):
            for cls, ids in ids_by_class(nodes).items():
                self.call.log(action, cls.java, ids)
        remove_files(self.call, doomed)

    def process(self) -> None:
        """Change the rows of what is processed."""

    def _files(self) -> list[Doomed]:
        rows: dict[str, list[int]] = {table: [] for table in TABLES_WITH_FILES}
        for node in self.removed:
            if node.cls.root.table in rows:
                rows[node.cls.root.table].append(node.id)
        return files_of(self.call, rows)


def _in_the_way(error: IntegrityError) -> str:
    """The database names the table whose rows refer to something deleted."""
    diagnostics = getattr(error.orig, "diag", None)
    table = getattr(diagnostics, "table_name", None) or "another table"
    message = getattr(diagnostics, "message_primary", None) or "a rule of the database"
    return f"something that you cannot see, or that was added just now, is in the way in {table}: {message}"
