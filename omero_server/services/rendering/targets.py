"""The Pixels below containers, for operations on many images."""

from __future__ import annotations

from collections.abc import Sequence

import omero
import omero._generated
from omero_server import queries
from omero_server.model.schema import MODEL
from omero_server.rendering.metadata import PixelsInfo, load_pixels
from omero_server.sessions.call import Call

__all__ = ["pixels_in"]

BELOW = {
    "Project": "select x.child.id from DatasetImageLink x, ProjectDatasetLink y "
    "where x.parent.id = y.child.id and y.parent.id in (:ids)",
    "Dataset": "select x.child.id from DatasetImageLink x where x.parent.id in (:ids)",
    "Image": "select x.id from Image x where x.id in (:ids)",
    "Plate": "select x.image.id from WellSample x where x.well.plate.id in (:ids)",
    "PlateAcquisition": "select x.image.id from WellSample x where x.plateAcquisition.id in (:ids)",
    "Screen": "select x.image.id from WellSample x, ScreenPlateLink y "
    "where x.well.plate.id = y.child.id and y.parent.id in (:ids)",
}


def pixels_in(call: Call, type_name: str, ids: Sequence[int]) -> list[PixelsInfo]:
    """Pixels, in the order of their ids, of the images in containers of a class.

    Unknown and unreadable ids are left out. Raises ApiUsageException for a class that holds no images.
    """
    name = _class_name(type_name)
    if not ids:
        return []
    if name == "Pixels":
        found = list(ids)
    else:
        query = f"select p.id from Pixels p where p.image.id in ({BELOW[name]}) order by p.id"
        found = queries.run(call, query, {"ids": list(ids)})
    return [one for _, one in sorted(load_pixels(call, found).items())]


def _class_name(type_name: str) -> str:
    try:
        name = MODEL.resolve(type_name).name
    except KeyError:
        name = type_name
    if name != "Pixels" and name not in BELOW:
        raise omero.ApiUsageException(
            message=f"{type_name!r} holds no images; use one of {', '.join([*BELOW, 'Pixels'])}."
        )
    return name
