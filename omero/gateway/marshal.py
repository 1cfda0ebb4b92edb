"""Wrappers as plain dicts, by the rules in ``_attrs``.

``name`` the field; ``#name`` the value of an enumeration; ``name|Wrapper`` the field in a wrapper, marshalled;
``name|`` a wrapper or list of wrappers, marshalled; ``()name`` what ``getName()`` gives; ``...;alias`` another key.
"""

from __future__ import annotations

import sys
from typing import Any, ClassVar

from omero.rtypes import unwrap

__all__ = ["Marshalling"]


class Marshalling:
    """The part of a wrapper that gives dicts."""

    OMERO_CLASS: ClassVar[Any]
    _attrs: ClassVar[tuple[str, ...]]
    _obj: Any
    _conn: Any

    def simpleMarshal(self, xtra: Any = None, parents: bool = False) -> dict[str, Any]:
        """type, id, name, description and what ``_attrs`` names; child_count if ``xtra`` has childCount; parents."""
        described: dict[str, Any] = {
            "type": self.OMERO_CLASS,
            "id": self.getId(),  # type: ignore[attr-defined]
            "name": self.getName(),  # type: ignore[attr-defined]
            "description": self.getDescription(),  # type: ignore[attr-defined]
        }
        for rule in self._attrs:
            rest, _semicolon, alias = rule.partition(";")
            key = alias or rest.partition("|")[0].lstrip("#").removeprefix("()")
            described[key] = self._plain(rule)
        if xtra and "childCount" in xtra:
            described["child_count"] = self.countChildren()  # type: ignore[attr-defined]
        if parents:
            described["parents"] = [parent.simpleMarshal() for parent in self.getAncestry()]  # type: ignore[attr-defined]
        return described

    def _plain(self, rule: str) -> Any:
        value = self._by_rule(rule)
        if isinstance(value, list | tuple):
            return [item.simpleMarshal() for item in value]
        if hasattr(value, "simpleMarshal"):
            return value.simpleMarshal()
        return value.getValue() if hasattr(value, "getUnit") else value

    def _by_rule(self, rule: str) -> Any:
        """The value that a rule names."""
        rest = rule.partition(";")[0]
        name, wrapped, wrapper = rest.partition("|")
        if name.startswith("()"):
            name = name.removeprefix("()")
            return getattr(self, f"get{name[0].upper()}{name[1:]}")()
        enumeration = name.startswith("#")
        value = unwrap(getattr(self._obj, name.lstrip("#"), None))
        if value is None:
            return None
        if enumeration:
            return self._enumeration_value(value)
        return getattr(sys.modules["omero.gateway"], wrapper)(self._conn, value) if wrapped and wrapper else value

    def _enumeration_value(self, value: Any) -> Any:
        if not value.loaded:
            value = self._conn.getQueryService().get(
                value.ice_id().rpartition("::")[2], value.id.val, self._conn.SERVICE_OPTS
            )
        return unwrap(value.value)
