"""`omero admin` on binary files, letters, sessions and what has nothing to do here, against a real server."""

import io
import sys
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.instance import Instance


@pytest.fixture(scope="module")
def root(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine(instance, tmp_path_factory.mktemp("root"), "root", instance.root_password)


@pytest.fixture(scope="module")
def user(root: CommandLine, instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    assert root("group", "add", "cleanse-lab").code == 0
    assert root("user", "add", "cleo", "Cleo", "Nse", "cleanse-lab", "-P", "secret").code == 0
    return CommandLine(instance, tmp_path_factory.mktemp("cleo"), "cleo", "secret")


@pytest.fixture
def data(root: CommandLine, tmp_path: Path) -> Path:
    """Folders as a server has them, with files that no row knows, and one that a row knows."""
    known = root("obj", "new", "OriginalFile", "name=kept", "path=/", "mimetype=text/plain").line.partition(":")[2]
    for name in ("Pixels/Dir-999/999001", "Pixels/999002_pyramid", "Pixels/.999002_pyramid.tmp", "Pixels/notes.txt",
                 f"Files/{known}", "Files/999999999"):  # fmt: skip
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"0" * 10)
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_files_without_rows_are_removed(root: CommandLine, data: Path) -> None:
    before = names(data)
    tried = root("admin", "cleanse", "--dry-run", "--verbose", str(data))
    assert tried.code == 0 and names(data) == before
    lines = tried.out.splitlines()
    removed = [f"   \\_ {data}/{name} (remove)" for name in before if "999" in name]
    assert sorted(line for line in lines if "(remove)" in line) == sorted(removed) and len(removed) == 4
    assert f"   \\_ {data}/Pixels/notes.txt (ignored/keep)" in lines
    assert f"{data}/Thumbnails does not exist. Skipping..." in lines
    assert lines[-2:] == [
        f"{data}/ManagedRepository does not exist. Skipping...",
        "Cleansing context: 4 files (40 bytes)",
    ]
    assert root("admin", "cleanse", "--subdirectory", "Files", str(data)).out.splitlines() == [
        "Reconciling OMERO data directory...", f" {data}/Files", f"   \\_ {data}/Files/999999999 (remove)",
        "Cleansing context: 1 files (10 bytes)",
    ]  # fmt: skip
    assert names(data) == [name for name in before if name != "Files/999999999"]
    assert root("admin", "cleanse", str(data)).code == 0
    assert names(data) == [name for name in before if "999" not in name]


def test_nothing_is_removed_of_others(root: CommandLine, user: CommandLine, data: Path) -> None:
    before = names(data)
    done = user("admin", "cleanse", str(data))
    assert (done.code, done.err) == (111, "SecurityViolation: Admins only!\n")
    identity = data / "ManagedRepository/.omero/repository/x/repo_uuid"
    identity.parent.mkdir(parents=True)
    identity.write_text("that-of-another-server", encoding="utf-8")
    done = root("admin", "cleanse", str(data))
    assert done.code == 1 and "another server" in done.err
    assert [name for name in names(data) if "repo_uuid" not in name] == before
    assert root("admin", "cleanse", str(data / "missing")).code == 2


def test_empty_folders_are_removed(root: CommandLine, instance: Instance) -> None:
    managed = instance.root / "data/ManagedRepository"
    assert root("fs", "mkdir", "cleanse-me/below", "--parents").code == 0
    command = ("admin", "cleanse", "--subdirectory", "ManagedRepository", str(managed.parent))
    tried = root(*command, "--dry-run").out.splitlines()
    assert tried[:2] == ["Removing empty directories from...", f" {managed}"]
    assert f"   \\_ {managed}/cleanse-me/ (remove)" in tried and "below" not in "".join(tried)
    assert (managed / "cleanse-me/below").exists()
    done = root(*command)
    assert (done.code, done.err) == (0, "")
    assert not (managed / "cleanse-me").exists() and (managed / ".omero").exists()
    assert root("hql", "--style", "plain", "select f.id from OriginalFile f where f.name = 'cleanse-me'").out == "\n"


def test_empty_pyramids_are_removed(root: CommandLine, user: CommandLine, tmp_path: Path) -> None:
    for name, text in (("5_pyramid", ""), ("6_pyramid", "x"), ("7_pyramid", ""), (".7_pyramid8.pyr_lock", "")):
        (tmp_path / "Pixels").mkdir(exist_ok=True)
        (tmp_path / "Pixels" / name).write_text(text, encoding="utf-8")
    assert user("admin", "fixpyramids", str(tmp_path)).code == 111
    empty = tmp_path / "Pixels/5_pyramid"
    assert root("admin", "fixpyramids", "--dry-run", str(tmp_path)).out == f"Would remove {empty}\n"
    assert empty.exists()
    assert root("admin", "fixpyramids", str(tmp_path)).out == f"Removing {empty}\n"
    assert names(tmp_path) == ["Pixels/.7_pyramid8.pyr_lock", "Pixels/6_pyramid", "Pixels/7_pyramid"]


def test_pyramids_of_images(root: CommandLine, user: CommandLine) -> None:
    assert user("admin", "removepyramids").code == 111
    done = root("admin", "removepyramids", "--dry-run", "--imported-after", "2999-01-01", "--endian", "little")
    assert done.out == "No more than 500 pyramids will be removed\nNo pyramids to remove\n"
    assert root("admin", "removepyramids", "--limit", "501").code == 2
    assert root("admin", "removepyramids", "--imported-after", "yesterday").code == 2


def test_letters(root: CommandLine, user: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    done = root("admin", "email", "--user-name", "cleo", "Subject", "a", "few", "words")
    assert done.out == "Successfully sent 0 of 0 emails\n1 users had no email address\n", done.err
    assert root("admin", "email", "Subject", "to nobody").code == 12
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert root("admin", "email", "--everyone", "Subject").code == 12
    assert root("admin", "email", "--user-name", "nobody-is-called-so", "Subject", "text").code == 513 & 255
    assert user("admin", "email", "--everyone", "Subject", "text").code == 13


def test_a_line_in_the_log(root: CommandLine, user: CommandLine, instance: Instance) -> None:
    uuid = root("fs", "repos", "--managed", "--style", "plain").line.split(",")[2]
    assert root("admin", "log", uuid, "cleansed by hand", "--level", "warn").code == 0
    assert "cleansed by hand" in (instance.root / "var/log/Blitz-0.log").read_text(encoding="utf-8")
    assert root("admin", "log", "no-uuid", "x").code == 1
    assert user("admin", "log", uuid, "x").code == 111


def test_sessions(root: CommandLine) -> None:
    key = root("sessions", "key").line
    done = root("admin", "sessionlist")
    assert 'use "sessions who" instead' in done.err
    (row,) = [cells for cells in done.cells if cells[2] == key]
    assert row[4] == "root" and row[6] == "current session"


@pytest.mark.parametrize(
    "command, code",
    [
        ("deploy", 0), ("ice server list", 0), ("rewrite", 0), ("jvmcfg", 0), ("reindex --full", 0),
        ("reindex", 502 & 255), ("reindex --full --wipe", 2), ("checkice", 0), ("checkwindows", 123),
        ("events", 666 & 255), ("checkupgrade", 0),
    ],
)  # fmt: skip
def test_what_has_nothing_to_do_says_so(root: CommandLine, command: str, code: int) -> None:
    done = root("admin", *command.split())
    assert done.code == code and (done.out or done.err)
