"""Our gateway says and does what the official one does, method by method."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from omero.gateway import XmlAnnotationWrapper
from tests.interop.conftest import Official, import_samples
from tests.interop.everything import VALUES, conn, everything, official
from tests.support.samples import PATHS

__all__ = ["conn", "everything", "official"]

SAMPLES = [path for path in PATHS if path.startswith(("lsm/", "ome-tiff/", "svs/", "ome-zarr/single-plane-hcs"))]
# Where ours says more: who owns links, parents of fields in wells, values instead of a rule's text as the key. Where
# it depends on what was read before: permissions of users, who are in no group.
BETTER = re.compile(
    r"getOwnerFullName$|getParentLinks$|#(medium|immersion|correction)$|(microscope|detector)Type$|getInitialZoomLevel$"
    r"|(Owner|Administrators\[\d+\]|Experimenter\w*\[\d+\](\.listChildren\[\d+\])?)\.(isPrivate|canOwnerWrite)$"
)


@pytest.fixture(scope="module")
def wanted(official: Official, conn: Any, everything: dict[str, int]) -> dict[str, Any]:
    """Ids by kind: one of everything that a gateway wraps."""
    picked = [ids[0] for ids in import_samples(official, SAMPLES).values()]
    every = ["Screen", "Plate", "Well", "PlateAcquisition", "Roi", "Shape", "Experimenter", "ExperimenterGroup"]
    # The official gateway does not find XmlAnnotations by type.
    kinds = [kind.__name__.removesuffix("Wrapper") for kind in VALUES if kind is not XmlAnnotationWrapper]
    return {
        "Project": [everything["project"]],
        "Dataset": [everything["dataset"]],
        "Image": [everything["image"], *picked],
        **{kind: sorted(one.getId() for one in conn.getObjects(kind))[:4] for kind in [*every, *kinds]},
        "FileAnnotation": [one.getId() for one in conn.getObjects("FileAnnotation")][:1],
        "OriginalFile": sorted(one.getId() for one in conn.getObjects("OriginalFile"))[:3],
        "Fileset": sorted(one.getId() for one in conn.getObjects("Fileset"))[:3],
    }


def both(official: Official, script: str, **given: Any) -> tuple[Any, Any]:
    """What a program says that runs with the official gateway, and with ours."""
    ours = dataclasses.replace(official, python=Path(sys.executable))
    return official.script(script, **given), ours.script(script, **given)


@pytest.fixture(scope="module")
def answers(official: Official, wanted: dict[str, Any]) -> tuple[Any, Any]:
    """(official gateway, our gateway)."""
    return both(official, "gateway_reads", wanted=wanted)


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


def test_same_writing(official: Official) -> None:
    theirs, ours = both(official, "gateway_writes")
    assert len(theirs) > 60 and theirs.keys() == ours.keys()
    found = [f"{key}: {theirs[key]} with theirs, {ours[key]} with ours" for key in theirs if theirs[key] != ours[key]]
    assert not found, "\n".join(found)
