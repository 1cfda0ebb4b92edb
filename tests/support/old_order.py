"""Whether the rows of a database fit together beyond what its constraints enforce."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.support.old_database import FACTS
from tests.support.old_rows import CLASSES, lineage

if TYPE_CHECKING:
    from tests.support.old_compare import Rows

__all__ = ["disorder"]


def disorder(rows: Rows) -> Iterator[str]:
    """What is wrong, in words: half objects, references to nothing, gaps in lists, history of what never was."""
    yield from _half_objects(rows)
    yield from _references(rows)
    yield from _lists(rows)
    yield from _history(rows)
    yield from _sequences(rows)


def _half_objects(rows: Rows) -> Iterator[str]:
    """Of a joined class each object has a row in the tables of all its superclasses, and in one leaf at least."""
    for root, cls in CLASSES.items():
        subclasses = [n for n in CLASSES if n != root and lineage(n)[0] == root]
        if not subclasses or cls["discriminator"] is not None:
            continue
        leaves = {n: _ids(rows, CLASSES[n]["table"], CLASSES[n]["key"]) for n in subclasses}
        own = _ids(rows, cls["table"], "id")
        for name, ids in leaves.items():
            above = lineage(name)[-2]
            parents = own if above == root else leaves[above]
            yield from (f"{name}:{i} has no row in {above}" for i in ids - parents)
        if cls["abstract"]:
            yield from (f"{root}:{i} is of no class" for i in own - set().union(*leaves.values()))


def _ids(rows: Rows, table: str, column: str) -> set[int]:
    return {row["id"] for row in rows.query(f'SELECT "{column}" AS id FROM "{table}"')}  # noqa: S608


def _references(rows: Rows) -> Iterator[str]:
    for name, table in FACTS["tables"].items():
        for _, (column,), target, (key,) in table["foreign_keys"]:
            sql = f"""SELECT "{column}" AS id FROM "{name}" t WHERE "{column}" IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM "{target}" o WHERE o."{key}" = t."{column}")"""  # noqa: S608
            yield from (f"{name}.{column} = {row['id']}, which is not there" for row in rows.query(sql))


def _lists(rows: Rows) -> Iterator[str]:
    """No place of an ordered list is below zero: that is where rows go on their way to another place."""
    for cls in CLASSES.values():
        for prop in cls["properties"].values():
            if prop.get("index_column"):
                index = prop["index_column"]
                sql = f'SELECT "{cls["key"]}" AS id FROM "{cls["table"]}" WHERE "{index}" < 0'  # noqa: S608
                yield from (f"{cls['table']}:{row['id']} has no place in its list" for row in rows.query(sql))


def _history(rows: Rows) -> Iterator[str]:
    """Events of sessions have logs, logs of new objects their object, unless it was deleted since."""
    # A session's event and the rows of the server's own start have been there before this server.
    for name, cls in CLASSES.items():
        if cls["abstract"] or name == "ome.model.core.Image":
            continue
        sql = f"""SELECT l.entityid FROM eventlog l WHERE l.entitytype = %s AND l.action IN ('INSERT', 'UPDATE')
            AND NOT EXISTS (SELECT 1 FROM "{cls["table"]}" t WHERE t."{cls["key"]}" = l.entityid)
            AND NOT EXISTS (SELECT 1 FROM eventlog d WHERE d.entitytype = l.entitytype AND d.entityid = l.entityid
                            AND d.action = 'DELETE')"""  # noqa: S608
        yield from (f"the log has {name}:{row['entityid']}, which is not there" for row in rows.query(sql, name))
    twice = """SELECT event, entitytype, entityid FROM eventlog WHERE action IN ('INSERT', 'DELETE')
        AND entitytype <> 'ome.model.core.Image' GROUP BY event, entitytype, entityid, action HAVING count(*) > 1"""
    yield from (f"logged twice: {row}" for row in rows.query(twice))


def _sequences(rows: Rows) -> Iterator[str]:
    for sequence in FACTS["sequences"]:
        table = sequence["name"].removeprefix("seq_")
        if table in FACTS["tables"]:
            highest = rows.query(f'SELECT coalesce(max(id), 0) AS id FROM "{table}"')[0]["id"]  # noqa: S608
            last = rows.query(f"SELECT last_value FROM {sequence['name']}")[0]["last_value"]  # noqa: S608
            if last < highest:
                yield f"{sequence['name']} stands at {last}, but there is a row {highest}"
