"""OME-Zarr 0.1 to 0.5: single images, bioformats2raw series, plates. A folder is a fileset; labels are left out.

`ImageInfo.index` is {"axes": names of the axes in order, "levels": path of the array of each level}.
"""

from __future__ import annotations

import math
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from omero_server.formats.base import Array, FormatError, Reader
from omero_server.formats.flat import flat
from omero_server.formats.info import (
    AcquisitionInfo,
    ChannelInfo,
    FilesetInfo,
    ImageInfo,
    PlateInfo,
    WellInfo,
    WellSampleInfo,
)
from omero_server.formats.omexml import image_info
from omero_server.formats.omexmldocument import OmeXml, parse
from omero_server.formats.zarrimage import multiscale_image
from omero_server.formats.zarrlimits import room
from omero_server.formats.zarrtree import OLD_METADATA, ZarrTree, tree_root

if TYPE_CHECKING:
    import zarr

__all__ = ["OmeZarrReader"]

_SLACK = 1 << 20
"""Bytes that a chunk may have besides its pixels, which a filter may have made wider."""


class OmeZarrReader(Reader):
    """OME-Zarr through zarr-python."""

    name = "ome-zarr"
    format = "Zarr"
    version = f"1 (zarr {metadata.version('zarr')})"
    suffixes = (".zarr", ".ome.zarr")

    def __init__(self, info: FilesetInfo) -> None:
        super().__init__(info)
        self._tree = ZarrTree(info.entry.parent)
        self._arrays: dict[str, zarr.Array[Any]] = {}

    @classmethod
    def detect(cls, path: Path) -> bool:
        root = tree_root(path)
        if root is None:
            return False
        try:
            tree = ZarrTree(root)
            return bool(_layout(tree, tree.attributes()))
        except FormatError:
            return root.name.lower().endswith(".zarr")

    @classmethod
    def used_files(cls, path: Path) -> list[Path]:
        root = tree_root(path)
        return [path] if root is None else ZarrTree(root).files()

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        root = tree_root(path)
        if root is None:
            raise FormatError(path, "is no Zarr folder")
        tree = ZarrTree(root)
        attributes = tree.attributes()
        layout = _layout(tree, attributes)
        plates: list[PlateInfo] = []
        if layout == "plate":
            images, plates = _plate(tree, attributes["plate"])
        elif layout == "series":
            images = _series(tree, attributes)
        else:
            images = [multiscale_image(tree, "", attributes)]
        if not images:
            raise FormatError(path, "is an OME-Zarr folder without images")
        # Of a single image the attributes are the image's own. The wells are told as such.
        general = (
            {} if layout == "image" else flat(attributes | {"plate": {**attributes.get("plate", {}), "wells": None}})
        )
        return FilesetInfo(cls.format, cls.name, cls.version, tree.files(), images, plates, metadata=general)

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        image = self._info.images[series]
        array = self._array(image.index["levels"][level])
        x, y, w, h = region
        sizes = {"z": image.size_z, "c": image.size_c, "t": image.size_t}
        values = dict(zip("zct", zct, strict=True))
        selection: list[int | slice] = []
        for axis, size in zip(image.index["axes"], array.shape, strict=True):
            if axis in "xy":
                selection.append(slice(x, x + w) if axis == "x" else slice(y, y + h))
            else:
                # A level may have fewer slices: take the one at the same relative depth.
                selection.append(values[axis] * size // sizes[axis])
        with room(_SLACK + 8 * math.prod(array.shards or array.chunks) * array.dtype.itemsize):
            pixels = np.asarray(array[tuple(selection)])
        return pixels.T if image.index["axes"].index("x") < image.index["axes"].index("y") else pixels

    def pixel_files(self) -> list[set[Path]]:
        arrays = {
            self._tree.folder(path): series
            for series, image in enumerate(self._info.images)
            for path in image.index["levels"]
        }
        found: list[set[Path]] = [set() for _ in self._info.images]
        for file in self._info.used_files:
            series = next((arrays[folder] for folder in file.parents if folder in arrays), None)
            if series is not None:
                found[series].add(file)
        return found

    def _array(self, path: str) -> zarr.Array[Any]:
        with self._lock:
            if path not in self._arrays:
                self._arrays[path] = self._tree.array(path)
            return self._arrays[path]

    def close(self) -> None:
        self._arrays.clear()


def _layout(tree: ZarrTree, attributes: dict[str, Any]) -> str:
    """What the root group is: "plate", "series" (bioformats2raw), "image", or "" when it is no OME-Zarr."""
    if isinstance(attributes.get("plate"), dict):
        return "plate"
    if tree.is_old or attributes.get("bioformats2raw.layout") is not None:
        return "series"
    return "image" if isinstance(attributes.get("multiscales"), list) else ""


def _series(tree: ZarrTree, attributes: dict[str, Any]) -> list[ImageInfo]:
    """Images of the bioformats2raw layout: groups named by OME/series, or 0, 1, 2, ..."""
    document = _document(tree)
    named = tree.attributes("OME").get("series") if tree.exists("OME") else None
    paths = [str(path) for path in named] if isinstance(named, list) else []
    while not named and tree.exists(str(len(paths))):
        paths.append(str(len(paths)))
    images = []
    for number, path in enumerate(paths):
        image = multiscale_image(tree, path, tree.attributes(path), f"{tree.root.name} #{number + 1}")
        if document is not None and number < len(document.images):
            image = _merged(image_info(document, number, tree.root), image)
        images.append(image)
    return images


def _document(tree: ZarrTree) -> OmeXml | None:
    path = tree.root / OLD_METADATA if tree.is_old else tree.root / "OME" / OLD_METADATA
    return parse(path.read_bytes(), path) if path.is_file() else None


def _merged(declared: ImageInfo, found: ImageInfo) -> ImageInfo:
    """Metadata of the OME-XML with sizes, types and levels of the arrays; channel looks fill gaps."""
    for name in ("size_x", "size_y", "size_z", "size_c", "size_t", "pixel_type", "levels", "tile_size", "index"):
        setattr(declared, name, getattr(found, name))
    declared.dimension_order, declared.is_rgb, declared.metadata = found.dimension_order, False, found.metadata
    for name in ("physical_size_x", "physical_size_y", "physical_size_z", "time_increment"):
        setattr(declared, name, getattr(declared, name) or getattr(found, name))
    declared.channels = (declared.channels + [ChannelInfo() for _ in range(found.size_c)])[: found.size_c]
    for channel, look in zip(declared.channels, found.channels, strict=True):
        channel.samples_per_pixel = 1
        channel.name, channel.window = channel.name or look.name, channel.window or look.window
        channel.color = look.color if channel.color is None else channel.color
    return declared


def _plate(tree: ZarrTree, plate: dict[str, Any]) -> tuple[list[ImageInfo], list[PlateInfo]]:
    """All fields of all wells, and the plate they lie on."""
    rows = [str(row.get("name")) for row in plate.get("rows", ())]
    columns = [str(column.get("name")) for column in plate.get("columns", ())]
    runs = [run for run in plate.get("acquisitions", ()) if isinstance(run, dict)]
    info = PlateInfo(str(plate.get("name") or tree.root.name), len(rows), len(columns))
    info.acquisitions = [_acquisition(run) for run in runs]
    numbers = {run.get("id"): number for number, run in enumerate(runs)}
    images: list[ImageInfo] = []
    wells = [(_well(entry, rows, columns, tree), str(entry.get("path"))) for entry in plate.get("wells", ())]
    for well, path in sorted(wells, key=lambda item: (item[0].row, item[0].column)):
        for field in tree.attributes(path).get("well", {}).get("images", ()):
            at = f"{path}/{field.get('path')}"
            name = f"Well {path.replace('/', '')}, Field {len(well.samples) + 1}"
            well.samples.append(WellSampleInfo(len(images), numbers.get(field.get("acquisition"))))
            images.append(multiscale_image(tree, at, tree.attributes(at), name))
        info.wells.append(well)
    return images, [info]


def _well(entry: dict[str, Any], rows: list[str], columns: list[str], tree: ZarrTree) -> WellInfo:
    """Row and column from the indices, else (before 0.4) from the names in the path."""
    names = str(entry.get("path", "")).split("/")
    try:
        row = entry["rowIndex"] if "rowIndex" in entry else rows.index(names[0])
        column = entry["columnIndex"] if "columnIndex" in entry else columns.index(names[1])
    except (ValueError, IndexError) as error:
        raise FormatError(tree.root, f"has a well {'/'.join(names)!r} outside of its rows and columns") from error
    return WellInfo(int(row), int(column))


def _acquisition(run: dict[str, Any]) -> AcquisitionInfo:
    return AcquisitionInfo(
        str(run.get("name") or f"Acquisition {run.get('id', 0)}"),
        run.get("description"),
        maximum_field_count=run.get("maximumfieldcount"),
    )
