"""All rows of a database, and who may have changed them by the plain rules of permissions: what a request did.

The rules are written down here a second time, without the code they are to prove.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, func, literal, literal_column, select, text, union_all
from sqlalchemy.dialects.postgresql import JSONB

from omero_server.db.engine import Database
from omero_server.db.tables import TABLES
from tests.support.garden import BOOKKEEPING
from tests.support.lab import Lab

__all__ = ["Key", "Ledger", "Who", "crossing", "dangling", "differences", "read_ledger"]

Key = tuple[str, int]
Row = dict[str, Any]
COMMON_GROUPS = (0, 1)
PEOPLE = {"experimenter", "experimentergroup", "groupexperimentermap"}
GROUP_RIGHTS = {"RW": 0x20, "RA": 0x10, "RO": 0x40}
SYSTEM = frozenset({"_lock_ids", "_roles", "configuration", "dbpatch", "session", "share", "node", "password"})


class Ledger(dict[Key, Row]):
    """Rows by table and id. ``references``: of each table, its columns that refer to others, and these tables."""

    references: Mapping[str, tuple[tuple[str, str], ...]]


@cache
def _references(database: Database) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Foreign keys as the database has them."""
    sql = """SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text FROM pg_constraint c
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.contype = 'f'"""
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    with database.begin() as db:
        for table, column, target in db.execute(text(sql)):
            found[table].append((column, target))
    owned = {name for name, table in TABLES.items() if "group_id" in table.c}
    parts = {name for name, pairs in found.items() if any(target in owned and column == _identity(name)
                                                           for column, target in pairs)}  # fmt: skip
    known = (owned | parts | PEOPLE) - BOOKKEEPING - SYSTEM
    return {name: tuple(pair for pair in found[name] if pair[1] in known) for name in sorted(known)}


def _identity(name: str) -> str:
    columns = TABLES[name].c
    return "id" if "id" in columns else next(column.name for column in columns if column.name.endswith("_id"))


@cache
def _rows(name: str) -> Select[Any]:
    table = TABLES[name]
    row = func.to_jsonb(literal_column(f'"{name}"'), type_=JSONB)
    return select(literal(name), table.c[_identity(name)], row).select_from(table)


def read_ledger(lab: Lab) -> Ledger:
    """All rows. Rows of maps, of which an object has several, count as one."""
    found = Ledger()
    found.references = _references(lab.database)
    rows = [_rows(name) for name in found.references]
    with lab.database.begin() as db:
        for name, row_id, row in db.execute(union_all(*rows)):
            known = found.setdefault((name, row_id), row)
            if known is not row:
                known.setdefault("more", []).append(row)
    return found


def _referring(ledger: Ledger) -> Iterator[tuple[Key, str, Key]]:
    for key, row in ledger.items():
        for column, table in ledger.references.get(key[0], ()):
            if row.get(column) is not None and column not in ("owner_id", "group_id"):
                yield key, column, (table, row[column])


def dangling(ledger: Ledger) -> list[str]:
    """References to rows that do not exist, and parts without a whole."""
    found = [f"{key}.{column} -> {target}" for key, column, target in _referring(ledger) if target not in ledger]
    used: defaultdict[str, set[int]] = defaultdict(set)
    for key, column, target in _referring(ledger):
        used[f"{key[0]}.{column}"].add(target[1])
    for table, user in (("fileset", "image.fileset"), ("quantumdef", "renderingdef.quantization"),
                        ("job", "filesetjoblink.child"), ("logicalchannel", "channel.logicalchannel")):  # fmt: skip
        found += [f"{key} is part of nothing" for key in ledger if key[0] == table and key[1] not in used[user]]
    return found


def _group(ledger: Ledger, key: Key) -> int | None:
    row = ledger.get(key)
    return None if row is None else row.get("group_id")


def crossing(ledger: Ledger) -> list[str]:
    """References from an object of one group to one of another, other than the common groups."""
    return [
        f"{key}.{column} -> {target}" for key, column, target in _referring(ledger)
        if None not in (_group(ledger, key), _group(ledger, target))
        and _group(ledger, target) not in (_group(ledger, key), *COMMON_GROUPS)
    ]  # fmt: skip


@dataclass(frozen=True)
class Differences:
    """What is gone, what is new, and which columns have other values."""

    gone: frozenset[Key]
    new: frozenset[Key]
    changed: Mapping[Key, frozenset[str]]


def differences(before: Ledger, after: Ledger) -> Differences:
    """What was done in between."""
    both = before.keys() & after.keys()
    changed = {key: _changed(before[key], after[key]) for key in both if before[key] != after[key]}
    return Differences(frozenset(before.keys() - after.keys()), frozenset(after.keys() - before.keys()), changed)


def _changed(before: Row, after: Row) -> frozenset[str]:
    return frozenset(name for name in before | after if before.get(name) != after.get(name))


@dataclass(frozen=True)
class Who:
    """A caller, and what he may do by the table of permissions."""

    lab: Lab
    name: str
    privileges: frozenset[str] = frozenset()

    @property
    def full(self) -> bool:
        return self.name == "root"

    @property
    def id(self) -> int:
        return 0 if self.full else self.lab.scene.users[self.name]

    def leads(self, group: int) -> bool:
        return not self.full and group in self.lab.scene.leaders[self.name]

    def writes(self, ledger: Ledger, key: Key, privilege: str) -> bool:
        """Whether the caller may delete ("DeleteOwned") or edit ("WriteOwned") an object."""
        row = ledger[key]
        if "group_id" not in row:
            return self.full
        if key[0] == "originalfile":
            privilege = privilege.replace("Owned", "File")
        group = row["group_id"]
        bits = ledger["experimentergroup", group]["permissions"]
        mine = group in self.lab.scene.members.get(self.name, ()) and bits & GROUP_RIGHTS["RW"]
        return bool(
            self.full or privilege in self.privileges or row["owner_id"] == self.id or self.leads(group) or mine
        )

    def reads(self, ledger: Ledger, key: Key) -> bool:
        row = ledger[key]
        if self.full or self.privileges or "group_id" not in row:
            return True
        bits = ledger["experimentergroup", row["group_id"]]["permissions"]
        member = row["group_id"] in self.lab.scene.members[self.name]
        mine = row["owner_id"] == self.id or self.leads(row["group_id"])
        return bool(mine or (member and bits & GROUP_RIGHTS["RO"]))
