"""What microscope makers hide in private tags of otherwise plain TIFF files: pixel size, and notes.

Olympus SIS, Zeiss SEM (SmartSEM), FEI/Thermo SEM, MetaMorph's MetaSeries. tifffile knows how to read the tags.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tifffile import TiffPage

from omero_server.formats.flat import flat
from omero_server.formats.info import Quantity

__all__ = ["vendor_calibration", "vendor_notes"]

_SIS, _SMARTSEM, _FEI = 33560, 34118, (34680, 34682)
_UNITS = {"m": 1e6, "mm": 1e3, "µm": 1.0, "um": 1.0, "nm": 1e-3, "pm": 1e-6}
_PROPERTY = re.compile(r'<prop id="([\w-]+)" type="[\w-]+" value="([^"]*)"')
_LONGEST = 100_000
_SHOWN = 400

Sizes = tuple[Quantity | None, Quantity | None]


def vendor_calibration(page: TiffPage) -> Sizes | None:
    """Size of a pixel along x and y; None for a page without such a tag."""
    sis, sem = _tag(page, _SIS), _tag(page, _SMARTSEM)
    if sis:
        return _sizes(sis.get("pixelsizex"), sis.get("pixelsizey"), "m")
    for code in _FEI:
        scan = _tag(page, code).get("Scan")
        if isinstance(scan, Mapping):
            return _sizes(scan.get("PixelWidth"), scan.get("PixelHeight"), "m")
    for key in ("ap_image_pixel_size", "ap_pixel_size"):
        # (label, number, unit)
        told = sem.get(key)
        if isinstance(told, tuple) and len(told) == 3:
            return _sizes(told[1], told[1], str(told[2]))
    notes = _metaseries(page)
    if notes.get("spatial-calibration-state") == "on":
        x, y = (notes.get(f"spatial-calibration-{axis}") for axis in "xy")
        return _sizes(x, y, notes.get("spatial-calibration-units", ""))
    return None


def vendor_notes(page: TiffPage) -> dict[str, str]:
    """Contents of the tags as original metadata."""
    found: dict[str, str] = dict(_metaseries(page))
    for code in (_SIS, *_FEI):
        found |= flat(_tag(page, code))
    for key, told in _tag(page, _SMARTSEM).items():
        if key and isinstance(told, tuple):
            found[str(told[0] or key)] = " ".join(str(part) for part in told[1:])
    return {key: value for key, value in found.items() if len(value) <= _SHOWN}


def _tag(page: TiffPage, code: int) -> Mapping[str, Any]:
    value = page.tags.valueof(code)
    return value if isinstance(value, Mapping) else {}


def _metaseries(page: TiffPage) -> dict[str, str]:
    text = page.description[:_LONGEST]
    return dict(_PROPERTY.findall(text)) if text.startswith("<MetaData>") else {}


def _sizes(x: Any, y: Any, unit: str) -> Sizes:
    return _micrometres(x, unit), _micrometres(y, unit)


def _micrometres(value: Any, unit: str) -> Quantity | None:
    try:
        size = float(value) * _UNITS[unit]
    except (TypeError, ValueError, KeyError):
        return None
    return (size, "µm") if 0 < size < float("inf") else None
