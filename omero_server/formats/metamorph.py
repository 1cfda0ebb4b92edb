"""MetaMorph: stacks (`.stk`, planes behind each other in one TIFF page), and `.nd` lists of stacks.

`ImageInfo.index` is a dict: `dtype`; `planes`, by channel, time and slice [number of the file, byte offset].
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from omero_server.formats.base import Array, FormatError, Reader, pixel_type_of
from omero_server.formats.info import FilesetInfo, ImageInfo
from omero_server.formats.metamorphlist import StackList, lists_of
from omero_server.formats.metamorphstack import Stack, is_stack, read_stack
from omero_server.formats.rawbytes import has_magic, plane_region

__all__ = ["MetamorphReader"]

_MOST_PLANES = 1_000_000


class MetamorphReader(Reader):
    """STK stacks and ND lists of them."""

    name = "metamorph"
    format = "Metamorph"
    suffixes = (".stk", ".nd")

    @classmethod
    def detect(cls, path: Path) -> bool:
        return (path.suffix.lower() == ".nd" and has_magic(path, b'"NDInfoFile"')) or is_stack(path)

    @classmethod
    def used_files(cls, path: Path) -> list[Path]:
        if path.suffix.lower() == ".nd":
            return StackList(path).used_files()
        for entry in lists_of(path):
            return StackList(entry).used_files()
        return [path]

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        files = cls.used_files(path)
        if files[0].suffix.lower() == ".nd":
            return _listed(files[0], files)
        stack = read_stack(path)
        image = _image(path.name, stack, path)
        _set_dimensions(image, stack)
        sizes = image.size_c, image.size_t, image.size_z
        image.index["planes"] = [
            [0, stack.offset + (place if image.size_c == 1 else c + image.size_c * t) * stack.plane_bytes]
            for place, (c, t, _) in enumerate(np.ndindex(*sizes))
        ]
        stack.describe(image)
        return FilesetInfo(cls.format, cls.name, cls.version, files, [image], metadata=stack.notes)

    def pixel_files(self) -> list[set[Path]]:
        files = self._info.used_files
        return [{files[number] for number, _ in image.index["planes"]} for image in self._info.images]

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        image = self._info.images[series]
        z, c, t = zct
        number, offset = image.index["planes"][(c * image.size_t + t) * image.size_z + z]
        shape = image.size_y, image.size_x
        return plane_region(self._info.used_files[number], offset, np.dtype(image.index["dtype"]), shape, region)


def _image(name: str, stack: Stack, path: Path) -> ImageInfo:
    return ImageInfo(
        name=name,
        size_x=stack.width,
        size_y=stack.height,
        pixel_type=pixel_type_of(stack.dtype, path),
        dimension_order="XYZCT",
        index={"dtype": stack.dtype.str},
    )


def _set_dimensions(image: ImageInfo, stack: Stack) -> None:
    """Planes with distances are slices; planes of several wavelengths channels; all others time points."""
    waves = len(set(stack.wavelengths)) if stack.wavelengths else 1
    if any(stack.distances):
        image.size_z = stack.planes
    elif waves > 1 and stack.planes % waves == 0:
        image.size_c, image.size_t = waves, stack.planes // waves
    else:
        image.size_t = stack.planes


def _listed(entry: Path, files: list[Path]) -> FilesetInfo:
    """An image for each position of the stage, from the stacks of its channels and times."""
    about = StackList(entry)
    numbers = {file: number for number, file in enumerate(files)}
    if len(about.channels) * about.times * about.positions > _MOST_PLANES:
        raise FormatError(entry, "declares too many stacks")
    images = [_position(about, place, numbers) for place in range(about.positions)]
    return FilesetInfo(
        MetamorphReader.format, MetamorphReader.name, MetamorphReader.version, files, images, metadata=about.notes
    )


def _position(about: StackList, place: int, numbers: dict[Path, int]) -> ImageInfo:
    paths = [about.file(c, place, t) for c in range(len(about.channels)) for t in range(about.times)]
    stacks = [read_stack(path) for path in paths]
    first, slices = stacks[0], max(stack.planes for stack in stacks)
    for path, stack in zip(paths, stacks, strict=True):
        same = (stack.width, stack.height, stack.dtype) == (first.width, first.height, first.dtype)
        if not same or stack.planes not in (1, slices):
            raise FormatError(path, "is of another shape than the first stack of its list", "Copy all files again.")
    image = _image(about.position_name(place), first, about.path)
    image.size_z, image.size_c, image.size_t = slices, len(about.channels), about.times
    # A channel taken at one height only is the same in all slices.
    image.index["planes"] = [
        [numbers[path], stack.offset + min(z, stack.planes - 1) * stack.plane_bytes]
        for path, stack in zip(paths, stacks, strict=True)
        for z in range(slices)
    ]
    first.describe(image)
    image.physical_size_z = (about.step, "µm") if about.step and slices > 1 else image.physical_size_z
    image.planes = []
    start = first.moments[0] if first.moments else None
    for number, stack in enumerate(stacks):
        c, t = divmod(number, about.times)
        image.planes += stack.plane_infos([(z, c, t) for z in range(stack.planes)], start)
        image.channels[c].name = about.channels[c] or image.channels[c].name
    return image
