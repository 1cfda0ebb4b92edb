"""Gardens in the groups of a running server, and requests of its people over Ice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select, text

import omero
import omero.cmd
from omero_server.db.engine import Database
from omero_server.db.tables import TABLES
from omero_server.repository.layout import Layout
from tests.support.actors import Actor, Stage
from tests.support.garden import Garden, simple
from tests.support.instance import Instance
from tests.support.requests import answer

__all__ = ["Ground", "Ids", "ground_of"]

Ids = dict[str, list[int]]
PEOPLE = ("ann", "bob", "lea", "nora")
WATCHED = ("image", "annotation", "imageannotationlink", "datasetimagelink", "roi", "dataset", "renderingdef")


class Ground:
    """Where the people of a stage work. Actors are given by name; administrators with few privileges as they are."""

    def __init__(self, stage: Stage, database: Database, instance: Instance) -> None:
        self.stage, self.database = stage, database
        self.layout = Layout.of(instance.config)
        groups = {level: stage[level] for level in ("P", "RO", "RA", "RW", "h")}
        groups |= {"private": int(stage.cast.group("rw----").id.val), "other": int(stage.other.id.val)}
        for level in ("private",):
            for actor in (stage.ann, stage.bob):
                stage.root.admin.addGroups(
                    omero.model.ExperimenterI(actor.id, False), [omero.model.ExperimenterGroupI(groups[level], False)]
                )
        users = {name: getattr(stage, name).id for name in PEOPLE}
        self.scene = SimpleNamespace(groups=groups, users=users)

    def garden(self, level: str, user: str = "ann") -> Garden:
        """Makes objects in a group."""
        return Garden(self, level, user)  # type: ignore[arg-type]

    def query(self, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of a plain SQL statement."""
        with self.database.begin() as db:
            return [tuple(row) for row in db.execute(text(sql), parameters)]

    def value(self, sql: str, **parameters: Any) -> Any:
        """The only value of a plain SQL statement."""
        return self.query(sql, **parameters)[0][0]

    def field(self, table: str, object_id: int, name: str) -> Any:
        """What is in a column of an object's row."""
        columns = TABLES[table].c
        with self.database.begin() as db:
            return db.execute(select(columns[name]).where(columns.id == object_id)).scalar_one()

    def owner_of(self, table: str, object_id: int) -> str:
        """The name of an object's owner."""
        owner = self.field(table, object_id, "owner_id")
        return next((name for name, known in self.scene.users.items() if known == owner), "root")

    def group_of(self, table: str, object_id: int) -> str:
        """The name of an object's group."""
        group = self.field(table, object_id, "group_id")
        return next(name for name, known in self.scene.groups.items() if known == group)

    def ask(self, who: str | Actor, request: Any, group: str | None = None) -> Any:
        """The response to somebody's request, in a group or the default one."""
        actor = getattr(self.stage, who) if isinstance(who, str) else who
        return answer(actor.sf, request, actor.context(None if group is None else self.scene.groups[group]))

    def done(self, who: str | Actor, request: Any, group: str | None = None) -> tuple[Ids, Ids]:
        """What a request included, or copied, and what it deleted; a dry run said the same before."""
        request.dryRun = True
        tried = _maps(self.ask(who, request, group))
        request.dryRun = False
        told = _maps(self.ask(who, request, group))
        assert told == tried or isinstance(request, omero.cmd.Duplicate)
        return told

    def refused(self, who: str | Actor, request: Any, group: str | None = None) -> str:
        """The message of the GraphException of a request, and of trying it; nothing may have changed."""
        messages, before = [], self.state()
        for request.dryRun in (True, False):
            response = self.ask(who, request, group)
            assert isinstance(response, omero.cmd.GraphException), response
            assert (response.category, response.name) == (request.ice_id(), "graph-fail")
            messages.append(response.message)
        assert messages[0] == messages[1] and self.state() == before
        return str(messages[0])

    def error(self, who: str | Actor, request: Any, group: str | None = None) -> str:
        """The code of a request's failure; nothing may have changed."""
        before = self.state()
        response = self.ask(who, request, group)
        assert isinstance(response, omero.cmd.ERR), response
        assert self.state() == before and response.parameters["message"]
        return str(response.name)

    def state(self) -> list[tuple[Any, ...]]:
        """How many rows there are; owners and groups of what tests look at."""
        rows: list[tuple[Any, ...]] = sorted(Garden(self).counts().items())  # type: ignore[arg-type]
        rows = [row for row in rows if row[0] not in ("session", "sessionannotationlink")]
        with self.database.begin() as db:
            for name in WATCHED:
                columns = TABLES[name].c
                chosen = select(columns.id, columns.owner_id, columns.group_id).order_by(columns.id)
                rows += map(tuple, db.execute(chosen))
        return rows

    def delete(self, who: str | Actor, options: Sequence[Any] = (), ignore: Sequence[str] = (), **targets: Any) -> Ids:
        """What is deleted with objects: delete("ann", Image=[1])."""
        return self.done(who, deletion(options, ignore, **targets))[1]

    def not_deleted(self, who: str | Actor, **targets: Any) -> str:
        return self.refused(who, deletion(**targets))

    def move(self, who: str | Actor, to: str, options: Sequence[Any] = (), **targets: Any) -> tuple[Ids, Ids]:
        """What moves with objects to a group, and what is deleted."""
        return self.done(who, self.moving(to, options, **targets))

    def moving(self, to: str, options: Sequence[Any] = (), **targets: Any) -> omero.cmd.Chgrp2:
        return omero.cmd.Chgrp2(_lists(targets), list(options), False, self.scene.groups[to])

    def give(self, who: str | Actor, to: str, users: Sequence[str] = (), **targets: Any) -> tuple[Ids, Ids]:
        """What is given with objects to a user, and what is deleted."""
        return self.done(who, self.giving(to, users, **targets))

    def giving(self, to: str, users: Sequence[str] = (), **targets: Any) -> omero.cmd.Chown2:
        givers = [self.scene.users[name] for name in users]
        return omero.cmd.Chown2(_lists(targets), [], False, userId=self.scene.users[to], targetUsers=givers)


def deletion(options: Sequence[Any] = (), ignore: Sequence[str] = (), **targets: Any) -> omero.cmd.Delete2:
    """A Delete2: deletion(Image=[1, 2])."""
    return omero.cmd.Delete2(_lists(targets), list(options), False, list(ignore))


def _lists(targets: dict[str, Any]) -> Ids:
    return {name: [ids] if isinstance(ids, int) else list(ids) for name, ids in targets.items()}


def _maps(response: Any) -> tuple[Ids, Ids]:
    assert not isinstance(response, omero.cmd.ERR), (response.name, response.parameters.get("message"))
    included = getattr(response, "includedObjects", None) or getattr(response, "duplicates", None) or {}
    return simple(included), simple(getattr(response, "deletedObjects", {}))


@contextmanager
def ground_of(stage: Stage, instance: Instance) -> Iterator[Ground]:
    """The ground of a stage."""
    database = Database(instance.uri)
    try:
        yield Ground(stage, database, instance)
    finally:
        database.close()
