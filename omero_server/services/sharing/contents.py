"""IShare, the operations on what a share contains."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import omero
import omero._generated
from omero_server.model.schema import MODEL
from omero_server.services.service import Service, reads, writes
from omero_server.services.sharing.items import listed_items, readable_items, unloaded, with_parts
from omero_server.services.sharing.objects import accessible_share, own_share, rewrite
from omero_server.sessions.call import Call

__all__ = ["ShareContents"]


class ShareContents(Service):
    """Contents are a list of references; nothing keeps the objects themselves from being deleted."""

    @reads
    def getContents(self, call: Call, shareId: int) -> list[Any]:
        """What is in the share, unloaded."""
        return [unloaded(item) for item in accessible_share(call, shareId).data.contents]

    @reads
    def getContentSubList(self, call: Call, shareId: int, start: int, finish: int) -> list[Any]:
        """The contents from place ``start`` up to, without, ``finish``."""
        contents = accessible_share(call, shareId).data.contents
        if not 0 <= start <= finish <= len(contents):
            raise omero.ApiUsageException(
                message=f"Share {shareId} has {len(contents)} objects: {start} to {finish} is no part of them."
            )
        return [unloaded(item) for item in contents[start:finish]]

    @reads
    def getContentSize(self, call: Call, shareId: int) -> int:
        """How many objects are in the share."""
        return len(accessible_share(call, shareId).data.contents)

    @reads
    def getContentMap(self, call: Call, shareId: int) -> dict[str, list[int]]:
        """Ids by full class name ("ome.model.core.Image")."""
        contents = accessible_share(call, shareId).contents()
        return {MODEL.classes[name].java: sorted(ids) for name, ids in contents.items()}

    @writes
    def addObjects(self, call: Call, shareId: int, iobjects: list[Any] | None) -> None:
        """Add objects, and with images all that is needed to show them."""
        if iobjects is None:
            raise omero.ApiUsageException(message="The list of objects is null.")
        share = own_share(call, shareId)
        added = with_parts(call, readable_items(call, listed_items(iobjects)))
        contents = tuple(dict.fromkeys((*share.data.contents, *added)))
        rewrite(call, share, replace(share.data, contents=contents))

    @writes
    def addObject(self, call: Call, shareId: int, iobject: Any) -> None:
        """Add one object with all that is needed to show it."""
        self.addObjects(call, shareId, [iobject])

    @writes
    def removeObjects(self, call: Call, shareId: int, iobjects: list[Any] | None) -> None:
        """Remove just these objects."""
        if iobjects is None:
            raise omero.ApiUsageException(message="The list of objects is null.")
        share = own_share(call, shareId)
        gone = set(listed_items(iobjects))
        rewrite(call, share, replace(share.data, contents=tuple(i for i in share.data.contents if i not in gone)))

    @writes
    def removeObject(self, call: Call, shareId: int, iobject: Any) -> None:
        """Remove just this object."""
        self.removeObjects(call, shareId, [iobject])
