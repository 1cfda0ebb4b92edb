"""Olympus OIF and OIB: metadata, grouping of files, missing pictures; compound files that lie."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile

from omero_server.formats.base import FormatError
from omero_server.formats.compound import CompoundFile
from omero_server.formats.oifstore import folder_of, settings_of
from omero_server.formats.registry import open_reader
from omero_server.formats.scan import scan
from tests.support.oif import unbundled
from tests.support.packed import packed


@pytest.fixture
def oif(tmp_path: Path) -> Path:
    """A copy to change."""
    source = unbundled("test.oib")
    shutil.copy(source, tmp_path)
    shutil.copytree(folder_of(source), tmp_path / folder_of(source).name)
    return tmp_path / source.name


def test_channels_objective_and_planes() -> None:
    with open_reader(packed("test.oib")) as reader:
        image = reader.image(0)
        green, red, grey = image.channels
        assert (green.color, red.color, grey.color) == (0x00FF00FF, -0x00FFFF01, -1)
        assert (red.fluor, red.emission_wavelength, red.excitation_wavelength) == (
            "Alexa Fluor 546", (572.0, "nm"), (543.0, "nm"),
        )  # fmt: skip
        assert (red.illumination, grey.illumination) == ("Epifluorescence", "Transmitted")
        assert red.pinhole_size == (100.0, "µm") and grey.pinhole_size is None
        assert green.light_source is not None and green.light_source.wavelength == (488.0, "nm")
        assert green.detector is not None and green.detector.voltage == (1050.0, "V")
        assert [part.values["Model"] for part in image.parts] == ["DM488/543/633", "BA505-525", "BA575-675"]
        assert image.parts[2].transmittance == {"CutIn": "575", "CutOut": "675"}
        paths = [channel.light_path for channel in image.channels]
        assert [path and (path.dichroic, path.emission) for path in paths] == [
            ("Dichroic:0", ["Filter:1"]), ("Dichroic:0", ["Filter:2"]), ("Dichroic:0", []),
        ]  # fmt: skip
        assert image.objective is not None and image.objective.model == "UPLFLN 40X NA:0.75"
        assert image.microscope is not None and image.microscope.model == "FLUOVIEW FV1000"
        assert image.acquired is not None and image.acquired.isoformat() == "2012-07-26T15:13:35.976000"
        assert image.significant_bits == 12 and image.description == "40xWater 488 0.3% 543 0%"
        assert image.planes[0].position_z == (pytest.approx(-994.15), "µm")
        assert reader.info().metadata["File Info|UserName"] == "Guest"


def test_the_folder_is_one_fileset_from_any_of_its_files(oif: Path) -> None:
    result = scan([oif.parent])
    assert [(found.entry, found.reader) for found in result.candidates] == [(oif, "oif")] and not result.refusals
    with open_reader(folder_of(oif) / "s_C002.tif") as reader, open_reader(packed("test.oib")) as bundled:
        assert reader.info().entry == oif and len(reader.info().used_files) == 13
        assert np.array_equal(reader.read(0, 0, 0, 1, 0, 0, 0, 256, 256), bundled.read(0, 0, 0, 1, 0, 0, 0, 256, 256))


def test_slices_times_and_steps_of_the_spectrum(oif: Path) -> None:
    folder = folder_of(oif)
    for number, name in enumerate(("s_L001Z001T002", "s_L001Z002T002", "s_L002Z001T002", "s_L002Z002T002")):
        tifffile.imwrite(folder / f"{name}.tif", np.full((4, 4), 1000 + number, np.uint16))
    for name in ("s_C001", "s_C002", "s_C003"):
        (folder / f"{name}.tif").unlink()
    with open_reader(oif) as reader:
        image = reader.image(0)
        assert (image.size_z, image.size_c, image.size_t) == (2, 2, 1)
        found = [int(reader.read(0, 0, z, c, 0, 0, 0, 1, 1)[0, 0]) for c in (0, 1) for z in (0, 1)]
    assert found == [1000, 1001, 1002, 1003]


def test_missing_or_short_pictures_are_refused(oif: Path) -> None:
    folder = folder_of(oif)
    for channel in (1, 2, 3):
        (folder / f"s_C00{channel}.tif").rename(folder / f"s_C00{channel}T001.tif")
    shutil.copy(folder / "s_C001T001.tif", folder / "s_C001T002.tif")
    with pytest.raises(FormatError, match="should have 6 pictures but has 4"):
        open_reader(oif)
    (folder / "s_C001T002.tif").unlink()
    (folder / "s_C003T001.tif").write_bytes(b"short")
    with pytest.raises(FormatError, match="cut short"):
        open_reader(oif)
    shutil.rmtree(folder)
    with pytest.raises(FormatError, match="missing"):
        open_reader(oif)


def test_settings_in_any_encoding() -> None:
    text = "[A]\r\nKey=\"value\"\r\n[B]\r\nPath='a=b'\r\n"
    expected = {"": {}, "A": {"Key": "value"}, "B": {"Path": "a=b"}}
    assert settings_of(text.encode("utf-16")) == expected == settings_of(text.encode())


@pytest.mark.parametrize(
    ("at", "layout", "value", "reason"),
    [
        (30, "<H", 40, "sectors of 2\\^40"),
        (48, "<I", 1 << 20, "there is no sector"),
        (68, "<I", 1 << 24, "cut short"),
        (44, "<I", 0, None),
    ],
)
def test_lying_compound_headers(at: int, layout: str, value: int, reason: str | None, tmp_path: Path) -> None:
    data = bytearray(packed("test.oib").read_bytes())
    struct.pack_into(layout, data, at, value)
    (tmp_path / "a.oib").write_bytes(data)
    if reason is None:
        assert CompoundFile(tmp_path / "a.oib").names
        return
    with pytest.raises(FormatError, match=reason):
        CompoundFile(tmp_path / "a.oib")


def test_a_chain_of_sectors_that_loops_ends(tmp_path: Path) -> None:
    data = bytearray(packed("test.oib").read_bytes())
    first, table = struct.unpack_from("<I", data, 48)[0], struct.unpack_from("<I", data, 76)[0]
    struct.pack_into("<I", data, (table + 1) * 512 + 4 * (first % 128), first)
    (tmp_path / "a.oib").write_bytes(data)
    try:
        CompoundFile(tmp_path / "a.oib")
    except FormatError as error:
        assert error.reason
