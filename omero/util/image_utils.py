"""Pictures (of Pillow): fonts, fitting into a size, thumbnails side by side."""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import omero
from omero.rtypes import rint

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont, ImageFont

__all__ = [
    "GATEWAYPATH",
    "check_rgb_range",
    "get_font",
    "get_zoom_factor",
    "int_to_rgba",
    "paint_thumbnail_grid",
    "paste_image",
    "resize_image",
]

GATEWAYPATH = os.path.join(os.path.dirname(os.path.abspath(omero.__file__)), "gateway")
Color = tuple[int, int, int]


def get_font(fontsize: float) -> FreeTypeFont | ImageFont:
    """A font of a size in pixels, with the characters of Latin-1: µ is among them."""
    from PIL import ImageFont

    return ImageFont.truetype(os.path.join(GATEWAYPATH, "pilfonts", "FreeSans.ttf"), fontsize)


def paste_image(image: Image, canvas: Image, x: int, y: int) -> None:
    """Put a picture on another, its upper left corner at ``x``, ``y``."""
    canvas.paste(image, (x, y))


def check_rgb_range(value: float) -> int | None:
    """``value`` as int when it is from 0 to 255, else None."""
    return int(value) if 0 <= value <= 255 else None


def int_to_rgba(rgba: int) -> tuple[int, int, int, int]:
    """Red, green, blue and alpha (0 to 255) of a packed number, which may be negative."""
    red, green, blue, alpha = (rgba & 0xFFFFFFFF).to_bytes(4, "big")
    return red, green, blue, alpha


def get_zoom_factor(image_size: tuple[int, int], max_width: float, max_height: float) -> float:
    """By what a size has to be divided to fit: above 1 when it is too large, below 1 when it is smaller."""
    width, height = image_size
    return max(width / max_width, height / max_height)


def resize_image(image: Image, max_width: float, max_height: float) -> Image:
    """A picture scaled so that it just fits; itself when it does already."""
    factor = get_zoom_factor(image.size, max_width, max_height)
    if factor == 1:
        return image
    # A little more than nothing, so that 10 / 0.2 does not become 49.
    width, height = (max(1, int(length / factor + 1e-6)) for length in image.size)
    return image.resize((width, height))


def thumbnails(thumbnail_store: Any, length: int, pixel_ids: Sequence[int]) -> dict[int, bytes]:
    """JPEGs by id of the pixels; ``length`` is that of their longer side."""
    return thumbnail_store.getThumbnailByLongestSideSet(rint(length), list(pixel_ids))  # type: ignore[no-any-return]


def paint_thumbnail_grid(
    thumbnail_store: Any,
    length: int,
    spacing: int,
    pixel_ids: Sequence[int],
    col_count: int,
    bg: Color = (255, 255, 255),
    left_label: str | None = None,
    text_color: Color = (0, 0, 0),
    fontsize: float | None = None,
    top_label: str | None = None,
) -> Image:
    """Thumbnails in rows of ``col_count``, ``spacing`` pixels apart, centred in squares of ``length`` pixels.

    ``left_label`` is written upwards at the left, ``top_label`` above. Without ``fontsize`` it follows ``length``.
    """
    from PIL import Image

    size = fontsize or _font_size(length)
    left = _label_height(left_label, size, spacing)
    top = _label_height(top_label, size, spacing)
    rows = -(-len(pixel_ids) // col_count)
    step = length + spacing
    canvas = Image.new("RGBA", (left + spacing + col_count * step, top + spacing + rows * step), bg)
    if left_label is not None:
        written = _label(left_label, size, rows * length + spacing * (rows + 1), left, bg, text_color)
        paste_image(written.rotate(90, expand=True), canvas, 0, top)
    if top_label is not None:
        paste_image(_label(top_label, size, canvas.width - left, top, bg, text_color), canvas, left, 0)
    found = thumbnails(thumbnail_store, length, pixel_ids)
    for number, pixels in enumerate(pixel_ids):
        if found.get(pixels):
            row, column = divmod(number, col_count)
            with Image.open(BytesIO(found[pixels])) as picture:
                x = left + spacing + column * step + (length - picture.width) // 2
                y = top + spacing + row * step + (length - picture.height) // 2
                paste_image(picture, canvas, x, y)
    return canvas


def _font_size(length: int) -> float:
    return length / 10 + 5


def _label_height(label: str | None, size: float, spacing: int) -> int:
    if label is None:
        return 0
    return round(get_font(size).getbbox("Ag")[3]) + 2 * spacing


def _label(text: str, size: float, width: int, height: int, bg: Color, color: Color) -> Image:
    """A line of text in the middle of a picture."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGBA", (max(width, 1), height), bg)
    ImageDraw.Draw(picture).text((width / 2, height / 2), text, font=get_font(size), fill=color, anchor="mm")
    return picture
