"""The official command line and ours, one after the other against the same server: the same output and exit code.

Both print the same when only ids, uuids and times differ, which are written alike before they are compared. What is
different on purpose is in docs/deviations.md and not here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.interop.conftest import Official
from tests.interop.everything import official  # A server of their own: lists are compared as wholes.
from tests.support.command_line import CommandLine
from tests.support.samples import DATA

__all__ = ["official"]

Answer = tuple[int, str, str]
Theirs = Callable[..., list[Answer]]
SAMPLE = DATA / "png" / "camera.png"

READING = """
user list --style csv --sort-by-login
user list --style plain --sort-by-email
user list --long
user info
user info golda nobody-is-called-so
user listgroups golda
group list
group list --long --style csv
group list --style json --sort-by-name
group list --style plain --count
group info golden
group info nothing-is-called-so
group listusers golden --style plain
obj get Project:{project} name
obj get Project:{project} description
obj get Project:999999999
obj get Project
obj get MapAnnotation:{pairs} mapValue
obj map-get MapAnnotation:{pairs} mapValue key
obj list-get MapAnnotation:{pairs} mapValue 0
obj ext-info-get Project:{project}
obj new Project
hql "select p from Project p order by p.id"
hql "select p from Project p order by p.id" --style csv
hql "select p.id, p.name from Project p order by p.id" --style json
hql "select p.id, p.name, p.description from Project p order by p.id" --style plain
hql "select i.id, i.acquisitionDate, i from Image i order by i.id" --limit 1
hql "select d from Dataset d order by d.id" --ids-only
hql "select p.sizeX, p.physicalSizeX, p.pixelsType.value from Pixels p" --limit 2
hql "select count(p) from Project p"
hql "select i from Image i where i.id = -1"
hql "select nothing from Image"
hql
tag list --nopage
tag list --nopage --desc
tag list --nopage --tagset {set}
tag list --nopage --uid 0
tag listsets --nopage
tag listsets --nopage --desc
tag listsets --nopage --tag {tag}
tag link Project:999999999 {tag}
tag link Project:{project} 999999999
fs repos
fs repos --style json
fs sets
fs sets --style csv --order oldest
fs images --order oldest
fs images --extended --style plain
fs images --archived
fs ls {fileset}
fs ls Fileset:999999999
fs logfile {fileset} --name
fs logfile {fileset} --size
fs usage
fs usage --size-only
fs usage --report --sum-by component --style csv
fs rename {fileset}
delete --list
delete Project:{project} --dry-run
delete Project:{project} Dataset:{dataset} --dry-run --report
delete Project/Dataset:{project} --dry-run
delete Image
delete
delete Image:5-1
chgrp golden Project:{project} --dry-run --report
chgrp nothing-is-called-so Project:{project}
chown golda Project:{project} --dry-run --report
chown nobody-is-called-so Project:{project}
chown --list
sessions group
sessions timeout
sessions close no-such-session
script jobs
ldap active
ldap list
ldap discover
version
help no-such-topic
errors no-such-command
perf --list
user list --style nothing
no-such-command
"""
CHANGING = """
obj new Project name=golden 'description=two words'
obj update Project:{project} name=renamed
obj null Project:{project} description
obj map-set MapAnnotation:{pairs} mapValue other value
tag create --name same --desc 'the same'
tag createset --tag {tag} --name sets
group add golden
group add golden --ignore-existing
user add golda A B golden -P x
user add golda A B golden -P x --ignore-existing
group adduser golden golda
group perms --name golden --type read-annotate
user joingroup --name golda golden
user email --all -i
"""


@pytest.fixture(scope="module")
def ours(official: Official, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    instance = official.instance
    return CommandLine(instance, tmp_path_factory.mktemp("ours"), "root", instance.root_password)


@pytest.fixture(scope="module")
def theirs(official: Official) -> Theirs:
    """What the official command line says to many lines; each in a process of its own if they are `fresh`."""

    def run(lines: list[list[str]], fresh: bool = False) -> list[Answer]:
        return [(code, out, err) for code, out, err in official.script("command_lines", lines=lines, fresh=fresh)]

    login = ["login", "-C", *where(official), "-u", "root", "-w", official.instance.root_password]
    assert run([login])[0][0] == 0
    return run


@pytest.fixture(scope="module")
def scene(ours: CommandLine) -> dict[str, str]:
    """Ids of things to look at."""

    def made(*words: str) -> str:
        return ours(*words).line.rpartition(":")[2]

    made("group", "add", "golden", "--type", "read-annotate")
    made("user", "add", "golda", "Golda", "M", "golden", "-P", "secret")
    ids = {"project": made("obj", "new", "Project", "name=golden", "description=two words")}
    ids["dataset"] = made("obj", "new", "Dataset", "name=golden")
    made("obj", "new", "ProjectDatasetLink", f"parent=Project:{ids['project']}", f"child=Dataset:{ids['dataset']}")
    ids["pairs"] = made("obj", "new", "MapAnnotation", "ns=golden")
    made("obj", "map-set", f"MapAnnotation:{ids['pairs']}", "mapValue", "key", "value")
    ids["tag"] = made("tag", "create", "--name", "golden", "--desc", "with words")
    made("tag", "create", "--name", "lonely")
    ids["set"] = made("tag", "createset", "--tag", ids["tag"], "--name", "golden set")
    made("import", str(SAMPLE))
    ids["fileset"] = made("hql", "--style", "plain", "select max(f.id) from Fileset f").rpartition(",")[2]
    return ids


def where(official: Official) -> list[str]:
    return ["-s", official.instance.host, "-p", str(official.instance.ports.ssl)]


def alike(text: str) -> str:
    """Without what is different each time: seconds, uuids."""
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "UUID", text)
    return re.sub(r"Elapsed time: [\d.]+ secs", "Elapsed time: N secs", text)


def new_ids_alike(text: str) -> str:
    return re.sub(r"(:|id=)\d+", r"\1N", alike(text))


def lines(text: str) -> Iterator[str]:
    return (line for line in text.strip().splitlines())


def compare(text: str, ours: CommandLine, theirs: Theirs, scene: dict[str, str], same: Callable[[str], str]) -> None:
    commands = [shlex.split(line.format(**scene)) for line in lines(text)]
    different = []
    for words, (code, out, err) in zip(commands, theirs([["-q", *words] for words in commands]), strict=True):
        done = ours(*words)
        if (done.code & 255, same(done.out)) != (code, same(out)):
            different.append(f"{words}\nours ({done.code}):\n{done.out}{done.err}\ntheirs ({code}):\n{out}{err}")
    assert not different, "\n".join(different)


def test_reading(ours: CommandLine, theirs: Theirs, scene: dict[str, str]) -> None:
    compare(READING, ours, theirs, scene, alike)


def test_changing(ours: CommandLine, theirs: Theirs, scene: dict[str, str]) -> None:
    compare(CHANGING, ours, theirs, scene, new_ids_alike)


def test_reports_of_deletions_and_moves(ours: CommandLine, theirs: Theirs, scene: dict[str, str]) -> None:
    """Each has a tree of its own; all ids are written alike. A failure prints nothing more to standard output."""
    shown = []
    for _ in range(2):
        project, dataset = (ours("obj", "new", kind, "name=report").line for kind in ("Project", "Dataset"))
        assert ours("obj", "new", "ProjectDatasetLink", f"parent={project}", f"child={dataset}").code == 0
        commands = [
            ["chgrp", "golden", project, "--report", "--include", "Dataset"],
            ["chown", "golda", project, "--report"],
            ["delete", project, "--report"],
            ["delete", project],
        ]
        if shown:
            found = [out for _, out, _ in theirs([["-q", *words] for words in commands])]
        else:
            found = [ours(*words).out for words in commands]
        shown.append([new_ids_alike(text) for text in found])
    assert shown[0] == shown[1]


def test_messages_of_logins(official: Official, theirs: Theirs, scene: dict[str, str], tmp_path: Path) -> None:
    """Standard error too: scripts look there for the word that says what happened."""
    host, port = official.instance.host, official.instance.ports.ssl
    where_to, secret = f"golda@{host}:{port}", ["-w", "secret"]
    root = ["-u", "root", "-w", official.instance.root_password]
    commands = [
        ["logout"],
        ["login", "-C", *where(official), *root],
        ["login", f"root@{host}:{port}"],
        ["login", "-C", where_to, *secret],
        ["login", where_to],
        ["login", "-C", f"golda@{host}:1", *secret],
        ["login", where_to, "-u", "root"],
        ["login", where_to, "-p", "1"],
        ["login", "-k", "no-such-key", *where(official)],
        ["sessions", "group"],
        ["sessions", "key"],
        ["logout"],
        ["sessions", "key"],
        ["login", "-C", "--sudo", "root", *where(official), "-u", "golda", "-w", official.instance.root_password],
        ["logout"],
    ]
    for words, their in zip(commands, theirs(commands, fresh=True), strict=True):
        done = official.instance.omero(*words, OMERO_SESSIONDIR=str(tmp_path))
        told = [done.returncode, alike(done.stdout), alike(done.stderr)]
        assert told == [their[0], *map(alike, their[1:])], words


def test_ids_of_imports(ours: CommandLine) -> None:
    """The official importer is a Java program: these are the forms that its users read."""
    for form, text in (
        ("ids", r"Image:\d+\n"),
        ("legacy", r"\d+\n"),
        ("yaml", r"---\n- Fileset: \d+\n  Image: \[\d+\]\n"),
    ):
        assert re.fullmatch(text, ours("import", "--output", form, str(SAMPLE)).out), form
