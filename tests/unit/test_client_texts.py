"""Dictionaries in texts, and the question for a newer version."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from omero.util import pydict_text_io
from omero.util.upgrade_check import UpgradeCheck, omero_version

FILES = {
    "a.json": '{"a": 1}',
    "a.JSON": '{"a": 1}',
    "a.yml": "a: 1",
    "a.yaml": "a: 1",
    "two.yml": "a: 1\n---\nb: 2",
    "empty.yml": "",
    "a.txt": "a: 1",
    "bad.json": "{",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("source", "options", "wanted"),
    [
        ("a.json", {}, {"a": 1}),
        ("a.JSON", {}, {"a": 1}),
        ("a.yml", {}, {"a": 1}),
        ("a.yaml", {"single": False}, [{"a": 1}]),
        ("a.json", {"single": False}, [{"a": 1}]),
        ("two.yml", {"single": False}, [{"a": 1}, {"b": 2}]),
        ("a.txt", {"filetype": "yaml"}, {"a": 1}),
        (' {"x": 2}', {}, {"x": 2}),
        ('{"x": 2}', {"filetype": "yaml"}, {"x": 2}),
        (Path("a.json"), {}, {"a": 1}),
    ],
)
def test_loading(folder: Path, source: Any, options: dict[str, Any], wanted: Any) -> None:
    assert pydict_text_io.load(source, **options) == wanted


@pytest.mark.parametrize(
    ("source", "options", "error", "text"),
    [
        ("two.yml", {}, Exception, "Expected YAML file with one document, found 2"),
        ("empty.yml", {}, Exception, "Expected YAML file with one document, found 0"),
        ("a.txt", {}, ValueError, "Unknown file format: a.txt"),
        ("a.json", {"filetype": "xml"}, ValueError, "Unknown file format: a.json"),
        ("[1]", {}, ValueError, "Unknown file format: "),
        ("gone.json", {}, FileNotFoundError, "gone.json"),
        ("bad.json", {}, json.JSONDecodeError, "Expecting"),
        ("OriginalFile:1", {}, ValueError, "OMERO session required: OriginalFile:1"),
        (3, {}, Exception, "Invalid type: fileobj must be a filename or json string"),
    ],
)
def test_what_cannot_be_loaded(folder: Path, source: Any, options: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as raised:
        pydict_text_io.load(source, **options)
    assert text in str(raised.value)


def test_yaml_makes_no_objects(folder: Path) -> None:
    (folder / "evil.yml").write_text("!!python/object/apply:os.system ['true']")
    with pytest.raises(Exception, match="could not determine a constructor"):
        pydict_text_io.load("evil.yml")


def test_dumping() -> None:
    assert pydict_text_io.get_supported_formats() == ("json", "yaml")
    assert pydict_text_io.dump({"a": [1]}, "json") == '{"a": [1]}'
    assert pydict_text_io.dump({"a": [1], "b": {"c": "é"}}, "yaml") == 'a:\n- 1\nb:\n  c: "\\xE9"\n'
    with pytest.raises(ValueError, match="Unknown format: xml"):
        pydict_text_io.dump({}, "xml")


class Versions(HTTPServer):
    """Answers all questions alike and keeps the last one."""

    status, text = 200, ""
    path, agent = "", ""


class Handler(BaseHTTPRequestHandler):
    server: Versions

    def do_GET(self) -> None:
        self.server.path, self.server.agent = self.path, self.headers["User-Agent"]
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.text.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Not in the output of tests."""


@pytest.fixture
def versions() -> Iterator[Versions]:
    with Versions(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("answer", ["", "\n", "Please upgrade to 9."])
def test_newer_version(versions: Versions, answer: str) -> None:
    versions.text = answer
    check = UpgradeCheck("tests", url=f"http://127.0.0.1:{versions.server_port}/?x=1")
    check.run()
    assert check.isUpgradeNeeded() == bool(answer.strip())
    assert check.getUpgradeUrl() == (answer.strip() or None)
    assert not check.isExceptionThrown()
    asked = parse_qs(urlsplit(versions.path).query)
    assert (asked["x"], asked["version"], versions.agent) == (["1"], [omero_version], "OMERO.tests")
    assert {"os.name", "os.arch", "os.version", "python.version", "python.compiler", "python.build"} <= set(asked)


def test_questions_that_fail(versions: Versions) -> None:
    versions.status, versions.text = 500, "out of order"
    for url in (f"http://127.0.0.1:{versions.server_port}/", "http://127.0.0.1:1/", "file:///etc/passwd", "nonsense"):
        check = UpgradeCheck("tests", url=url, timeout=5)
        check.run()
        assert check.isExceptionThrown()
        assert check.getExceptionThrown() is not None
        assert not check.isUpgradeNeeded()
