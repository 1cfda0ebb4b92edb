"""How many statements IRoi takes, and what it shows in groups of different kinds."""

from __future__ import annotations

import pytest

import omero
import omero.api
from omero_server.services.rois.service import RoiService
from tests.support.garden import FILE, Garden
from tests.support.lab import Lab
from tests.support.service_calls import counted, ids

SERVICE = RoiService()
MEASUREMENT = "openmicroscopy.org/omero/measurement"


@pytest.mark.parametrize("number", [3, 60])
def test_statements_do_not_grow_with_regions(lab: Lab, number: int) -> None:
    garden = Garden(lab)
    image = garden.image()
    rois = [garden.roi(image, shapes=2) for _ in range(number)]
    annotations = [garden.annotation(FILE, ns=MEASUREMENT) for _ in rois]
    for roi, annotation in zip(rois, annotations, strict=True):
        garden.note("roi", roi, annotation)
    with counted(lab) as statements, lab.call("ann", "RA") as call:
        found = SERVICE.findByImage(call, image, None)
    assert ids(found.rois) == rois and len(found.byZ[-1]) == 2 * number
    assert len(statements) <= 7, statements
    with counted(lab) as statements, lab.call("ann", "RA") as call:
        measured = SERVICE.getMeasuredRoisMap(call, image, annotations, None)
    assert [ids(measured[one].rois) for one in annotations] == [[roi] for roi in rois]
    assert len(statements) <= 8, statements


def test_plates_carry_measurements_of_their_images(lab: Lab) -> None:
    garden = Garden(lab)
    image = garden.image()
    plate = garden.plate(image)
    annotation, other = garden.annotation(FILE, ns=MEASUREMENT), garden.annotation(FILE, ns="another")
    for one in (annotation, other):
        garden.note("plate", plate, one)
    with lab.call("bob", "RA") as call:
        assert ids(SERVICE.getRoiMeasurements(call, image, None)) == [annotation]


@pytest.mark.parametrize(("group", "others"), [("P", False), ("RO", True), ("RA", True), ("RW", True)])
def test_regions_of_others_are_seen_where_the_group_allows(lab: Lab, group: str, others: bool) -> None:
    garden = Garden(lab, group=group)
    image = garden.image()
    own, theirs = garden.roi(image), garden.roi(image, user="lea")
    for user, expected in (("ann", [own, theirs] if others else [own]), ("lea", [own, theirs])):
        with lab.call(user, group) as call:
            assert ids(SERVICE.findByImage(call, image, None).rois) == expected
            options = omero.api.RoiOptions(userId=omero.RLong(lab.scene.users["lea"]))
            assert ids(SERVICE.findByPlane(call, image, 0, 0, options).rois) == [r for r in expected if r == theirs]
