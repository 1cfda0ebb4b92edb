"""The frame of the command line: parsing, errors, exit codes, start-up cost, tables."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from omero_cli.command_line import command_help, command_names, run_command
from omero_cli.commands import version as version_module
from omero_cli.framework import Arguments, CommandError, Context, Parser
from omero_cli.main import main
from omero_cli.tables import TableBuilder

HEAVY = ("Ice", "numpy", "django", "sqlalchemy", "omero.clients", "yaml")


@pytest.mark.parametrize("arguments", [["version"], ["-h"], ["help"], ["-v"], ["status-of-nothing"]])
def test_light_commands_load_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom omero_cli.main import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit: pass\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


def test_version_answers_within_a_quarter_of_a_second() -> None:
    best = 9.0
    for _ in range(20):  # Other tests may keep the machine busy.
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "omero_cli.main", "version"], check=True, capture_output=True)
        best = min(best, time.perf_counter() - started)
        if best < 0.25:
            return
    pytest.fail(f"omero version takes {best:.2f} s")


def test_version_prints_the_compatible_release_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert capsys.readouterr().out == version_module.VERSION + "\n"


@pytest.mark.parametrize("arguments", [["-h"], ["help"]])
def test_help_lists_every_command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        assert main(arguments) == 0
    except SystemExit as end:
        assert end.code == 0
    out = capsys.readouterr().out
    assert all(name in out and command_help(name) in out for name in command_names())
    assert {"admin", "config", "db", "help", "login", "logout", "sessions", "version"} <= set(command_names())


@pytest.mark.parametrize("name", command_names())
def test_every_command_has_help_that_can_be_printed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", name, "--recursive"]) == 0
    assert f"usage: omero {name}" in capsys.readouterr().out
    assert command_help(name)


def test_unknown_help_topic_and_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "nope"]) == 0
    assert "Unknown help topic or command: nope" in capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        main(["nope"])
    assert end.value.code == 2


class Probe:
    """Replaces the module of the command `version` with one that tests choose."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, run: object) -> None:
        def configure(parser: Parser) -> None:
            parser.login_arguments()
            parser.set_defaults(run=run)

        monkeypatch.setattr(version_module, "configure", configure)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-s", "h", "-u", "me", "version"], ("h", "me", None, False)),
        (["version", "-s", "h", "-u", "me"], ("h", "me", None, False)),
        (["-s", "h", "version", "-g", "lab", "-q"], ("h", None, "lab", True)),
        (["version"], (None, None, None, False)),
    ],
)
def test_login_options_before_and_after_the_command(
    arguments: list[str], expected: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[object, ...]] = []

    def run(ctx: Context, args: Arguments) -> None:
        seen.append((args.server, args.user, args.group, args.quiet))

    Probe(monkeypatch, run)
    assert run_command(arguments) == 0
    assert seen == [expected]


def test_errors_are_one_line_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(ctx: Context, args: Arguments) -> None:
        ctx.die(523, "Bad session key")

    Probe(monkeypatch, run)
    assert run_command(["version"]) == 523 % 256
    assert capsys.readouterr().err == "Bad session key\n"
    with pytest.raises(CommandError):
        run_command(["-d", "1", "version"])


def test_return_values_are_exit_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    Probe(monkeypatch, lambda ctx, args: 256 + 7)
    assert run_command(["version"]) == 7


def test_unforeseen_errors_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    Probe(monkeypatch, lambda ctx, args: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        run_command(["version"])


def test_ctrl_c_is_cancelled(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def run(ctx: Context, args: Arguments) -> None:
        raise KeyboardInterrupt

    Probe(monkeypatch, run)
    assert main(["version"]) == 1
    assert capsys.readouterr().out == "Cancelled\n"


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    command = f"{sys.executable} -m omero_cli.main config parse --help-texts | head -1"
    environment = os.environ | {"OMERODIR": str(tmp_path)}
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True)
    assert done.stderr == "" and len(done.stdout.splitlines()) == 1


def test_prompts_need_a_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "omero_cli.main", "db", "password"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 564 % 256
    assert done.stderr == "stdin is not a terminal: cannot request password\n"


def table(style: str) -> TableBuilder:
    builder = TableBuilder("#", "Id", "Name")
    builder.row(0, 1, 'a, "b"')
    builder.row(**{"#": 1, "Id": 20})
    builder.set_style(style)
    return builder


def test_table_styles() -> None:
    assert str(table("sql")) == (
        ' # | Id | Name   \n---+----+--------\n 0 | 1  | a, "b" \n 1 | 20 |        \n(2 rows)'
    )  # fmt: skip
    assert str(table("plain")) == '0,1,"a, ""b"""\n1,20,'
    assert str(table("csv")) == '#,Id,Name\n0,1,"a, ""b"""\n1,20,'
    assert str(table("json")) == (
        '[{"#": "0", "Id": "1", "Name": "a, \\"b\\""},\n{"#": "1", "Id": "20", "Name": ""}]'
    )  # fmt: skip


def test_empty_and_paged_tables() -> None:
    empty = TableBuilder("A")
    assert str(empty) == " A \n---\n(0 rows)"
    for style, text in (("plain", ""), ("csv", "A"), ("json", "[]")):
        empty.set_style(style)
        assert str(empty) == text
    paged = TableBuilder("N")
    paged.set_align("r")
    paged.row(5)
    paged.row(None)
    paged.page(25, 99)
    assert str(paged).splitlines()[2:] == ["    5 ", " None ", "(2 rows, starting at 25 of approx. 99)"]
