"""Every role against every operation on every kind of object in groups of every level.

What is expected stands in tests/data/permission_matrix.yaml. Sessions are real ones; each call is rolled back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import text

import omero
import omero.model
from omero_server.db.transaction import Transaction
from omero_server.model.schema import MODEL
from omero_server.queries import find, run
from omero_server.saving.saver import save
from omero_server.security.bits import parse
from omero_server.services.query import QueryService
from omero_server.services.update import UpdateService
from omero_server.sessions.call import GUEST_USER, ROOT_USER, SYSTEM_GROUP, Call
from omero_server.sessions.store import SessionRequest, internal_author
from tests.support.instance import fresh_root
from tests.support.lab import Lab, id_of, new, open_lab, owned, ref, wire
from tests.support.scene import Scene

TABLE = yaml.safe_load((Path(__file__).parent.parent / "data" / "permission_matrix.yaml").read_text())
LEVELS, KINDS, ROLES, OPERATIONS = (TABLE[key] for key in ("levels", "kinds", "roles", "operations"))
PRIVILEGES = sorted(MODEL.enums["AdminPrivilege"])
FLAG_ORDER = ("L", "E", "D", "A", "G", "O")
ERRORS = {
    "SV": omero.SecurityViolation,
    "GSV": omero.GroupSecurityViolation,
    "ROGSV": omero.ReadOnlyGroupSecurityViolation,
}
FIELDS = {"Rectangle": "textValue", "TagAnnotation": "textValue", "Pixels": "methodology", "PixelsType": "value",
          "Experimenter": "lastName", "Channel": "lookupTable"}  # fmt: skip
ANNOTATED = ("Project", "Dataset", "Image", "Screen", "Plate", "Folder", "Roi")
LINKED = ("DatasetImageLink", "ProjectDatasetLink", "ScreenPlateLink", "FolderImageLink")
CREATED = ("Project", "Image", "TagAnnotation", "Folder")
NOT_DELETED = ("Pixels", "LogicalChannel")
NOT_UPDATED = ("ImageAnnotationLink", "DatasetImageLink")


class Theatre:
    """People in all roles, and objects of Ann's and of Fay's, who has left the groups, in a group of each level."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.store = lab, lab.engine.sessions
        author = replace(internal_author(0, frozenset(PRIVILEGES)), event_type="User")
        with Transaction(lab.database, author, True) as transaction:
            # The privileges of who writes go on record with the event: it takes all of them to make administrators.
            _ = transaction.event_id
            self._people(transaction.db)
        self.sessions = {name: self._session(user) for name, user in self.users.items()}
        self.sessions |= {
            "guest": self._session(GUEST_USER),
            "admin": self._session(ROOT_USER),
            "sudo as member": self._session(self.users["member"], ROOT_USER),
            "sudo as root": self._session(ROOT_USER, self.users["sudoer"]),
        }
        self.sessions["acting owner"] = self.sessions["admin"]
        self.objects = {
            (level, who): self._objects(level, who) for level in LEVELS for who in ("owner", "former member")
        }
        with lab.database.begin() as db:
            self._repositories(db)
            left = "DELETE FROM groupexperimentermap WHERE child = :c AND parent = ANY(:p)"
            db.execute(text(left), {"c": self.users["former member"], "p": list(self.groups.values())})
        self.store.invalidate()

    def _people(self, db: Any) -> None:
        scene = Scene(db)
        self.groups = {level: scene.group(f"level {level}", parse(bits)) for level, bits in LEVELS.items()}
        levels = [f"level {level}" for level in LEVELS]
        scene.group("elsewhere", parse("rwr---"))
        for name in ("owner", "member"):
            scene.user(name, *levels)
        scene.user("former member", *levels, "elsewhere")
        scene.user("leader", *levels, leads=tuple(levels))
        scene.user("stranger", "elsewhere")
        scene.groups["system"] = SYSTEM_GROUP
        lights = {"restricted": None, "restricted member": None, "sudoer": "WriteOwned"}
        lights |= {role: facts["privilege"] for role, facts in ROLES.items() if "privilege" in facts}
        lights.pop("sudo as root")
        for name, privilege in lights.items():
            scene.user(name, "system", *(levels if name == "restricted member" else ()))
            self._restrict(db, scene.users[name], {privilege, "Sudo" if name == "sudoer" else None})
        self.users = dict(scene.users)

    @staticmethod
    def _restrict(db: Any, user: int, kept: set[str | None]) -> None:
        for place, name in enumerate(p for p in PRIVILEGES if p not in kept):
            row = {"u": user, "n": f"AdminPrivilege:{name}", "i": place}
            db.execute(text("INSERT INTO experimenter_config VALUES (:u, :n, 'false', :i)"), row)

    def _session(self, user: int, sudoer: int | None = None) -> Any:
        return self.store.create(SessionRequest(user, sudoer=sudoer))

    def attempt(self, role: str, group: int, action: Callable[[Call], Any]) -> tuple[str, Any]:
        """("ok", result) of an action in a call that is rolled back, or the name of the refusal."""
        context = {"omero.group": str(group)}
        if role == "acting owner":
            context["omero.user"] = str(self.users["owner"])
        try:
            caller = self.store.caller(self.sessions[role], context)
            transaction = Transaction(self.lab.database, caller.author(), True)
            try:
                return "ok", action(Call(caller, transaction, self.sessions[role], self.lab.engine))
            finally:
                transaction.rollback()
        except omero.SecurityViolation as error:
            return next(name for name, cls in ERRORS.items() if type(error) is cls), None

    def _objects(self, level: str, who: str) -> dict[str, int]:
        caller = self.store.caller(self.sessions[who], {"omero.group": str(self.groups[level])})
        with Transaction(self.lab.database, caller.author(), True) as transaction:
            made = _new_objects()
            save(Call(caller, transaction, self.sessions[who], self.lab.engine), list(made.values()))
        return {name: id_of(obj) for name, obj in made.items()}

    def _repositories(self, db: Any) -> None:
        """Only the server itself puts files into repositories."""
        db.execute(text("ALTER TABLE originalfile DISABLE TRIGGER USER"))
        for kind, repository in (("managed", "a uuid"), ("script", "ScriptRepo")):
            ids = [made[f"OriginalFile in the {kind} repository"] for made in self.objects.values()]
            db.execute(
                text("UPDATE originalfile SET repo = :r, name = id::text WHERE id = ANY(:i)"),
                {"r": repository, "i": ids},
            )
        db.execute(text("ALTER TABLE originalfile ENABLE TRIGGER USER"))

    def system_objects(self) -> dict[str, int]:
        """One object of each kind that belongs to the whole system."""
        member = "SELECT min(id) FROM groupexperimentermap WHERE child = :c"
        return {
            "PixelsType": self.lab.value("SELECT min(id) FROM pixelstype"),
            "Experimenter": self.users["stranger"],
            "ExperimenterGroup": self.groups["P"],
            "GroupExperimenterMap": self.lab.value(member, c=self.users["stranger"]),
        }


