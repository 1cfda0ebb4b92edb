"""Calls per second of an operation without a database access, against a bare Ice servant in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import Ice

import omero
import omero.api
from bench.figures import print_figure, rate
from bench.server import running_server


class Echo(omero.api.IConfig):  # type: ignore[misc]
    """The bare servant: answers with a constant."""

    def getVersion(self, current: Any) -> str:
        return "5.6.17"


def serve() -> None:
    """Run the bare servant; prints its proxy and waits for the end of its input."""
    with Ice.initialize() as communicator:
        adapter = communicator.createObjectAdapterWithEndpoints("echo", "tcp -h 127.0.0.1")
        print(adapter.add(Echo(), Ice.stringToIdentity("echo")), flush=True)
        adapter.activate()
        sys.stdin.read()


def bare_calls() -> float:
    """Calls per second to the bare servant, over TCP on the loopback."""
    command = [sys.executable, "-c", "from bench.calls import serve; serve()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdin
        with Ice.initialize() as communicator:
            proxy = communicator.stringToProxy(process.stdout.readline().strip())
            found = rate(omero.api.IConfigPrx.uncheckedCast(proxy).getVersion)
        process.stdin.close()
    return found


def main() -> None:
    """Measure both."""
    floor = bare_calls()
    with running_server() as server:
        client = omero.client(f"tcp://{server.host}:{server.ports.tcp}")
        try:
            session = client.createSession("root", server.root_password)
            print_figure("ice_calls", "calls/s", rate(session.getConfigService().getVersion), floor)
        finally:
            client.closeSession()


if __name__ == "__main__":
    main()
