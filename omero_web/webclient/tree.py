"""The tree's JSON: groups, users, containers and images, one level at a time."""

from __future__ import annotations

from typing import Any

from omero.rtypes import unwrap
from omero_web.blitz import Blitz, Parameter
from omero_web.errors import NotFound
from omero_web.hql import BY_ID, BY_IDS, BY_NAME, ORPHANED_IMAGE, count_by, not_linked, select
from omero_web.webclient import marshal
from omero_web.webclient.paging import EVERYBODY, Page

# Which links count as children, and at which end the container is.
_CHILD_LINKS = {
    "Project": ("ProjectDatasetLink", "parent"),
    "Dataset": ("DatasetImageLink", "parent"),
    "Screen": ("ScreenPlateLink", "parent"),
    "Plate": ("PlateAcquisition", "plate"),
}
_PARENT_LINKS = {"Dataset": "ProjectDatasetLink", "Plate": "ScreenPlateLink"}
_SIZES = ("sizeX", "sizeY", "sizeZ", "sizeC", "sizeT")


def _owned(owner: int, values: dict[str, Parameter]) -> list[str]:
    if owner == EVERYBODY:
        return []
    values["owner"] = owner
    return ["obj.details.owner.id = :owner"]


def child_counts(blitz: Blitz, kind: str, ids: list[int]) -> dict[int, int]:
    """Number of children of each container; containers without any are left out."""
    if not ids:
        return {}
    return {row[0]: row[1] for row in blitz.rows(count_by(*_CHILD_LINKS[kind]), {"ids": ids})}


def _containers(blitz: Blitz, kind: str, page: Page, query: str, values: dict[str, Parameter]) -> list[dict[str, Any]]:
    found = blitz.objects(query, values, group=page.group, offset=page.offset, limit=page.limit)
    counts = child_counts(blitz, kind, [obj.id.val for obj in found])
    return [marshal.container(obj, blitz.user_id, counts.get(obj.id.val, 0)) for obj in found]


def top_level(blitz: Blitz, kind: str, page: Page, owner: int) -> list[dict[str, Any]]:
    """Projects and screens, or the datasets and plates that lie in none."""
    values: dict[str, Parameter] = {}
    conditions = _owned(owner, values)
    if kind in _PARENT_LINKS:
        conditions.append(not_linked(_PARENT_LINKS[kind], "child"))
    return _containers(blitz, kind, page, select("obj", kind, where=conditions, tail=BY_NAME), values)


def children(blitz: Blitz, kind: str, page: Page, parent: int | None) -> list[dict[str, Any]]:
    """The datasets of a project or the plates of a screen; without ``parent`` all of them."""
    if parent is None:
        return _containers(blitz, kind, page, select("obj", kind, tail=BY_NAME), {})
    joins = {"Dataset": "join obj.projectLinks link", "Plate": "join obj.screenLinks link"}[kind]
    query = select("obj", kind, joins=joins, where=["link.parent.id = :parent"], tail=BY_NAME)
    return _containers(blitz, kind, page, query, {"parent": parent})


def orphaned_folder(blitz: Blitz, page: Page, owner: int) -> dict[str, Any]:
    """The folder of images that are in no dataset and no well."""
    values: dict[str, Parameter] = {}
    query = select("count(obj.id)", "Image", where=[ORPHANED_IMAGE, *_owned(owner, values)])
    rows = blitz.rows(query, values, group=page.group)
    return {"id": owner, "childCount": rows[0][0], "name": "Orphaned Images"}


def images(
    blitz: Blitz, page: Page, *, dataset: int | None, orphaned: bool, owner: int, extra: frozenset[str]
) -> list[dict[str, Any]]:
    """Images of a dataset, orphaned ones, or all. ``extra``: any of sizes, dates, thumbnails."""
    values: dict[str, Parameter] = {}
    joins, conditions = "", _owned(owner, values)
    if dataset is not None:
        joins, values["dataset"] = "join obj.datasetLinks link", dataset
        conditions.append("link.parent.id = :dataset")
    elif orphaned:
        conditions.append(ORPHANED_IMAGE)
    query = select("obj", "Image", joins=joins, where=conditions, tail=BY_NAME)
    found = blitz.objects(query, values, group=page.group, offset=page.offset, limit=page.limit)
    result = {obj.id.val: marshal.image(obj, blitz.user_id) for obj in found}
    if result:
        _add_extra(blitz, result, extra)
    return list(result.values())


def _add_extra(blitz: Blitz, found: dict[int, dict[str, Any]], extra: frozenset[str]) -> None:
    ids: dict[str, Parameter] = {"ids": list(found)}
    if "sizes" in extra:
        columns = ", ".join(("obj.image.id", *(f"obj.{name}" for name in _SIZES)))
        for row in blitz.rows(select(columns, "Pixels", where=["obj.image.id in (:ids)"]), ids):
            found[row[0]].update(zip(_SIZES, row[1:], strict=True))
    if "dates" in extra:
        columns = "obj.id, obj.details.creationEvent.time, obj.acquisitionDate"
        for row in blitz.rows(select(columns, "Image", where=BY_IDS), ids):
            found[row[0]].update(date=marshal.iso_time(row[1]), acqDate=marshal.iso_time(row[2] or row[1]))
    if "thumbnails" in extra:
        versions = select(
            "obj.pixels.image.id, max(obj.version)",
            "Thumbnail",
            where=["obj.pixels.image.id in (:ids)", "obj.details.owner.id = :owner"],
            tail="group by obj.pixels.image.id",
        )
        for row in blitz.rows(versions, {**ids, "owner": blitz.user_id}):
            found[row[0]]["thumbVersion"] = row[1]


def groups(blitz: Blitz, page: Page, member: int) -> list[dict[str, Any]]:
    """Groups by name with their permissions; the group that merely marks users is left out."""
    conditions = ["obj.name <> 'user'"]
    values: dict[str, Parameter] = {}
    joins = ""
    if member != EVERYBODY:
        joins, values["member"] = "join obj.groupExperimenterMap link", member
        conditions.append("link.child.id = :member")
    query = select("obj", "ExperimenterGroup", joins=joins, where=conditions, tail=BY_NAME)
    found = blitz.objects(query, values, offset=page.offset, limit=page.limit)
    return [{"id": group.id.val, "name": unwrap(group.name), "perm": str(group.details.permissions)} for group in found]


def experimenter(blitz: Blitz, experimenter_id: int) -> dict[str, Any]:
    """A user; -1 stands for all members of a group. Raises NotFound."""
    if experimenter_id == EVERYBODY:
        return {"id": EVERYBODY, "omeName": "All members", "firstName": "All members", "lastName": ""}
    found = blitz.one(select("obj", "Experimenter", where=BY_ID), {"id": experimenter_id})
    if found is None:
        raise NotFound(f"There is no user {experimenter_id}")
    return marshal.experimenter(found)