def _new_objects() -> dict[str, Any]:
    """New objects by kind, and what operations need: nothing refers to those that are deleted."""
    named = ("Project", "Dataset", "Image", "Screen", "Plate", "Folder", "Roi", *(k for k in KINDS if "File" in k))
    made = {kind: new(kind.split()[0], name="n") for kind in named}
    for kind, obj in made.items():
        if kind.startswith("OriginalFile"):
            obj._path = wire("/p/")
    sizes = {f"size{axis}": 1 for axis in "XYZCT"}
    pixels = new("Pixels", **sizes, sha1="x", dimensionOrder=new("DimensionOrder", value="XYZCT"),
                 pixelsType=new("PixelsType", value="uint8", bitSize=8), image=new("Image", name="p"))  # fmt: skip
    channel = new("Channel", logicalChannel=new("LogicalChannel", name="l"), pixels=pixels)
    return made | {
        "Rectangle": new("Rectangle", x=1.0, y=1.0, width=1.0, height=1.0, roi=new("Roi")),
        "TagAnnotation": new("TagAnnotation", textValue="t"),
        "ImageAnnotationLink": new("ImageAnnotationLink", parent=pixels._image, child=new("TagAnnotation")),
        "DatasetImageLink": new("DatasetImageLink", parent=new("Dataset", name="d"), child=pixels._image),
        "RenderingDef": _settings(pixels),
        "Pixels": pixels,
        "Channel": channel,
        "LogicalChannel": channel._logicalChannel,
    }


def _settings(pixels: Any) -> Any:
    quantum = new("QuantumDef", cdStart=0, cdEnd=255, bitResolution=255)
    return new("RenderingDef", pixels=pixels, defaultZ=0, defaultT=0, compression=0.5, name="n", quantization=quantum,
               model=new("RenderingModel", value="rgb"))  # fmt: skip


@pytest.fixture(scope="module")
def theatre() -> Iterator[Theatre]:
    with fresh_root() as root, open_lab(root) as lab:
        yield Theatre(lab)


