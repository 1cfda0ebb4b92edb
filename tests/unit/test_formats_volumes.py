"""FITS, NIfTI, Analyze and NRRD: conformance, samples against independent readers, headers written out by hand."""

from __future__ import annotations

import bz2
import gzip
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from omero_server.formats.base import Array, FormatError
from omero_server.formats.conformance import ReaderConformance
from omero_server.formats.fits import FitsReader
from omero_server.formats.nifti import NiftiReader
from omero_server.formats.nrrd import NrrdReader
from omero_server.formats.registry import open_reader
from omero_server.formats.scan import scan
from tests.support.damage import refuses_cuts, survives_wrong_bytes
from tests.support.stacks import sha1_of_stack, stack_of
from tests.support.writers import analyze_header

DATA = Path(__file__).parents[1] / "data"
FOREIGN = [DATA / "png/camera.png", DATA / "tiff/sample.tif", DATA / "ome-zarr/mri-stack.ome.zarr", DATA / "SOURCES.md"]
ALONE = [
    "fits/arange.fits", "fits/hopper.fits", "fits/test0.fits", "nifti/anatomical.nii", "nifti/someones_epi.nii.gz",
    "nrrd/BallBinary30x30x30_gz.nrrd",
]  # fmt: skip


class TestFits(ReaderConformance):
    reader = FitsReader
    samples = sorted((DATA / "fits").iterdir())
    foreign = FOREIGN


class TestNifti(ReaderConformance):
    reader = NiftiReader
    samples = sorted((DATA / "nifti").iterdir())
    foreign = FOREIGN


class TestNrrd(ReaderConformance):
    reader = NrrdReader
    samples = sorted((DATA / "nrrd").glob("*.n*"))
    foreign = FOREIGN


@pytest.mark.parametrize(
    ("name", "sizes", "pixel_type", "sha1", "step"),
    [  # What astropy, nibabel and pynrrd say; `sha1` of all planes.
        ("fits/arange.fits", (11, 10, 7, 1, 1), "int32", "52b1c942f3f919d5c855917ca6b9e118bfb5a77f", None),
        ("fits/hopper.fits", (128, 128, 1, 1, 1), "uint8", "9b6352c644a63a62009f4070f0e168a3b0b83234", None),
        ("fits/test0.fits", (40, 40, 1, 1, 1), "int16", "a9661507893b7c0c1ba022c18cd62f96142f7ff3", None),
        ("nifti/anatomical.nii", (33, 41, 25, 1, 1), "int16", "b2a20e1a5b3614cfc68a3ca1af62295a7158aebe", (2.0, "mm")),
        ("nifti/someones_epi.nii.gz", (53, 61, 33, 1, 1), "uint8", "2150c08c87bfe998efd2ade8cea50ee4025728ec",
         (3.0, "mm")),
        ("nrrd/BallBinary30x30x30.nhdr", (30, 30, 30, 1, 1), "int16", "000d71ebb96efe48f9cee7c8540628ffa27157c2", None),
        ("nrrd/BallBinary30x30x30_gz.nrrd", (30, 30, 30, 1, 1), "int16", "000d71ebb96efe48f9cee7c8540628ffa27157c2",
         None),
    ],
)  # fmt: skip
def test_samples(name: str, sizes: tuple[int, ...], pixel_type: str, sha1: str, step: tuple[float, str] | None) -> None:
    with open_reader(DATA / name) as reader:
        image = reader.image(0)
        assert (image.size_x, image.size_y, image.size_z, image.size_c, image.size_t) == sizes
        assert image.pixel_type == pixel_type
        assert image.physical_size_x == image.physical_size_y == image.physical_size_z == step
        assert sha1_of_stack(reader) == sha1


@pytest.mark.parametrize("name", ALONE)
def test_cut_files(name: str, tmp_path: Path) -> None:
    # FITS is filled up with zeros at its end; test0 may end behind any of its images.
    refuses_cuts(DATA / name, tmp_path, (0.03,) if name.startswith("fits") else (0.05, 0.5, 0.98))


@pytest.mark.parametrize("name", ALONE)
def test_wrong_bytes(name: str, tmp_path: Path) -> None:
    survives_wrong_bytes(DATA / name, tmp_path)


