"""Pixels, files and exports against the recorded behaviour of the established server; no vector is left out."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rendering_support import vector_id, vectors

import omero
import omero._generated
from omero_server.control.config import Config
from omero_server.control.instance import Instance
from omero_server.formats.registry import open_reader
from omero_server.imports.graph import image_name
from omero_server.pixels.buffer import ReaderBuffer, RomioBuffer, planes_sha1
from omero_server.pixels.pyramid_sizes import level_sizes
from omero_server.rendering.defaults import needs_pyramid
from omero_server.rendering.planes import PlaneDef, read_plane
from omero_server.repository.layout import Layout
from omero_server.repository.store import OpenFile
from omero_server.services.exporting.service import ExporterService
from omero_server.services.exporting.values import Names
from omero_server.services.pixels.raw import RawPixelsStoreService

DATA = Path(__file__).parents[1] / "data"
ROMIO: list[dict[str, Any]] = json.loads((DATA / "romio_vectors.json").read_text("utf-8"))
FAKE: list[dict[str, Any]] = json.loads((DATA / "fake_vectors.json").read_text("utf-8"))

# Documented in docs/developers/rendering.md: what the established server cannot do works here, or the other way round.
LEVEL_OF_NATIVE_PIXELS, NARROW_TILES = "romio-025", {"romio-026", "romio-027"}
LEVEL_ABOVE_THE_TOP = "bfbuffer-008"
TILE_OUTSIDE_OF_A_FILE = "bfbuffer-016"

COUNTS = {
    "bfbuffer": 16, "channel_colour_import": 3, "codomain": 12, "color": 23, "exporter_read": 4, "fake": 55,
    "import_name": 3, "import_stats": 10, "jpeg": 6, "lsid": 4, "lut_file": 9, "path": 14, "pixeldata_write": 5,
    "pixels_range": 16, "projection": 32, "pyramid_files": 2, "pyramid_series": 4, "quantize": 66, "rawfile_read": 2,
    "rawfile_truncate": 2, "region_def": 1, "render": 59, "requires_pyramid": 9, "romio": 43, "scale": 4,
    "settings": 35, "spw_series": 1, "thumb_dims": 14, "thumb_level": 6, "thumb_output": 6,
}  # fmt: skip


def by_kind(kind: str) -> Any:
    return pytest.mark.parametrize("vector", vectors(kind), ids=vector_id)


def test_no_vector_is_left_out() -> None:
    known = {one["id"] for kind in COUNTS for one in vectors(kind)} | {one["id"] for one in ROMIO + FAKE}
    assert Counter(one.rsplit("-", 1)[0] for one in known) == COUNTS


def store_of(buffer: Any, pixel_type: str) -> RawPixelsStoreService:
    """A service that has this buffer open."""
    store = RawPixelsStoreService()
    info = SimpleNamespace(
        id=1, pixel_type=pixel_type, dtype=buffer.dtype, size_x=buffer.size_x, size_y=buffer.size_y,
        size_z=buffer.size_z, size_c=buffer.size_c, size_t=buffer.size_t,
    )  # fmt: skip
    store.__dict__.update(_pixels=info, _buffer=buffer)
    return store


def romio(path: Path, inputs: dict[str, Any]) -> RomioBuffer:
    sizes = tuple(int(inputs.get(f"size{axis}", 1)) for axis in "XYZCT")
    buffer = RomioBuffer(path, sizes, inputs["pixelsType"], writable=True)  # type: ignore[arg-type]
    if "dataGen" in inputs:
        rule, item = inputs["dataGen"], buffer.dtype.itemsize
        values = ((i * rule["mul"] + rule["add"]) % rule["mod"] for i in range(buffer.total_bytes // item))
        buffer.write_bytes(0, b"".join(value.to_bytes(item, "big") for value in values))
    return buffer


@pytest.mark.parametrize(
    "vector",
    [one for one in ROMIO if one["inputs"]["op"] in ("getStack", "getTimepoint", "getPlaneRegion", "getHypercube")],
    ids=vector_id,
)
def test_parts_of_native_pixels(vector: Any, tmp_path: Path) -> None:
    inputs, expected = vector["inputs"], vector["expected"]
    buffer = romio(tmp_path / "1", inputs)
    operation, arguments = getattr(store_of(buffer, inputs["pixelsType"]), inputs["op"]), inputs["args"]
    if "error" in expected:
        with pytest.raises(getattr(omero, expected["serviceError"].removeprefix("omero::"))):
            operation(None, *arguments)
    else:
        assert operation(None, *arguments).hex() == expected["hex"]
    buffer.close()


@pytest.mark.parametrize("vector", [one for one in ROMIO if one["inputs"]["op"] == "sizes"], ids=vector_id)
def test_numbers_of_native_pixels(vector: Any, tmp_path: Path) -> None:
    inputs, expected = vector["inputs"], vector["expected"]
    buffer = romio(tmp_path / "1", inputs)
    store = store_of(buffer, inputs["pixelsType"])
    call: Any = None
    found = {
        "level": store.getResolutionLevel(call), "levels": store.getResolutionLevels(call),
        "signed": store.isSigned(call), "float": store.isFloat(call), "byteWidth": store.getByteWidth(call),
        "rowSize": store.getRowSize(call), "planeSize": store.getPlaneSize(call),
        "stackSize": store.getStackSize(call), "timepointSize": store.getTimepointSize(call),
        "totalSize": store.getTotalSize(call), "tileSize": store.getTileSize(call),
        "descriptions": [[one.sizeX, one.sizeY] for one in store.getResolutionDescriptions(call)],
    }  # fmt: skip
    assert found == {key: value for key, value in expected.items() if key != "colSize"}
    buffer.close()


@pytest.mark.parametrize("vector", [one for one in ROMIO if one["inputs"]["op"] == "stride"], ids=vector_id)
def test_every_nth_pixel(vector: Any, tmp_path: Path) -> None:
    buffer = romio(tmp_path / "1", vector["inputs"])
    z, c, t, stride = vector["inputs"]["args"]
    assert read_plane(buffer, PlaneDef(z=z, t=t, stride=stride), c).tobytes().hex() == vector["expected"]["hex"]
    buffer.close()


def test_what_native_pixels_can_do_here(tmp_path: Path) -> None:
    by_id = {one["id"]: one["inputs"] for one in ROMIO}
    buffer = romio(tmp_path / "1", by_id[LEVEL_OF_NATIVE_PIXELS])
    store = store_of(buffer, "uint16")
    call: Any = None
    store.setResolutionLevel(call, 0)
    store.__dict__.update(_writer=buffer, _writing=lambda call: buffer)
    for one in [*sorted(NARROW_TILES), "romio-028"]:
        z, c, t, x, y, w, h = by_id[one]["args"]
        data = bytes(range(w * h * 2))
        store.setTile(call, data, z, c, t, x, y, w, h)
        assert store.getTile(call, z, c, t, x, y, w, h) == data
    buffer.close()


@pytest.mark.parametrize("vector", [one for one in FAKE if one["id"].startswith("bfbuffer")], ids=vector_id)
def test_pixels_of_files(vector: Any, tmp_path: Path) -> None:
    inputs, expected = vector["inputs"], vector["expected"]
    (tmp_path / inputs["name"]).touch()
    with open_reader(tmp_path / inputs["name"]) as reader:
        buffer = ReaderBuffer(reader)
        store = store_of(buffer, buffer.pixel_type)
        call: Any = None
        level = inputs.get("setResolutionLevel")
        if level is not None and ("error" in expected or vector["id"] == LEVEL_ABOVE_THE_TOP):
            with pytest.raises(omero.ApiUsageException):
                store.setResolutionLevel(call, level)
            return
        if level is not None:
            store.setResolutionLevel(call, level)
        if vector["id"] == TILE_OUTSIDE_OF_A_FILE:
            with pytest.raises(omero.ApiUsageException):
                store.getTile(call, *inputs["tile"])
            return
        width, height = buffer.level_sizes[store.buffer_level()]
        assert (width, height, buffer.size_c) == (expected["sizeX"], expected["sizeY"], expected["sizeC"])
        assert (store.buffer_level(), store.getResolutionLevel(call), store.getResolutionLevels(call)) == (
            expected["readerResolution"], expected["level"], expected["levels"]
        )  # fmt: skip
        sizes = [[one.sizeX, one.sizeY] for one in store.getResolutionDescriptions(call)]
        assert sizes == expected["descriptions"]
        if "tile" in inputs:
            assert store.getTile(call, *inputs["tile"]).hex() == expected["tileHex"]
        if inputs.get("sha1"):
            assert planes_sha1(buffer) == expected["sha1"]


@by_kind("path")
def test_places_by_id(vector: Any) -> None:
    layout = Layout(Path("data"), Path("managed"), Path("removals"))
    number = vector["inputs"]["id"]
    found = {"pixels": layout.pixels(number), "files": layout.file(number), "thumbnails": layout.thumbnail(number)}
    assert {key: path.relative_to("data").as_posix() for key, path in found.items()} == vector["expected"]


@by_kind("pyramid_files")
def test_places_of_pyramids(vector: Any) -> None:
    path = Layout(Path(), Path("managed"), Path("removals")).pyramid(vector["inputs"]["pixelsId"])
    assert path.as_posix() == vector["expected"]["pyramid"]
    # Files of pyramids that are being made have to be found by other programs.
    assert path.with_name(f".{path.name}*.tmp").as_posix() == vector["expected"]["temporaryPattern"]


@by_kind("requires_pyramid")
def test_what_needs_a_pyramid(vector: Any) -> None:
    inputs = vector["inputs"]
    override = str(inputs.get("maxPlaneFloatOverride", True)).lower()
    config = Config(Instance(Path("/o")), {"omero.pixeldata.max_plane_float_override": override})
    pixels: Any = SimpleNamespace(pixel_type=inputs["pixelsType"], size_x=inputs["sizeX"], size_y=inputs["sizeY"])
    assert needs_pyramid(config, pixels) is vector["expected"]["requiresPixelsPyramid"]


def test_no_range_of_very_large_planes(tmp_path: Path) -> None:
    (vector,) = [one for one in vectors("settings") if one["inputs"].get("op") == "findMinMax"
                 and one["inputs"].get("requiresPyramid")]  # fmt: skip
    buffer = romio(tmp_path / "1", vector["inputs"])
    sides = {f"omero.pixeldata.max_plane_{side}": "1" for side in ("width", "height")}
    call: Any = SimpleNamespace(engine=SimpleNamespace(config=Config(Instance(Path("/o")), sides)))
    assert store_of(buffer, "uint8").findMinMax(call, vector["inputs"]["channels"]) == vector["expected"]
    buffer.close()


@by_kind("pyramid_series")
def test_sizes_of_pyramids(vector: Any) -> None:
    inputs = vector["inputs"]
    sizes = level_sizes(inputs["sizeX"], inputs["sizeY"], (inputs["tileWidth"], inputs["tileHeight"]))
    assert [list(sizes[level]) for level in (0, 5, 4)] == vector["expected"]["series"]


@by_kind("lsid")
def test_ids_in_documents(vector: Any) -> None:
    inputs = vector["inputs"]
    event = inputs["updateEventId"]
    updated = None if event is None else SimpleNamespace(_id=omero.RLong(event))
    details = SimpleNamespace(_externalInfo=None, _updateEvent=updated)
    thing = SimpleNamespace(_id=omero.RLong(inputs["id"]), _details=details)
    call: Any = None
    cls = {"CommentAnnotation": "Annotation", "Ellipse": "Shape"}.get(inputs["modelClass"], inputs["modelClass"])
    assert Names(call, "export.openmicroscopy.org", "DBUUID").lsid(thing, cls) == vector["expected"]["lsid"]


@by_kind("exporter_read")
def test_reading_exports(vector: Any) -> None:
    inputs, expected = vector["inputs"], vector["expected"]
    exporter = ExporterService()
    call: Any = None
    exporter.__dict__.update(_made=io.BytesIO(b"x" * inputs["fileSize"]), _size=inputs["fileSize"])
    if "error" in expected:
        with pytest.raises(omero.ApiUsageException):
            exporter.read(call, inputs["position"], inputs["length"])
        return
    found = exporter.read(call, inputs["position"], inputs["length"])
    assert (len(found), found.count(b"x")) == (expected["returnedLength"], expected.get("realBytes", 0))


@by_kind("rawfile_read")
def test_reading_files(vector: Any, tmp_path: Path) -> None:
    inputs = vector["inputs"]
    (tmp_path / "file").write_bytes(bytes.fromhex(inputs["fileHex"]))
    file = OpenFile(tmp_path / "file", writable=False)
    assert file.read(inputs["position"], inputs["length"]).hex() == vector["expected"]["hex"]
    file.close()


@by_kind("rawfile_truncate")
def test_cutting_files(vector: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(vector["inputs"]["fileSize"]))
    file = OpenFile(tmp_path / "file", writable=True)
    assert file.truncate(vector["inputs"]["length"]) is vector["expected"]["returns"]
    assert file.size == vector["expected"]["newSize"]
    file.close()


@by_kind("import_name")
def test_names_of_imported_images(vector: Any) -> None:
    inputs = vector["inputs"]
    own = {0: "x", 2: "x 3"}[inputs["series"]]
    found = image_name(inputs["file"], inputs["series"], inputs["seriesCount"], own, None)
    assert found == vector["expected"]["name"]


@by_kind("spw_series")
def test_the_order_of_images_in_plates(vector: Any, tmp_path: Path) -> None:
    inputs, expected = vector["inputs"], vector["expected"]
    name = "&".join(["w", *(f"{key}={inputs[key]}" for key in inputs if key != "series")]) + ".fake"
    (tmp_path / name).touch()
    with open_reader(tmp_path / name) as reader:
        plates = reader.info().plates
    (place,) = [
        (number, well.row, well.column, sample.acquisition, well.samples)
        for number, plate in enumerate(plates)
        for well in plate.wells
        for sample in well.samples
        if sample.image == inputs["series"]
    ]
    number, row, column, acquisition, samples = place
    assert (number, row, column, acquisition) == (
        expected["plate"], expected["row"], expected["column"], expected["plateAcquisition"]
    )  # fmt: skip
    inside = [sample.image for sample in samples if sample.acquisition == acquisition]
    assert inside.index(inputs["series"]) == expected["field"]
