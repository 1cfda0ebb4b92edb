"""IAdmin: which operations are open to whom, tried in transactions that are rolled back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import omero
import omero.model
from omero_server.rpc.errors import known_error
from omero_server.rpc.servants import check_role
from omero_server.services.admin.service import AdminService
from omero_server.sessions.call import SYSTEM_GROUP, USER_GROUP
from omero_server.sessions.membership import Membership
from tests.support.instance import fresh_root
from tests.support.lab import Lab, new, open_lab, ref, wire
from tests.support.operations import group_ref, user_ref
from tests.support.scene import ALL_PRIVILEGES

READ_ONLY = -56
SERVICE = AdminService()
MEMBERSHIP = "ModifyGroupMembership"


class Undone(Exception):
    """Ends a transaction without a commit."""


@dataclass(frozen=True)
class Case:
    """An operation, its arguments, the privilege that opens it to administrators, and whether leaders may, too."""

    operation: str
    arguments: Callable[[Lab], tuple[Any, ...]]
    privilege: str
    leader: bool

    def __str__(self) -> str:
        return f"{self.operation}-{'leader' if self.leader else 'admin'}"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with fresh_root() as root, open_lab(root) as lab:
        lab.scene.db = lab.database.engine.connect()
        lab.scene.user("eve", "RO")
        lab.scene.group("empty", READ_ONLY)
        lab.scene.add(
            "groupexperimentermap", parent=lab.scene.groups["empty"], child=lab.scene.users["lea"], child_index=9,
            owner=True,
        )  # fmt: skip
        lab.scene.leaders["lea"].append(lab.scene.groups["empty"])
        lab.scene.db.commit()
        lab.scene.db.close()
        yield lab


def person() -> Any:
    return new("Experimenter", omeName="fresh", firstName="First", lastName="Last")


def fetched_group(lab: Lab, name: str) -> Any:
    with lab.call("root", None) as call:
        return SERVICE.lookupGroup(call, name)


def fetched_user(lab: Lab, name: str) -> Any:
    with lab.call("root", None) as call:
        return SERVICE.lookupExperimenter(call, name)


def everybody() -> Any:
    return ref("ExperimenterGroup", USER_GROUP)


CASES = [
    Case("createGroup", lambda lab: (new("ExperimenterGroup", name="new group"),), "ModifyGroup", False),
    Case("updateGroup", lambda lab: (fetched_group(lab, "RO"),), "ModifyGroup", True),
    Case("updateGroup", lambda lab: (fetched_group(lab, "H"),), "ModifyGroup", False),
    Case("deleteGroup", lambda lab: (group_ref(lab, "empty"),), "ModifyGroup", True),
    Case("deleteGroup", lambda lab: (group_ref(lab, "H"),), "ModifyGroup", False),
    Case("changePermissions", lambda lab: (group_ref(lab, "RA"), bits(READ_ONLY)), "ModifyGroup", True),
    Case("changePermissions", lambda lab: (group_ref(lab, "H"), bits(READ_ONLY)), "ModifyGroup", False),
    Case("addGroups", lambda lab: (user_ref(lab, "eve"), [group_ref(lab, "RA")]), MEMBERSHIP, True),
    Case("addGroups", lambda lab: (user_ref(lab, "eve"), two(lab, "RA", "H")), MEMBERSHIP, False),
    Case("removeGroups", lambda lab: (user_ref(lab, "cat"), [group_ref(lab, "RA")]), MEMBERSHIP, True),
    Case("removeGroups", lambda lab: (user_ref(lab, "ann"), [everybody()]), MEMBERSHIP, False),
    Case("setGroupOwner", lambda lab: (group_ref(lab, "RA"), user_ref(lab, "cat")), MEMBERSHIP, True),
    Case("setGroupOwner", lambda lab: (group_ref(lab, "H"), user_ref(lab, "ann")), MEMBERSHIP, False),
    Case("unsetGroupOwner", lambda lab: (group_ref(lab, "RA"), user_ref(lab, "lea")), MEMBERSHIP, True),
    Case("unsetGroupOwner", lambda lab: (group_ref(lab, "H"), user_ref(lab, "ann")), MEMBERSHIP, False),
    Case("addGroupOwners", lambda lab: (group_ref(lab, "RA"), [user_ref(lab, "eve")]), MEMBERSHIP, True),
    Case("addGroupOwners", lambda lab: (everybody(), [user_ref(lab, "eve")]), MEMBERSHIP, False),
    Case("removeGroupOwners", lambda lab: (group_ref(lab, "RA"), [user_ref(lab, "lea")]), MEMBERSHIP, True),
    Case("removeGroupOwners", lambda lab: (group_ref(lab, "H"), [user_ref(lab, "eve")]), MEMBERSHIP, False),
    Case("setDefaultGroup", lambda lab: (user_ref(lab, "bob"), group_ref(lab, "RA")), "ModifyUser", False),
    Case("createUser", lambda lab: (person(), "RW"), "ModifyUser", True),
    Case("createUser", lambda lab: (person(), "H"), "ModifyUser", False),
    Case("createExperimenter", lambda lab: (person(), group_ref(lab, "RO"), [everybody()]), "ModifyUser", True),
    Case("createExperimenter", lambda lab: (person(), group_ref(lab, "RO"), two(lab, "RW", "H")), "ModifyUser", False),
    Case("createExperimenter", lambda lab: (person(), ref("ExperimenterGroup", SYSTEM_GROUP), []), "ModifyUser", False),
    Case(
        "createExperimenterWithPassword",
        lambda lab: (person(), wire("secret"), group_ref(lab, "RO"), [everybody()]),
        "ModifyUser",
        True,
    ),
    Case("createSystemUser", lambda lab: (person(),), "ModifyUser", False),
    Case("createRestrictedSystemUser", lambda lab: (person(), []), "ModifyUser", False),
    Case("createRestrictedSystemUserWithPassword", lambda lab: (person(), [], wire("x")), "ModifyUser", False),
    Case("updateExperimenter", lambda lab: (fetched_user(lab, "bob"),), "ModifyUser", False),
    Case("updateExperimenterWithPassword", lambda lab: (fetched_user(lab, "bob"), wire("x")), "ModifyUser", False),
    Case("deleteExperimenter", lambda lab: (user_ref(lab, "eve"),), "ModifyUser", False),
    Case("setAdminPrivileges", lambda lab: (user_ref(lab, "bob"), []), "ModifyUser", False),
]  # fmt: skip


def bits(permissions: int) -> Any:
    return omero.model.Permissions(_perm1=permissions)


def two(lab: Lab, *names: str) -> list[Any]:
    return [group_ref(lab, name) for name in names]


def attempt(lab: Lab, user: str, case: Case, **changes: Any) -> None:
    """Run an operation as far as the commit, with all checks of the database, and undo it."""
    method = getattr(SERVICE, case.operation)
    arguments = case.arguments(lab)
    try:
        with lab.call(user, "P", **changes) as call:
            caller = call.caller
            roles = frozenset(caller.member_of) & {SYSTEM_GROUP, USER_GROUP}
            membership = Membership(caller.user_id, user, (), caller.leader_of, caller.privileges, roles)
            check_role(membership, method.__dict__["operation"].role, case.operation)
            method(call, *arguments)
            call.transaction.write_privileges()
            call.db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
            raise Undone
    except Undone:
        return
    except DBAPIError as error:
        raise known_error(error) or error from None


def administrator(*privileges: str) -> dict[str, Any]:
    return {"is_admin": True, "privileges": frozenset(privileges), "member_of": (SYSTEM_GROUP, USER_GROUP)}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_administrators_need_one_privilege(lab: Lab, case: Case) -> None:
    attempt(lab, "root", case)
    attempt(lab, "cat", case, **administrator(case.privilege))
    with pytest.raises(omero.SecurityViolation):
        attempt(lab, "cat", case, **administrator(*ALL_PRIVILEGES - {case.privilege}))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_leaders_manage_their_groups_and_members_nothing(lab: Lab, case: Case) -> None:
    if case.leader:
        attempt(lab, "lea", case)
    else:
        with pytest.raises(omero.SecurityViolation):
            attempt(lab, "lea", case)
    with pytest.raises(omero.SecurityViolation):
        attempt(lab, "ann", case)


def test_users_choose_their_own_default_group(lab: Lab) -> None:
    arguments = (user_ref(lab, "ann"), group_ref(lab, "H"))
    attempt(lab, "ann", Case("setDefaultGroup", lambda lab: arguments, "", False))


@pytest.mark.parametrize(
    ("operation", "nothing"),
    [
        ("canUpdate", [None]), ("getMemberOfGroupIds", [None]), ("getLeaderOfGroupIds", [None]),
        ("getAdminPrivileges", [None]), ("updateSelf", [None]), ("updateExperimenter", [None]), ("createGroup", [None]),
        ("updateGroup", [None]), ("createUser", [None, "RW"]), ("createSystemUser", [None]), ("deleteGroup", [None]),
        ("createExperimenter", [None, None, None]), ("deleteExperimenter", [None]), ("changePermissions", [None, None]),
        ("setAdminPrivileges", [None, []]),
    ],
)  # fmt: skip
def test_null_is_no_argument(lab: Lab, operation: str, nothing: list[Any]) -> None:
    with pytest.raises(omero.ApiUsageException):
        attempt(lab, "root", Case(operation, lambda lab: tuple(nothing), "", False))


@pytest.mark.parametrize(
    ("operation", "nothing"),
    [
        ("removeGroups", (None, None)), ("setDefaultGroup", (None, None)), ("setGroupOwner", (None, None)),
        ("unsetGroupOwner", (None, None)), ("addGroupOwners", (None, None)), ("removeGroupOwners", (None, None)),
        ("moveToCommonSpace", (None,)),
    ],
)  # fmt: skip
def test_nothing_to_do_is_nothing_done(lab: Lab, operation: str, nothing: tuple[Any, ...]) -> None:
    attempt(lab, "ann", Case(operation, lambda lab: nothing, "", False))


@pytest.mark.parametrize(
    ("operation", "arguments", "error"),
    [
        ("addGroups", lambda lab: (user_ref(lab, "ann"), None), omero.ValidationException),
        ("addGroups", lambda lab: (user_ref(lab, "ann"), []), omero.ValidationException),
        ("addGroups", lambda lab: (user_ref(lab, "ann"), [new("ExperimenterGroup")]), omero.ApiUsageException),
        ("addGroups", lambda lab: (None, [group_ref(lab, "RO")]), omero.ApiUsageException),
        ("removeGroups", lambda lab: (ref("Experimenter", 0), [everybody()]), omero.ValidationException),
        ("removeGroups", lambda lab: (user_ref(lab, "eve"), [group_ref(lab, "RO")]), omero.ValidationException),
        ("setDefaultGroup", lambda lab: (user_ref(lab, "ann"), everybody()), omero.ApiUsageException),
        ("setDefaultGroup", lambda lab: (user_ref(lab, "eve"), group_ref(lab, "H")), omero.ApiUsageException),
        ("createGroup", lambda lab: (new("ExperimenterGroup"),), omero.ValidationException),
        ("createGroup", lambda lab: (new("ExperimenterGroup", name="user"),), omero.ValidationException),
        ("changePermissions", lambda lab: (new("Image", name="i"), bits(READ_ONLY)), omero.SecurityViolation),
        ("deleteGroup", lambda lab: (ref("ExperimenterGroup", 10**9),), omero.ApiUsageException),
        ("deleteGroup", lambda lab: (everybody(),), omero.ValidationException),
        ("deleteExperimenter", lambda lab: (ref("Experimenter", 10**9),), omero.ApiUsageException),
        ("deleteExperimenter", lambda lab: (ref("Experimenter", 0),), omero.ValidationException),
        ("addGroups", lambda lab: (user_ref(lab, "ann"), [ref("ExperimenterGroup", 10**9)]), omero.ApiUsageException),
        ("addGroups", lambda lab: (ref("Experimenter", 10**9), [group_ref(lab, "RO")]), omero.ApiUsageException),
        ("setGroupOwner", lambda lab: (group_ref(lab, "RO"), ref("Experimenter", 10**9)), omero.ApiUsageException),
        ("setAdminPrivileges", lambda lab: (ref("Experimenter", 10**9), []), omero.ApiUsageException),
        ("createUser", lambda lab: (person(), "no such group"), omero.ApiUsageException),
        ("updateGroup", lambda lab: (ref("ExperimenterGroup", 10**9),), omero.ApiUsageException),
        ("getAdminsWithPrivileges", lambda lab: ([new("AdminPrivilege", value="Fly")],), omero.ApiUsageException),
        ("setAdminPrivileges", lambda lab: (ref("Experimenter", 0), []), omero.ApiUsageException),
        ("getDefaultGroup", lambda lab: (10**9,), omero.ApiUsageException),
    ],
)  # fmt: skip
def test_what_even_administrators_cannot_do(lab: Lab, operation: str, arguments: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        attempt(lab, "root", Case(operation, arguments, "", False))


@pytest.mark.parametrize(
    ("old", "name"), [("system", "rulers"), ("user", "people"), ("RO", "user"), ("RO", "guest"), ("P", "the current")]
)
def test_names_of_groups_that_must_stay(lab: Lab, old: str, name: str) -> None:
    group = fetched_group(lab, old)
    group._name = wire(name)
    with pytest.raises(omero.ValidationException):
        attempt(lab, "root", Case("updateGroup", lambda lab: (group,), "", False))


def test_nobody_makes_administrators_above_himself(lab: Lab) -> None:
    light = administrator("ModifyGroupMembership", "ModifyUser")
    system = ref("ExperimenterGroup", SYSTEM_GROUP)
    for operation, arguments in (
        ("addGroups", (user_ref(lab, "eve"), [system])),
        ("setGroupOwner", (system, user_ref(lab, "eve"))),
        ("createRestrictedSystemUser", (person(), [new("AdminPrivilege", value="Chown")])),
    ):
        with pytest.raises(omero.SecurityViolation, match="Chown"):
            attempt(lab, "cat", Case(operation, lambda lab, given=arguments: given, "", False), **light)
