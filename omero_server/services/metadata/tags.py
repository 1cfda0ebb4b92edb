"""Tags: what carries them, and the sets that they are in."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from omero_server.queries import fill_counts, run
from omero_server.services.attaching import attach, by_id
from omero_server.services.containers.hierarchies import ANNOTATIONS, load_trees, where
from omero_server.services.options import Options
from omero_server.sessions.call import Call

__all__ = ["TAGGED", "tag_content", "tag_counts", "tag_sets"]

TAG_SET = "openmicroscopy.org/omero/insight/tagset"
TAGGED = ("Image", "Dataset", "Project", "Screen", "Plate")
WITH_EVENTS = " left outer join fetch o.details.owner left outer join fetch o.details.creationEvent"
# With an object that carries a tag comes, besides its owner, this.
CONTENT = {
    "Image": " left outer join fetch o.pixels px left outer join fetch px.pixelsType",
    "Dataset": "",
    "Plate": "",
}
TREES = ("Project", "Screen")


def tag_content(call: Call, tag_ids: Sequence[int], parameters: Any) -> dict[int, list[Any]]:
    """For each tag the objects that carry it, each with the links to this tag alone.

    Projects and screens come as trees without images. Owner and group of the options hold for the objects.
    """
    options = Options(parameters)
    found: dict[int, list[Any]] = {tag: [] for tag in tag_ids}
    if not tag_ids:
        return found
    for cls, joins in CONTENT.items():
        for tag, carriers in _carriers(call, cls, joins, tag_ids, options).items():
            found[tag] += carriers
    # Trees as for a browser that shows what a tag leads to: images and orphans belong to the next step.
    options.leaves = options.orphan = False
    for cls in TREES:
        ids = _tagged(call, cls, tag_ids, options)
        wanted = sorted({one for carried in ids.values() for one in carried})
        trees = by_id(load_trees(call, cls, wanted, options)) if wanted else {}
        for tag, carried in ids.items():
            found[tag] += [trees[one] for one in carried if one in trees]
    return found


def _carriers(call: Call, cls: str, joins: str, tag_ids: Sequence[int], options: Options) -> dict[int, list[Any]]:
    """Objects of a class by tag. An object with several of the tags comes once for each, with the links to that one."""
    conditions, values = options.restrict("o")
    query = (
        f"select l from {cls}AnnotationLink l join fetch l.parent o join fetch l.child t"
        " left outer join fetch l.details.owner left outer join fetch o.details.owner"
        f" left outer join fetch t.details.owner{joins}"
        f"{where(['t.id in (:tags)', *conditions])} order by l.id"
    )
    links: dict[tuple[int, int], dict[int, Any]] = defaultdict(dict)
    for link in run(call, query, {**values, "tags": list(tag_ids)}):
        links[link._child._id._val, link._parent._id._val][link._id._val] = link
    fill_counts(call, by_id(next(iter(group.values()))._parent for group in links.values()).values(), ANNOTATIONS)
    found: dict[int, list[Any]] = defaultdict(list)
    for (tag, _), group in links.items():
        found[tag].append(_alone(list(group.values())))
    return found


def _alone(links: list[Any]) -> Any:
    """A copy of the object that ``links`` start from, with these links only."""
    carrier = copy.copy(links[0]._parent)
    carrier._annotationLinksSeq, carrier._annotationLinksLoaded = links, True
    for link in links:
        link._parent = carrier
    if getattr(carrier, "_pixelsSeq", None):
        carrier._pixelsSeq = [copy.copy(pixels) for pixels in carrier._pixelsSeq]
        for pixels in carrier._pixelsSeq:
            pixels._image = carrier
    return carrier


def _tagged(call: Call, cls: str, tag_ids: Sequence[int], options: Options) -> dict[int, list[int]]:
    """Ids of the objects of a class by tag, ascending."""
    conditions, values = options.restrict("o")
    chosen = where(["l.child.id in (:tags)", *conditions])
    query = f"select distinct l.child.id, o.id from {cls}AnnotationLink l join l.parent o{chosen}"
    found: dict[int, list[int]] = defaultdict(list)
    for tag, carrier in sorted(run(call, query, {**values, "tags": list(tag_ids)})):
        found[tag].append(carrier)
    return found


def tag_counts(call: Call, tag_ids: Sequence[int], parameters: Any) -> dict[int, int]:
    """How many images, datasets, projects, screens and plates carry each tag; each counts once."""
    counts = dict.fromkeys(tag_ids, 0)
    conditions, values = Options(parameters).restrict("o")
    chosen = where(["l.child.id in (:tags)", *conditions])
    for cls in TAGGED if tag_ids else ():
        query = (
            f"select l.child.id, count(distinct o.id) from {cls}AnnotationLink l join l.parent o{chosen}"
            " group by l.child.id"
        )
        for tag, count in run(call, query, {**values, "tags": list(tag_ids)}):
            counts[tag] += count
    return counts


def tag_sets(call: Call, parameters: Any) -> list[Any]:
    """The tag sets with their tags; with the option ``orphan`` also the tags that are in none of these sets."""
    options = Options(parameters)
    conditions, values = options.owned("o")
    values["tagSet"] = TAG_SET
    query = f"select o from TagAnnotation o{WITH_EVENTS}"
    found = run(call, f"{query}{where(['o.ns = :tagSet', *conditions])} order by o.id", values)
    inside = attach(call, found, "annotationLinks", WITH_EVENTS + " left outer join fetch l.details.owner")
    if options.orphan:
        loose = where(["(o.ns is null or o.ns != :tagSet)", *conditions])
        known = by_id(inside)
        found += [tag for tag in run(call, f"{query}{loose} order by o.id", values) if tag._id._val not in known]
    return found
