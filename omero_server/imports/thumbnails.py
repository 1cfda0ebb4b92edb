"""Thumbnails that an import makes: rows in its transaction, files that go again if it fails."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert

from omero_server.db.tables import TABLES
from omero_server.imports.measure import Thumbnail
from omero_server.rendering.metadata import PixelsInfo
from omero_server.rendering.storing import new_details
from omero_server.repository.disk import write_new
from omero_server.repository.layout import Layout
from omero_server.repository.removal import Doomed, guard_files
from omero_server.sessions.call import Call

__all__ = ["store_thumbnails"]


def store_thumbnails(call: Call, items: Sequence[tuple[PixelsInfo, Thumbnail]]) -> None:
    """Store pictures of pixels, owned like these."""
    if not items:
        return
    layout = Layout.of(call.engine.config)
    ids = call.engine.database.ids(call.db, "seq_thumbnail", len(items))
    guard_files(call, [Doomed(str(layout.thumbnail(i)), "thumbnail", i) for i in ids])
    write_new({layout.thumbnail(row_id): picture.jpeg for row_id, (_, picture) in zip(ids, items, strict=True)})
    rows = [
        {
            "id": row_id, **new_details(call, info, info.owner_id), "pixels": info.id, "mimetype": "image/jpeg",
            "sizex": picture.width, "sizey": picture.height,
        }
        for row_id, (info, picture) in zip(ids, items, strict=True)
    ]  # fmt: skip
    call.db.execute(insert(TABLES["thumbnail"]), rows)
    call.log("INSERT", "ome.model.display.Thumbnail", ids)
