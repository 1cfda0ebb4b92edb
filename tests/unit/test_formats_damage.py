"""Broken and hostile files end in a FormatError that names the file and the reason, quickly and quietly."""

from __future__ import annotations

import contextlib
import json
import pickle
import shutil
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from omero_server.formats.base import Array, FormatError, UnsupportedFormat
from omero_server.formats.fake import FakeReader
from omero_server.formats.info import FilesetInfo
from omero_server.formats.objectives import objective_named
from omero_server.formats.registry import open_reader, restore
from omero_server.formats.tiffpages import ifd_offsets

DATA = Path(__file__).parents[1] / "data"
CUT = [
    "tiff/sample.tif",
    "tiff/subsampled.tif",
    "tiff/hopper_jpg.tif",
    "ome-tiff/multi-channel-z-series.ome.tif",
    "ome-tiff-pyramid/xy_12bit__plant.ome.tiff",
    "imagej-tiff/mri-stack.tif",
    "lsm/spectral golgi.lsm",
    "png/camera.png",
    "jpeg/sample.jpg",
]


def _read_all(path: Path) -> None:
    with open_reader(path) as reader:
        for series, image in enumerate(reader.info().images):
            for level, size in enumerate(image.levels):
                for c in range(image.size_c):
                    for z in range(image.size_z):
                        reader.read(series, level, z, c, 0, 0, 0, size.width, size.height)


@pytest.mark.parametrize("name", CUT)
@pytest.mark.parametrize("keep", [0.05, 0.5, 0.98])
def test_truncated_files_are_refused_when_opened(name: str, keep: float, tmp_path: Path) -> None:
    whole = (DATA / name).read_bytes()
    path = tmp_path / Path(name).name
    path.write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(FormatError) as caught:
        open_reader(path)
    assert caught.value.path == path and caught.value.reason and caught.value.remedy


@pytest.mark.parametrize("name", [*CUT, "svs/CMU-1-Small-Region.svs", "tiff-pyramid/boxes.tiff"])
def test_damaged_bytes_never_raise_anything_else(name: str, tmp_path: Path) -> None:
    whole = (DATA / name).read_bytes()[: 1 << 20]
    path = tmp_path / Path(name).name
    rng = np.random.default_rng(1)
    for _ in range(12):
        damaged = bytearray(whole)
        for at in rng.integers(0, len(damaged), 40):
            damaged[at] = int(rng.integers(256))
        for at in rng.integers(0, min(400, len(damaged)), 3):
            damaged[at] = int(rng.integers(256))
        path.write_bytes(damaged)
        try:
            _read_all(path)
        except FormatError:
            continue


@pytest.mark.usefixtures("no_bio_formats")
@pytest.mark.parametrize("name", ["a.tif", "a.ome.tiff", "a.lsm", "a.png", "a.jpg"])
def test_text_with_an_image_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("this is no image\n" * 100)
    with pytest.raises(UnsupportedFormat, match=r"named like .* but its content is something else"):
        open_reader(tmp_path / name)


def test_unknown_empty_missing(tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_text("text")
    (tmp_path / "b.tif").touch()
    with pytest.raises(UnsupportedFormat, match="no reader knows"):
        open_reader(tmp_path / "a.xyz")
    with pytest.raises(FormatError, match="empty"):
        open_reader(tmp_path / "b.tif")
    with pytest.raises(FormatError, match="no such file"):
        open_reader(tmp_path / "c.tif")


def test_error_names_file_reason_and_remedy_and_can_be_sent_between_processes(tmp_path: Path) -> None:
    error = pickle.loads(pickle.dumps(FormatError(tmp_path, "is odd", "Make it even.")))
    assert str(error) == f"{tmp_path}: is odd. Make it even."


def test_huge_declared_dimensions(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((16, 16), np.uint8))
    data = bytearray((tmp_path / "a.tif").read_bytes())
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        places = [tif.pages.first.tags[name].valueoffset for name in ("ImageWidth", "ImageLength", "RowsPerStrip")]
        types = [int(tif.pages.first.tags[name].dtype) for name in ("ImageWidth", "ImageLength", "RowsPerStrip")]
    for place, kind in zip(places, types, strict=True):
        data[place : place + (2 if kind == 3 else 4)] = struct.pack("<H" if kind == 3 else "<I", 60000)
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(FormatError, match="declares 3600000000 bytes of pixels but stores 256"):
        open_reader(tmp_path / "a.tif")


def test_pages_that_loop(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((4, 4), np.uint8), metadata=None)
    first = ifd_offsets(path)[0]
    data = bytearray(path.read_bytes())
    at = first + 2 + struct.unpack_from("<H", data, first)[0] * 12
    data[at : at + 4] = struct.pack("<I", first)
    path.write_bytes(data)
    with pytest.raises(FormatError, match="never ends"):
        open_reader(path)


def test_png_bomb(tmp_path: Path) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1 << 20), 9)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    (tmp_path / "a.png").write_bytes(png)
    with pytest.raises(FormatError, match=r"a\.png"):
        open_reader(tmp_path / "a.png")


