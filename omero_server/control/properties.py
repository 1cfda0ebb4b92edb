"""The table of known configuration properties (`properties.yaml`): default, type and help of each."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

__all__ = ["Property", "known_properties"]


@dataclass(frozen=True)
class Property:
    """One known property; `kind` is string, integer, number, boolean or json."""

    name: str
    section: str
    default: str
    kind: str
    help: str
    ignored: bool = False


@cache
def known_properties() -> dict[str, Property]:
    """All known properties by name, in the order of the table."""
    text = files("omero_server.control").joinpath("properties.yaml").read_text(encoding="utf-8")
    # The C loader reads the table in 30 ms, the Python one in 300 ms.
    table: dict[str, dict[str, dict[str, Any]]] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return {
        name: Property(name, section, row["default"], row["type"], row["help"], row.get("ignored", False))
        for section, rows in table.items()
        for name, row in rows.items()
    }
