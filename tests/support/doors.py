"""Logins with a configuration of the test's own, without a server."""

from __future__ import annotations

from typing import Any

from omero_server.control.config import Config
from omero_server.security.login import Passwords
from omero_server.sessions.store import internal_author
from tests.support.directory import SECRET
from tests.support.lab import Lab
from tests.support.scene import ALL_PRIVILEGES

__all__ = ["Door"]


class Door:
    """Checks passwords against a lab's database; failures are not delayed."""

    def __init__(self, lab: Lab, values: dict[str, str]) -> None:
        self.lab = lab
        config = Config(lab.config.instance, values | {"omero.security.login_failure_throttle_time": "0"})
        self.passwords = Passwords(config, lab.database, lambda: internal_author(0, frozenset(ALL_PRIVILEGES)))

    def opens(self, name: str, password: str = SECRET) -> bool:
        """Whether a password is right."""
        return self.passwords.check(name, password) is not None

    def groups(self, name: str) -> dict[str, bool]:
        """A user's groups, in order, and whether he owns them."""
        return dict(
            self.lab.query(
                "SELECT g.name, m.owner FROM groupexperimentermap m JOIN experimentergroup g ON g.id = m.parent"
                " JOIN experimenter e ON e.id = m.child WHERE e.omename = :n ORDER BY m.child_index",
                n=name,
            )
        )

    def user(self, name: str) -> list[tuple[Any, ...]]:
        """A user's names, address, institution and LDAP flag; nothing when there is no such user."""
        return self.lab.query(
            "SELECT firstname, middlename, lastname, email, institution, ldap FROM experimenter WHERE omename = :n",
            n=name,
        )
