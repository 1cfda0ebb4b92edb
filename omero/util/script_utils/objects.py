"""Objects that the inputs of a script name."""

from __future__ import annotations

from typing import Any

__all__ = ["get_objects"]


def get_objects(conn: Any, params: dict[str, Any]) -> tuple[list[Any], str]:
    """Wrappers of the objects that ``params`` names with ``Data_Type`` ("Image") and ``IDs``, in the order of the ids.

    Returns them and a message for users on those that were not found, "" when all were. Raises KeyError for a missing
    parameter or unknown type.
    """
    kind, ids = params["Data_Type"], params["IDs"]
    found = {wrapper.getId(): wrapper for wrapper in conn.getObjects(kind, ids)} if ids else {}
    wanted = len(set(ids))
    if not found:
        message = f"No {kind.lower()} found. "
    elif len(found) < wanted:
        message = f"Found {len(found)} out of {wanted} {kind.lower()}(s). "
    else:
        message = ""
    return [found[number] for number in ids if number in found], message
