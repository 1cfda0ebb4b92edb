"""Reads the rules from ``policy.yaml`` and ``rules/*.yaml``: one rule for each combination of their variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from itertools import product
from typing import Any

import yaml

from omero_server.graphs.policy import KEEP, Edge, NodeTest, Operation, Plan, Rule
from omero_server.graphs.references import EXTERNAL_INFO, Reference, references, resolve
from omero_server.model.schema import MODEL, ModelClass

__all__ = ["operation", "seen_by_all"]

LOOK = "look"
MOVES = {"to-private": True, "to-shared": False}
KINDS = {
    "*AnnotationLink": lambda cls: cls.is_annotation_link,
    "*Link": lambda cls: cls.is_link,
    "*Global": lambda cls: cls.root.is_global,
}


@cache
def _source() -> Any:
    return yaml.safe_load(resources.files("omero_server.graphs").joinpath("policy.yaml").read_text("utf-8"))


@cache
def _texts() -> tuple[Mapping[str, Any], ...]:
    """All rules as they are written."""
    folder = resources.files("omero_server.graphs").joinpath("rules")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return tuple(text for file in files for text in yaml.safe_load(file.read_text("utf-8"))["rules"])


@cache
def seen_by_all() -> frozenset[ModelClass]:
    """Root classes that go along whether or not the caller can read them."""
    return frozenset(MODEL.classes[name] for name in _source()["seen_by_all"])


@cache
def operation(name: str, to_private: bool | None = None) -> Operation:
    """The operation called "delete", "chgrp", ... Raises KeyError for others.

    to_private: whether objects move into a private group. Without it the rules for both cases are there.
    """
    source = _source()["operations"][name]
    goal = Plan(source["goal"])
    targets = frozenset(cls for row in source["targets"] for word in row for cls in _classes(word))
    rules = (rule for text in _texts() if name in text["ops"] for rule in _expand(text, goal))
    fitting = tuple(rule for rule in rules if to_private is None or rule.to_private in (None, to_private))
    return Operation(name, goal, targets, fitting)


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
    changes = {name: _change(fill(plan), goal) for name, plan in text.get("then", {}).items()}
    owners = tuple((a, b, how == "same") for a, how, b in (fill(words).split() for words in text.get("owners", ())))
    return Rule(
        text["rule"], text.get("tier", 1), nodes, edges, owners, changes, tuple(text.get("waive", ())),
        text.get("veto"), MOVES[text["when"]] if "when" in text else None,
        {name: _way(name, nodes, edges) for name in nodes},
    )  # fmt: skip


def _change(plan: str, goal: Plan) -> Plan | None:
    if plan in (LOOK, "GOAL"):
        return goal if plan == "GOAL" else None
    return Plan(f"keep:{plan}") if plan in ("open", "loose", "held") else Plan(plan)


def _node(words: str, goal: Plan) -> NodeTest:
    classes: frozenset[ModelClass] | None = None
    plans: frozenset[Plan] | None = None
    said: dict[str, list[str]] = {"may": [], "may-not": [], "level": [], "group": []}
    for word in words.split():
        verb, _, value = word.partition(":")
        if verb in said:
            said[verb] += value.split("|")
        elif verb == "not" or word[0] == "*" or (word[0].isupper() and word != "GOAL"):
            classes = _classes(word)
        elif word != "any":
            plans = frozenset(plan for one in word.split("|") for plan in _plans(one, goal))
    common = said["group"] == ["user"] if said["group"] else None
    levels = frozenset(said["level"]) or None
    return NodeTest(classes, plans, tuple(said["may"]), tuple(said["may-not"]), levels, common)


def _plans(word: str, goal: Plan) -> frozenset[Plan]:
    if word == "keep":
        return KEEP
    return frozenset([goal if word == "GOAL" else Plan(word)])


def _classes(word: str) -> frozenset[ModelClass]:
    """A class with its subclasses; all of a kind, see KINDS; or all classes but some."""
    if word in KINDS:
        return frozenset(cls for cls in MODEL.classes.values() if KINDS[word](cls))
    if word.startswith("not:"):
        return frozenset(MODEL.classes.values()) - _classes(word.removeprefix("not:"))
    cls = MODEL.classes[word]
    return frozenset((cls, *cls.subclasses))


def _edge(path: str, nodes: dict[str, NodeTest]) -> Edge:
    """Reads "one.property = other". A node without a class gets that of the property."""
    left, right = path.split(" = ")
    start, _, prop = left.partition(".")
    found, holds = _behind(nodes[start].classes, prop)
    holder, target = (start, right) if holds else (right, start)
    for name, ends in ((holder, [one.holder for one in found]), (target, [one.target for one in found])):
        if nodes[name].classes is None and prop != EXTERNAL_INFO:
            nodes[name] = nodes[name].of(frozenset(sub for cls in ends for sub in (cls, *cls.subclasses)))
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
