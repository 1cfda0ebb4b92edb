"""`omero obj` and `omero hql` against a real server. Expected texts are what omero-py 5.23 prints."""

import json
import time
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.instance import Instance


@pytest.fixture(scope="module")
def root(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine(instance, tmp_path_factory.mktemp("root"), "root", instance.root_password)


@pytest.fixture(scope="module")
def omero(root: CommandLine, instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """The command line of a user, in a group of her own."""
    assert root("group", "add", "objects-lab").code == 0
    assert root("user", "add", "eve", "Eve", "Smith", "objects-lab", "-P", "secret-eve").code == 0
    return CommandLine(instance, tmp_path_factory.mktemp("eve"), "eve", "secret-eve")


def number(reference: str) -> str:
    return reference.partition(":")[2]


def test_new_prints_the_reference_that_other_commands_take(omero: CommandLine) -> None:
    dataset = omero("obj", "new", "Dataset", "name=first").line
    project = omero("obj", "new", "Project", "name=two words", "description=a = b").line
    link = omero("obj", "new", "ProjectDatasetLink", f"parent={project}", f"child={dataset}").line
    assert [text.partition(":")[0] for text in (dataset, project, link)] == ["Dataset", "Project", "ProjectDatasetLink"]
    assert omero("obj", "get", link, "child").line == dataset
    assert omero("obj", "get", project, "description").line == "a = b"
    assert omero("obj", "get", project).out.splitlines() == [
        "description=a = b", f"id={number(project)}", "name=two words", "version=0",
    ]  # fmt: skip


def test_update_and_null(omero: CommandLine) -> None:
    dataset = omero("obj", "new", "Dataset", "name=first", "description=old").line
    assert omero("obj", "update", dataset, "name=second").line == dataset
    assert omero("obj", "get", dataset, "description").line == "old"
    assert omero("obj", "null", dataset, "description").line == dataset
    assert omero("obj", "get", dataset, "description").out == "\n"
    assert omero("obj", "get", dataset, "name").line == "second"


@pytest.mark.parametrize(
    ("cls", "field", "given", "printed"),
    [
        ("LongAnnotation", "longValue", "-7", "-7"),
        ("DoubleAnnotation", "doubleValue", "2.5", "2.5"),
        ("BooleanAnnotation", "boolValue", "true", "True"),
        ("BooleanAnnotation", "boolValue", "false", "False"),
        ("TimestampAnnotation", "timeValue", "1000", "1000"),
        ("CommentAnnotation", "textValue", "Grüße, Welt", "Grüße, Welt"),
        ("ImagingEnvironment", "temperature", "21.5 CELSIUS", "21.5 CELSIUS"),
        ("ImagingEnvironment", "temperature", "21.5 °C", "21.5 CELSIUS"),
        ("Plate", "wellOriginX", "3 \u00b5m", "3.0 MICROMETER"),
        ("Plate", "wellOriginX", "3 \u03bcm", "3.0 MICROMETER"),
    ],
)
def test_values_by_type(omero: CommandLine, cls: str, field: str, given: str, printed: str) -> None:
    name = ["name=x"] if cls == "Plate" else []
    obj = omero("obj", "new", cls, f"{field}={given}", *name).line
    assert omero("obj", "get", obj, field).line == printed


def test_maps(omero: CommandLine) -> None:
    obj = omero("obj", "new", "MapAnnotation", "ns=test").line
    for key, value in (("a", "1"), ("b", "2"), ("a", "3")):
        assert omero("obj", "map-set", obj, "mapValue", key, value).line == obj
    assert omero("obj", "get", obj, "mapValue").line == "(a,3),(b,2)"
    assert omero("obj", "map-get", obj, "mapValue", "b").line == "2"
    assert omero("obj", "map-get", obj, "mapValue", "c").line == "None"
    assert omero("obj", "list-get", obj, "mapValue", "1").line == "(b,2)"
    assert omero("obj", "map-set", obj, "mapValue", "--", "c", "+read,-write").line == obj
    assert omero("obj", "map-set", obj, "mapValue", "a").line == obj
    assert omero("obj", "get", obj, "mapValue").line == "(b,2),(c,+read,-write)"
    assert omero("obj", "update", obj, "ns=other").line == obj
    assert omero("obj", "get", obj, "mapValue").line == "(b,2),(c,+read,-write)"


def test_items_of_a_collection(omero: CommandLine) -> None:
    dataset, project = omero("obj", "new", "Dataset", "name=d").line, omero("obj", "new", "Project", "name=p").line
    link = omero("obj", "new", "ProjectDatasetLink", f"parent={project}", f"child={dataset}").line
    assert omero("obj", "list-get", project, "datasetLinks", "0").line == link
    assert omero("obj", "list-get", project, "datasetLinks", "1").code == 335 % 256


def test_external_info(omero: CommandLine) -> None:
    dataset = omero("obj", "new", "Dataset", "name=d").line
    assert omero("obj", "ext-info-get", dataset).code == 346 % 256
    assert omero("obj", "ext-info-set", dataset, "12", "Plate", "urn:lsid:x").line == dataset
    lines = omero("obj", "ext-info-get", dataset).out.splitlines()
    assert lines[1:] == ["entityId=12", "entityType=Plate", "lsid=urn:lsid:x", "uuid="]
    assert omero("obj", "ext-info-get", dataset, "entityType").line == "Plate"


def test_actions_from_a_file(omero: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "actions"
    file.write_text(
        "# comment\na = new Dataset name=f\nnew Project 'name=g h'\n\nnew ProjectDatasetLink parent@=1 child@=a\n"
    )
    done = omero("obj", "--file", str(file))
    dataset, project, link = done.out.splitlines()
    assert omero("obj", "get", link, "parent").line == project and omero("obj", "get", link, "child").line == dataset
    assert omero("obj", "--file", str(tmp_path / "none")).code == 337 % 256
    file.write_text("new ProjectDatasetLink parent@=x\n")
    assert "No earlier result 'x'" in omero("obj", "--file", str(file)).err


def test_objects_of_other_groups(root: CommandLine, omero: CommandLine) -> None:
    dataset = omero("obj", "new", "Dataset", "name=d").line
    assert root("obj", "get", dataset, "name").line == "d"
    assert root("obj", "update", dataset, "name=changed by root").line == dataset
    assert omero("obj", "get", dataset, "name").line == "changed by root"


def test_users_and_groups_are_objects_too(root: CommandLine) -> None:
    eve = root("user", "info", "eve").cells[0][0]
    assert root("obj", "update", f"Experimenter:{eve}", "email=eve@example.org").line == f"Experimenter:{eve}"
    assert root("user", "info", "eve").cells[0][4] == "eve@example.org"
    assert [row[1] for row in root("user", "listgroups", "eve").cells] == ["user", "objects-lab"]
    group = f"ExperimenterGroup:{root('group', 'info', 'objects-lab').cells[0][0]}"
    assert root("obj", "map-set", group, "config", "--", "omero.policy.binary_access", "+read").line == group
    assert root("obj", "get", group, "config").line == "(omero.policy.binary_access,+read)"


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        ([], 100, "No command provided"),
        (["new"], 102, "No object argument provided"),
        (["new", "Nonsense"], 102, "No class named 'NonsenseI'"),
        (["new", "Annotation"], 102, "No class named 'AnnotationI'"),
        (["new", "Dataset"], 103, "required arguments: name"),
        (["new", "ProjectDatasetLink", "parent=Project:1"], 103, "required arguments: child"),
        (["new", "Dataset", "nonsense=1"], 333, "Dataset has no field 'nonsense'"),
        (["new", "Dataset", "name"], 333, "Not FIELD=VALUE: 'name'"),
        (["new", "ProjectDatasetLink", "parent=1", "child=Dataset:1"], 333, "needs an object such as Image:5, not '1'"),
        (["new", "BooleanAnnotation", "boolValue=maybe"], 333, "neither true nor false: 'maybe'"),
        (["new", "LongAnnotation", "longValue=ten"], 333, "Cannot set LongAnnotation.longValue"),
        (["new", "MapAnnotation", "mapValue=1"], 333, "use 'omero obj map-set'"),
        (["new", "ProjectDatasetLink", "parent=Project:999999", "child=Dataset:999999"], 336, "Failed to create"),
        (["get"], 102, "No object argument provided"),
        (["get", "Dataset"], 334, "No id given for Dataset. Use e.g. 'Dataset:123'"),
        (["get", "Dataset:x"], 334, "Not an id: 'x'"),
        (["get", "Dataset:999999"], 334, "No object found: Dataset:999999"),
        (["get", "Experimenter:0", "nonsense"], 335, "Experimenter has no field 'nonsense'"),
        (["null", "Experimenter:0"], 335, "usage: null CLASS:ID FIELD\n"),
        (["map-get", "Experimenter:0", "omeName", "x"], 335, "Experimenter.omeName is not a map"),
        (["update", "Experimenter:0", "omeName=other"], 336, "Failed to update Experimenter:0"),
    ],
)
def test_refusals(omero: CommandLine, arguments: list[str], code: int, text: str) -> None:
    done = omero("obj", *arguments)
    assert done.code == code % 256, done.err
    assert text in done.err and done.out == ""


def test_query_for_objects(omero: CommandLine) -> None:
    dataset = number(omero("obj", "new", "Dataset", "name=in a table").line)
    eve, group = omero("user", "info").cells[0][0], omero("group", "info").cells[0][0]
    done = omero("hql", "select d from Dataset d where d.name = 'in a table'")
    header, rule, row, footer = done.out.splitlines()
    assert [cell.strip() for cell in header.split("|")] == ["#", "Class", "Id", "details", "version", "name"]
    assert [cell.strip() for cell in row.split("|")] == [
        "0", "DatasetI", dataset, f"owner={eve};group={group}", "0", "in a table",
    ]  # fmt: skip
    assert len(header) == len(rule) == len(row) and set(rule) == set("-+") and footer == "(1 row)"
    ids = omero("hql", "select d from Dataset d where d.name = 'in a table'", "--ids-only", "--style", "csv")
    assert ids.out == f"#,Col1\n0,DatasetI:{dataset}\n"


def test_query_for_values(omero: CommandLine) -> None:
    query = "select c.id, c.value, c from ChecksumAlgorithm c order by c.id"
    assert omero("hql", query, "--limit", "2", "--offset", "1", "--style", "plain").out == (
        "0,2,CRC-32,ChecksumAlgorithmI:2\n1,3,MD5-128,ChecksumAlgorithmI:3\n"
    )
    first = json.loads(omero("hql", query, "--style", "json").out)[0]
    assert first == {"#": "0", "Col1": "1", "Col2": "Adler-32", "Col3": "ChecksumAlgorithmI:1"}
    maps = "select new map(c.id as i, c.value as v) from ChecksumAlgorithm c where c.id = 1"
    assert omero("hql", maps, "--style", "plain").line == "0,\"{'i': 1, 'v': 'Adler-32'}\""
    shown = omero("hql", "select e.time from Event e where e.id = 0", "--style", "plain").line
    assert time.strptime(shown.partition(",")[2])


def test_query_over_all_groups(root: CommandLine, omero: CommandLine) -> None:
    dataset = number(omero("obj", "new", "Dataset", "name=for all groups").line)
    query = "select d.id from Dataset d where d.name = 'for all groups'"
    assert root("hql", query, "--style", "plain").out == "\n"
    assert root("hql", query, "--style", "plain", "--all").line == f"0,{dataset}"


def test_pages_at_a_terminal(omero: CommandLine) -> None:
    query = "select c from ChecksumAlgorithm c order by c.id"
    code, text = omero.typed(["hql", query, "--limit", "2"], ["p", "1", "7", "q"], "> ", quiet=False)
    assert code == 0, text
    assert "ChecksumAlgorithmI | 1 " in text and "ChecksumAlgorithmI | 3 " in text
    assert "id = 4\r\nvalue = " in text and "Invalid choice: 7" in text


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["select d from Nonsense d"], 52, "Bad query: "),
        (["select d from Dataset d where d.nonsense = 1"], 52, "Bad query: "),
        (["select d frm Dataset d"], 52, "Bad query: "),
        ([], 67, "No query given"),
    ],
)
def test_bad_queries(omero: CommandLine, arguments: list[str], code: int, text: str) -> None:
    done = omero("hql", *arguments)
    assert (done.code, done.out) == (code, "") and done.err.startswith(text)
