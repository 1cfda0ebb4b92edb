"""IAdmin, IUpdate and ITypes against a real database, called as the dispatcher calls them."""

from __future__ import annotations

from typing import Any

import pytest

import omero
import omero.model
from omero_server.sessions.call import SYSTEM_GROUP, USER_GROUP
from omero_server.sessions.membership import load_membership
from tests.support.lab import Lab, id_of, new, ref, wire
from tests.support.operations import does, group_ref
from tests.support.scene import ALL_PRIVILEGES


def person(name: str) -> Any:
    return new("Experimenter", omeName=name, firstName="First", lastName="Last", email=f"{name}@example.org")


def groups_of(lab: Lab, user_id: int) -> list[int]:
    with lab.call("root", None) as call:
        membership = load_membership(call.db, user_id)
    assert membership is not None
    return list(membership.member_of)


def password_works(lab: Lab, name: str, text: str) -> bool:
    return lab.engine.passwords.check(name, text) is not None


def test_create_user_with_password_and_log_in(lab: Lab) -> None:
    groups = [group_ref(lab, "RO"), ref("ExperimenterGroup", USER_GROUP), group_ref(lab, "RO")]
    made = does(
        lab, "root", "createExperimenterWithPassword", person("eve"), wire("secret"), group_ref(lab, "RW"), groups
    )
    assert groups_of(lab, made) == [lab.scene.groups["RW"], lab.scene.groups["RO"], USER_GROUP]
    assert password_works(lab, "eve", "secret") and not password_works(lab, "eve", "wrong")
    assert lab.value("SELECT count(*) FROM eventlog WHERE action = 'PASSWORD' AND entityid = :i", i=made) == 1
    does(lab, "root", "changeUserPassword", "eve", wire("other"))
    assert password_works(lab, "eve", "other")


def test_blank_password_closes_the_account(lab: Lab) -> None:
    does(lab, "root", "createUser", person("frank"), "RW")
    assert not password_works(lab, "frank", "") and not password_works(lab, "frank", "x")


def test_who_may_create_users(lab: Lab) -> None:
    with pytest.raises(omero.SecurityViolation):
        does(lab, "ann", "createUser", person("nobody"), "RW")
    made = does(lab, "lea", "createUser", person("gina"), "RW")
    assert groups_of(lab, made) == [lab.scene.groups["RW"], USER_GROUP]
    with pytest.raises(omero.SecurityViolation):
        does(lab, "lea", "createUser", person("nobody"), "H")
    with pytest.raises(omero.ApiUsageException, match="no such group"):
        does(lab, "root", "createUser", person("nobody"), "no such group")


@pytest.mark.parametrize("bad", [new("Experimenter", firstName="A", lastName="B"), person("ann"), person(" ")])
def test_user_without_or_with_a_taken_name(lab: Lab, bad: Any) -> None:
    with pytest.raises(omero.ValidationException):
        does(lab, "root", "createUser", bad, "RW")


def test_names_must_not_be_empty(lab: Lab) -> None:
    ann = does(lab, "root", "lookupExperimenter", "ann")
    group = does(lab, "root", "getGroup", lab.scene.groups["RO"])
    ann._omeName = group._name = wire("")
    for operation, argument in (("updateExperimenter", ann), ("updateGroup", group), ("createGroup", group)):
        with pytest.raises(omero.ValidationException, match="must not be empty"):
            does(lab, "root", operation, argument)


