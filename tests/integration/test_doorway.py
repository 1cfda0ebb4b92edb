"""What OMERO.web asks of its server on the same machine: who may see what of an image, and whether that still holds."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

import omero
from omero.rtypes import rstring
from omero_server.rpc import doorway
from omero_server.rpc.changes import ChangeCounter, ChangeReader
from omero_server.rpc.doorway import ask, connect, is_own
from tests.support.instance import Instance


def test_counter_is_seen_by_others_and_never_comes_back(tmp_path: Path) -> None:
    first = ChangeCounter(tmp_path)
    reader = ChangeReader(tmp_path)
    seen = [reader.now]
    for _ in range(3):
        first.bump()
        seen.append(reader.now)
    assert seen == list(range(seen[0], seen[0] + 4)) and seen[0] > 0
    first.close()
    assert reader.now == 0, "no server, no trust"
    again = ChangeCounter(tmp_path)
    assert reader.now == again.now > seen[-1]
    assert (tmp_path / "changes").stat().st_size == 8


def test_counter_of_a_server_that_never_ran(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        ChangeReader(tmp_path)
    with pytest.raises(OSError):
        connect(tmp_path)


@pytest.fixture
def root(instance: Instance) -> Any:
    client = omero.client(f"tcp://{instance.host}:{instance.ports.tcp}")
    session = client.createSession("root", instance.root_password)
    yield session
    client.closeSession()


def key_of(session: Any) -> str:
    return str(session.ice_getIdentity().name)


def make_image(session: Any) -> int:
    pixels = session.getPixelsService()
    kind = pixels.getEnumeration("PixelsType", "uint8")
    return int(pixels.createImage(8, 6, 1, 1, [0], kind, "seen", "").val)


def test_answers(instance: Instance, root: Any) -> None:
    image = make_image(root)
    with connect(instance.layout.run_dir) as door:
        answer = ask(door, key_of(root), image)
        assert answer.session and answer.view is not None and answer.longest_tile >= 256
        assert (answer.view.pixels.size_x, answer.view.pixels.size_y) == (8, 6)
        assert answer.view.place.missing, "pixels that were never written"
        assert ask(door, key_of(root), 2**40).view is None
        stranger = ask(door, "no such session", image)
        assert (stranger.session, stranger.view) == (False, None)
        assert ask(door, key_of(root), image).view == answer.view, "equal as long as nothing changes"


def test_numbers_change_with_each_commit_and_with_each_session(instance: Instance, root: Any) -> None:
    changes = ChangeReader(instance.layout.run_dir)
    image = make_image(root)
    with connect(instance.layout.run_dir) as door:
        assert ask(door, key_of(root), image).number == changes.now
        for _ in range(3):
            root.getQueryService().projection("select i.name from Image i where i.id = 1", None)
        before = changes.now
        stored = root.getQueryService().get("Image", image)
        assert changes.now == before, "reading changes nothing"
        stored.name = rstring("another")
        root.getUpdateService().saveObject(stored)
        assert changes.now > before
        other = omero.client(f"tcp://{instance.host}:{instance.ports.tcp}")
        other.createSession("root", instance.root_password)
        before = changes.now
        other.killSession()
        assert changes.now > before


def test_questions_that_make_no_sense_do_no_harm(instance: Instance, root: Any) -> None:
    for nonsense in (b"hello\n", b"{}\n", b'{"session": 1, "image": "x"}\n', b"x" * 5000 + b"\n"):
        with connect(instance.layout.run_dir) as door:
            door.sendall(nonsense)
            with pytest.raises((OSError, AssertionError)):
                found = doorway._exactly(door, 4)
                raise AssertionError(found)
    with connect(instance.layout.run_dir) as door:
        assert ask(door, key_of(root), make_image(root)).session


def test_folders_with_long_names(tmp_path: Path) -> None:
    folder = tmp_path / ("n" * 90) / ("m" * 90)
    folder.mkdir(parents=True)
    with doorway._address(folder / "doorway") as address, socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        with connect(folder) as connection:
            assert is_own(connection)
            assert (folder / "doorway").is_socket()


def test_only_the_owner_may_enter(instance: Instance) -> None:
    for name in ("doorway", "changes"):
        found = (instance.layout.run_dir / name).stat()
        assert found.st_uid == os.geteuid()
    assert instance.layout.run_dir.stat().st_mode & 0o077 == 0
    assert (instance.layout.run_dir / "doorway").stat().st_mode & 0o077 == 0
