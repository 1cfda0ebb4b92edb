"""Users and groups on the command line, against a real server. Expected texts are what omero-py 5.23 prints."""

from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.instance import Instance


@pytest.fixture(scope="module")
def omero(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """The command line of root, with a group and two users: people-lab, ann and bob, who owns the group."""
    omero = CommandLine(instance, tmp_path_factory.mktemp("root"), "root", instance.root_password)
    assert omero("group", "add", "people-lab", "--type", "read-annotate").code == 0
    for name, first in (("ann", "Ann"), ("bob", "Bob")):
        mail = ["-e", f"{name}@example.org"] if name == "ann" else []
        done = omero("user", "add", name, first, "Smith", "people-lab", "-P", f"secret-{name}", *mail)
        assert done.line.startswith(f"Added user {name} (id=") and done.line.endswith(" with password")
    assert omero("user", "joingroup", "people-lab", "--name", "bob", "--as-owner").code == 0
    return omero


@pytest.fixture(scope="module")
def ann(omero: CommandLine, instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine(instance, tmp_path_factory.mktemp("ann"), "ann", "secret-ann")


def id_of(omero: CommandLine, kind: str, name: str) -> str:
    return omero(kind, "info", name).cells[0][0]


def test_list_of_users(omero: CommandLine) -> None:
    lab, ann, bob = id_of(omero, "group", "people-lab"), id_of(omero, "user", "ann"), id_of(omero, "user", "bob")
    listed = omero("user", "list")
    headers = [cell.strip() for cell in listed.out.splitlines()[0].split("|")]
    assert headers == [
        "id", "login", "first name", "last name", "email", "active", "ldap", "admin", "member of", "owner of",
    ]  # fmt: skip
    rows = {row[1]: row for row in listed.cells}
    assert rows["root"] == ["0", "root", "root", "root", "", "Yes", "False", "Yes", "", ""]
    assert rows["guest"][5] == ""
    assert rows["ann"] == [ann, "ann", "Ann", "Smith", "ann@example.org", "Yes", "False", "", lab, ""]
    assert rows["bob"] == [bob, "bob", "Bob", "Smith", "", "Yes", "False", "", "", lab]
    by_login = [row[1] for row in omero("user", "list", "--sort-by-login").cells]
    assert by_login == sorted(by_login)
    counted = omero("user", "info", "bob", "--count", "--style", "csv").out.splitlines()
    assert counted[0].endswith(",# group memberships,# group ownerships") and counted[1].endswith(",0,1")


def test_list_of_groups(omero: CommandLine) -> None:
    ann, bob = id_of(omero, "user", "ann"), id_of(omero, "user", "bob")
    assert omero("group", "info", "people-lab").cells[0][1:] == ["people-lab", "rwra--", "False", "1", "1"]
    assert omero("group", "info", "people-lab", "--long").cells[0][4:] == [bob, ann]
    assert [row[1] for row in omero("group", "listusers", "people-lab").cells] == ["ann", "bob"]
    assert [row[1] for row in omero("user", "listgroups", "ann").cells] == ["user", "people-lab"]
    assert [row[:3] for row in omero("group", "list").cells][:2] == [["0", "system", "rw----"], ["1", "user", "rwr-r-"]]


def test_own_user_and_group_are_the_default(ann: CommandLine) -> None:
    assert [row[1] for row in ann("user", "info").cells] == ["ann"]
    assert [row[1] for row in ann("group", "info").cells] == ["people-lab"]


def test_existing_user_and_group(omero: CommandLine) -> None:
    again = omero("group", "add", "people-lab")
    assert (again.code, again.out) == (3, "") and again.err.startswith("Group exists: people-lab (id=")
    assert omero("group", "add", "people-lab", "--ignore-existing").code == 0
    assert omero("user", "add", "ann", "A", "S", "people-lab", "-P", "x").code == 3
    assert omero("user", "add", "ann", "A", "S", "people-lab", "-P", "x", "--ignore-existing").code == 0


def test_joining_and_leaving(omero: CommandLine) -> None:
    group = omero("group", "add", "people-club").line.partition("id=")[2].partition(")")[0]
    ann, owners = id_of(omero, "user", "ann"), f"the owner list of group {group}"
    for arguments, text in (
        (["user", "joingroup", "people-club", "--name", "ann"], f"Added {ann} to group {group}"),
        (["user", "joingroup", group, "--id", ann], f"{ann} is already in group {group}"),
        (["group", "adduser", "ann", "--id", group, "--as-owner"], f"Added {ann} to {owners}"),
        (["group", "adduser", ann, "--name", "people-club", "--as-owner"], f"{ann} is already owner of group {group}"),
        (["user", "leavegroup", group, "--id", ann, "--as-owner"], f"Removed {ann} from {owners}"),
        (["user", "leavegroup", group, "--name", "ann", "--as-owner"], f"{ann} is not owner of group {group}"),
        (["group", "removeuser", "ann", "--id", group], f"Removed {ann} from group {group}"),
        (["group", "removeuser", "ann", "--id", group], f"{ann} is not in group {group}"),
    ):  # fmt: skip
        assert omero(*arguments).line == text


def test_default_group(omero: CommandLine, instance: Instance, tmp_path: Path) -> None:
    omero("group", "add", "people-home")
    done = omero("user", "joingroup", "people-home", "--name", "ann", "--as-default")
    assert done.out.splitlines()[1].startswith("Set the default group of user ")
    ann = CommandLine(instance, tmp_path, "ann", "secret-ann")
    assert [row[1] for row in ann("group", "info").cells] == ["people-home"]
    several = omero("user", "joingroup", "people-home", "people-lab", "--name", "ann", "--as-default")
    assert several.code != 0 and "requires a single group" in several.err
    assert omero("user", "joingroup", "people-lab", "--name", "ann", "--as-default").code == 0


def test_copying_users(omero: CommandLine) -> None:
    omero("group", "add", "people-copy")
    done = omero("group", "copyusers", "people-lab", "people-copy")
    assert len(done.out.splitlines()) == 3 and done.out.endswith("Users of people-lab copied to people-copy\n")
    assert [row[1] for row in omero("group", "listusers", "people-copy").cells] == ["ann", "bob"]
    done = omero("group", "copyusers", "people-lab", "people-copy", "--as-owner")
    assert done.out.endswith("Owners of people-lab copied to people-copy\n")
    assert omero("group", "info", "people-copy").cells[0][4:] == ["1", "1"]


def test_deactivated_users_can_do_nothing(omero: CommandLine, instance: Instance, tmp_path: Path) -> None:
    omero("user", "add", "gone", "Gone", "Away", "people-lab", "-P", "secret-gone")
    gone = CommandLine(instance, tmp_path, "gone", "secret-gone")
    assert omero("user", "leavegroup", "user", "--name", "gone").code == 0
    assert omero("user", "info", "gone").cells[0][5] == ""
    done = gone("user", "info")
    assert done.code == 1 and done.err.startswith("SecurityViolation: ")
    with pytest.raises(AssertionError, match="Your account is not active"):
        CommandLine(instance, tmp_path / "again", "gone", "secret-gone")


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["group", "info", "nobody"], 504, "Unknown group: nobody\nNo group found\n"),
        (["user", "info", "nobody"], 514, "Unknown user: nobody\nNo user found\n"),
        (["group", "adduser", "ann"], 501, "No input group is specified"),
        (["group", "adduser", "--name", "people-lab"], 511, "No input user is specified"),
        (["user", "joingroup", "--name", "ann"], 501, "No input group is specified"),
        (["user", "joingroup", "people-lab", "--id", "x"], 512, "Not a valid user ID: x"),
        (["user", "joingroup", "people-lab", "--name", "nobody"], 513, "Unknown user: nobody"),
        (["user", "add", "zed", "Z", "Z", "-P", "x"], 501, "No input group is specified"),
        (["user", "add", "zed", "Z", "Z", "people-lab", "--no-password"], 502, "Server does not allow"),
        (["user", "add", "zed", "Z", "Z", "people-lab"], 564, "cannot request password"),
        (["user", "listgroups", "ann", "bob"], 516, "Too many user arguments"),
        (["group", "listusers", "user", "people-lab"], 516, "Too many group arguments"),
        (["group", "add", "people-x", "--perms", "rx"], 505, "Invalid permission string: rx"),
        (["group", "perms", "--name", "people-lab"], 2, "one of the arguments --perms --type is required"),
    ],
)
def test_refusals(omero: CommandLine, arguments: list[str], code: int, text: str) -> None:
    done = omero(*arguments)
    assert done.code == code % 256, done.err
    assert text in done.err and done.out == ""


