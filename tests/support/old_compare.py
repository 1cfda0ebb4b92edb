"""Objects that a server sends against the rows of its database, field by field, by the recorded facts of the schema."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from math import floor
from typing import Any

import psycopg2.extras

from tests.support.old_database import FACTS
from tests.support.old_rows import CLASSES, below, lineage

__all__ = ["Rows", "differences", "simple"]


def simple(name: str) -> str:
    """The name of a class without its package."""
    return name.rpartition(".")[2]


class Rows:
    """What lies in the tables, read through a plain connection."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def query(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        """Rows of a statement, by column."""
        with self.connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(sql, parameters)
            return [dict(row) for row in cursor.fetchall()]

    def of_class(self, name: str) -> dict[int, dict[str, Any]]:
        """The rows of a class by id; columns of all its tables together, with the table before the name."""
        found: dict[int, dict[str, Any]] | None = None
        for part in lineage(name):
            cls = CLASSES[part]
            rows = {}
            for row in self.query(f'SELECT * FROM "{cls["table"]}"'):  # noqa: S608
                rows[row[cls["key"]]] = {f"{cls['table']}.{column}": value for column, value in row.items()}
            found = rows if found is None else {i: found[i] | row for i, row in rows.items() if i in found}
        assert found is not None
        for other in below(name):
            if other != name and CLASSES[other]["table"] not in {CLASSES[part]["table"] for part in lineage(name)}:
                keys = self.query(f'SELECT "{CLASSES[other]["key"]}" AS key FROM "{CLASSES[other]["table"]}"')  # noqa: S608
                found = {i: row for i, row in found.items() if i not in {key["key"] for key in keys}}
        discriminator = CLASSES[name]["discriminator"]
        if discriminator:
            column = f"{CLASSES[name]['table']}.discriminator"
            found = {i: row for i, row in found.items() if row[column] == discriminator}
        return found

    def pairs(self, table: str) -> dict[int, list[tuple[str, str]]]:
        """The lists of a map table by their holder."""
        holder = next(c[0] for c in FACTS["tables"][table]["columns"] if c[0].endswith("_id"))
        found = defaultdict(list)
        for row in self.query(f'SELECT * FROM {table} ORDER BY "{holder}", index'):  # noqa: S608
            found[row[holder]].append((row["name"], row["value"]))
        return found

    def members(self, prop: dict[str, Any]) -> dict[int, list[int]]:
        """Ids of the members of a collection by holder, in the order of the list if it has one."""
        element = CLASSES[prop["type"]]
        back = next(p for part in lineage(prop["type"]) for n, p in CLASSES[part]["properties"].items()
                    if n == prop["inverse"])  # fmt: skip
        table = next(CLASSES[part]["table"] for part in lineage(prop["type"])
                     if prop["inverse"] in CLASSES[part]["properties"])  # fmt: skip
        key, holder, order = element["key"], back["column"], back.get("index_column") or element["key"]
        statement = f"""SELECT "{key}" AS id, "{holder}" AS holder FROM "{table}"
            WHERE "{holder}" IS NOT NULL ORDER BY "{order}" """  # noqa: S608
        found = defaultdict(list)
        for row in self.query(statement):
            found[row["holder"]].append(row["id"])
        return found


def differences(obj: Any, name: str, row: dict[str, Any], maps: dict[str, dict[int, Any]]) -> Iterator[str]:
    """What an object says that its row does not, in words; ``maps`` by table as ``Rows.pairs`` gives them."""
    object_id = obj.id.val
    for part in lineage(name):
        cls = CLASSES[part]
        for prop_name, prop in cls["properties"].items():
            if prop["kind"] in ("collection", "link"):
                continue
            sent = getattr(obj, f"_{prop_name}")
            if prop["kind"] == "map":
                found = [(pair.name, pair.value) for pair in sent or []]
                wanted: Any = maps[prop["table"]].get(object_id, [])
            else:
                found, wanted = _value(sent, prop), _stored(row, cls["table"], prop)
            if found != wanted:
                yield f"{simple(name)}:{object_id}.{prop_name} is {found!r}, in the database {wanted!r}"
    yield from _details(obj, name, row)


def _value(sent: Any, prop: dict[str, Any]) -> Any:
    if sent is None:
        return None
    if prop["kind"] == "manyone":
        return sent.id.val
    if prop["kind"] == "unit":
        return sent.getValue(), sent.getUnit().name
    if prop["type"] == "byte[]":
        return bytes(sent)
    if prop["type"] == "string[]":
        return list(sent)
    return sent.val


def _stored(row: dict[str, Any], table: str, prop: dict[str, Any]) -> Any:
    value = row[f"{table}.{prop['column']}"]
    if value is None:
        return None
    if prop["kind"] == "unit":
        type_ = next(c[1] for c in FACTS["tables"][table]["columns"] if c[0] == prop["unit_column"])
        names = {label: name for name, label in FACTS["unit_names"][type_].items()}
        return value, names[row[f"{table}.{prop['unit_column']}"]]
    if isinstance(value, datetime):
        # The wire has whole milliseconds, as Java's times: what is beyond is cut off.
        return floor(value.replace(microsecond=0).timestamp()) * 1000 + value.microsecond // 1000
    return bytes(value) if isinstance(value, memoryview) else value


def _details(obj: Any, name: str, row: dict[str, Any]) -> Iterator[str]:
    table = CLASSES[lineage(name)[0]]["table"]
    for attribute, column in (
        ("owner", "owner_id"), ("group", "group_id"), ("creationEvent", "creation_id"), ("updateEvent", "update_id"),
        ("externalInfo", "external_id"),
    ):  # fmt: skip
        sent = getattr(obj.details, f"_{attribute}")
        found, wanted = None if sent is None else sent.id.val, row.get(f"{table}.{column}")
        if found != wanted:
            yield f"{simple(name)}:{obj.id.val}.details.{attribute} is {found}, in the database {wanted}"
    if f"{table}.version" in row:
        version = None if obj._version is None else obj._version.val
        if version != row[f"{table}.version"]:
            yield f"{simple(name)}:{obj.id.val}.version is {version}, in the database {row[f'{table}.version']}"
