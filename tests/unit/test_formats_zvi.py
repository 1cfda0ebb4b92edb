"""Zeiss ZVI: metadata, places of items, colours, packed planes, items that lie."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from omero_server.formats.base import FormatError
from omero_server.formats.compound import CompoundFile
from omero_server.formats.registry import open_reader
from omero_server.formats.zvitags import tags_of, variants
from tests.support.packed import packed

WIDTH, HEIGHT, PLACE, SIZES, HEAD, PIXELS = 648, 488, 80, 16, 296, 324

Change = tuple[int, int, bytes]
"""Item, offset in its stream, bytes to put there."""


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Path]:
    """Writes the sample with some bytes of its items changed."""

    def write(*changes: Change) -> Path:
        source = packed("sample.zvi")
        data, compound = bytearray(source.read_bytes()), CompoundFile(source)
        for item, offset, new in changes:
            done = 0
            for at, length in compound.open(f"Image/Item({item})/Contents").runs(offset, len(new)):
                data[at : at + length] = new[done : done + length]
                done += length
        (tmp_path / "a.zvi").write_bytes(data)
        return tmp_path / "a.zvi"

    return write


def _place(item: int, z: int, c: int, t: int, tile: int = 0) -> Change:
    return item, PLACE + 8, struct.pack("<5i", z, c, t, 0, tile)


def test_objective_channels_and_planes() -> None:
    with open_reader(packed("sample.zvi")) as reader:
        image = reader.image(0)
        dapi = image.channels[1]
        assert (dapi.color, dapi.emission_wavelength, dapi.excitation_wavelength) == (
            0x0000FFFF, (461.0, "nm"), (359.0, "nm"),
        )  # fmt: skip
        assert dapi.detector is not None and dapi.detector.model == "AxioCamHS"
        assert image.objective is not None and image.objective.model == "EC Plan-Neofluar 40x/1.30 Oil Ph 3 M27"
        assert (image.objective.immersion, image.objective.working_distance) == ("Oil", (200.0, "µm"))
        assert image.microscope is not None and image.microscope.model == "Axio Observer.Z1"
        assert image.acquired is not None and image.acquired.isoformat()[:19] == "2010-10-08T15:52:02"
        assert [plane.exposure_time for plane in image.planes][:2] == [(36.0, "ms"), (1167.5, "ms")]
        assert image.planes[1].delta_t == (pytest.approx(22.75, abs=0.01), "s")
        assert image.planes[0].position_x == (pytest.approx(28179.171), "µm")
        assert reader.info().metadata["Title"] == "00-12+TIARendo+ARS 9.zvi"


def test_items_are_placed_by_slice_channel_time(changed: Callable[..., Path]) -> None:
    values = [(item, PIXELS, struct.pack("<H", 100 + item)) for item in range(4)]
    path = changed(_place(0, 7, 0, 3), _place(1, 7, 0, 9), _place(2, 4, 0, 3), _place(3, 4, 0, 9), *values)
    with open_reader(path) as reader:
        image = reader.image(0)
        assert (image.size_z, image.size_c, image.size_t) == (2, 1, 2)
        found = [[int(reader.read(0, 0, z, 0, t, 0, 0, 1, 1)[0, 0]) for z in (0, 1)] for t in (0, 1)]
    assert found == [[102, 100], [103, 101]]


def test_tiles_are_images(changed: Callable[..., Path]) -> None:
    path = changed(*(_place(item, 0, item % 2, 0, item // 2) for item in range(4)))
    with open_reader(path) as reader:
        assert [image.name for image in reader.info().images] == ["a.zvi (tile 1)", "a.zvi (tile 2)"]
        assert [image.size_c for image in reader.info().images] == [2, 2]


def _head(width: int, pixels: int, height: int = HEIGHT) -> list[tuple[int, bytes]]:
    return [
        (SIZES, struct.pack("<HiHi", 3, width, 3, height)),
        (HEAD, struct.pack("<7I", 0x10002000, width, height, 1, 1, pixels, 8)),
    ]


def test_colours_are_stored_blue_first(changed: Callable[..., Path]) -> None:
    pixels = np.arange(300 * 3, dtype=np.uint8)
    path = changed(*((item, *part) for item in range(4) for part in [*_head(300, 1), (PIXELS, pixels.tobytes())]))
    with open_reader(path) as reader:
        image = reader.image(0)
        assert (image.size_x, image.size_c, image.is_rgb) == (300, 12, True)
        for sample in range(3):
            row = reader.read(0, 0, 0, 3 + sample, 0, 10, 0, 50, 1)[0]
            assert np.array_equal(row, pixels.reshape(300, 3)[10:60, 2 - sample])


@pytest.mark.parametrize("packing", ["zlib", "jpeg"])
def test_packed_planes(packing: str, changed: Callable[..., Path]) -> None:
    plane = np.add.outer(np.arange(HEIGHT), np.arange(300)).astype(np.uint8)
    data = (
        b"WZL\0\0\0\0\0" + zlib.compress(plane.tobytes()) if packing == "zlib" else imagecodecs.jpeg_encode(plane, 95)
    )
    path = changed(*((item, *part) for item in range(4) for part in [*_head(300, 3), (PIXELS, data)]))
    with open_reader(path) as reader:
        found = reader.read(0, 0, 0, 2, 0, 5, 7, 90, 80)
    assert np.abs(found.astype(int) - plane[7:87, 5:95]).max() <= (0 if packing == "zlib" else 12)


def test_a_picture_of_another_size_is_refused(changed: Callable[..., Path]) -> None:
    data = imagecodecs.jpeg_encode(np.zeros((8, 8), np.uint8))
    path = changed(*((item, *part) for item in range(4) for part in [*_head(300, 3), (PIXELS, data)]))
    with open_reader(path) as reader, pytest.raises(FormatError, match=r"\(8, 8\) pixels"):
        reader.read(0, 0, 0, 0, 0, 0, 0, 1, 1)


def test_items_that_lie(changed: Callable[..., Path]) -> None:
    wide = [(0, *part) for part in _head(60000, 4)]
    with pytest.raises(FormatError, match="declares 58560000 bytes"):
        open_reader(changed(*wide))
    with pytest.raises(FormatError, match="different sizes"):
        open_reader(changed(*((0, *part) for part in _head(300, 4))))
    with pytest.raises(FormatError, match="unknown format 99"):
        open_reader(changed(*((0, *part) for part in _head(300, 99))))
    with pytest.raises(FormatError, match="should have 3 planes but has 4"):
        open_reader(changed(_place(0, 0, 1, 0)))
    with pytest.raises(FormatError, match="without pixels"):
        open_reader(changed((1, HEAD, bytes(4))))


def test_values_end_where_they_make_no_sense() -> None:
    data = struct.pack("<HiHdHI4s", 3, 5, 5, 0.5, 8, 4, "µm".encode("utf-16-le")) + struct.pack("<HH", 0, 999)
    assert [value for _, value in variants(data)] == [5, 0.5, "µm", None]
    assert variants(struct.pack("<HI", 8, 1 << 31)) == [(2, "")]
    assert tags_of(b"") == {}
