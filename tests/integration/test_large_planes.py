"""Very large planes without smaller levels, on a running server."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

import omero
import omero.model
from omero.rtypes import rint
from omero_server.pixels.pyramid_sizes import level_sizes
from omero_server.repository.layout import Layout
from tests.support.instance import Instance
from tests.support.painted import engine_for, paint, pixels_id_of, plane
from tests.support.people import logged_in

WIDTH, HEIGHT = 3500, 3000
SECONDS = 60.0


@pytest.fixture(scope="module")
def root(instance: Instance) -> Iterator[Any]:
    with logged_in(instance) as session:
        yield session


def ramp(pixel_type: str) -> Any:
    """A plane that differs everywhere; its means of two by two pixels are between them."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    values = (x // 8 + y // 16) % 4000
    return (values % 256 if pixel_type == "uint8" else values).astype(pixel_type)


def import_file(instance: Instance, session: Any, path: Path) -> int:
    """The Pixels of the one image in a file."""
    known = "select max(i.id) from Image i"
    login = ["-s", instance.host, "-p", str(instance.ports.ssl), "-u", "root", "-w", instance.root_password, "-C"]
    done = instance.omero("import", *login, str(path), OMERO_SESSIONDIR=str(path.parent / "sessions"))
    assert done.returncode == 0, done.stderr
    return pixels_id_of(session, session.getQueryService().projection(known, None)[0][0].val)


def await_pyramid(instance: Instance, pixels: int) -> Path:
    path = Layout.of(instance.config).pyramid(pixels)
    end = time.monotonic() + SECONDS
    while not path.exists():
        assert time.monotonic() < end, instance.log("Blitz-0")[-2000:]
        time.sleep(0.1)
    return path


def await_statistics(session: Any, pixels: int) -> Any:
    end = time.monotonic() + SECONDS
    while (stats := session.getPixelsService().retrievePixDescription(pixels).getChannel(0).statsInfo) is None:
        assert time.monotonic() < end
        time.sleep(0.1)
    return stats


@pytest.mark.parametrize(("name", "exact"), [("levels", True), ("tiles", True), ("rows", False), ("black", True)])
def test_first_windows_show_what_is_there(
    instance: Instance, root: Any, tmp_path: Path, name: str, exact: bool
) -> None:
    data = ramp("uint16") + np.uint16(300)
    if name == "black":
        data[:] = 0
    options: dict[str, Any] = {"tile": (512, 512), "compression": "zlib"} if name in ("levels", "tiles") else {}
    with tifffile.TiffWriter(tmp_path / "large.tif") as tif:
        small = data[::2, ::2]
        tif.write(data, photometric="minisblack", subifds=1 if name == "levels" else 0, **options)
        if name == "levels":
            tif.write(small, photometric="minisblack", subfiletype=1, **options)
    pixels = import_file(instance, root, tmp_path / "large.tif")
    settings = root.getPixelsService().retrieveRndSettings(pixels).getChannelBinding(0)
    low, high = settings.inputStart.val, settings.inputEnd.val
    if name == "black":
        assert (low, high) == (0, 65535)
    elif exact:
        seen = small if name == "levels" else data
        assert (low, high) == (seen.min(), seen.max())
    else:
        assert data.min() <= low < data.min() + 100 and data.max() - 100 < high <= data.max()


FILES = {
    "plain-uint16": ({"dtype": "uint16"}, {}),
    "strips-uint8": ({"dtype": "uint8"}, {"compression": "zlib", "rowsperstrip": 64}),
    "one-strip-int16": ({"dtype": "int16"}, {"compression": "lzw", "rowsperstrip": HEIGHT}),
    "float": ({"dtype": "float32"}, {}),
    "tiles-uint16": ({"dtype": "uint16"}, {"tile": (512, 512), "compression": "zlib"}),
}


@pytest.mark.parametrize("name", FILES)
def test_levels_are_made_of_a_file_that_has_none(
    instance: Instance, root: Any, tmp_path: Path, name: str
) -> None:
    given, options = FILES[name]
    data = ramp(given["dtype"])
    tifffile.imwrite(tmp_path / f"{name}.tif", data, photometric="minisblack", **options)
    pixels = import_file(instance, root, tmp_path / f"{name}.tif")
    first = first_tile(root, pixels)
    assert np.array_equal(first, data[1000:1256, 1000:1256].astype(first.dtype))
    path = await_pyramid(instance, pixels)
    store = root.createRawPixelsStore()
    store.setPixelsId(pixels, False)
    sizes = [(one.sizeX, one.sizeY) for one in store.getResolutionDescriptions()]
    assert sizes == level_sizes(WIDTH, HEIGHT, (256, 256)) and store.getResolutionLevel() == 5
    assert store.getTileSize() == ([512, 512] if name.startswith("tiles") else [256, 256])
    assert store.requiresPixelsPyramid()
    for level in (5, 4, 2):
        store.setResolutionLevel(level)
        width, height = sizes[5 - level]
        tile = np.frombuffer(store.getTile(0, 0, 0, 10, 20, 100, 60), np.dtype(given["dtype"]).newbyteorder(">"))
        step = 2 ** (5 - level)
        expected = data[20 * step : 80 * step : step, 10 * step : 110 * step : step].astype(float)
        if name != "strips-uint8" or level == 5:
            assert np.abs(tile.reshape(60, 100) - expected).max() <= 2 * step, level
        with pytest.raises(omero.ApiUsageException):
            store.getTile(0, 0, 0, width - 1, height - 1, 2, 2)
    store.close()
    if name != "float":
        stats = await_statistics(root, pixels)
        assert (stats.globalMin.val, stats.globalMax.val) == (data.min(), data.max())
    rendered_at_all_levels(root, pixels, sizes)
    removed_with_the_image(root, pixels, path)


