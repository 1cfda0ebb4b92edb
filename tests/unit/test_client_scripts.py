"""Parameters of scripts: declaring, reading, checking."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

import omero
import omero.model
from omero import scripts
from omero.rtypes import rint, rlist, rlong, rmap, rstring, unwrap

SCRIPT = """
import omero.scripts as scripts
from omero.rtypes import rlong, rstring

def run():
    client = scripts.client(
        "Split.py",
        "Splits images.",
        scripts.String("Data_Type", optional=False, grouping="1", values=[rstring("Dataset"), rstring("Image")],
                       default="Image"),
        scripts.List("IDs", optional=False, grouping="2", description="Ids").ofType(rlong(0)),
        scripts.Int("Sigma", grouping="3", min=1, max=10),
        scripts.String("Message").out(),
        version="1.2",
        authors=["A", "B"],
    )
    raise AssertionError("only read, never run")

if __name__ == "__main__":
    run()
"""


@pytest.fixture
def params() -> Any:
    return scripts.parse_text(SCRIPT)


def test_description(params: Any) -> None:
    assert (params.name, params.description, params.version) == ("Split.py", "Splits images.", "1.2")
    assert params.authors == ["A", "B"]
    assert list(params.inputs) == ["Data_Type", "IDs", "Sigma"]
    assert list(params.outputs) == ["Message"]
    assert (params.stdoutFormat, params.stderrFormat) == ("text/plain", "text/plain")
    data_type = params.inputs["Data_Type"]
    assert (data_type.useDefault, data_type.optional, data_type.prototype.val) == (True, False, "Image")
    assert unwrap(data_type.values) == ["Dataset", "Image"]
    sigma = params.inputs["Sigma"]
    assert (sigma.min.val, sigma.max.val, sigma.useDefault, sigma.prototype.val) == (1, 10, False, 0)


def test_file_is_read_with_its_own_name(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text("import os, omero.scripts as s\ns.client(os.path.basename(__file__))", encoding="utf-8")
    assert scripts.parse_file(path).name == "script.py"
    assert scripts.parse_file(str(path)).name == "script.py"
    with pytest.raises(FileNotFoundError):
        scripts.parse_file(tmp_path / "missing.py")


def test_environment_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ICE_CONFIG", "mine")
    scripts.parse_text(SCRIPT)
    assert os.environ["ICE_CONFIG"] == "mine"
    monkeypatch.delenv("ICE_CONFIG")
    with pytest.raises(ZeroDivisionError):
        scripts.parse_text("1 / 0")
    assert "ICE_CONFIG" not in os.environ


def test_scripts_can_be_read_at_the_same_time() -> None:
    names: list[str] = []

    def read(number: int) -> None:
        names.append(scripts.parse_text(f"import omero.scripts as s\ns.client('script {number}')").name)

    threads = [threading.Thread(target=read, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names) == [f"script {number}" for number in range(8)]


@pytest.mark.parametrize("text", ["print(1)", "import sys; sys.exit(3)", ""])
def test_script_without_description(text: str) -> None:
    with pytest.raises(Exception, match="Did not throw ParseExit"):
        scripts.parse_text(text)


def test_argument_that_is_no_parameter() -> None:
    with pytest.raises(ValueError, match="Not Type: <class 'str'>"):
        scripts.parse_text("import omero.scripts as s\ns.client('name', 'description', 'more')")


def test_inputs_from_texts(params: Any) -> None:
    assert scripts.parse_inputs(["IDs=1,2"], params) == {
        "IDs": rlist(rlong(1), rlong(2)),
        "Data_Type": rstring("Image"),
    }
    with pytest.raises(scripts.MissingInputs, match="IDs") as missing:
        scripts.parse_inputs(["Sigma=3"], params)
    assert missing.value.keys == ["IDs"]
    assert missing.value.inputs == {"Sigma": rint(3), "Data_Type": rstring("Image")}


def test_text_keeps_its_equals_signs(params: Any) -> None:
    assert scripts.parse_input("Data_Type=a=b", params) == {"Data_Type": rstring("a=b")}


def test_faults_of_inputs(params: Any) -> None:
    lines = scripts.validate_inputs(params, {"Data_Type": rstring("Plate"), "Sigma": rint(11)}).splitlines()
    assert lines == [
        "VALUE LIST for \"Data_Type\": Plate not in ['Dataset', 'Image']",
        'MISSING INPUT for "IDs": ',
        'OUT OF BOUNDS for "Sigma": 11 is above max 10',
    ]
    assert scripts.validate_inputs(params, {"IDs": rlist(rlong(1))}) == ""


def test_text_in_place_of_a_number_is_one_fault(params: Any) -> None:
    """The bounds of a value of the wrong type are not compared to it."""
    wrong = scripts.validate_inputs(params, {"IDs": rlist(), "Sigma": rstring("x")})
    assert wrong.startswith('WRONG TYPE for "Sigma": ')
    assert len(wrong.splitlines()) == 1


def test_collections_that_contain_themselves_are_compared() -> None:
    endless, endless_numbers = rlist(rlong(1)), rlist(rint(1))
    endless.add(endless)
    endless_numbers.add(endless_numbers)
    assert scripts.compare_proto("k", endless, endless_numbers).count("WRONG TYPE") == 1


class Inputs:
    """A session service that keeps inputs, or refuses them."""

    def __init__(self, refusal: str = "") -> None:
        self.kept: dict[str, Any] = {}
        self.refusal = refusal

    def setInput(self, session: str, key: str, value: Any) -> None:
        if self.refusal:
            raise ValueError(self.refusal)
        self.kept[f"{session}/{key}"] = value


def test_defaults_become_inputs_of_the_session(params: Any) -> None:
    service = Inputs()
    assert scripts.validate_inputs(params, {"IDs": rlist(rlong(1))}, service, "uuid") == ""
    assert service.kept == {"uuid/Data_Type": rstring("Image")}
    refused = scripts.validate_inputs(params, {"IDs": rlist(rlong(1))}, Inputs("no such session"), "uuid")
    assert refused.startswith('FAILED TO SET INPUT for "Data_Type": Data_Type=')
    assert refused.endswith("Error: no such session\n")


@pytest.mark.parametrize(
    ("made", "prototype"),
    [
        (scripts.Set("a", default={1}), [1]),
        (scripts.Set("a", default="x"), ["x"]),
        (scripts.Map("a", default={"x": 1}), {"x": 1}),
        (scripts.Map("a", default=rmap(x=rint(1))), {"x": 1}),
        (scripts.Map("a").update({"x": 1}, y=2), {"x": 1, "y": 2}),
        (scripts.List("a").append("x", "y").extend(["z"]), ["x", "y", "z"]),
        (scripts.List("a", default=[], values=["x"]), []),
        (scripts.Long("a").type(), 0),
    ],
)
def test_plain_values_are_taken(made: Any, prototype: Any) -> None:
    assert unwrap(made.prototype) == prototype


def test_every_default_must_be_allowed() -> None:
    with pytest.raises(ValueError, match=r"c is not in \['a', 'b'\]"):
        scripts.List("a", values=["a", "b"], default=["a", "c"])


def test_unknown_property_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    made = scripts.Long("a", foo=3)
    assert made.foo == 3
    assert caplog.messages == ["Unknown property: foo"]


def test_parameters_of_one_group_are_listed() -> None:
    made = [scripts.Long("a"), scripts.Long("b"), scripts.Long("c", grouping="1")]
    params = omero.grid.JobParams(inputs={param.name(): param for param in made})
    assert scripts.group_params(params) == {"": ["a", "b"], "1": "c"}
