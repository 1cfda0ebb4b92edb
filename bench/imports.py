"""Importing 2 GB with `omero import`, against copying the file and taking its SHA1; and a plate of 384 images."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import tifffile

from bench.figures import print_figure
from bench.server import running_server

PLANES, SIDE = 512, 1448
TURNS = 3
PLATE = "plate&plates=1&plateRows=16&plateCols=24&sizeX=512&sizeY=512&pixelType=uint16.fake"
IMAGES, WANTED = 384, 20


def sample(path: Path) -> float:
    """Write an uncompressed stack of uint16; its size in MB."""
    values = np.random.default_rng(1).integers(0, 4096, (SIDE, SIDE), dtype=np.uint16)
    tifffile.imwrite(path, (np.roll(values, plane * 7, axis=1) for plane in range(PLANES)), shape=(PLANES, SIDE, SIDE),
                     dtype=np.uint16)  # fmt: skip
    return path.stat().st_size / 1e6


def copy_and_sum(source: Path, target: Path) -> float:
    """Seconds to copy a file, have it on disk, and take its SHA1."""
    started = time.perf_counter()
    shutil.copyfile(source, target)
    with target.open("rb") as file:
        os.fsync(file.fileno())
        hashlib.file_digest(file, "sha1")
    return time.perf_counter() - started


def timed_import(server: Any, path: Path) -> float:
    """Seconds of `omero import`, from its start to its end."""
    login = ["-s", server.host, "-p", str(server.ports.ssl), "-u", "root", "-w", server.root_password]
    started = time.perf_counter()
    done = server.omero("import", *login, str(path))
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}")
    return time.perf_counter() - started


def large_file(server: Any, folder: Path) -> None:
    """Import and copy in turn.

    Every copy is a new file that stays, as every import does: overwriting one is several times faster on machines whose
    memory is given out on first use.
    """
    source = folder / "stack.tif"
    megabytes = sample(source)
    floors, ours = [], []
    for turn in range(TURNS):
        floors.append(copy_and_sum(source, folder / f"copy{turn}"))
        ours.append(timed_import(server, source))
    print_figure("import", "MB/s", megabytes / median(ours), megabytes / median(floors), size_mb=round(megabytes))


def plate(server: Any, folder: Path) -> None:
    """Import a plate of wells with one image each, with minima and maxima, settings and thumbnails."""
    path = folder / PLATE
    path.touch()
    seconds = median(timed_import(server, path) for _ in range(TURNS))
    print_figure("plate import", "images/s", IMAGES / seconds, WANTED, images=IMAGES)


def main() -> None:
    """Both."""
    with tempfile.TemporaryDirectory(prefix="omero-bench-") as folder, running_server() as server:
        plate(server, Path(folder))
        large_file(server, Path(folder))


if __name__ == "__main__":
    main()
