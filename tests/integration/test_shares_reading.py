"""Inside a share: its images with all that shows them, nothing else, and no changes. With sessions through Ice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

import omero
import omero.cmd
import omero.model
from omero.gateway import BlitzGateway
from omero.importing import Options, import_fileset, scan
from omero.rtypes import rint, rstring
from omero.sys import ParametersI
from omero_server.security.sharing import WAYS
from tests.support.actors import image as plain_image
from tests.support.actors import joined, link, named, rectangle, tag
from tests.support.instance import Instance
from tests.support.people import PASSWORD, logged_in, make_group, make_user
from tests.support.shown import shown_image

CELLS = "cells&sizeX=32&sizeY=24&sizeZ=2&sizeC=2&pixelType=uint8"
HIDDEN = ("Project", "Dataset", "DatasetImageLink", "Annotation", "ImageAnnotationLink", "Roi", "Shape", "Fileset",
          "FilesetEntry", "Job", "Experiment", "Folder", "Plate")  # fmt: skip
CLASSES = ("Image", *WAYS)


def ids(session: Any, cls: str, context: dict[str, str] | None = None) -> set[int]:
    return {found.id.val for found in session.getQueryService().findAll(cls, None, context or {})}


class Scene:
    """ann's private group with one image in a share and one outside; bob is a member of the share, eve is not."""

    def __init__(self, instance: Instance, folder: Path, stack: ExitStack) -> None:
        self.root = stack.enter_context(logged_in(instance))
        group = make_group(self.root, "rw----")
        names = {"ann": make_user(self.root, group), "lea": make_user(self.root, group)}
        names |= {name: make_user(self.root, make_group(self.root, "rw----")) for name in ("bob", "eve")}
        self.names, self.instance = names, instance
        self.sessions = {name: stack.enter_context(logged_in(instance, user)) for name, user in names.items()}
        self.users = {n: s.getAdminService().getEventContext().userId for n, s in self.sessions.items()}
        self.ann, self.bob = self.sessions["ann"], self.sessions["bob"]
        gateway = BlitzGateway(names["ann"], PASSWORD, host=instance.host, port=instance.ports.ssl)
        stack.enter_context(gateway)
        self.cells = imported(gateway, folder, CELLS)
        update = self.ann.getUpdateService()
        self.shown = update.saveAndReturnObject(shown_image("shown")).id.val
        self.ours = {cls: ids(self.ann, cls) for cls in CLASSES}
        # Of files only those archived with pixels; the fileset's are none of them.
        maps = self.ann.getQueryService().findAll("PixelsOriginalFileMap", None)
        self.ours["OriginalFile"] = {found.parent.id.val for found in maps}
        self.hidden = update.saveAndReturnObject(shown_image("hidden")).id.val
        dataset = update.saveAndReturnObject(named("Dataset", "all"))
        for image in (self.cells, self.hidden):
            update.saveObject(joined("DatasetImageLink", dataset, link("Image", image)))
        update.saveObject(joined("ImageAnnotationLink", link("Image", self.cells), tag()))
        roi = omero.model.RoiI()
        roi.image = link("Image", self.cells)
        roi.addShape(rectangle())
        update.saveObject(roi)
        self.dataset = dataset.id.val
        items = [link("Image", self.cells), link("Image", self.shown), link("Dataset", self.dataset)]
        self.share = self.ann.getShareService().createShare(
            "for bob", None, items, [link("Experimenter", self.users["bob"])], [], True
        )
        self.context = {"omero.share": str(self.share)}

    @contextmanager
    def inside(self, name: str) -> Iterator[Any]:
        """A session that has entered the share."""
        service = self.sessions[name].getShareService()
        service.activate(self.share)
        try:
            yield self.sessions[name]
        finally:
            service.deactivate()


def imported(conn: Any, folder: Path, name: str) -> int:
    path = folder / f"{name}.fake"
    path.touch()
    (candidate,) = scan([path]).candidates
    return int(import_fileset(conn.c, candidate, Options()).images[0])


