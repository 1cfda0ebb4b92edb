"""IAdmin: what is loaded of users and groups that are looked up."""

from __future__ import annotations

from typing import Any

import pytest

import omero
import omero.model
from omero_server.sessions.call import SYSTEM_GROUP, USER_GROUP
from tests.support.lab import Lab, id_of, new, wire
from tests.support.operations import does, group_ref, user_ref
from tests.support.scene import ALL_PRIVILEGES

MAPS = "_groupExperimenterMap"
MEMBERSHIPS_OF_ANN = ["P", "RO", "RA", "RW", "H", "user"]


def maps(obj: Any) -> list[Any]:
    """The memberships of a loaded user or group."""
    assert obj._loaded and getattr(obj, f"{MAPS}Loaded")
    found: list[Any] = getattr(obj, f"{MAPS}Seq")
    assert all(m._loaded for m in found)
    return found


def bare(obj: Any) -> bool:
    """Whether no memberships are loaded."""
    return not getattr(obj, f"{MAPS}Loaded")


def check_user(user: Any) -> None:
    """Memberships and their groups are there, the groups' members are not."""
    for m in maps(user):
        assert m._child is user and m._parent._loaded and m._parent._name is not None and bare(m._parent)


def named(objects: list[Any], name: str, field: str = "_omeName") -> Any:
    (found,) = [obj for obj in objects if getattr(obj, field) and getattr(obj, field)._val == name]
    return found


@pytest.mark.parametrize(
    "by", ["getExperimenter", "lookupExperimenter", "lookupExperimenters", "containedExperimenters"]
)
def test_users_come_with_memberships_and_groups(lab: Lab, by: str) -> None:
    ann = lab.scene.users["ann"]
    argument = {"getExperimenter": [ann], "lookupExperimenter": ["ann"], "lookupExperimenters": []}
    found = does(lab, "bob", by, *argument.get(by, [lab.scene.groups["H"]]))
    users = found if isinstance(found, list) else [found]
    for user in users:
        check_user(user)
    assert [m._parent._name._val for m in maps(named(users, "ann"))] == MEMBERSHIPS_OF_ANN
    if by == "containedExperimenters":
        assert [u._omeName._val for u in users] == ["ann", "bob"]


@pytest.mark.parametrize("by", ["getGroup", "lookupGroup"])
def test_a_group_comes_with_its_members(lab: Lab, by: str) -> None:
    group = does(lab, "cat", by, lab.scene.groups["RW"] if by == "getGroup" else "RW")
    users = [m._child for m in maps(group)]
    assert {user._omeName._val for user in users} == {"ann", "bob", "cat", "lea"}
    assert all(user._loaded and bare(user) for user in users)
    assert [m._child._omeName._val for m in maps(group) if m._owner._val] == ["lea"]


def test_all_groups_come_with_their_members_groups(lab: Lab) -> None:
    groups = does(lab, "bob", "lookupGroups")
    assert {g._name._val for g in groups} == {"system", "user", "guest", "P", "RO", "RA", "RW", "H"}
    ann = named([m._child for m in maps(named(groups, "H", "_name"))], "ann")
    assert [m._parent._name._val for m in maps(ann)] == MEMBERSHIPS_OF_ANN
    assert all(m._parent._loaded for m in maps(ann))


def test_groups_of_a_user(lab: Lab) -> None:
    groups = does(lab, "bob", "containedGroups", lab.scene.users["ann"])
    assert {g._name._val for g in groups} == set(MEMBERSHIPS_OF_ANN)
    ann = named([m._child for m in maps(named(groups, "H", "_name"))], "ann")
    assert len(maps(ann)) == len(MEMBERSHIPS_OF_ANN)


def test_what_is_unknown(lab: Lab) -> None:
    for operation, argument in (
        ("getExperimenter", 10**9), ("lookupExperimenter", "nobody"), ("getGroup", 10**9), ("lookupGroup", "none")
    ):  # fmt: skip
        with pytest.raises(omero.ApiUsageException):
            does(lab, "bob", operation, argument)
    assert does(lab, "bob", "containedExperimenters", 10**9) == []
    assert does(lab, "bob", "containedGroups", 10**9) == []


def test_default_group_and_ids(lab: Lab) -> None:
    user, groups = user_ref(lab, "lea"), lab.scene.groups
    default = does(lab, "bob", "getDefaultGroup", id_of(user))
    assert default._name._val == "P" and bare(default)
    assert does(lab, "bob", "getMemberOfGroupIds", user) == [*(groups[g] for g in ("P", "RO", "RA", "RW")), USER_GROUP]
    assert set(does(lab, "bob", "getLeaderOfGroupIds", user)) == {groups[g] for g in ("P", "RO", "RA", "RW")}
    with pytest.raises(omero.ValidationException):
        does(lab, "bob", "getDefaultGroup", lone(lab))


