"""``IceImport.load(name)``: imports a module that came from a Slice file, for programs that did so by hand."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

__all__ = ["load", "update"]


def load(target: str) -> ModuleType:
    """The module ``target``, such as ``omero_API_ice``. Raises ModuleNotFoundError when there is none."""
    import omero._generated  # noqa: F401 - it knows the modules

    return importlib.import_module(target)


def update(module: ModuleType) -> None:
    """Make ``module`` known under its name."""
    sys.modules[module.__name__] = module
