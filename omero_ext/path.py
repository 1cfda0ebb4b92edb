"""``path``: a string that is a path, with what ``os``, ``os.path`` and ``shutil`` do as methods."""

from __future__ import annotations

from omero.util.paths import o554, o666, o766, o777, path, tempdir

__all__ = ["o554", "o666", "o766", "o777", "path", "tempdir"]
