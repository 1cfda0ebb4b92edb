"""OMERO.web without a server behind it, and the data that is looked at with one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from omero_server.control.config_xml import ConfigFile
from omero_server.control.instance import Instance as Layout
from tests.support.instance import Instance, free_ports
from tests.web.data import WebData, create_data
from tests.web.screen import CHROMIUM, OPTIONS
from tests.web.visitor import Visitor

START_SECONDS = 30.0


def _await_answer(visitor: Visitor, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError):
            visitor.get("/webgateway/")
            return
        time.sleep(0.1)
    raise RuntimeError(f"OMERO.web did not start:\n{log.read_text()}")


@pytest.fixture(scope="session")
def lonely_web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an OMERO.web whose OMERO server does not run."""
    layout = Layout(tmp_path_factory.mktemp("lonely-web"))
    web, *others = free_ports(5)
    with ConfigFile.edit(layout.config_file) as stored:
        stored.properties["omero.web.application_server.port"] = str(web)
        for kind, port in zip(("ssl", "tcp", "wss", "ws"), others, strict=True):
            stored.properties[f"omero.ports.{kind}"] = str(port)
    layout.make_directories()
    command = [sys.executable, "-m", "gunicorn", "-c", "python:omero_web.gunicorn_conf", "omero_web.wsgi:application"]
    address = f"http://127.0.0.1:{web}"
    log = layout.root / "web.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env={**os.environ, "OMERODIR": str(layout.root)}, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _await_answer(Visitor(address), process, log)
        yield address
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="session")
def web_data(web_instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> WebData:
    """Users with images, made once."""
    return create_data(web_instance, tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()
