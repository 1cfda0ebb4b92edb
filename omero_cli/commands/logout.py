"""Log out of the current session (same as sessions logout)."""

from omero_cli.commands.sessions import configure_logout as configure

__all__ = ["configure"]
