"""The rules of all graph operations against the facts about OMERO's policy, both with their variables filled in."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from omero_server.graphs.notation import operation
from omero_server.graphs.policy import KEEP, Plan, Rule
from omero_server.graphs.references import EXTERNAL_INFO, resolve
from omero_server.model.schema import MODEL, ModelClass

FACTS = json.loads(gzip.decompress((Path(__file__).parents[1] / "data/facts/graph_policy.json.gz").read_bytes()))
OPERATIONS = list(FACTS["operations"])
KIND = {"*AnnotationLink": "is_annotation_link", "*Link": "is_link"}
OUR_DELETION = {
    "hw.ask-parts", "hw.hold-box", "hw.hold-channel", "hw.hold-filter", "hw.hold-path", "hw.hold-settings",
    "hw.lightpath.hold", "hw.lightpath.hold-dichroic", "hw.settings.ask", "hw.settings.ask-manipulation",
    "hw.settings.hold", "hw.settings.hold-manipulation", "hw.settings.settle", "roi.ask", "roi.lose-image",
    "roi.settle",
}  # fmt: skip
"""What we decided otherwise, see docs/deviations.md: hardware and settings that are still used, regions of others."""
Shape = tuple[Any, ...]


def classes(word: str) -> frozenset[ModelClass]:
    every = MODEL.classes.values()
    if word in KIND:
        return frozenset(cls for cls in every if getattr(cls, KIND[word]))
    if word == "*Global":
        return frozenset(cls for cls in every if cls.root.is_global)
    if word.startswith("not "):
        return frozenset(every) - classes(word.removeprefix("not "))
    return frozenset(cls for cls in every if cls.is_a(MODEL.classes[word]))


def plans(words: str | None, goal: str) -> frozenset[Plan] | None:
    if words is None:
        return None
    shades = {plan.value.removeprefix("keep:"): {plan} for plan in KEEP}
    said = [word.removeprefix("keep:") for word in words.replace("GOAL", goal).split("|")]
    return frozenset(plan for word in said for plan in (KEEP if word == "keep" else shades.get(word) or {Plan(word)}))


def change(word: str, goal: str) -> Plan | None:
    if word == "look":
        return None
    return Plan(f"keep:{word}") if word in ("open", "loose", "held") else Plan(word.replace("GOAL", goal))


def filled(value: Any, variables: dict[str, Any]) -> Any:
    if isinstance(value, str):
        return variables.get(value.removeprefix("$"), value) if value.startswith("$") else value
    if isinstance(value, dict):
        return {key: filled(one, variables) for key, one in value.items()}
    return [filled(one, variables) for one in value] if isinstance(value, list) else value


def combinations(each: dict[str, list[Any]]) -> list[dict[str, Any]]:
    choices = [
        [dict(zip(names.split(","), one if "," in names else [one], strict=True)) for one in values]
        for names, values in each.items()
    ]
    return [{k: v for part in parts for k, v in part.items()} for parts in product(*choices)]


def paths(fact: dict[str, Any]) -> frozenset[Any]:
    """The edges of a rule: holder, target, and the names of references; begins of paths have classes or get them."""
    known = {name: classes(node["type"]) for name, node in fact["nodes"].items() if "type" in node}
    found = set()
    for start, prop, end in fact.get("path", ()):
        if prop == EXTERNAL_INFO and start not in known:
            found.add((start, end, EXTERNAL_INFO))
            continue
        references, holds = {}, True
        for cls in known[start]:
            try:
                behind, holds = resolve(cls, prop)
            except KeyError:
                continue
            references |= dict.fromkeys(behind)
        ends = [one.target if holds else one.holder for one in references]
        known.setdefault(end, frozenset(cls for one in ends for cls in classes(one.name)))
        names = frozenset(str(one) for one in references)
        found.add((start, end, names) if holds else (end, start, names))
    return frozenset(found)


def expected(fact: dict[str, Any], goal: str) -> Shape:
    nodes = {
        name: (classes(node["type"]) if "type" in node else None, plans(node.get("plan"), goal),
               tuple(node.get("may", ())), tuple(node.get("may_not", ())), frozenset(node.get("level", ())) or None,
               node["group"] == "user" if "group" in node else None)
        for name, node in fact["nodes"].items()
    }  # fmt: skip
    owners = frozenset((a, b, how == "same") for a, how, b in fact.get("owners", ()))
    changes = frozenset((name, change(word, goal)) for name, word in fact.get("then", {}).items())
    return (
        fact["id"], fact.get("tier", 1), frozenset(nodes.items()), paths(fact), owners, changes,
        frozenset(fact.get("waive", ())), fact.get("veto", False), fact.get("when", {}).get("to_private"),
    )  # fmt: skip


def ours(rule: Rule, typed: frozenset[str]) -> Shape:
    """A rule of ours in the same form; classes only of the nodes for which the facts name one."""
    nodes = {
        name: (test.classes if name in typed else None, test.plans, test.may, test.may_not, test.levels, test.common)
        for name, test in rule.nodes.items()
    }
    edges = frozenset(
        (edge.holder, edge.target, EXTERNAL_INFO if edge.references[0].name == EXTERNAL_INFO
         else frozenset(map(str, edge.references))) for edge in rule.edges
    )  # fmt: skip
    return (
        rule.name, rule.tier, frozenset(nodes.items()), edges, frozenset(rule.owners), frozenset(rule.changes.items()),
        frozenset(rule.waive), bool(rule.veto), rule.to_private,
    )  # fmt: skip


@pytest.mark.parametrize("name", OPERATIONS)
def test_rules_are_those_of_the_facts(name: str) -> None:
    goal, deviating = FACTS["operations"][name]["goal"], OUR_DELETION if name == "delete" else set()
    wanted: Counter[Shape] = Counter()
    typed: dict[str, set[frozenset[str]]] = {}
    for fact in FACTS["rules"]:
        if name in fact["ops"] and fact["id"] not in deviating:
            typed.setdefault(fact["id"], set()).add(frozenset(n for n, node in fact["nodes"].items() if "type" in node))
            wanted.update(expected(filled(fact, one), goal) for one in combinations(fact.get("each", {})))
    rules = [rule for rule in operation(name).rules if rule.name not in deviating]
    assert {rule.name for rule in rules} == set(typed)
    for rule in rules:
        shapes = [shape for some in typed[rule.name] if wanted[shape := ours(rule, some)] > 0]
        assert shapes, f"{rule.name} is not a rule of the facts: {rule}"
        wanted[shapes[0]] -= 1
    assert not +wanted


@pytest.mark.parametrize("name", OPERATIONS)
def test_targets_are_those_of_the_facts(name: str) -> None:
    facts = FACTS["operations"][name]
    assert operation(name).targets == frozenset(cls for word in facts["targets"] for cls in classes(word))
    assert operation(name).goal is Plan(facts["goal"])


def test_rules_for_one_kind_of_move() -> None:
    both, private, shared = (operation("chgrp", kind).rules for kind in (None, True, False))
    conditional = [rule for rule in both if rule.to_private is not None]
    assert conditional and len(private) + len(shared) == 2 * len(both) - len(conditional)
    assert not any(rule.to_private is False for rule in private) and not any(rule.to_private for rule in shared)


def test_our_own_rules_are_for_deletions() -> None:
    for name in OPERATIONS:
        facts = {fact["id"] for fact in FACTS["rules"] if name in fact["ops"]}
        own = {rule.name for rule in operation(name).rules} - facts
        assert own == (OUR_DELETION - facts if name == "delete" else set())
