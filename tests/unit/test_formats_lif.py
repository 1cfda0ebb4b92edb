"""Leica LIF: spectra, optics and times, mosaics, colours, hostile headers."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from omero_server.formats.base import FormatError
from omero_server.formats.registry import open_reader
from tests.support.packed import packed


def _text(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _write(path: Path, dimensions: list[tuple[int, int, int]], channels: list[str], pixels: bytes) -> Path:
    """A project of one image; dimensions are (kind, extent, bytes to the next)."""
    parts = "".join(
        f'<DimensionDescription DimID="{kind}" NumberOfElements="{count}" BytesInc="{step}" Length="1e-5" Unit="m"/>'
        for kind, count, step in dimensions
    )
    xml = (
        '<LMSDataContainerHeader Version="2"><Element Name="Project"><Children><Element Name="Cells">'
        f"<Data><Image><ImageDescription><Channels>{''.join(channels)}</Channels><Dimensions>{parts}</Dimensions>"
        '</ImageDescription></Image></Data><Memory MemoryBlockID="Block_1"/></Element></Children></Element>'
        "</LMSDataContainerHeader>"
    )
    head = b"\x2a" + _text(xml)
    block = b"\x2a" + struct.pack("<Q", len(pixels)) + b"\x2a" + _text("Block_1")
    path.write_bytes(struct.pack("<II", 0x70, len(head)) + head + struct.pack("<II", 0x70, len(block)) + block + pixels)
    return path


def _channel(tag: int = 0, at: int = 0, bits: int = 8) -> str:
    return f'<ChannelDescription DataType="0" ChannelTag="{tag}" Resolution="{bits}" BytesInc="{at}"/>'


def test_optics_spectra_and_times() -> None:
    with open_reader(packed("LeicaLASX_wavelength-sweep_example.lif")) as reader:
        emission, excitation, stack = reader.info().images
        assert emission.objective is not None and emission.objective.model == "HC PL APO CS2 63x/1.30 GLYC"
        assert (emission.objective.lens_na, emission.objective.immersion) == (1.3, "Glycerol")
        assert emission.microscope is not None and emission.microscope.model == "DMI6000B-CS"
        assert emission.metadata["Emission wavelength of T 4"] == "580 nm"
        assert excitation.metadata["Excitation wavelength of T 2"] == "495 nm"
        laser = emission.channels[0].light_source
        assert laser is not None and (laser.model, laser.wavelength) == ("WLL", (543.0, "nm"))
        assert emission.channels[0].excitation_wavelength == (543.0, "nm")
        assert excitation.channels[0].light_source is None
        assert emission.channels[0].detector is not None and emission.channels[0].detector.model == "HyD 1"
        assert (stack.size_z, stack.size_c, stack.size_t) == (11, 1, 20)
        assert stack.metadata["Emission wavelength of T 12"] == "555 nm"
        assert stack.physical_size_z == (pytest.approx(0.5002027), "µm")
        assert stack.time_increment is None
        assert stack.acquired is not None and stack.acquired.isoformat() == "2021-01-29T14:43:39.392000"
        assert len(stack.planes) == 220 and stack.planes[0].position_x == (pytest.approx(35343.478), "µm")
        assert stack.metadata["Image|Attachment|Name"] == "PreviewMarker"


def test_tiles_of_a_mosaic_are_images(tmp_path: Path) -> None:
    tiles = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
    path = _write(tmp_path / "a.lif", [(1, 5, 1), (2, 4, 5), (10, 3, 20)], [_channel()], tiles.tobytes())
    with open_reader(path) as reader:
        assert [image.name for image in reader.info().images] == [f"Cells (tile {n})" for n in (1, 2, 3)]
        assert np.array_equal(reader.read(2, 0, 0, 0, 0, 0, 0, 5, 4), tiles[2])


def test_interleaved_colours_and_padded_rows(tmp_path: Path) -> None:
    rows = np.arange(2 * 16, dtype=np.uint8).reshape(2, 16)
    channels = [_channel(n + 1, n) for n in range(3)]
    path = _write(tmp_path / "a.lif", [(1, 5, 3), (2, 2, 16)], channels, rows.tobytes())
    with open_reader(path) as reader:
        assert reader.image(0).is_rgb and reader.image(0).size_c == 3
        for c in range(3):
            assert np.array_equal(reader.read(0, 0, 0, c, 0, 1, 0, 3, 2), rows[:, 3 + c : 12 + c : 3])


@pytest.mark.parametrize(
    ("dimensions", "reason"),
    [
        ([(1, 5, 1), (2, 4, 5), (3, 2, 20)], "declares 40 bytes"),
        ([(1, 5, 1), (2, 4, 2)], "declares"),
        ([(1, 0, 1), (2, 4, 5)], "declares"),
        ([(1, 5, 1), (2, 4, 5), (10, 1 << 30, 0)], "declares 1073741824 tiles"),
        ([(1, 5, 1), (2, 2, 5), (77, 2, 10)], "unknown arrangement"),
        ([(1, 5, 1)], "holds no images"),
    ],
)
def test_hostile_headers_are_refused(dimensions: list[tuple[int, int, int]], reason: str, tmp_path: Path) -> None:
    path = _write(tmp_path / "a.lif", dimensions, [_channel()], bytes(20))
    with pytest.raises(FormatError, match=reason):
        open_reader(path)


def test_a_block_beyond_the_end_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.lif", [(1, 5, 1), (2, 4, 5)], [_channel()], bytes(20))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FormatError, match="ends within the block Block_1"):
        open_reader(path)
