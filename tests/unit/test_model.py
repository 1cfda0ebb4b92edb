"""The model's YAML against the recorded facts, class by class, and the loader."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from omero_server.model import MODEL, Property
from omero_server.model import loader as loader_module
from omero_server.model.generate import generated
from omero_server.model.loader import FOLDER, load

FACTS = Path(__file__).parents[1] / "data" / "facts"
KINDS = {
    "scalar": "basic",
    "array": "basic",
    "ref": "manyone",
    "links": "link",
    "unit": "unit",
    "map": "map",
    "collection": "collection",
}


def facts(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(gzip.decompress((FACTS / f"{name}.json.gz").read_bytes()))
    return loaded


SCHEMA = facts("schema")
XML = facts("model")
API = facts("api")


def simple(name: str) -> str:
    return name.rsplit(".", 1)[-1]


def test_there_are_exactly_the_known_classes() -> None:
    assert set(MODEL.by_java) == set(SCHEMA["classes"])
    assert len(MODEL.classes) == 171


@pytest.mark.parametrize("java", SCHEMA["classes"])
def test_class_equals_facts(java: str) -> None:
    cls, fact, xml = MODEL.by_java[java], SCHEMA["classes"][java], XML["types"][java]
    assert cls.table == fact["table"]
    assert cls.key == fact["key"]
    assert cls.sequence == fact["sequence"]
    assert cls.root.java == fact["root"]
    assert (cls.superclass.java if cls.superclass else None) == fact["superclass"]
    assert cls.slice_id == xml["slice"]
    assert (cls.abstract, cls.discriminator) == (fact["abstract"], fact["discriminator"])
    assert (cls.is_link, cls.is_annotation_link, cls.is_enum) == (fact["link"], fact["annotation_link"], fact["enum"])
    assert (cls.is_global, cls.immutable) == (fact["global"], fact["immutable"])
    assert cls.annotated == any(SCHEMA["classes"][c.java]["annotated"] for c in cls.lineage)
    assert cls.deprecated == bool(xml.get("deprecated"))
    assert [p.name for p in cls.own] == [p["name"] for p in xml["properties"]]
    assert list(cls.properties) == [p.name for c in cls.lineage for p in c.own]


PROPERTIES = [(c.java, p) for c in MODEL.classes.values() for p in c.own]


@pytest.mark.parametrize(("java", "prop"), PROPERTIES, ids=[f"{simple(j)}.{p.name}" for j, p in PROPERTIES])
def test_property_equals_facts(java: str, prop: Property) -> None:
    fact = SCHEMA["classes"][java]["properties"][prop.name]
    assert KINDS[prop.kind] == fact["kind"]
    assert (prop.column, prop.unit_column, prop.index_column) == tuple(
        fact.get(key) for key in ("column", "unit_column", "index_column")
    )
    assert prop.nullable == fact.get("nullable", prop.nullable)
    assert prop.unique == fact.get("unique", False)
    if prop.kind == "map":
        assert prop.map_table == fact["table"]
    else:
        assert prop.type == simple(fact["type"])
    if prop.kind in ("collection", "links"):
        assert (prop.inverse, prop.ordered) == (fact["inverse"], fact["ordered"])
    if prop.kind == "links":
        assert prop.target == simple(fact["target"])
    xml = next(p for p in XML["types"][java]["properties"] if p["name"] == prop.name)
    assert prop.deprecated == bool(xml.get("deprecated"))
    if prop.kind in ("scalar", "array"):
        wire = XML["scalar_wire"][prop.type]
        assert prop.rtype == (wire if prop.kind == "array" else wire.removeprefix("::omero::"))


def wire_members(name: str) -> list[list[str]]:
    """Members of the generated Slice class, by the rules of the model."""
    cls = MODEL.classes[name]
    members = [["version", "::omero::RInt"]] if cls.has_version and cls.superclass is None else []
    for prop in cls.own:
        if prop.kind in ("collection", "links"):
            upper = prop.name[0].upper() + prop.name[1:]
            members += [
                [f"{prop.name}Seq", f"::omero::model::{name}{upper}Seq"],
                [f"{prop.name}Loaded", "bool"],
            ]
            if prop.kind == "links" and not MODEL.classes[prop.type].is_global:
                members.append([f"{prop.name}CountPerOwner", "::omero::sys::CountMap"])
        elif prop.kind == "map":
            members.append([prop.name, "::omero::api::NamedValueList"])
        elif prop.kind in ("ref", "unit"):
            members.append([prop.name, f"::omero::model::{prop.type}"])
        else:
            assert prop.rtype
            members.append([prop.name, prop.rtype if "::" in prop.rtype else f"::omero::{prop.rtype}"])
    return members


@pytest.mark.parametrize("name", MODEL.classes)
def test_members_on_the_wire_follow(name: str) -> None:
    fact = API["classes"][f"::omero::model::{name}"]
    members = [[member, kind.replace("::Ice::ByteSeq", "bytes")] for member, kind in wire_members(name)]
    expected = [[member, kind.replace("::Ice::ByteSeq", "bytes")] for member, kind, *_ in fact["members"]]
    assert members == expected
    cls = MODEL.classes[name]
    assert fact["base"] == (cls.superclass.slice_id if cls.superclass else "::omero::model::IObject")


def test_enumerations_equal_facts() -> None:
    assert {f"ome.model.enums.{n}": v for n, v in MODEL.enums.items() if n != "JobStatus"} == {
        name: values for name, values in XML["enums"].items() if not name.endswith("JobStatus")
    }
    assert MODEL.enums["JobStatus"] == XML["enums"]["ome.model.jobs.JobStatus"]
    assert [list(item) for item in sorted(MODEL.bit_sizes.items())] == sorted(XML["pixelstype_bitsize"])


def test_enumeration_constants_equal_facts() -> None:
    constants = {name.rsplit("::", 1)[1]: v for name, v in API["constants"].items() if "::model::enums::" in name}
    ours = {f"{n}{MODEL.enum_constant(value)}": value for n, values in MODEL.enums.items() for value in values}
    assert ours == constants


def test_units_equal_facts() -> None:
    assert {f"Units{unit}": [list(pair) for pair in pairs] for unit, pairs in MODEL.units.items()} == XML["units"]


def test_checks_of_unit_values_equal_facts() -> None:
    words = {"value > 0": "positive", "value >= 0": "nonnegative"}
    expected = {
        (java, name): words[rule]
        for java, fact in XML["types"].items()
        for name, rule in fact.get("checks", ())
        if rule in words
    }
    assert {(java, prop.name): prop.check for java, prop in PROPERTIES if prop.check} == expected


@pytest.mark.parametrize(
    "name",
    ["Image", "ImageI", "omero.model.Image", "omero.model.ImageI", "::omero::model::Image", "ome.model.core.Image"],
)
def test_resolve_knows_all_spellings(name: str) -> None:
    assert MODEL.resolve(name) is MODEL.classes["Image"]


@pytest.mark.parametrize("name", ["Picture", "image", "ome.model.roi.Image", ""])
def test_resolve_refuses_other_names(name: str) -> None:
    with pytest.raises(KeyError):
        MODEL.resolve(name)


def test_tables_of_inherited_columns() -> None:
    classes = MODEL.classes
    laser = classes["Laser"]
    assert [c.name for c in laser.joined_tables] == ["LightSource", "Laser"]
    assert laser.columns_table(laser.properties["power"]) == "lightsource"
    assert laser.columns_table(laser.properties["wavelength"]) == "laser"
    tag = classes["TagAnnotation"]
    assert tag.columns_table(tag.properties["textValue"]) == "annotation"
    assert [c.name for c in tag.joined_tables] == ["Annotation"]
    image = classes["Image"]
    with pytest.raises(ValueError, match=r"Image\.pixels is a collection"):
        image.columns_table(image.properties["pixels"])
    assert classes["Mask"].is_a(classes["Shape"])
    assert not classes["Shape"].is_a(classes["Mask"])


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for path in FOLDER.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    return tmp_path


def test_compiled_form_is_made_again_when_the_source_changes(copied: Path) -> None:
    load(copied)
    compiled = copied / loader_module.COMPILED
    first = compiled.read_bytes()
    load(copied)
    assert compiled.read_bytes() == first
    source = copied / "stats.yaml"
    source.write_text(source.read_text("utf-8") + "\nBrandNew:\n  properties:\n    colour: required string\n", "utf-8")
    assert load(copied).classes["BrandNew"].properties["colour"].nullable is False
    assert "BrandNew" in compiled.read_text("utf-8")


def test_a_damaged_compiled_form_is_replaced(copied: Path) -> None:
    (copied / loader_module.COMPILED).write_text("{", "utf-8")
    assert len(load(copied).classes) == 171


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("properties: {colour: shiny string}", r"BrandNew\.colour: cannot understand 'shiny string'"),
        ("properties: {colour: Colour}", r"BrandNew\.colour: cannot understand 'Colour'"),
        ("properties: {wells: list Well.screen}", r"BrandNew\.wells: Well has no reference 'screen'"),
        ("flags: [fast]", r"BrandNew: unknown flags \['fast'\]"),
    ],
)
def test_mistakes_in_the_source_are_named(copied: Path, spec: str, message: str) -> None:
    with (copied / "stats.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\nBrandNew:\n  {spec}\n")
    with pytest.raises(ValueError, match=message):
        load(copied)


def test_generated_files_are_up_to_date() -> None:
    outdated = [path.name for path, text in generated(MODEL).items() if path.read_text("utf-8") != text]
    assert outdated == [], "run python -m omero_server.model.generate"
