"""IShare, the operations on comments: annotations of the share."""

from __future__ import annotations

from typing import Any

import omero
import omero._generated
import omero.model
from omero_server.queries import find, run
from omero_server.saving.removal import remove
from omero_server.saving.saver import save
from omero_server.services.service import Service, reads, unmanaged, writes
from omero_server.services.sharing.objects import accessible_share, accessible_shares
from omero_server.sessions.call import Call
from omero_server.sessions.shares import find_share

__all__ = ["NAMESPACE", "ShareComments"]

NAMESPACE = "ome.share.comment/"
LINK = "SessionAnnotationLink"


class ShareComments(Service):
    """Who may enter a share reads and writes its comments, whatever groups they belong to."""

    @reads
    def getCommentCount(self, call: Call, shareIds: list[int] | None) -> dict[int, int]:
        """Number of comments by id of the share."""
        counts = {share.id: 0 for share in accessible_shares(call, shareIds)}
        query = (
            f"select l.parent.id, count(l.id) from {LINK} l where l.parent.id in (:ids) and l.child.ns like :ns "
            "group by l.parent.id"
        )
        return counts | dict(run(call, query, {"ids": list(counts), "ns": f"{NAMESPACE}%"}, as_server=True))

    @reads
    def getComments(self, call: Call, shareId: int) -> list[Any]:
        """The comments, oldest first."""
        share = accessible_share(call, shareId)
        query = f"select l.child.id from {LINK} l where l.parent.id = :id and l.child.ns like :ns"
        return _comments(call, run(call, query, {"id": share.id, "ns": f"{NAMESPACE}%"}, as_server=True))

    @writes
    def addComment(self, call: Call, shareId: int, comment: str) -> Any:
        """A comment of the caller's, in the group of the call."""
        share = accessible_share(call, shareId)
        made = omero.model.CommentAnnotation(_loaded=True)
        made._ns, made._textValue = omero.RString(NAMESPACE), omero.RString(comment or "")
        link = omero.model.SessionAnnotationLink(_loaded=True)
        link._parent = omero.model.Session(_id=omero.RLong(share.id), _loaded=False)
        link._child = made
        (saved,) = save(call, [link], privileged=True)
        return _comments(call, [saved._child._id._val])[0]

    @unmanaged
    def addReply(self, call: Call, shareId: int, comment: str, replyTo: Any) -> Any:
        """OMERO never had replies."""
        raise omero.InternalException(message="Replies to comments are unsupported. Add a comment instead.")

    @writes
    def deleteComment(self, call: Call, comment: Any) -> None:
        """Delete a comment, for its author, the owner of the share, and administrators."""
        if comment is None or comment._id is None:
            raise omero.ApiUsageException(message="Give a comment with an id.")
        comment_id = comment._id._val
        stored = find(call, "TextAnnotation", comment_id, as_server=True)
        if stored is None or not (stored._ns and stored._ns._val.startswith(NAMESPACE)):
            raise omero.ValidationException(message=f"Annotation {comment_id} is no comment of a share.")
        links = run(call, f"from {LINK} l where l.child.id = :id", {"id": comment_id}, as_server=True)
        _check_may_delete(call, stored, links)
        for obj in (*links, stored):
            remove(call, obj, privileged=True)


def _check_may_delete(call: Call, comment: Any, links: list[Any]) -> None:
    caller = call.caller
    if caller.is_admin or comment._details._owner._id._val == caller.user_id:
        return
    shares = [find_share(call.db, link._parent._id._val) for link in links]
    if not any(share and share.owner_id == caller.user_id for share in shares):
        raise omero.SecurityViolation(message="This comment is somebody else's. Its author can delete it.")


def _comments(call: Call, ids: list[int]) -> list[Any]:
    if not ids:
        return []
    query = (
        "select a from TextAnnotation a join fetch a.details.owner join fetch a.details.creationEvent "
        "where a.id in (:ids) order by a.id"
    )
    return run(call, query, {"ids": ids}, as_server=True)
