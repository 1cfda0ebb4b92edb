"""Formats through plug-ins of bioio."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from omero_server.formats.base import FormatError
from omero_server.formats.bioio import BioioReader
from omero_server.formats.conformance import ReaderConformance
from omero_server.formats.registry import open_reader, reader_for, readers

DATA = Path(__file__).parents[1] / "data"
GIF, PNG = DATA / "gif/cogs.gif", sorted((DATA / "png").glob("*.png"))[0]

needs_imageio = pytest.mark.skipif(
    find_spec("bioio") is None or find_spec("bioio_imageio") is None, reason="bioio or bioio-imageio is not installed"
)


@needs_imageio
@pytest.mark.filterwarnings("ignore")
class TestBioio(ReaderConformance):
    reader = BioioReader
    samples = [GIF, PNG]
    foreign = [DATA / "SOURCES.md"]


@needs_imageio
@pytest.mark.filterwarnings("ignore")
def test_frames_and_samples_are_where_they_belong() -> None:
    with open_reader(GIF) as ours, BioioReader.open(GIF) as theirs:
        a, b = ours.image(0), theirs.image(0)
        assert (b.size_x, b.size_y, b.size_c, b.size_t, b.is_rgb) == (a.size_x, a.size_y, 3, a.size_t, True)
        for t in range(a.size_t):
            for c in range(3):
                at = (0, 0, 0, c, t, 3, 4, 50, 60)
                assert np.array_equal(ours.read(*at), theirs.read(*at))


@needs_imageio
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("keep", [0.1, 0.5])
def test_truncated_files_are_errors(keep: float, tmp_path: Path) -> None:
    path = tmp_path / PNG.name
    path.write_bytes(PNG.read_bytes()[: int(PNG.stat().st_size * keep)])
    with pytest.raises(FormatError), BioioReader.open(path) as reader:
        reader.read(0, 0, 0, 0, 0, 0, 0, reader.image(0).size_x, reader.image(0).size_y)


def test_comes_after_the_readers_of_formats() -> None:
    assert reader_for(GIF) is not BioioReader
    assert [reader.name for reader in readers()][-2:] == ["bioio", "bioformats"]


def test_what_no_plug_in_reads_is_refused() -> None:
    assert not BioioReader.detect(DATA / "SOURCES.md")
    with pytest.raises(FormatError, match="no plug-in of bioio"):
        BioioReader.describe(DATA / "SOURCES.md")
