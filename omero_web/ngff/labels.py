"""The masks of an image's regions of interest as OME-Zarr labels: one picture of whole numbers, the ids of regions.

Where masks overlap, the region with the larger id is seen. A mask that names no section or time point is in all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from omero_web.blitz import Blitz
from omero_web.ngff.image import Chunk, ZarrImage
from omero_web.ngff.metadata import V4, array, group, image_attributes

__all__ = ["LABELS", "NAME", "Mask", "label_documents", "label_image", "label_region", "masks_of"]

LABELS = "labels/"
NAME = "masks"
_MOST_MASK_PIXELS = 1 << 28
_MASKS = """
    select m.id, m.roi.id, m.theZ, m.theT, m.x, m.y, m.width, m.height, m.fillColor, m.textValue,
    a.a00, a.a10, a.a01, a.a11, a.a02, a.a12
    from Mask m left outer join m.transform a where m.roi.image.id = :id order by m.roi.id, m.id
"""

Json = dict[str, Any]
Numbers = npt.NDArray[Any]


@dataclass(frozen=True)
class Mask:
    """A mask without its bits. matrix: where its points lie in the image, (2, 3); None where they are."""

    id: int
    region: int
    z: int | None
    t: int | None
    x: float
    y: float
    width: int
    height: int
    color: int | None
    text: str | None
    matrix: Numbers | None

    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom in the image."""
        across = (self.x, self.x + self.width)
        down = (self.y, self.y + self.height)
        if self.matrix is None:
            return across[0], down[0], across[1], down[1]
        corners = self.matrix @ np.array([[x, y, 1.0] for x in across for y in down]).T
        (left, top), (right, bottom) = corners.min(axis=1), corners.max(axis=1)
        return float(left), float(top), float(right), float(bottom)


def masks_of(blitz: Blitz, image_id: int) -> list[Mask]:
    """The masks of an image, by region; those that have no place or no area are left out."""
    found = [_mask(row) for row in blitz.rows(_MASKS, {"id": image_id})]
    return [mask for mask in found if mask is not None]


def _mask(row: Sequence[Any]) -> Mask | None:
    place, numbers = row[4:8], row[10:16]
    if any(value is None or not math.isfinite(value) for value in place):
        return None
    width, height = int(place[2]), int(place[3])
    if min(width, height) < 1 or width * height > _MOST_MASK_PIXELS:
        return None
    matrix = None
    if all(value is not None and math.isfinite(value) for value in numbers):
        matrix = np.array([numbers[0::2], numbers[1::2]], np.float64)
        if np.linalg.det(matrix[:, :2]) == 0:
            return None
    number, region, z, t = row[:4]
    return Mask(number, region, z, t, place[0], place[1], width, height, row[8], row[9], matrix)


def label_image(image: ZarrImage, masks: Iterable[Mask]) -> ZarrImage:
    """The picture of labels: sizes and levels of the image, one channel."""
    largest = max((mask.region for mask in masks), default=0)
    dtype = np.dtype(np.uint32 if largest < 1 << 32 else np.uint64)
    return replace(image, dtype=dtype, pixels=replace(image.pixels, size_c=1))


def label_documents(version: str, image: ZarrImage, masks: Sequence[Mask]) -> dict[str, Json]:
    """All documents below `labels/`, by their keys; none when there are no masks."""
    if not masks:
        return {}
    labels = label_image(image, masks)
    attributes = image_attributes(version, labels, {"meta": {"imageName": NAME}})
    attributes["image-label"] = _about(masks) | ({"version": V4} if version == V4 else {})
    documents = {LABELS: group(version, {"labels": [NAME]}), f"{LABELS}{NAME}/": group(version, attributes)}
    documents |= {f"{LABELS}{NAME}/{level}/": array(version, labels, level) for level in range(len(labels.levels))}
    return {prefix + name: document for prefix, inside in documents.items() for name, document in inside.items()}


