"""Permission bits, and what callers may do with others' objects."""

from __future__ import annotations

from dataclasses import replace

import pytest

from omero_server.model.schema import MODEL
from omero_server.security.bits import PRIVATE, READ_ANNOTATE, READ_ONLY, READ_WRITE, is_private, parse, text
from omero_server.security.voter import Action, Subject, allowed, may_read, restrictions
from omero_server.sessions.call import GUEST_USER, USER_GROUP, Caller

GROUP, OTHER_GROUP, ME, OTHER = 10, 11, 20, 21
ALL = frozenset(MODEL.enums["AdminPrivilege"])
LEVELS = {"P": PRIVATE, "RO": READ_ONLY, "RA": READ_ANNOTATE, "RW": READ_WRITE}
MEMBER = Caller(1, "uuid", ME, "me", GROUP, "g", PRIVATE, (GROUP, USER_GROUP), (), False, frozenset())
LEADER = replace(MEMBER, leader_of=(GROUP,))
ADMIN = replace(MEMBER, member_of=(0, USER_GROUP), is_admin=True, privileges=ALL)
STRANGER = replace(MEMBER, member_of=(OTHER_GROUP, USER_GROUP))
CALLERS = {
    "member": MEMBER,
    "leader": LEADER,
    "admin": ADMIN,
    "admin who may write": replace(ADMIN, privileges=frozenset({"WriteOwned"})),
    "admin who may delete": replace(ADMIN, privileges=frozenset({"DeleteOwned"})),
    "admin without privileges": replace(ADMIN, privileges=frozenset()),
    "such an admin, member": replace(ADMIN, privileges=frozenset(), member_of=(0, GROUP)),
    "stranger": STRANGER,
    "guest": replace(MEMBER, user_id=GUEST_USER),
    "in a share": replace(MEMBER, share_id=5),
}
# What each may do with somebody else's image, by level: E(dit), D(elete), A(nnotate), L(ink).
OTHERS = """
member                   | ----  | ----  | --A-  | EDAL
leader                   | ED--  | EDAL  | EDAL  | EDAL
admin                    | ED--  | EDAL  | EDAL  | EDAL
admin who may write      | E---  | E-AL  | E-AL  | E-AL
admin who may delete     | -D--  | -D--  | -D--  | -D--
admin without privileges | ----  | ----  | ----  | ----
such an admin, member    | ----  | ----  | --A-  | EDAL
stranger                 | ----  | ----  | ----  | ----
guest                    | ----  | ----  | ----  | ----
in a share               | ----  | ----  | ----  | ----
"""
CASES = [
    (cells[0], level, letters)
    for line in OTHERS.strip().splitlines()
    for cells in [[cell.strip() for cell in line.split("|")]]
    for level, letters in zip(LEVELS, cells[1:], strict=True)
]
LETTERS = {"E": Action.EDIT, "D": Action.DELETE, "A": Action.ANNOTATE, "L": Action.LINK}


def flags(caller: Caller, subject: Subject) -> str:
    return "".join(letter if allowed(caller, action, subject) else "-" for letter, action in LETTERS.items())


def thing(level: str = "RA", cls: str = "Image", owner: int | None = OTHER, group: int | None = GROUP) -> Subject:
    return Subject(MODEL.classes[cls], owner, group, LEVELS[level])


@pytest.mark.parametrize(("who", "level", "expected"), CASES)
def test_others_image(who: str, level: str, expected: str) -> None:
    assert flags(CALLERS[who], thing(level)) == expected


@pytest.mark.parametrize("level", LEVELS)
def test_own_image(level: str) -> None:
    mine = thing(level, owner=ME)
    assert flags(MEMBER, mine) == flags(STRANGER, mine) == "EDAL"
    assert restrictions(MEMBER, mine) == [False] * 5 + [True]


