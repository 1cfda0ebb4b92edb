"""What the functions and triggers of the schema do, each tried in a real PostgreSQL and rolled back."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from clusters import cluster, database, find_bin

from omero_server.db.schema import create_schema

DETAILS = {"permissions": -120, "owner_id": 0, "group_id": 0, "creation_id": 0, "update_id": 0}
REFUSED = psycopg2.errors.RaiseException


class Database:
    """Short ways to write rows; everything happens in one transaction."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.connection = psycopg2.connect(dsn)

    def do(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall()) if cursor.description else []

    def value(self, statement: str, *values: Any) -> Any:
        ((found,),) = self.do(statement, *values)
        return found

    def add(self, table: str, **columns: Any) -> int:
        """Insert a row with the next id; returns the id."""
        sequence = f"seq_{table}"
        columns = {"id": self.value("SELECT ome_nextval(%s)", sequence), "permissions": -120, **columns}
        names = ", ".join(f'"{name}"' for name in columns)
        places = ", ".join(["%s"] * len(columns))
        self.do(f"INSERT INTO {table} ({names}) VALUES ({places})", *columns.values())  # noqa: S608
        return int(columns["id"])

    def own(self, table: str, **columns: Any) -> int:
        """Insert a row that belongs to root."""
        return self.add(table, **DETAILS, **columns)

    def refused(self, message: str, statement: str, *values: Any) -> None:
        """Check that a trigger refuses the statement, and go on as if it had not been tried."""
        self.do("SAVEPOINT refused")
        with pytest.raises(REFUSED, match=message):
            self.do(statement, *values)
        self.do("ROLLBACK TO refused")

    def reindexing(self) -> list[tuple[Any, ...]]:
        return self.do("SELECT entity_type, entity_id FROM _reindexing_required ORDER BY 1, 2")


@pytest.fixture(scope="module", params=[18, 15])
def dsn(request: pytest.FixtureRequest) -> Iterator[str]:
    binaries = find_bin(request.param)
    if binaries is None:
        pytest.skip(f"no PostgreSQL {request.param} server programs found")
    with cluster(binaries) as server, database(server, "omero") as address:
        connection = psycopg2.connect(address)
        create_schema(connection, "hash")
        connection.commit()
        connection.close()
        yield address


@pytest.fixture
def db(dsn: str) -> Iterator[Database]:
    made = Database(dsn)
    yield made
    made.connection.rollback()
    made.connection.close()


def test_nextval_returns_the_last_of_a_run(db: Database) -> None:
    first = db.value("SELECT ome_nextval('seq_image')")
    assert db.value("SELECT ome_nextval('seq_image', 50)") == first + 50
    assert db.value("SELECT ome_nextval('seq_image')") == first + 51


def test_nextval_gives_unknown_sequences_a_lock(db: Database) -> None:
    db.do("CREATE SEQUENCE seq_more")
    assert db.value("SELECT ome_nextval('seq_more', 3)") == 3
    assert db.do("SELECT name FROM _lock_ids WHERE id > 129") == [("seq_more",)]


def test_nextval_releases_its_lock(db: Database) -> None:
    db.value("SELECT ome_nextval('seq_image', 5)")
    db.do("SAVEPOINT error")
    with pytest.raises(psycopg2.errors.UndefinedTable):
        db.value("SELECT ome_nextval('seq_missing')")
    db.do("ROLLBACK TO error")
    assert db.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0
    db.refused("cannot take 0 values", "SELECT ome_nextval('seq_image', 0)")


def test_nextval_runs_never_interleave(dsn: str) -> None:
    runs: list[list[int]] = []

    def take() -> None:
        mine = Database(dsn)
        runs.append([mine.value("SELECT ome_nextval('seq_roi', 40)") for _ in range(25)])
        mine.connection.close()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ends = sorted(end for run in runs for end in run)
    assert [b - a for a, b in itertools.pairwise(ends)] == [40] * 99


