"""Starting, stopping and breaking a whole server."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from omero_server.control.state import accepts, read_state, supervisor_alive, wait_for
from omero_server.security.passwords import verify
from tests.support.instance import Instance, fresh_root, running

Maker = Callable[..., Instance]


@pytest.fixture(scope="module")
def server() -> Iterator[Instance]:
    with fresh_root() as root, running(root, root_password="geheim") as instance:
        yield instance


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_up_with_schema_certificate_and_the_given_password(server: Instance) -> None:
    assert server.omero("admin", "status").returncode == 0
    for port in (server.ports.ssl, server.ports.tcp, server.ports.wss, server.ports.ws):
        assert accepts(server.host, port)
    connection = psycopg2.connect(server.uri)
    with connection, connection.cursor() as cursor:
        cursor.execute("select hash from password where experimenter_id = 0")
        (stored,) = cursor.fetchone()
    connection.close()
    assert verify(0, "geheim", stored) == (True, False)
    assert not server.layout.root_password_file.exists()
    assert (server.layout.ssl_dir / "server.pem").exists()


def test_starting_a_running_server_changes_nothing(server: Instance) -> None:
    before = read_state(server.layout)
    done = server.omero("admin", "start")
    assert done.returncode == 0 and "running already" in done.stderr
    assert read_state(server.layout) == before


def test_stop_and_second_start_are_quick_and_may_be_repeated(server: Instance) -> None:
    pids = read_state(server.layout).processes.values()  # type: ignore[union-attr]
    assert server.omero("admin", "stop").returncode == 0
    assert server.omero("admin", "status").returncode == 1
    assert not any(alive(pid) for pid in pids)
    assert server.omero("admin", "stop").returncode == 0
    started = time.monotonic()
    server.start()
    assert time.monotonic() - started < 5


def test_blitz_comes_back_after_a_crash(server: Instance) -> None:
    old = server.kill_blitz()
    server.await_blitz()
    assert wait_for(lambda: server.pid("Blitz-0") != old, 10)
    assert "ended with code -9" in server.log("supervisor")
    assert wait_for(lambda: accepts(server.host, server.ports.ssl), 10)


def test_the_database_comes_back_after_a_crash(server: Instance) -> None:
    os.kill(server.pid("PostgreSQL"), signal.SIGKILL)

    def answers() -> bool:
        try:
            psycopg2.connect(server.uri).close()
        except psycopg2.OperationalError:
            return False
        return "PostgreSQL has ended" in server.log("supervisor")

    assert wait_for(answers, 20), server.all_logs()


def test_everything_dies_with_the_supervisor_and_starts_again(server: Instance) -> None:
    state = read_state(server.layout)
    assert state is not None
    os.kill(state.pid, signal.SIGKILL)
    assert wait_for(lambda: not any(alive(pid) for pid in state.processes.values()), 30), server.all_logs()
    assert not supervisor_alive(server.layout)
    assert server.omero("admin", "status").returncode == 1
    server.start()
    assert server.omero("admin", "status").returncode == 0


def test_diagnostics_of_a_running_server(server: Instance) -> None:
    done = server.omero("admin", "diagnostics")
    assert done.returncode == 0
    for expected in ("Blitz-0", "OMERO5.4__0", "accepts connections", "supervisor.log", str(server.root)):
        assert expected in done.stdout, done.stdout


def test_a_port_in_use_is_named_with_its_property(make_instance: Maker) -> None:
    instance = make_instance()
    with socket.socket() as taken:
        taken.bind(("", instance.ports.tcp))
        taken.listen()
        done = instance.omero("admin", "start")
    assert done.returncode == 43
    assert f"Port {instance.ports.tcp} (tcp) is in use" in done.stderr and "omero.ports.tcp" in done.stderr
    assert not instance.layout.postgres_dir.exists()


def test_a_data_directory_that_cannot_be_made_is_named(make_instance: Maker, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    instance = make_instance(properties={"omero.data.dir": str(tmp_path / "file" / "data")})
    done = instance.omero("admin", "start")
    assert done.returncode == 43 and "omero.data.dir" in done.stderr


def test_an_external_database_that_does_not_answer_is_named(make_instance: Maker) -> None:
    external = {"omero.db.host": "127.0.0.1", "omero.db.port": "1", "omero.db.pass": "topsecret"}
    instance = make_instance(properties=external)
    done = instance.omero("admin", "start")
    assert done.returncode == 43 and "127.0.0.1" in done.stderr
    assert "topsecret" not in done.stderr + instance.all_logs() + instance.omero("admin", "diagnostics").stdout


def test_a_generated_password_is_kept_for_the_owner(make_instance: Maker) -> None:
    instance = make_instance()
    del instance.environment["ROOTPASS"]
    instance.start()
    path = instance.layout.root_password_file
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.read_text().strip()) >= 16
    assert path.read_text().strip() not in instance.all_logs()


def test_an_external_database_is_used_and_left_running(server: Instance, make_instance: Maker) -> None:
    """The embedded server of one instance, through its socket, plays the external one of another."""
    connection = psycopg2.connect(server.uri.replace("omero@/omero", "postgres@/postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("create database second owner omero")
    connection.close()
    socket_dir = server.uri.split("host=")[1]
    other = make_instance(properties={"omero.db.host": socket_dir, "omero.db.name": "second"})
    other.start()
    assert not other.layout.postgres_dir.exists()
    assert other.uri.endswith("second?host=" + socket_dir.replace("/", "%2F"))
    other.stop()
    psycopg2.connect(other.uri).close()
