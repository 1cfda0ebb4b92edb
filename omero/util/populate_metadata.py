"""Tables and map annotations from CSV files: what is in the package omero-metadata, under its old name.

``ParsingContext``, ``BulkToMapAnnotationContext``, ``DeleteMapAnnotationContext`` and the rest are those of
``omero_metadata.populate``, which has to be installed.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

PACKAGE = "omero_metadata"


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    warnings.warn(
        f"omero.util.populate_metadata is deprecated, use {PACKAGE}.populate", DeprecationWarning, stacklevel=2
    )
    try:
        module = import_module(f"{PACKAGE}.populate")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != PACKAGE:
            raise
        raise ImportError(
            f"omero.util.populate_metadata.{name} is in the package omero-metadata: pip install omero-metadata"
        ) from error
    return getattr(module, name)
