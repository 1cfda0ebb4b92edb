"""A repository as an OMERO server leaves it: pixels files, pyramids, and filesets that we know nothing about."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image
from sqlalchemy import select, text, update

import omero
from omero.rtypes import rint
from omero_server.db.engine import Database
from omero_server.db.tables import TABLES
from omero_server.pixels.pyramid_sizes import level_sizes
from omero_server.repository.layout import Layout, index_name
from tests.support.instance import Instance
from tests.support.painted import engine_for, pixels_id_of, plane, stored_type
from tests.support.people import logged_in

FIRST_ID = 1_234_000
WIDTH, HEIGHT = 3600, 3000
TYPES = ["bit", "int8", "uint8", "int16", "uint16", "int32", "uint32", "float", "double"]


@pytest.fixture(scope="module")
def root(instance: Instance) -> Iterator[Any]:
    with Database(instance.uri).begin() as db:
        db.execute(text("select setval('seq_pixels', :n)"), {"n": FIRST_ID})
    with logged_in(instance) as session:
        # The server may still have numbers that it took before.
        while empty_image(session, (1, 1, 1, 1, 1), "uint8") < FIRST_ID:
            pass
        yield session


def empty_image(session: Any, shape: tuple[int, ...], pixel_type: str) -> int:
    """Pixels of an image whose data nobody has written; axes t, c, z, y, x."""
    service = session.getPixelsService()
    kind = service.getEnumeration("PixelsType", pixel_type)
    size_t, size_c, size_z, size_y, size_x = shape
    made = service.createImage(size_x, size_y, size_z, size_t, list(range(size_c)), kind, "old", "")
    return pixels_id_of(session, made.val)


def complete(instance: Instance, pixels: int, **values: Any) -> None:
    """The row as a server leaves it that has all the data."""
    table = TABLES["pixels"]
    with Database(instance.uri).begin() as db:
        db.execute(update(table).where(table.c.id == pixels).values(sha1="0" * 40, **values))


@pytest.mark.parametrize("pixel_type", TYPES)
def test_pixels_files(instance: Instance, root: Any, pixel_type: str) -> None:
    shape = 2, 2, 3, 20, 30
    data = np.random.default_rng(2).integers(0, 2 if pixel_type == "bit" else 100, shape)
    data = data.astype(stored_type(pixel_type))
    pixels = empty_image(root, shape, pixel_type)
    path = instance.config.data_dir / "Pixels" / "Dir-001" / "Dir-234" / str(pixels)
    assert path == Layout.of(instance.config).pixels(pixels)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The last plane was never written: such files are shorter, and what lacks is 0.
    path.write_bytes(data.tobytes()[: -data[0, 0, 0].nbytes])
    data[1, 1, 2] = 0
    complete(instance, pixels)
    store = root.createRawPixelsStore()
    store.setPixelsId(pixels, False)
    for t, c, z in np.ndindex(shape[:3]):
        assert store.getPlane(z, c, t) == data[t, c, z].tobytes()
    assert store.getHypercube([3, 4, 1, 0, 1], [10, 5, 2, 2, 1], [2, 1, 1, 1, 1]) == (
        data[1:2, 0:2, 1:3, 4:9, 3:13:2].tobytes()
    )
    with pytest.raises(omero.ApiUsageException):
        store.setPlane(data[0, 0, 0].tobytes(), 0, 0, 0)
    store.close()
    engine = engine_for(root, pixels)
    assert len(engine.renderAsPackedInt(plane(z=1, t=1))) == 600
    engine.close()


def ramp(pixel_type: str) -> Any:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return ((x + y) // 32).astype(pixel_type)


def old_pyramid(path: Path, planes: list[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tifffile.TiffWriter(path, bigtiff=True) as tif:
        options: dict[str, Any] = {"tile": (256, 256), "compression": "jpeg2000", "metadata": None}
        for number, one in enumerate(planes):
            tif.write(one, description="OmeroPixelsPyramid v1.0.0" if not number else None, **options)
        for level in (5, 4):
            width, height = level_sizes(WIDTH, HEIGHT, (256, 256))[level]
            for one in planes:
                tif.write(one[:: 2**level, :: 2**level][:height, :width], **options)


@pytest.mark.parametrize("original", [True, False])
def test_a_pyramid_beside_its_pixels_and_alone(instance: Instance, root: Any, original: bool) -> None:
    data = ramp("uint8")
    pixels = empty_image(root, (1, 1, 1, HEIGHT, WIDTH), "uint8")
    layout = Layout.of(instance.config)
    old_pyramid(layout.pyramid(pixels), [data])
    assert layout.pyramid(pixels).name == f"{pixels}_pyramid"
    if original:
        # Other values than those of the pyramid, to see which of them is read.
        layout.pixels(pixels).write_bytes((data + 1).astype("uint8").tobytes())
    complete(instance, pixels, **({} if original else {"path": "gone", "name": "gone.tif"}))
    store = root.createRawPixelsStore()
    store.setPixelsId(pixels, False)
    sizes = [(one.sizeX, one.sizeY) for one in store.getResolutionDescriptions()]
    assert sizes == level_sizes(WIDTH, HEIGHT, (256, 256)) and store.getTileSize() == [256, 256]
    tile = np.frombuffer(store.getTile(0, 0, 0, 512, 256, 256, 256), np.uint8).reshape(256, 256)
    assert np.array_equal(tile, data[256:512, 512:768] + (1 if original else 0))
    store.setResolutionLevel(2)
    tile = np.frombuffer(store.getTile(0, 0, 0, 64, 32, 100, 50), np.uint8).reshape(50, 100)
    assert np.abs(tile.astype(int) - data[256:656:8, 512:1312:8]).max() <= 2
    store.close()
    engine = engine_for(root, pixels)
    for level in range(6):
        engine.setResolutionLevel(level)
        with Image.open(io.BytesIO(engine.renderCompressed(plane(region=(0, 0, 90, 80))))) as picture:
            assert picture.size == (90, 80)
    engine.close()
    thumbnails = root.createThumbnailStore()
    assert thumbnails.setPixelsId(pixels)
    with Image.open(io.BytesIO(thumbnails.getThumbnailByLongestSide(rint(96)))) as small:
        assert small.size == (96, 80)
    thumbnails.close()


def test_a_fileset_that_no_index_tells_about(instance: Instance, root: Any, tmp_path: Path) -> None:
    data = np.random.default_rng(4).integers(0, 1000, (2, 3, 50, 60), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "old.ome.tif", data, photometric="minisblack", metadata={"axes": "CZYX"})
    login = ["-s", instance.host, "-p", str(instance.ports.ssl), "-u", "root", "-w", instance.root_password, "-C"]
    environment = {"OMERO_SESSIONDIR": str(tmp_path / "sessions")}
    done = instance.omero("import", *login, str(tmp_path / "old.ome.tif"), **environment)
    assert done.returncode == 0, done.stderr
    image = root.getQueryService().projection("select max(i.id) from Image i", None)[0][0].val
    table = TABLES["fileset"]
    with Database(instance.uri).begin() as db:
        prefix = db.execute(select(table.c.templateprefix).order_by(table.c.id.desc()).limit(1)).scalar_one()
    index = Layout.of(instance.config).managed / index_name(prefix)
    index.unlink()
    store = root.createRawPixelsStore()
    store.setPixelsId(pixels_id_of(root, image), False)
    assert store.getPlane(2, 1, 0) == data[1, 2].astype(">u2").tobytes()
    store.close()
    assert index.exists(), "next time it is known"
