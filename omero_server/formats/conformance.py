"""Tests that every reader must pass; for our own readers and for whoever writes one.

    class TestMyReader(ReaderConformance):
        reader = MyReader
        samples = [Path("tests/data/sample.abc")]
        foreign = [Path("tests/data/other.png")]

Run by pytest, which finds the `test_*` methods. Nothing here needs pytest itself.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from omero_server.formats.base import PIXEL_DTYPES, Array, FormatError, Reader
from omero_server.formats.info import FilesetInfo, ImageInfo

__all__ = ["ReaderConformance"]

_ORDERS = ("XYZCT", "XYZTC", "XYCTZ", "XYCZT", "XYTCZ", "XYTZC")
_THREADS = 4
_MAX_IMAGES = 8
_MAX_CHANNELS = 4


class ReaderConformance:
    """What `Reader` promises, checked on samples of a format."""

    reader: ClassVar[type[Reader]]
    samples: ClassVar[Sequence[Path]]
    foreign: ClassVar[Sequence[Path]] = ()
    """Files of other formats, which `detect` must refuse."""

    def test_detects_its_samples_and_nothing_else(self) -> None:
        for path in self.samples:
            assert self.reader.detect(path), path
        for path in self.foreign:
            assert not self.reader.detect(path), path

    def test_has_a_name_and_a_format(self) -> None:
        assert self.reader.name and self.reader.format and self.reader.version
        assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in self.reader.suffixes)

    def test_description_is_complete(self) -> None:
        for info in self._infos():
            assert info.reader == self.reader.name
            assert info.reader_version == self.reader.version
            assert info.used_files and all(path.is_file() for path in info.used_files)
            assert len(set(info.used_files)) == len(info.used_files)
            assert info.images
            for image in info.images:
                self._check_image(image)

    def test_grouping_agrees_with_the_description(self) -> None:
        for path in self.samples:
            assert self.reader.used_files(path) == self.reader.describe(path).used_files

    def test_pixels_lie_in_files_of_the_fileset(self) -> None:
        for path in self.samples:
            with self.reader.open(path) as reader:
                files, parts = set(reader.info().used_files), reader.pixel_files()
            assert len(parts) == len(reader.info().images)
            assert all(part and part <= files for part in parts)

    def test_any_file_of_a_fileset_opens_it_from_its_entry(self) -> None:
        for info in self._infos():
            again = self.reader.describe(info.entry)
            assert again == info

    def test_description_survives_json(self) -> None:
        for info in self._infos():
            data = json.loads(json.dumps(info.to_json()))
            assert FilesetInfo.from_json(data, info.root) == info

    def test_restored_reader_reads_the_same(self) -> None:
        for path in self.samples:
            with self.reader.open(path) as first:
                info = first.info()
                stored = FilesetInfo.from_json(json.loads(json.dumps(info.to_json())), info.root)
                with self.reader(stored) as second:
                    assert np.array_equal(_plane(first), _plane(second), equal_nan=_floats(info))

    def test_planes_have_the_declared_shape_and_type(self) -> None:
        for reader in self._open():
            with reader:
                for series, image in enumerate(reader.info().images[:_MAX_IMAGES]):
                    for level, size in enumerate(image.levels):
                        last = (image.size_z - 1, image.size_c - 1, image.size_t - 1)
                        pixels = reader.read(series, level, *last, 0, 0, size.width, size.height)
                        assert pixels.shape == (size.height, size.width)
                        assert pixels.dtype == PIXEL_DTYPES[image.pixel_type] and pixels.dtype.isnative
                        assert pixels.flags.c_contiguous

    def test_regions_are_parts_of_the_plane(self) -> None:
        for reader in self._open():
            with reader:
                for level, size in enumerate(reader.image(0).levels):
                    whole = _plane(reader, level)
                    for x, y, w, h in _regions(size.width, size.height):
                        part = reader.read(0, level, 0, 0, 0, x, y, w, h)
                        expected = whole[y : y + h, x : x + w]
                        assert np.array_equal(part, expected, equal_nan=expected.dtype.kind == "f")

    def test_channels_read_together_are_the_same(self) -> None:
        for reader in self._open():
            with reader:
                image = reader.image(0)
                channels = range(min(image.size_c, _MAX_CHANNELS))
                for level, size in enumerate(image.levels):
                    for part in [*_regions(size.width, size.height), (0, 0, size.width, size.height)]:
                        together = reader.read_channels(0, level, 0, channels, 0, *part)
                        for c, pixels in zip(channels, together, strict=True):
                            alone = reader.read(0, level, 0, c, 0, *part)
                            assert pixels.dtype == alone.dtype
                            assert np.array_equal(pixels, alone, equal_nan=alone.dtype.kind == "f")

    def test_outside_of_the_image_is_an_index_error(self) -> None:
        for reader in self._open():
            with reader:
                image = reader.image(0)
                x, y = image.size_x, image.size_y
                for request in (
                    (len(reader.info().images), 0, 0, 0, 0, 0, 0, 1, 1), (0, len(image.levels), 0, 0, 0, 0, 0, 1, 1),
                    (0, 0, image.size_z, 0, 0, 0, 0, 1, 1), (0, 0, 0, image.size_c, 0, 0, 0, 1, 1),
                    (0, 0, 0, 0, image.size_t, 0, 0, 1, 1), (0, 0, -1, 0, 0, 0, 0, 1, 1),
                    (0, 0, 0, 0, 0, 0, 0, x + 1, 1), (0, 0, 0, 0, 0, 0, y, 1, 1), (0, 0, 0, 0, 0, 0, 0, 0, 1),
                ):  # fmt: skip
                    assert _raises(IndexError, reader, request), request

    def test_threads_share_a_reader(self) -> None:
        for reader in self._open():
            with reader:
                expected = _plane(reader)
                wrong: list[int] = []

                def work(reader: Reader = reader, expected: Array = expected, wrong: list[int] = wrong) -> None:
                    for turn in range(3):
                        if not np.array_equal(_plane(reader), expected, equal_nan=expected.dtype.kind == "f"):
                            wrong.append(turn)

                threads = [threading.Thread(target=work) for _ in range(_THREADS)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                assert not wrong

    def test_missing_file_is_a_format_error(self) -> None:
        for path in self.samples[:1]:
            try:
                self.reader.open(path.with_name("no such " + path.name))
            except (FormatError, OSError):
                continue
            raise AssertionError("a missing file was opened")

    def _infos(self) -> list[FilesetInfo]:
        return [self.reader.describe(path) for path in self.samples]

    def _open(self) -> list[Reader]:
        return [self.reader.open(path) for path in self.samples]

    def _check_image(self, image: ImageInfo) -> None:
        assert min(image.size_x, image.size_y, image.size_z, image.size_c, image.size_t) >= 1
        assert image.pixel_type in PIXEL_DTYPES
        assert image.dimension_order in _ORDERS
        assert image.significant_bits is None or 1 <= image.significant_bits <= 128
        assert (image.levels[0].width, image.levels[0].height) == (image.size_x, image.size_y)
        sizes = [level.width * level.height for level in image.levels]
        assert sizes == sorted(sizes, reverse=True)
        assert len(image.channels) == image.size_c
        for quantity in (image.physical_size_x, image.physical_size_y, image.physical_size_z, image.time_increment):
            assert quantity is None or (quantity[0] > 0 and quantity[1])
        for plane in image.planes:
            assert 0 <= plane.z < image.size_z and 0 <= plane.c < image.size_c and 0 <= plane.t < image.size_t


def _plane(reader: Reader, level: int = 0) -> Array:
    size = reader.image(0).levels[level]
    return reader.read(0, level, 0, 0, 0, 0, 0, size.width, size.height)


def _floats(info: FilesetInfo) -> bool:
    return PIXEL_DTYPES[info.images[0].pixel_type].kind == "f"


def _regions(width: int, height: int) -> list[tuple[int, int, int, int]]:
    """Corners, an inner piece, a row and a column."""
    w, h = max(1, width // 3), max(1, height // 3)
    return [
        (0, 0, 1, 1),
        (width - 1, height - 1, 1, 1),
        (width // 4, height // 4, w, h),
        (0, height // 2, width, 1),
        (width // 2, 0, 1, height),
    ]


def _raises(kind: type[Exception], reader: Reader, request: tuple[Any, ...]) -> bool:
    try:
        reader.read(*request)
    except kind:
        return True
    return False
