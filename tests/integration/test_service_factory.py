"""ServiceFactory: services by name, what keeps them alive, contexts, leaving and coming back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import Ice
import pytest

import omero
import omero.api
import omero.cmd
import omero.model
from omero.rtypes import rstring
from tests.support.instance import Instance
from tests.support.logins import client_of, joined, rows, waiting_for_a_lock
from tests.support.people import logged_in, make_group, make_user

STATELESS = (
    "IAdmin", "IConfig", "IContainer", "ILdap", "IMetadata", "IPixels", "IProjection", "IQuery", "IRenderingSettings",
    "IRepositoryInfo", "IRoi", "IScript", "ISession", "IShare", "ITimeline", "ITypes", "IUpdate",
)  # fmt: skip
STATEFUL = (
    "Exporter", "JobHandle", "RawFileStore", "RawPixelsStore", "RenderingEngine", "Search", "ThumbnailStore",
)  # fmt: skip
GUESTS = {"IAdmin", "IConfig", "ISession"}


class People:
    """A user in two groups, the first of them the default; a third group is open to the world."""

    def __init__(self, instance: Instance) -> None:
        with logged_in(instance) as root:
            admin = root.getAdminService()
            self.first, self.second, self.world = (make_group(root, p) for p in ("rwr---", "rw----", "rwr-r-"))
            self.name = make_user(root, self.first)
            user = admin.lookupExperimenter(self.name)
            self.id = user.id.val
            admin.addGroups(user, [self.second])
            admin.setGroupOwner(self.second, user)


@pytest.fixture(scope="module")
def people(instance: Instance) -> People:
    return People(instance)


@pytest.fixture
def client(instance: Instance, people: People) -> Iterator[Any]:
    with client_of(instance, people.name) as client:
        yield client


def group(of: Any) -> Any:
    """A reference to a group, by object or id."""
    return omero.model.ExperimenterGroupI(of if isinstance(of, int) else of.id.val, False)


def getter(service: str) -> str:
    known = {"Search": "createSearchService", "ISession": "getSessionService"}
    if service in STATEFUL:
        return known.get(service, f"create{service}")
    return f"get{service.removeprefix('I')}Service"


@pytest.mark.parametrize("service", STATELESS)
def test_services_by_name(client: Any, service: str) -> None:
    session = client.getSession()
    by_name = session.getByName(f"omero.api.{service}")
    identity = by_name.ice_getIdentity()
    assert (identity.category, identity.name[36:]) == (client.getSessionId(), f"omero.api.{service}")
    assert by_name.ice_isA(f"::omero::api::{service}")
    assert getattr(session, getter(service))().ice_getIdentity() == identity
    assert session.getByName(identity.name).ice_getIdentity() == identity


@pytest.mark.parametrize("service", STATEFUL)
def test_services_with_state_by_name(client: Any, service: str) -> None:
    session = client.getSession()
    first, second = session.createByName(f"omero.api.{service}"), getattr(session, getter(service))()
    names = [proxy.ice_getIdentity().name for proxy in (first, second)]
    assert names[0] != names[1] and all(name.endswith(f"omero.api.{service}") for name in names)
    assert first.ice_isA(f"::omero::api::{service}")
    assert set(names) <= set(session.activeServices())
    assert session.getByName(names[0]).ice_getIdentity() == first.ice_getIdentity()
    context = second.getCurrentEventContext()
    assert context.sessionUuid == client.getSessionId() and context.eventId == -1
    second.passivate()
    second.activate()
    for proxy in (first, second):
        omero.api.StatefulServiceInterfacePrx.uncheckedCast(proxy).close()
        with pytest.raises(Ice.ObjectNotExistException):
            proxy.getCurrentEventContext()
    with pytest.raises(omero.ApiUsageException):
        session.getByName(names[0])


def test_names_that_no_service_has(client: Any) -> None:
    session = client.getSession()
    for wrong in ("", "omero.api.INothing", "omero.api.RawFileStore", "IQuery"):
        with pytest.raises(omero.ApiUsageException):
            session.getByName(wrong)
    for wrong in ("", "omero.api.IQuery", "omero.api.Nothing"):
        with pytest.raises(omero.ApiUsageException):
            session.createByName(wrong)
    assert session.sharedResources().ice_getIdentity().name.endswith("omero.grid.SharedResources")
    assert session.submit(None) is None and session.submit(omero.cmd.Request()) is None


def test_guests_get_three_services(instance: Instance) -> None:
    with client_of(instance, "guest", "guest") as client:
        session = client.getSession()
        for service in (*STATELESS, *STATEFUL):
            operation = getattr(session, getter(service))
            if service in GUESTS:
                assert operation() is not None and session.getByName(f"omero.api.{service}") is not None
            else:
                with pytest.raises(omero.SecurityViolation, match=service):
                    operation()
        for call in (lambda: session.getByName("omero.api.IQuery"), lambda: session.createByName("omero.api.Search")):
            with pytest.raises(omero.SecurityViolation):
                call()
        with pytest.raises(omero.SecurityViolation, match="SharedResources"):
            session.sharedResources()


def test_keep_alive_tells_who_is_dead(client: Any) -> None:
    session = client.getSession()
    config, stores = session.getConfigService(), [session.createRawFileStore() for _ in range(70)]
    assert session.keepAllAlive([]) == session.keepAllAlive(None) == -1
    assert session.keepAllAlive([config, *stores]) == 0 and session.keepAllAlive([None]) == 0
    assert not session.keepAlive(None)
    for dead in (0, 62):
        stores[dead].close()
    assert session.keepAllAlive([config, *stores]) == 1 << 1 | -(1 << 63)
    stores[69].close()
    assert session.keepAllAlive([config, *stores]) == 1 << 1 | 1 << 70 % 64 | -(1 << 63)
    assert not session.keepAlive(stores[0]) and session.keepAlive(stores[1])


def test_contexts_are_the_users_groups(client: Any, people: People) -> None:
    contexts = client.getSession().getSecurityContexts()
    assert [c.id.val for c in contexts] == [people.first.id.val, 1, people.second.id.val]
    for context in contexts:
        members = context.copyGroupExperimenterMap()
        assert people.id in [m.child.id.val for m in members] and all(m.child.loaded for m in members)
        assert not members[0].child._groupExperimenterMapLoaded


def test_context_changes_for_all_clients(instance: Instance, client: Any, people: People) -> None:
    session = client.getSession()
    with joined(instance, client.getSessionId()) as other:
        previous = session.setSecurityContext(group(people.second))
        assert (type(previous).__name__, previous.id.val, previous.loaded) == (
            "ExperimenterGroupI", people.first.id.val, False
        )  # fmt: skip
        assert other.getSession().getAdminService().getEventContext().groupId == people.second.id.val
        assert session.setSecurityContext(group(people.first)).id.val == people.second.id.val


def test_context_that_is_refused(instance: Instance, client: Any, people: People) -> None:
    session = client.getSession()
    for wrong in (None, omero.model.ExperimenterGroupI(), omero.model.ImageI(1, False), group(-1), group(10**9)):
        with pytest.raises(omero.ApiUsageException):
            session.setSecurityContext(wrong)
    for foreign in (people.world, group(0)):
        with pytest.raises(omero.SecurityViolation):
            session.setSecurityContext(group(foreign))
    with logged_in(instance) as root:
        root.setSecurityContext(group(people.second))
        assert root.getAdminService().getEventContext().groupId == people.second.id.val


def test_context_stays_while_services_are_open(instance: Instance, client: Any, people: People) -> None:
    session = client.getSession()
    with joined(instance, client.getSessionId()) as other:
        store = other.getSession().createRawFileStore()
        with pytest.raises(omero.SecurityViolation, match="RawFileStore"):
            session.setSecurityContext(group(people.second))
        store.close()
        session.setSecurityContext(group(people.second))


def test_context_stays_while_calls_run(instance: Instance, client: Any, people: People) -> None:
    session, query = client.getSession(), client.getSession().getQueryService()
    with waiting_for_a_lock(instance):
        running = query.begin_findAllByQuery("select o from OTF o", None)
        with pytest.raises(omero.SecurityViolation, match="running"):
            for _ in range(50):
                session.setSecurityContext(group(people.first))
    query.end_findAllByQuery(running)
    session.setSecurityContext(group(people.first))


def test_detached_session_waits_for_its_clients(instance: Instance, people: People) -> None:
    with client_of(instance, people.name) as client:
        uuid, session = client.getSessionId(), client.getSession()
        session.detachOnDestroy()
        store = session.createRawFileStore()
        stateless = session.getQueryService().ice_getIdentity().name
        name = store.ice_getIdentity().name
    with joined(instance, uuid) as client:
        session = client.getSession()
        assert stateless not in session.activeServices()
        found = omero.api.RawFileStorePrx.checkedCast(session.getByName(name))
        assert found is not None and found.getFileId() is None
        session.closeOnDestroy()
    assert rows(instance, "SELECT closed IS NULL FROM session WHERE uuid = %s", uuid) == [(False,)]


class Heart(omero.api.ClientCallback):
    """Counts what the server asks."""

    def __init__(self) -> None:
        self.beats = 0
        self.asked = threading.Event()

    def requestHeartbeat(self, current: Any = None) -> None:
        self.beats += 1
        self.asked.set()

    def sessionClosed(self, current: Any = None) -> None:
        """Nothing to do."""

    def shutdownIn(self, milliseconds: int, current: Any = None) -> None:
        """Nothing to do."""


def test_heartbeats_reach_subscribers(client: Any) -> None:
    session, heart = client.getSession(), Heart()
    identity = Ice.Identity(name="heart", category=client.getCategory())
    proxy = client.getAdapter().add(heart, identity)
    for _ in range(2):
        session.subscribe("/public/HeartBeat", proxy)
    assert heart.asked.wait(5) and heart.beats == 1
    session.subscribe("/public/anything", proxy)
    session.setCallback(omero.api.ClientCallbackPrx.uncheckedCast(proxy))
    session.setCallback(None)
    for topic, listener in (("/private/x", proxy), ("HeartBeat", proxy), ("/public/HeartBeat", None)):
        with pytest.raises(omero.ApiUsageException):
            session.subscribe(topic, listener)


def test_event_context(client: Any, people: People) -> None:
    admin = client.getSession().getAdminService()
    own, anywhere = admin.getEventContext(), admin.getEventContext({"omero.group": "-1"})
    assert (own.shareId, own.eventId, own.eventType, own.userId, own.userName) == (
        -1, -1, "User", people.id, people.name
    )  # fmt: skip
    assert (own.groupId, own.groupName) == (people.first.id.val, people.first.name.val)
    assert own.memberOfGroups == [people.first.id.val, 1, people.second.id.val]
    assert own.leaderOfGroups == [people.second.id.val]
    assert own.sudoerId is None and own.sudoerName is None and not own.isAdmin and own.adminPrivileges == []
    assert str(own.groupPermissions) == "rwr---"
    assert (anywhere.groupId, anywhere.groupName) == (-1, "")
    assert admin.getEventContext({"omero.group": "no number"}).groupId == own.groupId
    assert admin.getEventContext({"omero.group": str(people.world.id.val)}).groupId == people.world.id.val
    for key, value in (("omero.group", "0"), ("omero.user", "0"), ("omero.share", "0")):
        with pytest.raises(omero.SecurityViolation):
            admin.getEventContext({key: value})


def test_role_counts_before_the_group(client: Any) -> None:
    """Who may not call an operation at all hears that, whatever the group."""
    with pytest.raises(omero.SecurityViolation, match="administrators"):
        client.getSession().getAdminService().synchronizeLoginCache({"omero.group": "987654"})
    with pytest.raises(omero.ApiUsageException, match="no group"):
        client.getSession().getAdminService().lookupGroups({"omero.group": "987654"})


def test_accounts_that_are_not_active(instance: Instance) -> None:
    """Without membership in "user" an account may look at itself, and no more."""
    with logged_in(instance) as root:
        admin, home = root.getAdminService(), make_group(root, "rw----")
        name = make_user(root, home)
        user = admin.lookupExperimenter(name)
        with logged_in(instance, name) as session:
            query = session.getQueryService()
            assert query.find("ExperimenterGroup", 1) is not None
            admin.removeGroups(user, [group(1)])
            assert session.getAdminService().getEventContext().memberOfGroups == [home.id.val]
            for call in (lambda: query.find("Image", 1), session.getSessionService().getMyOpenSessions):
                with pytest.raises(omero.SecurityViolation, match="not active"):
                    call()
            admin.addGroups(user, [group(1)])
            assert query.find("Image", -1) is None
            dataset = omero.model.DatasetI()
            dataset.name = rstring("d")
            assert session.getUpdateService().saveAndReturnObject(dataset).id.val > 0
