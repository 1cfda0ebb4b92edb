"""Files: checksums, upload, download."""

from __future__ import annotations

import codecs
import hashlib
import io
import os
from typing import IO, Any

import omero
import omero.model
from omero.errors import ClientError
from omero.rtypes import rlong, rstring, unwrap

__all__ = ["FileTransfer", "sha1_of"]

BLOCK = 1024 * 1024
HASHER = "SHA1-160"


def sha1_of(path: str | os.PathLike[str]) -> str:
    """Hexadecimal SHA1 of a file."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha1").hexdigest()


class FileTransfer:
    """The part of a client that moves files."""

    _session: Any

    def getSession(self, blocking: bool = True) -> Any:
        """See BaseClient."""
        raise NotImplementedError

    def sha1(self, filename: str) -> str:
        """Hexadecimal SHA1 of a file."""
        return sha1_of(filename)

    def upload(
        self,
        filename: str,
        name: str | None = None,
        path: str | None = None,
        type: str | None = None,
        ofile: Any = None,
        block_size: int = BLOCK,
    ) -> Any:
        """Store a file on the server and return its OriginalFile.

        ``name`` and ``path`` default to the file's own; ``type`` is the media type; ``ofile`` an OriginalFile whose
        content is replaced. Raises ClientError without a session or without the file.
        """
        if self.getSession(False) is None:
            raise ClientError("No session. Use createSession first.")
        if not filename:
            raise ClientError("Non-null filename must be provided")
        if not os.path.isfile(filename):
            raise ClientError(f"File does not exist: {filename}")
        ofile = self._described(filename, name, path, type, ofile)
        saved = self.getSession().getUpdateService().saveAndReturnObject(ofile)
        with open(filename, "rb") as handle:
            return self._write(saved, handle, block_size)

    def _described(self, filename: str, name: str | None, path: str | None, kind: str | None, ofile: Any) -> Any:
        """The OriginalFile for a file on disk, not yet saved."""
        folder, base = os.path.split(os.path.abspath(filename))
        ofile = ofile or omero.model.OriginalFileI()
        ofile.name = rstring(name or unwrap(ofile.name) or base)
        ofile.path = rstring(path or unwrap(ofile.path) or folder + os.sep)
        ofile.size = rlong(os.path.getsize(filename))
        ofile.hash = rstring(sha1_of(filename))
        ofile.hasher = omero.model.ChecksumAlgorithmI()
        ofile.hasher.value = rstring(HASHER)
        if kind is not None:
            ofile.mimetype = rstring(kind)
        return ofile

    def _write(self, ofile: Any, handle: IO[bytes], block_size: int) -> Any:
        store = self.getSession().createRawFileStore()
        try:
            store.setFileId(ofile.id.val)
            store.truncate(ofile.size.val)
            self.write_stream(handle, store, block_size)
            return store.save()
        finally:
            store.close()

    def write_stream(self, file: IO[bytes], prx: Any, block_size: int = BLOCK) -> None:
        """Copy a file object into an open RawFileStore, from position 0."""
        offset = 0
        while block := file.read(block_size):
            prx.write(block, offset, len(block))
            offset += len(block)

    def download(
        self, ofile: Any, filename: str | None = None, block_size: int = BLOCK, filehandle: IO[Any] | None = None
    ) -> None:
        """Copy an OriginalFile into a new file, or into an open file object (text ones get decoded UTF-8).

        Raises ClientError without a session, for a file without size, or unless exactly one target is given.
        """
        if self.getSession(False) is None:
            raise ClientError("No session. Use createSession first.")
        if (filename is None) == (filehandle is None):
            raise ClientError("Give either filename or filehandle")
        if filehandle is not None:
            self._read(ofile, filehandle, block_size)
        else:
            assert filename is not None
            with open(filename, "wb") as handle:
                self._read(ofile, handle, block_size)

    def _read(self, ofile: Any, target: IO[Any], block_size: int) -> None:
        session = self.getSession()
        everywhere = {"omero.group": "-1"}
        current = session.getQueryService().get("OriginalFile", ofile.id.val, everywhere)
        size = unwrap(current.size)
        if size is None:
            raise ClientError(f"invalid size for OriginalFile '{ofile.id.val}' (mimetype:{unwrap(current.mimetype)})")
        store = session.createRawFileStore(everywhere)
        try:
            store.setFileId(ofile.id.val, everywhere)
            copy_out(store, size, target, block_size)
        finally:
            store.close()


def copy_out(store: Any, size: int, target: IO[Any], block_size: int) -> None:
    """Copy ``size`` bytes of an open RawFileStore into a file object, decoded where that one takes text."""
    decoder = codecs.getincrementaldecoder("utf-8")() if isinstance(target, io.TextIOBase) else None
    for offset in range(0, size, block_size):
        block = store.read(offset, min(block_size, size - offset))
        target.write(decoder.decode(block) if decoder else block)
    if decoder:
        target.write(decoder.decode(b"", final=True))
