"""For commands that need a POSIX system."""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["WINDOWS_WARNING", "windows_warning"]

WINDOWS_WARNING = "Servers run on Linux and macOS, not on Windows."


def windows_warning(func: Callable[..., Any]) -> Callable[..., Any]:
    """Warn when the function is called on Windows."""

    @functools.wraps(func)
    def warned(*args: Any, **kwargs: Any) -> Any:
        if sys.platform == "win32":
            logging.getLogger("omero.install").warning(WINDOWS_WARNING)
        return func(*args, **kwargs)

    return warned
