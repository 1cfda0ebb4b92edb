"""Formulas that turn a value of one unit into another's. They can be called, and printed.

>>> formula = Add(Mul(Rat(5, 9), Sym("x")), Rat(-160, 9))
>>> formula(32), str(formula)
(0.0, '(((5 / 9) * x) + (-160 / 9))')
"""

from __future__ import annotations

import math
from typing import Any

__all__ = ["Add", "Conversion", "Int", "Mul", "Pow", "Rat", "Sym"]


class Conversion:
    """A part of a formula, made of other parts."""

    def __init__(self, *conversions: Any) -> None:
        self.conversions = list(conversions)

    def __call__(self, original: float) -> Any:
        """The value for ``original``."""
        raise NotImplementedError

    def join(self, sym: str) -> str:
        """The parts as text with ``sym`` between them."""
        return "(" + sym.join(str(part) for part in self.conversions) + ")"


class Add(Conversion):
    """Sum."""

    def __call__(self, original: float) -> Any:
        return sum(part(original) for part in self.conversions)

    def __str__(self) -> str:
        return self.join(" + ")


class Mul(Conversion):
    """Product."""

    def __call__(self, original: float) -> Any:
        return math.prod(part(original) for part in self.conversions)

    def __str__(self) -> str:
        return self.join(" * ")


class Int(Conversion):
    """A constant."""

    def __init__(self, i: float) -> None:
        super().__init__()
        self.i = i

    def __call__(self, original: float) -> Any:
        return self.i

    def __str__(self) -> str:
        return str(self.i)


class Pow(Conversion):
    """A constant power."""

    def __init__(self, base: int, exp: int) -> None:
        super().__init__()
        self.base, self.exp = base, exp

    def __call__(self, original: float) -> Any:
        return self.base**self.exp

    def __str__(self) -> str:
        return f"({self.base} ** {self.exp})"


class Rat(Conversion):
    """A quotient of constants or of parts."""

    def __init__(self, n: Any, d: Any) -> None:
        super().__init__(n, d)

    def unwrap(self, x: Any, original: float) -> Any:
        """The value of a part, which may be a plain number."""
        return x(original) if callable(x) else x

    def __call__(self, original: float) -> Any:
        numerator, denominator = (self.unwrap(part, original) for part in self.conversions)
        return numerator / denominator

    def __str__(self) -> str:
        return self.join(" / ")


class Sym(Conversion):
    """The value to convert."""

    def __init__(self, s: str) -> None:
        super().__init__()
        self.s = s

    def __call__(self, original: float) -> Any:
        return original

    def __str__(self) -> str:
        return self.s
