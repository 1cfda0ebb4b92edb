"""The rules of ``policy.yaml`` as objects, one for each combination of their variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from importlib import resources
from itertools import product
from typing import Any

import yaml

from omero_server.graphs.references import EXTERNAL_INFO, Reference, references, resolve
from omero_server.model.schema import MODEL, ModelClass

__all__ = ["KEEP", "Edge", "NodeTest", "Operation", "Plan", "Rule", "operation", "seen_by_all"]

ANNOTATION_LINKS = "*AnnotationLink"
LOOK = "look"


class Plan(Enum):
    """What is to become of an object; see policy.yaml."""

    UNASKED = "keep:unasked"
    OPEN = "keep:open"
    LOOSE = "keep:loose"
    HELD = "keep:held"
    REMOVE = "remove"
    PROCESS = "process"
    IGNORE = "ignore"


KEEP = frozenset((Plan.UNASKED, Plan.OPEN, Plan.LOOSE, Plan.HELD))


@dataclass(frozen=True, slots=True)
class NodeTest:
    """What an object must be to fit a node of a rule. classes: the exact classes; None: any. plans: None: any."""

    classes: frozenset[ModelClass] | None
    plans: frozenset[Plan] | None
    may: tuple[str, ...] = ()
    may_not: tuple[str, ...] = ()


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
    """

    name: str
    tier: int
    nodes: Mapping[str, NodeTest]
    edges: tuple[Edge, ...]
    owners: tuple[tuple[str, str, bool], ...]
    changes: Mapping[str, Plan | None]
    waive: tuple[str, ...]
    veto: str | None
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


@cache
def _source() -> Any:
    return yaml.safe_load(resources.files("omero_server.graphs").joinpath("policy.yaml").read_text("utf-8"))


@cache
def seen_by_all() -> frozenset[ModelClass]:
    """Root classes that go along whether or not the caller can read them."""
    return frozenset(MODEL.classes[name] for name in _source()["seen_by_all"])


@cache
def operation(name: str) -> Operation:
    """The operation called "delete". Raises KeyError for others."""
    source = _source()["operations"][name]
    goal = Plan(source["goal"])
    targets = frozenset(cls for row in source["targets"] for word in row for cls in _classes(word) or ())
    rules = tuple(
        rule for text in _source()["rules"] if name in text["ops"] for rule in _expand(text, goal)
    )  # fmt: skip
    return Operation(name, goal, targets, rules)


def _expand(text: Mapping[str, Any], goal: Plan) -> Iterator[Rule]:
    """One rule for each combination of the values in "each"."""
    choices = []
    for names, values in text.get("each", {}).items():
        keys = names.split(",")
        choices.append([dict(zip(keys, [v] if isinstance(v, str) else v, strict=True)) for v in values])
    for combination in product(*choices):
        yield _rule(text, {k: v for part in combination for k, v in part.items()}, goal)


def _rule(text: Mapping[str, Any], variables: Mapping[str, str], goal: Plan) -> Rule:
    def fill(word: str) -> str:
        for name, value in variables.items():
            word = word.replace(f"${name}", value)
        return word

    nodes = {name: _node(fill(words), goal) for name, words in text["nodes"].items()}
    edges = tuple(_edge(fill(path), nodes) for path in text.get("path", ()))
    changes = {name: _change(plan, goal) for name, plan in text.get("then", {}).items()}
    owners = tuple((a, b, how == "same") for a, how, b in (words.split() for words in text.get("owners", ())))
    rule = Rule(
        text["rule"], text.get("tier", 1), nodes, edges, owners, changes, tuple(text.get("waive", ())),
        text.get("veto"), {name: _way(name, nodes, edges) for name in nodes},
    )  # fmt: skip
    return rule


def _change(plan: str, goal: Plan) -> Plan | None:
    if plan in (LOOK, "GOAL"):
        return goal if plan == "GOAL" else None
    return Plan(f"keep:{plan}") if plan in ("open", "loose", "held") else Plan(plan)


def _node(words: str, goal: Plan) -> NodeTest:
    classes: frozenset[ModelClass] | None = None
    plans: frozenset[Plan] | None = None
    abilities: dict[str, list[str]] = {"may": [], "may-not": []}
    for word in words.split():
        verb, _, ability = word.partition(":")
        if verb in abilities:
            abilities[verb].append(ability)
        elif verb == "not" or word[0] == "*" or (word[0].isupper() and word != "GOAL"):
            classes = _classes(word)
        elif word != "any":
            plans = frozenset(plan for one in word.split("|") for plan in _plans(one, goal))
    return NodeTest(classes, plans, tuple(abilities["may"]), tuple(abilities["may-not"]))


def _plans(word: str, goal: Plan) -> frozenset[Plan]:
    if word == "keep":
        return KEEP
    return frozenset([goal if word == "GOAL" else Plan(word)])


def _classes(word: str) -> frozenset[ModelClass]:
    """A class with its subclasses; all annotation links; or all classes but some."""
    if word == ANNOTATION_LINKS:
        return frozenset(cls for cls in MODEL.classes.values() if cls.is_annotation_link)
    if word.startswith("not:"):
        return frozenset(MODEL.classes.values()) - _classes(word.removeprefix("not:"))
    cls = MODEL.classes[word]
    return frozenset((cls, *cls.subclasses))


def _edge(path: str, nodes: dict[str, NodeTest]) -> Edge:
    """Reads "one.property = other". A node without a class gets that of the property."""
    left, right = path.split(" = ")
    start, _, prop = left.partition(".")
    classes = nodes[start].classes
    found, holds = _behind(classes, prop)
    holder, target = (start, right) if holds else (right, start)
    for name, ends in ((holder, [one.holder for one in found]), (target, [one.target for one in found])):
        test = nodes[name]
        if test.classes is None and prop != EXTERNAL_INFO:
            allowed = frozenset(sub for cls in ends for sub in (cls, *cls.subclasses))
            nodes[name] = NodeTest(allowed, test.plans, test.may, test.may_not)
    return Edge(holder, target, found)


def _behind(classes: frozenset[ModelClass] | None, prop: str) -> tuple[tuple[Reference, ...], bool]:
    if classes is None and prop == EXTERNAL_INFO:
        return tuple(one for one in references() if one.name == EXTERNAL_INFO), True
    assert classes is not None
    found: dict[Reference, bool] = {}
    for cls in sorted(classes, key=lambda cls: cls.name):
        try:
            behind, holds = resolve(cls, prop)
        except KeyError:
            continue
        found |= dict.fromkeys(behind, holds)
    if not found:
        raise KeyError(f"no class of the rule has the property {prop}")
    return tuple(found), next(iter(found.values()))


def _way(start: str, nodes: Mapping[str, NodeTest], edges: tuple[Edge, ...]) -> tuple[Edge, ...]:
    """The edges in an order in which each begins or ends at a node that is already known."""
    known, left, ordered = {start}, list(edges), []
    while left:
        edge = next(one for one in left if one.holder in known or one.target in known)
        left.remove(edge)
        ordered.append(edge)
        known |= {edge.holder, edge.target}
    return tuple(ordered)
