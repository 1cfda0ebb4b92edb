"""Searching texts: where words are found, what must not be found, limits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

import omero
import omero.sys
from omero_server.db.engine import Database
from omero_server.db.transaction import Transaction
from omero_server.queries import Reader
from omero_server.queries.fulltext import search
from omero_server.services.query import QueryService
from omero_server.sessions.call import Call
from tests.support.database import plain_engine
from tests.support.query_scene import institute
from tests.support.scene import NOON, Scene


@pytest.fixture(scope="module")
def scene(database: Database) -> Scene:
    return institute(database)


@pytest.fixture
def db(database: Database, scene: Scene) -> Iterator[Connection]:
    with database.engine.connect() as connection:
        yield connection


def found(db: Connection, scene: Scene, text: str, cls: str = "Image") -> list[int]:
    """Ids in the order of the results, for ann in her group."""
    return [o._id._val for o in search(Reader(db, scene.caller("ann", "lab")), cls, text)]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("alpha", [1]),
        ("TIF", [1, 2]),
        ("alph", []),
        ("alph*", [1]),
        ("gamma AND dv", [3]),
        ("gamma OR beta", [2, 3]),
        ("tif -alpha", [2]),
        ("+dv gamma", [3, 4]),
        ('"first light"', [1]),
        ('"light first"', []),
        ("name:alpha", [1]),
        ("description:alpha", []),
        ("mitosis", [1, 2, 3]),
        ("tag:mitosis", [1, 2, 3]),
        ("annotation:mitosis", [1, 2, 3]),
        ("tag:good", []),
        ("annotation.ns:rating", [1, 2]),
        ("annotation.type:longannotation", [1, 2]),
        ("annotation.type:nothing", []),
        ("term:go", [5]),
        ("cdc2", [1]),
        ("cdc*", [1, 2]),
        ("gene:wee1", [1]),
        ("stage:wee1", []),
        ("has_key:gene", [1, 2]),
        ("file.name:one", [6]),
        ("file.mimetype:plain", [6]),
        ("details.owner.omeName:bob", [2, 4, 6]),
        ("details.group.name:lab AND omega", [6]),
        ("channel.name:4", [5]),
        ("fileset.templatePrefix:ann*", [1, 2]),
        ("fileset.entry.clientPath:home", [1, 2]),
        ("fileset.entry.name:two", [1, 2]),
        ("series:5", [6]),
        ("series:[1 TO 2]", [2, 3, 5]),
        ("series:[2 TO *]", [3, 6]),
        ("name:[a TO c]", [1, 2]),
        ("acquisitionDate:[20240101 TO 20241231]", [1, 2, 3]),
        ("details.creationEvent.time:202405*", [1, 2]),
        ("alpfa~", [1]),
        ("stray", []),
        ("it's", [5]),
        ("looks OR beta OR mitosis", [1, 2, 3]),
    ],
)
def test_words_are_found_where_they_are(db: Connection, scene: Scene, text: str, ids: list[int]) -> None:
    assert sorted(found(db, scene, text)) == ids


def test_other_classes_and_tags_on_tags(db: Connection, scene: Scene) -> None:
    assert found(db, scene, "one", "Project") == [1]
    assert found(db, scene, "mitosis", "Project") == [1], "its tag has this tag"
    assert found(db, scene, "apoptosis", "Dataset") == [1]
    for cls in ("Plate", "Screen", "PlateAcquisition"):
        assert found(db, scene, "plate OR screen OR run", cls) == [1]
    assert found(db, scene, "anything", "Well") == []


def test_best_matches_come_first(db: Connection, scene: Scene) -> None:
    assert found(db, scene, "mitosis beta") == [2, 1, 3]
    assert found(db, scene, "beta mitosis first") == [1, 2, 3]


def test_nothing_of_other_groups_is_found(db: Connection, scene: Scene) -> None:
    everywhere = Reader(db, scene.caller("ann"))
    assert [o._id._val for o in search(everywhere, "Image", "stray OR alpha")] == [1]
    bob = Reader(db, scene.caller("bob"))
    assert len(search(bob, "Image", "stray OR alpha")) == 7


def call_of(database: Database, scene: Scene) -> Iterator[Call]:
    caller = scene.caller("ann", "lab")
    with Transaction(database, caller.author(), writable=False) as transaction:
        yield Call(caller, transaction, None, plain_engine(database))  # type: ignore[arg-type]


@pytest.fixture
def call(database: Database, scene: Scene) -> Iterator[Call]:
    yield from call_of(database, scene)


def test_operation_with_its_limits(call: Call, scene: Scene) -> None:
    query = QueryService()

    def ids(**limits: object) -> list[int]:
        params = omero.sys.Parameters({}, omero.sys.Filter(**limits), None)
        return [o._id._val for o in query.findAllByFullText(call, "omero.model.ImageI", "tif OR dv", params)]

    assert ids() == [1, 2, 3, 4]
    assert ids(limit=omero.RInt(2), offset=omero.RInt(1)) == [2, 3]
    assert ids(ownerId=omero.RLong(scene.users["bob"])) == [2, 4]
    assert ids(groupId=omero.RLong(scene.groups["secret"])) == []
    assert ids(startTime=omero.RTime(int(NOON.timestamp() * 1000) + 1)) == [2, 3, 4]
    assert ids(endTime=omero.RTime(int(NOON.timestamp() * 1000) + 1)) == [1]
    assert len(query.findAllByFullText(call, "Image", "alpha", None)) == 1
    assert ids(startTime=omero.RTime(2**62)) == ids(endTime=omero.RTime(-(2**62))) == []
    assert ids(startTime=omero.RTime(-(2**62)), endTime=omero.RTime(2**62)) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("cls", "text", "problem"),
    [
        ("Image", "", "empty"),
        ("Image", "  ", "empty"),
        ("Image", "*", "wildcard"),
        ("Image", "(a", "cannot be understood"),
        ("Image", "[a TO b]", "needs a field"),
        ("Image", "series:[a TO b]", "no number"),
        ("Annotation", "a", "cannot be searched"),
        ("Nonsense", "a", "no class"),
        ("Image", "a" * 1001, "1000 are the most"),
    ],
)
def test_refusals(call: Call, cls: str, text: str, problem: str) -> None:
    with pytest.raises(omero.ApiUsageException, match=problem):
        QueryService().findAllByFullText(call, cls, text, None)
