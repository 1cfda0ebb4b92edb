"""Commands of other packages: where they are found, how they are written, what runs them."""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import omero.cmd
from omero.cli import (
    CLI,
    BaseControl,
    DiagnosticsControl,
    DirectoryType,
    ExistingFile,
    GraphArg,
    GraphControl,
    NewFileType,
    NonZeroReturnCode,
    Parser,
    ProxyStringType,
    UserGroupControl,
)
from omero.plugins.user import UserControl
from omero_cli.controls.discovery import find

HELLO = '''
"""A plug-in as other packages write them."""
from omero.cli import BaseControl, CLI

HELP = """Greet somebody

More about it.
"""

class HelloControl(BaseControl):
    def _configure(self, parser):
        parser.add_login_arguments()
        sub = parser.sub()
        one = parser.add(sub, self.one, "Greet one person")
        one.add_argument("name")
        parser.add(sub, self.fail)

    def one(self, args):
        self.ctx.out(f"Hello {args.name} {args.server}")

    def fail(self, args):
        """Fail on purpose"""
        self.ctx.die(300, "failed on purpose")

try:
    register("hello", HelloControl, HELP)
except NameError:
    if __name__ == "__main__":
        cli = CLI()
        cli.register("hello", HelloControl, HELP)
        cli.invoke(["hello", "one", "main"])
'''


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A directory with packages: a plug-in, a broken one, and one that is an entry point."""
    plugins = tmp_path / "omero" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "hello.py").write_text(HELLO)
    (plugins / "broken.py").write_text("import no_such_module\nregister('broken', None, 'x')\n")
    (tmp_path / "pointed.py").write_text(HELLO.partition("try:")[0])
    info = tmp_path / "pointed-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pointed\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[omero.plugins]\npointed = pointed:HelloControl\n")
    return tmp_path


def omero_command(*arguments: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ({"PYTHONPATH": str(path)} if path else {})
    command = [sys.executable, "-m", "omero_cli.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, cwd="/")


def test_a_plug_in_on_the_path(site: Path) -> None:
    done = omero_command("hello", "-s", "there", "one", "you", path=site)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Hello you there\n", "")
    assert omero_command("-s", "here", "hello", "one", "you", path=site).stdout == "Hello you here\n"
    done = omero_command("hello", "fail", path=site)
    assert (done.returncode, done.stdout, done.stderr) == (300 % 256, "", "failed on purpose\n")
    assert "Fail on purpose" in omero_command("hello", "-h", path=site).stdout
    assert omero_command("hello", path=site).returncode == 2


def test_help_lists_plug_ins_without_running_them(site: Path) -> None:
    text = omero_command("-h", path=site).stdout
    assert "  hello         Greet somebody\n" in text and "  broken " in text and "  pointed " in text
    assert "Hello" not in text
    assert "Greet one person" in omero_command("help", "hello", path=site).stdout


def test_a_broken_plug_in_hurts_nobody_else(site: Path) -> None:
    done = omero_command("broken", path=site)
    assert done.returncode == 2
    assert "broken.py" in done.stderr and "no_such_module" in done.stderr and "Traceback" not in done.stderr
    assert omero_command("version", path=site).returncode == 0


def test_entry_points_and_paths(site: Path) -> None:
    assert omero_command("pointed", "one", "you", path=site).stdout == "Hello you None\n"
    for place in ("omero/plugins/hello.py", "omero/plugins", "omero/*/hel*.py"):
        done = omero_command("--path", str(site / place), "hello", "one", "you")
        assert done.stdout == "Hello you None\n", done.stderr


def test_a_plug_in_as_a_program(site: Path) -> None:
    done = subprocess.run([sys.executable, site / "omero/plugins/hello.py"], capture_output=True, text=True, check=True)
    assert done.stdout == "Hello main None\n"


def test_a_plug_in_is_a_module_too(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import omero.plugins.hello as h, omero.plugins.user as u; print(h.HelloControl.__name__, u.UserControl)"
    environment = os.environ | {"PYTHONPATH": str(site)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.startswith("HelloControl ")
    assert find([str(site / "omero/plugins/hello.py")])["hello"].help == "Greet somebody"


class Probe(BaseControl):
    """Does what its argument says."""

    def _configure(self, parser: Any) -> None:
        parser.add_argument("what")
        parser.set_defaults(func=self.go)
        self.add_error("KNOWN", 70, "known: %s")

    def go(self, args: Any) -> int | None:
        if args.what == "die":
            self.ctx.die(77, "dead")
        if args.what == "known":
            self.raise_error("KNOWN", "it")
        if args.what == "other":
            raise ValueError("unforeseen")
        if args.what == "set":
            self.ctx.set("key", 5)
        self.ctx.out(f"did {args.what}")
        return 5


@pytest.fixture
def cli() -> CLI:
    found = CLI()
    found.register("probe", Probe, "HELP of it")
    return found


@pytest.mark.parametrize(("line", "code"), [("probe x", 0), (["probe", "die"], 77), ("probe known", 70), ("probe", 2)])
def test_how_a_command_ended(cli: CLI, line: str | list[str], code: int) -> None:
    cli.invoke(line)
    assert cli.rv == code
    if code:
        with pytest.raises(NonZeroReturnCode) as caught:
            cli.invoke(line, strict=True)
        assert caught.value.rv == code
        cli.invoke("probe x", strict=True)
        assert cli.rv == 0


def test_what_controls_share(cli: CLI, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.get("key", 1) == 1
    cli.invoke('probe "set"')
    assert cli.get("key") == 5
    with pytest.raises(ValueError, match="unforeseen"):
        cli.invoke("probe other")
    assert cli.conn() is None and cli.get_client() is None and cli.get_event_context() is None
    cli.invoke(["probe", "die"])
    assert capsys.readouterr() == ("did set\n", "dead\n")
    assert cli.controls["probe"].get_errors().keys() == {"KNOWN"}
    with pytest.raises(NonZeroReturnCode):
        cli.controls["probe"].raise_error("UNKNOWN")


def test_our_own_commands_are_there_too(cli: CLI, capsys: pytest.CaptureFixture[str]) -> None:
    cli.invoke("version", strict=True)
    assert capsys.readouterr().out
    cli.register("user", UserControl, "TEST")
    with pytest.raises(SystemExit):
        cli.controls["user"].parser.parse_args(["-h"])
    assert {"add", "list"} <= set(cli.controls["user"].get_subcommands())
    cli.loadplugins()
    assert {"admin", "config", "import", "probe", "sessions"} <= set(cli.controls)


def test_lines_of_an_interactive_session(cli: CLI, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "lines"
    script.write_text("# a comment\nprobe die\nprobe x\nquit\nprobe die\n")
    with script.open() as lines:
        monkeypatch.setattr(sys, "stdin", lines)
        cli.invokeloop()
    assert cli.rv == 0
    assert "probe" in cli.completenames("pro") and cli.completenames("zzz") == []


def test_arguments_for_objects_and_files(tmp_path: Path) -> None:
    parser = Parser()
    parser.add_argument("image", type=ProxyStringType("Image"))
    parser.add_argument("--old", type=ExistingFile("r"))
    parser.add_argument("--new", type=NewFileType("w"))
    parser.add_argument("--place", type=DirectoryType())
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("x")
    args = parser.parse_args(["5", "--old", str(old), "--new", str(new), "--place", str(tmp_path)])
    assert (args.image.id.val, args.image.loaded, args.place) == (5, False, str(tmp_path))
    args.old.close()
    args.new.close()
    for wrong in (
        ["Foo:1"],
        ["1", "--old", str(tmp_path / "no")],
        ["1", "--new", str(old)],
        ["1", "--place", str(old)],
    ):
        with pytest.raises(SystemExit):
            parser.parse_args(wrong)


class Remove(GraphControl):
    """As `omero delete` is made."""

    def cmd_type(self) -> Any:
        return omero.cmd.Delete2


def test_requests_on_graphs(cli: CLI) -> None:
    one, below = GraphArg(omero.cmd.Delete2)("Image:1,3-5"), GraphArg(omero.cmd.Delete2)("Project/Image:7")
    assert (one[0].targetObjects, one[1]) == ({"Image": [1, 3, 4, 5]}, True)
    assert (below[0].startFrom, below[0].request.targetObjects, below[1]) == (["Image"], {"Project": [7]}, False)
    control = Remove(ctx=cli, dir=cli.dir)
    more = GraphArg(omero.cmd.Delete2)("Dataset:2")[0]
    (combined, alone) = control.combine_commands([one[0], more, below[0]])
    assert combined.targetObjects == {"Image": [1, 3, 4, 5], "Dataset": [2]} and alone is below[0]
    assert control.print_request_description(combined) == "omero.cmd.Delete2 Dataset:2 Image:1,3-5 "
    assert [type(part) for part in control.as_doall([combined, alone]).requests] == [type(combined), type(alone)]
    parser = Parser()
    control._configure(parser)
    parser.add_login_arguments()  # Some controls add them again.
    args = parser.parse_args(["Image:1", "--dry-run", "--include", "FileAnnotation,TagAnnotation", "--wait", "3"])
    assert (args.dry_run, args.wait, args.func) == (True, 3, control.main_method)


def test_arguments_about_people(cli: CLI) -> None:
    control = UserGroupControl(ctx=cli, dir=cli.dir)
    parser = Parser()
    control.add_user_arguments(parser)
    control.add_single_group_argument(parser)
    args = parser.parse_args(["1", "ann", "--user-id", "5", "--group-name", "lab"])
    assert (args.user_id_or_name, args.user_id, args.group_name) == (["1", "ann"], ["5"], "lab")
    for call, code in ((control.error_no_user_found, 514), (control.error_no_input_group, 501)):
        with pytest.raises(NonZeroReturnCode) as caught:
            call()
        assert caught.value.rv == code
    control.error_no_group_found(fatal=False)


def test_diagnostics(cli: CLI, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    class Own(DiagnosticsControl):
        def _configure(self, parser: Any) -> None:
            self._add_diagnostics(parser, parser.sub())

        def diagnostics(self, args: Any) -> None:
            self._diagnostics_banner("own")
            self._item("size", self._sz_str(12_345_678))
            assert not self._exists(tmp_path / "none")

    cli.register("own", Own, "x")
    cli.invoke("own diagnostics --no-logs", strict=True)
    out = capsys.readouterr().out
    assert "OMERO Diagnostics (own)" in out and "12.3 MB" in out and out.endswith("n/a\n")


def test_options_many_commands_have() -> None:
    parser = Parser()
    parser.add_limit_arguments()
    parser.add_style_argument()
    parser.add_user_print_arguments()
    parser.add_user_sorting_arguments()
    args = parser.parse_args(["--limit", "5", "--style", "json", "--sort-by-email"])
    assert (args.limit, args.offset, args.style, args.count, args.sort_by_email) == (5, 0, "json", True, True)
    assert isinstance(parser, argparse.ArgumentParser)
