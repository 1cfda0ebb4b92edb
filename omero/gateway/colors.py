"""Colours, and texts that name them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["ColorHolder", "splitHTMLColor"]

NAMES = ("red", "green", "blue")


def splitHTMLColor(color: Any) -> list[int] | None:
    """[red, green, blue, alpha] of 3, 4, 6 or 8 hexadecimal digits; None for anything else. Lists of 4 pass."""
    if isinstance(color, Sequence) and not isinstance(color, str):
        return list(color) if len(color) == 4 and all(isinstance(part, int) for part in color) else None
    try:
        if len(color) in (3, 4):
            color = "".join(digit * 2 for digit in color)
        if len(color) == 6:
            color += "FF"
        if len(color) != 8:
            return None
        return [int(color[at : at + 2], 16) for at in range(0, 8, 2)]
    except (TypeError, ValueError):
        return None


def _clamped(value: float) -> int:
    return max(min(int(value), 255), 0)


class ColorHolder:
    """A colour: red, green, blue and alpha from 0 to 255. Named red, green or blue; anything else is black."""

    def __init__(self, colorname: str | None = None) -> None:
        self._color = {"red": 0, "green": 0, "blue": 0, "alpha": 255}
        if colorname and colorname.lower() in NAMES:
            self._color[colorname.lower()] = 255

    @classmethod
    def fromRGBA(cls, r: float, g: float, b: float, a: float) -> ColorHolder:
        """A colour of four numbers, cut to 0..255."""
        color = cls()
        color._color = {"red": _clamped(r), "green": _clamped(g), "blue": _clamped(b), "alpha": _clamped(a)}
        return color

    def getRed(self) -> int:
        """0..255"""
        return self._color["red"]

    def setRed(self, val: float) -> None:
        """Set red."""
        self._color["red"] = _clamped(val)

    def getGreen(self) -> int:
        """0..255"""
        return self._color["green"]

    def setGreen(self, val: float) -> None:
        """Set green."""
        self._color["green"] = _clamped(val)

    def getBlue(self) -> int:
        """0..255"""
        return self._color["blue"]

    def setBlue(self, val: float) -> None:
        """Set blue."""
        self._color["blue"] = _clamped(val)

    def getAlpha(self) -> int:
        """0..255"""
        return self._color["alpha"]

    def setAlpha(self, val: float) -> None:
        """Set alpha."""
        self._color["alpha"] = _clamped(val)

    def getHtml(self) -> str:
        """Six digits, such as FF0000."""
        return "{red:02X}{green:02X}{blue:02X}".format(**self._color)

    def getCss(self) -> str:
        """Such as rgba(255,0,10,0.502)."""
        return "rgba({red},{green},{blue},{alpha:.3f})".format(**{**self._color, "alpha": self.getAlpha() / 255})

    def getRGB(self) -> tuple[int, int, int]:
        """(red, green, blue)"""
        return self.getRed(), self.getGreen(), self.getBlue()

    def getInt(self) -> int:
        """RGBA as one signed number of 32 bits, as shapes keep it."""
        value = self.getRed() << 24 | self.getGreen() << 16 | self.getBlue() << 8 | self.getAlpha()
        return value - 2**32 if value >= 2**31 else value
