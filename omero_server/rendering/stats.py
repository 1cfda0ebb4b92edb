"""Smallest and largest values, digest and histogram of pixels, in bounded memory."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
import numpy.typing as npt

from omero_server.pixels.buffer import PixelBuffer
from omero_server.rendering.errors import PlaneError
from omero_server.rendering.planes import Region
from omero_server.rendering.quantum import Range, type_range
from omero_server.rendering.source import MAX_BLOCK_PIXELS, Plane, PlaneSource, strips
from omero_server.repository.behind import BackgroundChecksum

__all__ = [
    "ImportStatistics",
    "channel_ranges",
    "fixed_range",
    "histogram",
    "import_statistics",
    "joined_range",
    "middle_plane_range",
    "plane_range",
    "sampled_range",
    "window_scan",
]

DEFAULT_BINS = 256
_SAMPLES = 8
"""Tiles that are looked at along each side of a plane."""
_SAMPLE_PIXELS = 1 << 20

_FULL_RANGE_FORMATS = frozenset(("jpeg", "png", "bmp", "gif", "tiff", "avi"))


@dataclass(frozen=True)
class ImportStatistics:
    """Global (min, max) per channel over all z and t, and the SHA-1 (hex) of all planes read."""

    channels: tuple[Range, ...]
    sha1: str


def import_statistics(source: PlaneSource, byte_order: str = "<") -> ImportStatistics:
    """Read every plane once (t outermost, then c, then z).

    The digest is taken over the pixels in `byte_order` ("<" little, ">" big), which should be the file's own. NaN does
    not count as a value.
    """
    digest = BackgroundChecksum("SHA1-160")
    ranges: list[Range] = [(np.inf, -np.inf)] * source.size_c
    stored = source.dtype.newbyteorder(byte_order)  # type: ignore[arg-type]
    for t in range(source.size_t):
        for c in range(source.size_c):
            for z in range(source.size_z):
                for strip in strips(source, z, c, t):
                    digest.update(np.ascontiguousarray(strip, dtype=stored).data.cast("B"))
                    ranges[c] = joined_range(ranges[c], strip)
    return ImportStatistics(tuple(_or_zero(pair) for pair in ranges), digest.hexdigest())


def channel_ranges(source: PlaneSource, check: Callable[[], None]) -> list[Range]:
    """(min, max) of each channel over all z and t; (inf, -inf) without any value. `check` is called for each piece."""
    ranges: list[Range] = [(np.inf, -np.inf)] * source.size_c
    for t, c, z in product(range(source.size_t), range(source.size_c), range(source.size_z)):
        for strip in strips(source, z, c, t):
            check()
            ranges[c] = joined_range(ranges[c], strip)
    return ranges


def plane_range(source: PlaneSource, z: int, c: int, t: int, level: int = 0) -> Range:
    """(min, max) of one plane; NaN does not count, and a plane of nothing else has 0, 0."""
    found: Range = (np.inf, -np.inf)
    for strip in strips(source, z, c, t, level):
        found = joined_range(found, strip)
    return _or_zero(found)


def middle_plane_range(source: PlaneSource, c: int) -> Range:
    """(min, max) of a channel's middle plane, z = (sizeZ - 1) / 2 and t likewise, which stands for the channel."""
    return plane_range(source, (source.size_z - 1) // 2, c, (source.size_t - 1) // 2)


def window_scan(
    source: PixelBuffer, pixel_type: str, significant_bits: int | None, *, whole: bool
) -> Callable[[int], Range] | None:
    """How to find the first window of a channel without statistics; None where the range of the type is best.

    whole: planes are small enough to be handled as a whole. Of others a part is looked at, and nothing of 8-bit ones.
    """
    if whole:
        return partial(middle_plane_range, source)
    if source.dtype.itemsize == 1:
        return None

    def sampled(c: int) -> Range:
        low, high = sampled_range(source, c)
        return (low, high) if low < high else type_range(pixel_type, significant_bits)

    return sampled


def sampled_range(source: PixelBuffer, c: int) -> Range:
    """(min, max) of a channel's middle plane about as it is: of its largest level that is read at once, or of a few
    of its tiles, or rows, where there is no such level.
    """
    z, t = (source.size_z - 1) // 2, (source.size_t - 1) // 2
    for level, size in enumerate(source.levels):
        if size.width * size.height <= MAX_BLOCK_PIXELS:
            return plane_range(source, z, c, t, level)
    found: Range = (np.inf, -np.inf)
    for x, y, width, height in _samples(source):
        found = joined_range(found, source.region(z, c, t, x, y, width, height))
    return _or_zero(found)


def _samples(source: PixelBuffer) -> Iterator[tuple[int, int, int, int]]:
    """Places all over a plane: tiles, or bands where tiles are as wide as the plane."""
    width, height = source.tile_size
    across, down = -(-source.size_x // width), -(-source.size_y // height)
    for row in sorted({down * n // _SAMPLES for n in range(_SAMPLES)}):
        for column in sorted({across * n // _SAMPLES for n in range(_SAMPLES)}):
            x, y = column * width, row * height
            rows = min(height, max(1, _SAMPLE_PIXELS // width), source.size_y - y)
            yield x, y, min(width, source.size_x - x), rows


def joined_range(found: Range, pixels: Plane) -> Range:
    """``found`` widened to cover the pixels; NaN does not count. Begin with (inf, -inf)."""
    if pixels.dtype.kind == "f":
        low, high = np.fmin.reduce(pixels, axis=None), np.fmax.reduce(pixels, axis=None)
        if np.isnan(low):
            return found
    else:
        low, high = pixels.min(), pixels.max()
    return min(found[0], float(low)), max(found[1], float(high))


def _or_zero(found: Range) -> Range:
    return found if found[0] <= found[1] else (0.0, 0.0)


def fixed_range(file_format: str, pixel_type: str) -> Range | None:
    """0..255 for 8-bit pictures of ordinary graphics formats, whose statistics would only spoil their colours."""
    if pixel_type == "uint8" and file_format.lower() in _FULL_RANGE_FORMATS:
        return 0.0, 255.0
    return None


def histogram(
    source: PlaneSource,
    channels: Sequence[int | None],
    bins: int = DEFAULT_BINS,
    *,
    z: int = 0,
    t: int = 0,
    level: int = 0,
    region: Region | None = None,
    stats: Sequence[Range | None] | None = None,
) -> dict[int, list[int]]:
    """Pixel counts per channel in `bins` (256 when not positive) equal steps; None among the channels is skipped.

    The range is the channel's `stats` where given, unless their maximum is exactly 1, else that of the whole plane.
    Values outside are not counted; a constant plane falls into the first bin. A region of no width or height stands for
    the whole plane. Raises PlaneError for what lies outside the pixels.
    """
    counts: dict[int, list[int]] = {}
    for c in channels:
        if c is None:
            continue
        known = stats[c] if stats and 0 <= c < len(stats) else None
        low, high = known if known and known[1] != 1.0 else plane_range(source, z, c, t, level)
        pieces = strips(source, z, c, t, level) if region is None else _region(source, region, z, c, t, level)
        counts[c] = _count(pieces, low, high, bins if bins > 0 else DEFAULT_BINS)
    return counts


def _region(source: PlaneSource, region: Region, z: int, c: int, t: int, level: int) -> Iterable[Plane]:
    width, height = source.level_sizes[level]
    wanted = Region(region.x, region.y, region.width or width, region.height or height)
    if min(wanted.x, wanted.y) < 0 or wanted.x + wanted.width > width or wanted.y + wanted.height > height:
        raise PlaneError(f"region {wanted} is outside a plane of {width} x {height}")
    yield source.region(z, c, t, wanted.x, wanted.y, wanted.width, wanted.height, level)


def _count(pieces: Iterable[Plane], low: float, high: float, bins: int) -> list[int]:
    total = np.zeros(bins, np.int64)
    step = (high - low) / bins
    for piece in pieces:
        values = piece.astype(np.float64).ravel()
        inside = values[(values >= low) & (values <= high)]
        total += np.bincount(_bin_of(inside, low, step, bins), minlength=bins)
    return [int(one) for one in total]


def _bin_of(values: npt.NDArray[np.float64], low: float, step: float, bins: int) -> npt.NDArray[np.intp]:
    if step == 0:
        return np.zeros(values.shape, np.intp)
    return np.minimum(((values - low) / step).astype(np.intp), bins - 1)
