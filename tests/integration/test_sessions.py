"""Logging in and what keeps, joins and ends sessions, through real connections."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import Glacier2
import Ice
import psycopg2
import pytest

import omero
import omero.cmd
from tests.support.instance import Instance
from tests.support.people import logged_in, make_group, make_user

TRANSPORTS = ("ssl", "tcp", "wss", "ws")


def endpoint(instance: Instance, transport: str = "tcp") -> str:
    return f"{transport}://{instance.host}:{getattr(instance.ports, transport)}"


def log_in(instance: Instance, name: str = "root", password: str | None = None, transport: str = "tcp") -> Any:
    client = omero.client(endpoint(instance, transport))
    try:
        client.createSession(name, instance.root_password if password is None else password)
    except BaseException:
        client.closeSession()
        raise
    return client


@pytest.fixture
def client(instance: Instance) -> Iterator[Any]:
    client = log_in(instance)
    yield client
    client.closeSession()


def stored(instance: Instance, uuid: str) -> tuple[Any, ...]:
    """(closed, owner, timetoidle) of a session's row."""
    with psycopg2.connect(instance.uri) as connection, connection.cursor() as cursor:
        cursor.execute("select closed, owner, timetoidle from session where uuid = %s", (uuid,))
        row = cursor.fetchone()
    connection.close()
    assert row is not None
    return row


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_log_in(instance: Instance, transport: str) -> None:
    client = log_in(instance, transport=transport)
    try:
        uuid = client.getSessionId()
        assert client.getSession().getConfigService().getVersion().startswith("5.6.")
        assert stored(instance, uuid) == (None, 0, 600_000)
    finally:
        client.closeSession()
    assert stored(instance, uuid)[0] is not None


def test_wrong_password_names_the_user(instance: Instance) -> None:
    with pytest.raises(Glacier2.PermissionDeniedException) as caught:
        log_in(instance, "root", "wrong")
    assert "Password check failed for 'root'" in caught.value.reason


def test_repeated_failures_are_slowed_down(instance: Instance) -> None:
    for _ in range(2):
        with pytest.raises(Glacier2.PermissionDeniedException):
            log_in(instance, "nobody-of-that-name", "x")
    started = time.monotonic()
    with pytest.raises(Glacier2.PermissionDeniedException):
        log_in(instance, "nobody-of-that-name", "x")
    assert time.monotonic() - started >= 2.9


def test_unknown_session(instance: Instance) -> None:
    client = omero.client(endpoint(instance))
    uuid = "01234567-89ab-cdef-0123-456789abcdef"
    try:
        with pytest.raises(Glacier2.PermissionDeniedException) as caught:
            client.joinSession(uuid)
        assert "no open session" in caught.value.reason
    finally:
        client.closeSession()


def test_joined_session_lives_until_the_last_client_leaves(instance: Instance) -> None:
    first = log_in(instance)
    uuid = first.getSessionId()
    second = omero.client(endpoint(instance))
    try:
        second.joinSession(uuid)
        assert second.getSessionId() == uuid
        first.closeSession()
        assert second.getSession().getConfigService().getDatabaseUuid()
        assert stored(instance, uuid)[0] is None
    finally:
        second.closeSession()
    assert stored(instance, uuid)[0] is not None


@pytest.mark.parametrize("key", ["omero.group", "omero.event"])
def test_unknown_group_or_type_of_events_is_refused(instance: Instance, key: str) -> None:
    client = omero.client(endpoint(instance))
    client.ic.getImplicitContext().put(key, "none of that name")
    try:
        with pytest.raises(omero.WrappedCreateSessionException) as caught:
            client.createSession("root", instance.root_password)
        error = caught.value
        assert "none of that name" in error.reason
        assert (error.concurrency, error.backOff, error.type) == (False, -1, "ome.conditions.ApiUsageException")
    finally:
        client.closeSession()


@pytest.mark.parametrize(
    ("agent", "group", "kind"),
    [("OMERO.py", "a\0b", "ApiUsageException"), ("a" * 10_000, "system", "ValidationException")],
)
def test_what_the_database_refuses_is_told(instance: Instance, agent: str, group: str, kind: str) -> None:
    client = omero.client(endpoint(instance))
    client.setAgent(agent)
    client.ic.getImplicitContext().put("omero.group", group)
    try:
        with pytest.raises(omero.WrappedCreateSessionException) as caught:
            client.createSession("root", instance.root_password)
        assert (caught.value.concurrency, caught.value.type) == (False, f"ome.conditions.{kind}")
    finally:
        client.closeSession()


