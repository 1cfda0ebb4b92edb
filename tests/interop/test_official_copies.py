"""Duplicate, FindParents, FindChildren, DiskUsage2 and LegalGraphTargets as the official library asks for them."""

from __future__ import annotations

from tests.interop.conftest import Official

Images = dict[str, list[int]]


def test_copies(official: Official, images: Images) -> None:
    picture = next(ids[0] for path, ids in sorted(images.items()) if len(ids) == 1 and "tiff" in path)
    found = official.script("copies", image=picture)
    assert found.pop("usage") == [True, True]
    assert found == dict.fromkeys(found, True) and len(found) == 12
