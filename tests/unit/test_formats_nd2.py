"""Nikon ND2: places and times of planes, positions as images, colours, lossless compression."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from omero_server.formats.base import FormatError
from omero_server.formats.info import FilesetInfo, ImageInfo
from omero_server.formats.nd2 import Nd2Reader
from omero_server.formats.registry import open_reader
from tests.support.packed import packed


def test_channels_objective_and_planes() -> None:
    with open_reader(packed("cluster.nd2")) as reader:
        image = reader.image(0)
        channel, plane = image.channels[0], image.planes[0]
        assert channel.emission_wavelength == (525.0, "nm") and channel.excitation_wavelength == (488.0, "nm")
        assert channel.color == 0x78E90FFF and channel.acquisition_mode == "LaserScanningConfocalMicroscopy"
        assert channel.detector is not None and channel.detector.model == "Nikon A1plus"
        assert image.objective is not None
        assert (image.objective.nominal_magnification, image.objective.lens_na) == (60.0, 0.95)
        assert (image.objective.correction, image.objective.immersion) == ("PlanApo", None)
        assert len(image.planes) == 60 and image.significant_bits == 12
        assert all(one.exposure_time == (pytest.approx(996.9976), "ms") for one in image.planes)
        assert plane.delta_t == (pytest.approx(445.0835), "ms") and plane.position_z == (pytest.approx(3912.3375), "µm")
        assert image.acquired is not None and image.acquired.isoformat() == "2014-06-18T13:55:23"


@pytest.mark.parametrize("compressed", [False, True])
def test_colours_are_stored_backwards_and_rows_may_be_padded(compressed: bool, tmp_path: Path) -> None:
    plane = np.zeros((3, 5, 3), np.uint8)
    plane[1, 2] = (1, 2, 3)
    data = b"".join(plane[row].tobytes() + b"\xff" for row in range(3))
    path = tmp_path / "a.nd2"
    stored = zlib.compress(data) if compressed else data
    path.write_bytes(b"head" + stored)
    index = {
        "frames": [[4, len(stored)], []], "dtype": "|u1", "row": 16, "samples": 3, "compressed": compressed,
    }  # fmt: skip
    image = ImageInfo("a", 5, 3, size_c=3, size_t=2, index=index)
    with Nd2Reader(FilesetInfo("NativeND2", "nd2", "1", [path], [image])) as reader:
        assert [int(reader.read(0, 0, 0, c, 0, 2, 1, 1, 1)[0, 0]) for c in range(3)] == [3, 2, 1]
        assert not reader.read(0, 0, 0, 0, 1, 0, 0, 5, 3).any()


def test_a_map_that_points_beyond_the_file(tmp_path: Path) -> None:
    data = bytearray(packed("cluster.nd2").read_bytes())
    struct.pack_into("<Q", data, len(data) - 8, len(data))
    (tmp_path / "a.nd2").write_bytes(data)
    with pytest.raises(FormatError):
        open_reader(tmp_path / "a.nd2")


def test_a_chunk_that_declares_more_than_there_is(tmp_path: Path) -> None:
    data = bytearray(packed("cluster.nd2").read_bytes())
    name = data.index(b"ImageAttributesLV!")
    struct.pack_into("<Q", data, name - 8, 1 << 40)
    (tmp_path / "a.nd2").write_bytes(data)
    with pytest.raises(FormatError, match="ends within the chunk"):
        open_reader(tmp_path / "a.nd2")
