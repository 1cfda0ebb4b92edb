"""What the header of a LIF file says about an image: sizes of pixels, channels, optics, times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from xml.etree.ElementTree import Element

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

__all__ = ["Dimension", "describe_image"]

_MICROMETRES, _NANOMETRES = 1e6, 1e9
_COLORS = {
    "red": 0xFF0000FF, "green": 0x00FF00FF, "blue": 0x0000FFFF, "gray": 0xFFFFFFFF, "grey": 0xFFFFFFFF,
    "cyan": 0x00FFFFFF, "magenta": 0xFF00FFFF, "yellow": 0xFFFF00FF,
}  # fmt: skip
_EPOCH = datetime(1601, 1, 1)
_TICKS_PER_MICROSECOND = 10
_TIME, _SPECTRA = 4, (5, 9)
_MOST_PLANES, _MOST_WAVES = 50_000, 1_000


@dataclass(slots=True)
class Dimension:
    """A dimension: its kind (1 x, 2 y, 3 z, 4 time, 5 and 9 spectrum, 10 tiles), extent, and bytes between places."""

    kind: int
    count: int
    step: int
    origin: float
    length: float
    unit: str

    @classmethod
    def of(cls, element: Element) -> Self:
        """From a DimensionDescription; ValueError when it has no numbers."""
        get = element.get
        return cls(
            int(get("DimID") or 0), int(get("NumberOfElements") or 0), int(get("BytesInc") or 0),
            float(get("Origin") or 0), float(get("Length") or 0), get("Unit") or "",
        )  # fmt: skip

    @property
    def spacing(self) -> float | None:
        """From one place to the next in the unit of the file: the length is from the first to the last."""
        return abs(self.length) / (self.count - 1) if self.count > 1 and self.length else None


def describe_image(
    element: Element, image: ImageInfo, dimensions: list[Dimension], channels: list[Element], tile: int
) -> None:
    """Fill in `image` from its element of the header."""
    for dimension in dimensions:
        if dimension.kind in (1, 2, 3) and dimension.unit.lower() == "m" and dimension.spacing:
            axis = "xyz"[dimension.kind - 1]
            setattr(image, f"physical_size_{axis}", (dimension.spacing * _MICROMETRES, "µm"))
        plain = image.index["bands"] == 1
        if dimension.kind == _TIME and dimension.unit.lower() == "s" and dimension.spacing and plain:
            image.time_increment = (dimension.spacing, "s")
    about = element.find("Data/Image")
    image.description = (about.get("TextDescription") or None) if about is not None else None
    settings = _settings(element)
    _describe_optics(image, settings)
    spectrum = next((item for item in dimensions[2:] if item.kind in _SPECTRA), None)
    image.channels = _channels(image, channels, settings, spectrum)
    if spectrum is not None:
        image.metadata |= _waves(image, spectrum)
    stamps = _stamps(element)
    image.acquired = stamps[0] if stamps else None
    image.planes = _planes(image, stamps, _position(element, settings, tile))


def _settings(element: Element) -> Element:
    """The hardware's settings: of a confocal microscope or of a camera."""
    for name in ("ATLConfocalSettingDefinition", "ATLCameraSettingDefinition"):
        found = next(element.iter(name), None)
        if found is not None:
            return found
    return Element("None")


def _number(element: Element, name: str, scale: float = 1.0) -> float | None:
    try:
        return float(element.get(name) or "") * scale
    except ValueError:
        return None


def _describe_optics(image: ImageInfo, settings: Element) -> None:
    name = " ".join((settings.get("ObjectiveName") or "").split())
    if name or settings.get("Magnification"):
        immersion = settings.get("Immersion") or ""
        image.objective = ObjectiveInfo(
            "Objective:0",
            manufacturer="Leica",
            model=name or None,
            serial_number=settings.get("ObjectiveNumber"),
            nominal_magnification=_number(settings, "Magnification"),
            lens_na=_number(settings, "NumericalAperture"),
            immersion={"GLYC": "Glycerol", "DRY": "Air", "IMM": "Multi"}.get(immersion, immersion.capitalize() or None),
            refractive_index=_number(settings, "RefractionIndex"),
        )
    if settings.get("MicroscopeModel"):
        inverted = settings.get("IsInverseMicroscopeModel")
        image.microscope = MicroscopeInfo(
            "Microscope:0",
            type={"1": "Inverted", "0": "Upright"}.get(inverted or ""),
            manufacturer="Leica",
            model=settings.get("MicroscopeModel"),
            serial_number=settings.get("SystemSerialNumber"),
        )


