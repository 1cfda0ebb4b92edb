"""Files changed at random but repeatably, from the samples: what somebody hostile, or a bad disk, could send.

A mutant is named by its family (the name of a reader) and a number; the same two give the same bytes.
"""

from __future__ import annotations

import gzip
import os
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from omero_server.formats.scan import scan
from tests.support.oif import unbundled
from tests.support.packed import PACKED, packed
from tests.support.samples import DATA
from tests.support.sdt import sdt_sample
from tests.support.slides import made

__all__ = ["COLLECTION", "Sample", "families", "make_mutant"]

COLLECTION = "OMERO_SAMPLE_COLLECTION"
"""Environment variable: a folder with more samples than `tests/data`; those of up to `_LARGEST` bytes are used."""

_SLIDES = "ndpi", "qptiff", "scn"
_LARGEST = 3 << 20
_HEAD = 1024
_EXTREMES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)
_NUMBERS = (b"0", b"-1", b"1", b"65536", b"2147483647", b"4294967297", b"99999999999999999999", b"1e308", b"NaN", b"")
_FAKE_KEYS = (
    "sizeX", "sizeY", "sizeZ", "sizeC", "sizeT", "series", "rgb", "plates", "plateRows", "plateCols", "fields",
    "plateAcqs", "resolutions", "resolutionScale", "thumbSizeX", "pixelType", "dimOrder", "lutLength", "scaleFactor",
    "screens", "points", "masks", "labels", "physicalSizeX", "exposureTime", "acquisitionDate", "sleepOpenBytes",
)  # fmt: skip
_FAKE_VALUES = (
    "0", "-1", "2147483647", "99999999999999999999", "1e9", "70000", "uint8", "x", "", "../..", "\N{SNOWMAN}",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """A fileset: the folder that holds it, the path to open, its files (of these some bytes are changed)."""

    root: Path
    entry: Path
    files: tuple[Path, ...]


@cache
def families() -> dict[str, list[Sample]]:
    """Samples by the name of the reader that reads them, the same on each machine with the same samples."""
    names = sorted(path.relative_to(PACKED).with_suffix("").as_posix() for path in PACKED.rglob("*.xz"))
    unpacked = {name: packed(name) for name in names}
    roots = [path for path in DATA.iterdir() if path.is_dir() and path != PACKED]
    folder = unpacked[names[0]].parents[len(Path(names[0]).parts) - 1]
    if os.environ.get(COLLECTION):
        roots += [path for path in Path(os.environ[COLLECTION]).iterdir() if path.is_dir()]
    # Not the folders of these, where other tests put more.
    roots += [unbundled("test.oib"), sdt_sample(), *(made(f"a.{kind}") for kind in _SLIDES)]
    found: dict[str, list[Sample]] = {}
    for root in sorted([*roots, folder]):
        for candidate in scan([root]).candidates:
            if root == folder and not set(unpacked.values()).issuperset(candidate.files):
                continue  # Other tests have put it there.
            if sum(path.stat().st_size for path in candidate.files) <= _LARGEST:
                common = Path(os.path.commonpath([path.parent for path in (*candidate.files, candidate.entry)]))
                found.setdefault(candidate.reader, []).append(Sample(common, candidate.entry, candidate.files))
    return dict(sorted(found.items()))


def make_mutant(family: str, number: int, folder: Path) -> Path:
    """Write mutant `number` of a family into an empty folder; the path to open."""
    random = Random(f"{family} {number}")
    if family == "fake" and number % 4:
        return _fake(random, folder)
    sample = random.choice(families()[family])
    target = folder / sample.root.name
    changed = sample.entry if random.random() < 0.5 and sample.entry.is_file() else random.choice(sample.files)
    for path in sample.files:
        copy = target / path.relative_to(sample.root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        data = path.read_bytes()
        copy.write_bytes(_changed(data, random) if path == changed else data)
    return target / sample.entry.relative_to(sample.root)


def _fake(random: Random, folder: Path) -> Path:
    pairs = [f"{random.choice(_FAKE_KEYS)}={random.choice(_FAKE_VALUES)}" for _ in range(random.randint(1, 4))]
    path = folder / ("&".join(["a", *pairs]).replace("/", ":") + ".fake")
    path.touch()
    return path


def _changed(data: bytes, random: Random) -> bytes:
    """One to three changes; those of a gzip file often below its compression, where they are not found so soon."""
    if data[:2] == b"\x1f\x8b" and random.random() < 0.6:
        return gzip.compress(_changed(gzip.decompress(data), random), 1)
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 3))):
        if changed:
            random.choice(_CHANGES)(changed, random)
    return bytes(changed)


