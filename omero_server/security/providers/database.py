"""Passwords in the table `password` of the database."""

from __future__ import annotations

import logging

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from omero_server.control.config import Config
from omero_server.db.tables import TABLES
from omero_server.security.passwords import hash_password, verify
from omero_server.security.providers.base import Account, Setting, Verdict
from omero_server.sessions.call import GUEST_USER, SYSTEM_GROUP, InTransaction

__all__ = ["DatabaseProvider", "store_password"]

log = logging.getLogger(__name__)

EXPERIMENTER = "ome.model.meta.Experimenter"


class DatabaseProvider:
    """The provider of every user whom no other one claims.

    The guest needs no password; others with a blank hash get in with any, if omero.security.password_required is off
    and they are no administrators. Without a hash nobody gets in.
    """

    name = "jdbcPasswordProvider"

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def check(self, name: str, password: str) -> Verdict:
        """Compare with the stored hash; a hash in an outdated form is replaced."""
        user, stored = TABLES["experimenter"], TABLES["password"]
        statement = (
            select(user.c.id, stored.c.hash)
            .join(stored, stored.c.experimenter_id == user.c.id, isouter=True)
            .where(user.c.omename == name)
        )
        with self._setting.database.begin() as db:
            row = db.execute(statement).one_or_none()
            if row is None:
                return Verdict.not_mine("no such user")
            if row.hash is None:
                return Verdict.no("the account has no password in the database")
            if not row.hash.strip():
                free = self._may_do_without(db, row.id)
                return Verdict.yes() if free else Verdict.no("the stored password is blank")
        return self._compare(row.id, password, row.hash)

    def holds(self, account: Account) -> bool:
        """Every user has a row here, or may get one."""
        return True

    def change(self, work: InTransaction, account: Account, password: str | None) -> None:
        """Store a hash."""
        store_password(work, self._setting.config, account.id, password)

    def _compare(self, user_id: int, password: str, stored: str) -> Verdict:
        method = self._setting.config.get("omero.security.password_hash")
        matches, outdated = verify(user_id, password, stored, method)
        if matches and outdated:
            self._renew(user_id, stored, hash_password(user_id, password, method))
        return Verdict.yes() if matches else Verdict.no("the password does not match")

    def _renew(self, user_id: int, old: str, fresh: str) -> None:
        table = TABLES["password"]
        # Not if the password was changed in the meantime.
        here = (table.c.experimenter_id == user_id) & (table.c.hash == old)
        try:
            with self._setting.database.begin() as db:
                db.execute(update(table).where(here).values(hash=fresh))
        except DBAPIError as error:
            log.warning("the password hash of user %d stays in its old form: %s", user_id, error.orig)

    def _may_do_without(self, db: Connection, user_id: int) -> bool:
        if user_id == GUEST_USER:
            return True
        if self._setting.config.get_bool("omero.security.password_required"):
            return False
        link = TABLES["groupexperimentermap"]
        admin = select(link.c.id).where(link.c.child == user_id, link.c.parent == SYSTEM_GROUP)
        return db.execute(admin).first() is None


def store_password(work: InTransaction, config: Config, user_id: int, text: str | None) -> None:
    """Store a password and log it as PASSWORD. None closes the account; a blank one does too, unless passwords are
    not required.
    """
    hashed: str | None = None
    if text is not None and text.strip():
        hashed = hash_password(user_id, text, config.get("omero.security.password_hash"))
    elif text is not None and not config.get_bool("omero.security.password_required"):
        hashed = text
    table = TABLES["password"]
    work.log("PASSWORD", EXPERIMENTER, [user_id])
    new = {"hash": hashed, "changed": func.now()}
    done = work.db.execute(update(table).where(table.c.experimenter_id == user_id).values(**new))
    if not done.rowcount:
        work.db.execute(insert(table).values(experimenter_id=user_id, **new))