def _channels(
    image: ImageInfo, channels: list[Element], settings: Element, spectrum: Dimension | None
) -> list[ChannelInfo]:
    pinhole = _number(settings, "Pinhole", _MICROMETRES)
    confocal = settings.tag == "ATLConfocalSettingDefinition"
    active = [item for item in settings.iter("Detector") if item.get("IsActive") == "1"]
    dyes = [item.get("Value") or next((v.text for v in item.iter("Value") if v.text), None)
            for channel in channels for item in channel.iter("ChannelProperty") if item.get("Key") == "DyeName"
            or any(key.text == "DyeName" for key in item.iter("Key"))]  # fmt: skip
    cameras = list(settings.iter("WideFieldChannelInfo"))
    bands_of = {item.get("Channel"): item for item in settings.iter("MultiBand")}
    laser = _only_laser(settings)
    found = []
    for number in range(image.size_c):
        channel = ChannelInfo(
            color=_color(channels[number].get("LUTName")) if not image.is_rgb else None,
            samples_per_pixel=3 if image.is_rgb else 1,
            acquisition_mode="LaserScanningConfocalMicroscopy" if confocal else None,
            pinhole_size=(pinhole, "µm") if pinhole and pinhole > 0 else None,
        )
        if len(dyes) == len(channels):
            channel.name = channel.fluor = dyes[number] or None
        if len(cameras) == len(channels):
            channel.name = cameras[number].get("UserDefName") or channel.name
        if len(active) == len(channels):
            channel.detector = _detector(active[number])
            band_of = bands_of.get(active[number].get("Channel"))
            dye = (band_of.get("DyeName") or "").rpartition("/")[2] if band_of is not None else ""
            channel.fluor = channel.fluor or dye or None
            channel.name = channel.name or channel.fluor
        if laser is not None and not (spectrum is not None and spectrum.kind == _SPECTRA[1]):
            channel.light_source, channel.excitation_wavelength = laser, laser.wavelength
        found.append(channel)
    return found


def _only_laser(settings: Element) -> LightSourceInfo | None:
    """The laser line that was on; None when there were several, as nothing tells which channel each belongs to."""
    names = {item.get("LightSourceName"): item.get("LaserName") for item in settings.iter("Laser")}
    lines = {
        (source.get("LightSourceName"), _number(line, "LaserLine"))
        for source in settings.iter("Aotf")
        for line in source.iter("LaserLineSetting")
        if (_number(line, "IntensityDev") or 0) > 0 and line.get("IsLineChecked") != "0"
    }
    if len(lines) != 1:
        return None
    name, wave = lines.pop()
    if not wave or wave <= 0:
        return None
    return LightSourceInfo(f"LightSource:{name}", model=names.get(name) or name, wavelength=(wave, "nm"))


def _detector(element: Element) -> DetectorInfo:
    kind = element.get("Type") or ""
    return DetectorInfo(
        f"Detector:{element.get('Name')}",
        type={"HYD": "PMT", "PMT": "PMT", "APD": "APD"}.get(kind.upper()),
        manufacturer="Leica",
        model=element.get("Name"),
        gain=_number(element, "Gain"),
        offset=_number(element, "Offset"),
    )


def _waves(image: ImageInfo, spectrum: Dimension) -> dict[str, str]:
    """Wavelengths of the steps of a spectrum, at which light was detected (5) or sent in (9), by time point."""
    if spectrum.unit.lower() != "m":
        return {}
    kind = "Emission" if spectrum.kind == _SPECTRA[0] else "Excitation"
    bands = image.index["bands"]
    waves = [(spectrum.origin + (spectrum.spacing or 0) * band) * _NANOMETRES for band in range(bands)]
    return {
        f"{kind} wavelength of T {t + 1}": f"{waves[t % bands]:g} nm" for t in range(min(image.size_t, _MOST_WAVES))
    }


def _color(name: str | None) -> int | None:
    """The colour of a look-up table: a name, or a number for itself."""
    packed = _COLORS.get((name or "").lower())
    return None if packed is None else packed - (1 << 32) if packed >= 1 << 31 else packed


def _stamps(element: Element) -> list[datetime]:
    """Times of the planes, in order; Windows' ticks since 1601, in hexadecimal or as two halves."""
    listing = element.find("Data/Image/TimeStampList")
    if listing is None:
        return []
    try:
        ticks = [int(word, 16) for word in (listing.text or "").split()[:_MOST_PLANES]]
        if not ticks:
            halves = listing.findall("TimeStamp")[:_MOST_PLANES]
            ticks = [int(item.get("HighInteger") or 0) << 32 | int(item.get("LowInteger") or 0) for item in halves]
        return [_EPOCH + timedelta(microseconds=tick // _TICKS_PER_MICROSECOND) for tick in ticks]
    except (ValueError, OverflowError):
        return []


def _position(element: Element, settings: Element, tile: int) -> tuple[Quantity | None, ...]:
    """Where the stage stood, in micrometres."""
    tiles = list(element.iter("Tile"))
    place = tiles[tile] if tile < len(tiles) else settings
    names = ("PosX", "PosY", "PosZ") if tile < len(tiles) else ("StagePosX", "StagePosY", "ZPosition")
    values = (_number(place, name, _MICROMETRES) for name in names)
    return tuple((value, "µm") if value is not None else None for value in values)


def _planes(image: ImageInfo, stamps: list[datetime], place: tuple[Quantity | None, ...]) -> list[PlaneInfo]:
    """Planes with times when there is one of each plane, channels following each other fastest."""
    count = image.size_z * image.size_c * image.size_t
    timed = len(stamps) == count
    if count > _MOST_PLANES or not (timed or any(place)):
        return []
    found = []
    for number in range(count):
        c, z, t = number % image.size_c, number // image.size_c % image.size_z, number // image.size_c // image.size_z
        plane = PlaneInfo(z, c, t, position_x=place[0], position_y=place[1], position_z=place[2])
        if timed:
            plane.delta_t = ((stamps[number] - stamps[0]).total_seconds(), "s")
        found.append(plane)
    return found
