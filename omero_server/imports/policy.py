"""The download policy: which files may be read as they are.

`omero.policy.binary_access`, for the whole server and, as an entry of its configuration, for a group: tokens +/- read,
write, image, plate. A minus wins over a plus; what is not mentioned is forbidden.
"""

from __future__ import annotations

from sqlalchemy import exists, select

import omero
import omero._generated
from omero_server.db.tables import TABLES
from omero_server.imports.files import FileRow, may_write
from omero_server.sessions.call import Call

__all__ = ["check_download"]

KEY = "omero.policy.binary_access"


def check_download(call: Call, row: FileRow) -> None:
    """SecurityViolation unless the policy lets the caller have the bytes of this file."""
    denied = _denied(call, row.group_id)
    if not denied:
        return
    if "write" in denied or ("read" in denied and not may_write(call, row)):
        _refuse(row)
    if row.name.endswith(".txt"):
        return
    if ("image" in denied and _has_images(call, row)) or ("plate" in denied and _has_wells(call, row)):
        _refuse(row)


def _denied(call: Call, group_id: int) -> set[str]:
    config = TABLES["experimentergroup_config"]
    chosen = select(config.c.value).where(config.c.experimentergroup_id == group_id, config.c.name == KEY)
    own = call.db.execute(chosen).scalar()
    tokens = [token.strip() for token in [*call.engine.config.get_list(KEY), *(own or "").split(",")]]
    allowed = {token[1:] for token in tokens if token.startswith("+")}
    refused = {token[1:] for token in tokens if token.startswith("-")}
    return {"read", "write", "image", "plate"} - allowed | refused


def _has_images(call: Call, row: FileRow) -> bool:
    entry, image = TABLES["filesetentry"], TABLES["image"]
    found = exists().where(entry.c.originalfile == row.id, image.c.fileset == entry.c.fileset)
    return bool(call.db.execute(select(found)).scalar())


def _has_wells(call: Call, row: FileRow) -> bool:
    entry, image, sample = TABLES["filesetentry"], TABLES["image"], TABLES["wellsample"]
    found = exists().where(
        entry.c.originalfile == row.id, image.c.fileset == entry.c.fileset, sample.c.image == image.c.id
    )
    return bool(call.db.execute(select(found)).scalar())


def _refuse(row: FileRow) -> None:
    raise omero.SecurityViolation(
        message=f"The download policy of this server does not allow to read the file {row.name!r} ({row.id})."
    )
