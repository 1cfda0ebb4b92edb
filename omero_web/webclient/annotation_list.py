"""Annotations of objects as JSON: tags, key-value pairs, comments, ratings, attachments and the others."""

from __future__ import annotations

from typing import Any

from omero.rtypes import unwrap
from omero_web.blitz import Blitz
from omero_web.hql import BY_IDS, select
from omero_web.webclient import marshal
from omero_web.webclient.paging import Page

RATING = "openmicroscopy.org/omero/insight/rating"
# Query parameter -> class of the annotated object.
PARENTS = {
    "image": "Image",
    "dataset": "Dataset",
    "project": "Project",
    "screen": "Screen",
    "plate": "Plate",
    "acquisition": "PlateAcquisition",
    "well": "Well",
}
_CLASSES = {
    "tag": "TagAnnotation",
    "file": "FileAnnotation",
    "comment": "CommentAnnotation",
    "map": "MapAnnotation",
    "rating": "LongAnnotation",
}
_VALUES = ("textValue", "longValue", "doubleValue", "boolValue", "timeValue", "termValue")


def list_annotations(
    blitz: Blitz, parents: dict[str, list[int]], page: Page, kind: str | None, namespace: str | None
) -> dict[str, Any]:
    """Annotations of the given objects (kind of object to ids) and the users who made or linked them."""
    links: list[tuple[str, Any]] = []
    for parent, ids in parents.items():
        if ids:
            links += [(parent, link) for link in _links(blitz, PARENTS[parent], ids, page)]
    links = [(parent, link) for parent, link in links if _is_wanted(link.child, kind, namespace)]
    files = _files(blitz, [link.child.id.val for _, link in links if _class(link.child) == "FileAnnotation"])
    return {
        "annotations": [_annotation(parent, link, files) for parent, link in links],
        "experimenters": _people(blitz, {_owner(obj) for _, link in links for obj in (link, link.child)}),
    }


def _links(blitz: Blitz, parent_class: str, ids: list[int], page: Page) -> list[Any]:
    query = select(
        "link",
        f"{parent_class}AnnotationLink",
        alias="link",
        joins="join fetch link.details.creationEvent join fetch link.parent"
        " join fetch link.child ann join fetch ann.details.creationEvent",
        where=["link.parent.id in (:ids)"],
        tail="order by link.id",
    )
    return blitz.objects(query, {"ids": ids}, group=page.group, offset=page.offset, limit=page.limit)


def _class(obj: Any) -> str:
    return type(obj).__name__.removesuffix("I")


def _owner(obj: Any) -> int:
    return int(obj.details.owner.id.val)


def _is_wanted(annotation: Any, kind: str | None, namespace: str | None) -> bool:
    ns = unwrap(annotation.ns)
    if namespace is not None and ns != namespace:
        return False
    if kind is None:
        return True
    name = _class(annotation)
    if kind == "custom":
        return name not in ("MapAnnotation", "TagAnnotation", "FileAnnotation", "CommentAnnotation") and ns != RATING
    return name == _CLASSES.get(kind) and (kind != "rating" or ns == RATING)


def _files(blitz: Blitz, ids: list[int]) -> dict[int, Any]:
    if not ids:
        return {}
    found = blitz.objects(select("obj", "FileAnnotation", joins="join fetch obj.file", where=BY_IDS), {"ids": ids})
    return {annotation.id.val: annotation.file for annotation in found}


def _people(blitz: Blitz, ids: set[int]) -> list[dict[str, Any]]:
    if not ids:
        return []
    found = blitz.objects(select("obj", "Experimenter", where=BY_IDS, tail="order by obj.id"), {"ids": sorted(ids)})
    return [marshal.experimenter(obj) for obj in found]


def _event(obj: Any) -> str:
    return marshal.iso_time(unwrap(obj.details.creationEvent.time))


def _annotation(parent: str, link: Any, files: dict[int, Any]) -> dict[str, Any]:
    annotation = link.child
    result: dict[str, Any] = {
        "id": annotation.id.val,
        "class": f"{_class(annotation)}I",
        "ns": unwrap(annotation.ns),
        "name": unwrap(annotation.name),
        "description": unwrap(annotation.description),
        "owner": {"id": _owner(annotation)},
        "date": _event(annotation),
        "permissions": marshal.permission_flags(annotation),
        "link": {
            "id": link.id.val,
            "owner": {"id": _owner(link)},
            "date": _event(link),
            "permissions": marshal.permission_flags(link),
            "parent": {
                "id": link.parent.id.val,
                "class": f"{PARENTS[parent]}I",
                "name": unwrap(getattr(link.parent, "name", None)),
            },
        },
    }
    result.update(_value(annotation, files))
    return result


def _value(annotation: Any, files: dict[int, Any]) -> dict[str, Any]:
    if _class(annotation) == "MapAnnotation":
        return {"values": [[pair.name, pair.value] for pair in annotation.mapValue or ()]}
    if _class(annotation) == "FileAnnotation":
        file = files.get(annotation.id.val)
        return {"file": _file(file)} if file is not None else {}
    for name in _VALUES:
        if hasattr(annotation, name):
            return {name: unwrap(getattr(annotation, name))}
    return {}


def _file(file: Any) -> dict[str, Any]:
    names = ("name", "size", "path", "mimetype")
    return {"id": file.id.val, **{name: unwrap(getattr(file, name)) for name in names}}
