"""Simulated images against recorded answers of the reference's fake reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omero_server.formats.base import FormatError, plane_number
from omero_server.formats.fake import FakeReader, _shuffled
from omero_server.pixels.buffer import ReaderBuffer, planes_sha1

DATA = Path(__file__).parents[1] / "data"
VECTORS: list[dict[str, Any]] = json.loads((DATA / "fake_vectors.json").read_text("utf-8"))
FAKE = [v for v in VECTORS if v["id"].startswith("fake-")]
BUFFER = [v for v in VECTORS if v["id"].startswith("bfbuffer-")]
STATS = [v for v in VECTORS if v["id"].startswith("import_stats-")]


def _make(folder: Path, inputs: dict[str, Any]) -> Path:
    for name, text in (inputs.get("files") or {inputs["name"]: ""}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder / str(inputs["name"])


def _coordinates(order: str, number: int, sizes: tuple[int, int, int]) -> tuple[int, int, int]:
    z, c, t = sizes
    every = ((i, j, k) for i in range(z) for j in range(c) for k in range(t))
    return next(zct for zct in every if plane_number(order, zct, sizes) == number)


def _id(vector: dict[str, Any]) -> str:
    return str(vector["id"])


@pytest.mark.parametrize("vector", [v for v in FAKE if "error" in v["expected"]], ids=_id)
def test_impossible_names_are_refused(vector: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="impossible image"):
        FakeReader.open(_make(tmp_path, vector["inputs"]))


@pytest.mark.parametrize("vector", [v for v in FAKE if "error" not in v["expected"]], ids=_id)
def test_answers_as_recorded(vector: dict[str, Any], tmp_path: Path) -> None:
    inputs, expected = vector["inputs"], vector["expected"]
    with FakeReader.open(_make(tmp_path, inputs)) as reader:
        images = reader.info().images
        image = reader.image(inputs.get("series", 0))
        resolution = inputs.get("resolution", 0)
        level = image.levels[resolution]
        rgb = expected["rgbChannelCount"]
        indexed = expected.get("indexed", False) and not image.index["permuted"]
        size_c = image.size_c // image.index["expand"]
        sizes = [level.width, level.height, image.size_z, size_c, image.size_t]
        assert sizes == expected["sizes"]
        assert image.size_z * size_c // rgb * image.size_t == expected["imageCount"]
        assert image.pixel_type == expected["pixelType"]
        assert image.significant_bits == expected["bitsPerPixel"]
        assert image.dimension_order == expected["dimensionOrder"]
        assert len(images) == expected["seriesCount"]
        assert len(image.levels) == expected["resolutionCount"]
        if "imageNames" in expected:
            assert [item.name for item in images] == expected["imageNames"]
        if "values" in expected and not indexed:
            zct = _coordinates(image.dimension_order, inputs["plane"], (image.size_z, size_c // rgb, image.size_t))
            z, c, t = zct[0], zct[1] * rgb + inputs.get("channelInPlane", 0), zct[2]
            series = inputs.get("series", 0)
            values = [reader.read(series, resolution, z, c, t, x, y, 1, 1)[0, 0] for x, y in inputs["points"]]
            assert values == pytest.approx(expected["values"])


@pytest.mark.parametrize("vector", [v for v in FAKE if v["inputs"].get("detail")], ids=_id)
def test_metadata_as_recorded(vector: dict[str, Any], tmp_path: Path) -> None:
    expected = vector["expected"]
    info = FakeReader.describe(_make(tmp_path, vector["inputs"]))
    image = info.images[0]
    sizes = (image.physical_size_x, image.physical_size_y, image.physical_size_z)
    assert [f"{q[0]} {q[1]}" if q else "null" for q in sizes] == expected["physicalSizes"]
    assert [channel.color for channel in image.channels] == expected["channelColors"]
    assert [channel.name for channel in image.channels] == expected["channelNames"]
    assert (image.acquired.isoformat() if image.acquired else None) == expected["acquisitionDate"]
    assert info.metadata == expected["globalMeta"]
    assert len(image.planes) == expected["planeCount"]
    assert sum(len(item.rois) for item in info.images) == expected["roiCount"]
    for kind, count in expected["annotationCounts"].items():
        name = f"{kind.capitalize()}Annotation"
        assert sum(a.kind == name for item in info.images for a in item.annotations) == count
    if "exposure0" in expected and expected["exposure0"] is not None:
        assert image.planes[0].exposure_time == (expected["exposure0"], "s")
    for key, attribute in (("deltaT0", "delta_t"), ("positionX0", "position_x")):
        if expected.get(key):
            value, unit = getattr(image.planes[0], attribute)
            assert f"{value} {unit}" == expected[key]


@pytest.mark.parametrize("vector", [v for v in FAKE if v["inputs"].get("spw")], ids=_id)
def test_plates_as_recorded(vector: dict[str, Any], tmp_path: Path) -> None:
    expected = vector["expected"]
    info = FakeReader.describe(_make(tmp_path, vector["inputs"]))
    plate = info.plates[0]
    assert len(info.screens) == expected["screenCount"] and len(info.plates) == expected["plateCount"]
    assert (plate.name, plate.rows, plate.columns) == (
        expected["plateName"],
        expected["plateRows"],
        expected["plateColumns"],
    )
    assert len(plate.wells) == expected["wellCount"]
    assert len(plate.acquisitions) == expected["plateAcquisitionCount"]
    assert len(plate.wells[0].samples) == expected["wellSampleCount"]
    numbers = [sample.image for p in info.plates for well in p.wells for sample in well.samples]
    assert numbers == list(range(len(info.images)))


@pytest.mark.parametrize("vector", [v for v in FAKE if "lut" in v["expected"]], ids=_id)
def test_lookup_table_is_the_recorded_shuffle(vector: dict[str, Any]) -> None:
    table = _shuffled(256, 0xCAFEBABE)
    assert [table[n] for n in vector["inputs"]["lutSamples"]] == vector["expected"]["lut"]


@pytest.mark.parametrize("vector", [v for v in BUFFER if "tile" in v["inputs"]], ids=_id)
def test_tiles_as_delivered_by_the_reference(vector: dict[str, Any], tmp_path: Path) -> None:
    inputs, expected = vector["inputs"], vector["expected"]
    z, c, t, x, y, w, h = inputs["tile"]
    buffer = ReaderBuffer(FakeReader.open(_make(tmp_path, inputs)))
    level = len(buffer.levels) - 1 - inputs.get("setResolutionLevel", len(buffer.levels) - 1)
    if "error" in expected:
        with pytest.raises(IndexError, match="outside"):
            buffer.region(z, c, t, x, y, w, h, level)
        return
    tile = buffer.region(z, c, t, x, y, w, h, level)
    assert tile.astype(tile.dtype.newbyteorder(">")).tobytes().hex() == expected["tileHex"]
    assert buffer.size_c == expected["sizeC"]
    assert [[item.width, item.height] for item in buffer.levels] == expected["descriptions"]


@pytest.mark.parametrize("vector", STATS, ids=_id)
def test_digest_and_extremes_over_all_planes(vector: dict[str, Any], tmp_path: Path) -> None:
    buffer = ReaderBuffer(FakeReader.open(_make(tmp_path, vector["inputs"])))
    assert planes_sha1(buffer) == vector["expected"]["sha1"]
    for c, (low, high) in enumerate(vector["expected"]["channelMinMax"]):
        every = [buffer.plane(z, c, t) for z in range(buffer.size_z) for t in range(buffer.size_t)]
        assert (min(p.min() for p in every), max(p.max() for p in every)) == (low, high)


def test_bit_images_hold_zeros_and_ones(tmp_path: Path) -> None:
    path = tmp_path / "b&pixelType=bit&sizeX=64&sizeY=16.fake"
    path.touch()
    with FakeReader.open(path) as reader:
        assert set(np.unique(reader.read(0, 0, 0, 0, 0, 0, 0, 64, 16))) == {0, 1}
        assert reader.image(0).pixel_type == "bit"


def test_fields_of_a_plate_carry_mock_optics(tmp_path: Path) -> None:
    path = tmp_path / "p&plates=1.fake"
    path.touch()
    image = FakeReader.describe(path).images[0]
    channel = image.channels[0]
    assert (channel.name, channel.fluor, channel.color) == (
        "Name",
        "Fluor",
        (100 << 24) | (150 << 16) | (200 << 8) | 255,
    )
    assert (channel.emission_wavelength, channel.excitation_wavelength) == ((300.3, "nm"), (400.3, "nm"))
    assert image.planes[0].exposure_time == (10.0, "s") and image.planes[0].delta_t == (0.1, "s")
    assert image.description == "Image Description 0" and image.physical_size_x == (1.0, "µm")


def test_ini_file_belongs_to_the_fileset(tmp_path: Path) -> None:
    (tmp_path / "a.fake").touch()
    (tmp_path / "a.fake.ini").write_text("sizeX = 7\n")
    for name in ("a.fake", "a.fake.ini"):
        info = FakeReader.describe(tmp_path / name)
        assert [path.name for path in info.used_files] == ["a.fake", "a.fake.ini"]
        assert info.images[0].size_x == 7


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ("sizeC=2147483647", "2147483647 channels"),
        ("sizeT=2147483648", "sizeT is above 2147483647"),
        ("sizeT=99999&sizeZ=99999", "9999800001 planes"),
        ("sizeT=9999&sizeZ=99&exposureTime=1", "989901 planes"),
        ("points=2147483647", "2147483647 regions and annotations"),
        ("series=4&annMap=100000", "400000 regions and annotations"),
        ("series=50001", "50001 images"),
        ("plates=99999&plateRows=9999&plateCols=9999", "images"),
        ("plates=20000", "20000 plates"),
    ],
)
def test_a_short_name_cannot_fill_the_memory(wish: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / f"a&{wish}.fake"
    path.touch()
    with pytest.raises(FormatError, match=rf"asks for .*{reason}"):
        FakeReader.open(path)


def test_levels_end_at_one_pixel(tmp_path: Path) -> None:
    path = tmp_path / "a&sizeX=64&sizeY=9&resolutions=2147483647.fake"
    path.touch()
    with FakeReader.open(path) as reader:
        assert [(level.width, level.height) for level in reader.image(0).levels] == [(64, 9), (32, 4), (16, 2), (8, 1)]


@pytest.mark.parametrize("pixel_type", ["uint8", "float"])
def test_an_absurd_scale_is_no_warning(pixel_type: str, tmp_path: Path) -> None:
    path = tmp_path / f"a&sizeX=9&sizeY=2&pixelType={pixel_type}&scaleFactor=1e300.fake"
    path.touch()
    with FakeReader.open(path) as reader:
        assert reader.read(0, 0, 0, 0, 0, 0, 0, 9, 2).shape == (2, 9)
