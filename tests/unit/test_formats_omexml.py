"""OME-XML: what it says of plates, instruments, regions and annotations."""

from __future__ import annotations

import json
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import pytest
import xmlschema

from omero_server.formats.base import FormatError
from omero_server.formats.bioformats import BioFormatsReader
from omero_server.formats.bioformatsprocess import missing
from omero_server.formats.conformance import ReaderConformance
from omero_server.formats.info import FilesetInfo, LightPathInfo, PlateInfo, ReagentInfo
from omero_server.formats.ometiff import OmeTiffReader
from omero_server.formats.scan import scan
from tests.support.incell import WELLS, write_plate
from tests.support.whole_ome import XML, write_whole


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_whole(tmp_path_factory.mktemp("whole") / "whole.ome.tiff")


@pytest.fixture(scope="module")
def info(whole: Path) -> FilesetInfo:
    return OmeTiffReader.describe(whole)


class TestWhole(ReaderConformance):
    reader = OmeTiffReader

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def written(cls, whole: Path) -> None:
        cls.samples = [whole]


def test_the_sample_is_valid() -> None:
    schema = xmlschema.XMLSchema(str(files("ome_types") / "ome-2016-06.xsd"))
    assert [f"{error.path}: {error.reason}" for error in schema.iter_errors(XML)] == []


def test_plate(info: FilesetInfo) -> None:
    (plate,) = info.plates
    assert (plate.name, plate.rows, plate.columns, plate.default_field) == ("P7", 4, 6, 1)
    assert (plate.status, plate.external_identifier, plate.description) == ("done", "bar-7", "Seventh plate")
    assert (plate.well_origin_x, plate.well_origin_y) == ((1.0, "mm"), (2.0, "mm"))
    used, empty = plate.wells
    assert (used.row, used.column, used.color, used.type) == (1, 2, -16776961, "control")
    assert (used.external_identifier, used.external_description) == ("w-B3", "with drug")
    assert (empty.row, empty.column, empty.samples) == (2, 0, [])
    first, second = used.samples
    assert (first.image, first.acquisition, first.position_x) == (0, 0, (5.0, "µm"))
    assert (second.image, second.acquisition, second.position_x) == (1, 0, None)
    assert first.timepoint == datetime(2020, 1, 2, 3, 4, 5)
    (run,) = plate.acquisitions
    assert (run.name, run.description, run.maximum_field_count) == ("run 1", "First run", 2)
    assert (run.started, run.ended) == (datetime(2020, 1, 2, 3), datetime(2020, 1, 2, 4))
    noted = [[note.id for note in thing.annotations] for thing in (plate, used, run)]
    assert noted == [["Annotation:map"], ["Annotation:tag"], ["Annotation:comment"]]


def test_screen(info: FilesetInfo) -> None:
    (screen,) = info.screens
    assert (screen.name, screen.description, screen.plates) == ("Drugs", "All drugs", [0])
    assert screen.values["ProtocolIdentifier"] == "p1" and screen.values["Type"] == "RNA"
    assert screen.reagents == [ReagentInfo("aspirin", "a drug", "a-1")]
    assert info.plates[0].wells[0].reagent == (0, 0)


def test_instrument(info: FilesetInfo) -> None:
    image = info.images[0]
    parts = {part.id: part for part in image.parts}
    assert [part.kind for part in image.parts].count("Detector") == 2
    assert parts["LightSource:0"].pump == "LightSource:1" and parts["LightSource:0"].values["Pulse"] == "CW"
    assert parts["Filter:0"].transmittance["CutOut"] == "490"
    assert parts["FilterSet:0"].path == LightPathInfo(["Filter:0"], "Dichroic:0", ["Filter:1"])
    channel, other = image.channels
    assert channel.light_path is not None and channel.light_path.excitation == ["Filter:0"]
    assert (channel.light_path.dichroic, channel.light_path.emission) == ("Dichroic:0", ["Filter:1", "Filter:0"])
    assert channel.filter_set == "FilterSet:0" and other.filter_set is None and other.light_path is None
    assert channel.detector is not None and channel.detector.settings["Integration"] == "4"
    # A Pump refers to a light source: it must not hide it.
    assert channel.light_source is not None and channel.light_source.wavelength == (488.0, "nm")
    assert other.light_source is not None and other.light_source.kind == "GenericExcitationSource"
    assert image.experiment == {"Type": "Photobleaching", "Description": "Bleaching"}


def test_annotations_of_everything(info: FilesetInfo) -> None:
    image = info.images[0]
    assert [note.kind for note in image.annotations] == [
        "TagAnnotation", "MapAnnotation", "LongAnnotation", "XmlAnnotation"
    ]  # fmt: skip
    assert image.annotations[1].value == [("gene", "TP53"), ("gene", "again")]
    assert image.annotations[3].value == "<note><a>1</a></note>"
    assert [note.value for note in image.channels[0].annotations] == ["A comment"]
    assert image.channels[0].light_path is not None
    assert [note.value for note in image.channels[0].light_path.annotations] == ["mitosis"]
    assert {part.id: part.annotations[0].value for part in image.parts if part.annotations} == {
        "Detector:0": "A comment", "Dichroic:0": "1.25"
    }  # fmt: skip
    (roi,) = image.rois
    assert [note.value for note in roi.annotations] == ["1.25"]
    assert [len(shape.annotations) for shape in roi.shapes] == [1, 0, 0]


def test_the_index_keeps_it(info: FilesetInfo) -> None:
    assert FilesetInfo.from_json(json.loads(json.dumps(info.to_json())), info.root) == info


def rewritten(folder: Path, old: str, new: str) -> list[PlateInfo]:
    """The plates of the sample after a change of its text."""
    path = folder / "changed.ome.tiff"
    assert old in XML
    write_whole(path, XML.replace(old, new))
    return OmeTiffReader.describe(path).plates


def test_plates_that_make_no_sense(tmp_path: Path) -> None:
    for text in ('Row="-1"', 'Row="100000"', "", 'Row="x"'):
        with pytest.raises(FormatError, match="has a well in row"):
            rewritten(tmp_path, 'Row="1"', text)
    assert rewritten(tmp_path, 'Rows="4"', 'Rows="99999999999"')[0].rows == 10_000
    assert rewritten(tmp_path, 'Rows="4"', "")[0].rows == 3
    assert rewritten(tmp_path, 'Rows="4"', 'Rows="1"')[0].rows == 3, "wells tell that there are more"
    assert rewritten(tmp_path, '<ImageRef ID="Image:1"/>', "")[0].wells[0].samples[0].image == 0
    assert rewritten(tmp_path, "<ImageRef", "<NoRef") == [], "a plate without images is none"


@pytest.mark.skipif(missing() is not None, reason=f"Bio-Formats lacks {missing()}")
class TestBioFormatsPlate(ReaderConformance):
    reader = BioFormatsReader

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def written(cls, tmp_path_factory: pytest.TempPathFactory) -> None:
        cls.samples = [write_plate(tmp_path_factory.mktemp("incell") / "plate")]

    def test_wells(self) -> None:
        info = self.reader.describe(self.samples[0])
        (plate,) = info.plates
        assert [(well.row, well.column) for well in plate.wells] == list(WELLS)
        assert [[sample.image for sample in well.samples] for well in plate.wells] == [[0, 1], [2, 3], [4, 5]]
        assert {sample.acquisition for well in plate.wells for sample in well.samples} == {0}

    def test_its_files_are_one_fileset(self) -> None:
        (found,) = scan([self.samples[0].parent]).candidates
        assert found.entry == self.samples[0] and len(found.files) == 13
