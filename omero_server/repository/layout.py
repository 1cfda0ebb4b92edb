"""Where the binary repository keeps what: `Files`, `Pixels` and `Thumbnails` by id, imported files by their own names.

The names are those of existing OMERO repositories, so that one can be opened as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from omero_server.control.config import Config

__all__ = ["PYRAMID", "Layout", "id_path", "index_name"]

PYRAMID = "_pyramid"
"""What the name of a pyramid has after that of its pixels."""


def id_path(number: int) -> Path:
    """A folder level per power of thousand: 1234567 is `Dir-001/Dir-234/1234567`, 999 is `999`."""
    folders: list[str] = []
    rest = number // 1000
    while rest:
        folders.insert(0, f"Dir-{rest % 1000:03d}")
        rest //= 1000
    return Path(*folders, str(number))


def index_name(template_prefix: str) -> str:
    """Path of what a reader learnt about a fileset, beside the fileset's folder: `a/b/` gives `a/b.index.json`."""
    return f"{template_prefix.rstrip('/')}.index.json"


@dataclass(frozen=True)
class Layout:
    """The folders of one instance: data (with Files, Pixels, Thumbnails), imported files, and notes about removals."""

    data: Path
    managed: Path
    removals: Path

    @classmethod
    def of(cls, config: Config) -> Layout:
        """As the configuration says."""
        managed = Path(config.get("omero.managed.dir")).expanduser()
        return cls(config.data_dir, managed, config.instance.root / "var" / "removals")

    def file(self, file_id: int) -> Path:
        """A file that belongs to no repository."""
        return self.data / "Files" / id_path(file_id)

    def pixels(self, pixels_id: int) -> Path:
        """Pixels written by clients."""
        return self.data / "Pixels" / id_path(pixels_id)

    def pyramid(self, pixels_id: int) -> Path:
        """The pyramid made of pixels that have none."""
        path = self.pixels(pixels_id)
        return path.with_name(f"{path.name}{PYRAMID}")

    def thumbnail(self, thumbnail_id: int) -> Path:
        """The JPEG of a Thumbnail row."""
        return self.data / "Thumbnails" / id_path(thumbnail_id)

    def in_managed(self, path: str, name: str) -> Path:
        """A file of the managed repository, from the two columns of its row."""
        return self.managed / path.strip("/") / name
