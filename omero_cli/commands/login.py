"""Log in and remember the session (same as sessions login)."""

from omero_cli.commands.sessions import configure_login as configure

__all__ = ["configure"]
