"""Joins the packages on disk with the modules that the Slice files fill.

Generated code asks ``Ice.openModule`` for ``omero.model`` and its like, and gets whatever ``sys.modules`` holds by
then. So the packages are imported first; afterwards the modules that have no file (``omero.constants.metadata``) are
made importable.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

PACKAGES = ("api", "cmd", "constants", "grid", "metadatastore", "model", "romio", "sys")


def prepare() -> None:
    """Import the packages, which do nothing yet but be there."""
    for name in PACKAGES:
        import_module(f"omero.{name}")


def register() -> None:
    """Make every module that exists only in Slice importable by name, and an attribute of the module above it."""
    import Ice

    _silence_hooks(Ice.Value)
    for name in sorted(Ice._pendingModules):
        if name.startswith("omero."):
            module = sys.modules.setdefault(name, Ice._pendingModules[name])
            above, _, last = name.rpartition(".")
            setattr(sys.modules[above], last, module)


def _silence_hooks(value: Any) -> None:
    """Give all values the hooks that Ice asks each of them for, as it sends and receives them.

    To find none costs an exception per value and side. ``tuple`` is the cheapest thing to call: it takes nothing, gives
    what exists already, and, as a type, is not bound to the value. Classes may have hooks of their own.
    """
    for hook in ("ice_preMarshal", "ice_postUnmarshal"):
        if not hasattr(value, hook):
            setattr(value, hook, tuple)
