"""Whole slides of DICOM: files of one series are levels of a pyramid, label and overview (PS3.3, A.32.8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import FormatError, pixel_type_of
from omero_server.formats.dicomfile import Dataset, Source, acquired, items, number, numbers, text
from omero_server.formats.info import ChannelInfo, ImageInfo, Level, MicroscopeInfo, ObjectiveInfo, Quantity

__all__ = ["slide_images"]

_EXTRAS = {"LABEL": "label image", "OVERVIEW": "macro image"}
_LARGEST_SIDE = 2**31
_MOST_TILES = 5_000_000

Part = tuple[Dataset, Source]


def slide_images(files: Sequence[Path], datasets: Sequence[Dataset], sources: Sequence[Source]) -> list[ImageInfo]:
    """The slide, one image for each set of optical paths that has its own files; then label and overview."""
    volumes: dict[tuple[str, ...], list[Part]] = {}
    extras = []
    for part in zip(datasets, sources, strict=True):
        kind = _kind(part[0])
        if kind in _EXTRAS:
            extras.append((_EXTRAS[kind], part))
        elif kind != "THUMBNAIL" or len(files) == 1:
            volumes.setdefault(_paths(part[0]), []).append(part)
    images: list[ImageInfo] = []
    for parts in volumes.values():
        for pyramid in _pyramids(parts):
            name = files[0].name if not images else f"{files[0].name} #{len(images) + 1}"
            images.append(_image(name, pyramid, files))
    return images + [_image(name, [part], files) for name, part in extras]


def _kind(dataset: Dataset) -> str:
    """VOLUME, LABEL, OVERVIEW or THUMBNAIL."""
    words = items(dataset, "ImageType")
    return str(words[2]).upper() if len(words) > 2 else "VOLUME"


def _paths(dataset: Dataset) -> tuple[str, ...]:
    """Identifiers of the optical paths, in order."""
    return tuple(text(item, "OpticalPathIdentifier") for item in items(dataset, "OpticalPathSequence"))


def _size(part: Part) -> tuple[int, int]:
    """Width and height of the whole plane."""
    dataset, source = part
    width, height = (int(number(dataset, f"TotalPixelMatrix{side}")) for side in ("Columns", "Rows"))
    return (
        (width, height) if 0 < width < _LARGEST_SIDE and 0 < height < _LARGEST_SIDE else (source.columns, source.rows)
    )


def _pyramids(parts: list[Part]) -> list[list[Part]]:
    """Files from large to small; two of one size begin different pyramids."""
    found: list[list[Part]] = []
    for part in sorted(parts, key=lambda part: -_size(part)[0]):
        fitting = (pyramid for pyramid in found if _is_level(pyramid[-1], part))
        pyramid = next(fitting, None)
        if pyramid is None:
            found.append([part])
        else:
            pyramid.append(part)
    return found


def _is_level(above: Part, part: Part) -> bool:
    (width, height), (small, low) = _size(above), _size(part)
    same = (above[1].dtype, above[1].samples) == (part[1].dtype, part[1].samples)
    planes = _planes(above) == _planes(part)
    return same and planes and small < width and abs(low - height * small / width) <= max(2, 0.02 * low)


def _planes(part: Part) -> tuple[int, int]:
    """Focal planes and optical paths."""
    focal = int(number(part[0], "TotalPixelMatrixFocalPlanes", 1))
    return max(1, focal), max(1, int(number(part[0], "NumberOfOpticalPaths", 1)))


def _image(name: str, pyramid: list[Part], files: Sequence[Path]) -> ImageInfo:
    dataset, first = pyramid[0]
    path = files[first.file]
    focal, paths = _planes(pyramid[0])
    width, height = _size(pyramid[0])
    samples = first.samples
    if first.palette:
        raise FormatError(path, "is a slide with a palette", "Convert it to RGB.")
    x, y, z = _pixel_size(dataset)
    image = ImageInfo(
        name=name,
        size_x=width,
        size_y=height,
        size_z=focal,
        size_c=paths * samples,
        dimension_order="XYCZT" if samples > 1 else "XYZTC",
        pixel_type=pixel_type_of(np.dtype(first.dtype), path),
        significant_bits=first.bits,
        is_rgb=samples > 1,
        description=text(dataset, "SeriesDescription") or None,
        acquired=acquired(dataset),
        physical_size_x=x,
        physical_size_y=y,
        physical_size_z=z,
        levels=[Level(*_size(part)) for part in pyramid],
        tile_size=(first.columns, first.rows),
        channels=_channels(dataset, paths, samples),
        index={
            "sources": [asdict(source) for _, source in pyramid],
            "levels": [_layout(part, number_, files) for number_, part in enumerate(pyramid)],
            "samples": samples,
        },
    )
    _optics(image, dataset)
    return image


def _layout(part: Part, number_: int, files: Sequence[Path]) -> dict[str, Any]:
    """Tiles of one level."""
    dataset, source = part
    width, height = _size(part)
    across, down = -(-width // source.columns), -(-height // source.rows)
    focal, paths = _planes(part)
    tiles = across * down * focal * paths
    path = files[source.file]
    if tiles > _MOST_TILES:
        raise FormatError(path, f"declares {width}x{height} pixels in tiles of {source.columns}x{source.rows}")
    frames = None
    if text(dataset, "DimensionOrganizationType") == "TILED_SPARSE" and tiles > 1:
        frames = _sparse(part, (across, down, focal), tiles, path)
    elif tiles > source.count:
        raise FormatError(path, f"should have {tiles} tiles but has {source.count}", "Copy it again.")
    return {
        "sources": [number_],
        "tile": [source.columns, source.rows],
        "across": across,
        "down": down,
        "frames": frames,
    }


def _sparse(part: Part, grid: tuple[int, int, int], tiles: int, path: Path) -> list[int]:
    """The frame of each tile by the positions of the frames; -1 for tiles that were left out."""
    dataset, source = part
    across, down, focal = grid
    names = {name: at for at, name in enumerate(_paths(dataset))}
    frames, depths = [-1] * tiles, dict[float, int]()
    for frame, item in enumerate(items(dataset, "PerFrameFunctionalGroupsSequence")[: source.count]):
        place, optics = items(item, "PlanePositionSlideSequence"), items(item, "OpticalPathIdentificationSequence")
        if not place:
            raise FormatError(path, f"does not say where its frame {frame} lies")
        column = (int(number(place[0], "ColumnPositionInTotalImagePixelMatrix", 1)) - 1) // source.columns
        row = (int(number(place[0], "RowPositionInTotalImagePixelMatrix", 1)) - 1) // source.rows
        z = depths.setdefault(number(place[0], "ZOffsetInSlideCoordinateSystem"), len(depths)) if focal > 1 else 0
        channel = names.get(text(optics[0], "OpticalPathIdentifier"), 0) if optics else 0
        at = ((channel * focal + z) * down + row) * across + column
        if not (0 <= column < across and 0 <= row < down and z < focal and at < tiles):
            raise FormatError(path, f"has its frame {frame} outside of the slide")
        frames[at] = frame
    return frames


def _pixel_size(dataset: Dataset) -> tuple[Quantity | None, ...]:
    """Pixel spacing, and step between focal planes."""
    shared = items(dataset, "SharedFunctionalGroupsSequence")
    measures = items(shared[0], "PixelMeasuresSequence") if shared else None
    if not measures:
        return None, None, None
    spacing, step = numbers(measures[0], "PixelSpacing"), number(measures[0], "SpacingBetweenSlices")
    fine = len(spacing) == 2 and min(spacing) > 0
    x, y = ((spacing[1], "mm"), (spacing[0], "mm")) if fine else (None, None)
    return x, y, (step, "mm") if step > 0 else None


def _channels(dataset: Dataset, paths: int, samples: int) -> list[ChannelInfo]:
    """Names and wavelengths of optical paths; those of colours have none."""
    optics = items(dataset, "OpticalPathSequence")
    channels = []
    for number_ in range(paths * samples):
        channel = ChannelInfo(samples_per_pixel=samples)
        if samples == 1 and number_ < len(optics):
            wave = number(optics[number_], "IlluminationWaveLength")
            channel.name = text(optics[number_], "OpticalPathDescription") or None
            channel.excitation_wavelength = (wave, "nm") if wave > 0 else None
        channels.append(channel)
    return channels


def _optics(image: ImageInfo, dataset: Dataset) -> None:
    optics = items(dataset, "OpticalPathSequence")
    power = number(optics[0], "ObjectiveLensPower") if optics else 0
    aperture = number(optics[0], "ObjectiveLensNumericalAperture") if optics else 0
    if power > 0 or aperture > 0:
        image.objective = ObjectiveInfo(
            "Objective:0", nominal_magnification=power or None, lens_na=aperture or None
        )  # fmt: skip
    made = [text(dataset, key) or None for key in ("Manufacturer", "ManufacturerModelName", "DeviceSerialNumber")]
    if any(made):
        image.microscope = MicroscopeInfo("Microscope:0", None, *made)
