"""The objects of the OME model.

``Image`` and its like are the bare classes of the wire format; ``ImageI`` and its like are what programs use: with
accessors (``getName``, ``setName``), attributes (``image.name``), and helpers for collections and links. An ``*I``
class is built when it is first named.
"""

from __future__ import annotations

from typing import Any

import omero._generated  # noqa: F401 - defines the wire classes in this module


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return [public for public in __dir__() if not public.startswith("_")]
    if name.startswith("__") or not (name.endswith("I") or name in ("FieldData", "FieldInfo")):
        raise AttributeError(f"module 'omero.model' has no attribute {name!r}")
    from omero.model.classes import implementation

    try:
        cls = implementation(name)
    except KeyError:
        raise AttributeError(f"module 'omero.model' has no attribute {name!r}") from None
    globals()[name] = cls
    return cls


def __dir__() -> list[str]:
    from omero.model.classes import names

    return sorted({*globals(), *names()})
