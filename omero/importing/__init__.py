"""Importing image files into a server.

    from omero.importing import Options, import_all, scan

    found = scan(["/data/experiment"])
    for outcome in import_all(client, found.candidates, Options(target=omero.model.DatasetI(12, False))):
        print(outcome.imported.images if outcome.imported else outcome.error)

Files are grouped on this machine by the same readers that the server uses, uploaded with checksums on both ends,
and turned into images by the server.
"""

from omero.importing.batch import Outcome, import_all, known_before
from omero.importing.process import Imported, ImportFailed, Options, import_fileset
from omero.importing.targets import Destination, TargetError, find_destination, find_target
from omero.importing.transfers import MODES, Transfer, TransferError, find_transfer
from omero_server.formats.scan import Candidate, Refusal, ScanResult, scan

__all__ = [
    "MODES",
    "Candidate",
    "Destination",
    "ImportFailed",
    "Imported",
    "Options",
    "Outcome",
    "Refusal",
    "ScanResult",
    "TargetError",
    "Transfer",
    "TransferError",
    "find_destination",
    "find_target",
    "find_transfer",
    "import_all",
    "import_fileset",
    "known_before",
    "scan",
]
