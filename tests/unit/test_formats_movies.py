"""AVI, QuickTime and MP4: conformance, frames of each codec, and what PyAV says where it is installed."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from omero_server.formats.avi import AviReader
from omero_server.formats.base import Array, FormatError
from omero_server.formats.conformance import ReaderConformance
from omero_server.formats.quicktime import QuickTimeReader
from omero_server.formats.registry import open_reader
from tests.support.damage import read_some, refuses_cuts, survives_wrong_bytes
from tests.support.movies import bottom_up, write_avi, write_mov
from tests.support.stacks import stack_of

DATA = Path(__file__).parents[1] / "data"
FOREIGN = [DATA / "png/camera.png", DATA / "tiff/sample.tif", DATA / "SOURCES.md", DATA / "jp2/world.jp2"]
MADE = ["avi/tree.avi", "quicktime/made.mov"]


class TestAvi(ReaderConformance):
    reader = AviReader
    samples = [DATA / "avi/tree.avi"]
    foreign = FOREIGN


class TestQuickTime(ReaderConformance):
    reader = QuickTimeReader
    samples = [DATA / "quicktime/made.mov"]
    foreign = FOREIGN


def _ramp(count: int, height: int, width: int, channels: int = 1) -> Array:
    values = (np.arange(count * height * width * channels) * 7 % 251).astype(np.uint8)
    return values.reshape((count, height, width, channels) if channels > 1 else (count, height, width))


def _frames_of(path: Path) -> Array:
    """All frames as (t, y, x, c)."""
    return stack_of(path)[:, :, 0].transpose(0, 2, 3, 1)


@pytest.mark.parametrize("name", MADE)
def test_cut_files(name: str, tmp_path: Path) -> None:
    refuses_cuts(DATA / name, tmp_path, (0.05, 0.5, 0.9))


@pytest.mark.parametrize("name", MADE)
def test_wrong_bytes(name: str, tmp_path: Path) -> None:
    whole = (DATA / name).read_bytes()
    survives_wrong_bytes(DATA / name, tmp_path, 40, len(whole) if name.endswith("mov") else 6000)


def test_cinepak_is_what_other_decoders_say(tmp_path: Path) -> None:
    with open_reader(DATA / "avi/tree.avi") as reader:
        image = reader.image(0)
        assert (image.size_x, image.size_y, image.size_c, image.size_t) == (320, 240, 3, 4)
        assert reader.image(0).metadata == {"Codec": "CVID"}
        assert [plane.delta_t for plane in image.planes[::3]] == [
            (pytest.approx(number * 0.066667), "s") for number in (0, 11, 17, 24)
        ]  # fmt: skip
    pixels = _frames_of(DATA / "avi/tree.avi")
    found = [hashlib.sha1(frame.tobytes()).hexdigest()[:8] for frame in pixels]
    assert found == ["9eabb2ab", "2941e168", "980b0cea", "8f307e8a"]
    with open_reader(DATA / "avi/tree.avi") as reader:
        for t in (3, 1, 2, 0):
            assert np.array_equal(reader.read(0, 0, 0, 1, t, 10, 20, 200, 100), pixels[t, 20:120, 10:210, 1])


@pytest.mark.parametrize("riffs", [1, 2])
def test_plain_colours_of_avi(riffs: int, tmp_path: Path) -> None:
    pixels = _ramp(4, 5, 7, 3)
    write_avi(tmp_path / "a.avi", (7, 5), bytes(4), 24, [bottom_up(frame) for frame in pixels], riffs=riffs)
    assert np.array_equal(_frames_of(tmp_path / "a.avi"), pixels)
    with open_reader(tmp_path / "a.avi") as reader:
        assert reader.image(0).time_increment == (pytest.approx(0.04), "s")
        assert reader.image(0).metadata == {"Software": "a writer", "Codec": "uncompressed"}


def test_palettes_of_avi(tmp_path: Path) -> None:
    pixels = _ramp(2, 5, 7)
    grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 4, axis=1)
    colours = np.stack([np.arange(256), 255 - np.arange(256), np.arange(256) // 2, np.zeros(256)], axis=1).astype(
        np.uint8
    )
    frames = [bottom_up(frame) for frame in pixels]
    for name, palette in (("grey", grey), ("inverse", grey[::-1]), ("colour", colours), ("none", grey[:0])):
        write_avi(tmp_path / f"{name}.avi", (7, 5), bytes(4), 8, frames, palette.tobytes())
    assert np.array_equal(_frames_of(tmp_path / "grey.avi")[..., 0], pixels)
    assert np.array_equal(_frames_of(tmp_path / "none.avi")[..., 0], pixels)
    assert np.array_equal(_frames_of(tmp_path / "inverse.avi")[..., 0], 255 - pixels)
    assert np.array_equal(_frames_of(tmp_path / "colour.avi"), colours[pixels][..., 2::-1])
    write_avi(tmp_path / "y.avi", (8, 5), b"Y800", 8, [frame.tobytes() for frame in _ramp(2, 5, 8)])
    assert np.array_equal(_frames_of(tmp_path / "y.avi")[..., 0], _ramp(2, 5, 8))


@pytest.mark.parametrize("colours", [1, 3])
def test_pictures_as_frames(colours: int, tmp_path: Path) -> None:
    pixels = _ramp(3, 20, 30, colours)
    jpegs = [imagecodecs.jpeg8_encode(frame, level=95) for frame in pixels]
    expected = np.stack([np.asarray(imagecodecs.jpeg8_decode(frame)) for frame in jpegs]).reshape(3, 20, 30, colours)
    write_avi(tmp_path / "a.avi", (30, 20), b"MJPG", 24, jpegs)
    write_mov(tmp_path / "a.mov", (30, 20), b"jpeg", 24, jpegs)
    write_mov(tmp_path / "b.mov", (30, 20), b"png ", 24, [imagecodecs.png_encode(frame) for frame in pixels])
    assert np.array_equal(_frames_of(tmp_path / "a.avi"), expected)
    assert np.array_equal(_frames_of(tmp_path / "a.mov"), expected)
    assert np.array_equal(_frames_of(tmp_path / "b.mov"), pixels.reshape(3, 20, 30, colours))


def test_plain_frames_of_quicktime(tmp_path: Path) -> None:
    pixels, grey = _ramp(3, 6, 8, 3), _ramp(3, 6, 8)
    write_mov(tmp_path / "a.mov", (8, 6), b"raw ", 24, [frame.tobytes() for frame in pixels])
    write_mov(tmp_path / "b.mov", (8, 6), b"raw ", 40, [frame.tobytes() for frame in grey])
    assert np.array_equal(_frames_of(tmp_path / "a.mov"), pixels)
    assert np.array_equal(_frames_of(tmp_path / "b.mov")[..., 0], grey)
    with open_reader(tmp_path / "a.mov") as reader:
        assert reader.image(0).time_increment == (pytest.approx(0.1), "s")


@pytest.mark.parametrize(
    ("size", "codec", "bits", "frame"),
    [((60000, 60000), bytes(4), 24, 100), ((7, 5), bytes(4), 24, 100), ((7, 5), bytes(4), 16, 100),
     ((0, 5), bytes(4), 24, 9), ((7, 5), b"MJPG", 24, 100), ((7, 5), b"H264", 24, 100)],
)  # fmt: skip
def test_movies_that_make_no_sense(size: tuple[int, int], codec: bytes, bits: int, frame: int, tmp_path: Path) -> None:
    write_avi(tmp_path / "a.avi", size, codec, bits, [bytes(frame)] * 3)
    with pytest.raises(FormatError):
        open_reader(tmp_path / "a.avi")
    write_mov(tmp_path / "a.mov", size, b"raw " if bits == 24 else b"avc1", bits, [bytes(frame)] * 3)
    with pytest.raises(FormatError):
        open_reader(tmp_path / "a.mov")


def test_a_frame_larger_than_the_movie(tmp_path: Path) -> None:
    small, large = (imagecodecs.jpeg8_encode(np.zeros((side, side), np.uint8)) for side in (8, 4000))
    write_avi(tmp_path / "a.avi", (8, 8), b"MJPG", 24, [small, large])
    with open_reader(tmp_path / "a.avi") as reader:
        reader.read(0, 0, 0, 0, 0, 0, 0, 8, 8)
        with pytest.raises(FormatError, match=r"frame of \(4000, 4000\) pixels where \(8, 8\)"):
            reader.read(0, 0, 0, 0, 1, 0, 0, 8, 8)


@pytest.mark.parametrize("codec", [b"cvid", b"MJPG"])
def test_frames_that_are_too_large_to_decode(codec: bytes, tmp_path: Path) -> None:
    frame = bytearray(imagecodecs.jpeg8_encode(np.zeros((8, 8), np.uint8)))
    at = frame.index(b"\xff\xc0") + 5
    frame[at : at + 4] = struct.pack(">HH", 30000, 30000)
    write_avi(tmp_path / "a.avi", (30000, 30000), codec, 24, [bytes(frame)])
    with pytest.raises(FormatError):
        open_reader(tmp_path / "a.avi")


def test_tables_of_quicktime_that_lie(tmp_path: Path) -> None:
    write_mov(tmp_path / "a.mov", (8, 6), b"raw ", 24, [bytes(144)] * 4)
    data = (tmp_path / "a.mov").read_bytes()
    at = data.index(b"stsz") + 12
    for count in (5, 2**31, 2**32 - 1):
        (tmp_path / "a.mov").write_bytes(data[:at] + struct.pack(">I", count) + data[at + 4 :])
        with pytest.raises(FormatError):
            open_reader(tmp_path / "a.mov")


def _encoded(path: Path, codec: str) -> Array:
    """A movie written by PyAV, and what it decodes of it."""
    av = pytest.importorskip("av", reason="PyAV is not installed")
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=20)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 64, 48, "yuv420p", 8
        for number in range(30):
            y, x = np.mgrid[:48, :64]
            pixels = np.stack([x * 4, y * 5, (x + 9 * number) % 256], axis=-1).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.avi"])
def test_other_codecs_through_the_library(name: str, tmp_path: Path) -> None:
    expected = _encoded(tmp_path / name, "mpeg4")
    assert np.array_equal(_frames_of(tmp_path / name), expected)
    with open_reader(tmp_path / name) as reader:
        assert reader.image(0).time_increment == (pytest.approx(0.05, rel=0.01), "s")
        for t in (29, 3, 4, 17, 0):
            assert np.array_equal(reader.read(0, 0, 0, 2, t, 3, 4, 50, 40), expected[t, 4:44, 3:53, 2])
    data = bytearray((tmp_path / name).read_bytes())
    rng = np.random.default_rng(5)
    for _ in range(20):
        damaged = bytearray(data)
        for at in rng.integers(0, len(data), 30):
            damaged[at] = int(rng.integers(256))
        (tmp_path / name).write_bytes(damaged)
        try:
            read_some(tmp_path / name)
        except FormatError:
            continue
