"""Who reads, and through which connection."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sqlalchemy import BigInteger, Connection, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

import omero._generated
import omero.model
from omero_server.db.remembered import remembered
from omero_server.db.tables import TABLES
from omero_server.model.schema import ModelClass
from omero_server.security.downloads import RESTRICTION, restricted
from omero_server.security.filter import UNFILTERED, ReadFilter, read_filter
from omero_server.security.masking import known_persons, masked_classes
from omero_server.security.voter import Subject, restrictions
from omero_server.sessions.call import Call, Caller

__all__ = ["Reader"]


@dataclass
class Reader:
    """A connection and the caller whose rights count. ``as_server`` reads everything, for the server's own purposes.

    time_limit: seconds that a query may take, 0 for any time. It holds where nothing but queries is done.
    A reader keeps what it learns about groups, so it should live no longer than one call.
    """

    db: Connection
    caller: Caller
    as_server: bool = False
    time_limit: int = 0

    @classmethod
    def of(cls, call: Call | Reader, as_server: bool = False) -> Reader:
        """The reader of a call; a reader stays itself."""
        if isinstance(call, Reader):
            return call if call.as_server == as_server or not as_server else replace(call, as_server=True)
        return cls(call.db, call.caller, as_server, 0 if call.transaction.writable else _time_limit(call))

    @cached_property
    def filter(self) -> ReadFilter:
        """Which rows may be read."""
        return UNFILTERED if self.as_server else read_filter(self.caller, self.db)

    @cached_property
    def masked(self) -> frozenset[str]:
        """Classes of which some texts are hidden."""
        return frozenset() if self.as_server else masked_classes(self.caller)

    @cached_property
    def known(self) -> list[int]:
        """Ids of the users whose names may be seen; matters only when "Experimenter" is in ``masked``."""
        return known_persons(self.caller, self.db)

    @cached_property
    def _bits(self) -> dict[int, int]:
        caller = self.caller
        return {caller.group_id: caller.group_permissions} if caller.group_permissions is not None else {}

    @cached_property
    def _permissions(self) -> dict[tuple[Any, ...], omero.model.Permissions]:
        return {}

    def learn_groups(self, ids: set[int]) -> None:
        """Ask for the permissions of groups, those not yet known, in one statement."""
        missing = tuple(sorted(ids - self._bits.keys()))
        if missing:
            self._bits.update(remembered(self.db, ("bits", missing), lambda: self._ask_bits(missing)))

    def group_bits(self, group: int, unknown: int = 0) -> int:
        """The permissions of a group."""
        self.learn_groups({group})
        return self._bits.get(group, unknown)

    def _ask_bits(self, ids: tuple[int, ...]) -> dict[int, int]:
        table = TABLES["experimentergroup"]
        wanted = bindparam("ids", list(ids), type_=ARRAY(BigInteger))
        rows = self.db.execute(select(table.c.id, table.c.permissions).where(table.c.id == any_(wanted)))
        return {row[0]: row[1] for row in rows}

    def permissions(
        self, cls: ModelClass, owner: int | None, group: int | None, own: int, repository: str | None, directory: bool
    ) -> omero.model.Permissions:
        """What the caller sees as permissions of an object; equal ones are one object.

        Shown are those of the group of the call, in all-group calls those of the object's group. ``own`` are the bits
        of the row, which count for groups and for objects that have no group.
        """
        key = (
            cls.name if cls.root.name == "Annotation" else cls.root.name,
            owner == self.caller.user_id,
            group,
            own if group is None else 0,
            repository,
            directory,
        )
        found = self._permissions.get(key)
        if found is None:
            found = self._permissions[key] = self._compute(cls, owner, group, own, repository, directory)
        return found

    def _compute(
        self, cls: ModelClass, owner: int | None, group: int | None, own: int, repository: str | None, directory: bool
    ) -> omero.model.Permissions:
        bits = own if group is None else self.group_bits(group, own)
        shown = bits
        if self.caller.group_permissions is not None and cls.root.name != "ExperimenterGroup":
            shown = self.caller.group_permissions
        subject = Subject(cls, owner, group, bits, repository, directory)
        extended = [RESTRICTION] if restricted(self.caller, subject) else []
        return omero.model.Permissions(restrictions(self.caller, subject), extended, shown)


def _time_limit(call: Call) -> int:
    """Seconds, as configured for the caller."""
    name = "omero.query.timeout.admin" if call.caller.is_admin else "omero.query.timeout"
    limit: int = call.engine.config.get_int(name)
    return max(limit, 0)
