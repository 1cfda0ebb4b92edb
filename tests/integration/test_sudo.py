"""Sessions in which somebody acts as another user: administrators as anybody, owners of groups as their members."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import omero
import omero.model
import omero.sys
from omero.rtypes import rbool, rstring
from tests.support.instance import Instance
from tests.support.logins import client_of, joined, principal, rows
from tests.support.people import PASSWORD, logged_in, make_group, make_user

GROUP_SUDO = "openmicroscopy.org/security/group-sudo"
PRIVILEGES = ("Sudo", "WriteOwned", "ReadSession")


class Lab:
    """Groups own and other, of which the leader owns the first; both have the member; a light administrator."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        with logged_in(instance) as session:
            admin = session.getAdminService()
            self.own, self.other = make_group(session, "rwr---"), make_group(session, "rwr---")
            self.leader, self.member = make_user(session, self.own), make_user(session, self.own)
            self.stranger = make_user(session, self.other)
            self.leader_id, self.member_id = (
                admin.lookupExperimenter(name).id.val for name in (self.leader, self.member)
            )
            admin.setGroupOwner(self.own, admin.lookupExperimenter(self.leader))
            admin.addGroups(admin.lookupExperimenter(self.member), [self.other])
            self.light = f"light-{self.leader}"
            person = omero.model.ExperimenterI()
            person.omeName, person.firstName, person.lastName = rstring(self.light), rstring("L"), rstring("A")
            person.ldap = rbool(False)
            allowed = []
            for name in PRIVILEGES:
                privilege = omero.model.AdminPrivilegeI()
                privilege.value = rstring(name)
                allowed.append(privilege)
            admin.createRestrictedSystemUserWithPassword(person, allowed, rstring(PASSWORD))


@pytest.fixture(scope="module")
def lab(instance: Instance) -> Lab:
    return Lab(instance)


@pytest.fixture
def as_member(lab: Lab) -> Iterator[Any]:
    """A client of the session that the leader opened for the member."""
    with logged_in(lab.instance, lab.leader) as leader:
        made = leader.getSessionService().createSessionWithTimeouts(principal(lab.member), 0, 60_000)
        with joined(lab.instance, made) as client:
            yield client


def test_administrator_acts_as_a_user(lab: Lab) -> None:
    with logged_in(lab.instance) as root:
        made = root.getSessionService().createSessionWithTimeout(principal(lab.member), 60_000)
        assert (made.timeToLive.val, made.timeToIdle.val, made.userAgent.val) == (60_000, 0, "OMERO.sudo")
        assert (made.owner.id.val, made.sudoer.id.val) == (lab.member_id, 0)
        with joined(lab.instance, made) as client:
            context = client.getSession().getAdminService().getEventContext()
            assert (context.userName, context.sudoerName.val, context.sudoerId.val) == (lab.member, "root", 0)
            assert not context.isAdmin and context.adminPrivileges == []
            dataset = omero.model.DatasetI()
            dataset.name = rstring("by root for the member")
            saved = client.getSession().getUpdateService().saveAndReturnObject(dataset)
            assert saved.details.owner.id.val == lab.member_id
            others = client.getSession().getSessionService().getMyOpenSessions()
            assert [s.uuid.val for s in others] == [made.uuid.val]


def test_group_and_type_of_events_are_chosen(lab: Lab) -> None:
    with logged_in(lab.instance) as root:
        sessions = root.getSessionService()
        chosen = principal(lab.member, lab.other.name.val, "Task")
        with joined(lab.instance, sessions.createSessionWithTimeouts(chosen, 0, 60_000)) as client:
            context = client.getSession().getAdminService().getEventContext()
            assert (context.groupId, context.eventType) == (lab.other.id.val, "Task")
        for wrong in (principal(""), principal("no-such-user"), principal(lab.member, "no such group")):
            with pytest.raises(omero.ApiUsageException):
                sessions.createSessionWithTimeout(wrong, 0)
        with pytest.raises(omero.ApiUsageException, match="no-such-type"):
            sessions.createSessionWithTimeout(principal(lab.member, "", "no-such-type"), 0)
        with pytest.raises(omero.SecurityViolation):
            sessions.createSessionWithTimeout(principal(lab.leader, lab.other.name.val), 0)
        with pytest.raises(omero.ApiUsageException):
            sessions.createSessionWithTimeouts(principal(lab.member), -1, 0)


