"""Importing image files into a server.

    from omero.importing import Options, import_group, scan

    found = scan(["/data/experiment"])
    for group in found.groups:
        imported = import_group(client, group, Options(target=omero.model.DatasetI(12, False)))
        print(imported.images)

Files are grouped on this machine by the same readers that the server uses, uploaded with checksums on both ends,
and turned into images by the server.
"""

from omero.importing.candidates import Found, Group, Problem, scan
from omero.importing.process import Imported, ImportFailed, Options, import_group
from omero.importing.targets import find_target

__all__ = ["Found", "Group", "ImportFailed", "Imported", "Options", "Problem", "find_target", "import_group", "scan"]