def test_administrators_and_their_privileges(lab: Lab) -> None:
    made = does(lab, "root", "createSystemUser", person("ada"))
    admin = ref("Experimenter", made)
    names = {p._value._val for p in does(lab, "root", "getAdminPrivileges", admin)}
    assert names == ALL_PRIVILEGES
    some = [new("AdminPrivilege", value="Sudo"), new("AdminPrivilege", value="ModifyUser")]
    light = does(lab, "root", "createRestrictedSystemUserWithPassword", person("lou"), some, wire("pw"))
    lou = {"is_admin": True, "privileges": frozenset({"Sudo", "ModifyUser"}), "member_of": (SYSTEM_GROUP, USER_GROUP)}
    assert groups_of(lab, light) == [SYSTEM_GROUP, USER_GROUP]
    assert {p._value._val for p in does(lab, "root", "getAdminPrivileges", ref("Experimenter", light))} == {
        "Sudo", "ModifyUser"
    }  # fmt: skip
    with pytest.raises(omero.SecurityViolation):
        does(
            lab, "cat", "setAdminPrivileges", ref("Experimenter", light), [new("AdminPrivilege", value="Chown")], **lou
        )
    with pytest.raises(omero.SecurityViolation):
        does(lab, "cat", "changeUserPassword", "ada", wire("x"), **lou)
    with pytest.raises(omero.ApiUsageException):
        does(lab, "root", "setAdminPrivileges", ref("Experimenter", 0), some)
    does(lab, "root", "setAdminPrivileges", ref("Experimenter", light), some[:1])
    found = does(lab, "root", "getAdminsWithPrivileges", some)
    assert {u._omeName._val for u in found} == {"root", "ada"}
    for nameless in (None, ref("AdminPrivilege", 1)):
        with pytest.raises(omero.ApiUsageException, match="with its value"):
            does(lab, "root", "getAdminsWithPrivileges", [nameless])
        with pytest.raises(omero.ApiUsageException, match="with its value"):
            does(lab, "root", "setAdminPrivileges", ref("Experimenter", light), [nameless])


def test_memberships_and_default_group(lab: Lab) -> None:
    made = does(lab, "root", "createExperimenter", person("hal"), ref("ExperimenterGroup", USER_GROUP), [])
    user, groups = ref("Experimenter", made), lab.scene.groups
    with pytest.raises(omero.ValidationException):
        does(lab, "root", "getDefaultGroup", made)
    does(lab, "lea", "addGroups", user, [group_ref(lab, "RA"), group_ref(lab, "RO")])
    assert groups_of(lab, made) == [groups["RA"], USER_GROUP, groups["RO"]]
    assert id_of(does(lab, "ann", "getDefaultGroup", made)) == groups["RA"]
    with pytest.raises(omero.SecurityViolation):
        does(lab, "lea", "addGroups", user, [group_ref(lab, "H")])
    does(lab, "root", "setDefaultGroup", user, group_ref(lab, "RO"))
    assert groups_of(lab, made) == [groups["RO"], groups["RA"], USER_GROUP]
    with pytest.raises(omero.ApiUsageException):
        does(lab, "root", "setDefaultGroup", user, ref("ExperimenterGroup", USER_GROUP))
    does(lab, "lea", "removeGroups", user, [group_ref(lab, "RO")])
    assert does(lab, "ann", "getMemberOfGroupIds", user) == [groups["RA"], USER_GROUP]
    with pytest.raises(omero.ValidationException):
        does(lab, "lea", "removeGroups", user, [group_ref(lab, "RA")])
    with pytest.raises(omero.ValidationException):
        does(lab, "root", "removeGroups", ref("Experimenter", 0), [ref("ExperimenterGroup", SYSTEM_GROUP)])


def test_group_owners(lab: Lab) -> None:
    user = ref("Experimenter", lab.scene.users["cat"])
    does(lab, "lea", "setGroupOwner", group_ref(lab, "RA"), user)
    assert does(lab, "cat", "getLeaderOfGroupIds", user) == [lab.scene.groups["RA"]]
    does(lab, "lea", "unsetGroupOwner", group_ref(lab, "RA"), user)
    assert does(lab, "cat", "getLeaderOfGroupIds", user) == []
    with pytest.raises(omero.SecurityViolation):
        does(lab, "ann", "setGroupOwner", group_ref(lab, "RA"), user)


