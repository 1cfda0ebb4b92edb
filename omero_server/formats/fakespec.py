"""The `.fake` naming scheme: what a name (and an ini file beside it) asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from math import prod
from pathlib import Path
from typing import Any

from omero_server.formats.base import PIXEL_DTYPES, FormatError
from omero_server.formats.info import MOST_CHANNELS, Quantity

__all__ = ["FakeSpec", "check_amounts", "ini_of", "parse_ini", "parse_name", "quantity"]

_ORDERS = ("XYZCT", "XYZTC", "XYCTZ", "XYCZT", "XYTCZ", "XYTZC")
_WHOLE = {
    "sizeX": 512, "sizeY": 512, "sizeZ": 1, "sizeC": 1, "sizeT": 1, "thumbSizeX": 0, "thumbSizeY": 0,
    "bitsPerPixel": 0, "rgb": 1, "series": 1, "resolutions": 1, "resolutionScale": 2, "lutLength": 3,
    "screens": 0, "plates": 0, "plateRows": 0, "plateCols": 0, "fields": 0, "plateAcqs": 0,
    "annLong": 0, "annDouble": 0, "annMap": 0, "annComment": 0, "annBool": 0, "annTime": 0, "annTag": 0, "annTerm": 0,
    "annXml": 0, "ellipses": 0, "labels": 0, "lines": 0, "masks": 0, "points": 0, "polygons": 0, "polylines": 0,
    "rectangles": 0,
}  # fmt: skip
_SHAPE_KEYS = ("ellipses", "labels", "lines", "masks", "points", "polygons", "polylines", "rectangles")
_FLAGS = {"indexed": False, "falseColor": False, "little": True, "withMicrobeam": False}
_MOST_IMAGES = 50_000
_MOST_PLATES = 10_000
_MOST_PARTS = MOST_CHANNELS
"""A name of a few letters must not fill the memory: most channels, regions, annotations or described planes in all."""
_MOST_PLANES = 10_000_000
_LARGEST = 2**31 - 1
_PLATE_KEYS = ("screens", "plates", "plateRows", "plateCols", "fields", "plateAcqs")
_LENGTH_UNITS = ("µm", "nm", "mm", "cm", "dm", "km", "pm", "fm", "am", "Å", "in", "ft", "yd", "mi", "m", "pixel")


@dataclass(slots=True)
class FakeSpec:
    """The wanted images. `numbers` holds the whole-number keys of the scheme, complete and checked."""

    name: str
    numbers: dict[str, int]
    pixel_type: str = "uint8"
    order: str = "XYZCT"
    scale_factor: float = 1.0
    flags: dict[str, bool] = field(default_factory=dict)
    exposure: float | None = None
    acquired: datetime | None = None
    physical: dict[str, Quantity | None] = field(default_factory=dict)
    color: int | None = None
    colors: dict[int, int] = field(default_factory=dict)

    @property
    def is_plate(self) -> bool:
        """Whether any key asks for screens or plates."""
        return any(self.numbers[key] > 0 for key in _PLATE_KEYS)


def ini_of(path: Path) -> Path:
    """The ini file that would belong to `path`."""
    return path.with_name(path.name + ".ini")


def parse_ini(path: Path) -> dict[str, dict[str, str]]:
    """Sections of a `.fake.ini`; lines before the first section are under ""."""
    sections: dict[str, dict[str, str]] = {"": {}}
    current = ""
    for line in path.read_text("utf-8", errors="replace").splitlines():
        text = line.strip()
        if text.startswith("[") and text.endswith("]"):
            current = text[1:-1].strip()
            sections.setdefault(current, {})
        elif "=" in text and not text.startswith(("#", ";")):
            key, value = text.split("=", 1)
            sections[current][key.strip()] = value.strip()
    return sections


def parse_name(path: Path, extra: dict[str, str] | None = None) -> FakeSpec:
    """What the name asks for, `extra` tokens winning over the name's. FormatError for impossible wishes."""
    name, *tokens = path.name.rsplit(".", 1)[0].split("&")
    pairs = dict(token.split("=", 1) for token in tokens if "=" in token) | (extra or {})
    spec = FakeSpec(name, dict(_WHOLE), flags=dict(_FLAGS))
    for key, value in pairs.items():
        _apply(spec, key, value, path)
    if spec.is_plate:
        for key in _PLATE_KEYS[1:]:
            spec.numbers[key] = max(1, spec.numbers[key])
    _check(spec, path)
    if spec.numbers["rgb"] > 1:
        spec.order = "XYC" + spec.order[2:].replace("C", "")
    return spec


