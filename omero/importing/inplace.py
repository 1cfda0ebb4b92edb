"""Putting files into the server's repository without sending them, and removing originals after an import."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omero.importing.transfers import Transfer, TransferError
from omero.rtypes import unwrap
from omero.sys.parameters import ParametersI
from omero_server.formats.scan import Candidate
from omero_server.formats.zarrtree import tree_root
from omero_server.repository.checksums import file_checksum

__all__ = ["Originals", "Repository"]

_PLACE = "select f.path, f.name from OriginalFile f where f.id = :id"


class Repository:
    """The folder of the server's managed repository, as this program sees it.

    TransferError when it is not there, or is another one of the same name.
    """

    def __init__(self, client: Any, proxy: Any, context: dict[str, str]) -> None:
        described = proxy.root(context)
        self.root = Path(f"{unwrap(described.getPath())}{unwrap(described.getName())}")
        self._client = client

    def holds(self, path: Path) -> bool:
        """Whether a file lies in the repository already."""
        return path.resolve().is_relative_to(self.root.resolve())

    def put(self, store: Any, original: Path, transfer: Transfer, algorithm: str) -> str:
        """Put a file where an upload through `store` would, and close that; the checksum of the original."""
        assert transfer.place is not None
        try:
            target = self._target(store)
            try:
                target.unlink()
                transfer.place(Path(os.path.abspath(original)), target)
                checksum = file_checksum(original, algorithm)
            except PermissionError as error:
                raise TransferError(
                    f"{error.filename2 or error.filename}: {error.strerror}. The mode {transfer.symbol} writes to the "
                    "repository itself: use an account of the operating system that may, or upload."
                ) from error
        finally:
            store.close()
        return checksum

    def _target(self, store: Any) -> Path:
        """Where the store's file is; whatever is written through the store must appear there."""
        row = self._client.sf.getQueryService().projection(_PLACE, ParametersI().addId(unwrap(store.getFileId())))[0]
        folder, name = unwrap(row)
        target: Path = self.root / folder.strip("/") / name
        token = uuid.uuid4().hex.encode()
        store.write(token, 0, len(token))
        try:
            here = target.read_bytes() == token
        except OSError:
            here = False
        if not here:
            raise TransferError(
                f"The server's repository {self.root} cannot be reached from here: {target} is missing or another "
                "file. Links and copies need the server's file system; import on that machine, or upload."
            )
        store.truncate(0)
        return target


@dataclass(frozen=True)
class Originals:
    """Files about to be imported and removed; they must not change meanwhile."""

    files: Sequence[Path]
    stamps: Sequence[tuple[int, int, int]]
    tree: Path | None

    @classmethod
    def of(cls, candidate: Candidate) -> Originals:
        """As they are now."""
        return cls(candidate.files, [_stamp(path) for path in candidate.files], tree_root(candidate.entry))

    def remove(self, note: Callable[[str], None]) -> bool:
        """Remove those that are unchanged; False when something had to stay, which `note` is told."""
        complete = True
        for path, stamp in zip(self.files, self.stamps, strict=True):
            try:
                if _stamp(path) == stamp:
                    path.unlink()
                else:
                    complete = False
                    note(f"{path} has changed since it was imported, and stays")
            except OSError as error:
                complete = False
                note(f"{path} cannot be removed: {error.strerror}")
        self._remove_folders()
        return complete

    def _remove_folders(self) -> None:
        """The emptied folders of a Zarr tree; other folders were there before their images."""
        if self.tree is None:
            return
        inside = {parent for path in self.files for parent in path.parents if parent.is_relative_to(self.tree)}
        for folder in sorted(inside, key=lambda one: -len(one.parts)):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def _stamp(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns
