"""MetaMorph stacks and lists of them: slices, times, metadata, missing and lying files."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile

from omero_server.formats.base import FormatError
from omero_server.formats.registry import open_reader, reader_for
from omero_server.formats.scan import scan
from tests.support.packed import packed
from tests.support.writers import UIC2, write_stack


def _pixels(planes: int, first: int = 0) -> np.ndarray:
    return np.broadcast_to(np.arange(first, first + planes, dtype=np.uint16)[:, None, None], (planes, 3, 4)).copy()


def test_exposure_stage_objective_and_camera() -> None:
    with open_reader(packed("MetamorphImage.tif")) as reader:
        image = reader.image(0)
        plane, channel = image.planes[0], image.channels[0]
        assert plane.exposure_time == (300.0, "ms") and plane.position_x == (115815.18, "µm")
        assert image.objective is not None
        assert (image.objective.model, image.objective.lens_na) == ("20x Plan Fluor ELWD", 0.45)
        assert channel.emission_wavelength == (675.0, "nm") and channel.detector is not None
        assert (channel.detector.binning, channel.detector.gain) == ("2x2", 4.0)
        assert image.environment == {"Temperature": "-6.25"}
        assert image.acquired is not None and image.acquired.isoformat() == "2010-03-05T12:08:52"
    with open_reader(packed("movie.stk")) as reader:
        assert [plane.delta_t for plane in reader.image(0).planes] == [(0.0, "s"), (pytest.approx(0.864), "s")]


def test_planes_with_distances_are_slices(tmp_path: Path) -> None:
    with open_reader(write_stack(tmp_path / "a.stk", _pixels(3), [0.0, 0.5, 0.5])) as reader:
        image = reader.image(0)
        assert (image.size_z, image.size_c, image.size_t) == (3, 1, 1)
        assert image.physical_size_z == (0.5, "µm")
        assert [int(reader.read(0, 0, z, 0, 0, 3, 2, 1, 1)[0, 0]) for z in range(3)] == [0, 1, 2]


def test_wavelengths_are_channels(tmp_path: Path) -> None:
    with open_reader(write_stack(tmp_path / "a.stk", _pixels(4), [0.0] * 4, [525, 617, 525, 617])) as reader:
        image = reader.image(0)
        assert (image.size_z, image.size_c, image.size_t) == (1, 2, 2)
        assert [channel.emission_wavelength for channel in image.channels] == [(525.0, "nm"), (617.0, "nm")]
        found = [[int(reader.read(0, 0, 0, c, t, 0, 0, 1, 1)[0, 0]) for t in (0, 1)] for c in (0, 1)]
    assert found == [[0, 2], [1, 3]]


@pytest.fixture
def acquisition(tmp_path: Path) -> Path:
    """Two channels (one of a single height), two positions, two times."""
    (tmp_path / "exp.nd").write_text(
        '"NDInfoFile", Version 1.0\n"DoTimelapse", TRUE\n"NTimePoints", 2\n"DoStage", TRUE\n"NStagePositions", 2\n'
        '"Stage1", "left"\n"Stage2", "right"\n"DoWave", TRUE\n"NWavelengths", 2\n"WaveName1", "GFP/new"\n'
        '"WaveName2", "DIC"\n"DoZSeries", TRUE\n"NZSteps", 3\n"ZStepSize", 0,25\n"WaveInFileName", TRUE\n"EndFile"\n'
    )
    for place in (1, 2):
        for time in (1, 2):
            first = 100 * place + 10 * time
            write_stack(tmp_path / f"exp_w1GFP-new_s{place}_t{time}.STK", _pixels(3, first), [0.0, 0.25, 0.25])
            write_stack(tmp_path / f"exp_w2DIC_s{place}_t{time}.STK", _pixels(1, first + 1000), [0.0])
    return tmp_path / "exp.nd"


def test_a_list_joins_its_stacks(acquisition: Path) -> None:
    with open_reader(acquisition) as reader:
        info = reader.info()
        assert [image.name for image in info.images] == ["left", "right"] and len(info.used_files) == 9
        image = info.images[1]
        assert (image.size_z, image.size_c, image.size_t) == (3, 2, 2)
        assert [channel.name for channel in image.channels] == ["GFP/new", "DIC"]
        assert image.physical_size_z == (0.25, "µm")
        assert reader.read(1, 0, 2, 0, 1, 0, 0, 1, 1)[0, 0] == 222
        assert [int(reader.read(1, 0, z, 1, 0, 0, 0, 1, 1)[0, 0]) for z in (0, 2)] == [1210, 1210]
        assert all(len(files) == 4 for files in reader.pixel_files())
    (candidate,) = scan([acquisition.parent]).candidates
    assert candidate.entry == acquisition
    (again,) = scan([acquisition.parent / "exp_w2DIC_s1_t1.STK"]).candidates
    assert again == candidate


def test_a_list_with_a_missing_or_different_stack(acquisition: Path) -> None:
    stack = acquisition.parent / "exp_w2DIC_s2_t2.STK"
    write_stack(stack, _pixels(2), [0.0, 0.25])
    with pytest.raises(FormatError, match="another shape"):
        open_reader(acquisition)
    stack.unlink()
    with pytest.raises(FormatError, match=r"needs exp_w2DIC_s2_t2\.stk, which is missing"):
        open_reader(acquisition)
    acquisition.write_text('"NDInfoFile", Version 1.0\n"DoStage", TRUE\n"NStagePositions", 99999999999\n')
    with pytest.raises(FormatError, match="NStagePositions"):
        open_reader(acquisition)


def test_compressed_single_planes_are_plain_tiff(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((4, 4), np.uint8), compression="zlib", extratags=[(UIC2, 4, 1, 1, True)])
    assert reader_for(path).name == "tiff"


def test_more_planes_than_the_file_has(tmp_path: Path) -> None:
    data = bytearray(write_stack(tmp_path / "a.stk", _pixels(3), [0.0] * 3).read_bytes())
    (tmp_path / "a.stk").write_bytes(data.replace(struct.pack("<HHI", UIC2, 5, 3), struct.pack("<HHI", UIC2, 5, 60)))
    with pytest.raises(FormatError, match="truncated"):
        open_reader(tmp_path / "a.stk")
