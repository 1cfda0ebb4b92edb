"""ISession: opening, joining, closing sessions, looking at them, and values kept in them."""

from __future__ import annotations

import time
from typing import Any

import Glacier2
import Ice
import pytest

import omero
import omero.model
from omero.rtypes import rint, rstring
from tests.support.instance import Instance
from tests.support.logins import client_of, joined, principal, rows
from tests.support.people import PASSWORD, logged_in, make_group, make_user

UNKNOWN = "01234567-89ab-cdef-0123-456789abcdef"


@pytest.fixture(scope="module")
def name(instance: Instance) -> str:
    """A user."""
    with logged_in(instance) as root:
        return make_user(root, make_group(root, "rw----"))


def session_object(uuid: str) -> Any:
    made = omero.model.SessionI()
    made.uuid = rstring(uuid)
    return made


def test_session_with_a_password(instance: Instance, name: str) -> None:
    with logged_in(instance, name) as session:
        sessions = session.getSessionService()
        made = sessions.createSession(principal(name), PASSWORD)
        assert made.uuid.val != session.ice_getIdentity().name
        assert (made.userAgent.val, made.defaultEventType.val, made.timeToIdle.val, made.timeToLive.val) == (
            "createSession", "User", 600_000, 0
        )  # fmt: skip
        assert made.closed is None and made.owner.omeName.val == name and made.sudoer is None
        again = sessions.createSession(principal(name), PASSWORD, {"omero.agent": "OMERO.web"})
        assert again.userAgent.val == "OMERO.web"
        assert sessions.closeSession(made) == sessions.closeSession(again) == -2
        assert sessions.closeSession(made) == -1
        assert rows(instance, "SELECT closed IS NULL FROM session WHERE id = %s", made.id.val) == [(False,)]


def test_session_that_is_refused(instance: Instance, name: str) -> None:
    with logged_in(instance, name) as session:
        sessions = session.getSessionService()
        for nobody in (None, principal("")):
            with pytest.raises(omero.ApiUsageException):
                sessions.createSession(nobody, PASSWORD)
        with pytest.raises(omero.ApiUsageException):
            sessions.createSession(principal(name, "no such group"), PASSWORD)
        with pytest.raises(omero.SecurityViolation):
            sessions.createSession(principal(name, "system"), PASSWORD)
        with pytest.raises(Glacier2.CannotCreateSessionException) as caught:
            sessions.createSession(principal(name), "wrong")
        assert isinstance(caught.value, omero.AuthenticationException)


def test_references_are_counted(instance: Instance, name: str) -> None:
    with client_of(instance, name) as client:
        sessions = client.getSession().getSessionService()
        uuid = sessions.createSession(principal(name), PASSWORD).uuid.val
        assert sessions.getReferenceCount(uuid) == 1
        for credentials, joiner in ((uuid, name), ("", uuid)):
            assert sessions.createSession(principal(joiner), credentials).uuid.val == uuid
        assert sessions.getReferenceCount(uuid) == 3
        with joined(instance, uuid):
            assert sessions.getReferenceCount(uuid) == 4
        assert [sessions.closeSession(session_object(uuid)) for _ in range(4)] == [2, 1, -2, -1]
        for missing in (uuid, UNKNOWN):
            with pytest.raises(omero.RemovedSessionException):
                sessions.getReferenceCount(missing)
            with pytest.raises(omero.RemovedSessionException):
                sessions.getSession(missing)
        assert sessions.closeSession(omero.model.SessionI()) == -1


def test_closing_ends_the_clients_calls(instance: Instance, name: str) -> None:
    with client_of(instance, name) as client, logged_in(instance, name) as other:
        query = client.getSession().getQueryService()
        store = client.getSession().createRawFileStore()
        assert other.getSessionService().closeSession(session_object(client.getSessionId())) == -2
        for call in (lambda: query.find("Image", 1), store.getFileId, client.sf.activeServices):
            with pytest.raises((Ice.ObjectNotExistException, omero.RemovedSessionException)):
                call()


def test_looking_keeps_a_session_awake_unless_quietly(instance: Instance, name: str) -> None:
    with client_of(instance, name) as client:
        sessions = client.getSession().getSessionService()
        kept, forgotten = (sessions.createUserSession(0, 900, "").uuid.val for _ in range(2))
        for _ in range(4):
            time.sleep(0.3)
            assert sessions.getSession(kept).uuid.val == kept
            try:
                sessions.getSession(forgotten, {"quietly": "true"})
            except omero.SessionTimeoutException:
                break
        else:
            pytest.fail("looking quietly kept the session awake")
        with pytest.raises(omero.SessionTimeoutException):
            sessions.getReferenceCount(forgotten)
        assert sessions.getReferenceCount(kept) == 1


