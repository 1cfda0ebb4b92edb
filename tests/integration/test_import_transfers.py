"""How files get to the server: uploads, links and copies, and originals that go once they are stored."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import omero
from omero.importing import MODES, ImportFailed, Options, Transfer, TransferError, find_transfer, import_fileset, scan
from omero.importing.inplace import Repository
from omero.rtypes import unwrap
from omero.sys import ParametersI
from omero_server.repository.layout import Layout
from tests.support.command_line import CommandLine
from tests.support.consistency import inconsistencies
from tests.support.instance import Instance

SAMPLE = Path(__file__).parents[1] / "data" / "png"
TRANSFERS = (
    "select a.textValue from FilesetAnnotationLink l join l.child a where l.parent.id = :id and a.ns ="
    " 'openmicroscopy.org/omero/import/fileTransfer'"
)
STORED = "select f.path, f.name, f.hash from FilesetEntry e join e.originalFile f where e.fileset.id = :id"


@pytest.fixture
def client(instance: Instance) -> Iterator[Any]:
    made = omero.client(instance.host, instance.ports.ssl)
    made.createSession("root", instance.root_password)
    yield made
    made.closeSession()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "picture.png"
    path.parent.mkdir()
    path.write_bytes(sorted(SAMPLE.glob("*.png"))[0].read_bytes())
    return path


def imported(client: Any, path: Path, **options: Any) -> Any:
    [candidate] = scan([path]).candidates
    return import_fileset(client, candidate, Options(**options))


def stored(client: Any, instance: Instance, fileset: int) -> tuple[Path, str]:
    rows = client.sf.getQueryService().projection(STORED, ParametersI().addId(fileset))
    [(folder, name, checksum)] = unwrap(rows)
    return Layout.of(instance.config).in_managed(folder, name), checksum


@pytest.mark.parametrize("mode", list(MODES))
def test_every_mode(mode: str, client: Any, instance: Instance, picture: Path) -> None:
    content, number = picture.read_bytes(), picture.stat().st_ino
    done = imported(client, picture, transfer=MODES[mode])
    path, checksum = stored(client, instance, done.fileset)
    assert path.read_bytes() == content and checksum == hashlib.sha1(content).hexdigest()
    assert path.is_symlink() == (mode == "ln_s")
    assert (path.stat().st_ino == number) == mode.startswith("ln")
    assert picture.exists() != mode.endswith("_rm") and done.leftovers == ()
    texts = unwrap(client.sf.getQueryService().projection(TRANSFERS, ParametersI().addId(done.fileset)))
    assert texts == ([] if mode == "upload" else [[MODES[mode].class_name]])
    assert inconsistencies(instance) == []

    client.submit(omero.cmd.Delete2(targetObjects={"Fileset": [done.fileset]})).close(True)
    assert not os.path.lexists(path)
    assert mode.endswith("_rm") or picture.read_bytes() == content
    assert inconsistencies(instance) == []


@pytest.mark.parametrize("mode", ["upload_rm", "ln_rm", "cp_rm", "ln_s"])
def test_a_failed_import_keeps_the_originals(mode: str, client: Any, instance: Instance, picture: Path) -> None:
    [candidate] = scan([picture]).candidates
    broken = picture.read_bytes()[:100]
    picture.write_bytes(broken)
    with pytest.raises(ImportFailed):
        import_fileset(client, candidate, Options(transfer=MODES[mode]))
    assert picture.read_bytes() == broken
    assert inconsistencies(instance) == []


def test_files_that_changed_meanwhile_stay(client: Any, picture: Path) -> None:
    def change(what: str, done: int, total: int) -> None:
        if what == "upload":
            picture.write_bytes(b"something new")

    [candidate] = scan([picture]).candidates
    done = import_fileset(client, candidate, Options(transfer=MODES["upload_rm"]), change)
    assert picture.read_bytes() == b"something new" and "has changed" in done.leftovers[0]


def test_trees_of_files_go_with_their_folders(client: Any, tmp_path: Path) -> None:

    tree = tmp_path / "image.zarr"
    shutil.copytree(sorted((SAMPLE.parent / "ome-zarr").glob("*.zarr"))[0], tree)
    assert imported(client, tree, transfer=MODES["cp_rm"], parallel_upload=4).images
    assert not tree.exists() and tmp_path.exists()


def test_a_repository_elsewhere(client: Any, instance: Instance, picture: Path, tmp_path: Path,
                                monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """The server's path is there on this machine, but it is another folder."""
    before = Repository.__init__

    def moved(self: Repository, *args: Any) -> None:
        before(self, *args)
        self.root = tmp_path / "elsewhere"

    monkeypatch.setattr(Repository, "__init__", moved)
    with pytest.raises(TransferError, match=r"cannot be reached from here.*or upload"):
        imported(client, picture, transfer=MODES["ln_s"])
    assert inconsistencies(instance) == []


