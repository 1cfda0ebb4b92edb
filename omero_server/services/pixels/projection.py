"""IProjection: z stacks of an image projected into planes, or into a new image."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import omero
import omero._generated
from omero_server.background.leftovers import PROJECTION
from omero_server.pixels.buffer import PixelBuffer, RomioBuffer, planes_sha1
from omero_server.rendering.defaults import open_pixels
from omero_server.rendering.metadata import PixelsInfo
from omero_server.rendering.projection import Projection, project_bands, project_stack
from omero_server.rendering.quantum import Range
from omero_server.rendering.source import Plane
from omero_server.rendering.stats import joined_range
from omero_server.repository.layout import Layout
from omero_server.repository.removal import Doomed, guard_files
from omero_server.services.pixels.bytes import big_endian, check_size
from omero_server.services.pixels.errors import pixel_errors
from omero_server.services.pixels.graphs import readable_pixels
from omero_server.services.pixels.rows import (
    Projected,
    insert_projection,
    place_of_copy,
)
from omero_server.services.rendering.graphs import value_of
from omero_server.services.service import Service, unmanaged
from omero_server.sessions.call import Call

__all__ = ["ProjectionService"]

METHODOLOGY = {
    Projection.MAXIMUM: "MAXIMUM_INTENSITY_PROJECTION",
    Projection.MEAN: "MEAN_INTENSITY_PROJECTION",
    Projection.SUM: "SUM_INTENSITY_PROJECTION",
}
RENDERABLE = frozenset(("bit", "int8", "uint8", "int16", "uint16", "int32", "uint32", "float", "double"))


@dataclass(frozen=True)
class Stacks:
    """What is projected how, without channel and timepoint."""

    algorithm: int
    stepping: int
    start: int
    end: int
    pixel_type: str

    def plane(self, buffer: PixelBuffer, c: int, t: int) -> Plane:
        """One projected plane."""
        return project_stack(buffer, c, t, self.algorithm, self.start, self.end, self.stepping, self.pixel_type)

    def bands(self, buffer: PixelBuffer, c: int, t: int) -> Iterator[tuple[int, Plane]]:
        """One projected plane piece by piece."""
        return project_bands(buffer, c, t, self.algorithm, self.start, self.end, self.stepping, self.pixel_type)


class ProjectionService(Service):
    """Projections are computed outside of any transaction, a band of a plane at a time."""

    interface = "::omero::api::IProjection"

    @unmanaged
    def projectStack(
        self,
        call: Call,
        pixelsId: int,
        pixelsType: Any,
        algorithm: Any,
        timepoint: int,
        channelIndex: int,
        stepping: int,
        start: int,
        end: int,
    ) -> bytes:
        """One stack as a plane of big-endian pixels, of the source's type unless told."""
        with _opened(call, pixelsId, pixelsType) as (pixels, buffer, pixel_type):
            stacks = Stacks(algorithm.value, stepping, start, end, pixel_type)
            with pixel_errors():
                check_size(pixels.size_x * pixels.size_y * 8)
                return big_endian(stacks.plane(buffer, channelIndex, timepoint))

    @unmanaged
    def projectPixels(
        self,
        call: Call,
        pixelsId: int,
        pixelsType: Any,
        algorithm: Any,
        tStart: int,
        tEnd: int,
        channelList: list[int],
        stepping: int,
        zStart: int,
        zEnd: int,
        name: str,
    ) -> int:
        """The projected stacks of channels and timepoints as a new image; its id."""
        with _opened(call, pixelsId, pixelsType) as (pixels, buffer, pixel_type):
            _check(pixels, tStart, tEnd, channelList)
            stacks = Stacks(algorithm.value, stepping, zStart, zEnd, pixel_type)
            folder = Layout.of(call.engine.config).data / "Pixels"
            written = folder / f".{uuid4().hex}{PROJECTION}"
            try:
                ranges, sha1 = _write(call, written, buffer, stacks, range(tStart, tEnd + 1), channelList)
                made = Projected(
                    name or None, pixel_type, METHODOLOGY[Projection(stacks.algorithm)], tEnd - tStart + 1,
                    tuple(channelList), tuple(ranges), sha1,
                )  # fmt: skip
                return _store(call, pixels, made, written)
            finally:
                written.unlink(missing_ok=True)


@contextmanager
def _opened(call: Call, pixels_id: int, pixel_type: Any) -> Iterator[tuple[PixelsInfo, PixelBuffer, str]]:
    """The pixels, their data and the type that is asked for."""
    with call.engine.begin(call.caller, writable=False, session=call.session, context=call.context) as own:
        pixels = readable_pixels(own, pixels_id)
        wanted = pixels.pixel_type if pixel_type is None else value_of(own, pixel_type, "pixel type")
        buffer = open_pixels(own, pixels)
    with closing(buffer):
        if not {pixels.pixel_type, wanted} <= RENDERABLE:
            raise omero.ValidationException(
                message=f"Pixels of type {pixels.pixel_type} cannot be projected into {wanted}."
            )
        yield pixels, buffer, wanted


def _check(pixels: PixelsInfo, first: int, last: int, channels: list[int]) -> None:
    if not 0 <= first <= last < pixels.size_t:
        raise omero.ValidationException(
            message=f"The timepoints {first}..{last} are not within 0..{pixels.size_t - 1}, the first one first."
        )
    if not channels or any(not 0 <= c < pixels.size_c for c in channels):
        raise omero.ValidationException(
            message=f"The channel list {channels} must name some of the channels 0..{pixels.size_c - 1}."
        )


def _write(
    call: Call, path: Path, buffer: PixelBuffer, stacks: Stacks, times: range, channels: list[int]
) -> tuple[list[Range], str]:
    """Put the projections into a file; smallest and largest value by channel, and the digest."""
    sizes = buffer.size_x, buffer.size_y, 1, len(channels), len(times)
    ranges: list[Range] = [(float("inf"), float("-inf"))] * len(channels)
    with pixel_errors(), closing(RomioBuffer(path, sizes, stacks.pixel_type, writable=True)) as out:
        for number, t in enumerate(times):
            for index, c in enumerate(channels):
                for y, band in stacks.bands(buffer, c, t):
                    _check_wanted(call)
                    out.write_rows(0, index, number, y, len(band), band)
                    ranges[index] = joined_range(ranges[index], band)
        out.sync()
        return [pair if pair[0] <= pair[1] else (0.0, 0.0) for pair in ranges], planes_sha1(out)


def _check_wanted(call: Call) -> None:
    """Stop when nobody waits for the result any more."""
    if call.session.closed or call.engine.stopping.is_set():
        raise omero.RemovedSessionException(message="The session was closed: the projection was given up.")


def _store(call: Call, pixels: PixelsInfo, made: Projected, written: Path) -> int:
    """Rows for the new image, and its file in place."""
    with call.engine.begin(call.caller, writable=True, session=call.session, context=call.context) as own:
        source = readable_pixels(own, pixels.id)
        image_id, pixels_id = insert_projection(own, place_of_copy(own, source), source, made)
        path = Layout.of(call.engine.config).pixels(pixels_id)
        guard_files(own, [Doomed(str(path), "pixels", pixels_id)])
        path.parent.mkdir(parents=True, exist_ok=True)
        written.replace(path)
    return image_id
