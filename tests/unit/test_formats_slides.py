"""Slides of Hamamatsu, Leica and Akoya: written after their descriptions, and a sample of inForm."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from omero_server.formats.base import FormatError
from omero_server.formats.conformance import ReaderConformance
from omero_server.formats.ndpi import NdpiReader
from omero_server.formats.registry import open_reader
from omero_server.formats.scn import ScnReader
from omero_server.formats.vectra import VectraReader
from tests.support.damage import refuses_cuts, survives_wrong_bytes
from tests.support.slides import FULL, HALF, OVERVIEW, PICTURE, made, write_ndpi, write_qptiff, write_scn
from tests.support.stacks import stack_of

DATA = Path(__file__).parents[1] / "data"
FOREIGN = [DATA / "png/camera.png", DATA / "tiff/sample.tif", DATA / "svs/CMU-1-Small-Region.svs"]
MADE = ["a.ndpi", "a.scn", "a.qptiff"]


class TestNdpi(ReaderConformance):
    reader = NdpiReader
    samples = [made("a.ndpi")]
    foreign = FOREIGN


class TestScn(ReaderConformance):
    reader = ScnReader
    samples = [made("a.scn")]
    foreign = FOREIGN


class TestVectra(ReaderConformance):
    reader = VectraReader
    samples = [made("a.qptiff")]
    foreign = FOREIGN


@pytest.mark.parametrize("name", MADE)
def test_cut_files(name: str, tmp_path: Path) -> None:
    # An NDPI of which the tags at the end are missing is not known for one.
    refuses_cuts(made(name), tmp_path, (0.3, 0.7))


@pytest.mark.parametrize("name", MADE)
def test_wrong_bytes(name: str, tmp_path: Path) -> None:
    survives_wrong_bytes(made(name), tmp_path, 40, 4000)


def test_levels_focal_planes_and_overview_of_hamamatsu(tmp_path: Path) -> None:
    path = tmp_path / "a.ndpi"
    full, half, macro = write_ndpi(path, [PICTURE, PICTURE[::2, ::2]], OVERVIEW)
    with open_reader(path) as reader:
        info = reader.info()
        image = info.images[0]
        assert [one.name for one in info.images] == ["", "macro image"]
        assert [(level.width, level.height) for level in image.levels] == [(160, 120), (80, 60)]
        assert image.tile_size == (16, 8)
        assert image.physical_size_x == (0.5, "µm") and info.metadata["Slide"] == "x"
        assert image.objective is not None and image.objective.nominal_magnification == 20
    for series, level, expected in ((0, 0, full), (0, 1, half), (1, 0, macro)):
        assert np.array_equal(stack_of(path, series, level)[0, :, 0].transpose(1, 2, 0), expected)


def test_hamamatsu_beyond_4_gb(tmp_path: Path) -> None:
    path = tmp_path / "a.ndpi"
    full, *_ = write_ndpi(path, [PICTURE, PICTURE[::2, ::2]], OVERVIEW, gap=5 << 30)
    with open_reader(path) as reader:
        assert np.array_equal(reader.read(0, 0, 0, 1, 0, 17, 33, 100, 70), full[33:103, 17:117, 1])


def test_hamamatsu_with_intervals_that_lie(tmp_path: Path) -> None:
    data = bytearray(made("a.ndpi").read_bytes())
    # The second restart comes before the first.
    at = data.index((65426).to_bytes(2, "little"), len(data) // 4)
    table = int.from_bytes(data[at + 8 : at + 12], "little")
    data[table + 4 : table + 8] = bytes(4)
    (tmp_path / "a.ndpi").write_bytes(data)
    with pytest.raises(FormatError, match="overlap"):
        open_reader(tmp_path / "a.ndpi")


def test_channels_and_levels_of_leica() -> None:
    with open_reader(made("a.scn")) as reader:
        info = reader.info()
        image = info.images[0]
        assert [one.name for one in info.images] == ["image_1", "macro image"]
        assert (image.size_c, image.pixel_type, len(image.levels)) == (2, "uint16", 2)
        assert [channel.name for channel in image.channels] == ["405|Empty", "L5|Empty"]
        assert image.physical_size_x == image.physical_size_y == (0.5, "µm")
        assert image.objective is not None and image.objective.lens_na == 0.4
        assert image.acquired is not None and image.acquired.year == 2020
    assert np.array_equal(stack_of(made("a.scn"))[0, :, 0], np.stack(FULL))
    assert np.array_equal(stack_of(made("a.scn"), 0, 1)[0, :, 0], np.stack(HALF))
    assert np.array_equal(stack_of(made("a.scn"), 1)[0, :, 0].transpose(1, 2, 0), OVERVIEW)


@pytest.mark.parametrize(("old", "new"), [(b'ifd="3"', b'ifd="9"'), (b'ifd="4"', b'ifd="x"'), (b'c="1"', b'c="7"')])
def test_table_of_leica_that_makes_no_sense(old: bytes, new: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.scn"
    path.write_bytes(made("a.scn").read_bytes().replace(old, new, 1))
    with pytest.raises(FormatError):
        open_reader(path)


def test_a_slide_of_leica_of_one_picture(tmp_path: Path) -> None:
    write_scn(tmp_path / "a.scn", OVERVIEW, [[PICTURE[:48, :64]]])
    with open_reader(tmp_path / "a.scn") as reader:
        assert reader.image(0).size_c == 3 and reader.image(0).is_rgb
    assert np.array_equal(stack_of(tmp_path / "a.scn")[0, 2, 0], PICTURE[:48, :64, 2])


def test_channels_and_extras_of_akoya() -> None:
    with open_reader(made("a.qptiff")) as reader:
        info = reader.info()
        image = info.images[0]
        assert [one.name for one in info.images] == ["resolution #1", "thumbnail", "Overview", "Label"]
        assert [(channel.name, channel.color) for channel in image.channels] == [
            ("DAPI", -16744193), ("Opal 520", -16744193),
        ]  # fmt: skip
        assert image.objective is not None and image.objective.nominal_magnification == 40
        assert image.physical_size_x == (0.5, "µm") and image.description == "S1"
    for level, expected in enumerate((FULL, [plane[::2, ::2] for plane in FULL])):
        assert np.array_equal(stack_of(made("a.qptiff"), 0, level)[0, :, 0], np.stack(expected))


def test_component_data_of_inform(tmp_path: Path) -> None:
    planes = {"Alexa 594": FULL[0].astype(np.float32) / 7, "DAPI": FULL[1].astype(np.float32)}
    write_qptiff(tmp_path / "component_data.tif", planes, {})
    with open_reader(tmp_path / "component_data.tif") as reader:
        image = reader.image(0)
        assert (reader.info().reader, image.size_c, image.pixel_type) == ("vectra", 2, "float")
    assert np.array_equal(stack_of(tmp_path / "component_data.tif")[0, :, 0], np.stack(list(planes.values())))
