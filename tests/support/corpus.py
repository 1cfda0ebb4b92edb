"""Runs a file of queries against an empty database: ``python -m tests.support.corpus FILE`` prints what fails.

Each line of the file is JSON with ``hql`` and ``params``: the type of each parameter ("RLongI", "RListI<RLongI>",
"NoneType" when nobody knows), and a filter's limit and offset as ``__filter``. Parameters without a type get a value of
the kind that their name suggests.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

import omero
import omero._generated
from omero_server.queries import Reader, project, run
from omero_server.sessions.call import ALL_GROUPS, USER_GROUP, Caller
from tests.support.database import fresh_database

TEXTS = frozenset(
    [
        "action", "cpath", "desc", "email", "key", "mvalue", "name", "name1", "name2", "ns", "nss", "pname",
        "ratingns", "tagvalue", "text", "textValue", "type", "value",
    ]
)  # fmt: skip
CALLER = Caller(1, "uuid", 5, "somebody", ALL_GROUPS, "", None, (USER_GROUP,), (), False, frozenset())
PARAMETER = re.compile(r":\s*(\w+)")
LIST = re.compile(r"(RList|RSet|RArray)I?<(\w+)>")


def failures(db: Connection, corpus: Path) -> tuple[int, list[str]]:
    """How many queries there are, and the messages of those that fail."""
    lines = [json.loads(line) for line in corpus.read_text(encoding="utf-8").splitlines()]
    messages = []
    for line in lines:
        savepoint = db.begin_nested()
        try:
            _run(db, line["hql"], line["params"])
        except omero.ServerError as error:
            messages.append(error.message)
        finally:
            savepoint.rollback()
    return len(lines), messages


def _run(db: Connection, hql: str, types: dict[str, Any]) -> None:
    """Run a query for its objects and as a projection."""
    page = types.get("__filter") or {}
    values = {name: _value(name, types.get(name)) for name in {*PARAMETER.findall(hql), *types} - {"__filter"}}
    for ask in (run, project):
        ask(Reader(db, CALLER), hql, values, limit=page.get("limit"), offset=page.get("offset"))


def _value(name: str, type_: str | None) -> Any:
    """A value of that type, else one that goes with the name: a text, a list of ids or an id."""
    several = LIST.fullmatch(type_ or "")
    if several:
        return getattr(omero, several[1])([_single(several[2])])
    if type_ is not None and type_ != "NoneType":
        return _single(type_)
    if name in TEXTS:
        return omero.RString("text")
    return omero.RList([omero.RLong(1), omero.RLong(2)]) if name.endswith("s") else omero.RLong(1)


def _single(type_: str) -> Any:
    return getattr(omero, type_.removesuffix("I"))("text" if type_.startswith("RString") else 1)


def main() -> None:
    """Print the failures and their number."""
    with fresh_database() as database, database.engine.connect() as connection:
        total, messages = failures(connection, Path(sys.argv[1]))
    print(*messages, sep="\n")
    print(f"{total - len(messages)} of {total} queries run")


if __name__ == "__main__":
    main()
