"""Projects, datasets, screens, regions of interest."""

from __future__ import annotations

from typing import Any

from omero.gateway.wrapper import BlitzObjectWrapper, resolve
from omero.rtypes import rlong

__all__ = ["_DatasetWrapper", "_ProjectWrapper", "_RoiWrapper", "_ScreenWrapper", "_ShapeWrapper"]

Query = tuple[str, list[str], Any]


def restrict(query: Query, join: str, clause: str, name: str, value: Any) -> Query:
    """A query with one more join and restriction; unchanged when ``value`` is None."""
    text, clauses, params = query
    if value is None:
        return query
    params.add(name, rlong(value))
    return f"{text} {join}".rstrip(), [*clauses, clause], params


def no_links(link: str) -> str:
    """The restriction to objects in no container."""
    return f"not exists (select orphanlink from {link} as orphanlink where orphanlink.child = obj.id)"


class _ProjectWrapper(BlitzObjectWrapper):
    """A project: holds datasets."""

    OMERO_CLASS = "Project"
    LINK_CLASS = "ProjectDatasetLink"
    CHILD_WRAPPER_CLASS = "DatasetWrapper"
    PARENT_WRAPPER_CLASS = None

    @classmethod
    def _getQueryString(cls, opts: dict[str, Any] | None = None) -> Query:
        """Options: ``dataset``: id of a dataset in it."""
        query = super()._getQueryString(opts)
        join = "join obj.datasetLinks datasetLinks"
        return restrict(query, join, "datasetLinks.child.id = :dataset_id", "dataset_id", (opts or {}).get("dataset"))


class _DatasetWrapper(BlitzObjectWrapper):
    """A dataset: holds images."""

    OMERO_CLASS = "Dataset"
    LINK_CLASS = "DatasetImageLink"
    CHILD_WRAPPER_CLASS = "ImageWrapper"
    PARENT_WRAPPER_CLASS = "ProjectWrapper"

    @classmethod
    def _getQueryString(cls, opts: dict[str, Any] | None = None) -> Query:
        """Options: ``project``: id of its project; ``image``: id of an image in it; ``orphaned``: in no project."""
        opts = opts or {}
        query = super()._getQueryString(opts)
        join = "join obj.projectLinks projectLinks"
        query = restrict(query, join, "projectLinks.parent.id = :pid", "pid", opts.get("project"))
        join = "join obj.imageLinks imagelinks"
        text, clauses, params = restrict(query, join, "imagelinks.child.id = :iid", "iid", opts.get("image"))
        return text, [*clauses, no_links("ProjectDatasetLink")] if opts.get("orphaned") else clauses, params

    def __loadedHotSwap__(self) -> None:
        """Load the dataset again with its images."""
        query = (
            "select obj from Dataset obj left outer join fetch obj.imageLinks l left outer join fetch l.child "
            "join fetch obj.details.owner join fetch obj.details.creationEvent where obj.id = :id"
        )
        self._hot_swap(query)


class _ScreenWrapper(BlitzObjectWrapper):
    """A screen: holds plates."""

    OMERO_CLASS = "Screen"
    LINK_CLASS = "ScreenPlateLink"
    CHILD_WRAPPER_CLASS = "PlateWrapper"
    PARENT_WRAPPER_CLASS = None

    @classmethod
    def _getQueryString(cls, opts: dict[str, Any] | None = None) -> Query:
        """Options: ``plate``: id of a plate in it."""
        query = super()._getQueryString(opts)
        join = "join obj.plateLinks plateLinks"
        return restrict(query, join, "plateLinks.child.id = :plate_id", "plate_id", (opts or {}).get("plate"))


class _RoiWrapper(BlitzObjectWrapper):
    """A region of interest: holds shapes."""

    OMERO_CLASS = "Roi"
    CHILD_WRAPPER_CLASS = "ShapeWrapper"

    @classmethod
    def _getQueryString(cls, opts: dict[str, Any] | None = None) -> Query:
        """Options: ``load_shapes``; ``image``: id of its image."""
        opts = opts or {}
        text, clauses, params = super()._getQueryString(opts)
        if opts.get("load_shapes"):
            text += " left outer join fetch obj.shapes as shapes left outer join fetch shapes.details.externalInfo"
        return restrict((text, clauses, params), "", "obj.image.id = :image_id", "image_id", opts.get("image"))

    def getImage(self) -> Any:
        """The image it is on, None without one."""
        return None if self._obj.image is None else resolve("ImageWrapper")(self._conn, self._obj.image)


class _ShapeWrapper(BlitzObjectWrapper):
    """A shape of a region of interest."""

    OMERO_CLASS = "Shape"