def _fits(cards: dict[str, str], data: bytes, first: str = "SIMPLE  =                    T") -> bytes:
    head = "".join(f"{line:80}" for line in [first, *(f"{key:8}= {value:>20}" for key, value in cards.items()), "END"])
    return head.ljust(-(-len(head) // 2880) * 2880).encode() + data.ljust(-(-len(data) // 2880) * 2880, b"\0")


def test_fits_makes_stored_values_unsigned(tmp_path: Path) -> None:
    values = np.array([[0, 1, 40000], [65535, 32768, 7]], np.uint16)
    data = (values.astype(np.int32) - 32768).astype(">i2").tobytes()
    cards = {"BITPIX": "16", "NAXIS": "2", "NAXIS1": "3", "NAXIS2": "2", "BZERO": "32768", "BSCALE": "1"}
    (tmp_path / "a.fits").write_bytes(_fits(cards, data))
    assert np.array_equal(stack_of(tmp_path / "a.fits")[0, 0, 0], values)


def test_fits_extensions_are_images_and_tables_are_none(tmp_path: Path) -> None:
    image = {
        "BITPIX": "8",
        "NAXIS": "2",
        "NAXIS1": "2",
        "NAXIS2": "1",
        "EXTNAME": "'it''s'",
        "DATE-OBS": "'2020-02-03T04:05:06'",
    }
    table = {"BITPIX": "8", "NAXIS": "2", "NAXIS1": "4", "NAXIS2": "3", "PCOUNT": "0", "GCOUNT": "1"}
    (tmp_path / "a.fits").write_bytes(
        _fits({"BITPIX": "8", "NAXIS": "0"}, b"")
        + _fits(table, bytes(12), "XTENSION= 'BINTABLE'")
        + _fits(image, b"\x05\x06", "XTENSION= 'IMAGE   '")
    )  # fmt: skip
    with open_reader(tmp_path / "a.fits") as reader:
        (found,) = reader.info().images
        assert found.metadata["EXTNAME"] == "it's"
        assert found.acquired is not None and found.acquired.isoformat() == "2020-02-03T04:05:06"
        assert reader.read(0, 0, 0, 0, 0, 0, 0, 2, 1).tolist() == [[5, 6]]


@pytest.mark.parametrize(
    "cards",
    [{"BITPIX": "8", "NAXIS": "2", "NAXIS1": "90000", "NAXIS2": "90000"}, {"BITPIX": "7", "NAXIS": "0"},
     {"BITPIX": "8", "NAXIS": "1", "NAXIS1": "-5"}, {"BITPIX": "8", "NAXIS": "x"}, {"BITPIX": "8", "NAXIS": "0"},
     {"BITPIX": "8", "NAXIS": "1", "NAXIS1": "9", "PCOUNT": "-99"},
     {"BITPIX": "8", "NAXIS": "7"} | {f"NAXIS{n}": "2" for n in range(1, 8)}],
)  # fmt: skip
def test_fits_that_makes_no_sense(cards: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "a.fits").write_bytes(_fits(cards, bytes(200)))
    with pytest.raises(FormatError):
        open_reader(tmp_path / "a.fits")


def _volume(dtype: str, *shape: int) -> Array:
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


@pytest.mark.parametrize("packed", [False, True])
def test_analyze_pairs_open_from_either_file(packed: bool, tmp_path: Path) -> None:
    volume = _volume(">i2", 2, 3, 4, 5)
    head, pixels = analyze_header(">", [5, 4, 3, 2], 4), volume.tobytes()
    end = ".gz" if packed else ""
    (tmp_path / f"a.hdr{end}").write_bytes(gzip.compress(head) if packed else head)
    (tmp_path / f"a.img{end}").write_bytes(gzip.compress(pixels) if packed else pixels)
    for name in (f"a.hdr{end}", f"a.img{end}"):
        with open_reader(tmp_path / name) as reader:
            info, image = reader.info(), reader.image(0)
            assert (info.format, info.entry.name) == ("Analyze", f"a.hdr{end}")
            assert image.physical_size_y == (0.25, "mm") and image.time_increment is None
        assert np.array_equal(stack_of(tmp_path / name)[:, 0], volume)
    assert [len(one.files) for one in scan([tmp_path]).candidates] == [2]
    (tmp_path / f"a.img{end}").unlink()
    with pytest.raises(FormatError, match=r"needs a\.img.*, which is missing"):
        open_reader(tmp_path / f"a.hdr{end}")


def test_nifti_colours_and_time(tmp_path: Path) -> None:
    colours = _volume("u1", 2, 3, 4, 3)
    (tmp_path / "a.nii").write_bytes(
        analyze_header("<", [4, 3, 2], 128, b"n+1\0", 352).ljust(352, b"\0") + colours.tobytes()
    )  # fmt: skip
    assert np.array_equal(stack_of(tmp_path / "a.nii")[0].transpose(1, 2, 3, 0), colours)
    series = _volume("<f4", 2, 1, 3, 4)
    head = analyze_header("<", [4, 3, 1, 2], 16, b"n+1\0", 352).ljust(352, b"\0")
    (tmp_path / "b.nii").write_bytes(head + series.tobytes())
    with open_reader(tmp_path / "b.nii") as reader:
        assert reader.image(0).size_t == 2 and reader.image(0).time_increment == (3.0, "s")
    assert np.array_equal(stack_of(tmp_path / "b.nii")[:, 0], series)


def test_nifti_2(tmp_path: Path) -> None:
    head = bytearray(544)
    struct.pack_into("<i8sh", head, 0, 540, b"n+2\0\r\n\x1a\n", 512)
    struct.pack_into("<8q", head, 16, 3, 4, 3, 2, 1, 1, 1, 1)
    struct.pack_into("<8d", head, 104, 1, 0.5, 0.5, 2, 0, 0, 0, 0)
    struct.pack_into("<q", head, 168, 544)
    struct.pack_into("<i", head, 500, 3)
    volume = _volume("<u2", 2, 3, 4)
    (tmp_path / "a.nii").write_bytes(bytes(head) + volume.tobytes())
    with open_reader(tmp_path / "a.nii") as reader:
        assert reader.image(0).physical_size_z == (2.0, "µm")
    assert np.array_equal(stack_of(tmp_path / "a.nii")[0, 0], volume)


@pytest.mark.parametrize(
    ("dims", "datatype"),
    [([30000, 30000, 9], 4), ([4, 0, 1], 4),
     ([4, -3, 1], 4), ([4, 3, 1], 1), ([4, 3, 1], 1024), ([2, 2, 2, 2, 2, 2], 2)],
)  # fmt: skip
def test_nifti_that_makes_no_sense(dims: list[int], datatype: int, tmp_path: Path) -> None:
    (tmp_path / "a.nii").write_bytes(analyze_header("<", dims, datatype, b"n+1\0", 352) + bytes(600))
    if dims[1] > 0:
        with pytest.raises(FormatError):
            open_reader(tmp_path / "a.nii")
    else:
        assert open_reader(tmp_path / "a.nii").image(0).size_y == 1


def _nrrd(fields: dict[str, str], body: bytes = b"") -> bytes:
    text = "".join(f"{key}: {value}\n" for key, value in fields.items())
    return f"NRRD0004\n# a note\n{text}device:=a microscope\n\n".encode() + body


def test_nrrd_axes_spacings_and_pairs(tmp_path: Path) -> None:
    pixels = _volume(">u2", 2, 3, 4, 3)
    fields = {
        "type": "ushort", "dimension": "4", "sizes": "3 4 3 2", "encoding": "raw", "endian": "big",
        "kinds": "RGB-color space space space", "content": "a brain",
        "space directions": "none (0.5,0,0) (0,0.25,0) (0,0,2)", "space units": '"um" "um" "mm"',
    }  # fmt: skip
    (tmp_path / "a.nrrd").write_bytes(_nrrd(fields, pixels.tobytes()))
    with open_reader(tmp_path / "a.nrrd") as reader:
        image = reader.image(0)
        assert (image.size_x, image.size_y, image.size_z, image.size_c) == (4, 3, 2, 3) and image.is_rgb
        assert (image.physical_size_x, image.physical_size_z) == ((0.5, "µm"), (2.0, "mm"))
        assert image.metadata["device"] == "a microscope" and image.description == "a brain"
    assert np.array_equal(stack_of(tmp_path / "a.nrrd")[0].transpose(1, 2, 3, 0), pixels)


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2"])
def test_nrrd_data_file_behind_lines_and_bytes(encoding: str, tmp_path: Path) -> None:
    pixels = _volume("u1", 5, 4)
    pack = {"raw": bytes, "gzip": gzip.compress, "bzip2": bz2.compress}[encoding]
    (tmp_path / "a.dat").write_bytes(b"one line\nanother\n" + pack(b"xyz" + pixels.tobytes()))
    fields = {
        "type": "uchar", "dimension": "2", "sizes": "4 5", "encoding": encoding, "data file": "a.dat",
        "line skip": "2", "byte skip": "3",
    }  # fmt: skip
    (tmp_path / "a.nhdr").write_bytes(_nrrd(fields))
    assert np.array_equal(stack_of(tmp_path / "a.nhdr")[0, 0, 0], pixels)
    assert [one.name for one in scan([tmp_path]).candidates[0].files] == ["a.nhdr", "a.dat"]
    (tmp_path / "a.dat").unlink()
    with pytest.raises(FormatError, match=r"needs a\.dat, which is missing"):
        open_reader(tmp_path / "a.nhdr")


@pytest.mark.parametrize(
    "change",
    [{"data file": "../secret"}, {"data file": "/etc/passwd"}, {"data file": "LIST"}, {"data file": "a%03d 0 9 1"},
     {"sizes": "4"}, {"sizes": "4 x"}, {"sizes": "99999 99999"}, {"type": "block"}, {"encoding": "hex"},
     {"endian": "middle"}, {"kinds": "time time"}, {"line skip": "9"}, {"line skip": "-1"}, {"dimension": "3"}],
)  # fmt: skip
def test_nrrd_that_makes_no_sense(change: dict[str, str], tmp_path: Path) -> None:
    fields = {"type": "uchar", "dimension": "2", "sizes": "4 5", "encoding": "raw", "endian": "little"}
    (tmp_path / "a.nrrd").write_bytes(_nrrd(fields | change, bytes(20)))
    with pytest.raises(FormatError):
        open_reader(tmp_path / "a.nrrd")


def test_a_packed_volume_is_read_backwards(tmp_path: Path) -> None:
    shutil.copy(DATA / "nifti/someones_epi.nii.gz", tmp_path)
    whole = stack_of(tmp_path / "someones_epi.nii.gz")
    with open_reader(tmp_path / "someones_epi.nii.gz") as reader:
        for z in (32, 3, 17, 0):
            assert np.array_equal(reader.read(0, 0, z, 0, 0, 3, 5, 40, 41), whole[0, 0, z, 5:46, 3:43])
