"""Inputs and outputs of a session: how scripts get their parameters and give their results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from omero.rtypes import unwrap as unwrap_value

__all__ = ["SessionEnvironment"]

Unwrap = bool | Callable[[Any], Any]


class SessionEnvironment:
    """The part of a client that reads and writes inputs and outputs. ``unwrap`` may be True or a function."""

    def getSession(self, blocking: bool = True) -> Any:
        """See BaseClient."""
        raise NotImplementedError

    def getSessionId(self) -> str:
        """See BaseClient."""
        raise NotImplementedError

    def _env(self, _unwrap: Unwrap, method: str, *args: Any) -> Any:
        service = self.getSession().getSessionService()
        value = getattr(service, method)(self.getSessionId(), *args)
        if callable(_unwrap):
            return _unwrap(value)
        return unwrap_value(value) if _unwrap else value

    def getInput(self, key: str, unwrap: Unwrap = False) -> Any:
        """The input called ``key``, or None."""
        return self._env(unwrap, "getInput", key)

    def getOutput(self, key: str, unwrap: Unwrap = False) -> Any:
        """The output called ``key``, or None."""
        return self._env(unwrap, "getOutput", key)

    def setInput(self, key: str, value: Any) -> None:
        """Set an input (RType); None removes it."""
        self._env(False, "setInput", key, value)

    def setOutput(self, key: str, value: Any) -> None:
        """Set an output (RType); None removes it."""
        self._env(False, "setOutput", key, value)

    def getInputKeys(self) -> list[str]:
        """Names of the inputs."""
        return self._env(False, "getInputKeys")  # type: ignore[no-any-return]

    def getOutputKeys(self) -> list[str]:
        """Names of the outputs."""
        return self._env(False, "getOutputKeys")  # type: ignore[no-any-return]

    def getInputs(self, unwrap: Unwrap = False) -> dict[str, Any]:
        """All inputs by name."""
        values = self._env(False, "getInputs")
        return {key: self._converted(value, unwrap) for key, value in values.items()}

    def getOutputs(self, unwrap: Unwrap = False) -> dict[str, Any]:
        """All outputs by name."""
        values = self._env(False, "getOutputs")
        return {key: self._converted(value, unwrap) for key, value in values.items()}

    def _converted(self, value: Any, unwrap: Unwrap) -> Any:
        if callable(unwrap):
            return unwrap(value)
        return unwrap_value(value) if unwrap else value
