"""A few bytes that unpack to far more than they are declared to: no codec makes room for it."""

from __future__ import annotations

import bz2
import json
import lzma
import pickle
import struct
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import imagecodecs
import numcodecs
import numpy as np
import pytest
import zarr

from omero_server.formats.base import FormatError
from omero_server.formats.registry import open_reader
from omero_server.formats.zarrcodecs import _ZSTD, _zstd_size
from tests.support.hostile import peak_memory

SIDE = 10_000
ZEROS = bytes(SIDE * SIDE)
BLACK = np.frombuffer(ZEROS, np.uint8).reshape(SIDE, SIDE)
ALLOWED = len(ZEROS) // 2
PIECE = 32

STREAMS: dict[int, Callable[[], bytes]] = {
    8: lambda: zlib.compress(ZEROS, 1), 5: lambda: bytes(imagecodecs.lzw_encode(ZEROS)),
    32773: lambda: b"\x81\0" * (len(ZEROS) // 128), 50000: lambda: bytes(imagecodecs.zstd_encode(ZEROS)),
    34925: lambda: lzma.compress(ZEROS, preset=0),
}  # fmt: skip
"""By TIFF compression: deflate, LZW, PackBits, Zstandard, LZMA."""
PICTURES: dict[int, Callable[[], bytes]] = {
    7: lambda: bytes(imagecodecs.jpeg_encode(BLACK)), 34933: lambda: bytes(imagecodecs.png_encode(BLACK, level=1)),
    34887: lambda: bytes(imagecodecs.lerc_encode(BLACK)),
    50002: lambda: bytes(imagecodecs.jpegxl_encode(BLACK, effort=1)),
    22610: lambda: bytes(imagecodecs.jpegxr_encode(BLACK[:4000, :4000])),
    34712: lambda: bytes(imagecodecs.jpeg2k_encode(BLACK[:4000, :4000], codecformat="j2k", level=40)),
    33003: lambda: bytes(imagecodecs.jpeg2k_encode(BLACK[:4000, :4000], codecformat="jp2", level=40)),
    50001: lambda: bytes(imagecodecs.webp_encode(np.zeros((4000, 4000, 3), np.uint8), lossless=True, method=0)),
}  # fmt: skip
"""JPEG, PNG, LERC, JPEG XL, JPEG XR, JPEG 2000 bare and in boxes, WebP."""


@cache
def _picture(compression: int) -> bytes:
    return PICTURES[compression]()


def _tiff(path: Path, compression: int, piece: bytes) -> Path:
    """One page of PIECE x PIECE bytes in one piece."""
    entries = [
        (256, 4, PIECE), (257, 4, PIECE), (258, 3, 8), (259, 3, compression), (262, 3, 1), (273, 4, 8), (277, 3, 1),
        (278, 4, PIECE), (279, 4, len(piece)),
    ]  # fmt: skip
    if compression == 34887:
        entries.append((50674, 4, 4))
    tags = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    piece += b"\0" * (len(piece) % 2)
    path.write_bytes(struct.pack("<2sHI", b"II", 42, 8 + len(piece)) + piece + struct.pack("<H", len(entries)) + tags
                     + bytes(4))  # fmt: skip
    return path


def _read(path: Path) -> None:
    with open_reader(path) as reader:
        image = reader.image(0)
        reader.read(0, 0, 0, 0, 0, 0, 0, image.size_x, image.size_y)


@pytest.mark.parametrize("compression", STREAMS)
def test_streams_in_tiff_are_cut_at_the_size_of_a_piece(compression: int, tmp_path: Path) -> None:
    path = _tiff(tmp_path / "a.tif", compression, STREAMS[compression]())
    with peak_memory() as grown:
        try:
            _read(path)
        except FormatError as error:
            assert "reading plane" in error.reason
    assert grown() < ALLOWED


@pytest.mark.parametrize("compression", PICTURES)
def test_pictures_in_tiff_must_have_the_size_of_a_piece(compression: int, tmp_path: Path) -> None:
    path = _tiff(tmp_path / "a.tif", compression, _picture(compression))
    with peak_memory() as grown, pytest.raises(FormatError, match=r"has a piece of \d+x\d+ pixels where 32x32"):
        _read(path)
    assert grown() < ALLOWED


@pytest.mark.parametrize("compression", PICTURES)
def test_pictures_without_an_end_of_their_header(compression: int, tmp_path: Path) -> None:
    path = _tiff(tmp_path / "a.tif", compression, _picture(compression)[:8])
    with pytest.raises(FormatError, match="no picture"):
        _read(path)


def _zarr(folder: Path, version: Any, **options: Any) -> tuple[Path, Path]:
    """An image of PIECE x PIECE bytes in one chunk: the folder, and its chunk."""
    group = zarr.open_group(folder, mode="w", zarr_format=version)
    group.create_array("0", shape=(PIECE, PIECE), chunks=(PIECE, PIECE), dtype="u1", **options)[:] = 1
    scale = [{"type": "scale", "scale": [1, 1]}]
    multiscales = [{
        "version": "0.4", "axes": [{"name": "y", "type": "space"}, {"name": "x", "type": "space"}],
        "datasets": [{"path": "0", "coordinateTransformations": scale}],
    }]  # fmt: skip
    attributes: dict[str, Any] = {"multiscales": multiscales}
    group.attrs.update(attributes if version == 2 else {"ome": attributes | {"version": "0.5"}})
    [chunk] = [path for path in (folder / "0").rglob("*") if path.is_file() and path.name[0] not in ".z"]
    return folder, chunk


OLD = [
    numcodecs.Zlib(1), numcodecs.GZip(1), numcodecs.BZ2(1), numcodecs.LZMA(preset=0), numcodecs.Zstd(1),
    numcodecs.LZ4(), numcodecs.Blosc("lz4"),
]  # fmt: skip


@pytest.mark.parametrize("codec", OLD, ids=lambda codec: codec.codec_id)
def test_chunks_of_zarr_2(codec: Any, tmp_path: Path) -> None:
    folder, chunk = _zarr(tmp_path / "a.zarr", 2, compressors=codec)
    with open_reader(folder) as reader:
        assert (reader.read(0, 0, 0, 0, 0, 0, 0, PIECE, PIECE) == 1).all()
    chunk.write_bytes(bytes(codec.encode(ZEROS)))
    with peak_memory() as grown, pytest.raises(FormatError, match="belong into it"):
        _read(folder)
    assert grown() < ALLOWED


@pytest.mark.parametrize("sharded", [False, True])
@pytest.mark.parametrize("kind", ["gzip", "zstd", "blosc"])
def test_chunks_of_zarr_3(kind: str, sharded: bool, tmp_path: Path) -> None:
    new = {"gzip": zarr.codecs.GzipCodec, "zstd": zarr.codecs.ZstdCodec, "blosc": zarr.codecs.BloscCodec}[kind]()
    folder, chunk = _zarr(tmp_path / "a.zarr", 3, compressors=new, **({"shards": (PIECE, PIECE)} if sharded else {}))
    with open_reader(folder) as reader:
        assert (reader.read(0, 0, 0, 0, 0, 0, 0, PIECE, PIECE) == 1).all()
    old = {"gzip": numcodecs.GZip(1), "zstd": numcodecs.Zstd(1), "blosc": numcodecs.Blosc("lz4")}[kind]
    packed = bytes(old.encode(ZEROS))
    table = bytes(numcodecs.CRC32C(location="end").encode(struct.pack("<2Q", 0, len(packed)))) if sharded else b""
    chunk.write_bytes(packed + table)
    with peak_memory() as grown, pytest.raises(FormatError, match="belong into it"):
        _read(folder)
    assert grown() < ALLOWED


def test_frames_that_do_not_say_how_large_they_are(tmp_path: Path) -> None:
    folder, chunk = _zarr(tmp_path / "a.zarr", 2, compressors=numcodecs.Zstd(1))
    small, large = (_unsized(data) for data in (bytes(PIECE * PIECE), ZEROS))
    chunk.write_bytes(small)
    _read(folder)
    chunk.write_bytes(large)
    with peak_memory() as grown, pytest.raises(FormatError, match="too small"):
        _read(folder)
    assert grown() < ALLOWED


def _unsized(data: bytes) -> bytes:
    """A Zstandard frame without its size, of runs of zeros (RFC 8878, 3.1.1.2)."""
    sizes = [min(1 << 17, len(data) - at) for at in range(0, len(data), 1 << 17)]
    heads = [(size << 3) | 2 | (number == len(sizes) - 1) for number, size in enumerate(sizes)]
    runs = b"".join(head.to_bytes(3, "little") + b"\0" for head in heads)
    return _ZSTD + b"\0\x38" + runs


@pytest.mark.parametrize("size", [0, 1, 255, 256, 300, 65_791, 65_792, 70_000, 1 << 20])
def test_sizes_of_zstandard_frames(size: int) -> None:
    assert _zstd_size(numcodecs.Zstd(1).encode(bytes(size)) if size else imagecodecs.zstd_encode(b"")) == size


@pytest.mark.parametrize("place", ["compressor", "filters"])
def test_no_chunk_is_run_as_a_program(place: str, tmp_path: Path) -> None:
    """Also not when the array becomes one of Python objects after it was imported."""

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "executed",)

    folder, chunk = _zarr(tmp_path / "a.zarr", 2, compressors=None)
    chunk.write_bytes(pickle.dumps(Evil()))
    told = json.loads((folder / "0/.zarray").read_text())
    told |= {"dtype": "|O", place: {"id": "pickle"} if place == "compressor" else [{"id": "pickle"}]}
    with open_reader(folder) as reader:
        (folder / "0/.zarray").write_text(json.dumps(told))
        with pytest.raises(FormatError, match="packs '0' with pickle"):
            reader.read(0, 0, 0, 0, 0, 0, 0, PIECE, PIECE)
    with pytest.raises(FormatError, match="packs '0' with pickle"):
        _read(folder)
    assert not (tmp_path / "executed").exists()


def test_bzip2_of_many_streams(tmp_path: Path) -> None:
    """Small streams behind each other are one; all together may not be too many either."""
    folder, chunk = _zarr(tmp_path / "a.zarr", 2, compressors=numcodecs.BZ2(1))
    half = bz2.compress(bytes(PIECE * PIECE // 2))
    chunk.write_bytes(half + half)
    _read(folder)
    chunk.write_bytes(bz2.compress(bytes(1 << 20)) * 100)
    with peak_memory() as grown, pytest.raises(FormatError, match="belong into it"):
        _read(folder)
    assert grown() < ALLOWED
