"""Importing a large TIFF with `omero import`, against copying the file and taking its SHA1."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import tifffile

from bench.figures import print_figure
from bench.server import running_server

PLANES, SIDE = 256, 1448
BLOCK = 1 << 20


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


def main() -> None:
    """Import three times, copy three times, in turn.

    Every copy is a new file that stays, as every import does: overwriting one is several times faster on machines whose
    memory is given out on first use.
    """
    with tempfile.TemporaryDirectory(prefix="omero-bench-") as folder, running_server() as server:
        source = Path(folder) / "stack.tif"
        megabytes = sample(source)
        login = ["-s", server.host, "-p", str(server.ports.ssl), "-u", "root", "-w", server.root_password]
        floors, ours = [], []
        for turn in range(3):
            floors.append(copy_and_sum(source, Path(folder) / f"copy{turn}"))
            started = time.perf_counter()
            done = server.omero("import", *login, str(source))
            ours.append(time.perf_counter() - started)
            if done.returncode:
                sys.exit(f"{done.stdout}{done.stderr}")
        seconds, floor = median(ours), median(floors)
        print_figure("import", "MB/s", megabytes / seconds, megabytes / floor, size_mb=round(megabytes))


if __name__ == "__main__":
    main()
