"""Mutants are looked at in a process of their own, with limits of memory and time; what goes wrong is found out.

By hand, for one mutant or some:  python -m tests.support.hostile FAMILY NUMBER...
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from omero_server.formats.base import PIXEL_DTYPES, FormatError, Reader
from omero_server.formats.info import FilesetInfo, ImageInfo
from omero_server.formats.registry import restore
from omero_server.formats.scan import scan
from tests.support.mutants import make_mutant, opened, stored_description
from tests.support.unlisted import UNLISTED

__all__ = ["CPU_SECONDS", "MEMORY", "examine", "findings", "look_again", "look_at", "peak_memory"]

MEMORY = 1 << 30
"""Bytes by which the process may grow while it looks at one mutant."""

CPU_SECONDS = 20
"""Seconds of processor time for one mutant: half a second is usual; other work on the machine does not count."""

_ADDRESS_SPACE = 8 << 30
_WALL_SECONDS = 120
_TILE = 2048
_HARMLESS = "Unrecognized WMPTag"
"""What the library of JPEG XR prints about a tag that it does not know; nothing can keep it from that."""
_IMAGES, _CHANNELS = 6, 4


def findings(mutants: Iterable[tuple[str, int]]) -> list[str]:
    """What is wrong with how mutants (family, number) are read, one line each; empty when all is well."""
    left = list(mutants)
    wrong = []
    while left:
        done, end = _batch(left)
        wrong += [line for line in done if line]
        if len(done) < len(left):
            family, number = left[len(done)]
            wrong.append(f"{family} {number}: {end}")
            done.append("")
        left = left[len(done) :]
    return wrong


def _batch(mutants: list[tuple[str, int]]) -> tuple[list[str], str]:
    """Look at mutants in one process until it ends: a line for each that was finished, and how it ended."""
    command = [sys.executable, "-m", "tests.support.hostile"]
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                                 cwd=Path(__file__).parents[2])  # fmt: skip
        assert child.stdin and child.stdout
        child.stdin.write(json.dumps(mutants).encode())
        child.stdin.close()
        done: list[str] = []
        last = [time.monotonic()]
        watch = threading.Thread(target=_kill_when_silent, args=(child, last))
        watch.start()
        for line in child.stdout:
            last[0] = time.monotonic()
            done.append(json.loads(line))
        child.wait()
        watch.join()
        child.stdout.close()
        errors.seek(0)
        lines = errors.read().decode(errors="replace").splitlines()
    said = "\n".join(line for line in lines if not line.startswith(_HARMLESS)).strip()
    end = f"the process ended with {child.returncode}: {said[-1500:]}"
    if said and len(done) == len(mutants):
        done[-1] = f"something was printed: {said[-1500:]}"
    return done, end


def _kill_when_silent(child: subprocess.Popen[bytes], last: list[float]) -> None:
    while child.poll() is None:
        if time.monotonic() - last[0] > _WALL_SECONDS:
            child.kill()
        time.sleep(0.1)


def look_at(family: str, path: Path) -> None:
    """Scan, describe, read corners of the first and last plane of each image and level; FormatError is an answer."""
    found = scan([path])
    for refusal in found.refusals:
        assert refusal.reason.strip(), "a refusal without reason"
    with _answering(), opened(family, path) as reader:
        info = reader.info()
        assert info.images and info.used_files, "nothing is described"
        FilesetInfo.from_json(json.loads(json.dumps(info.to_json())), info.root)
        assert len(reader.pixel_files()) == len(info.images), "files of pixels for more or less images"
        _read_some(reader)


def look_again(family: str, info: FilesetInfo) -> None:
    """As `look_at`, of files that were changed after they had been described: bad planes, but no other errors."""
    with _answering(), UNLISTED[family](info) if family in UNLISTED else restore(info) as reader:
        _read_some(reader)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except FormatError as error:
        assert error.reason.strip() and error.remedy.strip(), "an error without reason or remedy"
        assert error.path.name, "an error that names no file"


def _read_some(reader: Reader) -> None:
    images = reader.info().images
    for series in sorted({*range(min(_IMAGES, len(images))), len(images) - 1}):
        # One damaged image says nothing of the next.
        with _answering():
            _read(reader, series, images[series])


def _read(reader: Reader, series: int, image: ImageInfo) -> None:
    assert min(image.size_x, image.size_y, image.size_z, image.size_c, image.size_t) >= 1, "a size below 1"
    assert len(image.channels) == image.size_c, f"{len(image.channels)} channels described of {image.size_c}"
    for zct in sorted({(0, 0, 0), (image.size_z - 1, image.size_c - 1, image.size_t - 1)}):
        for level, size in enumerate(image.levels):
            w, h = min(_TILE, size.width), min(_TILE, size.height)
            for x, y in {(0, 0), (size.width - w, size.height - h)}:
                pixels = reader.read(series, level, *zct, x, y, w, h)
                assert pixels.shape == (h, w), f"{pixels.shape} pixels instead of {(h, w)}"
                assert pixels.dtype == PIXEL_DTYPES[image.pixel_type], f"{pixels.dtype} for {image.pixel_type}"
    channels = range(min(image.size_c, _CHANNELS))
    w, h = min(_TILE, image.levels[0].width), min(_TILE, image.levels[0].height)
    for pixels in reader.read_channels(series, 0, 0, channels, 0, 0, 0, w, h):
        assert pixels.shape == (h, w), f"channels of {pixels.shape} pixels instead of {(h, w)}"


def examine(family: str, number: int) -> str:
    """Look at one mutant in this process: what is wrong, or nothing. More processor time than allowed ends it."""
    with tempfile.TemporaryDirectory() as folder:
        path = make_mutant(family, number, Path(folder))
        before_change = stored_description(family, number, Path(folder)) if number % 2 else None
        used = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + CPU_SECONDS, -1))
        try:
            with peak_memory() as grown:
                look_at(family, path)
                if before_change:
                    look_again(family, before_change)
        except BaseException as error:
            where = "".join(traceback.format_tb(error.__traceback__)[-2:])
            return f"{family} {number} ({path.name}): {type(error).__name__}: {error}\n{where}"
        return f"{family} {number} ({path.name}): {grown() >> 20} MiB of memory" if grown() > MEMORY else ""


@contextmanager
def peak_memory() -> Iterator[Callable[[], int]]:
    """Bytes by which this process has grown at most since the block began."""
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    yield lambda: _memory("VmHWM") - before


def _memory(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) << 10
    raise LookupError(field)


def main(arguments: list[str]) -> None:
    """Look at the mutants named in the arguments, or on the standard input, and print a line of JSON for each."""
    mutants: list[Any] = [(arguments[0], int(n)) for n in arguments[1:]] if arguments else json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, -1))
    for family, number in mutants:
        print(json.dumps(examine(family, number)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
