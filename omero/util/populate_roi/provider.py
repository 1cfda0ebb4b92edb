"""Files of the server, as files here."""

from __future__ import annotations

from tempfile import NamedTemporaryFile
from typing import IO, Any

from omero.util.populate_roi.pool import log

__all__ = ["DownloadingOriginalFileProvider"]


class DownloadingOriginalFileProvider:
    """Gives the content of files of the server."""

    BUFFER_SIZE = 1024 * 1024

    def __init__(self, service_factory: Any) -> None:
        self.service_factory = service_factory
        self.raw_file_store = service_factory.createRawFileStore()

    def get_original_file_data(self, original_file: Any) -> IO[str]:
        """A temporary file with the content, as text in UTF-8, at its beginning."""
        log.info("Downloading original file: %d", original_file.id.val)
        self.raw_file_store.setFileId(original_file.id.val)
        size, position = self.raw_file_store.size(), 0
        handle = NamedTemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115 - the caller closes it
        while position < size:
            block = self.raw_file_store.read(position, min(self.BUFFER_SIZE, size - position))
            if not block:
                handle.close()
                raise OSError(f"OriginalFile:{original_file.id.val} ends after {position} of {size} bytes")
            handle.buffer.write(block)
            position += len(block)
        handle.seek(0)
        return handle
