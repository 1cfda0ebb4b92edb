"""One database transaction, with the event and the event log that a writing one leaves.

What a writing transaction consists of is a rule of the database schema: constraint triggers are deferred, one
``event`` row says who wrote when, ``eventlog`` holds one row per changed object, and the privileges of the writer
are on record before the commit.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, func, insert, select, text

import omero
import omero._generated
from omero_server.db.bulk import insert_rows
from omero_server.db.engine import Database
from omero_server.db.remembered import OPTION
from omero_server.db.tables import TABLES

__all__ = ["Author", "Interference", "Transaction"]

log = logging.getLogger(__name__)

EVENT_PERMISSIONS = -820
EVENTLOG_PERMISSIONS = -35


class Interference(Exception):
    """Another transaction has changed what this one had read. Nothing is wrong with the request: ``db.retry`` runs it
    again.
    """


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes: ids of user, group (never -1) and session, the event type's name, and the privileges in force.

    refusal: why this author may not write anything, None for those who may.
    """

    user_id: int
    group_id: int
    session_id: int
    event_type: str = "User"
    privileges: frozenset[str] = frozenset()
    refusal: str | None = None


class Transaction:
    """A transaction that begins with the first use of ``db``.

    As a context manager it commits at a normal end and rolls back at an exception. ``after_commit`` functions run
    once the rows are safe (their failures are logged, not raised); ``on_rollback`` ones undo work outside the database.
    A transaction that only reads sees the database as it is at its first statement. ``attempt`` counts from 0 how often
    the same was tried before, see ``db.retry``: after a failure it pays to lock rows before looking at them.
    ``moves_before`` tells what has moved between groups since, see ``db.moves``.
    """

    def __init__(self, database: Database, author: Author, writable: bool, attempt: int = 0) -> None:
        self.database = database
        self.author = author
        self.writable = writable
        self.attempt = attempt
        self.moves_before = database.moves.now()
        self._connection: Connection | None = None
        self._event_id: int | None = None
        self._logs: dict[tuple[str, str, int], None] = {}
        self._after_commit: list[Callable[[], None]] = []
        self._on_rollback: list[Callable[[], None]] = []

    @property
    def db(self) -> Connection:
        """The connection, inside the transaction. Read-only transactions refuse writes in the database itself."""
        if self._connection is None:
            memory = self.database.memory
            if self.writable:
                # Writers must see what others committed while they waited for a row, and remember nothing.
                self._connection = self.database.engine.connect().execution_options(**{OPTION: (None, 0)})
                self._connection.execute(text("SET CONSTRAINTS ALL DEFERRED"))
            else:
                known = {OPTION: (memory, memory.version)}
                self._connection = self.database.readers.take().execution_options(**known)
        return self._connection

    @property
    def event_id(self) -> int:
        """Id of this transaction's event row, inserted at the first call. Needs a writable transaction."""
        if self._event_id is None:
            self._event_id = self._insert_event()
        return self._event_id

    def log(self, action: str, entity: str, ids: Iterable[int]) -> None:
        """Note that objects of the class ``entity`` ("ome.model.core.Image") were changed; one eventlog row for
        each.
        """
        _ = self.event_id
        self._logs.update(((action, entity, i), None) for i in ids)

    def after_commit(self, function: Callable[[], None]) -> None:
        """Run ``function`` once the transaction is committed."""
        self._after_commit.append(function)

    def on_rollback(self, function: Callable[[], None]) -> None:
        """Run ``function`` if the transaction is rolled back."""
        self._on_rollback.append(function)

    def commit(self) -> None:
        """Write the log and privileges, commit, then run what waits for the commit."""
        changed = frozenset(entity for _, entity, _ in self._logs)
        wrote = self.writable and self._connection is not None
        if self._connection is not None:
            if self._event_id is not None:
                self._write_logs()
                self.write_privileges()
            self._connection.commit()
            self.close()
        listeners: list[Callable[[], None]] = [partial(listener, changed) for listener in self.database.on_change]
        # Those that tell other processes come last: by then nothing in this one remembers the old state.
        for function in self._after_commit + listeners + (self.database.on_commit if wrote else []):
            try:
                function()
            except Exception:
                log.exception("work after a commit failed")

    def rollback(self) -> None:
        """Undo everything."""
        if self._connection is not None:
            self._connection.rollback()
            self.close()
        for function in reversed(self._on_rollback):
            try:
                function()
            except Exception:
                log.exception("work after a rollback failed")

    def close(self) -> None:
        """Give the connection back; what was not committed is undone."""
        if self._connection is not None:
            if self.writable:
                self._connection.close()
            else:
                self._connection.rollback()
                self.database.readers.give(self._connection)
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.rollback()
            return
        try:
            self.commit()
        except BaseException:
            self.rollback()
            raise

    def _insert_event(self) -> int:
        if not self.writable:
            raise RuntimeError("a read-only transaction has no event")
        if self.author.refusal is not None:
            raise omero.SecurityViolation(message=self.author.refusal)
        event, types = TABLES["event"], TABLES["eventtype"]
        author = self.author
        event_id = self.database.ids(self.db, "seq_event", 1)[0]
        event_type = select(types.c.id).where(types.c.value == author.event_type).scalar_subquery()
        self.db.execute(
            insert(event).values(
                id=event_id,
                permissions=EVENT_PERMISSIONS,
                time=func.now(),
                experimenter=author.user_id,
                experimentergroup=author.group_id,
                session=author.session_id,
                type=event_type,
            )
        )
        prepare = text("SELECT _prepare_session(:event, :user, :group)")
        self.db.execute(prepare, {"event": event_id, "user": author.user_id, "group": author.group_id})
        return event_id

    def _write_logs(self) -> None:
        if not self._logs:
            return
        count = len(self._logs)
        last = self.db.execute(text("SELECT ome_nextval('seq_eventlog', :n)"), {"n": count}).scalar_one()
        rows = [
            {"id": last - count + 1 + i, "permissions": EVENTLOG_PERMISSIONS, "entityid": entity_id,
             "entitytype": entity, "action": action, "event": self._event_id}
            for i, (action, entity, entity_id) in enumerate(self._logs)
        ]  # fmt: skip
        insert_rows(self.db, TABLES["eventlog"], rows)
        self._logs.clear()

    def write_privileges(self) -> None:
        """Put the author's privileges on record, which the database demands of changes to administrators."""
        self.db.execute(text("DELETE FROM _current_admin_privileges WHERE transaction = txid_current()"))
        if self.author.privileges:
            statement = text(
                "INSERT INTO _current_admin_privileges (transaction, privilege) VALUES (txid_current(), :p)"
            )
            self.db.execute(statement, [{"p": name} for name in sorted(self.author.privileges)])
