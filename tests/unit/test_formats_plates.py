"""Plates of screening microscopes: Harmony, CellVoyager, ImageXpress, Cellomics."""

from __future__ import annotations

import hashlib
import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile

from omero_server.formats.base import FormatError
from omero_server.formats.cellomics import CellomicsReader
from omero_server.formats.conformance import ReaderConformance
from omero_server.formats.harmony import HarmonyReader
from omero_server.formats.imagexpress import ImageXpressReader
from omero_server.formats.registry import open_reader, reader_for
from omero_server.formats.scan import scan
from omero_server.formats.yokogawa import CellVoyagerReader
from tests.support.damage import read_some, refuses_cuts, survives_wrong_bytes
from tests.support.stacks import stack_of

DATA = Path(__file__).parents[1] / "data"
HARMONY, YOKOGAWA = DATA / "hcs-operetta/Images/Index.idx.xml", DATA / "hcs-yokogawa/MeasurementData.mlf"
IMAGEXPRESS, CELLOMICS = DATA / "hcs-imagexpress/9987_Plate_3420/9987.HTD", DATA / "hcs-cellomics/made.C01"
PLATES = [HARMONY, YOKOGAWA, IMAGEXPRESS]
FOREIGN = [DATA / "png/camera.png", DATA / "tiff/sample.tif", DATA / "ome-xml/6x4y1z1t1c8b-swatch.ome", DATA]


class TestHarmony(ReaderConformance):
    reader = HarmonyReader
    samples = sorted(HARMONY.parent.iterdir())
    foreign = FOREIGN


class TestCellVoyager(ReaderConformance):
    reader = CellVoyagerReader
    samples = [YOKOGAWA, YOKOGAWA.with_name("plate_D08_T0001F001L01A01Z02C01.tif")]
    foreign = FOREIGN


class TestImageXpress(ReaderConformance):
    reader = ImageXpressReader
    samples = [IMAGEXPRESS, *sorted(IMAGEXPRESS.parent.glob("TimePoint_1/*"))]
    foreign = FOREIGN


class TestCellomics(ReaderConformance):
    reader = CellomicsReader
    samples = [CELLOMICS]
    foreign = FOREIGN


def test_plate_of_harmony() -> None:
    with open_reader(HARMONY) as reader:
        info, image = reader.info(), reader.image(1)
        (plate,) = info.plates
        assert (plate.name, plate.rows, plate.columns) == ("Test_Sample_BALL", 16, 24)
        assert plate.external_identifier == "6f2adb32-6c4b-4583-b792-9aefb0aa3cf0"
        ((row, column, samples),) = [(well.row, well.column, well.samples) for well in plate.wells]
        assert (row, column, [one.image for one in samples]) == (2, 2, [0, 1])
        assert samples[0].position_x == (pytest.approx(-645.814), "µm")
        assert image.name == "Well C03, Field 2"
        (channel,) = image.channels
        assert (channel.name, channel.emission_wavelength) == ("Fluorescein (FITC)", (525.0, "nm"))
        assert image.objective is not None and image.objective.lens_na == 0.3
        assert image.planes[0].exposure_time == (0.006, "s")
        assert image.planes[0].delta_t == (pytest.approx(0.577), "s")
        assert image.physical_size_x == (pytest.approx(1.19595, rel=1e-4), "µm")
        assert info.metadata["InstrumentType"] == "Sonata"
        assert int(reader.read(1, 0, 0, 0, 0, 0, 0, 1, 1)[0, 0]) == 2


def test_plate_of_cellvoyager() -> None:
    with open_reader(YOKOGAWA) as reader:
        info = reader.info()
        (plate,) = info.plates
        assert (plate.rows, plate.columns) == (8, 12)
        assert [(well.row, well.column, len(well.samples)) for well in plate.wells] == [(3, 7, 2), (4, 2, 1)]
        image = info.images[0]
        assert (image.size_z, image.size_c, image.size_t) == (2, 2, 1)
        assert [channel.name for channel in image.channels] == ["BP445/45", "BP525/50"]
        assert image.channels[0].color == 0x002FFFFF and image.channels[1].excitation_wavelength == (488.0, "nm")
        assert image.physical_size_x == (0.325, "µm") and image.physical_size_z == (3.0, "µm")
        assert image.objective is not None and image.objective.nominal_magnification == 20
        assert [file.name for file in info.used_files[:3]] == [
            "MeasurementData.mlf", "MeasurementDetail.mrf", "Minimal-3C3W2S-FP2-stack.mes",
        ]  # fmt: skip
        for z, c in ((0, 0), (1, 0), (0, 1), (1, 1)):
            expected = tifffile.imread(YOKOGAWA.with_name(f"plate_D08_T0001F002L01A0{c + 1}Z0{z + 1}C0{c + 1}.tif"))
            assert np.array_equal(reader.read(1, 0, z, c, 0, 0, 0, 12, 10), expected)
        # A plane that was not taken.
        assert not reader.read(2, 0, 1, 0, 0, 0, 0, 12, 10).any()


