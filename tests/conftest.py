"""Fixtures shared by all tests: a running server, and a stack dump instead of a hang."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.instance import Instance


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A running server without OMERO.web, shared by the whole test session. To stop or break one, start your own."""
    server = Instance(tmp_path_factory.mktemp("omero"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def web_instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A running server with OMERO.web, shared by the whole test session."""
    server = Instance(tmp_path_factory.mktemp("omero-web"), web=True)
    server.start()
    yield server
    server.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A failed test that used a server shows what the server wrote."""
    report = yield
    for server in getattr(item, "funcargs", {}).values():
        if report.failed and isinstance(server, Instance):
            report.sections.append((f"server logs in {server.layout.log_dir}", server.all_logs()))
    return report


@pytest.fixture
def omerodir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty OMERODIR, in the environment of this test."""
    monkeypatch.setenv("OMERODIR", str(tmp_path))
    return tmp_path
