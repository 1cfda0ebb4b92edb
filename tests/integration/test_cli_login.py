"""Logging in on the command line against a real server."""

import json
import subprocess
from pathlib import Path

import pytest

from omero_cli.sessions_store import SessionsStore
from tests.support.instance import Instance


class Shell:
    """`omero` with its own directory of sessions."""

    def __init__(self, instance: Instance, directory: Path) -> None:
        self._instance = instance
        self.directory = directory

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self._instance.omero(*arguments, OMERO_SESSIONDIR=str(self.directory), **environment)

    def login(self, *extra: str) -> subprocess.CompletedProcess[str]:
        port = str(self._instance.ports.ssl)
        return self("login", "root@127.0.0.1", "-p", port, "-w", self._instance.root_password, *extra)

    @property
    def key(self) -> str:
        return self("sessions", "key").stdout.strip()


@pytest.fixture
def omero(instance: Instance, tmp_path: Path) -> Shell:
    return Shell(instance, tmp_path / "sessions")


def test_login_remember_use_and_logout(omero: Shell, instance: Instance) -> None:
    done = omero.login()
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith(f"Created session for root@127.0.0.1:{instance.ports.ssl}. Idle timeout: 10 min.")
    assert done.stderr.endswith("Current group: system\n")
    key = omero.key
    assert key and key not in done.stderr
    assert omero("sessions", "file").stdout.strip().endswith(f"/127.0.0.1/root/{key}")
    again = omero("sessions", "group")
    assert again.stdout == "ExperimenterGroup:0\n" and again.stderr.startswith("Using session for root@127.0.0.1")
    assert omero.key == key
    gone = omero("logout")
    assert (gone.returncode, gone.stdout, gone.stderr) == (0, "", "")
    assert omero.key == ""
    assert omero("logout").returncode == 0
    late = omero("-s", "127.0.0.1", "-p", str(instance.ports.ssl), "-k", key, "sessions", "group")
    assert late.returncode == 523 % 256 and f"Cannot join {key}" in late.stderr


def test_second_login_reconnects_and_create_does_not(omero: Shell) -> None:
    omero.login()
    first = omero.key
    assert omero.login().stderr.startswith("Using session") and omero.key == first
    assert omero.login("-C").stderr.startswith("Created session") and omero.key != first


def test_wrong_password(omero: Shell, instance: Instance) -> None:
    done = omero("login", "root@127.0.0.1", "-p", str(instance.ports.ssl), "-w", "wrong")
    assert done.returncode == 556 % 256
    assert "cannot request password" in done.stderr
    assert "wrong" not in instance.log("Blitz-0")
    assert list(SessionsStore(omero.directory).sessions()) == []


def test_password_from_the_environment(omero: Shell, instance: Instance) -> None:
    target = f"root@127.0.0.1:{instance.ports.ssl}"
    assert omero("login", target, OMERO_PASSWORD=instance.root_password).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["a@h", "-s", "k"], 3, "Server specified twice: h and k"),
        (["a@h", "-u", "b"], 4, "Username specified twice: a and b"),
        (["a@h:1", "-p", "2"], 5, "Port specified twice: 1 and 2"),
        (["a@127.0.0.1:1", "-w", "x"], 554, "127.0.0.1:1 isn't running"),
        (["a@nowhere.invalid", "-w", "x"], 555, "bad host name: 'nowhere.invalid'"),
        ([], 564, "cannot request server"),
        (["localhost"], 564, "cannot request username"),
    ],
)
def test_refusals(omero: Shell, arguments: list[str], code: int, message: str) -> None:
    done = omero("login", *arguments)
    assert done.returncode == code % 256, done.stderr
    assert message in done.stderr


def test_join_by_key_does_not_change_the_current_session(omero: Shell, instance: Instance, tmp_path: Path) -> None:
    omero.login()
    other = Shell(instance, tmp_path / "other")
    done = other("-s", "127.0.0.1", "-p", str(instance.ports.ssl), "-k", omero.key, "sessions", "group")
    assert done.stdout == "ExperimenterGroup:0\n" and done.stderr.startswith("Joined session for root@")
    assert other.key == ""


@pytest.mark.parametrize("transport", ["tcp", "ws", "wss"])
def test_other_transports_by_url(omero: Shell, instance: Instance, transport: str) -> None:
    port = getattr(instance.ports, transport)
    done = omero("login", f"root@{transport}://127.0.0.1:{port}", "-w", instance.root_password)
    assert done.returncode == 0, done.stderr
    assert omero("sessions", "group").stdout == "ExperimenterGroup:0\n"


def test_list_shows_live_sessions_and_purges_dead_ones(omero: Shell, instance: Instance) -> None:
    omero.login()
    store = SessionsStore(omero.directory)
    store.add("127.0.0.1", "root", "12345678-dead", {"omero.port": str(instance.ports.ssl)})
    kept = omero("sessions", "list", "--no-purge").stdout
    assert "12345678-dead" in kept and "(2 rows)" in kept
    lines = omero("sessions", "list").stdout.splitlines()
    assert [cell.strip() for cell in lines[0].split("|")] == ["Server", "User", "Group", "Session", "Active", "Started"]
    assert [cell.strip() for cell in lines[2].split("|")][1:5] == ["root", "system", omero.key, "Logged in"]
    assert lines[-1] == "(1 row)"


def test_expired_current_session_asks_for_a_login(omero: Shell, instance: Instance) -> None:
    omero.login()
    other = omero("sessions", "close", omero.key)
    assert other.returncode == 0, other.stderr
    done = omero("sessions", "group", "-w", instance.root_password, "-s", "127.0.0.1", "-u", "root")
    assert "Previous session expired for root on 127.0.0.1" in done.stderr


def test_clear(omero: Shell) -> None:
    omero.login()
    omero.login("-C")
    assert omero("sessions", "clear").stdout == "2 session(s) cleared\n"
    assert omero("sessions", "list").stdout.endswith("(0 rows)\n")


def test_timeout(omero: Shell) -> None:
    omero.login()
    assert omero("sessions", "timeout").stdout == "600.0\n"
    changed = omero("sessions", "timeout", "900")
    assert changed.returncode == 0, changed.stderr
    assert omero("sessions", "timeout").stdout == "900.0\n"


def test_who_lists_our_session(omero: Shell) -> None:
    omero.login()
    done = omero("sessions", "who", "--show-uuid")
    assert done.returncode == 0, done.stderr
    assert omero.key in done.stdout and "(*)" in done.stdout
    rows = json.loads(omero("sessions", "who", "--show-uuid", "--output", "json").stdout)
    assert omero.key in [row["uuid"] for row in rows]
    assert [row["Session"] for row in json.loads(omero("sessions", "list", "--style", "json").stdout)] == [omero.key]


def test_open_makes_a_session_for_another_user(omero: Shell, instance: Instance) -> None:
    omero.login()
    done = omero("sessions", "open", "--user-name", "root", "--timeout", "60")
    assert done.returncode == 0, done.stderr
    opened = omero("-s", "127.0.0.1", "-p", str(instance.ports.ssl), "-k", done.stdout.strip(), "sessions", "group")
    assert opened.returncode == 0, opened.stderr
