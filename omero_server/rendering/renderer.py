"""The renderer: pixels and settings to pictures."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from omero_server.rendering import composite
from omero_server.rendering.codomain import ReverseIntensity, chain, check_interval
from omero_server.rendering.composite import ChannelTable, Lanes
from omero_server.rendering.encode import DEFAULT_QUALITY, jpeg, wanted_bands
from omero_server.rendering.errors import SettingError
from omero_server.rendering.luts import Table
from omero_server.rendering.planes import PlaneDef, check_amount, read_plane, read_planes
from omero_server.rendering.projection import Projection, project_stack
from omero_server.rendering.quantum import Range, pixel_type_of, quantizer
from omero_server.rendering.settings import RGB, ChannelSettings, RenderSettings
from omero_server.rendering.source import Plane, PlaneSource

__all__ = ["Renderer"]

Bytes = npt.NDArray[np.uint8]

_PACKED = "packed"
_PICTURE = "picture"
_BANDS = "bands"


class Renderer:
    """Renders planes of `source` with fixed settings; make a new one when the settings change (tables are shared).

    `stats` has the global (min, max) per channel, None where unknown; `luts` the lookup tables by name. A channel that
    names an unknown table shows its colour. Raises SettingError when the settings are not allowed or do not have one
    channel per channel of the pixels.
    """

    def __init__(
        self,
        source: PlaneSource,
        settings: RenderSettings,
        *,
        stats: Sequence[Range | None] | None = None,
        significant_bits: int | None = None,
        luts: Mapping[str, Table] | None = None,
    ) -> None:
        if len(settings.channels) != source.size_c:
            raise SettingError(f"the settings have {len(settings.channels)} channels, the pixels {source.size_c}")
        check_interval(settings.cd_start, settings.cd_end)
        self.source = source
        self.settings = settings
        self._luts = luts or {}
        pixel_type = pixel_type_of(source.dtype)
        self._quantizers = [
            quantizer(settings.spec(c, pixel_type, stats[c] if stats else None, significant_bits))
            for c in range(source.size_c)
        ]
        self._tables: dict[str, list[tuple[int, ChannelTable]]] = {}

    @cached_property
    def active_channels(self) -> list[int]:
        """Indices of the channels that take part: all active ones, or the first of them in the greyscale model."""
        active = [c for c, channel in enumerate(self.settings.channels) if channel.active]
        return active if self.settings.model == RGB else active[:1]

    def render_rgba(self, plane: PlaneDef) -> Bytes:
        """Shape (rows, columns, 4): red, green, blue and alpha. All zero without an active channel."""
        return self._render(_PICTURE, self._planes(plane))

    def render_rgb(self, plane: PlaneDef) -> Bytes:
        """Shape (rows, columns, 3): red, green and blue."""
        return self._render(_PICTURE, self._planes(plane), bands=3)

    def render_packed(self, plane: PlaneDef) -> npt.NDArray[np.int32]:
        """Shape (rows, columns) of 0xAARRGGBB as signed integers."""
        return _as_int(self._render(_PACKED, self._planes(plane)))

    def render_bands(self, plane: PlaneDef) -> Bytes:
        """Shape (3, rows, columns): red, green and blue band. Sums are cut at 255."""
        picture = self._render(_BANDS, self._planes(plane))
        return np.moveaxis(picture[..., :3], 2, 0)

    def render_jpeg(self, plane: PlaneDef, quality: float = DEFAULT_QUALITY) -> bytes:
        """A baseline JPEG; quality 0..1."""
        return jpeg(self._render(_PICTURE, self._planes(plane), wanted_bands(quality)), quality)

    def project_rgba(self, algorithm: Projection, t: int, start: int, end: int, stepping: int = 1) -> Bytes:
        """The z projection of every active channel, rendered like an XY plane of full size."""
        return self._render(_PICTURE, self._projector(algorithm, t, start, end, stepping))

    def project_packed(
        self, algorithm: Projection, t: int, start: int, end: int, stepping: int = 1
    ) -> npt.NDArray[np.int32]:
        """project_rgba as 0xAARRGGBB integers."""
        return _as_int(self._render(_PACKED, self._projector(algorithm, t, start, end, stepping)))

    def compose(self, planes: Mapping[int, Plane]) -> Bytes:
        """RGBA of pixels already read, one array of equal shape for each of `active_channels` (at least one)."""
        shape = next(iter(planes.values())).shape
        return self._compose(_PICTURE, planes.__getitem__, (shape[0], shape[1]))

    def _planes(self, plane: PlaneDef) -> Callable[[int], Plane]:
        """What reads channels of a plane."""
        together = read_planes(self.source, plane, self.active_channels)
        return lambda c: together[c] if c in together else read_plane(self.source, plane, c)

    def _projector(self, algorithm: Projection, t: int, start: int, end: int, stepping: int) -> Callable[[int], Plane]:
        check_amount(self.source.size_x, self.source.size_y)
        return lambda c: project_stack(self.source, c, t, algorithm, start, end, stepping)

    def _render(self, kind: str, read: Callable[[int], Plane], bands: int = 4) -> Bytes:
        # Without an active channel a plane is read all the same, for its shape and for the checks of its indices.
        first = read((self.active_channels or [0])[0])
        return self._compose(kind, lambda c: first if c == self.active_channels[0] else read(c), first.shape, bands)

    def _compose(self, kind: str, read: Callable[[int], Plane], shape: tuple[int, ...], bands: int = 4) -> Bytes:
        if kind not in self._tables:
            self._tables[kind] = self._build_tables(kind)
        layers = [(self._quantizers[c].index(read(c)), table) for c, table in self._tables[kind]]
        return composite.compose((shape[0], shape[1]), layers, bands)

    def _build_tables(self, kind: str) -> list[tuple[int, ChannelTable]]:
        lanes = composite.ARGB_INT if kind == _PACKED else composite.RGBA
        return [(c, self._table(c, kind, lanes, first=n == 0)) for n, c in enumerate(self.active_channels)]

    def _table(self, c: int, kind: str, lanes: Lanes, *, first: bool) -> ChannelTable:
        channel = self.settings.channels[c]
        maps = [ReverseIntensity()] if channel.reverse else []
        mapped = chain(maps, np.arange(256), self.settings.cd_start, self.settings.cd_end)
        colors = self._colors(channel, kind)[mapped & 0xFF][:, lanes]
        if not first:
            # Alpha is not a sum: the first channel brings all of it.
            colors[:, lanes.index(3)] = 0
        return composite.channel_table(self._quantizers[c].spec, colors.tobytes())

    def _colors(self, channel: ChannelSettings, kind: str) -> Bytes:
        if self.settings.model != RGB:
            grey = composite.grey_band_colors if kind == _BANDS else composite.grey_colors
            return grey(channel.color)
        lut = self._luts.get(channel.lut) if channel.lut else None
        colors = composite.band_colors if kind == _BANDS else composite.rgb_colors
        return colors(channel.color, lut)


def _as_int(picture: Bytes) -> npt.NDArray[np.int32]:
    return picture.view(np.int32)[..., 0]
