"""Values of the wire, parameters, proxies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import omero
import omero.model
from omero import rtypes
from omero.rtypes import rbool, rclass, rdouble, rint, rlist, rlong, rmap, rset, rstring, rtime, rtype, unwrap, wrap
from omero.sys import ParametersI


@pytest.mark.parametrize(
    ("made", "value"),
    [
        (rint("5"), 5),
        (rint(2.9), 2),
        (rlong("7"), 7),
        (rlong(rint(3)), 3),
        (rdouble("1.5"), 1.5),
        (rtime(1.7), 1),
        (rstring(None), ""),
        (rstring(5), "5"),
        (rstring(b"x"), b"x"),
        (rbool("false"), True),
        (rbool(rint(0)), True),
        (rclass(""), ""),
        (rtype(True), True),
        (rtype(2**40), 2**40),
    ],
)
def test_value(made: Any, value: object) -> None:
    assert made.val == value == made.getValue()
    assert type(made.val) is type(value)


def test_none_stays_none_except_for_text() -> None:
    assert [make(None) for make in (rint, rlong, rdouble, rtime, rbool)] == [None] * 5
    assert rstring(None) is rtypes.remptystr


def test_small_values_are_shared() -> None:
    assert rint(0) is rint(0)
    assert rlong(0) is rtypes.rlong0
    assert rbool(1) is rtypes.rtrue


def test_equality_needs_the_same_type() -> None:
    assert rint(5) == rint(5)
    assert rint(5) != rlong(5)
    assert rint(5) == omero.RInt(5)
    assert hash(rstring("a")) == hash("a")
    assert rlist(rint(1)) == rlist([rint(1)])
    with pytest.raises(TypeError):
        hash(rlist())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rint("x"), "invalid literal"),
        (lambda: rlist([1]), "Item of wrong type"),
        (lambda: rlist("abc"), "Item of wrong type"),
        (lambda: rmap({1: rint(1)}), "Key of wrong type"),
        (lambda: rmap(a=1), "Value of wrong type"),
        (lambda: rclass(5), "Not string type"),
        (lambda: rtypes.robject(5), "Not IObject type"),
        (lambda: rtypes.rinternal(5), "Not Internal type"),
    ],
)
def test_wrong_values_are_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_a_value_cannot_be_assigned() -> None:
    with pytest.raises(omero.ClientError, match="Cannot write to val"):
        rint(5).val = 6  # type: ignore[union-attr]


@pytest.mark.parametrize("plain", [[1, "a", 2.5, True, None], {"a": [1, {"b": 2**40}]}, "x", [[], {}]])
def test_wrap_and_unwrap(plain: object) -> None:
    assert unwrap(wrap(plain)) == plain


def test_what_contains_itself_keeps_doing_so() -> None:
    plain: list[Any] = []
    plain.append(plain)
    wrapped = wrap(plain)
    assert wrapped.val[0] is wrapped
    again = unwrap(wrapped)
    assert again[0] is again


def test_sets_wrap() -> None:
    assert isinstance(wrap({1}), rtypes.RSetI)
    assert unwrap(wrap({1})) == [1]
    assert rset({rint(1)}).val == [rint(1)]


def test_lists_grow() -> None:
    values = rlist(rint(1))
    values.add(rint(2))
    values.addAll([rint(3)])
    assert (values.size(), unwrap(values), values.get(2).val) == (3, [1, 2, 3], 3)


def test_objects_go_through_unwrap() -> None:
    image = omero.model.ImageI(3)
    assert unwrap([rtypes.robject(image)]) == [image]
    assert unwrap(image) is image


def test_types_without_counterpart_are_refused() -> None:
    with pytest.raises(omero.ClientError, match="Cannot handle conversion from"):
        rtype(object())


def test_parameters_chain() -> None:
    params = ParametersI().page(1, 2).exp(3).grp(4).leaves().addId(5).addIds([6, 7]).addString("s", "x")
    assert unwrap([params.getOffset(), params.getLimit(), params.getExperimenter(), params.getGroup()]) == [1, 2, 3, 4]
    assert isinstance(params.getExperimenter(), rtypes.RLongI)
    assert unwrap(params.map) == {"id": 5, "ids": [6, 7], "s": "x"}
    assert params.getLeaves().val is True
    assert params.getOrphan() is None


def test_parameters_start_empty() -> None:
    params = ParametersI()
    assert (params.map, params.theFilter, params.theOptions) == ({}, None, None)
    assert not params.isPagination()
    assert not params.isExperimenter()
    assert params.noPage().getLimit() is None


def test_times_and_cache_reach_the_wire() -> None:
    params = ParametersI().exp(1).startTime(5).endTime(6).cache()
    assert (params.theFilter.startTime.val, params.theFilter.endTime.val) == (5, 6)
    assert params.theOptions.cacheable.val is True
    assert params.allTimes().isStartTime() is False


def test_proxies_from_strings() -> None:
    image = omero.proxy_to_instance("ImageI:1")
    assert (type(image), image.id.val, image.loaded) == (omero.model.ImageI, 1, False)
    assert isinstance(omero.proxy_to_instance("1", default="Dataset"), omero.model.DatasetI)


@pytest.mark.parametrize("text", ["Foo:1", "Image:1:2", "1", "Details:1", "Length:1"])
def test_wrong_proxies_are_refused(text: str) -> None:
    with pytest.raises(omero.ClientError, match="Correct format is Class:ID"):
        omero.proxy_to_instance(text)


def test_ids_are_numbers() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        omero.proxy_to_instance("Image:x")