def test_plate_of_imagexpress() -> None:
    with open_reader(IMAGEXPRESS.parent / "TimePoint_1/9987_B02.TIF") as reader:
        info, image = reader.info(), reader.image(0)
        (plate,) = info.plates
        assert (plate.name, plate.rows, plate.columns) == ("9987", 8, 12)
        assert plate.external_identifier == "af67a541-a074-4ed4-a516-912d0171b177"
        assert [(well.row, well.column) for well in plate.wells] == [(1, 1)]
        assert [channel.name for channel in image.channels] == ["DAPI"]
        assert image.channels[0].emission_wavelength == (452.0, "nm")
        assert image.planes[0].exposure_time == (100.0, "ms") and image.physical_size_x == (1.3672, "µm")
    plane = stack_of(IMAGEXPRESS)[0, 0, 0]
    assert hashlib.sha1(plane.tobytes()).hexdigest() == "ad907a357a54e481e45b669812b6858d47dd0129"


def test_imagexpress_with_sites_wavelengths_slices_and_times(tmp_path: Path) -> None:
    text = (
        '"HTSInfoFile", Version 1.0\n"XWells", 24\n"YWells", 16\n"WaveName1", "DAPI"\n"WaveName2", "GFP"\n"EndFile"\n'
    )
    (tmp_path / "p.HTD").write_text(text)
    values = {}
    for number, (t, z, well, site, wave) in enumerate(np.ndindex(2, 2, 2, 2, 2)):
        folder = tmp_path / f"TimePoint_{t + 1}/ZStep_{z + 1}"
        folder.mkdir(parents=True, exist_ok=True)
        name = f"p_{'AP'[well]}0{well + 1}_s{site + 1}_w{wave + 1}E4C2A8C9-12AB-4CDE-9F00-0123456789AB.tif"
        tifffile.imwrite(folder / name, np.full((4, 5), number, np.uint16), metadata=None)
        tifffile.imwrite(folder / name.replace("E4C2", "_thumbE4C2"), np.zeros((2, 2), np.uint16), metadata=None)
        values[t, z, well, site, wave] = number
    with open_reader(tmp_path / "p.HTD") as reader:
        info = reader.info()
        assert [(well.row, well.column) for well in info.plates[0].wells] == [(0, 0), (15, 1)]
        assert len(info.images) == 4 and len(info.used_files) == 33
        for (t, z, well, site, wave), number in values.items():
            assert reader.read(2 * well + site, 0, z, wave, t, 0, 0, 1, 1)[0, 0] == number


@pytest.mark.parametrize("index", PLATES, ids=lambda path: path.name)
def test_folders_of_plates_are_one_fileset(index: Path, tmp_path: Path) -> None:
    shutil.copytree(index.parent, tmp_path / "plate")
    files = len(open_reader(index).info().used_files)
    tifffile.imwrite(tmp_path / "plate/shading.tif", np.zeros((4, 4), np.uint8), metadata=None)
    result = scan([tmp_path])
    assert sorted(len(one.files) for one in result.candidates) == [1, files] and not result.refusals
    assert reader_for(tmp_path / "plate/shading.tif").name == "tiff"


@pytest.mark.parametrize("index", [HARMONY, YOKOGAWA], ids=lambda path: path.name)
def test_missing_and_foreign_files(index: Path, tmp_path: Path) -> None:
    shutil.copytree(index.parent, tmp_path / "plate")
    copy = tmp_path / "plate" / index.name
    text = copy.read_text("utf-8-sig")
    image = sorted(copy.parent.glob("*.tif*"))[-1]
    copy.write_text(text.replace(image.name, "../../secret.tif"))
    with pytest.raises(FormatError, match="outside of its folder"):
        open_reader(copy)
    copy.write_text(text)
    image.unlink()
    with pytest.raises(FormatError, match=f"names {image.name}, which is missing"):
        open_reader(copy)
    image.write_text("no image")
    with pytest.raises(FormatError, match="is no TIFF file"):
        open_reader(copy)


