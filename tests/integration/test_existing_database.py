"""Databases that another server has left: opened, read, written, and in order afterwards."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import Glacier2
import psycopg2
import pytest
from catalog import snapshot
from clusters import cluster, database, find_bin

import omero
import omero.cmd
import omero.model
import omero.rtypes
from omero.sys import ParametersI
from tests.support.instance import Instance, fresh_root, running
from tests.support.old_changes import change, make_new
from tests.support.old_compare import Rows, differences, simple
from tests.support.old_database import FACTS, script
from tests.support.old_order import disorder
from tests.support.old_rows import CLASSES, FIRST_GROUP, PASSWORDS, concrete, lineage, old_rows

ALL_GROUPS = {"omero.group": "-1"}
WORLD = 3
GROUP = {"omero.group": str(FIRST_GROUP + WORLD)}
# Other users' keys are not for clients: these are sent without contents, whoever asks.
WITHHELD = {"Node", "Share"}
# History, sessions and shares are written by the server alone, memberships by IAdmin.
NOT_MADE = {"DBPatch", "Event", "EventLog", "Node", "Session", "Share", "ShareMember", "GroupExperimenterMap"}


@dataclass
class Old:
    """A server on a restored database; ``hash`` is its way to store passwords, ``catalog`` how the database was."""

    instance: Instance
    rows: Rows
    hash: str
    catalog: dict[str, Any]

    def login(self, name: str, password: str) -> Any:
        """A client; to be closed by the caller."""
        client = omero.client(self.instance.host, self.instance.ports.ssl)
        try:
            client.createSession(name, password)
        except BaseException:
            client.closeSession()
            raise
        return client


def fill(dsn: str, text: str) -> None:
    connection = psycopg2.connect(dsn)
    with connection.cursor() as cursor:
        cursor.execute(text)
    connection.commit()
    connection.close()


def taken(dsn: str) -> dict[str, Any]:
    """The catalog of a database, see ``snapshot``."""
    connection = psycopg2.connect(dsn)
    try:
        return snapshot(connection)
    finally:
        connection.close()


def copy(binaries: Path, source: str, target: str) -> None:
    """Dump one database and restore it into another, as an administrator does."""
    dump = subprocess.run([binaries / "pg_dump", "--no-owner", source], check=True, capture_output=True)
    command = [binaries / "psql", "-q", "-v", "ON_ERROR_STOP=1", target]
    subprocess.run(command, input=dump.stdout, check=True, stdout=subprocess.DEVNULL)


def settings(server: str) -> dict[str, str]:
    """The properties that an administrator sets for a database."""
    host = server.split()[0].removeprefix("host=")
    return {"omero.db.host": host, "omero.db.user": "postgres", "omero.db.pass": "x", "omero.db.name": "omero"}


@pytest.fixture(scope="module", params=[(18, False, "argon2id"), (15, True, "md5")], ids=["18", "15-upgraded-md5"])
def old(request: pytest.FixtureRequest) -> Iterator[Old]:
    major, upgraded, method = request.param
    binaries = find_bin(major)
    assert binaries is not None, f"PostgreSQL {major} is needed: install its server programs"
    with cluster(binaries) as server, database(server, "made") as made, database(server, "omero") as dsn:
        fill(made, script(old_rows(), upgraded))
        copy(binaries, made, dsn)
        catalog = taken(dsn)
        properties = settings(server) | {"omero.security.password_hash": method}
        with fresh_root() as root, running(root, properties=properties) as instance:
            connection = psycopg2.connect(dsn)
            connection.autocommit = True
            yield Old(instance, Rows(connection), method, catalog)
            connection.close()


@pytest.fixture(scope="module")
def root(old: Old) -> Iterator[Any]:
    client = old.login("root", "omero")
    yield client.sf
    client.closeSession()


@pytest.fixture(scope="module")
def existing(old: Old) -> dict[str, list[int]]:
    """Ids of the objects of one group, and of those of no group, by class."""
    found = {}
    for name in (n for n in CLASSES if not CLASSES[n]["abstract"]):
        group = f"{table_of(name)}.group_id"
        rows = old.rows.of_class(name)
        found[name] = [i for i, row in rows.items() if row.get(group, FIRST_GROUP + WORLD) == FIRST_GROUP + WORLD]
    return found


@pytest.mark.parametrize("name", PASSWORDS)
def test_old_passwords_still_hold(old: Old, name: str) -> None:
    (before,) = old.rows.query("SELECT p.* FROM password p JOIN experimenter e ON e.id = experimenter_id "
                               "WHERE omename = %s", name)  # fmt: skip
    old.login(name, PASSWORDS[name]).closeSession()
    (after,) = old.rows.query("SELECT * FROM password WHERE experimenter_id = %s", before["experimenter_id"])
    if old.hash == "md5":
        assert (after == before) == (name not in ("unsalted", "latin")) and len(after["hash"]) == 24
    else:
        assert after["hash"].startswith("$argon2id$")
    old.login(name, PASSWORDS[name]).closeSession()
    with pytest.raises(Glacier2.PermissionDeniedException):
        old.login(name, PASSWORDS[name] + "!")


@pytest.mark.parametrize("name", ["nobody", "without-row", "inactive"])
def test_who_had_no_password_has_none(old: Old, name: str) -> None:
    for password in (" ", "x"):
        with pytest.raises(Glacier2.PermissionDeniedException):
            old.login(name, password)


@pytest.mark.parametrize("name", concrete(), ids=simple)
def test_every_object_is_read_as_it_is(old: Old, root: Any, name: str) -> None:
    rows = old.rows.of_class(name)
    maps = {p["table"]: old.rows.pairs(p["table"]) for part in lineage(name)
            for p in CLASSES[part]["properties"].values() if p["kind"] == "map"}  # fmt: skip
    hql = f"select x from {simple(name)} x"  # noqa: S608
    found = root.getQueryService().findAllByQuery(hql, None, ALL_GROUPS)
    objects = {obj.id.val: obj for obj in found if type(obj).__name__ == f"{simple(name)}I"}
    now = old.rows.of_class(name)
    assert rows.keys() <= objects.keys() <= now.keys()
    assert len(rows) >= 2
    if simple(name) in WITHHELD:
        assert not any(obj._loaded for obj in objects.values())
        return
    problems = [p for i, row in rows.items() for p in differences(objects[i], name, row, maps)]
    assert not problems, "\n".join(problems[:20])


@pytest.mark.parametrize("name", [n for n in CLASSES if CLASSES[n]["enum"]], ids=simple)
def test_enumerations(old: Old, root: Any, name: str) -> None:
    rows = {row["id"]: row["value"] for row in old.rows.query(f"SELECT * FROM {CLASSES[name]['table']}")}  # noqa: S608
    assert rows
    found = root.getTypesService().allEnumerations(simple(name))
    assert {obj.id.val: obj.value.val for obj in found} == rows


COLLECTIONS = [
    (name, prop)
    for name, cls in CLASSES.items()
    for prop, facts in cls["properties"].items()
    if facts["kind"] in ("collection", "link")
]


@pytest.mark.parametrize(("name", "prop"), COLLECTIONS, ids=lambda value: simple(value))
def test_every_collection_is_read_as_it_is(old: Old, root: Any, name: str, prop: str) -> None:
    facts = CLASSES[name]["properties"][prop]
    hql = f"select distinct x from {simple(name)} x join fetch x.{prop}"  # noqa: S608
    found = root.getQueryService().findAllByQuery(hql, ParametersI(), ALL_GROUPS)
    sent = {obj.id.val: [member.id.val for member in getattr(obj, f"_{prop}Seq")] for obj in found}
    wanted = old.rows.members(facts)
    if not facts["ordered"]:
        sent, wanted = ({i: sorted(ids) for i, ids in side.items()} for side in (sent, wanted))
    assert sent == {i: wanted[i] for i in wanted}
    assert sent


class TestWriting:
    """In the order of these tests: objects are changed, new ones made and deleted, and all is looked through."""

    @pytest.mark.parametrize("name", [n for n in concrete() if not CLASSES[n]["immutable"]], ids=simple)
    def test_change(self, old: Old, existing: dict[str, list[int]], root: Any, name: str) -> None:
        if simple(name) in WITHHELD:
            return
        before = old.rows.of_class(name)
        object_id = max(existing[name])
        obj = root.getQueryService().get(simple(name), object_id, ALL_GROUPS)
        changed = change(obj, name)
        if changed is None:
            return
        root.getUpdateService().saveObject(obj, GROUP)
        after = old.rows.of_class(name)[object_id]
        differing = {column for column, value in after.items() if value != before[object_id][column]}
        assert differing <= {changed[0], f"{table_of(name)}.update_id"} and changed[0] in differing
        assert after[changed[0]] == changed[1]
        logs = old.rows.query("SELECT action, event FROM eventlog WHERE entitytype = %s AND entityid = %s "
                              "ORDER BY id DESC LIMIT 1", name, object_id)  # fmt: skip
        assert logs[0]["action"] == "UPDATE"
        assert logs[0]["event"] == after.get(f"{table_of(name)}.update_id", logs[0]["event"])

    @pytest.mark.parametrize("name", [n for n in concrete() if simple(n) not in NOT_MADE], ids=simple)
    def test_make_and_delete(self, old: Old, existing: dict[str, list[int]], root: Any, name: str) -> None:
        highest = old.rows.query(f"SELECT max(id) FROM {table_of(name)}")[0]["max"]  # noqa: S608
        update = root.getUpdateService()
        saved = update.saveAndReturnObject(make_new(name, WORLD, existing, 12), GROUP)
        assert saved.id.val > highest
        row = old.rows.of_class(name)[saved.id.val]
        assert not list(differences(saved, name, row, {table: {} for table in FACTS["tables"]}))
        update.deleteObject(saved, GROUP)
        assert saved.id.val not in old.rows.of_class(name)

    def test_activate_a_user(self, old: Old, root: Any) -> None:
        admin = root.getAdminService()
        groups = [omero.model.ExperimenterGroupI(i, False) for i in (FIRST_GROUP + WORLD, 1)]
        admin.addGroups(admin.lookupExperimenter("inactive"), groups)
        admin.changeUserPassword("inactive", omero.rtypes.rstring("now active"))
        old.login("inactive", "now active").closeSession()

    def test_delete_with_what_belongs_to_it(self, old: Old, root: Any) -> None:
        for name in ("Screen", "Plate", "Roi", "Image", "Dataset", "Project", "Folder", "TagAnnotation"):
            cls = next(n for n in concrete() if simple(n) == name)
            ids = [i for i, row in old.rows.of_class(cls).items() if row[f"{table_of(cls)}.group_id"] == 5]
            handle = root.submit(omero.cmd.Delete2(targetObjects={name: ids}))
            while (response := handle.getResponse()) is None:
                time.sleep(0.02)
            handle.close()
            assert isinstance(response, omero.cmd.OK), (name, response.parameters)
            assert not ids or not old.rows.of_class(cls).keys() & set(ids)

    def test_all_is_in_order(self, old: Old) -> None:
        assert not list(disorder(old.rows))
        catalog = snapshot(old.rows.connection)
        assert catalog == old.catalog
        tables = FACTS["tables"]
        assert {t: sorted(c) for t, c in catalog["tables"].items()} == {
            name: sorted(table["columns"]) for name, table in tables.items()
        }
        keys = [(name, *key[1:]) for name, table in tables.items() for key in table["foreign_keys"]]
        assert sorted((row[0], *row[2:5]) for row in catalog["constraints f"]) == sorted(keys)
        unique = [(name, cols) for name, table in tables.items() for _, cols in table["uniques"]]
        assert sorted((row[0], row[2]) for row in catalog["constraints u"]) == sorted(unique)
        assert [index["name"] for index in catalog["indexes"]] == sorted(i["name"] for i in FACTS["indexes"])
        assert {t["name"] for t in catalog["triggers"]} == {t["name"] for t in FACTS["triggers"]}
        assert [row[0] for row in catalog["functions"]] == sorted(f["name"] for f in FACTS["functions"])
        assert [row[0] for row in catalog["views"]] == sorted(view["name"] for view in FACTS["views"])


def table_of(name: str) -> str:
    """The table of the class's root."""
    return str(CLASSES[lineage(name)[0]]["table"])