def test_own_session_of_a_user(instance: Instance, name: str) -> None:
    with logged_in(instance, name) as session:
        sessions = session.getSessionService()
        made = sessions.createUserSession(0, 0, "", {"omero.agent": "my script"})
        assert (made.timeToLive.val, made.timeToIdle.val, made.userAgent.val) == (0, 0, "my script")
        with joined(instance, made) as client:
            # Who has joined a session has not shown that he knows the password.
            with pytest.raises(omero.SecurityViolation, match="password"):
                client.getSession().getSessionService().createUserSession(0, 1000, "")
            with pytest.raises(omero.SecurityViolation, match="password"):
                client.getSession().setSecurityPassword("wrong")
            client.getSession().setSecurityPassword(PASSWORD)
            again = client.getSession().getSessionService().createUserSession(0, 1000, "")
            assert again.owner.omeName.val == name
        with pytest.raises(omero.ApiUsageException):
            sessions.createUserSession(-1, 0, "")
        with pytest.raises(omero.SecurityViolation):
            sessions.createUserSession(0, 0, "system")


def test_open_sessions_are_listed(instance: Instance) -> None:
    with logged_in(instance) as root:
        user = make_user(root, make_group(root, "rw----"))
        sudo = root.getSessionService().createSessionWithTimeout(principal(user), 60_000)
        with logged_in(instance, user) as session:
            sessions, own = session.getSessionService(), session.ice_getIdentity().name
            agents = ("OMERO.web", "OMERO.insight", "another")
            made = [sessions.createUserSession(0, 60_000, "", {"omero.agent": agent}).uuid.val for agent in agents]
            web, insight, another = made
            gone = sessions.createUserSession(0, 60_000, "")
            sessions.closeSession(gone)
            found = [s.uuid.val for s in sessions.getMyOpenSessions()]
            assert found == [another, insight, web, own], "the newest first, without that of root as this user"
            assert [s.uuid.val for s in sessions.getMyOpenAgentSessions("another")] == [another]
            assert [s.uuid.val for s in sessions.getMyOpenClientSessions()] == [insight, web]
        with joined(instance, sudo) as client:
            found = [s.uuid.val for s in client.getSession().getSessionService().getMyOpenSessions()]
            assert found == [sudo.uuid.val]


def test_values_are_kept_in_a_session(instance: Instance, name: str) -> None:
    with client_of(instance, name) as client, logged_in(instance, name) as other:
        uuid, mine, theirs = client.getSessionId(), client.getSession().getSessionService(), other.getSessionService()
        assert mine.getInput(uuid, "a") is None and mine.getInputKeys(uuid) == []
        mine.setInput(uuid, "a", rint(1))
        theirs.setInput(uuid, "b", rstring("x"))
        theirs.setOutput(uuid, "a", rstring("out"))
        assert theirs.getInput(uuid, "a").val == 1 and mine.getOutput(uuid, "a").val == "out"
        assert sorted(mine.getInputKeys(uuid)) == ["a", "b"] and mine.getOutputKeys(uuid) == ["a"]
        assert {key: value.val for key, value in theirs.getInputs(uuid).items()} == {"a": 1, "b": "x"}
        mine.setInput(uuid, "a", None)
        assert list(mine.getInputs(uuid)) == ["b"] and list(mine.getOutputs(uuid)) == ["a"]
        for call in (mine.getInput, mine.getOutput):
            with pytest.raises(omero.RemovedSessionException):
                call(UNKNOWN, "a")


def test_guests_use_few_operations(instance: Instance) -> None:
    with client_of(instance, "guest", "guest") as client:
        sessions, uuid = client.getSession().getSessionService(), client.getSessionId()
        assert sessions.getReferenceCount(uuid) == 1 and sessions.getSession(uuid).uuid.val == uuid
        sessions.setInput(uuid, "a", rint(1))
        for call in (
            sessions.getMyOpenSessions,
            lambda: sessions.createUserSession(0, 1, ""),
            lambda: sessions.createSessionWithTimeout(principal("guest"), 1),
        ):
            with pytest.raises(omero.SecurityViolation):
                call()
