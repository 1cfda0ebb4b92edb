"""Requests about what the server keeps on disk for images: pixels, pyramids, thumbnails."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import omero
import omero._generated
import omero.cmd
from omero_server.commands.registry import CommandError, Progress, Steps, command
from omero_server.model.schema import MODEL
from omero_server.queries import run
from omero_server.repository.layout import Layout
from omero_server.security.voter import Action, Subject, allowed
from omero_server.sessions.call import ALL_GROUPS, Call

__all__ = ["find_pyramids", "manage_binaries"]

STEPS = 7
PYRAMID = "_pyramid"
IN_PROGRESS = (".tmp", ".pyr_lock")
BYTE_ORDERS = {b"II": True, b"MM": False}
IMAGE = (
    "select i.fileset.id, i.details.owner.id, i.details.group.id, i.details.group.details.permissions.perm1"
    " from Image i where i.id = :id"
)
PIXELS = "select p.id from Pixels p where p.image.id = :id order by p.id"
THUMBNAILS = "select t.id from Thumbnail t where t.pixels.image.id = :id order by t.id"
ARCHIVED = (
    "select distinct f.id, f.size from PixelsOriginalFileMap l join l.parent f where l.child.image.id = :id"
    " order by f.id"
)
IMAGES = "select p.id, p.image.id from Pixels p where p.id in (:ids) order by p.id"


@command("::omero::cmd::ManageImageBinaries", mode="read", group=ALL_GROUPS)
def manage_binaries(
    call: Call, request: omero.cmd.ManageImageBinaries, progress: Progress
) -> Steps[omero.cmd.ManageImageBinariesResponse]:
    """What there is of an image on disk, after putting its pixels aside or back, or removing pyramid or thumbnails.

    Errors: no-image; pixels-requires-fileset and pyramid-requires-fileset; pixels-move-delete-disallowed and the like
    without the right to delete the image; pixels-move-delete-false and the like when the disk refuses.
    """
    yield STEPS
    image = _Image.find(call, request.imageId)
    yield
    if request.togglePixels:
        image.check("pixels", "pixels-move", needs_fileset=True)
    if request.deletePyramid:
        image.check("pyramid", "pyramid", needs_fileset=True)
    if request.deleteThumbnails:
        image.check("thumbnail", "thumbnail")
    yield
    if request.togglePixels:
        for path in image.pixels:
            _toggle(call, path)
    yield
    if request.deletePyramid:
        for path in image.pyramids:
            _put_away(call, path, "pyramid-delete-false")
    yield
    if request.deleteThumbnails:
        for path in image.thumbnails:
            _put_away(call, path, "thumbnail-delete-false")
    yield
    archived = run(call, ARCHIVED, {"id": request.imageId})
    yield
    response = image.inventory()
    response.archivedFiles, response.archivedSize = [row[0] for row in archived], sum(row[1] or 0 for row in archived)
    yield
    return response


@dataclass
class _Image:
    """What belongs to an image on disk, whether it is there or not."""

    call: Call
    fileset: int | None
    subject: Subject
    pixels: list[Path]
    pyramids: list[Path]
    thumbnails: list[Path]

    @classmethod
    def find(cls, call: Call, image_id: int) -> _Image:
        found = run(call, IMAGE, {"id": image_id})
        if not found:
            raise CommandError("no-image", f"You can see no Image[{image_id}].")
        fileset, owner, group, bits = found[0]
        layout, pixels = Layout.of(call.engine.config), run(call, PIXELS, {"id": image_id})
        return cls(
            call, fileset, Subject(MODEL.classes["Image"], owner, group, bits),
            [layout.pixels(row_id) for row_id in pixels],
            [layout.pyramid(row_id) for row_id in pixels],
            [layout.thumbnail(row_id) for row_id in run(call, THUMBNAILS, {"id": image_id})],
        )  # fmt: skip

    def check(self, what: str, action: str, needs_fileset: bool = False) -> None:
        if needs_fileset and self.fileset is None:
            raise CommandError(f"{what}-requires-fileset", f"The image has no fileset, so its {what} must stay.")
        if not allowed(self.call.caller, Action.DELETE, self.subject):
            raise CommandError(f"{action}-delete-disallowed", "You may not delete this image.")

    def inventory(self) -> omero.cmd.ManageImageBinariesResponse:
        """What is there now, sizes in bytes."""
        return omero.cmd.ManageImageBinariesResponse(
            filesetId=None if self.fileset is None else omero.RLong(self.fileset),
            pixelsPresent=any(path.exists() for path in self.pixels),
            pyramidPresent=any(path.exists() for path in self.pyramids),
            pixelSize=sum(map(_size, self.pixels)),
            pyramidSize=sum(map(_size, self.pyramids)),
            thumbnailSize=sum(map(_size, self.thumbnails)),
        )


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _toggle(call: Call, path: Path) -> None:
    """Put pixels aside, where they do not count, or back. What is there wins over an older copy."""
    aside = path.with_name(f"{path.name}_bak")
    if path.exists():
        _move(call, path, aside, "pixels-move-delete-false")
    elif aside.exists():
        _move(call, aside, path, "pixels-move-delete-false")


def _put_away(call: Call, path: Path, code: str) -> None:
    """Remove a file, for good with the commit."""
    if path.exists():
        hidden = path.with_name(f".{path.name}.removed")
        _move(call, path, hidden, code)
        call.after_commit(partial(hidden.unlink, missing_ok=True))


def _move(call: Call, path: Path, target: Path, code: str) -> None:
    try:
        os.replace(path, target)
    except OSError as error:
        raise CommandError(code, f"{path.name} cannot be moved: {error.strerror}.") from error
    call.on_rollback(partial(os.replace, target, path))


@command("::omero::cmd::FindPyramids", mode="read", group=ALL_GROUPS)
def find_pyramids(call: Call, request: omero.cmd.FindPyramids, progress: Progress) -> omero.cmd.FindPyramidsResponse:
    """Ids of the images with pyramids of a byte order, made after a time. With ``checkEmptyFile`` instead those with
    pyramids that are empty and not being written. At most ``limit``; only images that the caller can see.
    """
    found = {}
    for pixels_id, path in _pyramids(Layout.of(call.engine.config).data / "Pixels"):
        progress.check_cancelled()
        if request.limit > 0 and _wanted(path, request):
            found[pixels_id] = path
    rows = run(call, IMAGES, {"ids": sorted(found)}) if found else []
    images = list(dict.fromkeys(image for _, image in rows))
    return omero.cmd.FindPyramidsResponse(pyramidFiles=images[: max(request.limit, 0)])


def _pyramids(folder: Path) -> Iterator[tuple[int, Path]]:
    """Ids of pixels, and their pyramids."""
    for here, _, names in os.walk(folder):
        for name in names:
            number = name.removesuffix(PYRAMID)
            if number != name and number.isdecimal():
                yield int(number), Path(here, name)


def _wanted(path: Path, request: omero.cmd.FindPyramids) -> bool:
    try:
        if request.checkEmptyFile:
            return path.stat().st_size == 0 and not _being_written(path)
        made_ms = path.stat().st_mtime * 1000
        if request.importedAfter is not None and made_ms <= request.importedAfter._val:
            return False
        return request.littleEndian is None or _little_endian(path) == request.littleEndian._val
    except FileNotFoundError:
        return False


def _being_written(path: Path) -> bool:
    return any(other.name.endswith(IN_PROGRESS) for other in path.parent.glob(f".{path.name}*"))


def _little_endian(path: Path) -> bool | None:
    with path.open("rb") as file:
        return BYTE_ORDERS.get(file.read(2))
