"""Passwords in a text file of the administrator: lines of ``name=password``.

A password that begins with ``$argon2`` is a hash. Blank lines and lines that begin with ``#`` are passed over. The
property omero.security.password_file names the file. It is read again whenever it has changed.
"""

from __future__ import annotations

import hmac
import logging
import stat
import threading
from pathlib import Path

from omero_server.security.passwords import ARGON2_PREFIX, verify
from omero_server.security.providers.base import Account, PasswordFixed, ProviderUnavailable, Setting, Verdict
from omero_server.sessions.call import InTransaction

__all__ = ["FileProvider"]

log = logging.getLogger(__name__)


class FileProvider:
    """The provider of the users that the file lists and the database has. It never writes the file."""

    name = "filePasswordProvider"

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._path = Path(setting.config.get("omero.security.password_file")).expanduser()
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._entries: dict[str, str] = {}

    def check(self, name: str, password: str) -> Verdict:
        """Compare with the line of the user. A blank password in the file lets nobody in."""
        stored = self._read().get(name)
        if stored is None:
            return Verdict.not_mine("not in the password file")
        if self._setting.account(name) is None:
            return Verdict.not_mine("in the password file, but no user of the database")
        if not stored:
            return Verdict.no("the password in the file is blank")
        if stored.startswith(ARGON2_PREFIX):
            matches, _ = verify(0, password, stored)
        else:
            matches = hmac.compare_digest(stored.encode(), password.encode())
        return Verdict.yes() if matches else Verdict.no("the password does not match")

    def holds(self, account: Account) -> bool:
        """Whether the file lists the user."""
        return account.name in self._read()

    def change(self, work: InTransaction, account: Account, password: str | None) -> None:
        """The file is the administrator's."""
        raise PasswordFixed(
            f"The password of {account.name!r} is kept in a file of the server, which only its administrator changes."
        )

    def _read(self) -> dict[str, str]:
        with self._lock:
            try:
                found = self._path.stat()
                stamp = (found.st_mtime_ns, found.st_size)
                if stamp != self._stamp:
                    self._entries = parse(self._path.read_text(encoding="utf-8"))
                    self._stamp = stamp
                    self._warn(found.st_mode)
            except (OSError, UnicodeDecodeError) as error:
                log.error("the password file %s cannot be read: %s", self._path, error)
                raise ProviderUnavailable("The password file cannot be read.") from None
            return self._entries

    def _warn(self, mode: int) -> None:
        if mode & (stat.S_IRGRP | stat.S_IROTH | stat.S_IWGRP | stat.S_IWOTH):
            log.warning("other accounts of this machine can use the password file %s: chmod 600 it", self._path)


def parse(text: str) -> dict[str, str]:
    """The passwords by name. A later line of the same name wins; a line without "=" is passed over, with a warning."""
    entries: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, sign, password = line.partition("=")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if sign:
            entries[name.strip()] = password.strip()
        else:
            log.warning("line %d of the password file has no '='; it is passed over", number)
    return entries
