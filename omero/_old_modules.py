"""The many modules at the top level that the official library is made of: ``omero_model_ImageI``, ``omero_API_ice``.

Programs that imported them find them here. They are made when imported; a wheel also holds a file for each
(:func:`write`), so that they are found before ``omero`` is imported.

``omero`` imports this first: it loads nothing that Python has not loaded already.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["OldModules", "fill", "install", "names", "write"]


class OldModules:
    """Finds the modules by their names, and makes them."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        """The module, when it is one of them."""
        if path is not None or not fullname.startswith("omero_"):
            return None
        return ModuleSpec(fullname, self) if _contents(fullname) is not None else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Leave it to Python."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its names."""
        fill(module.__name__, vars(module))


def install() -> None:
    """Let Python find the modules."""
    if not any(isinstance(finder, OldModules) for finder in sys.meta_path):
        sys.meta_path.append(OldModules())


def fill(name: str, namespace: dict[str, Any]) -> None:
    """Put what the module ``name`` offers into ``namespace``. Raises ModuleNotFoundError for an unknown one."""
    contents = _contents(name)
    if contents is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    module, wanted = contents
    source = import_module(module)
    if wanted is None:
        namespace.update({key: value for key, value in vars(source).items() if not key.startswith("__")})
    else:
        namespace[wanted] = getattr(source, wanted)
        namespace["omero"] = sys.modules["omero"]


def _contents(name: str) -> tuple[str, str | None] | None:
    """Where the names of a module come from: a module, and one name of it or (None) all."""
    if name.endswith("_ice") and name in _generated():
        return f"omero._generated.{name}", None
    model = name.removeprefix("omero_model_")
    if model == name:
        return None
    implementation = f"{model.removesuffix('_ice')}I" if model.endswith("_ice") else model
    return ("omero.model", model.removesuffix("_ice")) if implementation in _implementations() else None


def _generated() -> list[str]:
    """The modules of the Slice files."""
    from pathlib import Path

    folder = Path(str(import_module("omero._generated").__file__)).parent
    return [path.stem for path in sorted(folder.glob("omero_*_ice.py"))]


def _implementations() -> list[str]:
    from omero.model.classes import names as implementations

    return implementations()


def names() -> Iterator[str]:
    """All of them."""
    yield from _generated()
    for implementation in _implementations():
        yield f"omero_model_{implementation}"
        yield f"omero_model_{implementation.removesuffix('I')}_ice"


def write(folder: Path) -> None:
    """Write a file for each into ``folder``: that of a wheel's modules."""
    for name in names():
        text = f"from omero._old_modules import fill\n\nfill({name!r}, globals())\n"
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
