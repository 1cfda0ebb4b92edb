"""Writes small SDT files."""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

__all__ = ["sdt_sample", "write_sdt"]

_INFO = b"*IDENTIFICATION\r\n  Title     : cells\r\n  Date      : 03-04-2003\r\n  Time      : 13:33:33\r\n*END\r\n"


def write_sdt(path: Path, blocks: list[npt.NDArray[np.uint16]], *, zipped: bool = False) -> Path:
    """Blocks are (height, width, steps) of one size."""
    height, width, steps = blocks[0].shape
    measure = bytearray(203)
    struct.pack_into("<f", measure, 64, 5e-8)
    struct.pack_into("<h", measure, 68, 4)
    struct.pack_into("<h", measure, 82, steps)
    struct.pack_into("<2i", measure, 173, width, height)
    measures = 42 + len(_INFO)
    at = first = measures + len(measure)
    chain = b""
    for number, block in enumerate(blocks):
        data = block.astype("<u2").tobytes()
        size = len(data)
        if zipped:
            stream = io.BytesIO()
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("data_block", data)
            data = stream.getvalue()
        following = at + 22 + len(data)
        kind = 0x10 | (0x1000 if zipped else 0)
        chain += struct.pack("<hiiHhII", number + 1, at + 22, following, kind, 0, 0, size) + data
        at = following
    head = struct.pack(
        "<hihihihiihhHIHH", 1, 42, len(_INFO), 0, 0, first, len(blocks), 0, measures, 1, len(measure), 0x5555, 0, 0, 0
    )
    path.write_bytes(head + _INFO + bytes(measure) + chain)
    return path


@cache
def sdt_sample() -> Path:
    """Two blocks of 5x4 pixels with 16 steps."""
    values = np.arange(2 * 4 * 5 * 16, dtype=np.uint16).reshape(2, 4, 5, 16)
    return write_sdt(Path(tempfile.mkdtemp()) / "sample.sdt", list(values))
