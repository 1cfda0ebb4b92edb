"""What the query strings of the rendering URLs mean.

Grammar of ``c``: comma separated channels ``[-]n[|start:end][$COLOUR]``; n counts from 1, a leading minus switches the
channel off, COLOUR is 3, 4, 6 or 8 hex digits or the file name of a lookup table ending in ``.lut``. Parts that cannot
be read are skipped, as the official server does; tiles and regions that cannot be read are errors.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DEFAULT_QUALITY = 0.9
PROJECTIONS = ("normal", "intmax", "intmean", "intsum")

_CHANNEL = re.compile(r"^(?P<off>-?)(?P<index>\d{1,6})(?P<rest>(?:[|$].*)?)$")
_HEX = re.compile(r"^(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$")
_LUT = re.compile(r"^[\w. +-]+\.lut$")


class ParameterError(ValueError):
    """A query parameter cannot be read; the text names it and says what is expected."""


@dataclass(frozen=True)
class ChannelSetting:
    """One entry of ``c``. ``index`` counts from 0; None means: leave as stored."""

    index: int
    active: bool = True
    window: tuple[float, float] | None = None
    rgba: tuple[int, int, int, int] | None = None
    lut: str | None = None
    inverted: bool | None = None
    family: str | None = None
    coefficient: float | None = None


@dataclass(frozen=True)
class Projection:
    """A projection over the z sections ``start`` to ``end`` (0-based, inclusive; None = whole stack)."""

    method: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class RenderSettings:
    """Everything that a rendering URL may change for one picture; None means: as stored."""

    channels: tuple[ChannelSetting, ...] | None = None
    greyscale: bool | None = None
    projection: Projection | None = None
    quality: float = DEFAULT_QUALITY
    invert_axis: bool = False


@dataclass(frozen=True)
class Region:
    """Part of a plane in pixels of resolution ``level`` (0 = full size)."""

    x: int
    y: int
    width: int
    height: int
    level: int = 0


def split_colour(text: str) -> tuple[int, int, int, int] | None:
    """Red, green, blue, alpha of 3, 4, 6 or 8 hex digits; None when the text is anything else."""
    if not _HEX.match(text):
        return None
    if len(text) < 6:
        text = "".join(digit * 2 for digit in text)
    if len(text) == 6:
        text += "FF"
    red, green, blue, alpha = (int(text[at : at + 2], 16) for at in (0, 2, 4, 6))
    return red, green, blue, alpha


def _window(text: str) -> tuple[float, float] | None:
    start, colon, end = text.partition(":")
    try:
        window = float(start), float(end)
    except ValueError:
        return None
    return window if colon and all(map(math.isfinite, window)) else None


def _channel(text: str) -> ChannelSetting | None:
    match = _CHANNEL.match(text.strip())
    if match is None or int(match["index"]) == 0:
        return None
    rest, _, colour = match["rest"].partition("$")
    return ChannelSetting(
        index=int(match["index"]) - 1,
        active=not match["off"],
        window=_window(rest[1:]) if rest else None,
        rgba=split_colour(colour),
        lut=colour if _LUT.match(colour) else None,
    )


def parse_channels(text: str) -> tuple[ChannelSetting, ...]:
    """The channels of a ``c`` parameter, in its order, without the parts that cannot be read."""
    return tuple(channel for part in text.split(",") if (channel := _channel(part)) is not None)


def _with_map(channel: ChannelSetting, entry: Any) -> ChannelSetting:
    """``channel`` with its entry of ``maps``: inversion (older key ``reverse``) and quantization."""
    if not isinstance(entry, dict):
        return channel
    inverted = entry.get("inverted", entry.get("reverse"))
    quantization = entry.get("quantization")
    values: dict[str, Any] = dict(channel.__dict__)
    if isinstance(inverted, dict) and "enabled" in inverted:
        values["inverted"] = inverted["enabled"] in (True, "true")
    if isinstance(quantization, dict):
        family, coefficient = quantization.get("family"), quantization.get("coefficient", 1.0)
        if isinstance(family, str) and isinstance(coefficient, int | float):
            values.update(family=family, coefficient=float(coefficient))
    return ChannelSetting(**values)


def _apply_maps(channels: tuple[ChannelSetting, ...], text: str | None) -> tuple[ChannelSetting, ...]:
    if not text:
        return channels
    try:
        maps = json.loads(text)
    except ValueError as error:
        raise ParameterError(f"maps is not JSON: {error}") from error
    if not isinstance(maps, list):
        raise ParameterError("maps must be a JSON list with one entry for each channel of c")
    maps += [None] * (len(channels) - len(maps))
    return tuple(_with_map(channel, entry) for channel, entry in zip(channels, maps, strict=False))


def parse_projection(text: str | None) -> Projection | None:
    """``intmax|2:8`` and the like; None for ``normal``, for nothing and for an unknown method."""
    method, _, span = (text or "").partition("|")
    if method not in PROJECTIONS or method == "normal":
        return None
    first, _, last = span.partition(":")
    if first.isdecimal() and last.isdecimal():
        return Projection(method, int(first), int(last))
    return Projection(method)


def _quality(text: str | None) -> float:
    try:
        quality = float(text) if text else DEFAULT_QUALITY
    except ValueError:
        return DEFAULT_QUALITY
    return min(max(quality, 0.01), 1.0) if math.isfinite(quality) else DEFAULT_QUALITY


def parse_settings(query: Mapping[str, str]) -> RenderSettings:
    """The rendering settings of a query string (``c``, ``m``, ``p``, ``q``, ``maps``, ``ia``).

    Raises ParameterError when ``maps`` is not a JSON list.
    """
    channels = parse_channels(query["c"]) if query.get("c") else None
    if channels:
        channels = _apply_maps(channels, query.get("maps"))
    model = query.get("m")
    return RenderSettings(
        channels=channels or None,
        greyscale={"g": True, "c": False}.get(model or ""),
        projection=parse_projection(query.get("p")),
        quality=_quality(query.get("q")),
        invert_axis=query.get("ia") == "1",
    )


def _numbers(name: str, text: str, counts: tuple[int, ...], form: str) -> list[int]:
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError as error:
        raise ParameterError(f"{name}={text} must be {form}, whole numbers") from error
    if len(numbers) not in counts:
        raise ParameterError(f"{name}={text} must be {form}")
    return numbers


def parse_tile(text: str, tile_size: tuple[int, int], longest: int) -> Region:
    """The pixels that ``tile=level,x,y[,w,h]`` asks for, x and y being tile numbers.

    ``tile_size`` stands in for a missing or non-positive w or h; neither may exceed ``longest``. Raises ParameterError.
    """
    level, column, row, *size = _numbers("tile", text, (3, 5), "level,x,y[,width,height]")
    if level < 0 or column < 0 or row < 0:
        raise ParameterError(f"tile={text}: level, x and y cannot be negative")
    asked = size or [0, 0]
    width, height = (
        min(want if want > 0 else default, longest) for want, default in zip(asked, tile_size, strict=True)
    )
    return Region(column * width, row * height, width, height, level)


def parse_region(text: str) -> Region:
    """The pixels at full size that ``region=x,y,w,h`` asks for. Raises ParameterError."""
    x, y, width, height = _numbers("region", text, (4,), "x,y,width,height")
    if x < 0 or y < 0 or width <= 0 or height <= 0:
        raise ParameterError(f"region={text}: x and y must be 0 or more, width and height more than 0")
    return Region(x, y, width, height)
