"""Small files of what the samples do not show: other codecs, other layouts of a format, written for this run."""

from __future__ import annotations

import atexit
import bz2
import gzip
import io
import shutil
import struct
import tempfile
from functools import cache
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile
from PIL import Image

from omero_server.formats.base import Array
from tests.support.czi_writer import Block, write_czi
from tests.support.movies import bottom_up, write_avi, write_mov
from tests.support.writers import analyze_header, klb_bytes, write_fluoview, write_stack

__all__ = ["GREY", "TIFF_CODECS", "variants"]

GREY = (np.add.outer(np.arange(48), np.arange(64)) * 500).astype(np.uint16)
_COLOUR = np.stack([GREY >> 8, GREY & 255, 255 - (GREY >> 8)], axis=-1).astype(np.uint8)
TIFF_CODECS = (
    "deflate", "lzw", "packbits", "zstd", "lzma", "lerc", "jpeg", "jpeg2000", "jpegxl", "jpegxr", "webp", "png",
)  # fmt: skip


@cache
def variants() -> list[Path]:
    """Folders with files that a scan finds; the same files in each run."""
    folder = Path(tempfile.mkdtemp(prefix="variants"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for write in (_tiffs, _stacks, _volumes, _pictures, _movies, _microscopes):
        (folder / write.__name__).mkdir()
        write(folder / write.__name__)
    return sorted(folder.iterdir())


def _tiffs(folder: Path) -> None:
    for codec in TIFF_CODECS:
        tifffile.imwrite(folder / f"{codec}.tif", _COLOUR, tile=(16, 32), photometric="rgb", compression=codec,
                         metadata=None)  # fmt: skip
    tifffile.imwrite(folder / "predictor.tif", GREY, compression="lzw", predictor=2, rowsperstrip=7, metadata=None)
    tifffile.imwrite(folder / "floats.tif", GREY.astype(np.float32), compression="zlib", predictor=3, metadata=None)
    tifffile.imwrite(folder / "planar.tif", _COLOUR.transpose(2, 0, 1), planarconfig="separate", photometric="rgb",
                     byteorder=">", rowsperstrip=5, metadata=None)  # fmt: skip
    pages = np.arange(12 * 30, dtype=np.uint16).reshape(12, 6, 5)
    axes = [("X", 5, 0.25, "um"), ("Y", 6, 0.5, "um"), ("Z", 3, 2.0, "um"), ("Ch", 4, 1.0, "")]
    write_fluoview(folder / "fluoview.tif", pages, axes)
    write_fluoview(folder / "places.tif", pages, [*axes[:2], ("XY", 4, 1.0, ""), ("Time", 3, 4.0, "s")])


def _stacks(folder: Path) -> None:
    (folder / "list.nd").write_text(
        '"NDInfoFile", Version 1.0\n"DoTimelapse", FALSE\n"DoStage", FALSE\n"DoWave", TRUE\n"NWavelengths", 2\n'
        '"WaveName1", "GFP"\n"WaveName2", "DIC"\n"DoZSeries", TRUE\n"NZSteps", 2\n"ZStepSize", 0.25\n'
        '"WaveInFileName", TRUE\n"EndFile"\n'
    )
    for name in ("w1GFP", "w2DIC"):
        write_stack(folder / f"list_{name}.STK", np.stack([GREY, GREY + 1]), [0.0, 0.25])
    for packing in range(3):
        (folder / f"{packing}.klb").write_bytes(klb_bytes(GREY[None, None, None], (16, 16, 1, 1, 1), packing))


def _volumes(folder: Path) -> None:
    volume = np.stack([GREY, GREY]).astype("<i2")
    (folder / "analyze.hdr").write_bytes(analyze_header("<", [64, 48, 2], 4))
    (folder / "analyze.img").write_bytes(volume.tobytes())
    head = bytearray(544)
    struct.pack_into("<i8sh", head, 0, 540, b"n+2\0\r\n\x1a\n", 512)
    struct.pack_into("<8q", head, 16, 3, 64, 48, 2, 1, 1, 1, 1)
    struct.pack_into("<hh", head, 12, 4, 16)
    struct.pack_into("<q", head, 168, 544)
    (folder / "second.nii").write_bytes(bytes(head) + volume.tobytes())
    text = "NRRD0004\ntype: int16\ndimension: 3\nsizes: 64 48 2\nendian: little\nencoding: %s\n\n"
    (folder / "plain.nrrd").write_bytes(text.encode() % b"raw" + volume.tobytes())
    (folder / "bzip.nrrd").write_bytes(text.encode() % b"bzip2" + bz2.compress(volume.tobytes()))
    cards = "SIMPLE  =                    T", "BITPIX  =                   16", "NAXIS   =                    2", \
            "NAXIS1  =                   64", "NAXIS2  =                   48", "END"  # fmt: skip
    fits = "".join(card.ljust(80) for card in cards).ljust(2880).encode() + GREY.astype(">i2").tobytes()
    (folder / "packed.fits.gz").write_bytes(gzip.compress(fits.ljust(2880 * 4, b"\0"), mtime=0))


def _pictures(folder: Path) -> None:
    grey, colour = Image.fromarray((GREY >> 8).astype(np.uint8)), Image.fromarray(_COLOUR)
    for name, picture, options in (
        ("progressive.jpg", colour, {"progressive": True}), ("grey.jpg", grey, {}),
        ("cmyk.jpg", colour.convert("CMYK"), {}), ("palette.png", colour.convert("P"), {}),
        ("bits.png", grey.convert("1"), {}), ("sixteen.png", Image.fromarray(GREY), {}),
        ("palette.bmp", colour.convert("P"), {}), ("bits.bmp", grey.convert("1"), {}),
        ("bits.pbm", grey.convert("1"), {}), ("grey.pgm", grey, {}), ("plain.tga", colour, {}),
        ("colour.pcx", colour, {}), ("colour.jp2", colour, {"irreversible": True}),
        ("tiles.jp2", colour, {"tile_size": (16, 16), "num_resolutions": 2}),
        ("moving.gif", grey, {"save_all": True, "append_images": [grey.rotate(90)]}),
    ):  # fmt: skip
        picture.save(folder / name, **options)
    (folder / "bare.j2k").write_bytes(imagecodecs.jpeg2k_encode(GREY, codecformat="j2k"))
    (folder / "floats.pfm").write_bytes(b"Pf\n64 48\n-1.0\n" + GREY.astype("<f4").tobytes())
    head = b"P7\nWIDTH 64\nHEIGHT 48\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n"
    (folder / "any.pam").write_bytes(head + _COLOUR.tobytes())
    text = " ".join(str(value) for value in (GREY[:8, :8] >> 8).ravel())
    (folder / "text.pgm").write_text(f"P2\n8 8\n255\n{text}\n")


def _movies(folder: Path) -> None:
    frames = [_COLOUR, _COLOUR[::-1]]
    jpegs = [_jpeg(frame) for frame in frames]
    size = (64, 48)
    write_avi(folder / "plain.avi", size, bytes(4), 24, [bottom_up(frame) for frame in frames], riffs=2)
    write_avi(folder / "jpeg.avi", size, b"MJPG", 24, jpegs)
    write_mov(folder / "jpeg.mov", size, b"jpeg", 24, jpegs)
    write_mov(folder / "png.mov", size, b"png ", 24, [imagecodecs.png_encode(frame) for frame in frames])
    write_mov(folder / "plain.mov", size, b"raw ", 24, [frame.tobytes() for frame in frames])


def _jpeg(pixels: Array) -> bytes:
    data = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(data, "JPEG", quality=90)
    return data.getvalue()


def _microscopes(folder: Path) -> None:
    colour = np.ascontiguousarray(_COLOUR)
    for name, pixels, compression, data in (
        ("jpeg", 3, 1, _jpeg(colour)), ("jpegxr", 3, 4, imagecodecs.jpegxr_encode(colour)),
        ("zstd", 1, 5, imagecodecs.zstd_encode(GREY.tobytes())),
        ("headed", 1, 6, b"\1" + imagecodecs.zstd_encode(GREY.tobytes())),
    ):  # fmt: skip
        block = Block({"C": 0, "X": 0, "Y": 0}, (64, 48), (64, 48), data, pixels, compression)
        write_czi(folder / f"{name}.czi", [block])
