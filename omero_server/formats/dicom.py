"""DICOM: single files, files of several frames, series of files as stacks, whole slides.

Values stay as they are stored; slope and intercept are original metadata. Palettes become colours.

`ImageInfo.index` is a dict: `sources` (fields of `Source`) and `levels`, each with the numbers of its `sources`, `tile`
(width, height), `across` and `down` (tiles of a plane) and `frames`: the frame of each tile of each plane, -1 for none;
None when they follow each other. Planes count Z, then T, then channels. Of several sources each holds one plane.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import PIXEL_DTYPES, Array, FormatError, Reader, decoding, pixel_type_of
from omero_server.formats.dicomfile import (
    Dataset,
    Source,
    acquired,
    is_dicom,
    items,
    notes_of,
    number,
    numbers,
    read_header,
    source_of,
    text,
)
from omero_server.formats.dicomframes import Region, check_source, frame_region
from omero_server.formats.dicomparts import joined
from omero_server.formats.dicomseries import SLIDE, Stack, members, stacked
from omero_server.formats.dicomslide import slide_images
from omero_server.formats.info import FilesetInfo, ImageInfo, PlaneInfo, Quantity, plain_channels
from omero_server.formats.rawbytes import PieceCache

__all__ = ["DicomReader"]

_MOST_FRAMES = 5_000_000


class DicomReader(Reader):
    """Images of medicine, and whole slides."""

    name = "dicom"
    format = "Dicom"
    suffixes = (".dcm", ".dicom")

    def __init__(self, info: FilesetInfo) -> None:
        super().__init__(info)
        self._cache = PieceCache()
        self._sources: dict[tuple[int, int], Source] = {}

    @classmethod
    def detect(cls, path: Path) -> bool:
        return is_dicom(path)

    @classmethod
    def used_files(cls, path: Path) -> list[Path]:
        if not path.is_file():
            raise FormatError(path, "no such file", "Check the path.")
        with decoding(path, "reading the DICOM header"):
            files = members(path)
            return files if _is_slide(path) else stacked(files).files

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        files = cls.used_files(path)
        with decoding(path, "reading the DICOM files"):
            return cls._described(files)

    @classmethod
    def _described(cls, files: list[Path]) -> FilesetInfo:
        headers = [read_header(file) for file in files]
        sources = []
        for number_, (file, (dataset, at)) in enumerate(zip(files, headers, strict=True)):
            sources.append(source_of(dataset, at, file, number_))
            check_source(sources[-1], file)
        if sum(source.count for source in sources) > _MOST_FRAMES:
            raise FormatError(files[0], "has too many frames")
        parts = joined([dataset for dataset, _ in headers], sources, files)
        datasets, sources = [dataset for dataset, _ in parts], [source for _, source in parts]
        if _is_slide(files[0]):
            images = slide_images(files, datasets, sources)
        else:
            images = [_stack_image(stacked(files), datasets, sources)]
        return FilesetInfo(cls.format, cls.name, cls.version, files, images, metadata=notes_of(datasets[0]))

    def pixel_files(self) -> list[set[Path]]:
        found = []
        for image in self._info.images:
            parts = [part for source in image.index["sources"] for part in source["parts"] or [source]]
            found.append({self._info.used_files[part["file"]] for part in parts})
        return found

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        image = self._info.images[series]
        layout: dict[str, Any] = image.index["levels"][level]
        z, c, t = zct
        samples = image.index["samples"]
        plane = (c // samples * image.size_t + t) * image.size_z + z
        x, y, w, h = region
        width, height = layout["tile"]
        out = np.zeros((h, w), PIXEL_DTYPES[image.pixel_type])
        for row in range(y // height, -(-(y + h) // height)):
            for column in range(x // width, -(-(x + w) // width)):
                left, top = column * width, row * height
                x0, y0 = max(x, left), max(y, top)
                x1, y1 = min(x + w, left + width), min(y + h, top + height)
                at = (plane * layout["down"] + row) * layout["across"] + column
                pixels = self._tile(series, layout, at, c % samples, (x0 - left, y0 - top, x1 - x0, y1 - y0))
                if pixels is not None:
                    out[y0 - y : y1 - y, x0 - x : x1 - x] = pixels
        return out

    def _tile(self, series: int, layout: dict[str, Any], at: int, sample: int, region: Region) -> Array | None:
        """Part of a tile; None for one that was left out."""
        several = len(layout["sources"]) > 1
        frame = 0 if several else at if layout["frames"] is None else layout["frames"][at]
        if frame < 0:
            return None
        number_ = layout["sources"][at if several else 0]
        with self._lock:
            if (series, number_) not in self._sources:
                fields: dict[str, Any] = self._info.images[series].index["sources"][number_]
                self._sources[series, number_] = Source(**fields)
            source, frame = self._sources[series, number_].part(frame)
        return frame_region(source, self._info.used_files[source.file], frame, sample, region, self._cache)

    def close(self) -> None:
        self._cache.clear()


def _is_slide(path: Path) -> bool:
    return text(read_header(path, ("SOPClassUID",))[0], "SOPClassUID") == SLIDE


def _stack_image(stack: Stack, datasets: list[Dataset], sources: list[Source]) -> ImageInfo:
    """One image of the slices of a series, or of the frames of a file."""
    first, dataset = sources[0], datasets[0]
    size_z, size_t, increment = stack.size_z, stack.size_t, None
    if len(sources) == 1:
        size_z, size_t, increment = _frames_as(dataset, first.count)
    path = stack.files[0]
    x, y = _pixel_size(dataset)
    samples = 3 if first.palette else first.samples
    dtype = np.dtype("u1") if first.palette else np.dtype(first.dtype)
    layout = {
        "sources": list(range(len(sources))), "tile": [first.columns, first.rows], "across": 1, "down": 1,
        "frames": None,
    }  # fmt: skip
    image = ImageInfo(
        name=path.name,
        size_x=first.columns,
        size_y=first.rows,
        size_z=size_z,
        size_c=samples,
        size_t=size_t,
        dimension_order="XYCZT" if samples > 1 else "XYZTC",
        pixel_type=pixel_type_of(dtype, path),
        significant_bits=8 if first.palette else first.bits,
        is_rgb=samples > 1,
        graphics=samples > 1,
        description=text(dataset, "SeriesDescription") or text(dataset, "ImageComments") or None,
        acquired=acquired(dataset),
        physical_size_x=x,
        physical_size_y=y,
        physical_size_z=_step(stack, dataset),
        time_increment=increment,
        channels=plain_channels(samples, samples),
        index={"sources": [asdict(source) for source in sources], "levels": [layout], "samples": samples},
    )
    if samples == 1:
        image.channels[0].window = _window(dataset, first)
    image.planes = _places(image, datasets)
    return image


def _frames_as(dataset: Dataset, count: int) -> tuple[int, int, Quantity | None]:
    """Frames are slices, unless the file says that time passes between them."""
    milliseconds = number(dataset, "FrameTime")
    if count > 1 and milliseconds > 0:
        return 1, count, (milliseconds, "ms")
    return count, 1, None


def _pixel_size(dataset: Dataset) -> tuple[Quantity | None, Quantity | None]:
    """Spacing of columns and rows; the standard names rows first."""
    for holder in (dataset, _measures(dataset)):
        for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
            spacing = numbers(holder, keyword) if holder is not None else []
            if len(spacing) == 2 and min(spacing) > 0:
                return (spacing[1], "mm"), (spacing[0], "mm")
    return None, None


def _measures(dataset: Dataset) -> Dataset | None:
    """The pixel measures that all frames of an enhanced file share."""
    shared = items(dataset, "SharedFunctionalGroupsSequence")
    measures = items(shared[0], "PixelMeasuresSequence") if shared else None
    return measures[0] if measures else None


def _step(stack: Stack, dataset: Dataset) -> Quantity | None:
    if stack.step:
        return stack.step, "mm"
    for holder in (dataset, _measures(dataset)):
        for keyword in ("SpacingBetweenSlices", "SliceThickness"):
            step = abs(number(holder, keyword)) if holder is not None else 0
            if step > 0:
                return step, "mm"
    return None


def _window(dataset: Dataset, source: Source) -> tuple[float, float] | None:
    """The first window of the file in stored values (PS3.3, C.11.2.1.2)."""
    center, width = numbers(dataset, "WindowCenter"), numbers(dataset, "WindowWidth")
    slope, intercept = number(dataset, "RescaleSlope", 1), number(dataset, "RescaleIntercept")
    if not center or not width or width[0] < 1 or slope <= 0 or source.photometric != "MONOCHROME2":
        return None
    low = center[0] - 0.5 - (width[0] - 1) / 2
    return (low - intercept) / slope, (low + width[0] - 1 - intercept) / slope


def _places(image: ImageInfo, datasets: list[Dataset]) -> list[PlaneInfo]:
    """Position of each slice of a series; frames of one file share it."""
    if len(datasets) != image.size_z * image.size_t or image.size_c > 1:
        return []
    found = []
    for plane, dataset in enumerate(datasets):
        position = numbers(dataset, "ImagePositionPatient")
        if len(position) == 3:
            x, y, z = ((value, "mm") for value in position)
            t, slice_ = divmod(plane, image.size_z)
            found.append(PlaneInfo(slice_, 0, t, position_x=x, position_y=y, position_z=z))
    return found
