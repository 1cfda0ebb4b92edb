"""Old names of :mod:`omero.util.image_utils`; kept for the scripts that use them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from omero.rtypes import rint
from omero.util import image_utils
from omero.util.image_utils import GATEWAYPATH
from omero.util.script_utils.warnings import deprecated

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "GATEWAYPATH",
    "RGBIntToRGB",
    "RGBIntToRGBA",
    "checkRGBRange",
    "getFont",
    "getThumbnail",
    "getThumbnailSet",
    "getZoomFactor",
    "paintThumbnailGrid",
    "pasteImage",
    "resizeImage",
]


@deprecated("image_utils.get_font")
def getFont(fontsize: float) -> Any:
    """See :func:`omero.util.image_utils.get_font`."""
    return image_utils.get_font(fontsize)


@deprecated("image_utils.paste_image")
def pasteImage(image: Image, canvas: Image, x: int, y: int) -> None:
    """See :func:`omero.util.image_utils.paste_image`."""
    image_utils.paste_image(image, canvas, x, y)


@deprecated("image_utils.get_zoom_factor")
def getZoomFactor(imageSize: tuple[int, int], maxW: float, maxH: float) -> float:
    """See :func:`omero.util.image_utils.get_zoom_factor`."""
    return image_utils.get_zoom_factor(imageSize, maxW, maxH)


@deprecated("image_utils.resize_image")
def resizeImage(image: Image, maxW: float, maxH: float) -> Image:
    """See :func:`omero.util.image_utils.resize_image`."""
    return image_utils.resize_image(image, maxW, maxH)


@deprecated("image_utils.check_rgb_range")
def checkRGBRange(value: float) -> int | None:
    """See :func:`omero.util.image_utils.check_rgb_range`."""
    return image_utils.check_rgb_range(value)


@deprecated("image_utils.int_to_rgba")
def RGBIntToRGB(RGB: int) -> tuple[int, int, int]:
    """Red, green and blue (0 to 255) of a packed number without alpha."""
    red, green, blue = (RGB & 0xFFFFFF).to_bytes(3, "big")
    return red, green, blue


@deprecated("image_utils.int_to_rgba")
def RGBIntToRGBA(RGB: int) -> tuple[int, int, int, int]:
    """Red, green, blue and alpha (0 to 255) of a packed number whose first byte is alpha."""
    alpha, red, green, blue = (RGB & 0xFFFFFFFF).to_bytes(4, "big")
    return red, green, blue, alpha


@deprecated("the gateway's getThumbnail")
def getThumbnail(thumbnailStore: Any, pixelsId: int, length: int) -> bytes | None:
    """A JPEG whose longer side has ``length`` pixels; None for pixels that cannot be shown."""
    if not thumbnailStore.setPixelsId(pixelsId):
        thumbnailStore.resetDefaults()
        thumbnailStore.setPixelsId(pixelsId)
    return thumbnailStore.getThumbnailByLongestSide(rint(length)) or None


@deprecated("the gateway's getThumbnailSet")
def getThumbnailSet(thumbnailStore: Any, length: int, pixelIds: Sequence[int]) -> dict[int, bytes]:
    """JPEGs by id of the pixels."""
    return image_utils.thumbnails(thumbnailStore, length, pixelIds)


@deprecated("image_utils.paint_thumbnail_grid")
def paintThumbnailGrid(
    thumbnailStore: Any,
    length: int,
    spacing: int,
    pixelIds: Sequence[int],
    colCount: int,
    bg: tuple[int, int, int] = (255, 255, 255),
    leftLabel: str | None = None,
    textColour: tuple[int, int, int] = (0, 0, 0),
    fontsize: float | None = None,
    topLabel: str | None = None,
) -> Image:
    """See :func:`omero.util.image_utils.paint_thumbnail_grid`."""
    return image_utils.paint_thumbnail_grid(
        thumbnailStore, length, spacing, pixelIds, colCount, bg, leftLabel, textColour, fontsize, topLabel
    )
