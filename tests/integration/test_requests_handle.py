"""The handle of a request: status, callbacks, cancel, close; and the plainest requests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import Ice
import pytest

import omero
import omero.api
import omero.cmd
import omero.model
from omero.rtypes import rstring
from tests.support.instance import Instance, fresh_root, running
from tests.support.logins import client_of, rows
from tests.support.people import logged_in, make_group, make_user
from tests.support.requests import Listener, answer, ended, refused

FAILURE, CANCELLED = omero.cmd.State.FAILURE, omero.cmd.State.CANCELLED


@pytest.fixture(scope="module")
def hasty() -> Iterator[Instance]:
    """A server that does not wait long for requests that are cancelled, with one thread in the background."""
    chosen = {"omero.threads.cancel_timeout": "300", "omero.threads.background_threads": "1"}
    with fresh_root() as root, running(root, properties=chosen) as server:
        yield server


@pytest.fixture(scope="module")
def client(hasty: Instance) -> Iterator[Any]:
    with logged_in(hasty) as root:
        name = make_user(root, make_group(root, "rwra--"))
    with client_of(hasty, name) as client:
        yield client


@pytest.fixture
def sf(client: Any) -> Any:
    return client.getSession()


def timing(steps: int, millis: int = 0) -> Any:
    return omero.cmd.Timing(steps, millis)


def tag(text: str) -> Any:
    made = omero.model.TagAnnotationI()
    made.textValue = rstring(text)
    return made


def test_status_of_a_success(sf: Any) -> None:
    before = time.time() * 1000
    handle = ended(sf, timing(3))
    status = handle.getStatus()
    assert isinstance(handle.getResponse(), omero.cmd.OK)
    assert (status.steps, status.currentStep, status.flags) == (3, 2, [])
    assert (status.category, status.name, status.parameters, status.source) == ("", "", {}, None)
    assert status.stepStartTimes == [] and status.stepStopTimes == []
    assert before - 1000 < status.startTime <= status.stopTime < before + 10_000
    request = handle.getRequest()
    assert isinstance(request, omero.cmd.Timing) and request.steps == 3
    assert handle.cancel() is False and handle.getStatus().flags == []
    handle.close()
    with pytest.raises(Ice.ObjectNotExistException):
        handle.getStatus()


def test_no_response_before_the_end(sf: Any) -> None:
    handle = sf.submit(timing(100, 20))
    assert handle.getResponse() is None
    time.sleep(0.2)
    assert 0 < handle.getStatus().currentStep < 100 and handle.getStatus().stopTime == 0
    assert handle.cancel() is True
    handle.close()


@pytest.mark.parametrize(("steps", "told"), [(3, 3), (10, 10), (19, 10), (1000, 10)])
def test_callbacks_hear_of_about_ten_steps(client: Any, sf: Any, steps: int, told: int) -> None:
    handle = sf.submit(omero.cmd.DoAll([timing(1, 300), timing(steps)], []))
    listener = Listener(client, handle)
    assert isinstance(listener.loop(50, 100), omero.cmd.DoAllRsp)
    total = steps + 1
    deadline = time.monotonic() + 5
    # Messages overtake one another on their way.
    while (total, total) not in listener.steps or len(listener.steps) < told - 1:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert len(set(listener.steps)) == len(listener.steps) <= told + 1
    listener.close(True)


def test_the_end_is_told_again(client: Any, sf: Any) -> None:
    handle = sf.submit(timing(1, 200))
    listener = Listener(client, handle)
    assert listener.hears(1)
    handle.cancel()
    assert listener.hears(2)
    handle.close()
    assert listener.hears(3) and all(isinstance(each, omero.cmd.OK) for each in listener.ends)


def test_callbacks_that_come_late_or_leave(client: Any, sf: Any) -> None:
    handle = ended(sf, timing(1))
    late = Listener(client, handle)
    assert late.hears(1) and late.getResponse() is not None and not late.isFailure()
    before = len(late.ends)
    handle.removeCallback(omero.cmd.CmdCallbackPrx.uncheckedCast(late.adapter.createProxy(late.id)))
    handle.cancel()
    assert not late.hears(before + 1, seconds=0.3)
    late.close(True)


def test_cancelled_between_steps(client: Any, sf: Any) -> None:
    handle = sf.submit(omero.cmd.DoAll([omero.api.Save(tag("cancelled")), timing(100, 20)], []))
    listener = Listener(client, handle)
    time.sleep(0.2)
    assert handle.cancel() is True
    response = handle.getResponse()
    assert (type(response), response.name) == (omero.cmd.ERR, "cancel-called")
    assert handle.getStatus().flags == [FAILURE, CANCELLED]
    assert listener.hears(2) and listener.isCancelled()
    assert handle.cancel() is False
    assert sf.getQueryService().findByString("TagAnnotation", "textValue", "cancelled") is None
    listener.close(True)


def test_a_step_that_does_not_stop(sf: Any) -> None:
    handle = sf.submit(timing(2, 1500))
    time.sleep(0.2)
    with pytest.raises(omero.LockTimeout) as caught:
        handle.cancel()
    assert (caught.value.backOff, caught.value.seconds) == (5000, 0)
    assert handle.getResponse() is None
    time.sleep(1.6)
    assert handle.getResponse().name == "cancel-called"
    handle.close()


def test_closing_cancels(hasty: Instance, sf: Any) -> None:
    handle = sf.submit(omero.cmd.DoAll([omero.api.Save(tag("closed")), timing(3, 200)], []))
    time.sleep(0.2)
    handle.close()
    time.sleep(0.8)
    assert rows(hasty, "SELECT id FROM annotation WHERE textvalue = 'closed'") == []


def test_the_end_of_the_session_cancels(hasty: Instance) -> None:
    with client_of(hasty) as other:
        other.getSession().submit(omero.cmd.DoAll([omero.api.Save(tag("left")), timing(3, 200)], []))
        time.sleep(0.2)
    time.sleep(0.8)
    assert rows(hasty, "SELECT id FROM annotation WHERE textvalue = 'left'") == []


def test_requests_that_nobody_runs(sf: Any) -> None:
    for request in (None, omero.cmd.Request(), omero.cmd.FindHandles(), omero.cmd.PopStatus(), omero.cmd.GraphQuery()):
        assert sf.submit(request) is None


@pytest.mark.parametrize(
    ("steps", "millis", "code"),
    [(1_000_001, 0, "too-many-steps"), (1, 300_001, "too-long-steps"), (301, 1000, "too-long"), (0, 1, "no-steps")],
)
def test_limits_of_timing(sf: Any, steps: int, millis: int, code: str) -> None:
    assert refused(sf, timing(steps, millis)) == code


def test_guests(hasty: Instance) -> None:
    with client_of(hasty, "guest", "guest") as guest:
        sf = guest.getSession()
        for request in (timing(1), omero.cmd.ListRequests(), omero.api.Save(tag("guest")), omero.cmd.Delete2()):
            assert refused(sf, request) == "guest-restriction"
        inner = answer(sf, omero.cmd.DoAll([timing(1)], []))
        assert (inner.name, inner.category) == ("guest-restriction", "::omero::cmd::Timing")


def test_all_requests_are_listed(sf: Any) -> None:
    listed = answer(sf, omero.cmd.ListRequests()).list
    names = [each.ice_id() for each in listed]
    assert len(names) == len(set(names))
    assert {"::omero::cmd::Delete2", "::omero::cmd::DoAll", "::omero::cmd::ListRequests", "::omero::api::Save",
            "::omero::grid::ImportRequest", "::omero::cmd::ResetPasswordRequest"} <= set(names)  # fmt: skip
    assert all(sf.submit(each) is not None for each in listed if each.ice_id() == "::omero::cmd::Timing")


def test_saving(client: Any, sf: Any) -> None:
    saved = answer(sf, omero.api.Save(tag("saved"))).obj
    assert saved.id.val > 0 and saved.details.owner.id.val == sf.getAdminService().getEventContext().userId
    saved.textValue = rstring("saved again")
    assert answer(sf, omero.api.Save(saved)).obj.textValue.val == "saved again"
    assert refused(sf, omero.api.Save(None)) == "failed"
    assert refused(sf, omero.api.Save(saved)) == "failed"
    handle = ended(sf, omero.api.Save(omero.model.ProjectI()))
    assert handle.getResponse().name == "failed" and handle.getStatus().flags == [FAILURE, CANCELLED]
    handle.close()


def test_a_wrong_context(sf: Any) -> None:
    response = answer(sf, timing(1), {"omero.group": "987654321"})
    assert response.name == "run-fail" and "987654321" in response.parameters["message"]