def _about(masks: Iterable[Mask]) -> Json:
    """What the regions are called and how they are painted; of each its first mask that says something."""
    regions: dict[int, list[Mask]] = {}
    for mask in masks:
        regions.setdefault(mask.region, []).append(mask)
    properties, colors = [], []
    for region, mine in regions.items():
        text = next((mask.text for mask in mine if mask.text), None)
        color = next((mask.color for mask in mine if mask.color is not None), None)
        properties.append({"label-value": region, "roi": region, **({} if text is None else {"text": text})})
        if color is not None:
            colors.append({"label-value": region, "rgba": list((color & 0xFFFFFFFF).to_bytes(4, "big"))})
    about: Json = {"properties": properties, "source": {"image": "../../"}}
    return about | ({"colors": colors} if colors else {})


def label_region(blitz: Blitz, image: ZarrImage, masks: Iterable[Mask], chunk: Chunk) -> Numbers | None:
    """The labels of a chunk, shape (height, width); None when no mask is there. `image`: that of the labels."""
    full, level = image.levels[0], image.levels[chunk.level]
    # The pixel of the full size that is in the middle of each of the level's.
    columns, rows = (
        ((np.arange(first, first + count) + 0.5) * (whole / small)).astype(np.int64)
        for first, count, whole, small in zip(
            (chunk.x, chunk.y), (chunk.width, chunk.height), full, level, strict=True
        )
    )  # fmt: skip
    near = [(mask, part) for mask in masks if (part := _part(mask, chunk, columns, rows)) is not None]
    if not near:
        return None
    pixels = np.zeros((chunk.height, chunk.width), image.dtype)
    ids = [mask.id for mask, _ in near]
    stored = {one.id.val: one.bytes for one in blitz.objects("select m from Mask m where m.id in (:ids)", {"ids": ids})}
    for mask, (down, across) in near:
        covered = _covered(mask, stored.get(mask.id), columns[across], rows[down])
        if covered is not None:
            pixels[down, across][covered] = mask.region
    return pixels


def _part(mask: Mask, chunk: Chunk, columns: Numbers, rows: Numbers) -> tuple[slice, slice] | None:
    """The rows and columns of a chunk that a mask may cover; None when it covers nothing there."""
    if mask.z not in (None, chunk.z) or mask.t not in (None, chunk.t):
        return None
    left, top, right, bottom = mask.box()
    across, down = (
        slice(*(int(at) for at in np.searchsorted(places, (math.floor(first) - 1, math.ceil(last) + 1))))
        for places, first, last in ((columns, left, right), (rows, top, bottom))
    )
    return None if across.start == across.stop or down.start == down.stop else (down, across)


def _covered(mask: Mask, packed: Any, columns: Numbers, rows: Numbers) -> Numbers | None:
    """Which of the pixels at these columns and rows a mask covers; None when its bits are not all there."""
    data = np.frombuffer(bytes(packed or b""), np.uint8)
    if data.size * 8 < mask.width * mask.height:
        return None
    bits = np.unpackbits(data, count=mask.width * mask.height).astype(bool).reshape(mask.height, mask.width)
    x, y = np.meshgrid(columns + 0.5, rows + 0.5)
    if mask.matrix is not None:
        inverse = np.linalg.inv(mask.matrix[:, :2])
        x, y = x - mask.matrix[0, 2], y - mask.matrix[1, 2]
        x, y = inverse[0, 0] * x + inverse[0, 1] * y, inverse[1, 0] * x + inverse[1, 1] * y
    across, down = np.floor(x - mask.x).astype(np.int64), np.floor(y - mask.y).astype(np.int64)
    inside = (across >= 0) & (across < mask.width) & (down >= 0) & (down < mask.height)
    covered: Numbers = np.zeros(inside.shape, bool)
    covered[inside] = bits[down[inside], across[inside]]
    return covered