def test_groups_are_created_changed_and_deleted(lab: Lab) -> None:
    group = new("ExperimenterGroup", name="fresh")
    made = does(lab, "root", "createGroup", group)
    assert lab.query("SELECT name, permissions FROM experimentergroup WHERE id = :i", i=made) == [("fresh", -120)]
    changed = does(lab, "root", "getGroup", made)
    changed._name, changed._details._permissions = wire("renamed"), omero.model.Permissions(_perm1=-40)
    does(lab, "root", "updateGroup", changed)
    assert lab.query("SELECT name, permissions FROM experimentergroup WHERE id = :i", i=made) == [("renamed", -40)]
    log = "SELECT count(*) FROM eventlog WHERE action = 'CHMOD(rwra--)' AND entityid = :i"
    assert lab.value(log, i=made) == 1
    does(lab, "root", "deleteGroup", ref("ExperimenterGroup", made))
    assert lab.query("SELECT id FROM experimentergroup WHERE id = :i", i=made) == []
    with pytest.raises(omero.ValidationException):
        does(lab, "root", "createGroup", new("ExperimenterGroup", name="RW"))
    with pytest.raises(omero.ValidationException):
        does(lab, "root", "deleteGroup", group_ref(lab, "RW"))


def test_group_cannot_become_private_over_links(lab: Lab) -> None:
    group = group_ref(lab, "RA")
    image = does(lab, "ann", "saveAndReturnObject", new("Image", name="i"), group="RA")
    private = omero.model.Permissions(_perm1=-120)
    with pytest.raises(omero.SecurityViolation):
        does(lab, "ann", "changePermissions", group, private, group="RA")
    tag = new("TagAnnotation", textValue="t")
    link = new("ImageAnnotationLink", parent=ref("Image", id_of(image)), child=tag)
    link = does(lab, "bob", "saveAndReturnObject", link, group="RA")
    with pytest.raises(omero.SecurityViolation, match="ImageAnnotationLink"):
        does(lab, "lea", "changePermissions", group, private, group="RA")
    with pytest.raises(omero.GroupSecurityViolation):
        does(lab, "root", "changePermissions", group, omero.model.Permissions(_perm1=-1912))
    does(lab, "bob", "deleteObject", ref("ImageAnnotationLink", id_of(link)), group="RA")
    does(lab, "lea", "changePermissions", group, private, group="RA")
    assert lab.value("SELECT permissions FROM image WHERE id = :i", i=id_of(image)) == -120
    does(lab, "lea", "changePermissions", group, omero.model.Permissions(_perm1=-40), group="RA")


def test_users_change_themselves(lab: Lab) -> None:
    mine = does(lab, "bob", "getExperimenter", lab.scene.users["bob"])
    mine._email, mine._omeName = wire("new@example.org"), wire("not changed")
    does(lab, "bob", "updateSelf", mine)
    assert lab.query("SELECT omename, email FROM experimenter WHERE id = :i", i=id_of(mine)) == [
        ("bob", "new@example.org")
    ]
    with pytest.raises(omero.SecurityViolation):
        does(lab, "ann", "updateExperimenter", mine)
    other = does(lab, "root", "getExperimenter", 1)
    other._omeName = wire("visitor")
    with pytest.raises(omero.ValidationException):
        does(lab, "root", "updateExperimenter", other)


def test_own_password_needs_the_old_one(lab: Lab) -> None:
    does(lab, "root", "createUser", person("ida"), "RW")
    does(lab, "root", "changeUserPassword", "ida", wire("first"))
    ida = {"user_id": lab.value("SELECT id FROM experimenter WHERE omename = 'ida'"), "user_name": "ida"}
    with pytest.raises(omero.SecurityViolation):
        does(lab, "ann", "changePasswordWithOldPassword", wire("bad"), wire("second"), **ida)
    does(lab, "ann", "changePasswordWithOldPassword", wire("first"), wire("second"), **ida)
    assert password_works(lab, "ida", "second")


def test_user_is_deleted_unless_referenced(lab: Lab) -> None:
    made = does(lab, "root", "createUser", person("jim"), "RW")
    does(lab, "root", "deleteExperimenter", ref("Experimenter", made))
    assert lab.query("SELECT id FROM experimenter WHERE id = :i", i=made) == []
    does(lab, "ann", "saveObject", new("Dataset", name="d"))
    with pytest.raises(omero.ValidationException):
        does(lab, "root", "deleteExperimenter", ref("Experimenter", lab.scene.users["ann"]))
    assert len(groups_of(lab, lab.scene.users["ann"])) > 1


