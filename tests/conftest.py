"""Fixtures shared by all tests: a running server, and a stack dump instead of a hang."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.instance import Instance, fresh_root, running


@pytest.fixture(scope="session")
def instance() -> Iterator[Instance]:
    """A running server without OMERO.web, shared by the whole test session. To stop or break one, make your own."""
    with fresh_root() as root, running(root) as server:
        yield server


@pytest.fixture(scope="session")
def web_instance() -> Iterator[Instance]:
    """A running server with OMERO.web, shared by the whole test session."""
    with fresh_root() as root, running(root, web=True) as server:
        yield server


@pytest.fixture
def make_instance() -> Iterator[Callable[..., Instance]]:
    """Makes servers of a test's own, not started; options as for `Instance`. Stopped and removed after the test."""
    with ExitStack() as stack:

        def make(**options: Any) -> Instance:
            server = Instance(stack.enter_context(fresh_root()), **options)
            stack.callback(server.stop)
            return server

        yield make


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A failed test that used a server shows what the server wrote."""
    report = yield
    for server in getattr(item, "funcargs", {}).values():
        if report.failed and isinstance(server, Instance):
            report.sections.append((f"server logs in {server.layout.log_dir}", server.all_logs()))
    return report


@pytest.fixture
def no_bio_formats(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without Java: what our readers refuse is not offered to Bio-Formats."""
    monkeypatch.setenv("OMERO_BIOFORMATS_JAVA", "/nowhere")


@pytest.fixture
def omerodir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty OMERODIR, in the environment of this test."""
    monkeypatch.setenv("OMERODIR", str(tmp_path))
    return tmp_path
