"""Reads the YAML files of this folder into a ``Model``.

The notation is explained in README.md. Parsing YAML takes half a second, so the parsed form is kept as JSON in
``_compiled.json`` together with a hash of the files it was made from.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from omero_server.model.schema import Model, ModelClass, Property, identifier

__all__ = ["compile_model", "load", "read_sources"]

FOLDER = Path(__file__).parent
COMPILED = "_compiled.json"

RTYPES = {
    "string": "RString",
    "text": "RString",
    "int": "RInt",
    "long": "RLong",
    "double": "RDouble",
    "boolean": "RBool",
    "timestamp": "RTime",
    "PositiveInteger": "RInt",
    "NonNegativeInteger": "RInt",
    "PercentFraction": "RDouble",
}
ARRAYS = {"byte[]": "::Ice::ByteSeq", "string[]": "::omero::api::StringArray"}
WORDS = {"required", "unique", "ordered", "positive", "nonnegative", "deprecated"}
FLAGS = {"abstract", "enum", "global", "immutable", "annotated", "named", "described", "deprecated"}
PACKAGE_OF_ANNOTATION_LINKS = "annotations"

Source = dict[str, dict[str, Any]]
Entries = dict[str, tuple[str, dict[str, Any]]]


def load(folder: Path = FOLDER) -> Model:
    """The model in ``folder``, from the compiled form when that is up to date."""
    sources = {path.stem: path.read_bytes() for path in sorted(folder.glob("*.yaml"))}
    digest = hashlib.blake2b(repr(sorted(sources.items())).encode(), digest_size=16).hexdigest()
    with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
        compiled = json.loads((folder / COMPILED).read_text("utf-8"))
        if compiled["digest"] == digest:
            return build(compiled["packages"])
    packages = read_sources(sources)
    _keep(folder, {"digest": digest, "packages": packages})
    return build(packages)


def compile_model() -> Path:
    """Make the compiled form if it is missing or outdated, and return its path; for use at build time."""
    load()
    return FOLDER / COMPILED


def read_sources(sources: dict[str, bytes]) -> dict[str, Source]:
    """Parsed YAML by package name."""
    import yaml

    return {name: yaml.safe_load(text) for name, text in sources.items()}


def _keep(folder: Path, compiled: dict[str, Any]) -> None:
    """Write the compiled form at once and whole; a folder we may not write to only costs time at the next start."""
    with contextlib.suppress(PermissionError, FileNotFoundError):
        handle, name = tempfile.mkstemp(dir=folder, prefix="_compiled")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(compiled, file, ensure_ascii=False, separators=(",", ":"))
        os.chmod(name, 0o644)
        os.replace(name, folder / COMPILED)


def build(packages: dict[str, Source]) -> Model:
    """Classes with their properties, from parsed YAML.

    Raises ValueError naming the class and property that cannot be understood.
    """
    packages = dict(packages)
    units = {name: list(symbols.items()) for name, symbols in packages.pop("units").items()}
    entries: Entries = {name: (package, spec) for package, source in packages.items() for name, spec in source.items()}
    for name, (_, spec) in list(entries.items()):
        if "annotated" in spec.get("flags", ()):
            entries[f"{name}AnnotationLink"] = (PACKAGE_OF_ANNOTATION_LINKS, {"link": f"{name} -> Annotation"})
    classes: dict[str, ModelClass] = {}
    for name in entries:
        _define(name, entries, classes)
    kinds = dict.fromkeys(RTYPES, "scalar") | dict.fromkeys(ARRAYS, "array") | dict.fromkeys(units, "unit")
    kinds |= dict.fromkeys(entries, "ref") | {"map": "map"}
    for name, (_, spec) in entries.items():
        classes[name].own = tuple(_properties(classes[name], spec, kinds))
    _connect(classes)
    bit_sizes = {value: row["bitSize"] for value, row in entries["PixelsType"][1]["values"].items()}
    ordered = dict(sorted(classes.items()))
    return Model(ordered, {c.name: list(c.values) for c in ordered.values() if c.is_enum}, units, bit_sizes)


def _define(name: str, entries: Entries, classes: dict[str, ModelClass]) -> ModelClass:
    """The class ``name`` without its properties; its superclass is defined first."""
    if name in classes:
        return classes[name]
    package, spec = entries[name]
    parent = _define(spec["extends"], entries, classes) if "extends" in spec else None
    flags = set(spec.get("flags", ()))
    if unknown := flags - FLAGS:
        raise ValueError(f"{name}: unknown flags {sorted(unknown)}")
    is_enum = "enum" in flags
    inherited = parent.inheritance or "joined" if parent else None
    classes[name] = ModelClass(
        name=name,
        package=package,
        superclass=parent,
        abstract="abstract" in flags,
        discriminator=spec.get("discriminator"),
        inheritance="single" if "discriminator" in spec else inherited,
        is_enum=is_enum,
        is_link="link" in spec,
        is_annotation_link=spec.get("link", "").endswith("-> Annotation") and name.endswith("AnnotationLink"),
        is_global=is_enum or "global" in flags or bool(parent and parent.is_global),
        immutable=is_enum or "immutable" in flags or bool(parent and parent.immutable),
        annotated="annotated" in flags or bool(parent and parent.annotated),
        deprecated="deprecated" in flags,
        values=tuple(spec.get("values", ())),
    )
    return classes[name]


def _properties(cls: ModelClass, spec: dict[str, Any], kinds: dict[str, str]) -> list[Property]:
    """Declared properties in the order of the wire; the flags add theirs before and after the written ones."""
    flags = spec.get("flags", ())
    words: dict[str, str] = {}
    if "enum" in flags:
        words["value"] = "required unique string"
    if "link" in spec:
        parent, child = (end.split() for end in spec["link"].split("->"))
        words["parent"], words["child"] = (" ".join(["required", *end]) for end in (parent, child))
    words |= spec.get("properties", {})
    if "annotated" in flags:
        words["annotationLinks"] = f"links {cls.name}AnnotationLink.parent"
    if "named" in flags:
        words["name"] = "required text"
    if "described" in flags:
        words["description"] = "text"
    return [_property(cls, name, text, kinds) for name, text in words.items()]


def _property(cls: ModelClass, name: str, text: str, kinds: dict[str, str]) -> Property:
    """One property from its notation, e.g. "required ordered Pixels"."""
    *words, type_ = text.split()
    kind = "collection" if "list" in words else "links" if "links" in words else kinds.get(type_)
    unknown = set(words) - WORDS - {"list", "links"}
    if unknown or kind is None:
        raise ValueError(f"{cls.name}.{name}: cannot understand {text!r}")
    inverse = None
    if kind in ("collection", "links"):
        type_, inverse = type_.split(".")
    stored = kind in ("scalar", "array", "unit", "ref")
    return Property(
        name=name,
        kind=kind,
        type=type_,
        rtype=RTYPES.get(type_) if kind == "scalar" else ARRAYS.get(type_),
        column=identifier(name) if stored else None,
        unit_column=identifier(f"{name}Unit") if kind == "unit" else None,
        nullable="required" not in words,
        unique="unique" in words,
        ordered="ordered" in words,
        inverse=inverse,
        declared_in=cls.name,
        check=next((w for w in ("positive", "nonnegative") if w in words), None),
        map_table=f"{cls.table}_{identifier(name)}" if kind == "map" else None,
        deprecated="deprecated" in words,
    )


def _connect(classes: dict[str, ModelClass]) -> None:
    """Fill in what follows from other classes: subclasses, roots' inheritance, inverses, order, link targets."""
    for cls in classes.values():
        cls.subclasses = tuple(c for _, c in sorted(classes.items()) if c is not cls and cls in c.lineage)
    for cls in classes.values():
        if cls.subclasses and cls.inheritance is None:
            cls.inheritance = "joined"
    collections = {
        (p.type, p.inverse): p.name for c in classes.values() for p in c.own if p.kind in ("collection", "links")
    }
    for cls in classes.values():
        cls.own = tuple(_connected(p, classes, collections) for p in cls.own)
    for cls in classes.values():
        cls.properties = {p.name: p for c in cls.lineage for p in c.own}


def _connected(
    prop: Property, classes: dict[str, ModelClass], collections: dict[tuple[str, str | None], str]
) -> Property:
    if prop.kind == "ref":
        inverse = collections.get((prop.declared_in, prop.name))
        return replace(prop, inverse=inverse) if inverse else prop
    if prop.kind not in ("collection", "links"):
        return prop
    back = next((p for p in classes[prop.type].own if p.name == prop.inverse and p.kind == "ref"), None)
    if back is None:
        raise ValueError(f"{prop.declared_in}.{prop.name}: {prop.type} has no reference {prop.inverse!r}")
    far = {"parent": "child", "child": "parent"}.get(prop.inverse or "")
    target = next((p.type for p in classes[prop.type].own if p.name == far), None) if prop.kind == "links" else None
    return replace(prop, ordered=back.ordered, target=target)
