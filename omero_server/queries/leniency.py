"""What clients write although the language does not have it, where only one meaning is possible.

Clients in the field send such queries (a misspelt alias inside ``coalesce``, the class of a link made up from the name
of an object's kind, a name used for what it abbreviates). Everything that is not listed here stays an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from omero_server.model.schema import MODEL, ModelClass, Property
from omero_server.queries import ast

__all__ = ["CLASSES", "SYNONYMS", "abbreviated", "implied_sources", "link_class", "walk"]

# Properties that clients call by another name, by the root class.
SYNONYMS = {("Experimenter", "name"): "omeName"}
CLASSES = {"pixeltype": "pixelstype"}
"""Classes that clients call by another name, both in lower case."""
KINDS = {
    "acquisition": "PlateAcquisition",
    "group": "ExperimenterGroup",
    "run": "PlateAcquisition",
    "tag": "TagAnnotation",
}
LINK = "annotationlink"
SHORTEST = 3


def abbreviated(cls: ModelClass, name: str) -> Property | None:
    """The reference or collection of a class that an undeclared alias abbreviates: "pix" for ``pixels``.

    None when it is too short, or when several begin like that.
    """
    if len(name) < SHORTEST:
        return None
    kinds = ("ref", "collection", "links")
    found = [p for p in cls.properties.values() if p.kind in kinds and p.name.lower().startswith(name.lower())]
    return found[0] if len(found) == 1 else None


def link_class(name: str) -> tuple[ModelClass, ModelClass] | None:
    """Link and parent classes for "tagannotationAnnotationLink" and the like: links of a subclass are its root's.

    None when the part in front of "AnnotationLink" is no class whose objects can be annotated.
    """
    kind = name.lower().removesuffix(LINK)
    if kind == name.lower():
        return None
    kind = KINDS.get(kind, kind).lower()
    parent = next((c for c in MODEL.classes.values() if c.name.lower() == kind), None)
    links = parent.properties.get("annotationLinks") if parent else None
    return (MODEL.classes[links.type], parent) if links and parent else None


def implied_sources(tree: ast.Query) -> tuple[ast.Source, ...]:
    """Sources for a query that breaks off before its from clause: what its sub-queries compare ids with.

    ``select x.id, (select size(y.images) from Fileset y where y.id = x.id)`` is about a Fileset x.
    """
    classes: dict[str, ast.Source] = {}
    for query in (node for node in walk(tree) if isinstance(node, ast.Query)):
        declared = {s.alias: s.names for s in query.sources if isinstance(s, ast.Source) and s.alias}
        for node in walk(query.where):
            for inner, outer in _compared_ids(node):
                if inner in declared and outer not in declared:
                    classes.setdefault(outer, ast.Source(tree.at, declared[inner], outer))
    used = {node.names[0] for node in walk(tree.select) if isinstance(node, ast.Path)}
    return tuple(source for alias, source in classes.items() if alias in used)


def _compared_ids(node: Any) -> Iterator[tuple[str, str]]:
    """Both orders of the aliases in ``a.id = b.id``."""
    if isinstance(node, ast.Binary) and node.op == "=":
        sides = [s.names for s in (node.left, node.right) if isinstance(s, ast.Path)]
        if len(sides) == 2 and all(len(s) == 2 and s[1] == "id" for s in sides):
            (left, _), (right, _) = sides
            yield left, right
            yield right, left


def walk(part: Any) -> Iterator[Any]:
    """All nodes of a part of a tree, from the top, without recursion: chains of conditions are thousands deep."""
    waiting = [part]
    while waiting:
        each = waiting.pop()
        if isinstance(each, tuple):
            waiting.extend(reversed(each))
        elif is_dataclass(each):
            yield each
            waiting.extend(getattr(each, field.name) for field in reversed(fields(each)))
