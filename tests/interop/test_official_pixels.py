"""Pixels, projections, exports and files through the official gateway."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from tests.interop.conftest import Official

TYPES = {
    "int8": "int8", "uint8": "uint8", "int16": "int16", "uint16": "uint16", "int32": "int32", "uint32": "uint32",
    "float32": "float", "float64": "double",
}  # fmt: skip
BLOCK_BYTES = 2_000_000
BLOCKS = 500 if os.environ.get("OMERO_TEST_LARGE") == "1" else 32
"""1 GB takes half a minute or more."""


@pytest.fixture(scope="module")
def found(official: Official, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("exported") / "made.ome.tiff"
    return dict(official.script("pixels", types=list(TYPES), blocks=BLOCKS, tiff=str(path))) | {"path": path}


@pytest.mark.parametrize("dtype", TYPES)
def test_images_made_of_arrays(found: dict[str, Any], dtype: str) -> None:
    made = found["types"][dtype]
    assert made["type"] == TYPES[dtype]
    assert made["planes"] and made["tile"] and made["cube"]
    assert made["channels"] == made["largest"]
    assert made["thumbnail"] == "JPEG" and made["error"] < 12


def test_a_copy_has_the_type_of_its_source(found: dict[str, Any]) -> None:
    assert found["copied"] == ["uint16", True]


def test_projections(found: dict[str, Any]) -> None:
    assert found["projected"] < 12 and found["stack"] and found["means"] == [2, 1, True]


def test_a_lookup_table(found: dict[str, Any]) -> None:
    assert found["lut"] == ["fire.lut", True]


def test_exports(found: dict[str, Any]) -> None:
    magic, size, *others = found["tiff"]
    assert magic == "4d4d002a" and others == [size, size] and found["xml"]
    path: Path = found["path"]
    with tifffile.TiffFile(path) as tif:
        assert tif.series[0].shape == (2, 2, 3, 20, 30) and tif.series[0].dtype == np.uint16


def test_a_file_up_and_down(found: dict[str, Any]) -> None:
    size, on_disk, recorded, sent, received = found["file"]
    print(f"{size} bytes up in {found['seconds'][0]:.1f} s, down in {found['seconds'][1]:.1f} s")
    assert size == on_disk == BLOCKS * BLOCK_BYTES
    assert recorded == sent == received


def test_the_official_command_line_exports(official: Official, found: dict[str, Any]) -> None:
    instance = official.instance
    login = ["-s", instance.host, "-p", str(instance.ports.ssl), "-u", "root", "-w", instance.root_password]
    image = found["types"]["uint16"]["image"]
    for kind, magic in (("TIFF", b"MM\0*"), ("XML", b"<?xml")):
        path = official.home / f"exported.{kind}"
        done = official.omero("export", *login, "-f", str(path), "-t", kind, f"Image:{image}")
        assert done.returncode == 0, done.stderr
        assert path.read_bytes().startswith(magic)


def test_a_very_large_plane(official: Official) -> None:
    found = official.script("large", size=[3600, 3100])
    assert found["tiles"] == 4 * 5 and found["tile"] and found["digest"]
    assert found["tile size"] == [256, 256] and found["requires"]
    assert found["scaling"] == pytest.approx([1 / 2**level for level in range(6)], rel=0.02)
    for level, (first, last) in enumerate(found["corners"]):
        expected = 2 * 63 * 2 ** (5 - level) / 32 / found["largest"] * 255
        assert first <= 3 and abs(last - expected) <= 4
    assert found["thumbnail"] == [96, 82]
