"""From channel levels to pictures: colours per level, and adding the channels up.

Every channel gets one table from value index to four bytes (red, green, blue, alpha in the order the caller wants), so
a picture costs one table look-up and one addition per channel and pixel. Channels that can overflow a byte together are
added in 16-bit lanes and cut at 255; the others, such as pure red, green and blue, are added as they are.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from omero_server.rendering.colors import Color
from omero_server.rendering.luts import Table
from omero_server.rendering.quantum import QuantumSpec, quantizer

__all__ = [
    "ARGB_INT",
    "RGBA",
    "ChannelTable",
    "band_colors",
    "channel_table",
    "compose",
    "grey_band_colors",
    "grey_colors",
    "paint_mask",
    "rgb_colors",
]

Bytes = npt.NDArray[np.uint8]
Lanes = tuple[int, int, int, int]

RGBA: Lanes = (0, 1, 2, 3)
# The four bytes that, in this machine's order, make the integer 0xAARRGGBB.
ARGB_INT: Lanes = (2, 1, 0, 3) if sys.byteorder == "little" else (3, 0, 1, 2)

_LEVELS = np.arange(256)
# Working arrays of this many pixels stay in the processor's cache and are not handed back to the system in between.
_BLOCK_PIXELS = 32 * 1024


def rgb_colors(color: Color, lut: Table | None = None) -> Bytes:
    """Opaque RGBA per level, shape (256, 4): the lookup table, or the colour scaled by level and alpha, truncated."""
    if lut is not None:
        return _with_alpha(lut, 255)
    red, green, blue, alpha = color
    scaled = np.trunc(np.outer(_LEVELS, np.array([red, green, blue]) / 255.0)).astype(np.float32)
    return _with_alpha(np.trunc(scaled * np.float32(alpha / 255)), 255)


def band_colors(color: Color, lut: Table | None = None) -> Bytes:
    """Like rgb_colors for banded output, which multiplies in another order and may differ by one level."""
    if lut is not None:
        return _with_alpha(lut, 255)
    red, green, blue, alpha = color
    scaled = _LEVELS.astype(np.float32) * np.float32(alpha / 65025)
    return _with_alpha(np.trunc(np.outer(scaled, np.array([red, green, blue], np.float32))), 255)


def grey_colors(color: Color) -> Bytes:
    """RGBA per level of the greyscale model: the level three times, with the channel's own alpha."""
    return _with_alpha(np.repeat(_LEVELS[:, None], 3, axis=1), color[3])


def grey_band_colors(color: Color) -> Bytes:
    """RGBA per level of the greyscale model for banded output, where alpha dims the level."""
    dimmed = np.trunc(_LEVELS.astype(np.float32) * np.float32(color[3] / 255))
    return _with_alpha(np.repeat(dimmed[:, None], 3, axis=1), 255)


def _with_alpha(rgb: npt.NDArray[Any], alpha: int) -> Bytes:
    colors = np.empty((256, 4), np.uint8)
    colors[:, :3] = np.clip(rgb, 0, 255)
    colors[:, 3] = min(max(alpha, 0), 255)
    return colors


@dataclass(frozen=True)
class ChannelTable:
    """Four bytes per value index: `levels` (n,) of a quantiser and codomain through `colors` (256, 4)."""

    levels: Bytes
    colors: Bytes

    @cached_property
    def peak(self) -> tuple[int, ...]:
        """Largest value of each of the four bytes."""
        return tuple(self.colors.max(axis=0).tolist())

    @cached_property
    def packed(self) -> npt.NDArray[np.uint32]:
        """One 32-bit number per index."""
        return self.colors.view(np.uint32)[:, 0].take(self.levels)

    @cached_property
    def band(self) -> int | None:
        """The band, 0 to 2, in which a byte shows as it is, and nothing in the two others; None in all other cases."""
        shown = self.colors.take(self.levels, axis=0)[:, :3]
        if len(shown) != len(_LEVELS):
            return None
        plain = [n for n in range(3) if np.array_equal(shown[:, n], _LEVELS)]
        return plain[0] if len(plain) == 1 and shown.any(axis=0).sum() == 1 else None

    @cached_property
    def wide(self) -> npt.NDArray[np.uint64]:
        """One 64-bit number per index, four lanes of 16 bits."""
        return self.colors.astype(np.uint16).view(np.uint64)[:, 0].take(self.levels)


