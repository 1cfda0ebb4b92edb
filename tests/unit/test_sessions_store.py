"""Sessions on disk: the layout that other tools share, and which session is current."""

from pathlib import Path

import pytest

from omero_cli.framework import CommandError
from omero_cli.sessions_store import SessionsStore, StoredSession, default_directory

UUID = "0b7a2e2c-6e2f-4f0e-9d7a-0123456789ab"


@pytest.fixture
def store(tmp_path: Path) -> SessionsStore:
    return SessionsStore(tmp_path / "sessions")


def test_layout_of_the_files(store: SessionsStore) -> None:
    session = store.add("wss://h", "me", UUID, {"omero.port": "4066", "omero.group": "lab"})
    store.set_current(session)
    root = store.directory
    assert (root / "._LASTHOST_").read_text() == "wss://h"
    assert (root / "._LASTPORT_").read_text() == "4066"
    assert (root / "wss%3A%2F%2Fh" / "._LASTUSER_").read_text() == "me"
    assert (root / "wss%3A%2F%2Fh" / "me" / "._LASTSESS_").read_text() == UUID
    lines = set(store.path("wss://h", "me", UUID).read_text().splitlines())
    assert lines == {
        "omero.host=wss://h",
        "omero.user=me",
        f"omero.sess={UUID}",
        "omero.port=4066",
        "omero.group=lab",
    }


def test_files_are_for_their_owner(store: SessionsStore) -> None:
    store.set_current(store.add("h", "me", UUID, {}))
    for path in [store.directory, *store.directory.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_reads_what_another_tool_wrote(store: SessionsStore) -> None:
    folder = store.directory / "localhost" / "root"
    folder.mkdir(parents=True)
    (folder / UUID).write_text(f"omero.host=localhost\nomero.sess={UUID}\nomero.user=root\nomero.x=a=b\n")
    (folder / "._LASTSESS_").write_text(f"{UUID}\n")
    (store.directory / "localhost" / "._LASTUSER_").write_text("root\n")
    (store.directory / "._LASTHOST_").write_text("localhost\n")
    current = store.current()
    assert current is not None and current.uuid == UUID and current.properties["omero.x"] == "a=b"
    assert current.address == "localhost"


def test_current_needs_all_markers_and_the_file(store: SessionsStore) -> None:
    assert store.current() is None and store.last_host is None
    session = store.add("h", "me", UUID, {})
    assert store.current() is None
    store.set_current(session)
    assert store.current() == session
    store.remove(session)
    assert store.current() is None
    assert (store.last_host, store.last_user, store.last_port) == ("h", "me", "4064")
    store.remove(session)


def test_finding_sessions(store: SessionsStore) -> None:
    first = store.add("h", "me", "uuid-1", {})
    second = store.add("h", "you", "uuid-2", {})
    third = store.add("k", "me", "uuid-3", {})
    assert list(store.sessions()) == [first, second, third]
    assert list(store.sessions("h", "you")) == [second]
    assert store.find("h", "uuid-2") == second
    assert store.find("k", "uuid-2") is None


@pytest.mark.parametrize(
    ("stored", "port", "group", "expected"),
    [
        ({}, None, None, ""),
        ({}, "4064", None, ""),
        ({"omero.port": "4064"}, None, None, ""),
        ({"omero.port": "14064"}, None, None, "omero.port: 14064!=None"),
        ({"omero.group": "a"}, None, "b", "omero.group: a!=b"),
        ({"omero.group": "a"}, None, None, ""),
        ({"omero.port": "1", "omero.group": "a"}, "2", "b", "omero.port: 1!=2; omero.group: a!=b"),
    ],
)
def test_conflicts(stored: dict[str, str], port: str | None, group: str | None, expected: str) -> None:
    assert StoredSession("h", "me", UUID, stored).conflicts(port, group) == expected


@pytest.mark.parametrize("user", ["../../evil", "a/b", ".hidden", "ordinary@x.org"])
def test_names_stay_inside_the_directory(store: SessionsStore, user: str) -> None:
    session = store.add("../h", user, "../../uuid", {})
    assert store.path("../h", user, "../../uuid").resolve().is_relative_to(store.directory)
    assert list(store.sessions()) == [session]


def test_where_sessions_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("OMERO_SESSIONDIR", "OMERO_SESSION_DIR", "OMERO_USERDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_directory() == tmp_path / "omero" / "sessions"
    monkeypatch.setenv("OMERO_USERDIR", "/u")
    assert default_directory() == Path("/u/sessions")
    monkeypatch.setenv("OMERO_SESSION_DIR", "/d")
    assert default_directory() == Path("/d/omero/sessions")
    monkeypatch.setenv("OMERO_SESSIONDIR", "/s")
    assert default_directory() == Path("/s")


def test_a_directory_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="Could not access session dir") as error:
        SessionsStore(tmp_path / "file" / "x")
    assert error.value.code == 155
