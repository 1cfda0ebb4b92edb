"""Classes by their names, optional packages, and the environment of processes."""

from __future__ import annotations

import os
from importlib import import_module
from logging import Logger
from typing import Any

__all__ = ["Dependency", "Environment", "load_dotted_class"]


def load_dotted_class(dotted_class: str) -> Any:
    """The class called ``package.module.Class``. Raises ValueError when there is none."""
    module, _, name = dotted_class.rpartition(".")
    try:
        return getattr(import_module(module), name)
    except (AttributeError, ImportError, ValueError) as error:
        raise ValueError(f"Failed to load: {dotted_class} ({error})") from error


class Dependency:
    """A package that a server needs."""

    def __init__(self, key: str) -> None:
        self.key = key

    def get_version(self, target: Any) -> str:
        """The version of the imported package."""
        return str(getattr(target, "__version__", "unknown"))

    def check(self, logger: Logger) -> bool:
        """Whether it can be imported; otherwise the log says why not."""
        try:
            target = import_module(self.key)
        except ImportError as error:
            logger.error("Failed to load: '%s' (%s)", self.key, error)
            return False
        logger.info("Loaded dependency %s (%s)", self.key, self.get_version(target))
        return True


class Environment:
    """The variables for another process: those named here, as they are now, and what is set."""

    def __init__(self, *args: str) -> None:
        self.env = {key: os.environ[key] for key in args if key in os.environ}

    def __call__(self) -> dict[str, str]:
        return self.env

    def set(self, key: str, value: str) -> None:
        """Set a variable."""
        self.env[key] = value

    def append(self, key: str, addition: str) -> None:
        """Add to a variable that lists paths."""
        self.env[key] = os.pathsep.join(part for part in (self.env.get(key), addition) if part)
