"""Pictures, labels and shapes of figures."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
from PIL import Image, ImageFont

import omero.model
from omero.util import figureUtil, image_utils, imageUtil, roi_handling_utils

MICROMETER = omero.model.enums.UnitsLength.MICROMETER
NANOMETER = omero.model.enums.UnitsLength.NANOMETER


@pytest.mark.parametrize(
    ("packed", "rgba"),
    [(255, (0, 0, 0, 255)), (-1, (255,) * 4), (0x11223344, (17, 34, 51, 68)), (-16776961, (255, 0, 0, 255))],
)
def test_packed_colours(packed: int, rgba: tuple[int, ...]) -> None:
    assert image_utils.int_to_rgba(packed) == rgba


def test_old_names_of_pictures() -> None:
    with pytest.deprecated_call(match=r"RGBIntToRGBA is deprecated, use image_utils.int_to_rgba"):
        assert imageUtil.RGBIntToRGBA(0x11223344) == (34, 51, 68, 17)
    with pytest.deprecated_call():
        assert imageUtil.RGBIntToRGB(-1) == (255, 255, 255)
    with pytest.deprecated_call():
        assert imageUtil.checkRGBRange(300) is None
    with pytest.deprecated_call():
        assert imageUtil.getZoomFactor((100, 50), 10, 10) == 10
    with pytest.deprecated_call():
        assert imageUtil.resizeImage(Image.new("RGB", (20, 10)), 10, 10).size == (10, 5)
    with pytest.deprecated_call():
        assert imageUtil.getFont(12).getlength("abc") == image_utils.get_font(12).getlength("abc")


@pytest.mark.parametrize(("value", "wanted"), [(300, None), (-3, None), (0, 0), (255, 255), (3.7, 3)])
def test_range_of_colours(value: float, wanted: int | None) -> None:
    assert image_utils.check_rgb_range(value) == wanted


@pytest.mark.parametrize(
    ("largest", "size"), [((10, 10), (10, 5)), ((100, 100), (100, 50)), ((3, 3), (3, 1)), ((20, 2), (4, 2))]
)
def test_resizing(largest: tuple[int, int], size: tuple[int, int]) -> None:
    picture = Image.new("RGB", (20, 10))
    assert image_utils.resize_image(picture, *largest).size == size
    assert image_utils.resize_image(picture, 20, 10) is picture


def test_fonts_have_their_sizes() -> None:
    widths = [image_utils.get_font(size).getlength("abc") for size in (8, 16, 64)]
    assert widths[0] < widths[1] < widths[2]
    assert 6 <= widths[2] / widths[0] <= 10


@pytest.mark.parametrize(
    ("seconds", "units", "text"),
    [
        (3661.5, "SECS_MILLIS", "3661.50"),
        (59.999, "SECS", "60"),
        (59.999, "MINS", "1"),
        (7325.789, "HOURS", "2"),
        (61, "MINS_SECS", "1:01"),
        (59.999, "MINS_SECS", "1:00"),
        (-5.7, "MINS_SECS", "-0:06"),
        (3599.9, "HOURS_MINS", "0:59"),
        (90061.25, "HOURS_MINS", "25:01"),
        (7325.789, "HOURS_MINS_SECS", "2:02:06"),
        (3599.9, "HOURS_MINS_SECS", "1:00:00"),
        (7325.789, "HOURS_MINS_SECS_MILLIS", "2:02:05.79"),
        (1.234, "PARSECS", "1.23 sec"),
        (1.234, None, "1.23 sec"),
    ],
)
def test_times(seconds: float, units: str | None, text: str) -> None:
    assert figureUtil.formatTime(seconds, units) == text


@pytest.mark.parametrize(
    ("size", "length", "box"),
    [
        ((0.5, MICROMETER), 10, (170, 89, 191, 91)),
        ((500, NANOMETER), 10, (170, 89, 191, 91)),
        ((1, MICROMETER), 150, (40, 89, 191, 91)),
        ((0.5, MICROMETER), 1000, None),
        (None, 10, None),
    ],
)
def test_scale_bars(size: Any, length: int, box: Any) -> None:
    pixels = omero.model.PixelsI()
    if size is not None:
        pixels.physicalSizeX = omero.model.LengthI(*size)
    picture = Image.new("RGB", (200, 100))
    drawn, message = figureUtil.addScalebar(length, 10, 10, picture, pixels, (255, 0, 0))
    assert (drawn, picture.getbbox()) == (box is not None, box)
    missing = "Pixel size not defined." if size is None else "Scale bar is too large."
    assert message == ("  Scalebar added to the image." if drawn else f"  Failed to add scale bar: {missing}")


def test_labels_are_written_upwards() -> None:
    font = image_utils.get_font(20)
    one, two = (figureUtil.getVerticalLabels(["WWW", "i"][:count], font, 5) for count in (1, 2))
    assert one.height == two.height > one.width
    assert two.width > 2 * one.width
    ink = 255 - numpy.asarray(two.convert("L"))
    # The second is short, and in the middle.
    lengths = [int((part.sum(axis=1) > 0).sum()) for part in (ink[:, : one.width], ink[:, one.width :])]
    assert lengths[0] > 2 * lengths[1] > 0


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("1,2 3,4", [(1, 2), (3, 4)]),
        ("1.5,2 -3,4.25 ", [(1.5, 2), (-3, 4.25)]),
        ("points[1,2, 3,4] points1[1,2, 3,4] points2[1,2, 3,4] mask[0,0]", [(1, 2), (3, 4)]),
        ("points[1.5,2]", [(1.5, 2)]),
        ("1,2, 3,4", [(1, 2), (3, 4)]),
    ],
)
def test_points(text: str, points: list[tuple[float, float]]) -> None:
    assert roi_handling_utils.points_string_to_xy_list(text) == points


@pytest.mark.parametrize("text", ["", "points[]", "1,2 3", "a,b"])
def test_points_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="Unrecognised ROI shape 'points' string"):
        roi_handling_utils.points_string_to_xy_list(text)


class Pixels:
    """One plane; keeps which parts were asked for."""

    PLANE = numpy.arange(48, dtype="uint8").reshape(6, 8)

    def __init__(self) -> None:
        self.tiles: list[tuple[int, ...]] = []

    def getSizeX(self) -> int:
        return 8

    def getSizeY(self) -> int:
        return 6

    def get_numpy_type(self) -> Any:
        return numpy.uint8

    def getTile(self, z: int, c: int, t: int, tile: tuple[int, int, int, int]) -> Any:
        x, y, width, height = tile
        self.tiles.append(tile)
        return self.PLANE[y : y + height, x : x + width]


@pytest.mark.parametrize(
    ("line", "width", "wanted"),
    [
        ((1, 1, 6, 1), 1, [[9, 10, 11, 12, 13]]),
        ((1, 1, 6, 1), 2, [[1, 2, 3, 4, 5], [9, 10, 11, 12, 13]]),
        ((6, 1, 1, 1), 1, [[14, 13, 12, 11, 10]]),
        ((1, 1, 1, 4), 2, [[9, 17, 25], [8, 16, 24]]),
        ((6, 2, 10, 2), 1, [[22, 23, 0, 0]]),
        ((0, 0, 3, 3), 1, [[0, 9, 9, 18]]),
        ((20, 20, 22, 20), 1, [[0, 0]]),
        ((2, 2, 2, 2), 1, [[18]]),
    ],
)
def test_pixels_along_lines(line: tuple[int, ...], width: int, wanted: list[list[int]]) -> None:
    data = roi_handling_utils.get_line_data(Pixels(), *line, line_w=width)
    assert data.dtype == numpy.uint8
    assert data.tolist() == wanted


def test_no_more_than_the_line_is_read() -> None:
    pixels = Pixels()
    roi_handling_utils.get_line_data(pixels, 1, 1, 6, 1)
    assert pixels.tiles == [(1, 0, 5, 2)]


@pytest.mark.parametrize("size", [8, 10, 12, 14, 18, 20, 24, 32, 40, 48, 56, 64])
def test_fonts_that_scripts_load(size: int) -> None:
    """By their official names, with letters of that size; µ is not a box."""
    from omero.gateway import THISPATH

    font = ImageFont.load(f"{THISPATH}/pilfonts/B{size:02d}.pil")
    height = font.getbbox("Ag")[3]
    assert size <= height < size * 1.5
    masks = {bytes(font.getmask(letter)) for letter in "µÅé~"}
    assert len(masks) == 4 and all(any(mask) for mask in masks)
    shown, box = (bytes(image_utils.get_font(size).getmask(letter)) for letter in "µ\u4e00")
    assert shown != box