def test_what_is_in_the_repository_is_not_imported_from_there(client: Any, instance: Instance, picture: Path) -> None:
    path, _ = stored(client, instance, imported(client, picture).fileset)
    for mode in ("ln_s", "upload_rm"):
        with pytest.raises(TransferError, match="Import it from elsewhere"):
            imported(client, path, transfer=MODES[mode])
    assert path.exists()


def _moved(original: Path, target: Path) -> None:
    target.write_bytes(original.read_bytes())


OWN = Transfer("own", "tests.OwnTransfer", _moved)


def test_modes_by_their_names(client: Any, picture: Path) -> None:
    assert find_transfer("ome.formats.importer.transfers.SymlinkFileTransfer") is MODES["ln_s"]
    assert imported(client, picture, transfer=find_transfer(f"{__name__}:OWN")).images
    for wrong in ("move", "os:sep", "no.such.module:X", "os:nothing"):
        with pytest.raises(TransferError, match="no transfer mode"):
            find_transfer(wrong)


@pytest.fixture(scope="module")
def root(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine(instance, tmp_path_factory.mktemp("root"), "root", instance.root_password)


def test_the_command(root: CommandLine, picture: Path) -> None:
    assert root("import", "--transfer=cp", str(picture)).code == 0
    known = root("import", "--exclude=clientpath", str(picture))
    assert (known.code, known.out) == (0, "") and "imported before" in known.err
    assert root("import", "--exclude=filename", str(picture)).out == ""
    picture.rename(picture.with_name("other name.png"))
    other = str(picture.with_name("other name.png"))
    assert root("import", "--exclude=clientpath", "--transfer", "upload_rm", other).out.startswith("Image:")
    assert not Path(other).exists()
    assert "no transfer mode" in root("import", "--transfer=mv", str(SAMPLE)).err


def test_side_by_side(root: CommandLine, tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / f"{number}&sizeX=8&sizeY=8.fake").touch()
    done = root("import", "--parallel-fileset", "3", "--parallel-upload=2", "--skip", "all", str(tmp_path))
    assert done.code == 0 and len(set(done.out.splitlines())) == 6
    assert root("import", "--parallel-upload", "0", str(tmp_path)).code == 2


@pytest.mark.parametrize("parallel", ["1", "3"])
def test_an_error_stops_or_does_not(root: CommandLine, tmp_path: Path, parallel: str) -> None:
    sample = sorted(SAMPLE.glob("*.png"))[0].read_bytes()
    for number in range(5):
        (tmp_path / f"{number}.png").write_bytes(sample if number else sample[: len(sample) // 2])
    stopped = root("import", "--parallel-fileset", parallel, str(tmp_path))
    assert stopped.code == 2 and len(stopped.out.splitlines()) < 5
    went_on = root("import", "-c", "--parallel-fileset", parallel, str(tmp_path))
    assert went_on.code == 2 and len(went_on.out.splitlines()) == 4
