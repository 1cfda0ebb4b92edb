"""RTypes of a reply: equal values once, where nobody can tell."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

import omero
import omero._generated
from omero_server.queries.wrapping import Wraps


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("RBool", True, True),
        ("RInt", Decimal(3), 3),
        ("RLong", 2**40, 2**40),
        ("RString", "", ""),
        ("RTime", datetime.fromtimestamp(1.5), 1500),
    ],
)
def test_equal_values_are_one_object(name: str, value: object, expected: object) -> None:
    wraps = Wraps()
    made = wraps[name](value)
    assert (type(made), made._val, type(made._val)) == (getattr(omero, name), expected, type(expected))
    assert wraps[name](value) is made


@pytest.mark.parametrize("name", ["RDouble", "RFloat"])
def test_zeros_of_both_signs_stay_apart(name: str) -> None:
    wrap = Wraps()[name]
    assert [math.copysign(1, wrap(zero)._val) for zero in (0.0, -0.0)] == [1, -1]
    assert type(wrap(Decimal("1.5"))._val) is float


def test_types_and_replies_have_objects_of_their_own() -> None:
    first, second = Wraps(), Wraps()
    assert type(first["RInt"](1)) is not type(first["RLong"](1))
    assert first["RString"]("a") is not second["RString"]("a")


def test_times_are_cut_to_milliseconds() -> None:
    moment = datetime.fromtimestamp(1.5)
    assert Wraps()["RTime"](moment + timedelta(microseconds=999))._val == 1500
