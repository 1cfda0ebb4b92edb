"""Annotations of all eleven kinds on objects of all 28 types that take them, through the official client."""

from __future__ import annotations

from tests.interop.conftest import Official

VALUES = {
    "BooleanAnnotation": True,
    "CommentAnnotation": "µm ☃",
    "DoubleAnnotation": 0.1,
    "FileAnnotation": "attached.txt",
    "ListAnnotation": None,
    "LongAnnotation": 1 << 40,
    "MapAnnotation": [["stain", "DAPI"], ["stain", "again"], ["empty", ""]],
    "TagAnnotation": "µm ☃",
    "TermAnnotation": "GO:0000278",
    "XmlAnnotation": "<a>1</a>",
}


def test_every_kind_on_every_type(official: Official) -> None:
    found = official.script("annotatable")
    assert len(found["targets"]) == 28 and len(found["kinds"]) == 11
    for kind, result in found["targets"].items():
        assert result["links"] == 11 and result["linked"] == found["kinds"], kind
        time = result["loaded"].pop("TimestampAnnotation")
        assert time.startswith("2009-02-1"), (kind, time)
        assert result["loaded"] == VALUES, kind
        assert result["left"] == [], kind
