"""RawPixelsStore: pixel values as bytes."""

from __future__ import annotations

import shutil
from itertools import product
from typing import Any

import omero
import omero._generated
from omero_server.pixels.buffer import PixelBuffer, RomioBuffer, UnwrittenBuffer, planes_sha1
from omero_server.pixels.large import is_large, plane_limits, pyramid_tile
from omero_server.pixels.source import writable_pixels
from omero_server.rendering.defaults import needs_pyramid, not_stored_yet, open_pixels
from omero_server.rendering.metadata import PixelsInfo, load_pixels
from omero_server.rendering.planes import Region
from omero_server.rendering.rights import may_edit
from omero_server.rendering.stats import histogram, middle_plane_range
from omero_server.repository.layout import Layout
from omero_server.services.pixels.bytes import Extent, big_endian, hypercube, plane_bytes, planes, row_span, span
from omero_server.services.pixels.errors import pixel_errors
from omero_server.services.pixels.graphs import pixels_graph
from omero_server.services.pixels.pyramids import PyramidOperations
from omero_server.services.pixels.rows import PENDING, set_digest
from omero_server.services.service import reads, writes
from omero_server.sessions.call import Call

__all__ = ["RawPixelsStoreService"]

FULL_DISK = 0.95
DEFAULT_BINS = 256


