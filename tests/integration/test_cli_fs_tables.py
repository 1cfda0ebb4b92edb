"""`omero fs sets`, `images`, `importtime` and `rename`."""

from __future__ import annotations

import json

import pytest

import omero
from omero.rtypes import unwrap
from omero.sys.parameters import ParametersI
from omero_server.repository.layout import Layout
from tests.support.command_line import CommandLine
from tests.support.instance import Instance


@pytest.fixture(scope="module")
def root(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine(instance, tmp_path_factory.mktemp("root"), "root", instance.root_password)


@pytest.fixture(scope="module")
def tabea(root: CommandLine, instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    assert root("group", "add", "tables-lab", "--type", "private").code == 0
    assert root("user", "add", "tabea", "U", "Na", "tables-lab", "-P", "secret").code == 0
    return CommandLine(instance, tmp_path_factory.mktemp("tabea"), "tabea", "secret")


@pytest.fixture(scope="module")
def filesets(tabea: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> list[int]:
    """Three filesets of tabea's: uploaded with two images, copied, uploaded and removed."""
    made = []
    for mode, series in (("upload", 2), ("cp", 1), ("upload_rm", 1)):
        path = tmp_path_factory.mktemp("data") / f"{mode}&sizeX=8&sizeY=8&sizeC=3&series={series}.fake"
        path.write_text("# nothing else\n")
        done = tabea("import", "--transfer", mode, "--output", "yaml", str(path))
        assert done.code == 0, done.err
        made.append(int(done.out.splitlines()[1].partition(": ")[2]))
    return made


def listed(command: CommandLine, *words: str) -> list[dict[str, str]]:
    done = command("fs", *words, "--style", "json", "--limit", "1000")
    assert done.code == 0, done.err
    found: list[dict[str, str]] = json.loads(done.out)
    return found


def test_sets(tabea: CommandLine, filesets: list[int]) -> None:
    rows = listed(tabea, "sets")
    assert [(int(row["Id"]), row["Images"], row["Files"], row["Transfer"]) for row in rows] == [
        (filesets[2], "1", "1", "upload_rm"), (filesets[1], "1", "1", "cp"), (filesets[0], "2", "1", ""),
    ]  # fmt: skip
    assert all(row["Prefix"].startswith("tabea_") and row["Prefix"].endswith("/") for row in rows)
    assert [int(row["Id"]) for row in listed(tabea, "sets", "--order", "oldest")] == filesets
    assert [int(row["Id"]) for row in listed(tabea, "sets", "--order", "prefix", "--extended")] == filesets
    assert [row["Transfer"] for row in listed(tabea, "sets", "--with-transfer", "cp", "ln_s")] == ["cp"]
    assert listed(tabea, "sets", "--without-images") == []
    done = tabea("fs", "sets", "--limit", "2", "--offset", "1")
    assert done.out.rstrip().endswith("(2 rows, starting at 1 of approx. 3)")


def test_checked_sets(tabea: CommandLine, root: CommandLine, filesets: list[int], instance: Instance) -> None:
    assert tabea("fs", "sets", "--check").code == 111

    def checked() -> dict[int, str]:
        return {int(row["Id"]): row["Check"] for row in listed(root, "sets", "--check") if int(row["Id"]) in filesets}

    assert set(checked().values()) == {"OK"}
    place = Layout.of(instance.config).managed / tabea("fs", "ls", str(filesets[1])).line
    content = place.read_bytes()
    place.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    try:
        assert checked() == {filesets[0]: "OK", filesets[1]: "ERROR!", filesets[2]: "OK"}
    finally:
        place.write_bytes(content)


def test_images(tabea: CommandLine, filesets: list[int]) -> None:
    rows = listed(tabea, "images")
    assert [int(row["FS"]) for row in rows] == [filesets[2], filesets[1], filesets[0], filesets[0]]
    assert {(row["# Files"], row["Size"]) for row in rows} == {("1", "15 B")}
    assert listed(tabea, "images", "--order", "oldest")[0]["FS"] == str(filesets[0])
    assert len(listed(tabea, "images", "--order", "largest")) == 4
    assert listed(tabea, "images", "--archived") == []
    assert set(listed(tabea, "images", "--extended")[0]) == {
        "#",
        "Image",
        "Name",
        "FS",
        "# Files",
        "Size",
        "Pixels",
        "Pyramid",
    }
    assert tabea("fs", "images", "--limit", "1").out.rstrip().endswith("(1 row, starting at 0 of approx. 4)")


def test_import_times(tabea: CommandLine, filesets: list[int]) -> None:
    first = str(filesets[0])
    lines = tabea("fs", "importtime", first).out.splitlines()
    labels = [line.partition(" time of ")[0] for line in lines]
    assert labels == ["   upload", "    setId", " metadata", "   pixels", " overlays", "    rdefs", "thumbnail"]
    assert " for 1 file (" in lines[0] and " for 6 planes (" in lines[3]
    assert " for 2 rendering settings (" in lines[5] and " for 2 thumbnails (" in lines[6]
    assert tabea("fs", "importtime", "--summary").out == "no import times to report\n"
    assert tabea("fs", "importtime", f"Fileset:{first}", "--cache").out.splitlines() == lines
    assert tabea("fs", "importtime", first, "--cache").out.splitlines() == lines
    head, row = tabea("fs", "importtime", "--summary").out.splitlines()
    assert head.startswith('"fileset","upload (ms)","# files"') and row.startswith(f"{first},")
    assert head.count(",") == row.count(",") == 11
    assert tabea("fs", "importtime").code == 29
    assert tabea("fs", "importtime", first, "--summary").code == 28
    assert tabea("fs", "importtime", "99999999").code == 117


def test_rename_is_disabled(root: CommandLine, filesets: list[int]) -> None:
    assert root("fs", "rename", str(filesets[0])).code == 30


def test_a_flipped_byte_is_told_to_the_library(instance: Instance, tabea: CommandLine, filesets: list[int]) -> None:
    """`verifyChecksums`, as programs call it."""
    place = Layout.of(instance.config).managed / tabea("fs", "ls", str(filesets[0])).line
    content = place.read_bytes()
    client = omero.client(instance.host, instance.ports.ssl)
    client.createSession("tabea", "secret")
    query = "select e.originalFile.id from FilesetEntry e where e.fileset.id in (:ids) order by e.id"
    rows = client.sf.getQueryService().projection(query, ParametersI().addIds(filesets))
    files = [row[0] for row in unwrap(rows)]
    repository = client.getManagedRepository()
    assert list(repository.verifyChecksums(files)) == []
    place.write_bytes(content[:-1] + bytes([content[-1] ^ 128]))
    assert list(repository.verifyChecksums(files)) == [files[0]]
    place.unlink()
    assert list(repository.verifyChecksums(files)) == [files[0]]
    place.write_bytes(content)
    client.closeSession()
