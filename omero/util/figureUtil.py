"""Texts and marks on figures: times, scale bars, containers and tags of images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import omero
import omero.api
import omero.model
import omero.sys
from omero.rtypes import rint, rlist, rlong, unwrap

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "HOURS",
    "HOURS_MINS",
    "HOURS_MINS_SECS",
    "HOURS_MINS_SECS_MILLIS",
    "MINS",
    "MINS_SECS",
    "SECS",
    "SECS_MILLIS",
    "TIME_UNITS",
    "WHITE",
    "addScalebar",
    "formatTime",
    "getDatasetsProjectsFromImages",
    "getTagsFromImages",
    "getTimeLabels",
    "getTimes",
    "getVerticalLabels",
]

WHITE = (255, 255, 255)

SECS_MILLIS = "SECS_MILLIS"
SECS = "SECS"
MINS = "MINS"
HOURS = "HOURS"
MINS_SECS = "MINS_SECS"
HOURS_MINS = "HOURS_MINS"
HOURS_MINS_SECS = "HOURS_MINS_SECS"
HOURS_MINS_SECS_MILLIS = "HOURS_MINS_SECS_MILLIS"
TIME_UNITS = [SECS_MILLIS, SECS, MINS, HOURS, MINS_SECS, HOURS_MINS, HOURS_MINS_SECS, HOURS_MINS_SECS_MILLIS]

MINUTE, HOUR = 60, 3600


def getDatasetsProjectsFromImages(queryService: Any, imageIds: Iterable[int]) -> dict[int, list[tuple[str, str]]]:
    """(project, dataset) names for each image id; "" for a dataset that is in no project."""
    found: dict[int, list[tuple[str, str]]] = {number: [] for number in map(unwrap, imageIds)}
    if not found:
        return found
    query = (
        "select il.child.id, p.name, d.name from DatasetImageLink il join il.parent d "
        "left outer join d.projectLinks pl left outer join pl.parent p where il.child.id in (:ids) order by d.id, p.id"
    )
    for image, project, dataset in unwrap(queryService.projection(query, _ids(found))):
        found[image].append((project or "", dataset))
    return found


def _ids(numbers: Iterable[int]) -> Any:
    return omero.sys.ParametersI().add("ids", rlist([rlong(number) for number in numbers]))


def getTagsFromImages(metadataService: Any, imageIds: Iterable[int]) -> dict[int, list[str]]:
    """The texts of the tags of each image id."""
    numbers = [unwrap(number) for number in imageIds]
    loaded = metadataService.loadAnnotations("Image", numbers, [], [], None, None) if numbers else {}
    return {
        number: [unwrap(a.textValue) for a in loaded.get(number, []) if isinstance(a, omero.model.TagAnnotation)]
        for number in numbers
    }


def getTimes(
    queryService: Any, pixelsId: int, tIndexes: Iterable[int], theZ: int | None = None, theC: int | None = None
) -> dict[int, float]:
    """When planes were taken, in seconds, by time point; of the first section and channel unless others are given.

    Time points without a time are left out.
    """
    wanted = list(tIndexes)
    if not wanted:
        return {}
    params = omero.sys.ParametersI().addId(pixelsId)
    params.add("z", rint(theZ or 0)).add("c", rint(theC or 0)).add("ts", rlist([rint(t) for t in wanted]))
    query = (
        "select i from PlaneInfo i where i.pixels.id = :id and i.theZ = :z and i.theC = :c and i.theT in (:ts) "
        "and i.deltaT is not null"
    )
    return {info.theT.val: _in_seconds(info.deltaT) for info in queryService.findAllByQuery(query, params)}


def _in_seconds(time: Any) -> float:
    return float(omero.model.TimeI(time, omero.model.enums.UnitsTime.SECOND).getValue())


def formatTime(seconds: float, timeUnits: str | None) -> str:
    """A time as text: "3662" (SECS), "61:02" (MINS_SECS), "1:01:01.50" (HOURS_MINS_SECS_MILLIS) and so on.

    Other units than those of ``TIME_UNITS`` give "3661.50 sec".
    """
    sign, rest = ("-" if seconds < 0 else ""), abs(seconds)
    if timeUnits in (SECS, MINS, HOURS):
        return f"{seconds / {SECS: 1, MINS: MINUTE, HOURS: HOUR}[timeUnits]:.0f}"
    if timeUnits == SECS_MILLIS:
        return f"{seconds:.2f}"
    if timeUnits == HOURS_MINS:
        return f"{sign}{int(rest // HOUR)}:{int(rest % HOUR // MINUTE):02d}"
    if timeUnits == HOURS_MINS_SECS_MILLIS:
        whole, hundredths = divmod(round(rest * 100), 100)
        return f"{sign}{_clock(whole)}.{hundredths:02d}"
    if timeUnits == HOURS_MINS_SECS:
        return f"{sign}{_clock(round(rest))}"
    if timeUnits == MINS_SECS:
        minutes, left = divmod(round(rest), MINUTE)
        return f"{sign}{minutes}:{left:02d}"
    return f"{seconds:.2f} sec"


def _clock(seconds: int) -> str:
    return f"{seconds // HOUR}:{seconds % HOUR // MINUTE:02d}:{seconds % MINUTE:02d}"


def getTimeLabels(
    queryService: Any,
    pixelsId: int,
    tIndexes: Sequence[int],
    sizeT: int,
    timeUnits: str | None = None,
    showRoiDuration: bool = False,
) -> list[str | None]:
    """A text for each time point and, as the last item, the units: ``timeUnits``, or for None what suits the times.

    With ``showRoiDuration`` times count from the first time point. Time points without a time are numbered: "1/5".
    """
    times = getTimes(queryService, pixelsId, tIndexes)
    if times and timeUnits is None:
        timeUnits = _suitable_units(max(times.values()))
    start = times.get(tIndexes[0], 0) if showRoiDuration and tIndexes else 0
    labels: list[str | None] = [
        formatTime(times[t] - start, timeUnits) if t in times else f"{t + 1}/{sizeT}" for t in tIndexes
    ]
    return [*labels, timeUnits]


def _suitable_units(longest: float) -> str:
    if longest <= MINUTE:
        return SECS_MILLIS
    return MINS_SECS if longest <= HOUR else HOURS_MINS


def addScalebar(
    scalebar: float, xIndent: int, yIndent: int, image: Image, pixels: Any, colour: Any
) -> tuple[bool, str]:
    """Draw a bar of ``scalebar`` micrometres into a picture, that far from its right and lower edges.

    ``pixels``, a model object or wrapper, says how large a pixel is. Returns whether it was drawn, and a message.
    """
    from PIL import ImageDraw

    size = getattr(pixels, "_obj", pixels).getPhysicalSizeX()
    micrometre = omero.model.enums.UnitsLength.MICROMETER
    size = None if size is None else omero.model.LengthI(size, micrometre).getValue()
    if not size:
        return False, "  Failed to add scale bar: Pixel size not defined."
    length = int(scalebar // size)
    right, bottom = image.width - xIndent, image.height - yIndent
    if length > right:
        return False, "  Failed to add scale bar: Scale bar is too large."
    draw = ImageDraw.Draw(image)
    for y in (bottom - 1, bottom):
        draw.line([(right - length, y), (right, y)], fill=colour)
    return True, "  Scalebar added to the image."


def getVerticalLabels(labels: Sequence[str], font: Any, textGap: int) -> Image:
    """Texts written upwards, one beside the other and ``textGap`` pixels apart, in a picture of their size."""
    from PIL import Image, ImageDraw

    boxes = [font.getbbox(label) for label in labels]
    width = round(max((box[2] for box in boxes), default=0))
    height = round(max((box[3] for box in boxes), default=0))
    step = height + textGap
    picture = Image.new("RGB", (width, max(0, len(labels) * step - textGap)), WHITE)
    draw = ImageDraw.Draw(picture)
    for number, (label, box) in enumerate(zip(labels, boxes, strict=True)):
        draw.text(((width - box[2]) / 2, number * step), label, font=font, fill=(0, 0, 0))
    return picture.rotate(90, expand=True)
