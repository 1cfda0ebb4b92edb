"""Helpers for scripts that need no server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image

from omero.util import pixelstypetopython, script_utils

ABC = "a9993e364706816aba3e25717850c26c9cd0d89d"


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("int8", ("b", numpy.int8, "b", "L")),
        ("uint8", ("B", numpy.uint8, "B", "L")),
        ("int16", ("h", numpy.int16, "i2", "I;16")),
        ("uint16", ("H", numpy.uint16, "u2", "I;16")),
        ("int32", ("i", numpy.int32, "i4", "I")),
        ("uint32", ("I", numpy.uint32, "u4", "I")),
        ("float", ("f", numpy.float32, "f", "F")),
        ("double", ("d", numpy.float64, "d", "F")),
        ("complex", (None, None, None, None)),
    ],
)
def test_types_of_pixels(kind: str, names: tuple[Any, ...]) -> None:
    convert = (
        pixelstypetopython.toPython,
        pixelstypetopython.toNumpy,
        pixelstypetopython.toArray,
        pixelstypetopython.toPIL,
    )
    assert tuple(function(kind) for function in convert) == names
    if names[0] is not None:
        assert numpy.dtype(names[2]) == numpy.dtype(names[1])


def test_digest(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert script_utils.calc_sha1(str(path)) == ABC
    with pytest.deprecated_call(match="calcSha1FromData is deprecated, use hashlib.sha1"):
        assert script_utils.calcSha1FromData("abc") == ABC


def test_ranges_are_stretched() -> None:
    plane = numpy.array([[0, 100], [200, 300]], dtype="uint16")
    stretched = script_utils.convert_numpy_array(plane, (0, 300), "uint8")
    assert stretched.dtype == numpy.uint8
    assert stretched.tolist() == [[0, 85], [170, 255]]
    assert script_utils.convert_numpy_array(plane, (100, 200), numpy.uint8).tolist() == [[0, 0], [255, 255]]
    assert script_utils.convert_numpy_array(plane, (5, 5), "uint8").tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(
    ("plane_type", "dtype", "mode", "values"),
    [
        ("uint8", "uint8", "L", [0, 10, 20, 30, 60, 100]),
        ("uint8", "int32", "L", [0, 10, 20, 30, 60, 100]),
        ("int8", "uint8", "I", [0, 10, 20, 30, 60, 100]),
        ("uint16", "uint8", "L", [0, 25, 51, 76, 153, 255]),
        ("uint16", "int32", "I", [0, 25, 51, 76, 153, 255]),
        ("float32", "uint16", "I", [0, 25, 51, 76, 153, 255]),
        ("float32", "float", "F", [0, 25.5, 51, 76.5, 153, 255]),
    ],
)
def test_planes_become_pictures(plane_type: str, dtype: str, mode: str, values: list[float]) -> None:
    plane = numpy.array([[0, 10, 20], [30, 60, 100]], dtype=plane_type)
    picture = script_utils.numpy_to_image(plane, (0, 100), dtype)
    assert (picture.mode, picture.size) == (mode, (3, 2))
    assert numpy.asarray(picture).ravel().tolist() == values


def test_planes_are_saved_as_pictures(tmp_path: Path) -> None:
    plane = numpy.array([[0, 100], [200, 300]], dtype="uint16")
    for name in ("a.png", "a.tif"):
        script_utils.numpy_save_as_image(plane, (0, 300), numpy.uint8, str(tmp_path / name))
        with Image.open(tmp_path / name) as saved:
            assert numpy.asarray(saved).tolist() == [[0, 85], [170, 255]]
            with pytest.deprecated_call():
                assert script_utils.getPlaneFromImage(str(tmp_path / name)).shape == (2, 2)


@pytest.mark.parametrize(
    ("name", "arguments", "result"),
    [
        ("rgbToRGBInt", (255, 128, 1), 16744449),
        ("RGBToPIL", (0xFF8001,), "#ff8001"),
        ("RGBToPIL", (-1,), "#ffffff"),
        ("rangeToStr", (range(1, 5),), "1,2,3,4"),
        ("toCSV", (["a", 1],), "a,1"),
        ("toList", ("a, b",), ["a", "b"]),
        ("arrayToCSV", (numpy.array([[1.5, 2], [3, 4]]),), "1.5,2.0\n3.0,4.0\n"),
        ("IdentityFn", ("x",), "x"),
    ],
)
def test_old_helpers(name: str, arguments: tuple[Any, ...], result: Any) -> None:
    with pytest.deprecated_call(match=f"{name} is deprecated"):
        assert getattr(script_utils, name)(*arguments) == result


def test_overlays() -> None:
    from PIL import ImageDraw

    picture = Image.new("RGB", (60, 30))
    with pytest.deprecated_call():
        script_utils.drawLineOverlay(ImageDraw.Draw(picture), 0, 5, 59, 5, "0xff0000")
        script_utils.drawTextOverlay(ImageDraw.Draw(picture), 5, 10, "abc", "0x00ff00")
    assert picture.getpixel((30, 5)) == (255, 0, 0)
    assert max(picture.crop((0, 8, 60, 30)).split()[1].tobytes()) > 128


def test_folders_are_removed(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "file").touch()
    with pytest.deprecated_call():
        script_utils.rmdir_recursive(str(tmp_path / "a"))
    assert not (tmp_path / "a").exists()


def test_colours() -> None:
    assert script_utils.COLOURS["Yellow"] == (255, 255, 0, 255)
    assert script_utils.EXTRA_COLOURS["Indigo"] == (79, 6, 132, 255)
    assert (len(script_utils.COLOURS), len(script_utils.EXTRA_COLOURS)) == (5, 5)
