"""Processes that read for imports: the same results as in this process, kept and replaced as it should be."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from omero_server.control.config import Config
from omero_server.control.config_xml import ConfigFile
from omero_server.control.instance import Instance
from omero_server.formats.base import FormatError, UnsupportedFormat
from omero_server.formats.info import FilesetInfo
from omero_server.formats.jsonable import decode, encode
from omero_server.formats.registry import open_reader
from omero_server.imports import readers as pool
from omero_server.imports.measure import Measured, Wanted, measure
from omero_server.imports.optics import displays
from omero_server.imports.readers import Readers
from omero_server.imports.reading import Crashed, Reading
from tests.support.samples import DATA
from tests.support.unruly import plugin, unruly

SAMPLES = [
    "ome-tiff/multi-channel-z-series.ome.tif", "png/rgba.png", "fake/default-plate&plates=1.fake", "gif/cogs.gif",
]  # fmt: skip


def _config(folder: Path) -> Config:
    with ConfigFile.edit(Instance(folder).config_file) as stored:
        stored.properties.update({"omero.readers.memory": "500", "omero.readers.seconds": "2"})
    return Config.load(folder)


@pytest.fixture
def readers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Readers]:
    for folder in reversed(plugin(tmp_path / "plugin").split(os.pathsep)):
        monkeypatch.syspath_prepend(folder)
    made = Readers(_config(tmp_path / "omero"))
    yield made
    made.stop()


def nothing() -> None:
    """Nobody cancels."""


def only(readers: Readers) -> int:
    """The one process."""
    [worker] = readers._all
    return worker.process.pid


def read(readers: Readers, path: Path) -> list[Measured]:
    """Everything about a fileset."""
    with Reading(readers, nothing) as reading:
        info = reading.describe(path, 1, 0)
        return reading.measure(everything(info))


def everything(info: FilesetInfo) -> list[Wanted]:
    """All that can be learnt of all images."""
    return [Wanted(series, displays(image)[0], True, True, True) for series, image in enumerate(info.images)]


@pytest.mark.parametrize("name", SAMPLES)
def test_same_as_in_this_process(name: str, readers: Readers) -> None:
    found = read(readers, DATA / name)
    with open_reader(DATA / name) as reader:
        expected = [measure(reader, wanted, nothing) for wanted in everything(reader.info())]
    for one, other in zip(found, expected, strict=True):
        assert one.seconds.keys() == other.seconds.keys()
        one.seconds = other.seconds = {}
        assert one == other and one.thumbnail is not None


def test_what_is_not_wanted_is_left_out(readers: Readers) -> None:
    with Reading(readers, nothing) as reading:
        channels = displays(reading.describe(DATA / "gif/cogs.gif", 1, 0).images[0])[0]
        plain, large = reading.measure(
            [Wanted(0, channels, False, False, True), Wanted(0, channels, True, True, False)]
        )
    assert (plain.sha1, plain.settings, plain.thumbnail) == ("Pending...", None, None)
    assert large.sha1 == "Pending..." and large.channels[0].stats is None
    assert large.settings is not None and large.thumbnail is not None


def test_a_process_serves_one_import_after_another(readers: Readers) -> None:
    read(readers, DATA / "gif/cogs.gif")
    first = only(readers)
    with pytest.raises(UnsupportedFormat, match="no reader knows"):
        read(readers, Path(__file__))
    read(readers, DATA / "png/rgba.png")
    assert only(readers) == first
    handles = {os.readlink(path) for path in Path(f"/proc/{first}/fd").iterdir()}
    assert not [path for path in handles if path.startswith(str(DATA))]


def test_what_an_earlier_file_has_done_is_not_blamed_on_the_next(readers: Readers, tmp_path: Path) -> None:
    path = tmp_path / "a.unruly"
    path.write_bytes(unruly("tire"))
    read(readers, DATA / "gif/cogs.gif")
    for _ in range(3):
        with Reading(readers, nothing) as reading:
            assert len(reading.describe(path, 1, 0).images) == 1
    path.write_bytes(unruly("crash"))
    with Reading(readers, nothing) as reading, pytest.raises(Crashed, match=r"a\.unruly: its reader crashed"):
        reading.describe(path, 1, 0)


def test_ended_processes_are_replaced(readers: Readers) -> None:
    readers.warm()
    first = only(readers)
    readers.warm()
    assert only(readers) == first
    os.kill(first, signal.SIGKILL)
    time.sleep(0.1)
    read(readers, DATA / "gif/cogs.gif")
    assert only(readers) != first


def test_idle_and_large_processes_are_not_kept(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    read(readers, DATA / "gif/cogs.gif")
    first = only(readers)
    readers.reap()
    assert only(readers) == first
    monkeypatch.setattr(pool, "IDLE_SECONDS", -1)
    readers.reap()
    assert not readers._all and not Path(f"/proc/{first}").exists()
    monkeypatch.setattr(pool, "KEPT_BYTES", 1 << 20)
    read(readers, DATA / "gif/cogs.gif")
    assert not readers._all


def test_no_import_waits_for_the_end_of_others(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "PATIENCE", 0.2)
    count = (os.cpu_count() or 1) + 1
    taken = [readers.take(nothing) for _ in range(count)]
    assert len({worker.process.pid for worker in taken}) == count
    assert readers.spare() is None


def test_messages_as_they_must_be() -> None:
    """What comes from a process is decoded by the types of the fields, and by nothing that it could choose."""
    assert decode(bytes, encode(b"\xff\0")) == b"\xff\0"
    assert decode(tuple[int, ...], [1, 2, 3]) == (1, 2, 3)
    with pytest.raises(KeyError):
        decode(Measured, {"channels": [], "__class__": "os.system"})
    with pytest.raises(TypeError):
        decode(Measured, {})


@pytest.mark.parametrize(
    ("deed", "reason"), [("chatter", "no sensible answer"), ("babble", "cannot be passed on: TypeError: .*int64")]
)
def test_answers_that_are_none(deed: str, reason: str, readers: Readers, tmp_path: Path) -> None:
    path = tmp_path / "a.unruly"
    path.write_bytes(unruly(deed))
    with Reading(readers, nothing) as reading, pytest.raises(FormatError, match=reason):
        reading.describe(path, 1, 0)
    assert bool(readers._all) == (deed == "babble")
