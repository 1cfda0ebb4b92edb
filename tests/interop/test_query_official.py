"""IQuery, called with the official library."""

from __future__ import annotations

from tests.interop.conftest import Official


def test_queries_of_the_official_library(official: Official) -> None:
    found = official.script("queries")
    first, *_ = found["values"]
    assert len(found["values"]) == 3 and first[1:] == [0, 0.5, True, None, 0]
    assert found["map"] == [[{"s": 0, "d": None}]] and found["list"] == [[[2, None]]]
    assert found["entity"] == ["DatasetI", True, True, "ome.model.annotations.TagAnnotation"]
    assert found["permissions"] == ["canAnnotate", "canChgrp", "canChown", "canDelete", "canEdit", "canLink", "perm"]
    assert found["pairs"] == [["gene"], ["stage"]] and found["counts"] == [[3, 3]]
    assert found["loaded"] == [3, True, {}, False]
    assert found["given"] == [3, 3, 0, 1, 3] and found["further"] == [1, 2, 3, 1]
    assert found["same"] == [True, True, True, True, True, True, 3, 0, 1, True, True, True]
    assert found["errors"] == [
        "QueryException", "QueryException", "ApiUsageException", "ApiUsageException", "ApiUsageException",
        "ValidationException", "ApiUsageException", "ApiUsageException", "ApiUsageException", "ApiUsageException",
    ]  # fmt: skip