def test_ambiguous_name(omero: CommandLine) -> None:
    number = id_of(omero, "group", "people-lab")
    omero("group", "add", number)
    assert (
        omero("user", "joingroup", number, "--name", "bob").err
        == f"Ambiguous group identifier: {number}\nNo group found\n"
    )
    assert omero("group", "info", "--group-id", number).cells[0][1] == "people-lab"


def test_only_administrators_make_groups(ann: CommandLine) -> None:
    done = ann("group", "add", "people-mine")
    assert (done.code, done.err) == (111, "SecurityViolation: Admins only!\n")
    assert ann("user", "add", "zed", "Z", "Z", "people-lab", "-P", "x").code == 111


def test_owners_of_a_group_add_users_to_it(omero: CommandLine, instance: Instance, tmp_path: Path) -> None:
    omero("group", "add", "people-owned")
    omero("user", "add", "olga", "Olga", "Smith", "people-owned", "-P", "secret-olga")
    omero("group", "adduser", "olga", "--name", "people-owned", "--as-owner")
    olga = CommandLine(instance, tmp_path, "olga", "secret-olga")
    assert olga("user", "add", "otto", "Otto", "Smith", "people-owned", "-P", "x").code == 0
    refused = olga("user", "add", "oskar", "Oskar", "Smith", "people-lab", "-P", "x")
    assert refused.code == 68 and refused.err.startswith("SecurityViolation: ")


def test_addresses(omero: CommandLine) -> None:
    done = omero("user", "email", "-n")
    assert '"Ann Smith" <ann@example.org>' in done.out.rstrip("\n").split(", ")
    assert "Bob Smith\n" in done.err.partition("Missing email addresses:\n")[2]
    single = omero("user", "email", "-1", "-i")
    assert "ann@example.org" in single.out.splitlines() and single.err == ""


def test_password(omero: CommandLine, instance: Instance, tmp_path: Path) -> None:
    bob = CommandLine(instance, tmp_path / "a", "bob", "secret-bob")
    wrong = bob.typed(["user", "password"], ["nonsense"], "enter password")
    assert wrong[0] == 456 % 256 and "SecurityViolation: Bad credentials" in wrong[1]
    answers = ["secret-bob", "first", "second", "changed", "changed"]
    code, text = bob.typed(["user", "password"], answers, "enter password")
    assert code == 0, text
    for part in ("Verified password.", "Changing password for bob (id:", "Passwords don't match", "Password changed"):
        assert part in text
    CommandLine(instance, tmp_path / "b", "bob", "changed")
