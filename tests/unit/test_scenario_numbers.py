"""Each scenario of permissions and graphs is a test, whose name has its number: test_37_38_tagging is for 37 and 38."""

from __future__ import annotations

import re
from pathlib import Path

SCENARIOS = 157
ELSEWHERE = {63: "test_shares_reading.py"}
"""What a share shows needs a module of its own."""
MODULES = Path(__file__).parents[1] / "integration"
NAME = re.compile(r"^def test_((?:\d+_)+)", re.MULTILINE)


def test_every_scenario_has_a_test() -> None:
    found = {
        int(number)
        for module in MODULES.glob("test_scenarios_*.py")
        for numbers in NAME.findall(module.read_text("utf-8"))
        for number in numbers.split("_")
        if number
    }
    assert found | ELSEWHERE.keys() == set(range(1, SCENARIOS + 1))
    assert all((MODULES / module).exists() for module in ELSEWHERE.values())
