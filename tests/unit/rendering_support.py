"""Pixels in memory for the rendering tests, and the vectors of the established server's behaviour."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.rendering.projection import dtype_of

_VECTORS = Path(__file__).parent.parent / "data" / "vectors" / "rendering.json.gz"


def vectors(kind: str) -> list[Any]:
    """All vectors of a kind, each with id, inputs and expected."""
    return [one for one in json.loads(gzip.decompress(_VECTORS.read_bytes())) if one["kind"] == kind]


def vector_id(vector: Any) -> str:
    return str(vector["id"])


class ArraySource:
    """A PlaneSource over arrays (t, c, z, y, x), one per resolution level, largest first."""

    def __init__(self, *levels: np.ndarray[Any, Any]) -> None:
        self._levels = levels
        self.size_t, self.size_c, self.size_z, self.size_y, self.size_x = levels[0].shape
        self.dtype = levels[0].dtype
        self.level_sizes: Sequence[tuple[int, int]] = [(one.shape[4], one.shape[3]) for one in levels]
        self.largest_read = 0

    def plane(self, z: int, c: int, t: int, level: int = 0) -> np.ndarray[Any, Any]:
        self.largest_read = max(self.largest_read, self._levels[level][0, 0, 0].size)
        return self._levels[level][t, c, z]

    def region(
        self, z: int, c: int, t: int, x: int, y: int, w: int, h: int, level: int = 0
    ) -> np.ndarray[Any, Any]:
        self.largest_read = max(self.largest_read, w * h)
        return self._levels[level][t, c, z, y : y + h, x : x + w]


def source_of(inputs: Any) -> ArraySource:
    """The pixels a vector describes."""
    shape = [inputs.get(f"size{axis}", 1) for axis in "TCZYX"]
    if "dataGen" in inputs:
        rule = inputs["dataGen"]
        values = (np.arange(np.prod(shape)) * rule["mul"] + rule["add"]) % rule["mod"]
    else:
        values = np.array(inputs.get("data", np.zeros(int(np.prod(shape)))), np.float64)
    return ArraySource(values.astype(dtype_of(inputs["pixelsType"])).reshape(shape))


def fake_source(name: str) -> ArraySource:
    """Synthetic pixels of the .fake naming scheme: values grow with x, boxes at the top tell the plane's indices."""
    keys = dict(part.split("=") for part in name.removesuffix(".fake").split("&")[1:])
    sizes = {axis: int(keys.get(f"size{axis}", 512 if axis in "XY" else 1)) for axis in "TCZYX"}
    dtype = dtype_of(keys.get("pixelType", "uint8"))
    base = int(np.iinfo(dtype).min) if dtype.kind == "i" else 0
    samples = int(keys.get("rgb", 1))
    pixels = np.empty([sizes[axis] for axis in "TCZYX"], dtype)
    for t, c, z in np.ndindex(*pixels.shape[:3]):
        row = (base + np.arange(sizes["X"])) * float(keys.get("scaleFactor", 1))
        pixels[t, c, z] = row.astype(dtype) if dtype.kind == "f" else row.astype(np.int64).astype(dtype)
        plane = z + sizes["Z"] * (c // samples + sizes["C"] // samples * t)
        for box, value in enumerate((0, plane, z, c, t)):
            pixels[t, c, z, :10, 10 * box : 10 * box + 10] = value
    return ArraySource(pixels)
