"""Quantisation: raw pixel values of one channel to levels 0..255.

A value first becomes a small *index*, then a table of at most 65536 entries gives its level. For types
of 8 and 16 bits the index is the value's bit pattern; the wider types are binned over the channel's window. Both the
rules and the oddities kept here (the value map applied to the codomain bounds, bins that snap to the middle of the bin
below) decide how stored settings look, so they follow the established server to the digit; see
docs/developers/rendering.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from omero_server.rendering.errors import SettingError

__all__ = ["BIT_RESOLUTIONS", "FAMILIES", "Quantizer", "QuantumSpec", "pixel_type_of", "quantizer", "type_range"]

Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]
Range = tuple[float, float]

FAMILIES = ("linear", "polynomial", "exponential", "logarithmic")
BIT_RESOLUTIONS = (1, 3, 7, 15, 31, 63, 127, 255)

_BITS = {"bit": 1, "int8": 8, "uint8": 8, "int16": 16, "uint16": 16, "int32": 32, "uint32": 32}
_FLOATING = ("float", "double")
_FLOAT_RANGE = (-2147483648.0, 2147483647.0)
_TYPE_OF_DTYPE = {"bool": "bit", "float32": "float", "float64": "double"}
_DECILES = 10
_INT64_END = 2.0**63


def pixel_type_of(dtype: np.dtype[Any]) -> str:
    """The OME pixel type ("uint16", "float", "bit"...) of an array's dtype; SettingError when it cannot be rendered."""
    name = _TYPE_OF_DTYPE.get(dtype.name, dtype.name)
    if name not in _BITS and name not in _FLOATING:
        raise SettingError(f"pixels of type {dtype.name} cannot be rendered; use an integer, float or double type")
    return name


def type_range(pixel_type: str, significant_bits: int | None = None) -> Range:
    """Smallest and largest value of a pixel type, narrowed to `significant_bits` for integers.

    float and double have the range of a signed 32-bit integer; an unknown type has 0..1.
    """
    if pixel_type in _FLOATING:
        return _FLOAT_RANGE
    if pixel_type not in _BITS or pixel_type == "bit":
        return 0.0, 1.0
    bits = min(significant_bits or _BITS[pixel_type], _BITS[pixel_type])
    if pixel_type.startswith("u"):
        return 0.0, 2.0**bits - 1
    return -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1


@dataclass(frozen=True)
class QuantumSpec:
    """Everything that decides how one channel is quantised.

    `window` and `stats` are (start, end) and global (min, max) in raw values; `stats` None means the type's range.
    `coefficient` bends the curve of the family and must be positive. Raises SettingError on what is not allowed.
    """

    pixel_type: str
    window: Range
    stats: Range | None = None
    significant_bits: int | None = None
    family: str = "linear"
    coefficient: float = 1.0
    noise_reduction: bool = False
    cd_start: int = 0
    cd_end: int = 255
    bit_resolution: int = 255

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise SettingError(f"unknown family {self.family!r}; use one of {', '.join(FAMILIES)}")
        if not self.coefficient > 0:
            raise SettingError(f"the curve coefficient must be above 0, not {self.coefficient}")
        if self.bit_resolution not in BIT_RESOLUTIONS:
            raise SettingError(f"bit resolution {self.bit_resolution} is not one of {BIT_RESOLUTIONS}")

    @property
    def is_tabled(self) -> bool:
        """Whether one table covers every value of the type (8 and 16 bits, and bit)."""
        return self.pixel_type not in ("int32", "uint32", "float", "double")

    @property
    def range(self) -> Range:
        return type_range(self.pixel_type, self.significant_bits)


@lru_cache(maxsize=128)
def quantizer(spec: QuantumSpec) -> "Quantizer":
    """The quantiser for a specification; the most recent ones are kept with their tables."""
    return Quantizer(spec)


