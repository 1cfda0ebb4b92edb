"""The policy of graph operations: that its text means something, and that plans do not depend on the order of rules."""

from __future__ import annotations

import pytest

from omero_server.graphs.abilities import level_of
from omero_server.graphs.notation import operation
from omero_server.graphs.policy import KEEP, Plan
from omero_server.graphs.references import EXTERNAL_INFO, deletion_order, pointing_at, references, resolve
from omero_server.model.schema import MODEL
from omero_server.security.bits import parse

DELETE = operation("delete")
OPERATIONS = ["delete", "chgrp", "chown", "chmod", "duplicate", "usage", "parents", "children"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_rules_are_connected_patterns(name: str) -> None:
    for rule in operation(name).rules:
        for node, way in rule.ways.items():
            assert len(way) == len(rule.edges), (rule.name, node)
        assert set(rule.changes) | set(rule.waive) <= set(rule.nodes)
        assert bool(rule.veto) != bool(rule.changes), rule.name
        for test in rule.nodes.values():
            assert test.classes is None or test.classes, rule.name


def test_every_change_can_happen() -> None:
    """A rule only asks for plans that may follow the ones that it looks for."""
    for rule in DELETE.rules:
        for name, plan in rule.changes.items():
            before = rule.nodes[name].plans
            assert plan is None or (before is not None and before <= KEEP and plan not in before), rule.name


def test_what_is_asked_can_be_settled() -> None:
    """Whatever can become loose has a rule that makes it go, so nothing that nobody needs is left behind."""
    asked = {cls for rule in DELETE.rules for name, plan in rule.changes.items() if plan is Plan.OPEN
             for cls in rule.nodes[name].classes or ()}  # fmt: skip
    settled = {cls for rule in DELETE.rules for name, plan in rule.changes.items() if plan is Plan.REMOVE
               for cls in rule.nodes[name].classes or ()}  # fmt: skip
    assert not {cls.name for cls in asked if not cls.abstract} - {cls.name for cls in settled}


def test_targets() -> None:
    names = {cls.name for cls in DELETE.targets}
    assert {"Image", "TagAnnotation", "Annotation", "DatasetImageLink", "ImageAnnotationLink", "UploadJob"} <= names
    assert not names & {"Pixels", "Session", "Experimenter", "Event", "FilesetEntry", "QuantumDef"}


def test_references_from_both_ends() -> None:
    (from_link,), link_holds = resolve(MODEL.classes["DatasetImageLink"], "child")
    (from_image,), image_holds = resolve(MODEL.classes["Image"], "datasetLinks")
    assert (from_link, link_holds, image_holds) == (from_image, True, False)
    (info,), _ = resolve(MODEL.classes["TagAnnotation"], EXTERNAL_INFO)
    assert (info.holder.name, info.column.name, info.required) == ("Annotation", "external_id", False)
    assert from_link in pointing_at(MODEL.classes["Image"]) and from_link.required


def test_referring_rows_are_deleted_first() -> None:
    place = {cls: number for number, cls in enumerate(deletion_order())}
    assert len(place) == len(deletion_order())
    for one in references():
        if one.holder.root is not one.target.root:
            assert place[one.holder.root] < place[one.target.root], str(one)


@pytest.mark.parametrize(("letters", "level"), [
    ("rw----", "private"), ("rwr---", "read-only"), ("rwra--", "read-annotate"), ("rwrw--", "read-write"),
    ("rw--r-", "private"), ("rwr-rw", "read-only"),
])  # fmt: skip
def test_levels_are_those_of_the_members(letters: str, level: str) -> None:
    assert level_of(parse(letters)) == level


def test_rules_wait_for_plans_that_must_be_given_first() -> None:
    """Which rules are tried depends on it; unasked is what objects begin with."""
    settle = next(rule for rule in DELETE.rules if rule.name == "box.settle")
    loose = settle.nodes["c"].rare
    assert loose is not None and {plan for _, plan in loose} == {Plan.LOOSE}
    hold = next(rule for rule in DELETE.rules if rule.name == "ann.hold")
    assert hold.nodes["x"].rare is None and hold.nodes["l"].rare is None and hold.nodes["a"].rare
