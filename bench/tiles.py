"""How fast a 512 x 512 tile of three uint16 channels becomes a JPEG, against bare numpy and Pillow doing the same.

    python -m bench.tiles [seconds]

Prints one JSON line; `ratio` is our tiles per second over those of the floor, measured in turns in the same run. The
floor stretches each channel's window with plain arithmetic into an RGB array and has Pillow encode it at the same
quality. Both start from pixels in memory, and ours makes a new renderer for every tile, as a tile request does.
"""

import io
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from omero_server.rendering.planes import PlaneDef, Region
from omero_server.rendering.renderer import Renderer
from omero_server.rendering.settings import ChannelSettings, RenderSettings

SIDE = 512
WINDOW = (100.0, 3000.0)
COLORS = {
    "primaries": ((255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255)),
    "mixed": ((255, 128, 0, 255), (0, 255, 255, 255), (255, 0, 255, 255)),
}


class Pixels:
    """Three channels of smooth structure with noise, one plane each."""

    size_x = size_y = SIDE
    size_z = size_t = 1
    size_c = 3
    dtype = np.dtype(np.uint16)
    level_sizes = ((SIDE, SIDE),)

    def __init__(self) -> None:
        generator = np.random.default_rng(0)
        y, x = np.mgrid[0:SIDE, 0:SIDE]
        waves = [(np.sin(x / 37 + c) + np.cos(y / 23 + c) + 2) * 800 for c in range(3)]
        self.planes = [(one + generator.normal(0, 30, one.shape)).clip(0).astype(np.uint16) for one in waves]

    def plane(self, z: int, c: int, t: int, level: int = 0) -> npt.NDArray[Any]:
        return self.planes[c]

    def region(self, z: int, c: int, t: int, x: int, y: int, w: int, h: int, level: int = 0) -> npt.NDArray[Any]:
        return self.planes[c][y : y + h, x : x + w]


def floor_tile(pixels: Pixels, colors: npt.NDArray[np.float32], *, primary: bool) -> bytes:
    """The same picture with whole-array arithmetic and no tables."""
    start, end = WINDOW
    gain = np.float32(255 / (end - start))
    stretched = [((one.astype(np.float32) - start) * gain).clip(0, 255) for one in pixels.planes]
    picture = np.empty((SIDE, SIDE, 3), np.uint8)
    for band in range(3):
        if primary:
            picture[..., band] = stretched[band]
        else:
            mixed = sum(one * colors[c, band] for c, one in enumerate(stretched) if colors[c, band])
            picture[..., band] = np.minimum(mixed, 255)
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=85)
    return stream.getvalue()


def our_tile(pixels: Pixels, settings: RenderSettings) -> bytes:
    return Renderer(pixels, settings).render_jpeg(PlaneDef(region=Region(0, 0, SIDE, SIDE)))


def rate(make: Callable[[], bytes], seconds: float) -> float:
    """Calls per second over about that time."""
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        make()
        count += 1
    return count / (time.perf_counter() - start)


def measure(name: str, seconds: float, rounds: int = 4) -> tuple[float, float]:
    """Best tiles per second of floor and ours, taken in turns so that a busy machine hits both."""
    pixels = Pixels()
    colors = COLORS[name]
    shares = np.array(colors, np.float32)[:, :3] / 255
    settings = RenderSettings(tuple(ChannelSettings(*WINDOW, color=color) for color in colors))

    def floor() -> bytes:
        return floor_tile(pixels, shares, primary=name == "primaries")

    def ours() -> bytes:
        return our_tile(pixels, settings)

    ours(), floor()
    pairs = [(rate(floor, seconds / rounds / 2), rate(ours, seconds / rounds / 2)) for _ in range(rounds)]
    return max(one for one, _ in pairs), max(one for _, one in pairs)


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    floor, ours = measure("primaries", seconds)
    mixed_floor, mixed_ours = measure("mixed", seconds)
    figure = {
        "figure": "tile_render",
        "ratio": round(ours / floor, 2),
        "unit": "tiles/s",
        "floor": round(floor, 1),
        "ours": round(ours, 1),
        "mixed_ratio": round(mixed_ours / mixed_floor, 2),
    }
    print(json.dumps(figure))


if __name__ == "__main__":
    main()
