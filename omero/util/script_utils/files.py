"""Files of scripts: to the server, from it, and as annotations of its objects."""

from __future__ import annotations

import hashlib
import os
from itertools import count
from typing import Any

import omero.model
from omero.rtypes import rlong, rstring, unwrap

__all__ = ["calc_sha1", "create_file", "create_link_file_annotation", "download_file", "upload_file"]

BLOCK = 1_000_000
MIMETYPE = "application/octet-stream"


def calc_sha1(filename: str) -> str:
    """The SHA1 of a file, as 40 hexadecimal digits."""
    with open(filename, "rb") as handle:
        return hashlib.file_digest(handle, "sha1").hexdigest()


def create_file(
    update_service: Any, filename: str, mimetype: str | None = None, orig_file_path_name: str | None = None
) -> Any:
    """Describe a file of this machine on the server, without its content; see :func:`upload_file`.

    ``orig_file_path_name`` is where it shall seem to come from. Returns the saved OriginalFile.
    """
    path, name = os.path.split(orig_file_path_name or filename)
    described = omero.model.OriginalFileI()
    described.name, described.path = rstring(name), rstring(path)
    described.size = rlong(os.path.getsize(filename))
    described.hash = rstring(calc_sha1(filename))
    described.mimetype = rstring(mimetype or MIMETYPE)
    return update_service.saveAndReturnObject(described)


def upload_file(raw_file_store: Any, original_file: Any, file_path: str | None = None) -> None:
    """Send the content of a file: that at ``file_path``, else that with the name of ``original_file``."""
    raw_file_store.setFileId(original_file.id.val)
    with open(file_path or unwrap(original_file.name), "rb") as handle:
        position = 0
        while block := handle.read(BLOCK):
            raw_file_store.write(block, position, len(block))
            position += len(block)
    raw_file_store.save()


def download_file(raw_file_store: Any, original_file: Any, file_path: str | None = None) -> str:
    """Store a file of the server at ``file_path``, else in the working folder under its own name.

    What is there is not overwritten: the new file is then called ``name_1.txt`` or with a higher number. Returns the
    path.
    """
    path = _free_path(file_path or os.path.basename(unwrap(original_file.name)))
    raw_file_store.setFileId(original_file.id.val)
    size, position = unwrap(original_file.size), 0
    with open(path, "xb") as handle:
        while position < size:
            block = raw_file_store.read(position, min(BLOCK, size - position))
            if not block:
                raise OSError(f"OriginalFile:{original_file.id.val} ends after {position} of {size} bytes")
            handle.write(block)
            position += len(block)
    return path


def _free_path(path: str) -> str:
    if not os.path.exists(path):
        return path
    stem, extension = os.path.splitext(path)
    return next(free for number in count(1) if not os.path.exists(free := f"{stem}_{number}{extension}"))


def create_link_file_annotation(
    conn: Any,
    local_path: str,
    parent: Any,
    output: str = "Output",
    mimetype: str | None = None,
    description: str | None = None,
    namespace: str | None = None,
    orig_file_path_and_name: str | None = None,
) -> tuple[Any, str]:
    """Store a file as an annotation of ``parent``, a wrapper, or of nothing for None.

    Returns the annotation's wrapper, None when there is no such file, and a message for users. ``output`` names the
    file in the message.
    """
    if not local_path or not os.path.exists(local_path):
        return None, f"{output} not created."
    annotation = conn.createFileAnnfromLocalFile(
        local_path, origFilePathAndName=orig_file_path_and_name, mimetype=mimetype or MIMETYPE, ns=namespace,
        desc=description,
    )  # fmt: skip
    if parent is None:
        return annotation, f"{output} created"
    if not parent.canAnnotate():
        return annotation, f"{output} created but could not be attached."
    parent.linkAnnotation(annotation)
    return annotation, f"{output} created and attached to {parent.OMERO_CLASS.lower()} {parent.getName()}."
