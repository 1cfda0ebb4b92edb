"""DICOM: conformance, samples against independent readers, files written by pydicom."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, FileMetaDataset, dcmwrite
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from omero_server.formats.base import Array, FormatError, UnsupportedFormat
from omero_server.formats.conformance import ReaderConformance
from omero_server.formats.dicom import DicomReader
from omero_server.formats.registry import open_reader
from omero_server.formats.scan import scan
from tests.support.damage import refuses_cuts, survives_wrong_bytes
from tests.support.stacks import stack_of

DATA = Path(__file__).parents[1] / "data"
SAMPLES = sorted([*(DATA / "dicom").iterdir(), *(DATA / "dicom-wsi").iterdir()])
SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
JPEG, LOSSLESS, JPEG_LS, JPEG_2000, RLE = (f"1.2.840.10008.1.2.{end}" for end in ("4.50", "4.70", "4.80", "4.90", "5"))


class TestDicom(ReaderConformance):
    reader = DicomReader
    samples = SAMPLES
    foreign = [DATA / "png/camera.png", DATA / "tiff/sample.tif", DATA / "ome-zarr/mri-stack.ome.zarr"]


def _file(path: Path, pixels: Array, syntax: str = ExplicitVRLittleEndian, **more: Any) -> Path:
    """A file of `pixels` (frames, rows, columns, samples), compressed ones given as `frames`."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    frames = more.pop("frames", None)
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = more.pop("SOPClassUID", "1.2.840.10008.5.1.4.1.1.7")
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{abs(hash(path.name))}"
    bits = pixels.dtype.itemsize * 8
    data.NumberOfFrames, data.Rows, data.Columns, data.SamplesPerPixel = pixels.shape
    data.PhotometricInterpretation = "RGB" if pixels.shape[3] == 3 else "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit = bits, bits, bits - 1
    data.PixelRepresentation, data.PlanarConfiguration = int(pixels.dtype.kind == "i"), 0
    for keyword, value in more.items():
        setattr(data, keyword, value)
    body = encapsulate(frames) if frames else pixels.tobytes()
    data.add_new(0x7FE00010, "OB" if frames or bits == 8 else "OW", body + b"\0" * (len(body) % 2))
    if frames:
        data["PixelData"].is_undefined_length = True
    dcmwrite(path, data, enforce_file_format=True)
    return path


def _ramp(*shape: int, dtype: str = "<u2") -> Array:
    return (np.arange(np.prod(shape)) % np.iinfo(dtype).max).reshape(shape).astype(dtype)


@pytest.mark.parametrize(
    ("name", "sizes", "pixel_type", "step"),
    [
        ("dicom/CT_small.dcm", (128, 128, 1, 1, 1), "int16", (0.661468, 0.661468, 5.0)),
        ("dicom/JPEG2000.dcm", (256, 1024, 1, 1, 1), "int16", (2.26, 2.26, None)),
        ("dicom/MR_small.dcm", (64, 64, 1, 1, 1), "int16", (0.3125, 0.3125, 0.8)),
        ("dicom/SC_rgb_rle_2frame.dcm", (100, 100, 2, 3, 1), "uint8", (1.0, 1.0, None)),
        ("dicom-wsi/jpeg.dicom", (957, 715, 1, 3, 1), "uint8", (0.016783, 0.016783, None)),
        ("dicom-wsi/sm_image_control.dcm", (50, 50, 1, 3, 1), "uint8", (0.000499, 0.000499, None)),
    ],
)
def test_samples(name: str, sizes: tuple[int, ...], pixel_type: str, step: tuple[float | None, ...]) -> None:
    with open_reader(DATA / name) as reader:
        image = reader.image(0)
        assert (image.size_x, image.size_y, image.size_z, image.size_c, image.size_t) == sizes
        assert image.pixel_type == pixel_type
        found = image.physical_size_x, image.physical_size_y, image.physical_size_z
        assert found == tuple(None if one is None else (pytest.approx(one), "mm") for one in step)
    expected = {
        "dicom/CT_small.dcm": "d16ec01fec92f3fc4bba8e97575b332467ace331",
        "dicom/JPEG2000.dcm": "84ac658b550b231821a925f595c1a77ad0b062ca",
        "dicom/MR_small.dcm": "206598937838d965777914c47100adc9bffc11cf",
        "dicom/SC_rgb_rle_2frame.dcm": "08031e10dbecc3d67dfa3e175faeb00c8555396c",
        "dicom-wsi/sm_image_control.dcm": "be010da68bbc59a8a9f14f5a586356209ae00de8",
    }
    if name in expected:
        assert hashlib.sha1(stack_of(DATA / name)[0, 0, 0].tobytes()).hexdigest() == expected[name]


