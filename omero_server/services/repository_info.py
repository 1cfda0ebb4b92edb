"""IRepositoryInfo: how much room there is for data."""

from __future__ import annotations

import shutil
from typing import Never

import omero
from omero_server.repository.layout import Layout
from omero_server.repository.removal import remove_files
from omero_server.repository.unused import unused_files
from omero_server.services.service import Service, unmanaged, writes
from omero_server.sessions.call import Call

__all__ = ["RepositoryInfoService"]

KIBIBYTE = 1024


class RepositoryInfoService(Service):
    """Free space is told; what OMERO withdrew (used space and its fraction) is refused as there."""

    interface = "::omero::api::IRepositoryInfo"

    @unmanaged
    def getFreeSpaceInKilobytes(self, call: Call) -> int:
        """What is free on the volume of the data directory, in KiB. ResourceError when it cannot be asked."""
        path = call.engine.data_dir
        try:
            return shutil.disk_usage(path).free // KIBIBYTE
        except OSError as error:
            raise omero.ResourceError(
                message=f"The data directory {path} cannot be examined: {error.strerror}. Check omero.data.dir."
            ) from error

    @unmanaged
    def getUsedSpaceInKilobytes(self, call: Call) -> int:
        """Withdrawn; InternalException."""
        return self._withdrawn("getUsedSpaceInKilobytes")

    @unmanaged
    def getUsageFraction(self, call: Call) -> float:
        """Withdrawn; InternalException."""
        return self._withdrawn("getUsageFraction")

    @unmanaged
    def sanityCheckRepository(self, call: Call) -> None:
        """Has no effect, as in OMERO."""

    @writes
    def removeUnusedFiles(self, call: Call) -> None:
        """Remove the files of deleted rows that an interruption, or another server, has left."""
        remove_files(call, unused_files(call.db, Layout.of(call.engine.config)))

    @staticmethod
    def _withdrawn(name: str) -> Never:
        raise omero.InternalException(
            message=f"IRepositoryInfo.{name} is unsupported: it was withdrawn. Use the request DiskUsage2."
        )