@pytest.fixture
def start(make_instance: Callable[..., Instance]) -> Iterator[Callable[[str], tuple[Instance, str, Any]]]:
    """Starts a server on a new database, after some SQL: the instance, its complaint, and a connection.

    With a complaint, nothing may have been written.
    """
    binaries = find_bin(18)
    assert binaries is not None, "the embedded PostgreSQL is needed: run make setup"
    with cluster(binaries) as server, database(server, "omero") as dsn:
        fill(dsn, script(old_rows()))

        def run(sql: str) -> tuple[Instance, str, Any]:
            connection = psycopg2.connect(dsn)
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql)
            before = written(connection)
            instance = make_instance(properties=settings(server))
            done = instance.omero("admin", "start", "--wait", "60")
            printed = done.stdout + done.stderr if done.returncode else ""
            assert (written(connection) == before) == bool(printed)
            return instance, printed, connection

        yield run


def written(connection: Any) -> list[Any]:
    """What would grow if a server wrote anything."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM session), (SELECT count(*) FROM node), (SELECT count(*) FROM "
                       "event), (SELECT count(*) FROM dbpatch), (SELECT last_value FROM seq_node)")  # fmt: skip
        return list(cursor.fetchone())


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        (
            "UPDATE dbpatch SET currentversion = 'OMERO5.3', currentpatch = 1, previousversion = 'OMERO5.3', "
            "previouspatch = 1",
            ["OMERO5.3__1", "OMERO5.4__0", "upgrade"],
        ),
        ("UPDATE dbpatch SET currentpatch = 7, previouspatch = 7 WHERE id = 2", ["OMERO5.4__7", "OMERO5.4__0"]),
        ("DROP TABLE well CASCADE", ["damaged", "table well", "Restore"]),
        ("ALTER TABLE image DROP COLUMN series", ["damaged", "column image.series"]),
        ("DROP SEQUENCE seq_image", ["damaged", "sequence seq_image"]),
        ("DROP FUNCTION _prepare_session", ["damaged", "function _prepare_session"]),
        ("DROP TRIGGER roi_insert_trigger ON roi", ["damaged", "trigger roi_insert_trigger"]),
    ],
    ids=["older", "newer", "table", "column", "sequence", "function", "trigger"],
)
def test_what_cannot_be_used_is_left_alone(start: Any, sql: str, told: list[str]) -> None:
    _, printed, connection = start(sql)
    assert all(word in printed for word in told), printed
    connection.close()


def test_sequences_behind_the_rows(start: Any) -> None:
    instance, printed, connection = start("SELECT setval('seq_image', 1); SELECT setval('seq_event', 2)")
    assert not printed
    client = omero.client(instance.host, instance.ports.ssl)
    session = client.createSession("root", "omero")
    image = omero.model.ImageI()
    image.name = omero.rtypes.rstring("new")
    assert session.getUpdateService().saveAndReturnObject(image).id.val > 8
    assert "seq_image" in instance.log("supervisor") and "seq_event" in instance.log("supervisor")
    client.closeSession()
    connection.close()
