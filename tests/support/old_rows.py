"""Rows for every table of an old database: four groups, one of each level, each with two objects of every class.

``old_rows()`` makes them from the recorded facts alone. All references stay within a group; every column is filled
in the first object of a class, and in the second what may be empty often is; units, enumerations, maps with repeated
names, ordered lists, external information, joined and single-table classes included.
"""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.support.old_database import FACTS

__all__ = ["CLASSES", "LEVELS", "PASSWORDS", "PEOPLE", "Person", "below", "concrete", "lineage", "old_rows"]

CLASSES: dict[str, dict[str, Any]] = FACTS["classes"]
LEVELS = {"private": -120, "read-only": -56, "read-annotate": -40, "read-write": -8}
FIRST_GROUP, FIRST_USER = 3, 2
# Not in a new database: these come from the readers of images that a server knows.
FORMATS = [("format", {"id": i, "permissions": -52, "value": v}) for i, v in enumerate(["TIFF", "Companion/TIFF"], 1)]
ANNOTATION = "ome.model.annotations.Annotation"
USER_CLASS, GROUP_CLASS, SESSION = (f"ome.model.meta.{n}" for n in ("Experimenter", "ExperimenterGroup", "Session"))
BY_HAND = {USER_CLASS, GROUP_CLASS, "ome.model.meta.GroupExperimenterMap", "ome.model.meta.DBPatch"}
TIME = "2013-05-0{} 06:07:08.12{}456"


def md5(user: int | None, password: str, encoding: str = "utf8") -> str:
    """A password's hash as OMERO stores it; user None for one without salt."""
    salt = b"" if user is None else user.to_bytes(8, "big")
    return base64.b64encode(hashlib.md5(salt + password.encode(encoding)).digest()).decode()


@dataclass(frozen=True)
class Person:
    """A user: the groups' places in LEVELS, of which ``leads`` as owner; ``hash`` "-" for no password row."""

    id: int
    name: str
    groups: tuple[int, ...]
    hash: str | None = "-"
    leads: tuple[int, ...] = ()
    admin: bool = False
    ldap: bool = False


PASSWORDS = {"salted": "geheim", "unsalted": "s3cret", "latin": "grün", "unicode": "пароль 密码"}
PEOPLE = [
    Person(2, "salted", (0, 1, 2, 3), md5(2, "geheim")),
    Person(3, "unsalted", (1, 0), md5(None, "s3cret")),
    Person(4, "latin", (2,), md5(4, "grün", "latin1"), leads=(2,)),
    Person(5, "unicode", (3,), md5(5, "пароль 密码")),
    Person(6, "nobody", (0,), None),
    Person(7, "without-row", (0,)),
    Person(8, "directory", (3,), ldap=True),
    Person(9, "assistant", (0,), md5(9, "helps"), admin=True),
    Person(10, "inactive", ()),
]
PASSWORDS["assistant"] = "helps"


def concrete() -> list[str]:
    """The classes that can have rows of their own, enumerations excepted."""
    return [name for name, cls in CLASSES.items() if not cls["abstract"] and not cls["enum"]]


def lineage(name: str) -> list[str]:
    """A class after its superclasses."""
    above = CLASSES[name]["superclass"]
    return [*(lineage(above) if above else []), name]


def old_rows() -> list[tuple[str, dict[str, Any]]]:
    """All rows: table, and value by column."""
    return _Builder().build()


@dataclass
class _Object:
    cls: str
    id: int
    world: int
    place: int


