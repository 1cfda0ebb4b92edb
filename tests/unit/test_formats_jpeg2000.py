"""JPEG 2000 against whole pictures decoded by imagecodecs and Pillow."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from omero_server.formats.base import Array, FormatError
from omero_server.formats.registry import open_reader
from tests.support.damage import refuses_cuts, survives_wrong_bytes

DATA = Path(__file__).parents[1] / "data/jp2"
SAMPLES = {
    "16bit.cropped.jp2": ((64, 64, 1), "uint16", "55edfd47256c2c6dcc04fa90b1fac91d2767b429"),
    "world.jp2": ((800, 400, 3), "uint8", "0cb3f9325ac1063fbba63941ca260b7fa56f5b04"),
}


def _pixels(path: Path, level: int = 0) -> Array:
    with open_reader(path) as reader:
        size, channels = reader.image(0).levels[level], reader.image(0).size_c
        planes = [reader.read(0, level, 0, c, 0, 0, 0, size.width, size.height) for c in range(channels)]
    return np.stack(planes, axis=-1)


@pytest.fixture
def tiled(tmp_path: Path) -> Path:
    """A picture of 4 x 4 tiles."""
    pixels = np.sort(np.random.default_rng(1).integers(0, 255, (700, 900, 3)), axis=1).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "tiled.jp2", tile_size=(256, 200), num_resolutions=4)
    return tmp_path / "tiled.jp2"


@pytest.mark.parametrize("name", SAMPLES)
def test_samples(name: str) -> None:
    sizes, pixel_type, sha1 = SAMPLES[name]
    with open_reader(DATA / name) as reader:
        info, image = reader.info(), reader.image(0)
        plane = reader.read(0, 0, 0, 0, 0, 0, 0, image.size_x, image.size_y)
    assert (info.format, image.pixel_type, (image.size_x, image.size_y, image.size_c)) == (
        "JPEG2000",
        pixel_type,
        sizes,
    )
    assert hashlib.sha1(plane.tobytes()).hexdigest() == sha1
    assert info.images[0].metadata.get("Comment", "Kakadu-3.2") == "Kakadu-3.2"


@pytest.mark.parametrize("options", [{}, {"offset": (13, 7)}, {"offset": (13, 7), "tile_offset": (5, 3)}])
def test_tiles_decoded_alone_equal_the_whole(options: dict[str, Any], tmp_path: Path) -> None:
    pixels = np.sort(np.random.default_rng(0).integers(0, 4000, (300, 400)), axis=1).astype(np.uint16)
    path = tmp_path / "a.j2k"
    Image.fromarray(pixels).save(path, tile_size=(128, 100), num_resolutions=3, no_jp2=True, **options)
    whole = imagecodecs.jpeg2k_decode(path.read_bytes())
    assert np.array_equal(_pixels(path)[..., 0], whole)
    with open_reader(path) as reader:
        assert reader.image(0).tile_size == (128, 100)
        assert np.array_equal(reader.read(0, 0, 0, 0, 0, 120, 90, 20, 130), whole[90:220, 120:140])


def test_only_tiles_that_are_touched_are_read(tiled: Path) -> None:
    expected = _pixels(tiled)
    data = bytearray(tiled.read_bytes())
    last = data.rfind(b"\xff\x93")
    data[last + 2 : -2] = bytes(len(data) - last - 4)
    tiled.write_bytes(data)
    with open_reader(tiled) as reader:
        assert np.array_equal(reader.read(0, 0, 0, 0, 0, 0, 0, 256, 200), expected[:200, :256, 0])


def test_levels_equal_pillow(tiled: Path) -> None:
    with open_reader(tiled) as reader:
        assert [(level.width, level.height) for level in reader.image(0).levels] == [(900, 700), (450, 350), (225, 175)]
    for level in (1, 2):
        with Image.open(tiled) as picture:
            picture.reduce = level
            expected = np.asarray(picture)
        assert np.array_equal(_pixels(tiled, level), expected)


@pytest.mark.parametrize("name", SAMPLES)
def test_damage(name: str, tmp_path: Path) -> None:
    refuses_cuts(DATA / name, tmp_path)
    survives_wrong_bytes(DATA / name, tmp_path)


def test_missing_tile(tiled: Path) -> None:
    data = tiled.read_bytes()
    tiled.write_bytes(data[: data.rfind(b"\xff\x90\0\x0a")] + b"\xff\xd9")
    with pytest.raises(FormatError, match="truncated"):
        open_reader(tiled)


def test_declared_sizes_that_the_file_cannot_hold(tmp_path: Path) -> None:
    data = bytearray((DATA / "world.jp2").read_bytes())
    at = data.find(b"\xff\x4f\xff\x51") + 8
    for width in (500_000, 2**31 - 1):
        data[at : at + 8] = struct.pack(">II", width, width)
        data[at + 16 : at + 24] = struct.pack(">II", width, width)
        (tmp_path / "a.jp2").write_bytes(data)
        with pytest.raises(FormatError, match="declares"):
            open_reader(tmp_path / "a.jp2")
