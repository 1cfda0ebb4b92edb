"""Tests of the files in the managed repository: who may read, list and write what, and imports step by step."""

from __future__ import annotations

import platform
import tempfile
from pathlib import Path
from typing import Any

import omero
import omero.cmd
import omero.grid
import omero.model
from omero.callbacks import CmdCallbackI
from omero.rtypes import rbool, rstring
from omero.testlib.base import Base

__all__ = ["AbstractRepo"]


def _everywhere(proxy: Any) -> dict[str, str]:
    """The context of calls that see all groups."""
    own: dict[str, str] = proxy.ice_getCommunicator().getImplicitContext().getContext()
    return own | {"omero.group": "-1"}


class AbstractRepo(Base):
    """The part of a test that reads, writes and imports files of the managed repository."""

    unique_dir: str

    def setup_method(self, method: Any) -> None:
        """Begin each test with a folder of its own."""
        self.unique_dir = self.create_managed_dir()

    # Folders and files

    def get_managed_repo(self, client: Any = None) -> Any:
        """The managed repository as a client sees it."""
        return (client or self.client).getManagedRepository()

    def user_dir(self, client: Any = None) -> str:
        """The folder of a user in it."""
        context = (client or self.client).sf.getAdminService().getEventContext()
        return f"{context.userName}_{context.userId}"

    def create_managed_dir(self, client: Any = None) -> str:
        """A new folder in the folder of a user."""
        folder = f"{self.user_dir(client)}/{self.uuid()}"
        self.get_managed_repo(client).makeDir(folder, True)
        return folder

    def all(self, client: Any) -> Any:
        """Let the session of a client see all its groups."""
        client.getImplicitContext().put("omero.group", "-1")
        return client

    def create_file(self, mrepo1: Any, filename: str) -> Any:
        """A new file with the word hi; its description."""
        store = mrepo1.file(filename, "rw")
        try:
            store.truncate(2)
            store.write(b"hi", 0, 2)
            return store.save()
        finally:
            store.close()

    def raw(self, command: str, args: list[str], client: Any = None) -> Any:
        """A handle of what is done to files below all rules, which administrators may."""
        repository = self.get_managed_repo(self.root)
        request = omero.grid.RawAccessRequest()
        request.repoUuid = repository.root().hash.val
        request.command, request.args = command, args
        return (client or self.client).sf.submit(request)

    # Imports

    def create_test_dir(self) -> Any:
        """A folder on this machine with a simulated image."""
        folder = Path(tempfile.mkdtemp(prefix="omero.testlib."))
        Path(folder, f"{self.uuid()}.fake").touch()
        return folder

    def create_fileset(self, folder: Any) -> Any:
        """The fileset of all files of a folder."""
        fileset = omero.model.FilesetI()
        for file in sorted(Path(folder).iterdir()):
            entry = omero.model.FilesetEntryI()
            entry.setClientPath(rstring(str(file)))
            fileset.addFilesetEntry(entry)
        job = omero.model.UploadJobI()
        version = {"omero.version": "5.6.0", "os.name": platform.system()}
        job.setVersionInfo([omero.model.NamedValue(key, value) for key, value in version.items()])
        fileset.linkJob(job)
        return fileset

    def create_settings(self) -> Any:
        """Settings of an import, without thumbnails."""
        settings = omero.grid.ImportSettings()
        settings.doThumbnails = rbool(False)
        settings.noStatsInfo = rbool(False)
        settings.checksumAlgorithm = omero.model.ChecksumAlgorithmI()
        settings.checksumAlgorithm.value = rstring("SHA1-160")
        return settings

    def upload_folder(self, proc: Any, folder: Any) -> list[str]:
        """Upload the files of a folder; their SHA1s."""
        hashes = []
        for number, file in enumerate(sorted(Path(folder).iterdir())):
            store = proc.getUploader(number)
            try:
                with open(file, "rb") as source:
                    self.client.write_stream(source, store)
            finally:
                store.close()
            hashes.append(self.client.sha1(str(file)))
        return hashes

    def full_import(self, client: Any) -> tuple[Any, Any]:
        """(handle of an import, its response) of a simulated image."""
        folder = self.create_test_dir()
        process = self.get_managed_repo(client).importFileset(self.create_fileset(folder), self.create_settings())
        return self.assert_import(client, process, folder)

    def assert_import(self, client: Any, proc: Any, folder: Any) -> tuple[Any, Any]:
        """Upload a folder, and let the import end well."""
        handle = proc.verifyUpload(self.upload_folder(proc, folder))
        callback = CmdCallbackI(client, handle)
        callback.loop(60, 500)
        response = self.assert_passes(callback)
        assert len(response.pixels) >= 1
        return handle, response

    # Rights

    def assert_write(self, mrepo2: Any, filename: str, ofile: Any) -> None:
        """The file can be written."""
        store = mrepo2.file(filename, "rw", _everywhere(mrepo2))
        try:
            store.write(b"bye", 0, 3)
            assert store.read(0, 3) == b"bye"
        finally:
            store.close()

    def assert_no_write(self, mrepo2: Any, filename: str, ofile: Any) -> None:
        """It can be neither written nor deleted."""
        for open_ in (lambda: mrepo2.fileById(ofile.id.val), lambda: mrepo2.file(filename, "rw")):
            _refused(lambda open_=open_: _written(open_()))
        _refused(lambda: mrepo2.deletePaths([filename], False, False))

    def assert_dir_write(self, mrepo2: Any, dirname: str) -> None:
        """Files and folders can be made in a folder."""
        self.create_file(mrepo2, f"{dirname}/{self.uuid()}")
        mrepo2.makeDir(f"{dirname}/{self.uuid()}", True)

    def assert_no_dir_write(self, mrepo2: Any, dirname: str) -> None:
        """They cannot."""
        _refused(lambda: self.create_file(mrepo2, f"{dirname}/{self.uuid()}"))
        _refused(lambda: mrepo2.makeDir(f"{dirname}/{self.uuid()}", True))

    def assert_read(self, mrepo2: Any, filename: str, ofile: Any, ctx: Any = None) -> None:
        """The file can be read, by its id and by its path."""
        for store in (mrepo2.fileById(ofile.id.val, ctx), mrepo2.file(filename, "r", ctx)):
            try:
                assert store.read(0, 2) == b"hi"
            finally:
                store.close()
        assert mrepo2.fileExists(filename, ctx)

    def assert_no_read(self, mrepo2: Any, filename: str, ofile: Any) -> None:
        """It cannot."""
        _refused(lambda: mrepo2.fileById(ofile.id.val))
        _refused(lambda: mrepo2.file(filename, "r"))

    def assert_listings(self, mrepo1: Any, unique_dir: str) -> None:
        """The folder holds something, whichever way it is asked for."""
        assert mrepo1.list(unique_dir)
        assert mrepo1.listFiles(unique_dir)
        assert mrepo1.treeList(unique_dir).val

    # Ends

    def assert_passes(self, cb: Any, loops: int = 10, wait: int = 500) -> Any:
        """The command of a callback ends well; its response."""
        cb.loop(loops, wait)
        response = cb.getResponse()
        assert not isinstance(response, omero.cmd.ERR), response
        return response

    def assert_error(self, cb: Any, loops: int = 10, wait: int = 500) -> Any:
        """It ends with an error, which is returned."""
        cb.loop(loops, wait)
        response = cb.getResponse()
        assert isinstance(response, omero.cmd.ERR), response
        return response


def _written(store: Any) -> None:
    try:
        store.write(b"bye", 0, 3)
    finally:
        store.close()


def _refused(attempt: Any) -> None:
    """Check that the server does not allow it."""
    try:
        attempt()
    except (omero.SecurityViolation, omero.ValidationException, omero.ResourceError):
        return
    raise AssertionError("the server allowed what it must not")
