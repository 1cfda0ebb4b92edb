"""Old helpers with files and annotations; kept for the scripts that use them."""

from __future__ import annotations

import hashlib
from typing import Any

import omero.api
import omero.model
from omero.rtypes import rlong, rstring, unwrap
from omero.util.OmeroPopo import WorkflowData
from omero.util.script_utils.files import (
    BLOCK,
    calc_sha1,
    create_file,
    create_link_file_annotation,
    download_file,
    upload_file,
)
from omero.util.script_utils.objects import get_objects
from omero.util.script_utils.old_texts import items_of, lines_of
from omero.util.script_utils.warnings import deprecated

__all__ = [
    "CSV_FORMAT",
    "CSV_NS",
    "addAnnotationToImage",
    "attachArrayToImage",
    "attachFileToParent",
    "calcSha1",
    "calcSha1FromData",
    "createFile",
    "createFileFromData",
    "createLinkFileAnnotation",
    "downloadFile",
    "getFormat",
    "getObjects",
    "getRawFileStore",
    "readFileAsArray",
    "readFromOriginalFile",
    "registerNamespace",
    "uploadAndAttachFile",
    "uploadArray",
    "uploadFile",
]

CSV_NS = "text/csv"
CSV_FORMAT = "text/csv"


@deprecated("calc_sha1")
def calcSha1(filename: str) -> str:
    """See :func:`omero.util.script_utils.calc_sha1`."""
    return calc_sha1(filename)


@deprecated("hashlib.sha1")
def calcSha1FromData(data: bytes | str) -> str:
    """The SHA1 of bytes, or of a text in UTF-8."""
    return hashlib.sha1(_bytes(data), usedforsecurity=False).hexdigest()


def _bytes(data: bytes | str) -> bytes:
    return data.encode("utf-8") if isinstance(data, str) else data


@deprecated("create_file")
def createFile(
    updateService: Any, filename: str, mimetype: str | None = None, origFilePathName: str | None = None
) -> Any:
    """See :func:`omero.util.script_utils.create_file`."""
    return create_file(updateService, filename, mimetype, origFilePathName)


@deprecated("upload_file")
def uploadFile(rawFileStore: Any, originalFile: Any, filePath: str | None = None) -> None:
    """See :func:`omero.util.script_utils.upload_file`."""
    upload_file(rawFileStore, originalFile, filePath)


@deprecated("download_file")
def downloadFile(rawFileStore: Any, originalFile: Any, filePath: str | None = None) -> str:
    """See :func:`omero.util.script_utils.download_file`."""
    return download_file(rawFileStore, originalFile, filePath)


@deprecated("get_objects")
def getObjects(conn: Any, params: dict[str, Any]) -> tuple[list[Any], str]:
    """See :func:`omero.util.script_utils.get_objects`."""
    return get_objects(conn, params)


@deprecated("create_link_file_annotation")
def createLinkFileAnnotation(
    conn: Any,
    localPath: str,
    parent: Any,
    output: str = "Output",
    parenttype: str = "Image",
    mimetype: str | None = None,
    desc: str | None = None,
    ns: str | None = None,
    origFilePathAndName: str | None = None,
) -> tuple[Any, str]:
    """See :func:`omero.util.script_utils.create_link_file_annotation`. ``parenttype`` is not used."""
    return create_link_file_annotation(conn, localPath, parent, output, mimetype, desc, ns, origFilePathAndName)


@deprecated("create_file and upload_file")
def createFileFromData(updateService: Any, queryService: Any, filename: str, data: bytes | str) -> Any:
    """Describe data as a file on the server, without its content; the saved OriginalFile. Its type is text/csv."""
    return _described_data(updateService, filename, _bytes(data))


def _described_data(update_service: Any, filename: str, content: bytes) -> Any:
    described = omero.model.OriginalFileI()
    described.name = described.path = rstring(filename)
    described.size = rlong(len(content))
    described.hash = rstring(hashlib.sha1(content, usedforsecurity=False).hexdigest())
    described.mimetype = rstring(CSV_FORMAT)
    return update_service.saveAndReturnObject(described)


def _link(updateService: Any, parent: Any, annotation: Any) -> Any:
    """The saved link between an object and an annotation. Raises ValueError for a class without annotations."""
    kind = parent.ice_id().rpartition("::")[2]
    cls = getattr(omero.model, f"{kind}AnnotationLinkI", None)
    if cls is None:
        raise ValueError(f"{kind} has no annotations")
    link = cls()
    link.parent, link.child = parent.proxy(), annotation
    return updateService.saveAndReturnObject(link)


