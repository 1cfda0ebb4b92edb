"""omero.util and its modules, omero.config, omero_ext, and the old modules at the top level."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import Ice
import pytest

import omero
import omero.java
import omero.rtypes
import omero.util
from omero.config import ConfigXml
from omero.config_file import ConfigFile, ConfigLocked
from omero.install.versions import needs_upgrade
from omero.util import concurrency, decorators, text
from omero_ext.path import path, tempdir

ROOT = Path(__file__).parents[2]


def run(code: str, **env: str) -> str:
    """What a program prints that starts without anything loaded."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env={**os.environ, **env}, check=True
    )
    return done.stdout.strip()


def test_old_modules_are_found_by_name() -> None:
    code = """if True:
        import omero
        from omero_model_ImageI import ImageI
        from omero_model_Image_ice import Image
        from omero_sys_ParametersI import ParametersI
        from omero_model_UnitBase import UnitBase
        import omero_API_ice, omero_api_IQuery_ice, omero_version, IceImport, omero.ObjectFactoryRegistrar
        assert ImageI is omero.model.ImageI and issubclass(ImageI, Image) and issubclass(omero.model.LengthI, UnitBase)
        assert IceImport.load("omero_model_DatasetI").DatasetI is omero.model.DatasetI
        try:
            import omero_model_NothingI
        except ModuleNotFoundError as error:
            print(error)
    """
    assert run(code) == "No module named 'omero_model_NothingI'"


