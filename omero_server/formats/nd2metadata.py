"""What an ND2 file says about its images: sizes of pixels, channels, objective, camera, times and places of planes."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from omero_server.formats.flat import flat
from omero_server.formats.info import (
    ChannelInfo,
    DetectorInfo,
    ImageInfo,
    ObjectiveInfo,
    PlaneInfo,
    Quantity,
    plain_channels,
)
from omero_server.formats.objectives import correction_in, immersion_in

if TYPE_CHECKING:
    from nd2 import ND2File

__all__ = ["describe_image", "file_notes"]

_MOST_FRAMES = 10_000
"""Frames whose own metadata is read."""
_MOST_NOTES = 20_000
_JULIAN_DAY_OF_1970 = 2440587.5
_MODES = {
    "laserScanConfocal": "LaserScanningConfocalMicroscopy",
    "spinningDiskConfocal": "SpinningDiskConfocal",
    "TIRF": "TotalInternalReflection",
    "structuredIllumination": "StructuredIllumination",
}
_CONTRASTS = {"fluorescence": "Fluorescence", "brightfield": "Brightfield", "phaseContrast": "Phase", "DIC": "DIC"}


def file_notes(file: ND2File) -> dict[str, str]:
    """Original metadata of the file."""
    texts = {f"TextInfo {key}": str(value) for key, value in (file.text_info or {}).items()}
    found = texts | flat(file.unstructured_metadata())
    return dict(list(found.items())[:_MOST_NOTES])


def describe_image(file: ND2File, image: ImageInfo, frames: list[int], samples: int) -> None:
    """Fill in `image`, whose planes are these frames of the file (-1: never written) in the order z, then t."""
    voxel = file.voxel_size()
    known = getattr(file.metadata, "channels", None) or []
    calibrated = known[0].volume.axesCalibrated if known and known[0].volume else (True, True, True)
    image.physical_size_x = _size(voxel.x) if calibrated[0] else None
    image.physical_size_y = _size(voxel.y) if calibrated[1] else None
    image.physical_size_z = _size(voxel.z) if image.size_z > 1 else None
    texts: dict[str, Any] = dict(file.text_info or {})
    camera = re.search(r"Camera Name:\s*([^\r\n]+)", str(texts.get("description")))
    found = [_channel(item, samples, camera[1].strip() if camera else None) for item in known for _ in range(samples)]
    image.channels = (found + plain_channels(image.size_c, samples))[: image.size_c]
    image.objective = _objective(known[0].microscope) if known else None
    for loop in file.experiment or ():
        period = getattr(loop.parameters, "periodMs", None)
        if loop.type == "TimeLoop" and period and period > 0:
            image.time_increment = (period, "ms")
    image.planes = _planes(file, image, frames, samples)


def _size(value: float) -> Quantity | None:
    return (float(value), "µm") if math.isfinite(value) and value > 0 else None


def _channel(item: Any, samples: int, camera: str | None) -> ChannelInfo:
    about, optics = item.channel, item.microscope
    flags = list(optics.modalityFlags or ())
    pinhole = optics.pinholeDiameterUm
    color = about.color
    return ChannelInfo(
        name=about.name or None,
        color=_packed(color.r, color.g, color.b) if color is not None and samples == 1 else None,
        emission_wavelength=(float(about.emissionLambdaNm), "nm") if about.emissionLambdaNm else None,
        excitation_wavelength=(float(about.excitationLambdaNm), "nm") if about.excitationLambdaNm else None,
        acquisition_mode=next((_MODES[flag] for flag in flags if flag in _MODES), None),
        contrast_method=next((_CONTRASTS[flag] for flag in flags if flag in _CONTRASTS), None),
        pinhole_size=(float(pinhole), "µm") if pinhole and pinhole > 0 else None,
        samples_per_pixel=samples,
        detector=DetectorInfo("Detector:0", model=camera) if camera else None,
    )


def _packed(red: int, green: int, blue: int) -> int:
    value = (red & 255) << 24 | (green & 255) << 16 | (blue & 255) << 8 | 255
    return value - (1 << 32) if value >= 1 << 31 else value


def _objective(optics: Any) -> ObjectiveInfo | None:
    if not (optics.objectiveName or optics.objectiveMagnification or optics.objectiveNumericalAperture):
        return None
    index = optics.immersionRefractiveIndex
    return ObjectiveInfo(
        "Objective:0",
        model=optics.objectiveName or None,
        immersion=immersion_in(optics.objectiveName or ""),
        correction=correction_in(optics.objectiveName or ""),
        nominal_magnification=optics.objectiveMagnification or None,
        lens_na=optics.objectiveNumericalAperture or None,
        refractive_index=index if index and index > 0 else None,
    )


def _exposures(file: ND2File) -> list[Quantity | None]:
    """Of each plane of a frame: channels, or samples of a colour camera."""
    planes: Any = file.unstructured_metadata()
    for key in ("ImageMetadataSeqLV|0", "SLxPictureMetadata", "PicturePlanes"):
        planes = planes.get(key) if isinstance(planes, dict) else None
    found: list[Quantity | None] = []
    while isinstance(planes, dict) and (plane := planes.get("PlaneNew", {}).get(str(len(found)))):
        setting = planes.get("SampleSetting", {}).get(str(plane.get("SampleIndex")), {})
        exposure = setting.get("ExposureTime")
        fine = isinstance(exposure, int | float) and math.isfinite(exposure) and exposure > 0
        found.append((float(exposure), "ms") if fine else None)
    return found


def _planes(file: ND2File, image: ImageInfo, frames: list[int], samples: int) -> list[PlaneInfo]:
    """Times and places of all planes; sets the time of acquisition from the first frame."""
    found, exposures = [], _exposures(file)
    for place, number in enumerate(frames[:_MOST_FRAMES]):
        data = file.frame_metadata(number) if number >= 0 else None
        channels = getattr(data, "channels", None)
        if not channels:
            continue
        t, z = divmod(place, image.size_z)
        time, position = channels[0].time, channels[0].position
        if image.acquired is None:
            image.acquired = _moment(time.absoluteJulianDayNumber, time.relativeTimeMs)
        stage = position.stagePositionUm if position else None
        for c in range(image.size_c):
            plane = PlaneInfo(z, c, t, delta_t=(time.relativeTimeMs, "ms"))
            if c // samples < len(exposures):
                plane.exposure_time = exposures[c // samples]
            if stage is not None:
                places = (stage.x, "µm"), (stage.y, "µm"), (stage.z, "µm")
                plane.position_x, plane.position_y, plane.position_z = places
            found.append(plane)
    return found


def _moment(julian_day: float, milliseconds: float) -> datetime | None:
    """When the acquisition began, in UTC: that of a frame less the time that had passed."""
    try:
        days = timedelta(days=julian_day - _JULIAN_DAY_OF_1970, milliseconds=-milliseconds)
        return (datetime(1970, 1, 1) + days).replace(microsecond=0)
    except (OverflowError, ValueError):
        return None
