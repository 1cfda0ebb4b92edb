"""Colour lookup tables in ImageJ's file forms: raw, NIH Image ("ICOL") and text."""

import logging
import re
import struct
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

__all__ = ["SHIPPED", "LutShelf", "Table", "load_luts", "parse_lut"]

Table = npt.NDArray[np.uint8]

log = logging.getLogger(__name__)

SHIPPED = Path(__file__).parent / "lut_files"

_RAW_SIZE = 768
_PATIENCE = 5.0
_RAW_SIZES = (0, 768, 970)
_MAX_FILE_SIZE = 1024 * 1024
_NIH_MAGIC = 0x49434F4C
_NIH_HEADER = 32
_SEPARATORS = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x20!-*,]+")


def parse_lut(content: bytes) -> Table | None:
    """The table, shape (256, 3) of red, green and blue, or None when the content is no lookup table.

    A text table that does not hold 256 to 258 rows of three or four columns reads as all black.
    """
    size = len(content)
    if size > _RAW_SIZE and (nih := _parse_nih(content)) is not None:
        return nih
    if size in _RAW_SIZES:
        planes: Table = np.frombuffer(content[:_RAW_SIZE].ljust(_RAW_SIZE, b"\0"), np.uint8)
        return planes.reshape(3, 256).T.copy()
    return _parse_text(content.decode("latin-1")) if size > _RAW_SIZE else None


def _parse_nih(content: bytes) -> Table | None:
    magic, _version, count = struct.unpack_from(">ihh", content)
    if magic != _NIH_MAGIC or not 0 < count <= 256 or len(content) < _NIH_HEADER + 3 * count:
        return None
    colours = np.frombuffer(content, np.uint8, 3 * count, _NIH_HEADER).reshape(3, count).T
    position = np.arange(256) * (count / 256.0)
    lower = position.astype(np.intp)
    upper = np.minimum(lower + 1, count - 1)
    share = (position - lower)[:, None]
    table: Table = np.empty((256, 3), np.uint8)
    table[:] = (1.0 - share) * colours[lower] + share * colours[upper]
    return table


def _parse_text(text: str) -> Table:
    rows = [cells for line in text.splitlines() if (cells := _SEPARATORS.sub(" ", line).split())]
    if rows and not all(_is_number(cell) for cell in rows[0]):
        rows = rows[1:]
    black = np.zeros((256, 3), np.uint8)
    widths = {len(row) for row in rows}
    if not 256 <= len(rows) <= 258 or widths not in ({3}, {4}):
        return black
    if len(rows) > 256:
        rows = rows[1:257]
    if not all(_is_number(cell) for row in rows for cell in row):
        return black
    values = np.array([[float(cell) for cell in row[-3:]] for row in rows])
    table: Table = np.nan_to_num(values).astype(np.int64).astype(np.uint8)
    return table


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def load_luts(folders: Iterable[Path] = (SHIPPED,)) -> Mapping[str, Table]:
    """All readable *.lut files below the folders by bare file name; of equal names the last one counts.

    Files that are no lookup table, or larger than 1 MiB, are left out: a channel naming one shows its colour.
    """
    tables: dict[str, Table] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*.lut")):
            if path.stat().st_size > _MAX_FILE_SIZE:
                continue
            table = parse_lut(path.read_bytes())
            if table is not None:
                tables[path.name] = table
    return tables


class LutShelf:
    """The lookup tables of a server. Files that were added, changed or removed are noticed after a few seconds."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = tuple(folders)
        self._lock = threading.Lock()
        self._seen: frozenset[tuple[str, int, int]] | None = None
        self._looked = -_PATIENCE
        self._tables: Mapping[str, Table] = {}

    def tables(self) -> Mapping[str, Table]:
        """All tables by bare file name."""
        with self._lock:
            if time.monotonic() - self._looked >= _PATIENCE:
                self._look()
                self._looked = time.monotonic()
            return self._tables

    def _look(self) -> None:
        try:
            paths = [path for folder in self._folders for path in folder.rglob("*.lut")]
            found = frozenset((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in paths)
            if found != self._seen:
                self._tables, self._seen = load_luts(self._folders), found
        except OSError as error:
            # Files come and go while they are looked at: what is known serves until the next look.
            log.warning("the lookup tables cannot be read: %s", error)
