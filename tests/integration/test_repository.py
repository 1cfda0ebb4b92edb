"""The operations of repositories, over Ice."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

import omero
import omero.cmd
import omero.grid
import omero.model
from omero.importing import import_fileset, scan
from omero.importing.process import managed_repository
from omero.rtypes import rstring, unwrap
from omero_server.repository.layout import Layout
from tests.support.consistency import inconsistencies
from tests.support.instance import Instance


class Remote:
    """A repository whose calls name the session, as they must."""

    def __init__(self, client: Any) -> None:
        self.proxy = managed_repository(client)
        self.context = {"omero.session.uuid": client.getSessionId()}

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: getattr(self.proxy, name)(*arguments, self.context)


@pytest.fixture(scope="module")
def repository(client: Any) -> Remote:
    return Remote(client)


@pytest.fixture
def folder(repository: Remote, request: pytest.FixtureRequest) -> str:
    """A new folder of the repository."""
    path = f"root_0/{request.node.name}"
    repository.makeDir(path, True)
    return path


def write(repository: Remote, path: str, content: bytes) -> int:
    """Make a file; its id."""
    store = repository.file(path, "rw")
    store.write(content, 0, len(content))
    file = store.save()
    store.close()
    return int(file.id.val)


def test_the_root_describes_the_repository(repository: Remote, instance: Instance) -> None:
    root = repository.root()
    assert unwrap(root.mimetype) == "Repository" and len(unwrap(root.hash)) == 36
    assert Path(unwrap(root.path)) / unwrap(root.name) == Layout.of(instance.config).managed
    assert unwrap(root.hasher.value) == "SHA1-160"
    assert repository.proxy.ice_getIdentity().name == f"PublicRepository-{unwrap(root.hash)}"


def test_a_call_without_session_is_refused(repository: Remote) -> None:
    with pytest.raises(omero.RemovedSessionException):
        repository.proxy.root({"omero.session.uuid": "no such session"})


def test_files_are_made_listed_and_read(repository: Remote, folder: str, instance: Instance) -> None:
    file = write(repository, f"{folder}/notes.txt", b"some text")
    repository.makeDir(f"{folder}/inner", False)
    assert sorted(repository.list(folder)) == [f"{folder}/inner", f"{folder}/notes.txt"]
    inner, notes = repository.listFiles(f"/{folder}/")
    assert (unwrap(inner.mimetype), unwrap(notes.name), unwrap(notes.size)) == ("Directory", "notes.txt", 9)
    assert unwrap(notes.hash) == hashlib.sha1(b"some text").hexdigest()
    assert repository.fileExists(f"{folder}/notes.txt") and not repository.fileExists(f"{folder}/other")
    assert repository.mimetype(f"{folder}/notes.txt") == "text/plain"
    assert repository.list(f"{folder}/notes.txt") == []
    store = repository.fileById(file)
    assert store.read(5, 4) == b"text"
    with pytest.raises(omero.SecurityViolation):
        store.write(b"x", 0, 1)
    with pytest.raises(omero.ApiUsageException):
        store.setFileId(1)
    store.close()
    tree = unwrap(repository.treeList(folder))
    name = folder.rpartition("/")[2]
    assert tree[name]["mimetype"] == "Directory" and set(tree[name]["files"]) == {"inner", "notes.txt"}
    assert tree[name]["files"]["notes.txt"]["size"] == 9


def test_what_cannot_be_made(repository: Remote, folder: str) -> None:
    write(repository, f"{folder}/file", b"x")
    with pytest.raises(omero.ResourceError, match="exists"):
        repository.makeDir(folder, False)
    repository.makeDir(folder, True)
    with pytest.raises(omero.ResourceError, match="not a folder"):
        repository.makeDir(f"{folder}/file", True)
    with pytest.raises(omero.SecurityViolation, match="not registered"):
        repository.makeDir(f"{folder}/a/b", False)
    with pytest.raises(omero.ValidationException, match="above root"):
        repository.makeDir("../outside", True)
    with pytest.raises(omero.ValidationException, match="illegal"):
        repository.file(f"{folder}/a:b", "rw")
    with pytest.raises(omero.SecurityViolation):
        repository.register("", None)
    with pytest.raises(omero.SecurityViolation):
        repository.fileById(10**9)
    with pytest.raises(omero.ValidationException, match="does not exist"):
        repository.list(f"{folder}/nowhere")


def test_registering_what_is_on_disk(repository: Remote, folder: str, instance: Instance) -> None:
    found = Layout.of(instance.config).managed / folder / "found.png"
    found.write_bytes(b"12345")
    with pytest.raises(omero.grid.UnregisteredFileException) as failure:
        repository.file(f"{folder}/found.png", "r")
    assert unwrap(failure.value.file.name) == "found.png"
    file = repository.register(f"{folder}/found.png", rstring("image/png"))
    assert (unwrap(file.size), unwrap(file.mimetype), unwrap(file.path)) == (5, "image/png", f"{folder}/")
    assert repository.register(f"{folder}/found.png", None).id == file.id


def test_deleting_paths(repository: Remote, folder: str, client: Any, instance: Instance) -> None:
    write(repository, f"{folder}/one.txt", b"1")
    repository.makeDir(f"{folder}/inner", True)
    write(repository, f"{folder}/inner/two.txt", b"2")
    handle = repository.deletePaths([folder, "root_0/unknown"], True, True)
    while handle.getResponse() is None:
        pass
    assert isinstance(handle.getResponse(), omero.cmd.Delete2Response), handle.getResponse()
    handle.close()
    assert not repository.fileExists(folder)
    assert not (Layout.of(instance.config).managed / folder).exists()


def test_checksums_are_checked_and_changed(repository: Remote, folder: str, instance: Instance) -> None:
    algorithms = repository.listChecksumAlgorithms()
    assert [unwrap(one.value) for one in algorithms][:3] == ["SHA1-160", "MD5-128", "Murmur3-128"]
    known = {unwrap(one.value): one for one in algorithms}
    suggested = repository.suggestChecksumAlgorithm([known["CRC-32"], known["MD5-128"]])
    assert unwrap(suggested.value) == "MD5-128" and repository.suggestChecksumAlgorithm([]) is None
    good, bad = (write(repository, f"{folder}/{name}", b"abc") for name in ("good", "bad"))
    assert repository.verifyChecksums([good, bad, 10**9]) == []
    assert repository.setChecksumAlgorithm(known["CRC-32"], [good]) == [good]
    assert repository.setChecksumAlgorithm(known["CRC-32"], [good]) == []
    assert [unwrap(one.hash) for one in repository.listFiles(folder) if one.id.val == good] == ["c2412435"]
    (Layout.of(instance.config).managed / folder / "bad").write_bytes(b"abd")
    assert repository.verifyChecksums([good, bad]) == [bad]
    with pytest.raises(omero.ResourceError, match=f"hash mismatch on file ID {bad}"):
        repository.setChecksumAlgorithm(known["MD5-128"], [bad])
    (Layout.of(instance.config).managed / folder / "bad").write_bytes(b"abc")


def test_deleting_an_image_leaves_nothing(client: Any, tmp_path: Path, instance: Instance) -> None:
    path = tmp_path / "gone&sizeX=30&sizeY=30&series=2.fake"
    path.touch()
    imported = import_fileset(client, scan([path]).candidates[0])
    managed = Layout.of(instance.config).managed
    before = {found for found in managed.rglob("*") if "gone" in found.name}
    assert before
    client.submit(omero.cmd.Delete2(targetObjects={"Fileset": [imported.fileset]}), loops=100, ms=100)
    assert not {found for found in managed.rglob("*") if "gone" in found.name}
    assert inconsistencies(instance) == []


def test_importing_paths(repository: Remote, client: Any, instance: Instance) -> None:
    process = repository.importPaths(["/data/x&sizeX=10&sizeY=10.fake"])
    assert unwrap(process.getImportSettings().checksumAlgorithm.value) == "SHA1-160"
    assert process.getHandle() is None and process.getUploadOffset(0) == 0
    with pytest.raises(omero.InternalException, match="no file 1"):
        process.getUploader(1)
    with pytest.raises(omero.ApiUsageException):
        process.verifyUpload([])
    with pytest.raises(omero.ApiUsageException, match="No paths"):
        repository.importPaths([])
    process.close()


def test_an_import_request_of_a_client_is_refused(client: Any) -> None:
    handle = client.sf.submit(omero.grid.ImportRequest())
    while handle.getResponse() is None:
        pass
    assert handle.getResponse().name == "bad-location"
    handle.close()
