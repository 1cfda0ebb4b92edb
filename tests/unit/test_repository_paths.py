"""Names of files in repositories, and the folders of imports."""

from __future__ import annotations

from datetime import datetime

import pytest

import omero
from omero_server.repository.layout import id_path, index_name
from omero_server.repository.paths import clean_name, client_parts, normal_path, parse_rules, relative_paths
from omero_server.repository.template import Expanded, Namer, expand

DEFAULT = parse_rules("Windows required, UNIX required")
NOON = datetime(2026, 3, 4, 12, 0, 0)


@pytest.mark.parametrize(
    ("given", "normal"),
    [("", ""), ("/", ""), ("a//b/", "a/b"), ("/a/./b/../c", "a/c"), ("a/..", ""), ("a b/ü.tif", "a b/ü.tif")],
)
def test_paths_are_normalised(given: str, normal: str) -> None:
    assert normal_path(given, DEFAULT) == normal


@pytest.mark.parametrize("path", ["..", "a/../..", "/../etc/passwd"])
def test_nothing_is_above_the_root(path: str) -> None:
    with pytest.raises(omero.ValidationException, match="above root"):
        normal_path(path, DEFAULT)


@pytest.mark.parametrize("path", ["a\\b", "c:/x", 'say "hi"', "what?", "con", "LPT1.txt", "a/\x00b", "$x"])
def test_forbidden_names_are_refused(path: str) -> None:
    with pytest.raises(omero.ValidationException, match="illegal components"):
        normal_path(path, DEFAULT)


@pytest.mark.parametrize(
    ("rules", "name", "clean"),
    [
        ("Windows required", 'a"*:<>?\\|\x07', "a'x;[]%!!_"),
        ("Windows required", "aux", "aux_"),
        ("Windows required", "Com1.tif", "_Com1.tif"),
        ("Windows required", "$money", "_$money"),
        ("Windows optional", "end.", "end._"),
        ("UNIX required", "a:b*", "a:b*"),
        ("UNIX optional", "-r", "_-r"),
        ("local optional", ".hidden", "_.hidden"),
    ],
)
def test_names_are_made_clean(rules: str, name: str, clean: str) -> None:
    assert clean_name(name, parse_rules(rules)) == clean
    assert clean_name(clean, parse_rules(rules)) == clean


def test_unknown_rules_are_named() -> None:
    with pytest.raises(ValueError, match="'amiga required'"):
        parse_rules("Windows required, Amiga required")


def test_client_paths_of_any_system() -> None:
    assert client_parts("C:\\data\\a.tif") == ["C:", "data", "a.tif"]
    assert client_parts("/data/./x/../a\\b.tif") == ["data", "a\\b.tif"]


def test_at_most_three_shared_folders_are_kept() -> None:
    assert relative_paths(["/a/b/c/d/e.tif"], DEFAULT) == (["b/c/d/e.tif"], 1)
    assert relative_paths(["/a/b/c/d/x/1.tif", "/a/b/c/d/y/2.tif"], DEFAULT) == (["b/c/d/x/1.tif", "b/c/d/y/2.tif"], 1)
    assert relative_paths(["1.tif", "sub/2.tif"], DEFAULT) == (["1.tif", "sub/2.tif"], 0)


def test_files_never_share_a_place() -> None:
    assert relative_paths(["d/a?.ome.tif", "d/a%.ome.tif"], DEFAULT)[0] == ["d/a%.ome.tif", "d/a%-2.ome.tif"]


@pytest.mark.parametrize("paths", [["/d/" + "a" * 256], ["/d/" + "é" * 128], ["a/" * 1500 + "b", "c"]])
def test_names_that_no_file_system_holds(paths: list[str]) -> None:
    with pytest.raises(omero.ValidationException, match=r"is too long.*Rename it"):
        relative_paths(paths, DEFAULT)


def test_the_longest_name() -> None:
    assert relative_paths(["/d/" + "a" * 255], DEFAULT) == (["d/" + "a" * 255], 0)


def names(taken: tuple[str, ...] = (), entries: int = 0) -> Namer:
    values = {"user": "ann", "userId": "7", "group": "lab", "institution": ""}
    return Namer(values, ["/x/a.tif"], lambda path: path in taken, lambda path: entries, NOON)


def expanded(template: str, namer: Namer) -> Expanded:
    return expand(template, namer, lambda name: clean_name(name, DEFAULT))


def test_default_template() -> None:
    template = "%user%_%userId%//%year%-%month%/%day%/%time%"
    assert expanded(template, names()) == Expanded("ann_7/2026-03/04/12-00-00.000", 1)
    taken = ("ann_7/2026-03/04/12-00-00.000", "ann_7/2026-03/04/12-00-00.001")
    assert expanded(template, names(taken)).path == "ann_7/2026-03/04/12-00-00.002"


@pytest.mark.parametrize(
    ("template", "path", "levels"),
    [
        ("//%institution%/%user%", "ann", 0),
        ("//%institution:home%/%user%", "home/ann", 0),
        ("%group%//%monthname%/run%increment:3%", "lab/March/run001", 1),
        ("a/b//%hash:2,2,4%", "a/b/51/E7/8A9A", 2),
    ],
)
def test_terms(template: str, path: str, levels: int) -> None:
    found = expanded(template, names())
    if "hash" in template:
        assert [len(part) for part in found.path.split("/")] == [1, 1, 2, 2, 4]
    else:
        assert found.path == path
    assert found.server_levels == levels


def test_subdirs_only_when_a_folder_is_full() -> None:
    assert expanded("//%user%/%subdirs%/%time%", names(entries=999)).path == "ann/12-00-00.000"
    with pytest.raises(omero.InternalException, match="room"):
        expanded("//%user%/%subdirs:1%", names(entries=10))


def test_impossible_templates() -> None:
    with pytest.raises(omero.ApiUsageException, match="no part for users"):
        expanded("a/b//", names())
    with pytest.raises(omero.InternalException, match="%planet%"):
        expanded("//%planet%", names())
    with pytest.raises(omero.InternalException, match="before //"):
        expanded("%time%//%user%", names())


def test_places_by_id() -> None:
    assert [str(id_path(number)) for number in (0, 7, 999, 1000, 1234567)] == [
        "0", "7", "999", "Dir-001/1000", "Dir-001/Dir-234/1234567",
    ]  # fmt: skip
    assert index_name("ann_7/x/") == "ann_7/x.index.json"
