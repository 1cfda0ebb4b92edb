"""Slides of vendors whose own samples are too large to keep: written here after their descriptions."""

from __future__ import annotations

import atexit
import io
import shutil
import struct
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from omero_server.formats.base import Array

__all__ = ["FULL", "HALF", "OVERVIEW", "PICTURE", "made", "write_ndpi", "write_qptiff", "write_scn"]


def _smooth(height: int, width: int) -> Array:
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 3 % 256, y * 2 % 256, (x + y) % 256], axis=-1).astype(np.uint8)


def _grey(height: int, width: int, start: int) -> Array:
    return (np.arange(height * width).reshape(height, width) + start).astype(np.uint16)


FULL, HALF = ([_grey(48 // n, 64 // n, start) for start in (0, 1000)] for n in (1, 2))
"""Two channels and a level of them."""
OVERVIEW, PICTURE = _smooth(30, 20), _smooth(120, 160)


@cache
def made(name: str) -> Path:
    """A slide of each kind: `a.scn`, `a.qptiff`, `a.ndpi`; they lie in different folders."""
    folder = Path(tempfile.mkdtemp(prefix="slides"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / name
    if name.endswith(".scn"):
        write_scn(path, OVERVIEW, [FULL, HALF])
    elif name.endswith(".qptiff"):
        write_qptiff(path, {"DAPI": FULL[0], "Opal 520": FULL[1]}, {"Overview": OVERVIEW, "Label": OVERVIEW[:10]})
    else:
        write_ndpi(path, [PICTURE, PICTURE[::2, ::2]], OVERVIEW)
    return path


_SCN = """<?xml version="1.0"?><scn xmlns="http://www.leica-microsystems.com/scn/2010/10/01">
<collection name="slide" sizeX="{wide}" sizeY="{high}">
<image name="overview"><creationDate>2020-01-02T03:04:05.6Z</creationDate><device model="Leica SCN400" version="1.5"/>
<pixels sizeX="20" sizeY="30"><dimension sizeX="20" sizeY="30" r="0" ifd="0"/></pixels>
<view sizeX="{wide}" sizeY="{high}" offsetX="0" offsetY="0"/></image>
<image name="image_1"><creationDate>2020-01-02T03:04:05.6Z</creationDate><device model="Leica SCN400" version="1.5"/>
<pixels sizeX="64" sizeY="48">{dimensions}</pixels><view sizeX="32000" sizeY="24000" spacingZ="500"/>
<scanSettings><objectiveSettings><objective>20</objective></objectiveSettings><illuminationSettings>
<numericalAperture>0.4</numericalAperture></illuminationSettings><channelSettings><channel index="0" name="405|Empty"/>
<channel index="1" name="L5|Empty"/></channelSettings></scanSettings></image></collection></scn>"""


def write_scn(path: Path, overview: Array, levels: list[list[Array]]) -> None:
    """Pages of each level by channel behind the overview."""
    dimensions, number = "", 1
    for r, planes in enumerate(levels):
        for c, plane in enumerate(planes):
            size = f'sizeX="{plane.shape[1]}" sizeY="{plane.shape[0]}"'
            dimensions += f'<dimension {size} r="{r}" c="{c}" ifd="{number}"/>'
            number += 1
    text = _SCN.format(wide=26000000, high=76000000, dimensions=dimensions)
    with tifffile.TiffWriter(path, bigtiff=True) as tif:
        tif.write(overview, description=text, metadata=None, contiguous=False)
        for planes in levels:
            for plane in planes:
                tif.write(plane, tile=(16, 16), metadata=None, contiguous=False)


def write_qptiff(path: Path, channels: dict[str, Array], extras: dict[str, Array]) -> None:
    """Full pages, a thumbnail, one level of every second pixel, and further pages by their kind."""

    def note(kind: str, name: str = "") -> str:
        colour = "<Color>255,0,128</Color>" if name else ""
        return (
            '<?xml version="1.0" encoding="utf-16"?><PerkinElmer-QPI-ImageDescription><SlideID>S1</SlideID>'
            f"<ImageType>{kind}</ImageType><Name>{name}</Name>{colour}<Objective>40x</Objective>"
            "</PerkinElmer-QPI-ImageDescription>"
        )

    def write(tif: tifffile.TiffWriter, plane: Array, text: str, reduced: bool = False) -> None:
        tif.write(
            plane, description=text, metadata=None, contiguous=False, tile=(16, 16) if min(plane.shape) > 8 else None,
            software="PerkinElmer-QPI", resolution=(20000, 20000), resolutionunit=3, subfiletype=int(reduced),
        )  # fmt: skip

    with tifffile.TiffWriter(path, bigtiff=True) as tif:
        for name, plane in channels.items():
            write(tif, plane, note("FullResolution", name))
        write(tif, next(iter(channels.values()))[::8, ::8], note("Thumbnail"))
        for name, plane in channels.items():
            write(tif, plane[::2, ::2], note("ReducedResolution", name), reduced=True)
        for kind, plane in extras.items():
            write(tif, plane, note(kind))


def write_ndpi(path: Path, levels: list[Array], macro: Array, gap: int = 0) -> list[Array]:
    """Pages of one JPEG each with restart intervals, `gap` bytes before the first; what Pillow decodes of each."""
    decoded, pages = [], []
    for number, pixels in enumerate([*levels, macro]):
        lens = 20.0 / 2**number if number < len(levels) else -1.0
        data = io.BytesIO()
        Image.fromarray(pixels).save(
            data, "JPEG", quality=90, subsampling=0, restart_marker_blocks=2 if lens > 0 else 0
        )
        decoded.append(_decoded(data.getvalue()))
        pages.append((pixels.shape, lens, data.getvalue()))
    with path.open("wb") as file:
        file.write(b"II*\0" + bytes(8))
        file.seek(gap, io.SEEK_CUR)
        before = 4
        for shape, lens, data in pages:
            before = _write_page(file, before, shape, lens, data)
        file.truncate(file.seek(0, io.SEEK_END) + 16)
    return decoded


def _decoded(data: bytes) -> Array:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture)


def _write_page(file: io.BufferedWriter, before: int, shape: tuple[int, ...], lens: float, data: bytes) -> int:
    """Pixels, tables and tags of a page; its place goes to `before`. Returns where the next one's place goes."""
    place = file.tell()
    file.write(data)
    scan = data.index(b"\xff\xda")
    scan += 2 + struct.unpack_from(">H", data, scan + 2)[0]
    starts = [scan] + [at + 2 for at in range(scan, len(data) - 1) if data[at] == 0xFF and 0xD0 <= data[at + 1] <= 0xD7]
    table = file.tell()
    file.write(struct.pack(f"<{len(starts)}I", *starts))
    text = file.tell()
    notes = b"Objective.Lens.Magnificant=20\r\nSlide=x\r\n\0"
    file.write(notes)
    maker = file.tell()
    file.write(b"Hamamatsu\0")
    bits = file.tell()
    file.write(struct.pack("<3H2I", 8, 8, 8, 20000, 1))
    tags = [
        (256, 4, 1, shape[1]), (257, 4, 1, shape[0]), (258, 3, 3, bits), (259, 3, 1, 7), (262, 3, 1, 6),
        (271, 2, 10, maker),
        (273, 4, 1, place), (277, 3, 1, 3), (278, 4, 1, shape[0]), (279, 4, 1, len(data)), (282, 5, 1, bits + 6),
        (283, 5, 1, bits + 6), (284, 3, 1, 1), (296, 3, 1, 3), (65420, 4, 1, 1),
        (65421, 11, 1, struct.unpack("<I", struct.pack("<f", lens))[0]), (65426, 4, len(starts), table),
        (65449, 2, len(notes), text),
    ]  # fmt: skip
    # The overview is small: one piece.
    tags = [tag for tag in tags if lens > 0 or tag[0] != 65426]
    at = file.tell()
    file.write(struct.pack("<H", len(tags)))
    for code, kind, count, value in tags:
        file.write(struct.pack("<HHII", code, kind, count, value & 0xFFFFFFFF))
    following = file.tell()
    file.write(bytes(8) + b"".join(struct.pack("<I", value >> 32) for *_, value in tags))
    file.seek(before)
    file.write(struct.pack("<Q", at))
    file.seek(0, io.SEEK_END)
    return following