PERMISSIONS = {
    -1912: "------",
    -820: "r-r-r-",
    -120: "rw----",
    -56: "rwr---",
    -52: "rwr-r-",
    -40: "rwra--",
    -35: "rwrara",
    -8: "rwrw--",
    -1: "rwrwrw",
}


@pytest.mark.parametrize(("value", "letters"), PERMISSIONS.items())
def test_perms(db: Database, value: int, letters: str) -> None:
    assert db.value("SELECT ome_perms(%s)", value) == letters


def test_uuid(db: Database) -> None:
    first, second = db.do("SELECT uuid(), uuid()")[0]
    assert first != second
    assert len(first) == 36
    assert first[14] == "4"


def test_moving_onto_a_taken_place_of_a_list(db: Database) -> None:
    roi = db.own("roi")
    shapes = [db.own("shape", discriminator="point", roi=roi, roi_index=place) for place in range(3)]
    db.do("UPDATE shape SET roi_index = 0 WHERE id = %s", shapes[2])
    assert db.do("SELECT id, roi_index FROM shape WHERE roi = %s ORDER BY id", roi) == [
        (shapes[0], -1),
        (shapes[1], 1),
        (shapes[2], 0),
    ]
    other = db.own("roi")
    db.do("UPDATE shape SET thez = 3 WHERE roi = %s", roi)
    db.do("UPDATE shape SET roi = %s WHERE id = %s", other, shapes[1])
    assert db.value("SELECT count(*) FROM shape WHERE roi_index < 0") == 1


def test_current_event(db: Database) -> None:
    assert db.value("SELECT _current_event()") == 0
    created = db.value("SELECT _current_or_new_event()")
    assert db.do("SELECT status, permissions, experimenter FROM event WHERE id = %s", created) == [
        ("TRIGGERED", -52, 0)
    ]
    db.do("SELECT _prepare_session(0, 0, 0)")
    db.do("SELECT _prepare_session(%s, 0, 0)", created)
    assert db.value("SELECT _current_event()") == created
    assert db.value("SELECT _current_or_new_event()") == created
    db.connection.commit()
    assert db.value("SELECT _current_event()") is None
    assert db.value("SELECT _current_or_new_event()") > created


@pytest.fixture
def event(db: Database) -> int:
    """An event that the transaction works for, as in a server."""
    made = db.add("event", time="now", experimenter=0, experimentergroup=0, session=0, type=0)
    db.do("SELECT _prepare_session(%s, 0, 0)", made)
    return made


def test_annotations_have_what_they_are_on_indexed_again(db: Database, event: int) -> None:
    images = [db.own("image", name=name) for name in "ab"]
    project = db.own("project", name="p")
    tag = db.own("annotation", discriminator="/basic/text/tag/", textvalue="x")
    assert db.reindexing() == []
    link = db.own("imageannotationlink", parent=images[0], child=tag)
    assert db.reindexing() == [("ome.model.core.Image", images[0])]
    db.do("UPDATE imageannotationlink SET parent = %s WHERE id = %s", images[1], link)
    assert db.reindexing() == [("ome.model.core.Image", image) for image in images]
    db.own("projectannotationlink", parent=project, child=tag)
    db.do("DELETE FROM _reindexing_required")
    db.do("UPDATE annotation SET textvalue = 'y' WHERE id = %s", tag)
    db.do("UPDATE annotation SET textvalue = 'z' WHERE id = %s", tag)
    assert db.reindexing() == [("ome.model.containers.Project", project), ("ome.model.core.Image", images[1])]
    db.do("DELETE FROM _reindexing_required")
    db.do("DELETE FROM imageannotationlink WHERE id = %s", link)
    assert db.reindexing() == [("ome.model.core.Image", images[1])]
    assert db.do("SELECT DISTINCT event_id FROM _reindexing_required") == [(event,)]


