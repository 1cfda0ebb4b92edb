"""Delete, chgrp, chown, duplicate by the official library and command line; ours says and does the same."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.interop.conftest import Official
from tests.support.command_line import CommandLine

PASSWORD = "a secret of tests"


@dataclasses.dataclass(frozen=True)
class People:
    """The owner of a group, who is a member of another one, and a member of both."""

    official: Official
    ours: CommandLine
    numbers: dict[str, int]

    def theirs(self, *arguments: str) -> tuple[int, str, str]:
        """What the official command line gives: exit code, output, errors."""
        done = self.official.omero("-q", *arguments)
        return done.returncode, done.stdout, done.stderr

    def new(self, kind: str, *words: str) -> str:
        return self.ours("obj", "new", kind, *words).line


@pytest.fixture(scope="module")
def people(official: Official, tmp_path_factory: pytest.TempPathFactory) -> People:
    instance = official.instance
    root = CommandLine(instance, tmp_path_factory.mktemp("root"), "root", instance.root_password)
    for group in ("interop-graphs", "interop-graphs-2"):
        assert root("group", "add", group, "--type", "read-annotate").code == 0
    for name in ("graph-owner", "graph-member"):
        words = ("user", "add", name, "Given", "Family", "interop-graphs", "interop-graphs-2", "-P", PASSWORD)
        assert root(*words).code == 0
    assert root("user", "joingroup", "interop-graphs", "--name", "graph-owner", "--as-owner").code == 0
    numbers = {row[1]: int(row[0]) for kind in ("group", "user") for row in root(kind, "list").cells}
    where = ("-s", instance.host, "-p", str(instance.ports.ssl), "-u", "graph-owner", "-w", PASSWORD)
    done = official.omero("login", *where)
    assert done.returncode == 0, done.stderr
    ours = CommandLine(instance, tmp_path_factory.mktemp("owner"), "graph-owner", PASSWORD)
    return People(official, ours, numbers)


# The library


@pytest.fixture(scope="module")
def answers(people: People) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a program says that runs with the official library, and with ours."""
    official = people.official
    given = {
        "user": "graph-owner",
        "password": PASSWORD,
        "other user": people.numbers["graph-member"],
        "other group": people.numbers["interop-graphs-2"],
    }
    ours = dataclasses.replace(official, python=Path(sys.executable))
    return official.script("graph_commands", **given), ours.script("graph_commands", **given)


def test_same_answers(answers: tuple[dict[str, Any], dict[str, Any]]) -> None:
    theirs, ours = answers
    found = [
        f"{key}: {theirs[key]} with theirs, {ours.get(key)} with ours" for key in theirs if theirs[key] != ours[key]
    ]
    assert len(theirs) > 30 and not found, "\n".join(found)


TREE = {
    "ome.model.containers.Project": 1,
    "ome.model.containers.ProjectDatasetLink": 1,
    "ome.model.containers.Dataset": 1,
    "ome.model.annotations.DatasetAnnotationLink": 2,
    "ome.model.annotations.CommentAnnotation": 1,
}
TAG = {"ome.model.annotations.TagAnnotation": 1}
FAILED = ["omero.cmd.State.FAILURE"]


def ended(kind: str, steps: int, **maps: dict[str, int]) -> list[Any]:
    """What is said of a command that succeeded."""
    return [[kind, maps], steps, [], False, False, [kind]]


def test_deletes(answers: tuple[dict[str, Any], dict[str, Any]]) -> None:
    found = answers[0]
    assert found["delete, dry"] == ended("Delete2Response", 4, deletedObjects=TREE)
    assert found["delete, dry: left"] == [[True, False]]
    assert found["delete"] == ended("Delete2Response", 6, deletedObjects=TREE)
    assert found["delete: left"] == []
    refusal = ["GraphException", "graph-fail", "::omero::cmd::Delete2", True]
    assert found["delete again"][0] == refusal and found["delete again"][3] is True
    assert found["delete again, submitted"] == ["CmdError", refusal]
    assert found["delete nothing"] == ["Delete2Response", {"deletedObjects": {}}]
    assert found["delete Details"] == ["CmdError", ["ERR", "bad-target", "::omero::cmd::Delete2", True]]
    assert found["delete Nonsense"] == ["CmdError", ["ERR", "graph-fail", "::omero::cmd::Delete2", True]]


