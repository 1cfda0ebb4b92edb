"""The SQL that makes an empty database, generated from the model.

``files()`` gives the pieces by file name, in the order in which they must run. They are committed under
``sql/OMERO5.4__0/`` for reading; ``omero_server.db.schema`` runs what is generated here. SQL that no rule gives is
written by hand in ``model/sql/``; where many functions differ only in names, in ``model/sql/templates/``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from omero_server.model.layout import Column, Table, tables
from omero_server.model.schema import Model, ModelClass, identifier
from omero_server.model.triggers import triggers

__all__ = ["PASSWORD_PLACEHOLDER", "PATCH", "VERSION", "files"]

VERSION = "OMERO5.4"
PATCH = 0
PASSWORD_PLACEHOLDER = "@root_password_hash@"

SQL = Path(__file__).parent / "sql"
RESERVED = {"column", "group"}
DOMAINS = {
    "nonnegative_int": ("int4", "VALUE >= 0"),
    "nonnegative_float": ("float8", "VALUE >= 0"),
    "positive_int": ("int4", "VALUE > 0"),
    "positive_float": ("float8", "VALUE > 0"),
    "percent_fraction": ("float8", "VALUE >= 0 AND VALUE <= 1"),
}
COUNT_VIEW = """\
CREATE VIEW {view} ({key}, owner_id, count) AS
    SELECT {end}, owner_id, count(*) FROM {link} GROUP BY {end}, owner_id ORDER BY {end};"""
ENUM_ROW_PERMISSIONS = -52


def files(model: Model) -> dict[str, str]:
    """SQL by file name, in running order. One holds PASSWORD_PLACEHOLDER where the root's hash belongs."""
    made = tables(model)
    bootstrap = _hand_written("bootstrap").replace("@version@", VERSION).replace("@patch@", str(PATCH))
    pieces = {
        "types": _paragraphs(_types(model)),
        "sequences": "\n".join(_sequences(model)) + "\n",
        "ids": _hand_written("ids"),
        "tables": _paragraphs(map(_table, made.values())),
        "keys": "\n".join(_keys(made)) + "\n",
        "indexes": "\n".join(_indexes(made)) + "\n",
        "other_tables": _hand_written("tables"),
        "alterations": _hand_written("alterations"),
        "views": _paragraphs(_views(model)),
        "enumerations": _paragraphs(_enumerations(model)),
        "bootstrap": bootstrap,
        "events": _hand_written("events"),
        "lists": triggers("lists", model),
        "reindexing": triggers("reindexing", model) + "\n" + _hand_written("reindex"),
        "guards": _hand_written("guards"),
        "files": _hand_written("files"),
        "roles": _hand_written("roles"),
        "privileges": triggers("privileges", model),
    }
    return {f"{number:02}_{name}.sql": text for number, (name, text) in enumerate(pieces.items(), 1)}


def _hand_written(name: str) -> str:
    return (SQL / f"{name}.sql").read_text("utf-8")


def _paragraphs(statements: Iterator[str]) -> str:
    return "\n\n".join(statements) + "\n"


def _quoted(name: str) -> str:
    return f'"{name}"' if name in RESERVED else name


def _literal(value: str | int) -> str:
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def _types(model: Model) -> Iterator[str]:
    for name, (base, check) in DOMAINS.items():
        yield f"CREATE DOMAIN {name} AS {base} CHECK ({check});"
    for unit, symbols in sorted(model.units.items()):
        labels = ",\n".join(f"    {_literal(symbol)}" for _, symbol in symbols)
        yield f"CREATE TYPE units{unit.lower()} AS ENUM (\n{labels}\n);"


def _sequences(model: Model) -> Iterator[str]:
    yield "CREATE SEQUENCE _lock_seq;"
    for cls in model.roots():
        yield f"CREATE SEQUENCE {cls.sequence};"


def _table(table: Table) -> str:
    lines = [_column(column) for column in table.columns]
    lines.append(f"PRIMARY KEY ({', '.join(map(_quoted, table.primary_key))})")
    for value, unit in table.unit_pairs:
        lines.append(
            f"CONSTRAINT {value}_unitpair CHECK (({value} IS NULL AND {unit} IS NULL)\n"
            f"        OR ({value} IS NOT NULL AND {unit} IS NOT NULL))"
        )
    for unique in table.uniques:
        lines.append(f"CONSTRAINT {unique.name} UNIQUE ({', '.join(map(_quoted, unique.columns))})")
    return f"CREATE TABLE {table.name} (\n" + ",\n".join(f"    {line}" for line in lines) + "\n);"


def _column(column: Column) -> str:
    return f"{_quoted(column.name)} {column.type}" + ("" if column.nullable else " NOT NULL")


def _keys(made: dict[str, Table]) -> Iterator[str]:
    for table in made.values():
        for key in table.foreign_keys:
            yield (
                f"ALTER TABLE {table.name} ADD CONSTRAINT {key.name}\n"
                f"    FOREIGN KEY ({_quoted(key.column)}) REFERENCES {key.table} ({key.key});"
            )


def _indexes(made: dict[str, Table]) -> Iterator[str]:
    for table in made.values():
        for index in table.indexes:
            yield f"CREATE INDEX {index.name} ON {table.name} ({_quoted(index.column)});"


def _views(model: Model) -> Iterator[str]:
    """Numbers of links per object and owner, for the collections whose links have an owner."""
    for cls in model.classes.values():
        for prop in cls.own:
            if prop.kind == "links" and not model.classes[prop.type].is_global:
                name = identifier(f"count_{cls.name}_{prop.name}_by_owner")
                link = model.classes[prop.type].table
                yield COUNT_VIEW.format(view=name, key=f"{cls.name.lower()}_id", link=link, end=prop.inverse)


def _enumerations(model: Model) -> Iterator[str]:
    """Rows of the enumerations, and the lock number of each sequence."""
    for cls in model.classes.values():
        if cls.values:
            yield _enumeration(model, cls)
    names = ",\n".join(f"    ('{cls.sequence}')" for cls in model.roots())
    yield f"INSERT INTO _lock_ids (name) VALUES\n{names};"


def _enumeration(model: Model, cls: ModelClass) -> str:
    sizes = model.bit_sizes if cls.name == "PixelsType" else {}
    rows: list[list[str | int]] = [
        [number, ENUM_ROW_PERMISSIONS, value, *([sizes[value]] if sizes else [])]
        for number, value in enumerate(cls.values, 1)
    ]
    values = ",\n".join(f"    ({', '.join(map(_literal, row))})" for row in rows)
    columns = "id, permissions, value" + (", bitsize" if sizes else "")
    return f"INSERT INTO {cls.table} ({columns}) VALUES\n{values};\nSELECT setval('{cls.sequence}', {len(rows)});"
