"""Pyramids and the life of the server: switched off, interrupted, deleted while they are made."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import omero
import omero.cmd
from omero_server.pixels.pyramid_sizes import level_sizes
from omero_server.repository.layout import Layout
from tests.support.instance import Instance
from tests.support.painted import pixels_id_of
from tests.support.people import logged_in

WIDTH, HEIGHT = 8000, 6000
SECONDS = 60.0


@pytest.fixture
def server(make_instance: Callable[..., Instance]) -> Instance:
    made = make_instance(properties={"omero.pixeldata.cron": ""})
    made.start()
    return made


def import_file(server: Instance, session: Any, path: Path) -> int:
    login = ["-s", server.host, "-p", str(server.ports.ssl), "-u", "root", "-w", server.root_password, "-C"]
    done = server.omero("import", *login, str(path), OMERO_SESSIONDIR=str(path.parent / "sessions"))
    assert done.returncode == 0, done.stderr
    return pixels_id_of(session, session.getQueryService().projection("select max(i.id) from Image i", None)[0][0].val)


def levels(session: Any, pixels: int) -> int:
    store = session.createRawPixelsStore()
    store.setPixelsId(pixels, False)
    try:
        assert len(store.getTile(0, 0, 0, 4000, 3000, 256, 256)) == 256 * 256 * 2
        return int(store.getResolutionLevels())
    finally:
        store.close()


def unfinished(server: Instance) -> list[Path]:
    return list((server.config.data_dir / "Pixels").rglob("*.tmp"))


def test_pyramids_and_restarts(server: Instance, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 4000, (HEIGHT, WIDTH), np.uint16)
    tifffile.imwrite(tmp_path / "noise.tif", noise, photometric="minisblack", compression="zlib", rowsperstrip=100)
    layout = Layout.of(server.config)
    with logged_in(server) as session:
        first = import_file(server, session, tmp_path / "noise.tif")
        assert levels(session, first) == 1 and levels(session, first) == 1
    time.sleep(0.5)
    assert not layout.pyramid(first).exists(), "nothing is made while this is switched off"
    server.stop()
    assert server.omero("config", "set", "omero.pixeldata.cron").returncode == 0
    server.start()
    with logged_in(server) as session:
        assert levels(session, first) == 1
        # While it is made the server is stopped: nothing remains, and nothing waits.
        started = time.monotonic()
        while not unfinished(server) and not layout.pyramid(first).exists():
            assert time.monotonic() - started < SECONDS
            time.sleep(0.01)
    server.stop()
    assert not unfinished(server)
    server.start()
    with logged_in(server) as session:
        levels(session, first)
        started = time.monotonic()
        while levels(session, first) != len(level_sizes(WIDTH, HEIGHT, (256, 256))):
            assert time.monotonic() - started < SECONDS
            time.sleep(0.1)
        deleted_while_it_is_made(server, session, tmp_path / "noise.tif", layout)


def deleted_while_it_is_made(server: Instance, session: Any, path: Path, layout: Layout) -> None:
    pixels = import_file(server, session, path)
    image = session.getQueryService().get("Pixels", pixels).image.id.val
    handle = session.submit(omero.cmd.Delete2(targetObjects={"Image": [image]}))
    started = time.monotonic()
    while handle.getResponse() is None or unfinished(server):
        assert time.monotonic() - started < SECONDS
        time.sleep(0.05)
    assert isinstance(handle.getResponse(), omero.cmd.Delete2Response), handle.getResponse()
    time.sleep(0.5)
    assert not layout.pyramid(pixels).exists()
