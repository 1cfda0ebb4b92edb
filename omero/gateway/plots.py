"""Lines of pixel values, line plots, channels side by side, and exports of an image wrapper."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from omero.gateway.engine import assert_pixels, assert_re

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Plots"]

EXPORT_BLOCK = 16 * 1024 * 1024


class Plots:
    """The part of an image wrapper that shows values along lines, and channels side by side."""

    LP_PALLETE = (0, 0, 0, 0, 0, 0, 255, 255, 255)
    LP_TRANSPARENT, LP_BGCOLOR, LP_FGCOLOR = 0, 1, 2

    _conn: Any

    @assert_pixels
    def getPixelLine(
        self, z: int, t: int, pos: int, axis: str, channels: list[int] | None = None, range: Any = None
    ) -> list[list[float]]:
        """Values along row (axis h) or column (axis v) ``pos`` of channels numbered from 0.

        With ``range`` they are scaled from the pixel type's to 0..range.
        """
        horizontal = axis.lower()[0] == "h"
        low, high = self.getPixelRange()  # type: ignore[attr-defined]
        pixels = self.getPrimaryPixels()  # type: ignore[attr-defined]
        tile = (0, pos, self.getSizeX(), 1) if horizontal else (pos, 0, 1, self.getSizeY())  # type: ignore[attr-defined]
        wanted = list(channels) if channels is not None else self._active_indices()
        lines = [line.ravel().tolist() for line in pixels.getTiles([(z, channel, t, tile) for channel in wanted])]
        if range is None:
            return lines
        return [[range * (value - low) / (high - low) for value in line] for line in lines]

    def _active_indices(self) -> list[int]:
        channels = self.getChannels() or ()  # type: ignore[attr-defined]
        return [index for index, channel in enumerate(channels) if channel.isActive()]

    def getRow(self, z: int, t: int, y: int, channels: list[int] | None = None, range: Any = None) -> list[list[float]]:
        """Values along a row; see ``getPixelLine``."""
        return self.getPixelLine(z, t, y, "h", channels, range)

    def getCol(self, z: int, t: int, x: int, channels: list[int] | None = None, range: Any = None) -> list[list[float]]:
        """Values along a column; see ``getPixelLine``."""
        return self.getPixelLine(z, t, x, "v", channels, range)

    def prepareLinePlotCanvas(self) -> Image:
        """An empty transparent picture with a palette, as large as the image."""
        from PIL import Image

        size = (self.getSizeX(), self.getSizeY())  # type: ignore[attr-defined]
        canvas = Image.new("P", size)
        canvas.putpalette(self._palette())
        return canvas

    def _palette(self) -> list[int]:
        colors = [channel.getColor().getRGB() for channel in self.getChannels() or ()]  # type: ignore[attr-defined]
        return [*self.LP_PALLETE, *(part for color in colors for part in color)]

    @assert_re()
    def renderRowLinePlotGif(self, z: int, t: int, y: int, linewidth: int = 1) -> bytes:
        """The values along a row as a transparent GIF as large as the image, to lay over it."""
        height = self.getSizeY()  # type: ignore[attr-defined]
        lines = self.getRow(z, t, y, range=height - 1)
        points = [[(x, height - 1 - value) for x, value in enumerate(line)] for line in lines]
        return self._plot([(0, y), (self.getSizeX(), y)], points, linewidth)  # type: ignore[attr-defined]

    @assert_re()
    def renderColLinePlotGif(self, z: int, t: int, x: int, linewidth: int = 1) -> bytes:
        """The values along a column as a transparent GIF as large as the image, to lay over it."""
        lines = self.getCol(z, t, x, range=self.getSizeX() - 1)  # type: ignore[attr-defined]
        points = [[(value, y) for y, value in enumerate(line)] for line in lines]
        return self._plot([(x, 0), (x, self.getSizeY())], points, linewidth)  # type: ignore[attr-defined]

    def _plot(
        self, axis: list[tuple[int, int]], lines: Sequence[Sequence[tuple[float, float]]], linewidth: int
    ) -> bytes:
        from PIL import ImageDraw

        canvas = self.prepareLinePlotCanvas()
        draw = ImageDraw.Draw(canvas)
        draw.line(axis, fill=self.LP_FGCOLOR, width=linewidth)
        for index, points in zip(self._active_indices(), lines, strict=True):
            draw.line(points, fill=len(self.LP_PALLETE) // 3 + index, width=linewidth)
        out = io.BytesIO()
        canvas.save(out, "gif", transparency=self.LP_TRANSPARENT)
        return out.getvalue()

    # Channels side by side

    def splitChannelDims(self, border: int = 2) -> dict[str, dict[str, int]]:
        """Sizes of the picture that ``renderSplitChannel`` gives, in grey (g) and in colour (c): it has one cell
        more.
        """
        width, height = self.getSizeX(), self.getSizeY()  # type: ignore[attr-defined]
        count = self.getSizeC()  # type: ignore[attr-defined]
        return {key: _grid(cells, width, height, border) for key, cells in (("g", count), ("c", count + 1))}

    def renderSplitChannel(self, z: int, t: int, compression: float = 0.9, border: int = 2) -> bytes:
        """All channels side by side as JPEG; see ``renderSplitChannelImage``."""
        picture = self.renderSplitChannelImage(z, t, compression, border)
        out = io.BytesIO()
        picture.save(out, "jpeg", quality=int(compression * 100))
        return out.getvalue()

    @assert_re()
    def renderSplitChannelImage(self, z: int, t: int, compression: float = 0.9, border: int = 2) -> Image:
        """Each active channel alone with its name, and in colour also all together, on white."""
        from PIL import Image, ImageDraw

        grey = self.isGreyscaleRenderingModel()  # type: ignore[attr-defined]
        size = self.splitChannelDims(border)["g" if grey else "c"]
        width, height = self.getSizeX(), self.getSizeY()  # type: ignore[attr-defined]
        canvas = Image.new("RGB", (size["width"], size["height"]), "#fff")
        for cell, (label, picture) in enumerate(self._cells(z, t, compression, grey)):
            row, column = divmod(cell, size["gridx"])
            place = (border + column * (width + border), border + row * (height + border))
            ImageDraw.Draw(picture).text((2, 2), label, fill="#fff")
            canvas.paste(picture, place)
        return canvas

    def _cells(self, z: int, t: int, compression: float, grey: bool) -> Iterator[tuple[str, Image]]:
        """(label, picture) of each channel alone, then of all; what was active is active again afterwards."""
        shown = self._active_indices()
        channels = self.getChannels(noRE=True)  # type: ignore[attr-defined]
        try:
            for index in shown:
                self.set_active_channels([index + 1])  # type: ignore[attr-defined]
                label = self._renderSplit_channelLabel(channels[index])
                yield label, self.renderImage(z, t, compression).convert("RGB")  # type: ignore[attr-defined]
        finally:
            self.set_active_channels([index + 1 for index in shown])  # type: ignore[attr-defined]
        if not grey:
            yield "merged", self.renderImage(z, t, compression).convert("RGB")  # type: ignore[attr-defined]

    def _renderSplit_channelLabel(self, channel: Any) -> str:
        """What stands on a channel's picture."""
        return str(channel.getLabel())

    def _wordwrap(self, width: int, text: str, font: Any) -> list[str]:
        """The text in lines of at most ``width`` pixels in the font; a longer word has a line of its own."""
        lines: list[str] = []
        for word in text.split():
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and font.getlength(longer) <= width:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    # Exports

    def exportOmeTiff(self, bufsize: int = 0) -> Any:
        """The image as OME-TIFF: bytes, or with ``bufsize`` a pair of size and a generator of blocks."""
        exporter = self._conn.createExporter()
        try:
            exporter.addImage(self.getId())  # type: ignore[attr-defined]
            size = exporter.generateTiff(self._conn.SERVICE_OPTS)
        except BaseException:
            exporter.close()
            raise
        if bufsize:
            return size, _blocks(exporter, size, bufsize)
        return b"".join(_blocks(exporter, size, EXPORT_BLOCK))

    def createMovie(self, outpath: str, zstart: int, zend: int, tstart: int, tend: int, opts: Any = None) -> None:
        """Not available: movies are made by the script Make_Movie.py, which a client runs as any script."""
        raise NotImplementedError("Run the script Make_Movie.py on the server instead")


def _grid(cells: int, width: int, height: int, border: int) -> dict[str, int]:
    columns = math.ceil(math.sqrt(cells))
    rows = math.ceil(cells / columns)
    return {
        "width": columns * (width + border) + border,
        "height": rows * (height + border) + border,
        "border": border,
        "gridx": columns,
        "gridy": rows,
    }


def _blocks(exporter: Any, size: int, block: int) -> Iterator[bytes]:
    try:
        for offset in range(0, size, block):
            yield exporter.read(offset, min(block, size - offset))
    finally:
        exporter.close()
