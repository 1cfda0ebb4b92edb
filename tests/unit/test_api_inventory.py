"""Every public name and signature of the official Python library is here, or a reviewed exception says why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import api_inventory
from tests.support.signatures import differences

Finding = tuple[str, str]
EXCEPTIONS = Path(__file__).parents[1] / "data/api_exceptions.yaml"
CHECKS: dict[str, Callable[[Any], Iterator[Finding]]] = {
    "modules": api_inventory.modules,
    "ice_types": api_inventory.classes_of_slice,
    "model": api_inventory.model_classes,
    "model_enums": api_inventory.enumerations,
    "unit_factors": api_inventory.unit_factors,
}


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    return api_inventory.facts()


@pytest.fixture(scope="module")
def exceptions() -> dict[str, Any]:
    return yaml.safe_load(EXCEPTIONS.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@pytest.mark.parametrize("part", CHECKS)
def test_all_of_it_is_here(part: str, recorded: dict[str, Any], exceptions: dict[str, Any]) -> None:
    compared = {name: facts for name, facts in recorded[part].items() if not left_out(name, exceptions)}
    findings = list(CHECKS[part](compared))
    rows = exceptions[part] or []
    unexcused = [finding for finding in findings if not any(excuses(row, finding) for row in rows)]
    assert unexcused == []
    assert list(stale(rows, findings)) == [], "these exceptions are needed no more: take them out"
    print(f"{part}: {len(findings)} reviewed differences by {len(rows)} rules")


def left_out(name: str, exceptions: dict[str, Any]) -> bool:
    """Whether a whole module is not compared."""
    return any(fnmatchcase(name, module) for module in exceptions["elsewhere"])


def excuses(row: dict[str, Any], finding: Finding) -> bool:
    return fnmatchcase(finding[1], row.get("what", "*")) and any(fnmatchcase(finding[0], n) for n in row["names"])


def stale(rows: list[dict[str, Any]], findings: list[Finding]) -> Iterator[str]:
    for row in rows:
        assert row["reason"].strip(), row
        for name in row["names"]:
            if not any(excuses({**row, "names": [name]}, finding) for finding in findings):
                yield name


def test_what_makes_signatures_compatible() -> None:
    def ours(a: int, b: str = "x", c: Any = None, extra: int = 0) -> None: ...

    assert differences("(a, b='x', c=None)", ours) == ""
    assert differences("(a, b)", ours) == ""
    assert differences("(a, b='y')", ours) == "'b' is 'x' by default, not 'y'"
    assert differences("(b='x', a=1)", ours) == (
        "'b' is not parameter 0; 'a' is not parameter 1"
    )  # a default that is missing shows once the place is right
    assert differences("(a=1)", ours) == "'a' has no default, not 1"
    assert differences("(a, b='x', d=None)", ours) == "no parameter 'd'"
    assert differences("(a, *args, **kwargs)", ours) == "no *args; no **kwargs"
    assert differences("(b='x')", ours) == "'b' is not parameter 0; 'a' is required"
    assert differences("(a, b=<class 'x.Y'>)", ours) == ""
