"""Requests on a plate of 384 images and on datasets of 100 to 10,000, against bare SQL on the same rows.

Each image has a file in its fileset, three channels, rendering settings, a thumbnail and two annotations. Every
request gets rows of its own. ``rows`` are those that change; ``us_per_row`` shows whether the cost of one grows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.sql import SQL, Identifier, Literal

import omero
import omero.cmd
import omero.model
from bench.figures import print_figure
from bench.server import running_server
from bench.statements import statement
from omero.callbacks import CmdCallbackI
from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL
from tests.support.actors import Actor, Cast, cast_of
from tests.support.instance import Instance

PLATE, DATASETS = 384, (100, 1000, 10_000)
PER_IMAGE = {
    "originalfile": 1, "fileset": 1, "filesetentry": 1, "image": 1, "pixels": 1, "logicalchannel": 3, "statsinfo": 3,
    "channel": 3, "quantumdef": 1, "renderingdef": 1, "channelbinding": 3, "thumbnail": 1, "annotation": 2,
    "imageannotationlink": 2, "datasetimagelink": 1, "well": 1, "wellsample": 1,
}  # fmt: skip
ONCE = ("dataset", "plate", "plateacquisition")
Ids = dict[str, list[int]]
Change = tuple[str, int]  # a column and its new value; no column: the rows are deleted


class Bench:
    """A server with its people, and connections to its database past the server."""

    def __init__(self, server: Instance, cast: Cast) -> None:
        self.server = server
        self.group, self.other_group = cast.group("rwra--"), cast.group("rwra--")
        self.ann = cast.user(self.group, self.other_group)
        self.bob = cast.user(self.group)
        self.root = cast.root
        self.superuser = psycopg2.connect(server.uri.replace("//omero@", "//postgres@"))
        self.connection = psycopg2.connect(server.uri)
        self.made = 0

    def add(self, kind: str, images: int) -> int:
        """A plate or dataset of ann; its id."""
        self.made += 1
        path = f"bench/{self.made}/"
        folder = self.server.config.data_dir / "ManagedRepository" / path
        folder.mkdir(parents=True)
        for i in range(images):
            (folder / f"image{i}").write_bytes(b"data")
        values = {"n": images, "own": self.ann.id, "grp": self.group.id.val, "path": path, "repo": self._repository()}
        values["together"] = images if kind == "plate" else 1
        with self.superuser, self.superuser.cursor() as cursor:
            for table, number in {**PER_IMAGE, **dict.fromkeys(ONCE, 0)}.items():
                number = max(1, number * images)
                cursor.execute("select ome_nextval(%s, %s)", (f"seq_{table}", number))
                values[table] = cursor.fetchone()[0] - number + 1
            cursor.execute("set local session_replication_role = replica")
            for name in ("images", kind):
                cursor.execute(statement(Path(__file__).with_suffix(".sql"), name), values)
        self._analyze()
        return int(values[kind])

    def _repository(self) -> str:
        with self.superuser, self.superuser.cursor() as cursor:
            cursor.execute("select hash from originalfile where mimetype = 'Repository' and name = 'ManagedRepository'")
            return str(cursor.fetchone()[0])

    def _analyze(self) -> None:
        """What autovacuum does after a while."""
        self.superuser.autocommit = True
        with self.superuser.cursor() as cursor:
            cursor.execute("vacuum analyze")
        self.superuser.autocommit = False

    def _in_order(self, tables: Iterable[str]) -> Iterator[str]:
        """Tables, each before those that it refers to."""
        with self.superuser, self.superuser.cursor() as cursor:
            cursor.execute(
                "select h.relname, t.relname from pg_constraint c join pg_class h on h.oid = conrelid"
                " join pg_class t on t.oid = confrelid where contype = 'f' and h.oid <> t.oid"
                " and h.relname = any(%(names)s) and t.relname = any(%(names)s)", {"names": list(tables)},
            )  # fmt: skip
            holders: dict[str, set[str]] = {table: set() for table in tables}
            for holder, target in cursor.fetchall():
                holders[target].add(holder)
        yield from TopologicalSorter(holders).static_order()

    def requests(self) -> dict[str, tuple[Actor, Callable[[Ids], Any], Change | None]]:
        """By name: who asks, the request for targets, and what the floor does to its rows."""
        group, user = self.other_group.id.val, self.bob.id
        return {
            "delete": (self.ann, lambda ids: omero.cmd.Delete2(targetObjects=ids), ("", 0)),
            "chgrp": (self.ann, lambda ids: omero.cmd.Chgrp2(targetObjects=ids, groupId=group), ("group_id", group)),
            "chown": (self.root, lambda ids: omero.cmd.Chown2(targetObjects=ids, userId=user), ("owner_id", user)),
            "duplicate": (self.ann, lambda ids: omero.cmd.Duplicate(targetObjects=ids), None),
        }

    def run(self, actor: Actor, request: Any) -> tuple[float, Any]:
        """Milliseconds until the response is there, and the response."""
        started = time.perf_counter()
        handle = actor.sf.submit(request, {"omero.group": str(self.group.id.val)})
        callback = CmdCallbackI(actor.client, handle)
        callback.loop(6000, 100)
        taken = (time.perf_counter() - started) * 1000
        response = callback.getResponse()
        callback.close(True)
        assert not isinstance(response, omero.cmd.ERR), response
        return taken, response

    def floor(self, changed: Ids, change: Change) -> float:
        """Milliseconds for a statement on each table with rows among those, in one transaction."""
        column, value = change
        rows = by_table(changed)
        tables = list(self._in_order(rows))
        started = time.perf_counter()
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute("set constraints all deferred")
            for table in tables:
                key, ids = rows[table]
                where = SQL(" where {} = any({})").format(Identifier(key), Literal(ids))
                if not column:
                    cursor.execute(SQL("delete from {}").format(Identifier(table)) + where)
                elif column in TABLES[table].c:
                    names = Identifier(table), Identifier(column), Literal(value)
                    cursor.execute(SQL("update {} set {} = {}").format(*names) + where)
        return (time.perf_counter() - started) * 1000


def by_table(changed: Ids) -> dict[str, tuple[str, list[int]]]:
    """Column of the ids and the ids, by table."""
    found: dict[str, tuple[str, list[int]]] = {}
    for name, ids in changed.items():
        for cls in MODEL.resolve(name).lineage:
            found.setdefault(cls.table, (cls.key, []))[1].extend(ids)
    return found


def changed_by(response: Any) -> Ids:
    """The rows that a request changed, or in a dry run would have."""
    if isinstance(response, omero.cmd.Delete2Response):
        return dict(response.deletedObjects)
    if isinstance(response, omero.cmd.DuplicateResponse):
        return dict(response.duplicates)
    assert not response.deletedObjects, response.deletedObjects
    return dict(response.includedObjects)


def measure(bench: Bench, kind: str, images: int) -> Iterator[tuple[str, str, float, float | None, dict[str, Any]]]:
    """The figures of all requests, each on rows of its own, with the floor on more of the same."""
    for name, (actor, make, change) in bench.requests().items():
        target = {kind.capitalize(): [bench.add(kind, images)]}
        taken, response = bench.run(actor, make(target))
        rows = sum(map(len, changed_by(response).values()))
        floor = None
        if change is not None:
            request = make({kind.capitalize(): [bench.add(kind, images)]})
            request.dryRun = True
            floor = bench.floor(changed_by(bench.run(actor, request)[1]), change)
        more = {"images": images, "rows": rows, "us_per_row": round(taken * 1000 / rows, 1)}
        yield f"{name}_{kind}", "ms", taken, floor, more


@contextmanager
def open_bench() -> Iterator[Bench]:
    """A server of its own."""
    with running_server() as server, cast_of(server) as cast:
        yield Bench(server, cast)


def main() -> None:
    """The plate, then datasets of growing size. What runs for the first time is not counted."""
    with open_bench() as bench:
        for kind in ("plate", "dataset"):
            list(measure(bench, kind, 10))
        for kind, images in [("plate", PLATE), *(("dataset", images) for images in DATASETS)]:
            for figure, unit, ours, floor, more in measure(bench, kind, images):
                print_figure(figure, unit, ours, floor, **more)


if __name__ == "__main__":
    main()
