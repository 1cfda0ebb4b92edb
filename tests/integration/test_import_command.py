"""The options of `omero import`, and bulk imports."""
# ruff: noqa: S608 (queries with numbers in them)

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.support.command_line import CommandLine, Done
from tests.support.instance import Instance

PNG = sorted((Path(__file__).parents[1] / "data" / "png").glob("*.png"))[0]


@pytest.fixture(scope="module")
def root(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine(instance, tmp_path_factory.mktemp("root"), "root", instance.root_password)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three simulated images and a PNG, in a folder of the working directory."""
    made = tmp_path / "in"
    made.mkdir()
    for name in "abc":
        (made / f"{name}&sizeX=8&sizeY=8.fake").touch()
    (made / "d.png").write_bytes(PNG.read_bytes())
    return made


def fake(folder: Path, name: str = "a") -> str:
    return str(folder / f"{name}&sizeX=8&sizeY=8.fake")


def image(done: Done) -> int:
    assert done.code == 0, done.err
    return int(done.line.removeprefix("Image:"))


def asked(root: CommandLine, query: str) -> list[str]:
    lines = root("hql", "--style", "plain", "--limit", "1000", query).out.splitlines()
    return sorted(line.split(",", 1)[1] for line in lines)


def test_name_description_annotations(root: CommandLine, folder: Path) -> None:
    words = ["-n", "New", "-x", "Words", "--annotation-ns", "N1", "--annotation-text", "T1"]
    words += ["--annotation_ns", "N2", "--annotation_text", "T2"]
    made = image(root("import", *words, fake(folder)))
    assert asked(root, f"select i.name, i.description from Image i where i.id = {made}") == ["New,Words"]
    query = f"select l.child.ns, l.child.textValue from ImageAnnotationLink l where l.parent.id = {made}"
    assert asked(root, query) == ["N1,T1", "N2,T2"]
    [note] = asked(
        root, f"select l.child.id from ImageAnnotationLink l where l.parent.id = {made} and l.child.ns = 'N1'"
    )
    linked = image(root("import", "--annotation-link", note, fake(folder)))
    assert asked(root, f"select l.child.id from ImageAnnotationLink l where l.parent.id = {linked}") == [note]


@pytest.mark.parametrize("words", [["-n", "a", "--name", "b"], ["-n", "a", "--", "--name=b"], ["--", "--no-such"], []])
def test_wrong_arguments(root: CommandLine, folder: Path, words: list[str]) -> None:
    assert root("import", *words, *([fake(folder)] if words else [])).code == 1


def test_options_after_two_dashes(root: CommandLine, folder: Path) -> None:
    done = root("import", "--", "--name=Later", "--checksum-algorithm=MD5-128", "--no-thumbnails", fake(folder))
    assert asked(root, f"select i.name from Image i where i.id = {image(done)}") == ["Later"]
    query = "select e.originalFile.hasher.value from Image i join i.fileset f join f.usedFiles e where i.id = {}"
    assert asked(root, query.format(image(done))) == ["MD5-128"]


def test_paths_from_standard_input(instance: Instance, root: CommandLine, folder: Path) -> None:
    environment = instance.environment | root._environment
    command = [sys.executable, "-m", "omero_cli.main", "-q", "import", "-"]
    done = subprocess.run(
        command, input=f"{folder / 'd.png'}\n\n{fake(folder)}\n", env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 2, done.stderr


def test_output_into_files(root: CommandLine, folder: Path) -> None:
    logs = folder.parent / "logs"
    done = root(
        "import", "--file", "out", "--errs", "err", "--logprefix", str(logs), fake(folder), str(folder / "no"), "-c"
    )
    assert (done.code, done.out, done.err) == (2, "", "")
    assert (logs / "out").read_text().startswith("Image:") and "no such file" in (logs / "err").read_text()


def test_dry_scan(root: CommandLine, folder: Path) -> None:
    done = root("import", "-f", "--output", "yaml", str(folder))
    groups = yaml.safe_load(done.out)
    assert [(one["reader"], one["spw"]) for one in groups] == [("fake", False)] * 3 + [("png", False)]
    assert [one["files"] for one in groups] == [[one["group"]] for one in groups]
    plate = folder / "p&plates=1&plateRows=1&plateCols=1.fake"
    plate.touch()
    assert f"# Group: {plate} SPW: true Reader: fake" in root("import", "-f", str(plate)).out
    assert root("import", "-f", str(folder.parent), "--depth", "0").code == 125


def test_readers_from_a_list(root: CommandLine, folder: Path) -> None:
    listed = folder.parent / "readers.txt"
    listed.write_text(
        "# only this\nloci.formats.in.PNGReader[type=x]  # as in Bio-Formats\nloci.formats.in.XYZReader\n"
    )
    assert root("import", "-f", "-l", str(listed), str(folder)).out.splitlines()[1:] == [
        f"# Group: {folder / 'd.png'} SPW: false Reader: png", str(folder / "d.png"),
    ]  # fmt: skip
    listed.write_text("nothing\n")
    assert root("import", "-f", "-l", str(listed), str(folder)).code == 1


def test_a_report(root: CommandLine, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    broken = folder / "broken.png"
    broken.write_bytes(PNG.read_bytes()[:50])
    done = root("import", "--report", "--email", "me@here", "--upload", str(broken))
    assert done.code != 0
    with zipfile.ZipFile(folder.parent / done.err.partition("Report: ")[2].strip()) as report:
        facts = json.loads(report.read("report.json"))
        assert facts["email"] == "me@here" and "broken.png" in facts["failures"][0]["reason"]
        assert report.read("files/0/0-broken.png") == broken.read_bytes()
    assert "need --report" in root("import", "--logs", str(broken)).err
    sent = root("import", "--report", "--qa-baseurl", "http://127.0.0.1:9/", str(broken))
    assert "could not be sent" in sent.err or "cannot be written" in sent.err


def test_not_waiting(root: CommandLine, folder: Path) -> None:
    done = root("import", "--", "--minutes-wait=0", str(folder / "d.png"))
    assert done.code == 0 and (done.out.startswith("Image:") or "goes on in the server" in done.err)
    slow = folder / "slow&sizeX=900&sizeY=900&sizeZ=20.fake"
    slow.touch()
    done = root("import", "-n", "Slow one", "--", "--minutes-wait=0", "--auto-close", str(slow))
    assert done.code == 0 and done.out == "" and "Fileset:" in done.err
    assert root("import", "--wait-completed").code == 0
    assert root("import", "--close-completed").code == 0


def test_things_of_the_java_importer(root: CommandLine, folder: Path) -> None:
    assert "--minutes-wait" in root("import", "--advanced-help").out
    assert root("import", "--javahelp").code == 0
    assert root("import", "--fetch-jars", "5.6").code == 0
    words = ["--clientdir", "/lib", "--logback", "logback.xml", "--skip", "upgrade", "--debug", "ERROR"]
    assert "Logback" in root("import", *words, fake(folder)).err


def test_as_another_user(root: CommandLine, instance: Instance, folder: Path, tmp_path: Path) -> None:
    assert root("group", "add", "import-others", "--type", "private").code == 0
    assert root("user", "add", "odile", "O", "Ther", "import-others", "-P", "secret").code == 0
    where = ["-s", instance.host, "-p", str(instance.ports.ssl), "--sudo", "root", "-w", instance.root_password]
    made = image(root("import", *where, "-u", "odile", "-C", fake(folder)))
    query = f"select o.omeName, g.name from Image i join i.details.owner o join i.details.group g where i.id = {made}"
    odile = CommandLine(instance, tmp_path / "o", "odile", "secret")
    assert asked(odile, query) == ["odile,import-others"]


def bulk(folder: Path, **keys: object) -> str:
    file = folder.parent / "bulk.yml"
    file.write_text(yaml.safe_dump(keys))
    return str(file)


def test_bulk_of_plain_paths(root: CommandLine, folder: Path) -> None:
    (folder.parent / "list.txt").write_text(f"in/d.png\n\n{fake(folder)}\n")
    done = root("import", "--bulk", bulk(folder, path="list.txt", name="From bulk", skip=["minmax", "thumbnails"]))
    assert done.code == 0 and len(done.out.splitlines()) == 2, done.err
    names = {asked(root, f"select i.name from Image i where i.id = {line[6:]}")[0] for line in done.out.splitlines()}
    assert names == {"From bulk"}


@pytest.mark.parametrize("kind", ["tsv", "csv", "txt"])
def test_bulk_of_columns(root: CommandLine, folder: Path, kind: str) -> None:
    separator = {"tsv": "\t", "csv": ",", "txt": " "}[kind]
    lines = [["Dataset:name:bulk", '"first, or not"', "in/d.png"], ["Dataset:name:bulk", "second", "in/d.png"]]
    (folder.parent / f"list.{kind}").write_text("".join(f"{separator.join(line)}\n" for line in lines))
    file = bulk(folder, path=f"list.{kind}", columns=["target", "name", "path"], name="default", transfer="cp")
    done = root("import", "--bulk", file)
    assert done.code == 0, done.err
    ids = ",".join(line[6:] for line in done.out.splitlines())
    query = f"select l.parent.name, l.child.name from DatasetImageLink l where l.child.id in ({ids})"
    assert asked(root, query) == ['bulk,"first, or not"', "bulk,second"]


def test_bulk_that_includes_another(root: CommandLine, folder: Path) -> None:
    (folder / "list.txt").write_text("d.png\n")
    (folder / "parent.yml").write_text("path: list.txt\nname: Parent\ndescription: Kept\n")
    done = root("import", "--bulk", bulk(folder, include="in/parent.yml", name="Child"))
    assert asked(root, f"select i.name, i.description from Image i where i.id = {image(done)}") == ["Child,Kept"]


def test_bulk_dry_runs(root: CommandLine, folder: Path) -> None:
    (folder.parent / "list.txt").write_text("in/d.png\nin/e f.png\n")
    done = root("import", "--bulk", bulk(folder, path="list.txt", dry_run=True, name="A name", target="Dataset:1"))
    assert done.out.splitlines()[1] == f"omero import '--name=A name' --target=Dataset:1 '{folder}/e f.png'"
    scripts = folder.parent / "script_%s.sh"
    assert root("import", "--bulk", bulk(folder, path="list.txt", dry_run=str(scripts))).code == 0
    assert "omero import" in (folder.parent / "script_2.sh").read_text()


def test_bulk_errors(root: CommandLine, folder: Path) -> None:
    (folder.parent / "list.txt").write_text("in/missing.png\nin/d.png\n")
    assert root("import", "--bulk", bulk(folder, path="list.txt"), "x").code == 104
    assert root("import", "--bulk", bulk(folder, name="x")).code == 107
    assert root("import", "--bulk", bulk(folder, path="list.txt", no_such="x")).code == 200
    stopped = root("import", "--bulk", bulk(folder, path="list.txt"))
    assert (stopped.code, stopped.out) == (106, "") and "Use -c to continue" in stopped.err
    went_on = root("import", "--bulk", bulk(folder, **{"path": "list.txt", "continue": True}))
    assert went_on.code == 1 and went_on.out.startswith("Image:") and "1 failed imports" in went_on.err
