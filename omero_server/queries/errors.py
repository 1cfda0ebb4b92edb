"""Errors in queries: what is wrong, where, and what may have been meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import omero
import omero._generated

__all__ = ["HqlError", "did_you_mean", "parameter_error", "query_error"]

QUOTED = 40


class HqlError(Exception):
    """Something is wrong at offset ``at`` of a query; ``hint`` tells the remedy. See ``query_error``."""

    def __init__(self, at: int, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.at, self.problem, self.hint = at, problem, hint


def query_error(text: str, error: HqlError) -> omero.QueryException:
    """The exception for clients: problem, position, the text there, and the hint."""
    at = min(max(error.at, 0), len(text))
    rest = text[at:].split("\n", 1)[0]
    place = f"at position {at + 1}, near '{rest[:QUOTED]}'" if rest else "at the end of the query"
    message = f"illegal query: {error.problem} {place}."
    if error.hint:
        message += f" {error.hint}"
    return omero.QueryException(
        message=f"{message} Query: {text}", serverExceptionClass="ome.conditions.QueryException"
    )


def parameter_error(problem: str) -> omero.ApiUsageException:
    """The exception for missing or unusable parameters."""
    return omero.ApiUsageException(message=problem, serverExceptionClass="ome.conditions.ApiUsageException")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint naming what is nearest to ``name``; empty when nothing is near."""
    spelled = {k.lower(): k for k in known}
    near = get_close_matches(name.lower(), spelled, n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(spelled[n] for n in near)}?" if near else ""