class RawPixelsStoreService(PyramidOperations):
    """Reads any pixels; writes those that are not complete yet, which is when their digest is still to come."""

    interface = "::omero::api::RawPixelsStore"

    def __init__(self) -> None:
        super().__init__()
        self._pixels: PixelsInfo | None = None
        self._buffer: PixelBuffer | None = None
        self._writer: RomioBuffer | None = None
        self._last_write: Call | None = None

    def opened(self) -> tuple[PixelsInfo, PixelBuffer]:
        """The pixels set, and the buffer to read them from."""
        pixels = self.pixels()
        buffer = self._writer or self._buffer
        if buffer is None:
            raise not_stored_yet(pixels)
        return pixels, buffer

    def reading(self) -> PixelBuffer:
        """The buffer to read from. LockTimeout when the pixels have no data yet."""
        pixels, buffer = self.opened()
        if isinstance(buffer, UnwrittenBuffer):
            raise not_stored_yet(pixels)
        return buffer

    def pixels(self) -> PixelsInfo:
        """The pixels set."""
        if self._pixels is None:
            raise omero.ApiUsageException(message="This store has no pixels yet: call setPixelsId first.")
        return self._pixels

    def extent(self) -> Extent:
        """Sizes in bytes."""
        return Extent.of(self.pixels())

    @reads
    def setPixelsId(self, call: Call, pixelsId: int, bypassOriginalFile: bool) -> None:
        """Open the pixels with this id; ValidationException when the caller cannot read such."""
        if self._pixels is not None and self._pixels.id == pixelsId and self._has_data():
            return
        found = load_pixels(call, [pixelsId]).get(pixelsId)
        if found is None:
            raise omero.ValidationException(message=f"There are no Pixels with id {pixelsId} that you may read.")
        self._finish()
        self._pixels, self.level = found, None
        try:
            self._buffer = open_pixels(call, found)
        except omero.LockTimeout:
            # Pixels made through the API start without data: the caller may be about to write them.
            if not self._is_writable(call):
                raise
            self._buffer = self._unwritten(call, found)

    def _has_data(self) -> bool:
        held = self._writer or self._buffer
        return held is not None and not isinstance(held, UnwrittenBuffer)

    @staticmethod
    def _unwritten(call: Call, pixels: PixelsInfo) -> UnwrittenBuffer:
        sizes = pixels.size_x, pixels.size_y, pixels.size_z, pixels.size_c, pixels.size_t
        large = is_large(call.engine.config, pixels.size_x, pixels.size_y)
        return UnwrittenBuffer(sizes, pixels.pixel_type, pyramid_tile(call.engine.config) if large else None)

    def _is_writable(self, call: Call) -> bool:
        return self.pixels().sha1 == PENDING and may_edit(call.caller, self.pixels())

    @reads
    def getPixelsId(self, call: Call) -> int:
        """The id that was set."""
        return self.pixels().id

    @reads
    def getPixelsPath(self, call: Call) -> str:
        """Where server-written pixels lie, on the server."""
        return str(Layout.of(call.engine.config).pixels(self.pixels().id))

    @reads
    def prepare(self, call: Call, pixelsIds: list[int]) -> None:
        """A hint that these will be asked for; opening pixels is quick enough without."""

    @reads
    def getByteWidth(self, call: Call) -> int:
        """Bytes per pixel."""
        return self.pixels().dtype.itemsize

    @reads
    def isSigned(self, call: Call) -> bool:
        """Whether values can be negative."""
        return self.pixels().dtype.kind != "u"

    @reads
    def isFloat(self, call: Call) -> bool:
        """Whether values are floating-point numbers."""
        return self.pixels().dtype.kind == "f"

    @reads
    def getRowSize(self, call: Call) -> int:
        """Bytes of a row."""
        return self.extent().row

    @reads
    def getPlaneSize(self, call: Call) -> int:
        """Bytes of a plane."""
        return self.extent().plane

    @reads
    def getStackSize(self, call: Call) -> int:
        """Bytes of a z stack."""
        return self.extent().stack

    @reads
    def getTimepointSize(self, call: Call) -> int:
        """Bytes of all channels of a timepoint."""
        return self.extent().timepoint

    @reads
    def getTotalSize(self, call: Call) -> int:
        """Bytes of the image."""
        return self.extent().total

    @reads
    def getRowOffset(self, call: Call, y: int, z: int, c: int, t: int) -> int:
        """Where a row starts in the image."""
        return self._offset(y=y, z=z, c=c, t=t)

    @reads
    def getPlaneOffset(self, call: Call, z: int, c: int, t: int) -> int:
        """Where a plane starts in the image."""
        return self._offset(z=z, c=c, t=t)

    @reads
    def getStackOffset(self, call: Call, c: int, t: int) -> int:
        """Where a stack starts in the image."""
        return self._offset(c=c, t=t)

    @reads
    def getTimepointOffset(self, call: Call, t: int) -> int:
        """Where a timepoint starts in the image."""
        return self._offset(t=t)

    def _offset(self, **indices: int) -> int:
        for axis, value in indices.items():
            size = getattr(self.pixels(), f"size_{axis}")
            if not 0 <= value < size:
                raise omero.ApiUsageException(message=f"{axis} = {value} is outside 0..{size - 1}.")
        return self.extent().offset(**indices)

    @reads
    def getRow(self, call: Call, y: int, z: int, c: int, t: int) -> bytes:
        """One row."""
        buffer = self.reading()
        with pixel_errors(omero.ApiUsageException):
            return big_endian(buffer.region(z, c, t, 0, y, buffer.size_x, 1))

    @reads
    def getCol(self, call: Call, x: int, z: int, c: int, t: int) -> bytes:
        """One column."""
        buffer = self.reading()
        with pixel_errors(omero.ApiUsageException):
            return big_endian(buffer.region(z, c, t, x, 0, 1, buffer.size_y))

    @reads
    def getPlane(self, call: Call, z: int, c: int, t: int) -> bytes:
        """One plane at full size."""
        with pixel_errors(omero.ApiUsageException):
            return plane_bytes(self.reading(), z, c, t)

    @reads
    def getStack(self, call: Call, c: int, t: int) -> bytes:
        """All planes of a channel at a time."""
        buffer = self.reading()
        with pixel_errors(omero.ApiUsageException):
            return planes(buffer, [(z, c, t) for z in range(buffer.size_z)])

    @reads
    def getTimepoint(self, call: Call, t: int) -> bytes:
        """All channels at a time."""
        buffer = self.reading()
        with pixel_errors(omero.ApiUsageException):
            return planes(buffer, [(z, c, t) for c, z in product(range(buffer.size_c), range(buffer.size_z))])

    @reads
    def getPlaneRegion(self, call: Call, z: int, c: int, t: int, size: int, offset: int) -> bytes:
        """``size`` pixels of a plane, from pixel number ``offset`` on."""
        with pixel_errors(omero.ApiUsageException):
            return row_span(self.reading(), z, c, t, offset, size)

    @reads
    def getRegion(self, call: Call, size: int, offset: int) -> bytes:
        """``size`` bytes of the image, from byte ``offset`` on."""
        with pixel_errors(omero.ApiUsageException):
            return span(self.reading(), offset, size)

    @reads
    def getTile(self, call: Call, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> bytes:
        """A rectangle of a plane at the current level."""
        with pixel_errors(omero.ApiUsageException):
            return big_endian(self.reading().region(z, c, t, x, y, w, h, self.buffer_level()))

    @reads
    def getHypercube(self, call: Call, offset: list[int], size: list[int], step: list[int]) -> bytes:
        """Every ``step``-th pixel of a box; the lists are in the order X, Y, Z, C, T."""
        with pixel_errors():
            return hypercube(self.reading(), offset or [], size or [], step or [])

    @reads
    def calculateMessageDigest(self, call: Call) -> bytes:
        """SHA-1 of all planes."""
        with pixel_errors():
            return bytes.fromhex(self._digest())

    def _digest(self) -> str:
        return planes_sha1(self.reading())

    @reads
    def findMinMax(self, call: Call, channels: list[int]) -> dict[int, list[float]]:
        """Smallest and largest value of the middle plane of channels; nothing for very large planes."""
        pixels, buffer = self.pixels(), self.reading()
        if needs_pyramid(call.engine.config, pixels):
            return {}
        with pixel_errors():
            return {c: list(middle_plane_range(buffer, c)) for c in channels or []}

    @reads
    def getHistogram(
        self, call: Call, channels: list[int], binCount: int, globalRange: bool, plane: Any
    ) -> dict[int, list[int]]:
        """Counts per channel, on the largest level that may be handled as a whole."""
        pixels, buffer = self.pixels(), self.reading()
        level = self._histogram_level(call, buffer)
        with pixel_errors():
            return histogram(
                buffer,
                channels or [],
                binCount if binCount > 0 else DEFAULT_BINS,
                z=plane.z if plane else 0,
                t=plane.t if plane else 0,
                level=level,
                region=_region(plane),
                stats=pixels.stats if globalRange else None,
            )

    @staticmethod
    def _histogram_level(call: Call, buffer: PixelBuffer) -> int:
        most_x, most_y = plane_limits(call.engine.config)
        for level, (width, height) in enumerate(buffer.level_sizes):
            if width <= most_x and height <= most_y:
                return level
        if not is_large(call.engine.config, buffer.size_x, buffer.size_y):
            return 0
        raise omero.ApiUsageException(message=f"No resolution level is within {most_x} x {most_y} pixels.")

    @reads
    def setRow(self, call: Call, buf: bytes, y: int, z: int, c: int, t: int) -> None:
        """Write one row."""
        self._write(call, buf, "row", y=y, z=z, c=c, t=t)

    @reads
    def setPlane(self, call: Call, buf: bytes, z: int, c: int, t: int) -> None:
        """Write one plane."""
        self._write(call, buf, "plane", z=z, c=c, t=t)

    @reads
    def setStack(self, call: Call, buf: bytes, z: int, c: int, t: int) -> None:
        """Write all planes of a channel at a time; z is not looked at."""
        self._write(call, buf, "stack", c=c, t=t)

    @reads
    def setTimepoint(self, call: Call, buf: bytes, t: int) -> None:
        """Write all channels at a time."""
        self._write(call, buf, "timepoint", t=t)

    @reads
    def setRegion(self, call: Call, size: int, offset: int, buf: bytes) -> None:
        """Write ``size`` bytes at byte ``offset`` of the image."""
        if size > len(buf):
            raise omero.ApiUsageException(message=f"{size} bytes are to be written, but only {len(buf)} were sent.")
        with pixel_errors(omero.ApiUsageException):
            self._writing(call).write_bytes(offset, bytes(buf[:size]))

    @reads
    def setTile(self, call: Call, buf: bytes, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> None:
        """Write a rectangle of a plane."""
        writer = self._writing(call)
        if min(x, y) < 0 or min(w, h) < 1 or x + w > writer.size_x or y + h > writer.size_y:
            raise omero.ApiUsageException(message=f"A tile of {w} x {h} at ({x}, {y}) is outside of the plane.")
        width = w * writer.dtype.itemsize
        _check_length(buf, width * h)
        with pixel_errors(omero.ApiUsageException):
            for row in range(h):
                at = writer.offset(z, c, t, y + row) + x * writer.dtype.itemsize
                writer.write_bytes(at, bytes(buf[row * width : (row + 1) * width]))

    def _write(self, call: Call, buf: bytes, part: str, **indices: int) -> None:
        writer = self._writing(call)
        _check_length(buf, getattr(self.extent(), part))
        with pixel_errors(omero.ApiUsageException):
            writer.write_bytes(self._offset(**indices), bytes(buf))

    def _writing(self, call: Call) -> RomioBuffer:
        if self._writer is None:
            self._writer = self._open_writer(call)
        disk = shutil.disk_usage(Layout.of(call.engine.config).data)
        if disk.used > FULL_DISK * (disk.used + disk.free):
            raise omero.ResourceError(message="The disk of the server is nearly full: nothing was written.")
        self._last_write = call
        return self._writer

    def _open_writer(self, call: Call) -> RomioBuffer:
        pixels = self.pixels()
        if not may_edit(call.caller, pixels):
            raise omero.SecurityViolation(message=f"You may not change the pixels {pixels.id}.")
        if pixels.sha1 != PENDING:
            raise omero.ApiUsageException(message=f"The pixels {pixels.id} are complete; they stay as they are.")
        writer = writable_pixels(call, pixels.id)
        if self._buffer is not None:
            self._buffer.close()
            self._buffer = None
        return writer

    @writes
    def save(self, call: Call) -> Any:
        """Make what was written durable and record its digest; the Pixels, or nothing when nothing was written."""
        if self._writer is None or self._last_write is None:
            return None
        self._record(call)
        return pixels_graph(call, self.pixels().id)

    def _record(self, call: Call) -> None:
        assert self._writer is not None
        self._writer.sync()
        set_digest(call, self.pixels(), planes_sha1(self._writer))
        if is_large(call.engine.config, self._writer.size_x, self._writer.size_y):
            call.after_commit(lambda: call.engine.pyramids.request(self.pixels().id))
        self._last_write = None

    def _finish(self) -> None:
        """Record what was written and close the files."""
        call = self._last_write
        try:
            if call is not None:
                with call.engine.begin(call.caller, writable=True, session=call.session) as own:
                    self._record(own)
        finally:
            for buffer in (self._writer, self._buffer):
                if buffer is not None:
                    buffer.close()
            self._writer = self._buffer = self._last_write = None

    def on_close(self) -> None:
        """As save, then close the files."""
        self._finish()


def _check_length(buf: bytes, wanted: int) -> None:
    if len(buf) != wanted:
        raise omero.ResourceError(message=f"{len(buf)} bytes were sent where {wanted} are needed.")


def _region(plane: Any) -> Region | None:
    region = plane.region if plane else None
    return Region(region.x, region.y, region.width, region.height) if region else None
