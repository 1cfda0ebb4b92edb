"""How an importer puts files into the repository."""

from __future__ import annotations

__all__ = ["TRANSFERS"]

_PACKAGE = "ome.formats.importer.transfers"

# Short names by the name of the importer's class, which servers keep.
TRANSFERS = {
    f"{_PACKAGE}.CopyFileTransfer": "cp",
    f"{_PACKAGE}.CopyMoveFileTransfer": "cp_rm",
    f"{_PACKAGE}.HardlinkFileTransfer": "ln",
    f"{_PACKAGE}.MoveFileTransfer": "ln_rm",
    f"{_PACKAGE}.SymlinkFileTransfer": "ln_s",
    f"{_PACKAGE}.UploadRmFileTransfer": "upload_rm",
    f"{_PACKAGE}.UploadFileTransfer": "",
}
