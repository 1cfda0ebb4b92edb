"""Limits that the configuration sets: how long users' sessions may live, when they are closed, how much they hold."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import Ice
import pytest

import omero
import omero.cmd
import omero.model
import omero.rtypes
from tests.support.instance import Instance, fresh_root, running
from tests.support.logins import client_of, principal, rows, waiting_for_a_lock
from tests.support.people import PASSWORD, logged_in, make_group, make_user

LONGEST, LONGEST_IDLE = 100_000, 50_000
PROPERTIES = {
    "omero.sessions.max_user_time_to_live": str(LONGEST),
    "omero.sessions.max_user_time_to_idle": str(LONGEST_IDLE),
    "omero.sessions.maximum": "90000000",
    "omero.sessions.timeout": "80000",
    "omero.sessions.sync_interval": "200",
    "omero.throttling.servants_per_session": "5",
    "omero.security.ignore_case": "true",
}


@pytest.fixture(scope="module")
def strict() -> Iterator[Instance]:
    with fresh_root() as root, running(root, properties=PROPERTIES) as server:
        yield server


@pytest.fixture(scope="module")
def name(strict: Instance) -> str:
    with logged_in(strict) as root:
        return make_user(root, make_group(root, "rw----"))


def eventually(done: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        time.sleep(0.05)
    return done()


def is_closed(instance: Instance, session_id: int) -> bool:
    return bool(rows(instance, "SELECT closed IS NOT NULL FROM session WHERE id = %s", session_id)[0][0])


def test_users_keep_within_the_limits(strict: Instance, name: str) -> None:
    with logged_in(strict, name) as session:
        sessions = session.getSessionService()
        for live, idle in ((LONGEST + 1, 1), (0, 1), (1, LONGEST_IDLE + 1), (1, 0)):
            with pytest.raises(omero.SecurityViolation):
                sessions.createUserSession(live, idle, "")
        made = sessions.createUserSession(LONGEST, LONGEST_IDLE, "")
        assert (made.timeToLive.val, made.timeToIdle.val) == (LONGEST, LONGEST_IDLE)
    with logged_in(strict) as root:
        made = root.getSessionService().createUserSession(0, 0, "")
        assert (made.timeToLive.val, made.timeToIdle.val) == (0, 0)


def test_sessions_get_the_configured_limits(strict: Instance, name: str) -> None:
    with logged_in(strict, name) as session:
        made = session.getSessionService().createSession(principal(name), PASSWORD)
        own = session.getSessionService().getSession(session.ice_getIdentity().name)
        for each in (made, own):
            assert (each.timeToLive.val, each.timeToIdle.val) == (90_000_000, 80_000)


@pytest.mark.parametrize(("live", "idle"), [(300, 40_000), (90_000, 300)])
def test_sessions_end_when_their_time_is_over(strict: Instance, name: str, live: int, idle: int) -> None:
    with logged_in(strict, name) as session:
        sessions = session.getSessionService()
        made = sessions.createUserSession(live, idle, "")
        assert eventually(lambda: is_closed(strict, made.id.val))
        with pytest.raises(omero.RemovedSessionException):
            sessions.getSession(made.uuid.val)
        assert made.id.val not in [s.id.val for s in sessions.getMyOpenSessions()]


def test_open_services_end_with_their_session(strict: Instance) -> None:
    with logged_in(strict) as root, client_of(strict) as client:
        store = client.getSession().createRawFileStore()
        request = omero.cmd.UpdateSessionTimeoutRequest(
            session=client.getSessionId(), timeToLive=omero.rtypes.rlong(300), timeToIdle=None
        )
        root.submit(request)
        assert eventually(lambda: is_closed(strict, rows(strict, "SELECT max(id) FROM session")[0][0]))
        with pytest.raises(Ice.ObjectNotExistException):
            store.getFileId()


def test_who_works_is_not_idle(strict: Instance, name: str) -> None:
    """A call that takes longer than its session may be idle comes to its end, and the session goes on."""
    with client_of(strict) as client:
        session, query = client.getSession(), client.getSession().getQueryService()
        request = omero.cmd.UpdateSessionTimeoutRequest(
            session=client.getSessionId(), timeToLive=None, timeToIdle=omero.rtypes.rlong(800)
        )
        session.submit(request)
        with waiting_for_a_lock(strict):
            running_call = query.begin_findAllByQuery("select o from OTF o", None)
            time.sleep(1.5)
        assert query.end_findAllByQuery(running_call) == []
        assert session.getConfigService().getVersion()


def test_services_of_a_session_are_counted(strict: Instance, name: str) -> None:
    with logged_in(strict, name) as session:
        stores: list[Any] = []
        with pytest.raises(omero.OverUsageException):
            for _ in range(10):
                stores.append(session.createRawFileStore())
        assert 0 < len(stores) <= 5
        stores.pop().close()
        assert session.createRawFileStore() is not None


def test_names_in_capitals(strict: Instance) -> None:
    with logged_in(strict) as root:
        admin, home = root.getAdminService(), make_group(root, "rw----")
        person = omero.model.ExperimenterI()
        person.omeName, person.firstName, person.lastName = map(omero.rtypes.rstring, ("ANNA", "A", "B"))
        user_id = admin.createExperimenter(person, home, [admin.lookupGroup("user")])
        found = admin.lookupExperimenter("Anna")
        assert (found.id.val, found.omeName.val) == (user_id, "anna")
        made = root.getSessionService().createSessionWithTimeout(principal("AnnA"), 1000)
        assert made.owner.id.val == user_id


def test_sessions_of_a_server_that_died_are_closed_by_the_next(strict: Instance, name: str) -> None:
    client = omero.client(f"tcp://{strict.host}:{strict.ports.tcp}")
    try:
        client.createSession(name, PASSWORD)
        session_id = client.getSession().getAdminService().getEventContext().sessionId
        uuid = client.getSessionId()
        strict.kill_blitz()
        strict.await_blitz()
        assert is_closed(strict, session_id)
        with logged_in(strict, name) as session, pytest.raises(omero.RemovedSessionException):
            session.getSessionService().getSession(uuid)
    finally:
        client.closeSession()
