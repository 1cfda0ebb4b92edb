"""Errors of the rendering room.

RenderingError
├── SettingError     a setting the caller gave is not allowed     -> omero.ApiUsageException
├── PlaneError       a plane, region or channel that is not there -> omero.InternalException
└── ProjectionError  a projection range that does not fit         -> omero.ValidationException

The room knows no remote interface; whoever serves it maps the classes as drawn above.
"""

__all__ = ["PlaneError", "ProjectionError", "RenderingError", "SettingError"]


class RenderingError(Exception):
    """Base of everything this room raises on purpose."""


class SettingError(RenderingError, ValueError):
    """A rendering setting outside what is allowed; the message names it and what is."""


class PlaneError(RenderingError, IndexError):
    """A plane, region, level or channel index outside the pixels."""


class ProjectionError(RenderingError, ValueError):
    """A projection's z range, stepping, channel or timepoint does not fit the pixels."""
