"""The plain client against a running server."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import Glacier2
import Ice
import pytest

import omero
import omero.cmd
import omero.model
from omero.callbacks import CmdCallbackI
from omero.clients import BaseClient
from omero.clients.keepalive import KeepAlive
from omero.rtypes import rlong, rstring, unwrap
from omero_server.control.state import wait_for
from tests.support.instance import Instance


def connected(instance: Instance) -> BaseClient:
    client = omero.client(instance.host, instance.ports.ssl)
    client.createSession("root", instance.root_password)
    return client


@pytest.mark.parametrize("transport", ["ssl", "tcp", "wss", "ws"])
def test_every_transport(instance: Instance, transport: str) -> None:
    with omero.client(f"{transport}://{instance.host}:{getattr(instance.ports, transport)}") as client:
        session = client.createSession("root", instance.root_password)
        context = session.getAdminService().getEventContext()
        assert (context.userName, context.sessionUuid) == ("root", client.getSessionId())
        assert client.isSecure() == transport.endswith(("ssl", "wss"))


def test_arguments_find_their_places(instance: Instance, tmp_path: Path) -> None:
    config = tmp_path / "ice.config"
    config.write_text(f"omero.host={instance.host}\nomero.port={instance.ports.ssl}\nomero.user=root\n")
    given: list[tuple[Any, ...]] = [
        (instance.ports.ssl, instance.host),
        ({"omero.host": instance.host, "omero.port": instance.ports.ssl},),
        ([f"--Ice.Config={config}"],),
        ([f"--omero.host={instance.host}", f"--omero.port={instance.ports.ssl}"],),
    ]
    for arguments in given:
        with omero.client(*arguments) as client:
            client.createSession("root", instance.root_password)
    with omero.client([f"--Ice.Config={config}"]) as client:
        assert client.createSession(password=instance.root_password) is not None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "No host specified"),
        (("a", "b"), "Found two arguments of same type"),
        (("udp://a",), "Port required for protocol: udp"),
        (("://",), "Not a server"),
    ],
)
def test_wrong_arguments(arguments: tuple[Any, ...], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ICE_CONFIG", raising=False)
    with pytest.raises(omero.ClientError, match=message):
        omero.client(*arguments)


def test_login_must_be_complete_and_right(instance: Instance) -> None:
    with omero.client(instance.host, instance.ports.ssl) as client:
        with pytest.raises(omero.ClientError, match="No username specified"):
            client.createSession()
        with pytest.raises(omero.ClientError, match="No password specified"):
            client.createSession("root")
        with pytest.raises(Glacier2.PermissionDeniedException):
            client.createSession("root", "wrong")
        with pytest.raises(omero.ClientError, match="No session available"):
            client.getSession()
        client.createSession("root", instance.root_password)
        with pytest.raises(omero.ClientError, match="Session already active"):
            client.createSession("root", instance.root_password)
        client.closeSession()
        assert client.createSession("root", instance.root_password) is not None


def test_sessions_are_joined_and_killed(instance: Instance) -> None:
    first, second = connected(instance), omero.client(instance.host, instance.ports.ssl)
    second.joinSession(first.getSessionId())
    third = first.createClient(False)
    try:
        assert second.getSessionId() == first.getSessionId() == third.getSessionId()
        assert (first.isSecure(), third.isSecure()) == (True, False)
        assert first.killSession() >= 1
        with pytest.raises(Ice.Exception):
            second.sf.getQueryService().projection("select e.id from Experimenter e", None)
    finally:
        second.closeSession()
        third.closeSession()


def test_an_unreachable_server_is_named() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        with omero.client("127.0.0.1", port) as client, pytest.raises(Ice.ConnectionRefusedException) as refused:
            client.createSession("root", "x")
    assert f"No OMERO server answers at ssl -h 127.0.0.1 -p {port}" in refused.value.__notes__[0]


def test_waiting_for_a_silent_server_ends_and_can_be_interrupted(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        program = (
            "import omero, signal\n"
            "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # background jobs of a shell ignore it
            f"client = omero.client('127.0.0.1', {silent.getsockname()[1]})\n"
            "print('waiting', flush=True)\n"
            "client.createSession('root', 'x')\n"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=os.getcwd()
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.5)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        _out, errors = process.communicate(timeout=30)
    assert "KeyboardInterrupt" in errors
    assert time.monotonic() - start < 4


def test_a_server_that_hangs_is_noticed(instance: Instance) -> None:
    properties = {"omero.host": instance.host, "omero.port": instance.ports.ssl, "Ice.ACM.Client.Timeout": "1"}
    with omero.client(properties) as client:
        query = client.createSession("root", instance.root_password).getQueryService()
        server = instance.pid("Blitz-0")
        os.kill(server, signal.SIGSTOP)
        try:
            assert wait_for(lambda: Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()[0] == "T", 10)
            with pytest.raises(Ice.ConnectionTimeoutException):
                query.projection("select e.id from Experimenter e", None)
        finally:
            os.kill(server, signal.SIGCONT)


def test_files_go_up_and_come_down(instance: Instance, tmp_path: Path) -> None:
    content = "Grüße\n".encode() * 3000
    source, target = tmp_path / "a.txt", tmp_path / "b.txt"
    source.write_bytes(content)
    with connected(instance) as client:
        stored = client.upload(str(source), type="text/plain", block_size=1000)
        assert unwrap([stored.name, stored.size, stored.hash]) == ["a.txt", len(content), client.sha1(str(source))]
        client.download(stored, str(target), block_size=7)
        assert target.read_bytes() == content
        text = io.StringIO()
        client.download(stored, filehandle=text, block_size=7)
        assert text.getvalue() == content.decode()
        with pytest.raises(omero.ClientError, match="either filename or filehandle"):
            client.download(stored)
        with pytest.raises(omero.ClientError, match="File does not exist"):
            client.upload(str(tmp_path / "none"))


def test_commands_are_waited_for(instance: Instance) -> None:
    with connected(instance) as client:
        tag = omero.model.TagAnnotationI()
        tag.textValue = rstring("to be deleted")
        tag = client.sf.getUpdateService().saveAndReturnObject(tag)
        request = omero.cmd.Delete2({"TagAnnotation": [tag.id.val]}, [], False)
        callback = client.submit(request)
        assert isinstance(callback, CmdCallbackI)
        assert isinstance(callback.getResponse(), omero.cmd.Delete2Response)
        assert not callback.isFailure()
        callback.close(True)
        with pytest.raises(omero.CmdError) as failed:
            client.submit(request)
        assert failed.value.err is not None
        callback = client.submit(request, failonerror=False)
        assert isinstance(callback.getResponse(), omero.cmd.ERR)
        callback.close(True)


def test_context_and_services(instance: Instance) -> None:
    with connected(instance) as client:
        assert client.getContext(3)["omero.group"] == "3"
        assert "omero.group" not in client.getContext()
        assert client.getContext()["omero.session.uuid"] == client.getSessionId()
        assert client.getManagedRepository() is not None
        described, managed = client.getManagedRepository(description=True)
        assert described.id.val > 0 and managed is not None
        store = client.sf.createRawFileStore()
        assert [type(each) for each in client.getStatefulServices()] == [omero.api.RawFileStorePrx]
        store.close()
        assert client.getStatefulServices() == []
        with pytest.raises(AttributeError, match="Unknown property: nonsense"):
            _ = client.nonsense


def test_inputs_and_outputs(instance: Instance) -> None:
    with connected(instance) as client:
        client.setInput("number", rlong(5))
        client.setOutput("text", rstring("x"))
        assert client.getInput("number", unwrap=True) == 5
        assert client.getInputKeys() == ["number"]
        assert client.getInputs(unwrap=True) == {"number": 5}
        assert client.getOutputs(unwrap=True) == {"text": "x"}


def test_keep_alive_calls_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omero.clients.keepalive.MINIMUM_SECONDS", 0)
    calls = threading.Semaphore(0)
    keeper = KeepAlive(calls.release, 0)
    assert all(calls.acquire(timeout=5) for _ in range(3))
    keeper.stop()


def test_keep_alive_has_a_lower_bound(instance: Instance) -> None:
    with connected(instance) as client:
        with pytest.raises(Exception, match="greater than 5"):
            client.enableKeepAlive(1)
        client.enableKeepAlive(60)
        client.stopKeepAlive()


def test_details_know_the_client(instance: Instance) -> None:
    with connected(instance) as client:
        user = client.sf.getQueryService().get("Experimenter", 0)
        assert user.details.getClient() is client
        assert user.details.getSession() is client.sf


def test_nothing_is_left_when_the_program_forgets_to_close(instance: Instance) -> None:
    program = (
        "import omero\n"
        f"client = omero.client({instance.host!r}, {instance.ports.ssl})\n"
        f"client.createSession('root', {instance.root_password!r})\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
