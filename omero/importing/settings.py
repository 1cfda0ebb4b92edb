"""What the server is told about an import: its files and settings as API objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import omero
import omero.constants.namespaces
import omero.grid
import omero.model
from omero.importing.transfers import MODES, NAMESPACE, Transfer
from omero.rtypes import rbool, rstring
from omero_server.formats.scan import Candidate
from omero_server.formats.zarrtree import tree_root

__all__ = ["Options", "fileset_of", "settings_of"]


@dataclass(frozen=True)
class Options:
    """How to import. target: a Dataset or Screen, loaded or not. annotations: to be linked to every image.

    template: instead of a target, what names one by the folder of the files: see `omero.importing.targets`.
    transfer: how the files get to the server. parallel_upload: files uploaded at the same time.
    resume: an upload that is interrupted is kept by the server, and continued by the next import of the same files.
    group: id of the group to import into; None: that of the client.
    wait: seconds to wait for the server after the upload; None: as long as it takes.
    """

    target: Any = None
    template: str | None = None
    name: str | None = None
    description: str | None = None
    annotations: Sequence[Any] = ()
    checksum_algorithm: str = "SHA1-160"
    thumbnails: bool = True
    minmax: bool = True
    transfer: Transfer = MODES["upload"]
    parallel_upload: int = 1
    resume: bool = False
    group: int | None = None
    wait: float | None = None
    auto_close: bool = False


def fileset_of(candidate: Candidate, transfer: Transfer) -> Any:
    """A new Fileset of the candidate's files, with its upload job."""
    fileset = omero.model.FilesetI()
    for path in candidate.files:
        entry = omero.model.FilesetEntryI()
        # Without the first slash, as scripts look for it that want to know the images of a path.
        entry.setClientPath(rstring(path.as_posix().lstrip("/")))
        fileset.addFilesetEntry(entry)
    job = omero.model.UploadJobI()
    job.setVersionInfo(
        [omero.model.NamedValue("client", "omero.importing"), omero.model.NamedValue("reader", candidate.reader)]
    )
    fileset.linkJob(job)
    if transfer != MODES["upload"]:
        fileset.linkAnnotation(_comment(NAMESPACE, transfer.class_name))
    return fileset


def settings_of(candidate: Candidate, options: Options) -> Any:
    """The settings of one fileset's import."""
    settings = omero.grid.ImportSettings()
    settings.userSpecifiedTarget = options.target
    settings.userSpecifiedName = None if options.name is None else rstring(options.name)
    settings.userSpecifiedDescription = None if options.description is None else rstring(options.description)
    settings.userSpecifiedAnnotationList = [*options.annotations, *_requests(candidate, options)]
    settings.doThumbnails = rbool(options.thumbnails)
    settings.noStatsInfo = rbool(not options.minmax)
    settings.checksumAlgorithm = omero.model.ChecksumAlgorithmI()
    settings.checksumAlgorithm.setValue(rstring(options.checksum_algorithm))
    return settings


def _requests(candidate: Candidate, options: Options) -> list[Any]:
    """Comments that ask the server for something: a target named by the folder, or to close what nobody waits for."""
    made = []
    if options.template is not None:
        made.append(_comment(omero.constants.namespaces.NSTARGETTEMPLATE, options.template))
        made[0].setDescription(rstring((tree_root(candidate.entry) or candidate.entry).parent.as_posix()))
    if options.auto_close:
        made.append(_comment(omero.constants.namespaces.NSAUTOCLOSE, ""))
    return made


def _comment(namespace: str, text: str) -> Any:
    comment = omero.model.CommentAnnotationI()
    comment.setNs(rstring(namespace))
    comment.setTextValue(rstring(text))
    return comment
