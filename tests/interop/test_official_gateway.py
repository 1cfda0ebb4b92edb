"""Reading, writing, annotating and deleting with the official gateway."""

from __future__ import annotations

from tests.interop.conftest import Official, import_samples

Images = dict[str, list[int]]
TWO = ("imagej-tiff/kernelRing.tif", "tiff/multipage.tif")


def test_containers(official: Official, images: Images) -> None:
    first, second = (images[path][0] for path in TWO)
    elsewhere = {"orphans": images["png/rgba.png"], "in plates": images["ome-zarr/single-plane-hcs.zarr"]}
    found = official.script("tree", images=[first, second], **elsewhere)
    dataset, project = "Dataset of the gateway", "Project of the gateway"
    assert found["project"] == [project, "All\nof it, µm ☃", 1, "Project"] and found["children"] == [True]
    assert found["dataset"] == [dataset, "", 2, True] and found["images"] == [first, second]
    assert found["ancestry"] == [["Dataset", dataset], ["Project", project]] and found["parents"] == [True]
    assert found["fresh"] is True and found["owner"] == "root root" and found["marshal"] is True
    assert found["by name"] == [dataset] and found["by dataset"] == [first, second]
    assert found["projects"] is True and found["listed"] is True and found["missing"] is None
    assert found["paged"] is True and found["orphans"] == [False, False, True, False, False]
    assert found["edited"] == ["Renamed", "Seen from outside"]
    assert found["without project"] == [None, 2] and found["loaded"] == [dataset]
    assert found["left"] == [None, [first, second]]


def test_annotations(official: Official, images: Images) -> None:
    image = images["png/camera.png"][0]
    found = official.script("annotations", image=image)
    pairs = [["stain", "DAPI"], ["stain", "again"], ["empty", ""]]
    comment = ["CommentAnnotationI", "interop/test", "bleached ☃"]
    assert found["listed"] == [comment, ["LongAnnotationI", "interop/test", 5]]
    assert found["tag"] == [["mitosis", "what cells do", True]] and found["map"] == [pairs]
    counts = {"TagAnnotation": 1, "MapAnnotation": 1, "CommentAnnotation": 1, "OtherAnnotation": 1}
    assert {kind: number for kind, number in found["counts"].items() if number} == counts
    assert found["by ns"] == "interop/test" and found["tags"] == ["mitosis"] and found["links"] == 4
    assert found["by tag"] == [image] and found["other type"] is True
    assert found["after removal"] == [] and found["unlinked"] == 0
    # A tag stays when its last link goes.
    assert found["kept"] == ["mitosis"] and found["left"] == []


def test_deletion(official: Official) -> None:
    both = "tiff-sis/olympus_SIS.tif"
    imported = import_samples(official, [both])
    assert len(imported[both]) == 2
    found = official.script("deletion", images=imported[both])
    assert found["left"] == []
    refusal = ["GraphException", "graph-fail"]
    assert found["missing"][:2] == found["missing without waiting"][:2] == refusal
    assert "Image[1000000000]" in found["missing"][2]
