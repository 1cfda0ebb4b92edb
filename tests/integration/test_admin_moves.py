"""IAdmin: other owners and groups for single objects, and pictures of users."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from sqlalchemy import select

import omero
import omero.model
from omero_server.db.tables import TABLES
from omero_server.repository.layout import Layout
from omero_server.services.admin.service import AdminService
from omero_server.sessions.call import USER_GROUP
from tests.support.lab import Lab, id_of, new, ref
from tests.support.operations import does, group_ref

LIGHT = {"is_admin": True, "privileges": frozenset({"ModifyUser"})}


def owner_and_group(lab: Lab, table: str, id_: int) -> tuple[int, int]:
    columns = TABLES[table].c
    with lab.database.begin() as db:
        owner, group = db.execute(select(columns.owner_id, columns.group_id).where(columns.id == id_)).one()
    return owner, group


def dataset(lab: Lab, user: str, group: str) -> int:
    return id_of(does(lab, user, "saveAndReturnObject", new("Dataset", name="d"), group=group))


def test_owner_is_changed_by_who_may_chown(lab: Lab) -> None:
    made = dataset(lab, "ann", "RA")
    for user in ("bob", "ann", "lea"):
        with pytest.raises(omero.SecurityViolation):
            does(lab, user, "changeOwner", ref("Dataset", made), "bob", group="RA")
    with pytest.raises(omero.SecurityViolation):
        does(lab, "cat", "changeOwner", ref("Dataset", made), "bob", group="RA", **LIGHT)
    does(lab, "root", "changeOwner", ref("Dataset", made), "bob", group="RA")
    assert owner_and_group(lab, "dataset", made) == (lab.scene.users["bob"], lab.scene.groups["RA"])
    log = "SELECT count(*) FROM eventlog WHERE action = 'UPDATE' AND entitytype LIKE '%.Dataset' AND entityid = :i"
    assert lab.value(log, i=made) == 1


def test_owner_of_what_has_none(lab: Lab) -> None:
    made = dataset(lab, "ann", "RA")
    with pytest.raises(omero.ApiUsageException, match="no-such-user"):
        does(lab, "root", "changeOwner", ref("Dataset", made), "no-such-user", group="RA")
    with pytest.raises(omero.SecurityViolation, match="whole system"):
        does(lab, "root", "changeOwner", group_ref(lab, "RA"), "bob")
    for nothing in (None, new("Dataset", name="new"), ref("Dataset", 10**9)):
        with pytest.raises(omero.ApiUsageException):
            does(lab, "root", "changeOwner", nothing, "bob", group="RA")


def test_group_is_changed_by_members_of_both(lab: Lab) -> None:
    made = ref("Dataset", dataset(lab, "ann", "RA"))
    with pytest.raises(omero.SecurityViolation):
        does(lab, "bob", "changeGroup", made, "H", group="RA")
    with pytest.raises(omero.SecurityViolation):
        does(lab, "ann", "changeGroup", made, "user", group="RA")
    with pytest.raises(omero.SecurityViolation):
        does(lab, "root", "changeGroup", made, "H", group="RA")
    with pytest.raises(omero.ApiUsageException, match="no such group"):
        does(lab, "ann", "changeGroup", made, "no such group", group="RA")
    does(lab, "ann", "changeGroup", made, "H", group="RA")
    assert owner_and_group(lab, "dataset", id_of(made)) == (lab.scene.users["ann"], lab.scene.groups["H"])


def test_image_takes_its_pixels_along(lab: Lab) -> None:
    ann, ra = lab.scene.users["ann"], lab.scene.groups["RA"]
    with lab.database.begin() as db:
        lab.scene.db = db
        image = lab.scene.image("i", ann, ra)
        pixels = lab.scene.add(
            "pixels", ann, ra, image=image, image_index=0, pixelstype=1, dimensionorder=1, sha1="none",
            sizex=5, sizey=4, sizez=1, sizec=1, sizet=1,
        )  # fmt: skip
        with_channel = lab.scene.image("j", ann, ra)
        lab.scene.pixels(with_channel, ann, ra, channels=1)
    does(lab, "ann", "changeGroup", ref("Image", image), "RO", group="RA")
    assert owner_and_group(lab, "image", image)[1] == owner_and_group(lab, "pixels", pixels)[1]
    assert lab.query("SELECT permissions FROM pixels WHERE id = :i", i=pixels) == [(-56,)]
    with pytest.raises(omero.SecurityViolation, match=r"Channel\.pixels"):
        does(lab, "ann", "changeGroup", ref("Image", with_channel), "RO", group="RA")


def test_links_do_not_come_to_join_groups(lab: Lab) -> None:
    image, made = new("Image", name="i"), ref("Dataset", dataset(lab, "ann", "RA"))
    link = does(lab, "ann", "saveAndReturnObject", new("DatasetImageLink", parent=made, child=image), group="RA")
    child = ref("Image", id_of(link._child))
    for obj, name in ((made, "DatasetImageLink.parent"), (child, "DatasetImageLink.child")):
        with pytest.raises(omero.SecurityViolation, match=name):
            does(lab, "ann", "changeGroup", obj, "H", group="RA")
    with pytest.raises(omero.SecurityViolation, match=r"DatasetImageLink\.(parent|child)"):
        does(lab, "ann", "changeGroup", ref("DatasetImageLink", id_of(link)), "H", group="RA")
    assert owner_and_group(lab, "dataset", id_of(made))[1] == lab.scene.groups["RA"]


def test_move_to_the_common_space(lab: Lab) -> None:
    tag = does(lab, "ann", "saveAndReturnObject", new("TagAnnotation", textValue="t"), group="RA")
    image = does(lab, "ann", "saveAndReturnObject", new("Image", name="i"), group="RA")
    link = new("ImageAnnotationLink", parent=ref("Image", id_of(image)), child=ref("TagAnnotation", id_of(tag)))
    link = does(lab, "ann", "saveAndReturnObject", link, group="RA")
    target = ref("TagAnnotation", id_of(tag))
    for user, changes in (("ann", {}), ("cat", LIGHT)):
        with pytest.raises(omero.SecurityViolation):
            does(lab, user, "moveToCommonSpace", [target], group="RA", **changes)
    with pytest.raises(omero.SecurityViolation, match="two groups"):
        does(lab, "lea", "moveToCommonSpace", [target, ref("ImageAnnotationLink", id_of(link))], group="RA")
    does(lab, "lea", "moveToCommonSpace", [target], group="RA")
    does(lab, "lea", "moveToCommonSpace", [target], group="RA")
    assert owner_and_group(lab, "annotation", id_of(tag)) == (lab.scene.users["ann"], USER_GROUP)
    does(lab, "ann", "moveToCommonSpace", None)


def photo(lab: Lab, user: str) -> Any:
    (found,) = does(lab, user, "getMyUserPhotos")
    return found


def test_photo_is_kept_and_replaced(lab: Lab) -> None:
    assert does(lab, "ann", "getMyUserPhotos") == []
    first = does(lab, "ann", "uploadMyUserPhoto", "me.jpg", "image/jpeg", b"face")
    path = Layout.of(lab.config).file(first)
    assert path.read_bytes() == b"face"
    assert does(lab, "ann", "uploadMyUserPhoto", "smile.png", "image/png", b"other face") == first
    assert path.read_bytes() == b"other face" and [p.name for p in path.parent.glob(f"{path.name}*")] == [path.name]
    file = photo(lab, "ann")
    assert (file._name._val, file._mimetype._val, file._size._val) == ("smile.png", "image/png", 10)
    assert file._hash._val == hashlib.sha1(b"other face").hexdigest() and file._hasher._value._val == "SHA1-160"
    assert owner_and_group(lab, "originalfile", first) == (lab.scene.users["ann"], USER_GROUP)
    assert does(lab, "bob", "uploadMyUserPhoto", "me.jpg", "image/jpeg", b"bob") != first
    namespace = "SELECT ns FROM annotation WHERE file = :f"
    assert lab.value(namespace, f=first) == "openmicroscopy.org/omero/experimenter/photo"


def test_photo_that_cannot_be_recorded_leaves_the_old_one(lab: Lab) -> None:
    first = does(lab, "cat", "uploadMyUserPhoto", "me.jpg", "image/jpeg", b"cat")
    with pytest.raises(ZeroDivisionError), lab.call("cat", "RW") as call:
        AdminService().uploadMyUserPhoto(call, "you.jpg", "image/jpeg", b"dog")
        raise ZeroDivisionError
    assert Layout.of(lab.config).file(first).read_bytes() == b"cat"
    for wrong in (("", "image/jpeg", b"x"), ("a", "", b"x"), ("a", "image/jpeg", b"")):
        with pytest.raises(omero.ApiUsageException):
            does(lab, "cat", "uploadMyUserPhoto", *wrong)
