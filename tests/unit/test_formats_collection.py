"""Every file of a larger collection of samples, if there is one: dimensions and first plane as its table says.

The collection is a folder with a `SOURCES.md`, whose rows name a file, its dimensions and the SHA1 of its first plane
as independent readers see them. It is looked for at `OMERO_SAMPLE_COLLECTION`, else beside the checkout.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from omero_server.formats.registry import open_reader

COLLECTION = Path(os.environ.get("OMERO_SAMPLE_COLLECTION") or Path(__file__).parents[2].parent / "shared/data")
INDEXES = ("*.pattern", "*/MeasurementData.mlf", "*.HTD", "NDTiff.index", "*.oif", "Index.idx.xml")
"""What opens a folder that is a row."""
SIZES = re.compile(r"(\d+)x(\d+) Z(\d+) C(\d+) T(\d+) ([a-z]+\d*)")

OTHERWISE = {
    "dicom/examples_palette.dcm": "a palette becomes three channels, the table has indices",
    "dicom-wsi/jpeg.dicom": "lossy: decoders differ by 1",
    "dv/tinyTest.d3d.dv": "rows are turned over, as this format means them",
    "hcs-imagexpress/9987_Plate_3435/": "wavelengths and times are put together, the table has files",
    "hcs-yokogawa/CV8000-Minimal-DataSet-2C-3W-4S-FP2-stack_20230918_135839/": "slices and channels are put together",
    "hcs-operetta/operetta_plate/Images/r03c03f02p01-ch1sk1fk1fl1.tiff": "opens the plate at its first field",
    "lif/LeicaLASX_wavelength-sweep_example.lif": "steps of a spectrum are time points, the table has them apart",
    "mibi/v0.1.tiff": "masses are channels, the table has pages",
    "mrc/Custom_movie.mrc": "rows are turned over, as this format means them",
    "mrc/EMD-3197.map": "rows are turned over, as this format means them",
    "ome-tiff-companion/multifile/multifile-Z1.ome.tiff": "opens the fileset",
    "tiff/1bit.tif": "bits are bytes of 0 and 1",
    "tiff/multipage.tif": "pages are time points",
}
"""Rows that we read in another way, on purpose."""
UNREADABLE = {
    "sdt/tcspc.sdt.zip": "packed",
    "vsi/_vsi-ets-test-jpg2k_/stack1/frame_t_0.ets": "part of the VSI file",
}
THROUGH_PYAV = (".mov", ".mp4")


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    name: str
    sizes: tuple[str, ...] | None
    sha1: str
    lossy: bool

    @property
    def path(self) -> Path:
        path = COLLECTION / self.name
        if path.is_dir():
            return next((found for pattern in INDEXES for found in sorted(path.glob(pattern))), path)
        return path


def _rows() -> list[Row]:
    found = []
    for line in (COLLECTION / "SOURCES.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 7 and (cells[3] or cells[4]):
            sizes = SIZES.search(cells[3])
            name = cells[0].strip("`")
            if name not in UNREADABLE:
                found.append(Row(name, sizes.groups() if sizes else None, cells[4], "lossy" in cells[3]))
    return found


ROWS = _rows() if (COLLECTION / "SOURCES.md").is_file() else []


@pytest.mark.parametrize("row", ROWS or [None], ids=lambda row: row.name if row else "none")
def test_sample_of_the_collection(row: Row | None) -> None:
    if row is None:
        pytest.skip("there is no collection of samples beside the checkout, nor at OMERO_SAMPLE_COLLECTION")
    if row.name.endswith(THROUGH_PYAV) and find_spec("av") is None:
        pytest.skip("PyAV is not installed")
    with open_reader(row.path) as reader:
        image = reader.image(0)
        sizes = image.size_x, image.size_y, image.size_z, image.size_c, image.size_t
        plane = reader.read(0, 0, 0, 0, 0, 0, 0, image.size_x, image.size_y)
    if row.name in OTHERWISE:
        return
    if row.sizes is not None:
        assert (*map(str, sizes), image.pixel_type) == row.sizes
    if row.sha1 and not row.lossy:
        assert hashlib.sha1(plane.astype(plane.dtype.newbyteorder("<")).tobytes()).hexdigest() == row.sha1