class Quantizer:
    """Maps raw values to levels for one channel: `levels[index(values)]`."""

    def __init__(self, spec: QuantumSpec) -> None:
        self.spec = spec
        self.window = _clamped(spec.window, spec)
        self._map = _ValueMap(spec, self.window)

    def quantize(self, values: npt.NDArray[Any]) -> Bytes:
        """Levels (uint8, shape of `values`) before the codomain chain."""
        return self.levels.take(self.index(values))

    def index(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Unsigned positions in `levels`, in the shape of `values`, which must be of the specified pixel type."""
        if self.spec.is_tabled:
            native = values.astype(values.dtype.newbyteorder("="), copy=False)
            return native.view(f"u{native.dtype.itemsize}")
        return self._bins(values)

    @cached_property
    def levels(self) -> Bytes:
        """Level per index: 256 or 65536 entries, or a few more than the bins for the wide types."""
        return self._tabled_levels() if self.spec.is_tabled else self._binned_levels()

    def _tabled_levels(self) -> Bytes:
        signed = self.spec.pixel_type.startswith("int")
        bits = max(8, _BITS.get(self.spec.pixel_type, 8))
        patterns = np.arange(2**bits, dtype=np.int64)
        raw = np.where(patterns >= 2 ** (bits - 1), patterns - 2**bits, patterns) if signed else patterns
        x = self._into_range(raw.astype(np.float64))
        start, end = self.window
        levels = self._map.apply(x)
        levels[x < start] = self._map.low
        levels[x >= end] = self._map.high
        return levels

    def _into_range(self, x: Floats) -> Floats:
        """Rescale by the unclamped statistics what significant bits put outside the type, then clamp."""
        low, high = self.spec.range
        stats_min, stats_max = self.spec.stats or self.spec.range
        spread = stats_max - stats_min
        scaled = np.trunc((high - low) / spread * (x - low)) if spread else x
        return np.clip(np.where((x < low) | (x > high), scaled, x), low, high)

    @property
    def _bin_count(self) -> int:
        return self.spec.cd_end - self.spec.cd_start + 1

    def _bins(self, values: npt.NDArray[Any]) -> npt.NDArray[np.uint16]:
        """Bin number 0..N of each value; N+1 below the window, N+2 above, N+3 exactly at its start; NaN is bin 0."""
        x = values.astype(np.float64)
        start, end = self.window
        count = self._bin_count
        with np.errstate(all="ignore"):
            position = (x - start) / ((end - start) / count)
        np.copyto(position, 0, where=np.isnan(position))
        bins = np.clip(position, 0, count).astype(np.uint16)
        bins[x < start] = count + 1
        bins[x > end] = count + 2
        bins[x == start] = count + 3
        return bins

    def _binned_levels(self) -> Bytes:
        start, end = self.window
        count = self._bin_count
        step = (end - start) / count
        middles = start + (np.arange(count + 1) - 0.5) * step
        return self._map.apply(np.concatenate([middles, [start, end, start + step / 2]]))


def _valid(pair: Range, pixel_type: str) -> bool:
    low, high = pair
    width_bound = 2.0 ** max(8, _BITS[pixel_type]) if pixel_type in _BITS else np.inf
    return low <= high and high - low < width_bound


def _clamped(pair: Range, spec: QuantumSpec) -> Range:
    """A window brought into the type's range; the whole range when it is upside down or too wide."""
    low, high = spec.range
    start, end = pair if _valid(pair, spec.pixel_type) else spec.range
    return max(start, low), min(end, high)


def _integer_stats(spec: QuantumSpec) -> Range:
    """Clamped statistics as integers; the wide types are mapped as if both were 0."""
    if not spec.is_tabled:
        return 0.0, 0.0
    low, high = spec.range
    stats_min, stats_max = spec.stats or spec.range
    pair = max(stats_min, low), min(stats_max, high)
    stats_min, stats_max = pair if _valid(pair, spec.pixel_type) else spec.range
    return float(np.floor(stats_min)), float(np.trunc(stats_max))


class _ValueMap:
    """The continuous map from a value inside the window to a level, with `low` and `high` outside it."""

    def __init__(self, spec: QuantumSpec, window: Range) -> None:
        self._curve = _curve(spec.family, spec.coefficient)
        with np.errstate(all="ignore"):
            self._origin, top = self._curve(np.array([0.0, 255.0]))
            self._gain = spec.bit_resolution / (top - self._origin)
        self._step = (spec.cd_end - spec.cd_start) / spec.bit_resolution
        self._fit(spec, window)

    def _fit(self, spec: QuantumSpec, window: Range) -> None:
        start, end = window
        lower, upper = _integer_stats(spec)
        first = start if start <= lower else lower
        last = end if end >= upper else upper
        span, base, offset, reach = end - start, start, 0.0, 255.0
        self.low, self.high = spec.cd_start, spec.cd_end
        if spec.noise_reduction:
            decile = (upper - lower) / _DECILES
            first, last = first + decile, last - decile
            span, base = _noise_span(window, first, last)
            offset, reach = _DECILES, 255.0 - 2 * _DECILES
            self.low, self.high = max(self.low, _DECILES), min(self.high, 255 - _DECILES)
        self._first, self._last = first, last
        with np.errstate(all="ignore"):
            self._slope = np.float64(reach) / np.float64(span)
            self._shift = self._slope * base - offset

    def apply(self, x: Floats) -> Bytes:
        with np.errstate(all="ignore"):
            inside = self._slope * x - self._shift
            v = np.where(x <= self._first, self.low, np.where(x <= self._last, inside, self.high))
            steps = _round(self._gain * (self._curve(v) - self._origin))
            return _low_byte(_round(self._step * steps + self.low))


def _noise_span(window: Range, first: float, last: float) -> Range:
    """Width and base of the stretch when the outer tenths of the statistics are cut off as noise."""
    start, end = window
    if start >= first:
        return (last if end > last else end) - start, start
    return (last if end > last else end) - first, first


def _curve(family: str, coefficient: float) -> Callable[[Floats], Floats]:
    if family == "linear":
        return lambda v: v
    if family == "polynomial":
        return lambda v: np.power(v, coefficient)
    if family == "exponential":
        return lambda v: np.exp(np.power(v, coefficient))
    return lambda v: np.log(np.where(v <= 0, 1.0, v))


def _round(v: Floats) -> Floats:
    """Round half up as a 64-bit integer would hold it: NaN is 0, infinities saturate."""
    rounded = np.floor(v + 0.5)
    return np.clip(np.where(np.isnan(rounded), 0.0, rounded), -_INT64_END, _INT64_END)


def _low_byte(v: Floats) -> Bytes:
    # The largest 64-bit integer ends in 255, but its nearest double is the next power of two, which ends in 0.
    return np.where(v >= _INT64_END, 255.0, np.mod(v, 256.0)).astype(np.uint8)
