"""Speaking LDAP: searches with the account of the server, and the proof of a user's password."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from omero_server.security.ldap.library import DirectoryError, library, texts, translated
from omero_server.security.ldap.settings import LdapSettings, Url
from omero_server.security.ldap.tls import Certificates

__all__ = ["Directory", "Entry", "Searcher"]

log = logging.getLogger(__name__)

PAGE = 500
MAX_HOPS = 3
MAX_CONNECTIONS = 8
PAGED_RESULTS = "1.2.840.113556.1.4.319"
SUCCESS, NO_SUCH_OBJECT, REFERRAL = 0, 32, 10
# Answers to a bind that mean "not with this password": no such object, inappropriate authentication, invalid
# credentials, insufficient rights, constraint violation, unwilling (locked, expired).
REFUSALS = (NO_SUCH_OBJECT, 48, 49, 50, 19, 53)
WITHOUT_SCHEMA = "1.1"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry: its distinguished name, and the values of the attributes asked for, by lower-case name."""

    dn: str
    attributes: dict[str, list[str]]

    def all(self, attribute: str) -> list[str]:
        """The values of an attribute."""
        return self.attributes.get(attribute.lower(), [])

    def first(self, attribute: str) -> str | None:
        """The first value of an attribute."""
        return next(iter(self.all(attribute)), None)


class Directory:
    """The servers of omero.ldap.urls, of which the first that answers is asked. Used by several threads at once."""

    def __init__(self, settings: LdapSettings, certificates: Certificates) -> None:
        self.settings = settings
        self._certificates = certificates
        # A directory that hangs must not take all threads that serve clients.
        self._places = threading.BoundedSemaphore(MAX_CONNECTIONS)

    @contextmanager
    def searching(self) -> Iterator[Searcher]:
        """A connection for searches. Raises DirectoryError."""
        settings = self.settings
        with self._place(), self._connected(settings.username, settings.password) as (connection, refusal):
            if refusal is not None:
                raise DirectoryError(f"The LDAP server does not accept omero.ldap.username: {refusal}.")
            yield Searcher(self, connection)

    def refusal(self, dn: str, password: str) -> str | None:
        """None if the directory accepts this password for the entry ``dn``, else why not. Raises DirectoryError.

        An empty password is refused here: directories take it for an anonymous login and accept it. To be called while
        `searching`, which counts the logins.
        """
        if not password or not dn:
            return "no password was given"
        with self._connected(dn, password) as (_, refusal):
            return refusal

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(timeout=self.settings.connect_timeout + self.settings.read_timeout):
            raise DirectoryError("The LDAP server is too slow: other logins are still waiting for it.")
        try:
            yield
        finally:
            self._places.release()

    @contextmanager
    def _connected(self, user: str, password: str, url: Url | None = None) -> Iterator[tuple[Any, str | None]]:
        """A connection that has tried to bind, and the reason if it was refused."""
        connection, refusal = self._first_answer(user, password, [url] if url else self.settings.urls)
        try:
            with translated():
                yield connection, refusal
        finally:
            close(connection)

    def _first_answer(self, user: str, password: str, urls: Any) -> tuple[Any, str | None]:
        troubles = []
        for url in urls:
            connection = self._connection(url, user, password)
            try:
                with translated():
                    return connection, self._bind(connection, url)
            except DirectoryError as error:
                close(connection)
                log.error("LDAP server %s: %s", url.text, error)
                troubles.append(f"{url.text}: {error}")
        raise DirectoryError(f"No LDAP server can be asked ({'; '.join(troubles)})")

    def _connection(self, url: Url, user: str, password: str) -> Any:
        ldap3 = library()
        settings = self.settings
        encrypted = url.tls or settings.start_tls
        with translated():
            server = ldap3.Server(
                url.host,
                port=url.port,
                use_ssl=url.tls,
                tls=self._certificates.tls(ldap3) if encrypted else None,
                get_info=ldap3.NONE,
                connect_timeout=settings.connect_timeout,
            )
            return ldap3.Connection(
                server,
                user=user or None,
                # Bytes go as they are: a text would be normalised, and some characters would vanish.
                password=password.encode() or None,
                auto_bind=ldap3.AUTO_BIND_NONE,
                client_strategy=ldap3.SAFE_SYNC,
                auto_referrals=False,
                check_names=False,
                read_only=True,
                receive_timeout=max(1, round(settings.read_timeout)),
            )

    def _bind(self, connection: Any, url: Url) -> str | None:
        connection.open(read_server_info=False)
        if self.settings.start_tls and not url.tls:
            connection.start_tls(read_server_info=False)
        _, result, _, _ = connection.bind(read_server_info=False)
        if result["result"] == SUCCESS:
            return None
        if result["result"] in REFUSALS:
            return str(result["description"])
        raise DirectoryError(f"the login at the LDAP server failed: {result['description']} {result['message']}")


