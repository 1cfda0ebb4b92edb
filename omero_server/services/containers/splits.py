"""Which filesets a selection would split: all images of a fileset must be moved and deleted together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from omero_server.queries import run
from omero_server.services.classes import simple_name
from omero_server.sessions.call import Call

__all__ = ["split_filesets"]

# From the objects of a class to those of the next: the query, and the class that it leads to.
DOWNWARDS: dict[str, tuple[str, str]] = {
    "Folder": ("select l.child.id from FolderImageLink l where l.parent.id in (:ids)", "Image"),
    "Project": ("select l.child.id from ProjectDatasetLink l where l.parent.id in (:ids)", "Dataset"),
    "Dataset": ("select l.child.id from DatasetImageLink l where l.parent.id in (:ids)", "Image"),
    "Screen": ("select l.child.id from ScreenPlateLink l where l.parent.id in (:ids)", "Plate"),
    "Plate": ("select w.id from Well w where w.plate.id in (:ids)", "Well"),
    "Well": ("select s.image.id from WellSample s where s.well.id in (:ids)", "Image"),
    "Fileset": ("select i.id from Image i where i.fileset.id in (:ids)", "Image"),
}
SUBFOLDERS = "select f.id from Folder f where f.parentFolder.id in (:ids)"
MEMBERS = (
    "select i.fileset.id, i.id from Image i where i.fileset.id in"
    " (select j.fileset.id from Image j where j.id in (:ids)) order by i.id"
)


def split_filesets(call: Call, selected: Mapping[str, Iterable[int]]) -> dict[int, dict[bool, list[int]]]:
    """For each fileset that is selected in part: its selected images under True, the others under False, ascending.

    selected: ids by class; containers stand for everything below them, folders for their subfolders too. Filesets that
    are themselves selected are not split. Other classes are ignored.
    """
    chosen: dict[str, set[int]] = {"Image": set(), **{name: set() for name in DOWNWARDS}}
    for name, ids in selected.items():
        simple = simple_name(name)
        if simple in chosen:
            chosen[simple].update(ids)
    whole = set(chosen["Fileset"])
    chosen["Folder"] = _with_subfolders(call, chosen["Folder"])
    for name, (query, below) in DOWNWARDS.items():
        if chosen[name]:
            chosen[below].update(run(call, query, {"ids": list(chosen[name])}))
    return _split(call, chosen["Image"], whole)


def _split(call: Call, images: set[int], whole: set[int]) -> dict[int, dict[bool, list[int]]]:
    if not images:
        return {}
    parts: dict[int, dict[bool, list[int]]] = defaultdict(lambda: {True: [], False: []})
    for fileset, image in run(call, MEMBERS, {"ids": list(images)}):
        parts[fileset][image in images].append(image)
    return {key: part for key, part in sorted(parts.items()) if part[True] and part[False] and key not in whole}


def _with_subfolders(call: Call, folders: set[int]) -> set[int]:
    """Folders and all below them; one query for each level."""
    found, level = set(folders), folders
    while level:
        level = set(run(call, SUBFOLDERS, {"ids": list(level)})) - found
        found |= level
    return found
