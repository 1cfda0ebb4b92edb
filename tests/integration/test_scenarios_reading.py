"""Scenarios of permissions 1 to 33: who reads what, with which flags, in which group, with sessions of many people.

Flags: E edit, D delete, A annotate, L link, G chgrp, O chown.
"""

from __future__ import annotations

from typing import Any

import psycopg2
import pytest

import omero
import omero.model
from omero.sys import ParametersI
from tests.support.actors import Actor, Cast, Stage, image, joined, link, named, original_file, rectangle
from tests.support.instance import Instance

LEVELS = ("P", "RO", "RA", "RW")
NAMES = "select i.id from Image i where i.name = :name"


@pytest.fixture(scope="module")
def images(stage: Stage) -> dict[str, Any]:
    """An image of Ann's with pixels in each group."""
    return {level: stage.ann.save(image(), stage[level]) for level in (*LEVELS, "h")}


def seen(actor: Actor, obj: Any, group: int | None) -> bool:
    """Whether a query finds the object."""
    return actor.find(type(obj).__name__.removesuffix("I"), obj.id.val, group) is not None


def test_1_private_data_of_others(stage: Stage, images: dict[str, Any]) -> None:
    assert not seen(stage.bob, images["P"], stage["P"])
    with pytest.raises(omero.SecurityViolation):
        stage.bob.get("Image", images["P"].id.val, stage["P"])


def test_2_leader_and_administrators_see_private_data(stage: Stage, images: dict[str, Any]) -> None:
    for actor in (stage.lea, stage.root, stage.light):
        for group in (stage["P"], -1):
            assert seen(actor, images["P"], group)


@pytest.mark.parametrize(("level", "flags"), [("RO", ""), ("RA", "A"), ("RW", "EDAL")])
def test_3_4_5_members(stage: Stage, images: dict[str, Any], level: str, flags: str) -> None:
    assert stage.bob.flags(images[level], stage[level]) == flags


@pytest.mark.parametrize("level", LEVELS)
def test_6_8_leader(stage: Stage, images: dict[str, Any], level: str) -> None:
    assert stage.lea.flags(images[level], stage[level]) == ("EDO" if level == "P" else "EDALO")


@pytest.mark.parametrize("level", LEVELS)
def test_7_9_full_administrator(stage: Stage, images: dict[str, Any], level: str) -> None:
    assert stage.root.flags(images[level], stage[level]) == ("EDGO" if level == "P" else "EDALGO")
    shown = stage.root.get("Image", images[level].id.val, stage[level]).details.permissions
    assert bool(shown._restrictions) is (level == "P"), "no restriction is an empty list"


@pytest.mark.parametrize("level", LEVELS)
def test_10_owner(stage: Stage, images: dict[str, Any], level: str) -> None:
    assert stage.ann.flags(images[level], stage[level]) == "EDALG"


@pytest.mark.parametrize("level", LEVELS)
def test_11_what_moves_only_with_its_parent(stage: Stage, images: dict[str, Any], level: str) -> None:
    group = stage[level]
    pixels = images[level].getPrimaryPixels()
    shape = stage.ann.save(rectangle(omero.model.RoiI()), group)
    for obj in (pixels, pixels.getChannel(0), shape):
        for actor in (stage.ann, stage.root):
            flags = actor.flags(obj, group)
            assert "G" not in flags and "O" not in flags and "E" in flags


def test_12_links_can_be_given_but_not_moved(stage: Stage) -> None:
    group, lea = stage["RA"], stage.lea
    made = lea.save(joined("DatasetImageLink", named("Dataset"), named("Image")), group)
    assert lea.flags(made, group) == "EDALO"


@pytest.mark.parametrize(
    ("level", "privileges", "flags"),
    [
        ("RO", "WriteOwned", "EAL"),
        ("RO", "DeleteOwned", "D"),
        ("P", "WriteOwned", "E"),
        *((level, "Chgrp", "G") for level in LEVELS),
        *((level, "Chown", "O") for level in LEVELS),
        *((level, "", "") for level in LEVELS),
    ],
)
def test_13_14_15_light_administrators(
    light: dict[str, Actor], stage: Stage, images: dict[str, Any], level: str, privileges: str, flags: str
) -> None:
    assert light[privileges].flags(images[level], stage[level]) == flags


