"""IContainer: projects, datasets, screens and plates, and the images in them."""

from __future__ import annotations

import re
from typing import Any

import omero
import omero.model
from omero_server.model.schema import MODEL, ModelClass, Property
from omero_server.queries import fill_counts, run
from omero_server.saving.removal import remove_all
from omero_server.saving.saver import save
from omero_server.services.attaching import unique
from omero_server.services.classes import model_class, simple_name
from omero_server.services.containers.hierarchies import ANNOTATIONS, ROOTS, images, load_trees, trees_above, where
from omero_server.services.containers.splits import split_filesets
from omero_server.services.options import Options
from omero_server.services.service import Service, reads, writes
from omero_server.services.update import required
from omero_server.sessions.call import Call

__all__ = ["ContainerService"]

# By class of root: the joins to what holds the images, and the condition on the roots.
IMAGES_IN = {
    "Image": ("", "i.id in (:ids)"),
    "Dataset": (" join i.datasetLinks l", "l.parent.id in (:ids)"),
    "Project": (" join i.datasetLinks l join l.parent.projectLinks pl", "pl.parent.id in (:ids)"),
}


class ContainerService(Service):
    """A tree costs a fixed number of queries for each of its levels, however many objects it has."""

    interface = "::omero::api::IContainer"

    @reads
    def loadContainerHierarchy(self, call: Call, rootType: str, rootIds: list[int] | None, options: Any) -> list[Any]:
        """The containers of one class as trees; with the option ``leaves`` down to the images."""
        root = simple_name(rootType)
        if root not in ROOTS:
            raise omero.ApiUsageException(message=f"{rootType!r} is no root: use Project, Dataset, Screen or Plate.")
        chosen = Options(options)
        if rootIds is None and not chosen.filtered:
            raise omero.ApiUsageException(message="Give ids, or filter by owner or group.")
        return load_trees(call, root, rootIds or [], chosen)

    @reads
    def findContainerHierarchies(
        self, call: Call, rootType: str, imageIds: list[int] | None, options: Any
    ) -> list[Any]:
        """The projects above images; datasets and images without a parent stand for themselves."""
        if simple_name(rootType) != "Project":
            raise omero.ApiUsageException(message=f"{rootType!r} is no root of images here: use Project.")
        return trees_above(call, imageIds or [], Options(options))

    @reads
    def getImages(self, call: Call, rootType: str, rootIds: list[int] | None, options: Any) -> list[Any]:
        """The images themselves, or those in datasets or projects."""
        root = simple_name(rootType)
        if root not in IMAGES_IN:
            raise omero.ApiUsageException(message=f"{rootType!r} holds no images here: use Image, Dataset or Project.")
        chosen = Options(options)
        if chosen.paged and root == "Image":
            raise omero.ApiUsageException(message="Paging works for images of datasets and projects only.")
        if not rootIds:
            return []
        joins, condition = IMAGES_IN[root]
        conditions, parameters = chosen.restrict("i", times=True)
        query = f"select distinct i.id from Image i{joins}{where([condition, *conditions])} order by i.id"
        ids = run(call, query, {**parameters, "ids": rootIds}, limit=chosen.limit, offset=chosen.offset)
        found = images(call, ids, chosen)
        fill_counts(call, found, ANNOTATIONS, "datasetLinksCountPerOwner")
        return found

    @reads
    def getUserImages(self, call: Call, options: Any) -> list[Any]:
        """The images of the owner or group that the filter names."""
        chosen = Options(options)
        if not chosen.filtered:
            raise omero.ApiUsageException(message="Filter by owner or group.")
        conditions, parameters = chosen.restrict("i", times=True)
        query = "select i from Image i left outer join fetch i.pixels p left outer join fetch p.pixelsType"
        query += where(conditions) + " order by i.id"
        return unique(run(call, query, parameters, limit=chosen.limit, offset=chosen.offset))

    @reads
    def getImagesByOptions(self, call: Call, options: Any) -> list[Any]:
        """The images of a span of time."""
        chosen = Options(options)
        if not chosen.timed:
            raise omero.ApiUsageException(message="Give a start time or an end time.")
        conditions, parameters = chosen.restrict("i", times=True)
        query = f"select i.id from Image i{where(conditions)} order by i.id"
        found = images(call, run(call, query, parameters, limit=chosen.limit, offset=chosen.offset), chosen)
        fill_counts(call, found, ANNOTATIONS)
        return found

    @reads
    def getImagesBySplitFilesets(
        self, call: Call, included: dict[str, list[int]], options: Any
    ) -> dict[int, dict[bool, list[int]]]:
        """The filesets of which a selection holds some images but not all; see ``split_filesets``."""
        return split_filesets(call, included or {})

    @reads
    def getCollectionCount(
        self, call: Call, type: str, property: str, ids: list[int] | None, options: Any
    ) -> dict[int, int]:
        """How many elements a collection of each of these objects has; with a filter, those of its owner or group."""
        cls = model_class(type)
        prop = collection_of(cls, property)
        if not ids:
            return {}
        conditions, parameters = _element_filter(prop, Options(options))
        query = f"select o.id from {cls.name} o where o.id in (:ids)"
        counts = dict.fromkeys(run(call, query, {"ids": ids}), 0)
        near = f"c.{prop.inverse}.id"
        query = f"select {near}, count(c.id) from {prop.type} c{where([f'{near} in (:ids)', *conditions])}"
        counts |= dict(run(call, f"{query} group by {near}", {**parameters, "ids": list(counts)})) if counts else {}
        return counts

    @reads
    def retrieveCollection(self, call: Call, obj: Any, collectionName: str, options: Any) -> list[Any]:
        """The elements of one collection of an object, in their order."""
        if obj is None:
            raise omero.ApiUsageException(message="Give an object: its collection is asked for.")
        cls = model_class(type(obj).__name__)
        prop = collection_of(cls, collectionName)
        if obj._id is None:
            raise omero.ApiUsageException(message=f"This {cls.name} has no id yet.")
        index = MODEL.classes[prop.type].properties[prop.inverse or ""].index_column
        query = f"select c from {prop.type} c where c.{prop.inverse}.id = :id order by {index or 'c.id'}"
        return run(call, query, {"id": obj._id._val})

    @writes
    def createDataObject(self, call: Call, obj: Any, options: Any) -> Any:
        """Save one object; as IUpdate.saveAndReturnObject."""
        return save(call, [required(obj, "object")])[0]

    @writes
    def createDataObjects(self, call: Call, dataObjects: list[Any], options: Any) -> list[Any]:
        """Save objects; as IUpdate.saveAndReturnArray."""
        return save(call, dataObjects)

    @writes
    def updateDataObject(self, call: Call, obj: Any, options: Any) -> Any:
        """Save one object; as IUpdate.saveAndReturnObject."""
        return save(call, [required(obj, "object")])[0]

    @writes
    def updateDataObjects(self, call: Call, objs: list[Any], options: Any) -> list[Any]:
        """Save objects; as IUpdate.saveAndReturnArray."""
        return save(call, objs)

    @writes
    def link(self, call: Call, links: list[Any], options: Any) -> list[Any]:
        """Save links."""
        return save(call, only_links(links))

    @writes
    def unlink(self, call: Call, links: list[Any], options: Any) -> None:
        """Delete links."""
        remove_all(call, only_links(links))


def only_links(links: list[Any]) -> list[Any]:
    """The links. ApiUsageException when anything else is among them."""
    for link in links:
        if link is None:
            raise omero.ApiUsageException(message="The list of links has a null element.")
        if not model_class(type(link).__name__).is_link:
            raise omero.ApiUsageException(message=f"{type(link).__name__} is no link.")
    return links


def collection_of(cls: ModelClass, name: str) -> Property:
    """The collection that a name or a constant like "ome.model.containers.Dataset_imageLinks" means.

    ApiUsageException when the class has none such.
    """
    prop = cls.properties.get(re.split(r"[._]", name)[-1])
    if prop is None or prop.kind not in ("collection", "links"):
        raise omero.ApiUsageException(message=f"{cls.name} has no collection {name!r}.")
    return prop


def _element_filter(prop: Property, options: Options) -> tuple[list[str], dict[str, Any]]:
    """The restriction of a collection's elements; what has no owner is not restricted."""
    return ([], {}) if MODEL.classes[prop.type].is_global else options.restrict("c")
