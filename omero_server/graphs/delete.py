"""Deleting: rows go, and their files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from omero_server.graphs.change import Change

__all__ = ["Deletion"]


@dataclass
class Deletion(Change):
    """Delete the targets with what belongs to them."""

    name: ClassVar[str] = "delete"
    needs: ClassVar[str | None] = "delete"
