"""An OME-TIFF with something of everything: all of it reaches the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import omero
from omero.gateway import BlitzGateway
from omero.sys import ParametersI
from tests.support.instance import Instance
from tests.support.whole_ome import XML, write_whole


@pytest.fixture(scope="module")
def conn(instance: Instance) -> Iterator[Any]:
    with BlitzGateway("root", instance.root_password, host=instance.host, port=instance.ports.ssl, secure=True) as made:
        yield made


@pytest.fixture(scope="module")
def images(conn: Any, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    found = conn.import_files(write_whole(tmp_path_factory.mktemp("whole") / "whole.ome.tiff"))
    return sorted(found, key=lambda image: image.getName())


def asked(conn: Any, hql: str, image: Any) -> Any:
    """One object that belongs to an image."""
    found = conn.getQueryService().findAllByQuery(hql, ParametersI().addId(image.getId()))
    (one,) = {row.id.val: row for row in found}.values()
    return one


def notes(conn: Any, cls: str, number: int) -> list[tuple[str, int]]:
    links = conn.getAnnotationLinks(cls, parent_ids=[number])
    return sorted((type(link._obj.child).__name__.removesuffix("I"), link._obj.child.id.val) for link in links)


def test_images(images: list[Any]) -> None:
    assert [image.getName() for image in images] == ["whole.ome.tiff [field 0]", "whole.ome.tiff [field 1]"]
    assert [image.getDescription() for image in images] == ["Of field 0", "Of field 1"]


def test_plate_and_screen(conn: Any, images: list[Any]) -> None:
    well = asked(
        conn,
        "select w from WellSample s join s.well w join fetch w.plate p join fetch p.screenLinks l join fetch l.parent"
        " join fetch w.reagentLinks k join fetch k.child join fetch w.wellSamples x join fetch x.plateAcquisition"
        " where s.image.id = :id",
        images[0],
    )
    assert (well.row.val, well.column.val, well.red.val, well.alpha.val) == (1, 2, 255, 255)
    assert (well.externalDescription.val, well.type.val) == ("with drug", "control")
    first, second = well.copyWellSamples()
    assert (first.posX.getValue(), first.posX.getSymbol(), second.posX) == (5.0, "µm", None)
    assert first.plateAcquisition.name.val == second.plateAcquisition.name.val == "run 1"
    plate = well.plate
    assert (plate.name.val, plate.rows.val, plate.columns.val, plate.defaultSample.val) == ("P7", 4, 6, 1)
    (link,) = plate.copyScreenLinks()
    assert (link.parent.name.val, link.parent.protocolIdentifier.val) == ("Drugs", "p1")
    (reagent,) = (one.child for one in well.copyReagentLinks())
    assert (reagent.name.val, reagent.reagentIdentifier.val) == ("aspirin", "a-1")
    assert reagent.screen.id.val == link.parent.id.val


def test_annotations_are_shared(conn: Any, images: list[Any]) -> None:
    first, second = (notes(conn, "Image", image.getId()) for image in images)
    assert [kind for kind, _ in first] == ["LongAnnotation", "MapAnnotation", "TagAnnotation", "XmlAnnotation"]
    assert first[1:3] == second
    plate = asked(conn, "select p from WellSample s join s.well w join w.plate p where s.image.id = :id", images[0])
    assert notes(conn, "Plate", plate.id.val) == [first[1]]
    (roi,) = conn.getRoiService().findByImage(images[0].getId(), None).rois
    assert [kind for kind, _ in notes(conn, "Roi", roi.id.val)] == ["DoubleAnnotation"]
    noted = [notes(conn, "Shape", shape.id.val) for shape in roi.copyShapes()]
    assert sorted(map(len, noted)) == [0, 0, 1]


def test_instrument(conn: Any, images: list[Any]) -> None:
    instrument = asked(
        conn,
        "select i from Image m join m.instrument i join fetch i.microscope left outer join fetch i.detector"
        " left outer join fetch i.lightSource left outer join fetch i.filter f"
        " left outer join fetch f.transmittanceRange left outer join fetch i.dichroic"
        " left outer join fetch i.filterSet s left outer join fetch i.objective where m.id = :id",
        images[0],
    )
    assert instrument.microscope.lotNumber.val == "L1"
    assert sorted(one.model.val for one in instrument.copyDetector()) == ["M1", "spare"]
    kinds = {type(one).__name__: one for one in instrument.copyLightSource()}
    assert sorted(kinds) == ["ArcI", "GenericExcitationSourceI", "LaserI"]
    assert kinds["LaserI"].pump.id.val == kinds["ArcI"].id.val
    assert (kinds["LaserI"].repetitionRate.getValue(), kinds["LaserI"].frequencyMultiplication.val) == (80.0, 2)
    assert [(pair.name, pair.value) for pair in kinds["GenericExcitationSourceI"].map] == [("bulb", "old")]
    first = next(one for one in instrument.copyFilter() if one.model.val == "M1")
    assert (first.filterWheel.val, first.transmittanceRange.cutOut.getValue()) == ("wheel 1", 490.0)
    (lens,) = instrument.copyObjective()
    assert (lens.iris.val, lens.lotNumber.val) == (True, "L1")


def test_settings(conn: Any, images: list[Any]) -> None:
    channel = images[0].getChannels()[0]
    logical = asked(
        conn,
        "select lc from Channel c join c.logicalChannel lc join fetch lc.detectorSettings"
        " join fetch lc.lightSourceSettings join fetch lc.filterSet s join fetch s.dichroic"
        " join fetch lc.lightPath p join fetch p.dichroic join fetch p.emissionFilterLink e join fetch e.child"
        " join fetch p.excitationFilterLink x join fetch x.child where c.pixels.image.id = :id",
        images[0],
    )
    assert (logical.detectorSettings.integration.val, logical.detectorSettings.zoom.val) == (4, 2.0)
    assert logical.detectorSettings.readOutRate.getUnit() == omero.model.enums.UnitsFrequency.MEGAHERTZ
    assert logical.lightSourceSettings.wavelength.getValue() == 489.0
    # The database keeps no order of these.
    assert {one.child.model.val for one in logical.lightPath.copyEmissionFilterLink()} == {"emission", "M1"}
    assert logical.lightPath.dichroic.id.val == logical.filterSet.dichroic.id.val
    assert channel.getLabel() == "GFP"
    experiment = asked(
        conn, "select e from Image m join m.experiment e join fetch e.type where m.id = :id", images[0]
    )  # fmt: skip
    assert (experiment.type.value.val, experiment.description.val) == ("Photobleaching", "Bleaching")


def test_values_that_make_no_sense_are_left_out(conn: Any, tmp_path: Path) -> None:
    odd = XML
    wrong = {"A00": "NaN", "Integration": "99999999999", "NominalMagnification": "INF", "Power": "x"}
    for name, value in wrong.items():
        odd, changed = re.subn(f' {name}="[^"]*"', f' {name}="{value}"', odd)
        assert changed
    odd = odd.replace('<FilterSetRef ID="FilterSet:0"/>', '<FilterSetRef ID="Filter:0"/>')
    odd = odd.replace('Immersion="Oil"', 'Immersion="Honey"')
    image = min(conn.import_files(write_whole(tmp_path / "odd.ome.tiff", odd)), key=lambda one: one.getName())
    (roi,) = conn.getRoiService().findByImage(image.getId(), None).rois
    assert [shape.transform for shape in roi.copyShapes()] == [None] * 3
    lens = image.getObjectiveSettings().getObjective()
    assert (lens.getNominalMagnification(), lens.getImmersion().getValue()) == (None, "Other")
    logical = image.getChannels()[0].getLogicalChannel()
    assert logical.getFilterSet() is None and logical.getDetectorSettings().getGain() == 2.5
