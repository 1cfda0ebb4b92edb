"""Importing 2 GB with `omero import`, against copying the file and taking its SHA1; and plates of 384 images."""

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
ROWS, COLUMNS, PLATE_SIDE = 16, 24, 512
IMAGES, WANTED = ROWS * COLUMNS, 20
SCHEMA = 'xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"'
BINARY_ONLY = f'<OME {SCHEMA}><BinaryOnly MetadataFile="plate.companion.ome" UUID="urn:uuid:0"/></OME>'


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


def plate_of_files(folder: Path) -> Path:
    """Write a plate of one OME-TIFF per well; the file that describes it."""
    folder.mkdir()
    values = np.random.default_rng(1).integers(0, 4096, (PLATE_SIDE, PLATE_SIDE), dtype=np.uint16)
    wells, images = [], []
    for i in range(IMAGES):
        tifffile.imwrite(folder / f"{i}.ome.tif", np.roll(values, i), description=BINARY_ONLY, metadata=None)
        wells.append(f'''<Well ID="Well:{i}" Row="{i // COLUMNS}" Column="{i % COLUMNS}">
            <WellSample ID="WellSample:{i}" Index="{i}"><ImageRef ID="Image:{i}"/></WellSample></Well>''')
        images.append(f'''<Image ID="Image:{i}"><Pixels ID="Pixels:{i}" Type="uint16" DimensionOrder="XYZCT"
            SizeX="{PLATE_SIDE}" SizeY="{PLATE_SIDE}" SizeZ="1" SizeC="1" SizeT="1"><Channel ID="Channel:{i}"/>
            <TiffData><UUID FileName="{i}.ome.tif">urn:uuid:{i}</UUID></TiffData></Pixels></Image>''')
    path = folder / "plate.companion.ome"
    text = "".join(wells)
    path.write_text(f'<OME {SCHEMA}><Plate ID="Plate:0">{text}</Plate>{"".join(images)}</OME>')
    return path


def plates(server: Any, folder: Path) -> None:
    """Import plates of wells with one image each, with minima and maxima, settings and thumbnails.

    One is simulated, so that only images count; the other has a file for each.
    """
    simulated = folder / PLATE
    simulated.touch()
    for name, path in (("plate import", simulated), ("plate of files import", plate_of_files(folder / "plate"))):
        seconds = median(timed_import(server, path) for _ in range(TURNS))
        print_figure(name, "images/s", IMAGES / seconds, WANTED, images=IMAGES)


def main() -> None:
    """Both."""
    with tempfile.TemporaryDirectory(prefix="omero-bench-") as folder, running_server() as server:
        plates(server, Path(folder))
        large_file(server, Path(folder))


if __name__ == "__main__":
    main()
