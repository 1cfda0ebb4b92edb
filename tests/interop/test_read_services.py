"""The services that read metadata, called with the official library."""

from __future__ import annotations

import pytest

from tests.interop.conftest import Official, import_samples


def test_answers_have_the_shapes_that_the_official_library_knows(official: Official) -> None:
    sample = "imagej-tiff/kernelRing.tif"
    (image, *_) = import_samples(official, [sample])[sample]
    found = official.script("read_services", image=image)
    assert found["tree"] == ["ProjectI", True, image] and found["counts"] == [True, True]
    assert found["pixels"] in ("uint8", "uint16", "float") and found["above"] is True
    assert found["images"] == [image] and found["count"] is True and found["split"] == {}
    assert found["annotations"] == [["TagAnnotationI", "read services", "root"]]
    assert found["content"] == ["ProjectI"] and found["tagged"] == 1 and found["used"] == 0
    assert found["channels"] is True
    assert found["recent"] == [["Annotation", "Dataset", "Image", "Project", "RenderingDef"], True]
    assert found["merged"] == [1] and found["period"] == {"Project": 0} and found["links"] is True
    assert 1 <= found["logs"] <= 5 and found["comments"] == []
    assert found["roi"] == [True, [0], "RectangleI"]
    assert found["points"] == [[1, 2, 3, 1, 2, 3], [2, 2, 2, 3, 3, 3]]
    ours, numpy = found["stats"]
    assert ours == pytest.approx(numpy)
    assert found["types"] == ["Oil", True] and found["free"] is True
