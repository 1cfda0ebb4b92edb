"""A database OMERO5.4__0 as another server has left it: made by plain SQL from the recorded facts of the schema.

Nothing of our server's code takes part, neither its model nor its DDL. ``script()`` is the whole database; with
``upgraded=True`` columns stand in another order and constraints have other names, as in databases that went through
many upgrades. What is in the rows: see ``old_rows``.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

__all__ = ["FACTS", "insert", "literal", "script"]

DATA = Path(__file__).parents[1] / "data"
FACTS: dict[str, Any] = json.loads(gzip.decompress((DATA / "facts" / "schema.json.gz").read_bytes()))
FUNCTIONS = (DATA / "old_database" / "functions.sql").read_text()
VIEW = """CREATE VIEW {name} ({named}) AS SELECT {ordered_by}, owner_id, count(*) FROM {from_table}
    GROUP BY {ordered_by}, owner_id ORDER BY {ordered_by};"""
ROOT_HASH = "kYMkc9SyhupHyJP1Cl2Alg=="
"""Of the password "omero"."""

FOLDER_IMAGES = """SELECT 'ome.model.core.Image' AS class, r.image AS id FROM roi r JOIN folderroilink l
    ON l.child = r.id WHERE l.parent = new.id AND r.image IS NOT NULL"""
ROI_IMAGES = "SELECT 'ome.model.core.Image' AS class, image AS id FROM roi WHERE id {} AND image IS NOT NULL"
IMAGES = "SELECT 'ome.model.core.Image' AS class, i AS id FROM unnest(ARRAY[{}]) AS i WHERE i IS NOT NULL"
QUEUES = {
    "folder_update_trigger": FOLDER_IMAGES,
    "folder_roi_link_insert_trigger": ROI_IMAGES.format("= new.child"),
    "folder_roi_link_update_trigger": ROI_IMAGES.format("IN (old.child, new.child)"),
    "folder_roi_link_delete_trigger": ROI_IMAGES.format("= old.child"),
    "roi_insert_trigger": IMAGES.format("new.image"),
    "roi_update_trigger": IMAGES.format("old.image, new.image") + " AND old.image IS DISTINCT FROM new.image",
    "roi_delete_trigger": IMAGES.format("old.image"),
}
HELD = """SELECT p.value FROM adminprivilege p WHERE NOT EXISTS (SELECT 1 FROM experimenter_config c
    WHERE c.experimenter_id = new.child AND c.name = 'AdminPrivilege:' || p.value AND lower(c.value) <> 'true')
    AND new.parent IN (SELECT system_group_id FROM _roles)"""
FREED = """SELECT p.value FROM adminprivilege p WHERE old.name = 'AdminPrivilege:' || p.value
    AND lower(old.value) <> 'true' AND EXISTS (SELECT 1 FROM groupexperimentermap m, _roles
    WHERE m.child = old.experimenter_id AND m.parent = system_group_id)
    AND NOT EXISTS (SELECT 1 FROM experimenter_config c WHERE c.experimenter_id = old.experimenter_id
    AND c.name = old.name AND lower(c.value) <> 'true')"""
GUARDS = {
    "group_link_insert_check": HELD,
    "group_link_update_check": HELD + " AND (old.parent <> new.parent OR old.child <> new.child)",
    "user_config_delete_check": FREED,
    "user_config_update_check": FREED,
}


def script(rows: Iterable[tuple[str, dict[str, Any]]] = (), upgraded: bool = False) -> str:
    """The schema with its first rows and others, as one SQL script.

    Keys and triggers come after the rows, as in a dump: what does not fit together fails there.
    """
    first = [_types(), _sequences(), _tables(upgraded), FUNCTIONS, *_alike(), _defaults(), _initial_rows()]
    rows = list(rows)
    filled = [insert(table, row) for table, row in rows]
    return "\n".join([*first, *filled, *_behind(rows), _constraints(upgraded), _indexes(), _views(), _triggers()])


def _types() -> str:
    made = [f"CREATE DOMAIN {n} AS {base} CHECK ({check});" for n, (base, check) in FACTS["domains"].items()]
    for name, labels in FACTS["enum_types"].items():
        made.append(f"CREATE TYPE {name} AS ENUM ({', '.join(literal(label) for label in labels)});")
    return "\n".join(made)


def _sequences() -> str:
    return "\n".join(f"CREATE SEQUENCE {sequence['name']};" for sequence in FACTS["sequences"])


def _tables(upgraded: bool) -> str:
    made = []
    for name, table in FACTS["tables"].items():
        columns = list(reversed(table["columns"])) if upgraded else table["columns"]
        lines = [f'"{c}" {type_}{"" if nullable else " NOT NULL"}' for c, type_, nullable, _ in columns]
        unlogged = "UNLOGGED " if table["unlogged"] else ""
        made.append(f"CREATE {unlogged}TABLE {name} (\n    " + ",\n    ".join(lines) + "\n);")
    return "\n".join(made)


def _defaults() -> str:
    """Of columns: they may call functions, which need the tables."""
    return "\n".join(
        f'ALTER TABLE {name} ALTER COLUMN "{column}" SET DEFAULT {expression};'
        for name, table in FACTS["tables"].items()
        for column, _, _, expression in table["columns"]
        if expression is not None
    )


def _constraints(upgraded: bool) -> str:
    """Keys, then what refers to them."""
    keys, references = [], []
    for name, table in FACTS["tables"].items():
        key = [table["primary_key"]] if table["primary_key"] else []
        keys += [_constraint(name, k["name"], f"PRIMARY KEY ({_list(k['cols'])})", upgraded) for k in key]
        keys += [_constraint(name, n, f"UNIQUE ({_list(cols)})", upgraded) for n, cols in table["uniques"]]
        keys += [_constraint(name, n, f"CHECK ({rule})", False) for n, rule in table["checks"]]
        for n, cols, target, target_cols in table["foreign_keys"]:
            rule = f"FOREIGN KEY ({_list(cols)}) REFERENCES {target} ({_list(target_cols)})"
            references.append(_constraint(name, n, rule, upgraded))
    return "\n".join(keys + references)


def _constraint(table: str, name: str, rule: str, renamed: bool) -> str:
    return f"ALTER TABLE {table} ADD CONSTRAINT {'old' + name[:60] if renamed else name} {rule};"


def _indexes() -> str:
    made = []
    for index in FACTS["indexes"]:
        columns = index["expression"] or f"({_list(index['cols'])})"
        where = f" WHERE {index['where']}" if index["where"] else ""
        unique = "UNIQUE " if index["unique"] else ""
        made.append(f"CREATE {unique}INDEX {index['name']} ON {index['table']} {columns}{where};")
    return "\n".join(made)


def _views() -> str:
    return "\n".join(VIEW.format(**view | {"named": ", ".join(view["columns"])}) for view in FACTS["views"])


def _triggers() -> str:
    made = []
    for t in FACTS["triggers"]:
        kind = "CONSTRAINT TRIGGER" if t["constraint"] else "TRIGGER"
        deferred = " DEFERRABLE INITIALLY DEFERRED" if t["initially_deferred"] else ""
        made.append(
            f"CREATE {kind} {t['name']} {t['when']} {' OR '.join(t['events'])} ON {t['table']}{deferred} "
            f"FOR EACH ROW EXECUTE PROCEDURE {t['function']}({', '.join(map(literal, t['args']))});"
        )
    return "\n".join(made)


def _alike() -> Iterator[str]:
    """The functions that are made from templates."""
    text = (DATA / "old_database" / "templates.sql").read_text()
    templates = dict(part.split("\n", 1) for part in text.split("\n-- ")[1:])
    for name in (f["name"] for f in FACTS["functions"]):
        if name.endswith("_index_move"):
            table, column = name.removesuffix("_index_move").rsplit("_", 1)
            yield _fill(templates["list"], TABLE=table, COLUMN=column)
        elif name.endswith("_map_entry_delete_trigger_function"):
            table = name.removesuffix("_map_entry_delete_trigger_function")
            holder = table.rsplit("_", 1)[0]
            keys = FACTS["tables"][holder]["primary_key"]["cols"]
            columns = [column[0] for column in FACTS["tables"][table]["columns"]]
            own = next(c for c in columns if c.endswith("_id"))
            yield _fill(templates["map"], TABLE=table, HOLDER=own.removesuffix("_id"), KEY=keys[0])
        elif name in QUEUES:
            result = "old" if "delete" in name else "new"
            yield _fill(templates["queue"], NAME=name, QUERY=QUEUES[name], RESULT=result)
        elif name in GUARDS:
            yield _fill(templates["guard"], NAME=name, QUERY=GUARDS[name])
    yield _fill(templates["queue"], NAME="annotation_update_event_trigger", QUERY=_annotated(), RESULT="new")


def _annotated() -> str:
    """All objects that the annotation hangs on."""
    links = {t["table"]: t["args"][0] for t in FACTS["triggers"] if t["function"] == "annotation_link_insert_trigger"}
    return " UNION ".join(f"SELECT {literal(c)} AS class, parent AS id FROM {t} WHERE child = new.id"  # noqa: S608
                          for t, c in links.items())  # fmt: skip


def _fill(template: str, **words: str) -> str:
    for word, value in words.items():
        template = template.replace(f"${word}", value)
    return template


def _initial_rows() -> str:
    made = [insert(table, row) for table, row in FACTS["initial_rows"]]
    for sequence in FACTS["sequences"]:
        if sequence["last_value"]:
            made.append(f"SELECT setval('{sequence['name']}', {sequence['last_value']});")
    return "\n".join(made)


def _behind(rows: list[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    """Statements that set the sequences behind the ids of these rows."""
    last: dict[str, int] = {}
    for table, row in rows:
        last[table] = max(last.get(table, 0), row.get("id", 0))
    known = {sequence["name"] for sequence in FACTS["sequences"]}
    yield from (f"SELECT setval('seq_{t}', {row_id});" for t, row_id in last.items() if f"seq_{t}" in known and row_id)


def insert(table: str, row: dict[str, Any]) -> str:
    """An INSERT of one row."""
    values = ", ".join(literal(value) for value in row.values())
    return f"INSERT INTO {table} ({_list(row)}) VALUES ({values});"  # noqa: S608


def literal(value: Any) -> str:
    """A value in SQL; {"sql": ...} stands for an expression, any other dictionary for the hash of root's password."""
    if isinstance(value, dict):
        return str(value.get("sql") or literal(ROOT_HASH))
    if value is None or isinstance(value, bool):
        return {None: "NULL", True: "TRUE", False: "FALSE"}[value]
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'::bytea"
    if isinstance(value, list):
        return f"ARRAY[{', '.join(map(literal, value))}]::text[]"
    if isinstance(value, int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def _list(columns: Any) -> str:
    return ", ".join(f'"{column}"' for column in columns)
