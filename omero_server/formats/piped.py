"""A Python module that runs as a process of its own and answers questions through its pipes.

A message is four bytes of length and JSON; `bytes` in it says how many bytes follow. Nothing else comes from such a
process: whatever a damaged file makes of it, what it sends is data.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import wait
from typing import Any

__all__ = ["Ended", "PipedProcess", "die_with_parent", "end_with_input", "receive", "send", "standard_pipes"]

_LARGEST_TEXT = 256 << 20
_PIECE = 1 << 20
_PR_SET_PDEATHSIG = 1
_LENGTH = struct.Struct(">I")

Message = tuple[dict[str, Any], bytes]


class Ended(Exception):
    """The process at the other end is gone, or sends what is no message."""


def send(handle: int, told: Mapping[str, Any], data: bytes = b"", end: float | None = None) -> None:
    """Write a message. Ended when nobody reads it, TimeoutError when it is not taken at `end` (time.monotonic())."""
    text = json.dumps({**told, "bytes": len(data)}).encode()
    if len(text) > _LARGEST_TEXT:
        raise ValueError(f"{len(text) >> 20} MB of text are more than is sent")
    for part in (_LENGTH.pack(len(text)) + text, data):
        view = memoryview(part)
        while view:
            try:
                view = view[os.write(handle, view) :]
            except BlockingIOError:
                _await_room(handle, end)
            except BrokenPipeError as error:
                raise Ended from error


def _await_room(handle: int, end: float | None) -> None:
    left = _left(end)
    poll = select.poll()
    poll.register(handle, select.POLLOUT)
    if not poll.poll(None if left is None else left * 1000):
        raise TimeoutError


def _left(end: float | None) -> float | None:
    return None if end is None else max(0.0, end - time.monotonic())


def receive(handle: int, end: float | None = None) -> Message:
    """The next message. TimeoutError when it is not complete at `end` (time.monotonic()), Ended when there is none."""
    length = _LENGTH.unpack(_exactly(handle, _LENGTH.size, end))[0]
    if length > _LARGEST_TEXT:
        raise Ended(f"sent {length >> 20} MB of text")
    try:
        told = json.loads(_exactly(handle, length, end))
        return told, _exactly(handle, int(told.pop("bytes")), end)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Ended("sent what is no message") from error


def _exactly(handle: int, count: int, end: float | None) -> bytes:
    parts: list[bytes] = []
    while count:
        if not wait([handle], _left(end)):
            raise TimeoutError
        part = os.read(handle, min(count, _PIECE))
        if not part:
            raise Ended
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def standard_pipes() -> tuple[int, int]:
    """For the process itself: where questions come from and where answers go. What libraries print goes elsewhere."""
    pipes = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    return pipes


def die_with_parent(parent: int) -> None:
    """For the process itself: have the kernel kill it when the thread ends that started it (Linux)."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "prctl"):
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def end_with_input(handle: int) -> None:
    """For the process itself: have it end when nobody can ask any more, also in the middle of an answer."""

    def watch() -> None:
        poll = select.poll()
        poll.register(handle, 0)
        poll.poll()
        os._exit(0)

    threading.Thread(target=watch, name="input", daemon=True).start()


class PipedProcess:
    """`python -m module arguments`, started at once; of this process it inherits nothing but the environment.

    apart: it leads a session of its own, and what it starts without `apart` ends with it. quiet: what it writes to its
    standard error is not kept.
    """

    def __init__(
        self,
        module: str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        apart: bool = True,
        quiet: bool = False,
    ) -> None:
        self._apart = apart
        self._process = process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else None,
            bufsize=0,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **(environment or {})},
            start_new_session=apart,
        )
        assert process.stdin is not None and process.stdout is not None
        self._streams = process.stdin, process.stdout
        self._questions, self._answers = (stream.fileno() for stream in self._streams)
        os.set_blocking(self._questions, False)
        # Ended processes are waited for at once.
        threading.Thread(target=process.wait, name="piped", daemon=True).start()

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    @property
    def handle(self) -> int:
        """What can be read when a message comes."""
        return self._answers

    def send(self, told: Mapping[str, Any], end: float) -> None:
        """Ask; errors as from the function `send`."""
        send(self._questions, told, end=end)

    def receive(self, end: float) -> Message:
        """The next answer; errors as from the function `receive`."""
        return receive(self._answers, end)

    def kill(self, patience: float = 0.0) -> int:
        """End it; its exit code, for the sake of which one that ends by itself gets `patience` seconds to do so."""
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL) if self._apart else self._process.kill()
        code = self._process.wait()
        self.forget()
        return code

    def forget(self) -> None:
        """Close the pipes."""
        for stream in self._streams:
            stream.close()
