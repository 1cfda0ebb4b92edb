"""omero.util.sessions: the stored sessions, as programs of others use them."""

from __future__ import annotations

from pathlib import Path

import pytest

from omero.util.sessions import SessionsStore, _escape_host

UUID, OTHER = "uuid-1", "uuid-2"


@pytest.fixture
def store(tmp_path: Path) -> SessionsStore:
    store = SessionsStore(tmp_path)
    store.add("srv", "bob", UUID, {"omero.group": "g", "omero.port": 4064})
    store.add("srv", "bob", OTHER, {}, sudo="root")
    return store


def test_nothing_is_stored_at_first(tmp_path: Path) -> None:
    store = SessionsStore(tmp_path / "new")
    assert (store.last_host(), store.last_port(), store.get_current()) == (
        "localhost",
        "4064",
        (None, None, None, "4064"),
    )
    assert (store.count(), store.contents(), store.available("h", "n")) == (0, {}, [])


def test_properties(store: SessionsStore) -> None:
    expected = {"omero.host": "srv", "omero.user": "bob", "omero.sess": UUID, "omero.group": "g", "omero.port": "4064"}
    assert store.get("srv", "bob", UUID) == store.props(store.dir / "srv" / "bob" / UUID) == expected
    assert store.get("srv", "bob", OTHER)["omero.sudo"] == "root"
    assert store.contents()["srv"]["bob"][UUID] == {**expected, "active": "unknown"}
    with pytest.raises(FileNotFoundError, match="nope"):
        store.get("srv", "bob", "nope")
    assert (store.exists("srv", "bob", UUID), store.exists("a", "b", "c")) == (True, False)
    assert (store.count(), store.count("srv"), store.count(name="bob"), store.count("x")) == (2, 2, 2, 0)
    assert (store.find_name_by_key("srv", OTHER), store.find_name_by_key("srv", "nope")) == ("bob", None)


@pytest.mark.parametrize(
    ("wished", "options", "expected"),
    [
        ({}, {}, "omero.group: g!=None"),
        ({"omero.group": "h"}, {}, "omero.group: g!=h"),
        ({"omero.group": "h"}, {"check_group": False}, ""),
        ({"omero.port": "1"}, {}, "omero.port: 4064!=1; omero.group: g!=None"),
        ({"omero.port": "1"}, {"ignore_nulls": True}, "omero.port: 4064!=1"),
        ({}, {"ignore_nulls": True}, ""),
    ],
)
def test_conflicts(store: SessionsStore, wished: dict[str, str], options: dict[str, bool], expected: str) -> None:
    """As the official library says it."""
    assert store.conflicts("srv", "bob", UUID, wished, **options) == expected


def test_the_session_in_use(store: SessionsStore) -> None:
    store.set_current("srv")
    assert store.get_current() == ("srv", None, None, "4064")
    store.set_current("srv", "bob", UUID, {"omero.port": "99"})
    assert store.get_current() == ("srv", "bob", UUID, "99")
    assert store.host_file().text() == "srv" and store.port_file().text() == "99"
    assert store.user_file("srv").text() == "bob" and store.sess_file("srv", "bob").text() == UUID
    store.remove("srv", "bob", UUID)
    assert store.get_current() == ("srv", "bob", None, "99")
    assert _escape_host("ssl://h:443/x") == "ssl%3A%2F%2Fh%3A443%2Fx"


def test_walking(store: SessionsStore, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[str] = []
    store.walk(lambda host, user, session: seen.append(f"{host.name} {user.name} {session.name}"), sess=OTHER)
    assert seen == [f"srv bob {OTHER}"]
    store.report()
    assert capsys.readouterr().out.startswith("[srv]\n -> bob : \n    ")
    assert sorted(found.name for found in store.non_dot(store.dir / "srv" / "bob")) == [UUID, OTHER]
