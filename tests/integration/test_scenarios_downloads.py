"""Scenarios of permissions 64 and 65: the download policy of a group, with sessions of its members."""

from __future__ import annotations

from typing import Any

import pytest

import omero
import omero.model
from omero.model import NamedValue
from omero.rtypes import rstring
from tests.support.actors import Actor, Cast, image, named, original_file

RESTRICTION = "RESTRICT-BINARY-ACCESS"
KEY = "omero.policy.binary_access"


def group_with_policy(cast: Cast, policy: str | None) -> Any:
    """A new read-annotate group, with the policy as an entry of its configuration."""
    group = cast.group("rwra--")
    if policy is not None:
        fresh = cast.root.get("ExperimenterGroup", group.id.val)
        fresh.setConfig([NamedValue(KEY, policy)])
        cast.root.save(fresh)
    return group


def filled(actor: Actor, name: str) -> Any:
    """A new file with three bytes."""
    made = actor.save(original_file(name))
    store = actor.sf.createRawFileStore()
    store.setFileId(made.id.val)
    store.write(b"abc", 0, 3)
    store.save()
    store.close()
    return made


def download(actor: Actor, file: Any) -> bytes:
    store = actor.sf.createRawFileStore()
    try:
        store.setFileId(file.id.val)
        return bytes(store.read(0, 3))
    finally:
        store.close()


def picture(actor: Actor, *files: Any) -> Any:
    """A new image made of files."""
    fileset = omero.model.FilesetI()
    fileset.templatePrefix = rstring("p")
    for file in files:
        entry = omero.model.FilesetEntryI()
        entry.clientPath, entry.originalFile = rstring("c"), file.proxy()
        fileset.addFilesetEntry(entry)
    made = image()
    made.fileset = fileset
    return actor.save(made)


def restricted(actor: Actor, cls: str, object_id: int) -> bool:
    shown = actor.get(cls, object_id).details.permissions
    assert shown.isRestricted(RESTRICTION) is actor.find(cls, object_id).details.permissions.isRestricted(RESTRICTION)
    return bool(shown.isRestricted(RESTRICTION))


def test_64_images_are_not_for_download(cast: Cast) -> None:
    ann = cast.user(group_with_policy(cast, "+read,+write,-image"))
    data, log, other = filled(ann, "a.dv"), filled(ann, "log.txt"), filled(ann, "other.dv")
    made = picture(ann, data, log)
    assert restricted(ann, "Image", made.id.val) and made.details.permissions.isRestricted(RESTRICTION)
    assert restricted(ann, "OriginalFile", data.id.val)
    assert not restricted(ann, "OriginalFile", log.id.val) and not restricted(ann, "OriginalFile", other.id.val)
    with pytest.raises(omero.SecurityViolation, match="download policy"):
        download(ann, data)
    with pytest.raises(omero.SecurityViolation):
        download(cast.root, data)
    assert download(ann, log) == download(ann, other) == b"abc"


def test_65_only_who_may_change_downloads(cast: Cast) -> None:
    group = group_with_policy(cast, "-read,+write,+image")
    ann, bob = cast.user(group), cast.user(group)
    data = filled(ann, "a.dv")
    made = picture(ann, data)
    assert download(ann, data) == b"abc"
    with pytest.raises(omero.SecurityViolation):
        download(bob, data)
    for cls, obj in (("Image", made), ("OriginalFile", data)):
        assert (restricted(ann, cls, obj.id.val), restricted(bob, cls, obj.id.val)) == (False, True)
    attachment = omero.model.FileAnnotationI()
    attachment.file = data.proxy()
    attachment = ann.save(attachment)
    assert not restricted(ann, "FileAnnotation", attachment.id.val)
    assert restricted(bob, "FileAnnotation", attachment.id.val)


def test_policy_of_the_server_keeps_plates_but_not_images(cast: Cast) -> None:
    group = group_with_policy(cast, None)
    ann, bob = cast.user(group), cast.user(group)
    loose, of_plate = filled(ann, "loose.dv"), filled(ann, "plate.dv")
    in_well, free = picture(ann, of_plate), picture(ann, loose)
    sample, well, plate = omero.model.WellSampleI(), omero.model.WellI(), named("Plate")
    sample.image = in_well.proxy()
    well.addWellSample(sample)
    plate.addWell(well)
    plate = ann.save(plate)
    assert restricted(ann, "Plate", plate.id.val) and restricted(bob, "Plate", plate.id.val)
    assert not restricted(bob, "Image", free.id.val) and not restricted(bob, "Image", in_well.id.val)
    assert restricted(bob, "OriginalFile", of_plate.id.val)
    assert download(bob, loose) == b"abc"
    with pytest.raises(omero.SecurityViolation):
        download(bob, of_plate)


def test_nothing_is_denied_where_the_group_allows_plates(cast: Cast) -> None:
    group = group_with_policy(cast, "+plate")
    ann = cast.user(group)
    assert not restricted(ann, "Plate", ann.save(named("Plate")).id.val)
