"""Tables, columns, keys and indexes that follow from the model.

The database was laid out long ago by an object-relational mapper; names and order of columns, and names of constraints,
follow rules that are kept here so that a database made by us equals one made by OMERO. What follows from no rule is in
``sql/alterations.sql``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from omero_server.model.schema import Model, ModelClass, Property, identifier

__all__ = ["Column", "ForeignKey", "Index", "Table", "Unique", "tables"]

SQL_TYPES = {
    "string": "varchar(255)",
    "text": "text",
    "int": "int4",
    "long": "int8",
    "double": "float8",
    "boolean": "bool",
    "timestamp": "timestamp",
    "PositiveInteger": "positive_int",
    "NonNegativeInteger": "nonnegative_int",
    "PercentFraction": "percent_fraction",
    "byte[]": "bytea",
    "string[]": "text[]",
}
UNIT_TYPES = {None: "float8", "positive": "positive_float", "nonnegative": "nonnegative_float"}
DETAILS = {
    "creation": ("creation_id", "event"),
    "external": ("external_id", "externalinfo"),
    "group": ("group_id", "experimentergroup"),
    "owner": ("owner_id", "experimenter"),
    "update": ("update_id", "event"),
}


@dataclass(frozen=True)
class Column:
    """A column; ``type`` as PostgreSQL's catalog abbreviates it."""

    name: str
    type: str
    nullable: bool = True


@dataclass(frozen=True)
class ForeignKey:
    """A one-column foreign key."""

    name: str
    column: str
    table: str
    key: str = "id"


@dataclass(frozen=True)
class Unique:
    """A unique constraint over columns in the given order."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Index:
    """A plain btree index on one column."""

    name: str
    column: str


@dataclass
class Table:
    """One table with all that belongs to it."""

    name: str
    primary_key: tuple[str, ...]
    columns: list[Column] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    uniques: list[Unique] = field(default_factory=list)
    unit_pairs: list[tuple[str, str]] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)

    def unique(self, *columns: str) -> None:
        """Add a unique constraint under its rule-given name."""
        self.uniques.append(Unique(identifier("_".join((self.name, *columns, "key"))), columns))


@cache
def tables(model: Model) -> dict[str, Table]:
    """Every table of a class or a map, by name."""
    made = [table for cls in model.classes.values() for table in _tables_of(model, cls)]
    return {table.name: table for table in sorted(made, key=lambda t: t.name)}


def _tables_of(model: Model, cls: ModelClass) -> Iterator[Table]:
    if cls.superclass is None:
        yield _root_table(model, cls)
    elif cls.inheritance == "joined":
        yield _joined_table(model, cls)
    yield from (_map_table(cls, prop) for prop in cls.own if prop.kind == "map")


def _details(cls: ModelClass) -> list[str]:
    """Which of the references in DETAILS the rows of a class have."""
    if cls.is_global:
        return ["external"]
    return [name for name in DETAILS if name != "update" or not cls.immutable]


def _root_table(model: Model, cls: ModelClass) -> Table:
    """Table of a root class; with a discriminator it also holds what the subclasses add."""
    table = Table(cls.table, ("id",))
    if cls.discriminator is not None:
        table.columns.append(Column("discriminator", "varchar(31)", False))
    table.columns.append(Column("id", "int8", False))
    layers = [(cls, list(cls.own))]
    if cls.inheritance == "single":
        layers += [(sub, [p for p in sub.properties.values() if p.declared_in != cls.name]) for sub in cls.subclasses]
    for owner, properties in layers:
        _add_scalars(table, properties, owner)
    for owner, properties in layers:
        _add_references(table, model, properties, owner)
    for prop in sorted(cls.own, key=lambda p: p.name):
        _add_index_column(table, prop)
    _add_root_keys(table, cls)
    return table


def _joined_table(model: Model, cls: ModelClass) -> Table:
    """Table of a subclass that shares its key with the root's table."""
    table = Table(cls.table, (cls.key,))
    _add_scalars(table, list(cls.own), cls)
    table.columns.append(Column(cls.key, "int8", False))
    name = identifier(f"fk{cls.name}_{cls.key}_{cls.root.name}")
    table.foreign_keys.append(ForeignKey(name, cls.key, cls.root.table))
    _add_references(table, model, list(cls.own), cls)
    return table


