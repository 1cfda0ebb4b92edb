"""Keys and values from rows of tables, and map annotations with primary keys."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import omero.model
from omero.rtypes import rlong, rstring
from omero.util import metadata_utils
from omero.util.metadata_mapannotations import (
    CanonicalMapAnnotation,
    MapAnnotationManager,
    MapAnnotationPrimaryKeyException,
)
from omero.util.metadata_utils import BulkAnnotationConfiguration, KeyValueGroupList, KeyValueListPassThrough

HEADERS = ["A", "B", "C", "D"]
ROW = ["1", "a, b", "", "d"]


def test_namespaces() -> None:
    assert metadata_utils.NSBULKANNOTATIONSRAW == "openmicroscopy.org/omero/bulk_annotations/raw"
    assert metadata_utils.NSBULKANNOTATIONSCONFIG == "openmicroscopy.org/omero/bulk_annotations/config"


@pytest.mark.parametrize(
    ("defaults", "columns", "wanted"),
    [
        (None, None, {"": [("A", ["1"]), ("B", ["a, b"]), ("C", [""]), ("D", ["d"])]}),
        (None, [{"name": "B", "split": ","}], {"": [("B", ["a", "b"]), ("A", ["1"]), ("C", [""]), ("D", ["d"])]}),
        (
            None,
            [{"name": "C", "omitempty": True}, {"name": "D", "position": 1}],
            {"": [("D", ["d"]), ("C", []), ("A", ["1"]), ("B", ["a, b"])]},
        ),
        (
            {"includeclient": False, "include": False},
            [{"name": "B", "position": 2, "include": True}, {"name": "A", "position": 1, "include": True}],
            {"": [("A", ["1"]), ("B", ["a, b"])]},
        ),
        (
            None,
            [{"group": {"namespace": "n", "columns": [{"name": "A"}]}}, {"name": "D", "clientname": "dd"}],
            {"n": [("A", ["1"])], "": [("dd", ["d"]), ("B", ["a, b"]), ("C", [""])]},
        ),
        (
            None,
            [{"name": "A", "visible": False}],
            {"": [("__A", ["1"]), ("B", ["a, b"]), ("C", [""]), ("D", ["d"])]},
        ),
    ],
)
def test_keys_and_values(defaults: Any, columns: Any, wanted: dict[str, Any]) -> None:
    transformers = KeyValueGroupList(HEADERS, defaults, columns).get_transformers()
    assert {each.name: each.transform(ROW) for each in transformers} == wanted


@pytest.mark.parametrize(
    ("defaults", "columns", "text"),
    [
        ({"include": False}, [{"name": "A"}], "Option `includeclient` requires option `include`"),
        ({"foo": 1}, None, "Invalid key(s) in column defaults: ['foo']"),
        ({"name": 1}, None, "Invalid key(s) in column defaults: ['name']"),
        (None, [{"foo": 1}], "Required key(s) missing from column configuration: ['name']"),
        (None, [{"name": "A", "foo": 1}], "Invalid key(s) in column configuration: ['foo']"),
        (None, [{"name": "", "include": 1}], "Empty name in column configuration: {'name': '', 'include': 1}"),
        (None, [{"group": {"namespace": "n"}}], "Required key(s) missing from group configuration: ['columns']"),
        (
            None,
            [{"group": {"namespace": "n", "columns": []}}],
            "Empty columns in group configuration: {'namespace': 'n', 'columns': []}",
        ),
    ],
)
def test_faults_of_configurations(defaults: Any, columns: Any, text: str) -> None:
    with pytest.raises(Exception) as raised:
        BulkAnnotationConfiguration(defaults, columns)
    assert str(raised.value) == text


def test_columns_that_are_not_there() -> None:
    with pytest.raises(KeyError):
        KeyValueGroupList(HEADERS, None, [{"name": "Z"}])


def test_rows_have_a_value_for_each_header() -> None:
    assert KeyValueListPassThrough(HEADERS).transform(ROW) is ROW
    for transformer in (KeyValueListPassThrough(HEADERS), *KeyValueGroupList(HEADERS, None, None).get_transformers()):
        with pytest.raises(ValueError, match="A row has 1 values for 4 headers"):
            transformer.transform(["1"])


def annotation(*pairs: tuple[str, str], number: int | None = None) -> Any:
    made = omero.model.MapAnnotationI()
    made.id = None if number is None else rlong(number)
    made.ns = rstring("ns")
    made.setMapValue([omero.model.NamedValue(*pair) for pair in pairs])
    return made


def canonical(*pairs: tuple[str, str], keys: list[str] | None = None, on: int | None = None) -> CanonicalMapAnnotation:
    made = CanonicalMapAnnotation(annotation(*pairs), keys)
    if on is not None:
        made.add_parent("Image", on)
    return made


def test_what_makes_an_annotation_unique() -> None:
    first = canonical(("a", "1"), ("b", "2"), keys=["a"])
    assert first.primary == canonical(("c", "3"), ("a", "1"), keys=["a"]).primary
    assert first.primary != canonical(("a", "2"), keys=["a"]).primary
    assert canonical(("a", "1")).primary is None
    with pytest.raises(MapAnnotationPrimaryKeyException, match=r"Missing primary key fields: \{'z'\}"):
        canonical(("a", "1"), keys=["z"])
    with pytest.raises(ValueError, match="Duplicate key-value pairs found"):
        canonical(("a", "1"), ("a", "1"))


def test_merging() -> None:
    first, second = canonical(("a", "1"), ("b", "2"), keys=["a"], on=1), canonical(("a", "1"), ("c", "3"), on=2)
    first.merge(second)
    assert [(pair.name, pair.value) for pair in first.get_mapann().getMapValue()] == [
        ("a", "1"),
        ("b", "2"),
        ("c", "3"),
    ]
    assert first.get_parents() == {("Image", 1), ("Image", 2)}
    shown = "ns:ns primary:None keyvalues:[('a', '1'), ('c', '3')] parents:{('Image', 2)} id:None"
    assert str(second) == shown


@pytest.mark.parametrize(
    ("combine", "left_over", "pairs"),
    [
        (MapAnnotationManager.MA_APPEND, 1, [("a", "1"), ("b", "2"), ("c", "3")]),
        (MapAnnotationManager.MA_OLD, 1, [("a", "1"), ("b", "2")]),
        (MapAnnotationManager.MA_NEW, 0, [("a", "1"), ("c", "3")]),
    ],
)
def test_annotations_with_the_same_key(combine: int, left_over: int, pairs: Any) -> None:
    manager = MapAnnotationManager(combine)
    two = [canonical(("a", "1"), ("b", "2"), keys=["a"], on=1), canonical(("a", "1"), ("c", "3"), keys=["a"], on=2)]
    assert manager.add(two[0]) is None
    assert manager.add(two[1]) is two[left_over]
    keyless = canonical(("q", "1"))
    assert manager.add(keyless) is None
    kept, last = manager.get_map_annotations()
    assert (kept.kvpairs, kept.get_parents(), last) == (pairs, {("Image", 1), ("Image", 2)}, keyless)


def test_unknown_way_to_combine() -> None:
    with pytest.raises(ValueError, match="Not a way to combine annotations: 7"):
        MapAnnotationManager(7)


def run(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A program of its own, which may import what is in the folder."""
    environment = os.environ | {"PYTHONPATH": str(folder)}
    command = [sys.executable, "-W", "default", "-c", program]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def test_old_name_of_another_package(tmp_path: Path) -> None:
    program = "from omero.util.populate_metadata import ParsingContext; print(ParsingContext)"
    (tmp_path / "missing").mkdir()
    (tmp_path / "missing" / "omero_metadata.py").write_text("raise ModuleNotFoundError(name='omero_metadata')")
    assert "pip install omero-metadata" in run(program, tmp_path / "missing").stderr
    (tmp_path / "there" / "omero_metadata").mkdir(parents=True)
    (tmp_path / "there" / "omero_metadata" / "__init__.py").touch()
    (tmp_path / "there" / "omero_metadata" / "populate.py").write_text("ParsingContext = 'a class'")
    done = run(program, tmp_path / "there")
    assert done.stdout == "a class\n"
    assert "omero.util.populate_metadata is deprecated, use omero_metadata.populate" in done.stderr
    (tmp_path / "there" / "omero_metadata" / "populate.py").write_text("import nothing_like_this")
    assert "No module named 'nothing_like_this'" in run(program, tmp_path / "there").stderr
