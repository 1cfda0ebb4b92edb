"""ICS, SPE, SDT and Gatan: orders, packing, metadata, hostile headers."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from omero_server.formats.base import FormatError
from omero_server.formats.gatan import GatanReader
from omero_server.formats.registry import open_reader
from omero_server.formats.scan import scan
from tests.support.packed import packed
from tests.support.sdt import sdt_sample, write_sdt


def _ics(order: str, sizes: str, *more: str, packing: str = "uncompressed") -> bytes:
    """A header of version 2, up to its end."""
    lines = [
        "ics_version\t2.0", "filename\ta", "source\tfile\ta.ics", f"layout\torder\tbits {order}".replace(" ", "\t"),
        f"layout\tsizes\t{sizes}".replace(" ", "\t"), "layout\tsignificant_bits\t12",
        "representation\tformat\tinteger", "representation\tsign\tunsigned", f"representation\tcompression\t{packing}",
        *more, "end",
    ]  # fmt: skip
    return ("\t\n" + "\n".join(lines) + "\n").encode("latin-1")


def test_ics_with_channels_first_and_the_other_byte_order(tmp_path: Path) -> None:
    pixels = np.arange(2 * 5 * 4 * 3, dtype=np.uint16).reshape(3, 4, 5, 2)
    head = _ics(
        "ch x y z", "16 2 5 4 3", "representation\tbyte_order\t2\t1",
        "parameter\tscale\t1.0\t1.0\t0.1\t0.2\t0.5", "parameter\tunits\tbits\tn/a\tum\tum\tmicrons",
        "sensor\ts_params\tLambdaEm\t525.0\t617.0", "sensor\ts_params\tNumAperture\t1.4",
    )  # fmt: skip
    (tmp_path / "a.ics").write_bytes(head + pixels.astype(">u2").tobytes())
    with open_reader(tmp_path / "a.ics") as reader:
        image = reader.image(0)
        assert (image.size_x, image.size_y, image.size_z, image.size_c, image.size_t) == (5, 4, 3, 2, 1)
        assert image.significant_bits == 12 and image.dimension_order == "XYCZT"
        assert (image.physical_size_x, image.physical_size_z) == ((0.1, "µm"), (0.5, "µm"))
        assert [channel.emission_wavelength for channel in image.channels] == [(525.0, "nm"), (617.0, "nm")]
        assert image.objective is not None and image.objective.lens_na == 1.4
        for z, c in np.ndindex(3, 2):
            assert np.array_equal(reader.read(0, 0, z, c, 0, 1, 1, 3, 2), pixels[z, 1:3, 1:4, c])


def test_ics_packed_with_gzip(tmp_path: Path) -> None:
    pixels = np.arange(6, dtype=np.uint8).reshape(2, 3)
    (tmp_path / "a.ics").write_bytes(_ics("x y", "8 3 2", packing="gzip") + gzip.compress(pixels.tobytes()))
    with open_reader(tmp_path / "a.ics") as reader:
        assert np.array_equal(reader.read(0, 0, 0, 0, 0, 0, 0, 3, 2), pixels)


def test_ics_pairs_are_one_fileset(tmp_path: Path) -> None:
    header = packed("testim/testim.ics")
    (candidate,) = scan([header.parent]).candidates
    assert (candidate.entry, [file.name for file in candidate.files]) == (header, ["testim.ics", "testim.ids"])
    assert scan([header.with_suffix(".ids")]).candidates == [candidate]
    (tmp_path / "a.ics").write_bytes(header.read_bytes())
    with pytest.raises(FormatError, match=r"needs a\.ids, which is missing"):
        open_reader(tmp_path / "a.ics")


@pytest.mark.parametrize(
    ("order", "sizes", "reason"),
    [
        ("x y", "8 1000000 1000000", "truncated"),
        ("x y", "12 3 2", "12 bits"),
        ("x y", "8 3", "makes no sense"),
        ("x y z", "8 3 0 1", "makes no sense"),
        ("x x", "8 3 2", "unknown dimension"),
        ("y z", "8 3 2", "no rows"),
        ("x y z t ch odd", "8 1 1 1 1 1 2", "unknown dimension odd"),
    ],
)
def test_hostile_ics_layouts(order: str, sizes: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "a.ics").write_bytes(_ics(order, sizes) + bytes(6))
    with pytest.raises(FormatError, match=reason):
        open_reader(tmp_path / "a.ics")


def test_spe_header_of_version_2() -> None:
    with open_reader(packed("test_000_.SPE")) as reader:
        image = reader.image(0)
        assert image.acquired is not None and image.acquired.isoformat() == "2018-07-02T09:46:15"
        assert (image.description or "").startswith("OD 1.0 in r, g") and reader.info().metadata["Frames"] == "2"


def _lightfield(path: Path, regions: str, count: int = 2) -> Path:
    """Two regions of 2x3 and 4x1 pixels, and four bytes about each frame behind them."""
    frames = np.arange(2 * 12, dtype="<u2").reshape(2, 12)
    xml = (
        '<SpeFormat xmlns="http://www.princetoninstruments.com/spe/2009"><DataFormat>'
        f'<DataBlock type="Frame" count="{count}" pixelFormat="MonochromeUnsigned16" size="20" stride="24">{regions}'
        '</DataBlock></DataFormat><DataHistories><DataHistory><Origin created="2020-05-06T07:08:09.1234567+02:00"/>'
        "</DataHistory></DataHistories><Camera><ExposureTime>250</ExposureTime></Camera></SpeFormat>"
    )
    head = bytearray(4100)
    struct.pack_into("<f", head, 1992, 3.0)
    struct.pack_into("<Q", head, 678, 4100 + frames.nbytes)
    struct.pack_into("<iH", head, 2996, 0x01234567, 0)
    path.write_bytes(bytes(head) + frames.tobytes() + xml.encode())
    return path


def test_spe_regions_of_version_3(tmp_path: Path) -> None:
    regions = (
        '<DataBlock type="Region" width="2" height="3" size="12" stride="12"/>'
        '<DataBlock type="Region" width="4" height="1" size="8" stride="8"/>'
    )
    with open_reader(_lightfield(tmp_path / "a.spe", regions)) as reader:
        first, second = reader.info().images
        assert (first.name, second.name) == ("Region 1", "Region 2")
        assert (second.size_x, second.size_y, second.size_t) == (4, 1, 2)
        assert reader.read(1, 0, 0, 0, 1, 0, 0, 4, 1).tolist() == [[18, 19, 20, 21]]
        assert first.acquired is not None and first.acquired.isoformat() == "2020-05-06T07:08:09"
        assert first.planes[1].exposure_time == (250.0, "ms")
    for wrong, reason in ((regions.replace('"2"', '"200000"'), "truncated"), ("", "no regions")):
        with pytest.raises(FormatError, match=reason):
            open_reader(_lightfield(tmp_path / "a.spe", wrong))
    with pytest.raises(FormatError, match="declares"):
        open_reader(_lightfield(tmp_path / "a.spe", regions, count=-1))


@pytest.mark.parametrize("zipped", [False, True])
def test_sdt_steps_are_time_points_and_blocks_channels(zipped: bool, tmp_path: Path) -> None:
    blocks = list(np.random.default_rng(1).integers(0, 99, (2, 3, 4, 8)).astype(np.uint16))
    with open_reader(write_sdt(tmp_path / "a.sdt", blocks, zipped=zipped)) as reader:
        image = reader.image(0)
        assert (image.size_x, image.size_y, image.size_c, image.size_t) == (4, 3, 2, 8)
        assert image.time_increment == (pytest.approx(5e-8 / 4 / 8 * 1e12), "ps")
        assert image.acquired is not None and image.acquired.isoformat() == "2003-03-04T13:33:33"
        assert image.channels[1].acquisition_mode == "FluorescenceLifetime"
        for c, t in np.ndindex(2, 8):
            assert np.array_equal(reader.read(0, 0, 0, c, t, 1, 0, 3, 3), blocks[c][:, 1:4, t])


@pytest.mark.parametrize(
    ("at", "layout", "value", "reason"),
    [
        (18, "<h", -1, "declares -1 blocks"),
        (14, "<i", 1 << 30, "ends before|asks"),
        (28, "<h", 0, "unknown measurement"),
        (30, "<h", 10, "too few bytes"),
    ],
)
def test_hostile_sdt_headers(at: int, layout: str, value: int, reason: str, tmp_path: Path) -> None:
    data = bytearray(sdt_sample().read_bytes())
    struct.pack_into(layout, data, at, value)
    (tmp_path / "a.sdt").write_bytes(data)
    with pytest.raises(FormatError, match=reason):
        open_reader(tmp_path / "a.sdt")


def test_gatan_microscope_stage_and_time() -> None:
    with open_reader(packed("test_STEM_image.dm3")) as reader:
        image = reader.image(0)
        assert image.microscope is not None and image.microscope.model == "FEI Tecnai Remote"
        assert image.objective is not None and image.objective.nominal_magnification == 225000
        assert image.acquired is not None and image.acquired.isoformat() == "2016-08-08T16:26:37"
        assert image.planes[0].position_x == (pytest.approx(-461.276), "µm")
        assert image.metadata["DataBar|Device Name"] == "DigiScan"


def _gatan(path: Path, kind: int, sizes: list[int], values: bytes, depth: int = 0) -> Path:
    """A DM3 file of one image."""

    def tag(name: str, body: bytes, kind: int = 21) -> bytes:
        return struct.pack(">BH", kind, len(name)) + name.encode() + body

    def group(*members: bytes) -> bytes:
        return struct.pack(">BBI", 0, 0, len(members)) + b"".join(members)

    def number(value: int) -> bytes:
        return b"%%%%" + struct.pack(">II", 1, 5) + struct.pack("<I", value)

    array = b"%%%%" + struct.pack(">IIII", 3, 20, 10, len(values)) + values
    data = group(
        tag("Data", array), tag("DataType", number(kind)),
        tag("Dimensions", group(*(tag("", number(size)) for size in sizes)), 20),
    )  # fmt: skip
    tree = group(tag("ImageList", group(tag("", group(tag("ImageData", data, 20)), 20)), 20))
    for _ in range(depth):
        tree = group(tag("Deeper", tree, 20))
    path.write_bytes(struct.pack(">III", 3, len(tree), 1) + tree)
    return path


def test_gatan_colours_and_four_dimensions(tmp_path: Path) -> None:
    colour = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    with open_reader(_gatan(tmp_path / "a.dm3", 23, [3, 2], colour.tobytes())) as reader:
        for c in range(3):
            assert np.array_equal(reader.read(0, 0, 0, c, 0, 0, 0, 3, 2), colour[..., 2 - c])
    stack = np.arange(2 * 3 * 2 * 2, dtype=np.uint8).reshape(3, 2, 2, 2)
    with open_reader(_gatan(tmp_path / "a.dm3", 6, [2, 2, 2, 1, 3], stack.tobytes())) as reader:
        assert (reader.image(0).size_z, reader.image(0).size_t) == (2, 3)
        assert np.array_equal(reader.read(0, 0, 1, 0, 2, 0, 0, 2, 2), stack[2, 1])


@pytest.mark.parametrize(
    ("kind", "sizes", "depth", "reason"),
    [
        (6, [3, 3], 0, r"declares an image of the sizes \[3, 3\]"),
        (6, [0, 3], 0, "declares"),
        (99, [2, 2], 0, "unknown type 99"),
        (6, [2, 2], 70, "groups within groups"),
        (6, [2, 2], 1, "no images"),
    ],
)
def test_hostile_gatan_tags(kind: int, sizes: list[int], depth: int, reason: str, tmp_path: Path) -> None:
    path = _gatan(tmp_path / "a.dm3", kind, sizes, bytes(4), depth)
    assert GatanReader.detect(path)
    with pytest.raises(FormatError, match=reason):
        open_reader(path)
