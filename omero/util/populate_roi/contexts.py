"""The measurements of a plate, and one of them: what is common to all kinds of files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from copy import copy
from typing import Any

import omero
import omero.constants.namespaces
import omero.model
from omero.rtypes import rstring
from omero.util.populate_roi.pool import get_thread_pool
from omero.util.populate_roi.provider import DownloadingOriginalFileProvider

__all__ = ["AbstractMeasurementCtx", "AbstractPlateAnalysisCtx", "MeasurementError", "MeasurementParsingResult"]


class MeasurementError(Exception):
    """There is nothing that can read the measurements."""


class MeasurementParsingResult:
    """Columns of tables, one list of them for each table."""

    def __init__(self, sets_of_columns: list[Any] | None = None) -> None:
        self.sets_of_columns = [] if sets_of_columns is None else sets_of_columns

    def append_columns(self, columns: Any) -> None:
        """Add a table."""
        self.sets_of_columns.append(columns)


class AbstractPlateAnalysisCtx:
    """All measurements of one plate."""

    DEFAULT_ORIGINAL_FILE_PROVIDER = DownloadingOriginalFileProvider

    def __init__(
        self,
        images: list[Any],
        original_files: Iterable[Any],
        original_file_image_map: dict[int, Any],
        plate_id: int,
        service_factory: Any,
    ) -> None:
        """``images``: with well samples and wells; ``original_file_image_map``: by id of the file."""
        self.images = images
        self.numcols, self.numrows = self.guess_geometry(images)
        self.original_files = original_files
        self.original_file_image_map = original_file_image_map
        self.plate_id = plate_id
        self.service_factory = service_factory
        self.log_files: dict[Any, Any] = {}
        self.detail_files: dict[Any, Any] = {}
        self.measurements: dict[Any, Any] = {}

    def guess_geometry(self, images: list[Any]) -> tuple[int, int]:
        """How many columns and rows the wells of the images take."""
        wells = [sample.well for image in images for sample in image.copyWellSamples()]
        columns = max((well.column.val for well in wells), default=-1)
        return columns + 1, max((well.row.val for well in wells), default=-1) + 1

    def colrow_from_wellnumber(self, width: int, wellnumber: int) -> tuple[int, int]:
        """Column and row, from 0, of a well's number, from 1, in a plate of some columns."""
        row, column = divmod(wellnumber - 1, width)
        return column, row

    def image_from_wellnumber(self, wellnumber: int) -> Any:
        """The first image of a well, by the well's number from 1. Raises Exception when there is none."""
        place = self.colrow_from_wellnumber(self.numcols, wellnumber)
        for image in self.images:
            if any((s.well.column.val, s.well.row.val) == place for s in image.copyWellSamples()):
                return image
        raise Exception(f"Could not find image for (col,row)==({place[0]},{place[1]})")

    @classmethod
    def is_this_type(cls, original_files: Iterable[Any]) -> bool:
        """Whether these are files that the class knows how to read."""
        raise NotImplementedError("To be implemented by concrete implementations.")

    def get_measurement_count(self) -> int:
        """How many measurements there are."""
        raise NotImplementedError("To be implemented by concrete implementations.")

    def get_measurement_ctx(self, index: int) -> AbstractMeasurementCtx:
        """One measurement, by its number from 0."""
        raise NotImplementedError("To be implemented by concrete implementations.")

    def get_result_file_count(self, measurement_index: int) -> int:
        """How many files hold the results of a measurement."""
        raise NotImplementedError("To be implemented by concrete implementations.")


