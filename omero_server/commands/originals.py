"""Requests about the files that an image was made from: what they say about it, and which of them it uses."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import omero
import omero._generated
import omero.cmd
from omero_server.commands.companion import parse_companion
from omero_server.commands.registry import CommandError, Progress, command
from omero_server.formats.base import FormatError
from omero_server.imports.files import file_by_id, location
from omero_server.pixels.source import fileset_reader
from omero_server.queries import run
from omero_server.repository.layout import Layout
from omero_server.sessions.call import ALL_GROUPS, Call

__all__ = ["original_metadata", "used_files"]

COMPANION_NAMESPACE = "openmicroscopy.org/omero/import/companionFile"
COMPANION_NAME = "original_metadata.txt"
COMPANIONS = (
    "select a.id, a.file.id, a.file.name from ImageAnnotationLink l, FileAnnotation a where l.child.id = a.id"
    " and l.parent.id = :id and a.ns = :ns order by a.id"
)
IMAGE = "select i.fileset.id, i.series, p.id from Pixels p join p.image i where i.id = :id order by p.id"
ENTRIES = "select f.id, f.path, f.name from FilesetEntry e join e.originalFile f where e.fileset.id = :id order by f.id"
ARCHIVED = (
    "select distinct l.parent.id from PixelsOriginalFileMap l where l.child.image.id = :id order by l.parent.id"
)  # fmt: skip


@command("::omero::cmd::OriginalMetadataRequest", mode="read", group=ALL_GROUPS)
def original_metadata(
    call: Call, request: omero.cmd.OriginalMetadataRequest, progress: Progress
) -> omero.cmd.OriginalMetadataResponse:
    """Key-value pairs that the reader found in the files; of images from before filesets those of the text that is
    attached to them. Without either everything is null. Errors: bf-reader-failure, reader-failure.
    """
    found = run(call, IMAGE, {"id": request.imageId})
    if found and found[0][0] is not None:
        fileset, series, pixels = found[0]
        try:
            with closing(fileset_reader(call, pixels)) as reader:
                general, own = reader.info().metadata, reader.image(series or 0).metadata
        except (FormatError, OSError, LookupError, omero.ServerError) as error:
            raise CommandError("bf-reader-failure", _text(error)) from error
        return omero.cmd.OriginalMetadataResponse(omero.RLong(fileset), None, _wrapped(general), _wrapped(own))
    attached = [row for row in _companions(call, request.imageId) if row[2] == COMPANION_NAME]
    if not attached:
        return omero.cmd.OriginalMetadataResponse()
    annotation, file_id, _ = attached[0]
    general, own = _parsed(call, file_id)
    return omero.cmd.OriginalMetadataResponse(None, omero.RLong(annotation), _wrapped(general), _wrapped(own))


def _companions(call: Call, image: int) -> list[tuple[int, int, str]]:
    return run(call, COMPANIONS, {"id": image, "ns": COMPANION_NAMESPACE})


def _parsed(call: Call, file_id: int) -> tuple[dict[str, str], dict[str, str]]:
    try:
        text = location(call, file_by_id(call, file_id)).read_text(encoding="utf-8", errors="replace")
    except (OSError, omero.ServerError) as error:
        raise CommandError("reader-failure", _text(error)) from error
    return parse_companion(text)


def _text(error: Exception) -> str:
    return getattr(error, "message", "") or str(error)


def _wrapped(pairs: dict[str, str]) -> dict[str, Any]:
    return {key: omero.RString(value) for key, value in pairs.items()}


@command("::omero::cmd::UsedFilesRequest", mode="read", group=ALL_GROUPS)
def used_files(call: Call, request: omero.cmd.UsedFilesRequest, progress: Progress) -> omero.cmd.OK:
    """Ids of the files of an image's fileset: those with its pixels, those with others', and those without pixels.

    Of images from before filesets: archived files, attached files, and original metadata. Errors: bad-image (there is
    none, or it has no pixels), used-files-fail.
    """
    found = run(call, IMAGE, {"id": request.imageId})
    if not found:
        raise CommandError("bad-image", f"You can see no Image[{request.imageId}] with pixels.")
    fileset, series, pixels = found[0]
    if fileset is None:
        return _before_filesets(call, request.imageId)
    try:
        with closing(fileset_reader(call, pixels)) as reader:
            parts = reader.pixel_files()
            reader.image(series or 0)
    except (FormatError, OSError, LookupError, omero.ServerError) as error:
        raise CommandError("used-files-fail", _text(error)) from error
    return _split(call, fileset, series or 0, parts)


def _split(call: Call, fileset: int, series: int, parts: Sequence[set[Path]]) -> omero.cmd.UsedFilesResponse:
    """The files that the reader does not know are companions."""
    layout = Layout.of(call.engine.config)
    rows = run(call, ENTRIES, {"id": fileset})
    paths = {row_id: Path(os.path.normpath(layout.in_managed(path, name))) for row_id, path, name in rows}
    own, any_image = parts[series], set[Path]().union(*parts)
    others = any_image - own
    return omero.cmd.UsedFilesResponse(
        binaryFilesThisSeries=[row_id for row_id, path in paths.items() if path in own],
        binaryFilesOtherSeries=[row_id for row_id, path in paths.items() if path in others],
        companionFilesThisSeries=[row_id for row_id, path in paths.items() if path not in any_image],
        companionFilesOtherSeries=[],
    )


def _before_filesets(call: Call, image: int) -> omero.cmd.UsedFilesResponsePreFs:
    attached = _companions(call, image)
    return omero.cmd.UsedFilesResponsePreFs(
        archivedFiles=run(call, ARCHIVED, {"id": image}),
        companionFiles=[file for _, file, name in attached if name != COMPANION_NAME],
        originalMetadataFiles=[file for _, file, name in attached if name == COMPANION_NAME],
    )