@pytest.fixture(scope="module")
def light(cast: Cast, stage: Stage) -> dict[str, Actor]:
    """Administrators with one privilege each, by its name."""
    names = ("WriteOwned", "DeleteOwned", "Chgrp", "Chown", "WriteFile", "WriteManagedRepo", "DeleteScriptRepo",
             "ModifyUser", "ModifyGroup", "ReadSession")  # fmt: skip
    return {"": stage.light} | {name: cast.light_admin(name) for name in names}


def test_16_light_administrator_who_is_a_member(cast: Cast, stage: Stage, images: dict[str, Any]) -> None:
    member = cast.light_admin(member_of=(stage.groups["RA"],))
    assert member.flags(images["RA"], stage["RA"]) == "A"


def test_17_files_inside_and_outside_of_the_repository(stage: Stage, light: dict[str, Actor]) -> None:
    plain = stage.ann.save(original_file(), stage["RO"])
    repository = stage.ann.sf.sharedResources().repositories().proxies
    proxy = next(p for p in repository if p is not None and p.ice_isA("::omero::grid::ManagedRepository"))
    context = stage.ann.context(stage["RO"]) | {"omero.session.uuid": stage.ann.client.getSessionId()}
    managed = upload(proxy, stage.ann, context)
    for name, outside, inside in (("WriteFile", True, False), ("WriteManagedRepo", False, True)):
        assert ("E" in light[name].flags(plain, stage["RO"])) is outside
        assert ("E" in light[name].flags(managed, stage["RO"])) is inside


def upload(repository: Any, actor: Actor, context: dict[str, str]) -> Any:
    """A new file of the actor in a repository."""
    folder = f"{actor.name}_{actor.id}"
    repository.makeDir(folder, True, context)
    store = repository.file(f"{folder}/a.bin", "rw", context)
    store.write(b"abc", 0, 3, context)
    saved = store.save(context)
    store.close(context)
    return saved


def test_18_scripts(stage: Stage, light: dict[str, Actor]) -> None:
    script = stage.root.query.findByQuery(
        "from OriginalFile f where f.repo = 'ScriptRepo'", None, {"omero.group": "-1"}
    )
    if script is None:
        script = stage.root.save(original_file(), 0)
        put_into_script_repository(stage, script.id.val)
    assert "D" in light["DeleteScriptRepo"].flags(script, -1)
    assert "D" not in light["DeleteOwned"].flags(script, -1)


def put_into_script_repository(stage: Stage, file_id: int) -> None:
    """Only the server itself sets the repository of a file."""
    with psycopg2.connect(stage.cast.instance.uri) as connection, connection.cursor() as cursor:
        cursor.execute("alter table originalfile disable trigger user")
        cursor.execute("update originalfile set repo = 'ScriptRepo' where id = %s", (file_id,))
        cursor.execute("alter table originalfile enable trigger user")
    connection.close()


def test_19_enumerations(stage: Stage) -> None:
    value = stage.ann.query.findAll("PixelsType", None)[0]
    assert stage.ann.flags(value) == "AL"
    assert stage.light.flags(value) == "EDAL"


@pytest.mark.parametrize(("cls", "privilege"), [("Experimenter", "ModifyUser"), ("ExperimenterGroup", "ModifyGroup")])
def test_20_users_and_groups(stage: Stage, light: dict[str, Actor], cls: str, privilege: str) -> None:
    row = link(cls, stage.bob.id if cls == "Experimenter" else stage["RO"])
    assert "E" in light[privilege].flags(row)
    assert light[""].flags(row) == "AL"


def test_21_guests(instance: Instance) -> None:
    client = omero.client(f"tcp://{instance.host}:{instance.ports.tcp}")
    session = client.createSession("guest", "guest")
    try:
        with pytest.raises(omero.SecurityViolation):
            session.getUpdateService().saveObject(named("Dataset"))
        with pytest.raises(omero.SecurityViolation):
            session.getQueryService().findAll("Image", None)
    finally:
        client.closeSession()


def test_22_world_readable_groups(cast: Cast, stage: Stage, images: dict[str, Any]) -> None:
    for permissions, flags in (("rwr-r-", ""), ("rwrara", "A"), ("rwrwrw", "EDAL")):
        group = cast.group(permissions)
        owner = cast.user(group)
        made = owner.save(image())
        assert stage.nora.flags(made, group.id.val) == stage.nora.flags(made, -1) == flags
    with pytest.raises(omero.SecurityViolation):
        stage.nora.find("Image", images["RO"].id.val, stage["RO"])


