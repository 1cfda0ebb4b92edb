"""Where OMERO.web, on the same machine, asks what a session may see of an image and where the image lies.

A socket in the run directory, which only this system user can enter; both sides check that the other is that user. A
question is a line of JSON, {"session": uuid, "image": id}. The answer is its length in four bytes and a pickled
`Answer`. So OMERO.web can read and render tiles itself, without a way through Ice for each.
"""

from __future__ import annotations

import json
import logging
import os
import pickle
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import omero
from omero_server.rendering.views import ImageView, find_view
from omero_server.rpc.changes import ChangeCounter
from omero_server.rpc.engine import Engine
from omero_server.rpc.servants import check_role
from omero_server.sessions.call import ALL_GROUPS
from omero_server.sessions.session import NO_SHARE

__all__ = ["Answer", "Doorway", "ask", "connect"]

log = logging.getLogger(__name__)

NAME = "doorway"
LENGTH = struct.Struct(">I")
_CREDENTIALS = struct.Struct("3i")  # process, user and group of the other side
_LONGEST_QUESTION, _LONGEST_ADDRESS = 1000, 100


@dataclass(frozen=True)
class Answer:
    """number: the change counter before the look; as long as it stays the same, the rest holds.

    session: whether the session is open. view: None when the image is not there for its user, or not yet complete.
    longest_tile: the side of the largest tile (`omero.pixeldata.max_tile_length`).
    """

    number: int
    session: bool
    view: ImageView | None = None
    longest_tile: int = 0


class Doorway:
    """Listens in ``run_dir`` until it is closed."""

    def __init__(self, engine: Engine, changes: ChangeCounter, run_dir: Path) -> None:
        self._server = _Server(engine, changes, run_dir / NAME)
        threading.Thread(target=self._server.serve_forever, name="doorway", daemon=True).start()

    def close(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, engine: Engine, changes: ChangeCounter, path: Path) -> None:
        self.engine, self.changes = engine, changes
        path.unlink(missing_ok=True)
        with _address(path) as address:
            super().__init__(address, _Handler)
        path.chmod(0o600)

    def verify_request(self, request: object, client_address: object) -> bool:
        return isinstance(request, socket.socket) and is_own(request)

    def handle_error(self, request: object, client_address: object) -> None:
        log.exception("a question about an image failed")


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        while line := self.rfile.readline(_LONGEST_QUESTION):
            question = json.loads(line)
            found = _look(self.server.engine, self.server.changes, question["session"], question["image"])
            data = pickle.dumps(found, pickle.HIGHEST_PROTOCOL)
            self.request.sendall(LENGTH.pack(len(data)) + data)


def _look(engine: Engine, changes: ChangeCounter, key: str, image_id: int) -> Answer:
    number = changes.now  # before anything is looked at
    try:
        session = engine.sessions.find(key)
    except omero.SessionException:
        return Answer(number, False)
    if session.share_id != NO_SHARE:  # what it shows is for Ice to say
        return Answer(number, True)
    longest = engine.config.get_int("omero.pixeldata.max_tile_length")
    session.begin_call(method=True)
    try:
        check_role(engine.sessions.refresh(session), "user", "Showing images")
        caller = engine.sessions.caller(session, {"omero.group": str(ALL_GROUPS)})
        with engine.begin(caller, writable=False, session=session) as call:
            return Answer(number, True, find_view(call, image_id), longest)
    except omero.ServerError as error:
        log.debug("no view of Image:%d: %s", image_id, error.message)
        return Answer(number, True)
    finally:
        session.end_call(method=True)


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """A path as the address of a socket, which may have a hundred bytes only: else through the folder's descriptor."""
    if len(os.fsencode(path)) < _LONGEST_ADDRESS:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def is_own(connection: socket.socket) -> bool:
    """Whether the other side runs as the same system user. Raises OSError where the system does not tell (no Linux)."""
    if not hasattr(socket, "SO_PEERCRED"):
        raise OSError("this system does not tell who is at the other side of a socket")
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(found)[1]) == os.geteuid()


def connect(run_dir: Path) -> socket.socket:
    """A connection to the server of this run directory. Raises OSError when there is none, or not of this user."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(30)
        with _address(run_dir / NAME) as address:
            connection.connect(address)
        if not is_own(connection):
            raise PermissionError(f"{run_dir / NAME} belongs to another user")
    except BaseException:
        connection.close()
        raise
    return connection


def ask(connection: socket.socket, session: str, image_id: int) -> Answer:
    """What the session's user may see of an image. Raises OSError when the server has gone."""
    connection.sendall(json.dumps({"session": session, "image": image_id}).encode() + b"\n")
    data = _exactly(connection, LENGTH.unpack(_exactly(connection, LENGTH.size))[0])
    answer = pickle.loads(data)
    assert isinstance(answer, Answer)
    return answer


def _exactly(connection: socket.socket, count: int) -> bytes:
    parts, left = [], count
    while left:
        part = connection.recv(left)
        if not part:
            raise ConnectionResetError("the server has closed the connection")
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