def test_notes_are_never_all_read(db: Database, event: int) -> None:
    """Even where the table is known to be empty, for plans live on when it is not any more."""
    image, note = db.own("image", name="i", acquisitiondate="now"), db.own("annotation", discriminator="/comment/")
    link = db.own("imageannotationlink", parent=image, child=note)
    db.do("ANALYZE _reindexing_required")
    db.do("UPDATE annotation SET description = 'd' WHERE id = %s", note)
    db.do("UPDATE imageannotationlink SET version = 2 WHERE id = %s", link)
    db.do("DELETE FROM imageannotationlink WHERE id = %s", link)
    whole = "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = '_reindexing_required'"
    assert db.value(whole) == 0
    scans = "SELECT pg_stat_get_xact_numscans(%s::regclass)"
    assert db.value(scans, "_reindexing_required_row_index") > 0
    assert db.value(scans, "_reindexing_required_event_index") == 0
def test_regions_and_folders_have_their_image_indexed_again(db: Database, event: int) -> None:
    images = [db.own("image", name=name) for name in "ab"]
    wanted = [("ome.model.core.Image", image) for image in images]

    def noted() -> list[tuple[Any, ...]]:
        rows = db.reindexing()
        db.do("DELETE FROM _reindexing_required")
        return rows

    db.own("roi")
    assert noted() == []
    roi = db.own("roi", image=images[0])
    assert noted() == wanted[:1]
    folder = db.own("folder", name="f")
    link = db.own("folderroilink", parent=folder, child=roi)
    assert noted() == wanted[:1]
    db.do("UPDATE folder SET name = 'g'")
    assert noted() == wanted[:1]
    db.do("UPDATE roi SET name = 'r'")
    assert noted() == []
    db.do("UPDATE roi SET image = %s WHERE id = %s", images[1], roi)
    assert noted() == wanted
    db.do("UPDATE folderroilink SET version = 1")
    assert noted() == wanted[1:]
    db.do("DELETE FROM folderroilink WHERE id = %s", link)
    assert noted() == wanted[1:]
    db.do("DELETE FROM roi WHERE id = %s", roi)
    assert noted() == wanted[1:]


def test_notes_become_log_entries(db: Database, event: int) -> None:
    note = "INSERT INTO _reindexing_required (event_id, entity_type, entity_id) VALUES (%s, %s, %s)"
    for id_ in (3, 1, 2, 3):
        db.do(note, event, "ome.model.core.Image", id_)
    db.do(
        "INSERT INTO eventlog (id, permissions, event, entitytype, entityid, action)"
        " VALUES (ome_nextval('seq_eventlog'), -52, %s, 'ome.model.core.Image', 2, 'UPDATE')",
        event,
    )
    last = db.value("SELECT max(id) FROM eventlog")
    db.do("SELECT updated_entities_note_reindex()")
    assert db.reindexing() == []
    assert db.do("SELECT id, entityid, permissions, event FROM eventlog WHERE action = 'REINDEX' ORDER BY id") == [
        (last + 1, 1, -52, event),
        (last + 2, 3, -52, event),
    ]
    db.do("SELECT updated_entities_note_reindex()")
    assert db.value("SELECT ome_nextval('seq_eventlog')") == last + 3


def test_pairs_go_with_their_holder(db: Database) -> None:
    source = db.own("lightsource", instrument=db.own("instrument"))
    db.do("INSERT INTO genericexcitationsource VALUES (%s)", source)
    db.do("INSERT INTO genericexcitationsource_map VALUES (%s, 'a', 'b', 0)", source)
    user = db.add("experimenter", omename="u", firstname="u", lastname="u")
    db.do("INSERT INTO experimenter_config VALUES (%s, 'a', 'b', 0)", user)
    db.do("DELETE FROM genericexcitationsource")
    db.do("DELETE FROM experimenter WHERE id = %s", user)
    assert db.value("SELECT count(*) FROM genericexcitationsource_map") == 0
    assert db.value("SELECT count(*) FROM experimenter_config") == 0