def _file_annotation(file: Any, namespace: str | None, description: str | None = None) -> Any:
    annotation = omero.model.FileAnnotationI()
    annotation.file = omero.model.OriginalFileI(file.id.val, False)
    annotation.ns = None if namespace is None else rstring(namespace)
    annotation.description = None if description is None else rstring(description)
    return annotation


@deprecated("create_link_file_annotation")
def attachFileToParent(
    updateService: Any, parent: Any, originalFile: Any, description: str | None = None, namespace: str | None = None
) -> Any:
    """Annotate an object with a file of the server; the saved link."""
    return _link(updateService, parent, _file_annotation(originalFile, namespace, description))


@deprecated("create_link_file_annotation")
def uploadAndAttachFile(
    queryService: Any,
    updateService: Any,
    rawFileStore: Any,
    parent: Any,
    localName: str,
    mimetype: str,
    description: str | None = None,
    namespace: str | None = None,
    origFilePathName: str | None = None,
) -> Any:
    """Send a file and annotate an object with it; the saved FileAnnotation. ``queryService`` is not used."""
    file = create_file(updateService, localName, mimetype, origFilePathName)
    upload_file(rawFileStore, file, localName)
    return _link(updateService, parent, _file_annotation(file, namespace, description)).child


@deprecated("the gateway's linkAnnotation")
def addAnnotationToImage(updateService: Any, image: Any, annotation: Any) -> Any:
    """Annotate an image; the saved link."""
    return _link(updateService, image, annotation)


@deprecated("create_link_file_annotation")
def attachArrayToImage(updateService: Any, image: Any, file: Any, nameSpace: str) -> Any:
    """Annotate an image with a file of the server; the saved FileAnnotation."""
    return _link(updateService, image, _file_annotation(file, nameSpace)).child


@deprecated("create_link_file_annotation")
def uploadArray(
    rawFileStore: Any,
    updateService: Any,
    queryService: Any,
    image: Any,
    filename: str,
    namespace: str,
    array: Any,
) -> Any:
    """Store an array (rows, columns) as a text of numbers and annotate an image with it; the saved FileAnnotation."""
    data = lines_of(array).encode("ascii")
    file = _described_data(updateService, filename, data)
    rawFileStore.setFileId(file.id.val)
    rawFileStore.write(data, 0, len(data))
    rawFileStore.save()
    return _link(updateService, image, _file_annotation(file, namespace)).child


@deprecated("the gateway's getFileInChunks")
def readFromOriginalFile(rawFileService: Any, iQuery: Any, fileId: int, maxBlockSize: int = 10000) -> str:
    """The content of a file as text; bytes that are no UTF-8 are kept as surrogates."""
    return _text(rawFileService, iQuery, fileId, maxBlockSize)


def _text(store: Any, query_service: Any, number: int, block_size: int) -> str:
    store.setFileId(number)
    size, content = unwrap(query_service.get("OriginalFile", number).size), bytearray()
    while len(content) < size:
        block = store.read(len(content), min(block_size, size - len(content)))
        if not block:
            raise OSError(f"OriginalFile:{number} ends after {len(content)} of {size} bytes")
        content += block
    return content.decode("utf-8", errors="surrogateescape")


@deprecated("numpy.loadtxt")
def readFileAsArray(
    rawFileService: Any, iQuery: Any, fileId: int, row: int, col: int, separator: str = " "
) -> Any:  # fmt: skip
    """Numbers in a file, with ``separator`` or line ends between them, as an array (row, col)."""
    import numpy

    text = _text(rawFileService, iQuery, fileId, BLOCK)
    numbers = [float(item) for line in text.splitlines() for item in line.split(separator) if item.strip()]
    return numpy.array(numbers).reshape(row, col)


@deprecated("session.createRawFileStore")
def getRawFileStore(session: Any, fileId: int) -> Any:
    """A store set to a file, to be closed."""
    store = session.createRawFileStore()
    store.setFileId(fileId)
    return store


@deprecated("the query service")
def getFormat(queryService: Any, format: str) -> Any:
    """The format (an enumeration) with a name, or None."""
    return queryService.findByString("Format", "value", format)


@deprecated("omero.model.NamespaceI")
def registerNamespace(iQuery: Any, iUpdate: Any, namespace: str, keywords: str | list[str]) -> Any:
    """Store a namespace with keywords (a list, or a text with commas), or add these to it; as WorkflowData."""
    workflow = WorkflowData(iQuery.findByString("Namespace", "name", namespace))
    workflow.setNamespace(namespace)
    for keyword in items_of(keywords) if isinstance(keywords, str) else keywords:
        workflow.addKeyword(keyword)
    return WorkflowData(iUpdate.saveAndReturnObject(workflow.asIObject()))
