"""Requests about sessions: who is logged in, and other limits for a session."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

import omero
import omero.cmd
from omero.rtypes import rlong
from tests.support.instance import Instance
from tests.support.logins import client_of, joined, principal
from tests.support.people import logged_in, make_group, make_user


@pytest.fixture(scope="module")
def name(instance: Instance) -> str:
    with logged_in(instance) as root:
        return make_user(root, make_group(root, "rw----"))


@pytest.fixture
def client(instance: Instance, name: str) -> Iterator[Any]:
    with client_of(instance, name) as client:
        yield client


def answer(session: Any, request: Any) -> Any:
    handle = session.submit(request)
    deadline = time.monotonic() + 10
    while (response := handle.getResponse()) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    handle.close()
    return response


def limits(session: Any, uuid: str, live: int | None = None, idle: int | None = None) -> Any:
    wanted = {"timeToLive": live, "timeToIdle": idle}
    times = {key: None if value is None else rlong(value) for key, value in wanted.items()}
    return answer(session, omero.cmd.UpdateSessionTimeoutRequest(session=uuid, **times))


def stored(session: Any, uuid: str) -> tuple[int, int]:
    found = session.getSessionService().getSession(uuid)
    return found.timeToLive.val, found.timeToIdle.val


def test_everybody_hears_who_is_there(instance: Instance, client: Any, name: str) -> None:
    with logged_in(instance) as root:
        sudo = root.getSessionService().createSessionWithTimeout(principal(name), 60_000)
        seen = answer(client.getSession(), omero.cmd.CurrentSessionsRequest())
        assert len(seen.sessions) == len(seen.contexts) == len(seen.data) >= 3
        full = [place for place, session in enumerate(seen.sessions) if session is not None]
        assert [seen.sessions[place].uuid.val for place in full] == [client.getSessionId()]
        (own,) = full
        assert seen.contexts[own].sessionUuid == client.getSessionId()
        assert abs(seen.data[own]["lastAccessTime"].val / 1000 - time.time()) < 60
        assert seen.data[own]["hitCount"].val > 0
        roots = next(c for c, s in zip(seen.contexts, seen.sessions, strict=True) if s is None and c.userName == "root")
        assert roots.isAdmin and roots.sessionUuid == "" and roots.memberOfGroups is not None
        everything = answer(root, omero.cmd.CurrentSessionsRequest())
        uuids = {session.uuid.val for session in everything.sessions}
        assert {sudo.uuid.val, client.getSessionId()} <= uuids
        with joined(instance, sudo) as acting:
            seen = answer(acting.getSession(), omero.cmd.CurrentSessionsRequest())
            mine = {session.uuid.val for session in seen.sessions if session is not None}
            assert sudo.uuid.val in mine and client.getSessionId() not in mine


def test_guests_hear_nothing(instance: Instance) -> None:
    with client_of(instance, "guest", "guest") as guest:
        response = answer(guest.getSession(), omero.cmd.CurrentSessionsRequest())
    assert isinstance(response, omero.cmd.ERR) and response.name == "guest-restriction"


def test_limits_are_changed_within_those_for_users(client: Any) -> None:
    session, uuid = client.getSession(), client.getSessionId()
    assert isinstance(limits(session, uuid, idle=90_000), omero.cmd.OK)
    assert stored(session, uuid) == (0, 90_000)
    limits(session, uuid, idle=10**12)
    assert stored(session, uuid) == (0, 6_000_000)
    limits(session, uuid, live=10**9)
    assert stored(session, uuid) == (10**9, 6_000_000)
    for wanted in ({"live": 0}, {"idle": 0}, {"idle": -1}):
        assert limits(session, uuid, **wanted).name == "non-admin-disabling"
    assert limits(session, uuid).name == "no-update-performed"


def test_limits_of_others_are_the_administrators_business(instance: Instance, client: Any) -> None:
    uuid = client.getSessionId()
    with logged_in(instance) as root:
        own = root.ice_getIdentity().name
        for wrong in (own, "no such session", ""):
            assert limits(client.getSession(), wrong, idle=1000).name == "no-session"
        assert isinstance(limits(root, uuid, idle=0), omero.cmd.OK)
        assert stored(root, uuid)[1] == 0
        assert isinstance(limits(root, uuid, live=-1, idle=-5), omero.cmd.OK)
        assert client.getSession().getAdminService().getEventContext().sessionUuid == uuid
