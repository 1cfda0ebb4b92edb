"""Queries have their limits: of time, of size, of what a parameter may be."""

# ruff: noqa: S608 - this is HQL, not SQL.
from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

import omero
from omero_server.queries import Reader, project, run
from tests.support.instance import fresh_root
from tests.support.lab import Lab, open_lab
from tests.support.scene import Scene

IMAGES = [
    ("alpha", 0, True, datetime(2024, 5, 6)),
    ("beta", 1, False, datetime(2024, 5, 8)),
    ("gamma", 2, None, datetime(2024, 5, 9)),
    ("delta", 0, False, datetime(2025, 5, 6)),
    ("5", 1, True, datetime(2025, 5, 7)),
    ("omega", 5, None, datetime(2025, 5, 8)),
]
PRODUCT = "select count(*) from " + ", ".join(f"AdminPrivilege a{n}" for n in range(16))


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with fresh_root() as root, open_lab(root) as lab:
        ann, group = lab.scene.users["ann"], lab.scene.groups["RA"]
        with lab.database.begin() as db:
            for name, series, archived, date in IMAGES:
                values = {"name": name, "series": series, "archived": archived, "acquisitiondate": date}
                Scene(db).add("image", ann, group, **values)
        yield lab


def ask(lab: Lab, hql: str, params: dict[str, Any] | None = None) -> list[Any]:
    with lab.call("ann", "RA", writable=False) as call:
        return run(call, hql, params)


@pytest.mark.parametrize("user", ["ann", "root"])
def test_query_that_takes_too_long_is_stopped(lab: Lab, user: str) -> None:
    lab.config.set("omero.query.timeout", "1" if user == "ann" else "900")
    lab.config.set("omero.query.timeout.admin", "1" if user == "root" else "900")
    started = time.monotonic()
    with pytest.raises(omero.OverUsageException, match="took too long"), lab.call(user, "RA", False) as call:
        run(call, PRODUCT)
    assert 0.9 < time.monotonic() - started < 20


def test_time_limit_is_that_of_the_caller(lab: Lab) -> None:
    lab.config.set("omero.query.timeout", "7")
    lab.config.set("omero.query.timeout.admin", "0")
    limits = {}
    for user in ("ann", "root"):
        with lab.call(user, "RA", writable=False) as call:
            limits[user] = Reader.of(call).time_limit
    with lab.call("ann", "RA", writable=True) as call:
        assert (limits, Reader.of(call).time_limit) == ({"ann": 7, "root": 0}, 0)


def test_time_limit_ends_with_the_transaction(lab: Lab) -> None:
    lab.config.set("omero.query.timeout", "7")
    with lab.call("ann", "RA", writable=False) as call:
        run(call, "from Image")
        assert call.db.exec_driver_sql("SHOW statement_timeout").scalar() == "7s"
    assert lab.value("SHOW statement_timeout") == "0"


def test_lists_may_be_long(lab: Lab) -> None:
    hql = "select i.id from Image i where i.id in (:ids)"
    assert len(ask(lab, hql, {"ids": omero.RList([omero.RLong(n) for n in range(100_000)])})) == len(IMAGES)
    literals = ", ".join(map(str, range(5000)))
    assert len(ask(lab, f"select i.id from Image i where i.id in ({literals})")) == len(IMAGES)


def test_limits_of_the_database_are_errors_of_the_query(lab: Lab) -> None:
    with pytest.raises(omero.QueryException, match="target lists can have at most"):
        ask(lab, "select " + ", ".join(f"i.id + {n}" for n in range(2000)) + " from Image i")
    with pytest.raises(omero.QueryException, match="more than one row"):
        ask(lab, "select i.id from Image i where i.id = (select j.id from Image j)")


def test_class_of_objects_that_have_but_one_can_be_grouped_and_sorted_by(lab: Lab) -> None:
    assert ask(lab, "select i.class, count(*) from Image i group by i.class order by i.class") == [
        ("ome.model.core.Image", len(IMAGES))
    ]
    assert ask(lab, "select count(*) from Pixels p where p.id < 0 group by p.class") == []


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        ("i.name = :p", omero.RLong(5), [5]),
        ("i.name in (:p)", omero.RList([omero.RInt(5), omero.RString("omega")]), [5, 6]),
        ("i.name like :p", omero.RInt(5), [5]),
        ("i.archived = :p", omero.RInt(1), [1, 5]),
        ("i.acquisitionDate < :p", omero.RLong(int(datetime(2024, 5, 7).timestamp() * 1000)), [1]),
        ("i.acquisitionDate < :p", omero.RTime(int(datetime(2024, 5, 7).timestamp() * 1000)), [1]),
        ("i.series in (:p)", omero.RSet([omero.RLong(5)]), [6]),
        ("i.series in (:p)", omero.RInt(5), [6]),
        ("i.series = :p", omero.RList([omero.RInt(5)]), [6]),
        ("i.archived in (:p)", omero.RArray([omero.RBool(False)]), [2, 4]),
        ("i.id in (:p)", omero.RList([]), []),
        ("i.id not in (:p)", omero.RList([]), [1, 2, 3, 4, 5, 6]),
        ("i.id = :p", omero.RObject(omero.model.Image(_id=omero.RLong(3))), [3]),
        ("i in (:p)", omero.RList([omero.RObject(omero.model.Image(_id=omero.RLong(3)))]), [3]),
    ],
)  # fmt: skip
def test_parameters_of_all_types(lab: Lab, condition: str, value: Any, expected: list[int]) -> None:
    with lab.call("ann", "RA", writable=False) as call:
        rows = project(call, f"select i.id from Image i where {condition} order by i.id", {"p": value})
    assert [row[0]._val for row in rows] == expected