def row_of(role: str, kind: str, rows: dict[str, Any]) -> dict[str, str] | None:
    """The row of a table that holds for a role and a kind; None where the table does not speak of the role."""
    facts = ROLES[role]
    if "privilege" not in facts:
        return rows.get(facts.get("as", role))
    given = KINDS.get(kind, {"write": "WriteOwned", "delete": "DeleteOwned"})
    names = {given["write"]: "writer", given["delete"]: "deleter", "Chgrp": "mover", "Chown": "giver"}
    return rows.get(names.get(facts["privilege"], "restricted"), rows["restricted"])


def expected_flags(role: str, kind: str, level: str) -> str:
    row = row_of(role, kind, TABLE["flags"])
    assert row is not None
    moves = KINDS[kind]["moves"]
    words = row[level]
    if words in ("hidden", "none"):
        return words
    return "".join(flag for flag in words if flag not in "GO" or flag in moves) or "none"


def flags(obj: Any) -> str:
    """What the object says that one may do with it, as in the table."""
    if obj is None:
        return "hidden"
    forbidden = obj._details._permissions._restrictions or [False] * 6
    given = {flag for flag, no in zip(FLAG_ORDER, forbidden, strict=True) if not no}
    return "".join(flag for flag in "EDALGO" if flag in given) or "none"


def shown(cells: list[str]) -> str:
    return f"{len(cells)} cells differ:\n" + "\n".join(cells)


counted: Counter[str] = Counter()


def reading(theatre: Theatre, role: str, group: int, ids: dict[str, int]) -> dict[str, str]:
    """Flags of objects by kind as a query gives them; they are the same when the objects are loaded one by one."""

    def look(call: Call) -> dict[str, str]:
        found = {}
        for kind, object_id in ids.items():
            cls = kind.split()[0]
            queried = run(call, f"from {cls} o where o.id = :id", {"id": object_id})
            found[kind] = flags(queried[0] if queried else None)
            try:
                loaded = flags(QueryService().get(call, cls, object_id))
            except omero.SecurityViolation:
                loaded = "hidden"
            assert loaded == found[kind], (role, kind, loaded, found[kind])
        return found

    how, found = theatre.attempt(role, group, look)
    return found if how == "ok" else dict.fromkeys(ids, "hidden")


@pytest.mark.parametrize("level", LEVELS)
def test_reading_and_flags(theatre: Theatre, level: str) -> None:
    wrong = []
    for role in ROLES:
        ids = theatre.objects[level, "former member" if role == "former member" else "owner"]
        outside = role == "former member" and not LEVELS[level].endswith(("r-", "ra", "rw"))
        for group in (-1,) if outside else (theatre.groups[level], -1):
            for kind, found in reading(theatre, role, group, {kind: ids[kind] for kind in KINDS}).items():
                counted["flags"] += 1
                if found != (wanted := expected_flags(role, kind, level)):
                    wrong.append(f"{level} {role}: {kind} in group {group}: {found}, expected {wanted}")
    assert not wrong, shown(wrong)


def may_change(role: str, kind: str) -> bool:
    """Whether a role may change a kind that belongs to the whole system."""
    facts, needed = ROLES[role], TABLE["system"][kind]
    if role in ("admin", "acting owner"):
        return True
    if "privilege" in facts:
        return bool(needed in ("any", facts["privilege"]))
    return role.startswith("restricted") and bool(needed == "any")


def test_flags_of_what_belongs_to_the_system(theatre: Theatre) -> None:
    wrong, ids = [], theatre.system_objects()
    for role in ROLES:
        for kind, found in reading(theatre, role, -1, ids).items():
            counted["system flags"] += 1
            if found != (wanted := "EDAL" if may_change(role, kind) else "AL"):
                wrong.append(f"{role}: {kind}: {found}, expected {wanted}")
    assert not wrong, shown(wrong)


Attempt = Callable[[Call], Any]


def update(kind: str, object_id: int) -> Attempt:
    cls = kind.split()[0]

    def act(call: Call) -> None:
        obj = find(call, cls, object_id, as_server=True)
        if cls == "GroupExperimenterMap":
            obj._owner = omero.RBool(_val=not obj._owner._val)
        else:
            setattr(obj, f"_{FIELDS.get(cls, 'name')}", wire("changed"))
        UpdateService().saveObject(call, obj)

    return act


def delete(kind: str, object_id: int) -> Attempt:
    return lambda call: UpdateService().deleteObject(call, ref(kind.split()[0], object_id))


def give(kind: str, object_id: int, user: int) -> Attempt:
    def act(call: Call) -> None:
        obj = find(call, kind, object_id, as_server=True)
        obj._details._owner = ref("Experimenter", user)
        saved = UpdateService().saveAndReturnObject(call, obj)
        assert saved._details._owner._id._val == user

    return act


