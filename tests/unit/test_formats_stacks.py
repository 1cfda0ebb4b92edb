"""Keller Lab Block, MINC, NDTiff: conformance, samples against independent readers, files written by hand."""

from __future__ import annotations

import hashlib
import json
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from omero_server.formats.base import Array, FormatError
from omero_server.formats.conformance import ReaderConformance
from omero_server.formats.klb import KlbReader
from omero_server.formats.minc import Minc1Reader, Minc2Reader
from omero_server.formats.ndtiff import NdTiffReader
from omero_server.formats.registry import open_reader
from omero_server.formats.scan import scan
from tests.support.damage import read_some, refuses_cuts, survives_wrong_bytes
from tests.support.packed import temporary_file
from tests.support.stacks import stack_of
from tests.support.writers import klb_bytes

DATA = Path(__file__).parents[1] / "data"
NDTIFF = DATA / "ndtiff/Full resolution/NDTiff.index"
FOREIGN = [DATA / "png/camera.png", DATA / "tiff/sample.tif", DATA / "ome-zarr/mri-stack.ome.zarr", DATA / "SOURCES.md"]


def _ramp(dtype: str, *shape: int) -> Array:
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


KLB = klb_bytes(_ramp("uint16", 2, 1, 5, 30, 41), (16, 16, 2, 1, 1), 1)


class TestKlb(ReaderConformance):
    reader = KlbReader
    samples = [temporary_file("made.klb", KLB)]
    foreign = FOREIGN


class TestMinc1(ReaderConformance):
    reader = Minc1Reader
    samples = [DATA / "minc/tiny.mnc"]
    foreign = [*FOREIGN, DATA / "minc/small.mnc"]


class TestMinc2(ReaderConformance):
    reader = Minc2Reader
    samples = [DATA / "minc/small.mnc"]
    foreign = [*FOREIGN, DATA / "minc/tiny.mnc"]


class TestNdTiff(ReaderConformance):
    reader = NdTiffReader
    samples = sorted(NDTIFF.parent.iterdir())
    foreign = FOREIGN


@pytest.mark.parametrize(
    ("path", "sizes", "rows", "sha1"),
    [  # What nibabel and the library of NDTiff say; rows of MINC are turned.
        (DATA / "minc/small.mnc", (29, 28, 18, 1, 1), -1, "77bdadf4a2ab2753ffb5d31d0bbfcd71f7e5819c"),
        (DATA / "minc/tiny.mnc", (20, 20, 10, 1, 1), -1, "8657064ae39fb35883aef3caba80eaf0488d6ebc"),
        (NDTIFF, (32, 32, 1, 2, 5), 1, "c9547e0c6911e28683e9385b2dc2f0b01fb32b66"),
    ],
)
def test_samples(path: Path, sizes: tuple[int, ...], rows: int, sha1: str) -> None:
    pixels = stack_of(path)
    assert pixels.shape == (sizes[4], sizes[3], sizes[2], sizes[1], sizes[0])
    assert hashlib.sha1(pixels[0, 0, 0, ::rows].tobytes()).hexdigest() == sha1


def test_steps_of_minc() -> None:
    with open_reader(DATA / "minc/small.mnc") as reader:
        image = reader.image(0)
        steps = image.physical_size_x, image.physical_size_y, image.physical_size_z
        assert steps == ((7.0, "mm"), (8.0, "mm"), (9.0, "mm"))
    with open_reader(DATA / "minc/tiny.mnc") as reader:
        assert reader.image(0).physical_size_z == (2.0, "mm")
        assert reader.image(0).metadata["signtype"] == "unsigned"


@pytest.mark.parametrize("name", ["small.mnc", "tiny.mnc"])
def test_damaged_minc(name: str, tmp_path: Path) -> None:
    refuses_cuts(DATA / "minc" / name, tmp_path, (0.05, 0.5, 0.9))
    survives_wrong_bytes(DATA / "minc" / name, tmp_path, 60, 6000)


@pytest.mark.parametrize("packing", [0, 1, 2])
@pytest.mark.parametrize("block", [(7, 8, 3, 2, 1), (100, 100, 100, 100, 100), (41, 1, 1, 1, 2)])
def test_blocks(packing: int, block: tuple[int, ...], tmp_path: Path) -> None:
    pixels = _ramp("float32", 3, 2, 4, 15, 41)
    (tmp_path / "a.klb").write_bytes(klb_bytes(pixels, block, packing))
    assert np.array_equal(stack_of(tmp_path / "a.klb"), pixels)
    with open_reader(tmp_path / "a.klb") as reader:
        assert reader.image(0).physical_size_z == (2.0, "µm") and reader.image(0).metadata == {"Metadata": "a note"}


