"""Parts of the gateway that need no server."""

from __future__ import annotations

import io
import typing
from typing import Any

import pytest

import omero.gateway
from omero.gateway import (
    KNOWN_WRAPPERS,
    BlitzGateway,
    ColorHolder,
    ServiceOptsDict,
    TagAnnotationWrapper,
    _letterGridLabel,
    fileread,
    omero_type,
    refreshWrappers,
    splitHTMLColor,
    toBoolean,
)
from omero.gateway.finding import Finding
from omero.gateway.utils import propertiesToDict
from omero.rtypes import RIntI, RLongI, rstring


def test_what_is_offered_exists() -> None:
    assert [name for name in omero.gateway.__all__ if not hasattr(omero.gateway, name)] == []


@pytest.mark.parametrize(
    ("color", "number"),
    [((255, 255, 255, 255), -1), ((255, 0, 0, 255), -16776961), ((0, 255, 0, 255), 16711935), ((1, 2, 3, 4), 16909060)],
)
def test_colors_as_numbers(color: tuple[int, int, int, int], number: int) -> None:
    assert ColorHolder.fromRGBA(*color).getInt() == number


def test_colors() -> None:
    assert ColorHolder("Red").getHtml() == "FF0000"
    assert ColorHolder("nonsense").getRGB() == (0, 0, 0)
    assert ColorHolder.fromRGBA(300, -5, 10.9, 128).getCss() == "rgba(255,0,10,0.502)"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("abc", [170, 187, 204, 255]),
        ("abcd", [170, 187, 204, 221]),
        ("abcdef", [171, 205, 239, 255]),
        ("01020304", [1, 2, 3, 4]),
        ([1, 2, 3, 4], [1, 2, 3, 4]),
        ("#abc", None),
        ("xyz", None),
        (None, None),
    ],
)
def test_colors_from_texts(text: Any, parts: Any) -> None:
    assert splitHTMLColor(text) == parts


@pytest.mark.parametrize(("index", "label"), [(0, "A"), (25, "Z"), (26, "AA"), (100, "CW"), (702, "AAA")])
def test_labels_of_rows(index: int, label: str) -> None:
    assert _letterGridLabel(index) == label


def test_call_contexts() -> None:
    context = ServiceOptsDict({"omero.group": 3, "left": None, "out": True})
    assert context == {"omero.group": "3"}
    context.setOmeroUser(5)
    copy = context.copy()
    copy.setOmeroGroup(-1)
    assert (context.getOmeroGroup(), copy.getOmeroGroup(), copy.getOmeroUser()) == ("3", "-1", "5")
    copy.setOmeroGroup(None)
    assert "omero.group" not in copy
    with pytest.raises(AttributeError, match="must be a text or a number"):
        copy["x"] = None


def test_properties_nest() -> None:
    nested = propertiesToDict(
        {"omero.client.a.b": "5", "omero.client.a.c": "x", "omero.client.d": "[1]"}, "omero.client."
    )
    assert nested == {"a": {"b": 5, "c": "x"}, "d": [1]}


def test_small_helpers() -> None:
    assert [toBoolean(text) for text in ("yes", "On", 1, "no", "")] == [True, True, True, False, False]
    assert (type(omero_type(5)), type(omero_type(2**40)), omero_type("a")) == (RIntI, RLongI, rstring("a"))
    assert omero_type(1.5) == 1.5
    assert fileread(io.BytesIO(b"0123456789"), 8, 3) == b"01234567"


def test_queries() -> None:
    conn = BlitzGateway("nobody", "nothing", host="localhost")
    options = {"limit": 3, "offset": 1, "owner": 3, "order_by": "obj.name"}
    query, params, _wrapper = conn.buildQuery("Image", [1, 2], attributes={"name": "x", "series": 1}, opts=options)
    assert query.partition(" where ")[2] == (
        "obj.id in (:ids) and owner.id = (:eid) and obj.name=:name and obj.series=:series order by obj.name, obj.id"
    )
    assert (params.getLimit().val, params.getOffset().val, type(params.map["series"])) == (3, 1, RIntI)
    query, params = conn.buildCountQuery("Dataset", options)
    assert query.startswith("select count(distinct obj) from Dataset obj join obj.details.owner as owner")
    assert "order by" not in query and params.theFilter is None
    conn.c.closeSession()


def test_wrappers_can_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mine(TagAnnotationWrapper):
        """A framework's own."""

    monkeypatch.setattr(omero.gateway, "TagAnnotationWrapper", Mine)
    refreshWrappers()
    assert KNOWN_WRAPPERS["tagannotation"] is Mine
    monkeypatch.undo()
    refreshWrappers()
    assert KNOWN_WRAPPERS["tagannotation"] is TagAnnotationWrapper


def test_new_annotations_have_an_object() -> None:
    tag = TagAnnotationWrapper()
    tag.setValue("x")
    tag.setNs("y")
    assert (tag.getValue(), tag.getNs(), tag.getId()) == ("x", "y", None)


def test_editors_know_the_common_types() -> None:
    """What the overloads say of a type is the wrapper that it gets."""
    for name in ("getObject", "getObjects"):
        hints = [overload.__annotations__ for overload in typing.get_overloads(getattr(Finding, name))]
        typed = {h["obj_type"][len('Literal["') : -2]: h["return"] for h in hints if h["obj_type"] != "str"}
        assert len(typed) == 14
        for kind, result in typed.items():
            assert omero.gateway.KNOWN_WRAPPERS[kind.lower()].__name__ in result
