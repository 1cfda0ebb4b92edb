"""Reading and writing pixels tile by tile, each once::

class Fill(TileLoopIteration):
    def run(self, data, z, c, t, x, y, tileWidth, tileHeight, tileCount):
        data.setTile(bytes(tileWidth * tileHeight), z, c, t, x, y, tileWidth, tileHeight)

RPSTileLoop(session, pixels).forEachTile(256, 256, Fill())
"""

from __future__ import annotations

from itertools import product
from typing import Any

from omero.errors import ClientError

__all__ = ["RPSTileData", "RPSTileLoop", "TileData", "TileLoop", "TileLoopIteration"]


class TileLoopIteration:
    """What is done with each tile; to be written by who uses it."""

    def run(
        self, rps: Any, z: int, c: int, t: int, x: int, y: int, tileWidth: int, tileHeight: int, tileCount: int
    ) -> None:
        """Called for each tile: ``rps`` is a TileData, ``tileCount`` counts from 0. Tiles at the edges are smaller."""
        raise NotImplementedError


class TileData:
    """Where tiles are read from and written to, as bytes of big-endian values."""

    def getTile(self, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> bytes:
        """The tile whose first pixel is at ``x``, ``y``."""
        raise NotImplementedError

    def setTile(self, buffer: bytes, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> None:
        """Write the tile whose first pixel is at ``x``, ``y``."""
        raise NotImplementedError

    def close(self) -> None:
        """Give the data back; what was written is saved."""
        raise NotImplementedError


class TileLoop:
    """Visits all tiles of an image."""

    def createData(self) -> TileData:
        """The data that the iterations get; closed at the end."""
        raise NotImplementedError

    def forEachTile(
        self,
        sizeX: int,
        sizeY: int,
        sizeZ: int,
        sizeC: int,
        sizeT: int,
        tileWidth: int,
        tileHeight: int,
        iteration: TileLoopIteration,
    ) -> int:
        """Call the iteration for each tile: x first, then y, section, channel, time point. Returns how many."""
        return _visit(self.createData(), (sizeX, sizeY, sizeZ, sizeC, sizeT), tileWidth, tileHeight, iteration)


def _visit(
    data: TileData, sizes: tuple[int, ...], tileWidth: int, tileHeight: int, iteration: TileLoopIteration
) -> int:
    sizeX, sizeY, sizeZ, sizeC, sizeT = sizes
    count = 0
    try:
        for t, c, z in product(range(sizeT), range(sizeC), range(sizeZ)):
            for y, x in product(range(0, sizeY, tileHeight), range(0, sizeX, tileWidth)):
                width, height = min(tileWidth, sizeX - x), min(tileHeight, sizeY - y)
                iteration.run(data, z, c, t, x, y, width, height, count)
                count += 1
    finally:
        data.close()
    return count


class RPSTileData(TileData):
    """Pixels of the server."""

    def __init__(self, loop: RPSTileLoop, rps: Any) -> None:
        """``rps``: a RawPixelsStore, which is set to the pixels of ``loop``."""
        self.loop = loop
        self.rps = rps
        rps.setPixelsId(loop.getPixels().id.val, True)

    def getTile(self, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> bytes:
        """The tile whose first pixel is at ``x``, ``y``."""
        return self.rps.getTile(z, c, t, x, y, w, h)  # type: ignore[no-any-return]

    def setTile(self, buffer: bytes, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> None:
        """Write the tile whose first pixel is at ``x``, ``y``."""
        self.rps.setTile(buffer, z, c, t, x, y, w, h)

    def close(self) -> None:
        """Save what was written, and remember the saved pixels in the loop."""
        try:
            saved = self.rps.save()
            if saved is not None:
                self.loop.setPixels(saved)
        finally:
            self.rps.close()


class RPSTileLoop(TileLoop):
    """Visits all tiles of pixels of the server."""

    def __init__(self, session: Any, pixels: Any) -> None:
        """``session``: as ``client.getSession()`` gives it; ``pixels``: a model object, loaded or saved.

        Raises ClientError for pixels that have no id.
        """
        if pixels is None or pixels.id is None:
            raise ClientError("Tiles can be visited only of pixels that are saved")
        self.session = session
        self.pixels = pixels

    def getSession(self) -> Any:
        """The session."""
        return self.session

    def getPixels(self) -> Any:
        """The pixels; after the loop as they were saved."""
        return self.pixels

    def setPixels(self, pixels: Any) -> None:
        """Take other pixels."""
        self.pixels = pixels

    def createData(self) -> RPSTileData:
        """A store of its own set to the pixels."""
        return RPSTileData(self, self.session.createRawPixelsStore())

    # Unlike the class above, it knows the sizes.
    def forEachTile(self, tileWidth: int, tileHeight: int, iteration: TileLoopIteration) -> int:  # type: ignore[override]
        """Call the iteration for each tile: x first, then y, section, channel, time point. Returns how many."""
        if not self.pixels.isLoaded():
            self.pixels = self.session.getQueryService().get("Pixels", self.pixels.id.val)
        sizes = tuple(getattr(self.pixels, f"size{axis}").val for axis in "XYZCT")
        return _visit(self.createData(), sizes, tileWidth, tileHeight, iteration)
