"""Scenarios of permissions 34 to 62: who creates, links, changes and deletes what, with sessions of many people."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from uuid import uuid4

import psycopg2
import pytest

import omero
import omero.model
from omero.rtypes import rbool, rdouble, rint, rstring
from omero.sys import ParametersI
from tests.support.actors import Actor, Cast, Stage, image, joined, link, named, original_file, rectangle, tag

SV, GSV = omero.SecurityViolation, omero.GroupSecurityViolation
ROGSV, API = omero.ReadOnlyGroupSecurityViolation, omero.ApiUsageException


@pytest.fixture(scope="module")
def writer(cast: Cast) -> Actor:
    """An administrator with the privilege WriteOwned only."""
    return cast.light_admin("WriteOwned")


def outcome(error: type[Exception] | None) -> AbstractContextManager[Any]:
    """A block that must end with exactly this error, or normally."""
    return nullcontext() if error is None else pytest.raises(error, check=lambda found: type(found) is error)


def owner_of(obj: Any) -> int:
    return int(obj.details.owner.id.val)


def with_details(obj: Any, owner: int | None = None, group: int | None = None) -> Any:
    """The object, asking for an owner and a group."""
    if owner is not None:
        obj.details.owner = link("Experimenter", owner)
    if group is not None:
        obj.details.group = link("ExperimenterGroup", group)
    return obj


def test_34_owner_and_group_of_new_objects(stage: Stage) -> None:
    made = stage.ann.save(named("Dataset"), stage["RO"])
    assert (owner_of(made), made.details.group.id.val) == (stage.ann.id, stage["RO"])
    default = stage.ann.save(named("Dataset"))
    assert default.details.group.id.val == stage.ann.admin.getEventContext().groupId


def test_35_new_objects_for_others(stage: Stage, writer: Actor) -> None:
    for actor, error in ((stage.ann, SV), (stage.lea, SV), (stage.light, SV), (stage.root, None), (writer, None)):
        with outcome(error):
            assert owner_of(actor.save(with_details(named("Dataset"), owner=stage.bob.id), stage["RW"])) == stage.bob.id


def test_36_new_objects_elsewhere(stage: Stage) -> None:
    for actor in (stage.ann, stage.root):
        with outcome(SV):
            actor.save(with_details(named("Dataset"), group=stage["h"]), stage["RA"])
    with outcome(SV):
        stage.ann.save(with_details(named("Dataset"), group=1), stage["RA"])
    assert stage.root.save(with_details(named("Dataset"), group=1), stage["RA"]).details.group.id.val == 1
    assert stage.ann.save(with_details(named("Dataset"), owner=stage.ann.id, group=stage["RA"]), stage["RA"])


@pytest.mark.parametrize(("level", "error"), [("RO", SV), ("RA", None), ("RW", None)])
def test_37_38_tagging(stage: Stage, level: str, error: type[Exception] | None) -> None:
    group = stage[level]
    target, theirs = stage.ann.save(image(), group), stage.ann.save(tag(), group)
    for label in (stage.bob.save(tag(), group), theirs):
        with outcome(error):
            made = stage.bob.save(joined("ImageAnnotationLink", target, label), group)
            assert owner_of(made) == stage.bob.id
    mine = stage.bob.save(image(), group)
    with outcome(error):
        stage.bob.save(joined("ImageAnnotationLink", mine, theirs), group)


@pytest.mark.parametrize(("level", "error"), [("RO", SV), ("RA", SV), ("RW", None)])
def test_39_containers(stage: Stage, level: str, error: type[Exception] | None) -> None:
    group, ann, bob = stage[level], stage.ann, stage.bob
    picture, dataset = ann.save(image(), group), bob.save(named("Dataset"), group)
    folder = bob.save(named("Folder"), group)
    for actor, made in (
        (bob, joined("DatasetImageLink", dataset, picture)),
        (ann, joined("DatasetImageLink", dataset, ann.save(named("Image"), group))),
        (bob, joined("ProjectDatasetLink", named("Project"), ann.save(named("Dataset"), group))),
        (bob, joined("FolderImageLink", folder, picture)),
    ):
        with outcome(error):
            actor.save(made, group)


@pytest.mark.parametrize(("level", "roi", "shape"), [("RO", SV, SV), ("RA", None, SV), ("RW", None, None)])
def test_40_rois(stage: Stage, level: str, roi: type[Exception] | None, shape: type[Exception] | None) -> None:
    group = stage[level]
    picture = stage.ann.save(image(), group)
    theirs = stage.ann.save(omero.model.RoiI(), group)
    mine = omero.model.RoiI()
    mine.image = picture.proxy()
    with outcome(roi):
        stage.bob.save(mine, group)
    with outcome(shape):
        stage.bob.save(rectangle(theirs.proxy()), group)


def rendering(pixels: Any) -> Any:
    """New rendering settings of pixels, as small as can be."""
    made = omero.model.RenderingDefI()
    made.pixels, made.defaultZ, made.defaultT = pixels.proxy(), rint(0), rint(0)
    made.compression, made.name = rdouble(0.8), rstring("n")
    made.model, made.quantization = omero.model.RenderingModelI(), omero.model.QuantumDefI()
    made.model.value = rstring("rgb")
    quantum = made.quantization
    quantum.cdStart, quantum.cdEnd, quantum.bitResolution = rint(0), rint(255), rint(255)
    return made


def thumbnail(pixels: Any) -> Any:
    """A new thumbnail."""
    made = omero.model.ThumbnailI()
    made.pixels, made.sizeX, made.sizeY, made.mimeType = pixels.proxy(), rint(8), rint(8), rstring("image/jpeg")
    return made


@pytest.mark.parametrize("level", ["RO", "RA", "RW"])
def test_41_settings_and_thumbnails(stage: Stage, level: str) -> None:
    group = stage[level]
    pixels = stage.ann.save(image(), group).getPrimaryPixels()
    for made in (rendering(pixels), thumbnail(pixels)):
        saved = stage.bob.save(made, group)
        assert owner_of(saved) == stage.bob.id and stage.bob.flags(saved, group).startswith("EDAL")


@pytest.mark.parametrize(("level", "error"), [("P", ROGSV), ("RO", None)])
def test_42_leader_tags(stage: Stage, level: str, error: type[Exception] | None) -> None:
    group, lea = stage[level], stage.lea
    picture, label = stage.ann.save(image(), group), lea.save(tag(), group)
    with outcome(error):
        lea.save(joined("ImageAnnotationLink", picture, label), group)
    count = "select count(l) from ImageAnnotationLink l where l.parent.id = :id"
    counted = lea.query.projection(count, ParametersI().addId(picture.id.val), lea.context(group))
    assert counted[0][0].val == (0 if error else 1)


def test_43_links_in_private_groups(stage: Stage, writer: Actor) -> None:
    group = stage["P"]
    dataset, picture = stage.ann.save(named("Dataset"), group), stage.ann.save(image(), group)
    for actor in (stage.root, writer, stage.lea):
        with outcome(ROGSV):
            actor.save(joined("DatasetImageLink", dataset, picture), group)
    for actor in (stage.root, writer):
        made = actor.save(joined("DatasetImageLink", dataset, picture, owner=stage.ann.id), group)
        assert owner_of(made) == stage.ann.id
        stage.ann.delete(made, group)
    with outcome(GSV):
        stage.lea.save(joined("DatasetImageLink", dataset, picture, owner=stage.ann.id), group)


def test_44_mixed_groups(stage: Stage) -> None:
    dataset, picture = stage.ann.save(named("Dataset"), stage["RA"]), stage.ann.save(image(), stage["h"])
    for group, error in ((stage["RA"], GSV), (stage["h"], GSV), (-1, API)):
        with outcome(error):
            stage.ann.save(joined("DatasetImageLink", dataset, picture), group)


def test_45_common_objects_can_be_referred_to(stage: Stage) -> None:
    script = stage.root.save(original_file("official"), 1)
    picture, attachment = stage.ann.save(image(), stage["P"]), omero.model.FileAnnotationI()
    attachment.file = script.proxy()
    made = stage.ann.save(joined("ImageAnnotationLink", picture, attachment), stage["P"])
    assert made.child.file.id.val == script.id.val
    job = joined("JobOriginalFileLink", omero.model.ScriptJobI(), script)
    assert job.child.id.val == script.id.val


@pytest.mark.parametrize(
    ("level", "who", "error"),
    [("RO", "bob", SV), ("RA", "bob", SV), ("RW", "bob", None), ("P", "lea", None), ("RA", "lea", None),
     ("P", "root", None), ("P", "writer", None), ("P", "light", GSV), ("RO", "light", SV), ("RO", "writer", None)],
)  # fmt: skip
def test_46_47_renaming(stage: Stage, writer: Actor, level: str, who: str, error: type[Exception] | None) -> None:
    actor = writer if who == "writer" else getattr(stage, who)
    picture = stage.ann.save(image(), stage[level])
    with outcome(error):
        saved = actor.rename(picture, stage[level])
        assert owner_of(saved) == stage.ann.id
        event = stage.root.find("Event", saved.details.updateEvent.id.val)
        assert event.experimenter.id.val == actor.id


def test_48_giving_by_saving(stage: Stage, cast: Cast, writer: Actor) -> None:
    giver = cast.light_admin("WriteOwned", "Chown")
    for actor, error in ((stage.ann, SV), (stage.lea, SV), (writer, SV), (giver, None), (stage.root, None)):
        picture = stage.ann.save(image(), stage["RW"])
        with outcome(error):
            saved = actor.save(with_details(actor.get("Image", picture.id.val, stage["RW"]), stage.bob.id), stage["RW"])
            assert owner_of(saved) == stage.bob.id


def test_49_owner_left_out(stage: Stage) -> None:
    picture = stage.ann.save(image(), stage["RW"])
    for actor in (stage.ann, stage.root, stage.bob):
        fresh = actor.get("Image", picture.id.val, stage["RW"])
        fresh.details.owner = fresh.details.group = fresh.details.creationEvent = fresh.details.updateEvent = None
        fresh.name = rstring(f"by {actor.name}")
        saved = actor.save(fresh, stage["RW"])
        assert (owner_of(saved), saved.details.group.id.val) == (stage.ann.id, stage["RW"])
        assert saved.details.creationEvent.id.val == picture.details.creationEvent.id.val


def test_50_events_and_versions(stage: Stage) -> None:
    group, ann = stage["RA"], stage.ann
    made = ann.save(named("Dataset"), group)
    for actor in (ann, stage.root):
        fresh = actor.get("Dataset", made.id.val, group)
        fresh.details.creationEvent = link("Event", 0)
        with outcome(SV):
            actor.save(fresh, group)
    stale = ann.get("Dataset", made.id.val, group)
    ann.rename(made, group)
    stale.description = rstring("d")
    with outcome(omero.OptimisticLockException):
        ann.save(stale, group)
    pairs = omero.model.MapAnnotationI()
    pairs.setMapValue([omero.model.NamedValue("a", "1")])
    pairs = ann.save(pairs, group)
    old = ann.get("MapAnnotation", pairs.id.val, group)
    pairs.setMapValue([omero.model.NamedValue("a", "2")])
    assert ann.save(pairs, group).version.val == old.version.val + 1
    old.details.updateEvent = None
    with outcome(omero.OptimisticLockException):
        ann.save(old, group)


def test_51_permissions_of_objects(stage: Stage) -> None:
    group = stage["RA"]
    made = stage.ann.save(image(), group)
    fresh = stage.ann.get("Image", made.id.val, group)
    fresh.details.permissions = omero.model.PermissionsI("rwrwrw")
    fresh.name = rstring("saved otherwise")
    saved = stage.ann.save(fresh, group)
    assert (saved.name.val, str(saved.details.permissions)) == ("saved otherwise", "rwra--")
    for letters, error in (("rw----", GSV), ("rwra--", None)):
        asking = named("Image")
        asking.details.permissions = omero.model.PermissionsI(letters)
        with outcome(error):
            stage.ann.save(asking, group)


@pytest.mark.parametrize(
    "make",
    [
        lambda: named("ExperimenterGroup", ldap=rbool(False)),
        lambda: omero.model.FormatI(),
        lambda: omero.model.EventI(),
        lambda: omero.model.NamespaceI(),
        lambda: omero.model.ExperimenterI(),
    ],
)
def test_52_system_types(stage: Stage, make: Callable[[], Any]) -> None:
    made = make()
    for name, value in (("value", "v"), ("omeName", "o"), ("firstName", "f"), ("lastName", "l"), ("name", "n")):
        if hasattr(made, name):
            setattr(made, name, rstring(f"{value}{uuid4()}"))
    if isinstance(made, omero.model.EventI):
        made.status = rstring("s")
    with outcome(SV):
        stage.ann.save(made, stage["RA"])


def test_52_existing_system_types(stage: Stage) -> None:
    for cls, object_id, field in (
        ("Experimenter", stage.ann.id, "lastName"),
        ("ExperimenterGroup", stage["RA"], "description"),
        ("PixelsType", stage.ann.query.findAll("PixelsType", None)[0].id.val, "value"),
    ):
        fresh = stage.lea.get(cls, object_id)
        setattr(fresh, field, rstring("changed"))
        with outcome(SV):
            stage.lea.save(fresh)


def test_53_repository_of_files(stage: Stage) -> None:
    asking = original_file()
    asking.repo = rstring("ScriptRepo")
    for actor in (stage.ann, stage.root):
        with outcome(SV):
            actor.save(asking, stage["RA"])
    made = stage.ann.save(original_file(), stage["RA"])
    made.repo, made.name = rstring("ScriptRepo"), rstring("other")
    stage.ann.save(made, stage["RA"])
    stored = stage.ann.get("OriginalFile", made.id.val, stage["RA"])
    assert (stored.repo, stored.name.val) == (None, "other")


def test_54_paths(stage: Stage) -> None:
    for path, name in (("/a/../b/", "f"), ("/a/./b/", "f"), ("/a/", "..")):
        with outcome(SV):
            stage.ann.save(original_file(name, path), stage["RA"])
    made = stage.ann.save(original_file("f..g", "/a..b/"), stage["RA"])
    made.path = rstring("../")
    with outcome(SV):
        stage.ann.save(made, stage["RA"])
    assert stage.root.save(original_file("f", "/a/../b/"), stage["RA"])


@pytest.mark.parametrize(("level", "error"), [("RA", SV), ("RW", None)])
def test_55_deleting_links(stage: Stage, level: str, error: type[Exception] | None) -> None:
    group = stage[level]
    picture = stage.ann.save(image(), group)
    own, others = (stage.bob.save(joined("ImageAnnotationLink", picture, tag()), group) for _ in range(2))
    stage.bob.delete(own, group)
    with outcome(error):
        stage.ann.delete(others, group)
    assert (stage.ann.find("ImageAnnotationLink", others.id.val, group) is None) is (error is None)


def test_56_deleting_what_is_referred_to(stage: Stage) -> None:
    made = stage.ann.save(joined("DatasetImageLink", named("Dataset"), named("Image")), stage["RA"])
    with outcome(omero.ValidationException):
        stage.ann.delete(made.parent, stage["RA"])
    with outcome(API):
        stage.ann.delete(omero.model.DatasetI(), stage["RA"])
    stage.ann.update.deleteObject(None)
    with outcome(omero.ValidationException):
        stage.ann.delete(link("Dataset", 10**9), stage["RA"])


def test_57_permissions_of_groups(cast: Cast) -> None:
    group = cast.group("rwra--")
    member, leader = cast.user(group), cast.user(group, leads=(group,))
    manager, other = cast.light_admin("ModifyGroup"), cast.light_admin("ModifyUser")
    for actor, letters, error in (
        (member, "rwr---", SV),
        (other, "rwr---", SV),
        (leader, "rwr---", None),
        (manager, "rwrw--", None),
        (leader, "------", GSV),
        (manager, "------", GSV),
    ):
        with outcome(error):
            actor.admin.changePermissions(group, omero.model.PermissionsI(letters))
            assert str(cast.root.get("ExperimenterGroup", group.id.val).details.permissions) == letters
    with outcome(SV):
        leader.admin.changePermissions(leader.save(image()), omero.model.PermissionsI("rwrw--"))


def logged(cast: Cast, cls: str, object_id: int) -> list[str]:
    """Actions in the event log of an object, oldest first."""
    with psycopg2.connect(cast.instance.uri) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select action from eventlog where entitytype like %s and entityid = %s order by id",
            (f"%.{cls}", object_id),
        )
        found = [row[0] for row in cursor.fetchall()]
    connection.close()
    return found


def test_58_making_a_group_private(cast: Cast) -> None:
    group = cast.group("rwra--")
    ann, bob = cast.user(group), cast.user(group)
    picture = ann.save(image())
    made = bob.save(joined("ImageAnnotationLink", picture, tag()))
    with outcome(SV):
        cast.root.admin.changePermissions(group, omero.model.PermissionsI("rw----"))
    bob.delete(made)
    cast.root.admin.changePermissions(group, omero.model.PermissionsI("rw----"))
    assert "CHMOD(rw----)" in logged(cast, "ExperimenterGroup", group.id.val)
    assert bob.find("Image", picture.id.val) is None


def test_59_memberships(cast: Cast, stage: Stage) -> None:
    newcomer = link("Experimenter", stage.nora.id)
    with outcome(SV):
        stage.lea.admin.addGroups(newcomer, [stage.h])
    with outcome(SV):
        stage.ann.admin.addGroups(newcomer, [stage.groups["RO"]])
    stage.lea.admin.addGroups(newcomer, [stage.groups["RO"]])
    assert stage["RO"] in stage.nora.admin.getEventContext().memberOfGroups
    stage.lea.admin.removeGroups(newcomer, [stage.groups["RO"]])
    with outcome(omero.ValidationException):
        stage.root.admin.removeGroups(newcomer, [stage.other])


def test_60_acting_for_others(cast: Cast, stage: Stage) -> None:
    with outcome(SV):
        cast.sudo(stage.light, stage.ann.name)
    with outcome(SV):
        cast.sudo(stage.ann, stage.bob.name)
    acting = cast.sudo(stage.lea, stage.bob.name, stage.groups["RO"].name.val)
    made = acting.save(named("Dataset"))
    assert (owner_of(made), made.details.group.id.val) == (stage.bob.id, stage["RO"])
    assert acting.admin.getEventContext().sudoerId.val == stage.lea.id
    with outcome(SV):
        acting.save(named("Dataset"), stage["h"])
    with outcome(SV):
        acting.sf.setSecurityContext(link("ExperimenterGroup", stage["h"]))
    with outcome(SV):
        cast.sudo(stage.lea, stage.bob.name, stage.h.name.val)


def test_61_sudo_gives_no_more_than_both_have(cast: Cast, stage: Stage) -> None:
    trusted = cast.light_admin("Sudo", "WriteOwned")
    picture = stage.ann.save(named("Image"), stage["RO"])
    acting = cast.sudo(trusted, "root")
    assert set(acting.admin.getEventContext().adminPrivileges) == {"Sudo", "WriteOwned"}
    assert "D" not in acting.flags(picture, stage["RO"])
    with outcome(SV):
        acting.delete(picture, stage["RO"])
    assert "E" in acting.flags(picture, stage["RO"])


def test_62_nobody_gives_more_than_he_has(cast: Cast) -> None:
    manager = cast.light_admin("ModifyUser", "ModifyGroupMembership", "Chgrp")
    with outcome(SV):
        Cast.light_admin(of(manager, cast), "Chown")
    made = Cast.light_admin(of(manager, cast), "Chgrp")
    chown = omero.model.AdminPrivilegeI()
    chown.value = rstring("Chown")
    with outcome(SV):
        manager.admin.setAdminPrivileges(link("Experimenter", made.id), [chown])
    assert made.admin.getEventContext().adminPrivileges == ["Chgrp"]


def of(actor: Actor, cast: Cast) -> Cast:
    """The cast as somebody else than root would make it."""
    other = Cast.__new__(Cast)
    other.instance, other.clients, other.root = cast.instance, cast.clients, actor
    return other
