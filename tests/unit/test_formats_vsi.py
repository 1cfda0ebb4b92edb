"""Olympus VSI: properties, tiles of ETS files by level and dimension, missing and lying parts."""

from __future__ import annotations

import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from omero_server.formats.base import FormatError
from omero_server.formats.registry import open_reader
from omero_server.formats.scan import scan
from omero_server.formats.vsitags import read_properties
from tests.support.packed import packed

NAME = "vsi/vsi-ets-test-jpg2k.vsi"
Place = tuple[int, ...]


@pytest.fixture
def vsi(tmp_path: Path) -> Path:
    """A VSI whose folder holds an ETS file of the test's own."""
    path = tmp_path / "a.vsi"
    path.write_bytes(packed(NAME).read_bytes())
    (tmp_path / "_a_" / "stack1").mkdir(parents=True)
    return path


def _ets(
    vsi: Path, tiles: dict[Place, bytes], sizes: list[int] | None, *, tile: tuple[int, int] = (4, 3), pixels: int = 2,
    samples: int = 1, compression: int = 0,
) -> Path:  # fmt: skip
    """Places are (x, y, others, level); sizes are of all but the level."""
    dimensions = len(next(iter(tiles)))
    second = bytearray(228)
    struct.pack_into("<4s8I", second, 0, b"ETS\0", 0x30002, pixels, samples, 1, compression, 100, *tile)
    struct.pack_into("<3I", second, 27 * 4, 9, 8, 7)
    if sizes is not None:
        struct.pack_into(f"<{len(sizes) + 1}I", second, 49 * 4, len(sizes), *sizes)
    at, body, directory = 64 + len(second), b"", b""
    for number, (place, data) in enumerate(tiles.items()):
        directory += struct.pack(f"<I{dimensions}iQII", 6, *place, at + len(body), len(data), number)
        body += data
    head = struct.pack(
        "<4sIIIQIIQIIQII", b"SIS\0", 64, 3, dimensions, 64, len(second), 0, at + len(body), len(tiles), 0, 0, 0, 0
    )[:64]
    path = vsi.parent / "_a_" / "stack1" / "frame_t_0.ets"
    path.write_bytes(head + bytes(second) + body + directory)
    return path


def test_optics_channels_and_planes() -> None:
    with open_reader(packed(NAME)) as reader:
        image, overview = reader.info().images
        assert (image.name, overview.name) == ("001 C405, C488", "macro image")
        assert image.objective is not None and image.objective.model == "UPLXAPO O 60x / 1.42"
        assert (image.objective.lens_na, image.objective.refractive_index) == (1.42, 1.518)
        assert image.objective.working_distance == (150.0, "µm")
        assert [channel.emission_wavelength for channel in image.channels] == [(455.0, "nm"), (518.0, "nm")]
        assert image.channels[0].detector is not None and image.channels[0].detector.manufacturer == "Hamamatsu"
        assert [plane.exposure_time for plane in image.planes[:2]] == [(0.050002, "s"), (0.019999, "s")]
        assert image.planes[2].position_z == (pytest.approx(5075.94), "µm")
        assert image.acquired is not None and image.acquired.isoformat() == "2021-05-31T14:58:55"
        assert reader.info().metadata["Product Name"] == "OLYMPUS cellSens Dimension"
        assert overview.is_rgb and reader.read(1, 0, 0, 1, 0, 0, 0, 501, 512).any()
        assert reader.pixel_files()[1] == {packed(NAME)}


def test_the_folder_is_part_of_the_fileset() -> None:
    (candidate,) = scan([packed(NAME).parent]).candidates
    assert [file.name for file in candidate.files] == ["vsi-ets-test-jpg2k.vsi", "frame_t_0.ets"]
    assert scan([candidate.files[1]]).candidates == [candidate]