def test_series_is_never_null(db: Database) -> None:
    image = db.own("image", name="i", series=None)
    assert db.value("SELECT series FROM image WHERE id = %s", image) == 0


def test_namespaces_follow_annotations(db: Database) -> None:
    tag = db.own("annotation", discriminator="/basic/text/tag/", ns="lab.example/one")
    db.own("annotation", discriminator="/basic/text/tag/", ns="lab.example/one")
    assert db.do("SELECT name, permissions, version FROM namespace") == [("lab.example/one", -52, None)]
    db.refused("cannot be renamed", "UPDATE namespace SET name = 'other'")
    db.refused("cannot be deleted", "DELETE FROM namespace")
    db.do("UPDATE namespace SET displayname = 'One'")
    db.do("UPDATE annotation SET ns = 'lab.example/two' WHERE ns = 'lab.example/one'")
    db.do("DELETE FROM namespace WHERE name = 'lab.example/one'")
    db.do("UPDATE annotation SET ns = NULL WHERE id = %s", tag)
    assert db.do("SELECT name FROM namespace") == [("lab.example/two",)]


def test_folders_stay_a_tree(db: Database) -> None:
    top = db.own("folder", name="top")
    middle = db.own("folder", name="middle", parentfolder=top)
    low = db.own("folder", name="low", parentfolder=middle)
    move = "UPDATE folder SET parentfolder = %s WHERE id = %s"
    db.refused("would contain itself", move, low, top)
    db.refused("would contain itself", move, top, top)
    db.do(move, top, low)


def file(db: Database, name: str, **columns: Any) -> int:
    return db.own("originalfile", **{"path": "a/", "name": name, **columns})


def test_only_servers_set_a_repository(db: Database) -> None:
    free = file(db, "free", repo="repo-1")
    db.add("node", uuid="secret-", conn="here", up="now")
    assert db.value("SELECT name FROM originalfile WHERE id = %s", file(db, "secret-name", repo="repo-1")) == "name"
    assert db.value("SELECT name FROM originalfile WHERE id = %s", file(db, "secret-name")) == "name"
    plain = file(db, "plain")
    move = "UPDATE originalfile SET repo = %s, name = %s WHERE id = %s"
    db.refused("only a server may", move, "repo-1", "plain", plain)
    db.do(move, "repo-1", "secret-plain", plain)
    db.do(move, "repo-1", "renamed", plain)
    db.refused("only a server may", move, "repo-2", "renamed", free)
    db.do(move, None, "secret-free", free)
    assert db.do("SELECT name, repo FROM originalfile WHERE id IN (%s, %s) ORDER BY id", free, plain) == [
        ("free", None),
        ("renamed", "repo-1"),
    ]
    db.do("SAVEPOINT refused")
    with pytest.raises(REFUSED, match="only a server may"):
        file(db, "guess-name", repo="repo-1")
    db.do("ROLLBACK TO refused")
    db.do("UPDATE node SET down = now()")
    file(db, "secret-name", repo="repo-1")


def test_one_row_for_each_path_of_a_repository(db: Database) -> None:
    file(db, "x", path="a//b/", repo="repo-1")
    file(db, "x", path="a/b/", repo="repo-2")
    with pytest.raises(psycopg2.errors.UniqueViolation):
        file(db, "x", path="/a/b/", repo="repo-1")


