"""Files on the server, and filesets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import omero.sys
from omero.gateway.wrapper import BlitzObjectWrapper, OmeroRestrictionWrapper, resolve

__all__ = ["_FilesetWrapper", "_OriginalFileAsFileObj", "_OriginalFileWrapper"]

BUFFER = 2621440


class _OriginalFileWrapper(BlitzObjectWrapper, OmeroRestrictionWrapper):
    """A file on the server."""

    OMERO_CLASS = "OriginalFile"

    def getFileInChunks(self, buf: int = BUFFER) -> Iterator[bytes]:
        """The content, in pieces of ``buf`` bytes."""
        with self.asFileObj(buf) as handle:
            yield from handle

    def asFileObj(self, buf: int = BUFFER) -> _OriginalFileAsFileObj:
        """The content as a file object to read from."""
        return _OriginalFileAsFileObj(self, buf)


class _OriginalFileAsFileObj:
    """Reads a file on the server like one on disk. Close it, or use it in a ``with`` statement."""

    def __init__(self, originalfile: _OriginalFileWrapper, buf: int = BUFFER) -> None:
        self.originalfile = originalfile
        self.bufsize = buf
        self.pos = 0
        self.size = originalfile.getSize()
        conn = originalfile._conn
        self.rfs = conn._own_service("createRawFileStore")
        self.rfs.setFileId(originalfile.getId(), originalfile._own_context())

    def seek(self, n: int, mode: int = 0) -> None:
        """Go to a position: from the start (0), from here (1), or from the end (2)."""
        self.pos = n + (0, self.pos, self.size)[mode]

    def tell(self) -> int:
        """The position."""
        return self.pos

    def read(self, n: int = -1) -> bytes:
        """``n`` bytes, or the rest."""
        count = max(self.size - self.pos, 0)
        count = count if n < 0 else min(n, count)
        if count == 0:
            return b""
        data: bytes = self.rfs.read(self.pos, count)
        self.pos += len(data)
        return data

    def close(self) -> None:
        """Give the service back."""
        self.rfs.close()

    def __iter__(self) -> Iterator[bytes]:
        while data := self.read(self.bufsize):
            yield data

    def __enter__(self) -> _OriginalFileAsFileObj:
        return self

    def __exit__(self, type: Any, value: Any, traceback: Any) -> None:
        self.close()


class _FilesetWrapper(BlitzObjectWrapper):
    """The files of one import, and the images made of them."""

    OMERO_CLASS = "Fileset"

    def _load(self, collection: str, query: str) -> None:
        if getattr(self._obj, f"_{collection}Loaded"):
            return
        params = omero.sys.ParametersI().addId(self.getId())
        self._obj = self._conn.getQueryService().findByQuery(query, params, self._conn.SERVICE_OPTS)

    def _loadImages(self) -> None:
        self._load("images", "select fs from Fileset as fs left outer join fetch fs.images as image where fs.id = :id")

    def copyImages(self) -> list[Any]:
        """The images."""
        self._loadImages()
        return [resolve("ImageWrapper")(self._conn, image) for image in self._obj.copyImages()]

    def _loadUsedFiles(self) -> None:
        query = "select fs from Fileset as fs left outer join fetch fs.usedFiles as entry "
        query += "left outer join fetch entry.originalFile where fs.id = :id"
        self._load("usedFiles", query)

    def listFiles(self) -> list[Any]:
        """The files."""
        self._loadUsedFiles()
        wrapper = resolve("OriginalFileWrapper")
        return [wrapper(self._conn, entry.originalFile) for entry in self._obj.copyUsedFiles()]
