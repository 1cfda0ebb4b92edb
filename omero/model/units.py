"""Values with units: ``LengthI(1.5, "MICROMETER")`` and its like, and converting between units.

Scales are kept as exact fractions. Two of official clients are wrong and right here: a millitorr is a thousandth of a
torr, a thou a thousandth of an inch.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import omero.model
from omero.conversions import Add, Conversion, Int, Mul, Rat, Sym

__all__ = ["UnitValue", "unit_class"]

PREFIXES = {
    "YOTTA": 24,
    "ZETTA": 21,
    "EXA": 18,
    "PETA": 15,
    "TERA": 12,
    "GIGA": 9,
    "MEGA": 6,
    "KILO": 3,
    "HECTO": 2,
    "DECA": 1,
    "": 0,
    "DECI": -1,
    "CENTI": -2,
    "MILLI": -3,
    "MICRO": -6,
    "NANO": -9,
    "PICO": -12,
    "FEMTO": -15,
    "ATTO": -18,
    "ZEPTO": -21,
    "YOCTO": -24,
}
INCH = Fraction(10_000, 393_701)
# Factors that lead to the base unit, of units that are no power of ten of another.
FACTORS: dict[str, dict[str, int | Fraction]] = {
    "Length": {
        "METER": 1,
        "ANGSTROM": Fraction(1, 10**10),
        "ASTRONOMICALUNIT": 149_597_870_700,
        "LIGHTYEAR": 9_460_730_472_580_800,
        "PARSEC": 30_856_776 * 10**9,
        "THOU": INCH / 1000,
        "LINE": INCH / 12,
        "INCH": INCH,
        "FOOT": INCH * 12,
        "YARD": INCH * 36,
        "MILE": INCH * 63_360,
        "POINT": INCH / 72,
    },
    "Time": {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86_400},
    "Power": {"WATT": 1},
    "Pressure": {
        "PASCAL": 1,
        "BAR": 100_000,
        "ATMOSPHERE": 101_325,
        "PSI": Fraction(172_368_932_329_209, 25 * 10**9),
        "TORR": Fraction(20_265, 152),
        "MMHG": Fraction(26_664_477_483, 2 * 10**8),
    },
    "Frequency": {"HERTZ": 1},
    "ElectricPotential": {"VOLT": 1},
    "Temperature": {"KELVIN": 1},
}
# (factor, offset) that lead to the base unit.
SCALES = {
    unit: {name: (Fraction(factor), Fraction(0)) for name, factor in factors.items()}
    for unit, factors in FACTORS.items()
}
SCALES["Temperature"] |= {
    "CELSIUS": (Fraction(1), Fraction(5463, 20)),
    "FAHRENHEIT": (Fraction(5, 9), Fraction(45_967, 180)),
    "RANKINE": (Fraction(5, 9), Fraction(0)),
}


def scale(unit_type: str, name: str) -> tuple[Fraction, Fraction] | None:
    """(factor, offset) that lead from the unit to the base unit; None for units without, PIXEL and REFERENCEFRAME."""
    known = SCALES[unit_type]
    if name in known:
        return known[name]
    for prefix, exponent in PREFIXES.items():
        if prefix and name.startswith(prefix) and name.removeprefix(prefix) in known:
            factor, _offset = known[name.removeprefix(prefix)]
            return factor * Fraction(10) ** exponent, Fraction(0)
    return None


def constant(value: Fraction) -> Conversion:
    """A fraction as part of a formula."""
    return Int(value.numerator) if value.denominator == 1 else Rat(value.numerator, value.denominator)


def formula(source: tuple[Fraction, Fraction], target: tuple[Fraction, Fraction]) -> Conversion:
    """The formula from one unit to another, both given relative to the base unit."""
    factor = source[0] / target[0]
    offset = (source[1] - target[1]) / target[0]
    value: Conversion = Sym("x") if factor == 1 else Mul(constant(factor), Sym("x"))
    return value if offset == 0 else Add(value, constant(offset))


class Conversions(dict[Any, dict[Any, Conversion]]):
    """Formulas by source and target unit, made when first asked for. Keys are units of the enumeration."""

    def __init__(self, unit_type: str, units: list[Any]) -> None:
        scales = {unit: scale(unit_type, unit.name) for unit in units}
        self.scales = {unit: known for unit, known in scales.items() if known is not None}
        super().__init__({unit: {} for unit in units})

    def __getitem__(self, source: Any) -> dict[Any, Conversion]:
        formulas = super().__getitem__(source)
        if not formulas and source in self.scales:
            own = self.scales[source]
            formulas.update((unit, formula(own, other)) for unit, other in self.scales.items() if unit != source)
        return formulas

    def get(self, source: Any, default: Any = None) -> Any:
        """The formulas from a unit, or ``default``."""
        try:
            return self[source]
        except KeyError:
            return default


class UnitBase:
    """Base of all values with units."""

    def _base_string(self, v: Any, u: Any) -> str:
        return "" if v is None else f"{v} {u}" if u is not None else str(v)


class UnitValue(UnitBase):
    """What the classes of values with units share."""

    BARE: ClassVar[type[Any]]
    UNITS: ClassVar[Any]
    UNIT_VALUES: ClassVar[list[Any]]
    SYMBOLS: ClassVar[dict[str, str]]
    CONVERSIONS: ClassVar[Any]

    _value: Any
    _unit: Any

    def __init__(self, value: Any = None, unit: Any = None) -> None:
        """``value`` in ``unit`` (of the enumeration, or its name); or another object of this class converted to
        ``unit``.

        Raises AttributeError for an unknown unit, Exception when no conversion leads to it.
        """
        self.BARE.__init__(self)
        unit = self._as_unit(unit)
        if isinstance(value, UnitValue):
            self._value, self._unit = value._converted(unit), unit
        else:
            self._value, self._unit = value, unit

    def _as_unit(self, unit: Any) -> Any:
        if isinstance(unit, str):
            return getattr(self.UNITS, unit)
        if unit is None or isinstance(unit, self.UNITS):
            return unit
        raise Exception(f"Unknown unit: {unit} ({type(unit)})")

    def _converted(self, target: Any) -> Any:
        if target is None:
            raise Exception("Null target unit")
        if self._unit is None:
            raise Exception("Null source unit")
        if target == self._unit:
            return self._value
        convert = type(self).CONVERSIONS[self._unit].get(target)
        if convert is None:
            raise Exception(f"{self} cannot be converted to {target}")
        return convert(self._value)

    def getValue(self, current: Any = None) -> Any:
        """The number."""
        return self._value

    def setValue(self, value: Any, current: Any = None) -> None:
        """Set the number."""
        self._value = value

    def getUnit(self, current: Any = None) -> Any:
        """The unit, of the enumeration."""
        return self._unit

    def setUnit(self, unit: Any, current: Any = None) -> None:
        """Set the unit: of the enumeration, or its name."""
        self._unit = self._as_unit(unit)

    def getSymbol(self, current: Any = None) -> str | None:
        """The symbol, such as µm."""
        return self.SYMBOLS.get(str(self._unit))

    def copy(self, current: Any = None) -> Any:
        """A new object with the same number and unit."""
        return type(self)(self._value, self._unit)

    def __str__(self) -> str:
        return self._base_string(self._value, self._unit)


class _OnFirstUse:
    """The conversions of a class, made when first asked for."""

    def __init__(self, unit_type: str, units: list[Any]) -> None:
        self.unit_type, self.units = unit_type, units

    @cached_property
    def conversions(self) -> Conversions:
        """The formulas."""
        return Conversions(self.unit_type, self.units)

    def __get__(self, instance: Any, owner: Any) -> Conversions:
        return self.conversions


def unit_class(name: str, units: list[tuple[str, str]]) -> type[Any]:
    """The class for a unit type such as Length; ``units`` are (name, symbol) in the order of the wire."""
    enumeration = getattr(omero.model.enums, f"Units{name}")
    values = [getattr(enumeration, unit) for unit, _symbol in units]
    symbols = dict(sorted(units))

    def lookup_symbol(unit: Any) -> str | None:
        """The symbol of a unit."""
        return symbols.get(str(unit))

    members = {
        "__module__": "omero.model",
        "__doc__": f"A {name} with its unit.",
        "BARE": getattr(omero.model, name),
        "UNITS": enumeration,
        "UNIT_VALUES": values,
        "SYMBOLS": symbols,
        "CONVERSIONS": _OnFirstUse(name, values),
        "lookupSymbol": staticmethod(lookup_symbol),
    }
    return type(f"{name}I", (UnitValue, members["BARE"]), members)
