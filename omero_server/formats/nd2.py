"""Nikon ND2: the `nd2` package reads what the file says about itself, pixels are read from their places.

Positions are images. `ImageInfo.index` is a dict: `frames`, by time and slice the place of each frame ([] when it was
never written); `dtype`, `row` (bytes), `samples` (per channel), `compressed`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from omero_server.formats.base import PIXEL_DTYPES, Array, FormatError, Reader, decoding, pixel_type_of, quietly
from omero_server.formats.info import FilesetInfo, ImageInfo
from omero_server.formats.nd2chunks import MAGIC, check_chunks, frame_places, inflate
from omero_server.formats.nd2metadata import describe_image, file_notes
from omero_server.formats.rawbytes import MAX_PIECE_BYTES, PieceCache, has_magic, plane_region, read_at

if TYPE_CHECKING:
    from nd2 import ND2File

__all__ = ["Nd2Reader"]


class Nd2Reader(Reader):
    """ND2 since version 2, uncompressed or losslessly compressed."""

    name = "nd2"
    format = "NativeND2"
    suffixes = (".nd2",)

    def __init__(self, info: FilesetInfo) -> None:
        super().__init__(info)
        self._cache = PieceCache()

    @classmethod
    def detect(cls, path: Path) -> bool:
        return has_magic(path, MAGIC)

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        # The package takes a tenth of a second to load, and pixels do not need it.
        from nd2 import ND2File

        check_chunks(path)
        with decoding(path, "reading the metadata"), quietly(), ND2File(path) as file:
            layout = _layout(file, path)
            places = frame_places(path, int(file.attributes.sequenceCount))
            images = _images(file, path, layout, places)
            metadata = file_notes(file)
        return FilesetInfo(cls.format, cls.name, cls.version, [path], images, metadata=metadata)

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        image = self._info.images[series]
        index: dict[str, Any] = image.index
        place = index["frames"][zct[2] * image.size_z + zct[0]]
        x, y, w, h = region
        if not place:
            return np.zeros((h, w), PIXEL_DTYPES[image.pixel_type])
        dtype, count = np.dtype(index["dtype"]), image.size_c
        values = index["row"] // dtype.itemsize
        path, (start, size) = self._info.entry, place
        if index["compressed"]:
            shape = (image.size_y, values)
            rows = self._cache.get(start, lambda: inflate(read_at(path, start, size), shape, dtype))
            part = rows[y : y + h, x * count : (x + w) * count]
        else:
            part = plane_region(path, start, dtype, (image.size_y, values), (x * count, y, w * count, h))
        return part.reshape(h, w, count)[..., _stored(zct[1], index["samples"])]

    def close(self) -> None:
        self._cache.clear()


def _stored(component: int, samples: int) -> int:
    """Where a component lies within a pixel: colours are stored as blue, green, red."""
    channel, sample = divmod(component, samples)
    return channel * samples + (2 - sample if samples >= 3 and sample < 3 else sample)


def _layout(file: ND2File, path: Path) -> dict[str, Any]:
    """How pixels lie in a frame; FormatError when that cannot be."""
    about = file.attributes
    width, height, count = int(about.widthPx or 0), int(about.heightPx), int(about.componentCount)
    kind = {"float": "f", "signed": "i"}.get(about.pixelDataType, "u")
    dtype = np.dtype(f"<{kind}{max(1, int(about.bitsPerComponentInMemory) // 8)}")
    row = int(about.widthBytes or width * count * dtype.itemsize)
    if min(width, height, count) < 1 or row < width * count * dtype.itemsize or row * height > MAX_PIECE_BYTES:
        raise FormatError(path, f"declares frames of {width}x{height} pixels in {count} components")
    if about.compressionType not in (None, "none", "lossless"):
        raise FormatError(path, "is compressed with losses", "Save it again from NIS-Elements without compression.")
    compressed = about.compressionType == "lossless"
    channels = int(about.channelCount or 1)
    return {"dtype": dtype.str, "row": row, "samples": max(1, count // channels), "compressed": compressed}


def _images(file: ND2File, path: Path, layout: dict[str, Any], places: list[list[int]]) -> list[ImageInfo]:
    about, sizes = file.attributes, dict(file.sizes)
    dtype = np.dtype(layout["dtype"])
    # A loop of an unknown kind counts as time.
    extra = int(sizes.get("U", 1))
    positions, size_z, size_t = int(sizes.get("P", 1)), int(sizes.get("Z", 1)), int(sizes.get("T", 1)) * extra
    if positions * size_z * size_t > max(len(places), 1) or not any(places):
        raise FormatError(path, f"declares {positions * size_z * size_t} frames but has {len(places)}")
    frames: list[list[int]] = [[-1] * (size_z * size_t) for _ in range(positions)]
    for number, at in enumerate(file.loop_indices[: len(places)]):
        t = int(at.get("T", 0)) * extra + int(at.get("U", 0))
        frames[int(at.get("P", 0))][t * size_z + int(at.get("Z", 0))] = number
    needed = layout["row"] * int(about.heightPx)
    if not layout["compressed"] and any(place and place[1] < needed for place in places):
        raise FormatError(path, f"declares frames of {needed} bytes but stores fewer")
    images = []
    for position in range(positions):
        image = ImageInfo(
            name=path.name if positions == 1 else f"{path.name} (series {position + 1})",
            size_x=int(about.widthPx or 0),
            size_y=int(about.heightPx),
            size_z=size_z,
            size_c=int(about.componentCount),
            size_t=size_t,
            pixel_type=pixel_type_of(dtype, path),
            significant_bits=min(int(about.bitsPerComponentSignificant), dtype.itemsize * 8) or None,
            dimension_order="XYCZT",
            is_rgb=layout["samples"] > 1,
            index=layout | {"frames": [places[number] if number >= 0 else [] for number in frames[position]]},
        )
        describe_image(file, image, frames[position], layout["samples"])
        images.append(image)
    return images
