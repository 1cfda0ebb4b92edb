"""What the gateway's deleteObjects and its like send. Expected: what omero-py 5.23 sends, but for the notes."""

from typing import Any

import pytest

import omero.cmd
from omero.gateway.deleting import Commands, _started

KEPT = ["TagAnnotation", "TermAnnotation", "FileAnnotation"]


@pytest.mark.parametrize(
    ("spec", "annotations", "children", "excluded"),
    [
        ("Image", False, False, KEPT),
        ("Image", True, False, []),
        ("Project", False, False, [*KEPT, "Dataset", "Image"]),
        ("Dataset", True, True, []),
        # omero-py leaves out a single class, and then deletes the images as well.
        ("Dataset", True, False, ["Image"]),
        ("Screen", False, False, [*KEPT, "Plate"]),
        ("/Plate", False, False, [*KEPT, "Image"]),
        ("Annotation", False, False, []),
        ("TagAnnotation", False, False, []),
        ("FileAnnotation", False, False, KEPT),
        ("Image/RenderingDef", False, False, KEPT),
        ("Annotation/FileAnnotation", False, False, []),
        # omero-py excludes what it is asked to delete.
        ("Image/FileAnnotation", False, False, KEPT[:2]),
        ("Project/Dataset", False, False, [*KEPT, "Image"]),
        ("Project/Dataset", False, True, KEPT),
    ],
)
def test_excluded_classes(spec: str, annotations: bool, children: bool, excluded: list[str]) -> None:
    assert Commands()._excluded(spec, annotations, children) == excluded


@pytest.mark.parametrize("spec", ["Image", "/Image", "Image/"])
def test_requests_for_a_class(spec: str) -> None:
    request = _started(omero.cmd.Delete2(dryRun=True), spec, (1, 2))
    assert (type(request), request.targetObjects, request.dryRun) == (omero.cmd.Delete2, {"Image": [1, 2]}, True)


@pytest.mark.parametrize("spec", ["Image/RenderingDef", "/Image/Pixels/RenderingDef"])
def test_requests_for_a_path(spec: str) -> None:
    option = omero.cmd.graphs.ChildOption(excludeType=KEPT)
    head = _started(omero.cmd.Delete2(childOptions=[option], dryRun=True), spec, [7])
    assert isinstance(head, omero.cmd.SkipHead) and head.startFrom == ["RenderingDef"]
    for request in (head, head.request):
        assert (request.targetObjects, request.childOptions, request.dryRun) == ({"Image": [7]}, [option], True)


@pytest.mark.parametrize("ids", [[], 5, None, "12", b"1", ()])
def test_ids_that_are_none(ids: Any) -> None:
    with pytest.raises(AttributeError, match="Must be a list of object IDs"):
        _started(omero.cmd.Delete2(), "Image", ids)


def test_specifications_of_old_versions() -> None:
    with pytest.raises(AttributeError, match="no longer supported"):
        _started(omero.cmd.Delete2(), "Image+Only", [1])
