"""Runs a file of queries against an empty database: ``python -m tests.support.corpus FILE`` prints what fails.

Each line of the file is JSON with ``hql`` and ``params`` (of which only a filter's limit and offset are used).
Parameters get values of the kind that their name suggests.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

import omero
from omero_server.queries import Reader, run
from omero_server.sessions.call import ALL_GROUPS, USER_GROUP, Caller
from tests.support.database import fresh_database

TEXTS = frozenset(
    [
        "action", "cpath", "desc", "email", "key", "mvalue", "name", "name1", "name2", "ns", "nss", "pname",
        "ratingns", "tagvalue", "text", "textValue", "type", "value",
    ]
)  # fmt: skip
CALLER = Caller(1, "uuid", 5, "somebody", ALL_GROUPS, "", None, (USER_GROUP,), (), False, frozenset())


class Values(dict[str, Any]):
    """A value for any name."""

    def get(self, key: str, default: Any = None) -> Any:
        """A text, a list of ids or an id."""
        if key in TEXTS:
            return "text"
        return [1, 2] if key.endswith("s") else 1


def failures(db: Connection, corpus: Path) -> tuple[int, list[str]]:
    """How many queries there are, and the messages of those that fail."""
    lines = [json.loads(line) for line in corpus.read_text(encoding="utf-8").splitlines()]
    messages = []
    for line in lines:
        page = line["params"].get("__filter") or {}
        savepoint = db.begin_nested()
        try:
            run(Reader(db, CALLER), line["hql"], Values(any=1), limit=page.get("limit"), offset=page.get("offset"))
        except omero.ServerError as error:
            messages.append(error.message)
        finally:
            savepoint.rollback()
    return len(lines), messages


def main() -> None:
    """Print the failures and their number."""
    with fresh_database() as database, database.engine.connect() as connection:
        total, messages = failures(connection, Path(sys.argv[1]))
    print(*messages, sep="\n")
    print(f"{total - len(messages)} of {total} queries run")


if __name__ == "__main__":
    main()
