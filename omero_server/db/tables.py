"""Every table of the database for SQLAlchemy Core.

The tables are for statements only: they know columns, types and primary keys, but no other constraints; the schema
itself comes from ``omero_server.db.schema``. Ids are always given, see ``ome_nextval``, hence no autoincrement. Units
of measurement go in and out as the labels of the database ("µm").
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, ENUM
from sqlalchemy.types import TypeEngine

from omero_server.model import layout
from omero_server.model.schema import MODEL, Model, ModelClass

__all__ = ["METADATA", "TABLES", "table_of"]

TYPES: dict[str, TypeEngine[Any]] = {
    "bool": Boolean(),
    "bytea": LargeBinary(),
    "float8": Double(),
    "int4": Integer(),
    "int8": BigInteger(),
    "nonnegative_float": Double(),
    "nonnegative_int": Integer(),
    "percent_fraction": Double(),
    "positive_float": Double(),
    "positive_int": Integer(),
    "text": Text(),
    "text[]": ARRAY(Text()),
    "timestamp": DateTime(),
    "varchar(255)": String(255),
    "varchar(31)": String(31),
    "varchar(36)": String(36),
}

# Tables without a class, and columns without a property: name and type. See model/sql.
DATABASE_ONLY = {
    "_current_admin_privileges": [("transaction", "int8"), ("privilege", "varchar(255)")],
    "_fs_deletelog": [
        ("event_id", "int8"),
        ("file_id", "int8"),
        ("owner_id", "int8"),
        ("group_id", "int8"),
        ("path", "text"),
        ("name", "varchar(255)"),
        ("repo", "varchar(36)"),
    ],
    "_lock_ids": [("name", "varchar(255)"), ("id", "int4")],
    "_reindexing_required": [("event_id", "int8"), ("entity_type", "text"), ("entity_id", "int8")],
    "_roles": [
        ("root_user_id", "int8"),
        ("guest_user_id", "int8"),
        ("system_group_id", "int8"),
        ("user_group_id", "int8"),
        ("guest_group_id", "int8"),
    ],
    "configuration": [("name", "varchar(255)"), ("value", "text")],
    "password": [("experimenter_id", "int8"), ("hash", "varchar(255)"), ("changed", "timestamp")],
}
KEYS = {"_lock_ids": ("id",), "configuration": ("name",), "password": ("experimenter_id",)}
FURTHER_COLUMNS = {"pixels": [("path", "text"), ("name", "text"), ("repo", "varchar(36)")]}


def table_of(cls: ModelClass) -> Table:
    """The table of a class's own columns."""
    return TABLES[cls.table]


def _make(model: Model, metadata: MetaData) -> dict[str, Table]:
    types = TYPES | {
        f"units{unit.lower()}": ENUM(*(symbol for _, symbol in symbols), name=f"units{unit.lower()}", create_type=False)
        for unit, symbols in model.units.items()
    }
    for table in layout.tables(model).values():
        columns = [(column.name, column.type) for column in table.columns] + FURTHER_COLUMNS.get(table.name, [])
        _table(metadata, types, table.name, columns, table.primary_key)
    for name, columns in DATABASE_ONLY.items():
        _table(metadata, types, name, columns, KEYS.get(name, ()))
    return dict(metadata.tables)


def _table(
    metadata: MetaData,
    types: dict[str, TypeEngine[Any]],
    name: str,
    columns: list[tuple[str, str]],
    key: tuple[str, ...],
) -> None:
    made = [Column(column, types[type_], primary_key=column in key, autoincrement=False) for column, type_ in columns]
    Table(name, metadata, *made)


METADATA = MetaData()
TABLES: dict[str, Table] = _make(MODEL, METADATA)