def test_region_beyond_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a&sizeX=100000&sizeY=100000.fake"
    path.touch()
    with open_reader(path) as reader, pytest.raises(ValueError, match="ask for tiles"):
        reader.read(0, 0, 0, 0, 0, 0, 0, 50000, 50000)


def test_ome_tiff_with_a_missing_file(tmp_path: Path) -> None:
    folder = tmp_path / "multifile"
    shutil.copytree(DATA / "ome-tiff-companion/multifile", folder)
    (folder / "multifile-Z3.ome.tiff").unlink()
    with pytest.raises(FormatError, match=r"multifile-Z3\.ome\.tiff is missing"):
        open_reader(folder / "multifile.companion.ome")
    (folder / "multifile.companion.ome").unlink()
    with pytest.raises(FormatError, match=r"needs its metadata file multifile\.companion\.ome"):
        open_reader(folder / "multifile-Z1.ome.tiff")


@pytest.mark.parametrize("name", ["../outside.ome.tiff", "/etc/passwd"])
def test_ome_tiff_may_not_name_files_elsewhere(name: str, tmp_path: Path) -> None:
    companion = (DATA / "ome-tiff-companion/multifile/multifile.companion.ome").read_text()
    (tmp_path / "a.companion.ome").write_text(companion.replace("multifile-Z2.ome.tiff", name))
    with pytest.raises(FormatError, match="outside of its folder"):
        open_reader(tmp_path / "a.companion.ome")


def test_ome_xml_with_entities_is_refused(tmp_path: Path) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><OME>&a;</OME>'
    tifffile.imwrite(tmp_path / "a.ome.tif", np.zeros((4, 4), np.uint8), description=bomb, metadata=None)
    with pytest.raises(FormatError, match="cannot be parsed"):
        open_reader(tmp_path / "a.ome.tif")


def test_ome_tiff_that_contradicts_its_pages(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.ome.tif", np.zeros((2, 8, 9), np.uint8), metadata={"axes": "CYX"}, ome=True,
                     photometric="minisblack")  # fmt: skip
    data = (tmp_path / "a.ome.tif").read_bytes()
    (tmp_path / "a.ome.tif").write_bytes(data.replace(b'SizeX="9"', b'SizeX="7"'))
    with pytest.raises(FormatError, match="declares planes of 7x8, its pages are 9x8"):
        open_reader(tmp_path / "a.ome.tif")


def test_zarr_damage(tmp_path: Path) -> None:
    source = DATA / "ome-zarr/blobs_image_v04.ome.zarr"
    for number, (name, text, reason) in enumerate(
        [
            (".zattrs", "{", "reading metadata failed"),
            ("0/.zarray", "{", r"\.zarray: reading metadata failed"),
            (".zattrs", '{"multiscales": [{"version": "0.4", "datasets": [{"path": "../../x"}]}]}', "outside of it"),
            (".zattrs", '{"multiscales": [{"version": "0.4", "axes": ["q"], "datasets": [{"path": "0"}]}]}', "fit"),
        ]
    ):
        folder = tmp_path / f"{number}.zarr"
        shutil.copytree(source, folder)
        (folder / name).write_text(text)
        with pytest.raises(FormatError, match=reason):
            open_reader(folder)
    folder = tmp_path / "chunk.zarr"
    shutil.copytree(source, folder)
    chunk = folder / "0/0/0/0"
    chunk.write_bytes(chunk.read_bytes()[:40])
    with open_reader(folder) as reader, pytest.raises(FormatError, match="reading plane"):
        reader.read(0, 0, 0, 0, 0, 0, 0, 12, 12)