def test_damaged_blocks(tmp_path: Path) -> None:
    path = tmp_path / "made.klb"
    for keep in (200, 400, len(KLB) // 2, len(KLB) - 5):
        path.write_bytes(KLB[:keep])
        with pytest.raises(FormatError):
            open_reader(path)
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole/made.klb").write_bytes(KLB)
    survives_wrong_bytes(tmp_path / "whole/made.klb", tmp_path, 100, 700)
    bomb = klb_bytes(np.zeros((1, 1, 1, 64, 64), np.uint8), (64, 64, 1, 1, 1), 2)
    path.write_bytes(bomb[:1] + struct.pack("<5I", 2**30, 2**30, 1, 1, 1) + bomb[21:])
    with pytest.raises(FormatError, match="more than its"):
        open_reader(path)


def test_notes_of_ndtiff() -> None:
    with open_reader(NDTIFF) as reader:
        info, image = reader.info(), reader.image(0)
        assert [channel.name for channel in image.channels] == ["DAPI", "FITC"]
        assert image.physical_size_x == (1.0, "µm") and image.planes[0].exposure_time == (10.0, "ms")
        assert image.metadata["Core-Camera"] == "Camera" and info.metadata["PixelType"] == "GRAY16"
    assert [len(one.files) for one in scan([DATA / "ndtiff"]).candidates] == [2]


def _ndtiff(folder: Path, entries: list[tuple[dict[str, object], Array]], name: str = "a_NDTiffStack.tif") -> Path:
    """An index and a file with the pixels, without the tags that nobody needs here."""
    data, index = b"II*\0" + bytes(40), b""
    for axes, pixels in entries:
        kind = 2 if pixels.ndim == 3 else 1 if pixels.dtype == np.uint16 else 0
        words = len(data), pixels.shape[1], pixels.shape[0], kind, 0, 0, 0, 0
        text = json.dumps(axes).encode()
        index += struct.pack("<I", len(text)) + text + struct.pack("<I", len(name)) + name.encode()
        index += struct.pack("<8I", *words)
        data += pixels.tobytes()
    (folder / Path(name).name).write_bytes(data)
    (folder / "NDTiff.index").write_bytes(index)
    return folder / "NDTiff.index"


def test_ndtiff_with_few_planes_of_very_many(tmp_path: Path) -> None:
    pixels = np.zeros((2, 2), np.uint8)
    entries: list[tuple[dict[str, object], Array]] = [
        ({axis: n}, pixels) for axis in ("time", "channel", "z") for n in range(200)
    ]
    with pytest.raises(FormatError, match="only 600 of 8000000 planes are there"):
        open_reader(_ndtiff(tmp_path, entries))


def test_axes_of_ndtiff(tmp_path: Path) -> None:
    planes = _ramp("uint16", 2, 2, 3, 4, 5)
    entries = [
        ({"position": p, "channel": "ab"[c], "z": z - 1}, planes[p, c, z])
        for p, c, z in np.ndindex(2, 2, 3) if (p, c, z) != (1, 1, 2)
    ]  # fmt: skip
    index = _ndtiff(tmp_path, entries)
    with open_reader(index) as reader:
        images = reader.info().images
        assert [image.name.partition("[")[2] for image in images] == ["position 0]", "position 1]"]
        assert [channel.name for channel in images[0].channels] == ["a", "b"]
    assert np.array_equal(stack_of(index, 0)[0], planes[0])
    planes[1, 1, 2] = 0
    assert np.array_equal(stack_of(index, 1)[0], planes[1])


def test_colours_of_ndtiff(tmp_path: Path) -> None:
    pixels = _ramp("uint8", 4, 5, 3)
    assert np.array_equal(stack_of(_ndtiff(tmp_path, [({"time": 0}, pixels)]))[0, :, 0].transpose(1, 2, 0), pixels)


def test_damaged_ndtiff(tmp_path: Path) -> None:
    plane = _ramp("uint16", 4, 5)
    with pytest.raises(FormatError, match="outside of its folder"):
        open_reader(_ndtiff(tmp_path, [({}, plane)], "../a_NDTiffStack.tif"))
    with pytest.raises(FormatError, match="different sizes"):
        open_reader(_ndtiff(tmp_path, [({"time": 0}, plane), ({"time": 1}, plane[:2])]))
    shutil.copytree(NDTIFF.parent, tmp_path / "copy")
    whole, index = NDTIFF.read_bytes(), tmp_path / "copy/NDTiff.index"
    for keep in (1, 50, len(whole) - 3):
        index.write_bytes(whole[:keep])
        with pytest.raises(FormatError, match="truncated"):
            open_reader(index)
    rng = np.random.default_rng(4)
    for _ in range(80):
        damaged = bytearray(whole)
        for at in rng.integers(0, len(whole), 3):
            damaged[at] = int(rng.integers(256))
        index.write_bytes(damaged)
        try:
            read_some(index)
        except FormatError:
            continue
    index.write_bytes(whole)
    stack = next(index.parent.glob("*.tif"))
    stack.write_bytes(stack.read_bytes()[:40_000])
    with pytest.raises(FormatError):
        open_reader(index)
