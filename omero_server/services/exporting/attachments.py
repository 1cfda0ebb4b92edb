"""Files that are attached to something, inside of a document."""

from __future__ import annotations

import base64
import logging
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import omero
import omero._generated
from omero_server.imports.files import FileRow, file_by_id, location
from omero_server.imports.policy import check_download
from omero_server.repository.store import OpenFile
from omero_server.services.exporting.values import TEXT, Names

__all__ = ["Attachments"]

log = logging.getLogger(__name__)

LARGEST = 4 << 20
LARGEST_SUM = 64 << 20


@dataclass(frozen=True, slots=True)
class _Read:
    name: str
    kind: str | None
    data: bytes


class Attachments:
    """Reads the files of annotations. Large ones, and those that may not be downloaded or are gone, are left out."""

    def __init__(self, names: Names) -> None:
        self._call = names.call
        self._read: dict[int, _Read | None] = {}
        self._left = LARGEST_SUM

    def has(self, annotation: Any) -> bool:
        """Whether the annotation is one with a file that goes into the document."""
        if type(annotation).__name__ != "FileAnnotation" or annotation._file is None:
            return False
        return self._content(annotation) is not None

    def write(self, element: Element, annotation: Any) -> None:
        """Put the file into the annotation's element."""
        found = self._content(annotation)
        assert found is not None
        size = str(len(found.data))
        holder = SubElement(element, "BinaryFile", FileName=TEXT(found.name), Size=size)
        if found.kind is not None:
            holder.set("MIMEType", TEXT(found.kind))
        text = base64.b64encode(found.data).decode("ascii")
        SubElement(holder, "BinData", BigEndian="true", Length=str(len(text))).text = text

    def _content(self, annotation: Any) -> _Read | None:
        number = annotation._file._id._val
        if number not in self._read:
            self._read[number] = self._load(number)
        return self._read[number]

    def _load(self, number: int) -> _Read | None:
        try:
            row = file_by_id(self._call, number)
            check_download(self._call, row)
            return self._open(row)
        except omero.ServerError as error:
            log.info("file %d is left out of an export: %s", number, error.message)
            return None

    def _open(self, row: FileRow) -> _Read | None:
        file = OpenFile(location(self._call, row), writable=False)
        try:
            if file.size > min(LARGEST, self._left):
                log.info("file %d is left out of an export: it has %d bytes", row.id, file.size)
                return None
            self._left -= file.size
            return _Read(row.name, row.mimetype, file.read(0, file.size))
        finally:
            file.close()