def test_a_wheel_has_a_file_for_each_old_module(tmp_path: Path) -> None:
    from omero import _old_modules

    _old_modules.write(tmp_path)
    assert len(list(tmp_path.glob("omero_model_*I.py"))) == 171
    code = "import omero_model_ImageI as m; print(m.__file__, m.ImageI.__name__)"
    found = run(code, PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")
    assert found == f"{tmp_path / 'omero_model_ImageI.py'} ImageI"


def test_utilities_load_nothing_heavy() -> None:
    code = "import sys, omero.util, omero.util.text, omero.config; print(sorted({'Ice', 'numpy'} & set(sys.modules)))"
    assert run(code) == "[]"


def test_objects_of_another_communicator() -> None:
    from omero.ObjectFactoryRegistrar import conditionalAdd, registerObjectFactory

    with Ice.initialize() as ic:
        registerObjectFactory(ic)
        registerObjectFactory(ic)
        for answer in ("first", "second"):
            maker = type("Maker", (), {"create": lambda self, name, answer=answer: answer})()
            conditionalAdd("::test::Thing", ic, maker)
        assert ic.getValueFactoryManager().find("::test::Thing")("::test::Thing") == "first"

    with Ice.initialize() as ic:
        omero.rtypes.ObjectFactories[omero.rtypes.RStringI].register(ic)
        assert isinstance(ic.getValueFactoryManager().find("::omero::RString")("::omero::RString"), omero.RString)


@pytest.mark.parametrize(
    ("number", "expected"),
    [(5, "5"), (999, "999"), (1000, "Dir-001/1000"), (1234567, "Dir-001/Dir-234/1234567")],
)
def test_paths_of_files_by_id(number: int, expected: str) -> None:
    assert omero.util.long_to_path(number) == expected
    assert omero.util.long_to_path(number, "/data/Pixels") == f"/data/Pixels/{expected}"


def test_folders_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("OMERO_USERDIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert omero.util.get_omero_userdir() == f"{tmp_path}/omero"
    assert omero.util.get_omero_user_cache_dir() == f"{tmp_path}/.cache/OMERO.py/5"
    monkeypatch.setenv("OMERO_USERDIR", "/u")
    assert (omero.util.get_omero_userdir(), omero.util.get_omero_user_cache_dir()) == ("/u", "/u/cache")


def test_editing_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "text"
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "sed -i s/before/after/")
    omero.util.edit_path(file, "before")
    assert file.read_text() == "after"
    monkeypatch.setenv("EDITOR", "false")
    with pytest.raises(RuntimeError, match="editor: false"):
        omero.util.edit_path(file, "x")


def test_the_end_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text("".join(f"line {number}\n" for number in range(100)))
    assert omero.util.tail_lines(file, 2) == "line 98\nline 99\n"
    assert omero.util.tail_lines(file, 2, 1) == ["line 98", "line 99"]


def test_classes_by_name() -> None:
    assert omero.util.load_dotted_class("omero.model.ImageI") is omero.model.ImageI
    for wrong in ("nope", "omero.nope.X", "omero.util.Nope"):
        with pytest.raises(ValueError, match=f"Failed to load: {wrong}"):
            omero.util.load_dotted_class(wrong)


def test_log_files_of_servers(tmp_path: Path) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    properties = Ice.createProperties()
    properties.setProperty("Ice.Admin.ServerId", "Mine-0")
    properties.setProperty("omero.logging.directory", str(tmp_path / "logs"))
    try:
        omero.util.configure_server_logging(properties)
        omero.util.StreamRedirect(logging.getLogger("printed")).write("a word\n")
    finally:
        for handler in [each for each in root.handlers if each not in before]:
            root.removeHandler(handler)
            handler.close()
        root.setLevel(level)
    line = (tmp_path / "logs/Mine-0.log").read_text()
    assert "WARNI" in line and "[" in line and line.endswith("a word\n")


class Thing:
    def __init__(self, lives: bool) -> None:
        self.lives, self.cleaned = lives, 0

    def check(self) -> bool:
        return self.lives

    def cleanup(self) -> None:
        self.cleaned += 1


def test_resources() -> None:
    with pytest.raises(ValueError, match="greater than 5"):
        omero.util.Resources(sleeptime=1)
    resources = omero.util.Resources()
    alive, dead = Thing(True), Thing(False)
    resources.add(alive)
    resources.add(dead)
    resources.removeAll(resources.checkAll(resources.copyStuff()))
    assert (alive.cleaned, dead.cleaned) == (0, 1)
    resources.cleanup()
    resources.cleanup()
    assert (alive.cleaned, dead.cleaned) == (1, 1)


def test_events_and_timers() -> None:
    event = concurrency.get_event("mine")
    assert (event.name, event.atexit, event.is_set()) == ("mine", False, False)
    event.setAtExit()
    assert event.atexit and event.is_set() and repr(event).endswith("(mine)")
    fired: list[float] = []
    start = time.monotonic()
    timer = concurrency.Timer(0.3, lambda: fired.append(time.monotonic() - start))
    timer.start()
    time.sleep(0.2)
    timer.reset()
    timer.join()
    assert len(fired) == 1 and fired[0] > 0.45
    cancelled = concurrency.Timer(60, lambda: fired.append(0))
    cancelled.start()
    cancelled.cancel()
    cancelled.join(5)
    assert len(fired) == 1


def test_errors_of_servants() -> None:
    class Mine:
        @decorators.remoted
        def wrong(self, current: Any = None) -> None:
            raise KeyError("a")

        @decorators.remoted
        def told(self, current: Any = None) -> None:
            raise omero.ApiUsageException(None, None, "b")

    with pytest.raises(omero.InternalException) as caught:
        Mine().wrong()
    assert "KeyError: 'a'" in caught.value.serverStackTrace
    with pytest.raises(omero.ApiUsageException):
        Mine().told()


def test_temporary_files_go_with_the_program(tmp_path: Path) -> None:
    code = """if True:
        from omero.util.temp_files import create_path, gettempdir, remove_path
        file, folder = create_path("a", ".b"), create_path(folder=True)
        assert file.isfile() and folder.isdir() and file.parent == gettempdir() and file.endswith(".b")
        extra = create_path()
        remove_path(extra)
        assert not extra.exists()
        try:
            remove_path(__import__("sys").executable)
        except ValueError:
            print(gettempdir())
    """
    used = run(code, OMERO_TMPDIR=str(tmp_path))
    assert Path(used).parent.parent == tmp_path
    assert not Path(used).exists()


def test_what_ended_programs_left_is_cleaned(tmp_path: Path) -> None:
    code = "import os; from omero.util.temp_files import create_path; print(create_path(), flush=True); os._exit(0)"
    left = Path(run(code, OMERO_TMPDIR=str(tmp_path)))
    assert left.exists()
    run("from omero.util.temp_files import manager; manager.clean_userdir()", OMERO_TMPDIR=str(tmp_path))
    assert not left.parent.exists()


SQL = ' id | name   | size \n----+--------+------\n 1  | a      | 10   \n 22 | bé,"q" | None \n(2 rows)'
STYLES = {
    "sql": SQL,
    "plain": '1,a,10\n22,"bé,""q""",None',
    "csv": 'id,name,size\n1,a,10\n22,"bé,""q""",None',
    "json": '[{"id": "1", "name": "a", "size": "10"},\n{"id": "22", "name": "b\\u00e9,\\"q\\"", "size": "None"}]',
}


@pytest.mark.parametrize("style", STYLES)
def test_tables(style: str) -> None:
    """As the official library writes them."""
    table = text.TableBuilder("id", "name", "size")
    table.row(1, "a", 10)
    table.row(22, 'bé,"q"', None)
    table.set_style(style)
    assert str(table) == STYLES[style]
    assert set(text.list_styles()) == set(STYLES)


def test_columns_of_tables() -> None:
    table = text.TableBuilder("id")
    table.cols(["b", "c"])
    table.row(1, b=2)
    table.row(3)
    assert [table.get_col(name) for name in "bc"] == [[2, None], ["", None]]
    table.replace_col("b", ["p", "q"])
    table.replace_header("b", "NAME")
    table.set_align("rll")
    table.page(0, 2, 9)
    assert str(table).splitlines() == [
        " id | NAME | c    ", "----+------+------", "  1 | p    |      ", "  3 | q    | None ",
        "(2 rows, starting at 0 of approx. 9)",
    ]  # fmt: skip
    table.sort(reverse=True)
    assert table.get_col("id") == [3, 1]
    table.sort()
    table.row(0)
    assert table.get_col("id") == [1, 3, 0]
    with pytest.raises(KeyError, match="nope"):
        table.get_col("nope")
    with pytest.raises(ValueError, match="Size mismatch"):
        table.row(1, 2, 3, 4)


@pytest.mark.parametrize(
    ("size", "written"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KB"), (123456, "120.6 KB"), (2**60, "1024.0 PB"), (None, "0 bytes")],
)
def test_sizes(size: Any, written: str) -> None:
    assert text.filesizeformat(size) == written


def test_paths(tmp_path: Path) -> None:
    file = path(tmp_path) / "a" / "b.tar.gz"
    file.parent.makedirs_p().makedirs_p()
    file.write_text("one\ntwo\n")
    assert (file.name, file.namebase, file.ext) == ("b.tar.gz", "b.tar", ".gz")
    assert file.lines(retain=False) == ["one", "two"]
    assert [found.name for found in path(tmp_path).walkfiles("*.gz")] == ["b.tar.gz"]
    assert file.read_hexhash("sha1") == hashlib.sha1(b"one\ntwo\n").hexdigest()
    assert isinstance(file + "x", path) and file.relpath(tmp_path) == "a/b.tar.gz" and file.size == 8
    assert (tmp_path / "a").is_dir() and str(path(tmp_path).relpathto(file)) == "a/b.tar.gz"
    file.remove_p().remove_p()
    assert file.parent.listdir() == []
    with tempdir() as folder:
        assert folder.isdir()
    assert not folder.exists()


def test_configuration_files(tmp_path: Path) -> None:
    file = tmp_path / "config.xml"
    config = ConfigXml(file)
    assert (config.default(), config.as_map()) == ("default", {"omero.config.version": "5.1.0"})
    config["omero.a"] = "x & <y> é"
    with pytest.raises(ConfigLocked), pytest.MonkeyPatch.context() as patch:
        patch.setattr("omero.config_file.LOCK_SECONDS", 0.1)
        ConfigXml(file)
    config.close()
    assert ConfigFile(file).properties == {"omero.a": "x & <y> é"}

    other = ConfigXml(file, "other")
    other["omero.b"] = "2"
    other.close()
    assert ConfigFile(file).profile == "other"
    read = ConfigXml(file, read_only=True)
    assert read["omero.b"] == "2"
    assert [name for name, _block in read.properties(filter_internal=True)] == ["default", "other"]
    read["omero.b"] = "3"
    read.close()
    again = ConfigXml(file)
    assert again["omero.b"] == "2"
    del again["omero.b"]
    again.remove("default")
    with pytest.raises(KeyError, match="No such configuration: default"):
        again.remove("default")
    again.close()
    assert ConfigFile(file).profiles == {"other": {}}


def test_a_configuration_file_that_is_damaged_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "config.xml"
    file.write_text("<broken")
    with pytest.raises(SyntaxError):
        ConfigXml(file)
    assert file.read_text() == "<broken"
    assert not Path(f"{file}.lock").exists()


@pytest.mark.parametrize(
    ("client", "server", "expected"),
    [("5.6.0", "5.6.1", True), ("5.10.0", "5.9.3", False), ("5.6.1-rc2", "5.6.1", False), ("none", "5.6.0", True)],
)
def test_versions(client: str, server: str, expected: bool) -> None:
    assert needs_upgrade(client, server) is expected


def test_java_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_OPTS", "-Da=b -Dc")
    assert omero.java.run(["Main"], java="echo", xargs=["-X"]) == b"-X -Da=b -Dc -Djava.awt.headless=true Main\n"
    with pytest.raises(FileNotFoundError, match="OMERO itself needs none"):
        omero.java.popen(["Main"], java="/no/java")
