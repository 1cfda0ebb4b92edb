"""Which files would be imported together: the groups that `omero import -f` shows."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from omero_server.formats.scan import DEFAULT_DEPTH, Candidate, scan

__all__ = ["as_dictionary", "as_stdout"]

RULE = "#======================================"


def as_stdout(path: str | Sequence[str], readers: str = "", extra_args: Sequence[str] | None = None) -> list[str]:
    """Print the groups below one path or several; the lines.

    readers: file with names of readers; only these count. extra_args: `--depth` and its value.
    """
    lines = []
    for one in _candidates(path, readers, extra_args):
        head = f"# Group: {one.files[0]} SPW: false Reader: {one.reader}"
        lines += [RULE, head, *(str(file) for file in one.files)]
    for line in lines:
        print(line)
    return lines


def as_dictionary(
    path: str | Sequence[str], readers: str = "", extra_args: Sequence[str] | None = None
) -> dict[str, list[str]]:
    """The files of each group by its main file; arguments as for `as_stdout`. Exception when there are none."""
    found = {str(one.files[0]): [str(file) for file in one.files] for one in _candidates(path, readers, extra_args)}
    if not found:
        raise Exception(f"No import candidates in {path}")
    return found


def _candidates(path: str | Sequence[str], readers: str, extra_args: Sequence[str] | None) -> list[Candidate]:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--depth", type=int, default=DEFAULT_DEPTH)
    args, _ = parser.parse_known_args(list(extra_args or ()))
    found = scan([path] if isinstance(path, str) else list(path), args.depth).candidates
    if not readers:
        return found
    names = {line.partition("#")[0].strip() for line in Path(readers).read_text("utf-8").splitlines()}
    return [one for one in found if one.reader in names]
