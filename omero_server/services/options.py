"""The options of ``omero.sys.Parameters``, with their defaults."""

from __future__ import annotations

from typing import Any

__all__ = ["Options"]


class Options:
    """What a caller chose; everything may be unset. A negative id of an owner or group means all of them."""

    def __init__(self, parameters: Any) -> None:
        options = parameters.theOptions if parameters is not None else None
        chosen = parameters.theFilter if parameters is not None else None
        self.leaves: bool = bool(_value(options, "leaves", False))
        self.orphan: bool = bool(_value(options, "orphan", False))
        self.acquisition_data: bool = bool(_value(options, "acquisitionData", False))
        self.owner: int | None = _value(chosen, "ownerId", None)
        self.group: int | None = _value(chosen, "groupId", None)
        self.start: Any = chosen.startTime if chosen is not None else None
        self.end: Any = chosen.endTime if chosen is not None else None
        self.limit: int | None = _not_negative(_value(chosen, "limit", None))
        self.offset: int | None = _not_negative(_value(chosen, "offset", None))

    @property
    def filtered(self) -> bool:
        """Whether owner or group are given."""
        return self.owner is not None or self.group is not None

    @property
    def timed(self) -> bool:
        """Whether a time is given."""
        return self.start is not None or self.end is not None

    @property
    def paged(self) -> bool:
        """Whether only a page is wanted."""
        return self.limit is not None or self.offset is not None

    def restrict(self, alias: str, times: bool = False) -> tuple[list[str], dict[str, Any]]:
        """HQL conditions on ``alias``, and their parameters. A group makes the owner irrelevant."""
        conditions: list[str] = []
        parameters: dict[str, Any] = {}
        if self.group is not None and self.group >= 0:
            conditions.append(f"{alias}.details.group.id = :optionGroup")
            parameters["optionGroup"] = self.group
        elif self.group is None and self.owner is not None and self.owner >= 0:
            conditions.append(f"{alias}.details.owner.id = :optionOwner")
            parameters["optionOwner"] = self.owner
        if times and self.start is not None:
            conditions.append(f"{alias}.details.creationEvent.time > :optionStart")
            parameters["optionStart"] = self.start
        if times and self.end is not None:
            conditions.append(f"{alias}.details.creationEvent.time < :optionEnd")
            parameters["optionEnd"] = self.end
        return conditions, parameters

    def owned(self, path: str) -> tuple[list[str], dict[str, Any]]:
        """HQL conditions on owner and group of ``path``, both where both are given, and their parameters."""
        conditions: list[str] = []
        parameters: dict[str, Any] = {}
        for name, chosen in (("group", self.group), ("owner", self.owner)):
            if chosen is not None and chosen >= 0:
                conditions.append(f"{path}.details.{name}.id = :{name}Chosen")
                parameters[f"{name}Chosen"] = chosen
        return conditions, parameters


def _value(holder: Any, name: str, default: Any) -> Any:
    wrapped = getattr(holder, name, None) if holder is not None else None
    return default if wrapped is None else wrapped._val


def _not_negative(number: int | None) -> int | None:
    return None if number is None or number < 0 else number
