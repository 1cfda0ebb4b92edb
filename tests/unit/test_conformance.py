"""docs/conformance.md says what the code says, and leaves no operation out."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from omero_server.rpc import conformance

ROOT = Path(__file__).parents[2]


def test_page_is_up_to_date() -> None:
    assert conformance.PAGE.read_text() == conformance.page(), "run python -m omero_server.rpc.conformance"


def test_every_operation_is_listed() -> None:
    with gzip.open(ROOT / "tests/data/facts/api.json.gz", "rt") as file:
        interfaces = json.load(file)["interfaces"]
    expected = {(name.split("::")[-1], op) for name, i in interfaces.items() for op in i["operations"]}
    listed = {(i.__name__, op) for i in conformance.interfaces() for op in conformance.own_operations(i)}
    assert len(expected) == 623
    assert listed == expected


def test_what_is_called_done_has_a_method() -> None:
    classes = conformance.servants()
    assert conformance.state("IConfig", "getVersion", classes) == ("done", "")
    assert conformance.state("IScript", "runScript", classes) == ("not yet", "")
    assert conformance.state("CmdCallback", "step", classes)[0] == "client's"
