"""Who sees which rows, names and flags through queries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

import omero.model
from omero_server.queries import Reader, run
from omero_server.sessions.call import Caller
from tests.support.database import fresh_database
from tests.support.scene import ALL_PRIVILEGES, PRIVATE, READ_ANNOTATE, READ_ONLY, READ_WRITE, WORLD, Scene

LEVELS = {"p": PRIVATE, "ro": READ_ONLY, "ra": READ_ANNOTATE, "rw": READ_WRITE}
NAMES = "select i.name from Image i order by i.name"
FLAGS = ("link", "edit", "delete", "annotate", "chgrp", "chown")


@pytest.fixture(scope="module")
def db() -> Iterator[Connection]:
    with fresh_database() as database, database.engine.connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def scene(db: Connection) -> Scene:
    """In each group an image of ann's; bob is a member too, lea leads, and nora is a stranger."""
    scene = Scene(db)
    for name, bits in [*LEVELS.items(), ("world", WORLD), ("elsewhere", READ_ONLY)]:
        scene.group(name, bits)
    scene.user("ann", *LEVELS, "world")
    scene.user("bob", *LEVELS)
    scene.user("lea", *LEVELS, leads=tuple(LEVELS))
    scene.user("nora", "elsewhere")
    for name in [*LEVELS, "world"]:
        group, ann = scene.groups[name], scene.users["ann"]
        image = scene.image(f"{name}-ann", ann, group)
        dataset = scene.add("dataset", ann, group, name=f"{name}-data")
        scene.link("datasetimagelink", dataset, image, ann, group)
    scene.image("p-bob", scene.users["bob"], scene.groups["p"])
    return scene


def names(db: Connection, caller: Caller) -> list[str]:
    return run(Reader(db, caller), NAMES)


def allowed(db: Connection, caller: Caller, name: str) -> set[str]:
    """What the caller may do with an image."""
    (image,) = run(Reader(db, caller), "select i from Image i where i.name = :n", {"n": name})
    forbidden = image._details._permissions._restrictions or [False] * 6
    return {flag for flag, no in zip(FLAGS, forbidden, strict=True) if not no}


@pytest.mark.parametrize(
    ("group", "visible"),
    [("p", ["p-bob"]), ("ro", ["ro-ann"]), ("ra", ["ra-ann"]), ("rw", ["rw-ann"]),
     (None, ["p-bob", "ra-ann", "ro-ann", "rw-ann", "world-ann"])],
)  # fmt: skip
def test_member_sees_what_the_group_shares(db: Connection, scene: Scene, group: str | None, visible: list[str]) -> None:
    assert names(db, scene.caller("bob", group)) == visible


def test_leader_administrator_and_stranger(db: Connection, scene: Scene) -> None:
    assert names(db, scene.caller("lea", "p")) == ["p-ann", "p-bob"]
    everything = ["p-ann", "p-bob", "ra-ann", "ro-ann", "rw-ann", "world-ann"]
    assert names(db, scene.caller("lea")) == everything
    assert names(db, scene.root()) == names(db, scene.root(privileges=frozenset())) == everything
    assert names(db, scene.root("p")) == ["p-ann", "p-bob"]
    assert names(db, scene.caller("nora")) == names(db, scene.caller("nora", "world")) == ["world-ann"]
    assert run(Reader(db, scene.caller("nora")), NAMES, as_server=True) == everything


def test_share_shows_nothing_that_is_owned(db: Connection, scene: Scene) -> None:
    assert names(db, scene.caller("ann", share_id=7)) == []


@pytest.mark.parametrize(
    "hql",
    [
        "select d.name from Dataset d join d.imageLinks l join l.child i",
        "select l.child.name from DatasetImageLink l",
        "select d.name from Dataset d where exists (select l from DatasetImageLink l where l.parent = d)",
        "select d.name from Dataset d where d.id in (select l.parent.id from DatasetImageLink l)",
        "select d.name from Dataset d where size(d.imageLinks) > 0",
        "select d.name from Dataset d where d.imageLinks is not empty",
        "select i.name from Experimenter e, Image i where i.details.owner = e",
    ],
)
def test_no_way_round_the_filter(db: Connection, scene: Scene, hql: str) -> None:
    assert run(Reader(db, scene.caller("nora", "elsewhere")), hql) == []
    assert len(run(Reader(db, scene.caller("bob", "ro")), hql)) == 1


