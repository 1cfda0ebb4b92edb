"""IProjection on a running server."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import omero
import omero.model
from omero.constants.projection import ProjectionType
from tests.support.instance import Instance
from tests.support.painted import Painted, engine_for, paint, pixels_id_of, stored_type
from tests.support.people import logged_in, make_group, make_user

MAX, MEAN, SUM = ProjectionType.MAXIMUMINTENSITY, ProjectionType.MEANINTENSITY, ProjectionType.SUMINTENSITY
SIZE_T, SIZE_C, SIZE_Z, SIZE_Y, SIZE_X = 3, 2, 5, 30, 40


@pytest.fixture(scope="module")
def root(instance: Instance) -> Iterator[Any]:
    with logged_in(instance) as session:
        yield session


def stack(pixel_type: str = "uint16") -> Any:
    numbers = np.random.default_rng(5).integers(0, 120, (SIZE_T, SIZE_C, SIZE_Z, SIZE_Y, SIZE_X))
    return numbers / 8 if pixel_type in ("float", "double") else numbers


@pytest.fixture(scope="module")
def painted(root: Any) -> Painted:
    return paint(root, stack(), "uint16", "stack")


def kind(session: Any, name: str) -> Any:
    return session.getPixelsService().getEnumeration("PixelsType", name)


@pytest.mark.parametrize("pixel_type", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "float", "double"])
def test_a_stack_of_every_type(root: Any, pixel_type: str) -> None:
    painted = paint(root, stack(pixel_type), pixel_type)
    service = root.getProjectionService()
    planes = painted.data[1, 1, 0:5:2].astype(float)
    top = {"int8": 127, "uint8": 255}.get(pixel_type, 2**31)
    wanted = {MAX: planes.max(axis=0), MEAN: planes.mean(axis=0), SUM: np.minimum(planes.sum(axis=0), top)}
    for algorithm, expected in wanted.items():
        found = service.projectStack(painted.pixels, None, algorithm, 1, 1, 2, 0, 4)
        assert found == expected.astype(stored_type(pixel_type)).tobytes(), algorithm


def test_a_stack_as_another_type(root: Any, painted: Painted) -> None:
    found = root.getProjectionService().projectStack(painted.pixels, kind(root, "float"), MEAN, 0, 0, 1, 1, 3)
    assert np.allclose(np.frombuffer(found, ">f4").reshape(SIZE_Y, SIZE_X), painted.data[0, 0, 1:4].mean(axis=0))


def test_a_new_image(root: Any, painted: Painted) -> None:
    service = root.getProjectionService()
    made = service.projectPixels(painted.pixels, kind(root, "uint32"), SUM, 1, 2, [1], 1, 1, 4, "summed")
    pixels = root.getPixelsService().retrievePixDescription(pixels_id_of(root, made))
    assert [getattr(pixels, f"size{axis}").val for axis in "XYZCT"] == [SIZE_X, SIZE_Y, 1, 1, 2]
    assert (pixels.pixelsType.value.val, pixels.methodology.val) == ("uint32", "SUM_INTENSITY_PROJECTION")
    expected = painted.data[1:3, 1, 1:5].astype("uint32").sum(axis=1).astype(">u4")
    assert pixels.sha1.val == hashlib.sha1(expected.tobytes(), usedforsecurity=False).hexdigest()
    stats = pixels.getChannel(0).statsInfo
    assert (stats.globalMin.val, stats.globalMax.val) == (expected.min(), expected.max())
    store = root.createRawPixelsStore()
    store.setPixelsId(pixels.id.val, False)
    assert [store.getPlane(0, 0, t) for t in range(2)] == [plane.tobytes() for plane in expected]
    store.close()
    image = root.getContainerService().getImages("Image", [made], None)[0]
    assert image.name.val == "summed"
    engine = engine_for(root, pixels.id.val)
    assert engine.getChannelWindowEnd(0) == expected.max()
    engine.close()


def test_without_a_name_it_is_called_projection(root: Any, painted: Painted) -> None:
    made = root.getProjectionService().projectPixels(painted.pixels, None, MAX, 0, 0, [1, 0], 1, 0, 4, None)
    assert root.getQueryService().get("Image", made).name.val == "stack Projection"
    store = root.createRawPixelsStore()
    store.setPixelsId(pixels_id_of(root, made), False)
    expected = painted.data[0, 1].max(axis=0).astype(">u2")
    assert store.getPlane(0, 0, 0) == expected.tobytes(), "channels in the order of the list"
    store.close()


@pytest.mark.parametrize(
    "given",
    [
        {"start": -1}, {"end": SIZE_Z}, {"stepping": 0}, {"channel": SIZE_C}, {"timepoint": -1}, {"pixels": 2**40},
    ],
)  # fmt: skip
def test_a_stack_outside_of_the_pixels(root: Any, painted: Painted, given: dict[str, int]) -> None:
    use = {"pixels": painted.pixels, "timepoint": 0, "channel": 0, "stepping": 1, "start": 0, "end": 1} | given
    with pytest.raises(omero.ValidationException):
        root.getProjectionService().projectStack(
            use["pixels"], None, MAX, use["timepoint"], use["channel"], use["stepping"], use["start"], use["end"]
        )


@pytest.mark.parametrize("given", [{"t": (2, 1)}, {"t": (0, SIZE_T)}, {"channels": []}, {"channels": [SIZE_C]}])
def test_what_makes_no_image(root: Any, painted: Painted, given: dict[str, Any]) -> None:
    use = {"t": (0, 0), "channels": [0]} | given
    before = root.getQueryService().projection("select count(i) from Image i", None)[0][0].val
    with pytest.raises(omero.ValidationException):
        root.getProjectionService().projectPixels(painted.pixels, None, MAX, *use["t"], use["channels"], 1, 0, 4, "no")
    assert root.getQueryService().projection("select count(i) from Image i", None)[0][0].val == before


@pytest.mark.parametrize(
    ("permissions", "reads"), [("rw----", False), ("rwr---", True), ("rwra--", True), ("rwrw--", True)]
)
def test_stacks_of_others(instance: Instance, root: Any, permissions: str, reads: bool) -> None:
    group = make_group(root, permissions)
    owner, viewer = make_user(root, group), make_user(root, group)
    with logged_in(instance, owner) as session:
        painted = paint(session, stack(), "uint16")
    with logged_in(instance, viewer) as session:
        service = session.getProjectionService()
        if not reads:
            with pytest.raises(omero.ValidationException):
                service.projectStack(painted.pixels, None, MAX, 0, 0, 1, 0, 4)
            return
        expected = painted.data[0, 0].max(axis=0).astype(">u2").tobytes()
        assert service.projectStack(painted.pixels, None, MAX, 0, 0, 1, 0, 4) == expected
        made = service.projectPixels(painted.pixels, None, MAX, 0, 0, [0], 1, 0, 4, "mine", {"omero.group": "-1"})
        image = session.getQueryService().get("Image", made)
        assert image.details.owner.id.val == session.getAdminService().getEventContext().userId
        assert image.details.group.id.val == group_of(root, painted)


def test_a_copy_shares_only_what_its_owner_may_change(instance: Instance, root: Any) -> None:
    group = make_group(root, "rwra--")
    owner, viewer = make_user(root, group), make_user(root, group)
    with logged_in(instance, owner) as session:
        painted = paint(session, stack(), "uint16")
        own = session.getPixelsService().copyAndResizeImage(painted.image, None, None, None, None, [0], "own", False)
        assert related(session, own.val) == painted.pixels
    with logged_in(instance, viewer) as session:
        service = session.getPixelsService()
        copy = service.copyAndResizeImage(painted.image, None, None, None, None, [0], "theirs", False)
        assert related(session, copy.val) is None
        source = service.retrievePixDescription(painted.pixels).getChannel(0).logicalChannel
        made = service.retrievePixDescription(pixels_id_of(session, copy.val)).getChannel(0).logicalChannel
        assert made.id.val != source.id.val


def related(session: Any, image: int) -> int | None:
    found = session.getQueryService().get("Pixels", pixels_id_of(session, image)).relatedTo
    return None if found is None else int(found.id.val)


def group_of(root: Any, painted: Painted) -> int:
    everywhere = {"omero.group": "-1"}
    return int(root.getQueryService().get("Image", painted.image, everywhere).details.group.id.val)


def test_no_copy_into_another_group(instance: Instance, root: Any, painted: Painted) -> None:
    group = make_group(root, "rwra--")
    user = make_user(root, group)
    with logged_in(instance, user) as session:
        theirs = paint(session, stack(), "uint16")
    service, everywhere = root.getProjectionService(), {"omero.group": "-1"}
    made = service.projectPixels(theirs.pixels, None, MAX, 0, 0, [0], 1, 0, 4, "beside it", everywhere)
    image = root.getQueryService().get("Image", made, everywhere)
    assert image.details.group.id.val == group_of(root, theirs)
