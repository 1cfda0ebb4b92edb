"""What PostgreSQL's catalog says about the tables and functions of a database, in the shape of the recorded facts."""

from __future__ import annotations

import re
from typing import Any

CAST = r"::(character varying|double precision|[a-z_0-9]+)"
Row = tuple[Any, ...]

SHORT_TYPES = {
    "bigint": "int8",
    "integer": "int4",
    "boolean": "bool",
    "double precision": "float8",
    "timestamp without time zone": "timestamp",
}

COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
       pg_get_expr(d.adbin, d.adrelid), c.relpersistence
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = %s ORDER BY c.relname, a.attnum
"""
CONSTRAINTS = """
SELECT r.relname, c.contype, c.conname,
       ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k (num, place)
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num ORDER BY place),
       c.confrelid::regclass::text,
       ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k (num, place)
             JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.num ORDER BY place),
       pg_get_constraintdef(c.oid), c.condeferrable, c.confdeltype
FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
WHERE c.connamespace = 'public'::regnamespace AND c.contype IN ('p', 'f', 'u', 'c')
"""
INDEXES = """
SELECT i.relname, t.relname, x.indisunique, pg_get_indexdef(x.indexrelid),
       ARRAY(SELECT a.attname::text FROM unnest(x.indkey::int2[]) WITH ORDINALITY k (num, place)
             LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.num AND k.num > 0 ORDER BY place),
       pg_get_expr(x.indpred, x.indrelid)
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
WHERE t.relnamespace = 'public'::regnamespace
AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = x.indexrelid AND c.contype IN ('p', 'u'))
"""
FUNCTIONS = """
SELECT p.proname,
       array_to_string(ARRAY(SELECT y.typname FROM unnest(p.proargtypes) WITH ORDINALITY a (t, place)
                             JOIN pg_type y ON y.oid = a.t ORDER BY place), ', '),
       r.typname, l.lanname
FROM pg_proc p JOIN pg_type r ON r.oid = p.prorettype JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = 'public'::regnamespace
"""
TRIGGERS = """
SELECT t.tgname, c.relname, t.tgtype::int, p.proname, encode(t.tgargs, 'escape'), t.tgconstraint <> 0,
       t.tgdeferrable, t.tginitdeferred
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal
"""
ENUM_TYPES = """
SELECT t.typname, array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid GROUP BY t.typname
"""
DOMAINS = """
SELECT t.typname, b.typname, pg_get_constraintdef(c.oid)
FROM pg_type t JOIN pg_type b ON b.oid = t.typbasetype JOIN pg_constraint c ON c.contypid = t.oid AND c.contype = 'c'
WHERE t.typnamespace = 'public'::regnamespace
"""
VIEWS = "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'"
SEQUENCES = """
SELECT sequencename, last_value, start_value, increment_by, data_type::text
FROM pg_sequences WHERE schemaname = 'public'
"""

TRIGGER_ROW, TRIGGER_BEFORE, TRIGGER_INSERT, TRIGGER_DELETE, TRIGGER_UPDATE = 1, 2, 4, 8, 16


def bare(expression: str) -> str:
    """An expression without the parentheses, casts and spaces that PostgreSQL adds when it prints one."""
    return re.sub(CAST + r"|[()\s;]", "", expression)


def short(type_: str) -> str:
    return SHORT_TYPES.get(type_, type_.replace("character varying", "varchar"))


def default(expression: str | None) -> str | None:
    """A default without casts; a quoted number is a number."""
    if expression is None:
        return None
    return re.sub(r"^'(-?\d+)'$", r"\1", re.sub(CAST, "", expression))


class Catalog:
    """Reads the catalog through a psycopg2 connection."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def rows(self, query: str, *parameters: str) -> list[Row]:
        with self.connection.cursor() as cursor:
            cursor.execute(query, parameters)
            return list(cursor.fetchall())

    def columns(self, kind: str = "r") -> dict[str, list[list[Any]]]:
        """[name, type, nullable, default] in order, by table ("r") or view ("v")."""
        found: dict[str, list[list[Any]]] = {}
        for table, name, type_, nullable, expression, _ in self.rows(COLUMNS, kind):
            found.setdefault(table, []).append([name, short(type_), nullable, default(expression)])
        return found

    def unlogged(self) -> set[str]:
        return {row[0] for row in self.rows(COLUMNS, "r") if row[5] == "u"}

    def constraints(self, kind: str) -> list[Row]:
        """(table, name, columns, other table, its columns, definition) of one contype; none may be deferrable."""
        found = [row for row in self.rows(CONSTRAINTS) if row[1] == kind]
        assert not any(row[7] or row[8].strip() not in ("", "a") for row in found)
        return [(row[0], *row[2:7]) for row in found]

    def indexes(self) -> list[dict[str, Any]]:
        """Indexes that belong to no constraint."""
        made = []
        for name, table, unique, definition, cols, where in self.rows(INDEXES):
            assert " USING btree " in definition
            columns = definition.split(" USING btree ")[1].split(" WHERE ")[0]
            made.append(
                {
                    "name": name,
                    "table": table,
                    "cols": cols,
                    "unique": unique,
                    "expression": bare(columns) if None in cols else None,
                    "where": bare(where) if where else None,
                }
            )
        return made

    def triggers(self) -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "table": table,
                "when": "BEFORE" if bits & TRIGGER_BEFORE else "AFTER",
                "events": [
                    event
                    for event, bit in (
                        ("INSERT", TRIGGER_INSERT),
                        ("UPDATE", TRIGGER_UPDATE),
                        ("DELETE", TRIGGER_DELETE),
                    )
                    if bits & bit
                ],
                "function": function,
                "args": arguments.split("\\000")[:-1],
                "level": "row" if bits & TRIGGER_ROW else "statement",
                "constraint": constraint,
                "deferrable": deferrable,
                "initially_deferred": deferred,
            }
            for name, table, bits, function, arguments, constraint, deferrable, deferred in self.rows(TRIGGERS)
        ]


def snapshot(connection: Any) -> dict[str, Any]:
    """All that makes a schema, but no rows: to see that a database still has the schema that it had."""
    catalog = Catalog(connection)
    queries = {"functions": FUNCTIONS, "enum types": ENUM_TYPES, "domains": DOMAINS, "views": VIEWS}
    found: dict[str, Any] = {name: sorted(catalog.rows(query)) for name, query in queries.items()}
    found |= {f"constraints {kind}": sorted(catalog.constraints(kind)) for kind in "pfuc"}
    names = sorted(row[0] for row in catalog.rows(SEQUENCES))
    indexes = sorted(catalog.indexes(), key=lambda index: str(index["name"]))
    triggers = sorted(catalog.triggers(), key=lambda trigger: str((trigger["table"], trigger["name"])))
    return found | {"tables": catalog.columns(), "sequences": names, "indexes": indexes, "triggers": triggers}
