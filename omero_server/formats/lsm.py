"""Zeiss LSM 510/710: TIFF pages with the channels as samples, and a private tag that holds the metadata."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from omero_server.formats.base import FormatError
from omero_server.formats.flat import flat
from omero_server.formats.info import ChannelInfo, DetectorInfo, FilesetInfo, ImageInfo, PlaneInfo, Quantity
from omero_server.formats.objectives import objective_named
from omero_server.formats.tiff import image_of
from omero_server.formats.tiffbase import PagedReader, load_pages
from omero_server.formats.tiffpages import first_page

__all__ = ["LsmReader"]

_CZ_LSM_TAG = 34412
_DAY_ZERO = datetime(1899, 12, 30)
_METRES_TO_MICROMETRES = 1e6
_METRES_TO_NANOMETRES = 1e9
_SMALLEST_VOXEL = 1e-12
"""Metres; LSM files write 1e-19 where a size is unknown."""
_FOUR_GIB = 1 << 32


class LsmReader(PagedReader):
    """LSM stacks; several positions are several images; previews are left out."""

    name = "lsm"
    format = "ZeissLSM"
    suffixes = (".lsm",)

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not super().detect(path):
            return False
        page = first_page(path)
        return page is not None and _CZ_LSM_TAG in page.tags

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        if path.stat().st_size >= _FOUR_GIB:
            # Offsets in such files wrap at 32 bits; guessing them could show wrong pixels.
            raise FormatError(path, "is an LSM file beyond 4 GiB", "Save it as OME-TIFF or CZI from ZEN.")
        loaded = load_pages(path)
        with loaded.tif:
            notes: dict[str, Any] = loaded.tif.lsm_metadata or {}
            pages = [page for page in loaded.pages if not page.is_reduced]
            z, t = int(notes.get("DimensionZ", 1)), int(notes.get("DimensionTime", 1))
            if not pages or len(pages) % (z * t):
                raise FormatError(path, f"declares {z} slices at {t} times but has {len(pages)} pages")
            images = []
            for first in range(0, len(pages), z * t):
                name = path.name if len(pages) == z * t else f"{path.name} #{first // (z * t) + 1}"
                image = image_of([pages[first : first + z * t]], path, name, palette=False)
                image.size_z, image.size_t, image.is_rgb, image.graphics = z, t, False, False
                _describe(image, notes)
                images.append(image)
        return FilesetInfo(cls.format, cls.name, cls.version, [path], images, metadata=flat(notes))


def _describe(image: ImageInfo, notes: dict[str, Any]) -> None:
    scan: dict[str, Any] = notes.get("ScanInformation") or {}
    image.description = str(scan.get("Description") or scan.get("Notes") or "").strip() or None
    image.physical_size_x = _voxel(notes, "X")
    image.physical_size_y = _voxel(notes, "Y")
    image.physical_size_z = _voxel(notes, "Z")
    interval = float(notes.get("TimeIntervall") or 0)
    image.time_increment = (interval, "s") if interval > 0 else None
    days = float(scan.get("Sample0time") or 0)
    image.acquired = _DAY_ZERO + timedelta(days=days) if days > 0 else None
    if scan.get("Objective"):
        image.objective = objective_named(str(scan["Objective"]))
    image.channels = _channels(image.size_c, notes)
    _detection(image, scan)
    stamps = [float(stamp) for stamp in notes.get("TimeStamps", ())]
    image.planes = [
        PlaneInfo(z, c, t, delta_t=(stamps[t] - stamps[0], "s"))
        for t in range(min(image.size_t, len(stamps)))
        for z in range(image.size_z)
        for c in range(image.size_c)
    ]


def _detection(image: ImageInfo, scan: dict[str, Any]) -> None:
    """Pinhole and detector of each channel, or of all channels of a spectrum."""
    tracks = scan.get("Tracks") or ()
    known = [one for track in tracks for one in track.get("DetectionChannels") or () if one.get("Acquire")]
    if len(known) not in (1, image.size_c):
        return
    for number, channel in enumerate(image.channels):
        at = number if len(known) > 1 else 0
        one = known[at]
        pinhole, name = float(one.get("PinholeDiameter") or 0), str(one.get("PointDetectorName") or "").strip()
        channel.pinhole_size = (pinhole, "µm") if 0 < pinhole < math.inf else None
        if name:
            kind = "PMT" if name.lower().startswith("pmt") else None
            channel.detector = DetectorInfo(f"Detector:{at}", type=kind, model=name)


def _voxel(notes: dict[str, Any], axis: str) -> Quantity | None:
    size = float(notes.get(f"VoxelSize{axis}") or 0)
    return (size * _METRES_TO_MICROMETRES, "µm") if size > _SMALLEST_VOXEL else None


def _channels(count: int, notes: dict[str, Any]) -> list[ChannelInfo]:
    look = notes.get("ChannelColors") or {}
    names, colors = list(look.get("ColorNames") or ()), list(look.get("Colors") or ())
    bands = notes.get("ChannelWavelength")
    channels = [ChannelInfo() for _ in range(count)]
    for number, channel in enumerate(channels):
        if number < len(names):
            channel.name = str(names[number]).strip() or None
        if number < len(colors):
            red, green, blue = (int(value) for value in colors[number][:3])
            packed = red << 24 | green << 16 | blue << 8 | 255
            channel.color = packed - (1 << 32) if packed >= 1 << 31 else packed
        if bands is not None and len(bands) == count:
            middle = float(sum(bands[number])) / 2 * _METRES_TO_NANOMETRES
            channel.emission_wavelength = (middle, "nm") if middle > 0 else None
    return channels