@pytest.fixture(scope="module")
def scene(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with ExitStack() as stack:
        yield Scene(instance, tmp_path_factory.mktemp("cells"), stack)


class TestWhatIsSeen:
    @pytest.mark.parametrize("cls", CLASSES)
    def test_images_and_what_shows_them(self, scene: Scene, cls: str) -> None:
        assert scene.ours[cls], "the test needs one object of each class"
        assert ids(scene.bob, cls, scene.context) == scene.ours[cls]
        assert ids(scene.ann, cls) > scene.ours[cls]

    @pytest.mark.parametrize("cls", HIDDEN)
    def test_nothing_else_even_of_ones_own(self, scene: Scene, cls: str) -> None:
        assert ids(scene.bob, cls, scene.context) == set()
        assert ids(scene.ann, cls, scene.context) == set()

    @pytest.mark.parametrize(
        "query",
        ["select count(i) from Image i",
         "select i.id from Image i left outer join i.datasetLinks l left outer join l.parent order by i.id",
         "select p.image.id from Pixels p where p.image.id in (select i.id from Image i)",
         "select i.id from Image i where exists (select d from Dataset d) or size(i.pixels) > 0"],
    )  # fmt: skip
    def test_shapes_of_queries(self, scene: Scene, query: str) -> None:
        rows = scene.bob.getQueryService().projection(query, None, scene.context)
        found = sorted(row[0].val for row in rows)
        assert found == ([2] if "count" in query else sorted([scene.cells, scene.shown]))

    def test_fetched_collections(self, scene: Scene) -> None:
        query = (
            "select i from Image i left outer join fetch i.annotationLinks left outer join fetch i.datasetLinks "
            "left outer join fetch i.pixels p left outer join fetch p.settings where i.id = :id"
        )
        params = ParametersI().addId(scene.cells)
        found = scene.bob.getQueryService().findByQuery(query, params, scene.context)
        assert (found.sizeOfAnnotationLinks(), found.sizeOfDatasetLinks()) == (0, 0)
        assert found.getPrimaryPixels().sizeOfSettings() == 1

    def test_flags_are_all_restricted(self, scene: Scene) -> None:
        for session in (scene.ann, scene.bob, scene.root):
            found = session.getQueryService().get("Image", scene.cells, scene.context)
            can = found.details.permissions
            names = ("Link", "Edit", "Delete", "Annotate", "Chgrp", "Chown")
            assert [getattr(can, f"can{name}")() for name in names] == [False] * 6

    def test_single_objects(self, scene: Scene) -> None:
        query = scene.bob.getQueryService()
        assert query.get("Image", scene.cells, scene.context).name.val == f"{CELLS}.fake"
        # A listed object of another class can be loaded by its id, but is found by no query.
        for load in (query.get, query.find):
            assert load("Dataset", scene.dataset, scene.context).name.val == "all"
        for session in (scene.bob, scene.ann):
            for load in (session.getQueryService().get, session.getQueryService().find):
                with pytest.raises(omero.SecurityViolation):
                    load("Image", scene.hidden, scene.context)

    def test_administrators_see_everything(self, scene: Scene) -> None:
        assert {scene.hidden, scene.cells} <= ids(scene.root, "Image", scene.context)
        assert scene.root.getQueryService().get("Dataset", scene.dataset, scene.context).id.val == scene.dataset

    def test_people_and_enumerations_stay(self, scene: Scene) -> None:
        assert scene.users["bob"] in ids(scene.bob, "Experimenter", scene.context)
        assert ids(scene.bob, "PixelsType", scene.context)


class TestServices:
    def test_containers(self, scene: Scene) -> None:
        with scene.inside("bob") as bob:
            service = bob.getContainerService()
            (found,) = service.getImages("Image", [scene.cells, scene.hidden], None)
            assert found.id.val == scene.cells
            assert service.getImages("Dataset", [scene.dataset], None) == []
            assert service.loadContainerHierarchy("Dataset", [scene.dataset], None) == []

    def test_pixels_and_settings(self, scene: Scene) -> None:
        with scene.inside("bob") as bob:
            service = bob.getPixelsService()
            pixels = pixels_of(bob, scene.cells)
            assert service.retrievePixDescription(pixels).sizeX.val == 32
            settings = service.retrieveRndSettings(pixels)
            assert settings is None or settings.pixels.id.val == pixels

    def test_rendering(self, scene: Scene) -> None:
        with scene.inside("bob") as bob:
            pixels = pixels_of(bob, scene.cells)
            engine = bob.createRenderingEngine()
            engine.lookupPixels(pixels)
            assert engine.lookupRenderingDef(pixels)
            engine.load()
            plane = omero.romio.PlaneDef(slice=0, x=0, y=0, z=0, t=0, stride=0)
            assert engine.renderCompressed(plane)[:2] == b"\xff\xd8"
            assert len(engine.renderAsPackedInt(plane)) == 32 * 24
            with pytest.raises(omero.SecurityViolation):
                engine.saveCurrentSettings()
            engine.close()

    def test_thumbnails(self, scene: Scene) -> None:
        with scene.inside("bob") as bob:
            pixels, others = pixels_of(bob, scene.cells), pixels_of(scene.ann, scene.hidden)
            store = bob.createThumbnailStore()
            assert store.setPixelsId(pixels)
            assert store.getThumbnail(rint(16), rint(16))[:2] == b"\xff\xd8"
            assert store.getThumbnailByLongestSide(rint(20))[:2] == b"\xff\xd8"
            found = store.getThumbnailByLongestSideSet(rint(16), [pixels, others])
            assert found[pixels] and not found.get(others)
            store.close()

    def test_planes(self, scene: Scene) -> None:
        with scene.inside("bob") as bob:
            store = bob.createRawPixelsStore()
            store.setPixelsId(pixels_of(bob, scene.cells), False)
            assert len(store.getPlane(1, 1, 0)) == 32 * 24
            with pytest.raises(omero.ServerError):
                store.setPlane(b"\0" * 32 * 24, 0, 0, 0)
            store.close()
            other = bob.createRawPixelsStore()
            with pytest.raises(omero.ValidationException):
                other.setPixelsId(pixels_of(scene.ann, scene.hidden), False)
            other.close()

    def test_thumbnail_and_planes_outside_are_refused(self, scene: Scene) -> None:
        store = scene.bob.createRawPixelsStore()
        with pytest.raises(omero.ValidationException):
            store.setPixelsId(pixels_of(scene.ann, scene.cells), False)
        store.close()

    def test_the_gateway(self, scene: Scene) -> None:
        place = {"host": scene.instance.host, "port": scene.instance.ports.ssl}
        with BlitzGateway(scene.names["bob"], PASSWORD, **place) as conn:
            assert conn.getObject("Image", scene.cells) is None
            conn.SERVICE_OPTS.setOmeroShare(scene.share)
            found = conn.getObject("Image", scene.cells)
            assert (found.getName(), found.getSizeC(), found.canEdit()) == (f"{CELLS}.fake", 2, False)
            assert found.getThumbnail(size=(16,))[:2] == b"\xff\xd8"
            assert found.getPrimaryPixels().getPlane(0, 1, 0).shape == (24, 32)
            assert found.renderImage(0, 0).size == (32, 24)
            assert [i.getId() for i in conn.getObjects("Image")] == sorted([scene.cells, scene.shown])
            assert list(conn.getObjects("Dataset")) == [] and list(found.listAnnotations()) == []
            conn.SERVICE_OPTS.setOmeroShare(None)
            assert conn.getObject("Image", scene.cells) is None

    def test_annotations(self, scene: Scene) -> None:
        with scene.inside("bob") as bob:
            found = bob.getMetadataService().loadAnnotations("Image", [scene.cells], None, None, None)
            assert found.get(scene.cells, []) == []


def pixels_of(session: Any, image: int) -> int:
    params = ParametersI().addId(image)
    rows = session.getQueryService().projection("select p.id from Pixels p where p.image.id = :id", params)
    return int(rows[0][0].val)


CHANGES: dict[str, Callable[[Any, Scene, dict[str, str]], Any]] = {
    "create": lambda s, _, ctx: s.getUpdateService().saveAndReturnObject(plain_image(), ctx),
    "create for the system": lambda s, _, ctx: s.getUpdateService().saveObject(tag(), ctx),
    "update": lambda s, scene, ctx: s.getUpdateService().saveObject(renamed(s, scene, ctx), ctx),
    "annotate": lambda s, scene, ctx: s.getUpdateService().saveObject(
        joined("ImageAnnotationLink", link("Image", scene.cells), tag()), ctx),
    "delete": lambda s, scene, ctx: s.getUpdateService().deleteObject(link("Image", scene.cells), ctx),
    "comment": lambda s, scene, ctx: s.getShareService().addComment(scene.share, "!", ctx),
    "oneself": lambda s, _, ctx: s.getAdminService().updateSelf(elsewhere(s), ctx),
    "settings": lambda s, scene, ctx: s.getRenderingSettingsService().resetDefaultsInImage(scene.cells, ctx),
}  # fmt: skip


def renamed(session: Any, scene: Scene, context: dict[str, str]) -> Any:
    found = session.getQueryService().get("Image", scene.cells, context)
    found.name = rstring("another")
    return found


def elsewhere(session: Any) -> Any:
    admin = session.getAdminService()
    found = admin.getExperimenter(admin.getEventContext().userId)
    found.institution = rstring("elsewhere")
    return found


class TestChanges:
    @pytest.mark.parametrize("who", ["ann", "bob", "root"])
    @pytest.mark.parametrize("change", CHANGES)
    def test_are_refused(self, scene: Scene, change: str, who: str) -> None:
        session = scene.root if who == "root" else scene.sessions[who]
        with pytest.raises(omero.SecurityViolation):
            CHANGES[change](session, scene, scene.context)
        assert scene.ann.getQueryService().get("Image", scene.cells).name.val == f"{CELLS}.fake"

    def test_requests_fail(self, scene: Scene) -> None:
        request = omero.cmd.Delete2(targetObjects={"Image": [scene.cells]})
        with scene.inside("ann") as ann:
            handle = ann.submit(request)
            reply = finished(handle)
        assert isinstance(reply, omero.cmd.ERR)
        assert scene.ann.getQueryService().find("Image", scene.cells) is not None


def finished(handle: Any) -> Any:
    for _ in range(200):
        reply = handle.getResponse()
        time.sleep(0.05)
        if reply is not None:
            handle.close()
            return reply
    raise AssertionError("the request does not end")


class TestContexts:
    def test_per_call(self, scene: Scene) -> None:
        admin = scene.bob.getAdminService()
        assert admin.getEventContext(scene.context).shareId == scene.share
        assert admin.getEventContext().shareId == -1
        assert ids(scene.bob, "Image") == set()

    def test_other_keys_count_for_nothing(self, scene: Scene) -> None:
        context = scene.context | {"omero.group": "987654", "omero.user": "0"}
        seen = scene.bob.getAdminService().getEventContext(context)
        assert (seen.shareId, seen.userId) == (scene.share, scene.users["bob"])

    @pytest.mark.parametrize("who", ["eve", "lea"])
    def test_strangers(self, scene: Scene, who: str) -> None:
        session = scene.sessions[who]
        with pytest.raises(omero.SecurityViolation):
            session.getQueryService().findAll("Image", None, scene.context)
        with pytest.raises(omero.ValidationException):
            session.getShareService().activate(scene.share)
        with pytest.raises(omero.ValidationException):
            session.setSecurityContext(link("Share", scene.share))
        assert session.getAdminService().getEventContext().shareId == -1

    def test_unknown_shares(self, scene: Scene) -> None:
        for session in (scene.bob, scene.root):
            with pytest.raises(omero.SecurityViolation):
                session.getQueryService().findAll("Image", None, {"omero.share": "987654"})
            with pytest.raises(omero.ValidationException):
                session.getShareService().activate(987654)

    def test_activated(self, scene: Scene) -> None:
        with scene.inside("bob") as bob:
            assert bob.getAdminService().getEventContext().shareId == scene.share
            assert ids(bob, "Image") == {scene.cells, scene.shown}
        assert bob.getAdminService().getEventContext().shareId == -1

    def test_set_as_security_context(self, scene: Scene) -> None:
        group = scene.bob.getAdminService().getEventContext().groupId
        before = scene.bob.setSecurityContext(link("Share", scene.share))
        assert (type(before).__name__, before.id.val) == ("ExperimenterGroupI", group)
        assert ids(scene.bob, "Image") == {scene.cells, scene.shown}
        before = scene.bob.setSecurityContext(link("ExperimenterGroup", group))
        assert (type(before).__name__, before.id.val) == ("ShareI", scene.share)
        assert ids(scene.bob, "Image") == set()

    def test_possible_contexts(self, scene: Scene) -> None:
        for who, listed in (("ann", True), ("bob", True), ("eve", False)):
            found = scene.sessions[who].getSecurityContexts()
            shares = [c.id.val for c in found if isinstance(c, omero.model.Share)]
            assert (scene.share in shares) is listed

    def test_closing_doors(self, scene: Scene) -> None:
        service = scene.ann.getShareService()
        share = service.createShare("", None, [link("Image", scene.cells)], [link("Experimenter", scene.users["bob"])],
                                    [], True)  # fmt: skip
        context = {"omero.share": str(share)}
        bobs = scene.bob.getShareService()
        bobs.activate(share)
        assert ids(scene.bob, "Image") == {scene.cells}
        service.setActive(share, False)
        assert ids(scene.bob, "Image") == set()
        bobs.deactivate()
        with pytest.raises(omero.SecurityViolation):
            scene.bob.getQueryService().findAll("Image", None, context)
        with pytest.raises(omero.ValidationException):
            bobs.activate(share)
        service.setActive(share, True)
        assert ids(scene.bob, "Image", context) == {scene.cells}
        service.removeUser(share, link("Experimenter", scene.users["bob"]))
        with pytest.raises(omero.SecurityViolation):
            scene.bob.getQueryService().findAll("Image", None, context)

    def test_contents_change_at_once(self, scene: Scene) -> None:
        service = scene.ann.getShareService()
        people = [link("Experimenter", scene.users["bob"])]
        share = service.createShare("", None, [], people, [], True)
        context = {"omero.share": str(share)}
        assert ids(scene.bob, "Image", context) == set()
        service.addObject(share, link("Image", scene.hidden))
        assert ids(scene.bob, "Image", context) == {scene.hidden}
        service.removeObject(share, link("Image", scene.hidden))
        assert ids(scene.bob, "Image", context) == set()
