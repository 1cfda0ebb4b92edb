"""Errors in queries: what is wrong, where, and what may have been meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import omero
import omero._generated

__all__ = ["HqlError", "UnknownName", "did_you_mean", "parameter_error", "query_error", "shortened"]

QUOTED = 40
QUOTED_WHOLE = 2000


class HqlError(Exception):
    """Something is wrong at offset ``at`` of a query; ``hint`` tells the remedy. See ``query_error``."""

    def __init__(self, at: int, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.at, self.problem, self.hint = at, problem, hint


class UnknownName(HqlError):
    """A path begins with a name that stands for nothing."""


def query_error(text: str, error: HqlError) -> omero.QueryException:
    """The exception for clients: problem, line and column, the text there, and the hint."""
    at = min(max(error.at, 0), len(text))
    rest = text[at:].split("\n", 1)[0]
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    place = f"at line {line}, column {column}, near '{rest[:QUOTED]}'" if rest else "at the end of the query"
    message = f"illegal query: {shortened(error.problem)} {place}."
    if error.hint:
        message += f" {error.hint}"
    return omero.QueryException(
        message=f"{message} Query: {shortened(text)}", serverExceptionClass="ome.conditions.QueryException"
    )


def shortened(text: str) -> str:
    """A text as messages quote it: all of it, unless it is so long that nobody reads it."""
    return text if len(text) <= QUOTED_WHOLE else f"{text[:QUOTED_WHOLE]}... ({len(text)} characters)"


def parameter_error(problem: str) -> omero.ApiUsageException:
    """The exception for missing or unusable parameters."""
    return omero.ApiUsageException(message=problem, serverExceptionClass="ome.conditions.ApiUsageException")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint naming what is nearest to ``name``; empty when nothing is near."""
    spelled = {k.lower(): k for k in known}
    near = get_close_matches(name.lower(), spelled, n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(spelled[n] for n in near)}?" if near else ""
