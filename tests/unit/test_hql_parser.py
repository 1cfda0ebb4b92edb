"""The grammar of queries: what is a keyword where, what binds tighter, where errors are."""

from __future__ import annotations

import pytest

from omero_server.queries import ast
from omero_server.queries.errors import HqlError, query_error
from omero_server.queries.parser import parse


def where(text: str) -> ast.Expression:
    """The condition of a query."""
    condition = parse(f"from Image i where {text}").where
    assert condition is not None
    return condition


def shape(node: object) -> object:
    """A tree without positions."""
    if isinstance(node, ast.Binary):
        return (shape(node.left), node.op, shape(node.right))
    if isinstance(node, ast.Unary):
        return (node.op, shape(node.operand))
    if isinstance(node, ast.Path):
        return ".".join(node.names)
    return node.value if isinstance(node, ast.Literal) else type(node).__name__


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a or b and not c", ("a", "or", ("b", "and", ("not", "c")))),
        ("(a or b) and c", (("a", "or", "b"), "and", "c")),
        ("a + b * -c > 1", (("a", "+", ("b", "*", ("-", "c"))), ">", 1)),
        ("a != 'it''s'", ("a", "<>", "it's")),
        ("a = 1.5e3 and b = TRUE and c = 7L", ((("a", "=", 1500.0), "and", ("b", "=", True)), "and", ("c", "=", 7))),
        ("x || y || z = w", ((("x", "||", "y"), "||", "z"), "=", "w")),
        ("not a = b", ("not", ("a", "=", "b"))),
    ],
)
def test_precedence(text: str, tree: object) -> None:
    assert shape(where(text)) == tree


def test_keywords_are_names_after_a_dot_and_after_as() -> None:
    tree = parse(
        "SELECT new map(o.id AS id, o.description as desc, g.name AS group) From FileAnnotation o "
        "JOIN o.details.group AS group LEFT OUTER JOIN FETCH o.annotationLinks as map WHERE map.index = group.id"
    )
    assert isinstance(tree.select, ast.NewRow)
    assert [item.alias for item in tree.select.items] == ["id", "desc", "group"]
    first, second = tree.sources[1:]
    assert isinstance(first, ast.Join) and isinstance(second, ast.Join)
    assert (first.path.names, first.alias) == (("o", "details", "group"), "group")
    assert (first.outer, first.fetch) == (False, False)
    assert (second.alias, second.outer, second.fetch) == ("map", True, True)


def test_all_clauses() -> None:
    tree = parse(
        "select distinct a.x, count(distinct b), (select max(c.y) from C c) as top from A a inner join a.bs b "
        "with b.z is not null, C d where exists (select 1 from D) group by a.x, a.y having count(*) > 2 "
        "order by lower(a.x) desc nulls last, 2"
    )
    assert tree.distinct
    assert isinstance(tree.select, tuple)
    assert [s.alias for s in tree.select] == [None, None, "top"]
    join = tree.sources[1]
    assert isinstance(join, ast.Join) and isinstance(join.condition, ast.IsNull) and join.condition.negated
    assert isinstance(tree.sources[2], ast.Source)
    assert len(tree.group) == 2 and tree.having is not None
    assert [(o.descending, o.nulls) for o in tree.order] == [(True, "last"), (False, None)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a in (:ids)", ast.In),
        ("a not in :ids", ast.In),
        ("a in (select b.id from B b)", ast.In),
        ("a not between 1 and 2", ast.Between),
        ("a like '%x!%' escape '!'", ast.Like),
        ("a.bs is not empty", ast.IsEmpty),
        (":p not member of a.bs", ast.MemberOf),
        ("not exists elements(a.bs)", ast.Unary),
    ],
)
def test_conditions(text: str, kind: type) -> None:
    assert isinstance(where(text), kind)


def test_case_with_and_without_else() -> None:
    for text, otherwise in (("case when a = 1 then 'x' else 'y' end", "y"), ("case a when 1 then 'x' end", None)):
        case = where(f"{text} = b")
        assert isinstance(case, ast.Binary)
        case = case.left
        assert isinstance(case, ast.Case)
        assert (case.otherwise.value if isinstance(case.otherwise, ast.Literal) else None) == otherwise
        assert len(case.branches) == 1


def test_thousands_of_alternatives_parse() -> None:
    tree = parse("from Image i where " + " or ".join(f"i.id = {n}" for n in range(3000)))
    assert isinstance(tree.where, ast.Binary)


@pytest.mark.parametrize(
    ("text", "at", "problem"),
    [
        ("selec i from Image i", 0, "unexpected 'selec'"),
        ("select i from Image i where i.id = ", 35, "the query ends too early"),
        ("select i from Image i where i.id = #", 35, "unexpected character '#'"),
        ("select i from Image i; drop table image", 23, "unexpected 'drop'"),
        ("select new thing(i.id) from Image i", 11, "unknown class 'thing' after new"),
    ],
)
def test_errors_have_a_position(text: str, at: int, problem: str) -> None:
    with pytest.raises(HqlError) as caught:
        parse(text)
    assert (caught.value.at, caught.value.problem) == (at, problem)
    assert f"illegal query: {problem} at" in query_error(text, caught.value).message


@pytest.mark.parametrize(
    "word", ["asc", "desc", "else", "end", "escape", "member", "nulls", "then", "when", "group", "Map"]
)
def test_keywords_may_be_aliases_of_joins(word: str) -> None:
    text = "select A.id from Image i join i.pixels{} A left join A.channels c order by A.id desc".replace("A", word)
    trees = [parse(text.format(as_)) for as_ in ("", " as")]
    assert [[source.alias for source in tree.sources] for tree in trees] == [["i", word, "c"]] * 2
    assert trees[0].order[0].descending
