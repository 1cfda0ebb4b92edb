"""Sessions remembered on disk, in the layout that the official command line reads and writes too.

``omero_cli`` uses this; ``omero.util.sessions`` is what other programs know.

    <directory>/._LASTHOST_, ._LASTPORT_            where the last login went
    <directory>/<HOST>/._LASTUSER_                  the last user of that host
    <directory>/<HOST>/<USER>/._LASTSESS_           uuid of that user's current session
    <directory>/<HOST>/<USER>/<UUID>                the session's properties, one `key=value` per line

HOST is percent-encoded. A uuid is as good as a password: directories and files are for their owner only.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

__all__ = ["DEFAULT_PORT", "SessionFiles", "StoredSession", "default_directory", "encoded"]

LAST_HOST, LAST_PORT, LAST_USER, LAST_SESSION = "._LASTHOST_", "._LASTPORT_", "._LASTUSER_", "._LASTSESS_"
DEFAULT_PORT = "4064"


@dataclass(frozen=True)
class StoredSession:
    """One stored session. `properties`: omero.host, omero.user, omero.sess and, if known, omero.port, omero.group."""

    host: str
    user: str
    uuid: str
    properties: dict[str, str]

    @property
    def port(self) -> str | None:
        return self.properties.get("omero.port")

    @property
    def group(self) -> str | None:
        return self.properties.get("omero.group")

    @property
    def address(self) -> str:
        """HOST, or HOST:PORT when a port was given at login."""
        return f"{self.host}:{self.port}" if self.port else self.host

    def conflicts(self, port: str | None, group: str | None) -> str:
        """How these wishes differ from the session, e.g. `omero.group: a!=b`; empty when they do not."""
        found = []
        if (self.port or DEFAULT_PORT) != (port or DEFAULT_PORT):
            found.append(f"omero.port: {self.port}!={port}")
        if group is not None and self.group != group:
            found.append(f"omero.group: {self.group}!={group}")
        return "; ".join(found)


def default_directory() -> Path:
    """OMERO_SESSIONDIR, or `sessions` in OMERO_USERDIR or ~/omero."""
    if os.environ.get("OMERO_SESSIONDIR"):
        return Path(os.environ["OMERO_SESSIONDIR"])
    if os.environ.get("OMERO_SESSION_DIR"):
        return Path(os.environ["OMERO_SESSION_DIR"]) / "omero" / "sessions"
    return Path(os.environ.get("OMERO_USERDIR") or Path.home() / "omero") / "sessions"


class SessionFiles:
    """The stored sessions of this user. OSError when the directory cannot be used."""

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = directory or default_directory()
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.directory.chmod(0o700)

    def mark(self, host: str, user: str | None = None, uuid: str | None = None, port: str | None = None) -> None:
        """Remember these as the last ones; what is None stays as it was."""
        _write(self.directory / LAST_HOST, host)
        if port is not None:
            _write(self.directory / LAST_PORT, port)
        if user is not None:
            _write(self._host_dir(host) / LAST_USER, user)
            if uuid is not None:
                _write(self._user_dir(host, user) / LAST_SESSION, uuid)

    def add(self, host: str, user: str, uuid: str, properties: dict[str, str]) -> StoredSession:
        """Remember a session; it does not become the current one."""
        kept = {"omero.host": host, "omero.user": user, "omero.sess": uuid, **properties}
        path = self.path(host, user, uuid)
        _write(path, "".join(f"{key}={value}\n" for key, value in kept.items()))
        return StoredSession(host, user, uuid, kept)

    def get(self, host: str, user: str, uuid: str) -> StoredSession | None:
        """A stored session, or None."""
        try:
            lines = self.path(host, user, uuid).read_text(encoding="utf-8").splitlines()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return StoredSession(host, user, uuid, dict(line.split("=", 1) for line in lines if "=" in line))

    def remove(self, session: StoredSession) -> None:
        """Forget a session, and that it was the current one. The last host and user stay remembered."""
        self.path(session.host, session.user, session.uuid).unlink(missing_ok=True)
        marker = self._user_dir(session.host, session.user) / LAST_SESSION
        if _read(marker) == session.uuid:
            marker.unlink()

    def sessions(self, host: str | None = None, user: str | None = None) -> Iterator[StoredSession]:
        """All stored sessions, or those of a host and user, in the order of their names."""
        for host_dir in sorted(p for p in self.directory.iterdir() if p.is_dir() and not p.name.startswith(".")):
            for user_dir in sorted(p for p in host_dir.iterdir() if p.is_dir() and not p.name.startswith(".")):
                found = (unquote(host_dir.name), unquote(user_dir.name))
                if host in (None, found[0]) and user in (None, found[1]):
                    yield from self._of(*found, user_dir)

    def find(self, host: str, uuid: str) -> StoredSession | None:
        """The stored session with this uuid, whoever its user is."""
        return next((each for each in self.sessions(host) if each.uuid == uuid), None)

    def set_current(self, session: StoredSession) -> None:
        """Make this the session that the next command uses."""
        self.mark(session.host, session.user, session.uuid, session.port or DEFAULT_PORT)

    @property
    def last_host(self) -> str | None:
        return _read(self.directory / LAST_HOST)

    @property
    def last_port(self) -> str | None:
        return _read(self.directory / LAST_PORT)

    @property
    def last_user(self) -> str | None:
        """The last user of the last host."""
        host = self.last_host
        return _read(self._host_dir(host) / LAST_USER) if host else None

    def current(self) -> StoredSession | None:
        """The session that commands use, or None when nobody is logged in."""
        host, user = self.last_host, self.last_user
        uuid = _read(self._user_dir(host, user) / LAST_SESSION) if host and user else None
        return self.get(host, user, uuid) if host and user and uuid else None

    def path(self, host: str, user: str, uuid: str) -> Path:
        """The file of a session."""
        return self._user_dir(host, user) / encoded(uuid)

    def _user_dir(self, host: str, user: str) -> Path:
        # A user name keeps its characters, as other tools expect; only what would leave the directory is encoded.
        name = encoded(user) if "/" in user or "%" in user or user.startswith(".") else user
        return self._host_dir(host) / name

    def _host_dir(self, host: str) -> Path:
        return self.directory / encoded(host)

    def _of(self, host: str, user: str, directory: Path) -> Iterator[StoredSession]:
        for path in sorted(directory.iterdir()):
            session = None if path.name.startswith(".") else self.get(host, user, unquote(path.name))
            if session is not None:
                yield session


def encoded(name: str) -> str:
    """`name` as one visible path component."""
    text = quote(name, safe="")
    return f"%2E{text[1:]}" if text.startswith(".") else text


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except (FileNotFoundError, NotADirectoryError):
        return None


def _write(path: Path, text: str) -> None:
    for directory in (path.parent.parent, path.parent):
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
