"""From a plate to what reads its measurements."""

from __future__ import annotations

from typing import Any, ClassVar

import omero
import omero.model
import omero.sys
from omero.rtypes import unwrap
from omero.util.populate_roi.contexts import AbstractPlateAnalysisCtx, MeasurementError

__all__ = ["PlateAnalysisCtxFactory"]


class PlateAnalysisCtxFactory:
    """Finds what can read the measurements of a plate."""

    implementations: ClassVar[tuple[type[AbstractPlateAnalysisCtx], ...]] = ()

    def __init__(self, service_factory: Any) -> None:
        self.service_factory = service_factory
        self.query_service = service_factory.getQueryService()

    def find_images_for_plate(self, plate_id: int) -> tuple[list[Any], Any]:
        """The images of a plate, with well samples, wells and files, in the order of the wells; and the plate.

        Without images the plate is only a reference.
        """
        query = (
            "select i from Image i join fetch i.wellSamples s join fetch s.well w join fetch w.plate p "
            "left outer join fetch i.annotationLinks l left outer join fetch l.child a left outer join fetch a.file "
            "where p.id = :id order by w.row, w.column, s.id"
        )
        found = self.query_service.findAllByQuery(query, omero.sys.ParametersI().addId(plate_id))
        images = list({image.id.val: image for image in found}.values())
        if not images:
            return [], omero.model.PlateI(plate_id, False)
        return images, images[0].copyWellSamples()[0].well.plate

    def gather_original_files(
        self, obj: Any, original_files: set[Any], original_file_obj_map: dict[int, Any] | None
    ) -> None:
        """Add the files that annotate an object (its links loaded) to the set, and to the map by id."""
        known = {file.id.val for file in original_files}
        for link in obj.copyAnnotationLinks():
            file = getattr(link.child, "file", None) if link.child.isLoaded() else None
            if file is not None and file.id.val not in known:
                original_files.add(file)
                known.add(file.id.val)
                if original_file_obj_map is not None:
                    original_file_obj_map[file.id.val] = obj

    def find_filesets_for_plate(self, plateid: int) -> list[Any]:
        """The filesets that the images of a plate came from, with their files."""
        query = (
            "select f from Fileset f join fetch f.usedFiles e join fetch e.originalFile where f.id in "
            "(select s.image.fileset.id from WellSample s where s.well.plate.id = :id) order by f.id"
        )
        found = self.query_service.findAllByQuery(query, omero.sys.ParametersI().addId(plateid))
        return list({fileset.id.val: fileset for fileset in found}.values())

    def _files_of_plate(self, plate_id: int) -> tuple[set[Any], Any]:
        query = (
            "select p from Plate p left outer join fetch p.annotationLinks l left outer join fetch l.child a "
            "left outer join fetch a.file where p.id = :id"
        )
        plate = self.query_service.findByQuery(query, omero.sys.ParametersI().addId(plate_id))
        files: set[Any] = set()
        if plate is not None:
            self.gather_original_files(plate, files, None)
        return files, plate

    def get_analysis_ctx(self, plate_id: int) -> AbstractPlateAnalysisCtx:
        """The measurements of a plate. Raises MeasurementError when no implementation knows its files."""
        images, _plate = self.find_images_for_plate(plate_id)
        files, _plate = self._files_of_plate(plate_id)
        by_file: dict[int, Any] = {}
        for image in images:
            self.gather_original_files(image, files, by_file)
        known = {file.id.val for file in files}
        for fileset in self.find_filesets_for_plate(plate_id):
            used = [entry.originalFile for entry in fileset.copyUsedFiles()]
            files.update(file for file in used if unwrap(file.id) not in known)
        for kind in self.implementations:
            if kind.is_this_type(files):
                return kind(images, files, by_file, plate_id, self.service_factory)
        raise MeasurementError(f"Unable to find suitable analysis context for plate: {plate_id}")
