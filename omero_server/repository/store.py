"""One open file: positioned reads and writes, a checksum that grows with the upload, and durability at its end."""

from __future__ import annotations

import errno
import os
import stat
from datetime import datetime
from pathlib import Path

import omero
import omero._generated
from omero_server.repository.behind import BackgroundChecksum
from omero_server.repository.checksums import file_checksum
from omero_server.repository.disk import begin_writing, make_folders, sync_directory

__all__ = ["MAX_READ", "OpenFile"]

MAX_READ = 64_000_000
WRITE_EVERY = 16 * 1024 * 1024
"""After so many bytes the system begins to put them on the disk."""
_MAX_WAITING = 64 * 1024 * 1024
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class OpenFile:
    """A file on disk. Made, with its folders, at the first write; `writable` says whether it may be written at all.

    Not safe for several threads: services with state run one call after the other. Errors of the disk are raised as
    ResourceError.
    """

    def __init__(self, path: Path, *, writable: bool) -> None:
        self.path = path
        self.writable = writable
        self.modified = False
        self.position = 0
        """End of the last write."""
        self._fd = -1
        self._writing = False
        self._unwritten = 0
        self._running: _RunningChecksum | None = None

    @property
    def exists(self) -> bool:
        """Whether the file is on disk."""
        return self.path.exists()

    @property
    def size(self) -> int:
        """Bytes on disk; ResourceError when the file is missing."""
        try:
            return self.path.stat().st_size
        except OSError as error:
            raise self._trouble(error, "looked at") from error

    @property
    def mtime(self) -> datetime:
        """When it was last changed, in the local time of the server, as the database keeps times."""
        return datetime.fromtimestamp(self.path.stat().st_mtime)

    def read(self, position: int, length: int) -> bytes:
        """Exactly `length` bytes; zeros behind the end."""
        if position < 0 or length < 0:
            raise omero.ApiUsageException(message=f"Cannot read {length} bytes at {position}: both must be positive.")
        if length > MAX_READ:
            raise omero.ApiUsageException(message=f"At most {MAX_READ} bytes can be read at once, not {length}.")
        try:
            self._open(writing=False)
            data = os.pread(self._fd, length, position)
            while len(data) < length and (more := os.pread(self._fd, length - len(data), position + len(data))):
                data += more
        except OSError as error:
            raise self._trouble(error, "read") from error
        return data.ljust(length, b"\0")

    def write(self, data: bytes | memoryview, position: int) -> None:
        """Put bytes at a position; the file grows as needed."""
        if position < 0:
            raise omero.ApiUsageException(message=f"Cannot write at {position}.")
        self._require_writable()
        try:
            self._open(writing=True)
            view, at = memoryview(data), position
            while view:
                written = os.pwrite(self._fd, view, at)
                view, at = view[written:], at + written
            self._begin_writing(len(data))
        except OSError as error:
            raise self._trouble(error, "written") from error
        self.modified = True
        self.position = at
        if self._running is not None:
            self._running.add(position, data)

    def _begin_writing(self, size: int) -> None:
        self._unwritten += size
        if self._unwritten >= WRITE_EVERY:
            begin_writing(self._fd)
            self._unwritten = 0

    def truncate(self, length: int) -> bool:
        """Cut the file to `length` bytes, when it is longer; says whether it was. One not yet written is not longer."""
        self._require_writable()
        if length < 0:
            raise omero.ApiUsageException(message=f"A file cannot have {length} bytes.")
        if not self.exists or length >= self.size:
            return False
        try:
            self._open(writing=True)
            os.ftruncate(self._fd, length)
        except OSError as error:
            raise self._trouble(error, "shortened") from error
        self.modified, self._running = True, None
        return True

    def watch(self, algorithm: str) -> None:
        """Compute a checksum along with what is written from the start of a new file."""
        self._running = _RunningChecksum(algorithm)

    def touch(self) -> None:
        """Make the file, empty, if it is not there."""
        self._require_writable()
        try:
            self._open(writing=True)
        except OSError as error:
            raise self._trouble(error, "made") from error
        self.modified = True

    def sync(self) -> None:
        """Returns when all that was written is on the disk, its name too."""
        try:
            if self._writing:
                os.fsync(self._fd)
                sync_directory(self.path.parent)
        except OSError as error:
            raise self._trouble(error, "written") from error

    def checksum(self, algorithm: str) -> str:
        """Of the whole file: the one that grew with the writes when they covered it, else the file is read."""
        running = self._running
        if running is not None and running.algorithm == algorithm and running.length == self.size:
            return running.sum.hexdigest()
        try:
            return file_checksum(self.path, algorithm)
        except OSError as error:
            raise self._trouble(error, "read") from error

    def close(self) -> None:
        """Let go of the file; may be called again."""
        fd, self._fd = self._fd, -1
        self._writing = False
        if fd >= 0:
            os.close(fd)

    def _open(self, writing: bool) -> None:
        if self._fd >= 0 and (self._writing or not writing):
            return
        self.close()
        if writing:
            make_folders(self.path.parent)
        flags = os.O_RDWR | os.O_CREAT if writing else os.O_RDONLY
        self._fd = os.open(self.path, flags | os.O_CLOEXEC, 0o664)
        self._writing = writing
        if not stat.S_ISREG(os.fstat(self._fd).st_mode):
            self.close()
            raise OSError(errno.EISDIR, "it is not a plain file", str(self.path))

    def _require_writable(self) -> None:
        if not self.writable:
            raise omero.SecurityViolation(message=f"The file {self.path.name!r} is open for reading only.")

    def _trouble(self, error: OSError, what: str) -> omero.ServerError:
        if error.errno in _FULL:
            return omero.ResourceError(
                message=f"The server's disk is full: {self.path.name!r} cannot be {what}. Free space and try again."
            )
        return omero.ResourceError(message=f"The file {self.path.name!r} cannot be {what}: {error.strerror}.")


class _RunningChecksum:
    """A checksum of blocks that arrive nearly in order: those that come too early wait for the ones before."""

    def __init__(self, algorithm: str) -> None:
        self.algorithm = algorithm
        self.sum = BackgroundChecksum(algorithm)
        self.length = 0
        self._waiting: dict[int, bytes] = {}
        self._broken = False

    def add(self, position: int, data: bytes | memoryview) -> None:
        if self._broken or not len(data):
            return
        if position != self.length:
            self._wait(position, data)
            return
        self._extend(data)
        while (follower := self._waiting.pop(self.length, None)) is not None:
            self._extend(follower)

    def _extend(self, data: bytes | memoryview) -> None:
        self.sum.update(data)
        self.length += len(data)

    def _wait(self, position: int, data: bytes | memoryview) -> None:
        # What is written twice, or far ahead, makes the sum useless: the file will be read again.
        size = sum(map(len, self._waiting.values())) + len(data)
        if position < self.length or position in self._waiting or size > _MAX_WAITING:
            self._broken, self.length = True, -1
            self._waiting.clear()
        else:
            self._waiting[position] = bytes(data)
