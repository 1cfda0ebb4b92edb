"""ROIs with their shapes, as IRoi answers them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import omero.api
from omero_server.queries import run
from omero_server.services.attaching import attach, load
from omero_server.services.containers.hierarchies import where
from omero_server.sessions.call import Call

__all__ = ["RoiFilter", "load_rois", "result", "roi_ids"]

TRANSFORM = " left outer join fetch o.transform"
ANY_PLANE = -1


@dataclass
class RoiFilter:
    """Conditions on the ROI ``r`` from the options of a caller, their parameters, and the page."""

    conditions: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    limit: int | None = None
    offset: int | None = None

    @classmethod
    def of(cls, options: Any) -> RoiFilter:
        """As the options say; which shapes are wanted is not looked at, as in OMERO."""
        made = cls()
        if options is None:
            return made
        for name, path, value in (("user", "owner", options.userId), ("group", "group", options.groupId)):
            if value is not None and value._val >= 0:
                made.conditions.append(f"r.details.{path}.id = :{name}")
                made.parameters[name] = value._val
        made.limit, made.offset = _number(options.limit), _number(options.offset)
        return made


def _number(value: Any) -> int | None:
    return None if value is None or value._val < 0 else int(value._val)


def roi_ids(call: Call, chosen: RoiFilter, conditions: Sequence[str], parameters: dict[str, Any]) -> list[int]:
    """Ids of the ROIs ``r`` that fulfil all conditions, ascending; one page of them."""
    query = f"select r.id from Roi r{where([*conditions, *chosen.conditions])} order by r.id"
    values = {**chosen.parameters, **parameters}
    return run(call, query, values, limit=chosen.limit, offset=chosen.offset)


def load_rois(
    call: Call,
    ids: Collection[int],
    *,
    folders: bool = False,
    conditions: Sequence[str] = (),
    parameters: dict[str, Any] | None = None,
) -> list[Any]:
    """ROIs by id with the shapes ``o`` that fulfil the conditions, on request with the folders that they are in."""
    rois = list(load(call, "Roi", ids).values())
    attach(call, rois, "shapes", TRANSFORM, conditions, parameters)
    if folders:
        attach(call, rois, "folderLinks")
    return rois


def result(options: Any, rois: list[Any]) -> Any:
    """The answer: the ROIs, and their shapes by plane; under -1 those that are on all planes."""
    shapes = [shape for roi in rois for shape in roi._shapesSeq]
    return omero.api.RoiResult(
        opts=options, rois=rois, byZ=_by("_theZ", shapes), byT=_by("_theT", shapes)
    )  # fmt: skip


def _by(attribute: str, shapes: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for shape in shapes:
        plane = getattr(shape, attribute)
        found[ANY_PLANE if plane is None else plane._val].append(shape)
    return dict(found)
