"""Readers that no file is opened with by itself, as families of mutants: pyramids, and HDF5 of any structure."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from omero_server.formats.base import Array, FormatError, Reader
from omero_server.formats.hdf5 import Hdf5File, is_hdf5
from omero_server.formats.hdf5arrays import check_array
from omero_server.formats.hdf5reader import Hdf5Reader
from omero_server.formats.info import FilesetInfo, ImageInfo
from omero_server.pixels.pyramid import OldPyramidReader, OwnPyramidReader
from omero_server.pixels.pyramid_writer import write_pyramid
from tests.support.packed import packed
from tests.support.pyramids import made_of, write_old

__all__ = ["UNLISTED", "unlisted_samples"]

_ARRAYS = (
    "plain", "group/gzip", "group/scaled", "group/bare", "sparse", "missing", "a", "members/3", "no such",
    "plain/below",
)  # fmt: skip


class AnyHdf5Reader(Hdf5Reader):
    """Each array of three dimensions is an image."""

    name = "hdf5"
    format = "HDF5"

    @classmethod
    def detect(cls, path: Path) -> bool:
        return is_hdf5(path)

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        file, images = Hdf5File(path), []
        for name in _ARRAYS:
            node = file.find(name)
            if node is not None and node.array is not None and len(node.array.shape) == 3:
                check_array(node.array, path)
                depth, height, width = node.array.shape
                images.append(ImageInfo(name, width, height, depth, pixel_type="uint16", index=name))
        if not images:
            raise FormatError(path, "has no arrays")
        return FilesetInfo(cls.format, cls.name, cls.version, [path], images)

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        return self._plane(self.image(series).index, zct[:1], region)


UNLISTED: dict[str, type[Reader]] = {
    "hdf5": AnyHdf5Reader,
    "omero-pyramid": OldPyramidReader,
    "pyramid": OwnPyramidReader,
}


@cache
def unlisted_samples() -> dict[str, list[Path]]:
    """Samples for each of these readers."""
    folder = Path(tempfile.mkdtemp(prefix="pyramids"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for number, kind in enumerate(("uint8", "uint16")):
        write_pyramid(
            made_of(kind, 1, 2, 2, 90, 150),
            folder / f"own{number}",
            (64, 64),
            with_full=number == 0,
            check=lambda: None,
        )
        y, x = np.mgrid[0:300, 0:400]
        planes = np.stack([(x + y + 40 * n) / 8 for n in range(2)]).astype(kind)
        write_old(folder / f"old{number}", planes, (128, 128), series=number == 0)
    found = {"omero-pyramid": "old*", "pyramid": "own*"}
    samples = {name: sorted(folder.glob(pattern)) for name, pattern in found.items()}
    return {"hdf5": [packed(f"hdf5/{kind}.h5") for kind in ("earliest", "latest", "lz4", "zstd")], **samples}
