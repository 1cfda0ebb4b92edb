"""Requests and their handles as the official library sees them."""

from __future__ import annotations

from tests.interop.conftest import Official

Images = dict[str, list[int]]


def test_requests(official: Official, images: Images) -> None:
    slide = next(ids[0] for path, ids in images.items() if path.startswith("svs/"))
    found = official.script("submitted", image=slide)
    assert found["timing"] == ["OK", 5, False, False] and found["steps"] == [5, 5]
    assert found["saved"] == ["from a request", True]
    assert found["failed"] == ["graph-fail", "subcancel", "::omero::cmd::DoAll", True, True]
    assert found["cancel"] == [True, "cancel-called"]
    assert found["error"] == ["too-long-steps", "::omero::cmd::Timing"]
    assert found["metadata"] == "20" and found["files"] == [1, 0] and found["binaries"] == [True, False]
    assert found["sessions"] is True and found["listed"] is True and found["none"] is True