@lru_cache(maxsize=32)
def channel_table(spec: QuantumSpec, colors: bytes) -> ChannelTable:
    """The table for a quantisation and the bytes of a (256, 4) colour array; the most recent ones are kept."""
    return ChannelTable(quantizer(spec).levels, np.frombuffer(colors, np.uint8).reshape(256, 4))


def compose(shape: tuple[int, int], layers: Sequence[tuple[npt.NDArray[Any], ChannelTable]], bands: int = 4) -> Bytes:
    """Add up channels, each byte cut at 255: (index array of `shape`, table) per channel to shape + (bands,) uint8.

    `bands` is 4, or 3 for the first three of them, which are not to be changed. Without layers everything is 0. At most
    257 layers fit the 16-bit lanes.
    """
    height, width = shape
    if not layers:
        return np.zeros((height, width, bands), np.uint8)
    if bands == 3 and (picture := _unchanged(layers)) is not None:
        return picture
    saturating = max(map(sum, zip(*(table.peak for _, table in layers), strict=True))) > 255
    blend = _compiled()
    if blend is None:
        return _composed(shape, layers, saturating)[..., :bands]
    picture = np.empty((height, width, bands), np.uint8)
    blend(picture, [(index, table.packed) for index, table in layers], saturating)
    return picture


def _unchanged(layers: Sequence[tuple[npt.NDArray[Any], ChannelTable]]) -> Bytes | None:
    """The pixels themselves, where these are RGB samples that lie together and are shown as they are, else None.

    Slides are, unless somebody moves a window.
    """
    if len(layers) != 3 or [table.band for _, table in layers] != [0, 1, 2]:
        return None
    samples = [index for index, _ in layers]
    first = samples[0]
    if any(one.dtype != np.uint8 or one.strides != first.strides for one in samples) or first.strides[1] != 3:
        return None
    if any(one.ctypes.data != first.ctypes.data + n for n, one in enumerate(samples)):
        return None
    strides = (*first.strides, 1)
    return np.lib.stride_tricks.as_strided(first, (*first.shape, 3), strides, writeable=False)


@cache
def _compiled() -> Any:
    """The compiled function (``native/blend.c``), or None where there was no compiler."""
    try:
        return import_module("omero_server._blend").blend
    except ModuleNotFoundError:
        return None


def _composed(
    shape: tuple[int, int], layers: Sequence[tuple[npt.NDArray[Any], ChannelTable]], saturating: bool
) -> Bytes:
    """As compose, with numpy alone."""
    height, width = shape
    picture = np.empty((height, width, 4), np.uint8)
    add = _add_saturating if saturating else _add
    rows = max(1, _BLOCK_PIXELS // max(1, width))
    for top in range(0, height, rows):
        block = slice(top, top + rows)
        picture[block] = add([(index[block], table) for index, table in layers])
    return picture


def _add(layers: Sequence[tuple[npt.NDArray[Any], ChannelTable]]) -> Bytes:
    index, table = layers[0]
    total = table.packed.take(index)
    for index, table in layers[1:]:
        total += table.packed.take(index)
    return total.view(np.uint8).reshape(*total.shape, 4)


def _add_saturating(layers: Sequence[tuple[npt.NDArray[Any], ChannelTable]]) -> Bytes:
    index, table = layers[0]
    total = table.wide.take(index)
    for index, table in layers[1:]:
        total += table.wide.take(index)
    lanes = total.view(np.uint16).reshape(*total.shape, 4)
    return np.minimum(lanes, 255, out=lanes).astype(np.uint8)


def paint_mask(rgba: Bytes, mask: bytes, color: int) -> None:
    """Paint an overlay, opaque, over a whole picture of shape (height, width, 4), in place.

    `mask` has one bit per pixel, most significant first and rows unpadded, and counts as 0 where it is too short;
    `color` is 0xAARRGGBB.
    """
    height, width = rgba.shape[:2]
    bits = np.unpackbits(np.frombuffer(mask, np.uint8), count=height * width).astype(bool)
    rgba[bits.reshape(height, width)] = ((color >> 16) & 0xFF, (color >> 8) & 0xFF, color & 0xFF, 255)
