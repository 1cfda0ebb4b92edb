"""IRoi: regions of interest, the pixels in them, and their statistics."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import omero
import omero.api
import omero.model
from omero_server.pixels.shapes import points_of
from omero_server.queries import find, project, run
from omero_server.saving.saver import save
from omero_server.services.attaching import by_id, load
from omero_server.services.files.tables import open_table
from omero_server.services.rois.masks import masks_of_picture
from omero_server.services.rois.results import RoiFilter, load_rois, result, roi_ids
from omero_server.services.rois.shapes import Selection, covered_by, load_shapes, stats_of
from omero_server.services.service import Service, reads, unmanaged, writes
from omero_server.sessions.call import Call

__all__ = ["RoiService"]

MEASUREMENT = "openmicroscopy.org/omero/measurement"
WITH_FILE = (
    " left outer join fetch o.details.owner left outer join fetch o.details.creationEvent"
    " left outer join fetch o.file f left outer join fetch f.hasher"
)
ON_IMAGE = "r.image.id = :image"
WITH_SHAPES = "exists (select s.id from Shape s where s.roi.id = r.id)"
ON_PLANE = "(o.theZ is null or o.theZ = :z) and (o.theT is null or o.theT = :t)"
MEASURED = (
    "select a.id from RoiAnnotationLink l join l.child a where l.parent.image.id = :image and a.ns = :ns",
    "select a.id from PlateAnnotationLink l join l.child a where a.ns = :ns and l.parent.id in"
    " (select w.plate.id from WellSample s join s.well w where s.image.id = :image)",
)


class RoiService(Service):
    """ROIs come with a fixed number of queries, however many there are; statistics are read window by window."""

    interface = "::omero::api::IRoi"

    @unmanaged
    def getTable(self, call: Call, annotationId: int) -> Any:
        """The table in the file of an annotation."""
        query = "select a.file.id from FileAnnotation a where a.id = :id"
        with call.engine.begin(call.caller, writable=False, session=call.session) as own:
            found = project(own, query, {"id": annotationId})
            if not found:
                raise omero.ApiUsageException(message=f"There is no FileAnnotation {annotationId} with a file.")
            table = open_table(own, found[0][0]._val)
        return call.engine.activate(call, table)

    @reads
    def findByRoi(self, call: Call, roiId: int, opts: Any) -> Any:
        """One ROI with its shapes; no ROI at all when it cannot be read."""
        return result(opts, load_rois(call, [roiId]))

    @reads
    def findByImage(self, call: Call, imageId: int, opts: Any) -> Any:
        """The ROIs of an image that have shapes, by id, with these and with their folders."""
        ids = roi_ids(call, RoiFilter.of(opts), [ON_IMAGE, WITH_SHAPES], {"image": imageId})
        return result(opts, load_rois(call, ids, folders=True))

    @reads
    def findByPlane(self, call: Call, imageId: int, z: int, t: int, opts: Any) -> Any:
        """The ROIs with shapes on a plane, with these shapes only; what names no plane is on all."""
        plane = {"z": z, "t": t}
        matching = f"exists (select o.id from Shape o where o.roi.id = r.id and {ON_PLANE})"
        ids = roi_ids(call, RoiFilter.of(opts), [ON_IMAGE, matching], {"image": imageId, **plane})
        return result(opts, load_rois(call, ids, conditions=[ON_PLANE], parameters=plane))

    @reads
    def getPoints(self, call: Call, shapeId: int) -> Any:
        """The pixels in a shape, row by row. ApiUsageException when there is no such shape, or it is too large."""
        shape = load_shapes(call, [shapeId])[shapeId]
        try:
            x, y = points_of(covered_by(shape))
        except ValueError as error:
            raise omero.ApiUsageException(message=f"The points of shape {shapeId}: {error}.") from error
        return omero.api.ShapePoints(x=x, y=y)

    @reads
    def getRoiStats(self, call: Call, roiId: int) -> Any:
        """Statistics of each shape of a ROI."""
        roi = find(call, "Roi", roiId, ("shapes",))
        if roi is None or roi._image is None or not roi._shapesSeq:
            raise omero.ApiUsageException(message=f"There is no ROI {roiId} with shapes on an image that you may read.")
        found, (pixels,) = stats_of(call, [shape._id._val for shape in roi._shapesSeq])
        return omero.api.RoiStats(roiId=roiId, imageId=roi._image._id._val, pixelsId=pixels, perShape=found)

    @reads
    def getShapeStats(self, call: Call, shapeId: int) -> Any:
        """Statistics of a shape over all planes that it covers, by channel."""
        return stats_of(call, [shapeId])[0][0]

    @reads
    def getShapeStatsList(self, call: Call, shapeIdList: list[int]) -> list[Any]:
        """Statistics of shapes, in the order of the ids."""
        return stats_of(call, shapeIdList)[0]

    @reads
    def getShapeStatsRestricted(
        self, call: Call, shapeIdList: list[int], zForUnattached: int, tForUnattached: int, channels: list[int] | None
    ) -> list[Any]:
        """Statistics of shapes of one image on one plane: their own, else the given one."""
        return stats_of(call, shapeIdList, Selection(zForUnattached, tForUnattached, channels))[0]

    @reads
    def getRoiMeasurements(self, call: Call, imageId: int, opts: Any) -> list[Any]:
        """The files with measurements that are linked to ROIs of an image, or to its plate."""
        ids = {one for query in MEASURED for one in run(call, query, {"image": imageId, "ns": MEASUREMENT})}
        return list(load(call, "FileAnnotation", ids, WITH_FILE).values())

    @reads
    def getMeasuredRois(self, call: Call, imageId: int, annotationId: int, opts: Any) -> Any:
        """The ROIs of an image that are linked to an annotation."""
        return self._measured(call, imageId, [annotationId], opts)[annotationId]

    @reads
    def getMeasuredRoisMap(self, call: Call, imageId: int, annotationIds: list[int], opts: Any) -> dict[int, Any]:
        """The ROIs of an image by annotation that they are linked to."""
        return self._measured(call, imageId, annotationIds, opts)

    @staticmethod
    def _measured(call: Call, image: int, annotations: list[int], opts: Any) -> dict[int, Any]:
        chosen = RoiFilter.of(opts)
        linked = (
            "exists (select l.id from RoiAnnotationLink l where l.parent.id = r.id and l.child.id in (:annotations))"
        )
        values = {"image": image, "annotations": annotations}
        ids = roi_ids(call, chosen, [ON_IMAGE, linked], values) if annotations else []
        rois = by_id(load_rois(call, ids))
        query = "select l.child.id, l.parent.id from RoiAnnotationLink l where l.child.id in (:annotations)"
        query += " and l.parent.id in (:rois) order by l.parent.id"
        measured: dict[int, dict[int, Any]] = defaultdict(dict)
        for annotation, roi in run(call, query, {"annotations": annotations, "rois": ids}) if ids else ():
            measured[annotation][roi] = rois[roi]
        return {one: result(opts, list(measured[one].values())) for one in annotations}

    @writes
    def uploadMask(self, call: Call, roiId: int, z: int, t: int, bytes: bytes) -> None:
        """Make a ROI with a mask for each colour of a picture; ``roiId`` is the id of the image, as in OMERO.

        A negative z or t: the masks are on all planes. ApiUsageException for an image that is not there.
        """
        if find(call, "Image", roiId) is None:
            raise omero.ApiUsageException(message=f"There is no image {roiId} that you may read.")
        rois = []
        for mask in masks_of_picture(bytes):
            mask._theZ = omero.RInt(z) if z >= 0 else None
            mask._theT = omero.RInt(t) if t >= 0 else None
            image = omero.model.Image(_id=omero.RLong(roiId))
            rois.append(omero.model.Roi(_loaded=True, _image=image, _shapesSeq=[mask], _shapesLoaded=True))
        save(call, rois)
