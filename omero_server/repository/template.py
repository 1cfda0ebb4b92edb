"""The folder of an import, from the template `omero.fs.repo.path`.

A template has an owned part after `//` and a part of the server before it. Its terms are written `%name%` or
`%name:parameters%`, with any text around them. Terms that make a new folder (`time`, `increment`) keep trying until the
name is free.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import omero
import omero._generated

__all__ = ["Expanded", "Namer", "expand"]

_TERM = re.compile(r"%([A-Za-z]+)(?::([^%]*))?%")
_TRIES = 10_000
HASH_DIGITS = 8
SUBDIR_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Expanded:
    """Relative path of the folder, and how many leading folders belong to the server."""

    path: str
    server_levels: int


@dataclass(frozen=True)
class Namer:
    """What terms are replaced by. `entries` counts what a folder holds, `exists` says whether a path is taken."""

    values: Mapping[str, str]
    client_paths: Sequence[str]
    exists: Callable[[str], bool]
    entries: Callable[[str], int]
    now: datetime = field(default_factory=datetime.now)


def expand(template: str, namer: Namer, clean: Callable[[str], str]) -> Expanded:
    """Expand a template. `clean` makes a component keep the rules of names.

    ApiUsageException when the template has no part for users, InternalException for a term that does not exist.
    """
    server, separator, user = template.partition("//")
    if not separator:
        server, user = "", template
    if not user.strip("/"):
        raise omero.ApiUsageException(
            message=f"omero.fs.repo.path is {template!r}, which has no part for users. Put one after //."
        )
    path, levels = "", 0
    for part, owned in [(server, False), (user, True)]:
        components = [component for component in part.split("/") if component]
        for component in components:
            for name in _component(component, path, namer, owned):
                path = f"{path}/{clean(name)}" if path else clean(name)
        if not owned:
            levels = path.count("/") + 1 if path else 0
    return Expanded(path, levels)


def _component(component: str, parent: str, namer: Namer, owned: bool) -> list[str]:
    """The folders that one component of the template stands for; mostly one, sometimes none."""
    match = next((one for one in _TERM.finditer(component) if one.group(1) in _SPECIAL), None)
    if match is None:
        name = _plain(component, namer)
        return [name] if name else []
    term, parameters = match.group(1), match.group(2)
    if term != "subdirs" and not owned:
        raise _bad(f"%{term}% may not be used before // in omero.fs.repo.path")
    before, after = _plain(component[: match.start()], namer), _plain(component[match.end() :], namer)
    names = _SPECIAL[term](parameters, namer, lambda value: f"{parent}/{before}{value}{after}".lstrip("/"))
    if names:
        names[0] = before + names[0]
        names[-1] += after
    return names


def _plain(component: str, namer: Namer) -> str:
    """A component with its simple terms replaced; "" when one of them has no value."""
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        term, default = match.group(1), match.group(2)
        found = _date(term, namer.now) or namer.values.get(term)
        if found is None:
            raise _bad(f"omero.fs.repo.path has the unknown term %{term}%")
        missing = missing or not (found or default)
        return found or default or ""

    result = _TERM.sub(value, component)
    return "" if missing else result


def _date(term: str, now: datetime) -> str | None:
    forms = {"year": "%Y", "month": "%m", "monthname": "%B", "day": "%d"}
    return now.strftime(forms[term]) if term in forms else None


Make = Callable[[str], str]


def _time(parameters: str | None, namer: Namer, path: Make) -> list[str]:
    for step in range(_TRIES):
        at = namer.now + timedelta(milliseconds=step)
        name = f"{at:%H-%M-%S}.{at.microsecond // 1000:03d}"
        if not namer.exists(path(name)):
            return [name]
    raise _bad("no free name for %time% was found")


def _increment(parameters: str | None, namer: Namer, path: Make) -> list[str]:
    width = _number(parameters, 1, "increment")
    for number in range(1, _TRIES):
        name = str(number).zfill(width)
        if not namer.exists(path(name)):
            return [name]
    raise _bad("no free number for %increment% was found")


def _hash(parameters: str | None, namer: Namer, path: Make) -> list[str]:
    total = zlib.crc32("\n".join(sorted(namer.client_paths)).encode())
    text = f"{total:08X}"
    pieces = [_number(one, HASH_DIGITS, "hash") for one in (parameters or str(HASH_DIGITS)).split(",")]
    if sum(pieces) > HASH_DIGITS:
        raise _bad(f"%hash:{parameters}% asks for more than {HASH_DIGITS} digits")
    names, start = [], 0
    for size in pieces:
        names.append(text[start : start + size])
        start += size
    return names


def _subdirs(parameters: str | None, namer: Namer, path: Make) -> list[str]:
    digits = _number(parameters, SUBDIR_DIGITS, "subdirs")
    parent = path("").rstrip("/")
    if namer.entries(parent) < 10**digits:
        return []
    for number in range(_TRIES):
        name = str(number).zfill(digits)
        if namer.entries(path(name)) < 10**digits:
            return [name]
    raise _bad("no folder with room for %subdirs% was found")


_SPECIAL: dict[str, Callable[[str | None, Namer, Make], list[str]]] = {
    "time": _time,
    "increment": _increment,
    "hash": _hash,
    "subdirs": _subdirs,
}


def _number(text: str | None, default: int, term: str) -> int:
    if not text:
        return default
    if not text.isdigit() or not 0 < int(text) < 20:
        raise _bad(f"%{term}:{text}% needs a number between 1 and 19")
    return int(text)


def _bad(message: str) -> omero.InternalException:
    return omero.InternalException(message=f"{message}. Ask your administrator to correct the template.")
