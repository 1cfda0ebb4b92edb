"""Masks of regions of interest as OME-Zarr labels, read by zarr-python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import zarr

import omero
import omero.model
from omero.rtypes import rdouble, rint, rstring
from tests.support.instance import Instance
from tests.web.data import NEIGHBOUR, WebData
from tests.web.samples import STACK
from tests.web.zarr_client import TOP, VERSIONS, asked, remote, session, uuid_of

RED = -16776961


@pytest.fixture(scope="module")
def ada(web_instance: Instance, web_data: WebData) -> Iterator[Any]:
    with session(web_instance, web_data.user, web_data.password) as found:
        yield found


def mask(bits: np.ndarray, x: float, y: float, z: int | None = None, t: int | None = None) -> Any:
    shape = omero.model.MaskI()
    shape.x, shape.y = rdouble(x), rdouble(y)
    shape.width, shape.height = rdouble(bits.shape[1]), rdouble(bits.shape[0])
    shape.setBytes(np.packbits(bits).tobytes())
    shape.theZ, shape.theT = (None if at is None else rint(at) for at in (z, t))
    return shape


def saved(found: Any, image: int, *shapes: Any) -> int:
    roi = omero.model.RoiI()
    roi.image = omero.model.ImageI(image, False)
    for shape in shapes:
        roi.addShape(shape)
    return int(found.getUpdateService().saveAndReturnObject(roi).id.val)


ODD = np.random.default_rng(5).random((7, 13)) > 0.5
FULL = np.ones((10, 10), bool)


@pytest.fixture(scope="module")
def regions(web_data: WebData, ada: Any) -> Iterator[list[int]]:
    named = mask(ODD, 20, 30, z=2, t=1)
    named.textValue, named.fillColor = rstring("nucleus"), rint(RED)
    turned = mask(FULL[:4, :6], 0, 0, z=0, t=0)
    turned.transform = omero.model.AffineTransformI()
    # Mirrored, twice as large, and moved.
    for name, value in zip(("a00", "a10", "a01", "a11", "a02", "a12"), (0, 2, 2, 0, 40, 50), strict=True):
        setattr(turned.transform, name, rdouble(value))
    short = mask(FULL, 0, 0)
    short.setBytes(b"\xff")
    rectangle = omero.model.RectangleI()
    rectangle.x = rectangle.y = rdouble(1)
    rectangle.width = rectangle.height = rdouble(5)
    made = [
        saved(ada, web_data.stack, named, rectangle),
        saved(ada, web_data.stack, mask(FULL, -4, -3)),
        saved(ada, web_data.stack, turned),
        saved(ada, web_data.stack, mask(FULL, 1, 1, z=5), short),
        saved(ada, web_data.pyramid, mask(np.ones((300, 400), bool), 100, 200)),
    ]
    yield made
    done = ada.submit(omero.cmd.Delete2(targetObjects={"Roi": made}))
    while done.getResponse() is None:
        pass
    done.close()


@VERSIONS
def test_labels_are_the_masks(
    web_instance: Instance, web_data: WebData, ada: Any, regions: list[int], version: str
) -> None:
    first, second, third, fourth, _ = regions
    wanted = np.zeros(tuple(STACK[f"size{axis}"] for axis in "TZYX"), np.uint32)
    wanted[1, 2, 30:37, 20:33][ODD] = first
    wanted[:, :, :7, :6] = second
    wanted[0, 0, 50:62, 40:48] = third
    wanted[:, 5, 1:11, 1:11] = fourth
    with remote(web_instance, uuid_of(ada), f"/zarr/v{version}/image/{web_data.stack}.zarr") as group:
        labels = group["labels/masks/0"]
        assert isinstance(labels, zarr.Array)
        assert labels.shape == (STACK["sizeT"], 1, STACK["sizeZ"], STACK["sizeY"], STACK["sizeX"])
        assert labels.dtype == np.uint32
        assert np.array_equal(labels[:, 0], wanted)


@VERSIONS
def test_what_is_said_of_them(
    web_instance: Instance, web_data: WebData, ada: Any, regions: list[int], version: str
) -> None:
    path, key = f"/zarr/v{version}/image/{web_data.stack}.zarr/labels", uuid_of(ada)

    def attributes(below: str) -> Any:
        found = asked(web_instance, f"{path}{below}/{TOP[version]}", key).json
        return found if version == "0.4" else found["attributes"]["ome"]

    assert attributes("")["labels"] == ["masks"]
    about = attributes("/masks")
    assert [one["path"] for one in about["multiscales"][0]["datasets"]] == ["0"] and "omero" not in about
    label = about["image-label"]
    assert label["properties"][0] == {"label-value": regions[0], "roi": regions[0], "text": "nucleus"}
    assert label["colors"] == [{"label-value": regions[0], "rgba": [255, 0, 0, 255]}]
    assert [one["roi"] for one in label["properties"]] == regions[:4] and label["source"] == {"image": "../../"}


def test_levels(web_instance: Instance, web_data: WebData, ada: Any, regions: list[int]) -> None:
    with remote(web_instance, uuid_of(ada), f"/zarr/v0.5/image/{web_data.pyramid}.zarr") as group:
        full, small = group["labels/masks/0"], group["labels/masks/2"]
        assert isinstance(full, zarr.Array) and isinstance(small, zarr.Array)
        assert full.shape[3:] == group["0"].shape[3:] and small.shape[3:] == group["2"].shape[3:]
        assert np.array_equal(np.unique(full[0, 0, 0, 200:500, 100:500]), [regions[4]])
        assert int((full[0, 0, 0] != 0).sum()) == 300 * 400
        assert int((small[0, 0, 0] != 0).sum()) == 75 * 100


@VERSIONS
def test_none_where_there_are_none(
    web_instance: Instance, web_data: WebData, ada: Any, regions: list[int], version: str
) -> None:
    key = uuid_of(ada)
    chunk = "0/0/0/0/0/0" if version == "0.4" else "0/c/0/0/0/0/0"
    own = f"/zarr/v{version}/image/{web_data.stack}.zarr"
    assert asked(web_instance, f"{own}/labels/masks/{chunk}", key).status == 200
    assert asked(web_instance, f"{own}/labels/masks/{chunk[:-1]}9", key).status == 404
    with session(web_instance, NEIGHBOUR) as neighbour:
        for below in (f"labels/{TOP[version]}", f"labels/masks/{chunk}"):
            other = f"/zarr/v{version}/image/{web_data.private.slide}.zarr/{below}"
            assert asked(web_instance, other, uuid_of(neighbour)).status == 404
    assert asked(web_instance, f"{own}/labels/masks/9/{chunk[2:]}", key).status == 404, "no such level"