def test_requests_of_requests(answers: tuple[dict[str, Any], dict[str, Any]]) -> None:
    found = answers[0]
    below = {kind: number for kind, number in TREE.items() if not kind.endswith(".Project")}
    assert found["skip head"][0] == ["Delete2Response", {"deletedObjects": below}]
    assert found["skip head: left"] == [[], [[True, False]]]
    assert found["do all, refused"][0][:2] == ["GraphException", "graph-fail"]
    assert found["do all, refused: left"] == [[True, False]]
    assert found["do all"][0] == ["DoAllRsp", [["Delete2Response", {"deletedObjects": TREE | TAG}]], 1]
    assert found["deleteObjects, path: left"] == [[], [[True, False]]]


def test_moves(answers: tuple[dict[str, Any], dict[str, Any]]) -> None:
    found = answers[0]
    moved = {"includedObjects": TREE | TAG, "deletedObjects": {}}
    assert found["chgrp, dry"] == ["Chgrp2Response", moved]
    assert found["chgrp, dry: where"] == [[True, False]]
    assert found["chgrp"] == ended("Chgrp2Response", 6, **moved)
    assert found["chgrp: where"] == [[[True, True]]] * 2
    assert found["chgrp, no member"] == ["CmdError", ["ERR", "not-in-group", "::omero::cmd::Chgrp2", True]]
    kind, (moving, saving), number = found["chgrpObjects"][0]
    assert (kind, moving[0], saving[0], number) == ("DoAllRsp", "Chgrp2Response", "SaveRsp", 2)
    assert found["chgrpObjects: linked"] == [True]


def test_gifts(answers: tuple[dict[str, Any], dict[str, Any]]) -> None:
    found = answers[0]
    given = found["chown"][0][1]["includedObjects"]
    assert given["ome.model.containers.Dataset"] == given["ome.model.containers.Project"] == 1
    assert found["chown: where"] == [[[False, False]]] * 2
    assert found["chown back"][0] == "Chown2Response" and found["chownObjects"][0][0] == "DoAllRsp"
    assert found["chownObjects: where"] == [[[False, False]], [[True, False]]]


def test_copies(answers: tuple[dict[str, Any], dict[str, Any]]) -> None:
    found = answers[0]
    assert found["duplicate"][0] == found["duplicate, dry"] and found["duplicate"][1] == 14
    assert found["duplicate"][0][1]["duplicates"]["ome.model.containers.Dataset"] == 1
    kinds = found["duplicate, same dataset"][1]["duplicates"]
    assert kinds == {"ome.model.containers.Project": 1, "ome.model.containers.ProjectDatasetLink": 1}


# The command line


@pytest.fixture(scope="module")
def tree(people: People) -> dict[str, str]:
    """A project with two datasets, one of which has a tag and an attached file, by what they are called here."""
    found = {"project": people.new("Project", "name=p")}
    for name in ("first", "second"):
        found[name] = people.new("Dataset", f"name={name}")
        people.new("ProjectDatasetLink", f"parent={found['project']}", f"child={found[name]}")
    file = people.new("OriginalFile", "name=f", "path=/", "mimetype=text/plain", "size=1500", "hash=x")
    for note in (people.new("TagAnnotation", "textValue=t"), people.new("FileAnnotation", f"file={file}")):
        people.new("DatasetAnnotationLink", f"parent={found['first']}", f"child={note}")
    numbers = {f"{name} id": reference.partition(":")[2] for name, reference in found.items()}
    return found | numbers | {name: str(number) for name, number in people.numbers.items()}


DRY = "--dry-run --report"
COMMANDS = [
    f"delete {{first}} {DRY}",
    f"delete {{project}} {DRY}",
    f"delete {{project}} {DRY} --include TagAnnotation,FileAnnotation",
    f"delete {{project}} {DRY} --include TagAnnotation FileAnnotation --exclude Dataset",
    f"delete Project/Dataset:{{project id}} {DRY}",
    f"delete /Project/Dataset:{{project id}} {{second}} {DRY}",
    f"delete {{second}} {{first}} --ordered {DRY}",
    "delete Dataset:{first id}-{second id}",
    "delete --list",
    f"chgrp interop-graphs-2 {{project}} {DRY}",
    f"chgrp {{interop-graphs-2}} {{project}} {DRY} --exclude Dataset",
    f"chgrp Group:{{interop-graphs-2}} {{first}} {{second}} {DRY}",
    f"chgrp ExperimenterGroup:{{interop-graphs-2}} Project/Dataset:{{project id}} {DRY}",
    "chgrp --list",
    f"chown graph-member {{project}} {DRY}",
    f"chown User:{{graph-member}} {{first}} {DRY} --exclude Annotation",
    f"chown Experimenter:{{graph-member}} {{second}} Experimenter:{{graph-owner}} {DRY}",
    "chown --list",
    f"duplicate {{project}} {DRY}",
    f"duplicate {{project}} {DRY} --exclude TagAnnotation",
    "duplicate --list",
    "fs usage {first} {second} --report",
    "fs usage {project} --report --style csv --sum-by user component",
    "fs usage {project} --size-only",
]


