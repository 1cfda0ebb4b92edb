"""Server-written pixel files against recorded answers, and bounded reading of planes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omero_server.formats.registry import open_reader
from omero_server.pixels.buffer import ReaderBuffer, RomioBuffer, bands, default_tile, planes_sha1

DATA = Path(__file__).parents[1] / "data"
VECTORS: list[dict[str, Any]] = json.loads((DATA / "romio_vectors.json").read_text("utf-8"))


def _buffer(path: Path, inputs: dict[str, Any]) -> RomioBuffer:
    sizes = tuple(int(inputs.get(f"size{axis}", 1)) for axis in "XYZCT")
    buffer = RomioBuffer(path, sizes, inputs["pixelsType"], writable=True)  # type: ignore[arg-type]
    count = int(np.prod(sizes))
    values = inputs.get("data")
    if "dataGen" in inputs:
        rule = inputs["dataGen"]
        values = [(i * rule["mul"] + rule["add"]) % rule["mod"] for i in range(count)]
    if values:
        buffer.write_bytes(0, np.array(values).astype(buffer.dtype.newbyteorder(">")).tobytes())
    return buffer


def _of(*operations: str) -> list[dict[str, Any]]:
    return [v for v in VECTORS if v["inputs"]["op"] in operations]


def _id(vector: dict[str, Any]) -> str:
    return f"{vector['id']}-{vector['inputs']['op']}"


def _region(buffer: RomioBuffer, operation: str, args: list[int]) -> bytes:
    if operation == "getPlane":
        pixels = buffer.plane(*args)
    elif operation == "getRow":
        y, z, c, t = args
        pixels = buffer.region(z, c, t, 0, y, buffer.size_x, 1)
    elif operation == "getCol":
        x, z, c, t = args
        pixels = buffer.region(z, c, t, x, 0, 1, buffer.size_y)
    else:
        z, c, t, x, y, w, h = args
        pixels = buffer.region(z, c, t, x, y, w, h)
    return pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()


@pytest.mark.parametrize("vector", _of("getPlane", "getRow", "getCol", "getTile"), ids=_id)
def test_reading_as_recorded(vector: dict[str, Any], tmp_path: Path) -> None:
    inputs, expected = vector["inputs"], vector["expected"]
    buffer = _buffer(tmp_path / "1", inputs)
    if "error" in expected:
        with pytest.raises((IndexError, ValueError)):
            _region(buffer, inputs["op"], inputs["args"])
    else:
        assert _region(buffer, inputs["op"], inputs["args"]).hex() == expected["hex"]
    buffer.close()


@pytest.mark.parametrize("vector", _of("sizes", "offsets", "getRegion", "sha1"), ids=_id)
def test_layout_as_recorded(vector: dict[str, Any], tmp_path: Path) -> None:
    inputs, expected = vector["inputs"], vector["expected"]
    buffer = _buffer(tmp_path / "1", inputs)
    if inputs["op"] == "sizes":
        assert buffer.total_bytes == expected["totalSize"] and buffer.plane_bytes == expected["planeSize"]
        assert list(buffer.tile_size) == expected["tileSize"]
    elif inputs["op"] == "offsets":
        y, z, c, t = inputs["args"]
        assert (buffer.offset(z, c, t), buffer.offset(z, c, t, y)) == (expected["plane"], expected["row"])
    elif inputs["op"] == "getRegion":
        size, offset = inputs["args"]
        assert buffer.read_bytes(offset, size).hex() == expected["hex"]
    else:
        assert planes_sha1(buffer) == expected["sha1"]
    buffer.close()


@pytest.mark.parametrize("vector", _of("setPlane"), ids=_id)
def test_writing_a_plane_needs_its_exact_size(vector: dict[str, Any], tmp_path: Path) -> None:
    size, z, c, t = vector["inputs"]["args"]
    buffer = _buffer(tmp_path / "1", vector["inputs"])
    if "error" in vector["expected"]:
        with pytest.raises(ValueError, match="bytes"):
            buffer.write_plane(z, c, t, bytes(size))
    else:
        buffer.write_plane(z, c, t, bytes(size))
        assert not buffer.plane(z, c, t).any()
    buffer.close()


def test_written_planes_come_back_and_missing_ones_are_zero(tmp_path: Path) -> None:
    path = tmp_path / "Dir-001" / "1234"
    pixels = np.arange(12, dtype=np.uint16).reshape(3, 4) * 999
    writer = RomioBuffer(path, (4, 3, 2, 2, 1), "uint16", writable=True)
    writer.write_plane(1, 0, 0, pixels)
    writer.sync()
    writer.close()
    reader = RomioBuffer(path, (4, 3, 2, 2, 1), "uint16")
    assert np.array_equal(reader.plane(1, 0, 0), pixels)
    assert not reader.plane(0, 0, 0).any() and not reader.plane(1, 1, 0).any()
    with pytest.raises(PermissionError):
        reader.write_plane(0, 0, 0, pixels)
    reader.close()
    reader.close()


def test_bands_cover_a_plane_once() -> None:
    reader = open_reader(DATA / "svs/CMU-1-Small-Region.svs")
    buffer = ReaderBuffer(reader, owns=True)
    whole = buffer.plane(0, 1, 0)
    pieces = list(bands(buffer, 0, 1, 0))
    assert [y for y, _ in pieces] == list(np.cumsum([0] + [len(p) for _, p in pieces])[:-1])
    assert np.array_equal(np.concatenate([p for _, p in pieces]), whole)
    assert buffer.tile_size == (240, 240)
    buffer.close()


def test_tile_of_very_wide_rows_has_no_rows() -> None:
    assert default_tile(1000, 700, 2) == (1000, 524)
    assert default_tile(200_000, 3, 8) == (200_000, 0)
