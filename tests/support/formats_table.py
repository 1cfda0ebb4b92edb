"""Writes `docs/developers/formats-compared.md`: `python -m tests.support.formats_table`.

It needs the collection of samples, Bio-Formats, and PyAV for the movies.
"""

from __future__ import annotations

import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from omero_server.formats.base import Reader
from omero_server.formats.bioformatsprocess import missing
from omero_server.formats.registry import open_reader
from tests.support.formats_compared import Comparison, with_bio_formats, with_others
from tests.support.formats_samples import COLLECTION, SAMPLES, Sample

__all__ = ["main"]

_PAGE = Path(__file__).parents[2] / "docs/developers/formats-compared.md"
_HEAD = """# Formats compared with other readers

Each sample of a collection of {count} filesets as our reader gives it, beside what Bio-Formats 7.3 and, for the first
image, another library say: number of images and their names, sizes, type of pixels, names of channels, physical sizes,
values of the first and of the middle plane (of a large one 2048 x 2048 pixels in its middle). *SOURCES.md* is the
table of the collection: sizes and the digest of the first plane as a library of the format saw them; where it has no
names of channels and no physical sizes, none are compared.

This page is written by `python -m tests.support.formats_table`; `tests/unit/test_formats_compared.py` checks that what
is said here to differ does, and nothing else. The differences and their reasons are in
`tests/support/formats_known.py`.

{agreed} of {read} filesets that Bio-Formats reads agree in everything.

| sample | reader | images | X x Y, Z, C, T, type of the first | compared with | differs from it in |
| --- | --- | --- | --- | --- | --- |
"""


def _row(sample: Sample, reader: Reader, results: list[Comparison]) -> str:
    images = reader.info().images
    one = images[0]
    sizes = f"{one.size_x} x {one.size_y}, {one.size_z}, {one.size_c}, {one.size_t}, {one.pixel_type}"
    looked = [result for result in results if result.who and "unread" not in result.found]
    who = ", ".join(result.who for result in looked) or "nobody"
    name = sample.name.rstrip("/")
    cells = [f"`{name}`", reader.info().reader, str(len(images)), sizes, who, "; ".join(map(_but, results)).strip("; ")]
    return f"| {' | '.join(cells)} |\n"


def _but(result: Comparison) -> str:
    """What differs and why; nothing when all agrees."""
    if not result.found:
        return ""
    what = ", ".join(aspect for aspect in result.found if aspect != "unread")
    return f"{result.who}: {what + ': ' if what else ''}{result.known.reason}"


def main() -> None:
    """Write the page. Ends with a message when something is missing, or a sample differs in an unknown way."""
    lacking = missing() or ("PyAV" if find_spec("av") is None else "")
    if lacking or not SAMPLES:
        sys.exit(f"Missing: {lacking or f'the collection of samples at {COLLECTION}'}")
    rows, read, agreed = [], 0, 0
    with tempfile.TemporaryDirectory() as scratch:
        for sample in SAMPLES:
            path = sample.path(Path(scratch))
            with open_reader(path) as reader:
                results = [with_bio_formats(sample, reader), with_others(sample, path, reader)]
                if strange := [result for result in results if not result.as_known]:
                    sys.exit(f"{sample.name} {strange[0]}")
                rows.append(_row(sample, reader, results))
            read += "unread" not in results[0].found
            agreed += not results[0].found
    head = _HEAD.format(count=len(rows), read=read, agreed=agreed)
    _PAGE.write_text(head + "".join(rows), "utf-8")


if __name__ == "__main__":
    main()
