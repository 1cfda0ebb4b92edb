"""What a share keeps in ``share.data``: guests and contents, and a copy of what the other columns say.

The bytes are an Ice encapsulation (encoding 1.0) of this structure; no published definition of OMERO's own form
exists, so its bytes are not understood (see docs/design/decisions.md):

    struct ShareItem { string type; long id; }
    sequence<ShareItem> ShareItems;
    struct ShareData
    {
        string form;            // "omero-share/1"
        long shareId;
        long ownerId;
        omero::sys::LongList members;
        omero::api::StringSet guests;
        ShareItems contents;
        bool enabled;
        long expiration;        // ms since 1970, 0 for none
    }
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

__all__ = ["Item", "ShareData", "UnknownForm"]

FORM = "omero-share/1"
ENCODING = bytes((1, 0))
HEADER = 6
LONG_SIZE = 255

Item = tuple[str, int]
Element = TypeVar("Element")


class UnknownForm(ValueError):
    """Bytes that are not of the form above."""


@dataclass(frozen=True, slots=True)
class ShareData:
    """The structure above. contents: simple class names with ids, in the order in which they were added."""

    share_id: int
    owner_id: int
    members: tuple[int, ...] = ()
    guests: tuple[str, ...] = ()
    contents: tuple[Item, ...] = ()
    enabled: bool = True
    expiration: int = 0

    def encode(self) -> bytes:
        """The bytes to store."""
        body = b"".join(
            (
                _string(FORM),
                _long(self.share_id),
                _long(self.owner_id),
                _sequence(self.members, _long),
                _sequence(self.guests, _string),
                _sequence(self.contents, lambda item: _string(item[0]) + _long(item[1])),
                bytes((self.enabled,)),
                _long(self.expiration),
            )
        )
        return struct.pack("<i", HEADER + len(body)) + ENCODING + body

    @classmethod
    def decode(cls, data: bytes) -> ShareData:
        """The structure in the bytes. Raises UnknownForm when they hold something else."""
        try:
            return _read(cls, data)
        except (struct.error, IndexError, UnicodeDecodeError) as error:
            raise UnknownForm(str(error)) from None


def _read(cls: type[ShareData], data: bytes) -> ShareData:
    (size,) = struct.unpack_from("<i", data)
    if size != len(data) or data[4:HEADER] != ENCODING:
        raise UnknownForm("not an encapsulation of encoding 1.0")
    source = _Source(data)
    if source.string() != FORM:
        raise UnknownForm("another structure")
    found = cls(
        share_id=source.long(),
        owner_id=source.long(),
        members=source.sequence(source.long),
        guests=source.sequence(source.string),
        contents=source.sequence(lambda: (source.string(), source.long())),
        enabled=bool(source.bytes(1)[0]),
        expiration=source.long(),
    )
    if source.position != len(data):
        raise UnknownForm("bytes are left over")
    return found


class _Source:
    """Reads Ice's basic types one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = HEADER

    def bytes(self, count: int) -> bytes:
        start, self.position = self.position, self.position + count
        if count < 0 or self.position > len(self.data):
            raise UnknownForm("the end is missing")
        return self.data[start : self.position]

    def long(self) -> int:
        return int(struct.unpack("<q", self.bytes(8))[0])

    def size(self) -> int:
        short = self.bytes(1)[0]
        return short if short < LONG_SIZE else int(struct.unpack("<i", self.bytes(4))[0])

    def string(self) -> str:
        return self.bytes(self.size()).decode()

    def sequence(self, element: Callable[[], Element]) -> tuple[Element, ...]:
        return tuple(element() for _ in range(self.size()))


def _long(value: int) -> bytes:
    return struct.pack("<q", value)


def _size(value: int) -> bytes:
    return bytes((value,)) if value < LONG_SIZE else bytes((LONG_SIZE,)) + struct.pack("<i", value)


def _string(text: str) -> bytes:
    raw = text.encode()
    return _size(len(raw)) + raw


def _sequence(values: tuple[Element, ...], encode: Callable[[Element], bytes]) -> bytes:
    parts: Iterable[bytes] = map(encode, values)
    return _size(len(values)) + b"".join(parts)
