"""Users of a real LDAP directory who log in: accounts, groups, synchronisation, and what must not work."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import omero
from tests.support.directory import BASE, SECRET, LdapServer, ldap_server, properties
from tests.support.doors import Door
from tests.support.lab import Lab


@pytest.fixture(scope="module")
def directory() -> Iterator[LdapServer]:
    with ldap_server() as server:
        yield server


@pytest.fixture
def door(lab: Lab, directory: LdapServer) -> Any:
    def make(**changes: str) -> Door:
        return Door(lab, properties(directory, **changes))

    return make


def test_first_login_makes_the_account(door: Any, directory: LdapServer) -> None:
    directory.person("emma", departmentNumber="Zoology", initials="E.")
    mapping = "omeName=cn,firstName=givenName,lastName=sn,email=mail,institution=departmentNumber,middleName=initials"
    here = door(user_mapping=mapping)
    assert not here.opens("emma", "wrong") and not here.user("emma")
    assert here.opens("emma")
    assert here.user("emma") == [("First", "E.", "Emma", "emma@example.org", "Zoology", True)]
    assert here.groups("emma") == {"default": False, "user": False}
    assert here.opens("emma") and not here.opens("emma", "wrong")
    made = here.lab.value("SELECT ldap FROM experimentergroup WHERE name = 'default'")
    assert made is True


def test_first_logins_at_the_same_time(door: Any, directory: LdapServer) -> None:
    for name in ("dora", "dick", "dave"):
        directory.person(name)
    here = door(new_user_group="made by several")
    with ThreadPoolExecutor(24) as pool:
        assert all(pool.map(here.opens, ["dora", "dick", "dave"] * 8))
    for name in ("dora", "dick", "dave"):
        assert here.groups(name) == {"made by several": False, "user": False}


def test_every_change_is_in_the_event_log(door: Any, directory: LdapServer) -> None:
    directory.person("logged")
    here = door(new_user_group="logged group")
    assert here.opens("logged")
    entries = here.lab.query(
        "SELECT l.entitytype, l.action, v.experimenter FROM eventlog l JOIN event v ON v.id = l.event WHERE l.event ="
        " (SELECT l.event FROM eventlog l JOIN experimenter e ON e.id = l.entityid WHERE e.omename = 'logged'"
        " AND l.entitytype = 'ome.model.meta.Experimenter' AND l.action = 'INSERT')"
    )
    assert sorted(entries) == [
        ("ome.model.meta.Experimenter", "INSERT", 0),
        ("ome.model.meta.ExperimenterGroup", "INSERT", 0),
        ("ome.model.meta.GroupExperimenterMap", "INSERT", 0),
        ("ome.model.meta.GroupExperimenterMap", "INSERT", 0),
    ]


INJECTED = ["*", "*)(uid=*", "em*", "gail)(|(cn=*", "gail)(objectClass=*", "\\67ail", "gail\0", ""]


@pytest.mark.parametrize("name", INJECTED)
def test_names_are_never_part_of_a_filter(door: Any, directory: LdapServer, name: str) -> None:
    if not door().opens("gail"):
        directory.person("gail")
        assert door().opens("gail")
    before = door().lab.value("SELECT count(*) FROM experimenter")
    assert not door().opens(name)
    assert door().lab.value("SELECT count(*) FROM experimenter") == before


def test_a_name_with_special_characters_logs_in(door: Any, directory: LdapServer) -> None:
    for name in ("o'brien, (jr)*", "zoë+läß", 'quo"te\\back'):
        directory.person(name, mail="somebody@example.org")
        assert door().opens(name), name
        assert door().groups(name) == {"default": False, "user": False}


def test_an_empty_password_never_logs_in(door: Any, directory: LdapServer) -> None:
    dn = directory.person("nobody")
    assert not door().opens("nobody", "") and not door().user("nobody")
    assert door().opens("nobody") and not door().opens("nobody", "")
    for blank in ("\u00ad", "\u200b", "\ufeff\u00ad", " ", "\u00a0"):
        assert not door().opens("nobody", blank), repr(blank)
    # The directory itself would say yes.
    assert door().passwords.provider.providers[0]._ldap.directory.refusal(dn, "") == "no password was given"


def test_names_are_told_apart_as_the_database_does(door: Any, directory: LdapServer) -> None:
    directory.person("JSmith")
    assert not door().opens("jsmith") and not door().opens("JSmith ")
    assert door().opens("JSmith")


def test_names_in_lower_case(lab: Lab, directory: LdapServer) -> None:
    directory.person("KSmith")
    here = Door(lab, properties(directory) | {"omero.security.ignore_case": "true"})
    assert here.opens("KSMITH") and here.opens("ksmith") and here.opens("KSmith")
    assert here.user("ksmith") and not here.user("KSmith")


def test_two_entries_of_one_name_are_nobody(door: Any, directory: LdapServer) -> None:
    directory.person("twin")
    directory.person("twin", unit="ou=OtherLab")
    assert not door().opens("twin")
    assert door(base=f"ou=TheLab,{BASE}").opens("twin")
    assert not door().opens("twin")


def test_user_filter_at_every_login_or_only_at_the_first(lab: Lab, directory: LdapServer) -> None:
    dn = directory.person("flora", employeeType="active")
    values = properties(directory, user_filter="(&(objectClass=person)(employeeType=active))")
    first_only = {"omero.security.password_provider": "chainedPasswordProvider431"}
    here, lenient = Door(lab, values), Door(lab, values | first_only)
    assert here.opens("flora")
    directory.change(dn, employeeType="gone")
    assert not here.opens("flora") and lenient.opens("flora")
    directory.person("newcomer", employeeType="gone")
    assert not lenient.opens("newcomer")


def test_users_outside_of_the_base_are_unknown(door: Any) -> None:
    assert not door().opens("reader", "reader's secret")


@pytest.fixture(scope="module")
def grouped(directory: LdapServer) -> LdapServer:
    """hana: member of Alpha, Beta and Gamma; owner of Beta; Gamma is no OMERO group."""
    dn = directory.person("hana", title=["Alpha", "Nowhere"])
    directory.group("Alpha", dn, description="omero")
    directory.group("Beta", dn, owner=dn, description="omero")
    directory.group("Gamma", dn)
    return directory


ALPHA, BETA, GAMMA = (f"cn={name},ou=Groups,{BASE}" for name in ("Alpha", "Beta", "Gamma"))
OMERO_GROUPS = "(&(objectClass=groupOfNames)(description=omero))"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("Plain", {"Plain": False}),
        (":ou:", {"TheLab": False}),
        (":attribute:title", {"Alpha": False, "Nowhere": False}),
        (":filtered_attribute:title", {"Alpha": False}),
        (":attribute:memberOf", {ALPHA: False, BETA: False, GAMMA: False}),
        (":filtered_attribute:memberOf", {ALPHA: False, BETA: False}),
        (":dn_attribute:memberOf", {"Alpha": False, "Beta": True, "Gamma": False}),
        (":filtered_dn_attribute:memberOf", {"Alpha": False, "Beta": True}),
        (":query:(member=@{dn})", {"Alpha": False, "Beta": True}),
        (":query:(cn=@{title})", {"Alpha": False}),
        (":query:(|(description=@{email})(cn=Beta))", {"Beta": True}),
    ],
)
def test_groups_of_new_users(lab: Lab, grouped: LdapServer, rule: str, expected: dict[str, bool]) -> None:
    values = properties(
        grouped, new_user_group=rule, group_filter=OMERO_GROUPS, new_user_group_owner="(owner=@{dn})"
    )  # fmt: skip
    here = Door(lab, values)
    lab.query("UPDATE experimenter SET omename = 'hana-' || id WHERE omename = 'hana' RETURNING id")
    assert here.opens("hana")
    found = here.groups("hana")
    assert found.pop("user") is False
    assert found == expected


def test_no_group_is_no_login(door: Any, directory: LdapServer) -> None:
    directory.person("lone")
    assert not door(new_user_group=":query:(member=@{dn})").opens("lone")
    assert not door().user("lone")


def test_the_directory_makes_no_administrators(door: Any, directory: LdapServer) -> None:
    dn = directory.person("mallory")
    directory.group("system", dn)
    directory.group("honest", dn)
    here = door(new_user_group=":query:(member=@{dn})")
    assert here.opens("mallory")
    assert here.groups("mallory") == {"honest": False, "user": False}


def test_synchronisation(door: Any, directory: LdapServer, lab: Lab) -> None:
    dn = directory.person("sync")
    one, two = directory.group("Sync1", dn), directory.group("Sync2", dn, owner=dn)
    rule = {"new_user_group": ":query:(member=@{dn})", "new_user_group_owner": "(owner=@{dn})"}
    assert door(**rule).opens("sync")
    lab.query(
        "INSERT INTO groupexperimentermap (id, permissions, version, parent, child, owner, child_index)"
        " SELECT ome_nextval('seq_groupexperimentermap', 1), -52, 0, :g, id, false, 3 FROM experimenter"
        " WHERE omename = 'sync' RETURNING id",
        g=lab.scene.groups["RA"],
    )
    local = lab.value("SELECT name FROM experimentergroup WHERE id = :g", g=lab.scene.groups["RA"])
    directory.change(dn, sn="Married", mail=[])
    directory.delete(one)
    directory.change(two, owner=[])
    three = directory.group("Sync3", dn, owner=dn)
    assert door(**rule).opens("sync")
    assert set(door().groups("sync")) == {"Sync1", "Sync2", "user", local}
    assert door(**rule, sync_on_login="true").opens("sync")
    assert door().groups("sync") == {"Sync2": False, "user": False, local: False, "Sync3": True}
    assert door().user("sync")[0][2:4] == ("Married", None)
    directory.delete(three)
    assert not door(**rule, sync_on_login="true").opens("sync", "wrong")
    assert "Sync3" in door().groups("sync")


def test_accounts_that_are_not_active(door: Any, directory: LdapServer, lab: Lab) -> None:
    dn = directory.person("ina")
    assert door(sync_on_login="true").opens("ina")
    lab.query(
        "DELETE FROM groupexperimentermap m USING experimenter e"
        " WHERE e.id = m.child AND m.parent = 1 AND e.omename = 'ina' RETURNING m.id"
    )
    with pytest.raises(omero.SecurityViolation, match="not active"):
        door(sync_on_login="true").opens("ina")
    directory.delete(dn)
    assert not door().opens("ina")


def test_local_users_stay_local(door: Any, directory: LdapServer, lab: Lab) -> None:
    """An entry with the name of a user of the database does not open his account."""
    directory.person("ann")
    directory.person("root")
    assert not door().opens("ann") and not door().opens("root")
    assert door().opens("guest", "")


def test_ldap_off_or_not_in_the_chain(lab: Lab, directory: LdapServer) -> None:
    directory.person("olga")
    assert not Door(lab, properties(directory, config="false")).opens("olga")
    jdbc = properties(directory) | {"omero.security.password_provider": "jdbcPasswordProvider"}
    assert not Door(lab, jdbc).opens("olga")
    alone = properties(directory) | {"omero.security.password_provider": "ldapPasswordProvider"}
    assert Door(lab, alone).opens("olga")


def test_what_is_logged(door: Any, directory: LdapServer, caplog: pytest.LogCaptureFixture) -> None:
    directory.person("paul")
    with caplog.at_level(logging.DEBUG):
        assert door().opens("paul")
        assert not door().opens("paul", "a mistyped secret")
    assert SECRET not in caplog.text and "mistyped" not in caplog.text and "reader's secret" not in caplog.text
    assert "login of 'paul' refused" in caplog.text and "invalidCredentials" in caplog.text