def test_look_ups_load_memberships(lab: Lab) -> None:
    ann = does(lab, "bob", "lookupExperimenter", "ann")
    parents = [m._parent for m in ann._groupExperimenterMapSeq]
    assert [p._name._val for p in parents if p._name] == ["P", "RO", "RA", "RW", "H", "user"]
    assert not parents[0]._groupExperimenterMapLoaded
    group = does(lab, "bob", "lookupGroup", "H")
    assert {m._child._omeName._val for m in group._groupExperimenterMapSeq} == {"ann", "bob"}
    assert {u._omeName._val for u in does(lab, "bob", "containedExperimenters", lab.scene.groups["H"])} == {
        "ann",
        "bob",
    }
    assert "H" in {g._name._val for g in does(lab, "bob", "containedGroups", lab.scene.users["ann"])}
    assert len(does(lab, "bob", "lookupExperimenters")) >= 6 and len(does(lab, "bob", "lookupGroups")) >= 8
    with pytest.raises(omero.ApiUsageException):
        does(lab, "bob", "lookupExperimenter", "nobody at all")


def test_can_update(lab: Lab) -> None:
    image = does(lab, "ann", "saveAndReturnObject", new("Image", name="i"), group="RO")
    assert does(lab, "ann", "canUpdate", image, group="RO") is True
    assert does(lab, "bob", "canUpdate", image, group="RO") is False
    with pytest.raises(omero.ApiUsageException):
        does(lab, "ann", "canUpdate", ref("Image", 10**9))


def test_update_service_saves_and_deletes(lab: Lab) -> None:
    saved = does(lab, "ann", "saveAndReturnArray", [new("Dataset", name="a"), new("Project", name="b")])
    assert [type(s).__name__ for s in saved] == ["Dataset", "Project"]
    ids = does(lab, "ann", "saveAndReturnIds", [new("Dataset", name="c"), new("Dataset", name="d")])
    assert lab.query("SELECT name FROM dataset WHERE id = ANY(:i) ORDER BY id", i=ids) == [("c",), ("d",)]
    assert does(lab, "ann", "saveAndReturnIds", []) == []
    with pytest.raises(omero.ApiUsageException):
        does(lab, "ann", "saveArray", None)
    dataset = ref("Dataset", ids[0])
    link = new("DatasetImageLink", parent=dataset, child=new("Image", name="i"))
    does(lab, "ann", "saveObject", link)
    with pytest.raises(omero.ValidationException):
        does(lab, "ann", "deleteObject", dataset, group=None)
    with pytest.raises(omero.SecurityViolation):
        does(lab, "bob", "deleteObject", ref("DatasetImageLink", id_of(link)), group="RO", member_of=())
    does(lab, "ann", "deleteObject", ref("DatasetImageLink", id_of(link)), group=None)
    does(lab, "ann", "deleteObject", dataset, group=None)
    assert lab.query("SELECT id FROM dataset WHERE id = :i", i=ids[0]) == []


def test_enumerations(lab: Lab) -> None:
    made = does(lab, "ann", "createEnumeration", new("Format", value="Our Format"))
    assert id_of(does(lab, "bob", "getEnumeration", "omero.model.FormatI", "Our Format")) == id_of(made)
    with pytest.raises(omero.ValidationException):
        does(lab, "ann", "createEnumeration", new("Format", value="Our Format"))
    with pytest.raises(omero.ApiUsageException):
        does(lab, "ann", "getEnumeration", "Format", "no such")
    with pytest.raises(omero.ApiUsageException):
        does(lab, "ann", "allEnumerations", "Image")
    made._value = wire("Renamed")
    does(lab, "root", "updateEnumeration", made)
    assert lab.value("SELECT value FROM format WHERE id = :i", i=id_of(made)) == "Renamed"
    does(lab, "root", "resetEnumerations", "Format")
    assert does(lab, "ann", "allEnumerations", "Format") == []
    assert len(does(lab, "ann", "getEnumerationTypes")) == 29
    assert "Image" in does(lab, "ann", "getAnnotationTypes")
    entries = does(lab, "ann", "getEnumerationsWithEntries")
    assert [e._value._val for e in entries["DimensionOrder"]][:2] == ["XYZCT", "XYZTC"]
    originals = does(lab, "root", "getOriginalEnumerations")
    assert any(o._value._val == "uint16" and o._bitSize._val == 16 for o in originals)
