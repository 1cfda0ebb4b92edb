"""The plain client: ``omero.client("host")``, login, services, files and commands."""

from __future__ import annotations

from omero.clients.base import BaseClient

__all__ = ["BaseClient"]
