"""Rendering settings as plain values, and the defaults an image starts with."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from omero_server.rendering.colors import ChannelOptics, Color, default_colors
from omero_server.rendering.errors import PlaneError
from omero_server.rendering.quantum import QuantumSpec, Range, type_range

__all__ = [
    "ChannelInfo",
    "ChannelSettings",
    "RenderSettings",
    "compatible",
    "copy_settings",
    "default_settings",
    "reset_windows",
]

RGB = "rgb"
GREYSCALE = "greyscale"

_MAX_RGB_CHANNELS = 7
_ACTIVE_CHANNELS = 3
_SAME_STATS = 1e-5


@dataclass(frozen=True)
class ChannelSettings:
    """How one channel is shown. The window is in raw values; colour is (red, green, blue, alpha), each 0..255."""

    window_start: float
    window_end: float
    color: Color = (255, 0, 0, 255)
    active: bool = True
    family: str = "linear"
    coefficient: float = 1.0
    noise_reduction: bool = False
    lut: str | None = None
    reverse: bool = False


@dataclass(frozen=True)
class RenderSettings:
    """How an image is shown: colour model ("rgb"; anything else is grey), codomain interval, channels, first plane."""

    channels: tuple[ChannelSettings, ...]
    model: str = RGB
    cd_start: int = 0
    cd_end: int = 255
    bit_resolution: int = 255
    default_z: int = 0
    default_t: int = 0

    def with_channel(self, index: int, **changes: Any) -> "RenderSettings":
        """A copy with some fields of one channel changed. Raises PlaneError for a channel that is not there."""
        if not 0 <= index < len(self.channels):
            raise PlaneError(f"channel {index} is outside 0..{len(self.channels) - 1}")
        channels = list(self.channels)
        channels[index] = replace(channels[index], **changes)
        return replace(self, channels=tuple(channels))

    def spec(
        self, index: int, pixel_type: str, stats: Range | None = None, significant_bits: int | None = None
    ) -> QuantumSpec:
        """The quantisation of one channel. Raises SettingError for a bad family, coefficient or bit resolution."""
        channel = self.channels[index]
        return QuantumSpec(
            pixel_type=pixel_type,
            window=(channel.window_start, channel.window_end),
            stats=stats,
            significant_bits=significant_bits,
            family=channel.family,
            coefficient=channel.coefficient,
            noise_reduction=channel.noise_reduction,
            cd_start=self.cd_start,
            cd_end=self.cd_end,
            bit_resolution=self.bit_resolution,
        )


@dataclass(frozen=True)
class ChannelInfo:
    """What is stored of a channel: its colour if any, lookup table, global (min, max) and optics."""

    color: Color | None = None
    lut: str | None = None
    stats: Range | None = None
    optics: ChannelOptics = field(default_factory=ChannelOptics)


def default_settings(
    channels: Sequence[ChannelInfo],
    pixel_type: str,
    size_z: int,
    *,
    significant_bits: int | None = None,
    plane_range: Callable[[int], Range] | None = None,
) -> RenderSettings:
    """The settings of a full reset.

    `plane_range` gives (min, max) of a channel's middle plane and is asked only when the first channel has no
    statistics; leave it out when pixels are not to be read (large images, "original" settings).
    """
    limits = type_range(pixel_type, significant_bits)
    scan = plane_range if channels and channels[0].stats is None else None
    colors = default_colors([(channel.color, channel.optics) for channel in channels])
    return RenderSettings(
        channels=tuple(
            _default_channel(index, channel, colors[index], scan(index) if scan else _window(channel.stats, limits))
            for index, channel in enumerate(channels)
        ),
        model=RGB if 2 <= len(channels) <= _MAX_RGB_CHANNELS else GREYSCALE,
        default_z=size_z // 2,
    )


def _default_channel(index: int, channel: ChannelInfo, color: Color, window: Range) -> ChannelSettings:
    start, end = window
    return ChannelSettings(start, end, color=color, active=index < _ACTIVE_CHANNELS, lut=channel.lut)


def _window(stats: Range | None, limits: Range) -> Range:
    if stats is None or abs(stats[1] - stats[0]) < _SAME_STATS:
        return limits
    return stats


def reset_windows(
    settings: RenderSettings, stats: Sequence[Range | None], pixel_type: str, significant_bits: int | None = None
) -> RenderSettings:
    """Only the windows changed: to the statistics as they are, or the type's range where there are none."""
    limits = type_range(pixel_type, significant_bits)
    windows = [pair or limits for pair in stats]
    channels = (
        replace(channel, window_start=start, window_end=end)
        for channel, (start, end) in zip(settings.channels, windows, strict=True)
    )
    return replace(settings, channels=tuple(channels))


def compatible(
    from_type: str,
    from_emission: Sequence[float | None],
    to_type: str,
    to_emission: Sequence[float | None],
) -> bool:
    """Whether settings can be copied: same pixel type and the same emission wavelengths, in any order.

    Each sequence has one entry per channel, None for an unknown wavelength.
    """
    if from_type != to_type or len(from_emission) != len(to_emission):
        return False
    known = Counter(from_emission)
    return all(wavelength in known for wavelength in to_emission)


def copy_settings(source: RenderSettings, target: RenderSettings, size_z: int, size_t: int) -> RenderSettings:
    """`source` for another image: its default plane is kept at `target`'s where it lies outside the image."""
    return replace(
        source,
        default_z=source.default_z if source.default_z < size_z else target.default_z,
        default_t=source.default_t if source.default_t < size_t else target.default_t,
        cd_start=min(source.cd_start, source.cd_end),
        cd_end=max(source.cd_start, source.cd_end),
    )