def test_dead_services_are_told(client: Any) -> None:
    factory = client.getSession()
    store = factory.createRawFileStore()
    config = factory.getConfigService()
    assert factory.keepAlive(store)
    assert any(name.endswith("omero.api.RawFileStore") for name in factory.activeServices())
    store.close()
    assert not factory.keepAlive(store)
    assert factory.keepAllAlive([config, store]) == 0b10
    with pytest.raises(Ice.ObjectNotExistException):
        store.close()


def test_idle_session_times_out(instance: Instance) -> None:
    client = log_in(instance)
    try:
        sessions = client.getSession().getSessionService()
        made = sessions.createUserSession(0, 300, "")
        time.sleep(0.6)
        with pytest.raises(omero.SessionTimeoutException):
            sessions.getSession(made.getUuid().getValue())
    finally:
        client.closeSession()


def test_call_in_a_foreign_or_unknown_group(client: Any) -> None:
    query = client.getSession().getQueryService()
    with pytest.raises(omero.ApiUsageException, match="no group"):
        query.findAllByQuery("select i from Image i", None, {"omero.group": "987654"})


def test_what_is_not_built_says_so(client: Any) -> None:
    with pytest.raises(omero.InternalException, match=r"IScript\.getScripts is not implemented"):
        client.getSession().getScriptService().getScripts()


def test_guests_get_few_services(instance: Instance) -> None:
    client = log_in(instance, "guest", "guest")
    try:
        assert client.getSession().getConfigService().getDatabaseUuid()
        with pytest.raises(omero.SecurityViolation, match="IQuery"):
            client.getSession().getQueryService()
    finally:
        client.closeSession()


def test_a_lost_connection_ends_the_session(instance: Instance) -> None:
    client = log_in(instance)
    uuid = client.getSessionId()
    client.ic.destroy()
    deadline = time.monotonic() + 10
    while stored(instance, uuid)[0] is None and time.monotonic() < deadline:
        time.sleep(0.1)
    assert stored(instance, uuid)[0] is not None


def test_secrets_are_not_in_the_log(instance: Instance) -> None:
    uuid_client = log_in(instance)
    uuid = uuid_client.getSessionId()
    uuid_client.closeSession()
    text = instance.all_logs()
    assert instance.root_password not in text.split()
    assert uuid not in text


def test_waiting_for_refusals_does_not_hold_up_others(instance: Instance, client: Any) -> None:
    """Failed logins are answered late, but by a timer: the threads that run calls stay free."""
    with ThreadPoolExecutor(30) as pool:
        refusals = [pool.submit(log_in, instance, "nobody-of-that-name", "x") for _ in range(30)]
        config = client.getSession().getConfigService()
        started = time.monotonic()
        for _ in range(20):
            config.getVersion()
        assert time.monotonic() - started < 2
        for refusal in refusals:
            with pytest.raises(Glacier2.PermissionDeniedException):
                refusal.result()


def test_request_in_a_group_that_does_not_exist(client: Any) -> None:
    delete = omero.cmd.Delete2(targetObjects={"Image": [1]})
    handle = client.getSession().submit(delete, {"omero.group": "987654"})
    deadline = time.monotonic() + 10
    while (response := handle.getResponse()) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert isinstance(response, omero.cmd.ERR)
    assert "no group" in response.parameters["message"]
    handle.close()


def test_new_memberships_count_at_once(instance: Instance, client: Any) -> None:
    """Who is added to a group, or loses it, need not log in again."""
    session = client.getSession()
    admin, other = session.getAdminService(), make_group(session, "rw----")
    name = make_user(session, make_group(session, "rw----"))
    in_other = {"omero.group": str(other.id.val)}
    # Everybody sees what is in the group "user", whatever the group of the call.
    datasets = "select d from Dataset d where d.details.group.name <> 'user'"
    with logged_in(instance, name) as theirs:
        query = theirs.getQueryService()
        with pytest.raises(omero.SecurityViolation):
            query.findAllByQuery(datasets, None, in_other)
        admin.addGroups(admin.lookupExperimenter(name), [other])
        assert query.findAllByQuery(datasets, None, in_other) == []
        admin.removeGroups(admin.lookupExperimenter(name), [other])
        with pytest.raises(omero.SecurityViolation):
            query.findAllByQuery(datasets, None, in_other)
