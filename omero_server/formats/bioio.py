"""Formats through the reader plug-ins of bioio that are installed, if any: an optional extra, loaded when it is needed.

Scenes are images, samples of colours channels. `ImageInfo.index`: `plugin` (name of its entry point), `scene`, `dims`
(axes of the plug-in's array) and, of colours, `samples`.
"""

from __future__ import annotations

import logging
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import Array, FormatError, Reader, decoding, pixel_type_of
from omero_server.formats.info import ChannelInfo, FilesetInfo, ImageInfo, Quantity

__all__ = ["BioioReader"]

log = logging.getLogger(__name__)

# Java within this process; Bio-Formats is asked in its own.
_LEFT_OUT = ("bioio-bioformats", "bioio_bioformats")
_LARGEST_PLANE = 1 << 31
_MOST_SCENES = 20_000


class BioioReader(Reader):
    """Files that a plug-in of bioio reads. The Format is the name of the plug-in."""

    name = "bioio"
    format = "bioio"

    def __init__(self, info: FilesetInfo) -> None:
        super().__init__(info)
        self._opened: Any = None

    @classmethod
    def detect(cls, path: Path) -> bool:
        return path.is_file() and path.stat().st_size > 0 and _plugin_for(path) is not None

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        plugin = _plugin_for(path)
        if plugin is None:
            raise FormatError(path, "no plug-in of bioio reads it", "Install the plug-in of its format.")
        with decoding(path, f"reading it with {plugin}"):
            found = _metadata(plugin).get_reader()(str(path))
            scenes = list(found.scenes)
            if not 1 <= len(scenes) <= _MOST_SCENES:
                raise FormatError(path, f"holds {len(scenes)} scenes")
            images = [_image(found, number, plugin, path) for number in range(len(scenes))]
        return FilesetInfo(plugin, cls.name, cls.version, [path], images)

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        index, (x, y, w, h) = self._info.images[series].index, region
        at = dict(zip("ZCT", zct, strict=True))
        if index["samples"]:
            at["C"], at["S"] = divmod(zct[1], index["samples"])
        key = [slice(y, y + h) if axis == "Y" else slice(x, x + w) if axis == "X" else at.get(axis, 0)
               for axis in index["dims"]]  # fmt: skip
        with self._lock:  # a plug-in's reader has one scene at a time
            if self._opened is None:
                self._opened = _metadata(index["plugin"]).get_reader()(str(self._info.entry))
            self._opened.set_scene(index["scene"])
            pixels = np.asarray(self._opened.dask_data[tuple(key)].compute(scheduler="synchronous"))
        return pixels if index["dims"].index("Y") < index["dims"].index("X") else pixels.T

    def close(self) -> None:
        self._opened = None


@cache
def _plugins() -> dict[str, EntryPoint]:
    """Entry points of plug-ins by name; none without bioio itself."""
    if find_spec("bioio") is None:
        return {}
    return {point.name: point for point in entry_points(group="bioio.readers") if point.name not in _LEFT_OUT}


@cache
def _metadata(name: str) -> Any:
    """What a plug-in says of itself. KeyError when it is not installed any more."""
    return _plugins()[name].load().ReaderMetadata


def _plugin_for(path: Path) -> str | None:
    """The plug-in that takes the file; those that name the longest ending are asked first."""
    name, found = path.name.lower(), list[tuple[int, str]]()
    for plugin in _plugins():
        try:
            endings = ["." + ending.lower().lstrip(".") for ending in _metadata(plugin).get_supported_extensions()]
        except Exception as error:  # a broken plug-in must not keep others from reading
            log.warning("the plug-in %s cannot be loaded: %s", plugin, error)
            continue
        found += [(-len(ending), plugin) for ending in endings if name.endswith(ending)]
    for _, plugin in sorted(set(found)):
        try:
            if _metadata(plugin).get_reader().is_supported_image(str(path)):
                return plugin
        except Exception as error:  # plug-ins say no by raising whatever they like
            log.debug("%s does not take %s: %s", plugin, path, error)
    return None


def _image(found: Any, number: int, plugin: str, path: Path) -> ImageInfo:
    found.set_scene(number)
    dims, shape = str(found.dims.order), dict(zip(found.dims.order, found.shape, strict=True))
    odd = [axis for axis, size in shape.items() if axis not in "TCZYXS" and size > 1]
    if odd or "Y" not in shape or "X" not in shape:
        raise FormatError(path, f"has the axes {dims}, which are no image's", "Convert it to OME-TIFF.")
    if shape["Y"] * shape["X"] >= _LARGEST_PLANE:
        raise FormatError(path, f"declares {shape['X']}x{shape['Y']} pixels")
    samples = shape.get("S", 0)
    size_c = shape.get("C", 1) * (samples or 1)
    kind = pixel_type_of(np.dtype(found.dtype), path)
    image = ImageInfo(
        path.name if len(found.scenes) == 1 else f"{path.name} [{found.scenes[number]}]",
        size_x=shape["X"],
        size_y=shape["Y"],
        size_z=shape.get("Z", 1),
        size_c=size_c,
        size_t=shape.get("T", 1),
        pixel_type=kind,
        is_rgb=samples in (3, 4) and kind == "uint8",
        channels=_channels(found, size_c, samples),
        index={"plugin": plugin, "scene": number, "dims": dims, "samples": samples},
    )
    sizes = found.physical_pixel_sizes
    image.physical_size_x, image.physical_size_y, image.physical_size_z = (_length(sizes, axis) for axis in "XYZ")
    return image


def _length(sizes: Any, axis: str) -> Quantity | None:
    """Size of a pixel along an axis, micrometres by the convention of bioio."""
    size = getattr(sizes, axis, None)
    return (float(size), "µm") if size is not None and np.isfinite(size) and size > 0 else None


def _channels(found: Any, size_c: int, samples: int) -> list[ChannelInfo]:
    names = [None if samples else str(name) for name in found.channel_names or ()]
    return [ChannelInfo(name=names[c] if c < len(names) else None) for c in range(size_c)]
