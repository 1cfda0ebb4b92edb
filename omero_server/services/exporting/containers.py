"""The datasets and projects that images are in."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement

from omero_server import queries
from omero_server.services.attaching import load
from omero_server.services.exporting.elements import Export
from omero_server.services.exporting.values import add_text, plain

__all__ = ["add_datasets"]


def add_datasets(export: Export, images: Mapping[int, str]) -> None:
    """The readable datasets that hold images, and the projects of these. `images`: ids in the document by id."""
    datasets = _add_holders(export, "Dataset", "Image", images)
    _add_holders(export, "Project", "Dataset", datasets)


def _add_holders(export: Export, cls: str, member: str, members: Mapping[int, str]) -> dict[int, str]:
    """Containers of a class that hold some of the members; answers their ids in the document."""
    if not members:
        return {}
    query = f"select l.parent.id, l.child.id from {cls}{member}Link l where l.child.id in (:ids) order by l.id"
    pairs = queries.run(export.names.call, query, {"ids": list(members)})
    held: dict[int, list[int]] = {}
    for parent, child in pairs:
        held.setdefault(parent, []).append(child)
    found = load(export.names.call, cls, held)
    export.annotations.load(cls, list(found))
    known = {}
    for number, container in found.items():
        known[number] = export.names.lsid(container, cls)
        element = export.add(cls, ID=known[number], Name=plain(container._name) or "")
        add_text(element, "Description", container._description)
        export.refer_to_owner(element, container)
        export.refer_to_group(element, container)
        _refer(element, f"{member}Ref", [members[child] for child in dict.fromkeys(held[number])])
        export.annotations.refer(element, cls, number)
    return known


def _refer(element: Element, tag: str, ids: list[str]) -> None:
    for one in ids:
        SubElement(element, tag, ID=one)
