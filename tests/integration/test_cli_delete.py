"""`omero delete` against a real server. Expected texts are what omero-py 5.23 prints."""

from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.instance import Instance


@pytest.fixture(scope="module")
def root(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine(instance, tmp_path_factory.mktemp("root"), "root", instance.root_password)


@pytest.fixture(scope="module")
def omero(root: CommandLine, instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """The command line of a member of a read-write group."""
    assert root("group", "add", "delete-lab", "--type", "read-write").code == 0
    for name in ("una", "ugo"):
        assert root("user", "add", name, name, "Smith", "delete-lab", "-P", f"secret-{name}").code == 0
    return CommandLine(instance, tmp_path_factory.mktemp("una"), "una", "secret-una")


def datasets(omero: CommandLine, count: int) -> list[str]:
    return [omero("obj", "new", "Dataset", "name=to delete").line for _ in range(count)]


def exists(omero: CommandLine, reference: str) -> bool:
    return omero("obj", "get", reference).code == 0


def numbers(references: list[str]) -> str:
    return ",".join(reference.partition(":")[2] for reference in references)


def test_wrong_target(omero: CommandLine) -> None:
    done = omero("delete", "Image:2-1")
    assert done.code == 2 and "error: argument obj: invalid argument value: 'Image:2-1'" in done.err


def test_one_object_is_deleted(omero: CommandLine) -> None:
    (dataset,) = datasets(omero, 1)
    done = omero("delete", dataset)
    assert (done.code, done.out, done.err) == (0, f"omero.cmd.Delete2 {dataset} ok\n", "")
    assert not exists(omero, dataset)


def test_dry_run_and_report(omero: CommandLine) -> None:
    project = omero("obj", "new", "Project", "name=p").line
    (dataset,) = datasets(omero, 1)
    link = omero("obj", "new", "ProjectDatasetLink", f"parent={project}", f"child={dataset}").line
    done = omero("delete", project, "--dry-run", "--report")
    first, second, steps, elapsed, *rest = done.out.splitlines()
    assert (first, second) == (f"omero.cmd.Delete2 {project} Dry run performed", "ok")
    assert steps.startswith("Steps: ") and elapsed.startswith("Elapsed time: ") and elapsed.endswith(" secs.")
    assert rest == ["Flags: []", "Deleted objects", f"  {dataset}", f"  {project}", f"  {link}"]
    assert exists(omero, project)
    assert omero("delete", project, "--exclude", "Dataset").code == 0
    assert exists(omero, dataset) and not exists(omero, project)


def test_ranges_need_force(omero: CommandLine) -> None:
    three = datasets(omero, 3)
    ids = numbers(three)
    first, last = ids.split(",")[0], ids.split(",")[2]
    done = omero("delete", f"Dataset:{first}-{last}")
    assert (done.code, done.out) == (0, f"omero.cmd.Delete2 Dataset:{first}-{last} Dry run performed\nok\n")
    assert "--force" in done.err and all(exists(omero, each) for each in three)
    assert omero("delete", f"Dataset:{first}-{last}", "--force").err == ""
    assert not any(exists(omero, each) for each in three)


def test_lists_need_no_force(omero: CommandLine) -> None:
    three = datasets(omero, 3)
    ids = numbers(three)
    done = omero("delete", f"Dataset:{ids}")
    assert (done.out, done.err) == (f"omero.cmd.Delete2 Dataset:{ids.split(',')[0]}-{ids.split(',')[2]} ok\n", "")
    assert not any(exists(omero, each) for each in three)


def test_linked_tags_stay_unless_included(omero: CommandLine) -> None:
    for options, stays in (([], True), (["--include", "Annotation"], False)):
        (dataset,) = datasets(omero, 1)
        tag = omero("obj", "new", "TagAnnotation", "textValue=t").line
        note = omero("obj", "new", "CommentAnnotation", "textValue=c").line
        for annotation in (tag, note):
            omero("obj", "new", "DatasetAnnotationLink", f"parent={dataset}", f"child={annotation}")
        assert omero("delete", dataset, *options).code == 0
        assert exists(omero, tag) is stays and not exists(omero, note)


def test_failures_say_why_and_exit_with_1(omero: CommandLine, root: CommandLine) -> None:
    (mine,) = datasets(omero, 1)
    foreign = root("obj", "new", "Dataset", "name=of root").line
    done = omero("delete", mine, foreign)
    assert done.code == 1 and " ok" not in done.out and done.err.startswith("failed: '")
    assert exists(omero, mine)
    assert omero("delete", "Dataset:999999").code == 1
    assert omero("delete", "Nonsense:1").code == 1


def test_objects_of_somebody_else_are_pointed_out(omero: CommandLine, instance: Instance, tmp_path: Path) -> None:
    ugo = CommandLine(instance, tmp_path, "ugo", "secret-ugo")
    (dataset,) = datasets(omero, 1)
    owner = omero("user", "info").cells[0][0]
    done = ugo("delete", dataset)
    assert done.code == 0 and done.err == f"WARNING: {dataset} belongs to user {owner}\n"


def test_no_targets_and_no_waiting(omero: CommandLine) -> None:
    done = omero("delete")
    assert done.code == 440 % 256 and done.err == "no object targets supplied for graph operation\n"
    assert omero("delete", datasets(omero, 1)[0], "--wait", "0").out == "Exiting immediately\n"
    assert omero("delete", datasets(omero, 1)[0], "--wait", "20").code == 0
