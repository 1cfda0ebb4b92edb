"""Who may read, render, write and keep what of others' pixels: every level of groups, every role."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from PIL import Image

import omero
import omero.model
from omero.constants.projection import ProjectionType
from omero.rtypes import rint, rlong, rstring
from tests.support.instance import Instance
from tests.support.painted import Painted, engine_for, paint, pixels_id_of, plane
from tests.support.people import logged_in, make_group, make_user

LEVELS = ("rw----", "rwr---", "rwra--", "rwrw--")
ROLES = ("member", "leader", "root", "stranger")
READERS = {
    "rw----": {"leader", "root"},
    "rwr---": {"member", "leader", "root"},
    "rwra--": {"member", "leader", "root"},
    "rwrw--": {"member", "leader", "root"},
}
WRITERS = {level: {"leader", "root"} | ({"member"} if level == "rwrw--" else set()) for level in LEVELS}
# Who gets settings of their own; in a private group nobody, since the owner would not see them.
ADDERS = {
    "rw----": set(),
    "rwr---": {"leader", "root"},
    "rwra--": {"member", "leader", "root"},
    "rwrw--": {"member", "leader", "root"},
}


@dataclass
class Lab:
    """A group with an owner's image, one that is still to be written, and a file for each role."""

    group: int
    painted: Painted
    empty: int
    people: dict[str, str]
    files: dict[str, int]


@pytest.fixture(scope="module")
def root(instance: Instance) -> Iterator[Any]:
    with logged_in(instance) as session:
        yield session


@pytest.fixture(scope="module")
def labs(instance: Instance, root: Any) -> dict[str, Lab]:
    elsewhere = make_group(root, "rwrw--")
    found = {}
    for level in LEVELS:
        group = make_group(root, level)
        people = {"owner": make_user(root, group), "member": make_user(root, group), "leader": make_user(root, group)}
        people |= {"stranger": make_user(root, elsewhere), "root": "root"}
        admin = root.getAdminService()
        admin.setGroupOwner(group, admin.lookupExperimenter(people["leader"]))
        with logged_in(instance, people["owner"]) as session:
            painted = paint(session, np.random.default_rng(1).integers(0, 200, (1, 1, 2, 20, 30)), "uint8")
            service = session.getPixelsService()
            kind = service.getEnumeration("PixelsType", "uint8")
            empty = service.createImage(30, 20, 2, 1, [0], kind, "empty", "").val
            engine_for(session, painted.pixels).close()
            files = {role: a_file(session) for role in ROLES}
            found[level] = Lab(group.id.val, painted, pixels_id_of(session, empty), people, files)
    return found


@pytest.fixture(scope="module", params=[(level, role) for level in LEVELS for role in ROLES], ids="-".join)
def case(request: pytest.FixtureRequest, labs: dict[str, Lab], instance: Instance) -> Iterator[Any]:
    """Level, role, the lab, and a session of somebody with that role in its group."""
    level, role = request.param
    lab = labs[level]
    with logged_in(instance, lab.people[role]) as session:
        if role == "root":
            session.setSecurityContext(omero.model.ExperimenterGroupI(lab.group, False))
        yield level, role, lab, session


