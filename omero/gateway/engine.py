"""The rendering engine of an image wrapper: made when first needed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import omero

__all__ = ["Engine", "assert_pixels", "assert_re"]

logger = logging.getLogger("omero.gateway")

Method = TypeVar("Method", bound=Callable[..., Any])


class assert_re:
    """Decorator: the method needs the rendering engine; without, it returns None or raises as told."""

    def __init__(self, onPrepareFailureReturnNone: bool = True, ignoreExceptions: Any = ()) -> None:
        self.none_on_failure = onPrepareFailureReturnNone
        self.ignored = ignoreExceptions

    def __call__(ctx, f: Method) -> Method:
        """The method with the engine made before."""

        @wraps(f)
        def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                prepared = self._prepareRenderingEngine()
            except ctx.ignored:
                logger.debug("no rendering engine for %s", self, exc_info=True)
                prepared = False
            if not prepared and ctx.none_on_failure:
                return None
            return f(self, *args, **kwargs)

        return wrapped  # type: ignore[return-value]


def assert_pixels(func: Method) -> Method:
    """Decorator: the method needs the pixels; without, it returns None."""

    @wraps(func)
    def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        return func(self, *args, **kwargs) if self._loadPixels() else None

    return wrapped  # type: ignore[return-value]


class Engine:
    """The part of an image wrapper that holds the rendering engine."""

    _re: Any = None
    _obj: Any
    _conn: Any

    def _prepareRE(self, rdid: int | None = None) -> Any:
        """A rendering engine of its own, with the caller's settings, or those with the given id; made if there are
        none.

        Raises omero.ValidationException and others when the image cannot be rendered.
        """
        engine = self._conn.createRenderingEngine()
        context = self._own_context()  # type: ignore[attr-defined]
        pixels = self.getPixelsId()  # type: ignore[attr-defined]
        try:
            engine.lookupPixels(pixels, context)
            if rdid is None:
                rdid = self._getRDef()  # type: ignore[attr-defined]
            if rdid is None:
                if not engine.lookupRenderingDef(pixels, context):
                    engine.resetDefaultSettings(True, self._owner_context())  # type: ignore[attr-defined]
                    engine.lookupRenderingDef(pixels, context)
                self._onResetDefaults(engine.getRenderingDefId(context))
            else:
                engine.loadRenderingDef(rdid, context)
            engine.load(context)
        except BaseException:
            engine.close()
            raise
        return engine

    def _onResetDefaults(self, rdid: int) -> None:
        """Called when settings were made; for subclasses."""

    def _prepareRenderingEngine(self, rdid: int | None = None) -> bool:
        """Make the engine if there is none; whether there is one now."""
        if not self._loadPixels():  # type: ignore[attr-defined]
            return False
        if self._re is None:
            try:
                self._re = self._prepareRE(rdid=rdid)
            except omero.ValidationException:
                logger.debug("cannot render %s", self, exc_info=True)
        return self._re is not None

    def _closeRE(self) -> None:
        """Give the engine back."""
        engine, self._re = self._re, None
        if engine is not None:
            engine.close()
