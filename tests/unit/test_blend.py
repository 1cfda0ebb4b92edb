"""The compiled sum of channels against numpy's, and JPEGs with libjpeg's own tables against those with ours."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from omero_server import _blend
from omero_server.rendering import composite
from omero_server.rendering.composite import ChannelTable
from omero_server.rendering.encode import _common_level, jpeg

RANDOM = np.random.default_rng(7)


def table(entries: int, most: int) -> ChannelTable:
    colors = RANDOM.integers(0, most + 1, (256, 4)).astype(np.uint8)
    return ChannelTable(RANDOM.integers(0, 256, entries).astype(np.uint8), colors)


def indices(dtype: type, shape: tuple[int, int], below: int, how: str) -> Any:
    rows, columns = shape
    if how == "interleaved":
        return RANDOM.integers(0, below, (rows, columns, 3)).astype(dtype)[..., 1]
    if how == "turned":
        return RANDOM.integers(0, below, (columns, rows)).astype(dtype).T
    return RANDOM.integers(0, below, shape).astype(dtype)


@pytest.mark.parametrize("bands", [3, 4])
@pytest.mark.parametrize("how", ["plain", "interleaved", "turned"])
@pytest.mark.parametrize(("count", "most"), [(1, 255), (3, 85), (3, 255), (257, 255)])
def test_the_same_as_numpy(bands: int, how: str, count: int, most: int) -> None:
    shape = (37, 53)
    kinds = [(np.uint8, 256), (np.uint16, 65536), (np.uint16, 260)]
    layers = []
    for n in range(count):
        dtype, entries = kinds[n % 3]
        layers.append((indices(dtype, shape, entries, how), table(entries, most)))
    expected = composite._composed(shape, layers, saturating=True)[..., :bands]
    assert np.array_equal(composite.compose(shape, layers, bands), expected)


def plain(band: int) -> ChannelTable:
    colors = np.zeros((256, 4), np.uint8)
    colors[:, band] = np.arange(256)
    colors[:, 3] = 255 if band == 0 else 0
    return ChannelTable(np.arange(256).astype(np.uint8), colors)


def test_samples_that_are_shown_as_they_are() -> None:
    pixels = RANDOM.integers(0, 256, (40, 60, 3)).astype(np.uint8)
    tables = [plain(band) for band in range(3)]
    assert [table.band for table in tables] == [0, 1, 2]
    part = pixels[5:20, 7:33]
    layers = [(part[..., c], tables[c]) for c in range(3)]
    found = composite.compose((15, 26), layers, 3)
    assert np.shares_memory(found, pixels) and np.array_equal(found, part)
    assert np.array_equal(composite.compose((15, 26), layers, 4)[..., :3], part)
    assert jpeg(found, 0.9) == jpeg(part.copy(), 0.9)
    for other in (
        [(part[..., c].copy(), tables[c]) for c in range(3)],
        [(part[..., 2 - c], tables[c]) for c in range(3)],
        [(part[..., c], tables[2 - c]) for c in range(3)],
        [(part[..., c], tables[c]) for c in range(2)],
    ):
        expected = composite._composed((15, 26), other, saturating=True)[..., :3]
        assert np.array_equal(composite.compose((15, 26), other, 3), expected)


def test_tables_that_show_something_else_have_no_band() -> None:
    moved = ChannelTable(np.clip(np.arange(256) * 2, 0, 255).astype(np.uint8), plain(0).colors)
    grey = ChannelTable(np.arange(256).astype(np.uint8), np.repeat(np.arange(256)[:, None], 4, 1).astype(np.uint8))
    wide = ChannelTable(np.arange(65536).astype(np.uint8), plain(1).colors)
    assert [table.band for table in (moved, grey, wide)] == [None, None, None]


def test_an_index_beyond_its_table() -> None:
    picture = np.zeros((2, 2, 4), np.uint8)
    with pytest.raises(IndexError, match="beyond its table"):
        _blend.blend(picture, [(np.full((2, 2), 9, np.uint16), np.zeros(9, np.uint32))], False)


@pytest.mark.parametrize(
    ("shape", "index", "entries"),
    [
        ((2, 2, 4), np.zeros((2, 3), np.uint8), np.zeros(256, np.uint32)),
        ((2, 2, 4), np.zeros((2, 2), np.uint32), np.zeros(256, np.uint32)),
        ((2, 2, 4), np.zeros((2, 2), np.uint8), np.zeros(256, np.uint8)),
        ((2, 2, 5), np.zeros((2, 2), np.uint8), np.zeros(256, np.uint32)),
        ((2, 2), np.zeros((2, 2), np.uint8), np.zeros(256, np.uint32)),
    ],
)
def test_shapes_that_do_not_fit(shape: tuple[int, ...], index: Any, entries: Any) -> None:
    with pytest.raises(ValueError):
        _blend.blend(np.zeros(shape, np.uint8), [(index, entries)], False)


def test_pictures_that_cannot_be_written() -> None:
    picture = np.zeros((2, 2, 4), np.uint8)
    picture.flags.writeable = False
    with pytest.raises((BufferError, ValueError)):
        _blend.blend(picture, [(np.zeros((2, 2), np.uint8), np.zeros(256, np.uint32))], False)


@pytest.mark.parametrize("percent", range(1, 101))
def test_jpegs_are_the_same_either_way(percent: int) -> None:
    quality = percent / 100
    waves = np.add.outer(np.sin(np.arange(45) / 5), np.cos(np.arange(70) / 7))
    picture = (np.stack([waves, waves * 2, -waves], -1) * 60 + 128).astype(np.uint8)
    four = np.dstack([picture, np.full((45, 70, 1), 255, np.uint8)])
    assert jpeg(picture, quality) == jpeg(four, quality)
    tables = Image.open(io.BytesIO(jpeg(picture, quality))).quantization  # type: ignore[attr-defined]
    assert len(tables) == 2


def test_the_usual_qualities_need_no_tables_of_ours() -> None:
    assert _common_level(0.9) == 90 and _common_level(0.85) == 0