@pytest.mark.parametrize(
    ("cls", "privilege", "expected"),
    [
        ("Experimenter", "ModifyUser", "EDAL"),
        ("Experimenter", "ModifyGroup", "--AL"),
        ("ExperimenterGroup", "ModifyGroup", "EDAL"),
        ("GroupExperimenterMap", "ModifyGroupMembership", "EDAL"),
        ("Format", "Sudo", "EDAL"),
    ],
)
def test_what_belongs_to_the_system(cls: str, privilege: str, expected: str) -> None:
    subject = Subject(MODEL.classes[cls])
    assert flags(replace(ADMIN, privileges=frozenset({privilege})), subject) == expected
    assert flags(MEMBER, subject) == "--AL"


@pytest.mark.parametrize(
    ("repository", "privilege", "other"),
    [
        (None, "WriteFile", "WriteManagedRepo"),
        ("a uuid", "WriteManagedRepo", "WriteFile"),
        ("ScriptRepo", "WriteScriptRepo", "WriteManagedRepo"),
    ],
)
def test_privileges_for_files(repository: str | None, privilege: str, other: str) -> None:
    file = Subject(MODEL.classes["OriginalFile"], OTHER, GROUP, READ_ONLY, repository)
    assert allowed(replace(ADMIN, privileges=frozenset({privilege})), Action.EDIT, file)
    assert not allowed(replace(ADMIN, privileges=frozenset({other, "WriteOwned"})), Action.EDIT, file)


def test_common_space_can_be_linked_but_not_its_folders() -> None:
    script = Subject(MODEL.classes["OriginalFile"], OTHER, USER_GROUP, parse("rwr-r-"))
    assert flags(MEMBER, script) == "--AL"
    assert flags(MEMBER, replace(script, directory=True)) == "----"


@pytest.mark.parametrize(
    ("cls", "owner", "caller", "chgrp", "chown"),
    [
        ("Image", ME, MEMBER, True, False),
        ("Image", OTHER, LEADER, False, True),
        ("Image", OTHER, replace(ADMIN, privileges=frozenset({"Chgrp"})), True, False),
        ("Pixels", ME, LEADER, False, False),
        ("DatasetImageLink", ME, LEADER, False, True),
        ("ImageAnnotationLink", OTHER, ADMIN, False, True),
        ("TagAnnotation", ME, MEMBER, True, False),
    ],
)
def test_moving_and_giving(cls: str, owner: int, caller: Caller, chgrp: bool, chown: bool) -> None:
    assert (restrictions(caller, thing("RW", cls, owner)) or [False] * 6)[4:] == [not chgrp, not chown]


@pytest.mark.parametrize(
    ("caller", "level", "readable"),
    [
        (MEMBER, "P", False),
        (MEMBER, "RO", True),
        (LEADER, "P", True),
        (ADMIN, "P", True),
        (replace(MEMBER, group_id=OTHER_GROUP), "RW", False),
        (replace(MEMBER, group_id=-1), "RO", True),
        (replace(MEMBER, group_id=-1), "P", False),
        (replace(STRANGER, group_id=-1), "RW", False),
    ],
)
def test_reading_a_single_object(caller: Caller, level: str, readable: bool) -> None:
    assert may_read(caller, thing(level)) is readable


@pytest.mark.parametrize(
    ("bits", "letters"),
    [
        (-120, "rw----"),
        (-56, "rwr---"),
        (-40, "rwra--"),
        (-8, "rwrw--"),
        (-52, "rwr-r-"),
        (-35, "rwrara"),
        (-1, "rwrwrw"),
        (-820, "r-r-r-"),
        (-1912, "------"),
    ],
)
def test_bits_and_letters(bits: int, letters: str) -> None:
    assert (text(bits), parse(letters)) == (letters, bits)
    assert is_private(bits) is (letters[2] == "-")


@pytest.mark.parametrize("bad", ["rwx", "", "rwrwrwr", "xw----"])
def test_nonsense_is_no_permissions(bad: str) -> None:
    with pytest.raises(ValueError, match="rwra--"):
        parse(bad)
