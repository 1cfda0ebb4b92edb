"""Zarr hierarchies on disk, versions 2 and 3: attributes of groups, arrays, and where the tree begins."""

from __future__ import annotations

import json
import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from omero_server.formats.base import FormatError, decoding, quietly
from omero_server.formats.zarrlimits import foreign_codecs

if TYPE_CHECKING:
    import zarr

__all__ = ["ZarrTree", "tree_root"]

_GROUP_FILES = (".zattrs", ".zgroup", "zarr.json")
_MAX_JSON = 64 << 20
_MAX_CHUNK_BYTES = 2**31
OLD_METADATA = "METADATA.ome.xml"
OLD_DATA = "data.zarr"


def tree_root(path: Path) -> Path | None:
    """The outermost Zarr group around `path`, a folder or a group's metadata file; None when there is none."""
    folder = path if path.is_dir() else path.parent
    if not path.is_dir() and path.name not in (*_GROUP_FILES, OLD_METADATA):
        return None
    if _is_old(folder):
        return folder
    if not _is_group(folder):
        return None
    while _is_group(folder.parent):
        folder = folder.parent
    return folder.parent if folder.name == OLD_DATA and _is_old(folder.parent) else folder


def _is_group(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _GROUP_FILES)


def _is_old(folder: Path) -> bool:
    """The first layout of bioformats2raw: OME-XML beside a folder data.zarr."""
    return (folder / OLD_METADATA).is_file() and _is_group(folder / OLD_DATA)


class ZarrTree:
    """Groups and arrays below `root`, by their path in the tree."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.is_old = _is_old(root)
        self.base = root / OLD_DATA if self.is_old else root

    def files(self) -> list[Path]:
        """All files of the tree, the one to open it by first."""
        entry = self.entry()
        found = [Path(folder) / name for folder, _, names in os.walk(self.root) for name in names]
        return [entry, *sorted(path for path in found if path != entry)]

    def entry(self) -> Path:
        """The file that names the tree."""
        names = (OLD_METADATA, *_GROUP_FILES) if self.is_old else _GROUP_FILES
        return next(self.root / name for name in names if (self.root / name).is_file())

    def attributes(self, path: str = "") -> dict[str, Any]:
        """OME attributes of a group: those under `ome` in version 0.5, all of them before."""
        folder = self.folder(path)
        if (folder / "zarr.json").is_file():
            found = self._json(folder / "zarr.json").get("attributes") or {}
            inner = found.get("ome")
            return inner if isinstance(inner, dict) else found
        return self._json(folder / ".zattrs") if (folder / ".zattrs").is_file() else {}

    def folder(self, path: str) -> Path:
        """Folder of a group or array; FormatError for a path that leaves the tree."""
        parts = PurePosixPath(path)
        if parts.is_absolute() or ".." in parts.parts:
            raise FormatError(self.root, f"names the path {path!r}, which is outside of it")
        return self.base / parts

    def exists(self, path: str) -> bool:
        """Whether there is a group or array at `path`."""
        folder = self.folder(path)
        return _is_group(folder) or (folder / ".zarray").is_file()

    def array(self, path: str) -> zarr.Array[Any]:
        """The array at `path`. FormatError when it is missing, damaged, or has chunks too large to decode."""
        folder = self.folder(path)
        version: Literal[2, 3] = 3 if (folder / "zarr.json").is_file() else 2
        if version == 2 and not (folder / ".zarray").is_file():
            raise FormatError(self.root, f"has no array at {path!r}", "Copy the whole folder again.")
        foreign = foreign_codecs(self._json(folder / ("zarr.json" if version == 3 else ".zarray")))
        if foreign:
            raise FormatError(self.root, f"packs {path!r} with {', '.join(sorted(foreign))}", "Use another codec.")
        with decoding(self.root, f"opening the array {path!r}"), quietly():
            array = _open(folder, version)
        chunk = array.dtype.itemsize
        for size in array.chunks:
            chunk *= size
        if chunk > _MAX_CHUNK_BYTES:
            raise FormatError(self.root, f"has chunks of {chunk} bytes in {path!r}, too large to decode")
        return array

    def _json(self, path: Path) -> dict[str, Any]:
        if path.stat().st_size > _MAX_JSON:
            raise FormatError(path, f"is larger than {_MAX_JSON} bytes, too large for metadata")
        with decoding(path, "reading metadata"):
            data = json.loads(path.read_text("utf-8"))
        if not isinstance(data, dict):
            raise FormatError(path, "is no JSON object")
        return data


def _open(folder: Path, version: Literal[2, 3]) -> zarr.Array[Any]:
    # Loading these takes a tenth of a second, and most programs that look for files find none of Zarr.
    import zarr
    from numcodecs import blosc  # type: ignore[import-untyped]

    from omero_server.formats.zarrcodecs import register

    # One thread per decoder: workers run side by side already.
    blosc.set_nthreads(1)
    register()
    return zarr.open_array(str(folder), mode="r", zarr_format=version)
