"""Tables through the official library, and through ours what the official one wrote."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import omero
from omero.gateway import BlitzGateway
from tests.interop.conftest import Official


@pytest.fixture(scope="module")
def found(official: Official) -> dict[str, Any]:
    return dict(official.script("tables"))


@pytest.fixture
def conn(official: Official) -> Iterator[Any]:
    instance = official.instance
    with BlitzGateway("root", instance.root_password, host=instance.host, port=instance.ports.ssl) as made:
        yield made


def test_all_kinds_of_columns_come_back(found: dict[str, Any]) -> None:
    assert found["enabled"] and found["rows"] == 6
    assert found["read"] == found["given"]
    assert found["masks"] == [[0, 2], [b"".hex(), b"\2\2".hex()]]
    assert found["headers"][-1] == ["MaskColumn", "mask"]


def test_rows_are_found_and_changed(found: dict[str, Any]) -> None:
    assert found["where"] == [1, 2] and found["by_column"] == [0, 1, 2, 3, 4, 5]
    assert found["picked"] == [[3, 1], [2, 0]] and found["sliced"] == [1.5]
    assert found["updated"] == [1, -5, 3, 4, 5, 6]
    assert found["numbers"] == [[0, 1], []]


def test_notes_and_errors(found: dict[str, Any]) -> None:
    assert found["notes"] == {"key": "value", "number": 5, "__version": "2"}
    assert found["errors"] == [
        "ApiUsageException",
        "ApiUsageException",
        "ValidationException",
        "OptimisticLockException",
    ]


def test_ours_reads_what_the_official_one_wrote(found: dict[str, Any], conn: Any) -> None:
    table = conn.c.sf.sharedResources().openTable(omero.model.OriginalFileI(found["file"], False))
    columns = table.read([0, 2], 0, 0).columns
    assert [list(column.values) for column in columns] == [[1, -5, 3, 4, 5, 6], ["a", "b", "c", "d", "é", ""]]
    table.close()
    row = conn.getObject("OriginalFile", found["file"])
    assert row.getMimetype() == "OMERO.tables" and row.getSize() > 0 and len(row.getHash()) == 40
