"""Scaling pictures for thumbnails: a Lanczos filter of radius 3, first along rows, then along columns.

The filter's odd details (no half-pixel shift, the kernel's width rounded up) are those of the established server, so
that thumbnails look the same. Rows are scaled independently, so a picture can be fed in strips.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

__all__ = ["fitted_size", "longest_side_size", "scale", "scale_strips"]

Bytes = npt.NDArray[np.uint8]
Weights = npt.NDArray[np.float32]

_Block = tuple[slice, slice, Weights]
"""Target pixels, the source pixels around them, and the weights, of shape (source, target)."""

MIN_SIDE = 3
BLOCK = 16

_RADIUS = 3.0


def longest_side_size(size_x: int, size_y: int, longest: int) -> tuple[int, int]:
    """Width and height of a thumbnail whose longer side is `longest`; the shorter one may come out as 0."""
    if size_x > size_y:
        return longest, _float32_product(size_y, longest / size_x)
    return _float32_product(size_x, longest / size_y), longest


def fitted_size(size_x: int, size_y: int, width: int, height: int) -> tuple[int, int]:
    """Size of the picture drawn for a thumbnail of width x height: at least 3, and one less where float32 loses it."""
    return (
        max(MIN_SIDE, _float32_product(size_x, width / size_x)),
        max(MIN_SIDE, _float32_product(size_y, height / size_y)),
    )


def _float32_product(size: int, ratio: float) -> int:
    return int(np.float32(size) * np.float32(ratio))


def scale(pixels: Bytes, width: int, height: int) -> Bytes:
    """A picture of shape (rows, columns, bands) scaled to (height, width, bands)."""
    return scale_strips([pixels], (pixels.shape[1], pixels.shape[0]), width, height)


def scale_strips(strips: Iterable[Bytes], size: tuple[int, int], width: int, height: int) -> Bytes:
    """Strips that make up a picture of `size` (columns, rows) from top to bottom, scaled to (height, width, bands)."""
    columns, rows = size
    if min(columns, rows) < MIN_SIDE:
        picture = np.concatenate(list(strips))
        return picture[_nearest(rows, height)][:, _nearest(columns, width)]
    across = _blocks(columns, width)
    narrowed = np.concatenate([_resample(strip, across) for strip in strips])
    turned = narrowed.transpose(1, 0, 2)
    return np.ascontiguousarray(_resample(turned, _blocks(rows, height)).transpose(1, 0, 2))


def _resample(pixels: Bytes, blocks: Sequence[_Block]) -> Bytes:
    """Scale along axis 1. Most pictures are grey: one band is scaled for all then."""
    bands = pixels.shape[2]
    grey = all(np.array_equal(pixels[..., 0], pixels[..., band]) for band in range(1, bands))
    sums = np.empty((pixels.shape[0], blocks[-1][0].stop), np.float32)
    scaled = np.empty((*sums.shape, bands), np.uint8)
    for band in range(1 if grey else bands):
        values = pixels[..., band].astype(np.float32)
        for targets, sources, weights in blocks:
            np.matmul(values[:, sources], weights, out=sums[:, targets])
        rounded = np.clip(sums + 0.5, 0, 255).astype(np.uint8)
        scaled[..., slice(None) if grey else slice(band, band + 1)] = rounded[..., np.newaxis]
    return scaled


@lru_cache(maxsize=32)
def _blocks(source: int, target: int) -> tuple[_Block, ...]:
    """Weights for some target pixels at a time, with the source pixels that matter for these."""
    weights, found = _weights(source, target), []
    for start in range(0, target, BLOCK):
        part = weights[start : start + BLOCK]
        used = np.flatnonzero(part.any(axis=0))
        sources = slice(int(used[0]), int(used[-1]) + 1)
        found.append((slice(start, start + len(part)), sources, np.ascontiguousarray(part[:, sources].T)))
    return tuple(found)


def _weights(source: int, target: int) -> Weights:
    """Share of each source pixel in each target pixel, shape (target, source); rows sum to 1."""
    ratio = target / source
    reach = _RADIUS / ratio if ratio < 1 else _RADIUS
    squeeze = _RADIUS / np.ceil(reach) if ratio < 1 else 1.0
    weights = np.zeros((target, source), np.float32)
    for i in range(target):
        centre = i / ratio + 0.5 / ratio
        taps = np.arange(np.floor(centre - reach), np.ceil(centre + reach) + 1)
        shares = _lanczos((centre - taps) * squeeze)
        mirrored = np.where(taps < 0, -taps, np.where(taps >= source, 2 * source - 1 - taps, taps))
        inside = (mirrored >= 0) & (mirrored < source)
        np.add.at(weights[i], mirrored[inside].astype(np.intp), shares[inside].astype(np.float32))
        weights[i] /= weights[i].sum()
    return weights


def _lanczos(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(np.abs(x) < _RADIUS, np.sinc(x) * np.sinc(x / _RADIUS), 0.0)


def _nearest(source: int, target: int) -> npt.NDArray[np.intp]:
    return ((np.arange(target) + 0.5) * source / target).astype(np.intp)
