"""Names of files in repositories: what is allowed, how client names are made so, and the template of import folders.

Relative paths are written with "/" and neither begin nor end with it; "" is the repository's root.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

import omero
import omero._generated

__all__ = ["clean_name", "client_parts", "common_parents", "normal_path", "parse_rules", "relative_paths"]

_WINDOWS_SUBSTITUTES = {i: "_" for i in range(32)} | {127: "_"} | str.maketrans('"*/:<>?\\|', "'x!;[]%!!")
_UNIX_SUBSTITUTES = {0: "_"} | str.maketrans("/", "!")
_RESERVED = ("AUX", "CLOCK$", "CON", "NUL", "PRN", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10)))
_RESERVED_BEFORE_DOT = re.compile(rf"(?:{'|'.join(map(re.escape, _RESERVED))})\.", re.IGNORECASE)
_KEPT_PARENTS = 3
_LONGEST_NAME, _LONGEST_PATH = 255, 3000
"""Bytes that file systems take, with room for the repository's own folders in front."""


@cache
def parse_rules(text: str) -> frozenset[str]:
    """The rule sets in a value of `omero.fs.repo.path_rules`; the local ones are those of UNIX."""
    names = [" ".join(part.lower().split()) for part in text.split(",") if part.strip()]
    known = {f"{system} {level}" for system in ("windows", "unix", "local") for level in ("required", "optional")}
    for name in names:
        if name not in known:
            choices = ", ".join(sorted(known))
            raise ValueError(f"omero.fs.repo.path_rules has the unknown rule set {name!r}; there are {choices}")
    return frozenset(name.replace("local", "unix") for name in names)


def clean_name(name: str, rules: frozenset[str]) -> str:
    """One component of a path, changed until it keeps the rules."""
    if "windows required" in rules:
        name = name.translate(_WINDOWS_SUBSTITUTES)
        if name.upper() in _RESERVED:
            name += "_"
        elif _RESERVED_BEFORE_DOT.match(name) or name.startswith("$"):
            name = f"_{name}"
    if "unix required" in rules:
        name = name.translate(_UNIX_SUBSTITUTES)
    if "windows optional" in rules and name.endswith((".", " ")):
        name += "_"
    if "unix optional" in rules and name.startswith((".", "-")):
        name = f"_{name}"
    return name


def normal_path(path: str, rules: frozenset[str]) -> str:
    """A path given by a client, without empty components, `.` and `..`.

    ValidationException when it climbs above the root, or when a name in it is against the rules.
    """
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                raise omero.ValidationException(message=f"The path {path!r} may not make references above root.")
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    illegal = [part for part in parts if part != clean_name(part, rules)]
    if illegal:
        raise omero.ValidationException(
            message=f"The path {path!r} has illegal components: {', '.join(map(repr, illegal))}. "
            f"Allowed would be {', '.join(repr(clean_name(part, rules)) for part in illegal)}."
        )
    return "/".join(parts)


def client_parts(path: str) -> list[str]:
    """A path on the client's machine, of any system, as its components; a drive letter is one of them."""
    if re.match(r"^[A-Za-z]:[\\/]", path) or path.startswith("\\\\"):
        path = path.replace("\\", "/")
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return parts


def common_parents(paths: Sequence[Sequence[str]]) -> int:
    """How many leading folders all paths share."""
    folders = [path[:-1] for path in paths]
    shared = 0
    for level in zip(*folders, strict=False):
        if len(set(level)) > 1:
            break
        shared += 1
    return shared


def relative_paths(client_paths: Iterable[str], rules: frozenset[str]) -> tuple[list[str], int]:
    """Where the files of a fileset go below its folder, in order, and how many leading folders were left out.

    The shared folders are cut down to the last three, so that the name of a file still says a little about where it
    came from. Files that would get the same place (their names differ only in forbidden characters) get numbers.
    ValidationException for what no file system could hold.
    """
    parts = [client_parts(path) for path in client_paths]
    for path, found in zip(client_paths, parts, strict=False):
        if not found:
            raise omero.ValidationException(message=f"{path!r} is no name of a file.")
    omitted = max(0, common_parents(parts) - _KEPT_PARENTS)
    taken: set[str] = set()
    result = []
    for found in parts:
        name = _free("/".join(clean_name(part, rules) for part in found[omitted:]), taken)
        _check_length(name)
        taken.add(name)
        result.append(name)
    return result, omitted


def _check_length(name: str) -> None:
    """Refuse it before anything is uploaded that could not be stored."""
    longest = max((part.encode() for part in name.split("/")), key=len)
    if len(longest) > _LONGEST_NAME or len(name.encode()) > _LONGEST_PATH:
        raise omero.ValidationException(
            message=f"The name {name[:100]!r}... is too long: a file or folder may have {_LONGEST_NAME} bytes, all "
            f"together {_LONGEST_PATH}. Rename it."
        )


def _free(name: str, taken: set[str]) -> str:
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        folder, slash, base = name.rpartition("/")
        stem, dot, suffix = base.partition(".")
        candidate = f"{folder}{slash}{stem}-{number}{dot}{suffix}"
    return candidate
