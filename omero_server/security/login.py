"""The check of a user's password against the database."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, update

from omero_server.control.config import Config
from omero_server.db.tables import TABLES
from omero_server.security.passwords import hash_password, verify
from omero_server.sessions.call import GUEST_USER, SYSTEM_GROUP

__all__ = ["check_password"]


def check_password(db: Connection, name: str, password: str, config: Config) -> int | None:
    """The id of the user called ``name`` if the password is right, else None.

    An outdated hash is replaced. The guest needs no password; others with a blank hash get in with any, if
    omero.security.password_required is off and they are no administrators. Without a password row nobody gets in.
    """
    user, stored = TABLES["experimenter"], TABLES["password"]
    statement = (
        select(user.c.id, stored.c.hash)
        .join(stored, stored.c.experimenter_id == user.c.id, isouter=True)
        .where(user.c.omename == name)
    )
    row = db.execute(statement).one_or_none()
    if row is None or row.hash is None:
        return None
    if not row.hash.strip():
        return row.id if _may_do_without(db, row.id, config) else None
    method = config.get("omero.security.password_hash")
    matches, outdated = verify(row.id, password, row.hash, method)
    if matches and outdated:
        fresh = hash_password(row.id, password, method)
        db.execute(update(stored).where(stored.c.experimenter_id == row.id).values(hash=fresh, changed=func.now()))
    return row.id if matches else None


def _may_do_without(db: Connection, user_id: int, config: Config) -> bool:
    if user_id == GUEST_USER:
        return True
    if config.get_bool("omero.security.password_required"):
        return False
    link = TABLES["groupexperimentermap"]
    admin = select(link.c.id).where(link.c.child == user_id, link.c.parent == SYSTEM_GROUP)
    return db.execute(admin).first() is None
