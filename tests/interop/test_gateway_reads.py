"""Objects of our gateway say the same about themselves as the official gateway's, method by method."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
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

PLATE = "screened&plates=1&plateRows=2&plateCols=2&fields=2&plateAcqs=1&screens=1.fake"
CELLS = "cells&sizeX=50&sizeY=40&sizeZ=3&sizeC=2&sizeT=2&pixelType=uint16&physicalSizeX=2.fake"
SAMPLES = ("lsm/", "ome-tiff/", "svs/")
VALUES = {
    BooleanAnnotationWrapper: True,
    CommentAnnotationWrapper: "bleached ☃",
    DoubleAnnotationWrapper: 0.25,
    LongAnnotationWrapper: 1 << 40,
    MapAnnotationWrapper: [["stain", "DAPI"], ["stain", "again"]],
    TagAnnotationWrapper: "mitosis",
    TermAnnotationWrapper: "GO:0000278",
    TimestampAnnotationWrapper: 1234567890,
    XmlAnnotationWrapper: "<a>1</a>",
}


# Where ours says more: who owns links, parents of fields in wells, values instead of a rule's text as the key. Where
# it depends on what was read before: permissions of users, who are in no group.
BETTER = re.compile(
    r"getOwnerFullName$|getParentLinks$|#(medium|immersion|correction)$|(microscope|detector)Type$|getInitialZoomLevel$"
    r"|(Owner|Administrators\[\d+\]|Experimenter\w*\[\d+\](\.listChildren\[\d+\])?)\.(isPrivate|canOwnerWrite)$"
)


@pytest.fixture(scope="module")
def conn(official: Official) -> Iterator[Any]:
    instance = official.instance
    with BlitzGateway("root", instance.root_password, host=instance.host, port=instance.ports.ssl) as made:
        yield made


def _annotate(conn: Any, target: Any) -> None:
    for kind, value in VALUES.items():
        note = kind(conn)
        note.setNs("tests/reads")
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
    project.setName(rstring("project of reads"))
    dataset.setName(rstring("dataset of reads"))
    project.linkDataset(dataset)
    dataset.linkImage(omero.model.ImageI(image, False))
    saved = conn.getUpdateService().saveAndReturnObject(project)
    return saved.getId().val, saved.linkedDatasetList()[0].getId().val


def _roi(conn: Any, image: int) -> None:
    roi, box, spot = omero.model.RoiI(), omero.model.RectangleI(), omero.model.PointI()
    roi.setImage(omero.model.ImageI(image, False))
    for name, value in {"X": 1.5, "Y": 2.5, "Width": 10.0, "Height": 20.0}.items():
        getattr(box, f"set{name}")(rdouble(value))
    spot.setX(rdouble(1.0))
    spot.setY(rdouble(2.0))
    roi.addShape(box)
    roi.addShape(spot)
    conn.getUpdateService().saveObject(roi)


@pytest.fixture(scope="module")
def wanted(conn: Any, images: dict[str, list[int]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Ids by kind: one of everything that a gateway wraps."""
    folder = tmp_path_factory.mktemp("reads")
    for name in (PLATE, CELLS):
        (folder / name).touch()
    outcomes = [import_fileset(conn.c, one, Options()) for one in scan([folder]).candidates]
    cells = next(outcome.images[0] for outcome in outcomes if len(outcome.images) == 1)
    _annotate(conn, conn.getObject("Image", cells))
    _roi(conn, cells)
    project, dataset = _contained(conn, cells)
    picked = [ids[0] for path, ids in images.items() if path.startswith(SAMPLES)]
    every = ["Screen", "Plate", "Well", "PlateAcquisition", "Roi", "Shape", "Experimenter", "ExperimenterGroup"]
    # The official gateway does not find XmlAnnotations by type.
    kinds = [kind.__name__.removesuffix("Wrapper") for kind in VALUES if kind is not XmlAnnotationWrapper]
    return {
        "Project": [project],
        "Dataset": [dataset],
        "Image": [cells, *picked],
        **{kind: sorted(one.getId() for one in conn.getObjects(kind))[:4] for kind in [*every, *kinds]},
        "FileAnnotation": [one.getId() for one in conn.getObjects("FileAnnotation")][:1],
        "OriginalFile": sorted(one.getId() for one in conn.getObjects("OriginalFile"))[:3],
        "Fileset": sorted(one.getId() for one in conn.getObjects("Fileset"))[:3],
    }


@pytest.fixture(scope="module")
def answers(official: Official, wanted: dict[str, Any]) -> tuple[Any, Any]:
    """(official gateway, our gateway)."""
    ours = dataclasses.replace(official, python=Path(sys.executable))
    return official.script("gateway_reads", wanted=wanted), ours.script("gateway_reads", wanted=wanted)


def settled(found: list[Any]) -> list[Any]:
    """A list without what is a matter of taste: the order of wrappers and texts, and the same object more than once."""
    keys = [json.dumps(one[:2] if isinstance(one, list) else one) for one in found]
    unlike = any(isinstance(one, dict) for one in found) or found[:1] == ["raised"] or is_wrapper(found)
    return found if unlike else [one for _, one in sorted(dict(zip(keys, found, strict=True)).items())]


def is_wrapper(found: Any) -> bool:
    """Whether that tells of a wrapper: class, id, what it says."""
    return isinstance(found, list) and len(found) == 3 and str(found[0]).endswith("Wrapper")


def differences(theirs: Any, ours: Any, at: str = "") -> Iterator[str]:
    """Where what they say is missing or not the same in ours; we may answer where they raise an error."""
    if BETTER.search(at) or (isinstance(theirs, list) and theirs[:1] == ["raised"]):
        return
    if is_wrapper(theirs) and is_wrapper(ours):
        yield from differences(theirs[1], ours[1], f"{at}.id")
        yield from differences(theirs[2] or {}, ours[2] or {}, at)
    elif isinstance(theirs, dict) and isinstance(ours, dict):
        for key, value in theirs.items():
            yield from differences(value, ours.get(key, "missing"), f"{at}.{key}")
    elif isinstance(theirs, list) and isinstance(ours, list):
        theirs, ours = settled(theirs), settled(ours)
        if len(theirs) != len(ours):
            yield f"{at}: {len(theirs)} with theirs, {len(ours)} with ours"
        for place, (one, other) in enumerate(zip(theirs, ours, strict=False)):
            yield from differences(one, other, f"{at}[{place}]")
    elif theirs != ours:
        yield f"{at}: {theirs!r} with theirs, {ours!r} with ours"


def test_same_answers(answers: tuple[Any, Any]) -> None:
    theirs, ours = answers
    assert sum(len(found) for found in theirs["objects"].values()) > 40
    found = list(differences(theirs, ours))
    assert not found, f"{len(found)} differences\n" + "\n".join(found[:60])
