"""The files that an image was imported from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import omero
import omero.cmd
import omero.sys
from omero.gateway.wrapper import resolve
from omero.rtypes import unwrap

__all__ = ["ImageFiles"]


class ImageFiles:
    """The part of an image wrapper that knows its files."""

    _obj: Any
    _conn: Any
    _importedFilesInfo: dict[str, Any] | None = None

    def _number(self, query: str) -> int:
        params = omero.sys.ParametersI().addId(self._obj.id.val)
        context = self._own_context()  # type: ignore[attr-defined]
        return int(unwrap(self._conn.getQueryService().projection(query, params, context))[0][0])

    def countFilesetFiles(self) -> int:
        """Number of files of the fileset."""
        return self._number(
            "select count(e.id) from FilesetEntry e "
            "where e.fileset.id = (select i.fileset.id from Image i where i.id = :id)"
        )

    def countArchivedFiles(self) -> int:
        """Number of files that OMERO 4 archived."""
        return self._number("select count(l.id) from PixelsOriginalFileMap l where l.child.image.id = :id")

    def countImportedImageFiles(self) -> int:
        """Number of files."""
        return self.countFilesetFiles() or self.countArchivedFiles()

    def getImportedFilesInfo(self) -> dict[str, Any]:
        """fileset (whether there is one), count, size in bytes, and annotations of the fileset."""
        if self._importedFilesInfo is None:
            info = self._conn.getFilesetFilesInfo([self._obj.id.val])
            if info["count"] == 0:
                info = self._conn.getArchivedFilesInfo([self._obj.id.val])
            self._importedFilesInfo = info
        return self._importedFilesInfo

    def getArchivedFiles(self) -> Iterator[Any]:
        """See ``getImportedImageFiles``."""
        return self.getImportedImageFiles()

    def getImportedImageFiles(self) -> Iterator[Any]:
        """The files, of the fileset or archived."""
        fileset = self.getFileset()
        if fileset is not None:
            yield from fileset.listFiles()
            return
        query = "select l.parent from PixelsOriginalFileMap l where l.child.image.id = :id"
        params = omero.sys.ParametersI().addId(self._obj.id.val)
        context = self._own_context()  # type: ignore[attr-defined]
        for found in self._conn.getQueryService().findAllByQuery(query, params, context):
            yield resolve("OriginalFileWrapper")(self._conn, found)

    def getImportedImageFilePaths(self) -> dict[str, list[str]]:
        """server_paths: in the repository; client_paths: where they came from, as far as known."""
        query = (
            "select e.originalFile.path, e.originalFile.name, e.clientPath from FilesetEntry e "
            "where e.fileset.id = (select i.fileset.id from Image i where i.id = :id)"
        )
        params = omero.sys.ParametersI().addId(self._obj.id.val)
        context = self._own_context()  # type: ignore[attr-defined]
        rows = unwrap(self._conn.getQueryService().projection(query, params, context))
        if rows:
            server = [f"{path}{name}" for path, name, _client in rows]
            return {"server_paths": server, "client_paths": [client for _path, _name, client in rows]}
        files = list(self.getImportedImageFiles())
        return {"server_paths": [f"{each.path}{each.name}" for each in files], "client_paths": []}

    def getFileset(self) -> Any:
        """The fileset with its files and images, None for images without."""
        if self._obj.fileset is None:
            return None
        query = (
            "select fs from Fileset as fs left outer join fetch fs.images as image "
            "left outer join fetch fs.usedFiles as usedFile left outer join fetch usedFile.originalFile "
            "where fs.id = :id"
        )
        params = omero.sys.ParametersI().addId(self._obj.fileset.id.val)
        found = self._conn.getQueryService().findByQuery(query, params, self._own_context())  # type: ignore[attr-defined]
        return None if found is None else resolve("FilesetWrapper")(self._conn, found)

    def getInplaceImport(self) -> str | None:
        """How the files were put into the repository without copying (ln, ln_s, ...); None when copied."""
        query = (
            "select a.textValue from CommentAnnotation a, FilesetAnnotationLink l where l.child.id = a.id "
            "and a.ns = :ns and l.parent.id = (select i.fileset.id from Image i where i.id = :id)"
        )
        params = omero.sys.ParametersI().addId(self._obj.id.val)
        params.addString("ns", omero.constants.namespaces.NSFILETRANSFER)
        context = self._own_context()  # type: ignore[attr-defined]
        rows = unwrap(self._conn.getQueryService().projection(query, params, context))
        return _transfer(rows[0][0]) if rows else None

    def loadOriginalMetadata(self, sort: bool = True) -> tuple[None, list[tuple[str, Any]], list[tuple[str, Any]]]:
        """(None, pairs of the file, pairs of the series): what the reader found in the files."""
        request = omero.cmd.OriginalMetadataRequest()
        request.imageId = self._obj.id.val
        handle = self._conn.c.sf.submit(request, self._own_context())  # type: ignore[attr-defined]
        callback = self._conn._waitOnCmd(handle)
        try:
            response = callback.getResponse()
        finally:
            callback.close(True)
        pairs = (
            [(key, unwrap(value)) for key, value in values.items()]
            for values in (response.globalMetadata, response.seriesMetadata)
        )
        general, series = (sorted(each, key=lambda pair: pair[0].lower()) if sort else each for each in pairs)
        return None, general, series


def _transfer(name: str) -> str | None:
    """The short name of a way to put files into the repository."""
    from omero.fs import TRANSFERS

    return TRANSFERS.get(name)
