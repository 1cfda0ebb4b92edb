"""Importing image files into a server.

    from omero.importing import Options, import_group, scan

    found = scan(["/data/experiment"])
    for candidate in found.candidates:
        imported = import_fileset(client, candidate, Options(target=omero.model.DatasetI(12, False)))
        print(imported.images)

Files are grouped on this machine by the same readers that the server uses, uploaded with checksums on both ends,
and turned into images by the server.
"""

from omero.importing.process import Imported, ImportFailed, Options, import_fileset
from omero.importing.targets import Destination, TargetError, find_destination, find_target
from omero_server.formats.scan import Candidate, Refusal, ScanResult, scan

__all__ = [
    "Candidate",
    "Destination",
    "ImportFailed",
    "Imported",
    "Options",
    "Refusal",
    "ScanResult",
    "TargetError",
    "find_destination",
    "find_target",
    "import_fileset",
    "scan",
]