def lone(lab: Lab) -> int:
    """A user whose only group is "user"."""
    person = new("Experimenter", omeName="lone", firstName="L", lastName="One")
    everybody = omero.model.ExperimenterGroup(_id=omero.RLong(USER_GROUP), _loaded=False)
    return int(does(lab, "root", "createExperimenter", person, everybody, []))


def test_privileges(lab: Lab) -> None:
    some = frozenset({"Sudo", "Chown"})
    light = {"is_admin": True, "privileges": some}
    assert {p._value._val for p in does(lab, "cat", "getCurrentAdminPrivileges", **light)} == some
    assert does(lab, "cat", "getCurrentAdminPrivileges") == []
    root = omero.model.Experimenter(_id=omero.RLong(0), _loaded=False)
    assert {p._value._val for p in does(lab, "cat", "getAdminPrivileges", root)} == ALL_PRIVILEGES
    assert does(lab, "cat", "getAdminPrivileges", user_ref(lab, "ann")) == []
    admins = does(lab, "cat", "getAdminsWithPrivileges", [])
    assert [a._omeName._val for a in admins] == ["root"] and bare(admins[0])


def test_privileges_are_kept_among_other_settings(lab: Lab) -> None:
    person = new("Experimenter", omeName="adm", firstName="A", lastName="B")
    person._config = [omero.model.NamedValue("first", "1"), omero.model.NamedValue("AdminPrivilege:Sudo", "false")]
    person._config.append(omero.model.NamedValue("last", "2"))
    made = omero.model.Experimenter(_id=omero.RLong(does(lab, "root", "createSystemUser", person)), _loaded=False)
    assert {p._value._val for p in does(lab, "root", "getAdminPrivileges", made)} == ALL_PRIVILEGES - {"Sudo"}
    names = ALL_PRIVILEGES - {"Chown"}
    does(lab, "root", "setAdminPrivileges", made, [new("AdminPrivilege", value=name) for name in names])
    assert {p._value._val for p in does(lab, "root", "getAdminPrivileges", made)} == names
    rows = "SELECT index, name, value FROM experimenter_config WHERE experimenter_id = :i ORDER BY index"
    assert lab.query(rows, i=id_of(made)) == [
        (0, "first", "1"), (1, "last", "2"), (2, "AdminPrivilege:Chown", "false")
    ]  # fmt: skip


def test_roles(lab: Lab) -> None:
    roles = does(lab, "cat", "getSecurityRoles")
    assert (roles.rootId, roles.systemGroupId, roles.userGroupId) == (0, SYSTEM_GROUP, USER_GROUP)
    assert (roles.guestId, roles.guestGroupId, roles.guestName, roles.guestGroupName) == (1, 2, "guest", "guest")


def test_only_what_is_listed_is_copied(lab: Lab) -> None:
    person = new("Experimenter", omeName="gus", firstName="Gus", lastName="Old", middleName="M", institution="I")
    made = does(lab, "root", "createUser", person, "RO")
    sent = new("Experimenter", omeName="gustav", firstName="Gustav", lastName="New", ldap=True)
    sent._id = omero.RLong(made)
    does(lab, "root", "updateExperimenter", sent)
    columns = "SELECT omename, firstname, lastname, middlename, institution, ldap FROM experimenter WHERE id = :i"
    assert lab.query(columns, i=made) == [("gustav", "Gustav", "New", None, None, False)]
    assert len(does(lab, "root", "getMemberOfGroupIds", sent)) == 2
    gustav = {"user_id": made, "user_name": "gustav"}
    sent._omeName, sent._email = wire("root2"), wire("g@example.org")
    does(lab, "cat", "updateExperimenter", sent, **gustav)
    assert lab.query("SELECT omename, email FROM experimenter WHERE id = :i", i=made) == [("gustav", "g@example.org")]


@pytest.mark.parametrize(("user", "group", "mine", "others"), [
    ("ann", "P", True, False), ("ann", "RO", True, False), ("ann", "RW", True, True), ("lea", "RO", True, True),
    ("root", "P", True, True),
])  # fmt: skip
def test_who_can_update(lab: Lab, user: str, group: str, mine: bool, others: bool) -> None:
    own = None if user == "root" else does(lab, user, "saveAndReturnObject", new("Dataset", name="own"), group=group)
    foreign = does(lab, "bob", "saveAndReturnObject", new("Dataset", name="bob's"), group=group)
    if own is not None:
        assert does(lab, user, "canUpdate", own, group=group) is mine
    assert does(lab, user, "canUpdate", foreign, group=group) is others
    assert does(lab, user, "canUpdate", group_ref(lab, group), group=group) is (user == "root")
