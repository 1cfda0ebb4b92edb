"""The classes of the OME model, as plain objects.

``MODEL`` is read from the YAML files beside this module on first use and is immutable from then on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    MODEL: Model

__all__ = ["MODEL", "Model", "ModelClass", "Property", "identifier"]

ENUM_PUNCTUATION = str.maketrans("", "", "".join(c for c in map(chr, range(32, 127)) if not (c.isalnum() or c == "_")))


def identifier(name: str) -> str:
    """``name`` as PostgreSQL keeps it: lower case, cut to 63 bytes."""
    return name.lower()[:63]


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a class.

    kind: ``scalar``, ``array``, ``unit`` (value with unit), ``ref`` (one object), ``map`` (ordered pairs),
    ``collection`` (plain one-to-many) or ``links`` (link objects).
    type: scalar type, unit class, or simple class name; of a collection the element, of links the link class.
    rtype: wire type of a scalar ("RString", ...); of an array the Slice sequence; else None.
    nullable: may be unset. A collection with ``nullable=False`` is meant to hold at least one element.
    ordered: a reference has an index column ``<column>_index``; elements of a collection come in its order.
    inverse: of a collection, the reference pointing back; of a reference, the collection on the other side or None.
    target: of links, the class at the far end; else None.
    check: "positive" or "nonnegative" for a unit value; scalars carry it in their type.
    map_table: the table of a map; else None.
    """

    name: str
    kind: str
    type: str
    rtype: str | None
    column: str | None
    unit_column: str | None
    nullable: bool
    unique: bool
    ordered: bool
    inverse: str | None
    declared_in: str
    target: str | None = None
    check: str | None = None
    map_table: str | None = None
    deprecated: bool = False

    @property
    def index_column(self) -> str | None:
        """Column that holds this object's place in the other side's list."""
        return f"{self.column}_index" if self.kind == "ref" and self.ordered else None


@dataclass(eq=False)
class ModelClass:
    """One class of the model and the table that holds it.

    own: the declared properties in the order of the wire (without id, details, version); ``annotationLinks``, ``name``
    and ``description`` come last, in this order, when flags ask for them. ``version`` comes before them all
    and only in classes with ``has_version`` and no superclass.
    properties: own and inherited ones by name, the base class's first.
    inheritance: "single" or "joined" for roots with subclasses and for these; None for the others.
    table: of the class's own columns; key: its primary key ("id", or "<root>_id" of a joined subclass).
    """

    name: str
    package: str
    superclass: ModelClass | None
    abstract: bool
    discriminator: str | None
    inheritance: str | None
    is_enum: bool
    is_link: bool
    is_annotation_link: bool
    is_global: bool
    immutable: bool
    annotated: bool
    deprecated: bool
    own: tuple[Property, ...] = ()
    properties: dict[str, Property] = field(default_factory=dict)
    subclasses: tuple[ModelClass, ...] = ()
    values: tuple[str, ...] = ()

    @property
    def java(self) -> str:
        """Full name as event logs and queries spell it, e.g. "ome.model.core.Image"."""
        return f"ome.model.{self.package}.{self.name}"

    @property
    def slice_id(self) -> str:
        """Type id on the wire, e.g. "::omero::model::Image"."""
        return f"::omero::model::{self.name}"

    @cached_property
    def root(self) -> ModelClass:
        """The topmost superclass; the class itself when it has none."""
        return self.superclass.root if self.superclass else self

    @cached_property
    def lineage(self) -> tuple[ModelClass, ...]:
        """The root first, this class last."""
        return (*self.superclass.lineage, self) if self.superclass else (self,)

    @cached_property
    def concrete(self) -> tuple[ModelClass, ...]:
        """This class and its subclasses, without the abstract ones."""
        return tuple(c for c in (self, *self.subclasses) if not c.abstract)

    @property
    def has_version(self) -> bool:
        """Whether rows count versions; immutable ones do not."""
        return not self.immutable

    @cached_property
    def table(self) -> str:
        """Table of this class's own columns."""
        return identifier(self.root.name if self.inheritance == "single" else self.name)

    @cached_property
    def key(self) -> str:
        """Primary key column of ``table``."""
        if self.inheritance == "joined" and self.superclass:
            return f"{self.root.table}_id"
        return "id"

    @cached_property
    def sequence(self) -> str:
        """Sequence of the ids; subclasses share the root's."""
        return f"seq_{self.root.table}"

    @cached_property
    def joined_tables(self) -> tuple[ModelClass, ...]:
        """The classes, root first, whose tables hold one object of this class."""
        if self.inheritance == "joined":
            return self.lineage
        return (self.root,)

    def columns_table(self, prop: Property) -> str:
        """Table that holds the column of ``prop``, which may be inherited; of a map its own table.

        Raises ValueError for a collection: it has no column here.
        """
        if prop.map_table:
            return prop.map_table
        if prop.column is None:
            raise ValueError(f"{self.name}.{prop.name} is a collection and has no column")
        return next(c.table for c in self.lineage if c.name == prop.declared_in)

    def is_a(self, other: ModelClass) -> bool:
        """Whether instances of this class are instances of ``other``."""
        return other in self.lineage

    def __repr__(self) -> str:
        return f"<ModelClass {self.name}>"


@dataclass(eq=False)
class Model:
    """All classes, enumeration values and units.

    enums: values by class name, in the order of their ids. units: (API name, symbol) by unit class, in the order of the
    ordinals on the wire. bit_sizes: bits per pixel by value of PixelsType.
    """

    classes: dict[str, ModelClass]
    enums: dict[str, list[str]]
    units: dict[str, list[tuple[str, str]]]
    bit_sizes: dict[str, int]

    @cached_property
    def by_java(self) -> dict[str, ModelClass]:
        """Classes by full name."""
        return {c.java: c for c in self.classes.values()}

    @cached_property
    def by_table(self) -> dict[str, ModelClass]:
        """The class that a table is named after; for a single table its root."""
        return {c.table: c for c in self.classes.values() if c.inheritance != "single" or c.superclass is None}

    @cached_property
    def _lookup(self) -> dict[str, ModelClass]:
        names: dict[str, ModelClass] = {}
        for cls in self.classes.values():
            for simple in (cls.name, f"{cls.name}I"):
                names |= {simple: cls, f"omero.model.{simple}": cls, f"::omero::model::{simple}": cls}
            names[cls.java] = cls
        return names

    def resolve(self, name: str) -> ModelClass:
        """The class called ``name``: Image, ImageI, omero.model.Image(I), ::omero::model::Image, ome.model.core.Image.

        Raises KeyError when there is none.
        """
        return self._lookup[name]

    def roots(self) -> Iterator[ModelClass]:
        """Classes without a superclass, by name."""
        return (c for _, c in sorted(self.classes.items()) if c.superclass is None)

    def enum_constant(self, value: str) -> str:
        """The name of an enumeration value as a Slice constant: without punctuation."""
        return value.translate(ENUM_PUNCTUATION)


def __getattr__(name: str) -> Model:
    if name != "MODEL":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from omero_server.model.loader import load

    model = load()
    globals()["MODEL"] = model
    return model
