"""Errors of reading and rendering pixels, as the API's exceptions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import omero
import omero._generated
from omero_server.formats.base import FormatError
from omero_server.rendering.errors import PlaneError, ProjectionError, SettingError

__all__ = ["pixel_errors"]


@contextmanager
def pixel_errors(outside: Any = omero.InternalException) -> Iterator[None]:
    """Raise API exceptions for what the block raises. ``outside``: the class for what lies outside the pixels."""
    try:
        yield
    except SettingError as error:
        raise omero.ApiUsageException(message=f"{error}.") from error
    except ProjectionError as error:
        raise omero.ValidationException(message=f"{error}.") from error
    except (PlaneError, IndexError) as error:
        raise outside(message=f"Not in these pixels: {error}.") from error
    except FormatError as error:
        raise omero.ResourceError(message=str(error)) from error
    except MemoryError as error:
        raise omero.ResourceError(
            message="The server has not enough memory for so many pixels at once: ask for smaller regions, or later."
        ) from error
    except PermissionError as error:
        raise omero.ApiUsageException(message=f"{error}.") from error
    except ValueError as error:
        raise omero.InternalException(message=f"{error}.") from error
