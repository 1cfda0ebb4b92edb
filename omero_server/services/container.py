"""IContainer: projects, datasets, screens and plates, and the images in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import omero
import omero.model
from omero_server.model.schema import MODEL
from omero_server.queries import run
from omero_server.saving.removal import remove
from omero_server.saving.saver import save
from omero_server.services.options import Options
from omero_server.services.service import Service, reads, writes
from omero_server.sessions.call import Call

__all__ = ["ContainerService"]

LEAF = (
    " left outer join fetch {0}.details.creationEvent left outer join fetch {0}.details.updateEvent"
    " left outer join fetch {0}.pixels {0}px left outer join fetch {0}px.pixelsType left outer join fetch {0}.format"
)
ACQUISITION = (
    " left outer join fetch {0}.stageLabel left outer join fetch {0}.imagingEnvironment"
    " left outer join fetch {0}.objectiveSettings {0}os left outer join fetch {0}os.medium"
    " left outer join fetch {0}os.objective {0}o"
    " left outer join fetch {0}o.immersion left outer join fetch {0}o.correction"
)
# Root class: what is fetched always, and with leaves. {leaf} stands for the image's own graph.
HIERARCHIES = {
    "Project": (
        " left outer join fetch r.datasetLinks pdl left outer join fetch pdl.child d",
        " left outer join fetch d.imageLinks dil left outer join fetch dil.child i{leaf}",
    ),
    "Dataset": ("", " left outer join fetch r.imageLinks dil left outer join fetch dil.child i{leaf}"),
    "Screen": (
        " left outer join fetch r.plateLinks spl left outer join fetch spl.child p"
        " left outer join fetch p.plateAcquisitions pa",
        " left outer join fetch pa.wellSample ws left outer join fetch ws.image i{leaf}",
    ),
    "Plate": (
        " left outer join fetch r.plateAcquisitions pa",
        " left outer join fetch pa.wellSample ws left outer join fetch ws.image i{leaf}",
    ),
}
# Containers without a parent of this class are added to it when orphans are asked for.
ORPHANS = {"Project": ("Dataset", "projectLinks"), "Screen": ("Plate", "screenLinks")}
IMAGES_IN = {
    "Image": " where i.id in (:ids)",
    "Dataset": " join i.datasetLinks l where l.parent.id in (:ids)",
    "Project": " join i.datasetLinks l join l.parent.projectLinks pl where pl.parent.id in (:ids)",
}


class ContainerService(Service):
    """Trees of containers come in one query per level of the question, not per object."""

    interface = "::omero::api::IContainer"
    partly = {
        "loadContainerHierarchy": "link counts per owner are not filled in",
        "getImages": "link counts per owner are not filled in",
        "getImagesByOptions": "link counts per owner are not filled in",
    }

    @reads
    def loadContainerHierarchy(self, call: Call, rootType: str, rootIds: list[int] | None, options: Any) -> list[Any]:
        """The containers of one class as trees; with the option ``leaves`` down to the images."""
        root = simple_name(rootType)
        if root not in HIERARCHIES:
            raise omero.ApiUsageException(message=f"{rootType} is no root: use Project, Dataset, Screen or Plate.")
        chosen = Options(options)
        if rootIds is None and not chosen.filtered:
            raise omero.ApiUsageException(message="Give ids, or filter by owner or group.")
        found = self._hierarchy(call, root, rootIds, chosen)
        if chosen.orphan and not rootIds and root in ORPHANS:
            child, links = ORPHANS[root]
            found += self._hierarchy(call, child, None, chosen, f"not exists (select l.id from r.{links} l)")
        return found

    def _hierarchy(
        self, call: Call, root: str, ids: list[int] | None, options: Options, condition: str = ""
    ) -> list[Any]:
        always, leaves = HIERARCHIES[root]
        leaf = LEAF.format("i") + (ACQUISITION.format("i") if options.acquisition_data else "")
        joins = always + (leaves.format(leaf=leaf) if options.leaves else "")
        query = f"select distinct r from {root} r left outer join fetch r.details.creationEvent{joins}"
        conditions, parameters = options.restrict("r")
        if condition:
            conditions.append(condition)
        if ids:
            conditions.append("r.id in (:ids)")
            parameters["ids"] = ids
        return unique(run(call, query + where(conditions), parameters))

    @reads
    def findContainerHierarchies(
        self, call: Call, rootType: str, imageIds: list[int] | None, options: Any
    ) -> list[Any]:
        """The projects above images; datasets and images without a parent stand for themselves."""
        if simple_name(rootType) != "Project":
            raise omero.ApiUsageException(message=f"{rootType} is no root of images here: use Project.")
        if not imageIds:
            return []
        query = (
            "select distinct i from Image i left outer join fetch i.datasetLinks dil left outer join fetch dil.parent d"
            " left outer join fetch d.projectLinks pdl left outer join fetch pdl.parent where i.id in (:ids)"
        )
        return trees(unique(run(call, query, {"ids": imageIds})))

    @reads
    def getImages(self, call: Call, rootType: str, rootIds: list[int] | None, options: Any) -> list[Any]:
        """The images themselves, or those in datasets or projects."""
        root = simple_name(rootType)
        if root not in IMAGES_IN:
            raise omero.ApiUsageException(message=f"{rootType} holds no images here: use Image, Dataset or Project.")
        if not rootIds:
            return []
        chosen = Options(options)
        if chosen.paged and root == "Image":
            raise omero.ApiUsageException(message="Paging works for images of datasets and projects only.")
        conditions, parameters = chosen.restrict("i", times=True)
        query = f"select distinct i.id from Image i{IMAGES_IN[root]}"
        query += "".join(f" and {condition}" for condition in conditions) + " order by i.id"
        rows = run(call, query, {"ids": rootIds} | parameters, limit=chosen.limit, offset=chosen.offset)
        return self._images(call, [row[0] if isinstance(row, tuple | list) else row for row in rows], chosen)

    @reads
    def getUserImages(self, call: Call, options: Any) -> list[Any]:
        """The images of the owner or group that the filter names."""
        chosen = Options(options)
        if not chosen.filtered:
            raise omero.ApiUsageException(message="Filter by owner or group.")
        conditions, parameters = chosen.restrict("i", times=True)
        query = "select distinct i from Image i left outer join fetch i.pixels p left outer join fetch p.pixelsType"
        return unique(run(call, query + where(conditions), parameters, limit=chosen.limit, offset=chosen.offset))

    @reads
    def getImagesByOptions(self, call: Call, options: Any) -> list[Any]:
        """The images of a span of time."""
        chosen = Options(options)
        if not chosen.timed:
            raise omero.ApiUsageException(message="Give a start time or an end time.")
        conditions, parameters = chosen.restrict("i", times=True)
        rows = run(call, "select i.id from Image i" + where(conditions) + " order by i.id", parameters)
        return self._images(call, [row[0] if isinstance(row, tuple | list) else row for row in rows], chosen)

    @staticmethod
    def _images(call: Call, ids: list[int], options: Options) -> list[Any]:
        if not ids:
            return []
        graph = LEAF.format("i") + (ACQUISITION.format("i") if options.acquisition_data else "")
        return unique(run(call, f"select distinct i from Image i{graph} where i.id in (:ids)", {"ids": ids}))

    @reads
    def getCollectionCount(
        self, call: Call, type: str, property: str, ids: list[int] | None, options: Any
    ) -> dict[int, int]:
        """How many elements a collection of each of these objects has."""
        cls = model_class(type)
        name = property.rsplit("_", 1)[-1]
        prop = cls.properties.get(name)
        if prop is None or prop.kind not in ("collection", "links"):
            raise omero.ApiUsageException(message=f"{cls.name} has no collection {name!r}.")
        if not ids:
            return {}
        query = (
            f"select o.id, count(c.id) from {cls.name} o left outer join o.{name} c where o.id in (:ids) group by o.id"
        )
        return {row[0]: row[1] for row in run(call, query, {"ids": ids})}

    @reads
    def retrieveCollection(self, call: Call, obj: Any, collectionName: str, options: Any) -> list[Any]:
        """The elements of one collection of an object."""
        cls = model_class(type(obj).__name__)
        prop = cls.properties.get(collectionName.rsplit("_", 1)[-1])
        if prop is None or prop.kind not in ("collection", "links"):
            raise omero.ApiUsageException(message=f"{cls.name} has no collection {collectionName!r}.")
        if obj._id is None:
            raise omero.ApiUsageException(message=f"This {cls.name} has no id yet.")
        return run(call, f"select c from {prop.type} c where c.{prop.inverse}.id = :id", {"id": obj._id._val})

    @writes
    def createDataObject(self, call: Call, obj: Any, options: Any) -> Any:
        """Save one object; as IUpdate.saveAndReturnObject."""
        return save(call, [obj])[0]

    @writes
    def createDataObjects(self, call: Call, dataObjects: list[Any], options: Any) -> list[Any]:
        """Save objects; as IUpdate.saveAndReturnArray."""
        return save(call, dataObjects)

    @writes
    def updateDataObject(self, call: Call, obj: Any, options: Any) -> Any:
        """Save one object; as IUpdate.saveAndReturnObject."""
        return save(call, [obj])[0]

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
        for link in only_links(links):
            remove(call, link)


def only_links(links: list[Any]) -> list[Any]:
    """The links. ApiUsageException when anything else is among them."""
    for link in links:
        if link is None or not model_class(type(link).__name__).is_link:
            raise omero.ApiUsageException(message=f"{type(link).__name__} is no link.")
    return links


def simple_name(name: str | None) -> str:
    """The simple class name of any spelling, or "" when there is no such class."""
    try:
        return MODEL.resolve(name or "").name
    except KeyError:
        return ""


def model_class(name: str) -> Any:
    """The class of any spelling. ApiUsageException when there is none."""
    try:
        return MODEL.resolve(name)
    except KeyError:
        raise omero.ApiUsageException(message=f"There is no class {name!r} in the model.") from None


def where(conditions: list[str]) -> str:
    """Conditions as a where clause."""
    return " where " + " and ".join(conditions) if conditions else ""


def unique(objects: Iterable[Any]) -> list[Any]:
    """Each object once, in order."""
    return list({id(o): o for o in objects}.values())


def trees(images: list[Any]) -> list[Any]:
    """Turn images with their parents loaded into the trees above them, top first."""
    roots: dict[tuple[str, int], Any] = {}
    for image in images:
        datasets = [link for link in image._datasetLinksSeq if link._parent is not None]
        unload(image, "datasetLinks")
        for link in datasets or [None]:
            for top in attach(image, link):
                roots[type(top).__name__, top._id._val] = top
    return list(roots.values())


def attach(image: Any, link: Any) -> list[Any]:
    """Hang an image below its dataset, and that below its projects; what ends up on top."""
    if link is None:
        return [image]
    dataset, link._child = link._parent, image
    append(dataset, "imageLinks", link)
    above = [up for up in (dataset._projectLinksSeq or []) if up._parent is not None]
    for up in above:
        up._child = dataset
        append(up._parent, "datasetLinks", up)
    return [up._parent for up in above] or [dataset]


def append(parent: Any, collection: str, link: Any) -> None:
    """Add a link to a collection of the parent, which becomes loaded; a link that is there stays once."""
    links = list(getattr(parent, f"_{collection}Seq") or [])
    if not any(other is link for other in links):
        setattr(parent, f"_{collection}Seq", [*links, link])
    setattr(parent, f"_{collection}Loaded", True)


def unload(obj: Any, collection: str) -> None:
    """Make a collection unloaded."""
    setattr(obj, f"_{collection}Seq", [])
    setattr(obj, f"_{collection}Loaded", False)
