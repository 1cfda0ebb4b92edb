"""Zeiss CZI: scenes are images; mosaics are put together; resolution levels come from the file's pyramid.

`ImageInfo.index` of an image is a dict: `kind` and `samples` of stored pixels, and `tiles`, by `level,z,c,t` a list of
[x, y, width, height, position, compression], later ones on top.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np

from omero_server.formats.base import PIXEL_DTYPES, Array, FormatError, Reader, pixel_type_of
from omero_server.formats.czimetadata import CziNotes
from omero_server.formats.czisegments import (
    PIXELS,
    SubBlock,
    check_attachments,
    decode_block,
    metadata_xml,
    read_region,
    sub_blocks,
)
from omero_server.formats.info import FilesetInfo, ImageInfo, Level
from omero_server.formats.rawbytes import PieceCache, has_magic

__all__ = ["CziReader"]

_SERIES_AXES = "SVBI"
"""Scenes, views, blocks and illuminations are images of their own."""
_MAX_SIDE = 2**31


class CziReader(Reader):
    """CZI of one file, uncompressed or compressed with JPEG, JPEG XR or Zstandard."""

    name = "czi"
    format = "ZeissCZI"
    version = f"1 (imagecodecs {imagecodecs.__version__})"
    suffixes = (".czi",)

    def __init__(self, info: FilesetInfo) -> None:
        super().__init__(info)
        self._cache = PieceCache()

    @classmethod
    def detect(cls, path: Path) -> bool:
        return has_magic(path, b"ZISRAWFILE")

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        blocks = sub_blocks(path)
        check_attachments(path)
        notes = CziNotes(metadata_xml(path), path)
        groups: dict[tuple[int, ...], list[SubBlock]] = defaultdict(list)
        for block in blocks:
            groups[(*(block.start.get(axis, 0) for axis in _SERIES_AXES), block.pixels)].append(block)
        plans = [(key, plan) for key, group in sorted(groups.items()) if (plan := _plan(group, path)) is not None]
        if not plans:
            raise FormatError(path, "has no pixels at full size", "Save it again from ZEN.")
        images = []
        for number, (key, plan) in enumerate(plans):
            image = _image(plan, path, path.name if len(plans) == 1 else f"{path.name} #{number + 1}")
            notes.describe(image, key[0], plan.channels, plan.first_blocks())
            images.append(image)
        scenes = [notes.scene_name(key[0]) for key, _ in plans]
        if all(scenes) and len(set(scenes)) == len(images) > 1:
            for image, name in zip(images, scenes, strict=True):
                image.name = str(name)
        return FilesetInfo(cls.format, cls.name, cls.version, [path], images, metadata=notes.flat())

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        image = self._info.images[series]
        x, y, w, h = region
        channel, sample = divmod(zct[1], image.index["samples"])
        found = np.zeros((h, w), PIXEL_DTYPES[image.pixel_type])
        for tile in image.index["tiles"].get(f"{level},{zct[0]},{channel},{zct[2]}", ()):
            left, top = max(x, tile[0]), max(y, tile[1])
            right, bottom = min(x + w, tile[0] + tile[2]), min(y + h, tile[1] + tile[3])
            if left < right and top < bottom:
                part = self._part(image, tile, (left - tile[0], top - tile[1], right - left, bottom - top), sample)
                found[top - y : bottom - y, left - x : right - x] = part
        return found

    def _part(self, image: ImageInfo, tile: list[int], region: tuple[int, int, int, int], sample: int) -> Array:
        """Pixels of one sample within one tile."""
        kind, samples = image.index["kind"], image.index["samples"]
        stored = sample if samples == 1 else [2, 1, 0, 3][sample]
        shape, (x, y, w, h) = (tile[3], tile[2], samples), region
        position, compression = tile[4], tile[5]
        path = self._info.entry
        if compression == 0:
            return read_region(path, position, kind, shape, region)[..., stored]
        pixels = self._cache.get(position, lambda: decode_block(path, position, compression, kind, shape))
        return pixels[y : y + h, x : x + w, stored]

    def close(self) -> None:
        self._cache.clear()


@dataclass(slots=True)
class _Plan:
    """One image: its rectangle, its planes, its levels."""

    pixels: int
    origin: tuple[int, int]
    levels: list[Level]
    channels: list[int]
    """Numbers of the channels in the file."""
    sizes: tuple[int, int, int]
    tiles: dict[tuple[int, int, int, int], list[tuple[int, SubBlock]]] = field(default_factory=dict)
    """By level, z, c, t: (number in the mosaic, block)."""

    def first_blocks(self) -> dict[tuple[int, int, int], int]:
        """Position of the first block of each plane at full size."""
        return {(z, c, t): tiles[0][1].position for (level, z, c, t), tiles in self.tiles.items() if level == 0}


def _factor(block: SubBlock) -> int:
    """How many times smaller the stored pixels are than the rectangle that they cover."""
    ratio = max(block.size["X"] / block.width, block.size["Y"] / block.height)
    return max(1, round(ratio))


def _plan(group: list[SubBlock], path: Path) -> _Plan | None:
    """How blocks of one scene make an image; None when none of them is at full size."""
    full = [block for block in group if _factor(block) == 1]
    if not full:
        return None
    left, top = (min(block.start[axis] for block in full) for axis in "XY")
    right, bottom = (max(block.start[axis] + block.size[axis] for block in full) for axis in "XY")
    width, height = right - left, bottom - top
    if max(width, height) >= _MAX_SIDE:
        raise FormatError(path, f"declares an image of {width}x{height} pixels", "The file is damaged.")
    # Rotations count as slices and phases as time points, as Bio-Formats has it.
    places = {axis: _places(full, axis) for axis in "ZCTRH"}
    sizes = (
        len(places["Z"]) * len(places["R"]), len(places["C"]), len(places["T"]) * len(places["H"]),
    )  # fmt: skip
    plan = _Plan(full[0].pixels, (left, top), [Level(width, height)], list(places["C"]), sizes)
    by_factor: dict[int, list[SubBlock]] = defaultdict(list)
    for block in group:
        by_factor[_factor(block)].append(block)
    for factor, blocks in sorted(by_factor.items()):
        planes = _planes(blocks, places)
        if factor == 1:
            plan.tiles |= {(0, *key): tiles for key, tiles in planes.items()}
        elif _covers(blocks, planes, plan, (left, top, right, bottom), factor):
            plan.tiles |= {(len(plan.levels), *key): tiles for key, tiles in planes.items()}
            plan.levels.append(Level(-(-width // factor), -(-height // factor)))
    return plan


def _places(blocks: list[SubBlock], axis: str) -> dict[int, int]:
    """Position in the image by coordinate in the file."""
    return {start: at for at, start in enumerate(sorted({block.start.get(axis, 0) for block in blocks}))}


def _planes(
    blocks: list[SubBlock], places: dict[str, dict[int, int]]
) -> dict[tuple[int, int, int], list[tuple[int, SubBlock]]]:
    """Blocks by plane, in the order in which they are laid."""
    planes: dict[tuple[int, int, int], list[tuple[int, SubBlock]]] = defaultdict(list)
    for block in blocks:
        if all(block.start.get(axis, 0) in places[axis] for axis in places):
            z, c, t, r, h = (places[axis][block.start.get(axis, 0)] for axis in "ZCTRH")
            key = (z * len(places["R"]) + r, c, t * len(places["H"]) + h)
            planes[key].append((block.start.get("M", 0), block))
    for tiles in planes.values():
        tiles.sort(key=lambda item: (item[0], item[1].position))
    return planes


def _covers(
    blocks: list[SubBlock], planes: dict[tuple[int, int, int], Any], plan: _Plan, box: tuple[int, int, int, int],
    factor: int,
) -> bool:  # fmt: skip
    """Whether blocks of a level reach over the whole image in all of its planes; else the level is of no use."""
    left, top, right, bottom = box
    reach = (
        min(block.start["X"] for block in blocks) - factor <= left
        and min(block.start["Y"] for block in blocks) - factor <= top
        and max(block.start["X"] + block.size["X"] for block in blocks) + factor >= right
        and max(block.start["Y"] + block.size["Y"] for block in blocks) + factor >= bottom
    )
    return reach and set(planes) >= {key[1:] for key in plan.tiles if key[0] == 0}


def _image(plan: _Plan, path: Path, name: str) -> ImageInfo:
    kind, samples = PIXELS[plan.pixels]
    dtype = np.dtype(kind)
    z, c, t = plan.sizes
    tiles = {
        ",".join(map(str, key)): [_tile(block, plan, key[0]) for _, block in found] for key, found in plan.tiles.items()
    }
    sides = [block for key, found in plan.tiles.items() if key[0] == 0 for _, block in found]
    return ImageInfo(
        name=name,
        size_x=plan.levels[0].width,
        size_y=plan.levels[0].height,
        size_z=z,
        size_c=c * samples,
        size_t=t,
        pixel_type=pixel_type_of(dtype, path),
        significant_bits=dtype.itemsize * 8,
        dimension_order="XYCZT",
        is_rgb=samples > 1,
        levels=plan.levels,
        tile_size=(sides[0].width, sides[0].height) if len(sides) > z * c * t else None,
        index={"kind": kind, "samples": samples, "tiles": tiles},
    )


def _tile(block: SubBlock, plan: _Plan, level: int) -> list[int]:
    factor = _factor(block) if level else 1
    x, y = ((block.start[axis] - plan.origin[at]) // factor for at, axis in enumerate("XY"))
    return [x, y, block.width, block.height, block.position, block.compression]
