"""LDAP users as clients of a running server: logins, IAdmin and ILdap, and what ends up in the log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import Glacier2
import pytest

import omero
import omero.model
from omero.rtypes import rlong, rstring
from tests.support.directory import BASE, SECRET, LdapServer, ldap_server, properties
from tests.support.instance import Instance, fresh_root, running
from tests.support.people import logged_in

RULES = {
    "new_user_group": ":query:(member=@{dn})",
    "new_user_group_owner": "(owner=@{dn})",
    "sync_on_login": "true",
    "group_mapping": "name=cn,description=description",
}


@pytest.fixture(scope="module")
def directory() -> Iterator[LdapServer]:
    with ldap_server() as server:
        emma, fred = server.person("emma"), server.person("fred", unit="ou=OtherLab", title="Dr")
        server.group("Lab", emma, fred, owner=emma, description="all of them")
        server.group("Empty")
        server.person("lone")
        yield server


@pytest.fixture(scope="module")
def server(directory: LdapServer) -> Iterator[Instance]:
    throttle = {"omero.security.login_failure_throttle_time": "300"}
    with fresh_root() as root, running(root, properties=properties(directory, **RULES) | throttle) as instance:
        yield instance


@pytest.fixture(scope="module")
def root(server: Instance) -> Iterator[Any]:
    with logged_in(server) as session:
        yield session


def refusal(server: Instance, name: str, password: str) -> str:
    """Why a login is refused."""
    with pytest.raises(Glacier2.PermissionDeniedException) as caught, logged_in(server, name, password):
        pass
    return str(caught.value.reason)


def test_log_in_and_work(server: Instance) -> None:
    with logged_in(server, "emma", SECRET) as session:
        context = session.getAdminService().getEventContext()
        assert (context.userName, context.groupName, context.isAdmin) == ("emma", "Lab", False)
        assert context.leaderOfGroups == [context.groupId]
        dataset = omero.model.DatasetI()
        dataset.name = rstring("of a directory user")
        saved = session.getUpdateService().saveAndReturnObject(dataset)
        assert saved.details.owner.id.val == context.userId
        me = session.getAdminService().getExperimenter(context.userId)
        assert (me.ldap.val, me.lastName.val, me.email.val) == (True, "Emma", "emma@example.org")
        assert session.getAdminService().lookupLdapAuthExperimenter(context.userId) == f"cn=emma,ou=TheLab,{BASE}"


def test_refusals_say_nothing_of_the_password(server: Instance) -> None:
    with logged_in(server, "fred", SECRET):
        pass
    assert refusal(server, "fred", "mistyped secret").startswith("Password check failed for 'fred': [")
    assert refusal(server, "unknown person", "another secret") == "Password check failed for 'unknown person': []"
    assert refusal(server, "lone", SECRET) == "Password check failed for 'lone': []"
    assert refusal(server, "*)(uid=*", SECRET) == "Password check failed for '*)(uid=*': []"
    log = server.log("Blitz-0")
    assert "login of 'fred' refused" in log and "invalidCredentials" in log
    assert "gives the new user no group" in log
    for secret in (SECRET, "mistyped secret", "another secret", "reader's secret"):
        assert secret not in log


def test_wrong_passwords_are_answered_late(server: Instance) -> None:
    times = []
    for password in ("wrong", "wrong", "wrong"):
        started = time.monotonic()
        assert refusal(server, "nobody at all", password)
        times.append(time.monotonic() - started)
    assert min(times[1:]) >= 0.3
    with logged_in(server, "fred", SECRET):
        assert "wrong" not in server.log("Blitz-0")


def test_a_session_that_is_over(server: Instance) -> None:
    with logged_in(server, "fred", SECRET) as session:
        key = session.getAdminService().getEventContext().sessionUuid
    reason = refusal(server, key, key)
    assert f"no open session {key} (of user fred, created 2" in reason and "closed 2" in reason
    assert key not in server.log("Blitz-0")


def test_passwords_of_directory_users_stay_there(server: Instance, root: Any) -> None:
    with logged_in(server, "emma", SECRET) as session:
        admin = session.getAdminService()
        with pytest.raises(omero.SecurityViolation, match="LDAP directory"):
            admin.changePassword(rstring("another"))
        with pytest.raises(omero.SecurityViolation, match="LDAP directory"):
            admin.changePasswordWithOldPassword(rstring(SECRET), rstring("another"))
        with pytest.raises(omero.SecurityViolation, match="wrong"):
            admin.changePasswordWithOldPassword(rstring("bad"), rstring("another"))
        with pytest.raises(omero.SecurityViolation, match="LDAP directory"):
            admin.reportForgottenPassword("emma", "emma@example.org")
    with pytest.raises(omero.SecurityViolation, match="LDAP directory"):
        root.getAdminService().changeUserPassword("emma", rstring("another"))
    assert refusal(server, "emma", "another")


def test_ldap_is_for_administrators(server: Instance) -> None:
    with logged_in(server, "emma", SECRET) as session:
        ldap = session.getLdapService()
        calls: dict[str, tuple[Any, ...]] = {
            "searchAll": (), "searchDnInGroups": ("cn", "Lab"), "searchByAttribute": ("", "cn", "emma"),
            "searchByAttributes": ("", ["cn"], ["emma"]), "searchByDN": (BASE,), "findDN": ("emma",),
            "findGroupDN": ("Lab",), "findExperimenter": ("emma",), "findGroup": ("Lab",), "setDN": (rlong(2), "x"),
            "getSetting": (), "discover": (), "discoverGroups": (), "createUser": ("lone",),
        }  # fmt: skip
        assert len(calls) == 14
        for name, arguments in calls.items():
            with pytest.raises(omero.SecurityViolation):
                getattr(ldap, name)(*arguments)


def names(found: list[Any]) -> set[str]:
    return {person.omeName.val for person in found}


def test_searches(root: Any) -> None:
    ldap = root.getLdapService()
    assert ldap.getSetting() is True
    found = ldap.searchAll()
    assert names(found) == {"emma", "fred", "lone"} and all(person.id is None for person in found)
    assert ldap.searchDnInGroups("member", f"cn=emma,ou=TheLab,{BASE}") == [f"cn=Lab,ou=Groups,{BASE}"]
    assert names(ldap.searchByAttribute("", "title", "Dr")) == {"fred"}
    assert names(ldap.searchByAttribute(f"ou=TheLab,{BASE}", "givenName", "First")) == {"emma", "lone"}
    assert names(ldap.searchByAttribute("", "cn", "*")) == set()
    assert names(ldap.searchByAttributes("", ["givenName", "sn"], ["First", "Emma"])) == {"emma"}
    for attributes, values in ((["a"], []), (["cn)(x"], ["y"])):
        with pytest.raises(omero.ApiUsageException):
            ldap.searchByAttributes("", attributes, values)


def test_finding_one(root: Any) -> None:
    ldap = root.getLdapService()
    dn = f"cn=fred,ou=OtherLab,{BASE}"
    assert ldap.findDN("fred") == dn and ldap.findGroupDN("Lab") == f"cn=Lab,ou=Groups,{BASE}"
    for fred in (ldap.searchByDN(dn), ldap.findExperimenter("fred")):
        assert (fred.omeName.val, fred.firstName.val, fred.lastName.val, fred.ldap.val) == (
            "fred",
            "First",
            "Fred",
            True,
        )
    group = ldap.findGroup("Lab")
    assert (group.name.val, group.description.val, group.ldap.val) == ("Lab", "all of them", True)
    finders = [
        (ldap.findDN, "nobody"),
        (ldap.findGroupDN, "none"),
        (ldap.findExperimenter, "e*"),
        (ldap.findGroup, "*"),
    ]
    for find, name in [*finders, (ldap.searchByDN, f"cn=nobody,{BASE}")]:
        with pytest.raises(omero.ApiUsageException, match="Cannot find a unique"):
            find(name)


def test_create_user_before_the_first_login(server: Instance, directory: LdapServer, root: Any) -> None:
    ldap = root.getLdapService()
    dn = directory.person("early")
    with pytest.raises(omero.ValidationException, match="no group"):
        ldap.createUser("early")
    directory.group("Early birds", dn)
    made = ldap.createUser("early")
    assert made.omeName.val == "early" and made.id.val > 1
    with pytest.raises(omero.ValidationException, match="exists"):
        ldap.createUser("early")
    with pytest.raises(omero.ApiUsageException, match="unique"):
        ldap.createUser("nobody")
    assert root.getAdminService().lookupLdapAuthExperimenter(made.id.val) == dn
    with logged_in(server, "early", SECRET) as session:
        assert session.getAdminService().getEventContext().groupName == "Early birds"


def test_local_users_become_directory_users(server: Instance, directory: LdapServer, root: Any) -> None:
    admin, ldap = root.getAdminService(), root.getLdapService()
    group = omero.model.ExperimenterGroupI()
    group.name, group.ldap = rstring("Empty"), omero.rtypes.rbool(False)
    admin.createGroup(group)
    user = omero.model.ExperimenterI()
    user.omeName, user.firstName, user.lastName = rstring("gwen"), rstring("G"), rstring("W")
    user.ldap = omero.rtypes.rbool(False)
    everybody = admin.lookupGroup("user")
    user_id = admin.createExperimenterWithPassword(user, rstring("local"), admin.lookupGroup("Empty"), [everybody])
    dn = directory.person("gwen")
    directory.group("Gwens", dn)
    assert refusal(server, "gwen", SECRET)
    assert names(ldap.discover()) == {"gwen"}
    assert [found.name.val for found in ldap.discoverGroups()] == ["Empty"]
    assert admin.lookupLdapAuthExperimenter(user_id) == ""
    ldap.setDN(rlong(user_id), dn)
    assert refusal(server, "gwen", "local")
    with logged_in(server, "gwen", SECRET) as session:
        groups = session.getAdminService().containedGroups(user_id)
        assert {g.name.val for g in groups} == {"Empty", "user", "Gwens"}
    assert ldap.discover() == []
    ldap.setDN(rlong(user_id), "")
    with logged_in(server, "gwen", "local"):
        pass


def test_users_by_distinguished_name(server: Instance, directory: LdapServer, root: Any) -> None:
    for name in ("emma", "fred"):
        with logged_in(server, name, SECRET):
            pass
    admin = root.getAdminService()
    found = {dn: value.val for row in admin.lookupLdapAuthExperimenters().val for dn, value in row.val.items()}
    assert found[f"cn=fred,ou=OtherLab,{BASE}"] == admin.lookupExperimenter("fred").id.val
    dn = directory.person("leaver")
    directory.group("Leavers", dn)
    with logged_in(server, "leaver", SECRET):
        directory.delete(dn)
    rows = [(name, value.val) for row in admin.lookupLdapAuthExperimenters().val for name, value in row.val.items()]
    assert ("ERROR", admin.lookupExperimenter("leaver").id.val) in rows
    assert refusal(server, "leaver", SECRET)


def test_small_operations(root: Any) -> None:
    admin = root.getAdminService()
    admin.synchronizeLoginCache()
    with pytest.raises(omero.InternalException, match="do not expire"):
        admin.changeExpiredCredentials("emma", "a", "b")


def test_directory_is_down(server: Instance, directory: LdapServer, root: Any) -> None:
    directory.stop()
    try:
        reason = refusal(server, "emma", SECRET)
        assert reason.startswith("Internal error. Please contact your administrator: No LDAP server can be asked")
        with logged_in(server) as session:
            assert session.getAdminService().getEventContext().userName == "root"
        with pytest.raises(omero.ResourceError, match="No LDAP server can be asked"):
            root.getLdapService().searchAll()
    finally:
        directory.start()
    with logged_in(server, "emma", SECRET):
        pass
