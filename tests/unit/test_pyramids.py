"""Pyramids: making them in pieces, reading them, and reading those of OMERO."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from omero_server.background.leftovers import remove_leftovers
from omero_server.formats.base import FormatError
from omero_server.pixels import pyramid_writer
from omero_server.pixels.buffer import ReaderBuffer
from omero_server.pixels.large import LargeBuffer
from omero_server.pixels.pyramid import OldPyramidReader, OwnPyramidReader, open_pyramid
from omero_server.pixels.pyramid_sizes import level_sizes
from omero_server.pixels.pyramid_writer import write_pyramid
from tests.support.pyramids import Source, made_of, write_old

TILE = (64, 64)


def halved(plane: Any) -> Any:
    """Means of two by two pixels by another way: exact, then rounded half up."""
    padded = np.pad(plane, ((0, plane.shape[0] % 2), (0, plane.shape[1] % 2)), "edge").astype(np.longdouble)
    mean = padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2).mean(axis=(1, 3))
    return mean.astype(plane.dtype) if plane.dtype.kind == "f" else np.floor(mean + 0.5).astype(plane.dtype)


@pytest.mark.parametrize("with_full", [True, False])
@pytest.mark.parametrize(
    "pixel_type", ["bit", "int8", "uint8", "int16", "uint16", "int32", "uint32", "float", "double"]
)
def test_levels_of_every_type(tmp_path: Path, pixel_type: str, with_full: bool) -> None:
    source = made_of(pixel_type, 1, 2, 2, 201, 333)
    ranges = write_pyramid(source, tmp_path / "made", TILE, with_full=with_full, check=lambda: None)
    assert ranges == [(float(one.min()), float(one.max())) for one in source.data[0]]
    sizes = level_sizes(333, 201, TILE)
    with closing(open_pyramid(tmp_path / "made", (2, 2, 1), pixel_type)) as reader:
        assert isinstance(reader, OwnPyramidReader) and reader.has_full is with_full
        pyramid = ReaderBuffer(reader)
        assert pyramid.level_sizes == sizes[0 if with_full else 1 :] and pyramid.tile_size == TILE
        buffer = LargeBuffer(None if with_full else source, pyramid, with_full, TILE)
        assert buffer.level_sizes == sizes and buffer.tile_size == TILE
        expected = source.data[0, 1, 1]
        for level, (width, height) in enumerate(sizes):
            expected = (halved(expected) if level else expected)[:height, :width]
            found = buffer.plane(1, 1, 0, level)
            assert np.allclose(found, expected) if found.dtype.kind == "f" else np.array_equal(found, expected), level
        part = buffer.region(0, 1, 0, 70, 30, 60, 50, 1)
        assert np.allclose(part, halved(source.data[0, 1, 0])[30:80, 70:130])
        with pytest.raises(IndexError):
            buffer.plane(0, 0, 0, 6)


def test_it_is_a_plain_tiff(tmp_path: Path) -> None:
    source = made_of("uint16", 1, 1, 3, 100, 150)
    write_pyramid(source, tmp_path / "made", TILE, with_full=True, check=lambda: None)
    with tifffile.TiffFile(tmp_path / "made") as tif:
        assert tif.is_bigtiff and len(tif.pages) == 3
        for page, plane in zip(tif.pages, source.data[0, 0], strict=True):
            assert isinstance(page, tifffile.TiffPage)
            assert np.array_equal(page.asarray(), plane)
            assert page.pages is not None and page.pages[0].shape == (50, 75)


def test_pyramids_tell_what_they_hold(tmp_path: Path) -> None:
    write_pyramid(made_of("int16", 1, 2, 3, 100, 150), tmp_path / "made", TILE, with_full=True, check=lambda: None)
    image = OwnPyramidReader.describe(tmp_path / "made").images[0]
    assert (image.size_z, image.size_c, image.size_t, image.pixel_type) == (3, 2, 1, "int16")
    write_old(tmp_path / "old", np.zeros((4, 300, 300), np.uint8), (256, 256))
    image = OldPyramidReader.describe(tmp_path / "old").images[0]
    assert (image.size_z, image.size_x, len(image.levels)) == (4, 300, 6)


def test_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyramid_writer, "_BLOCK_BYTES", 64 * 1024)
    source = made_of("uint16", 1, 1, 1, 300, 3000)
    write_pyramid(source, tmp_path / "made", TILE, with_full=True, check=lambda: None)
    assert source.largest * 2 <= 64 * 1024 and source.read == 300 * 3000
    with closing(open_pyramid(tmp_path / "made", (1, 1, 1), "uint16")) as reader:
        assert np.array_equal(ReaderBuffer(reader).plane(0, 0, 0), source.data[0, 0, 0])


def test_nan_does_not_count_as_a_value(tmp_path: Path) -> None:
    data = np.full((1, 1, 1, 80, 80), np.nan, np.float32)
    data[..., :10] = 3
    assert write_pyramid(Source(data, "float"), tmp_path / "a", TILE, with_full=False, check=lambda: None) == [(3, 3)]


@pytest.mark.parametrize(
    ("size", "reduced"),
    [
        ((10000, 8000), [(625, 500), (313, 250)]),
        ((4096, 4096), [(256, 256), (128, 128)]),
        ((5000, 5001), [(313, 313), (156, 156)]),
        ((3193, 3192), [(200, 200), (100, 100)]),
    ],
)
def test_sizes_are_those_of_omero(size: tuple[int, int], reduced: list[tuple[int, int]]) -> None:
    sizes = level_sizes(*size, (256, 256))
    assert len(sizes) == 6 and sizes[0] == size and sizes[4:] == reduced


@pytest.mark.parametrize("pixel_type", ["uint8", "uint16"])
@pytest.mark.parametrize("series", [True, False])
def test_a_pyramid_of_omero(tmp_path: Path, pixel_type: str, series: bool) -> None:
    y, x = np.mgrid[0:600, 0:900]
    planes = np.stack([(x + y + 40 * n) / 8 for n in range(6)]).astype(pixel_type)
    write_old(tmp_path / "old", planes, (256, 256), series)
    with closing(open_pyramid(tmp_path / "old", (3, 2, 1), pixel_type)) as reader:
        assert isinstance(reader, OldPyramidReader)
        buffer = ReaderBuffer(reader)
        assert buffer.level_sizes == level_sizes(900, 600, (256, 256)) and buffer.tile_size == (256, 256)
        assert np.array_equal(buffer.plane(2, 1, 0), planes[5]), "without loss"
        for level in range(1, 4 if series else 6):
            expected = planes[4][:: 2**level, :: 2**level].astype(float)
            found = buffer.plane(1, 1, 0, level)
            assert found.shape == buffer.level_sizes[level][::-1]
            rows, columns = (min(a, b) for a, b in zip(found.shape, expected.shape, strict=True))
            # Wavelets ring where a tile at the edge was filled up.
            error = np.abs(found[:rows, :columns] - expected[:rows, :columns])
            assert np.median(error) <= 2**level / 4
            part = buffer.region(1, 1, 0, 1, 2, found.shape[1] - 2, found.shape[0] - 4, level)
            assert np.array_equal(part, found[2:-2, 1:-1])
        if series:
            assert (buffer.plane(1, 0, 0, 5) == planes[1][0, 0]).all()


@pytest.mark.parametrize("change", ["planes", "type", "text", "empty"])
def test_another_file_is_refused(tmp_path: Path, change: str) -> None:
    path = tmp_path / "made"
    if change == "text":
        path.write_text("no TIFF")
    elif change == "empty":
        path.touch()
    else:
        write_pyramid(made_of("uint8", 1, 1, 1, 90, 90), path, TILE, with_full=True, check=lambda: None)
    with pytest.raises(FormatError):
        open_pyramid(path, (2 if change == "planes" else 1, 1, 1), "int8" if change == "type" else "uint8")
    with pytest.raises(FormatError):
        write_old(tmp_path / "old", np.zeros((2, 300, 300), np.uint8), (256, 256))
        open_pyramid(tmp_path / "old", (99, 1, 1), "uint8")


def test_what_a_dead_server_left_is_removed(tmp_path: Path) -> None:
    for name in (".12ab_projection.tmp", "1234", "1234_pyramid"):
        (tmp_path / name).touch()
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1234", "1234_pyramid"]
    remove_leftovers(tmp_path / "missing")


def test_stopping(tmp_path: Path) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_pyramid(made_of("uint8", 1, 1, 1, 90, 90), tmp_path / "made", TILE, with_full=True, check=stop)
