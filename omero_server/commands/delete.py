"""Delete2: delete objects together with what belongs to them."""

from __future__ import annotations

from typing import Any

from omero_server.commands.registry import CommandError, Progress, command

__all__ = ["delete"]


@command("::omero::cmd::Delete2")
def delete(call: Any, request: Any, progress: Progress) -> Any:
    """Plan what goes, check every permission, delete; or, in a dry run, only say what would go."""
    raise CommandError("GraphException", "Deleting is not available.")