def test_privileges_are_those_that_both_have(lab: Lab) -> None:
    with logged_in(lab.instance, lab.light) as light:
        made = light.getSessionService().createSessionWithTimeouts(principal("root"), 0, 60_000)
        with joined(lab.instance, made) as client:
            admin = client.getSession().getAdminService()
            assert sorted(admin.getEventContext().adminPrivileges) == sorted(PRIVILEGES)
            assert {p.value.val for p in admin.getCurrentAdminPrivileges()} == set(PRIVILEGES)
            with pytest.raises(omero.SecurityViolation, match="ModifyUser"):
                admin.updateSelf(admin.getExperimenter(0))
            again = client.getSession().getSessionService().createSessionWithTimeouts(principal(lab.member), 0, 60_000)
            assert again.sudoer.id.val == light.getAdminService().getEventContext().userId
            client.getSession().getSessionService().closeSession(again)


def test_users_act_as_nobody_else(lab: Lab) -> None:
    with logged_in(lab.instance, lab.member) as member, pytest.raises(omero.SecurityViolation):
        member.getSessionService().createSessionWithTimeout(principal(lab.leader), 0)


def test_owner_of_a_group_acts_as_its_member(lab: Lab, as_member: Any) -> None:
    session = as_member.getSession()
    context = session.getAdminService().getEventContext()
    assert (context.userName, context.sudoerName.val) == (lab.member, lab.leader)
    assert (context.groupId, context.memberOfGroups, context.leaderOfGroups) == (lab.own.id.val, [lab.own.id.val], [])
    note = rows(
        lab.instance,
        "SELECT a.textvalue, a.owner_id, l.owner_id FROM annotation a JOIN sessionannotationlink l ON l.child = a.id"
        " WHERE a.ns = %s AND l.parent = %s",
        GROUP_SUDO,
        context.sessionId,
    )
    assert note == [(str(lab.own.id.val), 0, 0)]
    dataset = omero.model.DatasetI()
    dataset.name = rstring("by the leader for the member")
    assert session.getUpdateService().saveAndReturnObject(dataset).details.owner.id.val == lab.member_id


def test_owner_of_a_group_stays_in_it(lab: Lab, as_member: Any) -> None:
    session = as_member.getSession()
    query, foreign = session.getQueryService(), {"omero.group": str(lab.other.id.val)}
    with pytest.raises(omero.SecurityViolation, match="confined"):
        query.findAllByQuery("select d from Dataset d", None, foreign)
    for group in (lab.own, lab.other):
        with pytest.raises(omero.SecurityViolation):
            session.setSecurityContext(omero.model.ExperimenterGroupI(group.id.val, False))
    assert [group.id.val for group in session.getSecurityContexts()] == [lab.own.id.val]
    with logged_in(lab.instance, lab.stranger) as stranger:
        dataset = omero.model.DatasetI()
        dataset.name = rstring("in the other group")
        hidden = omero.sys.ParametersI().addId(stranger.getUpdateService().saveAndReturnObject(dataset).id)
    find = "select d.id from Dataset d where d.id = :id"
    assert query.projection(find, hidden, {"omero.group": "-1"}) == []
    with logged_in(lab.instance, lab.member) as member:
        assert member.getQueryService().projection(find, hidden, {"omero.group": "-1"}) != []


def test_owner_of_a_group_needs_a_group_in_common(lab: Lab) -> None:
    with logged_in(lab.instance, lab.leader) as leader:
        sessions = leader.getSessionService()
        with pytest.raises(omero.SecurityViolation):
            sessions.createSessionWithTimeout(principal(lab.stranger), 0)
        with pytest.raises(omero.SecurityViolation):
            sessions.createSessionWithTimeout(principal(lab.member, lab.other.name.val), 0)
        with pytest.raises(omero.SecurityViolation):
            sessions.createSessionWithTimeout(principal("root"), 0)


def test_ownership_lost_ends_what_rests_on_it(lab: Lab, as_member: Any) -> None:
    query = as_member.getSession().getQueryService()
    assert query.findAllByQuery("select d from Dataset d where d.id = -1", None) == []
    with logged_in(lab.instance) as root:
        admin = root.getAdminService()
        admin.unsetGroupOwner(lab.own, admin.lookupExperimenter(lab.leader))
        try:
            with pytest.raises(omero.SecurityViolation):
                query.findAllByQuery("select d from Dataset d where d.id = -1", None)
        finally:
            admin.setGroupOwner(lab.own, admin.lookupExperimenter(lab.leader))


def test_password_stays_the_users(lab: Lab, as_member: Any) -> None:
    """Who acts as another user has not opened the session with this user's password."""
    with pytest.raises(omero.SecurityViolation, match="password"):
        as_member.getSession().getAdminService().changePassword(rstring("stolen"))
    with client_of(lab.instance, lab.member) as client:
        assert client.getSession().getAdminService().getEventContext().userName == lab.member
