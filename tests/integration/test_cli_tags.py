"""`omero tag` and the small commands round it against a real server. Expected texts are what omero-py 5.23 prints."""

import io
import json
import sys
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.instance import Instance


@pytest.fixture(scope="module")
def root(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine(instance, tmp_path_factory.mktemp("root"), "root", instance.root_password)


@pytest.fixture
def omero(root: CommandLine, instance: Instance, tmp_path: Path, request: pytest.FixtureRequest) -> CommandLine:
    """The command line of a user in a group of its own, which has no tags yet."""
    name = f"tagger-{request.node.name[-40:]}"
    assert root("group", "add", f"{name}-lab").code == 0
    assert root("user", "add", name, "Tag", "Ger", f"{name}-lab", "-P", "secret").code == 0
    return CommandLine(instance, tmp_path, name, "secret")


def typed_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def number(reference: str) -> int:
    return int(reference.partition(":")[2])


def test_the_tree_of_tags(omero: CommandLine) -> None:
    first = number(omero("tag", "create", "--name", "first", "--desc", "a desc").line)
    second = number(omero("tag", "create", "--name", "second").line)
    group = number(omero("tag", "createset", "--tag", str(first), "--name", "set", "--desc", "of one").line)
    assert omero("tag", "list").out == (
        f"+- {group}:'set'\n|\\\n| +- {first}:'first'\n\nOrphaned tags:\n> {second}:'second'\n"
    )
    assert omero("tag", "list", "--desc").out == (
        f"+- {group}:'set'\n|   'of one'\n|\n|\\\n| +- {first}:'first'\n|   'a desc'\n|\n\n"
        f"Orphaned tags:\n> {second}:'second'\n   'None'\n\n"
    )
    assert omero("delete", f"TagAnnotation:{first}").code == 0
    tags = omero("tag", "list").out
    assert tags == f"Orphaned tags:\n> {second}:'second'\n\nEmpty tagsets:\n> {group}:'set'\n"
    assert omero("tag", "list", "--uid", "0").out == ""
    assert omero("tag", "list", "--tagset", str(second)).out == ""


def test_the_table_of_tag_sets(omero: CommandLine) -> None:
    one, two = (number(omero("tag", "create", "--name", name).line) for name in ("one", "two"))
    for name, member in (("a", one), ("b", two)):
        assert omero("tag", "createset", "--tag", str(member), "--name", name).code == 0
    rows = omero("tag", "listsets").out.splitlines()
    assert rows[0] == rows[2] == rows[-1] == f"{'-' * 8}|{'-' * 70}"
    assert rows[1] == f"{'ID':<8}|{'Name':<70}"
    assert [row.partition("|")[2] for row in rows[3:-1]] == ["a", "b"]
    assert [row.partition("|")[2] for row in omero("tag", "listsets", "--tag", str(two)).out.splitlines()[3:-1]] == [
        "b"
    ]
    assert omero("tag", "listsets", "--desc").out.splitlines()[3].endswith("|a|None")


def test_links(omero: CommandLine) -> None:
    tag = number(omero("tag", "create", "--name", "good").line)
    omero("obj", "new", "Dataset", "name=other")
    dataset = omero("obj", "new", "Dataset", "name=tagged").line
    link = omero("tag", "link", dataset, str(tag)).line
    assert link.startswith("DatasetAnnotationLink:")
    assert omero("obj", "get", link, "child").line == f"TagAnnotation:{tag}"
    assert omero("obj", "get", link, "parent").line == dataset
    for arguments, code in (
        ((dataset, "987654321"), 400),
        (("Dataset:987654321", str(tag)), 1),
        (("Dataset", str(tag)), 1),
        (("Nothing:1", str(tag)), 1),
        (("Pixels:1", str(tag)), 1),
    ):
        done = omero("tag", "link", *arguments)
        assert (done.code, done.out) == (code & 255, "") and done.err, arguments


def test_tags_from_a_file(omero: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    described = [{"name": "l1"}, {"name": "s1", "desc": "d", "set": [{"name": "m1", "desc": "x"}, {"name": "m2"}]}]
    file = tmp_path / "tags.json"
    file.write_text(json.dumps(described), encoding="utf-8")
    single, group = (number(line) for line in omero("tag", "load", str(file)).out.splitlines())
    tags = omero("tag", "list").out
    assert f"+- {group}:'s1'\n|\\\n| +- " in tags and f"> {single}:'l1'" in tags and ":'m2'" in tags
    typed_in(monkeypatch, '[{"name": "typed"}]')
    assert omero("tag", "load").code == 0
    for text in ('[{"desc": "no name"}]', '[{"name": "a"}, 5]', '[{"name"'):
        typed_in(monkeypatch, text)
        assert omero("tag", "load").code == 1
    assert omero("tag", "list").out.count("> ") == 2, "of a wrong file nothing is loaded"
    assert omero("tag", "load", str(tmp_path / "missing")).code == 1


def test_names_are_asked_for(omero: CommandLine) -> None:
    code, text = omero.typed(["tag", "create"], ["asked"], "this tag: ")
    assert code == 0 and "TagAnnotation:" in text
    assert ":'asked'" in omero("tag", "list").out
    assert omero("tag", "create").code == 564 & 255
    assert omero("tag", "create", "--name", "").code == 1
    assert omero("tag", "createset", "--tag", "987654321", "--name", "x").code == 1


def test_a_terminal_sees_a_screenful_at_a_time(omero: CommandLine) -> None:
    for name in range(30):
        omero("tag", "create", "--name", f"t{name}")
    code, text = omero.typed(["tag", "list"], ["f"], "or [q]uit: ")
    assert code == 0 and text.count("or [q]uit: ") == 1 and all(f":'t{name}'" in text for name in range(30))
    code, text = omero.typed(["tag", "list"], ["q"], "or [q]uit: ")
    assert code == 0 and ":'t29'" not in text


def test_commands_from_files_and_standard_input(
    omero: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = omero("obj", "new", "Dataset", "name='two words'").line
    file = tmp_path / "commands"
    file.write_text(f"# read it\nobj get {dataset} name\n\nobj get Dataset:987654321\nversion\n", encoding="utf-8")
    done = omero("load", str(file))
    assert (done.code, done.out) == (334 & 255, "'two words'\n")
    done = omero("load", "-k", "--glob", str(tmp_path / "comm*"))
    assert done.code == 0 and len(done.out.splitlines()) == 2
    assert "Ignoring error: obj get Dataset:987654321\n" in done.err
    typed_in(monkeypatch, f"obj get {dataset} id\n")
    assert omero("load").line == dataset.partition(":")[2]
    assert omero("load", str(tmp_path / "missing")).code == 1


def test_python_that_is_logged_in(omero: CommandLine, tmp_path: Path) -> None:
    shown = omero("shell", "--login", "--", "-c", "print(conn.getUser().getName(), client.getSessionId() != '')")
    assert shown.out.endswith("True\n") and shown.out.startswith("tagger-")
    script = tmp_path / "script.py"
    script.write_text("import sys\nprint(sys.argv[1:], omero.__name__, 'client' in globals())", encoding="utf-8")
    assert omero("shell", str(script), "x").out == "['x'] omero False\n"


def test_measurements(omero: CommandLine, tmp_path: Path) -> None:
    assert omero("perf", "--list").out.splitlines() == ["Import", "LoadFormats", "ServerTime"]
    assert omero("perf").code == 167
    file = tmp_path / "perf"
    file.write_text("# comment\n\nServerTime(repeat=3)\nLoadFormats\n", encoding="utf-8")
    lines = omero("perf", str(file)).out.splitlines()
    assert [line.split()[:2] for line in lines] == [["ServerTime", "3"], ["LoadFormats", "1"]]
    file.write_text("Nonsense\n", encoding="utf-8")
    assert omero("perf", str(file)).code == 2


def test_what_has_no_directory_to_ask(root: CommandLine, omero: CommandLine) -> None:
    done = root("ldap", "active")
    assert (done.code, done.err) == (1, "No\n")
    assert root("ldap", "list", "--style", "plain").out == "\n"
    assert root("ldap", "discover").out == root("ldap", "getdn", "--user-name", "root").out == ""
    assert root("ldap", "setdn", "true").code == 511 & 255
    assert root("ldap", "setdn", "true", "--user-name", "nobody-is-called-so").code == 513 & 255
    assert root("ldap", "create", "nobody").code == 132
    for command in (["discover"], ["create", "x"], ["active"]):
        assert omero("ldap", *command).code == 111


def test_search_refuses_what_it_cannot_do(root: CommandLine, omero: CommandLine) -> None:
    assert omero("search", "Image").code == 434 & 255
    assert omero("search", "Image", "--index").code == 431 & 255
    assert omero("search", "Nothing:1", "--index").code == 431 & 255
    assert omero("search", "Image:1", "--index").code == 432 & 255
    assert root("search", "Image:1", "--index").code == 0
    assert omero("search", "Image", "x", "--from", "2024-13-01").code == 2


def test_tags_of_programs_are_no_orphans(omero: CommandLine) -> None:
    """A tag with a namespace belongs to the program that has made it."""
    omero("obj", "new", "TagAnnotation", "textValue=of a program", "ns=some.program")
    assert "of a program" not in omero("tag", "list", "--nopage").out