def test_23_own_data_in_another_group(stage: Stage) -> None:
    here, there = (stage.ann.save(named("Image", "scenario 23"), stage[g]) for g in ("RA", "h"))
    params = ParametersI().addString("name", "scenario 23")

    def found(group: int) -> list[int]:
        rows = stage.ann.query.projection(NAMES, params, stage.ann.context(group))
        return sorted(row[0].val for row in rows)

    assert found(stage["RA"]) == [here.id.val]
    assert found(-1) == sorted([here.id.val, there.id.val])
    with pytest.raises(omero.SecurityViolation):
        stage.ann.get("Image", there.id.val, stage["RA"])
    with pytest.raises(omero.SecurityViolation):
        stage.ann.query.find("Image", there.id.val, stage.ann.context(stage["RA"]))


def test_24_foreign_group_and_nonsense(stage: Stage) -> None:
    group = stage.other.id.val
    with pytest.raises(omero.SecurityViolation):
        stage.ann.query.findAll("Image", None, stage.ann.context(group))
    assert stage.root.query.findAll("Image", None, stage.root.context(group)) == []
    context = stage.ann.admin.getEventContext({"omero.group": "abc"})
    assert context.groupId == stage.ann.admin.getEventContext().groupId
    with pytest.raises(omero.ApiUsageException):
        stage.ann.query.findAll("Image", None, {"omero.group": str(10**9)})


def test_25_acting_as_another_user(stage: Stage, images: dict[str, Any]) -> None:
    as_ann = {"omero.user": str(stage.ann.id), "omero.group": str(stage["P"])}
    with pytest.raises(omero.SecurityViolation):
        stage.bob.query.findAll("Image", None, as_ann)
    with pytest.raises(omero.SecurityViolation):
        stage.light.query.findAll("Image", None, as_ann)
    with pytest.raises(omero.ApiUsageException):
        stage.root.query.findAll("Image", None, as_ann | {"omero.user": str(10**9)})
    context = stage.root.admin.getEventContext(as_ann)
    assert (context.userId, context.userName, context.isAdmin) == (stage.ann.id, stage.ann.name, True)
    seen = stage.root.query.get("Image", images["P"].id.val, as_ann).details.permissions
    assert seen.canAnnotate() and seen.canLink(), "to the owner it is no foreign data in a private group"
    made = stage.root.update.saveAndReturnObject(named("Dataset"), as_ann)
    assert made.details.owner.id.val == stage.ann.id
    assert stage.bob.admin.getEventContext({"omero.user": str(stage.bob.id)}).userId == stage.bob.id


def test_26_all_groups(stage: Stage, images: dict[str, Any]) -> None:
    found = {i.id.val: i for i in stage.bob.query.findAll("Image", None, stage.bob.context(-1))}
    assert images["P"].id.val not in found
    for level, permissions in (("RO", "rwr---"), ("RA", "rwra--"), ("RW", "rwrw--"), ("h", "rwra--")):
        shown = found[images[level].id.val].details.permissions
        assert str(shown) == permissions


def test_27_common_objects_show_the_permissions_of_the_call(stage: Stage) -> None:
    made = stage.root.save(original_file("common"), 1)
    for level, permissions in (("P", "rw----"), ("RA", "rwra--")):
        assert str(stage.ann.get("OriginalFile", made.id.val, stage[level]).details.permissions) == permissions
        kind = stage.ann.query.findAll("PixelsType", None, stage.ann.context(stage[level]))[0]
        assert str(kind.details.permissions) == permissions
    group = stage.ann.get("ExperimenterGroup", stage["RW"], stage["RA"])
    assert str(group.details.permissions) == "rwrw--", "groups keep their own"


def test_28_saving_in_all_groups(stage: Stage) -> None:
    with pytest.raises(omero.ApiUsageException):
        stage.ann.save(named("Dataset"), -1)
    made = stage.ann.save(named("Dataset"), stage["RA"])
    with pytest.raises(omero.ApiUsageException):
        stage.ann.save(stage.ann.get("Dataset", made.id.val, -1).__class__(made.id.val, True), -1)
    stage.ann.delete(made, -1)
    assert stage.ann.find("Dataset", made.id.val, -1) is None


