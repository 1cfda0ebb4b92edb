"""Measurements of a plate on a real server, with a reader for files of "column,row,x,y" lines."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import omero
import omero.model
from omero.columns import DoubleColumnI, RoiColumnI
from omero.constants.namespaces import NSMEASUREMENT
from omero.rtypes import rdouble, rint, rstring, unwrap
from omero.util import populate_roi, script_utils


@pytest.fixture(scope="module")
def plate(conn: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Two rows and columns, an image in three of the wells, and a file of measurements."""
    save = conn.getUpdateService().saveAndReturnObject
    plate = omero.model.PlateI()
    plate.name = rstring("measurements")
    plate = save(plate)
    for row, column in ((1, 0), (0, 1), (0, 0)):
        well, sample, image = omero.model.WellI(), omero.model.WellSampleI(), omero.model.ImageI()
        well.row, well.column, well.plate = rint(row), rint(column), omero.model.PlateI(plate.id.val, False)
        image.name = rstring(f"measurements {row} {column}")
        sample.image = image
        well.addWellSample(sample)
        save(well)
    path = tmp_path_factory.mktemp("measurements") / "points.csv"
    path.write_text("0,0,1.5,2.5\n1,0,3,4\n0,1,5,6\nµ\n", encoding="utf-8")
    wrapper = conn.getObject("Plate", plate.id.val)
    script_utils.create_link_file_annotation(conn, str(path), wrapper, mimetype="text/csv")
    return wrapper


class Points(populate_roi.AbstractMeasurementCtx):
    """Makes a region of each line."""

    def get_name(self, set_of_columns: Any = None) -> str:
        return "points"

    def parse(self) -> populate_roi.MeasurementParsingResult:
        with self.original_file_provider.get_original_file_data(self.original_file) as handle:
            lines = [line.split(",") for line in handle.read().splitlines() if "," in line]
        return populate_roi.MeasurementParsingResult([lines])

    def parse_and_populate_roi(self, columns: Any) -> None:
        self.batches: dict[int, list[int]] = {}
        for number, (column, row, x, y) in enumerate(columns):
            _well, images = self.get_well_images(int(row), int(column))
            roi, point = omero.model.RoiI(), omero.model.PointI()
            point.x, point.y = rdouble(float(x)), rdouble(float(y))
            roi.addShape(point)
            roi.image = images[0].proxy()
            self.update_rois([roi], self.batches, number)

    def populate(self, columns: Any) -> None:
        self.thread_pool.wait_completion()
        regions = [self.batches[number][0] for number in sorted(self.batches)]
        xs = [float(x) for _, _, x, _ in columns]
        self.update_table([RoiColumnI("roi", "", regions), DoubleColumnI("x", "µm", xs)])


class PointsOfPlate(populate_roi.AbstractPlateAnalysisCtx):
    @classmethod
    def is_this_type(cls, original_files: Iterable[Any]) -> bool:
        return "points.csv" in [unwrap(file.name) for file in original_files]

    def get_measurement_count(self) -> int:
        return 1

    def get_measurement_ctx(self, index: int) -> Points:
        provider = self.DEFAULT_ORIGINAL_FILE_PROVIDER(self.service_factory)
        (file,) = [each for each in self.original_files if unwrap(each.name) == "points.csv"]
        return Points(self, self.service_factory, provider, file, [file])


@pytest.fixture
def factory(conn: Any) -> Any:
    made = populate_roi.PlateAnalysisCtxFactory(conn.c.sf)
    made.implementations = (PointsOfPlate,)  # type: ignore[misc]
    return made


def test_images_of_a_plate(factory: Any, plate: Any) -> None:
    images, found = factory.find_images_for_plate(plate.id)
    assert found.id.val == plate.id
    names = ["measurements 0 0", "measurements 0 1", "measurements 1 0"]
    assert [unwrap(image.name) for image in images] == names
    context = factory.get_analysis_ctx(plate.id)
    assert (context.numcols, context.numrows) == (2, 2)
    assert [unwrap(context.image_from_wellnumber(number).name) for number in (1, 2, 3)] == names
    with pytest.raises(Exception, match=r"Could not find image for \(col,row\)==\(1,1\)"):
        context.image_from_wellnumber(4)
    assert factory.find_images_for_plate(10**9)[0] == factory.find_filesets_for_plate(plate.id) == []


def test_regions_are_stored(conn: Any, factory: Any, plate: Any) -> None:
    measurement = factory.get_analysis_ctx(plate.id).get_measurement_ctx(0)
    measurement.parse_and_populate()
    assert sorted(measurement.batches) == [0, 1, 2]
    images, _ = factory.find_images_for_plate(plate.id)
    points = {}
    for image in images:
        (roi,) = conn.c.sf.getRoiService().findByImage(image.id.val, None).rois
        points[unwrap(image.name)] = (roi.getPrimaryShape().x.val, roi.getPrimaryShape().y.val)
    wanted = {"measurements 0 0": (1.5, 2.5), "measurements 0 1": (3.0, 4.0), "measurements 1 0": (5.0, 6.0)}
    assert points == wanted
    annotation = plate._conn.getObject("Plate", plate.id).getAnnotation(NSMEASUREMENT)
    table = conn.c.sf.sharedResources().openTable(annotation.getFile()._obj)
    rois, xs = table.read([0, 1], 0, table.getNumberOfRows()).columns
    table.close()
    assert (rois.values, xs.values) == ([measurement.batches[number][0] for number in range(3)], [1.5, 3.0, 5.0])
    assert [type(column).__name__ for column in (rois, xs)] == ["RoiColumn", "DoubleColumn"]
    assert measurement.get_well_images(5, 5) == (None, None)
    with pytest.raises(KeyError):
        measurement.image_from_original_file(measurement.original_file)


def test_plate_without_known_files(conn: Any, plate: Any) -> None:
    factory = populate_roi.PlateAnalysisCtxFactory(conn.c.sf)
    for number in (plate.id, 10**9):
        with pytest.raises(populate_roi.MeasurementError, match=f"suitable analysis context for plate: {number}"):
            factory.get_analysis_ctx(number)


def test_files_are_downloaded_as_text(conn: Any, factory: Any, plate: Any) -> None:
    file = factory.get_analysis_ctx(plate.id).get_measurement_ctx(0).original_file
    with populate_roi.DownloadingOriginalFileProvider(conn.c.sf).get_original_file_data(file) as handle:
        path = Path(handle.name)
        assert path.read_text(encoding="utf-8") == handle.read() == "0,0,1.5,2.5\n1,0,3,4\n0,1,5,6\nµ\n"
    assert not path.exists()


def test_tasks_side_by_side(caplog: pytest.LogCaptureFixture) -> None:
    pool, done = populate_roi.ThreadPool(2), []

    def task(number: int, factor: int = 1) -> None:
        done.append(number // (factor - 3))

    for number in range(5):
        pool.add_task(task, number, factor=3 if number == 2 else 4)
    pool.wait_completion()
    assert sorted(done) == [0, 1, 3, 4]
    assert caplog.messages == ["A task failed"]
    assert populate_roi.get_thread_pool() is populate_roi.get_thread_pool()
