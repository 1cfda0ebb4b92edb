"""Every sample as the official gateway shows it: dimensions, metadata, and pixels equal to what other readers read."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.interop.conftest import Official
from tests.support.independent import all_planes
from tests.support.samples import DATA, EXPECTED, PATHS

Images = dict[str, list[int]]
Place = tuple[int, int, int]
SMALL = 4_000_000


def places_of(sample: dict[str, Any]) -> list[Place]:
    """All planes (z, c, t) of a small image; first, middle and last of others."""
    x, y, z, c, t = sample["sizes"]
    every = [(at_z, at_c, at_t) for at_t in range(t) for at_c in range(c) for at_z in range(z)]
    return every if x * y * len(every) <= SMALL else [every[0], every[len(every) // 2], every[-1]]


@pytest.fixture(scope="module")
def planes(official: Official, images: Images) -> dict[str, list[Any]]:
    """Planes of every sample's first image, by image id."""
    wanted = {str(images[sample["path"]][0]): places_of(sample) for sample in EXPECTED}
    return dict(official.script("planes", wanted=wanted))


@pytest.fixture(scope="module")
def attributes(official: Official, images: Images) -> dict[str, Any]:
    """What the gateway says of every image, by image id."""
    return dict(official.script("attributes", images=[image for ids in images.values() for image in ids]))


@pytest.mark.parametrize("sample", EXPECTED, ids=PATHS)
def test_planes_equal_the_source(sample: dict[str, Any], planes: dict[str, list[Any]], images: Images) -> None:
    stack = all_planes(DATA / sample["path"])
    found = planes[str(images[sample["path"]][0])]
    places = places_of(sample)
    assert len(found) == len(places)
    for (z, c, t), (kind, shape, sha1) in zip(places, found, strict=True):
        plane = stack[t, c, z].astype("u1" if stack.dtype == bool else stack.dtype)
        little = plane.astype(plane.dtype.newbyteorder("<"))
        assert (kind, shape) == (plane.dtype.name, list(plane.shape))
        assert sha1 == hashlib.sha1(little.tobytes()).hexdigest(), (z, c, t)


@pytest.mark.parametrize("sample", EXPECTED, ids=PATHS)
def test_attributes(sample: dict[str, Any], attributes: dict[str, Any], images: Images) -> None:
    ids = images[sample["path"]]
    found = attributes[str(ids[0])]
    assert found["sizes"] == sample["sizes"] and found["type"] == sample["pixel_type"]
    assert found["pyramid"] is (sample["sizes"][0] * sample["sizes"][1] > 3192 * 3192)
    assert sorted(found["fileset"]) == ids and found["counted"] == len(found["files"]) > 0
    assert found["owner"] == ["root", "root", True, True, True] and found["group"] == "system"
    assert found["labels"] == [channel["label"] for channel in found["channels"]]
    assert len(found["labels"]) == sample["sizes"][3] and found["rois"] == 0
    if "channels" in sample:
        assert found["labels"] == sample["channels"]
    for length, expected in zip(found["physical"], sample.get("physical", (None,) * 3), strict=True):
        if expected is not None:
            assert length[0] == pytest.approx(expected, rel=1e-4) and length[2] == sample["unit"]


def test_channel_colours_and_windows(attributes: dict[str, Any], images: Images) -> None:
    def channels(path: str) -> list[dict[str, Any]]:
        return list(attributes[str(images[path][0])]["channels"])

    plate = channels("ome-zarr/single-plane-hcs.zarr")
    assert [channel["color"] for channel in plate] == ["73FF00"] * 3
    stored = all_planes(DATA / "ome-zarr/single-plane-hcs.zarr")[0, :, 0]
    for channel, plane in zip(plate, stored, strict=True):
        assert channel["window"] == channel["range"] == [plane.min(), plane.max()] and channel["active"]
    rgb = channels("png/rgba.png")
    assert [channel["color"] for channel in rgb[:3]] == ["FF0000", "00FF00", "0000FF"]
    assert all(channel["window"] == [0.0, 255.0] for channel in rgb)
    spectral = channels("lsm/spectral golgi.lsm")
    assert spectral[0]["emission"] == pytest.approx(423, abs=0.5)
    plant = attributes[str(images["ome-tiff-pyramid/xy_12bit__plant.ome.tiff"][0])]
    assert plant["acquired"] == "2023-08-14T09:58:10.035000"


def test_tiles(official: Official, images: Images) -> None:
    path = "ome-tiff/multi-channel-z-series.ome.tif"
    tiles = [(1, 2, 0, (3, 5, 40, 20)), (4, 0, 0, (400, 150, 39, 17)), (0, 1, 0, (0, 0, 1, 1))]
    found = official.script("tiles", image=images[path][0], tiles=tiles)
    stack = all_planes(DATA / path)
    for (z, c, t, (x, y, width, height)), tile in zip(tiles, found, strict=True):
        assert tile == stack[t, c, z, y : y + height, x : x + width].tolist()
