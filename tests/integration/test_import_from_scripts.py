"""Imports as Python scripts for OMERO start them: through `omero.cli`, with the control registered or all loaded."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from omero.cli import CLI, NonZeroReturnCode, cli_login
from omero.gateway import BlitzGateway
from omero.sys import ParametersI
from tests.support.instance import Instance

ImportControl = importlib.import_module("omero.plugins.import").ImportControl
SessionsControl = importlib.import_module("omero.plugins.sessions").SessionsControl


@pytest.fixture(scope="module")
def conn(instance: Instance) -> Iterator[Any]:
    with BlitzGateway("root", instance.root_password, host=instance.host, port=instance.ports.ssl, secure=True) as made:
        yield made


@pytest.fixture(autouse=True)
def own_sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMERO_SESSIONDIR", str(tmp_path / "sessions"))


@pytest.fixture
def fake(tmp_path: Path) -> Path:
    path = tmp_path / f"script-{os.getpid()}&sizeX=20&sizeY=10.fake"
    path.touch()
    return path


def login(conn: Any) -> list[str]:
    return ["-k", conn.getSession().getUuid().val, "-s", conn.host, "-p", str(conn.port)]


def imported(conn: Any, path: Path) -> list[int]:
    """Ids of the images that came from a path, as scripts look for them."""
    rows = conn.getQueryService().projection(
        "select i.id from Image i left outer join i.fileset fs join fs.usedFiles u where u.clientPath = :path",
        ParametersI().addString("path", str(path).lstrip("/")), conn.SERVICE_OPTS,
    )  # fmt: skip
    return [row[0].val for row in rows]


def test_registered_controls(conn: Any, fake: Path, tmp_path: Path) -> None:
    cli = CLI()
    cli.register("import", ImportControl, "_")
    cli.register("sessions", SessionsControl, "_")
    out, errs = tmp_path / "logs" / "out.txt", tmp_path / "logs" / "errs.txt"
    cli.invoke(["import", *login(conn), "--file", str(out), "--errs", str(errs), str(fake)])
    assert cli.rv == 0
    (image,) = imported(conn, fake)
    assert out.read_text() == f"Image:{image}\n"
    assert "==> Summary" in errs.read_text() and "1 image imported" in errs.read_text()
    assert conn.getSession().getUuid().val, "whose session it was goes on"
    assert conn.keepAlive()


def test_all_controls_loaded(conn: Any, fake: Path, tmp_path: Path) -> None:
    cli = CLI()
    cli.loadplugins()
    out = tmp_path / "pixels.txt"
    cli.invoke(["import", *login(conn), "--output=legacy", "--skip=all", f"--file={out}", str(fake)], strict=True)
    (image,) = imported(conn, fake)
    assert int(out.read_text()) == conn.getObject("Image", image).getPrimaryPixels().getId()


def test_a_login_of_the_script(conn: Any, fake: Path, tmp_path: Path, instance: Instance) -> None:
    user = ["-u", "root", "-w", instance.root_password, "-s", f"{instance.host}:{instance.ports.ssl}"]
    out = tmp_path / "out.txt"
    with cli_login(*user) as cli:
        cli.invoke(["import", "-n", "named", "--output", "yaml", "--file", str(out), str(fake)], strict=True)
        assert cli.get_client().getSessionId()
    (image,) = imported(conn, fake)
    assert f"Image: [{image}]" in out.read_text() and conn.getObject("Image", image).getName() == "named"


def test_a_client_of_the_script(conn: Any, fake: Path, tmp_path: Path) -> None:
    cli = CLI()
    cli.loadplugins()
    cli.set_client(conn.c)
    cli.invoke(["import", "--file", str(tmp_path / "out.txt"), str(fake)], strict=True)
    assert (tmp_path / "out.txt").read_text() == f"Image:{imported(conn, fake)[0]}\n"
    assert conn.keepAlive()


def test_failures(conn: Any, tmp_path: Path) -> None:
    cli = CLI()
    cli.loadplugins()
    broken = tmp_path / "broken.tif"
    broken.write_bytes(b"II*\0" + bytes(20))
    errs = tmp_path / "errs.txt"
    with pytest.raises(NonZeroReturnCode):
        cli.invoke(["import", *login(conn), "--errs", str(errs), str(tmp_path / "none.tif")], strict=True)
    assert "none.tif" in errs.read_text()
    cli.invoke(["import", *login(conn), "--errs", str(errs), str(broken)])
    assert "broken.tif" in errs.read_text()


def test_the_names_that_the_module_has() -> None:
    module = importlib.import_module("omero.plugins.import")
    assert module.OUTPUT_CHOICES == ["ids", "json", "legacy", "yaml"]
    assert module.SKIP_CHOICES == ["all", "checksum", "minmax", "thumbnails", "upgrade"]
    assert module.DEBUG_CHOICES == ["ALL", "DEBUG", "ERROR", "FATAL", "INFO", "TRACE", "WARN"]
    assert issubclass(module.TestEngine, module.ImportControl)


OPTIONS = [
    ["--clientdir", "/opt/omero/lib/client"], ["--debug", "ERROR"], ["--encrypted", "true"], ["--depth", "2"],
    ["--no-stats-info"], ["--no-thumbnails"], ["--no-upgrade-check"], ["--skip", "upgrade"], ["--skip", "checksum"],
    ["--checksum-algorithm", "MD5-128"], ["--parallel-upload", "2"], ["--parallel-fileset=2"], ["-c"],
    ["--exclude", "clientpath"], ["--transfer", "upload"], ["--plate_name", "p"], ["--annotation_text", "t"],
    ["--", "--keep-alive=10", "--auto-close"], ["--", "--minutes-wait=5"], ["--", "--agent", "mine"],
]  # fmt: skip


def test_options_of_official_scripts(conn: Any, fake: Path, tmp_path: Path) -> None:
    """All in three runs: each would fail as a whole over an option that it does not know."""
    cli = CLI()
    cli.loadplugins()
    plain = [word for words in OPTIONS if words[0] != "--" for word in words]
    for more in (words for words in OPTIONS if words[0] == "--"):
        cli.invoke(["import", *login(conn), "--file", str(tmp_path / "out"), *plain, str(fake), *more], strict=True)
        plain = ["--clientdir", "x"]
    assert len(imported(conn, fake)) == 3


def test_help_and_jars_need_no_server(instance: Instance, tmp_path: Path, fake: Path) -> None:
    for words in (["--java-help"], ["--javahelp"], ["--advanced-help"], ["--", "--advanced-help"], ["-h"]):
        done = instance.omero("import", *words)
        assert done.returncode == 0 and "--" in done.stdout, (words, done.stderr)
    done = instance.omero("import", "--fetch-jars", "5.5.0")
    assert done.returncode == 0 and "no jars" in done.stderr
    done = instance.omero("import", "--logback", str(tmp_path / "logback.xml"), "-f", str(fake))
    assert done.returncode == 0 and "Logback" in done.stderr and "# Group" in done.stdout
    done = instance.omero("import", "--no-such-option", str(fake))
    assert done.returncode not in (0, None) and "no-such-option" in done.stderr
