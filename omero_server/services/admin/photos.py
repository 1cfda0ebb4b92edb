"""IAdmin, the operations that deal with the pictures of users."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import Any

import omero
import omero._generated
import omero.constants
import omero.model
from omero_server.queries import run
from omero_server.repository.layout import Layout
from omero_server.repository.store import OpenFile
from omero_server.saving.saver import save
from omero_server.services.admin.objects import id_of
from omero_server.services.service import Service, reads, writes
from omero_server.sessions.call import USER_GROUP, Call

__all__ = ["AdminPhotos"]

NAMESPACE = omero.constants.namespaces.NSEXPERIMENTERPHOTO
HASHER = "SHA1-160"
PHOTOS = (
    "select f from ExperimenterAnnotationLink l join l.child a join a.file f left outer join fetch f.hasher"
    " where l.parent.id = :user and l.details.owner.id = :user and a.ns = :namespace order by l.id"
)


class AdminPhotos(Service):
    """A photo is a file in the group "user", annotated to its user."""

    @writes
    def uploadMyUserPhoto(self, call: Call, filename: str, format: str, data: bytes) -> int:
        """Keep the caller's picture, in place of the one that there is; the id of its file. ``format``: MIME type."""
        if not filename or not format or not data:
            raise omero.ApiUsageException(message="A photo needs the name of a file, a MIME type and content.")
        present = _photos(call)
        file = present[0] if present else _new_file(call, filename)
        file._name, file._mimetype = omero.RString(filename), omero.RString(format)
        path = Layout.of(call.engine.config).file(id_of(file, "file"))
        _replace(call, path, bytes(data))
        with closing(OpenFile(path, writable=False)) as stored:
            file._size, file._hash = omero.RLong(stored.size), omero.RString(stored.checksum(HASHER))
        file._hasher = _enumeration("ChecksumAlgorithm", HASHER)
        save(call, [file], privileged=True)
        return id_of(file, "file")

    @reads
    def getMyUserPhotos(self, call: Call) -> list[Any]:
        """The files of the caller's pictures."""
        return _photos(call)


def _photos(call: Call) -> list[Any]:
    return run(call, PHOTOS, {"user": call.caller.user_id, "namespace": NAMESPACE}, as_server=True)


def _new_file(call: Call, filename: str) -> Any:
    """A file without content, annotated to the caller."""
    file = _common("OriginalFile", _path=omero.RString(filename), _name=omero.RString(filename))
    annotation = _common("FileAnnotation", _ns=omero.RString(NAMESPACE), _file=file)
    user = omero.model.Experimenter(_id=omero.RLong(call.caller.user_id), _loaded=False)
    save(call, [_common("ExperimenterAnnotationLink", _parent=user, _child=annotation)], privileged=True)
    (stored,) = _photos(call)
    return stored


def _common(cls: str, **values: Any) -> Any:
    """A new object in the group "user"."""
    group = omero.model.ExperimenterGroup(_id=omero.RLong(USER_GROUP), _loaded=False)
    return getattr(omero.model, cls)(_loaded=True, _details=omero.model.Details(_group=group), **values)


def _enumeration(cls: str, value: str) -> Any:
    return getattr(omero.model, cls)(_loaded=True, _value=omero.RString(value))


def _replace(call: Call, path: Path, data: bytes) -> None:
    """Put new content in place of the old, which comes back if the transaction fails."""
    before = path.read_bytes() if path.exists() else None
    call.on_rollback(lambda: path.unlink(missing_ok=True) if before is None else _write(path, before))
    _write(path, data)


def _write(path: Path, data: bytes) -> None:
    """Write aside and rename: readers see the whole old or the whole new content."""
    aside = path.with_name(f"{path.name}.new")
    aside.unlink(missing_ok=True)
    with closing(OpenFile(aside, writable=True)) as file:
        file.write(data, 0)
        os.replace(aside, path)
        file.sync()
