"""Decorators of servants and of methods that take time."""

from __future__ import annotations

import functools
import logging
import time
import traceback
from collections.abc import Callable
from typing import Any

import omero

__all__ = ["TimeIt", "locked", "perf", "perf_log", "remoted", "setsessiongroup", "timeit"]

perf_log = logging.getLogger("omero.perf")

Function = Callable[..., Any]


def perf(func: Function) -> Function:
    """Log when calls start and how many milliseconds they take, to ``omero.perf``."""

    @functools.wraps(func)
    def timed(*args: Any, **kwargs: Any) -> Any:
        start = time.time()
        try:
            return func(*args, **kwargs)
        finally:
            took = (time.time() - start) * 1000
            perf_log.debug("start[%d] time[%d] tag[%s]", start * 1000, took, func.__name__)

    return timed


def remoted(func: Function) -> Function:
    """For operations of a servant: log calls and results, and let only errors of the API out.

    Anything else that is raised becomes an omero.InternalException with the traceback.
    """

    log = logging.getLogger("omero.remote")

    @functools.wraps(func)
    def called(*args: Any, **kwargs: Any) -> Any:
        log.info(" Meth: %s.%s", type(args[0]).__name__, func.__name__)
        try:
            result = func(*args, **kwargs)
        except Exception as error:
            log.info(" Excp: %s", error)
            if isinstance(error, omero.ServerError):
                raise
            log.warning("%s raised a non-ServerError (%s): %s", func, type(error), error)
            raise omero.InternalException(traceback.format_exc(), None, "Internal exception") from error
        log.debug(" Rslt: %s", result)
        return result

    return called


def locked(func: Function) -> Function:
    """Let only one thread at a time into the methods of an object; it holds the lock as ``_lock``."""

    @functools.wraps(func)
    def alone(*args: Any, **kwargs: Any) -> Any:
        with args[0]._lock:
            return func(*args, **kwargs)

    return alone


class TimeIt:
    """Logs how long the calls of a function take: ``@TimeIt(logging.INFO, "reading")``."""

    logger = logging.getLogger("omero.timeit")

    def __init__(self, level: int = logging.DEBUG, name: str | None = None) -> None:
        self._level = level
        self._name = name

    def __call__(self, func: Function) -> Function:
        name = self._name or func.__name__

        @functools.wraps(func)
        def timed(*args: Any, **kwargs: Any) -> Any:
            self.logger.log(self._level, "timing %s", name)
            start = time.perf_counter()
            try:
                return func(*args, **kwargs)
            finally:
                self.logger.log(self._level, "timed %s: %f", name, time.perf_counter() - start)

        return timed


def timeit(func: Function) -> Function:
    """Log how long calls take, to ``omero.timeit``."""
    return TimeIt()(func)


def setsessiongroup(func: Function) -> Function:
    """For methods of gateway wrappers: call them in the group of the object, and go back afterwards."""

    @functools.wraps(func)
    def in_group(self: Any, *args: Any, **kwargs: Any) -> Any:
        before = self._conn.SERVICE_OPTS.getOmeroGroup()
        self._conn.SERVICE_OPTS.setOmeroGroup(self.getDetails().getGroup().getId())
        try:
            return func(self, *args, **kwargs)
        finally:
            self._conn.SERVICE_OPTS.setOmeroGroup(before)

    return in_group