def first_tile(session: Any, pixels: int) -> Any:
    """A tile, at once and whether or not there are levels."""
    store = session.createRawPixelsStore()
    store.setPixelsId(pixels, False)
    kind = np.dtype({1: "u1", 2: ">u2", 4: ">f4"}[store.getByteWidth()])
    tile = np.frombuffer(store.getTile(0, 0, 0, 1000, 1000, 256, 256), kind).reshape(256, 256)
    store.close()
    return tile


def rendered_at_all_levels(session: Any, pixels: int, sizes: list[tuple[int, int]]) -> None:
    engine = engine_for(session, pixels)
    for level in range(6):
        engine.setResolutionLevel(level)
        width, height = sizes[5 - level]
        with Image.open(io.BytesIO(engine.renderCompressed(plane(region=(0, 0, 256, 256))))) as tile:
            assert tile.size == (min(256, width), min(256, height))
    engine.close()
    thumbnails = session.createThumbnailStore()
    assert thumbnails.setPixelsId(pixels)
    started = time.monotonic()
    with Image.open(io.BytesIO(thumbnails.getThumbnailByLongestSideDirect(rint(96)))) as small:
        assert small.size == (96, 82)
    assert time.monotonic() - started < 2
    thumbnails.close()


def removed_with_the_image(session: Any, pixels: int, path: Path) -> None:
    image = session.getQueryService().get("Pixels", pixels).image.id.val
    handle = session.submit(omero.cmd.Delete2(targetObjects={"Image": [image]}))
    end = time.monotonic() + SECONDS
    while handle.getResponse() is None:
        assert time.monotonic() < end
        time.sleep(0.05)
    handle.close()
    assert not path.exists()


def test_statistics_of_a_file_that_has_levels(instance: Instance, root: Any, tmp_path: Path) -> None:
    data = ramp("uint16")
    data[2000, 3000] = 60_000
    with tifffile.TiffWriter(tmp_path / "levels.tif") as tif:
        options: dict[str, Any] = {"tile": (256, 256), "photometric": "minisblack"}
        tif.write(data, subifds=2, **options)
        for step in (2, 4):
            tif.write(data[::step, ::step], subfiletype=1, **options)
    pixels = import_file(instance, root, tmp_path / "levels.tif")
    stats = await_statistics(root, pixels)
    assert (stats.globalMin.val, stats.globalMax.val) == (0, 60_000)
    assert not Layout.of(instance.config).pyramid(pixels).exists()
    store = root.createRawPixelsStore()
    store.setPixelsId(pixels, False)
    assert store.getResolutionLevels() == 3
    store.close()


@pytest.mark.parametrize("pixel_type", ["uint8", "int16", "uint32", "float", "double"])
def test_pixels_written_by_clients_get_levels_too(instance: Instance, root: Any, pixel_type: str) -> None:
    data = ramp("uint16")[np.newaxis, np.newaxis, np.newaxis] % 250
    painted = paint(root, data, pixel_type)
    path = await_pyramid(instance, painted.pixels)
    assert path.stat().st_size < painted.data.nbytes, "the full size stays where it is"
    store = root.createRawPixelsStore()
    store.setPixelsId(painted.pixels, False)
    assert store.getResolutionLevels() == 6
    assert store.getRow(2999, 0, 0, 0) == painted.data[0, 0, 0, 2999].tobytes()
    digest = root.getPixelsService().retrievePixDescription(painted.pixels).sha1.val
    assert store.calculateMessageDigest().hex() == digest
    store.close()
    stats = await_statistics(root, painted.pixels)
    assert (stats.globalMin.val, stats.globalMax.val) == (0, 249)


def test_a_failure_is_told_in_the_log_alone(instance: Instance, root: Any, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "cut.tif", ramp("uint16"), photometric="minisblack", rowsperstrip=100)
    pixels = import_file(instance, root, tmp_path / "cut.tif")
    path = await_pyramid(instance, pixels)
    path.write_bytes(path.read_bytes()[:1000])
    assert first_tile(root, pixels).shape == (256, 256), "a damaged pyramid is no reason to fail"
    path.write_bytes(b"")
    assert first_tile(root, pixels).shape == (256, 256), "nor is one that could not be made"
