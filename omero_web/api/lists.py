"""Lists and single objects of the JSON interface: one table of types, one query builder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from omero_web.api import encode
from omero_web.blitz import ALL_GROUPS, Blitz, Parameter
from omero_web.hql import BY_IDS, BY_NAME, ORPHANED_IMAGE, count_by, linked, not_linked, select
from omero_web.webgateway.params import ParameterError

_DETAILS = "join fetch obj.details.owner join fetch obj.details.group"
_PIXELS = " left outer join fetch obj.pixels pix left outer join fetch pix.pixelsType"
_CHANNELS = (
    " left outer join fetch pix.dimensionOrder left outer join fetch obj.format left outer join fetch pix.channels ch"
    " left outer join fetch ch.logicalChannel lc left outer join fetch lc.photometricInterpretation"
    " left outer join fetch lc.illumination left outer join fetch lc.mode left outer join fetch lc.contrastMethod"
)


@dataclass(frozen=True)
class Kind:
    """How one type is listed. ``filters`` maps a query parameter to a condition with the parameter of that name."""

    type_name: str
    plural: str
    encode: Callable[[Any], dict[str, Any]]
    order: str = BY_NAME
    fetch: str = _DETAILS
    list_fetch: str = ""
    single_fetch: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    orphaned: str = ""
    owned: bool = True
    child_count: str = ""
    # Names of related lists below the object, as in url:datasets.
    related: tuple[str, ...] = ()
    single_related: tuple[str, ...] = ()

    @property
    def singular(self) -> str:
        return self.plural.removesuffix("s")


KINDS = {
    kind.plural: kind
    for kind in (
        Kind(
            "Project",
            "projects",
            encode.project,
            filters={"dataset": linked("ProjectDatasetLink", "parent", "child", "dataset")},
            child_count=count_by("ProjectDatasetLink", "parent"),
            related=("datasets",),
            single_related=("datasets",),
        ),
        Kind(
            "Dataset",
            "datasets",
            encode.dataset,
            filters={
                "project": linked("ProjectDatasetLink", "child", "parent", "project"),
                "image": linked("DatasetImageLink", "parent", "child", "image"),
            },
            orphaned=not_linked("ProjectDatasetLink", "child"),
            child_count=count_by("DatasetImageLink", "parent"),
            related=("images", "projects"),
            single_related=("images", "projects"),
        ),
        Kind(
            "Image",
            "images",
            encode.image,
            list_fetch=_PIXELS,
            single_fetch=_PIXELS + _CHANNELS,
            filters={"dataset": linked("DatasetImageLink", "child", "parent", "dataset")},
            orphaned=ORPHANED_IMAGE,
            related=("datasets",),
            single_related=("datasets", "rois"),
        ),
        Kind(
            "Experimenter",
            "experimenters",
            encode.experimenter,
            order="order by lower(obj.lastName), lower(obj.firstName), obj.id",
            fetch="",
            filters={"experimentergroup": linked("GroupExperimenterMap", "child", "parent", "experimentergroup")},
            owned=False,
            child_count=count_by("GroupExperimenterMap", "child"),
            related=("experimentergroups",),
            single_related=("experimentergroups",),
        ),
        Kind(
            "ExperimenterGroup",
            "experimentergroups",
            encode.group,
            fetch="",
            filters={"experimenter": linked("GroupExperimenterMap", "parent", "child", "experimenter")},
            owned=False,
            child_count=count_by("GroupExperimenterMap", "parent"),
            related=("experimenters",),
            single_related=("experimenters",),
        ),
    )
}


@dataclass(frozen=True)
class ListRequest:
    """Which objects of a type are wanted. ``filters`` holds the ids of related objects by parameter name."""

    offset: int = 0
    limit: int = 200
    group: int = ALL_GROUPS
    owner: int | None = None
    orphaned: bool = False
    child_count: bool = False
    normalize: bool = False
    filters: Mapping[str, int] = field(default_factory=dict)


def _conditions(kind: Kind, wanted: ListRequest) -> tuple[list[str], dict[str, Parameter]]:
    values: dict[str, Parameter] = {}
    conditions: list[str] = []
    for name, number in wanted.filters.items():
        if name not in kind.filters:
            raise ParameterError(f"{kind.type_name} has no filter {name}")
        conditions.append(kind.filters[name])
        values[name] = number
    if wanted.owner is not None and kind.owned:
        conditions.append("obj.details.owner.id = :owner")
        values["owner"] = wanted.owner
    if wanted.orphaned and kind.orphaned:
        conditions.append(kind.orphaned)
    return conditions, values


def count(blitz: Blitz, kind: Kind, wanted: ListRequest) -> int:
    """How many objects match, on all pages."""
    conditions, values = _conditions(kind, wanted)
    rows = blitz.rows(select("count(obj.id)", kind.type_name, where=conditions), values, group=wanted.group)
    return int(rows[0][0])


def page(blitz: Blitz, kind: Kind, wanted: ListRequest) -> list[dict[str, Any]]:
    """The objects of one page in the type's order, encoded."""
    if wanted.limit == 0:
        return []
    conditions, values = _conditions(kind, wanted)
    # The page is cut on ids alone: fetched collections would multiply the rows that the limit counts.
    query = select("obj.id", kind.type_name, where=conditions, tail=kind.order)
    rows = blitz.rows(query, values, group=wanted.group, offset=wanted.offset, limit=wanted.limit)
    ids = [row[0] for row in rows]
    found = _load(blitz, kind, ids, kind.list_fetch, wanted.group)
    encoded = [kind.encode(found[number]) for number in ids if number in found]
    return _with_counts(blitz, kind, encoded, wanted.child_count)


def single(blitz: Blitz, kind: Kind, number: int, group: int, child_count: bool) -> dict[str, Any] | None:
    """One object, encoded with all that its type shows; None when it is missing or may not be read."""
    found = _load(blitz, kind, [number], kind.single_fetch, group)
    encoded = [kind.encode(obj) for obj in found.values()]
    return _with_counts(blitz, kind, encoded, child_count)[0] if encoded else None


def _load(blitz: Blitz, kind: Kind, ids: list[int], fetch: str, group: int) -> dict[int, Any]:
    if not ids:
        return {}
    query = select("distinct obj", kind.type_name, joins=kind.fetch + fetch, where=BY_IDS)
    return {obj.id.val: obj for obj in blitz.objects(query, {"ids": ids}, group=group)}


def _with_counts(blitz: Blitz, kind: Kind, encoded: list[dict[str, Any]], wanted: bool) -> list[dict[str, Any]]:
    if wanted and kind.child_count and encoded:
        counts = dict(blitz.rows(kind.child_count, {"ids": [item["@id"] for item in encoded]}))
        for item in encoded:
            item["omero:childCount"] = counts.get(item["@id"], 0)
    return encoded


def normalized(items: list[dict[str, Any]]) -> dict[str, Any]:
    """Replace owners and groups of ``items`` by their ids; the answer lists each of them once."""
    people: dict[int, Any] = {}
    groups: dict[int, Any] = {}
    for item in items:
        for key, seen in (("owner", people), ("group", groups)):
            found = item.get("omero:details", {}).get(key)
            if found is not None:
                seen[found["@id"]] = found
                item["omero:details"][key] = {"@id": found["@id"]}
    return {
        "experimenters": [people[number] for number in sorted(people)],
        "experimenterGroups": [groups[number] for number in sorted(groups)],
    }
