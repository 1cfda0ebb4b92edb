"""What the official gateway renders, against the same computed from the source with numpy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.interop.conftest import Official
from tests.support.independent import all_planes
from tests.support.samples import DATA

Images = dict[str, list[int]]
Array = np.ndarray[Any, Any]
STACK = "ome-tiff/multi-channel-z-series.ome.tif"
PYRAMID = "tiff-bigtiff/yb10kx5k.zstd.tiff"
WIDTH, HEIGHT = 100, 50
# Mean difference of grey levels that JPEG may make.
LOSS = 3.0


@pytest.fixture(scope="module")
def levels() -> list[Array]:
    """The pyramid's levels, smallest first, (y, x, 3)."""
    with tifffile.TiffFile(DATA / PYRAMID) as tif:
        return [level.asarray() for level in reversed(tif.series[0].levels)]


def region(level: Array) -> tuple[int, int, int, int]:
    """Where to look in a level: across its middle, where the colour changes."""
    return (128, level.shape[0] // 2 - HEIGHT // 2, WIDTH, HEIGHT)


@pytest.fixture(scope="module")
def rendered(
    official: Official, images: Images, levels: list[Array], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What the program found, and the pictures that it wrote, by name."""
    folder = tmp_path_factory.mktemp("rendered")
    regions = [region(level) for level in levels]
    where = {"image": images[STACK][0], "pyramid": images[PYRAMID][0], "folder": str(folder), "regions": regions}
    found = dict(official.script("rendering", **where))
    return found | {path.stem: picture(path) for path in folder.glob("*.png")}


def picture(path: Path) -> Array:
    with Image.open(path) as opened:
        return np.asarray(opened.convert("RGB")).astype(float)


def composed(*channels: tuple[int, tuple[float, float], str]) -> Array:
    """The middle plane of the stack: channels (number, window, colour) mapped linearly and added up."""
    stack = all_planes(DATA / STACK)[0].astype(float)
    out = np.zeros((*stack.shape[2:], 3))
    for number, (low, high), color in channels:
        level = np.clip((stack[number, 2] - low) / (high - low), 0, 1)
        out += level[..., np.newaxis] * [int(color[at : at + 2], 16) for at in (0, 2, 4)]
    return np.clip(out, 0, 255)


def close(found: Array, expected: Array) -> bool:
    return found.shape == expected.shape and float(np.abs(found - expected).mean()) < LOSS


def test_planes(rendered: dict[str, Any]) -> None:
    whole = (-1.0, 96.0)
    red, green, blue = (0, whole, "FF0000"), (1, whole, "00FF00"), (2, whole, "0000FF")
    assert close(rendered["default"], composed(red, green, blue))
    assert close(rendered["jpeg"], composed(red, green, blue)) and rendered["formats"]["jpeg"] == "JPEG"
    assert close(rendered["without third"], composed(red, green))
    assert close(rendered["grey"], composed((1, whole, "FFFFFF")))
    assert close(rendered["window"], composed((0, (-20.0, 60.0), "FF00FF")))
    assert close(rendered["reversed"], composed((0, (60.0, -20.0), "FF00FF")))
    assert (rendered["grey before"], rendered["grey after"]) == (False, True)
    assert rendered["active"] == [True, False, False] and rendered["chosen"] == [-20.0, 60.0, "FF00FF"]
    low, high = rendered["compressed"]
    assert low < high / 2


def test_settings_are_stored_and_reset(rendered: dict[str, Any]) -> None:
    whole = [-1.0, 96.0]
    assert rendered["saved"] is True
    assert rendered["kept"] == [[-10.0, 50.0, True], [*whole, False], [*whole, False]]
    assert rendered["reset"] is True and rendered["as before"] == [[*whole, True]] * 3


def test_thumbnails(rendered: dict[str, Any]) -> None:
    assert rendered["thumbnail"].shape == (64, 64, 3) and rendered["thumbnail 64x32"].shape == (32, 64, 3)
    small = rendered["thumbnail at"]
    assert small.shape == (36, 96, 3)
    first = all_planes(DATA / STACK)[0, :, 0].transpose(1, 2, 0).astype(float)
    shrunk = Image.fromarray(((first + 1) / 97 * 255).astype("u1")).resize((96, 36), Image.Resampling.BOX)
    assert float(np.abs(small - np.asarray(shrunk)).mean()) < 4 * LOSS
    assert rendered["pyramid thumbnail"].std() > 10


def test_pyramid(rendered: dict[str, Any], levels: list[Array]) -> None:
    assert rendered["requires"] is True
    assert rendered["scaling"] == {str(n): pytest.approx(0.5**n, rel=0.01) for n in range(len(levels))}
    for number, level in enumerate(levels):
        x, y, width, height = region(level)
        expected = level[y : y + height, x : x + width].astype(float)
        assert expected.std() > 10
        assert close(rendered[f"level {number}"], expected), number
