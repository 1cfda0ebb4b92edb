"""SPIDER, AmiraMesh, OME-XML with pixels inside, MIBI and pattern files."""

from __future__ import annotations

import base64
import bz2
import hashlib
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from omero_server.formats.amira import AmiraReader
from omero_server.formats.base import Array, FormatError
from omero_server.formats.conformance import ReaderConformance
from omero_server.formats.mibi import MibiReader
from omero_server.formats.omebinary import OmeXmlReader
from omero_server.formats.pattern import PatternReader
from omero_server.formats.registry import open_reader
from omero_server.formats.scan import scan
from omero_server.formats.spider import SpiderReader
from tests.support.damage import refuses_cuts, survives_wrong_bytes
from tests.support.stacks import stack_of

DATA = Path(__file__).parents[1] / "data"
FOREIGN = [DATA / "png/camera.png", DATA / "tiff/sample.tif", DATA / "ome-zarr/mri-stack.ome.zarr", DATA / "SOURCES.md"]
SAMPLES = {
    "spider/hopper.spider": ((128, 128, 1, 1, 1), "float", "72da94ef23120e23c89b6e4c2de844f4467eafe1"),
    "amira/LHMask.zip.am": ((50, 50, 50, 1, 1), "uint8", "6cfed8d692b0a1890d5957e00f3c422b332ae827"),
    "ome-xml/18x24y5z5t2c8b-text.ome": ((18, 24, 5, 2, 5), "uint8", "1f922e340ba00256e346ead5b1a1392e9d74f906"),
    "ome-xml/6x4y1z1t1c8b-swatch.ome": ((6, 4, 1, 1, 1), "uint8", "821d7347ff08240957fe112eae724cfd2bdf3cf6"),
    "mibi/v0.1.tiff": ((10, 10, 1, 5, 1), "uint16", "144e90a2dac1b47dfc5dcf7a0b7faab728a6e823"),
}


class TestSpider(ReaderConformance):
    reader = SpiderReader
    samples = [DATA / "spider/hopper.spider"]
    foreign = FOREIGN


class TestAmira(ReaderConformance):
    reader = AmiraReader
    samples = [DATA / "amira/LHMask.zip.am"]
    foreign = FOREIGN


class TestOmeXml(ReaderConformance):
    reader = OmeXmlReader
    samples = sorted((DATA / "ome-xml").iterdir())
    foreign = FOREIGN


class TestMibi(ReaderConformance):
    reader = MibiReader
    samples = [DATA / "mibi/v0.1.tiff"]
    foreign = FOREIGN


class TestPattern(ReaderConformance):
    reader = PatternReader
    samples = [DATA / "pattern/stack.pattern"]
    foreign = FOREIGN


@pytest.mark.parametrize("name", SAMPLES)
def test_samples(name: str) -> None:
    sizes, pixel_type, sha1 = SAMPLES[name]
    with open_reader(DATA / name) as reader:
        image = reader.image(0)
        assert (image.size_x, image.size_y, image.size_z, image.size_c, image.size_t) == sizes
        assert image.pixel_type == pixel_type
    plane = stack_of(DATA / name)[0, 0, 0]
    assert hashlib.sha1(plane.astype(plane.dtype.newbyteorder("<")).tobytes()).hexdigest() == sha1


@pytest.mark.parametrize("name", SAMPLES)
def test_cut_files(name: str, tmp_path: Path) -> None:
    refuses_cuts(DATA / name, tmp_path, (0.3, 0.9))


@pytest.mark.parametrize("name", SAMPLES)
def test_wrong_bytes(name: str, tmp_path: Path) -> None:
    survives_wrong_bytes(DATA / name, tmp_path, 40, 900)


