"""The lookup tables shipped in `lut_files/`, as formulas.

`python -m omero_server.rendering.lut_formulas` writes them anew; a test keeps files and formulas equal. Every table is
768 bytes: 256 reds, 256 greens, 256 blues.
"""

import colorsys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from omero_server.rendering.luts import SHIPPED, Table

__all__ = ["tables", "write_tables"]

Stop = tuple[int, int, int, int]

# Position 0..255, then red, green and blue there; straight lines in between.
_RAMPS: dict[str, Sequence[Stop]] = {
    "grays": [(0, 0, 0, 0), (255, 255, 255, 255)],
    "red": [(0, 0, 0, 0), (255, 255, 0, 0)],
    "green": [(0, 0, 0, 0), (255, 0, 255, 0)],
    "blue": [(0, 0, 0, 0), (255, 0, 0, 255)],
    "cyan": [(0, 0, 0, 0), (255, 0, 255, 255)],
    "magenta": [(0, 0, 0, 0), (255, 255, 0, 255)],
    "yellow": [(0, 0, 0, 0), (255, 255, 255, 0)],
    "cool": [(0, 0, 255, 255), (255, 255, 0, 255)],
    "red-green": [(0, 0, 0, 0), (127, 255, 0, 0), (128, 0, 0, 0), (255, 0, 255, 0)],
    "red_hot": [(0, 0, 0, 0), (128, 255, 0, 0), (255, 255, 255, 255)],
    "cyan_hot": [(0, 0, 0, 0), (128, 0, 255, 255), (255, 255, 255, 255)],
    "magenta_hot": [(0, 0, 0, 0), (128, 255, 0, 255), (255, 255, 255, 255)],
    "orange_hot": [(0, 0, 0, 0), (128, 255, 128, 0), (255, 255, 255, 255)],
    "yellow_hot": [(0, 0, 0, 0), (128, 255, 255, 0), (255, 255, 255, 255)],
    "green_fire_blue": [(0, 0, 0, 0), (85, 0, 0, 255), (170, 0, 255, 64), (230, 255, 255, 0), (255, 255, 255, 255)],
    "fire": [(0, 0, 0, 0), (64, 96, 0, 160), (128, 224, 48, 48), (192, 255, 176, 0), (255, 255, 255, 255)],
    "ice": [(0, 0, 0, 64), (96, 0, 96, 224), (176, 96, 208, 255), (255, 255, 255, 255)],
    "glow": [(0, 0, 0, 0), (96, 176, 32, 0), (192, 255, 160, 32), (255, 255, 255, 224)],
    "thermal": [(0, 0, 0, 96), (64, 0, 160, 192), (128, 32, 192, 32), (192, 255, 224, 0), (255, 255, 0, 0)],
    "sepia": [(0, 0, 0, 0), (128, 144, 112, 80), (255, 255, 240, 208)],
}


def tables() -> dict[str, Table]:
    """All shipped tables by name without extension, each of shape (256, 3)."""
    found = {name: _ramp(stops) for name, stops in _RAMPS.items()}
    return found | {
        "hilo": _hilo(),
        "3-3-2_rgb": _three_three_two(),
        "spectrum": _hues(start=0.0, span=1.0),
        "rainbow_rgb": _hues(start=2 / 3, span=-2 / 3),
        "16_colors": _hues(start=0.0, span=1.0)[np.arange(256) // 16 * 16],
        "6_shades": _six_shades(),
    }


def _ramp(stops: Sequence[Stop]) -> Table:
    positions = [stop[0] for stop in stops]
    bands = [np.interp(np.arange(256), positions, [stop[band] for stop in stops]) for band in (1, 2, 3)]
    return np.round(np.stack(bands, axis=1)).astype(np.uint8)


def _hilo() -> Table:
    """Grey, with blue where a channel is at its lowest and red where it is saturated."""
    table = _ramp(_RAMPS["grays"])
    table[0], table[255] = (0, 0, 255), (255, 0, 0)
    return table


def _three_three_two() -> Table:
    """Three bits of red, three of green, two of blue."""
    level = np.arange(256)
    bands = np.stack([(level >> 5) * 255 // 7, (level >> 2 & 7) * 255 // 7, (level & 3) * 255 // 3], axis=1)
    return bands.astype(np.uint8)


def _hues(start: float, span: float) -> Table:
    """Pure colours around the colour circle, from hue `start` over `span` turns."""
    colors = [colorsys.hsv_to_rgb((start + span * level / 255) % 1.0, 1.0, 1.0) for level in range(256)]
    return np.round(np.array(colors) * 255).astype(np.uint8)


def _six_shades() -> Table:
    """Six steps of brightness, for each of six hues in turn."""
    level = np.arange(256)
    hue, shade = level * 6 // 256, level * 36 // 256 % 6
    colors = [colorsys.hsv_to_rgb(h / 6, 1.0, (s + 1) / 6) for h, s in zip(hue, shade, strict=True)]
    return np.round(np.array(colors) * 255).astype(np.uint8)


def write_tables(folder: Path = SHIPPED) -> None:
    """Write every table to <name>.lut."""
    for name, table in tables().items():
        (folder / f"{name}.lut").write_bytes(table.T.tobytes())


if __name__ == "__main__":
    write_tables()
