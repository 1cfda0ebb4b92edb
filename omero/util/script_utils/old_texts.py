"""Old helpers with texts, colours and inputs; kept for the scripts that use them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from typing import Any

from omero.util.script_utils.warnings import deprecated

__all__ = [
    "IdentityFn",
    "RGBToPIL",
    "arrayToCSV",
    "drawLineOverlay",
    "drawTextOverlay",
    "parseInputs",
    "rangeToStr",
    "rgbToRGBInt",
    "rmdir_recursive",
    "toCSV",
    "toList",
]


def items_of(text: str) -> list[str]:
    """Items between commas, without spaces around them."""
    return [item.strip() for item in text.split(",")]


def lines_of(array: Any) -> str:
    """Rows of an array (rows, columns) as lines of numbers with commas between them."""
    return "".join(f"{','.join(str(value) for value in row)}\n" for row in array.tolist())


@deprecated("omero.gateway's client.getInputs(unwrap=True)")
def parseInputs(client: Any, session: Any = None, processFn: Callable[[Any], Any] | None = None) -> Any:
    """The inputs of the client's session as plain values, through ``processFn`` if given. ``session`` is not used."""
    inputs = client.getInputs(unwrap=True)
    return inputs if processFn is None else processFn(inputs)


@deprecated("the value itself")
def IdentityFn(commandArgs: Any) -> Any:
    """What it is given."""
    return commandArgs


@deprecated("','.join(...)")
def toCSV(list: Iterable[Any]) -> str:
    """Items with commas between them."""
    return ",".join(map(str, list))


@deprecated("str.split")
def toList(csvString: str) -> list[str]:
    """Items between commas, without spaces around them."""
    return items_of(csvString)


@deprecated("','.join(map(str, ...))")
def rangeToStr(range: Iterable[int]) -> str:
    """Numbers with commas between them."""
    return ",".join(map(str, range))


@deprecated("numpy.savetxt")
def arrayToCSV(data: Any) -> str:
    """Rows of an array (rows, columns) as lines of numbers with commas between them."""
    return lines_of(data)


@deprecated("(red << 16) + (green << 8) + blue")
def rgbToRGBInt(red: int, green: int, blue: int) -> int:
    """Red, green, blue (0 to 255) packed in one number."""
    return (red << 16) + (green << 8) + blue


@deprecated("'#%06x'")
def RGBToPIL(RGB: int) -> str:
    """A packed colour as Pillow takes it: "#ff8001"."""
    return f"#{RGB & 0xFFFFFF:06x}"


@deprecated("PIL.ImageDraw.ImageDraw.text")
def drawTextOverlay(draw: Any, x: float, y: float, text: str, colour: str = "0xffffff") -> None:
    """Write text into a picture; ``colour`` is hexadecimal."""
    draw.text((x, y), text, fill=f"#{int(colour, 16):06x}")


@deprecated("PIL.ImageDraw.ImageDraw.line")
def drawLineOverlay(draw: Any, x0: float, y0: float, x1: float, y1: float, colour: str = "0xffffff") -> None:
    """Draw a line into a picture; ``colour`` is hexadecimal."""
    draw.line([(x0, y0), (x1, y1)], fill=f"#{int(colour, 16):06x}")


@deprecated("shutil.rmtree")
def rmdir_recursive(dir: str) -> None:
    """Remove a folder with all that is in it."""
    shutil.rmtree(dir)
