"""Duplicating: a plan of what is copied, and the copies of rows and files."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from sqlalchemy.exc import IntegrityError

from omero_server.graphs.abilities import Abilities
from omero_server.graphs.change import Step, Targets
from omero_server.graphs.copying import Copier, Details, Given
from omero_server.graphs.errors import BadPlan, GraphError, InTheWay
from omero_server.graphs.kept import Home, left_out
from omero_server.graphs.nodes import Graph, Node
from omero_server.graphs.notation import operation
from omero_server.graphs.options import ChildOption
from omero_server.graphs.planning import Planner
from omero_server.graphs.policy import Plan
from omero_server.graphs.references import deletion_order
from omero_server.graphs.targets import find_targets
from omero_server.graphs.treatment import Treatment
from omero_server.graphs.writing import ids_by_class
from omero_server.model.schema import ModelClass
from omero_server.repository.copies import Copying, Places, copy_stored, link_files, places_for
from omero_server.repository.directories import split
from omero_server.repository.identity import find_repository
from omero_server.repository.layout import Layout
from omero_server.security.filter import read_filter
from omero_server.sessions.call import SYSTEM_GROUP, USER_GROUP, Caller

__all__ = ["Duplicating", "Duplication"]

WAVES = 7


class Duplicating(Copying, Protocol):
    """What is needed of a call."""

    @property
    def caller(self) -> Caller: ...


@dataclass
class Duplication:
    """One duplication, in ``steps``; each needs the ones before.

    treatment: which classes are copied. ends: of these the plan does not go on. check_cancelled: called now and then;
    raises to stop.
    """

    call: Duplicating
    treatment: Treatment = field(default_factory=Treatment)
    options: Sequence[ChildOption] = ()
    ends: frozenset[ModelClass] = frozenset()
    check_cancelled: Callable[[], None] = lambda: None
    copied: list[Node] = field(default_factory=list)
    _ids: defaultdict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    _left_out: dict[ModelClass, set[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        caller, db = self.call.caller, self.call.db
        self.planner = Planner(
            operation("duplicate"), Graph(db, read_filter(caller, db)), Abilities(caller, db), needs=None,
            options=self.options, frozen=self.treatment.not_copied, ends=self.ends, check=self.check_cancelled,
        )  # fmt: skip
        self._repository = find_repository(db, Layout.of(self.call.engine.config).managed)

    def hold(self, targets: Targets) -> None:
        """Nothing: what others do to the originals meanwhile is none of the copies' business."""

    def steps(self, targets: Targets, *, dry_run: bool, waived: Targets | None = None) -> list[Step]:
        """What is to be done, in this order. ``targets``: ids by class name, spelt in any usual way.

        The steps raise UnknownClass, BadTarget, BadPlan or GraphError when something must not be. Nothing is asked of
        the caller that could be ``waived``.
        """
        steps = [*self.planning(targets, waived), self.check_vetoes, self.check]
        return steps if dry_run else [*steps, *self._writing()]

    def planning(self, targets: Targets, waived: Targets | None = None) -> list[Step]:
        """The first of these steps: after it is known what becomes of the targets."""
        return [partial(self.plan, targets)]

    def plan(self, targets: Targets) -> None:
        """Find out what will be ``copied``."""
        found = find_targets(self.planner.operation, self.planner.graph, targets)
        self.planner.plan(node for node in found if node.cls not in self.treatment.not_copied)
        if self.planner.with_plan(Plan.REMOVE):
            raise BadPlan("copying would remove something")
        self.copied = self.planner.with_plan(Plan.PROCESS)

    def check_vetoes(self) -> None:
        """Raises GraphError if the policy forbids the plan."""
        self.planner.check_vetoes()

    def check(self) -> None:
        """Raises GraphError if the caller may not create the copies, or let them refer to what is not copied."""
        self._home = Home.of(self.call, self._group())
        self._home.check_creation({node.cls for node in self.copied})
        self._left_out = left_out(self.planner.graph, self._home, self.copied, self.treatment)
        uuid = None if self._repository is None else self._repository.uuid
        for node in self._original_files():
            if node.repository not in (None, uuid):
                raise GraphError(f"{node} lies in the repository {node.repository}, whose files cannot be copied")

    def _writing(self) -> list[Step]:
        """The steps that write. InTheWay when something was added just now."""
        waves = [partial(self._copy_wave, number) for number in range(WAVES)]
        return [self._number, self._copy_files, self._place_files, *waves, self._log]

    def result(self) -> dict[ModelClass, list[int]]:
        """Ids of the copies, ascending, by concrete class; before anything is written those of the originals."""
        originals = ids_by_class(self.copied)
        if not self._ids:
            return originals
        return {cls: sorted(self._ids[cls.root.table][i] for i in ids) for cls, ids in originals.items()}

    def _group(self) -> int:
        """The group of the copies: that of the call, in a call for all groups that of the originals."""
        caller = self.call.caller
        if not caller.all_groups:
            return caller.group_id
        groups = {node.group for node in self.copied} - {None, SYSTEM_GROUP, USER_GROUP}
        if len(groups) > 1:
            raise GraphError(
                f"{self.copied[0]} and others are in several groups: duplicate those of each by themselves"
            )
        return next((group for group in groups if group is not None), caller.event_group)

    def _original_files(self) -> list[Node]:
        return [node for node in self.copied if node.cls.name == "OriginalFile"]

    def _number(self) -> None:
        """Ids for the copies, in the order of the originals."""
        originals: defaultdict[ModelClass, list[int]] = defaultdict(list)
        for node in self.copied:
            originals[node.cls.root].append(node.id)
        database = self.call.engine.database
        for root, ids in originals.items():
            new = database.ids(self.call.db, root.sequence, len(ids))
            self._ids[root.table] = dict(zip(sorted(ids), new, strict=True))

    def _copy_files(self) -> None:
        unregistered = {node.id for node in self._original_files() if node.repository is None}
        ids = {name: self._ids[name] for name in ("pixels", "thumbnail") if name in self._ids}
        files = self._ids.get("originalfile", {})
        ids["originalfile"] = {i: files[i] for i in sorted(unregistered)}
        copy_stored(self.call, ids, self.check_cancelled)

    def _place_files(self) -> None:
        """Links for files of the repository, and the temporary table that all copies of rows need."""
        if not self.copied:
            return
        given: dict[str, Given] = {}
        if self._repository is not None:
            files = [node.id for node in self._original_files() if node.repository is not None]
            lists = [list(self._ids.get(name, ())) for name in ("fileset", "pixels")]
            places = places_for(self.call, self._repository, files, *lists)
            link_files(self.call, self._repository, places, self._ids, self.check_cancelled)
            given = _columns(places, self.call.engine)
        home = self._home
        details = Details(home.caller.user_id, home.group, home.levels[home.group], self.call.event_id)
        self._copier = Copier(self.call.db, self._map(), details, given)
        self._copier.prepare()

    def _map(self) -> dict[ModelClass, dict[int, int | None]]:
        roots = {node.cls.root for node in self.copied}
        found: dict[ModelClass, dict[int, int | None]] = {root: dict(self._ids[root.table]) for root in roots}
        for root, ids in self._left_out.items():
            found.setdefault(root, {}).update(dict.fromkeys(ids))
        return found

    def _copy_wave(self, number: int) -> None:
        """Copy the rows of some of the classes, those that others refer to before these."""
        counts = Counter(node.cls for node in self.copied)
        copied = {cls.root for cls in counts}
        roots = [root for root in reversed(deletion_order()) if root in copied]
        size = -(-len(roots) // WAVES)
        for root in roots[number * size : (number + 1) * size]:
            self.check_cancelled()
            try:
                self._copier.copy(root, {cls: count for cls, count in counts.items() if cls.root is root})
            except IntegrityError as error:
                raise InTheWay(_in_the_way(root, error)) from error

    def _log(self) -> None:
        for cls, ids in self.result().items():
            self.call.log("INSERT", cls.java, ids)


def _columns(places: Places, engine: object) -> dict[str, Given]:
    """What copies have in the columns that say where files are."""
    found: defaultdict[str, Given] = defaultdict(Given)
    # The uuid shows the database that a server sets the repository; a trigger takes it off again.
    secret = getattr(engine, "node_uuid", "")
    for row, path in {**{i: new for i, (_, new) in places.files.items()}, **places.directories}.items():
        folder, name = split(path)
        found["originalfile"].add(row, path=folder, name=f"{secret}{name}")
    for row, (_, folder) in places.prefixes.items():
        found["fileset"].add(row, templateprefix=f"{folder}/")
    for row, folder in places.main.items():
        found["pixels"].add(row, path=folder)
    return dict(found)


def _in_the_way(root: ModelClass, error: IntegrityError) -> str:
    diagnostics = getattr(error.orig, "diag", None)
    message = getattr(diagnostics, "message_primary", None) or "a rule of the database"
    return f"a copy of {root.name} cannot be stored: {message}"
