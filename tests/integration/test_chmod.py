"""Chmod2: new permissions for groups, against a real database."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

import omero
import omero.cmd
from omero_server.commands.registry import CommandError
from tests.support.garden import COMMENT, TAG, Garden, Steps, run, simple
from tests.support.lab import GROUPS, Lab
from tests.support.service_calls import counted

Ids = dict[str, list[int]]


@pytest.fixture
def shared(lab: Lab) -> Iterator[Garden]:
    """A garden in a new group of ann, bob, cat, and its leader lea."""
    with lab.more() as scene:
        group = scene.group(f"changing {uuid.uuid4()}", GROUPS["RA"])
        for user in ("ann", "bob", "cat", "lea"):
            leads = user == "lea"
            scene.add("groupexperimentermap", parent=group, child=scene.users[user], child_index=group, owner=leads)
            scene.members[user].append(group)
        scene.leaders["lea"].append(group)
    name = next(name for name, known in scene.groups.items() if known == group)
    yield Garden(lab, name)
    for groups in (*scene.members.values(), *scene.leaders.values()):
        if group in groups:
            groups.remove(group)


def changed(garden: Garden, user: str, letters: str, steps: Steps | None = None, **asked: Any) -> tuple[Ids, Ids]:
    """What was changed and what was deleted."""
    given = {"targetObjects": {"ExperimenterGroup": [garden.group_id]}, "childOptions": [], "dryRun": False} | asked
    response = run(garden.lab, user, omero.cmd.Chmod2(permissions=letters, **given), steps)
    return simple(response.includedObjects), simple(response.deletedObjects)


def bits(garden: Garden) -> int:
    return int(garden.lab.value("SELECT permissions FROM experimentergroup WHERE id = :i", i=garden.group_id))


def refusal(garden: Garden, user: str, letters: str, **asked: Any) -> CommandError:
    before, rows = bits(garden), garden.counts()
    with pytest.raises(CommandError) as caught:
        changed(garden, user, letters, **asked)
    assert (bits(garden), garden.counts()) == (before, rows)
    return caught.value


@pytest.mark.parametrize("letters", ["rwr---", "rwrw--"])
def test_only_the_row_of_the_group_changes(shared: Garden, letters: str) -> None:
    image = shared.image()
    shared.note("image", image, shared.annotation(TAG, "bob"), "bob")
    shared.view(image, "bob")
    rows, steps = shared.counts(), Steps()
    assert changed(shared, "lea", letters, steps) == ({"ExperimenterGroup": [shared.group_id]}, {})
    assert shared.counts() == rows and bits(shared) == GROUPS[{"rwr---": "RO", "rwrw--": "RW"}[letters]]
    assert (steps.total, steps.done[-1]) == (6, 6)
    log = shared.lab.query("SELECT action, entityid FROM eventlog WHERE event = (SELECT max(event) FROM eventlog)")
    assert log == [("UPDATE", shared.group_id)]


def test_a_group_becomes_private(shared: Garden) -> None:
    image, theirs = shared.image(), shared.image("bob")
    tag, comment = shared.annotation(TAG, "bob"), shared.annotation(COMMENT, "bob")
    links = [shared.note("image", image, note, "bob") for note in (tag, comment)]
    own = shared.note("image", theirs, tag, "bob")
    mine, other = shared.view(image), shared.view(image, "bob")
    roi, regions = shared.roi(image), shared.roi(image, "bob")
    dataset = shared.dataset(image, theirs)
    told = changed(shared, "lea", "rw----", dryRun=True)
    assert shared.there("imageannotationlink", *links) and bits(shared) == GROUPS["RA"]
    included, deleted = changed(shared, "lea", "rw----")
    assert (included, deleted) == told and included == {"ExperimenterGroup": [shared.group_id]}
    assert deleted["ImageAnnotationLink"] == links and deleted["CommentAnnotation"] == [comment]
    assert (deleted["RenderingDef"], deleted["Thumbnail"], deleted["Roi"]) == ([other[0]], [other[1]], [regions])
    assert "TagAnnotation" not in deleted and shared.there("imageannotationlink", own)
    assert shared.there("renderingdef", mine[0]) and shared.there("roi", roi)
    assert len(deleted["DatasetImageLink"]) == 1 and "Image" not in deleted
    assert shared.there("image", image, theirs) and shared.there("dataset", dataset)
    assert bits(shared) == GROUPS["P"]
    assert changed(shared, "lea", "rw----") == ({}, {})


def test_what_keeps_a_group_from_becoming_private(shared: Garden) -> None:
    instrument = shared.add("instrument")
    image = shared.image("bob", instrument=instrument)
    error = refusal(shared, "lea", "rw----")
    assert f"Image[{image}]" in error.response.message and f"Instrument[{instrument}]" in error.response.message


def test_who_may_change_what(shared: Garden) -> None:
    assert refusal(shared, "ann", "rwr---").response.ice_id() == "::omero::cmd::GraphException"
    assert refusal(shared, "lea", "rwx").name == "bad-permissions"
    assert refusal(shared, "lea", "------").name == "bad-permissions"
    assert refusal(shared, "lea", "rw----", targetObjects={"ExperimenterGroup": [987654]}).name == "bad-group"
    assert refusal(shared, "lea", "rw----", targetObjects={"Image": [1]}).name == "bad-target"
    assert changed(shared, "root", "rwr---")[0] == {"ExperimenterGroup": [shared.group_id]}


def test_as_many_statements_for_many_as_for_few(shared: Garden) -> None:
    """Also nothing is read of what belongs to the same owner."""
    counts = []
    # Before the first one ids are reserved.
    for size in (1, 2, 20):
        for _ in range(size):
            image = shared.image()
            shared.view(image, "bob")
            shared.note("image", image, shared.annotation(COMMENT, "bob"), "bob")
        with counted(shared.lab) as seen:
            _, deleted = changed(shared, "lea", "rw----")
        assert len(deleted["RenderingDef"]) == len(deleted["CommentAnnotation"]) == size
        assert changed(shared, "lea", "rwra--")[1] == {}
        counts.append(len(seen))
    assert counts[1] == counts[2] < 200
