"""`omero delete`, `chgrp`, `chown`, `duplicate` with several requests, options and reports, against a real server."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.support.command_line import CommandLine, Done
from tests.support.instance import Instance

DATASETS, NOTES = "ProjectDatasetLink", "ProjectAnnotationLink"


@dataclass(frozen=True)
class Scene:
    """gina owns the group graph-lab and is in graph-other; gus is in both; root is in neither."""

    root: CommandLine
    gina: CommandLine
    gus: CommandLine
    numbers: dict[str, int]


@pytest.fixture(scope="module")
def scene(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    def logged_in(name: str, password: str) -> CommandLine:
        return CommandLine(instance, tmp_path_factory.mktemp(name), name, password)

    root = logged_in("root", instance.root_password)
    for group in ("graph-lab", "graph-other"):
        assert root("group", "add", group, "--type", "read-annotate").code == 0
    for name in ("gina", "gus"):
        assert root("user", "add", name, name, "Smith", "graph-lab", "graph-other", "-P", "secret").code == 0
    assert root("user", "joingroup", "graph-lab", "--name", "gina", "--as-owner").code == 0
    tables = (root("group", "list").cells, root("user", "list").cells)
    numbers = {row[1]: int(row[0]) for table in tables for row in table}
    return Scene(root, logged_in("gina", "secret"), logged_in("gus", "secret"), numbers)


def new(who: CommandLine, kind: str, *words: str) -> str:
    return who("obj", "new", kind, *words).line


def tree(who: CommandLine, datasets: int = 1) -> list[str]:
    """A project and the datasets in it."""
    project = new(who, "Project", "name=p")
    found = [new(who, "Dataset", f"name=d{number}") for number in range(datasets)]
    for dataset in found:
        new(who, "ProjectDatasetLink", f"parent={project}", f"child={dataset}")
    return [project, *found]


def where(scene: Scene, reference: str) -> tuple[int, int] | None:
    """(owner, group) of an object, None when it is gone."""
    kind, _, number = reference.partition(":")
    query = f"select o.details.owner.id, o.details.group.id from {kind} o where o.id = {number}"  # noqa: S608
    row = scene.root("hql", "--all", "--ids-only", "--style", "plain", query).out.strip().split(",")
    return (int(row[1]), int(row[2])) if len(row) > 1 else None


def sections(done: Done) -> dict[str, list[str]]:
    """The parts of a report, without links."""
    assert done.code == 0, done.err
    found: dict[str, list[str]] = {}
    title = ""
    for line in done.out.splitlines():
        if line.startswith("  "):
            found[title] += [line.strip()] if "Link" not in line else []
        else:
            title = line
            found[title] = []
    return {title: lines for title, lines in found.items() if lines}


# Deleting


def test_lower_classes(scene: Scene) -> None:
    project, first, second = tree(scene.gina, 2)
    number = project.partition(":")[2]
    done = scene.gina("delete", f"Project/Dataset:{number}", "--dry-run", "--report")
    assert done.out.startswith(f"omero.cmd.Delete2 Project/Dataset:{number} Dry run performed\nok\n")
    ids = ",".join(each.partition(":")[2] for each in (first, second))
    assert sections(done) == {"Deleted objects": [f"Dataset:{ids}"]}
    assert where(scene, first) is not None
    assert scene.gina("delete", f"/Project/Dataset:{number}").out == f"omero.cmd.Delete2 Project/Dataset:{number} ok\n"
    assert where(scene, first) is None is where(scene, second) and where(scene, project) is not None


def test_several_requests_together(scene: Scene) -> None:
    project, dataset = tree(scene.gina)
    single = new(scene.gina, "Dataset", "name=single")
    number = project.partition(":")[2]
    done = scene.gina("delete", f"Project/Dataset:{number}", single, "--report")
    assert done.out.startswith(f"omero.cmd.Delete2 {single} Project/Dataset:{number} ok\n"), done
    titles = [line for line in done.out.splitlines() if line == "Deleted objects"]
    assert len(titles) == 2 and f"  {single}" in done.out and f"  {dataset}" in done.out
    assert where(scene, dataset) is None is where(scene, single)


def test_ordered_requests_fail_together(scene: Scene) -> None:
    mine, foreign = new(scene.gina, "Dataset", "name=mine"), new(scene.gus, "Dataset", "name=foreign")
    other = new(scene.gus, "Dataset", "name=other")
    done = scene.gus("delete", other, mine, foreign, "--ordered", "--report")
    assert done.code == 1 and done.out.startswith(f"omero.cmd.Delete2 {other} {mine} {foreign} \n")
    assert done.err.startswith("failed: 'graph-fail'\nfailed: ") and "Flags: [FAILURE" in done.out
    assert None not in [where(scene, each) for each in (mine, foreign, other)]
    done = scene.gus("delete", other, foreign, "--ordered")
    assert (done.code, done.out) == (0, f"omero.cmd.Delete2 {other} {foreign} ok\n")
    assert where(scene, other) is None is where(scene, foreign)


def test_classes_that_are_taken(scene: Scene) -> None:
    for command in (["delete"], ["duplicate"], ["chgrp"], ["chown"], ["chgrp", "nobody"]):
        lines = scene.gina(*command, "--list").out.splitlines()
        assert {"Image", "Dataset", "Annotation"} <= set(lines) and lines == sorted(lines) and "Details" not in lines


# Moving


def test_move(scene: Scene) -> None:
    project, dataset = tree(scene.gus)
    gus, lab, other = (scene.numbers[name] for name in ("gus", "graph-lab", "graph-other"))
    done = scene.gus("chgrp", "graph-other", project, "--dry-run", "--report")
    assert done.out.startswith(f"omero.cmd.Chgrp2 {project} Dry run performed\nok\nSteps: ")
    assert sections(done) == {"Included objects": [dataset, project]}
    assert where(scene, project) == (gus, lab)
    assert scene.gus("chgrp", "graph-other", project).out == f"omero.cmd.Chgrp2 {project} ok\n"
    assert where(scene, project) == where(scene, dataset) == (gus, other)
    for target in (str(lab), f"Group:{other}", f"ExperimenterGroup:{lab}"):
        assert scene.gus("chgrp", target, project).code == 0
        assert where(scene, dataset) == (gus, int(target.rpartition(":")[2]))


def test_move_without_what_is_excluded(scene: Scene) -> None:
    project, dataset = tree(scene.gus)
    done = scene.gus("chgrp", "graph-other", project, "--exclude", "Dataset", "--report")
    assert sections(done) == {"Included objects": [project]} and "Deleted objects" in done.out
    assert where(scene, dataset) == (scene.numbers["gus"], scene.numbers["graph-lab"])
    assert where(scene, project) == (scene.numbers["gus"], scene.numbers["graph-other"])


def test_ranges_are_only_tried(scene: Scene) -> None:
    number = new(scene.gus, "Dataset", "name=d").partition(":")[2]
    done = scene.gus("chgrp", "graph-other", f"Dataset:{number}-{number}")
    assert done.out == f"omero.cmd.Chgrp2 Dataset:{number} Dry run performed\nok\n" and "--force" in done.err
    assert where(scene, f"Dataset:{number}") == (scene.numbers["gus"], scene.numbers["graph-lab"])
    assert scene.gus("chgrp", "graph-other", f"Dataset:{number}-{number}", "--force").code == 0
    assert where(scene, f"Dataset:{number}") == (scene.numbers["gus"], scene.numbers["graph-other"])


@pytest.mark.parametrize(
    ("group", "code", "err"),
    [
        ("nobody", 196, "Failed to find group: nobody\n"),
        ("Group:99999", 196, "Failed to find group: Group:99999\n"),
        ("Image:1", 196, "Failed to find group: Image:1\n"),
        ("9" * 30, 196, f"Failed to find group: {'9' * 30}\n"),
        ("system", 197, "Current user is not member of group: 0\n"),
    ],
)
def test_groups_that_cannot_be(group: str, code: int, err: str, scene: Scene) -> None:
    done = scene.gus("chgrp", group, "Dataset:1")
    assert (done.code, done.out, done.err) == (code, "", err)


@pytest.mark.parametrize("words", [["chgrp"], ["chgrp", "nobody"], ["chown"], ["chown", "gus"], ["duplicate"]])
def test_no_targets(words: list[str], scene: Scene) -> None:
    done = scene.gus(*words)
    assert (done.code, done.err) == (440 % 256, "no object targets supplied for graph operation\n")


# Giving


def test_give(scene: Scene) -> None:
    project, dataset = tree(scene.gus)
    gina, lab = scene.numbers["gina"], scene.numbers["graph-lab"]
    done = scene.root("chown", "gina", project, "--dry-run", "--report")
    assert done.out.startswith(f"omero.cmd.Chown2 {project} Dry run performed\nok\nSteps: ")
    assert sections(done) == {"Included objects": [dataset, project]}
    assert where(scene, project) == (scene.numbers["gus"], lab)
    assert scene.root("chown", f"User:{gina}", project).out == f"omero.cmd.Chown2 {project} ok\n"
    assert where(scene, project) == where(scene, dataset) == (gina, lab)
    # An owner of the group gives what he owns with all in it.
    assert scene.gina("chown", "gus", project).out == f"omero.cmd.Chown2 {project} ok\n"
    assert where(scene, project) == where(scene, dataset) == (scene.numbers["gus"], lab)


def test_owners_of_groups_give_what_they_name(scene: Scene) -> None:
    project, first, second = tree(scene.gus, 2)
    gina, lab = scene.numbers["gina"], scene.numbers["graph-lab"]
    assert scene.gina("chown", f"Experimenter:{gina}", project, first).code == 0
    assert where(scene, project) == where(scene, first) == (gina, lab)
    assert where(scene, second) == (scene.numbers["gus"], lab)


def test_only_owners_of_groups_give(scene: Scene) -> None:
    mine = new(scene.gus, "Dataset", "name=mine")
    done = scene.gus("chown", "gina", mine)
    assert done.code == 1 and done.err.startswith("failed: '")
    assert where(scene, mine) == (scene.numbers["gus"], scene.numbers["graph-lab"])
    assert scene.gina("chown", "nobody", mine).err == "Failed to find user: nobody\n"


def test_give_all_that_a_user_owns(scene: Scene, instance: Instance) -> None:
    assert scene.root("user", "add", "gil", "Gil", "Smith", "graph-lab", "-P", "secret").code == 0
    login = ["-s", instance.host, "-p", str(instance.ports.ssl), "-u", "gil", "-w", "secret", "-C"]
    dataset = scene.root("obj", *login, "new", "Dataset", "name=gil's").line
    assert scene.root("login", *login[:4], "-u", "root", "-w", instance.root_password).code == 0
    gil = next(row[0] for row in scene.root("user", "list").cells if row[1] == "gil")
    done = scene.gina("chown", "gus", f"Experimenter:{gil}", "--report")
    assert done.out.startswith("omero.cmd.Chown2  ok\n") and dataset in sections(done)["Included objects"]
    assert where(scene, dataset) == (scene.numbers["gus"], scene.numbers["graph-lab"])


# Copying


def test_copy(scene: Scene) -> None:
    project, dataset = tree(scene.gus)
    done = scene.gus("duplicate", project, "--dry-run", "--report")
    assert done.out.startswith(f"omero.cmd.Duplicate {project} Dry run performed\nok\nSteps: ")
    assert sections(done) == {"Duplicates": [dataset, project]}
    first, second = sections(scene.gus("duplicate", project, "--report"))["Duplicates"]
    assert first != dataset and second != project
    assert scene.gus("obj", "get", first, "name").line == "d0" and scene.gus("obj", "get", second, "name").line == "p"


def test_copy_that_uses_the_same_parts(scene: Scene) -> None:
    project, dataset = tree(scene.gus)
    (copy,) = sections(scene.gus("duplicate", project, "--reference", "Dataset", "--report"))["Duplicates"]
    query = f"select l.child.id from ProjectDatasetLink l where l.parent.id = {copy.partition(':')[2]}"  # noqa: S608
    row = scene.gus("hql", "--ids-only", "--style", "plain", query).line
    assert row == f"0,{dataset.partition(':')[2]}"


@pytest.mark.parametrize(
    "ignored", ["ProjectDatasetLink,ProjectAnnotationLink", "ProjectDatasetLink", "ProjectAnnotationLink"]
)
def test_copy_without_a_part(ignored: str, scene: Scene) -> None:
    project, _ = tree(scene.gus)
    note = new(scene.gus, "CommentAnnotation", "textValue=t")
    new(scene.gus, "ProjectAnnotationLink", f"parent={project}", f"child={note}")
    made = sections(scene.gus("duplicate", project, "--ignore", ignored, "--report"))["Duplicates"]
    kinds = {each.partition(":")[0] for each in made}
    assert kinds == {"Project"} | {
        kind for kind, link in (("Dataset", "ProjectDatasetLink"), ("CommentAnnotation", "ProjectAnnotationLink"))
        if link not in ignored
    }  # fmt: skip


def test_classes_in_two_lists(scene: Scene) -> None:
    dataset = new(scene.gus, "Dataset", "name=d")
    done = scene.gus("duplicate", dataset, "--reference", "Image", "--ignore", "Image")
    assert done.code == 1 and done.err.startswith("failed: 'bad-class'\n")


# Permissions of groups, and disk usage


def test_permissions_of_a_group(scene: Scene) -> None:
    assert scene.root("group", "add", "graph-perms", "--type", "read-only").code == 0
    number = next(row[0] for row in scene.root("group", "list").cells if row[1] == "graph-perms")
    for kind, letters in (("read-write", "rwrw--"), ("private", "rw----")):
        done = scene.root("group", "perms", "--name", "graph-perms", "--type", kind)
        assert done.line == f"Changed permissions for group graph-perms (id={number}) to {letters}"
        assert scene.root("group", "info", number).cells[0][2] == letters
    done = scene.root("group", "perms", "--id", number, "--perms", "rw----")
    assert done.line == f"Permissions for group graph-perms (id={number}) already rw----"
    done = scene.gus("group", "perms", "--name", "graph-lab", "--type", "private")
    assert done.code == 504 % 256 and done.err.startswith("Cannot change permissions for group graph-lab")


@pytest.fixture(scope="module")
def annotated(scene: Scene) -> Iterator[str]:
    """A dataset with an attached file of 1500 bytes, as the database knows it: there is no such file."""
    dataset = new(scene.gus, "Dataset", "name=with file")
    file = new(scene.gus, "OriginalFile", "name=f", "path=/", "mimetype=text/plain", "size=1500", "hash=x")
    note = new(scene.gus, "FileAnnotation", f"file={file}")
    new(scene.gus, "DatasetAnnotationLink", f"parent={dataset}", f"child={note}")
    yield dataset
    assert scene.gus("delete", note).code == 0


def test_disk_usage(scene: Scene, annotated: str) -> None:
    number = annotated.partition(":")[2]
    usage: Callable[..., Done] = lambda *words: scene.gus("fs", "usage", *words)  # noqa: E731
    assert usage(annotated).line == "Total disk usage: 1500 bytes in 1 files"
    assert usage(f"Dataset:{number}-{number}", "--size-only").line == "1500"
    assert usage(annotated, "--human-readable").line == "Total disk usage: 1.0 KB bytes in 1 files"
    gus, lab = scene.numbers["gus"], scene.numbers["graph-lab"]
    done = usage(annotated, "--report", "--style", "csv")
    assert done.out.splitlines()[1:] == [
        "user,group,component,size (bytes),files", f"{gus},{lab},FileAnnotation,1500,1",
    ]  # fmt: skip
    assert int(usage("--size-only").line) >= 1500
    assert int(usage("--groups", "--size-only").line) >= int(usage("--size-only").line)
    assert int(usage("Dataset:*", "--size-only").line) >= 1500


def test_disk_usage_of_what_is_not_there(scene: Scene) -> None:
    done = scene.gus("fs", "usage", "Dataset:99999999")
    assert done.code == 1 and done.err.startswith("failed: '")
    assert scene.gus("fs", "usage", "nonsense").err == "Bad object: 'nonsense'. Use Class:IDs or Class:*\n"
