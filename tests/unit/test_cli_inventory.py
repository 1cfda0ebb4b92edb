"""Every command, option and argument of the official command line is here, or a reviewed exception says why not."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import cli_inventory
from tests.support.cli_inventory import Finding

EXCEPTIONS = Path(__file__).parents[1] / "data/cli_exceptions.yaml"


@pytest.fixture(scope="module")
def differences() -> list[Finding]:
    return list(cli_inventory.findings(cli_inventory.facts()))


@pytest.fixture(scope="module")
def exceptions() -> list[dict[str, Any]]:
    return yaml.safe_load(EXCEPTIONS.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def excuses(row: dict[str, Any], finding: Finding) -> bool:
    return fnmatchcase(finding[0], row["command"]) and fnmatchcase(finding[1], row["what"])


def test_all_of_it_is_here(differences: list[Finding], exceptions: list[dict[str, Any]]) -> None:
    assert [each for each in differences if not any(excuses(row, each) for row in exceptions)] == []
    print(f"{len(differences)} reviewed differences by {len(exceptions)} rules")


def test_exceptions_are_needed_and_have_reasons(differences: list[Finding], exceptions: list[dict[str, Any]]) -> None:
    assert all(row["reason"].strip() for row in exceptions)
    assert [row for row in exceptions if not any(excuses(row, each) for each in differences)] == []


def test_the_facts_are_whole() -> None:
    """A file that has lost its rows would find nothing wrong."""
    facts = cli_inventory.facts()
    assert len(facts["commands"]) == 138 and len(facts["login_options"]) == 9
    assert sum(len(each.get("options", ())) for each in facts["commands"]) > 400


def test_what_is_missing_or_different_is_found() -> None:
    """The comparison itself: each kind of difference."""
    changed = {
        "command": "omero tag create", "login": True,
        "options": [
            {"flags": ["--colour"]}, {"flags": ["--name"], "action": "store_true"}, {"flags": ["--name", "--desc"]},
            {"flags": ["--desc"], "default": "x"}, {"flags": ["--name"], "nargs": "+"},
            {"flags": ["--name"], "required": True}, {"flags": ["--name"], "type": "int"},
            {"flags": ["--name"], "action": "append"},
        ],
        "positionals": [{"dest": "more", "nargs": "*"}],
    }  # fmt: skip
    facts = {"commands": [changed, {"command": "omero tag paint", "login": False}], "login_options": []}
    assert [text for _, text in cli_inventory.findings(facts)] == [
        "--colour: missing", "--name: takes no value", "--name/--desc: are different options",
        "--desc: is 'x' if not given", "--name: may be many, not 1 at most", "--name: is a duty",
        "--name: is of the type int", "--name: can be repeated", "arguments: may be many, not 0 at most", "missing",
    ]  # fmt: skip