def check_amounts(spec: FakeSpec, path: Path, *, planes_described: bool) -> None:
    """FormatError when the images together have more parts than anybody can want."""
    number = spec.numbers
    images = prod(max(1, number[key]) for key in _PLATE_KEYS) if spec.is_plate else number["series"]
    plates = max(1, number["screens"]) * max(1, number["plates"])
    channels = images * number["sizeC"] * (number["lutLength"] if spec.flags["indexed"] else 1)
    planes = images * number["sizeZ"] * number["sizeC"] * number["sizeT"]
    extras = images * sum(max(0, number[key]) for key in _WHOLE if key.startswith("ann") or key in _SHAPE_KEYS)
    for what, wanted, most in (
        ("images", images, _MOST_IMAGES),
        ("plates", plates, _MOST_PLATES),
        ("channels", channels, _MOST_PARTS),
        ("regions and annotations", extras, _MOST_PARTS),
        ("planes", planes, _MOST_PARTS if planes_described else _MOST_PLANES),
    ):
        if wanted > most:
            raise FormatError(path, f"asks for {wanted} {what}", f"Ask for at most {most}.")


def _apply(spec: FakeSpec, key: str, value: str, path: Path) -> None:
    if key in _WHOLE:
        spec.numbers[key] = int(_number(value))
    elif key in _FLAGS:
        spec.flags[key] = value == "true"
    elif key == "pixelType":
        spec.pixel_type = value
    elif key == "dimOrder":
        spec.order = value
    elif key == "scaleFactor":
        spec.scale_factor = _number(value)
    elif key == "exposureTime":
        spec.exposure = _number(value)
    elif key == "acquisitionDate":
        spec.acquired = _date(value)
    elif key in ("physicalSizeX", "physicalSizeY", "physicalSizeZ"):
        spec.physical[key[-1]] = _physical(value, path)
    elif key == "color":
        spec.color = _color(value)
    elif key.startswith("color_") and key[6:].isdigit():
        spec.colors[int(key[6:])] = _color(value)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return -1.0


def _date(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d_%H-%M-%S")
    except ValueError:
        return None


def _color(text: str) -> int:
    """Packed RGBA as signed 32 bit, from decimal or 0x hexadecimal text."""
    try:
        value = int(text, 0) & 0xFFFFFFFF
    except ValueError:
        return -1
    return value - (1 << 32) if value >= 1 << 31 else value


def quantity(text: str, default: str = "µm") -> Quantity | None:
    """A number and an optional unit of length ("2nm", "3 mm"); None when it is none."""
    match = re.fullmatch(r"\s*([-+0-9.eE]+)\s*(\S*)\s*", text)
    if match is None or (match[2] and match[2] not in _LENGTH_UNITS):
        return None
    try:
        return float(match[1]), match[2] or default
    except ValueError:
        return None


def _physical(text: str, path: Path) -> Quantity | None:
    found = quantity(text)
    if found is None:
        raise _refusal(path, f"{text!r} is no length")
    return found if found[0] > 0 else None


def _refusal(path: Path, reason: str) -> FormatError:
    return FormatError(path, f"asks for an impossible image: {reason}", "Correct the file's name.")


def _check(spec: FakeSpec, path: Path) -> None:
    number: dict[str, Any] = spec.numbers
    for key in ("sizeX", "sizeY", "sizeZ", "sizeC", "sizeT", "rgb", "series", "lutLength", "resolutions"):
        if number[key] < 1:
            raise _refusal(path, f"{key} is below 1")
        if number[key] > _LARGEST:
            raise _refusal(path, f"{key} is above {_LARGEST}")
    if number["thumbSizeX"] < 0 or number["thumbSizeY"] < 0:
        raise _refusal(path, "a thumbnail size is negative")
    if number["sizeC"] % number["rgb"]:
        raise _refusal(path, "rgb does not divide sizeC")
    if number["resolutionScale"] <= 1:
        raise _refusal(path, "resolutionScale is not above 1")
    if spec.order not in _ORDERS:
        raise _refusal(path, f"dimOrder {spec.order!r} is unknown")
    if spec.pixel_type not in PIXEL_DTYPES or "complex" in spec.pixel_type:
        raise _refusal(path, f"pixelType {spec.pixel_type!r} is unknown")
    if spec.flags["falseColor"] and not spec.flags["indexed"]:
        raise _refusal(path, "falseColor needs indexed")
