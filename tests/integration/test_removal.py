"""Files go with their rows: after the commit, or at the next start of the server; never without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from omero_server.db.tables import TABLES
from omero_server.repository.directories import register_folders
from omero_server.repository.disk import write_durably
from omero_server.repository.identity import ensure_repository
from omero_server.repository.layout import Layout
from omero_server.repository.removal import Doomed, files_of, guard_files, remove_files, replay
from omero_server.repository.rows import NewFile, insert_files
from omero_server.sessions.call import USER_GROUP
from tests.support.instance import fresh_root
from tests.support.lab import Lab, open_lab

FILES = TABLES["originalfile"]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with fresh_root() as root, open_lab(root) as made:
        made.engine.node_uuid = ""  # no server is up, so nothing has to be proved
        yield made


@pytest.fixture
def layout(lab: Lab) -> Layout:
    return Layout.of(lab.config)


def stored(lab: Lab, layout: Layout, name: str) -> tuple[int, Path]:
    """A file of a managed repository in the folders ann_1/day/time; its id and place."""
    with lab.call("root", None) as call:
        repository = ensure_repository(call, layout.managed)
        register_folders(call, repository.uuid, ["ann_1/day/time"], lambda level: 0, USER_GROUP)
        file = NewFile("ann_1/day/time/", name, repository.uuid, "image/tiff", 0, USER_GROUP)
        row = insert_files(call, [file])[0]
    path = layout.managed / "ann_1/day/time" / name
    write_durably(path, b"pixels")
    return row, path


def rows(lab: Lab, *ids: int) -> int:
    return int(lab.value("SELECT count(*) FROM originalfile WHERE id = ANY(:ids)", ids=list(ids)))


def erase(call: Any, ids: list[int]) -> None:
    doomed = files_of(call, {"originalfile": ids})
    call.db.execute(delete(FILES).where(FILES.c.id.in_(ids)))
    remove_files(call, doomed)


def test_files_and_empty_folders_go_after_the_commit(lab: Lab, layout: Layout) -> None:
    one, first = stored(lab, layout, "one.tif")
    two, second = stored(lab, layout, "two.tif")
    with lab.call("root", None) as call:
        erase(call, [one])
        assert first.exists(), "nothing happens before the commit"
    assert not first.exists() and second.exists()
    with lab.call("root", None) as call:
        erase(call, [two])
    assert sorted(path.name for path in layout.managed.iterdir() if path.name != ".omero") == ["ann_1"]
    assert not any((layout.managed / "ann_1").iterdir())
    assert lab.value("SELECT count(*) FROM originalfile WHERE path LIKE 'ann_1%'") == 0
    assert not any(layout.removals.iterdir())


def test_nothing_goes_when_the_transaction_fails(lab: Lab, layout: Layout) -> None:
    row, path = stored(lab, layout, "kept.tif")
    with pytest.raises(RuntimeError), lab.call("root", None) as call:
        erase(call, [row])
        raise RuntimeError("something else went wrong")
    assert path.exists() and rows(lab, row) == 1
    assert not any(layout.removals.iterdir())


@pytest.mark.parametrize("committed", [True, False])
def test_a_server_that_died_is_made_up_for(lab: Lab, layout: Layout, committed: bool) -> None:
    """The list of files is on disk before the commit; what comes after it may never happen."""
    row, path = stored(lab, layout, f"dies-{committed}.tif")
    with lab.call("root", None) as call:
        erase(call, [row])
        call.transaction._after_commit.clear()
        call.transaction._on_rollback.clear()
        if not committed:
            call.transaction._connection.rollback()
    assert path.exists() and any(layout.removals.iterdir())
    replay(lab.database, layout)
    assert path.exists() is not committed and rows(lab, row) == (0 if committed else 1)
    assert not any(layout.removals.iterdir())


def test_files_of_rows_that_never_came_to_be(lab: Lab, layout: Layout) -> None:
    path = layout.thumbnail(10**9)
    with pytest.raises(RuntimeError), lab.call("root", None) as call:
        guard_files(call, [Doomed(str(path), "thumbnail", 10**9)])
        write_durably(path, b"a picture")
        raise RuntimeError("the rows are not written")
    assert not path.exists() and not any(layout.removals.iterdir())


def test_files_outside_of_the_repository_are_never_touched(lab: Lab, layout: Layout, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.touch()
    for path in (str(precious), f"{layout.managed}/../../precious", "relative"):
        with pytest.raises(ValueError, match="outside"), lab.call("root", None) as call:
            remove_files(call, [Doomed(path, "originalfile", 10**9)])
    assert precious.exists()


def test_folders_with_unregistered_files_stay(lab: Lab, layout: Layout) -> None:
    row, path = stored(lab, layout, "last.tif")
    stranger = path.with_name("stranger")
    stranger.touch()
    with lab.call("root", None) as call:
        erase(call, [row])
    assert stranger.exists() and not path.exists()
    stranger.unlink()