class Searcher:
    """Searches through one connection."""

    def __init__(self, directory: Directory, connection: Any) -> None:
        self._directory = directory
        self._connection = connection

    def find(
        self, where: str, attributes: list[str], base: str | None = None, *, only_base: bool = False
    ) -> list[Entry]:
        """The entries below ``base`` (default: omero.ldap.base) that a filter matches; ``only_base``: at most that
        entry itself. Raises DirectoryError.
        """
        start = self._directory.settings.base if base is None else base
        scope = "BASE" if only_base else "SUBTREE"
        return self._search(self._connection, start, where, scope, attributes, 0)

    def _search(
        self, connection: Any, base: str, where: str, scope: str, attributes: list[str], hops: int
    ) -> list[Entry]:
        found: list[Entry] = []
        cookie: Any = None
        while True:
            _, result, response, _ = connection.search(
                base, where, scope, attributes=attributes or [WITHOUT_SCHEMA], paged_size=PAGE, paged_cookie=cookie
            )
            referrals = list(result.get("referrals") or []) if result["result"] == REFERRAL else []
            if result["result"] not in (SUCCESS, NO_SUCH_OBJECT, REFERRAL):
                raise DirectoryError(f"the LDAP search failed: {result['description']} {result['message']}")
            for item in response or []:
                if item["type"] == "searchResEntry":
                    found.append(Entry(item["dn"], texts(item["raw_attributes"])))
                else:
                    referrals += item["uri"]
            if referrals:
                found += self._refer(referrals, base, where, scope, attributes, hops)
            control = (result.get("controls") or {}).get(PAGED_RESULTS)
            cookie = control["value"]["cookie"] if control else None
            if not cookie:
                return found

    def _refer(
        self, referrals: list[str], base: str, where: str, scope: str, attributes: list[str], hops: int
    ) -> list[Entry]:
        settings = self._directory.settings
        if settings.referral == "ignore":
            return []
        if settings.referral == "throw" or hops == MAX_HOPS:
            raise DirectoryError(f"the LDAP server refers to {referrals[0]}; see omero.ldap.referral")
        # All of them lead to the same entries.
        parts = urlsplit(referrals[0])
        try:
            url = Url.parse(f"{parts.scheme}://{parts.netloc}")
        except ValueError as error:
            raise DirectoryError(f"the LDAP server refers to what cannot be reached: {error}") from None
        there = unquote(parts.path.lstrip("/")) or base
        with self._directory._connected(settings.username, settings.password, url) as (connection, refusal):
            if refusal is not None:
                raise DirectoryError(f"{url.text}, which the LDAP server refers to, refuses omero.ldap.username")
            return self._search(connection, there, where, scope, attributes, hops + 1)


def close(connection: Any) -> None:
    """Leave; a connection that is broken already does not matter any more."""
    socket = connection.socket
    try:
        with translated():
            connection.unbind()
    except DirectoryError as error:
        log.debug("an LDAP connection was not closed properly: %s", error)
    if socket is not None:
        socket.close()
