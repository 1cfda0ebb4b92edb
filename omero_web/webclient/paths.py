"""Where an object is in the tree: every chain of containers that leads to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omero_web.blitz import ALL_GROUPS, Blitz, Parameter
from omero_web.hql import BY_ID, ORPHANED_IMAGE, select

Node = dict[str, Any]
Paths = list[list[Node]]
# Kinds of this tree from the bottom up: the first one that is asked for is the target.
KINDS = ("image", "dataset", "project")
_BEFORE = "(lower(obj.name) < :name or (lower(obj.name) = :name and obj.id < :id))"


@dataclass(frozen=True)
class PathFinder:
    """Finds paths in the given groups; ``page_size`` tells on which page of its container an image is."""

    blitz: Blitz
    group: int
    page_size: int

    def to_project(self, number: int) -> Paths:
        owner = self._owner("Project", number)
        return [] if owner is None else [[_node("experimenter", owner), _node("project", number)]]

    def to_dataset(self, number: int) -> Paths:
        owner = self._owner("Dataset", number)
        if owner is None:
            return []
        projects = self._parents("ProjectDatasetLink", number)
        above = [path for project in projects for path in self.to_project(project)]
        return [[*path, _node("dataset", number)] for path in above or [[_node("experimenter", owner)]]]

    def to_image(self, number: int) -> Paths:
        query = select("obj.details.owner.id, lower(obj.name)", "Image", where=BY_ID)
        rows = self._rows(query, {"id": number})
        if not rows:
            return []
        owner, name = rows[0]
        image: dict[str, Parameter] = {"id": number, "name": name}
        found = [path for dataset in self._parents("DatasetImageLink", number) for path in self._in(dataset, image)]
        if found:
            return found
        if self._rows(select("obj.id", "WellSample", where=["obj.image.id = :id"]), {"id": number}):
            return []
        place = self._place("", ["obj.details.owner.id = :owner", ORPHANED_IMAGE], {"owner": owner}, image)
        return [[_node("experimenter", owner), {**_node("orphaned", owner), **place}, _node("image", number)]]

    def _in(self, dataset: int, image: dict[str, Parameter]) -> Paths:
        place = self._place("join obj.datasetLinks link", ["link.parent.id = :parent"], {"parent": dataset}, image)
        paths = self.to_dataset(dataset)
        return [[*path[:-1], {**path[-1], **place}, _node("image", image["id"])] for path in paths]

    def _place(
        self, joins: str, where: list[str], values: dict[str, Parameter], image: dict[str, Parameter]
    ) -> dict[str, int]:
        """How many images a container has, and at which place and on which page the image is."""
        total = self._rows(select("count(obj.id)", "Image", joins=joins, where=where), values)[0][0]
        before = select("count(obj.id)", "Image", joins=joins, where=[*where, _BEFORE])
        index = self._rows(before, {**values, **image})[0][0]
        return {"childCount": total, "childIndex": index, "childPage": index // max(self.page_size, 1) + 1}

    def _owner(self, kind: str, number: int) -> int | None:
        rows = self._rows(select("obj.details.owner.id", kind, where=BY_ID), {"id": number})
        return int(rows[0][0]) if rows else None

    def _parents(self, link: str, child: int) -> list[int]:
        query = select("obj.parent.id", link, where=["obj.child.id = :child"], tail="order by obj.parent.id")
        return [row[0] for row in self._rows(query, {"child": child})]

    def _rows(self, query: str, values: dict[str, Parameter]) -> list[list[Any]]:
        return self.blitz.rows(query, values, group=self.group)


def _node(kind: str, number: Any) -> Node:
    return {"type": kind, "id": number}


def paths_to(blitz: Blitz, asked: dict[str, int], page_size: int) -> Paths:
    """All paths to the lowest object of ``asked`` (kind to id) that pass through the others.

    A path starts with the owner of its topmost object. An empty list means: not found or not readable.
    """
    finder = PathFinder(blitz, asked.get("group", ALL_GROUPS), page_size)
    if "image" in asked:
        found = finder.to_image(asked["image"])
    elif "dataset" in asked:
        found = finder.to_dataset(asked["dataset"])
    elif "project" in asked:
        found = finder.to_project(asked["project"])
    else:
        return [[_node("experimenter", asked["experimenter"])]] if "experimenter" in asked else []
    wanted = {(kind, number) for kind, number in asked.items() if kind in (*KINDS, "experimenter")}
    return [path for path in found if wanted <= {(node["type"], node["id"]) for node in path}]
