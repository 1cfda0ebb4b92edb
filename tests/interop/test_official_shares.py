"""Shares through the official client."""

from __future__ import annotations

from tests.interop.conftest import Official


def test_a_share_is_made_and_used(official: Official) -> None:
    found = official.script("shares")
    share, image = found["share"], found["image"]
    assert (found["outside"], found["inside"]) == ([], ["shared"])
    assert found["refused"] == "SecurityViolation"
    assert ["ShareI", share] in found["contexts"]
    assert (found["previous"], found["shareId"], found["message"]) == ("ExperimenterGroupI", share, "for you")
    assert found["counts"] == [[[share, 1]], [[share, 1]]]
    assert found["map"] == {"ome.model.core.Image": [image]}
    assert found["contents"] == [["ImageI", image, False]]
    assert found["users"] == ["guest@example.org", "interop-shares"]
    assert found["comments"] == [["CommentAnnotationI", True, "look"]]
