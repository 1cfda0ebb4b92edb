"""Where imports go on the disk, for a template with every term; each checksum algorithm finds a byte that changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import omero
from omero.importing import Imported, Options, import_fileset, scan
from omero.importing.process import begin_import, managed_repository
from omero.rtypes import unwrap
from omero.sys.parameters import ParametersI
from omero_server.repository.checksums import ALGORITHMS
from omero_server.repository.layout import Layout
from tests.support.consistency import inconsistencies
from tests.support.instance import Instance, fresh_root, running

TEMPLATE = (
    "all/%groupId%-%group%/%institution%/%institution:nowhere%//%user%_%userId%-%perms%/%sessionId%-%session%/"
    "%thread%/%year%-%month%-%monthname%-%day%/%hash%/%hash:3,3,2%/%subdirs:1%/n%increment:3%/at %time%"
)
FOLDER = re.compile(
    r"all/\d+-system/nowhere/root_0-rw----/\d+-\d+/[^/]+/\d{4}-\d\d-[A-Z][a-z]+-\d\d/[0-9A-F]{8}/[0-9A-F]{3}/[0-9A-F]{3}/"
    r"[0-9A-F]{2}/n\d{3}/at \d\d-\d\d-\d\d\.\d{3}/"
)
FILES = (
    "select o.id, o.path, o.name, o.hash, h.value from FilesetEntry e join e.originalFile o join o.hasher h"
    " where e.fileset.id = :id"
)
OWNERS = "select o.name, o.details.owner.id from OriginalFile o where o.path = :path and o.repo is not null"


@pytest.fixture(scope="module")
def server() -> Iterator[Instance]:
    """Names may not begin with a dot or a dash either, and colons are fine."""
    properties = {
        "omero.fs.repo.path": TEMPLATE,
        "omero.fs.repo.path_rules": "UNIX required, UNIX optional, Windows optional",
    }
    with fresh_root() as root, running(root, properties=properties) as made:
        yield made


@pytest.fixture(scope="module")
def client(server: Instance) -> Iterator[Any]:
    made = omero.client(server.host, server.ports.ssl)
    made.createSession("root", server.root_password)
    yield made
    made.closeSession()


def imported(client: Any, path: Path, algorithm: str = "SHA1-160") -> Imported:
    path.parent.mkdir(exist_ok=True)
    path.write_text("# simulated\n")
    [candidate] = scan([path]).candidates
    return import_fileset(client, candidate, Options(checksum_algorithm=algorithm, minmax=False, thumbnails=False))


def stored(client: Any, fileset: int) -> tuple[int, str, str, str, str]:
    [row] = unwrap(client.sf.getQueryService().projection(FILES, ParametersI().addId(fileset)))
    return tuple(row)


def test_every_term(client: Any, server: Instance, tmp_path: Path) -> None:
    places = []
    for _ in range(2):
        done = imported(client, tmp_path / "a: b&sizeX=8&sizeY=8.fake")
        _, path, name, _, _ = stored(client, done.fileset)
        assert FOLDER.match(path), path
        assert name == "a: b&sizeX=8&sizeY=8.fake"
        places.append(FOLDER.match(path)[0])  # type: ignore[index]
    first, second = (place.split("/") for place in places)
    # The thread, and with it the number in its folder, may be another one.
    assert first[:5] + first[6:11] == second[:5] + second[6:11]
    assert int(second[11][1:]) == (int(first[11][1:]) + 1 if first[5] == second[5] else 1)
    for path, owner in (("/", 0), ("all/", 0)):
        rows = client.sf.getQueryService().projection(OWNERS, ParametersI().addString("path", path))
        assert [who for name, who in unwrap(rows) if name != "ManagedRepository"] == [owner] * len(rows) != []
    assert inconsistencies(server) == []


def test_rules_for_names(client: Any, tmp_path: Path) -> None:
    _, path, name, _, _ = stored(client, imported(client, tmp_path / "-in." / ".b&sizeX=8&sizeY=8.fake").fileset)
    assert path.endswith("/_-in._/") and name == "_.b&sizeX=8&sizeY=8.fake"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_byte_that_changes_on_the_disk(algorithm: str, client: Any, server: Instance, tmp_path: Path) -> None:
    done = imported(client, tmp_path / "c&sizeX=8&sizeY=8.fake", algorithm)
    number, path, name, checksum, hasher = stored(client, done.fileset)
    assert hasher == algorithm and checksum == checksum.lower() != ""
    place, repository = Layout.of(server.config).in_managed(path, name), managed_repository(client)
    context = {"omero.session.uuid": client.getSessionId()}
    assert list(repository.verifyChecksums([number], context)) == []
    content = place.read_bytes()
    place.write_bytes(content[:3] + bytes([content[3] ^ 4]) + content[4:])
    only_size = algorithm == "File-Size-64"
    assert list(repository.verifyChecksums([number], context)) == ([] if only_size else [number])
    place.write_bytes(content + b"!")
    assert list(repository.verifyChecksums([number], context)) == [number]
    place.write_bytes(content)


@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if name != "File-Size-64"])
def test_a_byte_that_changes_on_the_way(
    algorithm: str, client: Any, server: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "d&sizeX=8&sizeY=8.fake"
    path.write_text("# simulated\n")
    [candidate] = scan([path]).candidates

    class Flipping:
        """An ImportProcess behind a bad network."""

        def __init__(self, process: Any) -> None:
            self._process = process

        def __getattr__(self, name: str) -> Any:
            return getattr(self._process, name)

        def getUploader(self, index: int) -> Any:
            store = self._process.getUploader(index)
            plain = store.writeAsync
            store.writeAsync = lambda block, *rest: plain(bytes([block[0] ^ 1]) + block[1:], *rest)
            return store

    monkeypatch.setattr("omero.importing.process.begin_import", lambda *args: Flipping(begin_import(*args)))
    with pytest.raises(omero.ChecksumValidationException, match="differently than they were sent"):
        import_fileset(client, candidate, Options(checksum_algorithm=algorithm))
    assert inconsistencies(server) == []
