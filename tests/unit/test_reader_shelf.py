"""Readers kept open: shared, bounded, closed when nobody reads from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from omero_server.formats.base import FormatError, Reader
from omero_server.formats.fake import FakeReader
from omero_server.pixels.shelf import ReaderShelf


class Watched(FakeReader):
    """Notes when it is closed."""

    closed = False

    def close(self) -> None:
        self.closed = True
        super().close()


@pytest.fixture
def readers() -> list[Watched]:
    return []


def opener(readers: list[Watched], folder: Path) -> Reader:
    path = folder / "a&sizeX=20&sizeY=20&series=2.fake"
    path.touch()
    readers.append(Watched.open(path))
    return readers[-1]


def test_a_reader_is_opened_once(readers: list[Watched], tmp_path: Path) -> None:
    shelf = ReaderShelf()
    first = shelf.buffer("a", 0, lambda: opener(readers, tmp_path))
    second = shelf.buffer("a", 1, lambda: opener(readers, tmp_path))
    assert (first.plane(0, 0, 0)[0, 0], second.plane(0, 0, 0)[0, 0], len(readers)) == (0, 1, 1)
    first.close()
    first.close()
    assert not readers[0].closed and second.plane(0, 0, 0).shape == (20, 20)
    second.close()
    shelf.buffer("a", 0, lambda: opener(readers, tmp_path)).close()
    assert len(readers) == 1


def test_the_longest_unused_reader_goes(readers: list[Watched], tmp_path: Path) -> None:
    shelf = ReaderShelf(capacity=2)
    for key in "abcb":
        shelf.buffer(key, 0, lambda: opener(readers, tmp_path)).close()
    assert [one.closed for one in readers] == [True, False, False]


def test_readers_in_use_stay_open(readers: list[Watched], tmp_path: Path) -> None:
    shelf = ReaderShelf(capacity=1)
    used = shelf.buffer("a", 0, lambda: opener(readers, tmp_path))
    shelf.buffer("b", 0, lambda: opener(readers, tmp_path)).close()
    shelf.forget("a")
    assert not readers[0].closed and used.plane(0, 0, 0).shape == (20, 20)
    used.close()
    assert readers[0].closed


def test_a_reader_that_cannot_be_opened_is_tried_again(readers: list[Watched], tmp_path: Path) -> None:
    shelf = ReaderShelf()

    def fails() -> Reader:
        raise FormatError("x", "is damaged")

    with pytest.raises(FormatError):
        shelf.buffer("a", 0, fails)
    shelf.buffer("a", 0, lambda: opener(readers, tmp_path)).close()
    shelf.clear()
    assert readers[0].closed
