"""What the settings of Olympus OIF and OIB say: sizes of pixels, channels, lasers, objective, times and heights."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from omero_server.formats.info import (
    ChannelInfo,
    DetectorInfo,
    ImageInfo,
    LightSourceInfo,
    MicroscopeInfo,
    ObjectiveInfo,
    PlaneInfo,
    Quantity,
)
from omero_server.formats.oifoptics import add_light_paths
from omero_server.formats.oifstore import Settings, Store, settings_of

__all__ = ["describe_image", "flat_settings"]

_MOST_PLANES = 10_000
_UNKNOWN = 9999
_NANOMETRES = 1000.0
_MOST_NOTES = 20_000
_LUT_BYTES = 65536 * 4


def describe_image(image: ImageInfo, store: Store, main: Settings, planes: dict[tuple[int, int, int], str]) -> None:
    """Fill in `image`; `planes` names the pictures by (z, c, t)."""
    first = _settings_beside(store, planes[0, 0, 0])
    about, scan = first.get("Image Parameters", {}), first.get("Acquisition Parameters Common", {})
    image.significant_bits = int(_number(about, "ValidBitCounts") or 0) or None
    image.physical_size_x = _length(_number(about, "WidthConvertValue"), about.get("WidthUnit"))
    image.physical_size_y = _length(_number(about, "HeightConvertValue"), about.get("HeightUnit"))
    z, t = main.get("Axis 3 Parameters Common", {}), main.get("Axis 4 Parameters Common", {})
    if image.size_z > 1:
        image.physical_size_z = _length(abs(_number(z, "Interval") or 0), z.get("UnitName"))
    if image.size_t > 1:
        span = (_number(t, "EndPosition") or 0) - (_number(t, "StartPosition") or 0)
        image.time_increment = (span / (image.size_t - 1), "ms") if span > 0 else None
    image.acquired = _moment(main.get("Acquisition Parameters Common", {}))
    image.description = main.get("File Info", {}).get("UserComment", "").strip() or None
    image.objective = _objective(scan)
    model = main.get("Version Info", {}).get("SystemName")
    image.microscope = MicroscopeInfo("Microscope:0", manufacturer="Olympus", model=model) if model else None
    _add_channels(image, store, main, planes, scan)
    image.planes = _planes(store, planes)


def flat_settings(main: Settings) -> dict[str, str]:
    """Original metadata."""
    found = {f"{section}|{key}": value for section, keys in main.items() for key, value in keys.items() if value}
    return dict(list(found.items())[:_MOST_NOTES])


def _settings_beside(store: Store, picture: str) -> Settings:
    """Settings of one picture; none when there are not any."""
    name = picture[:-4] + ".pty"
    return settings_of(store.read(name)) if name in store.names else {}


def _number(section: dict[str, str], key: str) -> float | None:
    try:
        value = float(section.get(key, ""))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _length(value: float | None, unit: str | None) -> Quantity | None:
    if not value or value < 0:
        return None
    return (value / _NANOMETRES if unit == "nm" else value, "µm") if unit in ("nm", "um") else None


def _wave(value: float | None) -> Quantity | None:
    return (value, "nm") if value and value > 0 else None


def _moment(common: dict[str, str]) -> datetime | None:
    """Olympus misspells the key."""
    try:
        whole = datetime.strptime(common.get("ImageCaputreDate", ""), "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None
    return whole + timedelta(milliseconds=min(999.0, max(0.0, _number(common, "ImageCaputreDate+MilliSec") or 0)))


def _objective(scan: dict[str, str]) -> ObjectiveInfo | None:
    name = " ".join(scan.get("ObjectiveLens Name", "").split())
    if not name:
        return None
    distance = _number(scan, "ObjectiveLens WDValue")
    return ObjectiveInfo(
        "Objective:0",
        manufacturer="Olympus",
        model=name,
        nominal_magnification=_number(scan, "Magnification"),
        lens_na=_number(scan, "ObjectiveLens NAValue"),
        working_distance=(distance, "mm") if distance and 0 < distance < _UNKNOWN else None,
    )


def _add_channels(
    image: ImageInfo, store: Store, main: Settings, planes: dict[tuple[int, int, int], str], scan: dict[str, str]
) -> None:
    stored = sum(1 for name in main if name.startswith("Channel ") and name.endswith(" Parameters"))
    bands = image.size_c // stored if stored and image.size_c % stored == 0 else 1
    pinhole = _number(scan, "PinholeDiameter")
    found = []
    for c in range(image.size_c):
        own = _settings_beside(store, planes[0, c, 0])
        channel = _channel(main, c // bands + 1)
        if channel.acquisition_mode and pinhole and pinhole > 0:
            channel.pinhole_size = (pinhole / _NANOMETRES, "µm")
        wave = _number(own.get("Axis 6 Parameters", {}), "AbsPositionValue")
        if bands > 1 and wave and wave > 0:
            channel.name, channel.emission_wavelength = f"{channel.name or ''} {wave:g} nm".strip(), (wave, "nm")
        table = own.get("LUT Parameter", {}).get("LUTFileName")
        channel.color = _last_color(store, f"s_{table}.lut")
        found.append(channel)
    image.channels = found
    add_light_paths(image, main, bands)


def _channel(main: Settings, number: int) -> ChannelInfo:
    notes = main.get(f"Channel {number} Parameters", {})
    excitation, dye = _number(notes, "ExcitationWavelength"), notes.get("DyeName", "")
    light = notes.get("LightType", "")
    return ChannelInfo(
        name=notes.get("CH Name") or None,
        fluor=dye if dye not in ("", "None") else None,
        emission_wavelength=_wave(_number(notes, "EmissionWavelength")),
        excitation_wavelength=_wave(excitation),
        acquisition_mode="LaserScanningConfocalMicroscopy" if notes.get("Confocal") == "ON" else None,
        illumination={"Fluorescence": "Epifluorescence", "Transmitted Light": "Transmitted"}.get(light),
        detector=DetectorInfo(
            f"Detector:{notes.get('Physical CH Number', number)}",
            type="PMT",
            manufacturer="Olympus",
            gain=_number(notes, "AnalogPMTGain"),
            offset=_number(notes, "AnalogPMTOffset"),
            voltage=(voltage, "V") if (voltage := _number(notes, "AnalogPMTVoltage")) else None,
        )
        if notes
        else None,
        light_source=_laser(main, excitation),
    )


def _laser(main: Settings, wave: float | None) -> LightSourceInfo | None:
    """The laser of a wavelength, whether or not the file says that it was on."""
    for name, notes in main.items():
        if name.startswith("Laser ") and name.endswith(" Parameters") and wave:
            found = _number(notes, "LaserWavelength")
            if found == wave:
                return LightSourceInfo(f"LightSource:{name.split()[1]}", wavelength=(wave, "nm"))
    return None


def _last_color(store: Store, name: str) -> int | None:
    """Colour of the brightest pixels: the last entry of a look-up table; none for white."""
    if name not in store.names or store.size(name) < _LUT_BYTES:
        return None
    blue, green, red, _ = store.read(name)[-4:]
    packed = red << 24 | green << 16 | blue << 8 | 255
    return packed - (1 << 32) if packed >= 1 << 31 else packed


def _planes(store: Store, planes: dict[tuple[int, int, int], str]) -> list[PlaneInfo]:
    """Times and heights, from the settings of each picture."""
    found = []
    for (z, c, t), name in list(planes.items())[:_MOST_PLANES]:
        notes = _settings_beside(store, name)
        height, time = notes.get("Axis 3 Parameters", {}), notes.get("Axis 4 Parameters", {})
        plane = PlaneInfo(z, c, t)
        position = _number(height, "AbsPositionValue")
        if position is not None:
            nanometres = height.get("AbsPositionUnitName") == "nm"
            plane.position_z = (position / _NANOMETRES if nanometres else position, "µm")
        moment = _number(time, "AbsPositionValue")
        if moment is not None:
            plane.delta_t = (moment, "ms")
        if (plane.position_z, plane.delta_t) != (None, None):
            found.append(plane)
    return found
