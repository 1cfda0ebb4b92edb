"""Images to look at: files with pixels that differ in every channel, section and tile."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

CHANNELS = ("DAPI", "GFP", "Cy5")
STACK = {"sizeX": 240, "sizeY": 180, "sizeZ": 6, "sizeC": 3, "sizeT": 2}
PYRAMID_SIZE = 2300


def _blobs(size_y: int, size_x: int, seed: int, count: int, z: float = 0.0) -> np.ndarray:
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:size_y, 0:size_x]
    plane = random.normal(100, 12, (size_y, size_x))
    for _ in range(count):
        at_x, at_y, at_z = random.uniform(0, size_x), random.uniform(0, size_y), random.uniform(0, 6)
        radius = random.uniform(0.03, 0.09) * size_x
        height = 3000 * np.exp(-((z - at_z) ** 2) / 3)
        plane += height * np.exp(-((x - at_x) ** 2 + (y - at_y) ** 2) / (2 * radius**2))
    return np.clip(plane, 0, 4095).astype(np.uint16)


def write_stack(folder: Path) -> Path:
    """An OME-TIFF with three named channels, six sections and two time points."""
    planes = [
        [[_blobs(STACK["sizeY"], STACK["sizeX"], c + 10, 9, z + t) for z in range(STACK["sizeZ"])] for c in range(3)]
        for t in range(STACK["sizeT"])
    ]
    path = folder / "stack.ome.tif"
    metadata = {
        "axes": "TCZYX",
        "Channel": {"Name": list(CHANNELS)},
        "PhysicalSizeX": 0.25,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": 0.25,
        "PhysicalSizeYUnit": "µm",
        "PhysicalSizeZ": 1.5,
        "PhysicalSizeZUnit": "µm",
    }
    tifffile.imwrite(path, np.array(planes), photometric="minisblack", metadata=metadata, ome=True)
    return path


def write_pyramid(folder: Path) -> Path:
    """An OME-TIFF of two channels in tiles with three smaller levels; its sides are no multiples of a tile."""
    small = [_blobs(PYRAMID_SIZE // 10, PYRAMID_SIZE // 10, 40 + c, 25) for c in range(2)]
    full = np.stack([plane.repeat(10, 0).repeat(10, 1) for plane in small])
    path = folder / "pyramid.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as tiff:
        options = {"photometric": "minisblack", "tile": (256, 256), "compression": "deflate"}
        tiff.write(full, subifds=3, metadata={"axes": "CYX", "Channel": {"Name": ["red", "blue"]}}, **options)
        for level in (1, 2, 3):
            step = 2**level
            tiff.write(full[:, ::step, ::step], subfiletype=1, **options)
    return path
