"""Transactions that others get in the way of are run again, from the beginning and with what the client sent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

import omero
from omero_server.db.retry import transact
from omero_server.db.transaction import Interference, Transaction
from omero_server.saving.saver import save
from omero_server.sessions.call import Call
from tests.support.garden import Garden, run_delete
from tests.support.lab import Lab, id_of, new, owned, ref

RENAME = "UPDATE dataset SET name = name || :more WHERE id = :id"


def run(lab: Lab, work: Callable[[Call], Any]) -> Any:
    """Do something as ann in RW, as often as it needs."""
    caller = lab.caller("ann", "RW")
    make: Callable[[Transaction], Call] = lambda t: Call(caller, t, None, lab.engine)  # type: ignore[arg-type]  # noqa: E731
    return transact(lab.database, caller.author(), lambda transaction: work(make(transaction)))


def dataset(lab: Lab) -> int:
    return int(run(lab, lambda call: id_of(save(call, [new("Dataset", name="d")])[0])))


def test_both_sides_of_a_deadlock_get_through(lab: Lab) -> None:
    ids = [dataset(lab), dataset(lab)]
    barrier, attempts = threading.Barrier(2), []

    def work(transaction: Transaction, order: list[int]) -> None:
        attempts.append(transaction.attempt)
        for place, one in enumerate(order):
            transaction.db.execute(text(RENAME), {"more": "+", "id": one})
            if place == 0 and transaction.attempt == 0:
                barrier.wait(10)

    author = lab.caller("ann", "RW").author()
    with ThreadPoolExecutor(2) as pool:
        for order in (ids, ids[::-1]):
            pool.submit(transact, lab.database, author, lambda t, order=order: work(t, order))
    assert sorted(attempts) == [0, 0, 1]
    assert lab.query("SELECT name FROM dataset WHERE id = ANY(:ids)", ids=ids) == [("d++",), ("d++",)]


def test_an_end_to_trying(lab: Lab) -> None:
    attempts = []

    def work(call: Call) -> None:
        attempts.append(call.transaction.attempt)
        raise Interference("always")

    with pytest.raises(Interference):
        run(lab, work)
    assert attempts == list(range(15))


def test_other_errors_are_not_tried_again(lab: Lab) -> None:
    attempts = []

    def work(call: Call) -> None:
        attempts.append(call.transaction.attempt)
        call.db.execute(text("INSERT INTO dataset (id) VALUES (1)"))

    with pytest.raises(Exception, match="null value"):
        run(lab, work)
    assert attempts == [0]


def test_the_second_attempt_saves_what_the_client_sent(lab: Lab) -> None:
    sent = new("Project", name="p")
    ids = []

    def work(call: Call) -> None:
        assert sent._id is None and sent._version is None
        save(call, [sent])
        ids.append(id_of(sent))
        if call.transaction.attempt == 0:
            raise Interference("once")

    run(lab, work)
    assert ids[0] != ids[1]
    assert lab.query("SELECT id FROM project WHERE id = ANY(:ids)", ids=ids) == [(ids[1],)]


def test_a_change_that_came_in_between_is_not_overwritten(lab: Lab) -> None:
    """Two copies of one state: the second to be saved is outdated, also when both say the same."""
    object_id = dataset(lab)
    copies = []
    for _ in range(2):
        copy = owned(new("Dataset", name="both"))
        copy._id = omero.RLong(_val=object_id)
        copy._details._updateEvent = ref("Event", lab.value("SELECT update_id FROM dataset WHERE id = :i", i=object_id))
        copies.append(copy)
    run(lab, lambda call: save(call, [copies[0]]))
    with pytest.raises(omero.OptimisticLockException):
        run(lab, lambda call: save(call, [copies[1]]))


def test_writers_of_one_object_wait_for_each_other(lab: Lab) -> None:
    object_id = dataset(lab)
    event = lab.value("SELECT update_id FROM dataset WHERE id = :i", i=object_id)
    outcomes = []

    def rename(number: int) -> None:
        copy = owned(new("Dataset", name=f"by {number}"))
        copy._id = omero.RLong(_val=object_id)
        copy._details._updateEvent = ref("Event", event)
        try:
            run(lab, lambda call: save(call, [copy]))
            outcomes.append("saved")
        except omero.OptimisticLockException:
            outcomes.append("outdated")

    with ThreadPoolExecutor(6) as pool:
        for future in [pool.submit(rename, number) for number in range(6)]:
            future.result()
    assert sorted(outcomes) == ["outdated"] * 5 + ["saved"]


def test_deleting_what_is_being_linked(lab: Lab) -> None:
    """The link that another transaction adds while the dataset is deleted goes with it."""
    garden = Garden(lab)
    object_id, image = garden.add("dataset", name="d"), garden.bare_image()
    linked, done = threading.Event(), threading.Event()

    def link() -> None:
        with lab.call("ann", garden.group) as call:
            save(call, [new("DatasetImageLink", parent=ref("Dataset", object_id), child=ref("Image", image))])
            linked.set()
            done.wait(1.0)

    with ThreadPoolExecutor(1) as pool:
        linking = pool.submit(link)
        assert linked.wait(10)
        gone = run_delete(lab, "ann", {"Dataset": [object_id]})
        done.set()
        linking.result()
    assert gone["Dataset"] == [object_id] and len(gone["DatasetImageLink"]) == 1
