"""Queries that nobody sends by accident: too long, too deep, broken on purpose. They are refused, and quickly."""

# ruff: noqa: S608 - this is HQL, not SQL.
from __future__ import annotations

import time
from typing import Any

import pytest

import omero
from omero_server.queries import Reader
from omero_server.queries.compiler import compile_query
from omero_server.queries.errors import HqlError, query_error
from omero_server.queries.functions import FUNCTIONS
from omero_server.queries.parameters import plain
from omero_server.queries.parser import parse
from omero_server.queries.plans import Plans, plan_for
from omero_server.security.filter import UNFILTERED, ReadFilter

NOBODY = frozenset[str]()


class Anonymous(Reader):
    """Somebody without a database: enough to compile for."""

    def __init__(self) -> None:
        super().__init__(None, None, as_server=True)  # type: ignore[arg-type]


def sql(hql: str) -> str:
    return compile_query(hql, UNFILTERED, NOBODY, False).sql


def key(hql: str) -> Any:
    return hql, UNFILTERED.shape, NOBODY, False


@pytest.mark.parametrize(
    "hql",
    [
        "select " + "lower(" * 5000 + "i.name" + ")" * 5000 + " from Image i",
        "select i from Image i where " + "not " * 5000 + "1 = 1",
        "select i from Image i where i.id = " + "- " * 5000 + "1",
        "select i from Image i where i.id = 1" + " + 1" * 5000,
        "select " + "case when 1 = 1 then " * 2000 + "1" + " end" * 2000 + " from Image i",
        "select i from Image i where i.id in "
        + "".join(f"(select a{n}.id from Image a{n} where a{n}.id in " for n in range(500)) + "(1)" + ")" * 500,
    ],
    ids=["functions", "not", "minus", "sum", "case", "sub-queries"],
)  # fmt: skip
def test_what_is_nested_too_deeply_is_refused(hql: str) -> None:
    with pytest.raises(omero.QueryException, match="nested too deeply") as refusal:
        plan_for(hql, Anonymous(), False)
    assert len(refusal.value.message) < 3000


def test_parentheses_and_chains_may_be_long() -> None:
    assert parse("select i from Image i where " + "(" * 10000 + "i.id = 1" + ")" * 10000) is not None
    chain = " or ".join(f"i.id = {n}" for n in range(3000))
    assert sql(f"select i from Image i where {chain}").count(" OR ") == 2999
    page = f"select i from Image i left outer join fetch i.pixels where {chain}"
    assert "LIMIT" in compile_query(page, UNFILTERED, NOBODY, True).sql


def test_time_to_parse_grows_with_the_length() -> None:
    def seconds(terms: int) -> float:
        text = "select i from Image i where " + " and ".join(f"i.name <> 'x{n}'" for n in range(terms))
        started = time.process_time()
        parse(text)
        return time.process_time() - started

    seconds(10)
    assert seconds(4000) < 40 * max(seconds(400), 0.01)


@pytest.mark.parametrize("quotes", ["'" * 100_001, "'" + "x''" * 50_000, '"' + "x" * 200_000])
def test_texts_without_end_are_found_at_once(quotes: str) -> None:
    started = time.process_time()
    with pytest.raises(HqlError, match=r"closing quote|unexpected"):
        parse(f"select i from Image i where i.name = {quotes}")
    assert time.process_time() - started < 5


def test_messages_quote_only_the_beginning_of_long_queries() -> None:
    with pytest.raises(HqlError) as refusal:
        parse("x" * 1_000_000)
    assert len(query_error("x" * 1_000_000, refusal.value).message) < 5000


@pytest.mark.parametrize("text", ["select 'a\0b' from Image", "select i\0.id from Image i", "\ud800", "from A\udfff"])
def test_characters_that_no_text_has_are_refused(text: str) -> None:
    with pytest.raises(HqlError, match="unexpected character"):
        parse(text)


@pytest.mark.parametrize(
    "value",
    [
        "a\0b", omero.RString("a\0b"), ["ok", "\udfff"], [[1], [2]],
        omero.RList([omero.RList([omero.RLong(1)])]), omero.RSet([omero.RString("\0")]), omero.RMap({}),
    ],
)  # fmt: skip
def test_parameters_that_no_query_can_use_are_refused(value: Any) -> None:
    with pytest.raises(omero.ApiUsageException, match=":p"):
        plain(value, "p")


@pytest.mark.parametrize(
    "hql",
    [
        "select i from Image i where i.name = 'a' -- comment",
        "select i from Image i /* comment */",
        "select i from Image i; drop table image",
        "select i from Image i; select i from Image i",
        "select i from Image \"i; drop table image\"",
        "select i from Image i where i.name = 'a\\' or 1 = 1 --'",
        "select i from Image i order by i.name; delete from image",
        "select i from Image i where i.id = 1::int",
        "select i.id union select 1 from Image i",
        "delete from Image",
        "update Image set name = 'x'",
        "insert into Image (name) select i.name from Image i",
        "select * from Image i",
        "select i.id as \"x\" from Image i",
        "select pg_sleep(10) from Image",
        "select i from Image i where pg_sleep(10) is null",
        "select i from Image i order by pg_sleep(10)",
        "select count(*) from Image i group by pg_advisory_lock(1)",
        "select current_user from Image i",
        "select session_user from Image i",
        "select version() from Image i",
        "select set_config('x', 'y', false) from Image i",
        "select nextval('seq_image') from Image i",
        "select lo_import('/etc/passwd') from Image i",
        "select cast(i.id as regclass) from Image i",
        "from pg_user",
        "from password p",
        "select i.ctid from Image i",
        "select xmin from Image",
    ],
)  # fmt: skip
def test_sql_in_disguise_is_refused(hql: str) -> None:
    with pytest.raises(HqlError):
        sql(hql)


def test_texts_and_names_never_become_sql() -> None:
    evil = "x'; drop table image; --"
    made = sql(f"select evil1.name as evil2 from Image evil1 where evil1.name = '{evil.replace(chr(39), chr(39) * 2)}'")
    assert "drop" not in made and "evil" not in made
    assert "evil" not in sql("select new map(i.id as evil) from Image i where i.id in (:evil) order by evil")
    assert "ä" not in sql("select größe.id as länge from Image größe order by länge")
    assert not [name for name in FUNCTIONS if name.startswith(("pg_", "lo_", "current_user", "set_", "dblink"))]


def test_semicolon_at_the_end_and_other_spellings() -> None:
    assert sql("from Image i where i.id = 1;") == sql("FROM Image i\n\tWHERE i.ID = 1 ;\n")
    assert sql("select count(all i.id) from Image i") == sql("select count(i.id) from Image i")


def test_plans_are_kept_within_bounds() -> None:
    plans = Plans(most=20_000)
    texts = [f"select i.id from Image i where i.series = {n}" for n in range(300)]
    first = plans.find(key(texts[0]))
    assert plans.find(key(texts[0])) is first
    for text in texts[1:]:
        plans.find(key(text))
    assert 10_000 < plans.size <= 20_000
    assert plans.find(key(texts[0])) is not first
    before = plans.size
    plans.find(key("select i from Image i " + " ".join(f"left join fetch i.pixels p{n}" for n in range(9))))
    assert plans.size == before


def test_plans_of_other_callers_differ() -> None:
    plans = Plans()
    hql = "select i.id from Image i"
    shapes = {plans.find((hql, shape, NOBODY, False)).sql for shape in (UNFILTERED.shape, ReadFilter("own").shape)}
    assert len(shapes) == 2
