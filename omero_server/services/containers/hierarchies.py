"""Trees of containers, downwards to their images and upwards from these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from omero_server.queries import fill_counts, run
from omero_server.services.attaching import attach, load
from omero_server.services.options import Options
from omero_server.sessions.call import Call

__all__ = ["ANNOTATIONS", "ROOTS", "images", "load_trees", "trees_above", "where"]

ANNOTATIONS = "annotationLinksCountPerOwner"
CREATED = " left outer join fetch o.details.creationEvent"
EVENTS = f"{CREATED} left outer join fetch o.details.updateEvent"
LEAF = f"{EVENTS} left outer join fetch o.pixels px left outer join fetch px.pixelsType left outer join fetch o.format"
ACQUISITION = (
    " left outer join fetch o.stageLabel left outer join fetch o.imagingEnvironment"
    " left outer join fetch o.objectiveSettings os left outer join fetch os.medium"
    " left outer join fetch os.objective ob left outer join fetch ob.immersion left outer join fetch ob.correction"
)
# What a root is searched for as an orphan: its class, and the links that it must not have.
ORPHANS = {"Project": ("Dataset", "projectLinks"), "Screen": ("Plate", "screenLinks")}


def where(conditions: Sequence[str]) -> str:
    """Conditions as a where clause."""
    return " where " + " and ".join(conditions) if conditions else ""


def images(call: Call, ids: Collection[int], options: Options) -> list[Any]:
    """Images with the graph of leaves: events, pixels, format; on request how they were acquired."""
    return list(load(call, "Image", ids, leaf(options)).values())


def leaf(options: Options) -> str:
    """The joins of an image's graph, from the alias ``o``."""
    return LEAF + (ACQUISITION if options.acquisition_data else "")


def load_trees(call: Call, root: str, ids: Sequence[int], options: Options) -> list[Any]:
    """The containers of a class in ``ROOTS``, all of them without ids, with what belongs to them.

    Owner and group of the options hold for containers of all levels. With ``orphan`` and no ids the containers of the
    level below that are in no visible root come too.
    """
    found = _roots(call, root, ids, options)
    ROOTS[root](call, found, options)
    if options.orphan and not ids and root in ORPHANS:
        child, links = ORPHANS[root]
        loose = _roots(call, child, (), options, f"not exists (select l.id from o.{links} l join l.parent up)")
        ROOTS[child](call, loose, options)
        found += loose
    return found


def _roots(call: Call, root: str, ids: Sequence[int], options: Options, condition: str = "") -> list[Any]:
    conditions, parameters = options.restrict("o")
    if condition:
        conditions.append(condition)
    if ids:
        conditions.append("o.id in (:ids)")
        parameters["ids"] = list(ids)
    return run(call, f"select o from {root} o{CREATED}{where(conditions)} order by o.id", parameters)


def _projects(call: Call, projects: list[Any], options: Options) -> None:
    fill_counts(call, projects, ANNOTATIONS)
    conditions, parameters = options.restrict("o")
    datasets = attach(call, projects, "datasetLinks", "", conditions, parameters)
    _with_images(call, datasets, options)


def _datasets(call: Call, datasets: list[Any], options: Options) -> None:
    _with_images(call, datasets, options)


def _with_images(call: Call, datasets: list[Any], options: Options) -> None:
    fill_counts(call, datasets, ANNOTATIONS, "imageLinksCountPerOwner")
    if options.leaves:
        found = attach(call, datasets, "imageLinks", leaf(options))
        fill_counts(call, found, ANNOTATIONS)


def _screens(call: Call, screens: list[Any], options: Options) -> None:
    fill_counts(call, screens, ANNOTATIONS)
    conditions, parameters = options.restrict("o")
    plates = attach(call, screens, "plateLinks", EVENTS, conditions, parameters)
    _plates(call, plates, options)


def _plates(call: Call, plates: list[Any], options: Options) -> None:
    fill_counts(call, plates, ANNOTATIONS)
    runs = attach(call, plates, "plateAcquisitions")
    fill_counts(call, runs, ANNOTATIONS)
    if options.leaves:
        fields = attach(call, runs, "wellSample")
        shown = load(call, "Image", {f._image._id._val for f in fields if f._image is not None}, leaf(options))
        for field in fields:
            if field._image is not None:
                field._image = shown.get(field._image._id._val)
        fill_counts(call, list(shown.values()), ANNOTATIONS)


ROOTS = {"Project": _projects, "Dataset": _datasets, "Screen": _screens, "Plate": _plates}
"""What belongs to the containers of each class that can be a root."""


def trees_above(call: Call, image_ids: Sequence[int], options: Options) -> list[Any]:
    """The projects above images, with the branches that lead to these; what has nothing above stands for itself.

    Datasets and projects that the options leave out count as not there.
    """
    below = load(call, "Image", image_ids)
    tops: list[Any] = []
    for link, collection in (("DatasetImageLink", "imageLinks"), ("ProjectDatasetLink", "datasetLinks")):
        above, held = _climb(call, below, link, collection, options)
        tops += [obj for key, obj in below.items() if key not in held]
        below = above
    return [*below.values(), *tops]


def _climb(
    call: Call, below: dict[int, Any], link: str, collection: str, options: Options
) -> tuple[dict[int, Any], set[int]]:
    """The parents of objects with these in their collection, by id, and the ids of the objects that have one."""
    if not below:
        return {}, set()
    conditions, parameters = options.restrict("o")
    chosen = where(["l.child.id in (:ids)", *conditions])
    query = f"select l from {link} l join fetch l.parent o{chosen} order by l.id"
    branches: dict[int, list[Any]] = defaultdict(list)
    parents: dict[int, Any] = {}
    held: set[int] = set()
    for one in run(call, query, {**parameters, "ids": list(below)}):
        held.add(one._child._id._val)
        one._child = below[one._child._id._val]
        parents[one._parent._id._val] = one._parent
        branches[one._parent._id._val].append(one)
    for key, links in branches.items():
        setattr(parents[key], f"_{collection}Seq", links)
        setattr(parents[key], f"_{collection}Loaded", True)
    return parents, held