@pytest.mark.parametrize("index", PLATES, ids=lambda path: path.name)
def test_plates_that_are_links(index: Path, tmp_path: Path) -> None:
    """As files that are imported in place are."""
    for file in open_reader(index).info().used_files:
        link = tmp_path / "plate" / file.relative_to(index.parent)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(file)
    with open_reader(tmp_path / "plate" / index.name) as reader:
        assert reader.read(0, 0, 0, 0, 0, 0, 0, 2, 2).shape == (2, 2)


@pytest.mark.parametrize("index", PLATES, ids=lambda path: path.name)
def test_damaged_indexes(index: Path, tmp_path: Path) -> None:
    shutil.copytree(index.parent, tmp_path / "plate")
    copy = tmp_path / "plate" / index.name
    whole = copy.read_bytes()
    rng = np.random.default_rng(8)
    for _ in range(60):
        damaged = bytearray(whole)
        for at in rng.integers(0, len(whole), 4):
            damaged[at] = int(rng.integers(32, 127))
        copy.write_bytes(damaged)
        try:
            read_some(copy)
        except FormatError:
            continue
    copy.write_bytes(whole[: len(whole) // 2])
    if index != IMAGEXPRESS:
        with pytest.raises(FormatError):
            open_reader(copy)


def test_settings_and_corrections_belong_to_the_plate(tmp_path: Path) -> None:
    folder = tmp_path / "plate"
    shutil.copytree(YOKOGAWA.parent, folder)
    correction = next(folder.glob("*Z01C01.tif"))
    for name in ("a.wpi", "product.wpp", "DC_camera.tif", "SC_BP445.tif", "geometry_parameter.xml"):
        shutil.copy(correction if name.endswith(".tif") else YOKOGAWA, folder / name)
    (candidate,) = scan([folder]).candidates
    assert candidate.reader == "cellvoyager" and set(candidate.files) == {*folder.iterdir()}
    with open_reader(folder / "a.wpi") as reader:
        assert reader.info().entry.name == YOKOGAWA.name
        assert [image.name for image in reader.info().images][:2] == ["Well D8, Field 1", "Well D8, Field 2"]


def test_cellomics_sizes_and_damage(tmp_path: Path) -> None:
    head = struct.pack("<IiiHH8x2i20x", 40, 2, 2, 1, 16, 775193, 0)
    (tmp_path / "size.c01").write_bytes(b"\0\0\0\x10" + zlib.compress(head + bytes(8)))
    with open_reader(tmp_path / "size.c01") as reader:
        assert reader.image(0).physical_size_x == (pytest.approx(1.29, rel=1e-4), "µm")
        assert reader.image(0).physical_size_y is None
    assert np.array_equal(stack_of(CELLOMICS)[0, 0, 0], np.arange(1200).reshape(30, 40) * 11 % 4000)
    refuses_cuts(CELLOMICS, tmp_path, (0.05, 0.5, 0.9))
    survives_wrong_bytes(CELLOMICS, tmp_path)
    for width, height, bits in ((60000, 60000, 16), (0, 5, 16), (5, 5, 12), (5, -5, 16)):
        head = struct.pack("<IiiHH36x", 40, width, height, 1, bits)
        (tmp_path / "a.c01").write_bytes(b"\0\0\0\x10" + zlib.compress(head + bytes(100)))
        with pytest.raises(FormatError):
            open_reader(tmp_path / "a.c01")


def test_indexes_with_entities_or_without_end(tmp_path: Path) -> None:
    shutil.copytree(HARMONY.parent, tmp_path / "plate")
    copy = tmp_path / "plate" / HARMONY.name
    text = copy.read_text("utf-8-sig")
    for wrong in (
        text.replace("<EvaluationInputData", '<!DOCTYPE a [<!ENTITY b "c">]><EvaluationInputData', 1),
        text.replace("<User>DRPscreening</User>", "<Image>" * 3000),
        text.replace("</Images>", "<Image>" + "<a/>" * 100),
    ):
        copy.write_text(wrong)
        with pytest.raises(FormatError):
            open_reader(copy)
