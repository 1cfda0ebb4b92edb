"""A small SMTP server that keeps what it is sent."""

from __future__ import annotations

import base64
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Mailbox:
    """What arrived. ``login``: name and password that clients must give, None when none is asked for. ``refused``:
    addresses that get an error. ``deaf``: the server hangs up at once.
    """

    port: int = 0
    login: tuple[str, str] | None = None
    refused: set[str] = field(default_factory=set)
    deaf: bool = False
    letters: list[tuple[str, list[str], EmailMessage]] = field(default_factory=list)

    def to(self, address: str) -> list[EmailMessage]:
        """The messages to an address."""
        return [message for _, recipients, message in self.letters if address in recipients]


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        box: Mailbox = self.server.box  # type: ignore[attr-defined]
        self._known, self._sender, self._recipients = box.login is None, "", list[str]()
        if box.deaf:
            return
        self._say("220 localhost")
        while line := self.rfile.readline().decode(errors="replace").strip():
            verb, _, rest = line.partition(" ")
            if verb.upper() == "QUIT":
                self._say("221 bye")
                return
            self._say(self._answer(box, verb.upper(), rest))

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def _answer(self, box: Mailbox, verb: str, rest: str) -> str:
        if verb in ("EHLO", "HELO"):
            return "250-localhost\r\n250 AUTH PLAIN"
        if verb == "AUTH":
            given = base64.b64decode(rest.split()[-1]).decode().split("\0")
            self._known = box.login is not None and tuple(given[1:]) == box.login
            return "235 welcome" if self._known else "535 who are you?"
        if not self._known:
            return "530 log in first"
        if verb == "MAIL":
            self._sender, self._recipients = _address(rest), []
        if verb == "RCPT":
            if _address(rest) in box.refused:
                return "550 unknown here"
            self._recipients.append(_address(rest))
        return self._receive(box) if verb == "DATA" else "250 ok"

    def _receive(self, box: Mailbox) -> str:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        message = message_from_bytes(b"".join(lines), policy=policy.default)
        box.letters.append((self._sender, self._recipients, message))
        return "250 ok"


def _address(text: str) -> str:
    return text.partition("<")[2].partition(">")[0]


@contextmanager
def smtp_server(box: Mailbox | None = None) -> Iterator[Mailbox]:
    """A running server on a free port of this machine."""
    box = box or Mailbox()
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        server.box = box  # type: ignore[attr-defined]
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
