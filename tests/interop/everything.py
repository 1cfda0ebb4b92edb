"""Something of everything that clients read: a plate, an image with annotations of all kinds, regions, containers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import omero
import omero.model
from omero.gateway import (
    BlitzGateway,
    BooleanAnnotationWrapper,
    CommentAnnotationWrapper,
    DoubleAnnotationWrapper,
    LongAnnotationWrapper,
    MapAnnotationWrapper,
    TagAnnotationWrapper,
    TermAnnotationWrapper,
    TimestampAnnotationWrapper,
    XmlAnnotationWrapper,
)
from omero.importing import Options, import_fileset, scan
from omero.rtypes import rdouble, rstring
from tests.interop.conftest import Official
from tests.support.instance import Instance, fresh_root

__all__ = ["TAG", "VALUES", "conn", "everything", "official"]

PLATE = "screened&plates=1&plateRows=2&plateCols=2&fields=2&plateAcqs=1&screens=1.fake"
CELLS = "cells&sizeX=50&sizeY=40&sizeZ=3&sizeC=2&sizeT=2&pixelType=uint16&physicalSizeX=2.fake"
TAG = "mitosis"
VALUES = {
    BooleanAnnotationWrapper: True,
    CommentAnnotationWrapper: "bleached ☃",
    DoubleAnnotationWrapper: 0.25,
    LongAnnotationWrapper: 1 << 40,
    MapAnnotationWrapper: [["stain", "DAPI"], ["stain", "again"]],
    TagAnnotationWrapper: TAG,
    TermAnnotationWrapper: "GO:0000278",
    TimestampAnnotationWrapper: 1234567890,
    XmlAnnotationWrapper: "<a>1</a>",
}


@pytest.fixture(scope="module")
def official(official_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Official]:
    """The official client for a server that holds nothing but what is asked for here."""
    with fresh_root() as root:
        instance = Instance(root)
        try:
            instance.start()
            yield Official(official_python, instance, tmp_path_factory.mktemp("official"))
        finally:
            instance.stop()


@pytest.fixture(scope="module")
def conn(official: Official) -> Iterator[Any]:
    instance = official.instance
    with BlitzGateway("root", instance.root_password, host=instance.host, port=instance.ports.ssl) as made:
        yield made


def _annotate(conn: Any, target: Any) -> None:
    for kind, value in VALUES.items():
        note = kind(conn)
        note.setNs("tests/scene")
        note.setValue(value)
        note.save()
        target.linkAnnotation(note)
    file = conn.createOriginalFileFromLocalFile(__file__, mimetype="text/plain")
    note = omero.model.FileAnnotationI()
    note.setFile(omero.model.OriginalFileI(file.getId(), False))
    link = getattr(omero.model, f"{target.OMERO_CLASS}AnnotationLinkI")()
    link.setParent(target._obj.__class__(target.getId(), False))
    link.setChild(note)
    conn.getUpdateService().saveObject(link)


def _contained(conn: Any, image: int) -> tuple[int, int]:
    """A project and a dataset that hold the image."""
    project, dataset = omero.model.ProjectI(), omero.model.DatasetI()
    project.setName(rstring("project of scene"))
    dataset.setName(rstring("dataset of scene"))
    project.linkDataset(dataset)
    dataset.linkImage(omero.model.ImageI(image, False))
    saved = conn.getUpdateService().saveAndReturnObject(project)
    return saved.getId().val, saved.linkedDatasetList()[0].getId().val


def _roi(conn: Any, image: int) -> int:
    roi, box, spot = omero.model.RoiI(), omero.model.RectangleI(), omero.model.PointI()
    roi.setImage(omero.model.ImageI(image, False))
    for name, value in {"X": 1.5, "Y": 2.5, "Width": 10.0, "Height": 20.0}.items():
        getattr(box, f"set{name}")(rdouble(value))
    spot.setX(rdouble(1.0))
    spot.setY(rdouble(2.0))
    roi.addShape(box)
    roi.addShape(spot)
    return int(conn.getUpdateService().saveAndReturnObject(roi).id.val)


def _imported(conn: Any, folder: Path) -> int:
    """The image of one of two filesets; the other one is a plate."""
    for name in (PLATE, CELLS):
        (folder / name).touch()
    outcomes = [import_fileset(conn.c, one, Options()) for one in scan([folder]).candidates]
    return next(outcome.images[0] for outcome in outcomes if len(outcome.images) == 1)


@pytest.fixture(scope="module")
def everything(conn: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Ids of an image, its dataset, project and region; what else there is hangs on them or is found by type."""
    image = _imported(conn, tmp_path_factory.mktemp("scene"))
    _annotate(conn, conn.getObject("Image", image))
    project, dataset = _contained(conn, image)
    return {"image": image, "dataset": dataset, "project": project, "roi": _roi(conn, image)}
