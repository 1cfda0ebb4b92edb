"""``SessionsStore``: the sessions that ``omero login`` keeps, for programs that use or make such.

store = SessionsStore()
host, user, uuid, port = store.get_current()
client, uuid, idle, live = store.attach(host, user, uuid)
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import omero
from omero.session_files import (
    DEFAULT_PORT,
    LAST_HOST,
    LAST_PORT,
    LAST_SESSION,
    LAST_USER,
    SessionFiles,
    StoredSession,
    encoded,
)
from omero.util.paths import path

__all__ = ["SessionsStore"]

Attached = tuple[Any, str, int, int]


def _escape_host(host: str) -> str:
    return encoded(host)


class SessionsStore:
    """The sessions of this user, by default those in OMERO_SESSIONDIR or ~/omero/sessions.

    Whoever reads the files can use the sessions: only their owner can.
    """

    def __init__(self, dir: Any = None) -> None:
        self.logger = logging.getLogger("omero.util.sessions.SessionsStore")
        self._files = SessionFiles(Path(dir) if dir else None)
        self.dir = path(self._files.directory)

    # Sessions

    def add(self, host: str, name: str, id: str, props: Mapping[str, Any], sudo: str | None = None) -> None:
        """Remember a session of the user ``name``. The session in use stays the same."""
        kept = {key: str(value) for key, value in props.items()} | ({"omero.sudo": sudo} if sudo else {})
        self._files.add(host, name, id, kept)

    def get(self, host: str, name: str, uuid: str) -> dict[str, str]:
        """The properties of a session. Raises FileNotFoundError when it is not known."""
        return dict(self._found(host, name, uuid).properties)

    def _found(self, host: str, name: str, uuid: str) -> StoredSession:
        found = self._files.get(host, name, uuid)
        if found is None:
            raise FileNotFoundError(f"No session {uuid} of {name}@{host} in {self.dir}")
        return found

    def exists(self, host: str, name: str, uuid: str) -> bool:
        """Whether the session is known."""
        return self._files.get(host, name, uuid) is not None

    def remove(self, host: str, name: str, uuid: str | None) -> None:
        """Forget a session; nothing when it is not known."""
        if uuid is not None:
            self._files.remove(StoredSession(host, name, str(uuid), {}))

    def available(self, host: str, name: str) -> list[path]:
        """The sessions of a user, the newest first."""
        found = list(self._files.sessions(host, name))
        found.sort(key=lambda each: self._files.path(host, name, each.uuid).stat().st_mtime, reverse=True)
        return [path(each.uuid) for each in found]

    def conflicts(
        self,
        host: str,
        name: str,
        id: str,
        new_props: Mapping[str, Any],
        ignore_nulls: bool = False,
        check_group: bool = True,
    ) -> str:
        """How wishes differ from a session: ``omero.group: a!=b; omero.port: ...``; empty when they do not.

        ``ignore_nulls``: what is not wished for does not count.
        """
        old = self.get(host, name, id)
        differences = []
        for key in ("omero.port", "omero.group") if check_group else ("omero.port",):
            default = DEFAULT_PORT if key == "omero.port" else None
            kept, wished = old.get(key, default), new_props.get(key, default)
            if kept != wished and not (ignore_nulls and new_props.get(key) is None):
                differences.append(f"{key}: {kept}!={wished}")
        return "; ".join(differences)

    def contents(self) -> dict[str, dict[str, dict[str, dict[str, Any]]]]:
        """All sessions: properties by uuid, by user, by host."""
        found: dict[str, dict[str, dict[str, dict[str, Any]]]] = {}
        for each in self._files.sessions():
            of_user = found.setdefault(each.host, {}).setdefault(each.user, {})
            of_user[each.uuid] = {**each.properties, "active": "unknown"}
        return found

    def count(self, host: str | None = None, name: str | None = None) -> int:
        """How many sessions there are, of a host, of a user."""
        return sum(1 for _each in self._files.sessions(host, name))

    def find_name_by_key(self, server: str, uuid: str) -> path | None:
        """The user of a session; None when it is not known."""
        found = self._files.find(server, uuid)
        return None if found is None else path(found.user)

    def walk(
        self, func: Callable[[Any, Any, Any], Any], host: str | None = None, name: str | None = None, sess: Any = None
    ) -> None:
        """Call a function with the folder of the host, that of the user and the file of every session."""
        for each in list(self._files.sessions(host, name)):
            if sess in (None, each.uuid):
                file = path(self._files.path(each.host, each.user, each.uuid))
                func(file.parent.parent, file.parent, file)

    def report(self) -> None:
        """Print all sessions."""
        for host, users in self.contents().items():
            print(f"[{host}]")
            for user, sessions in users.items():
                print(f" -> {user} : ")
                for uuid in sessions:
                    print(f"    {self._files.path(host, user, uuid)}")

    # The session in use

    def set_current(
        self, host: str, name: str | None = None, uuid: str | None = None, props: Mapping[str, Any] | None = None
    ) -> None:
        """Use this host, user and session from now on; ``props`` may have another port."""
        port = (props or {}).get("omero.port")
        self._files.mark(host, name, uuid, None if port is None else str(port))

    def get_current(self) -> tuple[str | None, str | None, str | None, str]:
        """(host, user, uuid, port) of the session in use; None for what there is not."""
        host, user = self._files.last_host, self._files.last_user
        uuid = _read(self.sess_file(host, user)) if host and user else None
        return host, user, uuid, self.last_port()

    def last_host(self) -> str:
        """The host used last; localhost at first."""
        return self._files.last_host or "localhost"

    def last_port(self) -> str:
        """The port used last; 4064 at first."""
        return self._files.last_port or DEFAULT_PORT

    # Clients

    def attach(self, server: str, name: str, sess: str, set_current: bool = True) -> Attached:
        """Join a session that is known: (client, uuid, ms until it ends when idle, ms it lives at most).

        Raises FileNotFoundError when it is not known, what ``joinSession`` does when it has ended.
        """
        properties = self.get(server, name, sess)
        return self._joined(properties, sess, sess, server, name, set_current)

    def create(
        self,
        name: str,
        pasw: str,
        props: Mapping[str, Any],
        new: bool = True,
        set_current: bool = True,
        sudo: str | None = None,
    ) -> Attached:
        """Log in and remember the session; answers as ``attach``.

        ``props``: omero.host, omero.port, omero.group. Unless it is to be ``new``, a session known may do. ``sudo``:
        the administrator whose password it is.
        """
        properties = {key: str(value) for key, value in props.items() if value is not None}
        host = properties["omero.host"]
        if not new:
            for uuid in self.available(host, name):
                if not self.conflicts(host, name, uuid, properties, check_group="omero.group" in properties):
                    return self.attach(host, name, uuid, set_current)
        if sudo:
            return self._sudo(name, pasw, properties, set_current, sudo)
        return self._joined(properties, name, pasw, host, name, set_current)

    def _sudo(self, name: str, password: str, properties: dict[str, str], set_current: bool, sudo: str) -> Attached:
        from omero.rtypes import unwrap

        administrator = omero.client(pmap=properties)
        try:
            session = administrator.createSession(sudo, password)
            principal = omero.sys.Principal(name, properties.get("omero.group") or "", "User", None)
            made = session.getSessionService().createSessionWithTimeouts(principal, 0, 600_000)
            uuid = str(unwrap(made.uuid))
            host = properties["omero.host"]
            return self._joined({**properties, "omero.sudo": sudo}, uuid, uuid, host, name, set_current)
        finally:
            administrator.closeSession()

    def _joined(
        self, properties: dict[str, str], user: str, password: str, host: str, name: str, set_current: bool
    ) -> Attached:
        client = omero.client(pmap=properties)
        try:
            client.createSession(user, password).detachOnDestroy()
            uuid = client.getSessionId()
            session = client.sf.getSessionService().getSession(uuid)
        except BaseException:
            client.closeSession()
            raise
        self.add(host, name, uuid, properties)
        if set_current:
            self.set_current(host, name, uuid, properties)
        return client, uuid, session.timeToIdle.val, session.timeToLive.val

    def clear(self, host: str | None = None, name: str | None = None, sess: str | None = None) -> list[path]:
        """Close sessions on their servers, where these answer, and forget them; their files."""
        import Ice

        removed = []
        for each in list(self._files.sessions(host, name)):
            if sess not in (None, each.uuid):
                continue
            removed.append(path(self._files.path(each.host, each.user, each.uuid)))
            try:
                client = omero.client(pmap=dict(each.properties))
                try:
                    client.joinSession(each.uuid)
                    client.killSession()
                finally:
                    client.closeSession()
            except (Ice.Exception, omero.ClientError) as error:
                self.logger.debug("The session %s is not closed: %s", each.uuid, error)
            self._files.remove(each)
        return removed

    # Files

    def host_file(self) -> path:
        """What names the host used last."""
        return self.dir / LAST_HOST

    def port_file(self) -> path:
        """What names the port used last."""
        return self.dir / LAST_PORT

    def user_file(self, host: str) -> path:
        """What names the user of a host used last."""
        return self.dir / _escape_host(host) / LAST_USER

    def sess_file(self, host: str, user: str) -> path:
        """What names the session of a user used last."""
        return path(self._files.path(host, user, LAST_SESSION).with_name(LAST_SESSION))

    def non_dot(self, d: Any) -> list[path]:
        """The files of a folder whose names begin with no dot."""
        return [found for found in path(d).files() if not found.name.startswith(".")]

    def props(self, f: Any) -> dict[str, str]:
        """The properties in a file."""
        lines = path(f).lines(retain=False)
        return dict(line.split("=", 1) for line in lines if "=" in line)


def _read(file: path) -> str | None:
    return (file.text().strip() or None) if file.exists() else None