def _at(data: bytearray, random: Random) -> int:
    """A place, in half of all cases near the beginning, in some near the end: there lie the tables."""
    near = random.random()
    if near < 0.5:
        return random.randrange(min(_HEAD, len(data)))
    if near < 0.65:
        return random.randrange(max(0, len(data) - _HEAD), len(data))
    return random.randrange(len(data))


def _flip(data: bytearray, random: Random) -> None:
    for _ in range(random.choice((1, 2, 8, 32))):
        data[_at(data, random)] ^= 1 << random.randrange(8)


def _overwrite(data: bytearray, random: Random) -> None:
    for _ in range(random.choice((1, 4, 40))):
        data[_at(data, random)] = random.choice((0, 1, 127, 128, 255, random.randrange(256)))


def _truncate(data: bytearray, random: Random) -> None:
    del data[_at(data, random) :]


def _zero(data: bytearray, random: Random) -> None:
    at = _at(data, random)
    length = min(random.choice((4, 64, 1024, 65536)), len(data) - at)
    data[at : at + length] = bytes([random.choice((0, 0, 255))]) * length


def _splice(data: bytearray, random: Random) -> None:
    """A piece of the file again elsewhere: over what is there, or between."""
    piece = data[(at := _at(data, random)) : at + random.choice((4, 32, 512, 8192))]
    to = _at(data, random)
    data[to : to + (len(piece) if random.random() < 0.7 else 0)] = piece


def _remove(data: bytearray, random: Random) -> None:
    at = _at(data, random)
    del data[at : at + random.choice((1, 2, 16, 700))]


def _extreme(data: bytearray, random: Random) -> None:
    """A length, an offset or a dimension that is as large, or as negative, as can be."""
    for _ in range(random.choice((1, 1, 3))):
        width = random.choice((2, 4, 4, 8))
        at = _at(data, random) // 2 * 2
        value = random.choice(_EXTREMES) & ((1 << 8 * width) - 1)
        written = value.to_bytes(width, random.choice(("little", "big")))
        data[at : at + width] = written[: max(0, len(data) - at)]


def _small_number(data: bytearray, random: Random) -> None:
    """An integer that looks like a size or an offset becomes another, only slightly wrong or huge."""
    order = random.choice("<>")
    places = [at for at in range(0, min(len(data) - 4, 4 * _HEAD), 2) if 0 < _integer(data, at, order) < 1 << 16]
    if places:
        at = random.choice(places)
        value = _integer(data, at, order)
        wrong = random.choice((value + 1, value - 1, value * 2, value << 8, value << 15, -value))
        struct.pack_into(order + "I", data, at, wrong & 0xFFFFFFFF)


def _integer(data: bytearray, at: int, order: str) -> int:
    return int(struct.unpack_from(order + "I", data, at)[0])


def _text_number(data: bytearray, random: Random) -> None:
    """A number in text (XML, headers of lines) becomes an absurd one."""
    places = [match.span() for match in re.finditer(rb"(?<=[\s\"'=>,:\[])\d{1,9}(?=[\s\"'<,\]])", data[: 1 << 20])]
    if places:
        start, end = random.choice(places)
        data[start:end] = random.choice(_NUMBERS)


_CHANGES: tuple[Callable[[bytearray, Random], None], ...] = (
    _flip, _overwrite, _truncate, _zero, _splice, _remove, _extreme, _extreme, _small_number, _text_number,
    _text_number,
)  # fmt: skip
