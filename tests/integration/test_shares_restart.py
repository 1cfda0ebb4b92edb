"""Shares are sessions in the database, but last longer than a server."""

from __future__ import annotations

from collections.abc import Callable

from omero.rtypes import rlong
from tests.support.actors import image
from tests.support.instance import Instance
from tests.support.people import logged_in


def test_shares_outlive_the_server(make_instance: Callable[..., Instance]) -> None:
    server = make_instance()
    server.start()
    with logged_in(server) as root:
        made = root.getUpdateService().saveAndReturnObject(image())
        share = root.getShareService().createShare("d", None, [made.proxy()], [], [], True)
    server.kill_blitz()
    server.await_blitz()
    with logged_in(server) as root:
        service = root.getShareService()
        assert [s.id.val for s in service.getOwnShares(True)] == [share]
        assert service.getShare(share).closed is None
        assert [c.id.val for c in service.getContents(share)] == [made.id.val]
        service.activate(share)
        assert root.getQueryService().get("Image", made.id.val).id == rlong(made.id.val)
