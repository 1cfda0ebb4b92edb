"""Where commands of other packages are found. Nothing is run: names and help are read from the text.

A plug-in is a file in `omero/plugins/` of any directory on `sys.path` that calls `register("name", Control, HELP)`, or
an entry point `name = package.module:Control` in the group `omero.plugins`.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from glob import glob
from pathlib import Path
from typing import NamedTuple

__all__ = ["GROUP", "Plugin", "find"]

GROUP = "omero.plugins"
"""Of entry points."""
_REGISTER = re.compile(r"""\bregister\(\s*(?:name\s*=\s*)?["']([\w-]+)["']""")
_HELP = re.compile(r"""^HELP\s*=\s*\(?\s*[rRuU]?("{3}|'{3}|"|')\\?\s*(.+?)\s*(?:$|\1)""", re.MULTILINE)


class Plugin(NamedTuple):
    """A command of another package: in a file, or else `place` as `package.module:Control`."""

    name: str
    help: str
    file: Path | None = None
    place: str = ""


def find(paths: Iterable[str] = ()) -> dict[str, Plugin]:
    """All plug-ins by name: of `paths` (files, directories, patterns), `sys.path`, entry points; the first one wins."""
    found: dict[str, Plugin] = {}
    for plugin in (*_of_files(paths), *_of_entry_points()):
        found.setdefault(plugin.name, plugin)
    return found


def _of_files(paths: Iterable[str]) -> Iterator[Plugin]:
    for file in _files(paths):
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        told = _HELP.search(text)
        for name in _REGISTER.findall(text):
            yield Plugin(name, told[2] if told else "", file)


def _files(paths: Iterable[str]) -> Iterator[Path]:
    given = [Path(name) for pattern in paths for name in sorted(glob(pattern)) or [pattern]]
    folders = [Path(folder or ".") / "omero" / "plugins" for folder in dict.fromkeys(sys.path)]
    for place in (*given, *folders):
        if place.is_file():
            yield place
        elif place.is_dir():
            yield from sorted(file for file in place.rglob("*.py") if "#" not in file.name)


def _of_entry_points() -> Iterator[Plugin]:
    from importlib.metadata import entry_points

    for point in entry_points(group=GROUP):
        yield Plugin(point.name, f"of {point.dist.name}" if point.dist else "", place=point.value)
