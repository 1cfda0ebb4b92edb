"""RawFileStore: the bytes of one file."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

import omero
import omero._generated
from omero_server.imports.files import (
    Content,
    FileRow,
    content_of,
    file_by_id,
    load_file,
    location,
    may_write,
    record_contents,
    writable,
)
from omero_server.imports.policy import check_download
from omero_server.repository.store import OpenFile
from omero_server.services.service import StatefulService, reads, unmanaged, writes
from omero_server.sessions.call import Call

__all__ = ["RawFileStoreService"]

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Target:
    """The row and the open file; `download` is asked before the first read."""

    row: FileRow
    file: OpenFile
    checked: bool = False

    def recorded(self) -> None:
        """The row says what is on disk."""
        self.file.modified = False
        self.row = replace(self.row, size=self.file.size)


class RawFileStoreService(StatefulService):
    """Reads and writes the file of one OriginalFile. A store that a repository gives out keeps its file for good."""

    interface = "::omero::api::RawFileStore"

    def __init__(self) -> None:
        self._target: _Target | None = None
        self._fixed = False
        self._call: Call | None = None
        self._content: Content | None = None
        self._recorded_by_owner = False

    @classmethod
    def of(cls, call: Call, row: FileRow, file: OpenFile, *, recorded: bool = True) -> RawFileStoreService:
        """A store for a file that has been found and opened already.

        recorded: whether it puts what was written into the file's row at its end; else its owner asks for `content`.
        """
        store = cls()
        store._recorded_by_owner = not recorded
        store._call = call
        store._bind(row, file)
        store._fixed = True
        return store

    @reads
    def setFileId(self, call: Call, fileId: int) -> None:
        """Choose the file. It can be written if the caller may change it and it lies in no repository."""
        if self._fixed:
            raise omero.ApiUsageException(message="This store belongs to one file of a repository; its id stays.")
        if self._target is not None:
            self.on_close()
        row = file_by_id(call, fileId)
        path = location(call, row)
        change = row.repo is None and may_write(call, row) and writable(path)
        self._bind(row, OpenFile(path, writable=change))

    def _bind(self, row: FileRow, file: OpenFile) -> None:
        if row.hasher is not None and file.writable:
            file.watch(row.hasher)
        self._target = _Target(row, file)

    @unmanaged
    def getFileId(self, call: Call) -> Any:
        """The id, or None before one was set."""
        return None if self._target is None else omero.RLong(self._target.row.id)

    @unmanaged
    def exists(self, call: Call) -> bool:
        """Whether the file is on disk."""
        return self._chosen(call).file.exists

    @unmanaged
    def size(self, call: Call) -> int:
        """Bytes on disk, which may be more than the row says while the file is written."""
        return self._chosen(call).file.size

    @reads
    def read(self, call: Call, position: int, length: int) -> bytes:
        """`length` bytes; zeros behind the end of the file. The download policy may forbid it."""
        target = self._chosen(call)
        if not target.checked:
            check_download(call, target.row)
            target.checked = True
        return target.file.read(position, length)

    @unmanaged
    def write(self, call: Call, buf: bytes, position: int, length: int) -> None:
        """Put the first `length` bytes of `buf` at `position`."""
        target = self._chosen(call)
        if not 0 <= length <= len(buf):
            raise omero.ApiUsageException(message=f"{length} bytes were to be written, but {len(buf)} were sent.")
        target.file.write(memoryview(buf)[:length], position)

    @unmanaged
    def truncate(self, call: Call, length: int) -> bool:
        """Cut the file; False when it is not longer than `length`."""
        return self._chosen(call).file.truncate(length)

    @writes
    def save(self, call: Call) -> Any:
        """Record size, time and checksum in the row when they have changed, and return it; else None."""
        target = self._chosen(call)
        if not self._record(call, target):
            return None
        return load_file(call, target.row.id)

    def _record(self, call: Call, target: _Target) -> bool:
        file = target.file
        if not file.writable:
            return False
        if not file.exists:
            file.touch()
        if not file.modified and file.size == target.row.size and file.size:
            return False
        record_contents(call, {target.row.id: content_of(file, target.row.hasher)})
        call.after_commit(target.recorded)
        return True

    def _chosen(self, call: Call) -> _Target:
        self._call = call
        if self._target is None:
            raise omero.ApiUsageException(message="No file has been chosen. Call setFileId first.")
        return self._target

    @property
    def content(self) -> Content | None:
        """What was written so far, or until the store was closed, and is in no row yet; durable."""
        target = self._target
        if target is None or not target.file.modified:
            return self._content
        return content_of(target.file, target.row.hasher)

    def drop(self) -> None:
        """Close the file without recording anything: it is about to be removed."""
        target, self._target = self._target, None
        if target is not None:
            target.file.close()

    @property
    def is_open(self) -> bool:
        """Whether the store has a file."""
        return self._target is not None

    @property
    def position(self) -> int:
        """End of the last write, in bytes."""
        return 0 if self._target is None else self._target.file.position

    def on_close(self) -> None:
        """Record what was written and not saved, and close the file."""
        target, self._target = self._target, None
        if target is None:
            return
        try:
            if target.file.modified and self._recorded_by_owner:
                self._content = content_of(target.file, target.row.hasher)
            elif target.file.modified and self._call is not None:
                call = self._call
                with call.engine.begin(call.caller, writable=True, session=call.session) as own:
                    self._record(own, target)
        finally:
            target.file.close()
