"""Exporter: images as OME-XML or OME-TIFF, made on the server and read piece by piece."""

from __future__ import annotations

from contextlib import closing
from typing import BinaryIO
from uuid import uuid4

import omero
import omero._generated
from omero_server.rendering.defaults import open_pixels
from omero_server.rendering.metadata import primary_pixels
from omero_server.services.exporting.document import metadata_xml, tiff_xml
from omero_server.services.exporting.tiff import write_tiff
from omero_server.services.pixels.errors import pixel_errors
from omero_server.services.pixels.graphs import readable_pixels
from omero_server.services.service import StatefulService, reads, unmanaged
from omero_server.sessions.call import Call

__all__ = ["ExporterService"]

MOST_BYTES = 1 << 20


class ExporterService(StatefulService):
    """First images are added, then one document is made of them and read. It is gone when the service is closed."""

    interface = "::omero::api::Exporter"

    def __init__(self) -> None:
        self._images: list[int] = []
        self._made: BinaryIO | None = None
        self._size = 0

    @unmanaged
    def addImage(self, call: Call, id: int) -> None:
        """One more image; whether it can be read is seen when the document is made."""
        self._check_open()
        self._images.append(id)

    @reads
    def generateXml(self, call: Call) -> int:
        """All images as OME-XML without pixels; its size in bytes."""
        self._check_open()
        xml = metadata_xml(call, self._images)
        made = _new_file(call)
        made.write(xml)
        return self._keep(made)

    @unmanaged
    def generateTiff(self, call: Call) -> int:
        """The image as OME-TIFF; its size in bytes. Ends early when the session is closed."""
        self._check_open()
        if len(self._images) != 1:
            raise omero.ApiUsageException(
                message=f"An OME-TIFF holds exactly one image, but {len(self._images)} were added."
            )
        with call.engine.begin(call.caller, writable=False, session=call.session, context=call.context) as own:
            xml = tiff_xml(own, self._images[0])
            buffer = open_pixels(own, readable_pixels(own, primary_pixels(own.db, self._images[0]) or 0))
        made = _new_file(call)
        try:
            with closing(buffer), pixel_errors():
                write_tiff(made, buffer, xml, lambda: _check_wanted(call))
        except BaseException:
            made.close()
            raise
        return self._keep(made)

    @unmanaged
    def read(self, call: Call, position: int, length: int) -> bytes:
        """``length`` bytes, at most 1 MiB; zeros behind the end of the document, and nothing from its end on."""
        if self._made is None:
            raise omero.ApiUsageException(message="There is nothing to read yet: call generateTiff or generateXml.")
        if position < 0 or not 0 <= length <= MOST_BYTES:
            raise omero.ApiUsageException(message=f"{length} bytes at {position}: read up to {MOST_BYTES} at once.")
        if position >= self._size:
            return b""
        self._made.seek(position)
        return self._made.read(length).ljust(length, b"\0")

    def on_close(self) -> None:
        """Remove the document."""
        made, self._made = self._made, None
        if made is not None:
            made.close()

    def _check_open(self) -> None:
        if self._made is not None:
            raise omero.ApiUsageException(message="The document has been made: open another Exporter for the next one.")

    def _keep(self, made: BinaryIO) -> int:
        self._size = made.seek(0, 2)
        self._made = made
        return self._size


def _new_file(call: Call) -> BinaryIO:
    """A file without a name: it goes when it is closed, and when the server dies."""
    folder = call.engine.instance.root / "var" / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    # Not a TemporaryFile: tifffile wants to know a name.
    path = folder / f"export-{uuid4().hex}"
    file: BinaryIO = path.open("x+b")
    path.unlink()
    return file


def _check_wanted(call: Call) -> None:
    """Stop when nobody waits for the result any more."""
    if call.session.closed or call.engine.stopping.is_set():
        raise omero.RemovedSessionException(message="The session was closed: the export was given up.")
