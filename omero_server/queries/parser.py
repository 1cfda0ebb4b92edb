"""Query text to syntax tree."""

from __future__ import annotations

from functools import cache
from pathlib import Path as FilePath

from lark import Lark, Token, UnexpectedCharacters, UnexpectedInput
from lark.exceptions import VisitError

from omero_server.queries import ast
from omero_server.queries.driver import UNSTORABLE
from omero_server.queries.errors import HqlError
from omero_server.queries.trees import TreeBuilder

__all__ = ["parse"]

READABLE = {"LPAR": "'('", "RPAR": "')'", "COMMA": "','", "DOT": "'.'", "COLON": "':'", "$END": "the end",
            "FETCH_ALL": "fetch all properties", "NAME": "a name", "QMARK": "'?'", "LSQB": "'['", "STRING": "a text",
            "NUMBER": "a number", "COMPARE": "a comparison"}  # fmt: skip
SHOWN_TOKENS = 8


def parse(text: str) -> ast.Query:
    """The tree of a query. Raises HqlError where the text breaks the grammar."""
    unstorable = UNSTORABLE.search(text)
    if unstorable is not None:
        raise HqlError(unstorable.start(), f"unexpected character {unstorable.group()!r}")
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        raise _syntax_error(text, error) from None
    try:
        built: ast.Query = TreeBuilder().transform(tree)
    except VisitError as error:
        if isinstance(error.orig_exc, HqlError):
            raise error.orig_exc from None
        raise
    return built


@cache
def _parser() -> Lark:
    grammar = FilePath(__file__).with_name("hql.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", propagate_positions=True, maybe_placeholders=True)


def _syntax_error(text: str, error: UnexpectedInput) -> HqlError:
    at = error.pos_in_stream if error.pos_in_stream is not None and error.pos_in_stream >= 0 else len(text)
    token = getattr(error, "token", None)
    if isinstance(token, Token) and token.type == "$END":
        at, problem = len(text), "the query ends too early"
    elif isinstance(error, UnexpectedCharacters):
        quoted = text[at : at + 1] in ("'", '"')
        problem = "a text without a closing quote" if quoted else f"unexpected character {text[at : at + 1]!r}"
    else:
        problem = f"unexpected {str(token)!r}"
    wanted: set[str] = set(getattr(error, "allowed", None) or getattr(error, "expected", None) or ())
    names = sorted(READABLE.get(name, name.replace("_", " ").lower()) for name in wanted)
    few = 0 < len(names) <= SHOWN_TOKENS
    hint = f"Expected one of: {', '.join(names)}." if few else "A name, value or condition is expected here."
    return HqlError(at, problem, hint)
