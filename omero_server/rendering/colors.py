"""Channel colours and names derived from the optics."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["ChannelOptics", "Color", "FilterRange", "color_of", "default_colors", "import_channels"]

Color = tuple[int, int, int, int]

RED: Color = (255, 0, 0, 255)
GREEN: Color = (0, 255, 0, 255)
BLUE: Color = (0, 0, 255, 255)
WHITE: Color = (255, 255, 255, 255)
GREY: Color = (128, 128, 128, 255)
TRANSPARENT: Color = (0, 0, 0, 0)

_PRIMARIES = (RED, GREEN, BLUE)
_GRAPHICS = ((RED, "Red"), (GREEN, "Green"), (BLUE, "Blue"), (TRANSPARENT, "Alpha"))
_GREEN_FROM = 500
_RED_FROM = 560


@dataclass(frozen=True)
class FilterRange:
    """Cut-in and cut-out wavelength of a filter, each None when unknown."""

    cut_in: float | None = None
    cut_out: float | None = None


@dataclass(frozen=True)
class ChannelOptics:
    """Wavelengths known of a channel, in the stored unit; filters of the light path come before the filter set's."""

    emission: float | None = None
    excitation: float | None = None
    laser: float | None = None
    emission_filters: tuple[FilterRange, ...] = ()
    excitation_filters: tuple[FilterRange, ...] = ()

    @property
    def emission_cut_in(self) -> float | None:
        return next((one.cut_in for one in self.emission_filters if one.cut_in is not None), None)

    @property
    def has_emission(self) -> bool:
        """Whether an emission wavelength or an emission filter's cut-in is known."""
        return self.emission is not None or self.emission_cut_in is not None


def _of_wavelength(wavelength: float) -> Color:
    if wavelength < _GREEN_FROM:
        return BLUE
    return GREEN if wavelength < _RED_FROM else RED


def color_of(index: int, optics: ChannelOptics, stored: Color | None = None) -> Color:
    """Colour by emission, laser or excitation wavelength, else the stored one, else by index modulo 3.

    Filters do not count here: the established server never lets them decide a colour at viewing time.
    """
    for wavelength in (optics.emission, optics.laser, optics.excitation):
        if wavelength is not None:
            return _of_wavelength(wavelength)
    return stored or _PRIMARIES[index % 3]


def default_colors(channels: Sequence[tuple[Color | None, ChannelOptics]]) -> list[Color]:
    """Colours of a settings reset: a stored colour as it is, others by optics.

    When some of the others have emission data, those without are white.
    """
    derived = [optics for stored, optics in channels if stored is None]
    mixed = len({optics.has_emission for optics in derived}) > 1
    return [
        stored or (WHITE if mixed and not optics.has_emission else color_of(index, optics))
        for index, (stored, optics) in enumerate(channels)
    ]


def import_channels(
    channels: Sequence[tuple[Color | None, ChannelOptics]], *, graphics: bool = False
) -> list[tuple[Color, str | None]]:
    """Colour and name each channel gets at import, from the reader's colour (or None) and the optics.

    `graphics` is for PNG, JPEG and the like, whose channels are red, green, blue and alpha. A single channel is grey
    and gets no name.
    """
    if len(channels) == 1:
        return [(channels[0][0] or GREY, None)]
    if graphics:
        return [(reader or _graphics(index)[0], _graphics(index)[1]) for index, (reader, _) in enumerate(channels)]
    known = [reader is not None or optics.has_emission for reader, optics in channels]
    mixed = len(set(known)) > 1
    return [
        (WHITE if mixed and not known[index] else reader or _import_color(index, optics), _import_name(optics))
        for index, (reader, optics) in enumerate(channels)
    ]


def _graphics(index: int) -> tuple[Color, str | None]:
    return _GRAPHICS[index] if index < len(_GRAPHICS) else (_PRIMARIES[index % 3], None)


def _import_color(index: int, optics: ChannelOptics) -> Color:
    cut_in = optics.emission_cut_in
    wavelengths = (
        optics.emission,
        None if cut_in is None else cut_in + 15,
        optics.laser,
        optics.excitation,
        _excitation_middle(optics.excitation_filters),
    )
    return next((_of_wavelength(one) for one in wavelengths if one is not None), _PRIMARIES[index % 3])


def _excitation_middle(filters: Sequence[FilterRange]) -> float | None:
    for one in filters:
        if one.cut_out is not None:
            return (one.cut_in + one.cut_out) / 2 if one.cut_in else one.cut_out - 30
    return None


def _import_name(optics: ChannelOptics) -> str | None:
    wavelengths = (optics.emission, optics.emission_cut_in, optics.laser, optics.excitation)
    return next((str(float(one)) for one in wavelengths if one is not None), None)
