"""Commands of other packages at work: requests, users and groups, the client, against a real server."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import omero
import omero.cmd
from omero.cli import CLI, BaseControl, CmdControl, GraphControl, NonZeroReturnCode, UserGroupControl, admin_only
from omero.cli import cli_login as login_as
from tests.support.instance import Instance


class Remove(GraphControl):
    """A delete with a report of its own."""

    def cmd_type(self) -> Any:
        return omero.cmd.Delete2

    def print_detailed_report(self, req: Any, rsp: Any, status: Any) -> None:
        for name, ids in self._get_object_ids(rsp.deletedObjects).items():
            self.ctx.out(f"gone {name}:{ids}")


class Usage(CmdControl):
    """Fills in a request before it is sent."""

    def cmd_type(self) -> Any:
        return omero.cmd.DiskUsage2

    def _process_request(self, req: Any, args: Any, client: Any) -> None:
        req.targetClasses = ["Image"]
        super()._process_request(req, args, client)


class People(UserGroupControl):
    """Finds people and changes groups."""

    def _configure(self, parser: Any) -> None:
        sub = parser.sub()
        show = parser.add(sub, self.show)
        self.add_user_arguments(show)
        show.add_style_argument()
        show.add_user_print_arguments()
        show.add_user_sorting_arguments()
        add = parser.add(sub, self.add)
        self.add_user_and_group_arguments(add)
        parser.add(sub, self.restricted)
        for each in (show, add):
            each.add_login_arguments()

    def show(self, args: Any) -> None:
        admin = self.ctx.conn(args).sf.getAdminService()
        self.output_users_list(admin, self.list_users(admin, args, use_context=True)[1], args)

    def add(self, args: Any) -> None:
        admin = self.ctx.conn(args).sf.getAdminService()
        user, group = self.get_single_user_group(args, admin)
        group_object = self.find_group(admin, group, fatal=True)[1]
        self.addusersbyid(admin, group_object, [user])

    @admin_only()
    def restricted(self, args: Any) -> None:
        self.ctx.out("done by an administrator")


@contextmanager
def cli_login(instance: Instance, user: str, password: str) -> Iterator[CLI]:
    with login_as(f"{user}@{instance.host}:{instance.ports.ssl}", "-w", password) as cli:
        yield cli


@pytest.fixture
def cli(instance: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CLI]:
    monkeypatch.setenv("OMERO_SESSIONDIR", str(tmp_path / "sessions"))
    monkeypatch.setenv("OMERODIR", str(instance.root))
    with cli_login(instance, "root", instance.root_password) as found:
        for name, control in (("remove", Remove), ("usage", Usage), ("people", People)):
            found.register(name, control, "TEST")
        yield found


def project(cli: CLI) -> int:
    made = omero.model.ProjectI()
    made.name = omero.rtypes.rstring("of a plug-in")
    client = cli.conn()
    assert client is not None
    return int(client.sf.getUpdateService().saveAndReturnObject(made).id.val)


def test_a_request_on_graphs(cli: CLI, capsys: pytest.CaptureFixture[str]) -> None:
    number = project(cli)
    cli.invoke(["remove", f"Project:{number}", "--dry-run", "--report"], strict=True)
    cli.invoke(["remove", f"Project:{number}", "--report"], strict=True)
    out = capsys.readouterr().out
    assert out.count(f"omero.cmd.Delete2 Project:{number} ok\n") == 2 and out.count(f"gone Project:{number}\n") == 2
    cli.invoke(["remove", f"Project:{number}"])
    assert cli.rv == 1 and "failed: " in capsys.readouterr().err
    cli.invoke("remove")
    assert cli.rv == 440
    cli.invoke("remove --list", strict=True)
    assert "Project\n" in capsys.readouterr().out


def test_a_request_that_is_filled_in(cli: CLI, capsys: pytest.CaptureFixture[str]) -> None:
    cli.invoke("usage", strict=True)
    assert capsys.readouterr().out == "ok\n"
    cli.invoke("usage --wait 0", strict=True)
    assert capsys.readouterr().out == "Exiting immediately\n"


def test_users_and_groups(cli: CLI, instance: Instance, capsys: pytest.CaptureFixture[str]) -> None:
    for group in ("plugin-lab", "plugin-lab-2"):
        cli.invoke(["group", "add", group], strict=True)
    cli.invoke(["user", "add", "plugina", "Ina", "Smith", "plugin-lab", "-P", "secret-ina"], strict=True)
    capsys.readouterr()
    cli.invoke("people show plugina --style csv --long", strict=True)
    header, row = capsys.readouterr().out.splitlines()
    assert header.endswith("member of,owner of") and ",plugina,Ina,Smith," in row
    number = row.partition(",")[0]
    cli.invoke(["people", "add", "--user-name", "plugina", "--group-name", "plugin-lab-2"], strict=True)
    assert f"Added {number} to group" in capsys.readouterr().out
    cli.invoke("people show nobody-there")
    assert cli.rv == 514
    cli.invoke("people restricted", strict=True)
    with cli_login(instance, "plugina", "secret-ina") as ina:
        ina.register("people", People, "TEST")
        ina.invoke("people restricted")
        assert ina.rv == 111
        context = ina.get_event_context()
        assert context.userName == "plugina"
        capsys.readouterr()
        ina.invoke("people show --style plain", strict=True)
        assert capsys.readouterr().out.startswith(f"{number},plugina,")


def test_scripts_run_several_commands_with_one_login(cli: CLI, capsys: pytest.CaptureFixture[str]) -> None:
    client = cli.get_client()
    assert client is not None
    cli.invoke(["obj", "new", "Dataset", "name=by a script"], strict=True)
    made = capsys.readouterr().out.strip()
    cli.invoke(["obj", "get", made, "name"], strict=True)
    assert capsys.readouterr().out == "by a script\n"
    assert cli.get_client() is client
    cli.invoke(["-k", client.getSessionId(), "delete", made], strict=True)
    cli.close()
    assert cli.get_client() is None and cli.conn() is None


def test_a_wrong_password(cli: CLI, instance: Instance) -> None:
    with pytest.raises(Exception, match="Failed to login"), cli_login(instance, "nobody-there", "wrong"):
        pass


def test_other_programs(cli: CLI, capfd: pytest.CaptureFixture[str]) -> None:
    class Runner(BaseControl):
        def _configure(self, parser: Any) -> None:
            parser.set_defaults(func=self.go)

        def go(self, args: Any) -> None:
            assert self.ctx.call(["sh", "-c", "exit 3"], strict=False) == 3
            done, _ = self.ctx.popen(["sh", "-c", "pwd; echo $OWN"], OWN="of mine").communicate()
            self.ctx.out(done.decode())
            self.ctx.call(["sh", "-c", "exit 4"])

    cli.register("runner", Runner, "TEST")
    with pytest.raises(NonZeroReturnCode):
        cli.invoke("runner", strict=True)
    assert cli.rv == 4
    assert capfd.readouterr().out == f"{os.environ['OMERODIR']}\nof mine\n\n"
