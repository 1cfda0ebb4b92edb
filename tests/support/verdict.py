"""Whether what a request did is allowed: by the plain rules of permissions, and by what may be waived."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import omero.cmd
from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL
from tests.support.ledger import Differences, Key, Ledger, Who, crossing, dangling, differences

__all__ = ["verdict"]

VIEWS = {"renderingdef", "quantumdef", "channelbinding", "codomainmapcontext", "projectiondef", "thumbnail"}
WAIVED = VIEWS | {"roi", "shape", "affinetransform", "statsinfo", "originalfile", "externalinfo", "filesetjoblink"}
FIXED = {"version", "update_id", "creation_id", "permissions"}
BASIC = ("/basic/text/comment/", "/basic/num/long/")


def verdict(who: Who, request: Any, response: Any, before: Ledger, after: Ledger) -> list[str]:
    """What is wrong with what a successful request did; empty when all is well."""
    name, done = type(request).__name__, differences(before, after)
    found = [*_new(dangling(before), dangling(after)), *_new(crossing(before), crossing(after))]
    found += [f"{key} has other {sorted(names)}" for key, names in done.changed.items()
              if names & FIXED and key[0] != "experimentergroup"]  # fmt: skip
    if name == "Duplicate":
        return found + list(_copies(who, request, response, before, after, done))
    found += [f"{key} is new" for key in done.new]
    found += _as_told("deleted", response.deletedObjects, done.gone)
    planned = {key for names in ("deletedObjects", "includedObjects") for key in _keys(getattr(response, names, {}))}
    found += _removals(who, before, done, planned)
    found += _cuts(who, before, after, done)
    if name == "Chgrp2":
        moved = {key for key, names in done.changed.items() if "group_id" in names}
        found += _as_told("moved", response.includedObjects, moved, exactly=False)
        found += _moves(who, request.groupId, before, after, moved, done)
    if name == "Chown2":
        found += _gifts(who, request.userId, before, after, done)
    allowed = {"Chgrp2": "group_id", "Chown2": "owner_id"}.get(name, "")
    found += [f"{key} has another {column}" for key, names in done.changed.items()
              for column in names & {"owner_id", "group_id"} if column != allowed]  # fmt: skip
    return found


def _new(before: Collection[str], after: Collection[str]) -> list[str]:
    return [problem for problem in after if problem not in before]


def _keys(told: dict[str, list[int]]) -> set[Key]:
    """The objects of a response's map."""
    return {(MODEL.resolve(name.rpartition(".")[2]).root.table, i) for name, ids in told.items() for i in ids}


def _as_told(what: str, told: dict[str, list[int]], keys: Collection[Key], exactly: bool = True) -> Iterator[str]:
    """Rows are those of the response."""
    roots = _keys(told)
    owned = {key for key in keys if "id" in TABLES[key[0]].c}
    yield from (f"{key} was {what}, which is not told" for key in owned - roots)
    if exactly:
        yield from (f"{key} was not {what}, but is said to be" for key in roots - owned)
    for ids in told.values():
        if ids != sorted(set(ids)):
            yield f"{ids} are not ascending"


def _kind(ledger: Ledger, key: Key) -> str:
    """The table; of annotations the class, since what is waived depends on it."""
    return str(ledger[key]["discriminator"]) if key[0] == "annotation" else key[0]


def _removals(who: Who, before: Ledger, done: Differences, planned: set[Key]) -> Iterator[str]:
    for key in done.gone:
        if "owner_id" not in before[key] or who.writes(before, key, "DeleteOwned"):
            continue
        kind = _kind(before, key)
        if not (kind in WAIVED or kind in BASIC or kind.endswith("link")):
            yield f"{key} of {before[key]['owner_id']} was deleted without permission"
        elif not _neighbours(before, key) & planned:
            yield f"{key} of {before[key]['owner_id']} was deleted without a reason"


def _neighbours(ledger: Ledger, key: Key) -> set[Key]:
    found = {(table, ledger[key].get(column)) for column, table in ledger.references.get(key[0], ())
             if column not in ("owner_id", "group_id")}  # fmt: skip
    for other, row in ledger.items():
        if any(table == key[0] and row.get(column) == key[1] for column, table in ledger.references.get(other[0], ())):
            found.add(other)
    return {(table, i) for table, i in found if i is not None}


def _cuts(who: Who, before: Ledger, after: Ledger, done: Differences) -> Iterator[str]:
    """References that were emptied: in rows that the caller may edit."""
    for key, names in done.changed.items():
        for name in names - {"owner_id", "group_id"}:
            if key[0] == "experimentergroup" and name == "permissions":
                continue
            if after[key].get(name) is not None:
                yield f"{key} has another {name}"
            elif not (who.writes(before, key, "WriteOwned") or _kind(before, key) in WAIVED):
                yield f"{key}.{name} was emptied without permission"


def _moves(who: Who, group: int, before: Ledger, after: Ledger, moved: set[Key], done: Differences) -> Iterator[str]:
    private = not before["experimentergroup", group]["permissions"] & 0x40
    for key in moved:
        row, kind = before[key], _kind(before, key)
        if after[key]["group_id"] != group:
            yield f"{key} was moved to {after[key]['group_id']}"
        if private and kind in VIEWS | {"roi"} and row["owner_id"] != who.id and not _same_owner(before, key):
            yield f"{key} of {row['owner_id']} was moved to a private group"
        own = row["owner_id"] == who.id or "Chgrp" in who.privileges or who.full
        if own or who.writes(before, key, "DeleteOwned") or kind in WAIVED or kind.endswith("link"):
            continue
        yield f"{key} of {row['owner_id']} was moved without permission"


def _same_owner(ledger: Ledger, key: Key) -> bool:
    """Views and regions of the owner of the pixels or image; parts of views follow these."""
    row = ledger[key]
    for column, table in (("pixels", "pixels"), ("image", "image")):
        if row.get(column) is not None:
            return bool(ledger[table, row[column]]["owner_id"] == row["owner_id"])
    return True


def _gifts(who: Who, user: int, before: Ledger, after: Ledger, done: Differences) -> Iterator[str]:
    for key, names in done.changed.items():
        if "owner_id" in names:
            if after[key]["owner_id"] != user:
                yield f"{key} was given to {after[key]['owner_id']}"
            if not (who.full or "Chown" in who.privileges or who.leads(before[key]["group_id"])):
                yield f"{key} was given without permission"


def _copies(
    who: Who, request: omero.cmd.Duplicate, response: Any, before: Ledger, after: Ledger, done: Differences
) -> Iterator[str]:
    yield from (f"{key} is gone" for key in done.gone)
    yield from (f"{key} has other {sorted(names)}" for key, names in done.changed.items())
    for key in done.new:
        if after[key].get("owner_id", who.id) != who.id:
            yield f"the copy {key} belongs to {after[key]['owner_id']}"
    yield from _as_told("copied", response.duplicates, done.new)
