"""Which objects the download policy keeps a caller from having as they are. Looking at images is never affected."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import BigInteger, Connection, any_, bindparam, exists, select
from sqlalchemy.dialects.postgresql import ARRAY

from omero_server.db.tables import TABLES
from omero_server.security.voter import Action, Subject, allowed
from omero_server.sessions.call import Caller

__all__ = ["RESTRICTION", "file_restricted", "files_with_images", "judged_by_images", "restricted"]

RESTRICTION = "RESTRICT-BINARY-ACCESS"
# What of the policy concerns a class, besides reading and writing.
FEATURES = {"Image": "image", "Plate": "plate", "Well": "plate", "FileAnnotation": None, "OriginalFile": None}
EXEMPT = ".txt"


def restricted(caller: Caller, subject: Subject) -> bool:
    """Whether the policy denies an object by its class, or by what the caller may do with it."""
    if subject.cls.name not in FEATURES:
        return False
    denied = caller.downloads.denied(subject.group_id)
    if "write" in denied or FEATURES[subject.cls.name] in denied:
        return True
    return "read" in denied and not allowed(caller, Action.EDIT, subject)


def judged_by_images(caller: Caller, group_id: int, name: str) -> bool:
    """Whether it matters for a file of that name in the group what images are made of it."""
    return not caller.downloads.denied(group_id).isdisjoint({"image", "plate"}) and not name.endswith(EXEMPT)


def files_with_images(db: Connection, ids: Collection[int]) -> dict[int, frozenset[str]]:
    """The features that concern files, by id: "image" for those of images, "plate" if these lie in wells."""
    file, entry, image, sample = (TABLES[n] for n in ("originalfile", "filesetentry", "image", "wellsample"))
    of_file = (entry.c.originalfile == file.c.id, image.c.fileset == entry.c.fileset)
    statement = select(
        file.c.id, exists().where(*of_file).label("image"), exists().where(*of_file, sample.c.image == image.c.id)
    ).where(file.c.id == any_(bindparam("ids", list(ids), type_=ARRAY(BigInteger))))
    return {row[0]: frozenset(n for n, holds in (("image", row[1]), ("plate", row[2])) if holds)
            for row in db.execute(statement)}  # fmt: skip


def file_restricted(caller: Caller, db: Connection, subject: Subject, file_id: int, name: str) -> bool:
    """Whether the policy denies the caller the bytes of a file."""
    if restricted(caller, subject):
        return True
    if subject.group_id is None or not judged_by_images(caller, subject.group_id, name):
        return False
    denied = caller.downloads.denied(subject.group_id)
    return not files_with_images(db, [file_id]).get(file_id, frozenset()).isdisjoint(denied)