def test_reading(case: Any) -> None:
    level, role, lab, session = case
    pixels, data = lab.painted.pixels, lab.painted.data
    store, engine = session.createRawPixelsStore(), session.createRenderingEngine()
    projection, exporter = session.getProjectionService(), session.createExporter()
    exporter.addImage(lab.painted.image)
    if role not in READERS[level]:
        for call in (
            lambda: store.setPixelsId(pixels, False),
            lambda: engine.lookupPixels(pixels),
            lambda: projection.projectStack(pixels, None, ProjectionType.MAXIMUMINTENSITY, 0, 0, 1, 0, 1),
            exporter.generateXml,
            exporter.generateTiff,
        ):
            with pytest.raises(omero.ValidationException):
                call()
        with pytest.raises(omero.ResourceError):
            session.createThumbnailStore().setPixelsId(pixels)
        return
    store.setPixelsId(pixels, False)
    assert store.getPlane(1, 0, 0) == data[0, 0, 1].tobytes()
    store.prepare([pixels])
    stack = projection.projectStack(pixels, None, ProjectionType.MAXIMUMINTENSITY, 0, 0, 1, 0, 1)
    assert stack == data[0, 0].max(axis=0).tobytes()
    engine.lookupPixels(pixels)
    assert engine.lookupRenderingDef(pixels)
    engine.load()
    assert len(engine.renderAsPackedInt(plane())) == 600
    assert exporter.generateTiff() > data.nbytes
    thumbnails = session.createThumbnailStore()
    assert thumbnails.setPixelsId(pixels)
    with Image.open(io.BytesIO(thumbnails.getThumbnailByLongestSide(rint(30)))) as picture:
        assert picture.size == (30, 20)
    for one in (store, engine, exporter, thumbnails):
        one.close()


def test_writing(case: Any) -> None:
    level, role, lab, session = case
    store = session.createRawPixelsStore()
    if role not in READERS[level]:
        with pytest.raises(omero.ValidationException):
            store.setPixelsId(lab.empty, False)
        return
    store.setPixelsId(lab.painted.pixels, False)
    with pytest.raises(omero.ApiUsageException if role in WRITERS[level] else omero.SecurityViolation):
        store.setPlane(bytes(600), 0, 0, 0)
    store.close()
    if role in WRITERS[level]:
        return
    with pytest.raises(omero.LockTimeout):
        session.createRawPixelsStore().setPixelsId(lab.empty, False)
    with pytest.raises(omero.SecurityViolation):
        session.getPixelsService().setChannelGlobalMinMax(lab.painted.pixels, 0, 1.0, 2.0)


def test_settings_of_ones_own(case: Any) -> None:
    level, role, lab, session = case
    if role not in READERS[level]:
        return
    service = session.getRenderingSettingsService()
    engine = engine_for(session, lab.painted.pixels)
    engine.setChannelWindow(0, 1.0, 2.0)
    if role in ADDERS[level]:
        engine.saveCurrentSettings()
        own = service.getRenderingSettings(lab.painted.pixels)
        assert own.getChannelBinding(0).inputEnd.val == 2.0
        assert own.details.owner.id.val == session.getAdminService().getEventContext().userId
    else:
        with pytest.raises(omero.SecurityViolation):
            engine.saveCurrentSettings()
        assert service.getRenderingSettings(lab.painted.pixels).getChannelBinding(0).inputEnd.val != 2.0
    engine.close()


def a_file(session: Any) -> int:
    """Id of a new file."""
    row = omero.model.OriginalFileI()
    row.name, row.path, row.size = rstring("notes"), rstring("x/"), rlong(0)
    row = session.getUpdateService().saveAndReturnObject(row)
    store = session.createRawFileStore()
    store.setFileId(row.id.val)
    store.write(b"content", 0, 7)
    store.close()
    return int(row.id.val)


def test_a_file_of_the_owner(case: Any) -> None:
    level, role, lab, session = case
    file = lab.files[role]
    store = session.createRawFileStore()
    if role not in READERS[level]:
        with pytest.raises(omero.SecurityViolation):
            store.setFileId(file)
        return
    store.setFileId(file)
    assert (store.exists(), store.size(), store.read(0, 9)) == (True, 7, b"content\0\0")
    if role in WRITERS[level]:
        store.write(b"C", 0, 1)
        assert store.truncate(4) and not store.truncate(4)
        assert store.save().size.val == 4 and store.save() is None
        assert store.read(0, 4) == b"Cont"
    else:
        for call in (lambda: store.write(b"C", 0, 1), lambda: store.truncate(1)):
            with pytest.raises(omero.SecurityViolation):
                call()
        assert store.save() is None
    store.close()
