"""One multiscale image of an OME-Zarr: axes, levels, scale, channel looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omero_server.formats.base import FormatError, decoding, pixel_type_of
from omero_server.formats.flat import flat
from omero_server.formats.info import ChannelInfo, ImageInfo, Level, Quantity
from omero_server.formats.zarrtree import ZarrTree

if TYPE_CHECKING:
    import zarr

__all__ = ["multiscale_image"]

_LENGTHS = {
    "angstrom": "Å", "femtometer": "fm", "picometer": "pm", "nanometer": "nm", "micrometer": "µm", "millimeter": "mm",
    "centimeter": "cm", "decimeter": "dm", "meter": "m", "kilometer": "km", "inch": "in", "foot": "ft", "yard": "yd",
    "mile": "mi", "parsec": "pc", "pixel": "pixel", "um": "µm", "µm": "µm", "nm": "nm", "mm": "mm",
}  # fmt: skip
_TIMES = {
    "nanosecond": "ns", "microsecond": "µs", "millisecond": "ms", "second": "s", "minute": "min", "hour": "h",
    "day": "d", "s": "s", "ms": "ms",
}  # fmt: skip


def multiscale_image(tree: ZarrTree, path: str, attributes: dict[str, Any], name: str | None = None) -> ImageInfo:
    """The first multiscale of the group at `path`, called `name` or by its own name.

    FormatError when metadata and arrays contradict each other.
    """
    with decoding(tree.root, f"reading the multiscales of {path or 'the image'!r}"):
        scales = attributes.get("multiscales")
        if not isinstance(scales, list) or not scales or not scales[0].get("datasets"):
            raise FormatError(tree.root, f"has no multiscale image at {path!r}", "Copy the whole folder again.")
        scale: dict[str, Any] = scales[0]
        datasets = scale["datasets"]
        prefix = f"{path}/" if path else ""
        paths = [f"{prefix}{dataset['path']}" for dataset in datasets]
        arrays = [tree.array(item) for item in paths]
        axes = _axes(scale, arrays[0].ndim)
        image = _sized(tree, arrays, axes, name or str(scale.get("name") or tree.root.name), paths)
        _calibrate(image, scale, axes)
        _looks(image, attributes.get("omero"))
        image.metadata = flat(attributes)
    return image


def _axes(scale: dict[str, Any], dimensions: int) -> list[str]:
    """Names of the axes; before 0.3 they are always t, c, z, y, x."""
    declared = scale.get("axes") or list("tczyx")[-dimensions:]
    return [str(axis["name"] if isinstance(axis, dict) else axis) for axis in declared]


def _sized(tree: ZarrTree, arrays: list[zarr.Array[Any]], axes: list[str], name: str, paths: list[str]) -> ImageInfo:
    first = arrays[0]
    wrong = any(array.ndim != len(axes) or array.dtype != first.dtype for array in arrays)
    if wrong or not {"x", "y"} <= set(axes) <= set("tczyx") or len(set(axes)) != len(axes):
        raise FormatError(
            tree.root, f"has axes {axes} and levels {[array.shape for array in arrays]}, which do not fit"
        )
    size = dict(zip(axes, first.shape, strict=True))
    if min(first.shape) < 1:
        raise FormatError(tree.root, f"has an empty image at {paths[0]!r}")
    x, y = axes.index("x"), axes.index("y")
    outer = [axis.upper() for axis in reversed(axes) if axis in "tcz"]
    order = "XY" + "".join(outer) + "".join(axis for axis in "ZCT" if axis not in outer)
    return ImageInfo(
        name=name,
        size_x=size["x"],
        size_y=size["y"],
        size_z=size.get("z", 1),
        size_c=size.get("c", 1),
        size_t=size.get("t", 1),
        pixel_type=pixel_type_of(first.dtype, tree.root),
        significant_bits=first.dtype.itemsize * 8,
        dimension_order=order,
        levels=[Level(array.shape[x], array.shape[y]) for array in arrays],
        tile_size=(min(first.chunks[x], size["x"]), min(first.chunks[y], size["y"])),
        index={"axes": axes, "levels": paths},
    )


def _calibrate(image: ImageInfo, scale: dict[str, Any], axes: list[str]) -> None:
    """Pixel sizes: scale of the full level times the common one, for axes that carry a unit."""
    factors = [1.0] * len(axes)
    for source in (scale["datasets"][0], scale):
        for transform in source.get("coordinateTransformations") or ():
            values = transform.get("scale")
            if transform.get("type") == "scale" and isinstance(values, list) and len(values) == len(axes):
                factors = [factor * float(value) for factor, value in zip(factors, values, strict=True)]
    declared = [axis for axis in scale.get("axes") or () if isinstance(axis, dict)]
    units = {str(axis["name"]): str(axis.get("unit") or "").lower() for axis in declared}
    found = {axis: _quantity(axis, factor, units.get(axis, "")) for axis, factor in zip(axes, factors, strict=True)}
    image.physical_size_x, image.physical_size_y = found["x"], found["y"]
    image.physical_size_z, image.time_increment = found.get("z"), found.get("t")


def _quantity(axis: str, factor: float, unit: str) -> Quantity | None:
    symbol = (_TIMES if axis == "t" else _LENGTHS).get(unit)
    return (factor, symbol) if symbol and factor > 0 else None


def _looks(image: ImageInfo, omero: Any) -> None:
    """Names, colours and windows of the `omero` metadata."""
    channels = omero.get("channels") if isinstance(omero, dict) else None
    for channel, look in zip(image.channels, channels or (), strict=False):
        if not isinstance(look, dict):
            continue
        label = look.get("label")
        channel.name = str(label) if label not in (None, "") else None
        channel.color = _color(look.get("color"))
        _set_window(channel, look.get("window"))


def _set_window(channel: ChannelInfo, window: Any) -> None:
    if isinstance(window, dict) and "start" in window and "end" in window:
        channel.window = float(window["start"]), float(window["end"])


def _color(text: Any) -> int | None:
    """Packed RGBA from RRGGBB."""
    try:
        packed = int(str(text).lstrip("#")[:6], 16) << 8 | 0xFF
    except ValueError:
        return None
    return packed - (1 << 32) if packed >= 1 << 31 else packed
