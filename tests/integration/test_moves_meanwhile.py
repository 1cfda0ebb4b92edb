"""Objects that are moved to another group while somebody else links to them: no link ever joins two groups."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import omero
import omero.cmd
from omero_server.commands.registry import CommandError
from omero_server.db.retry import transact
from omero_server.db.transaction import Interference, Transaction
from omero_server.saving import saver
from omero_server.saving.saver import save
from omero_server.sessions.call import Call
from tests.support.garden import Garden, run
from tests.support.lab import Lab

BETWEEN = """
    select count(*) from datasetimagelink l join dataset d on d.id = l.parent join image i on i.id = l.child
    where l.group_id <> d.group_id or l.group_id <> i.group_id
"""


def link_of(dataset: int, image: int) -> Any:
    return omero.model.DatasetImageLink(
        _parent=omero.model.Dataset(_id=omero.RLong(dataset)), _child=omero.model.Image(_id=omero.RLong(image)),
        _loaded=True, _details=omero.model.Details(),
    )  # fmt: skip


def move(lab: Lab, image: int) -> Any:
    request = omero.cmd.Chgrp2(targetObjects={"Image": [image]}, groupId=lab.scene.groups["H"])
    return run(lab, "ann", request)


@contextmanager
def before_writing(monkeypatch: pytest.MonkeyPatch, action: Any) -> Iterator[None]:
    """Do something once, after the next save has checked rights and before it writes."""
    done: list[None] = []
    original = saver.hold

    def hold(*arguments: Any) -> None:
        if not done:
            done.append(None)
            action()
        original(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(saver, "hold", hold)
        yield


def test_target_that_was_moved_before_the_link_was_written(
    lab: Lab, garden: Garden, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, image = garden.dataset(), garden.image()
    with (
        before_writing(monkeypatch, lambda: move(lab, image)),
        pytest.raises(Interference, match=f"Image:{image} was moved"),
        lab.call("ann", garden.group) as call,
    ):
        save(call, [link_of(dataset, image)])
    assert lab.value(BETWEEN) == 0
    assert lab.value("select group_id from image where id = :i", i=image) == lab.scene.groups["H"]


def test_second_try_finds_that_the_groups_differ(lab: Lab, garden: Garden, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, image = garden.dataset(), garden.image()
    caller = lab.caller("ann", garden.group)

    def work(transaction: Transaction) -> Any:
        return save(Call(caller, transaction, None, lab.engine), [link_of(dataset, image)])  # type: ignore[arg-type]

    with before_writing(monkeypatch, lambda: move(lab, image)), pytest.raises(omero.SecurityViolation):
        transact(lab.database, caller.author(), work)
    assert lab.value(BETWEEN) == 0


def test_move_waits_for_a_link_that_is_being_written(lab: Lab, garden: Garden) -> None:
    dataset, image = garden.dataset(), garden.image()
    ended: list[Any] = []

    def run_move() -> None:
        try:
            ended.append(move(lab, image))
        except CommandError as error:
            ended.append(error)

    mover = threading.Thread(target=run_move)
    with lab.call("ann", garden.group) as call:
        save(call, [link_of(dataset, image)])
        mover.start()
        mover.join(0.5)
        assert mover.is_alive()
    mover.join(20)
    assert len(ended) == 1
    assert lab.value(BETWEEN) == 0


def test_links_to_what_stays_are_not_disturbed(lab: Lab, garden: Garden, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, image, other = garden.dataset(), garden.image(), garden.image()
    with before_writing(monkeypatch, lambda: move(lab, other)), lab.call("ann", garden.group) as call:
        save(call, [link_of(dataset, image)])
    linked = "select count(*) from datasetimagelink where parent = :d and child = :i"
    assert lab.value(linked, d=dataset, i=image) == 1