def test_decoders_are_silent(tmp_path: Path) -> None:
    """A fresh interpreter without test machinery prints nothing about damaged files."""
    for name in CUT:
        whole = (DATA / name).read_bytes()
        damaged = whole[: len(whole) // 2] + bytes(200) + whole[len(whole) // 2 + 200 :]
        (tmp_path / Path(name).name).write_bytes(damaged)
    program = (
        "import sys\nfrom pathlib import Path\nfrom omero_server.formats.base import Array, FormatError\n"
        "from omero_server.formats.registry import open_reader\n"
        "for path in sorted(Path(sys.argv[1]).iterdir()):\n"
        "    try:\n"
        "        with open_reader(path) as reader:\n"
        "            i = reader.image(0)\n"
        "            reader.read(0, 0, 0, 0, 0, 0, 0, i.size_x, i.size_y)\n"
        "    except FormatError:\n        pass\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_stacks_that_hide_planes_are_refused_whole(tmp_path: Path) -> None:
    """A MetaMorph stack has one page and all planes behind it: never import the first one as if it were all."""
    planes = np.zeros((2, 8, 8), np.uint8)
    tag = (33629, 4, 2, (1, 1), True)
    tifffile.imwrite(tmp_path / "a.tif", planes[0], metadata=None, extratags=[tag])
    with pytest.raises(FormatError, match="declares 128 bytes of pixels"):
        open_reader(tmp_path / "a.tif")
    (tmp_path / "a.tif").rename(tmp_path / "a.vsi")
    with pytest.raises(FormatError, match="no properties"):
        open_reader(tmp_path / "a.vsi")


def test_dicom_with_a_tiff_header_is_no_tiff(tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_bytes(b"II*\0" + bytes(124) + b"DICM" + bytes(100))
    with pytest.raises(FormatError, match="has no pixels"):
        open_reader(tmp_path / "a.dcm")


def test_ome_xml_with_inline_pixels_is_no_companion(tmp_path: Path) -> None:
    (tmp_path / "a.ome").write_text('<OME><Image><Pixels><BinData Length="1"/></Pixels></Image></OME>')
    with pytest.raises(FormatError):
        open_reader(tmp_path / "a.ome")


def test_whatever_a_reader_raises_is_a_format_error(tmp_path: Path) -> None:
    """A tag of a kind that nobody expects: found by changing bytes at random."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((4, 4), np.uint8), resolution=(1, 1), resolutionunit=3, metadata=None)
    data = bytearray(path.read_bytes())
    at = data.index(struct.pack("<HHI", 296, 3, 1))
    data[at + 2] = 7
    path.write_bytes(data)
    with pytest.raises(FormatError, match=r"a\.tif: reading it as Tiff failed"):
        open_reader(path)


@pytest.mark.parametrize("size", [0, -1, 2**31])
def test_sizes_that_no_row_can_hold_are_refused_for_every_reader(size: int, tmp_path: Path) -> None:
    class Lying(FakeReader):
        @classmethod
        def describe(cls, path: Path) -> FilesetInfo:
            info = super().describe(path)
            info.images[0].size_t = size
            return info

    (tmp_path / "a.fake").touch()
    with pytest.raises(FormatError, match=f"declares a size of {size} in T"):
        Lying.open(tmp_path / "a.fake")


def test_more_memory_than_there_is(tmp_path: Path) -> None:
    class Greedy(FakeReader):
        @classmethod
        def describe(cls, path: Path) -> FilesetInfo:
            if path.name == "b.fake":
                np.empty(1 << 60, np.uint8)
            return super().describe(path)

        def _read(self, *request: Any) -> Array:
            return np.empty(1 << 60, np.uint8)

    for name in ("a.fake", "b.fake"):
        (tmp_path / name).touch()
    with pytest.raises(FormatError, match="reading it as Fake needs more memory than there is"):
        Greedy.open(tmp_path / "b.fake")
    with Greedy.open(tmp_path / "a.fake") as reader, pytest.raises(FormatError, match="needs more memory"):
        reader.read(0, 0, 0, 0, 0, 0, 0, 1, 1)


def test_fractions_where_there_were_integers(tmp_path: Path) -> None:
    """A file that was changed after its import."""
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 4), np.uint16), metadata=None)
    with open_reader(tmp_path / "a.tif") as reader:
        info = reader.info()
    # Half-precision fractions: as many bytes, other numbers.
    tifffile.imwrite(tmp_path / "a.tif", np.full((4, 4), np.nan, np.float16), metadata=None, description="x" * 40)
    info.images[0].index["levels"][0][0][1] = ifd_offsets(tmp_path / "a.tif")[0]
    with restore(info) as reader, pytest.raises(FormatError, match="holds float16 pixels where uint16 are declared"):
        reader.read(0, 0, 0, 0, 0, 0, 0, 4, 4)


@pytest.mark.parametrize("name", ["a.ome.tif", "a.companion.ome", "a.zarr", "a.json.tif"])
def test_endless_nesting(name: str, tmp_path: Path) -> None:
    """Documents within documents: deeper than any stack."""
    if name == "a.zarr":
        shutil.copytree(DATA / "ome-zarr/blobs_image_v04.ome.zarr", tmp_path / name)
        (tmp_path / name / ".zattrs").write_text('{"multiscales": ' + "[" * 200_000 + "]" * 200_000 + "}")
    elif name == "a.companion.ome":
        (tmp_path / name).write_text("<OME>" + "<a>" * 200_000 + "</a>" * 200_000 + "</OME>")
    else:
        text = "<OME>" + "<a>" * 200_000 + "</a>" * 200_000 + "</OME>" if "ome" in name else '{"a":' * 200_000
        tifffile.imwrite(tmp_path / name, np.zeros((4, 4), np.uint8), description=text, metadata=None)
    try:
        _read_all(tmp_path / name)
    except FormatError as error:
        assert error.reason and name != "a.json.tif"


def test_elements_without_end(tmp_path: Path) -> None:
    for text in (b"<a/>" * 5_000_000, b"<a " + b'b="" ' * 10_000_001 + b"/>"):
        (tmp_path / "a.companion.ome").write_bytes(b"<OME>" + text + b"</OME>")
        with pytest.raises(FormatError, match="more than 5,000,000 tags"):
            open_reader(tmp_path / "a.companion.ome")


@pytest.mark.parametrize(
    ("name", "before", "text"),
    [
        ("amira/LHMask.zip.am", b"\n@1", b"\n" * 100_000 + b"{"),
        ("amira/LHMask.zip.am", b"\n@1", b"\na" + b" " * 100_000 + b"{"),
        ("ome-xml/6x4y1z1t1c8b-swatch.ome", b"", b"<BinData " * 100_000),
        ("nrrd/BallBinary30x30x30_gz.nrrd", b"\n\n", b"\nspace directions: " + b"(" * 200_000),
    ],
)
def test_headers_that_are_slow_to_search(name: str, before: bytes, text: bytes, tmp_path: Path) -> None:
    """Expressions that would look at each letter once for each other one."""
    whole = (DATA / name).read_bytes()
    at = whole.index(before) if before else len(whole)
    path = tmp_path / Path(name).name
    path.write_bytes(whole[:at] + text + whole[at:])
    start = time.process_time()
    with contextlib.suppress(FormatError):
        _read_all(path)
    assert time.process_time() - start < 2


def test_names_of_objectives_are_searched_quickly() -> None:
    start = time.process_time()
    assert objective_named("Plan 63x/1.4 Oil" + "1" * 50_000).nominal_magnification == 63
    assert objective_named("1" * 50_000).nominal_magnification is None
    assert time.process_time() - start < 2


def test_planes_without_end(tmp_path: Path) -> None:
    whole = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0"><Pixels ID="Pixels:0" '
        'DimensionOrder="XYCZT" Type="uint8" SizeX="4" SizeY="4" SizeZ="1000000000" SizeC="1" SizeT="1"><TiffData/>'
        "</Pixels></Image></OME>"
    )
    tifffile.imwrite(tmp_path / "a.ome.tif", np.zeros((4, 4), np.uint8), description=whole, metadata=None)
    with pytest.raises(FormatError, match="only 2 of 1000000000 planes are there"):
        open_reader(tmp_path / "a.ome.tif")


def test_channels_without_end(tmp_path: Path) -> None:
    whole = (DATA / "ome-xml/6x4y1z1t1c8b-swatch.ome").read_text()
    (tmp_path / "a.ome").write_text(whole.replace('SizeC="1"', 'SizeC="2147483647"'))
    with pytest.raises(FormatError, match="2147483647 channels"):
        open_reader(tmp_path / "a.ome")
    shutil.copytree(DATA / "ome-zarr/blobs_image_v04.ome.zarr", tmp_path / "a.zarr")
    path = tmp_path / "a.zarr/0/.zarray"
    told = json.loads(path.read_text())
    told["shape"][-3] = 2**31 - 1
    path.write_text(json.dumps(told))
    with pytest.raises(FormatError, match="2147483647 channels"):
        open_reader(tmp_path / "a.zarr")
