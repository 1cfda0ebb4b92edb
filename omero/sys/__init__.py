"""Parameters of queries and calls: ``ParametersI`` and the wire classes of ``omero.sys``."""

from __future__ import annotations

from typing import Any

import omero._generated  # noqa: F401 - defines the wire classes in this module


def __getattr__(name: str) -> Any:
    if name != "ParametersI":
        raise AttributeError(f"module 'omero.sys' has no attribute {name!r}")
    from omero.sys.parameters import ParametersI

    globals()[name] = ParametersI
    return ParametersI
