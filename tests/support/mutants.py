"""Files changed at random but repeatably, from the samples: what somebody hostile, or a bad disk, could send.

A mutant is named by its family (the name of a reader) and a number; the same two give the same bytes.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from omero_server.formats.base import FormatError, Reader
from omero_server.formats.info import FilesetInfo
from omero_server.formats.registry import open_reader
from omero_server.formats.scan import scan
from tests.support.changes import changed
from tests.support.oif import unbundled
from tests.support.packed import PACKED, packed
from tests.support.samples import DATA
from tests.support.sdt import sdt_sample
from tests.support.slides import made
from tests.support.unlisted import UNLISTED, unlisted_samples
from tests.support.variants import variants

__all__ = ["COLLECTION", "Sample", "families", "make_mutant", "opened", "stored_description"]

COLLECTION = "OMERO_SAMPLE_COLLECTION"
"""Environment variable: a folder with more samples than `tests/data`; those of up to `_LARGEST` bytes are used."""

_SLIDES = "ndpi", "qptiff", "scn"
_LARGEST = 3 << 20
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
    roots += [unbundled("test.oib"), sdt_sample(), *(made(f"a.{kind}") for kind in _SLIDES), *variants()]
    found: dict[str, list[Sample]] = {}
    for root in [*roots, folder]:
        for candidate in scan([root]).candidates:
            if root == folder and not set(unpacked.values()).issuperset(candidate.files):
                continue  # Other tests have put it there.
            if sum(path.stat().st_size for path in candidate.files) <= _LARGEST:
                common = Path(os.path.commonpath([path.parent for path in (*candidate.files, candidate.entry)]))
                found.setdefault(candidate.reader, []).append(Sample(common, candidate.entry, candidate.files))
    for name, paths in unlisted_samples().items():
        found[name] = [Sample(path.parent, path, (path,)) for path in paths]
    # Some lie in folders whose names differ from run to run.
    return {name: sorted(found[name], key=_content) for name in sorted(found)}


def _content(sample: Sample) -> tuple[str, bytes]:
    return sample.entry.name, sample.entry.read_bytes() if sample.entry.is_file() else b""


def make_mutant(family: str, number: int, folder: Path) -> Path:
    """Write mutant `number` of a family into an empty folder; the path to open."""
    random = Random(f"{family} {number}")
    if family == "fake" and number % 4:
        return _fake(random, folder)
    sample = random.choice(families()[family])
    target = folder / sample.root.name
    entry = sample.entry if sample.entry.is_file() else sample.files[0]
    victim = entry if random.random() < 0.5 else random.choice(sample.files)
    for path in sample.files:
        copy = target / path.relative_to(sample.root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        data = path.read_bytes()
        copy.write_bytes(changed(data, random) if path == victim else data)
    return target / sample.entry.relative_to(sample.root)


def opened(family: str, path: Path) -> Reader:
    """A reader of a file; FormatError when it cannot be read."""
    return UNLISTED[family].open(path) if family in UNLISTED else open_reader(path)


def stored_description(family: str, number: int, folder: Path) -> FilesetInfo | None:
    """What was learnt of the fileset before it became the mutant in `folder`, as the server keeps it.

    None for simulated images, whose name is all there is of them, and for samples that cannot be read here.
    """
    if family == "fake":
        return None
    sample = Random(f"{family} {number}").choice(families()[family])
    try:
        root, data = _description(family, sample)
    except FormatError:
        return None
    return FilesetInfo.from_json(json.loads(data), folder / sample.root.name / root)


@cache
def _description(family: str, sample: Sample) -> tuple[Path, str]:
    with opened(family, sample.entry) as reader:
        info = reader.info()
    return info.root.relative_to(sample.root), json.dumps(info.to_json())


def _fake(random: Random, folder: Path) -> Path:
    pairs = [f"{random.choice(_FAKE_KEYS)}={random.choice(_FAKE_VALUES)}" for _ in range(random.randint(1, 4))]
    path = folder / ("&".join(["a", *pairs]).replace("/", ":") + ".fake")
    path.touch()
    return path
