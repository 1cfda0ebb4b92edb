"""Pixels as bytes: chunks of OME-Zarr and raw tiles."""

from __future__ import annotations

import io
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt

from omero_web.ngff.metadata import ZSTD_LEVEL

__all__ = ["TILE_FORMATS", "chunk_bytes", "tile_bytes"]

TILE_FORMATS = ("npy", "raw")
Pixels = npt.NDArray[Any]


def chunk_bytes(pixels: Pixels, chunk: tuple[int, int]) -> bytes:
    """A chunk of (rows, columns) as it is stored: filled up with zeros at the edges, little-endian, compressed."""
    if pixels.shape != chunk:
        whole = np.zeros(chunk, pixels.dtype)
        whole[: pixels.shape[0], : pixels.shape[1]] = pixels
        pixels = whole
    plain: Any = _little(pixels)
    return bytes(imagecodecs.zstd_encode(plain, level=ZSTD_LEVEL))


def tile_bytes(pixels: Pixels, form: str) -> tuple[str, bytes, dict[str, str]]:
    """Content type, bytes and headers of a tile: ``npy`` is a file that numpy loads, ``raw`` little-endian rows."""
    headers = {
        "X-Shape": ",".join(map(str, pixels.shape)),
        "X-Dtype": pixels.dtype.newbyteorder("<").str,
    }
    if form == "raw":
        return "application/octet-stream", _little(pixels).tobytes(), headers
    stream = io.BytesIO()
    np.save(stream, _little(pixels), allow_pickle=False)
    return "application/x-npy", stream.getvalue(), headers


def _little(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<"))
