"""Viewers: clients that ask for one tile after the other over HTTP, each on a connection of its own.

    python -m bench.load HOST PORT SECONDS CLIENTS FILE [HEADER ...]

FILE holds a path each line. Prints one JSON line. It is a process of its own and looks at no more of the answers than
it must, so that it takes little of the processors that the servers need.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

__all__ = ["Load", "viewers"]

ROOM = 1 << 22


@dataclass(frozen=True)
class Load:
    """What came of it: tiles per second, milliseconds of the median and of the slowest twentieth, failures."""

    rate: float
    median: float
    slow: float
    failed: int
    tile_bytes: float


class _Client(threading.Thread):
    def __init__(self, address: tuple[str, int], paths: Iterator[str], headers: str, until: float) -> None:
        super().__init__()
        self.address, self.paths, self.headers, self.until = address, paths, headers, until
        self.times: list[float] = []
        self.failed = self.bytes = 0
        self._room = memoryview(bytearray(ROOM))

    def run(self) -> None:
        connection: socket.socket | None = None
        while (started := time.perf_counter()) < self.until:
            connection = connection or self._connect()
            stays = self._ask(connection, next(self.paths))
            self.times.append(time.perf_counter() - started)
            if not stays:
                connection.close()
                connection = None

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(self.address)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _ask(self, connection: socket.socket, path: str) -> bool:
        """Whether the connection can be used again."""
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {self.address[0]}\r\n{self.headers}\r\n".encode())
        got, end = 0, -1
        while end < 0:
            count = connection.recv_into(self._room[got:])
            if not count:
                self.failed += 1
                return False
            got += count
            end = bytes(self._room[:got]).find(b"\r\n\r\n")
        head = bytes(self._room[:end]).lower()
        self.failed += b" 200 " not in head[:16]
        name = head.find(b"content-length:")
        if name < 0:
            self.failed += 1
            return False
        length = int(head[name + 15 :].split(b"\r\n")[0])
        while got < end + 4 + length:
            got += connection.recv_into(self._room[got:])
        self.bytes += length
        return b"connection: close" not in head


def main() -> None:
    """Run the clients."""
    host, port, seconds, clients, file, *headers = sys.argv[1:]
    paths = Path(file).read_text().split()
    until = time.perf_counter() + float(seconds)
    head = "".join(f"{header}\r\n" for header in headers)
    # Each begins elsewhere, so that a tile does not come twice before all have come once.
    number = int(clients)
    starts = [len(paths) * n // number for n in range(number)]
    threads = [_Client((host, int(port)), cycle(paths[at:] + paths[:at]), head, until) for at in starts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = sorted(one for thread in threads for one in thread.times)
    result: dict[str, Any] = {
        "rate": len(times) / float(seconds),
        "median": times[len(times) // 2] * 1000,
        "slow": times[len(times) * 19 // 20] * 1000,
        "failed": sum(thread.failed for thread in threads),
        "tile_bytes": sum(thread.bytes for thread in threads) / len(times),
    }
    print(json.dumps(result))


def viewers(port: int, paths: Sequence[str], seconds: float, clients: int, headers: Sequence[str] = ()) -> Load:
    """Let so many viewers look at tiles of a server of this machine for some seconds."""
    with tempfile.NamedTemporaryFile("w", suffix=".paths") as file:
        file.write("\n".join(paths))
        file.flush()
        arguments = ["127.0.0.1", str(port), str(seconds), str(clients), file.name, *headers]
        command = [sys.executable, "-m", "bench.load", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds * 4 + 60)
    return Load(**json.loads(done.stdout))


if __name__ == "__main__":
    main()