def settled(output: str) -> str:
    """Without what is never the same, and what only ours says of several requests."""
    return re.sub(r"Elapsed time: .*|Dry run performed\n", "", output)


@pytest.fixture(scope="module")
def printed(people: People, tree: dict[str, str]) -> dict[str, str]:
    """What the official command line prints for each command. One program runs them all, which saves its starts."""
    lines = "".join(f"{command.format_map(tree)}\nversion\n" for command in COMMANDS)
    done = people.official.omero(input=lines)
    parts = re.split(r"^\d+\.\d+\.\d+\n", done.stdout, flags=re.MULTILINE)
    assert len(parts) == len(COMMANDS) + 1, done.stderr
    return dict(zip(COMMANDS, parts, strict=False))


@pytest.mark.parametrize("command", COMMANDS)
def test_same_output(command: str, people: People, tree: dict[str, str], printed: dict[str, str]) -> None:
    done = people.ours(*command.format_map(tree).split())
    assert done.code == 0, done.err
    assert settled(done.out) == settled(printed[command]) and len(printed[command]) > 2


REFUSED = {
    "delete Dataset:999999999": (0, 1),
    "delete Nonsense:1": (0, 1),
    "delete Dataset:3-1": (2, 2),
    "delete": (184, 184),
    "chgrp nobody {first}": (196, 196),
    "chgrp system {first}": (197, 197),
    "chgrp interop-graphs-2": (184, 184),
    "chown nobody {first}": (196, 196),
    "chown graph-member": (184, 184),
}


@pytest.mark.parametrize("command", REFUSED)
def test_same_refusals(command: str, people: People, tree: dict[str, str]) -> None:
    words = command.format_map(tree).split()
    code, output, errors = people.theirs(*words)
    done = people.ours(*words)
    assert (code, done.code) == REFUSED[command] and done.out.strip() == output.strip()
    assert done.err.splitlines()[-1].rpartition("error: ")[2] in errors


def test_same_deeds(people: People) -> None:
    """The official command line does it with one tree, ours with another."""
    theirs = deeds(people, people.theirs)
    assert theirs == deeds(people, lambda *words: dataclasses.astuple(people.ours(*words)))
    assert [code for code, _, _ in theirs] == [0] * 5 and theirs[-1][2] == {"P": "", "D": ""}


def deeds(people: People, omero: Callable[..., tuple[Any, ...]]) -> list[tuple[int, str, dict[str, str]]]:
    """Exit code, output, and where the objects are after each command. P is a project and D the dataset in it."""
    project, dataset = people.new("Project", "name=p"), people.new("Dataset", "name=d")
    people.new("ProjectDatasetLink", f"parent={project}", f"child={dataset}")
    number = project.partition(":")[2]
    steps = []
    for words in (
        ["duplicate", project],
        ["chgrp", "interop-graphs-2", project],
        ["chgrp", "interop-graphs", f"Project/Dataset:{number}"],
        ["chown", "graph-member", dataset],
        ["delete", dataset, project, "--ordered"],
    ):
        code, output, _ = omero(*words)
        settled = output.replace(f"Dataset:{dataset.partition(':')[2]} ", "D ").replace(f":{number} ", " ")
        steps.append((code, settled, {"P": place(people, project), "D": place(people, dataset)}))
    return steps


def place(people: People, reference: str) -> str:
    """Owner and group of an object, nothing when it is gone."""
    kind, _, number = reference.partition(":")
    query = f"select o.details.owner.omeName, o.details.group.name from {kind} o where o.id = {number}"  # noqa: S608
    return people.ours("hql", "--all", "--ids-only", "--style", "plain", query).out.strip()
