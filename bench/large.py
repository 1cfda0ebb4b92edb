"""Large things: planes without smaller levels, a file of 1 GB up and down, and an export."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import tifffile

import omero
import omero.model
from bench.figures import print_figure
from bench.server import running_server
from omero.rtypes import rint, rstring
from omero_server.repository.layout import Layout
from tests.support.instance import Instance
from tests.support.painted import engine_for, pixels_id_of, plane
from tests.support.people import logged_in

SIDE = 16384
FILE_BYTES, BLOCK_BYTES = 1_000_000_000, 4_000_000


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def imported(server: Instance, session: Any, path: Path) -> int:
    """The Pixels of a file."""
    login = ["-s", server.host, "-p", str(server.ports.ssl), "-u", "root", "-w", server.root_password]
    done = server.omero("import", *login, str(path))
    assert done.returncode == 0, done.stderr
    images = session.getQueryService().projection("select max(i.id) from Image i", None)
    return pixels_id_of(session, images[0][0].val)


def plain_plane(server: Instance, session: Any, folder: Path) -> None:
    """The first look at a large plain plane, its pyramid against reading the file, and an export against writing it."""
    source = folder / "plane.tif"
    tifffile.imwrite(source, np.random.default_rng(1).integers(0, 4096, (SIDE, SIDE), np.uint16), rowsperstrip=1)
    megabytes = source.stat().st_size / 1e6
    pixels = imported(server, session, source)
    blitz = psutil.Process(server.pid("Blitz-0"))

    def look() -> None:
        engine = engine_for(session, pixels)
        engine.renderCompressed(plane(region=(SIDE // 2, SIDE // 2, 256, 256)))
        engine.close()

    print_figure("first_tile", "ms", timed(look) * 1e3, size_mb=round(megabytes))
    thumbnails = session.createThumbnailStore()
    thumbnails.setPixelsId(pixels)
    seconds = timed(lambda: thumbnails.getThumbnailByLongestSideDirect(rint(96)))
    print_figure("thumbnail_without_levels", "ms", seconds * 1e3)
    started, most = time.perf_counter(), 0
    path = Layout.of(server.config).pyramid(pixels)
    while not path.exists():
        most = max(most, blitz.memory_info().rss)
        time.sleep(0.02)
    seconds = time.perf_counter() - started
    floor = timed(source.read_bytes)
    print_figure("pyramid", "MB/s", megabytes / seconds, megabytes / floor, most_mb=most >> 20)
    exported(session, pixels, megabytes, folder)


def exported(session: Any, pixels: int, megabytes: float, folder: Path) -> None:
    """An OME-TIFF made on the server, not counting its way to the client."""
    exporter = session.createExporter()
    exporter.addImage(session.getQueryService().get("Pixels", pixels).image.id.val)
    seconds = timed(exporter.generateTiff)
    exporter.close()
    floor = timed(lambda: (folder / "copy").write_bytes(bytes(int(megabytes * 1e6))))
    print_figure("export", "MB/s", megabytes / seconds, megabytes / floor)


def file_up_and_down(session: Any, folder: Path) -> None:
    """RawFileStore with a checksum, against writing, reading and taking the sum here."""
    block = np.random.default_rng(1).bytes(BLOCK_BYTES)
    starts = range(0, FILE_BYTES, BLOCK_BYTES)
    row = omero.model.OriginalFileI()
    row.name, row.path, row.hasher = rstring("large"), rstring("bench/"), omero.model.ChecksumAlgorithmI()
    row.hasher.value = rstring("SHA1-160")
    row = session.getUpdateService().saveAndReturnObject(row)
    store = session.createRawFileStore()
    store.setFileId(row.id.val)

    def up() -> None:
        for start in starts:
            store.write(block, start, BLOCK_BYTES)
        assert store.save().size.val == FILE_BYTES

    def here() -> None:
        digest = hashlib.sha1()
        with (folder / "large").open("wb") as file:
            for _ in starts:
                digest.update(block)
                file.write(block)

    megabytes = FILE_BYTES / 1e6
    floor = megabytes / timed(here)
    print_figure("file_up", "MB/s", megabytes / timed(up), floor)
    down = timed(lambda: [store.read(start, BLOCK_BYTES) for start in starts])
    print_figure("file_down", "MB/s", megabytes / down, megabytes / timed((folder / "large").read_bytes))
    store.close()


def main() -> None:
    """All figures, on one server."""
    with (
        tempfile.TemporaryDirectory(prefix="omero-bench-") as name,
        running_server() as server,
        logged_in(server) as session,
    ):
        plain_plane(server, session, Path(name))
        file_up_and_down(session, Path(name))


if __name__ == "__main__":
    main()
