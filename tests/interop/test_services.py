"""Every operation of the metadata services, called by the official client: the shapes of what comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.interop.conftest import HERE, Official, import_samples
from tests.interop.everything import TAG, conn, everything, official

__all__ = ["conn", "everything", "official"]

LSM = "lsm/spectral golgi.lsm"
# As the sheet of the services has them; what comes loaded beyond it was looked at and does no harm.
EXPECTED: dict[str, str] = json.loads((HERE / "service_shapes.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def shapes(official: Official, conn: Any, everything: dict[str, int]) -> dict[str, str]:
    """By operation."""
    slide = conn.getObject("Image", import_samples(official, [LSM])[LSM][0])
    image = conn.getObject("Image", everything["image"])
    found = {kind: next(iter(conn.getObjects(kind))).getId() for kind in ("Plate", "Screen", "TagAnnotation", "Shape")}
    ids = everything | {kind.removesuffix("Annotation").lower(): number for kind, number in found.items()}
    ids |= {"fileset": image.getFileset().getId(), "instrument": slide.getInstrument().getId()}
    ids |= {"channel": slide.getChannels()[0].getId(), "annotation": image.getAnnotation().getId()}
    return dict(official.script("services", ids=ids, tag=TAG))


def test_shapes(shapes: dict[str, str]) -> None:
    assert len(EXPECTED) > 100
    assert shapes == EXPECTED