def test_metadata_of_samples() -> None:
    with open_reader(DATA / "dicom/CT_small.dcm") as reader:
        notes, image = reader.info().metadata, reader.image(0)
        assert (notes["Modality"], notes["RescaleIntercept"]) == ("CT", "-1024")
        assert [plane.position_z for plane in image.planes] == [(pytest.approx(-75.7), "mm")]
        assert image.acquired is not None and image.acquired.isoformat() == "1997-04-30T11:29:36"
    with open_reader(DATA / "dicom-wsi/sm_image_control.dcm") as reader:
        image = reader.image(0)
        assert image.microscope is not None and image.microscope.model == "Test Model"
        assert reader.info().metadata["ContainerTypeCodeSequence CodeMeaning"] == "Microscope slide"


def test_compressed_slide_equals_its_tiles_decoded_by_pillow(tmp_path: Path) -> None:
    path = DATA / "dicom-wsi/jpeg.dicom"
    data = path.read_bytes()
    pixels = stack_of(path)[0, :, 0].transpose(1, 2, 0)
    at, tiles = data.index(b"\xff\xd8\xff"), []
    while at >= 0:
        end = data.find(b"\xff\xd8\xff", at + 1)
        (tmp_path / "tile.jpg").write_bytes(data[at : end if end > 0 else None])
        with Image.open(tmp_path / "tile.jpg") as tile:
            tiles.append(np.asarray(tile.convert("RGB")))
        at = end
    assert len(tiles) == 12
    whole = np.vstack([np.hstack(tiles[row * 4 : row * 4 + 4]) for row in range(3)])[:715, :957]
    assert np.abs(pixels.astype(int) - whole).max() <= 1


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_cut_files(path: Path, tmp_path: Path) -> None:
    refuses_cuts(path, tmp_path, (0.05, 0.5, 0.98) if "control" in path.name or "small" in path.name else (0.05, 0.5))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_wrong_bytes(path: Path, tmp_path: Path) -> None:
    survives_wrong_bytes(path, tmp_path, 20, 3000)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize("planar", [0, 1])
def test_plain_colours(syntax: str, planar: int, tmp_path: Path) -> None:
    pixels = _ramp(2, 5, 4, 3, dtype="u1")
    stored = pixels.transpose(0, 3, 1, 2) if planar else pixels
    path = _file(tmp_path / "a.dcm", pixels, syntax, PlanarConfiguration=planar, frames=None)
    data = path.read_bytes()
    path.write_bytes(data[: -pixels.size] + np.ascontiguousarray(stored).tobytes())
    assert np.array_equal(stack_of(path)[0].transpose(1, 2, 3, 0), pixels)


@pytest.mark.parametrize(
    ("syntax", "dtype", "encode"),
    [
        (LOSSLESS, "<u2", lambda plane: imagecodecs.ljpeg_encode(plane, bitspersample=16)),
        (JPEG_LS, "u1", imagecodecs.jpegls_encode),
        (JPEG_LS, "<u2", imagecodecs.jpegls_encode),
        (JPEG_2000, "<u2", lambda plane: imagecodecs.jpeg2k_encode(plane, level=0, codecformat="j2k")),
        (JPEG_2000, "<i2", lambda plane: imagecodecs.jpeg2k_encode(plane, level=0, codecformat="j2k")),
        (JPEG_2000, "u1", lambda plane: imagecodecs.jpeg2k_encode(plane, level=0, codecformat="j2k")),
    ],
)
def test_compressed_frames(syntax: str, dtype: str, encode: Callable[[Array], bytes], tmp_path: Path) -> None:
    pixels = _ramp(3, 20, 30, 1, dtype=dtype) - np.dtype(dtype).type(7 if dtype == "<i2" else 0)
    path = _file(tmp_path / "a.dcm", pixels, syntax, frames=[encode(np.ascontiguousarray(f[..., 0])) for f in pixels])
    with open_reader(path) as reader:
        assert reader.image(0).size_z == 3
    assert np.array_equal(stack_of(path)[0, 0], pixels[..., 0])


def test_run_lengths_of_16_bits_and_signs(tmp_path: Path) -> None:
    pixels = _ramp(1, 6, 8, 1, dtype="<i2") - np.int16(20)
    high, low = (pixels[0, ..., 0].astype(">i2").tobytes()[at::2] for at in (0, 1))
    segments = [imagecodecs.packbits_encode(part) for part in (high, low)]
    head = struct.pack("<16I", 2, 64, 64 + len(segments[0]), *[0] * 13)
    path = _file(tmp_path / "a.dcm", pixels, RLE, frames=[head + b"".join(segments)])
    assert np.array_equal(stack_of(path)[0, 0], pixels[..., 0])


