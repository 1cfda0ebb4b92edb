"""The list of exit codes, the loop that reads commands, and commands called by other names."""

import ast
import io
import sys
from importlib import import_module
from pathlib import Path

import pytest

import omero_cli
from omero import scripts
from omero.rtypes import rlong
from omero_cli.error_codes import ERRORS
from omero_cli.main import main
from omero_cli.script_runs import description

HERE = Path(omero_cli.__file__).parent


def numbers_of(command: str) -> set[int]:
    """All numbers in the source of a command and of the modules of ours that it imports."""
    todo, seen, found = [f"omero_cli.commands.{command}"], set(), set()
    while todo:
        name = todo.pop()
        if name in seen or not name.startswith("omero_cli.") or name == "omero_cli.command_line":
            continue
        seen.add(name)
        tree = ast.parse(Path(str(import_module(name).__file__)).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and type(node.value) is int:
                found.add(node.value)
            if isinstance(node, ast.ImportFrom) and node.module:
                todo += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names if _exists(node, alias))]
    return found


def _exists(node: ast.ImportFrom, alias: ast.alias) -> bool:
    return (HERE.parent / str(node.module).replace(".", "/") / f"{alias.name}.py").exists()


@pytest.mark.parametrize("code, command, name, message", ERRORS)
def test_every_listed_code_is_one_that_the_command_ends_with(code: int, command: str, name: str, message: str) -> None:
    kinds = {"user": 510, "group": 500}
    numbers = numbers_of(command)
    assert code in numbers or (command in kinds and kinds[command] in numbers and code - kinds[command] in numbers)


def test_codes_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["errors", "search", "--length", "10"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "   52\t    search\t BAD_QUERY\t'Bad query:...'"
    assert [line.split("\t")[0].strip() for line in lines] == ["52", "53", "431", "432", "433", "434"]
    assert main(["errors"]) == 0
    assert len(capsys.readouterr().out.splitlines()) >= len(ERRORS)


def test_lines_of_standard_input_are_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = f"version\n# nothing\ncd {tmp_path.parent}\npwd\nls {tmp_path}\nunknown\nversion --nonsense\n\n'\nversion\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
    assert main([]) == 0, "the code of the last command"
    version, place, last = capsys.readouterr().out.splitlines()
    assert version == last and place == str(tmp_path.parent)
    monkeypatch.setattr(sys, "stdin", io.StringIO("version\nsearch Image\n"))
    assert main([]) != 0
    monkeypatch.setattr(sys, "stdin", io.StringIO("unknown\nquit\nversion\n"))
    capsys.readouterr()
    assert main([]) == 2
    assert capsys.readouterr().out == ""


def test_a_name_with_dashes_holds_the_first_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/omero-config-keys", "-h"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("usage: omero config keys")


def test_quit_alone_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quit"]) == 0
    assert main([""]) == 0
    assert capsys.readouterr() == ("", "")


def test_the_parameters_of_a_script_as_text() -> None:
    text = """
import omero.scripts as s
from omero.rtypes import rlong
client = s.client("Sum.py", "Adds.",
    s.List("Numbers", optional=False, grouping="1", description="What").ofType(rlong(0)),
    s.Long("Limit", grouping="2", min=1, max=5), s.String("Mode", grouping="3", values=["a", "b"], default="a"),
    s.Long("Sum").out(), version="2", authors=["x", "y"])
"""
    shown = description(7, scripts.parse_text(text)).splitlines()
    assert shown[:5] == ["", "id:  7", "name:  Sum.py", "version:  2", "authors:  x, y"]
    assert shown.index("  Numbers - What") < shown.index("  Limit - (no description)") < shown.index("outputs:")
    start = shown.index("  Numbers - What")
    assert shown[start + 1 : start + 4] == [
        "    Optional: False", "    Type: ::omero::RList", "    Subtype: ::omero::RLong",
    ]  # fmt: skip
    assert "    Min: 1" in shown and "    Max: 5" in shown and "    Values: a, b" in shown
    assert rlong(1).ice_staticId() == "::omero::RLong"
