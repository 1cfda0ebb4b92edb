"""`omero config` and the offline parts of `omero db` and `omero admin`."""

import subprocess
import sys
from pathlib import Path

import pytest

from omero_cli.main import main
from omero_server.security.passwords import verify

Capture = pytest.CaptureFixture[str]


def config(capsys: Capture, *arguments: str) -> tuple[int, str, str]:
    code = main(["config", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_set_get_and_unset(omerodir: Path, capsys: Capture) -> None:
    assert config(capsys, "get") == (0, "", "")
    assert config(capsys, "set", "omero.db.name", "mine", "--report") == (0, "Changed: Set omero.db.name:mine\n", "")
    assert config(capsys, "set", "omero.db.pass", "secret")[0] == 0
    assert config(capsys, "get")[1] == "omero.db.name=mine\nomero.db.pass=********\n"
    assert config(capsys, "get", "--show-password")[1] == "omero.db.name=mine\nomero.db.pass=secret\n"
    assert config(capsys, "get", "omero.db.pass")[1] == "secret\n"
    assert config(capsys, "get", "omero.db.name", "omero.db.host")[1] == "omero.db.name=mine\n"
    assert config(capsys, "keys")[1] == "omero.db.name\nomero.db.pass\n"
    assert config(capsys, "set", "omero.db.name", "--report")[1] == "Changed: Removed omero.db.name\n"
    assert config(capsys, "keys")[1] == "omero.db.pass\n"


def test_names_are_checked_and_slips_are_told(omerodir: Path, capsys: Capture) -> None:
    assert config(capsys, "set", "a b", "1") == (506 % 256, "", "Illegal property name: a b\n")
    assert "Did you mean" in config(capsys, "set", "omero.db.name=x")[2]
    assert "Did you mean omero.data.dir?" in config(capsys, "set", "omero.data.dirr", "/x")[2]
    assert "no effect" in config(capsys, "set", "omero.jvmcfg.percent", "5")[2]


def test_lists(omerodir: Path, capsys: Capture) -> None:
    assert config(capsys, "append", "omero.web.apps", '"a"')[0] == 0
    assert config(capsys, "append", "omero.web.apps", '{"b": 1}', "--report")[1].startswith("Changed: Appended")
    assert config(capsys, "append", "--set", "omero.web.apps", '"a"')[0] == 0
    assert config(capsys, "get", "omero.web.apps")[1] == '["a", {"b": 1}]\n'
    assert config(capsys, "remove", "omero.web.apps", '"a"')[0] == 0
    assert config(capsys, "get", "omero.web.apps")[1] == '[{"b": 1}]\n'
    assert config(capsys, "remove", "omero.web.apps", '"a"')[0] == 513 % 256
    assert config(capsys, "remove", "x.y", "1")[0] != 0
    assert config(capsys, "append", "omero.web.apps", "a")[0] == 510 % 256
    config(capsys, "set", "x.y", "1")
    assert config(capsys, "append", "x.y", "2")[0] == 511 % 256


def test_a_list_starts_from_its_default(omerodir: Path, capsys: Capture) -> None:
    config(capsys, "append", "omero.web.server_list", '["h", 4064, "second"]')
    value = config(capsys, "get", "omero.web.server_list")[1]
    assert value == '[["localhost", 4064, "omero"], ["h", 4064, "second"]]\n'


def test_load_is_all_or_nothing(omerodir: Path, tmp_path: Path, capsys: Capture) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text("# comment\n\nomero.db.name = a\\\n  b\nx=1=2\n")
    bad.write_text("y=3\nx=other\n")
    assert config(capsys, "load", str(good))[0] == 0
    assert config(capsys, "get")[1] == "omero.db.name=ab\nx=1=2\n"
    assert config(capsys, "load", str(bad)) == (502 % 256, "", "Duplicate property: x ('1=2' => 'other')\n")
    assert config(capsys, "keys")[1] == "omero.db.name\nx\n"
    assert config(capsys, "load", "-q", str(bad))[0] == 0
    assert config(capsys, "get", "x")[1] == "other\n"
    assert config(capsys, "load", str(tmp_path / "missing"))[0] == 968 % 256


def test_profiles(omerodir: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    config(capsys, "set", "a", "1")
    assert config(capsys, "def", "other")[1] == "other\n"
    config(capsys, "set", "a", "2")
    assert config(capsys, "all")[1] == "default\nother\n"
    monkeypatch.setenv("OMERO_CONFIG", "default")
    assert config(capsys, "get", "a")[1] == "1\n"
    monkeypatch.delenv("OMERO_CONFIG")
    assert config(capsys, "get", "a")[1] == "2\n"
    assert config(capsys, "drop", "other")[0] == 0
    assert config(capsys, "drop", "other")[2] == "Unknown configuration: other\n"


def test_edit_applies_what_the_editor_leaves(omerodir: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    config(capsys, "set", "a", "1")
    config(capsys, "set", "b", "2")
    monkeypatch.setenv("VISUAL", "sed -i -e s/^a=1/a=one/ -e /^b=/d")
    assert config(capsys, "edit")[0] == 0
    assert config(capsys, "get")[1] == "a=one\n"
    monkeypatch.setenv("VISUAL", "false")
    assert config(capsys, "edit")[0] == 954 % 256
    assert config(capsys, "get")[1] == "a=one\n"


def test_another_file(omerodir: Path, tmp_path: Path, capsys: Capture) -> None:
    assert config(capsys, "--source", str(tmp_path / "nope.xml"), "get")[0] == 124
    config(capsys, "set", "a", "1")
    path = config(capsys, "path")[1].strip()
    assert config(capsys, "--source", path, "get", "a")[1] == "1\n"
    Path(path).write_text("<x")
    assert config(capsys, "get")[0] == 113


def test_parse_prints_the_table(omerodir: Path, capsys: Capture) -> None:
    lines = config(capsys, "parse")[1].splitlines()
    assert "omero.ports.ssl=4064" in lines and lines == sorted(lines, key=lambda line: line.split("=")[0])
    assert not [line for line in config(capsys, "parse", "--no-web")[1].splitlines() if line.startswith("omero.web.")]
    assert "Ports (" in config(capsys, "parse", "--headers")[1]


def test_two_processes_wait_for_each_other(omerodir: Path, capsys: Capture) -> None:
    """A second `config set` waits for the lock; when it is not freed it says who is in the way."""
    from omero_server.control.config_xml import ConfigFile
    from omero_server.control.instance import Instance

    path = Instance(omerodir).config_file
    with ConfigFile.edit(path):
        writer = subprocess.Popen([sys.executable, "-m", "omero_cli.main", "config", "set", "a", "1"])
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(0.5)
    assert writer.wait(10) == 0
    assert config(capsys, "get", "a")[1] == "1\n"


def test_db_password_and_script(omerodir: Path, tmp_path: Path, capsys: Capture) -> None:
    assert main(["db", "password", "omero", "--user-id", "5"]) == 0
    statement = capsys.readouterr().out
    assert statement.endswith("WHERE experimenter_id = 5;\n")
    assert verify(5, "omero", statement.split("'")[1]) == (True, False)
    assert main(["db", "password", "omero", "--no-salt"]) == 0
    assert "'LSjpGNDDKH/7iZyIwB8OTA=='" in capsys.readouterr().out
    target = tmp_path / "out.sql"
    assert main(["db", "script", "-f", str(target), "OMERO5.4", "0", "omero"]) == 0
    assert "CREATE TABLE" in target.read_text().upper() and target.stat().st_mode & 0o077 == 0
    assert main(["db", "script", "OMERO4.4", "0", "omero"]) == 2
    assert main(["db", "script", "OMERO5.4", "--version", "OMERO5.4"]) == 1


def test_db_uri(omerodir: Path, capsys: Capture) -> None:
    assert main(["db", "uri"]) == 0
    assert capsys.readouterr().out.startswith("postgresql://omero@/omero?host=")
    for name, value in (("host", "db.lab"), ("pass", "p@ss/wörd"), ("name", "lab")):
        config(capsys, "set", f"omero.db.{name}", value)
    assert main(["db", "uri"]) == 0
    assert capsys.readouterr().out == "postgresql://omero:p%40ss%2Fw%C3%B6rd@db.lab:5432/lab\n"


def test_admin_without_a_server(omerodir: Path, capsys: Capture) -> None:
    assert main(["admin", "status"]) == 1
    assert main(["admin", "stop"]) == 0
    assert main(["admin", "waitup", "--wait", "0.1"]) == 43
    assert main(["admin", "waitdown", "--wait", "0.1"]) == 0
    assert main(["admin", "ports", "--prefix", "1", "--web", "8080"]) == 0
    assert "ssl  14064" in capsys.readouterr().out
    assert main(["admin", "ports", "--revert"]) == 0
    assert "web  4080" in capsys.readouterr().out
    assert main(["admin", "diagnostics"]) == 0
    assert "not running" in capsys.readouterr().out
