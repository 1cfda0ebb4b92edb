"""Megabytes per second of planes read through the API, against the same bytes through a bare socket on the loopback.

Ice for Python copies each message several times and cannot come near that, so what Ice alone reaches is printed too.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import Any

import Ice
import numpy as np

import omero
import omero.api
from bench.figures import print_figure, rate
from bench.server import running_server

SIDE = 2048
PLANE_BYTES = SIDE * SIDE * 2
PLANE = bytes(PLANE_BYTES)
TILE = 256
MESSAGES = ["--Ice.MessageSizeMax=250000"]


def serve() -> None:
    """Run the bare server: for every byte received it sends a plane. Prints its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        connection, _ = listener.accept()
        with connection:
            while connection.recv(1):
                connection.sendall(PLANE)


def bare_planes() -> float:
    """Planes per second of the bare server."""
    command = [sys.executable, "-c", "from bench.planes import serve; serve()"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        with socket.create_connection(("127.0.0.1", int(process.stdout.readline()))) as connection:
            buffer = memoryview(bytearray(PLANE_BYTES))

            def read() -> None:
                connection.sendall(b"x")
                got = 0
                while got < PLANE_BYTES:
                    got += connection.recv_into(buffer[got:])

            return rate(read)


class Constant(omero.api.RawPixelsStore):  # type: ignore[misc]
    """The bare servant: every plane is the same bytes."""

    def getPlane(self, z: int, c: int, t: int, current: Any) -> bytes:
        return PLANE


def serve_ice() -> None:
    """Run the bare servant; prints its proxy and waits for the end of its input."""
    with Ice.initialize(list(MESSAGES)) as communicator:
        adapter = communicator.createObjectAdapterWithEndpoints("bare", "tcp -h 127.0.0.1")
        print(adapter.add(Constant(), Ice.stringToIdentity("bare")), flush=True)
        adapter.activate()
        sys.stdin.read()


def ice_planes() -> float:
    """Planes per second of the bare servant: what Ice for Python leaves of the loopback."""
    command = [sys.executable, "-c", "from bench.planes import serve_ice; serve_ice()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdin
        with Ice.initialize(list(MESSAGES)) as communicator:
            proxy = communicator.stringToProxy(process.stdout.readline().strip())
            store = omero.api.RawPixelsStorePrx.uncheckedCast(proxy)
            found = rate(lambda: store.getPlane(0, 0, 0))
        process.stdin.close()
    return found


def make_pixels(session: Any) -> int:
    """Id of Pixels with one plane of noise."""
    pixels = session.getPixelsService()
    uint16 = pixels.getEnumeration("PixelsType", "uint16")
    image = pixels.createImage(SIDE, SIDE, 1, 1, [0], uint16, "planes", "").val
    found = session.getContainerService().getImages("Image", [image], None)[0]
    pixels_id: int = found.getPrimaryPixels().id.val
    store = session.createRawPixelsStore()
    store.setPixelsId(pixels_id, False)
    store.setPlane(np.random.default_rng(0).integers(0, 4096, SIDE * SIDE).astype(">u2").tobytes(), 0, 0, 0)
    store.close()
    return pixels_id


def measure(client: Any, password: str, transport: str, floor: float, ice: float) -> None:
    """Print the figures of one transport. ``bare_ice``: MB/s of a servant that only answers."""
    session = client.createSession("root", password)
    store = session.createRawPixelsStore()
    store.setPixelsId(make_pixels(session), False)
    megabytes = PLANE_BYTES / 1e6
    planes = rate(lambda: store.getPlane(0, 0, 0))
    print_figure(f"planes_{transport}", "MB/s", planes * megabytes, floor * megabytes, bare_ice=round(ice * megabytes))
    print_figure(f"raw_tiles_{transport}", "calls/s", rate(lambda: store.getTile(0, 0, 0, 512, 512, TILE, TILE)))
    store.close()


def main() -> None:
    """Measure over TCP and over TLS."""
    floor, ice = bare_planes(), ice_planes()
    with running_server() as server:
        for transport, client in (
            ("tcp", omero.client(f"tcp://{server.host}:{server.ports.tcp}")),
            ("ssl", omero.client(server.host, server.ports.ssl)),
        ):
            try:
                measure(client, server.root_password, transport, floor, ice)
            finally:
                client.closeSession()


if __name__ == "__main__":
    main()