def _map_table(cls: ModelClass, prop: Property) -> Table:
    """Table of an ordered list of name-value pairs."""
    assert prop.map_table
    name = prop.map_table
    holder = f"{cls.table}_id"
    table = Table(name, (holder, "index"))
    table.columns = [
        Column(holder, "int8", False),
        Column("name", "text", False),
        Column("value", "text", False),
        Column("index", "int4", False),
    ]
    table.foreign_keys.append(ForeignKey(identifier(f"fk{name}_map"), holder, cls.table, cls.key))
    table.indexes = [Index(f"{name}_name", "name"), Index(f"{name}_value", "value")]
    return table


def _add_scalars(table: Table, properties: list[Property], owner: ModelClass) -> None:
    """Value columns by property name; the details' only value, permissions, sorts as "details" does."""
    named: dict[str, Property | None] = {p.name: p for p in properties if p.kind in ("scalar", "array", "unit")}
    if owner.superclass is None:
        named["details"] = None
        if owner.has_version:
            named["version"] = None
    known = {column.name for column in table.columns}
    for name, prop in sorted(named.items()):
        if prop is None:
            table.columns.append(
                Column("permissions", "int8", False) if name == "details" else Column("version", "int4")
            )
        elif prop.column not in known:
            _add_value(table, prop, owner)


def _add_value(table: Table, prop: Property, owner: ModelClass) -> None:
    assert prop.column
    if prop.unit_column:
        table.columns.append(Column(prop.unit_column, f"units{prop.type.lower()}"))
        table.columns.append(Column(prop.column, UNIT_TYPES[prop.check]))
        table.unit_pairs.append((prop.column, prop.unit_column))
        table.indexes.append(Index(identifier(f"i_{prop.declared_in}_{prop.column}"), prop.column))
        return
    nullable = prop.nullable or (owner.inheritance == "single" and owner.superclass is not None)
    table.columns.append(Column(prop.column, SQL_TYPES[prop.type], nullable))
    if prop.unique:
        table.unique(prop.column)


def _add_references(table: Table, model: Model, properties: list[Property], owner: ModelClass) -> None:
    """Reference columns by property name; those of the details sort as "details" does."""
    named: dict[str, Property | None] = {p.name: p for p in properties if p.kind == "ref"}
    if owner.superclass is None:
        named["details"] = None
    known = {column.name for column in table.columns}
    for _, prop in sorted(named.items()):
        if prop is None:
            _add_details(table, owner)
        elif prop.column not in known:
            _add_reference(table, model, prop, owner)


def _add_details(table: Table, cls: ModelClass) -> None:
    for name in _details(cls):
        column, target = DETAILS[name]
        table.columns.append(Column(column, "int8", name == "external"))
        table.foreign_keys.append(ForeignKey(identifier(f"fk{table.name}_{column}_{target}"), column, target))
        if name in ("owner", "group"):
            table.indexes.append(Index(identifier(f"i_{table.name}_{name}"), column))


def _add_reference(table: Table, model: Model, prop: Property, owner: ModelClass) -> None:
    assert prop.column
    nullable = prop.nullable or (owner.inheritance == "single" and owner.superclass is not None)
    table.columns.append(Column(prop.column, "int8", nullable))
    target = model.classes[prop.type]
    name = identifier(f"fk{prop.declared_in}_{prop.name}_{target.name}")
    table.foreign_keys.append(ForeignKey(name, prop.column, target.table, target.key))
    table.indexes.append(Index(identifier(f"i_{prop.declared_in}_{prop.name}"), prop.column))


def _add_index_column(table: Table, prop: Property) -> None:
    if prop.index_column and prop.column:
        table.columns.append(Column(prop.index_column, "int4", False))
        table.unique(prop.column, prop.index_column)


def _add_root_keys(table: Table, cls: ModelClass) -> None:
    table.unique("external_id")
    if cls.is_link:
        table.unique(*(("parent", "child") if cls.is_global else ("parent", "child", "owner_id")))
