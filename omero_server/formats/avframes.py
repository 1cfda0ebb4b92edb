"""Frames of movies through PyAV, for the codecs that nothing else here decodes. Loaded only when such a file is met."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import Array, FormatError, decoding

__all__ = ["LibraryFrames", "library_movie"]

_LARGEST_FRAME = 1 << 26
"""Pixels of a frame, which is decoded whole."""
_REMEDY = "Install omero-platform[video] on the server, or convert it to MJPEG."


def library_movie(path: Path, codec: str) -> tuple[tuple[int, int], int, list[int], float]:
    """Size, channels, moments of the frames (in the track's units) and seconds per unit. FormatError without PyAV."""
    if find_spec("av") is None:
        raise FormatError(path, f"is compressed with {codec!r}, which needs the library PyAV", _REMEDY)
    with decoding(path, f"reading the track of {codec!r}"), _opened(path) as container:
        stream = _video(container, path)
        context = stream.codec_context
        if context.width < 1 or context.height < 1 or context.width * context.height > _LARGEST_FRAME:
            raise FormatError(path, f"declares {context.width}x{context.height} pixels")
        moments = sorted({moment for packet in container.demux(stream) if (moment := _moment(packet)) is not None})
        if not moments:
            raise FormatError(path, "has no frames")
        size = context.width, context.height
        channels = 1 if str(context.pix_fmt).startswith("gray") else 3
        return size, channels, moments, float(stream.time_base or 0)


def _moment(packet: Any) -> int | None:
    """When a packet's frame is shown; None for packets without one."""
    if not packet.size:
        return None
    moment: int | None = packet.pts if packet.pts is not None else packet.dts
    return moment


def _opened(path: Path) -> Any:
    import av

    # Only this file: no playlist may make the library look elsewhere.
    return av.open(str(path), options={"protocol_whitelist": "file"})


def _video(container: Any, path: Path) -> Any:
    if not container.streams.video:
        raise FormatError(path, "has no track with pictures")
    return container.streams.video[0]


class LibraryFrames:
    """Frames by number; goes on from the last one where that is shorter. Not safe between threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._container: Any = None
        self._frames: Iterator[Any] = iter(())
        self._last = -1

    def frame(self, number: int, moments: list[int]) -> Array:
        """Frame `number` as (height, width, channels)."""
        if self._container is None:
            self._container, self._last = _opened(self._path), -1
            self._frames = self._container.decode(_video(self._container, self._path))
        if not 0 <= number - self._last - 1 <= 16:
            self._seek(moments[number])
        for found in self._frames:
            if found.pts is None or found.pts >= moments[number]:
                self._last = number
                kind = "gray" if found.format.name.startswith("gray") else "rgb24"
                pixels = np.asarray(found.to_ndarray(format=kind))
                return pixels.reshape(*pixels.shape[:2], -1)
        raise FormatError(self._path, f"is truncated: frame {number} cannot be decoded", "Copy it again.")

    def _seek(self, moment: int) -> None:
        stream = _video(self._container, self._path)
        self._container.seek(moment, stream=stream, backward=True)
        self._frames = self._container.decode(stream)

    def close(self) -> None:
        """Let go of the file."""
        if self._container is not None:
            self._container.close()
        self._container, self._last = None, -1
