"""Joins the packages on disk with the modules that the Slice files fill.

Generated code asks ``Ice.openModule`` for ``omero.model`` and its like, and gets whatever ``sys.modules`` holds by
then. So the packages are imported first; afterwards the modules that have no file (``omero.constants.metadata``) are
made importable.
"""

from __future__ import annotations

import sys
from importlib import import_module

PACKAGES = ("api", "cmd", "constants", "grid", "metadatastore", "model", "romio", "sys")


def prepare() -> None:
    """Import the packages, which do nothing yet but be there."""
    for name in PACKAGES:
        import_module(f"omero.{name}")


def register() -> None:
    """Make every module that exists only in Slice importable by name, and an attribute of the module above it."""
    import Ice

    for name in sorted(Ice._pendingModules):
        if name.startswith("omero."):
            module = sys.modules.setdefault(name, Ice._pendingModules[name])
            above, _, last = name.rpartition(".")
            setattr(sys.modules[above], last, module)
