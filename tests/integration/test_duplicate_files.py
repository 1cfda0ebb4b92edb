"""Where copies of imported files go: several filesets, templates without new names, links in the place of files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import omero
import omero.cmd
from omero_server.repository.identity import Repository, ensure_repository
from omero_server.repository.layout import Layout, index_name
from tests.support.garden import Garden, run, simple
from tests.support.instance import fresh_root
from tests.support.lab import Lab, open_lab

Found = dict[str, list[int]]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with fresh_root() as root, open_lab(root) as made:
        made.engine.node_uuid = ""  # no server is up, so nothing has to be proved
        yield made


@pytest.fixture
def repository(lab: Lab) -> Repository:
    with lab.call("root", "RA") as call:
        return ensure_repository(call, Layout.of(lab.config).managed)


def fileset(garden: Garden, repository: Repository, prefix: str, *names: str) -> int:
    """An imported image with files, a log and what a reader learnt."""
    image, files = garden.image(), []
    for name in names:
        path, _, base = f"{prefix}{name}".rpartition("/")
        files.append(garden.file(path=f"{path}/", name=base, repo=repository.uuid))
        (repository.root / path).mkdir(parents=True, exist_ok=True)
        (repository.root / path / base).write_text(name)
    made = garden.fileset(image, files=files)
    garden.lab.query("UPDATE fileset SET templateprefix = :p WHERE id = :i RETURNING id", p=prefix, i=made)
    folder, _, base = f"{prefix.rstrip('/')}.log".rpartition("/")
    log = "SELECT l.child FROM joboriginalfilelink l JOIN filesetjoblink f ON f.child = l.parent WHERE f.parent = :i"
    garden.lab.query("UPDATE originalfile SET repo = :r, path = :p, name = :n WHERE id = :i RETURNING id",
                     r=repository.uuid, p=f"{folder}/", n=base, i=garden.lab.value(log, i=made))  # fmt: skip
    (repository.root / folder / base).write_text("log")
    garden.lab.query("UPDATE pixels SET path = :p, name = :n, repo = :r WHERE image = :i RETURNING id",
                     p=prefix, n=names[0], r=repository.uuid, i=image)  # fmt: skip
    index = {"root": f"{prefix}deeper", "fileset": {}}
    (repository.root / index_name(prefix)).write_text(json.dumps(index))
    return image


def duplicate(lab: Lab, *images: int) -> Found:
    return simple(run(lab, "ann", omero.cmd.Duplicate(targetObjects={"Image": list(images)}), group="RA").duplicates)


def places(lab: Lab, copies: Found) -> list[tuple[str, str]]:
    """Path and name of the copied files."""
    sql = "SELECT path, name FROM originalfile WHERE id = ANY(:i) ORDER BY id"
    return [(path, name) for path, name in lab.query(sql, i=copies["OriginalFile"])]


def prefixes(lab: Lab, copies: Found) -> list[str]:
    sql = "SELECT templateprefix FROM fileset WHERE id = ANY(:i) ORDER BY id"
    return [prefix for (prefix,) in lab.query(sql, i=copies["Fileset"])]


def test_several_filesets_get_folders_of_their_own(lab: Lab, repository: Repository) -> None:
    garden = Garden(lab)
    images = [fileset(garden, repository, f"ann_7/{day}/", "a.txt", "deeper/b.txt") for day in ("one", "two")]
    copies = duplicate(lab, *images)
    first, second = prefixes(lab, copies)
    assert (
        first != second and first.rpartition("/")[0].rpartition("/")[0] == second.rpartition("/")[0].rpartition("/")[0]
    )
    for path, name in places(lab, copies):
        content = {"a.txt": "a.txt", "b.txt": "deeper/b.txt"}.get(name, "log")
        assert (repository.root / path / name).read_text() == content
    for prefix in (first, second):
        stored = json.loads((repository.root / index_name(prefix)).read_text())
        assert stored["root"] == f"{prefix}deeper"
        assert (repository.root / f"{prefix.rstrip('/')}.log").is_file()
    main = lab.query("SELECT path, repo FROM pixels WHERE id = ANY(:i) ORDER BY id", i=copies["Pixels"])
    assert main == [(first, repository.uuid), (second, repository.uuid)]
    folders = {
        path for (path,) in lab.query("SELECT path || name || '/' FROM originalfile WHERE mimetype = 'Directory'")
    }
    assert all(path in folders for path, _ in places(lab, copies))


def test_a_template_without_new_names(lab: Lab, repository: Repository) -> None:
    garden = Garden(lab)
    image = fileset(garden, repository, "ann_7/three/", "a.txt")
    lab.config.set("omero.fs.repo.path", "%user%_%userId%//fixed")
    try:
        made = [prefixes(lab, duplicate(lab, image))[0] for _ in range(3)]
    finally:
        lab.config.remove("omero.fs.repo.path")
    assert len(set(made)) == 3 and all((repository.root / prefix / "a.txt").read_text() == "a.txt" for prefix in made)


def test_a_link_in_the_place_of_a_file(lab: Lab, repository: Repository, tmp_path: Path) -> None:
    garden = Garden(lab)
    image = fileset(garden, repository, "ann_7/four/", "a.txt")
    elsewhere = tmp_path / "a.txt"
    (repository.root / "ann_7/four/a.txt").replace(elsewhere)
    (repository.root / "ann_7/four/a.txt").symlink_to(elsewhere)
    ((path, name), _) = places(lab, duplicate(lab, image))
    copy = repository.root / path / name
    assert copy.is_symlink() and copy.resolve() == elsewhere.resolve()


def test_what_refers_to_an_original_fileset_reads_its_files(lab: Lab, repository: Repository) -> None:
    image = fileset(Garden(lab), repository, "ann_7/five/", "a.txt")
    request = omero.cmd.Duplicate(targetObjects={"Image": [image]}, typesToReference=["Fileset"])
    copies = simple(run(lab, "ann", request, group="RA").duplicates)
    assert "Fileset" not in copies and "OriginalFile" not in copies
    assert lab.query("SELECT path FROM pixels WHERE id = ANY(:i)", i=copies["Pixels"]) == [("ann_7/five/",)]


def test_failures_leave_the_repository_as_it_was(lab: Lab, repository: Repository) -> None:
    garden = Garden(lab)
    image = fileset(garden, repository, "ann_7/six/", "a.txt")
    info = garden.add("externalinfo", entityid=1, entitytype="x")
    lab.query("UPDATE image SET external_id = :e WHERE id = :i RETURNING id", e=info, i=image)
    before, rows = {path for path in repository.root.rglob("*") if path.is_file()}, garden.counts()
    request = omero.cmd.Duplicate(targetObjects={"Image": [image]}, typesToReference=["ExternalInfo"])
    with pytest.raises(Exception, match="Image"):
        run(lab, "ann", request, group="RA")
    assert {path for path in repository.root.rglob("*") if path.is_file()} == before and garden.counts() == rows
    assert not list(Layout.of(lab.config).removals.glob("*"))