def _ramp(dtype: str, *shape: int) -> Array:
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def _spider(order: str, size: tuple[int, int, int], images: int = 0, **words: float) -> bytes:
    x, y, z = size
    records = -(-1024 // (4 * x))
    header = [0.0] * (records * x)
    header[0], header[1], header[4], header[11] = z, y, 3 if z > 1 else 1, x
    header[12], header[21], header[22] = records, records * 4 * x, 4 * x
    header[23], header[25] = (2, images) if images else (0, 0)
    for number, value in words.items():
        header[int(number[1:]) - 1] = value
    return struct.pack(f"{order}{len(header)}f", *header)


@pytest.mark.parametrize("order", "<>")
def test_spider_volumes_and_stacks(order: str, tmp_path: Path) -> None:
    pixels = _ramp(order + "f4", 3, 4, 5)
    (tmp_path / "a.spi").write_bytes(_spider(order, (5, 4, 3), w38=2.5) + pixels.tobytes())
    one = _spider(order, (5, 4, 1))
    (tmp_path / "b.spi").write_bytes(
        _spider(order, (5, 4, 1), images=3) + b"".join(one + plane.tobytes() for plane in pixels)
    )
    for name in ("a.spi", "b.spi"):
        assert np.array_equal(stack_of(tmp_path / name)[0, 0], pixels)
    with open_reader(tmp_path / "a.spi") as reader:
        assert reader.image(0).physical_size_z == (2.5, "Å")


def test_spider_that_declares_more_than_it_holds(tmp_path: Path) -> None:
    (tmp_path / "a.spi").write_bytes(_spider("<", (500, 60000, 900)) + bytes(1000))
    with pytest.raises(FormatError, match="truncated"):
        open_reader(tmp_path / "a.spi")


def _amira(kind: str, lattice: str, body: bytes, sizes: str = "4 3 2") -> bytes:
    head = (
        f"# AmiraMesh {kind} 2.1\n\ndefine Lattice {sizes}\n\nParameters {{\n    CoordType \"uniform\",\n"
        f"    BoundingBox 0 6 0 6 1 2\n}}\n\nLattice {{ {lattice}\n\n# Data section follows\n@1\n"
    )  # fmt: skip
    return head.encode() + body


def _run_lengths(values: Array) -> bytes:
    flat = values.ravel().tolist()
    return bytes([3, flat[0]]) + bytes([128 + len(flat) - 3, *flat[3:]])


@pytest.mark.parametrize(
    ("kind", "lattice", "dtype", "write"),
    [
        ("BINARY-LITTLE-ENDIAN", "ushort Data } @1", "<u2", lambda values: values.tobytes()),
        ("3D BINARY", "float Data } = @1", ">f4", lambda values: values.tobytes()),
        ("BINARY-LITTLE-ENDIAN", "short Data } @1(HxZip,SIZE)", "<i2", lambda values: zlib.compress(values.tobytes())),
        ("BINARY-LITTLE-ENDIAN", "byte Labels } @1(HxByteRLE,SIZE)", "u1", _run_lengths),
        ("ASCII", "int Data } @1", "i4", lambda values: " ".join(map(str, values.ravel())).encode()),
    ],
)
def test_amira_kinds(kind: str, lattice: str, dtype: str, write: Callable[[Array], bytes], tmp_path: Path) -> None:
    values = _ramp(dtype, 2, 3, 4)
    values[0, 0, :3] = 0
    body = write(values)
    (tmp_path / "a.am").write_bytes(_amira(kind, lattice.replace("SIZE", str(len(body))), body))
    assert np.array_equal(stack_of(tmp_path / "a.am")[0, 0], values)
    with open_reader(tmp_path / "a.am") as reader:
        image = reader.image(0)
        assert (image.physical_size_x, image.physical_size_y, image.physical_size_z) == (
            (2.0, "µm"), (3.0, "µm"), (1.0, "µm"),
        )  # fmt: skip
        assert image.metadata["CoordType"] == "uniform"


@pytest.mark.parametrize(
    ("kind", "lattice", "sizes"),
    [
        ("BINARY", "byte Data } @1", "9000 9000 9000"), ("BINARY", "byte Data } @1(HxZip,99)", "4 3 2"),
        ("BINARY", "byte Data } @1(HxOther,9)", "4 3 2"), ("BINARY", "complex Data } @1", "4 3 2"),
        ("BINARY", "byte Data } @2", "4 3 2"), ("ASCII", "byte Data } @1", "900 900 900"),
        ("ASCII", "byte Data } @1", "4 3 2"), ("BINARY", "byte Data } @1", "0 3 2"),
    ],
)  # fmt: skip
def test_amira_that_makes_no_sense(kind: str, lattice: str, sizes: str, tmp_path: Path) -> None:
    (tmp_path / "a.am").write_bytes(_amira(kind, lattice, b"no number", sizes))
    with pytest.raises(FormatError):
        open_reader(tmp_path / "a.am")


def _ome(pixels: list[bytes], big: bool, packing: str = "", kind: str = "uint16") -> str:
    attribute = f' Compression="{packing}"' if packing else ""
    data = "".join(
        f'<Bin:BinData BigEndian="{str(big).lower()}"{attribute}>{base64.b64encode(one).decode()}</Bin:BinData>'
        for one in pixels
    )
    return (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" xmlns:Bin="b">'
        f'<Image ID="Image:0" Name="x"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="{kind}" SizeX="5" SizeY="4" '
        f'SizeZ="3" SizeC="2" SizeT="1"><Channel ID="Channel:0:0"/><Channel ID="Channel:0:1"/>{data}</Pixels>'
        "</Image></OME>"
    )


@pytest.mark.parametrize("packing", ["", "none", "zlib", "bzip2"])
@pytest.mark.parametrize("alone", [False, True])
def test_pixels_inside_ome_xml(packing: str, alone: bool, tmp_path: Path) -> None:
    values = _ramp(">u2", 3, 2, 4, 5)
    pack = {"zlib": zlib.compress, "bzip2": bz2.compress}.get(packing, bytes)
    planes = [values.tobytes()] if alone else [plane.tobytes() for plane in values.reshape(6, 4, 5)]
    (tmp_path / "a.ome").write_text(_ome([pack(plane) for plane in planes], True, packing))
    assert np.array_equal(stack_of(tmp_path / "a.ome")[0].swapaxes(0, 1), values)


def test_ome_xml_that_makes_no_sense(tmp_path: Path) -> None:
    path = tmp_path / "a.ome"
    plane = bytes(40)
    bombs = [zlib.compress(bytes(50_000_000), 9)] * 6
    wrong = [
        _ome([plane] * 5, True), _ome([plane] * 6, True, "lzw"), _ome([b"12"] * 6, True), _ome([], True),
        _ome([plane] * 6, True, kind="bit"), _ome([plane] * 6, True).replace('SizeX="5"', 'SizeX="50000"'),
        _ome([plane] * 6, True).replace("<OME ", '<!DOCTYPE a [<!ENTITY b "c">]><OME '),
    ]  # fmt: skip
    for text in wrong:
        path.write_text(text)
        with pytest.raises(FormatError):
            open_reader(path)
    path.write_text(_ome(bombs, True, "zlib"))
    assert not stack_of(path).any()
    path.write_text(_ome([b"no zlib at all"] * 6, True, "zlib"))
    with open_reader(path) as reader, pytest.raises(FormatError, match="cannot be unpacked"):
        reader.read(0, 0, 0, 0, 0, 0, 0, 5, 4)


def test_channels_of_mibi() -> None:
    with open_reader(DATA / "mibi/v0.1.tiff") as reader:
        info, image = reader.info(), reader.image(0)
        assert [channel.name for channel in image.channels] == [f"Target{number}" for number in range(1, 6)]
        assert info.metadata["mibi.instrument"] == "MIBIscope1" and image.description == "R1C3_Tonsil"
        assert image.physical_size_x == (50.0, "µm")
    with tifffile.TiffFile(DATA / "mibi/v0.1.tiff") as tif:
        assert np.array_equal(
            stack_of(DATA / "mibi/v0.1.tiff")[0, :, 0], np.stack([page.asarray() for page in tif.pages])
        )


def _files(folder: Path, names: list[str]) -> Array:
    """A TIFF for each name, each of other values."""
    planes = _ramp("u2", len(names), 4, 5)
    for name, plane in zip(names, planes, strict=True):
        tifffile.imwrite(folder / name, plane, metadata=None)
    return planes


@pytest.mark.parametrize(
    ("pattern", "names", "sizes", "channels"),
    [
        ("Channel_<0-2>.tif", ["Channel_0.tif", "Channel_1.tif", "Channel_2.tif"], (1, 3, 1), ["0", "1", "2"]),
        ("a<08-10>.tif", ["a08.tif", "a09.tif", "a10.tif"], (3, 1, 1), [None]),
        ("a_T<1-5:2>.tif", ["a_T1.tif", "a_T3.tif", "a_T5.tif"], (1, 1, 3), [None]),
        (
            "t<1-2>_c<R,G>_<a-b>.tif",
            [f"t{t}_c{c}_{z}.tif" for t in "12" for c in "RG" for z in "ab"],
            (2, 2, 2),
            ["R", "G"],
        ),
        ("z<1-2>z<1-2>.tif", [f"z{a}z{b}.tif" for a in "12" for b in "12"], (4, 1, 1), [None]),
        ("alone.tif", ["alone.tif"], (1, 1, 1), [None]),
    ],
)  # fmt: skip
def test_patterns(
    pattern: str, names: list[str], sizes: tuple[int, ...], channels: list[str | None], tmp_path: Path
) -> None:
    planes = _files(tmp_path, names)
    (tmp_path / "p.pattern").write_text(pattern + "\n")
    with open_reader(tmp_path / "p.pattern") as reader:
        image = reader.image(0)
        assert (image.size_z, image.size_c, image.size_t) == sizes
        assert [channel.name for channel in image.channels] == channels
    assert np.array_equal(stack_of(tmp_path / "p.pattern").reshape(planes.shape), planes)
    assert [len(one.files) for one in scan([tmp_path]).candidates] == [1 + len(names)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("../<0-1>.tif", "outside of its folder"), ("/etc/passwd", "outside of its folder"),
        ("p.pattern", "a pattern itself"), ("a<3-1>.tif", "names no files"), ("a<1-9:0>.tif", "names no files"),
        ("a<0-999999999>.tif", "names no files"), ("a<0-999>b<0-999>.tif", "names 1000000 files"),
        ("a<0-2>.tif", "a2.tif, which is missing"), ("a<0,x>.tif", "not like those"), ("note.txt", "no reader knows"),
    ],
)  # fmt: skip
def test_patterns_that_make_no_sense(text: str, message: str, tmp_path: Path) -> None:
    _files(tmp_path, ["a0.tif", "a1.tif"])
    (tmp_path / "note.txt").write_text("a note")
    tifffile.imwrite(tmp_path / "ax.tif", np.zeros((9, 9), np.uint8))
    (tmp_path / "p.pattern").write_text(text)
    with pytest.raises(FormatError, match=message):
        open_reader(tmp_path / "p.pattern")
