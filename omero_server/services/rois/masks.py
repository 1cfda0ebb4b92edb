"""Masks from pictures: one for each colour."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

import omero
import omero.model

__all__ = ["masks_of_picture"]

MOST_PIXELS = 1 << 28
MOST_COLORS = 10_000


def masks_of_picture(data: bytes) -> list[Any]:
    """A Mask for each colour of a PNG but black, in the order of the colours' numbers; transparent pixels are black.

    Each is as large as its pixels reach, locked, and filled with its colour. ApiUsageException for what is no picture.
    """
    picture = _decode(data)
    packed = np.ascontiguousarray(picture).view(">u4")[..., 0].astype(np.uint32)
    packed[(picture[..., :3] == 0).all(axis=2) | (picture[..., 3] == 0)] = 0
    return [_mask(color, rows, columns) for color, rows, columns in _colors(packed)]


def _decode(data: bytes) -> npt.NDArray[np.uint8]:
    """The picture as RGBA, shape (height, width, 4)."""
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise ValueError(f"{picture.width} x {picture.height} pixels are too many")
            return np.asarray(picture.convert("RGBA"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise omero.ApiUsageException(message=f"This is no PNG that can be read: {error}.") from error


def _colors(packed: npt.NDArray[np.uint32]) -> Iterator[tuple[int, Any, Any]]:
    """Each colour but 0 with the rows and columns of its pixels."""
    where = np.flatnonzero(packed)
    flat = packed.ravel()[where]
    order = np.argsort(flat, kind="stable")
    values, first = np.unique(flat[order], return_index=True)
    if len(values) > MOST_COLORS:
        raise omero.ApiUsageException(message=f"The picture has {len(values)} colours: it is no drawing of masks.")
    for value, group in zip(values, np.split(where[order], first[1:]), strict=False):
        yield int(value), *np.divmod(group, packed.shape[1])


def _mask(color: int, rows: Any, columns: Any) -> Any:
    top, left = int(rows.min()), int(columns.min())
    bits = np.zeros((int(rows.max()) - top + 1, int(columns.max()) - left + 1), np.bool_)
    bits[rows - top, columns - left] = True
    return omero.model.Mask(
        _loaded=True,
        _x=omero.RDouble(float(left)),
        _y=omero.RDouble(float(top)),
        _width=omero.RDouble(float(bits.shape[1])),
        _height=omero.RDouble(float(bits.shape[0])),
        _bytes=np.packbits(bits).tobytes(),
        _locked=omero.RBool(True),
        _fillColor=omero.RInt(color - (1 << 32) if color >= 1 << 31 else color),
    )
