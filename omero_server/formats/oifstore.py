"""Where the parts of an Olympus OIF lie: files of a folder beside it, or streams of a compound file (OIB).

Settings are texts in UTF-16 of `[section]` lines and `key=value` lines.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from omero_server.formats.base import FormatError
from omero_server.formats.compound import CompoundFile
from omero_server.formats.rawbytes import MAX_PIECE_BYTES, file_size, read_at

__all__ = ["BUNDLE_INDEX", "Settings", "Store", "folder_of", "open_store", "settings_of"]

BUNDLE_INDEX = "OibInfo.txt"
_LONGEST_SETTINGS = 64 << 20

Settings = dict[str, dict[str, str]]
"""Values by section and key, without quotation marks."""


class Store(Protocol):
    """Parts by name; the settings of the whole are called ""."""

    names: list[str]

    def size(self, name: str) -> int:
        """Number of bytes of a part."""

    def read(self, name: str) -> bytes:
        """A part."""


def folder_of(path: Path) -> Path:
    """The folder of the parts of an OIF."""
    return path.with_name(path.name + ".files")


def open_store(path: Path) -> Store:
    """The parts of an OIF or OIB."""
    return _Bundle(path) if path.suffix.lower() == ".oib" else _Folder(path)


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path, self._folder = path, folder_of(path)
        if not self._folder.is_dir():
            raise FormatError(
                path, f"needs the folder {self._folder.name}, which is missing", "Put it beside the file."
            )
        self.names = sorted(item.name for item in self._folder.iterdir() if item.is_file())

    def size(self, name: str) -> int:
        return file_size(self._folder / name if name else self._path)

    def read(self, name: str) -> bytes:
        place = self._folder / name if name else self._path
        return read_at(place, 0, min(file_size(place), MAX_PIECE_BYTES))


class _Bundle:
    """Streams have numbers; an index says what they are called."""

    def __init__(self, path: Path) -> None:
        self._compound = CompoundFile(path)
        index = self._compound.open(BUNDLE_INDEX)
        notes = settings_of(index.read(0, min(index.size, _LONGEST_SETTINGS))).get("OibSaveInfo", {})
        self._streams: dict[str, str] = {}
        for name in self._compound.names:
            self._compound.open(name)  # All of them must lie in the file.
            *_, last = name.split("/")
            meant = notes.get(last)
            if meant and "/" in name:
                self._streams[meant.replace("\\", "/").split("/")[-1]] = name
        self._streams[""] = notes.get("MainFileName", "")
        self.names = sorted(name for name in self._streams if name)

    def size(self, name: str) -> int:
        return self._compound.open(self._streams.get(name, name)).size

    def read(self, name: str) -> bytes:
        stream = self._compound.open(self._streams.get(name, name))
        return stream.read(0, min(stream.size, MAX_PIECE_BYTES))


def settings_of(data: bytes) -> Settings:
    """Sections of a settings text."""
    text = data.decode("utf-16", "replace") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else data.decode("latin-1")
    found: Settings = {}
    section = found.setdefault("", {})
    for line in text.splitlines():
        line = line.strip().lstrip("\ufeff")
        if line.startswith("[") and line.endswith("]"):
            section = found.setdefault(line[1:-1], {})
        elif "=" in line:
            key, value = line.split("=", 1)
            section[key.strip()] = value.strip().strip("\"'")
    return found