def test_palettes_bits_and_turned_greys(tmp_path: Path) -> None:
    indices = _ramp(1, 4, 4, 1, dtype="u1")
    table = np.arange(16, dtype="<u2") * 256
    palette: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for number, colour in enumerate(("Red", "Green", "Blue")):
        palette[f"{colour}PaletteColorLookupTableDescriptor"] = [16, 0, 16]
        palette[f"{colour}PaletteColorLookupTableData"] = (table * (number + 1)).tobytes()
    found = stack_of(_file(tmp_path / "a.dcm", indices, **palette))
    assert found.shape == (1, 3, 1, 4, 4) and np.array_equal(found[0, 2, 0], indices[0, ..., 0] * 3)
    turned = _file(tmp_path / "b.dcm", _ramp(1, 4, 4, 1), PhotometricInterpretation="MONOCHROME1", BitsStored=12)
    assert np.array_equal(stack_of(turned)[0, 0, 0], 4095 - np.arange(16).reshape(4, 4))
    bits = np.frombuffer(b"\xa5\x0f\x33\x01", np.uint8).reshape(1, 2, 2, 1)
    mask = _file(tmp_path / "c.dcm", bits, NumberOfFrames=3, Rows=2, Columns=5, BitsAllocated=1, BitsStored=1)
    expected = np.unpackbits(bits.ravel(), bitorder="little")[:30].reshape(3, 2, 5)
    assert np.array_equal(stack_of(mask)[0, 0], expected)


def _slices(folder: Path, times: int = 1) -> list[Array]:
    """Slices from bottom to top in files of any names, and a file of another series."""
    planes = []
    for t in range(times):
        for z, name in enumerate(("k", "b", "x")):
            planes.append(_ramp(1, 5, 6, 1) + np.uint16(100 * z + 1000 * t))
            _file(
                folder / f"{name}{t}.dcm", planes[-1], SeriesInstanceUID="1.2.3", InstanceNumber=t * 3 + z + 1,
                ImageOrientationPatient=[1, 0, 0, 0, 1, 0], ImagePositionPatient=[0, 0, 2.5 * z], SliceThickness=1,
                PixelSpacing=[0.5, 0.25], WindowCenter=50, WindowWidth=101, RescaleSlope=2, RescaleIntercept=-100,
            )  # fmt: skip
    _file(folder / "a-other.dcm", planes[0], SeriesInstanceUID="1.2.4", InstanceNumber=1)
    return planes


@pytest.mark.parametrize("times", [1, 2])
def test_a_series_is_a_stack(times: int, tmp_path: Path) -> None:
    planes = _slices(tmp_path, times)
    for name in ("x0.dcm", "b0.dcm"):
        with open_reader(tmp_path / name) as reader:
            info, image = reader.info(), reader.image(0)
            assert [path.name for path in info.used_files[:3]] == ["k0.dcm", "b0.dcm", "x0.dcm"]
            assert (image.size_z, image.size_t) == (3, times)
            assert (image.physical_size_x, image.physical_size_z) == ((0.25, "mm"), (2.5, "mm"))
            assert image.channels[0].window == (49.75, 99.75)
            assert image.planes[1].position_z == (2.5, "mm")
        assert np.array_equal(stack_of(tmp_path / name)[:, 0].reshape(-1, 5, 6), np.stack(planes)[:, 0, ..., 0])
    assert [len(one.files) for one in scan([tmp_path]).candidates] == [1, 3 * times]


def test_frames_with_times_are_time_points(tmp_path: Path) -> None:
    with open_reader(_file(tmp_path / "a.dcm", _ramp(4, 5, 6, 1), FrameTime="40")) as reader:
        image = reader.image(0)
        assert (image.size_z, image.size_t, image.time_increment) == (1, 4, (40.0, "ms"))


