"""Codecs of Zarr that unpack no more than there is room for, see `zarrlimits`."""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from collections.abc import Callable
from functools import cache, cached_property
from typing import Any

import imagecodecs
import numcodecs  # type: ignore[import-untyped]
import zarr
from numcodecs.compat import ensure_bytes, ndarray_copy  # type: ignore[import-untyped]
from numcodecs.registry import register_codec as register_old  # type: ignore[import-untyped]
from zarr.codecs import BloscCodec, GzipCodec, ZstdCodec
from zarr.registry import register_codec

from omero_server.formats.zarrlimits import ROOM, check_room

__all__ = ["register"]

_LZMA_MEMORY = 256 << 20
_ZSTD = b"\x28\xb5\x2f\xfd"


def _piecewise(data: bytes, start: Callable[[], Any], expect: Callable[[Any, bytes, int], bytes]) -> bytes:
    """All streams behind each other, unpacked until they end or are too large."""
    limit = ROOM.get()
    found = bytearray()
    while data:
        decoder = start()
        found += expect(decoder, data, -1 if limit is None else limit + 1 - len(found))
        check_room(len(found))
        if not decoder.eof:
            raise ValueError("a chunk is cut short")
        data = decoder.unused_data
    return bytes(found)


def _inflated(data: bytes, window: int) -> bytes:
    return _piecewise(
        data, lambda: zlib.decompressobj(window), lambda decoder, rest, most: decoder.decompress(rest, max(0, most))
    )


def _decompressed(decoder: Any, data: bytes, most: int) -> bytes:
    unpacked: bytes = decoder.decompress(data, most)
    return unpacked


class _Zlib(numcodecs.Zlib):
    def decode(self, buf: Any, out: Any = None) -> Any:
        return ndarray_copy(_inflated(ensure_bytes(buf), zlib.MAX_WBITS), out)


class _GZip(numcodecs.GZip):
    def decode(self, buf: Any, out: Any = None) -> Any:
        return ndarray_copy(_inflated(ensure_bytes(buf), zlib.MAX_WBITS | 16), out)


class _BZ2(numcodecs.BZ2):
    def decode(self, buf: Any, out: Any = None) -> Any:
        return ndarray_copy(_piecewise(ensure_bytes(buf), bz2.BZ2Decompressor, _decompressed), out)


class _LZMA(numcodecs.LZMA):
    def decode(self, buf: Any, out: Any = None) -> Any:
        def start() -> lzma.LZMADecompressor:
            memory = None if self.format == lzma.FORMAT_RAW else _LZMA_MEMORY
            return lzma.LZMADecompressor(self.format, memory, self.filters)

        return ndarray_copy(_piecewise(ensure_bytes(buf), start, _decompressed), out)


class _LZ4(numcodecs.LZ4):
    def decode(self, buf: Any, out: Any = None) -> Any:
        data = ensure_bytes(buf)
        check_room(struct.unpack_from("<I", data)[0])
        return super().decode(data, out)


class _Blosc(numcodecs.Blosc):
    def decode(self, buf: Any, out: Any = None) -> Any:
        data = ensure_bytes(buf)
        check_room(struct.unpack_from("<I", data, 4)[0])
        return super().decode(data, out)


class _Zstd(numcodecs.Zstd):
    def decode(self, buf: Any, out: Any = None) -> Any:
        data, limit = ensure_bytes(buf), ROOM.get()
        size = _zstd_size(data)
        if size is None and limit is not None:
            return ndarray_copy(imagecodecs.zstd_decode(data, out=limit), out)
        check_room(size or 0)
        return super().decode(data, out)


def _zstd_size(data: bytes) -> int | None:
    """What a Zstandard frame says that it unpacks to (RFC 8878, 3.1.1.1); None when it does not say."""
    if not data.startswith(_ZSTD):
        return None
    flags = data[4]
    single, width = flags & 0x20, (0, 2, 4, 8)[flags >> 6] or (1 if flags & 0x20 else 0)
    start = 5 + (0 if single else 1) + (0, 1, 2, 4)[flags & 3]
    size = int.from_bytes(data[start : start + width], "little")
    return size + (256 if width == 2 else 0) if width else None


class _NewGzip(GzipCodec):
    @cached_property
    def _gzip_codec(self) -> Any:
        return numcodecs.get_codec(super()._gzip_codec.get_config())


class _NewZstd(ZstdCodec):
    @cached_property
    def _zstd_codec(self) -> Any:
        return numcodecs.get_codec(super()._zstd_codec.get_config())


class _NewBlosc(BloscCodec):
    @cached_property
    def _blosc_codec(self) -> Any:
        return numcodecs.get_codec(super()._blosc_codec.get_config())


@cache
def register() -> None:
    """Have zarr use these codecs."""
    for old in (_Zlib, _GZip, _BZ2, _LZMA, _LZ4, _Blosc, _Zstd):
        register_old(old)
    for name, new in (("gzip", _NewGzip), ("zstd", _NewZstd), ("blosc", _NewBlosc)):
        register_codec(name, new)
        zarr.config.set({f"codecs.{name}": f"{new.__module__}.{new.__qualname__}"})
