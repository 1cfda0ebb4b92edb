"""The stored form of a share."""

from __future__ import annotations

import pytest

from omero_server.sessions.share_data import ShareData, UnknownForm

SMALL = ShareData(5, 7, (1, 2), ("ann@example.org",), (("Image", 4), ("Laser", 9)), True, 1_700_000_000_000)
# Written by hand after the rules of Ice's encoding 1.0.
BYTES = (
    b"\x70\0\0\0\x01\0" + b"\x0domero-share/1" + b"\x05" + b"\0" * 7 + b"\x07" + b"\0" * 7
    + b"\x02\x01" + b"\0" * 7 + b"\x02" + b"\0" * 7 + b"\x01\x0fann@example.org"
    + b"\x02\x05Image\x04" + b"\0" * 7 + b"\x05Laser\x09" + b"\0" * 7 + b"\x01"
    + (1_700_000_000_000).to_bytes(8, "little")
)  # fmt: skip


def test_the_bytes_are_those_of_ice() -> None:
    assert SMALL.encode() == len(BYTES).to_bytes(4, "little") + BYTES[4:]


@pytest.mark.parametrize(
    "data",
    [SMALL, ShareData(1, 0), ShareData(2**40, 3, tuple(range(300)), ("ü" * 200,), (("Image", 1),) * 254, False),
     ShareData(1, 1, contents=tuple(("Image", i) for i in range(70_000)))],
)  # fmt: skip
def test_what_is_written_can_be_read(data: ShareData) -> None:
    assert ShareData.decode(data.encode()) == data


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x04\0\0\0", SMALL.encode()[:-1], SMALL.encode() + b"\0", SMALL.encode().replace(b"share/1", b"share/2"),
     b"\xff" * 40, SMALL.encode().replace(b"ann@", b"\xff\xff\xff\xff")],
)  # fmt: skip
def test_other_bytes_are_recognised(raw: bytes) -> None:
    with pytest.raises(UnknownForm):
        ShareData.decode(raw)


def test_no_length_makes_it_read_beyond_the_end() -> None:
    raw = bytearray(SMALL.encode())
    raw[-len(b"\x05Laser") - 8 - 9 :] = b"\xff\xff\xff\xff\x7f" + b"\0" * 18
    raw[:4] = len(raw).to_bytes(4, "little")
    with pytest.raises(UnknownForm):
        ShareData.decode(bytes(raw))