def _slide(folder: Path, name: str, pixels: Array, kind: str = "VOLUME", **more: Any) -> Path:
    """A slide of one level in tiles of 8 x 8."""
    height, width, samples = pixels.shape
    across, down = -(-width // 8), -(-height // 8)
    padded = np.pad(pixels, ((0, down * 8 - height), (0, across * 8 - width), (0, 0)))
    tiles = padded.reshape(down, 8, across, 8, samples).swapaxes(1, 2).reshape(-1, 8, 8, samples)
    return _file(
        folder / name, tiles[more.pop("order", slice(None))], SOPClassUID=SLIDE, SeriesInstanceUID="1.2.3",
        TotalPixelMatrixColumns=width, ImageType=["ORIGINAL", "PRIMARY", kind, "NONE"],
        **({"DimensionOrganizationType": "TILED_FULL", "TotalPixelMatrixRows": height} | more),
    )  # fmt: skip


def test_a_slide_of_several_files_is_a_pyramid(tmp_path: Path) -> None:
    full, half = _ramp(30, 41, 3, dtype="u1"), _ramp(15, 20, 3, dtype="u1")
    _slide(tmp_path, "a-small.dcm", half)
    _slide(tmp_path, "b-large.dcm", full)
    _slide(tmp_path, "c-label.dcm", half, "LABEL")
    _slide(tmp_path, "d-thumbnail.dcm", half, "THUMBNAIL")
    with open_reader(tmp_path / "b-large.dcm") as reader:
        info = reader.info()
        assert [image.name for image in info.images] == ["a-small.dcm", "label image"]
        assert [(level.width, level.height) for level in info.images[0].levels] == [(41, 30), (20, 15)]
        assert info.images[0].tile_size == (8, 8)
        assert [[path.name for path in files] for files in reader.pixel_files()][1] == ["c-label.dcm"]
        assert np.array_equal(reader.read(0, 0, 0, 1, 0, 5, 6, 30, 20), full[6:26, 5:35, 1])
    for level, expected in ((0, full), (1, half)):
        assert np.array_equal(stack_of(tmp_path / "b-large.dcm", 0, level)[0, :, 0].transpose(1, 2, 0), expected)
    assert [len(one.files) for one in scan([tmp_path]).candidates] == [4]


def test_a_slide_with_tiles_left_out(tmp_path: Path) -> None:
    pixels = _ramp(16, 16, 1)
    frames = []
    for number in (3, 0):
        place, frame = Dataset(), Dataset()
        place.ColumnPositionInTotalImagePixelMatrix = number % 2 * 8 + 1
        place.RowPositionInTotalImagePixelMatrix = number // 2 * 8 + 1
        frame.PlanePositionSlideSequence = [place]
        frames.append(frame)
    path = _slide(
        tmp_path, "a.dcm", pixels, order=[3, 0], DimensionOrganizationType="TILED_SPARSE",
        PerFrameFunctionalGroupsSequence=frames,
    )  # fmt: skip
    expected = pixels[..., 0].copy()
    expected[:8, 8:] = expected[8:, :8] = 0
    assert np.array_equal(stack_of(path)[0, 0, 0], expected)
    frames[0].PlanePositionSlideSequence[0].RowPositionInTotalImagePixelMatrix = 90
    _slide(
        tmp_path, "a.dcm", pixels, order=[3, 0], DimensionOrganizationType="TILED_SPARSE",
        PerFrameFunctionalGroupsSequence=frames,
    )  # fmt: skip
    with pytest.raises(FormatError, match="outside of the slide"):
        open_reader(path)


def _concatenation(folder: Path, frames: Array, counts: Sequence[int], **more: Any) -> list[Path]:
    """Frames in files of so many each, whose names have another order than their numbers."""
    found, first = [], 0
    groups = more.pop("PerFrameFunctionalGroupsSequence", None)
    for number, count in enumerate(counts, 1):
        if groups:
            more["PerFrameFunctionalGroupsSequence"] = groups[first : first + count]
        found.append(_file(
            folder / f"{9 - number}.dcm", frames[first : first + count], SeriesInstanceUID="1.2.3",
            ConcatenationUID="1.2.3.4", InConcatenationNumber=number, InConcatenationTotalNumber=len(counts),
            ConcatenationFrameOffsetNumber=first, InstanceNumber=number, **more,
        ))  # fmt: skip
        first += count
    return found


def test_an_image_in_several_files_is_one(tmp_path: Path) -> None:
    frames = _ramp(7, 5, 6, 1)
    parts = _concatenation(tmp_path, frames, (3, 3, 1))
    with open_reader(parts[2]) as reader:
        assert reader.info().used_files == parts and reader.pixel_files() == [set(parts)]
        assert reader.image(0).size_z == 7
    assert np.array_equal(stack_of(parts[1])[0, 0], frames[..., 0])
    assert [len(one.files) for one in scan([tmp_path]).candidates] == [3]
    parts[1].unlink()
    with pytest.raises(FormatError, match="is in 3 parts, of which 1, 3 are here"):
        open_reader(parts[0])


def test_parts_that_do_not_fit_together(tmp_path: Path) -> None:
    parts = _concatenation(tmp_path, _ramp(4, 5, 6, 1), (2, 2))
    _file(
        parts[1], _ramp(2, 5, 8, 1), ConcatenationUID="1.2.3.4", InConcatenationNumber=2, InConcatenationTotalNumber=2
    )
    with pytest.raises(FormatError, match="different pixels"):
        open_reader(parts[0])


@pytest.mark.parametrize("sparse", [False, True])
def test_a_level_of_a_slide_in_several_files(sparse: bool, tmp_path: Path) -> None:
    pixels = _ramp(16, 24, 1)
    tiles = pixels.reshape(2, 8, 3, 8, 1).swapaxes(1, 2).reshape(-1, 8, 8, 1)
    order, groups = [4, 0, 5, 1, 2, 3] if sparse else list(range(6)), []
    for number in order:
        place, frame = Dataset(), Dataset()
        place.ColumnPositionInTotalImagePixelMatrix = number % 3 * 8 + 1
        place.RowPositionInTotalImagePixelMatrix = number // 3 * 8 + 1
        frame.PlanePositionSlideSequence = [place]
        groups.append(frame)
    parts = _concatenation(
        tmp_path, tiles[order], (4, 2), SOPClassUID=SLIDE, TotalPixelMatrixColumns=24, TotalPixelMatrixRows=16,
        DimensionOrganizationType="TILED_SPARSE" if sparse else "TILED_FULL", PerFrameFunctionalGroupsSequence=groups,
        ImageType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"],
    )  # fmt: skip
    _slide(tmp_path, "half.dcm", pixels[::2, ::2])
    assert np.array_equal(stack_of(parts[1])[0, 0, 0], pixels[..., 0])
    with open_reader(parts[0]) as reader:
        assert [(level.width, level.height) for level in reader.image(0).levels] == [(24, 16), (12, 8)]
        assert np.array_equal(reader.read(0, 0, 0, 0, 0, 5, 6, 15, 9), pixels[6:15, 5:20, 0])


def test_a_slide_that_lacks_tiles(tmp_path: Path) -> None:
    path = _slide(tmp_path, "a.dcm", _ramp(16, 16, 1), TotalPixelMatrixRows=900)
    with pytest.raises(FormatError, match="should have 226 tiles but has 4"):
        open_reader(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Rows": 60000, "Columns": 60000}, "declares"),
        ({"NumberOfFrames": 99999}, "declares"),
        ({"BitsAllocated": 64}, "pixels of 64 bits"),
        ({"SamplesPerPixel": 4}, "4 samples"),
        ({"PhotometricInterpretation": "CMYK"}, "CMYK"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "palette"),
        ({"Rows": 0}, "0 pixels"),
    ],
)
def test_headers_that_make_no_sense(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = _file(tmp_path / "a.dcm", _ramp(1, 5, 6, 1), **change)
    with pytest.raises(FormatError, match=message):
        open_reader(path)


def test_a_frame_that_is_larger_than_declared(tmp_path: Path) -> None:
    frame = imagecodecs.jpeg8_encode(np.zeros((3000, 3000), np.uint8))
    path = _file(tmp_path / "a.dcm", _ramp(1, 8, 8, 1, dtype="u1"), JPEG, frames=[frame])
    with open_reader(path) as reader, pytest.raises(FormatError, match=r"frame of \(3000, 3000, 1\)"):
        reader.read(0, 0, 0, 0, 0, 0, 0, 8, 8)


def test_a_frame_that_would_fill_the_memory(tmp_path: Path) -> None:
    frame = bytearray(imagecodecs.jpeg8_encode(np.zeros((8, 8), np.uint8)))
    at = frame.index(b"\xff\xc0") + 5
    frame[at : at + 4] = struct.pack(">HH", 20000, 20000)
    path = _file(
        tmp_path / "a.dcm", _ramp(1, 8, 8, 1, dtype="u1"), JPEG, frames=[bytes(frame)], Rows=20000, Columns=20000
    )
    with open_reader(path) as reader, pytest.raises(FormatError, match="20000x20000 pixels in"):
        reader.read(0, 0, 0, 0, 0, 0, 0, 8, 8)


def test_what_is_no_image(tmp_path: Path) -> None:
    path = _file(tmp_path / "DICOMDIR", _ramp(1, 8, 8, 1), SOPClassUID="1.2.840.10008.1.3.10")
    with pytest.raises(UnsupportedFormat):
        open_reader(path)
    path = _file(tmp_path / "a.dcm", _ramp(1, 8, 8, 1), "1.2.840.10008.1.2.4.100", frames=[b"video "])
    with pytest.raises(FormatError, match="which no decoder here knows"):
        open_reader(path)
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"\xe0\x7f\x10\x00")])
    with pytest.raises(FormatError, match="has no pixels"):
        open_reader(path)
