"""BMP, GIF, Netpbm, Targa, PCX and Photoshop pictures against other decoders and rules written out by hand."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from omero_server.formats.base import Array, FormatError
from omero_server.formats.netpbm import NetpbmReader
from omero_server.formats.registry import open_reader
from tests.support.damage import refuses_cuts, survives_wrong_bytes

DATA = Path(__file__).parents[1] / "data"
SAMPLES = {
    "bmp/hopper.bmp": ("BMP", (128, 128, 1, 3, 1), "uint8", "047063085683cbfbfeebe6ba24d4d286052717a5"),
    "gif/cogs.gif": ("GIF", (85, 77, 1, 3, 5), "uint8", "ac9636828dc0a4e2e469ef2e9712cb89f222ed73"),
    "gif/cramps.gif": ("GIF", (159, 203, 1, 3, 1), "uint8", "3b2bd33fbba92a290c132cdb9427e181572ee073"),
    "pcx/odd_stride.pcx": ("PCX", (371, 150, 1, 3, 1), "uint8", "b5884032cbe0fa5de415a7be19e2327e6bf51584"),
    "psd/hopper.psd": ("PSD", (128, 128, 1, 3, 1), "uint8", "1c0ff598ff017ad3cae05d4f2f437204659cdfe6"),
    "tga/200x32_rgb_bl_rle.tga": ("Targa", (200, 32, 1, 3, 1), "uint8", "a1aaf59958886d37295512a7df3d8820be91b6cf"),
    "pgm/hopper_16bit.pgm": ("PGM", (128, 128, 1, 1, 1), "uint16", "d9d0a322da44906dd63873e213a792d8862041f7"),
    "pnm/hopper.ppm": ("PGM", (128, 128, 1, 3, 1), "uint8", "1a0ce0278dece1ac970c2f3f4e004e5da6a1507d"),
}


def _plane(path: Path, c: int = 0, t: int = 0) -> Array:
    with open_reader(path) as reader:
        image = reader.image(0)
        return reader.read(0, 0, 0, c, t, 0, 0, image.size_x, image.size_y)


def _picture(path: Path) -> Array:
    with open_reader(path) as reader:
        channels = reader.image(0).size_c
    return np.stack([_plane(path, c) for c in range(channels)], axis=-1)


@pytest.mark.parametrize("name", SAMPLES)
def test_samples(name: str) -> None:
    kind, sizes, pixel_type, sha1 = SAMPLES[name]
    with open_reader(DATA / name) as reader:
        info, image = reader.info(), reader.image(0)
    assert info.format == kind and image.pixel_type == pixel_type
    assert (image.size_x, image.size_y, image.size_z, image.size_c, image.size_t) == sizes
    plane = _plane(DATA / name)
    assert hashlib.sha1(plane.astype(plane.dtype.newbyteorder("<")).tobytes()).hexdigest() == sha1


@pytest.mark.parametrize("name", SAMPLES)
def test_cut_files(name: str, tmp_path: Path) -> None:
    # The last bytes of a Targa file are its footer.
    refuses_cuts(DATA / name, tmp_path, (0.05, 0.5, 0.9) if name.startswith("tga") else (0.05, 0.5, 0.98))


@pytest.mark.parametrize("name", SAMPLES)
def test_wrong_bytes(name: str, tmp_path: Path) -> None:
    survives_wrong_bytes(DATA / name, tmp_path)


def test_bitmap_equals_imagecodecs() -> None:
    expected = imagecodecs.bmp_decode((DATA / "bmp/hopper.bmp").read_bytes())
    assert np.array_equal(_picture(DATA / "bmp/hopper.bmp"), expected)


@pytest.mark.parametrize(("resolution", "size"), [(3779, 264.62), (-1, None), (0, None)])
def test_pixels_of_a_bitmap_have_a_size(resolution: int, size: float | None, tmp_path: Path) -> None:
    data = bytearray((DATA / "bmp/hopper.bmp").read_bytes())
    struct.pack_into("<i", data, 42, resolution)
    (tmp_path / "a.bmp").write_bytes(data)
    with open_reader(tmp_path / "a.bmp") as reader:
        image = reader.image(0)
    assert image.physical_size_x == (pytest.approx(264.62, rel=1e-4), "µm")
    assert image.physical_size_y == (None if size is None else (pytest.approx(size, rel=1e-4), "µm"))


def test_photoshop_equals_its_runs_unpacked() -> None:
    data = (DATA / "psd/hopper.psd").read_bytes()
    at = 26
    for _ in range(3):
        at += 4 + struct.unpack_from(">I", data, at)[0]
    assert struct.unpack_from(">H", data, at)[0] == 1
    counts = struct.unpack_from(">384H", data, at + 2)
    at += 2 + 768
    rows = []
    for count in counts:
        rows.append(np.frombuffer(imagecodecs.packbits_decode(data[at : at + count]), np.uint8))
        at += count
    expected = np.stack(rows).reshape(3, 128, 128).transpose(1, 2, 0)
    assert np.array_equal(_picture(DATA / "psd/hopper.psd"), expected)


def test_targa_equals_its_runs_unpacked() -> None:
    data = (DATA / "tga/200x32_rgb_bl_rle.tga").read_bytes()
    pixels, at = b"", 18 + data[0]
    while len(pixels) < 200 * 32 * 3:
        count = (data[at] & 127) + 1
        if data[at] & 128:
            pixels, at = pixels + data[at + 1 : at + 4] * count, at + 4
        else:
            pixels, at = pixels + data[at + 1 : at + 1 + 3 * count], at + 1 + 3 * count
    expected = np.frombuffer(pixels, np.uint8).reshape(32, 200, 3)[::-1, :, ::-1]
    assert np.array_equal(_picture(DATA / "tga/200x32_rgb_bl_rle.tga"), expected)


def test_paintbrush_equals_its_runs_and_palette() -> None:
    data = (DATA / "pcx/odd_stride.pcx").read_bytes()
    stride = struct.unpack_from("<H", data, 66)[0]
    pixels, at = bytearray(), 128
    while len(pixels) < stride * 150:
        count = data[at] & 63 if data[at] >= 192 else 0
        pixels += bytes([data[at + 1]]) * count if count else data[at : at + 1]
        at += 2 if count else 1
    palette = np.frombuffer(data[-768:], np.uint8).reshape(256, 3)
    indices = np.frombuffer(pixels, np.uint8)[: stride * 150].reshape(150, stride)[:, :371]
    assert np.array_equal(_picture(DATA / "pcx/odd_stride.pcx"), palette[indices])


def test_animation_is_time() -> None:
    path = DATA / "gif/cogs.gif"
    with Image.open(path) as expected, open_reader(path) as reader:
        image = reader.image(0)
        # Backwards, so that the reader has to begin again.
        for t in (4, 1, 3, 0, 2):
            expected.seek(t)
            frame = np.asarray(expected.convert("RGB"))
            for c in range(3):
                assert np.array_equal(reader.read(0, 0, 0, c, t, 0, 0, 85, 77), frame[..., c])
    assert [plane.delta_t for plane in image.planes if plane.c == 0][:3] == [(0.0, "s"), (0.0, "s"), (0.05, "s")]
    assert image.metadata["loop"] == "32760"


def test_gif_that_declares_more_than_it_holds(tmp_path: Path) -> None:
    data = bytearray((DATA / "gif/cogs.gif").read_bytes())
    data[6:10] = struct.pack("<HH", 60000, 60000)
    (tmp_path / "a.gif").write_bytes(data)
    with pytest.raises(FormatError, match="declares 60000x60000"):
        open_reader(tmp_path / "a.gif")


def test_bitmap_that_declares_more_than_it_holds(tmp_path: Path) -> None:
    data = bytearray((DATA / "bmp/hopper.bmp").read_bytes())
    data[18:26] = struct.pack("<ii", 12000, 12000)
    (tmp_path / "a.bmp").write_bytes(data)
    with pytest.raises(FormatError, match="declares 12000x12000 pixels, more than its 49"):
        open_reader(tmp_path / "a.bmp")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"P1\n# a comment\n3 2\n1 0 1\n010\n", [[0, 255, 0], [255, 0, 255]]),
        (b"P2 3 2 100 1 2 3 # inside\n 4 5 100", [[1, 2, 3], [4, 5, 100]]),
        (b"P4\n3 2\n\xa0\x40", [[0, 255, 0], [255, 0, 255]]),
        (b"P5 3 2 4095\n" + np.arange(6, dtype=">u2").tobytes(), [[0, 1, 2], [3, 4, 5]]),
        (b"P7\nWIDTH 3\nHEIGHT 2\nDEPTH 1\nMAXVAL 255\nTUPLTYPE GRAYSCALE\nENDHDR\n" + bytes(range(6)),
         [[0, 1, 2], [3, 4, 5]]),
        (b"Pf 3 2 -1.0\n" + np.arange(6, dtype="<f4").tobytes(), [[3, 4, 5], [0, 1, 2]]),
    ],
)  # fmt: skip
def test_kinds_of_netpbm(text: bytes, expected: list[list[int]], tmp_path: Path) -> None:
    (tmp_path / "a.pnm").write_bytes(text)
    assert _plane(tmp_path / "a.pnm").tolist() == expected


def test_colours_of_16_bit_stay_16_bit(tmp_path: Path) -> None:
    pixels = np.arange(5 * 4 * 3, dtype=np.uint16).reshape(5, 4, 3) * 1000
    (tmp_path / "a.ppm").write_bytes(b"P6 4 5 65535\n" + pixels.astype(">u2").tobytes())
    assert np.array_equal(_picture(tmp_path / "a.ppm"), pixels)


@pytest.mark.parametrize(
    "text",
    [b"P5 3", b"P5 3 2 0\n", b"P5 3 2 70000\n", b"P5 99999 99999 255\n12", b"P2 3 2 9 1 2 3 4 5", b"P2 1 1 9 10",
     b"P2 1 1 9 x", b"P5 x 1 1 1", b"P7\nWIDTH 3\nENDHDR\n", b"P7\nWIDTH", b"P1 99999 99999 1", b"P4 99999 99999 1"],
)  # fmt: skip
def test_netpbm_that_makes_no_sense(text: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.pnm").write_bytes(text)
    with pytest.raises(FormatError):
        NetpbmReader.open(tmp_path / "a.pnm")


def test_a_large_picture_is_read_in_part(tmp_path: Path) -> None:
    path = tmp_path / "a.pgm"
    with path.open("wb") as file:
        file.write(b"P5 100000 30000 255\n")
        file.truncate(20 + 3_000_000_000)
        file.seek(20 + 100000 * 29999 + 99999)
        file.write(b"\x07")
    with open_reader(path) as reader:
        assert reader.read(0, 0, 0, 0, 0, 99998, 29998, 2, 2).tolist() == [[0, 0], [0, 7]]