@dataclass
class _Builder:
    rows: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    last: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    objects: dict[tuple[str, int], list[_Object]] = field(default_factory=lambda: defaultdict(list))
    lists: dict[tuple[str, str, int], int] = field(default_factory=lambda: defaultdict(int))
    values: int = 0

    def build(self) -> list[tuple[str, dict[str, Any]]]:
        for table, row in FACTS["initial_rows"]:
            if isinstance(row.get("id"), int):
                self.last[table] = max(self.last[table], row["id"])
        self.rows += FORMATS
        self._people()
        for name in concrete():
            if name not in BY_HAND:
                self._allocate(name)
        for objects in list(self.objects.values()):
            for obj in objects:
                self._object(obj)
        self._without_class()
        return self.rows

    def _next_id(self, table: str) -> int:
        self.last[table] += 1
        return self.last[table]

    def _allocate(self, name: str) -> None:
        root = CLASSES[name]["root"]
        for world in range(len(LEVELS)):
            count = 2
            if CLASSES[name]["annotation_link"]:
                count = len(below(ANNOTATION))
            for place in range(count):
                obj = _Object(name, self._next_id(CLASSES[root]["table"]), world, place)
                self.objects[name, world].append(obj)

    def _object(self, obj: _Object) -> None:
        names = lineage(obj.cls)
        rows: dict[str, dict[str, Any]] = {}
        for name in names:
            cls = CLASSES[name]
            row = rows.setdefault(cls["table"], {cls["key"]: obj.id})
            for prop in cls["properties"].values():
                self._property(obj, cls, prop, row)
        root = CLASSES[names[0]]
        self._details(obj, root, rows[root["table"]])
        if root["discriminator"] is not None:
            rows[root["table"]]["discriminator"] = CLASSES[obj.cls]["discriminator"]
        self.rows += rows.items()

    def _details(self, obj: _Object, root: dict[str, Any], row: dict[str, Any]) -> None:
        columns = {column[0] for column in FACTS["tables"][root["table"]]["columns"]}
        owned = "owner_id" in columns
        row["permissions"] = list(LEVELS.values())[obj.world] if owned else -52
        event = self.objects["ome.model.meta.Event", obj.world]
        details = {
            "owner_id": FIRST_USER + obj.world,
            "group_id": FIRST_GROUP + obj.world,
            "creation_id": event[0].id,
            "update_id": event[obj.place % 2].id,
            "version": 3 if obj.place == 0 else None,
        }
        row.update((name, value) for name, value in details.items() if name in columns)
        if obj.place == 0 and "external_id" in columns and root["table"] != "externalinfo":
            row["external_id"] = self._external(obj)

    def _external(self, obj: _Object) -> int:
        row_id = self._next_id("externalinfo")
        event = self.objects["ome.model.meta.Event", obj.world][0].id
        self.rows.append(("externalinfo", {
            "id": row_id, "permissions": -52, "entityid": 10_000 + row_id, "entitytype": obj.cls,
            "lsid": f"urn:lsid:{obj.cls}:{obj.id}", "uuid": None, "owner_id": FIRST_USER + obj.world,
            "group_id": FIRST_GROUP + obj.world, "creation_id": event,
        }))  # fmt: skip
        return row_id

    def _property(self, obj: _Object, cls: dict[str, Any], prop: dict[str, Any], row: dict[str, Any]) -> None:
        kind = prop["kind"]
        self.values += 1
        if kind == "map":
            self._map(obj, cls, prop)
        elif kind == "manyone":
            row[prop["column"]] = target = self._reference(obj, cls, prop)
            if "index_column" in prop:
                key = (cls["table"], prop["column"], target or 0)
                row[prop["index_column"]] = self.lists[key]
                self.lists[key] += 1
        elif kind == "unit":
            self._unit(obj, cls, prop, row)
        elif kind == "basic" and not (prop["nullable"] and obj.place and self.values % 2):
            row[prop["column"]] = self._value(obj, cls, prop)

    def _map(self, obj: _Object, cls: dict[str, Any], prop: dict[str, Any]) -> None:
        holder = next(c[0] for c in FACTS["tables"][prop["table"]]["columns"] if c[0].endswith("_id"))
        for index, (name, value) in enumerate([("name", "µ"), ("name", f"twice {obj.id}"), ("", "")]):
            self.rows.append((prop["table"], {holder: obj.id, "index": index, "name": name, "value": value}))

    def _unit(self, obj: _Object, cls: dict[str, Any], prop: dict[str, Any], row: dict[str, Any]) -> None:
        if obj.place:
            return
        type_ = next(c[1] for c in FACTS["tables"][cls["table"]]["columns"] if c[0] == prop["unit_column"])
        labels = FACTS["enum_types"][type_]
        row[prop["unit_column"]] = labels[self.values % len(labels)]
        row[prop["column"]] = self.values / 8

    def _reference(self, obj: _Object, cls: dict[str, Any], prop: dict[str, Any]) -> int | None:
        target = prop["type"]
        if target in (USER_CLASS, GROUP_CLASS):
            return (FIRST_USER if target == USER_CLASS else FIRST_GROUP) + obj.world
        if CLASSES[target]["enum"]:
            known = FACTS["initial_rows"] + FORMATS
            ids = [row["id"] for table, row in known if table == CLASSES[target]["table"]]
            return int(ids[self.values % len(ids)])
        if CLASSES[target]["root"] == cls["root"] and prop["nullable"]:
            # The second of a class refers to the first: no circles.
            return self.objects[obj.cls, obj.world][0].id if obj.place else None
        if cls["annotation_link"] and prop["column"] == "child":
            return self._choices(target, obj.world)[2 * obj.place].id
        choices = self._choices(target, obj.world)
        place = 0 if cls["annotation_link"] or "index_column" in prop else obj.place
        return choices[place % len(choices)].id

    def _choices(self, target: str, world: int) -> list[_Object]:
        return [obj for name in below(target) for obj in self.objects[name, world]]

    def _value(self, obj: _Object, cls: dict[str, Any], prop: dict[str, Any]) -> Any:
        column, kind = prop["column"], prop["type"]
        if (cls["table"], column) == ("annotation", "ns"):
            return f"namespace.name of {self.objects['ome.model.meta.Namespace', obj.world][obj.place].id}"
        if (cls["table"], column) == ("eventlog", "entitytype"):
            return "ome.model.core.Image"
        if (cls["table"], column) == ("originalfile", "repo"):
            return None
        text = f"{cls['table']}.{column} of {obj.id}"
        if kind in ("string", "text"):
            # Of a session, the key is 36 letters at most in practice; any text is one.
            return text if column in ("name", "uuid") else f"{text}: é µ 'quoted' \\ 漢字"[:45]
        if kind == "timestamp":
            return TIME.format(1 + obj.world, obj.place)
        numbers: dict[str, Any] = {
            "int": self.values, "long": 2**40 + self.values, "double": self.values / 7, "float": self.values / 7,
            "boolean": bool(self.values % 2), "PositiveInteger": 1 + self.values, "NonNegativeInteger": self.values,
            "PercentFraction": self.values % 100 / 100, "byte[]": bytes(range(self.values % 256)),
            "string[]": ["one", "", "'three'"], "string[][]": ["a"],
        }  # fmt: skip
        return numbers[kind]

    def _people(self) -> None:
        for world, (name, bits) in enumerate(LEVELS.items()):
            group = {"id": FIRST_GROUP + world, "permissions": bits, "version": 0, "name": name, "ldap": False}
            self.rows.append(("experimentergroup", {**group, "description": f"a {name} group"}))
            holder = {"experimentergroup_id": FIRST_GROUP + world, "index": 0, "name": "color", "value": "b"}
            self.rows.append(("experimentergroup_config", holder))
        self.last["experimentergroup"] = FIRST_GROUP + len(LEVELS) - 1
        for person in PEOPLE:
            self._person(person)
        self.last["experimenter"] = PEOPLE[-1].id

    def _person(self, person: Person) -> None:
        self.rows.append(("experimenter", {
            "id": person.id, "permissions": -52, "version": None, "omename": person.name, "firstname": "Old",
            "middlename": None, "lastname": person.name.title(), "institution": "Institute", "ldap": person.ldap,
            "email": f"{person.name}@example.org",
        }))  # fmt: skip
        groups = [FIRST_GROUP + place for place in person.groups] + ([0] if person.admin else [])
        # A user who was made inactive has no membership at all.
        for index, group in enumerate([*groups, 1] if groups else []):
            owner = group - FIRST_GROUP in person.leads
            row = {"id": self._next_id("groupexperimentermap"), "permissions": -52, "version": 0, "owner": owner}
            self.rows.append(("groupexperimentermap", {**row, "parent": group, "child": person.id,
                                                       "child_index": index}))  # fmt: skip
        if person.hash != "-":
            row = {"experimenter_id": person.id, "hash": person.hash, "changed": TIME.format(1, 0)}
            self.rows.append(("password", row))
        if person.admin:
            pair = {"experimenter_id": person.id, "index": 0, "name": "AdminPrivilege:Chown", "value": "false"}
            self.rows.append(("experimenter_config", pair))

    def _without_class(self) -> None:
        self.rows += [
            ("_fs_deletelog", {"event_id": 0, "file_id": 99, "owner_id": 2, "group_id": 3, "path": "a/", "name": "b",
                               "repo": "c"}),
            ("_reindexing_required", {"event_id": 0, "entity_type": "ome.model.core.Image", "entity_id": 1}),
            ("_current_admin_privileges", {"transaction": 1, "privilege": "Chgrp"}),
            ("configuration", {"name": "PersistentEventLogLoader.v2.current_id", "value": "1"}),
            ("configuration", {"name": "DB check DBEnumCheck", "value": "done for Bio-Formats revision 5.9.2"}),
            ("dbpatch", {"id": 2, "permissions": -52, "currentversion": "OMERO5.4", "currentpatch": 0,
                         "previousversion": "OMERO5.4", "previouspatch": 0, "message": "DB check DBEnumCheck: done",
                         "finished": TIME.format(1, 0)}),
        ]  # fmt: skip
        self.last["dbpatch"] = 2


def below(name: str) -> list[str]:
    """A class and its subclasses, as far as they have rows of their own."""
    return [other for other, cls in CLASSES.items() if not cls["abstract"] and name in lineage(other)]
