"""Samples read by tifffile, Pillow and zarr: what their pixels are, without any code of ours."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
import zarr
from PIL import Image

__all__ = ["all_planes", "as_stack"]

Array = np.ndarray[Any, Any]


def all_planes(path: Path) -> Array:
    """The first image of a sample, (t, c, z, y, x)."""
    if path.suffix == ".zarr" or path.name == "bioformats-zarr":
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Found an empty list of filters")
            return _zarr_planes(path)
    if path.suffix in (".png", ".jpg"):
        return _samples(np.asarray(Image.open(path)))
    if path.name == "subsampled.tif":
        return _samples(np.asarray(Image.open(path).convert("RGB")))
    if path.suffix == ".ome":
        parts = sorted(path.parent.glob("*.ome.tiff"))
        return np.stack([tifffile.imread(part, key=0) for part in parts])[np.newaxis, np.newaxis]
    with tifffile.TiffFile(path) as tif:
        series = tif.series[0]
        return as_stack(series.asarray(), series.axes.replace("I", "T"))


def as_stack(array: Array, axes: str) -> Array:
    """An array of tifffile as (t, c, z, y, x); samples count within channels."""
    wanted = [axis for axis in "TZCSYX" if axis in axes]
    array = array.transpose([axes.index(axis) for axis in wanted])
    for at, axis in enumerate("TZCSYX"):
        if axis not in wanted:
            array = np.expand_dims(array, at)
    t, z, c, s, y, x = array.shape
    return array.transpose(0, 2, 3, 1, 4, 5).reshape(t, c * s, z, y, x)


def _samples(pixels: Array) -> Array:
    """Pixels of Pillow, (y, x) or (y, x, samples), as a stack."""
    return pixels.reshape(*pixels.shape[:2], -1).transpose(2, 0, 1)[np.newaxis, :, np.newaxis]


def _zarr_planes(folder: Path) -> Array:
    """The full-size array of the first image below a group, which may be a plate."""
    attributes = _attributes(folder)
    if folder.name == "bioformats-zarr":
        return np.asarray(zarr.open_array(str(folder / "data.zarr/0/0"), mode="r")[:])
    if "plate" in attributes:
        well = folder / min(well["path"] for well in attributes["plate"]["wells"])
        folder = well / _attributes(well)["well"]["images"][0]["path"]
        attributes = _attributes(folder)
    scales = attributes["multiscales"][0]
    array = np.asarray(zarr.open_array(str(folder / scales["datasets"][0]["path"]), mode="r")[:])
    axes = "".join(axis["name"] for axis in scales["axes"]) if "axes" in scales else "tczyx"
    return as_stack(array, axes.upper())


def _attributes(folder: Path) -> dict[str, Any]:
    """Attributes of a group; version 0.5 has them below `ome`."""
    if not any((folder / name).exists() for name in (".zgroup", "zarr.json")):
        return {}
    found = dict(zarr.open_group(str(folder), mode="r").attrs)
    return dict(found.get("ome", found))
