"""MetaMorph `.nd` files: which stacks make up an acquisition of channels, times and positions.

Lines are `"Key", value`. A stack is called by the list's name and the parts `_w1DAPI`, `_s2` and `_t3`, each of them
there when the acquisition had several.
"""

from __future__ import annotations

from pathlib import Path

from omero_server.formats.base import FormatError
from omero_server.formats.rawbytes import file_size, read_at

__all__ = ["StackList", "lists_of"]

_LONGEST = 1 << 20
_MOST = 100_000
_ENDINGS = (".stk", ".STK", ".tif", ".TIF", ".tiff")


def lists_of(path: Path) -> list[Path]:
    """The lists beside a stack that name it."""
    found = []
    parts = path.name.split("_") if path.is_file() else []
    # A stack is called by its list: looking for that is faster than listing folders of thousands of stacks.
    for count in range(1, len(parts)):
        for ending in (".nd", ".ND"):
            entry = path.with_name("_".join(parts[:count]) + ending)
            if entry.is_file() and path in StackList(entry).used_files():
                found.append(entry)
    return found


class StackList:
    """An `.nd` file. FormatError when it makes no sense, or when a stack is missing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        text = read_at(path, 0, min(file_size(path), _LONGEST)).decode("latin-1")
        pairs = (line.split(",", 1) for line in text.splitlines() if "," in line)
        self.notes = {key.strip().strip('"'): value.strip().strip('"') for key, value in pairs}
        waves = self._count("NWavelengths") if self._flag("DoWave") else 0
        self.channels = [self.notes.get(f"WaveName{number + 1}", "") for number in range(waves)] or [""]
        self.times = max(1, self._count("NTimePoints")) if self._flag("DoTimelapse") else 1
        self.positions = max(1, self._count("NStagePositions")) if self._flag("DoStage") else 1
        self._named_waves = self.notes.get("WaveInFileName", "FALSE").upper() == "TRUE"

    @property
    def step(self) -> float | None:
        """Micrometres between slices."""
        try:
            step = abs(float(self.notes.get("ZStepSize", "").replace(",", ".")))
        except ValueError:
            return None
        return step if 0 < step < 1e9 else None

    def position_name(self, place: int) -> str:
        """Name of a position of the stage."""
        return self.notes.get(f"Stage{place + 1}") or (self.path.name if self.positions == 1 else f"{place + 1}")

    def file(self, channel: int, place: int, time: int) -> Path:
        """The stack of a channel, a position and a time."""
        name = self.path.stem
        if self._flag("DoWave"):
            # The name of a wavelength is part of the name of its file, without what file names cannot have.
            wave = "".join("-" if letter in '/\\:*?"<>|' else letter for letter in self.channels[channel])
            name += f"_w{channel + 1}{wave if self._named_waves else ''}"
        if self._flag("DoStage"):
            name += f"_s{place + 1}"
        if self._flag("DoTimelapse"):
            name += f"_t{time + 1}"
        for ending in _ENDINGS:
            if (self.path.parent / f"{name}{ending}").is_file():
                return self.path.parent / f"{name}{ending}"
        raise FormatError(self.path, f"needs {name}.stk, which is missing", "Put all files together.")

    def used_files(self) -> list[Path]:
        """The list and all its stacks."""
        places = (
            (c, s, t) for s in range(self.positions) for c in range(len(self.channels)) for t in range(self.times)
        )
        return [self.path, *(self.file(*place) for place in places)]

    def _flag(self, key: str) -> bool:
        return self.notes.get(key, "").upper() == "TRUE"

    def _count(self, key: str) -> int:
        text = self.notes.get(key, "0")
        if not text.isdecimal() or int(text[:9]) > _MOST:
            raise FormatError(self.path, f"has {key} {text[:20]!r}", "Check the file.")
        return int(text)
