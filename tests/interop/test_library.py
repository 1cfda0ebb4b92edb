"""Our client library has what the official one has."""

from __future__ import annotations

import re
from typing import Any

import pytest

import omero
import omero.model
from omero.gateway import BlitzGateway
from tests.interop.conftest import Official

# Of the official library's inner workings, or about deprecations that this one has not.
OWN_BUSINESS = {"_field_info_data", "_field_info_type", "_ice_type", "deprecations_warned", "warn_of_deprecation"}
# The official factors of these are wrong (docs/deviations.md).
WRONG = {"MILLITORR", "THOU"}
INNER = re.compile(r"\(select (\w+) from [^)]*\)")


@pytest.fixture(scope="module")
def library(official: Official) -> Any:
    return official.script("library")


def test_members_of_model_classes(library: Any) -> None:
    assert len(library["members"]) == 171
    for name, members in library["members"].items():
        cls = getattr(omero.model, name)
        assert {member for member in members if not hasattr(cls, member)} <= OWN_BUSINESS, name
        texts = {member: value for member, value in members.items() if value is not None}
        assert {member: getattr(cls, member) for member in texts} == texts, name


def test_unit_conversions(library: Any) -> None:
    for name, pairs in library["conversions"].items():
        cls = getattr(omero.model, f"{name}I")
        assert len(pairs) == sum(len(cls.CONVERSIONS[unit]) for unit in cls.UNIT_VALUES)
        for source, target, value in pairs:
            if not {source, target} & WRONG:
                ours = cls(cls(library["value"], source), target).getValue()
                assert ours == pytest.approx(value, rel=1e-12, abs=1e-12), (source, target)


def test_queries_of_the_gateway(library: Any) -> None:
    conn = BlitzGateway("nobody", "nothing", host="localhost")
    for kind, opts, text, names in library["queries"]:
        ours, params, _wrapper = conn.buildQuery(kind, opts=opts)
        assert (_clauses(ours), sorted(params.map)) == (_clauses(text), names), kind
    for kind, text in library["plain"].items():
        assert conn.buildQuery(kind)[0] == text, kind
    conn.c.closeSession()


def _clauses(query: str) -> list[str]:
    """What a query joins, demands and orders by, in any order; names of inner queries do not matter."""
    query = " ".join(query.split()).replace("( ", "(").replace(" )", ")")
    query = INNER.sub(lambda found: re.sub(rf"\b(as )?{found[1]}\b", "x", found[0]), query)
    head, _where, rest = query.partition(" where ")
    joins = re.split(r" (?=(?:left outer )?join )", head)
    return sorted([*joins, *rest.replace(" order by ", " and ").split(" and ")])
