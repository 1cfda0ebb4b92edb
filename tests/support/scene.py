"""A database with a few groups, users and objects, put in with plain inserts, for tests of whatever reads them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, text

from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL
from omero_server.sessions.call import ALL_GROUPS, USER_GROUP, Caller

PRIVATE, READ_ONLY, READ_ANNOTATE, READ_WRITE, WORLD = -120, -56, -40, -8, -52
ALL_PRIVILEGES = frozenset(MODEL.enums["AdminPrivilege"])
EVENT = 0
NOON = datetime(2024, 5, 6, 12, 0, 0, 250000)


class Scene:
    """Inserts rows; ``add`` fills in what every row needs."""

    def __init__(self, db: Connection) -> None:
        self.db = db
        self.groups: dict[str, int] = {}
        self.bits: dict[int, int] = {}
        self.users: dict[str, int] = {}
        self.members: dict[str, list[int]] = {}
        self.leaders: dict[str, list[int]] = {}

    def next_id(self, sequence: str) -> int:
        """A new id."""
        return int(self.db.execute(text("SELECT ome_nextval(:s)"), {"s": sequence}).scalar_one())

    def add(self, table: str, owner: int | None = None, group: int | None = None, /, **values: Any) -> int:
        """Insert a row with a new id, which is returned. Owned rows need owner and group."""
        columns = TABLES[table].c
        row: dict[str, Any] = {"id": self.next_id(f"seq_{table}"), "permissions": -52} | values
        if "owner_id" in columns:
            row |= {"owner_id": owner, "group_id": group, "creation_id": EVENT}
        if "update_id" in columns:
            row["update_id"] = EVENT
        if "version" in columns:
            row["version"] = 0
        self.db.execute(insert(TABLES[table]).values(**row))
        return int(row["id"])

    def group(self, name: str, bits: int) -> int:
        """A group with these permissions."""
        self.groups[name] = self.add("experimentergroup", name=name, permissions=bits, ldap=False)
        self.bits[self.groups[name]] = bits
        return self.groups[name]

    def user(self, name: str, *groups: str, leads: tuple[str, ...] = ()) -> int:
        """A user in some groups, and in "user"."""
        user = self.users[name] = self.add(
            "experimenter",
            omename=name,
            firstname=name.title(),
            lastname="Smith",
            email=f"{name}@example.org",
            ldap=False,
        )
        ids = [self.groups[g] for g in groups]
        self.members[name] = [*ids, USER_GROUP]
        self.leaders[name] = [self.groups[g] for g in leads]
        for place, group in enumerate(self.members[name]):
            leader = group in self.leaders[name]
            self.add("groupexperimentermap", parent=group, child=user, child_index=place, owner=leader)
        return user

    def caller(self, name: str, group: str | None = None, **changes: Any) -> Caller:
        """A user calling in a group, or in all."""
        group_id = ALL_GROUPS if group is None else self.groups[group]
        facts = {
            "session_id": 1, "session_uuid": "uuid", "user_id": self.users[name], "user_name": name,
            "group_id": group_id, "group_name": group or "", "group_permissions": self.bits.get(group_id),
            "member_of": tuple(self.members[name]), "leader_of": tuple(self.leaders[name]),
            "is_admin": False, "privileges": frozenset(),
        }  # fmt: skip
        return Caller(**facts | changes)

    def root(self, group: str | None = None, privileges: frozenset[str] = ALL_PRIVILEGES) -> Caller:
        """An administrator, user 0."""
        group_id = ALL_GROUPS if group is None else self.groups[group]
        return Caller(
            1, "uuid", 0, "root", group_id, group or "", self.bits.get(group_id), (0, 1), (), True, privileges
        )  # fmt: skip

    def image(self, name: str, owner: int, group: int, **values: Any) -> int:
        """An image."""
        return self.add("image", owner, group, name=name, acquisitiondate=NOON, series=0, **values)

    def pixels(self, image: int, owner: int, group: int, channels: int = 0) -> int:
        """Pixels of an image, 5 x 4, with physical sizes in micrometres, and channels."""
        pixels = self.add(
            "pixels", owner, group, image=image, image_index=0, pixelstype=1, dimensionorder=1, sizex=5, sizey=4,
            sizez=1, sizec=channels, sizet=1, sha1="none", physicalsizex=0.5, physicalsizexunit="µm",
        )  # fmt: skip
        # Inserted last first: the order of a list is that of its index.
        for place in reversed(range(channels)):
            logical = self.add("logicalchannel", owner, group, name=f"channel {place}")
            self.add("channel", owner, group, pixels=pixels, pixels_index=place, logicalchannel=logical, red=place)
        return pixels

    def link(self, table: str, parent: int, child: int, owner: int, group: int) -> int:
        """A link."""
        return self.add(table, owner, group, parent=parent, child=child)

    def annotation(self, discriminator: str, owner: int, group: int, **values: Any) -> int:
        """An annotation of any class."""
        return self.add("annotation", owner, group, discriminator=discriminator, **values)