def store(obj: Any, owner: int | None = None) -> Attempt:
    return lambda call: UpdateService().saveObject(call, obj if owner is None else owned(obj, owner))


def linked(cls: str, ids: dict[str, int]) -> Any:
    ends = MODEL.classes[cls].properties
    return new(cls, **{end: ref(ends[end].type, ids[ends[end].type]) for end in ("parent", "child")})


def tried(role: str, operation: str, kind: str) -> bool:
    """Privileges for files and accounts are tried with files, and one other kind: they make no difference elsewhere."""
    if ROLES[role].get("privilege", "WriteOwned") in ("WriteOwned", "DeleteOwned", "Chgrp", "Chown"):
        return True
    return operation in ("update", "delete") and kind.split()[0] in ("OriginalFile", "Image")


def attempts(theatre: Theatre, operation: str, ids: dict[str, int]) -> Iterator[tuple[str, Attempt]]:
    """(kind, what to try) for each kind that an operation is tried with."""
    owner, member = theatre.users["owner"], theatre.users["member"]
    tag = ref("TagAnnotation", ids["TagAnnotation"])
    if operation == "update":
        yield from ((kind, update(kind, ids[kind])) for kind in KINDS if kind not in NOT_UPDATED)
    elif operation == "delete":
        yield from ((kind, delete(kind, ids[kind])) for kind in KINDS if kind not in NOT_DELETED)
    elif operation == "annotate":
        for kind in ANNOTATED:
            yield kind, store(new(f"{kind}AnnotationLink", parent=ref(kind, ids[kind]), child=tag))
    elif operation == "contain":
        yield from ((cls, store(linked(cls, ids))) for cls in LINKED)
    elif operation == "contain for the owner":
        yield from ((cls, store(linked(cls, ids), owner)) for cls in LINKED)
    elif operation == "draw":
        yield "Roi", store(new("Roi", image=ref("Image", ids["Image"])))
    elif operation == "look":
        yield "RenderingDef", store(_settings(ref("Pixels", ids["Pixels"])))
    elif operation == "create":
        yield from ((cls, store(new(cls, name="n"))) for cls in CREATED)
    elif operation == "create for another":
        yield from ((cls, store(new(cls, name="n"), member)) for cls in CREATED)
    else:
        yield from ((kind, give(kind, ids[kind], member)) for kind in ("Dataset", "Image", "TagAnnotation"))


@pytest.mark.parametrize("level", LEVELS)
def test_operations(theatre: Theatre, level: str) -> None:
    wrong = []
    for role in ROLES:
        ids = theatre.objects[level, "former member" if role == "former member" else "owner"]
        for operation, rows in OPERATIONS.items():
            for kind, attempt in attempts(theatre, operation, ids):
                row = row_of(role, kind, rows)
                if row is None or not tried(role, operation, kind):
                    continue
                counted[operation] += 1
                found, _ = theatre.attempt(role, theatre.groups[level], attempt)
                if found != row[level]:
                    wrong.append(f"{level} {role}: {operation} {kind}: {found}, expected {row[level]}")
    assert not wrong, shown(wrong)


def test_operations_on_what_belongs_to_the_system(theatre: Theatre) -> None:
    user, group = ref("Experimenter", theatre.users["stranger"]), ref("ExperimenterGroup", theatre.groups["RO"])
    fresh = {
        "PixelsType": lambda: new("PixelsType", value="fresh", bitSize=8),
        "Experimenter": lambda: new("Experimenter", omeName="fresh", firstName="f", lastName="l", ldap=False),
        "ExperimenterGroup": lambda: new("ExperimenterGroup", name="fresh", ldap=False),
        "GroupExperimenterMap": lambda: new("GroupExperimenterMap", parent=group, child=user, owner=False),
    }
    wrong = []
    for role in ROLES:
        at = theatre.groups["WW"]
        for kind, object_id in theatre.system_objects().items():
            for operation, attempt in (("update", update(kind, object_id)), ("create", store(fresh[kind]()))):
                counted["system"] += 1
                found, _ = theatre.attempt(role, at, attempt)
                if found != (wanted := "ok" if may_change(role, kind) else "SV"):
                    wrong.append(f"{role}: {operation} {kind}: {found}, expected {wanted}")
    assert not wrong, shown(wrong)


def test_matrix_is_large() -> None:
    operations = sum(count for name, count in counted.items() if "flags" not in name)
    assert operations > 3500 and counted["flags"] > 4000, counted
