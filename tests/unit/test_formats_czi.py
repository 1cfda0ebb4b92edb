"""Zeiss CZI beyond the samples: pyramids, mosaics, compressed colour, hostile directories."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from omero_server.formats.base import FormatError
from omero_server.formats.registry import open_reader
from tests.support.czi_writer import Block, write_czi
from tests.support.packed import packed


def test_levels_and_mosaic(tmp_path: Path) -> None:
    whole = np.arange(64 * 96, dtype=np.uint16).reshape(64, 96)
    tiles = [
        Block({"C": 0, "M": x // 48 + 2 * (y // 32), "X": 1000 + x, "Y": -500 + y}, (48, 32), (48, 32),
              np.ascontiguousarray(whole[y : y + 32, x : x + 48]).tobytes(), pixels=1)
        for y in (32, 0) for x in (0, 48)
    ]  # fmt: skip
    small = np.ascontiguousarray(whole[::2, ::2])
    packed_small = imagecodecs.zstd_encode(small.tobytes())
    level = Block({"C": 0, "X": 1000, "Y": -500}, (96, 64), (48, 32), packed_small, pixels=1, compression=5)
    write_czi(tmp_path / "a.czi", [*tiles, level])
    with open_reader(tmp_path / "a.czi") as reader:
        image = reader.image(0)
        assert [(size.width, size.height) for size in image.levels] == [(96, 64), (48, 32)]
        assert image.tile_size == (48, 32)
        assert np.array_equal(reader.read(0, 0, 0, 0, 0, 0, 0, 96, 64), whole)
        assert np.array_equal(reader.read(0, 0, 0, 0, 0, 40, 20, 20, 30), whole[20:50, 40:60])
        assert np.array_equal(reader.read(0, 1, 0, 0, 0, 0, 0, 48, 32), small)


def test_a_level_that_misses_a_plane_is_left_out(tmp_path: Path) -> None:
    full = [Block({"C": c, "X": 0, "Y": 0}, (8, 8), (8, 8), bytes(64)) for c in (0, 1)]
    write_czi(tmp_path / "a.czi", [*full, Block({"C": 0, "X": 0, "Y": 0}, (8, 8), (4, 4), bytes(16))])
    with open_reader(tmp_path / "a.czi") as reader:
        assert len(reader.image(0).levels) == 1 and reader.image(0).size_c == 2


@pytest.mark.parametrize("kind", ["jpegxr", "jpeg", "raw"])
def test_colours_are_in_the_order_red_green_blue(kind: str, tmp_path: Path) -> None:
    colour = np.zeros((16, 24, 3), np.uint8)
    colour[...] = (200, 100, 20)
    stream = io.BytesIO()
    Image.fromarray(colour).save(stream, "JPEG", quality=98, subsampling=0)
    data, compression = {
        "jpegxr": (imagecodecs.jpegxr_encode(colour), 4),
        "jpeg": (stream.getvalue(), 1),
        "raw": (np.ascontiguousarray(colour[..., ::-1]).tobytes(), 0),
    }[kind]
    write_czi(tmp_path / "a.czi", [Block({"X": 0, "Y": 0}, (24, 16), (24, 16), data, 3, compression)])
    with open_reader(tmp_path / "a.czi") as reader:
        values = [int(reader.read(0, 0, 0, c, 0, 5, 5, 1, 1)[0, 0]) for c in range(3)]
    assert values == pytest.approx([200, 100, 20], abs=3)


def test_high_and_low_bytes_stored_apart(tmp_path: Path) -> None:
    plane = np.arange(6 * 5, dtype=np.uint16).reshape(5, 6) * 999
    halves = np.ascontiguousarray(plane.view(np.uint8).reshape(-1, 2).T).tobytes()
    data = b"\3\1\1" + imagecodecs.zstd_encode(halves)
    write_czi(tmp_path / "a.czi", [Block({"X": 0, "Y": 0}, (6, 5), (6, 5), data, 1, 6)])
    with open_reader(tmp_path / "a.czi") as reader:
        assert np.array_equal(reader.read(0, 0, 0, 0, 0, 0, 0, 6, 5), plane)


def test_planes_follow_their_dimensions_even_in_a_subset(tmp_path: Path) -> None:
    blocks = [
        Block({"Z": z, "T": t, "C": 3, "X": 0, "Y": 0}, (2, 2), (2, 2), bytes([z * 10 + t] * 4))
        for t in (7, 5) for z in (4, 2, 3)
    ]  # fmt: skip
    write_czi(tmp_path / "a.czi", blocks)
    with open_reader(tmp_path / "a.czi") as reader:
        image = reader.image(0)
        assert (image.size_z, image.size_c, image.size_t) == (3, 1, 2)
        assert reader.read(0, 0, 2, 0, 1, 0, 0, 1, 1)[0, 0] == 47


def test_a_picture_of_another_size_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    data = imagecodecs.jpegxr_encode(np.zeros((64, 64), np.uint8))
    write_czi(tmp_path / "a.czi", [Block({"X": 0, "Y": 0}, (8, 8), (8, 8), data, 0, 4)])
    with open_reader(tmp_path / "a.czi") as reader, pytest.raises(FormatError, match="64"):
        reader.read(0, 0, 0, 0, 0, 0, 0, 8, 8)


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (Block({"X": 0, "Y": 0}, (9, 9), (9, 9), bytes(4)), "declares|pixels"),
        (Block({"X": 0, "Y": 0}, (1 << 20, 1 << 20), (1 << 20, 1 << 20), b"", 0, 5), "1048576"),
        (Block({"X": 0, "Y": 0}, (2, 2), (2, 2), bytes(4), 77), "unknown type 77"),
        (Block({"X": 0, "Y": 0}, (2, 2), (2, 2), bytes(4), 0, 99), "unknown compression 99"),
        (Block({"X": 0}, (2, 2), (2, 2), bytes(4)), "without pixels"),
    ],
)
def test_hostile_directories_are_refused(block: Block, reason: str, tmp_path: Path) -> None:
    write_czi(tmp_path / "a.czi", [block])
    with pytest.raises(FormatError, match=reason), open_reader(tmp_path / "a.czi") as reader:
        image = reader.image(0)
        reader.read(0, 0, 0, 0, 0, 0, 0, image.size_x, image.size_y)


def test_an_unfinished_file_is_refused(tmp_path: Path) -> None:
    write_czi(tmp_path / "a.czi", [Block({"X": 0, "Y": 0}, (2, 2), (2, 2), bytes(4))])
    data = bytearray((tmp_path / "a.czi").read_bytes())
    struct.pack_into("<q", data, 32 + 52, 0)
    (tmp_path / "a.czi").write_bytes(data)
    with pytest.raises(FormatError, match="no directory"):
        open_reader(tmp_path / "a.czi")


def test_instrument_and_positions_of_a_slide() -> None:
    with open_reader(packed("S3_1Pos_2Mosaic_T1_Z1_CH1.czi")) as reader:
        image = reader.image(0)
        channel, plane = image.channels[0], image.planes[0]
        assert image.objective is not None and image.objective.lens_na == 0.35
        assert image.microscope is not None and image.microscope.model == "Celldiscoverer 7"
        assert channel.emission_wavelength == (465.0, "nm") and channel.excitation_wavelength == (353.0, "nm")
        assert channel.light_source is not None and channel.light_source.kind == "LightEmittingDiode"
        assert channel.detector is not None and channel.detector.binning == "1x1"
        assert plane.exposure_time == (pytest.approx(0.002), "s") and plane.position_x == (38397.296, "µm")
        assert channel.filter_set == "FilterSet:1"
        kinds = [part.kind for part in image.parts]
        assert kinds == ["Filter"] * 6 + ["Dichroic"] * 2 + ["FilterSet"] * 2
        assert image.parts[0].transmittance == {"CutIn": "412", "CutOut": "433"}
        path = image.parts[8].path
        assert path is not None and (path.dichroic, path.emission[0]) == ("Dichroic:1", "Filter:1")
        assert image.stage_label["Name"] == "TR1"
        assert [one.name for one in reader.info().images] == ["TR1", "P1", "TR2"]
        assert image.acquired is not None and image.acquired.year == 2021
        assert reader.info().metadata["DisplaySetting|Channels|Channel|Name"] == "DAPI"
