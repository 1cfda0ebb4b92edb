"""Readers of microscope vendors' formats: conformance, and samples against what independent readers say.

`SAMPLES` in `tests/support/vendors.py` says what other libraries read of each sample.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from omero_server.formats.base import FormatError
from omero_server.formats.bdv import BdvReader
from omero_server.formats.conformance import ReaderConformance
from omero_server.formats.czi import CziReader
from omero_server.formats.deltavision import DeltaVisionReader
from omero_server.formats.gatan import GatanReader
from omero_server.formats.ics import IcsReader
from omero_server.formats.imaris import ImarisReader
from omero_server.formats.lif import LifReader
from omero_server.formats.metamorph import MetamorphReader
from omero_server.formats.mrc import MrcReader
from omero_server.formats.nd2 import Nd2Reader
from omero_server.formats.oif import OibReader, OifReader
from omero_server.formats.registry import open_reader
from omero_server.formats.sdt import SdtReader
from omero_server.formats.spe import SpeReader
from omero_server.formats.vsi import VsiReader
from omero_server.formats.zvi import ZviReader
from tests.support.oif import unbundled
from tests.support.packed import packed
from tests.support.sdt import sdt_sample
from tests.support.vendors import SAMPLES, Sample

DATA = Path(__file__).parents[1] / "data"
FOREIGN = [DATA / "png/camera.png", DATA / "tiff/sample.tif", DATA / "ome-zarr/mri-stack.ome.zarr"]


def _samples(kind: str) -> list[Path]:
    return [packed(sample.name) for sample in SAMPLES if sample.reader == kind]


class TestCzi(ReaderConformance):
    reader = CziReader
    samples = _samples("czi")
    foreign = FOREIGN


class TestNd2(ReaderConformance):
    reader = Nd2Reader
    samples = _samples("nd2")
    foreign = FOREIGN


class TestLif(ReaderConformance):
    reader = LifReader
    samples = _samples("lif")
    foreign = FOREIGN


class TestOib(ReaderConformance):
    reader = OibReader
    samples = _samples("oib")
    foreign = FOREIGN


class TestOif(ReaderConformance):
    reader = OifReader
    samples = [unbundled("test.oib")]
    foreign = FOREIGN


class TestDeltaVision(ReaderConformance):
    reader = DeltaVisionReader
    samples = _samples("deltavision")
    foreign = FOREIGN


class TestMrc(ReaderConformance):
    reader = MrcReader
    samples = _samples("mrc")
    foreign = FOREIGN


class TestMetamorph(ReaderConformance):
    reader = MetamorphReader
    samples = _samples("metamorph")
    foreign = FOREIGN


class TestIcs(ReaderConformance):
    reader = IcsReader
    samples = _samples("ics")
    foreign = FOREIGN


class TestSpe(ReaderConformance):
    reader = SpeReader
    samples = _samples("spe")
    foreign = FOREIGN


class TestGatan(ReaderConformance):
    reader = GatanReader
    samples = _samples("gatan")
    foreign = FOREIGN


class TestSdt(ReaderConformance):
    reader = SdtReader
    samples = [sdt_sample()]
    foreign = FOREIGN


class TestImaris(ReaderConformance):
    reader = ImarisReader
    samples = _samples("imaris")
    foreign = FOREIGN


class TestBdv(ReaderConformance):
    reader = BdvReader
    samples = _samples("bdv")
    foreign = FOREIGN


class TestZvi(ReaderConformance):
    reader = ZviReader
    samples = _samples("zvi")
    foreign = FOREIGN


class TestVsi(ReaderConformance):
    reader = VsiReader
    samples = _samples("vsi")
    foreign = FOREIGN


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.name for sample in SAMPLES])
def test_sample_is_what_independent_readers_say(sample: Sample) -> None:
    with open_reader(packed(sample.name)) as reader:
        info = reader.info()
        image = info.images[0]
        assert (info.reader, len(info.images)) == (sample.reader, sample.images)
        assert (image.size_x, image.size_y, image.size_z, image.size_c, image.size_t) == sample.sizes
        assert image.pixel_type == sample.pixel_type
        if sample.channels is not None:
            assert [channel.name for channel in image.channels] == sample.channels
        for found, expected in zip(
            (image.physical_size_x, image.physical_size_y, image.physical_size_z), sample.physical, strict=True
        ):
            assert found == (None if expected is None else (pytest.approx(expected, rel=1e-4), sample.unit))
        digest = hashlib.sha1()
        for t in range(image.size_t):
            for c in range(image.size_c):
                for z in range(image.size_z):
                    plane = reader.read(0, 0, z, c, t, 0, 0, image.size_x, image.size_y)
                    digest.update(plane.astype(plane.dtype.newbyteorder("<")).tobytes())
        assert digest.hexdigest() == sample.sha1


@pytest.mark.usefixtures("no_bio_formats")
@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.name for sample in SAMPLES])
@pytest.mark.parametrize("keep", [0.03, 0.5, 0.97])
def test_truncated_samples_are_refused_when_opened(sample: Sample, keep: float, tmp_path: Path) -> None:
    path, largest = _copy(sample, tmp_path)
    whole = largest.read_bytes()
    largest.write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(FormatError) as caught:
        open_reader(path)
    assert caught.value.reason and caught.value.remedy


def _copy(sample: Sample, folder: Path) -> tuple[Path, Path]:
    """A copy of all files of a sample: the one to open, and the largest."""
    source = packed(sample.name)
    if "/" in sample.name:
        shutil.copytree(source.parent, folder, dirs_exist_ok=True)
    else:
        shutil.copy(source, folder)
    files = [path for path in folder.rglob("*") if path.is_file()]
    return folder / source.name, max(files, key=lambda path: path.stat().st_size)


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.name for sample in SAMPLES])
def test_damaged_samples_never_raise_anything_else(sample: Sample, tmp_path: Path) -> None:
    path, largest = _copy(sample, tmp_path)
    whole = {file: file.read_bytes() for file in (path, largest)}
    rng = np.random.default_rng(1)
    for turn in range(10):
        victim = (path, largest)[turn % 2]
        damaged = bytearray(whole[victim])
        for at in rng.integers(0, len(damaged), 60):
            damaged[at] = int(rng.integers(256))
        for at in rng.integers(0, min(2000, len(damaged)), 4 * turn):
            damaged[at] = int(rng.integers(256))
        for file, data in whole.items():
            file.write_bytes(damaged if file == victim else data)
        try:
            with open_reader(path) as reader:
                for series, image in enumerate(reader.info().images[:4]):
                    last = (image.size_z - 1, image.size_c - 1, image.size_t - 1)
                    for level, size in enumerate(image.levels):
                        w, h = min(size.width, 2000), min(size.height, 2000)
                        reader.read(series, level, 0, 0, 0, 0, 0, w, h)
                        reader.read(series, level, *last, 0, 0, w, h)
        except FormatError:
            continue