def test_29_security_context(cast: Cast, stage: Stage) -> None:
    ann = cast.log_in(stage.ann.name)
    before = ann.admin.getEventContext().groupId
    previous = ann.sf.setSecurityContext(link("ExperimenterGroup", stage["RA"]))
    assert previous.id.val == before and ann.admin.getEventContext().groupId == stage["RA"]
    for group_id, error in (
        (-1, omero.ApiUsageException),
        (stage.other.id.val, omero.SecurityViolation),
    ):
        with pytest.raises(error):
            ann.sf.setSecurityContext(link("ExperimenterGroup", group_id))
    with pytest.raises(omero.ApiUsageException):
        ann.sf.setSecurityContext(omero.model.ExperimenterGroupI())
    store = ann.sf.createRawFileStore()
    with pytest.raises(omero.SecurityViolation):
        ann.sf.setSecurityContext(link("ExperimenterGroup", stage["RO"]))
    store.close()
    ann.sf.setSecurityContext(link("ExperimenterGroup", stage["RO"]))
    root = cast.log_in("root", cast.instance.root_password)
    root.sf.setSecurityContext(link("ExperimenterGroup", stage.other.id.val))
    assert root.admin.getEventContext().groupId == stage.other.id.val


def person(actor: Actor, user_id: int) -> tuple[Any, ...]:
    """(omeName, firstName, email) as the actor reads them."""
    user = actor.find("Experimenter", user_id)
    return user.omeName.val, user.firstName.val, user.email and user.email.val


def test_30_strangers_are_masked(cast: Cast, stage: Stage) -> None:
    nora = stage.nora
    assert person(stage.ann, nora.id) == ("<hidden>", "<hidden>", None)
    assert person(stage.lea, nora.id) == (nora.name, "Test", "t@example.org")
    assert person(nora, nora.id)[0] == nora.name
    assert (person(nora, 0)[0], person(nora, 1)[0]) == ("root", "guest")
    assert person(stage.light, nora.id)[0] == nora.name


def test_31_only_readable_groups_make_people_known(cast: Cast) -> None:
    private, shared = cast.group("rw----"), cast.group("rwra--")
    one, two, three = cast.user(private), cast.user(private, shared), cast.user(shared)
    assert person(one, two.id)[0] == "<hidden>"
    assert person(three, two.id)[0] == two.name


def test_32_sessions(cast: Cast, stage: Stage, light: dict[str, Actor]) -> None:
    def sessions(actor: Actor) -> dict[int, set[str]]:
        found: dict[int, set[str]] = {}
        for session in actor.query.findAllByQuery("from Session s where s.closed is null", None):
            if session.isLoaded():
                found.setdefault(session.owner.id.val, set()).add(session.uuid.val)
        return found

    uuid = stage.ann.client.getSessionId()
    mine = sessions(stage.ann)
    assert set(mine) == {stage.ann.id} and uuid in mine[stage.ann.id]
    assert set(sessions(light[""])) == {light[""].id}
    everybody = sessions(light["ReadSession"])
    assert uuid in everybody[stage.ann.id] and stage.bob.id in everybody
    sudo = cast.sudo(stage.root, stage.ann.name)
    assert sudo.client.getSessionId() not in sessions(stage.ann)[stage.ann.id]
    theirs, other = (actor.admin.getEventContext().sessionId for actor in (sudo, stage.ann))
    assert stage.ann.get("Session", other).uuid.val == uuid
    for actor, session_id in ((stage.ann, theirs), (stage.bob, other), (light[""], other)):
        with pytest.raises(omero.SecurityViolation):
            actor.get("Session", session_id)
    assert light["ReadSession"].get("Session", other).uuid.val == uuid


def test_33_former_member(cast: Cast) -> None:
    group, rest = cast.group("rwra--"), cast.group("rw----")
    ann = cast.user(group, rest)
    made = ann.save(named("Dataset"), group.id.val)
    cast.root.admin.removeGroups(link("Experimenter", ann.id), [group])
    assert ann.find("Dataset", made.id.val, -1) is not None
    assert "E" in ann.flags(made, -1)
    with pytest.raises(omero.SecurityViolation):
        ann.find("Dataset", made.id.val, group.id.val)
