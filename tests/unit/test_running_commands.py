"""A command from border to border: steps, failures, and what is cleaned up."""

from __future__ import annotations

from typing import Any

import pytest

import omero
import omero.cmd
from omero_server.commands.registry import COMMANDS, Command, CommandError, Progress, Steps, command, load
from omero_server.commands.running import Cancelled, Run, execute
from omero_server.db.transaction import Interference

REQUEST = omero.cmd.Timing(1, 1)
CALL: Any = None


class Follower:
    """Cancels before a step, if told."""

    def __init__(self, cancel_at: int | None = None) -> None:
        self.total, self.heard, self.cancel_at = 0, list[int](), cancel_at

    def steps(self, total: int) -> None:
        self.total = total

    def step(self, done: int) -> None:
        self.heard.append(done)
        if done == self.cancel_at:
            raise Cancelled

    def check_cancelled(self) -> None:
        if self.cancel_at == 0:
            raise Cancelled


class Work:
    """A command of some steps that notes where it is, and fails at one of the places."""

    def __init__(self, announced: int = 2, done: int = 2, fails_at: str = "", error: Exception | None = None) -> None:
        self.announced, self.done, self.fails_at = announced, done, fails_at
        self.error = error or ZeroDivisionError("no")
        self.notes: list[str] = []

    def __call__(self, call: Any, request: Any, progress: Progress) -> Steps[str]:
        try:
            self._note("begin")
            yield self.announced
            for number in range(self.done):
                self._note(f"step {number}")
                yield
            self._note("finish")
            return "response"
        finally:
            self.notes.append("closed")

    def _note(self, place: str) -> None:
        self.notes.append(place)
        if place == self.fails_at:
            raise self.error


def run(work: Work, follower: Follower | None = None) -> Any:
    return execute(work, CALL, REQUEST, follower or Follower())


def test_from_beginning_to_end() -> None:
    work, follower = Work(), Follower()
    assert run(work, follower) == "response"
    assert work.notes == ["begin", "step 0", "step 1", "finish", "closed"]
    assert (follower.total, follower.heard) == (2, [1, 2])


@pytest.mark.parametrize(
    ("place", "code", "in_step", "parameters"),
    [("begin", "steps-cancel", False, {}), ("step 1", "bad-step", True, {"step": "1"}),
     ("finish", "steps-cancel", False, {})],
)  # fmt: skip
def test_codes_of_failures(place: str, code: str, in_step: bool, parameters: dict[str, str]) -> None:
    work = Work(fails_at=place)
    with pytest.raises(CommandError) as caught:
        run(work)
    error = caught.value
    assert (error.name, error.category, error.in_step) == (code, "::omero::cmd::Timing", in_step)
    assert error.parameters == parameters and isinstance(error.__cause__, ZeroDivisionError)
    assert work.notes[-1] == "closed"


def test_codes_of_its_own_and_of_requests_within() -> None:
    own = CommandError("no-way", "because")
    with pytest.raises(CommandError) as caught:
        run(Work(fails_at="step 0", error=own))
    assert caught.value is own and (own.category, own.in_step) == ("::omero::cmd::Timing", True)
    own.category = "::inner"
    with pytest.raises(CommandError):
        run(Work(fails_at="begin", error=own))
    assert (own.category, own.in_step) == ("::inner", True)
    with Run(Work(fails_at="begin"), CALL, REQUEST, Follower(), nested=True) as nested:
        with pytest.raises(CommandError) as caught:
            nested.begin()
        assert caught.value.name == "bad-init"


def test_what_is_tried_again_passes() -> None:
    with pytest.raises(Interference):
        run(Work(fails_at="step 0", error=Interference("others")))


def test_numbers_of_steps() -> None:
    fewer = Follower()
    assert run(Work(announced=3, done=1), fewer) == "response" and fewer.heard == [1, 2, 3]
    with pytest.raises(CommandError, match="steps-cancel"):
        run(Work(announced=1, done=2))
    with pytest.raises(CommandError) as caught:
        run(Work(announced=0, done=0))
    assert caught.value.name == "no-steps"


@pytest.mark.parametrize(("place", "notes"), [(0, []), (1, ["begin", "step 0", "closed"]),
                                              (2, ["begin", "step 0", "step 1", "closed"])])  # fmt: skip
def test_cancelled(place: int, notes: list[str]) -> None:
    work = Work()
    with pytest.raises(Cancelled):
        run(work, Follower(cancel_at=place))
    assert work.notes == notes


def test_plain_functions_have_one_step() -> None:
    type_id = "::omero::cmd::NothingOfTheKind"

    @command(type_id)
    def plain(call: Any, request: Any, progress: Progress) -> str:
        return "done"

    follower = Follower()
    try:
        assert execute(COMMANDS[type_id].function, CALL, REQUEST, follower) == "done"
    finally:
        del COMMANDS[type_id]
    assert (follower.total, follower.heard) == (1, [1])


def test_transactions_and_threads_of_requests() -> None:
    load()

    def known(request: Any) -> Command:
        return COMMANDS[request.ice_id()]

    delete, dry = omero.cmd.Delete2(), omero.cmd.Delete2(dryRun=True)
    assert (known(delete).mode_of(delete), known(dry).mode_of(dry)) == ("write", "read")
    for inner, mode in (
        ([delete], "write"),
        ([dry], "read"),
        ([omero.cmd.DoAll([dry, delete], [])], "write"),
        ([], "read"),
    ):
        both = omero.cmd.DoAll(inner, [])
        assert known(both).mode_of(both) == mode
    parents = omero.cmd.FindParents()
    assert known(parents).waits(parents) and not known(delete).waits(delete)
