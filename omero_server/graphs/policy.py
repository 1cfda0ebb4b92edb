"""The rules of graph operations as objects. ``notation`` reads them from the YAML files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property

from omero_server.graphs.references import Reference
from omero_server.model.schema import ModelClass

__all__ = ["KEEP", "Edge", "NodeTest", "Operation", "Plan", "Rule"]


class Plan(Enum):
    """What is to become of an object; see policy.yaml."""

    UNASKED = "keep:unasked"
    OPEN = "keep:open"
    LOOSE = "keep:loose"
    HELD = "keep:held"
    REMOVE = "remove"
    PROCESS = "process"
    IGNORE = "ignore"

    # Asked for millions of times; members are compared by identity anyway.
    __hash__ = object.__hash__


KEEP = frozenset((Plan.UNASKED, Plan.OPEN, Plan.LOOSE, Plan.HELD))


@dataclass(frozen=True)
class NodeTest:
    """What an object must be to fit a node of a rule. classes: the exact classes; None: any. plans: None: any.

    may, may_not: abilities of the caller. levels: of the object's group, such as "read-only"; None: any. common:
    whether it lies in the group "user"; None: either.
    """

    classes: frozenset[ModelClass] | None
    plans: frozenset[Plan] | None
    may: tuple[str, ...] = ()
    may_not: tuple[str, ...] = ()
    levels: frozenset[str] | None = None
    common: bool | None = None

    @cached_property
    def plain(self) -> bool:
        """Whether class and plan are all that counts."""
        return not (self.may or self.may_not) and self.levels is None and self.common is None

    @cached_property
    def rare(self) -> frozenset[tuple[ModelClass, Plan]] | None:
        """All pairs of class and plan that fit, if objects have to be given such a plan first; None if they begin with
        one, or any plan or class does.
        """
        if self.plans is None or self.classes is None or Plan.UNASKED in self.plans:
            return None
        return frozenset((cls, plan) for cls in self.classes for plan in self.plans)

    def of(self, classes: frozenset[ModelClass]) -> NodeTest:
        """The same for other classes."""
        return replace(self, classes=classes)


@dataclass(eq=False)
class Edge:
    """The node ``holder`` refers to the node ``target`` through one of the references."""

    holder: str
    target: str
    references: tuple[Reference, ...]
    _held: dict[ModelClass, tuple[Reference, ...]] = field(default_factory=dict)
    _aimed: dict[ModelClass, tuple[Reference, ...]] = field(default_factory=dict)

    def held_by(self, cls: ModelClass) -> tuple[Reference, ...]:
        """The references that objects of exactly this class have."""
        if cls not in self._held:
            self._held[cls] = tuple(one for one in self.references if cls.is_a(one.holder))
        return self._held[cls]

    def aimed_at(self, cls: ModelClass) -> tuple[Reference, ...]:
        """The references that can point at objects of exactly this class."""
        if cls not in self._aimed:
            self._aimed[cls] = tuple(one for one in self.references if cls.is_a(one.target))
        return self._aimed[cls]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule without variables. ways: for each node, the order in which edges lead from it to all the others.

    changes: the new plan of nodes; None is "look". owners: pairs of nodes, and whether they have the same owner.
    to_private: exists only for moves into a private group (True), or into others (False).
    """

    name: str
    tier: int
    nodes: Mapping[str, NodeTest]
    edges: tuple[Edge, ...]
    owners: tuple[tuple[str, str, bool], ...]
    changes: Mapping[str, Plan | None]
    waive: tuple[str, ...]
    veto: str | None
    to_private: bool | None = None
    ways: Mapping[str, tuple[Edge, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of graph operation. targets: the exact classes that it can be asked for."""

    name: str
    goal: Plan
    targets: frozenset[ModelClass]
    rules: tuple[Rule, ...]

    @property
    def vetoes(self) -> tuple[Rule, ...]:
        """The rules that are judged at the end."""
        return tuple(rule for rule in self.rules if rule.veto)
