"""MRC and DeltaVision: orders of planes and bytes, signs, colours, hostile headers."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from omero_server.formats.base import FormatError
from omero_server.formats.registry import open_reader
from tests.support.packed import packed


def _mrc(path: Path, pixels: np.ndarray, mode: int, *, order: str = "<", group: int = 0, depth: int = 1) -> Path:
    """Pixels are (slices, height, width) in the order of the file."""
    head = bytearray(1024)
    slices, height, width = pixels.shape[:3]
    struct.pack_into(order + "10i", head, 0, width, height, slices, mode, 0, 0, 0, width, height, depth)
    struct.pack_into(order + "3i", head, 64, 1, 2, 3)
    struct.pack_into(order + "i", head, 88, group)
    head[208:216] = b"MAP " + (b"DD\0\0" if order == "<" else b"\x11\x11\0\0")
    path.write_bytes(bytes(head) + pixels.astype(pixels.dtype.newbyteorder(order)).tobytes())
    return path


def _dv(path: Path, sizes: tuple[int, int, int, int], sequence: int, pixels: np.ndarray, order: str = "<") -> Path:
    """Sizes are width, sections, times, waves; planes are one row."""
    head = bytearray(1024)
    struct.pack_into(order + "4i", head, 0, sizes[0], 1, sizes[1], 6)
    struct.pack_into(order + "h", head, 96, -16224)
    struct.pack_into(order + "2h", head, 180, sizes[2], sequence)
    struct.pack_into(order + "3h", head, 196, sizes[3], 525, 617)
    path.write_bytes(bytes(head) + pixels.astype(order + "u2").tobytes())
    return path


@pytest.mark.parametrize("order", ["<", ">"])
def test_rows_are_turned_in_either_byte_order(order: str, tmp_path: Path) -> None:
    pixels = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4)
    with open_reader(_mrc(tmp_path / "a.mrc", pixels, 1, order=order)) as reader:
        assert np.array_equal(reader.read(0, 0, 1, 0, 0, 0, 0, 4, 3), pixels[1, ::-1])
        assert np.array_equal(reader.read(0, 0, 0, 0, 0, 1, 1, 2, 2), pixels[0, ::-1][1:3, 1:3])


def test_stacks_of_volumes_are_time_points(tmp_path: Path) -> None:
    pixels = np.arange(6, dtype=np.float32).reshape(6, 1, 1)
    with open_reader(_mrc(tmp_path / "a.mrc", pixels, 2, group=401, depth=3)) as reader:
        image = reader.image(0)
        assert (image.size_z, image.size_t) == (3, 2)
        assert reader.read(0, 0, 1, 0, 1, 0, 0, 1, 1)[0, 0] == 4


def test_bytes_have_a_sign_unless_imod_says_otherwise(tmp_path: Path) -> None:
    path = _mrc(tmp_path / "a.mrc", np.full((1, 1, 1), 200, np.uint8), 0)
    with open_reader(path) as reader:
        assert reader.image(0).pixel_type == "int8" and reader.read(0, 0, 0, 0, 0, 0, 0, 1, 1)[0, 0] == -56
    data = bytearray(path.read_bytes())
    data[152:156] = b"IMOD"
    path.write_bytes(data)
    with open_reader(path) as reader:
        assert reader.image(0).pixel_type == "uint8" and reader.read(0, 0, 0, 0, 0, 0, 0, 1, 1)[0, 0] == 200


def test_colours_and_files_without_a_mark(tmp_path: Path) -> None:
    colours = np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3)
    path = _mrc(tmp_path / "a.st", colours, 16)
    data = bytearray(path.read_bytes())
    data[208:216] = bytes(8)
    path.write_bytes(data)
    with open_reader(path) as reader:
        assert reader.info().reader == "mrc" and reader.image(0).is_rgb
        assert np.array_equal(reader.read(0, 0, 0, 2, 0, 0, 0, 2, 2), colours[0, ::-1, :, 2])


@pytest.mark.usefixtures("no_bio_formats")
@pytest.mark.parametrize(
    ("at", "value", "reason"),
    [
        (0, 1 << 20, "truncated"),
        (0, -5, "something else"),
        (8, 1 << 30, "something else"),
        (12, 3, "mode 3"),
        (92, -1, "declares"),
        (92, 1 << 20, "truncated"),
    ],
)
def test_hostile_mrc_headers(at: int, value: int, reason: str, tmp_path: Path) -> None:
    path = _mrc(tmp_path / "a.mrc", np.zeros((2, 4, 4), np.int16), 1)
    data = bytearray(path.read_bytes())
    struct.pack_into("<i", data, at, value)
    path.write_bytes(data)
    with pytest.raises(FormatError, match=reason):
        open_reader(path)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("sequence", "axes"), [(0, "ctz"), (1, "tzc"), (2, "tcz")])
def test_planes_in_each_sequence(sequence: int, axes: str, order: str, tmp_path: Path) -> None:
    stored = np.arange(2 * 3 * 4).reshape([{"c": 2, "t": 3, "z": 4}[axis] for axis in axes])
    pixels = np.repeat(stored.reshape(-1, 1), 5, axis=1)
    with open_reader(_dv(tmp_path / "a.dv", (5, 24, 3, 2), sequence, pixels, order)) as reader:
        image = reader.image(0)
        assert (image.size_z, image.size_c, image.size_t) == (4, 2, 3)
        assert [channel.emission_wavelength for channel in image.channels] == [(525.0, "nm"), (617.0, "nm")]
        for place in np.ndindex(*stored.shape):
            at = dict(zip(axes, place, strict=True))
            assert reader.read(0, 0, at["z"], at["c"], at["t"], 4, 0, 1, 1)[0, 0] == stored[place]


def test_numbers_of_planes_and_the_log_beside(tmp_path: Path) -> None:
    path = tmp_path / "a.dv"
    path.write_bytes(packed("tinyTest.d3d.dv").read_bytes())
    (tmp_path / "a.dv.log").write_text("ID: DeltaVision\nno pair\nTemperature: 21 C\n")
    with open_reader(path) as reader:
        info, image = reader.info(), reader.image(0)
        plane, channel = image.planes[0], image.channels[0]
        assert [file.name for file in info.used_files] == ["a.dv", "a.dv.log"]
        assert reader.pixel_files() == [{path}]
        assert info.metadata["Log|Temperature"] == "21 C" and info.metadata["Lens ID"] == "12003"
        assert image.objective is not None and image.objective.model == "12003"
        assert (channel.excitation_wavelength, channel.nd_filter) == ((490.0, "nm"), 0.5)
        assert plane.exposure_time == (pytest.approx(0.1), "s") and plane.position_x == (pytest.approx(-3048.63), "µm")
        assert len(image.planes) == 30


def test_numbers_of_planes_that_do_not_fit(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="declares 24 planes"):
        open_reader(_dv(tmp_path / "a.dv", (5, 24, 7, 2), 0, np.zeros((24, 5))))
