"""The compiled Slice files against the recorded wire facts: nothing may differ."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    with gzip.open(ROOT / "tests/data/facts/api.json.gz", "rt") as file:
        return json.load(file)


@pytest.fixture(scope="module")
def compiled() -> dict[str, Any]:
    recorder = ROOT / "tests/support/wire_recorder.py"
    done = subprocess.run(
        [sys.executable, str(recorder)], capture_output=True, text=True, cwd=ROOT, check=True, env={"PYTHONPATH": "."}
    )
    return json.loads(done.stdout)


def ours(definitions: dict[str, Any]) -> dict[str, Any]:
    return {name: d for name, d in definitions.items() if name.startswith("::omero")}


def differences(expected: dict[str, Any], actual: dict[str, Any]) -> list[str]:
    lines = [f"missing: {name}" for name in expected.keys() - actual.keys()]
    lines += [f"unexpected: {name}" for name in actual.keys() - expected.keys()]
    lines += [f"{n}: {expected[n]} is {actual[n]}" for n in expected.keys() & actual.keys() if expected[n] != actual[n]]
    return sorted(lines)


@pytest.mark.parametrize("kind", ("structs", "sequences", "dictionaries", "constants"))
def test_simple_definitions(kind: str, facts: dict[str, Any], compiled: dict[str, Any]) -> None:
    assert differences(facts[kind], ours(compiled[kind])) == []


def test_enums(facts: dict[str, Any], compiled: dict[str, Any]) -> None:
    expected = {name: e["members"] for name, e in facts["enums"].items()}
    assert differences(expected, ours(compiled["enums"])) == []


def test_exceptions(facts: dict[str, Any], compiled: dict[str, Any]) -> None:
    expected = {n: {"base": e["base"], "members": e["members"]} for n, e in facts["exceptions"].items()}
    assert differences(expected, ours(compiled["exceptions"])) == []


def test_classes(facts: dict[str, Any], compiled: dict[str, Any]) -> None:
    """Members by type and order; in Python a protected member carries an underscore, an unprotected one does not."""
    assert len(facts["classes"]) == 302
    expected = {
        name: {
            "base": c["base"],
            "compact_id": c["compact_id"],
            "members": [[f"_{m}" if c["protected"] else m, t] for m, t, *_ in c["members"]],
        }
        for name, c in facts["classes"].items()
    }
    actual = {
        name: {**c, "base": None if c["base"] == "Object" else c["base"]}
        for name, c in ours(compiled["classes"]).items()
        if name not in facts["interfaces"]  # Ice declares a class beside each interface, which nothing here uses.
    }
    assert differences(expected, actual) == []


def test_interfaces(facts: dict[str, Any], compiled: dict[str, Any]) -> None:
    """Operations by name, mode, parameters in order, result and exceptions."""
    expected = {
        name: {
            "bases": i["bases"],
            "operations": {
                op: {"mode": o["mode"], "in": o["in"], "outs": 0, "returns": o["returns"], "throws": o["throws"]}
                for op, o in i["operations"].items()
            },
        }
        for name, i in facts["interfaces"].items()
    }
    assert sum(len(i["operations"]) for i in expected.values()) == 623
    assert differences(expected, ours(compiled["interfaces"])) == []
