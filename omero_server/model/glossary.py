"""The glossary of the model for developers, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from omero_server.model.schema import Model, ModelClass, Property

__all__ = ["page"]

INTRODUCTION = """\
# Glossary of the OME model

Generated from `omero_server/model`; do not edit. Names are those of queries and of the API: `omero.model.Image` in
Python, `ome.model.core.Image` in event logs, table `image` in the database.

After a type, `?` means that the property may be unset, and `unique` that no two objects have the same value.
`[Pixels] image` is the list of all Pixels whose `image` is this object, `[DatasetImageLink -> Dataset]` a list of links
to Datasets. Every object has an `id` and `details`.
"""


def page(model: Model) -> str:
    """The whole page: units, enumerations, and a section for each package."""
    lines = [INTRODUCTION, *_units(model), *_enumerations(model)]
    for package in sorted({c.package for c in model.classes.values() if not c.is_enum}):
        lines += ["", f"## ome.model.{package}"]
        for cls in model.classes.values():
            if cls.package == package and not cls.is_enum and not cls.is_annotation_link:
                lines += _class(model, cls)
    return "\n".join(lines) + "\n"


def _units(model: Model) -> Iterator[str]:
    yield "## Units"
    yield ""
    yield "A value with a unit is an object with `value` and `unit`; the database stores the symbol."
    yield ""
    for name, symbols in sorted(model.units.items()):
        yield f"- **{name}**: " + ", ".join(f"{api} ({symbol})" for api, symbol in symbols)


def _enumerations(model: Model) -> Iterator[str]:
    yield ""
    yield "## Enumerations"
    yield ""
    yield "The values of a new database; administrators may add more."
    yield ""
    for name, values in model.enums.items():
        yield f"- **{name}**: " + (", ".join(f"`{value}`" for value in values) or "none; import adds what it finds")


def _class(model: Model, cls: ModelClass) -> Iterator[str]:
    yield ""
    yield f"### {cls.name}"
    yield ""
    if facts := list(_facts(cls)):
        yield "; ".join(facts) + "."
        yield ""
    rows = [prop for prop in cls.own if prop.name != "annotationLinks"]
    if rows:
        yield "| property | type |"
        yield "|---|---|"
    for prop in rows:
        yield f"| {prop.name} | {_type(prop)} |"


def _facts(cls: ModelClass) -> Iterator[str]:
    if cls.superclass:
        yield f"A kind of {cls.superclass.name}"
    if cls.abstract:
        yield "abstract"
    if cls.is_link:
        yield "link"
    if cls.is_global:
        yield "belongs to no user or group"
    if cls.immutable:
        yield "never changes"
    if any(prop.name == "annotationLinks" for prop in cls.own):
        yield f"annotated through `annotationLinks` ({cls.name}AnnotationLink)"
    if cls.deprecated:
        yield "deprecated"


def _type(prop: Property) -> str:
    if prop.kind == "collection":
        return f"[{prop.type}] {prop.inverse}" + (", in order" if prop.ordered else "")
    if prop.kind == "links":
        return f"[{prop.type} -> {prop.target}]" + (", in order" if prop.ordered else "")
    if prop.kind == "map":
        return "list of name-value pairs"
    words = [prop.type + ("?" if prop.nullable else "")]
    words += ["unique"] if prop.unique else []
    words += [f"inverse of {prop.type}.{prop.inverse}"] if prop.inverse and prop.kind == "ref" else []
    words += ["deprecated"] if prop.deprecated else []
    return ", ".join(words)
