"""Bio-Formats in its own process: what it reads, how it is bounded, and what is said where it is missing."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from omero_server.formats.base import Array, FormatError, Reader, UnsupportedFormat
from omero_server.formats.bioformats import BioFormatsReader
from omero_server.formats.bioformatsprocess import PROCESS, BioFormatsProcess, Settings, missing
from omero_server.formats.conformance import ReaderConformance
from omero_server.formats.registry import open_reader, reader_for

DATA = Path(__file__).parents[1] / "data"
VOLUME = DATA / "bioformats/volume.inr"
VALUES = np.arange(3 * 20 * 30, dtype=np.uint16).reshape(3, 20, 30)

needs_bioformats = pytest.mark.skipif(missing() is not None, reason=f"Bio-Formats lacks {missing()}")


@needs_bioformats
class TestBioFormats(ReaderConformance):
    reader = BioFormatsReader
    samples = [VOLUME, DATA / "ome-tiff/multi-channel.ome.tif", DATA / "tiff/hopper_jpg.tif"]
    foreign = [DATA / "SOURCES.md"]


@needs_bioformats
def test_a_format_of_nobody_else() -> None:
    assert reader_for(VOLUME) is BioFormatsReader
    with open_reader(VOLUME) as reader:
        assert reader.info().format == "INR"
        image = reader.image(0)
        assert (image.physical_size_x, image.physical_size_z) == ((0.5, "µm"), (2.0, "µm"))
        assert all(np.array_equal(reader.read(0, 0, z, 0, 0, 0, 0, 30, 20), VALUES[z]) for z in range(3))
        assert np.array_equal(reader.read(0, 0, 1, 0, 0, 3, 4, 5, 6), VALUES[1, 4:10, 3:8])


def _last_plane(reader: Reader, level: int) -> Array:
    image = reader.image(0)
    size = image.levels[level]
    return reader.read(
        0, level, image.size_z - 1, image.size_c - 1, image.size_t - 1, 0, 0, size.width, size.height
    )  # fmt: skip


@needs_bioformats
@pytest.mark.parametrize(
    "name",
    [
        "ome-tiff/multi-channel-z-series.ome.tif",
        "ome-tiff-pyramid/xy_12bit__plant.ome.tiff",
        "ome-tiff/2010-06-18x24y5z1t2c8b-text.ome.tiff",
    ],
)
def test_agrees_with_the_reader_of_the_format(name: str) -> None:
    with open_reader(DATA / name) as ours, BioFormatsReader.open(DATA / name) as theirs:
        a, b = ours.image(0), theirs.image(0)
        assert theirs.info().format == ours.info().format
        assert a.levels == b.levels and a.pixel_type == b.pixel_type
        assert (a.size_z, a.size_c, a.size_t) == (b.size_z, b.size_c, b.size_t)
        assert [channel.name for channel in a.channels] == [channel.name for channel in b.channels]
        assert (a.physical_size_x, a.objective is None) == (b.physical_size_x, b.objective is None)
        for level in range(len(a.levels)):
            assert np.array_equal(_last_plane(ours, level), _last_plane(theirs, level))


@needs_bioformats
def test_metadata_with_characters_that_xml_cannot_hold() -> None:
    with BioFormatsReader.open(DATA / "nifti/anatomical.nii") as reader:
        assert reader.info().format == "Nifti" and reader.image(0).size_z == 25


@needs_bioformats
def test_a_crash_is_survived() -> None:
    with BioFormatsReader.open(VOLUME) as reader:
        pid = PROCESS.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert np.array_equal(reader.read(0, 0, 2, 0, 0, 0, 0, 30, 20), VALUES[2])
        assert PROCESS.pid not in (None, pid)


def _process(**limits: int) -> BioFormatsProcess:
    found = Settings.found()
    return BioFormatsProcess(Settings(found.java, found.jar, **limits))


@needs_bioformats
def test_memory_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "large.inr"
    head = VOLUME.read_bytes()[:256].replace(b"XDIM=30\nYDIM=20\n", b"XDIM=9999\nYDIM=9999\n")
    with path.open("wb") as file:
        file.write(head[:240].ljust(252, b"\n") + b"##}\n")
        file.truncate(256 + 9999 * 9999 * 6)
    process = _process(memory=200)
    with pytest.raises(FormatError, match="want of memory"):
        process.ask(path, "read", at=[0, 0, 0, 0, 0], region=[0, 0, 9999, 9999])
    assert process.ask(VOLUME, "detect")[0]["mine"]
    process.stop()


@needs_bioformats
def test_time_is_bounded_and_the_idle_process_ends() -> None:
    process = _process(idle=1)
    assert process.ask(VOLUME, "detect")[0]["mine"]
    process._settings = Settings(Settings.found().java, Settings.found().jar, seconds=0, idle=1)
    with pytest.raises(FormatError, match="took longer"):
        process.ask(VOLUME, "describe")
    assert process.pid is None
    process._settings = Settings(Settings.found().java, Settings.found().jar, idle=1)
    assert process.ask(VOLUME, "detect")[0]["mine"] and process.pid is not None
    deadline = time.monotonic() + 30
    while process.pid is not None and time.monotonic() < deadline:
        time.sleep(0.1)
    assert process.pid is None
    assert process.ask(VOLUME, "detect")[0]["mine"]
    process.stop()


@needs_bioformats
def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "omero-bioformats-other").mkdir()
    for _ in range(2):
        process = _process()
        assert process.ask(VOLUME, "detect")[0]["mine"]
        found = [path.name for path in tmp_path.iterdir() if path.name != "omero-bioformats-other"]
        assert len(found) == 1 and found[0].startswith(f"omero-bioformats-{process.pid}-")
        process.stop()


@needs_bioformats
def test_files_of_somebody_else_are_not_used(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "secret.raw").write_bytes(bytes(100))
    header = tmp_path / "own" / "a.nhdr"
    header.write_text(
        "NRRD0004\ntype: uint8\ndimension: 2\nsizes: 10 10\nencoding: raw\ndata file: ../secret.raw\n\n"
    )  # fmt: skip
    with pytest.raises(FormatError, match="not in its folder"):
        BioFormatsReader.describe(header)


@needs_bioformats
def test_damaged_files_are_errors_or_images(tmp_path: Path) -> None:
    whole = VOLUME.read_bytes()
    rng = np.random.default_rng(1)
    for turn in range(20):
        data = bytearray(whole)
        data[int(rng.integers(0, 256))] = int(rng.integers(0, 256))
        path = tmp_path / f"{turn}.inr"
        path.write_bytes(data[: int(rng.integers(10, 600))] if turn % 4 == 0 else data)
        try:
            with BioFormatsReader.open(path) as reader:
                size = reader.image(0)
                reader.read(0, 0, 0, 0, 0, 0, 0, min(size.size_x, 64), min(size.size_y, 64))
        except FormatError as error:
            assert error.path == path


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OMERO_BIOFORMATS_JAVA", str(tmp_path / "none"))
    with pytest.raises(UnsupportedFormat) as caught:
        open_reader(VOLUME)
    assert "Bio-Formats" in caught.value.reason and "a Java runtime" in caught.value.remedy
    with pytest.raises(FormatError, match=r"Install .*a Java runtime"):
        BioFormatsReader.open(VOLUME)
