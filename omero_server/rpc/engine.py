"""The running server: what lives as long as the process and every call may reach."""

from __future__ import annotations

import logging
import socket
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from omero_server.background.leftovers import remove_leftovers
from omero_server.background.pyramids import Pyramids
from omero_server.control.config import Config
from omero_server.db.engine import Database
from omero_server.db.location import database_uri
from omero_server.db.tables import TABLES
from omero_server.db.transaction import Author, Transaction
from omero_server.imports.readers import Readers
from omero_server.imports.reading import Reading
from omero_server.security.login import Passwords
from omero_server.sessions.call import ROOT_USER, Call, Caller
from omero_server.sessions.downloads import POLICY_KEY
from omero_server.sessions.membership import effective_privileges
from omero_server.sessions.store import Session, SessionStore, internal_author

if TYPE_CHECKING:
    from omero_server.rpc.objects import ActiveObjects

__all__ = ["Engine"]

log = logging.getLogger(__name__)

NODE_PERMISSIONS = -35
INTERNAL_SESSION_PERMISSIONS = -35


class Engine:
    """Configuration, database, sessions and active objects of one server process."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.instance = config.instance
        self.database = Database(database_uri(config), pool_size=config.get_int("omero.db.poolsize"))
        self.passwords = Passwords(config, self.database, self.author)
        self.node_uuid = str(uuid.uuid4())
        self.node_id = -1
        self.internal_session_id = -1
        self.privileges: frozenset[str] = frozenset()
        self.sessions: SessionStore
        self.objects: ActiveObjects
        self.repositories: list[tuple[Any, Any]] = []
        """Repositories of files that this server has, each with its proxy."""
        self.stopping = threading.Event()
        self.pyramids = Pyramids(self)
        self.readers = Readers(config)
        self._shutdown: list[Callable[[], None]] = []

    @property
    def data_dir(self) -> Path:
        """The root of the binary repository."""
        return self.config.data_dir

    def start(self) -> None:
        """Write the node's row and internal session, end what a crashed predecessor left open, start housekeeping."""
        name = f"{socket.gethostname()}:{self.instance.root}"
        with self.database.begin() as db:
            self._end_predecessor(name)
            self.node_id, self.internal_session_id = (
                self.database.ids(db, s, 1)[0] for s in ("seq_node", "seq_session")
            )
            db.execute(
                insert(TABLES["node"]).values(
                    id=self.node_id,
                    permissions=NODE_PERMISSIONS,
                    uuid=self.node_uuid,
                    conn=name,
                    up=func.now(),
                    version=0,
                )
            )
            db.execute(insert(TABLES["session"]).values(**self._internal_session()))
            self.privileges = effective_privileges(db, ROOT_USER)
        self.sessions = SessionStore(self.database, self.node_id, self.author, self.config.get_list(POLICY_KEY))
        self.sessions.trust_seconds = min(
            self.sessions.trust_seconds, self.config.get_int("omero.sessions.sync_force") / 1000
        )
        remove_leftovers(self.data_dir / "Pixels")
        threading.Thread(target=self._housekeeping, name="housekeeping", daemon=True).start()

    def stop(self) -> None:
        """End all sessions and mark the node as down."""
        self.stopping.set()
        self.pyramids.stop()
        for function in reversed(self._shutdown):
            function()
        self.readers.stop()
        self.sessions.close_all()
        with self.database.begin() as db:
            self._close_node(db, self.node_id)
        self.database.close()

    def on_shutdown(self, function: Callable[[], None]) -> None:
        """Run ``function`` when the server stops, last registered first."""
        self._shutdown.append(function)

    def reading(self, check: Callable[[], None]) -> Reading:
        """To read a fileset in another process; ``check`` is called all the time and may raise, which ends it."""
        return Reading(self.readers, check)

    def author(self) -> Author:
        """The server itself, as the author of rows."""
        return internal_author(self.internal_session_id, self.privileges)

    @contextmanager
    def begin(
        self,
        caller: Caller,
        *,
        writable: bool,
        session: Session | None = None,
        context: Mapping[str, str] | None = None,
    ) -> Iterator[Call]:
        """A call of its own for work that needs several transactions: committed at the end of the block."""
        session = session or self.sessions.find(caller.session_uuid, touch=False)
        with Transaction(self.database, caller.author(), writable) as transaction:
            yield Call(caller, transaction, session, self, context or {})

    def activate(self, call: Call, service: Any) -> Any:
        """Give the caller's session a stateful service; the proxy to return."""
        return self.objects.add_stateful(call.session, service)

    def submit(self, call: Call, request: Any) -> Any:
        """Run a request in the background; the proxy of its handle, or None when nothing serves such a request."""
        return self.objects.submit(call.session, call.caller, request, call.context)

    def _internal_session(self) -> dict[str, Any]:
        return {
            "id": self.internal_session_id,
            "permissions": INTERNAL_SESSION_PERMISSIONS,
            "uuid": str(uuid.uuid4()),
            "message": "Internal session of the server.",
            "started": func.now(),
            "timetoidle": 0,
            "timetolive": 0,
            "defaulteventtype": "Internal",
            "version": 0,
            "owner": ROOT_USER,
            "node": self.node_id,
        }

    def _end_predecessor(self, name: str) -> None:
        node = TABLES["node"]
        with self.database.begin() as db:
            for node_id in db.execute(select(node.c.id).where(node.c.down.is_(None), node.c.conn == name)).scalars():
                log.warning("The server was not stopped cleanly last time; closing the sessions of node %d", node_id)
                self._close_node(db, node_id)

    @staticmethod
    def _close_node(db: Any, node_id: int) -> None:
        node, session = TABLES["node"], TABLES["session"]
        # Shares are sessions too, but outlive the server.
        shares = select(TABLES["share"].c.session_id)
        open_sessions = update(session).where(
            session.c.node == node_id, session.c.closed.is_(None), session.c.id.not_in(shares)
        )
        db.execute(open_sessions.values(closed=func.now()))
        db.execute(update(node).where(node.c.id == node_id).values(down=func.now()))

    def _housekeeping(self) -> None:
        while not self.stopping.wait(self.config.get_int("omero.sessions.sync_interval") / 1000):
            try:
                self.sessions.reap()
                self.readers.reap()
            except Exception:
                log.exception("housekeeping failed; it is tried again")