def test_directories_and_their_files(db: Database, event: int) -> None:
    folder = file(db, "dir", path="a/", repo="repo-1", mimetype="Directory")
    inside = file(db, "f" * 300, path="a/dir/", repo="repo-1")
    outside = file(db, "g", path="a/dir/")
    db.refused("is not empty", "DELETE FROM originalfile WHERE id = %s", folder)
    db.refused("its mimetype cannot change", "UPDATE originalfile SET mimetype = 'x' WHERE id = %s", folder)
    db.do("UPDATE originalfile SET mimetype = 'x' WHERE id = %s", inside)
    db.do("DELETE FROM originalfile WHERE id = %s", outside)
    db.do("DELETE FROM originalfile WHERE id = %s", inside)
    db.do("DELETE FROM originalfile WHERE id = %s", folder)
    log = db.do(
        "SELECT event_id, file_id, owner_id, group_id, path, name, repo FROM _fs_deletelog ORDER BY file_id DESC"
    )
    assert log == [(event, inside, 0, 0, "a/dir/", "f" * 255, "repo-1"), (event, folder, 0, 0, "a/", "dir", "repo-1")]


def test_upgrades_cannot_be_repeated(db: Database) -> None:
    add = (
        "INSERT INTO dbpatch (currentversion, currentpatch, previousversion, previouspatch) VALUES (%s, %s, %s, %s)"
        " RETURNING message, permissions"
    )
    assert db.do(add, "OMERO5.4", 0, "OMERO5.4", 0) == [("Updating", -52)]
    db.do(add, "OMERO5.5", 0, "OMERO5.4", 0)
    db.refused("cannot be repeated", add, "OMERO5.5", 1, "OMERO5.4", 0)
    db.refused("cannot be repeated", add, "OMERO5.5", 0, "OMERO5.4", 1)
    db.do(add, "OMERO5.5", 1, "OMERO5.5", 0)
    db.do("UPDATE dbpatch SET message = 'done', finished = now()")


def test_special_users_and_groups_stay(db: Database) -> None:
    leave = "DELETE FROM groupexperimentermap WHERE parent = %s AND child = 0"
    db.refused("cannot leave", leave, 0)
    db.refused("cannot leave", leave, 1)
    db.refused("cannot leave", "UPDATE groupexperimentermap SET parent = 2 WHERE id = 0")
    db.do("UPDATE groupexperimentermap SET owner = false WHERE id = 0")
    db.refused('user "guest" cannot be renamed', "UPDATE experimenter SET omename = 'x' WHERE id = 1")
    for group in (0, 1, 2):
        db.refused("cannot be renamed", "UPDATE experimentergroup SET name = 'x' WHERE id = %s", group)
    db.do("UPDATE experimenter SET firstname = 'x'")
    restrict = "INSERT INTO experimenter_config VALUES (0, 'AdminPrivilege:Sudo', %s, 0)"
    db.refused("cannot be restricted", restrict, "false")
    db.do(restrict, "TRUE")


CHECK_NOW = "SET CONSTRAINTS ALL IMMEDIATE"


def hold(db: Database, *privileges: str) -> None:
    db.do("DELETE FROM _current_admin_privileges")
    for privilege in privileges:
        db.do("INSERT INTO _current_admin_privileges VALUES (txid_current(), %s)", privilege)


def all_privileges(db: Database) -> list[str]:
    return [row[0] for row in db.do("SELECT value FROM adminprivilege")]


@pytest.fixture
def user(db: Database) -> int:
    return db.add("experimenter", omename="u", firstname="u", lastname="u")


def test_nobody_makes_an_administrator_of_more_privileges(db: Database, user: int) -> None:
    db.add("groupexperimentermap", parent=1, child=user, child_index=0, owner=False)
    db.do(CHECK_NOW)
    db.do("SET CONSTRAINTS ALL DEFERRED")
    db.add("groupexperimentermap", parent=0, child=user, child_index=1, owner=False)
    db.refused("with the privilege Chgrp", CHECK_NOW)
    privileges = all_privileges(db)
    hold(db, *(p for p in privileges if p != "Sudo"))
    db.refused("with the privilege Sudo", CHECK_NOW)
    db.do("INSERT INTO experimenter_config VALUES (%s, 'AdminPrivilege:Sudo', 'true', 0)", user)
    db.refused("with the privilege Sudo", CHECK_NOW)
    db.do("UPDATE experimenter_config SET value = 'false'")
    db.do(CHECK_NOW)


