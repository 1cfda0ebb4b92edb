"""Points and SVG paths as shapes write them, turned into outlines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from math import atan2, ceil, cos, pi, radians, sin, sqrt

import numpy as np
import numpy.typing as npt

__all__ = ["parse_path", "parse_points"]

Points = npt.NDArray[np.float64]
Point = complex

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
TOKEN = re.compile(rf"[MmLlHhVvCcSsQqTtAaZz]|{NUMBER.pattern}")
OLD_POINTS = re.compile(r"points\[([^\]]*)\]")
ARGUMENTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}
MOST_STEPS = 256
STEP_PIXELS = 1.0


def parse_points(text: str) -> Points:
    """The points of a polygon or polyline: "1,2 3,4", or the older "points[1,2, 3,4] points1[...] ...".

    An array of shape (n, 2). ValueError for anything but pairs of numbers.
    """
    old = OLD_POINTS.search(text)
    plain = old.group(1) if old else text
    if NUMBER.sub("", plain).strip(" ,;\t\r\n"):
        raise ValueError(f'{plain[:60]!r} are not points: write "x,y x,y"')
    numbers = [float(one) for one in NUMBER.findall(plain)]
    if len(numbers) % 2:
        raise ValueError(f"{len(numbers)} numbers are no pairs of x and y")
    return np.array(numbers, np.float64).reshape(-1, 2)


def parse_path(text: str) -> list[Points]:
    """The outlines of an SVG path, curves as many short lines. ValueError for what is no path."""
    rest = TOKEN.sub("", text)
    if rest.strip(" ,\t\r\n"):
        raise ValueError(f"{text[:60]!r} is no SVG path")
    return [np.array([(p.real, p.imag) for p in line], np.float64) for line in _Pen().draw(text) if line]


class _Pen:
    """Follows the commands of a path. Points are complex numbers, x + iy."""

    def __init__(self) -> None:
        self.at: Point = 0j
        self.line: list[Point] = []
        self.handle: Point | None = None
        self.last = ""

    def draw(self, text: str) -> Iterator[list[Point]]:
        """The outlines."""
        for command, numbers in _commands(text):
            kind = command.upper()
            if kind == "M" or (self.last == "Z" and kind != "Z"):
                yield self.line
                self.line = [] if kind == "M" else [self.at]
            origin = self.at if command.islower() else 0j
            self._do(kind, numbers, origin)
            self.last = kind
        yield self.line

    def _do(self, kind: str, numbers: list[float], origin: Point) -> None:
        points = [origin + complex(x, y) for x, y in zip(numbers[::2], numbers[1::2], strict=False)]
        match kind:
            case "Z":
                self.at = self.line[0] if self.line else self.at
            case "H":
                self._to(complex(origin.real + numbers[0], self.at.imag))
            case "V":
                self._to(complex(self.at.real, origin.imag + numbers[0]))
            case "C" | "S":
                first = points.pop(0) if kind == "C" else self._mirrored("CS")
                self._cubic(first, points[0], points[1])
            case "Q" | "T":
                self._quadratic(points[0] if kind == "Q" else self._mirrored("QT"), points[-1])
            case "A":
                self._arc(numbers, origin + complex(numbers[5], numbers[6]))
            case _:
                self._to(points[0])

    def _to(self, point: Point) -> None:
        self.line.append(point)
        self.at = point

    def _mirrored(self, kinds: str) -> Point:
        """The control point of a smooth curve: that of the curve before, mirrored."""
        return 2 * self.at - self.handle if self.last and self.last in kinds and self.handle is not None else self.at

    def _cubic(self, one: Point, two: Point, end: Point) -> None:
        start = self.at
        length = abs(one - start) + abs(two - one) + abs(end - two)
        self._curve(length, lambda t: (
            (1 - t) ** 3 * start + 3 * (1 - t) ** 2 * t * one + 3 * (1 - t) * t**2 * two + t**3 * end
        ))  # fmt: skip
        self.handle = two

    def _quadratic(self, control: Point, end: Point) -> None:
        start = self.at
        length = abs(control - start) + abs(end - control)
        self._curve(length, lambda t: (1 - t) ** 2 * start + 2 * (1 - t) * t * control + t**2 * end)
        self.handle = control

    def _arc(self, numbers: list[float], end: Point) -> None:
        """An arc of an ellipse, by the formulas of SVG 1.1, appendix F.6."""
        start = self.at
        rx, ry, turn = abs(numbers[0]), abs(numbers[1]), radians(numbers[2])
        if rx == 0 or ry == 0 or start == end:
            self._to(end)
            return
        axis = complex(cos(turn), sin(turn))
        half = (start - end) / 2 / axis
        scale = sqrt(max(1.0, (half.real / rx) ** 2 + (half.imag / ry) ** 2))
        rx, ry = rx * scale, ry * scale
        unit = complex(half.real / rx, half.imag / ry)
        reach = abs(unit) ** 2
        side = -1 if bool(numbers[3]) == bool(numbers[4]) else 1
        middle = side * sqrt(max(0.0, 1 / reach - 1)) * complex(unit.imag, -unit.real)
        first = atan2((unit - middle).imag, (unit - middle).real)
        sweep = (atan2((-unit - middle).imag, (-unit - middle).real) - first) % (2 * pi)
        if not numbers[4]:
            sweep -= 2 * pi
        center = complex(middle.real * rx, middle.imag * ry) * axis + (start + end) / 2
        self._curve(
            abs(sweep) * max(rx, ry),
            lambda t: center + complex(rx * cos(first + t * sweep), ry * sin(first + t * sweep)) * axis,
        )

    def _curve(self, length: float, point: Callable[[float], Point]) -> None:
        steps = max(8, min(MOST_STEPS, ceil(length / STEP_PIXELS)))
        for step in range(1, steps + 1):
            self._to(point(step / steps))


def _commands(text: str) -> Iterator[tuple[str, list[float]]]:
    """Commands with their numbers; repeated arguments repeat the command, and those of a move become lines."""
    tokens = TOKEN.findall(text)
    command = ""
    numbers: list[float] = []
    for token in tokens:
        if token.isalpha():
            _complete(command, numbers)
            command, numbers = token, []
            if not ARGUMENTS[command.upper()]:
                yield command, []
            continue
        numbers.append(float(token))
        if not command or not ARGUMENTS[command.upper()]:
            raise ValueError("a path begins with M")
        if len(numbers) == ARGUMENTS[command.upper()]:
            yield command, numbers
            command = {"M": "L", "m": "l"}.get(command, command)
            numbers = []
    _complete(command, numbers)


def _complete(command: str, numbers: list[float]) -> None:
    if numbers:
        raise ValueError(f"{command} has {len(numbers)} numbers too many, or some are missing")
