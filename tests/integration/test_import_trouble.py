"""Imports that end badly: the server is killed in the middle, or its disk is full. Nothing may be left behind."""

from __future__ import annotations

import os
import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import Ice
import pytest

import omero
from omero.importing import Candidate, ImportFailed, Options, import_fileset, scan
from omero.importing.process import begin_import
from tests.support.consistency import inconsistencies
from tests.support.instance import Instance, fresh_root, running

MIB = 1024 * 1024


@contextmanager
def client_of(instance: Instance) -> Iterator[Any]:
    made = omero.client(instance.host, instance.ports.ssl)
    made.createSession("root", instance.root_password)
    try:
        yield made
    finally:
        with suppress(Ice.Exception):
            made.closeSession()


@pytest.fixture(scope="module")
def mortal() -> Iterator[Instance]:
    """A server to kill."""
    with fresh_root() as root, running(root) as server:
        yield server


def slow_image(folder: Path) -> Candidate:
    """An image whose pixels take a while to read."""
    path = folder / "slow&sizeX=1500&sizeY=1500&sizeZ=40&pixelType=uint16.fake"
    path.touch()
    return scan([path]).candidates[0]


def import_until(instance: Instance, candidate: Candidate, moment: str) -> None:
    """Begin an import and kill the server at some moment of it."""
    with client_of(instance) as client:
        process = begin_import(client, candidate, Options())
        store = process.getUploader(0)
        if moment == "upload":
            store.write(random.Random(1).randbytes(MIB), 0, MIB)
            instance.kill_blitz()
            return
        store.close()
        empty = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
        handle = process.verifyUpload([empty])
        if moment == "pixels":
            while handle.getStatus().currentStep < 1:
                time.sleep(0.01)
        instance.kill_blitz()


@pytest.mark.parametrize("moment", ["upload", "verified", "pixels"])
def test_killed_server_cleans_up_when_it_starts_again(mortal: Instance, tmp_path: Path, moment: str) -> None:
    candidate = slow_image(tmp_path)
    import_until(mortal, candidate, moment)
    mortal.await_blitz()
    assert inconsistencies(mortal) == []
    with client_of(mortal) as client:
        assert import_fileset(client, candidate, Options(minmax=False)).images
    assert inconsistencies(mortal) == []


def test_killed_at_any_moment(mortal: Instance, tmp_path: Path) -> None:
    """Small imports one after the other, and the server dies in whatever it is doing."""
    path = tmp_path / "quick&sizeX=50&sizeY=50&series=3.fake"
    path.touch()
    candidate = scan([path]).candidates[0]
    with client_of(mortal) as client:
        killer = threading.Timer(0.3 + random.random() / 5, mortal.kill_blitz)
        killer.start()
        with pytest.raises(Ice.Exception):
            while True:
                import_fileset(client, candidate)
        killer.join()
    mortal.await_blitz()
    assert inconsistencies(mortal) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MB."""
    folder = tmp_path / "data"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", folder], capture_output=True)
    if os.geteuid() != 0 or mounted.returncode != 0:
        pytest.skip("mounting a small file system needs root (mount -t tmpfs)")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_full_disk(small_disk: Path, tmp_path: Path, make_instance: Callable[..., Instance]) -> None:
    server = make_instance(properties={"omero.data.dir": str(small_disk)})
    server.start()
    too_large = tmp_path / "large.tif"
    too_large.write_bytes(random.Random(2).randbytes(20 * MIB))
    small = tmp_path / "small&sizeX=50&sizeY=50.fake"
    small.touch()
    with client_of(server) as client:
        with pytest.raises(omero.ResourceError, match="disk is full"):
            import_fileset(client, Candidate(too_large, (too_large,), "tiff"))
        assert inconsistencies(server) == []
        assert import_fileset(client, scan([small]).candidates[0]).images
        with filled(small_disk), pytest.raises((omero.ResourceError, ImportFailed), match=r"disk is full|No space"):
            import_fileset(client, scan([small]).candidates[0])
        assert inconsistencies(server) == []
        assert import_fileset(client, scan([small]).candidates[0]).images
    assert inconsistencies(server) == []


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """The file system has no room left inside of the block."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as out, suppress(OSError):
        while True:
            out.write(bytes(4096))
    yield
    filler.unlink()
