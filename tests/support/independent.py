"""Samples read by tifffile, Pillow, zarr and PyAV: what their pixels are, without any code of ours."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
import zarr
from PIL import Image

__all__ = ["all_planes", "as_stack", "first_image"]

Array = np.ndarray[Any, Any]

_PILLOW = ("pcx/", "pnm/", "spider/", "jpeg/", "jp2/world", "tiff/subsampled")
_TIFFFILE = ("pattern/", "hcs-imagexpress/", "tiff-bigtiff/yb10kx5k")
_MOVIES = ("avi/", "mp4/", "quicktime/")


def first_image(name: str, path: Path) -> tuple[str, Array | None]:
    """The library that reads the sample `name` and its first image, (t, c, z, y, x); None: it is not installed."""
    if name.startswith("ome-zarr/"):
        return "zarr-python", all_planes(path)
    if name.startswith(_PILLOW):
        with Image.open(path) as picture:
            return "Pillow", _samples(np.asarray(picture.convert("RGB") if picture.mode in ("YCbCr", "P") else picture))
    if name.startswith(_TIFFFILE):
        return "tifffile", _files(path)
    if name.startswith("ndtiff/"):
        pages = tifffile.imread(next(path.parent.glob("*.tif")), key=range(10))
        return "tifffile", pages.reshape(5, 2, 1, *pages.shape[1:])
    if name.startswith(_MOVIES) and find_spec("av") is not None:
        return "PyAV", _frames(path)
    return "", None


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


def _files(path: Path) -> Array:
    """TIFF files of one plane each: channels of a pattern, channels and times of a field of a plate; else one file."""
    if path.suffix == ".pattern":
        return np.stack([tifffile.imread(one) for one in sorted(path.parent.glob("*.tif"))])[np.newaxis, :, np.newaxis]
    if path.suffix != ".HTD":
        return all_planes(path)
    times = []
    for folder in sorted(path.parent.glob("TimePoint_*")):
        files = sorted(folder.glob("*_B02.TIF")) or sorted(folder.glob("*_B02_s1_w*.TIF"))
        times.append([tifffile.imread(file) for file in files])
    return np.array(times)[:, :, np.newaxis]


def _frames(path: Path) -> Array:
    """Frames of a movie, RGB."""
    import av

    with av.open(str(path)) as movie:
        frames = np.stack([frame.to_ndarray(format="rgb24") for frame in movie.decode(video=0)])
    return frames.transpose(0, 3, 1, 2)[:, :, np.newaxis]


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
