"""Pixel values as numpy arrays."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import omero.sys
from omero.gateway.wrapper import BlitzObjectWrapper, resolve
from omero.rtypes import rint

if TYPE_CHECKING:
    from numpy import generic, ndarray

__all__ = ["OMERO_NUMPY_TYPES", "_PixelsWrapper"]

BAND = 32 * 1024 * 1024
"""Bytes in one message at the most, if a row has no more."""
logger = logging.getLogger("omero.gateway")

OMERO_NUMPY_TYPES = {
    "int8": "int8",
    "uint8": "uint8",
    "int16": "int16",
    "uint16": "uint16",
    "int32": "int32",
    "uint32": "uint32",
    "float": "float32",
    "double": "float64",
}


def bands(height: int, row_bytes: int) -> Iterator[tuple[int, int]]:
    """First row and number of rows of the parts in which much is sent: a message has a largest size."""
    rows = max(1, BAND // max(1, row_bytes))
    for start in range(0, height, rows):
        yield start, min(rows, height - start)


class _PixelsWrapper(BlitzObjectWrapper):
    """The pixels of an image."""

    OMERO_CLASS = "Pixels"

    def _prepareRawPixelsStore(self) -> Any:
        """A service of its own for these pixels, to be closed."""
        store = self._conn._own_service("createRawPixelsStore")
        store.setPixelsId(self._obj.id.val, True, self._own_context())
        return store

    def getPixelsType(self) -> Any:
        """The type: a wrapper with ``value``."""
        return resolve("EnumerationWrapper")(self._conn, self._obj.getPixelsType())

    def get_numpy_type(self) -> type[generic]:
        """The type as numpy's class, such as ``numpy.uint8``."""
        import numpy

        return numpy.dtype(OMERO_NUMPY_TYPES[self.getPixelsType().value]).type

    def copyPlaneInfo(self, theC: int | None = None, theT: int | None = None, theZ: int | None = None) -> Iterator[Any]:
        """What is known of planes, in the order of time; of some channel, time point and section if given."""
        params = omero.sys.ParametersI().addLong("pid", self.getId())
        query = "select info from PlaneInfo as info where info.pixels.id = :pid"
        for name, value in (("theC", theC), ("theT", theT), ("theZ", theZ)):
            if value is not None:
                params.add(name, rint(value))
                query += f" and info.{name} = :{name}"
        found = self._conn.getQueryService().findAllByQuery(query, params, self._own_context())
        timed = [info for info in found if info.deltaT is not None and info.exposureTime is not None]
        for info in sorted(timed, key=lambda info: info.deltaT.getValue()):
            yield resolve("PlaneInfoWrapper")(self._conn, info)

    def getPlanes(self, zctList: Iterable[tuple[int, int, int]]) -> Iterator[ndarray[Any, Any]]:
        """One array (height, width) for each (z, c, t)."""
        return self.getTiles([(z, c, t, None) for z, c, t in zctList])

    def getPlane(self, theZ: int = 0, theC: int = 0, theT: int = 0) -> ndarray[Any, Any]:
        """One plane as an array (height, width)."""
        return self.getTile(theZ, theC, theT)

    def getTiles(self, zctTileList: Iterable[tuple[int, int, int, Any]]) -> Iterator[ndarray[Any, Any]]:
        """One array (height, width) for each (z, c, t, (x, y, width, height) or None for the whole plane)."""
        import numpy

        wanted = numpy.dtype(self.get_numpy_type())
        sent = wanted.newbyteorder(">")
        shape = (self.getSizeY(), self.getSizeX())
        store = self._prepareRawPixelsStore()
        try:
            for z, c, t, tile in zctTileList:
                x, y, width, height = tile or (0, 0, shape[1], shape[0])
                found = numpy.empty((height, width), wanted)
                for start, rows in bands(height, width * sent.itemsize):
                    whole = tile is None and rows == height
                    raw = store.getPlane(z, c, t) if whole else store.getTile(z, c, t, x, y + start, width, rows)
                    found[start : start + rows] = numpy.frombuffer(raw, sent).reshape(rows, width)
                yield found
        except Exception:
            logger.error("Failed to get pixels of Pixels:%s", self.getId(), exc_info=True)
            raise
        finally:
            store.close()

    def getTile(self, theZ: int = 0, theC: int = 0, theT: int = 0, tile: Any = None) -> ndarray[Any, Any]:
        """A part (x, y, width, height) of one plane as an array (height, width)."""
        tiles = self.getTiles([(theZ, theC, theT, tile)])
        try:
            return next(tiles)
        finally:
            tiles.close()  # type: ignore[attr-defined]