def test_levels_and_tiles_that_are_missing(vsi: Path) -> None:
    whole = np.arange(6 * 7, dtype=np.uint8).reshape(6, 7)
    padded = np.zeros((6, 8), np.uint8)
    padded[:, :7] = whole
    tiles = {
        (x, y, 0): padded[3 * y : 3 * y + 3, 4 * x : 4 * x + 4].tobytes()
        for y in (0, 1)
        for x in (0, 1)
        if (x, y) != (1, 0)
    }
    tiles[0, 0, 1] = padded[::2, ::2].tobytes()
    _ets(vsi, tiles, [7, 6])
    with open_reader(vsi) as reader:
        image = reader.image(0)
        assert (image.size_x, image.size_y, image.tile_size) == (7, 6, (4, 3))
        assert [(level.width, level.height) for level in image.levels] == [(7, 6), (4, 3)]
        found = reader.read(0, 0, 0, 0, 0, 0, 0, 7, 6)
        assert np.array_equal(found[:, :4], whole[:, :4]) and np.array_equal(found[3:, 4:], whole[3:, 4:])
        assert (found[:3, 4:] == 9).all()
        assert np.array_equal(reader.read(0, 1, 0, 0, 0, 1, 0, 3, 3), padded[::2, ::2][:, 1:4])


@pytest.mark.parametrize("compression", [0, 2, 3, 8])
def test_colours_raw_and_packed(compression: int, vsi: Path) -> None:
    colour = np.zeros((32, 16, 3), np.uint8)
    colour[...] = (200, 100, 20)
    data = {
        0: np.ascontiguousarray(colour[..., ::-1]).tobytes(), 2: imagecodecs.jpeg8_encode(colour, 95),
        3: imagecodecs.jpeg2k_encode(colour, codecformat="j2k", reversible=True), 8: imagecodecs.png_encode(colour),
    }[compression]  # fmt: skip
    _ets(vsi, {(0, 0, 0, 0): data}, None, tile=(16, 32), samples=3, compression=compression)
    with open_reader(vsi) as reader:
        image = reader.image(0)
        assert (image.size_x, image.size_y, image.size_c, image.is_rgb) == (16, 32, 3, True)
        values = [int(reader.read(0, 0, 0, c, 0, 5, 5, 1, 1)[0, 0]) for c in range(3)]
    assert values == pytest.approx([200, 100, 20], abs=3)


def test_dimensions_without_a_meaning_are_slices_then_channels(vsi: Path) -> None:
    tiles = {(0, 0, z, c, 0): bytes([10 * c + z] * 12) for c in range(2) for z in range(3)}
    _ets(vsi, tiles, [4, 3, 3, 2])
    with open_reader(vsi) as reader:
        image = reader.image(0)
        assert (image.size_z, image.size_c, image.size_t) == (3, 2, 1)
        assert reader.read(0, 0, 2, 1, 0, 3, 2, 1, 1)[0, 0] == 12


def test_without_its_folder_it_is_refused(vsi: Path) -> None:
    (vsi.parent / "_a_" / "stack1").rmdir()
    with pytest.raises(FormatError, match="needs the folder _a_, which is missing"):
        open_reader(vsi)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"tiles": {(0, 0, 0): bytes(5)}}, "too short"),
        ({"tiles": {(-1, 0, 0): bytes(12)}}, "beyond its end"),
        ({"tiles": {(0, 0, 1): bytes(12)}}, "no tiles of full size"),
        ({"tile": (1 << 20, 1 << 20)}, "tiles of 1048576x1048576"),
        ({"pixels": 99}, "type 99"),
        ({"compression": 77}, "unknown way 77"),
        ({"samples": 9}, "type 2"),
    ],
)
def test_lying_tiles(change: dict[str, object], reason: str, vsi: Path) -> None:
    arguments: dict[str, object] = {"tiles": {(0, 0, 0): bytes(12)}, "sizes": [4, 3]} | change
    _ets(vsi, **arguments)  # type: ignore[arg-type]
    with pytest.raises(FormatError, match=reason):
        open_reader(vsi)


def test_a_picture_of_another_size_is_refused(vsi: Path) -> None:
    data = imagecodecs.jpeg2k_encode(np.zeros((64, 64), np.uint8), codecformat="j2k")
    _ets(vsi, {(0, 0, 0): data}, [4, 3], compression=3)
    with open_reader(vsi) as reader, pytest.raises(FormatError, match=r"\(64, 64\) pixels"):
        reader.read(0, 0, 0, 0, 0, 0, 0, 4, 3)


def test_properties_that_never_end(vsi: Path) -> None:
    data = bytearray(vsi.read_bytes())
    struct.pack_into("<I", data, 32 + 8, 24)
    struct.pack_into("<i", data, 24, 0xFFFFFFF)
    vsi.write_bytes(data)
    with pytest.raises(FormatError, match="never end"):
        read_properties(vsi)