def test_privileges_of_another_transaction_do_not_count(db: Database, user: int) -> None:
    for privilege in all_privileges(db):
        db.do("INSERT INTO _current_admin_privileges VALUES (txid_current() - 1, %s)", privilege)
    db.add("groupexperimentermap", parent=0, child=user, child_index=0, owner=False)
    db.refused("you do not have it yourself", CHECK_NOW)


def test_moving_a_membership_into_the_system_group(db: Database, user: int) -> None:
    db.add("groupexperimentermap", parent=1, child=user, child_index=0, owner=False)
    db.do("UPDATE groupexperimentermap SET parent = 0 WHERE child = %s", user)
    db.refused("cannot become an administrator", CHECK_NOW)
    hold(db, *all_privileges(db))
    db.do(CHECK_NOW)
    hold(db)
    db.do("UPDATE groupexperimentermap SET owner = true WHERE child = %s", user)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM experimenter_config",
        "UPDATE experimenter_config SET value = 'true'",
        "UPDATE experimenter_config SET name = 'AdminPrivilege:Other'",
    ],
)
def test_lifting_a_restriction_needs_that_privilege(db: Database, user: int, change: str) -> None:
    pair = "INSERT INTO experimenter_config VALUES (%s, 'AdminPrivilege:Sudo', 'false', %s)"
    db.do(pair, user, 0)
    hold(db, *all_privileges(db))
    db.add("groupexperimentermap", parent=0, child=user, child_index=0, owner=False)
    db.do(CHECK_NOW)
    hold(db, "Chgrp")
    db.refused("cannot be given the privilege Sudo", change)
    db.do("SET CONSTRAINTS ALL DEFERRED")
    db.do("DELETE FROM experimenter_config")
    db.do(pair, user, 1)
    db.do(CHECK_NOW)
    hold(db, "Sudo")
    db.do(change)


def test_restrictions_of_others_are_free(db: Database, user: int) -> None:
    db.do("INSERT INTO experimenter_config VALUES (%s, 'AdminPrivilege:Sudo', 'false', 0)", user)
    db.do(CHECK_NOW)
    db.do("DELETE FROM experimenter_config")
    db.do(CHECK_NOW)


def test_units_come_in_pairs_and_in_range(db: Database) -> None:
    image = db.own("image", name="i")
    pixels = {
        "image": image,
        "image_index": 0,
        "pixelstype": 1,
        "dimensionorder": 1,
        "sha1": "x",
        **{f"size{axis}": 1 for axis in "xyzct"},
    }
    made = db.own("pixels", **pixels, physicalsizex=0.5, physicalsizexunit="µm")
    assert db.value("SELECT physicalsizexunit::text FROM pixels WHERE id = %s", made) == "µm"
    for change in ("physicalsizexunit = NULL", "physicalsizex = 0", "sizec = 0"):
        db.do("SAVEPOINT refused")
        with pytest.raises(psycopg2.errors.CheckViolation):
            db.do(f"UPDATE pixels SET {change}")  # noqa: S608
        db.do("ROLLBACK TO refused")


def test_count_views(db: Database) -> None:
    images = [db.own("image", name=name) for name in "ab"]
    datasets = [db.own("dataset", name=name) for name in "ab"]
    for parent, child in ((0, 0), (0, 1), (1, 1)):
        db.own("datasetimagelink", parent=datasets[parent], child=images[child])
    assert db.do("SELECT * FROM count_dataset_imagelinks_by_owner") == [(datasets[0], 0, 2), (datasets[1], 0, 1)]
    assert db.do("SELECT * FROM count_image_datasetlinks_by_owner") == [(images[0], 0, 1), (images[1], 0, 2)]
