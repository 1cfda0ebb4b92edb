"""The OME model as data; see README.md in this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omero_server.model.schema import Model, ModelClass, Property

if TYPE_CHECKING:
    from omero_server.model.schema import MODEL

__all__ = ["MODEL", "Model", "ModelClass", "Property"]


def __getattr__(name: str) -> Model:
    if name != "MODEL":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from omero_server.model import schema

    globals()["MODEL"] = schema.MODEL
    return schema.MODEL
