"""The collection of samples, if there is one: its files, and what independent readers say of them.

The collection is a folder with a `SOURCES.md`, whose rows name a file (or the folder of a fileset), its dimensions and
the SHA1 of its first plane as a library sees them. It is looked for at `OMERO_SAMPLE_COLLECTION`, else beside the
checkout.
"""

from __future__ import annotations

import os
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.formats_seen import Seen, micrometres, of_array
from tests.support.independent import first_image

__all__ = ["COLLECTION", "SAMPLES", "Sample", "independent"]

COLLECTION = Path(os.environ.get("OMERO_SAMPLE_COLLECTION") or Path(__file__).parents[2].parent / "shared/data")

_INDEXES = ("*.pattern", "*/MeasurementData.mlf", "*.HTD", "NDTiff.index", "*.oif")
"""What opens a folder that is a row."""
_PARTS = ("/r03c03f0", "multifile-Z", ".ets")
"""In names of rows that are files of the fileset of another row."""
_SIZES = re.compile(r"(\d+)x(\d+) Z(\d+) C(\d+) T(\d+) ([a-z]+\d*)")
_SPACING = re.compile(r", ([\d.]+) x ([\d.]+)(?: x ([\d.]+))? (µm|um|nm|mm|micrometer)\b")
_CHANNELS = re.compile(r", channels ([^;—]+)")


@dataclass(frozen=True)
class Sample:
    """A row of the collection."""

    name: str
    text: str
    """Dimensions of its images, as `SOURCES.md` has them."""
    sha1: str

    def path(self, scratch: Path) -> Path:
        """The file to open; what is packed is unpacked to `scratch`."""
        path = COLLECTION / self.name
        if path.is_dir():
            return next((found for pattern in _INDEXES for found in sorted(path.glob(pattern))), path)
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                return Path(archive.extract(archive.namelist()[0], scratch))
        return path

    @property
    def lossy(self) -> bool:
        """Whether decoders may differ."""
        return "lossy" in self.text


def _samples() -> list[Sample]:
    """Rows of which something is known; a fileset has one."""
    found = []
    for line in (COLLECTION / "SOURCES.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 7 and (cells[3] or cells[4]):
            name = cells[0].strip("`")
            if not any(part in name for part in _PARTS):
                found.append(Sample(name, cells[3], cells[4]))
    return found


SAMPLES = _samples() if (COLLECTION / "SOURCES.md").is_file() else []


def independent(sample: Sample, path: Path) -> tuple[str, Seen | None]:
    """The first image as a library reads it here, else as the table has it, and who that is; None: nobody knows."""
    told = _told(sample)
    library, stack = first_image(sample.name, path)
    if stack is None:
        return "SOURCES.md", told
    seen = of_array(stack)
    if told is not None:
        seen.channels, seen.spacing = told.channels, told.spacing
    return library, seen


def _told(sample: Sample) -> Seen | None:
    sizes = _SIZES.search(sample.text)
    if sizes is None:
        return None
    first = sample.text.split("; [")[0]
    spacing, names = _SPACING.search(first), _CHANNELS.search(first)
    *numbers, unit = spacing.groups() if spacing else ("",)
    lengths = [micrometres((float(one), unit.replace("micrometer", "µm"))) if one else None for one in numbers]
    return Seen(
        tuple(map(int, sizes.groups()[:5])), sizes[6], spacing=lengths or None,
        channels=[name.strip() for name in names[1].split(", ")] if names else None, sha1=sample.sha1 or None,
    )  # fmt: skip
