"""The language of searches: what must be, what may be, and how words match."""

from __future__ import annotations

import re

import pytest

from omero_server.queries.lucene import Group, Node, Range, SearchError, Word, parse_search


def shape(node: Node) -> object:
    """A search as lists: words by their letters, clauses with their signs."""
    if isinstance(node, Group):
        signs = {"must": "+", "not": "-", "may": ""}
        return [(signs[c.occur], shape(c.node)) for c in node.clauses]
    if isinstance(node, Range):
        return (node.field, node.low, node.high)
    word = node.pattern.removeprefix("(^|[^[:alnum:]])").removesuffix("([^[:alnum:]]|$)").replace("[^[:alnum:]]+", " ")
    return f"{node.field}={word}" if node.field else word


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a b", [("", "a"), ("", "b")]),
        ("a OR b || c", [("", "a"), ("", "b"), ("", "c")]),
        ("a AND b && c", [("+", "a"), ("+", "b"), ("+", "c")]),
        ("+a -b !c d", [("+", "a"), ("-", "b"), ("-", "c"), ("", "d")]),
        ("a NOT b", [("", "a"), ("-", "b")]),
        ("a AND NOT b", [("+", "a"), ("-", "b")]),
        ('"two words" x', [("", "two words"), ("", "x")]),
        ('"near enough"~3^2', [("", "near enough")]),
        ("my-file_1.tif", [("", "my file 1 tif")]),
        ("name:a^2.5", [("", "name=a")]),
        ("details.owner.omeName:root", [("", "details.owner.omeName=root")]),
        ("name:(a b) c", [("", [("", "name=a"), ("", "name=b")]), ("", "c")]),
        ("+(a b) +c", [("+", [("", "a"), ("", "b")]), ("+", "c")]),
        ("name:[a TO b]", [("", ("name", "a", "b"))]),
        ("d:{20240101 TO *}", [("", ("d", "20240101", None))]),
        ("pre*", [("", "pre[[:alnum:]]*")]),
        ("w?ld*d", [("", "w[[:alnum:]]ld[[:alnum:]]*d")]),
        ("a -- b", None),
        ("a ... b", [("", "a"), ("", "b")]),
        (r"a\:b", [("", "a b")]),
        ("ANDY ORB NOTE", [("", "ANDY"), ("", "ORB"), ("", "NOTE")]),
    ],
)
def test_shapes(text: str, wanted: object) -> None:
    if wanted is None:
        wanted = [("", "a"), ("-", "b")]
    assert shape(parse_search(text)) == wanted


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("*", "wildcard needs letters"),
        ("*a", "begins with a wildcard"),
        ("?a", "begins with a wildcard"),
        ("a)", r"'\)' too many at position 2"),
        ("(a", r"'\)' is missing"),
        ('"a', "unexpected '\"'"),
        ("a AND", "word is expected"),
        ("name:", "word is expected"),
        ("-a", "no word"),
        ("...", "no word"),
        ("(" * 30 + "a" + ")" * 30, "too many parentheses"),
    ],
)
def test_errors(text: str, problem: str) -> None:
    with pytest.raises(SearchError, match=problem):
        parse_search(text)


def test_wildcards_may_lead_where_that_is_allowed() -> None:
    assert shape(parse_search("*a", leading_wildcard=True)) == [("", "[[:alnum:]]*a")]


def pattern(text: str) -> str:
    """The only word's pattern for Python's own regular expressions."""
    (clause,) = parse_search(text).clauses
    assert isinstance(clause.node, Word)
    return clause.node.pattern.replace("[^[:alnum:]]", r"[\W_]").replace("[[:alnum:]]", r"[^\W_]")


def test_words_match_whole_runs_of_letters_and_digits() -> None:
    assert re.search(pattern("tif"), "my_tif")
    assert not re.search(pattern("tif"), "tiff")
    assert re.search(pattern("my-file"), "a my/file b")
    assert not re.search(pattern('"a b"'), "a c b")
    for near in ("colour", "color", "colours", "xolour"):
        assert re.search(pattern("colour~"), near)
    assert not re.search(pattern("colour~"), "dolor")