class AbstractMeasurementCtx:
    """One measurement of a plate."""

    # How many regions are saved at once.
    ROI_UPDATE_LIMIT = 1000

    def __init__(
        self,
        analysis_ctx: AbstractPlateAnalysisCtx,
        service_factory: Any,
        original_file_provider: Any,
        original_file: Any,
        result_files: list[Any],
    ) -> None:
        self.thread_pool = get_thread_pool()
        self.analysis_ctx = analysis_ctx
        self.service_factory = service_factory
        self.original_file_provider = original_file_provider
        self.query_service = service_factory.getQueryService()
        self.update_service = service_factory.getUpdateService()
        self.original_file = original_file
        self.result_files = result_files
        self.file_annotation: Any = None
        self.wellimages: dict[int, dict[int, list[Any]]] = defaultdict(lambda: defaultdict(list))
        self._wells: dict[tuple[int, int], Any] = {}
        for image in analysis_ctx.images:
            for sample in image.copyWellSamples():
                place = (sample.well.row.val, sample.well.column.val)
                self.wellimages[place[0]][place[1]].append(image)
                self._wells[place] = sample.well

    def get_well_images(self, row: int, col: int) -> tuple[Any, Any]:
        """A well and its images; (None, None) when there is no such well with images."""
        well = self._wells.get((row, col))
        return (None, None) if well is None else (well, self.wellimages[row][col])

    def image_from_original_file(self, original_file: Any) -> Any:
        """The image that a file belongs to. Raises KeyError when there is none."""
        return self.analysis_ctx.original_file_image_map[original_file.id.val]

    def update_table(self, columns: list[Any]) -> None:
        """Store columns as a table, and annotate the plate with it."""
        table = self.service_factory.sharedResources().newTable(1, f"/{self.get_name()}.r5")
        if table is None:
            raise MeasurementError(f"The server could not make a table for plate: {self.analysis_ctx.plate_id}")
        try:
            table.initialize([_empty(column) for column in columns])
            table.addData(columns)
            number = table.getOriginalFile().id.val
        finally:
            table.close()
        if self.file_annotation is None:
            self.create_file_annotation(columns)
        self.file_annotation.file = omero.model.OriginalFileI(number, False)
        link = omero.model.PlateAnnotationLinkI()
        link.parent = omero.model.PlateI(self.analysis_ctx.plate_id, False)
        link.child = self.file_annotation
        self.file_annotation = self.update_service.saveAndReturnObject(link).child

    def create_file_annotation(self, set_of_columns: Any) -> None:
        """Describe the annotation that the next table goes into."""
        self.file_annotation = omero.model.FileAnnotationI()
        self.file_annotation.ns = rstring(omero.constants.namespaces.NSMEASUREMENT)
        self.file_annotation.description = rstring(self.get_name(set_of_columns))

    def update_rois(self, rois: list[Any], batches: dict[int, list[int]], batch_no: int) -> None:
        """Save regions in a thread; their ids go into ``batches`` under the number."""

        def save() -> None:
            batches[batch_no] = self.update_service.saveAndReturnIds(rois)

        self.thread_pool.add_task(save)

    def parse_and_populate(self) -> None:
        """Read the files, and store regions and a table for each set of columns in them."""
        for number, columns in enumerate(self.parse().sets_of_columns):
            self.create_file_annotation(number)
            self.parse_and_populate_roi(columns)
            self.populate(columns)

    def get_name(self, set_of_columns: Any = None) -> str:
        """The name of the measurement, or of one of its tables."""
        raise NotImplementedError("To be implemented by concrete implementations.")

    def parse(self) -> MeasurementParsingResult:
        """Read the files."""
        raise NotImplementedError("To be implemented by concrete implementations.")

    def parse_and_populate_roi(self, columns: Any) -> None:
        """Store the regions, and put their ids into the columns."""
        raise NotImplementedError("To be implemented by concrete implementations.")

    def populate(self, columns: Any) -> None:
        """Store the columns; see :meth:`update_table`."""
        raise NotImplementedError("To be implemented by concrete implementations.")


def _empty(column: Any) -> Any:
    """A column without values: those given at the beginning would be in the table too."""
    made = copy(column)
    for name, value in vars(column).items():
        if isinstance(value, list):
            setattr(made, name, [])
    return made
