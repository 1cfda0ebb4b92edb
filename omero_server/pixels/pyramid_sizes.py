"""Sizes of the levels of pyramids that servers make."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

__all__ = ["LEVELS", "level_sizes"]

LEVELS = 6
"""Every pyramid has as many, however large the image is: clients have always been told so."""


def level_sizes(size_x: int, size_y: int, tile: tuple[int, int]) -> list[tuple[int, int]]:
    """(width, height) of the levels, each about half of the one before; the first one is the full size.

    Tiles are made smaller one by one, so what remains behind the last full tile is rounded on its own.
    """
    return [
        (_reduced(size_x, tile[0], 2**level), _reduced(size_y, tile[1], 2**level)) for level in range(LEVELS)
    ]  # fmt: skip


def _reduced(size: int, tile: int, factor: int) -> int:
    whole, rest = divmod(size, tile)
    return whole * max(1, _rounded(Fraction(tile, factor))) + _rounded(Fraction(rest, factor))


def _rounded(number: Fraction) -> int:
    return ceil(number) if number < 1 else floor(number + Fraction(1, 2))
