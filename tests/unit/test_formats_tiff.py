"""TIFF variants written here, read back and compared with the arrays they were made from."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import imagecodecs
import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from PIL import Image

from omero_server.formats.base import PIXEL_DTYPES
from omero_server.formats.registry import open_reader

Pixels = npt.NDArray[Any]
RNG = np.random.default_rng(7)


def _noise(shape: tuple[int, ...], dtype: str) -> Pixels:
    kind = np.dtype(dtype)
    if kind.kind in "fc":
        return RNG.normal(size=shape).astype(kind)
    limits = np.iinfo(kind)
    return RNG.integers(limits.min, limits.max, shape, kind, endpoint=True)


def _planes(path: Path, level: int = 0, series: int = 0) -> Pixels:
    """All planes as (t, c, z, y, x)."""
    with open_reader(path) as reader:
        image = reader.image(series)
        size = image.levels[level]
        return np.array(
            [
                [
                    [reader.read(series, level, z, c, t, 0, 0, size.width, size.height) for z in range(image.size_z)]
                    for c in range(image.size_c)
                ]
                for t in range(image.size_t)
            ]
        )


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("pixel_type", "dtype"), [(name, str(dtype)) for name, dtype in PIXEL_DTYPES.items() if name != "bit"]
)
def test_pixel_types_in_both_byte_orders(pixel_type: str, dtype: str, order: Literal["<", ">"], tmp_path: Path) -> None:
    source = _noise((37, 53), dtype)
    tifffile.imwrite(tmp_path / "a.tif", source, byteorder=order, photometric="minisblack")
    with open_reader(tmp_path / "a.tif") as reader:
        assert reader.image(0).pixel_type == pixel_type
        part = reader.read(0, 0, 0, 0, 0, 5, 7, 20, 11)
        assert part.dtype.isnative and np.array_equal(part, source[7:18, 5:25])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bigtiff": True},
        {"tile": (16, 32)},
        {"rowsperstrip": 5},
        {"rowsperstrip": 1},
        {"compression": "zlib", "predictor": True},
        {"compression": "lzw", "tile": (16, 16)},
        {"compression": "zstd", "rowsperstrip": 7},
        {"predictor": True, "compression": "zlib", "byteorder": ">"},
    ],
    ids=str,
)
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_layouts_of_rgb(options: dict[str, Any], planar: str, tmp_path: Path) -> None:
    source = _noise((3, 45, 61), "uint16")
    stored = source if planar == "separate" else source.transpose(1, 2, 0)
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="rgb", planarconfig=planar, **options)
    assert np.array_equal(_planes(tmp_path / "a.tif")[0, :, 0], source)
    with open_reader(tmp_path / "a.tif") as reader:
        image = reader.image(0)
        assert (image.is_rgb, image.size_c, image.channels[0].samples_per_pixel) == (True, 3, 3)
        assert np.array_equal(reader.read(0, 0, 0, 2, 0, 13, 9, 40, 30), source[2, 9:39, 13:53])


def test_alpha_is_a_fourth_channel(tmp_path: Path) -> None:
    source = _noise((20, 30, 4), "uint8")
    tifffile.imwrite(tmp_path / "a.tif", source, photometric="rgb", extrasamples=["unassalpha"])
    assert np.array_equal(_planes(tmp_path / "a.tif")[0, :, 0], source.transpose(2, 0, 1))


def test_pages_are_time_points(tmp_path: Path) -> None:
    source = _noise((6, 20, 30), "uint8")
    tifffile.imwrite(tmp_path / "a.tif", source, photometric="minisblack", metadata=None)
    assert np.array_equal(_planes(tmp_path / "a.tif")[:, 0, 0], source)


def test_pages_of_other_shapes_are_further_images(tmp_path: Path) -> None:
    sources = [_noise((20, 30), "uint8"), _noise((20, 30), "uint8"), _noise((8, 9), "uint16")]
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for source in sources:
            writer.write(source, metadata=None)
    with open_reader(tmp_path / "a.tif") as reader:
        assert [(i.size_t, i.size_x, i.pixel_type) for i in reader.info().images] == [
            (2, 30, "uint8"),
            (1, 9, "uint16"),
        ]
    assert np.array_equal(_planes(tmp_path / "a.tif", series=1)[0, 0, 0], sources[2])


def test_subifd_pyramid(tmp_path: Path) -> None:
    source = _noise((128, 192), "uint16")
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(source, subifds=2, tile=(64, 64), metadata=None)
        writer.write(source[::2, ::2], subfiletype=1, tile=(64, 64), metadata=None)
        writer.write(source[::4, ::4], subfiletype=1, tile=(64, 64), metadata=None)
    for level, step in enumerate((1, 2, 4)):
        assert np.array_equal(_planes(tmp_path / "a.tif", level)[0, 0, 0], source[::step, ::step])


def test_palette_becomes_rgb(tmp_path: Path) -> None:
    indices = _noise((20, 30), "uint8")
    palette = RNG.integers(0, 65536, (3, 256), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", indices, photometric="palette", colormap=palette)
    expected = np.asarray(Image.open(tmp_path / "a.tif").convert("RGB")).transpose(2, 0, 1)
    assert np.array_equal(_planes(tmp_path / "a.tif")[0, :, 0], expected)


def test_grey_palette_stays_one_channel(tmp_path: Path) -> None:
    indices = _noise((20, 30), "uint8")
    ramp = np.arange(255, -1, -1, dtype=np.uint16) * 257
    tifffile.imwrite(tmp_path / "a.tif", indices, photometric="palette", colormap=np.stack([ramp] * 3))
    assert np.array_equal(_planes(tmp_path / "a.tif")[0, :, 0], (255 - indices)[np.newaxis])


@pytest.mark.parametrize("mode", ["1", "L"])
def test_white_is_zero_is_turned_over(mode: str, tmp_path: Path) -> None:
    picture = Image.fromarray(_noise((20, 31), "uint8")).convert(mode)
    picture.save(tmp_path / "a.tif", tiffinfo={262: 0})
    expected = np.asarray(Image.open(tmp_path / "a.tif"))
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert tif.pages.first.photometric == 0
    assert np.array_equal(_planes(tmp_path / "a.tif")[0, 0, 0], expected)


def test_bilevel_is_uint8_with_one_significant_bit(tmp_path: Path) -> None:
    source = _noise((20, 31), "uint8") > 100
    tifffile.imwrite(tmp_path / "a.tif", source, photometric="minisblack")
    with open_reader(tmp_path / "a.tif") as reader:
        assert (reader.image(0).pixel_type, reader.image(0).significant_bits) == ("uint8", 1)
    assert np.array_equal(_planes(tmp_path / "a.tif")[0, 0, 0], source)


def test_resolution_tags_are_the_pixel_size(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", _noise((9, 9), "uint8"), resolution=(20000, 40000), resolutionunit=3)
    with open_reader(tmp_path / "a.tif") as reader:
        assert (reader.image(0).physical_size_x, reader.image(0).physical_size_y) == ((0.5, "µm"), (0.25, "µm"))


@pytest.mark.parametrize("shape", [(2, 3, 4), (1, 5, 1), (3, 1, 1), (1, 1, 4)])
def test_imagej_hyperstacks(shape: tuple[int, int, int], tmp_path: Path) -> None:
    source = _noise((*shape, 12, 15), "uint16")
    metadata = {"axes": "TZCYX", "unit": "um", "spacing": 2.5, "finterval": 0.5}
    tifffile.imwrite(tmp_path / "a.tif", source, imagej=True, metadata=metadata, resolution=(4, 5), resolutionunit=1)
    assert np.array_equal(_planes(tmp_path / "a.tif"), source.transpose(0, 2, 1, 3, 4))
    with open_reader(tmp_path / "a.tif") as reader:
        image = reader.image(0)
        assert (image.physical_size_x, image.physical_size_y) == ((0.25, "µm"), (0.2, "µm"))
        assert image.physical_size_z == (2.5, "µm") and image.time_increment == (0.5, "s")


def test_imagej_stack_with_a_single_page(tmp_path: Path) -> None:
    """Beyond 4 GB ImageJ writes one page and lets the other planes follow; a small one is laid out alike."""
    source = _noise((5, 12, 15), "uint16")
    notes = "ImageJ=1.54p\nimages=5\nslices=5\n"
    tifffile.imwrite(tmp_path / "a.tif", source[0], description=notes, metadata=None, byteorder=">", software=None)
    with (tmp_path / "a.tif").open("ab") as file, tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert tif.pages.first.dataoffsets[0] + source[0].nbytes == file.tell()
        file.write(source[1:].astype(">u2").tobytes())
    assert np.array_equal(_planes(tmp_path / "a.tif")[0, 0], source)


@pytest.mark.parametrize("axes", ["TCZYX", "ZCTYX", "CYX", "TZCYXS"])
def test_ome_tiff_orders(axes: str, tmp_path: Path) -> None:
    sizes = {"T": 2, "C": 3, "Z": 4, "Y": 11, "X": 13, "S": 3}
    source = _noise(tuple(sizes[axis] for axis in axes), "uint8")
    photometric = "rgb" if "S" in axes else "minisblack"
    tifffile.imwrite(tmp_path / "a.ome.tif", source, metadata={"axes": axes}, photometric=photometric, ome=True)
    wanted = [axis for axis in "TZCSYX" if axis in axes]
    array = source.transpose([axes.index(axis) for axis in wanted])
    for at, axis in enumerate("TZCSYX"):
        array = array if axis in wanted else np.expand_dims(array, at)
    t, z, c, s, y, x = array.shape
    assert np.array_equal(_planes(tmp_path / "a.ome.tif"), array.transpose(0, 2, 3, 1, 4, 5).reshape(t, c * s, z, y, x))


def test_ome_tiff_series_and_channels(tmp_path: Path) -> None:
    sources = [_noise((2, 11, 13), "uint8"), _noise((3, 5, 7), "float32")]
    with tifffile.TiffWriter(tmp_path / "a.ome.tif") as writer:
        writer.write(sources[0], photometric="minisblack", metadata={
            "axes": "CYX", "Channel": {"Name": ["DAPI", "GFP"], "EmissionWavelength": [461.0, 509.0],
                                       "EmissionWavelengthUnit": ["nm", "nm"]},
            "PhysicalSizeX": 0.1, "PhysicalSizeXUnit": "nm", "Name": "first"})  # fmt: skip
        writer.write(sources[1], photometric="minisblack", metadata={"axes": "ZYX", "Name": "second"})
    with open_reader(tmp_path / "a.ome.tif") as reader:
        first, second = reader.info().images
        assert (first.name, second.name, second.size_z, second.pixel_type) == ("first", "second", 3, "float")
        assert [(ch.name, ch.emission_wavelength) for ch in first.channels] == [
            ("DAPI", (461.0, "nm")),
            ("GFP", (509.0, "nm")),
        ]
        assert first.physical_size_x == (0.1, "nm")
    assert np.array_equal(_planes(tmp_path / "a.ome.tif", series=1)[0, 0], sources[1])


def test_many_pages_are_bounded_in_open_files_and_memory(tmp_path: Path) -> None:
    source = _noise((300, 8, 9), "uint8")
    tifffile.imwrite(tmp_path / "a.tif", source, photometric="minisblack", metadata=None)
    with open_reader(tmp_path / "a.tif") as reader:
        for t in (0, 299, 150, 0):
            assert np.array_equal(reader.read(0, 0, 0, 0, t, 0, 0, 9, 8), source[t])


@pytest.mark.parametrize("mode", ["I;16", "L", "LA", "RGB", "RGBA", "P", "1"])
def test_png_modes(mode: str, tmp_path: Path) -> None:
    if mode == "I;16":
        picture = Image.fromarray(_noise((20, 31), "uint16"))
        expected = np.asarray(picture)[np.newaxis]
    else:
        picture = Image.fromarray(_noise((20, 31, 3 if mode == "P" else 4), "uint8")).convert(mode)
        shown = picture.convert({"P": "RGB", "1": "L"}.get(mode, mode))
        expected = np.asarray(shown).reshape(20, 31, -1).transpose(2, 0, 1)
    picture.save(tmp_path / "a.png")
    assert np.array_equal(_planes(tmp_path / "a.png")[0, :, 0], expected)


def test_png_of_16_bit_colour_keeps_all_bits(tmp_path: Path) -> None:
    source = _noise((20, 31, 3), "uint16")
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(source))
    assert np.array_equal(_planes(tmp_path / "a.png")[0, :, 0], source.transpose(2, 0, 1))


def test_grey_jpeg(tmp_path: Path) -> None:
    Image.fromarray(_noise((20, 31), "uint8")).save(tmp_path / "a.jpg")
    expected = np.asarray(Image.open(tmp_path / "a.jpg"))
    assert np.array_equal(_planes(tmp_path / "a.jpg")[0, :, 0], expected[np.newaxis])