def test_unreadable_sub_query_and_outer_join_find_nothing(db: Connection, scene: Scene) -> None:
    nora = Reader(db, scene.caller("nora", "elsewhere"))
    hql = "select g.name, (select count(i) from Image i where i.details.group = g) from ExperimenterGroup g"
    hql += " where g.name = 'p'"
    assert run(nora, hql) == [("p", 0)]
    bob = Reader(db, scene.caller("bob", "p"))
    mine = scene.add("dataset", scene.users["bob"], scene.groups["p"], name="bob's")
    (image,) = run(Reader(db, scene.root()), "select i.id from Image i where i.name = 'p-ann'")
    scene.link("datasetimagelink", mine, image, scene.users["bob"], scene.groups["p"])
    hql = "select d.name, i.name from Dataset d left join d.imageLinks l left join l.child i"
    assert run(bob, hql) == [("bob's", None)]


def test_flags_of_others_data(db: Connection, scene: Scene) -> None:
    four = {"link", "edit", "delete", "annotate"}
    bob = {level: allowed(db, scene.caller("bob", level), f"{level}-ann") for level in ("ro", "ra", "rw")}
    assert bob == {"ro": set(), "ra": {"annotate"}, "rw": four}
    assert allowed(db, scene.caller("lea", "p"), "p-ann") == {"edit", "delete", "chown"}
    assert allowed(db, scene.caller("lea"), "ro-ann") == {*four, "chown"}
    assert allowed(db, scene.root(), "p-ann") == {"edit", "delete", "chgrp", "chown"}
    assert allowed(db, scene.root(), "ro-ann") == set(FLAGS)
    assert allowed(db, scene.root(privileges=ALL_PRIVILEGES & {"Chgrp"}), "ro-ann") == {"chgrp"}
    assert allowed(db, scene.caller("nora"), "world-ann") == set()


def test_permissions_are_those_of_the_group_and_shared(db: Connection, scene: Scene) -> None:
    images = run(Reader(db, scene.caller("ann")), "select i from Image i order by i.name")
    bits = {i._name._val: i._details._permissions._perm1 for i in images}
    assert bits == {f"{name}-ann": scene.bits[scene.groups[name]] for name in [*LEVELS, "world"]}
    (dataset, link), *_ = run(Reader(db, scene.caller("ann", "ra")), "select d, l from Dataset d join d.imageLinks l")
    assert dataset._details._permissions._restrictions == [False] * 5 + [True]
    assert link._details._permissions._restrictions == [False] * 4 + [True] * 2, "links cannot be moved"


def test_strangers_names_are_hidden_but_compare(db: Connection, scene: Scene) -> None:
    nora = Reader(db, scene.caller("nora", "elsewhere"))
    (ann,) = run(nora, "select e from Experimenter e where e.omeName = 'ann'")
    assert (ann._omeName._val, ann._lastName._val, ann._email) == ("<hidden>", "<hidden>", None)
    hql = "select e.omeName, e.firstName || ' ' || e.lastName from Experimenter e order by e.id"
    assert run(nora, hql)[0][0] == "root"
    assert ("nora", "Nora Smith") in run(nora, hql)
    assert ("<hidden>", "<hidden> <hidden>") in run(nora, hql)
    distinct = run(nora, "select distinct e.omeName from Experimenter e order by e.omeName")
    assert distinct == ["<hidden>", "guest", "nora", "root"]
    inner = "select (select e.omeName from Experimenter e where e = i.details.owner) from Image i"
    assert run(Reader(db, scene.caller("nora")), inner) == ["<hidden>"]
    (image,) = run(Reader(db, scene.caller("nora")), "select i from Image i join fetch i.details.owner")
    assert image._details._owner._omeName._val == "<hidden>"
    for friend in (scene.caller("bob", "ro"), scene.caller("lea"), scene.root()):
        assert ("ann", "Ann Smith") in run(Reader(db, friend), hql)


def test_sessions_and_nodes(db: Connection, scene: Scene) -> None:
    values = {"node": 0, "timetoidle": 1, "timetolive": 0, "defaulteventtype": "User", "started": "2024-01-01"}
    for name in ("ann", "bob"):
        scene.add("session", uuid=f"key-{name}", owner=scene.users[name], **values)
    hql = "select s from Session s where s.uuid like 'key-%' order by s.id"
    (mine,) = run(Reader(db, scene.caller("ann")), hql)
    assert (mine._uuid._val, mine._node._loaded) == ("key-ann", False)
    reading = scene.root(privileges=frozenset({"ReadSession"}))
    assert run(Reader(db, reading), "select s.uuid from Session s where s.uuid like 'key-%'") == ["key-ann", "key-bob"]
    assert run(Reader(db, scene.root(privileges=frozenset())), hql) == []
    assert run(Reader(db, scene.caller("ann")), "select n.id from Node n") == []
    assert run(Reader(db, scene.root(privileges=frozenset())), "select n.conn from Node n") == ["<hidden>"]
    (node,) = run(Reader(db, scene.root()), "from Node")
    assert (type(node), node._loaded) == (omero.model.Node, False)
    (event,) = run(Reader(db, scene.caller("ann")), "select e from Event e where e.id = 0")
    assert event._session._loaded is False
