"""The language of searches: what users of Lucene write, as far as clients need it.

Words, "phrases", ``wild*card?``, ``fuzzy~``, ``field:word``, ``field:(a b)``, ``[a TO b]``, ``AND``, ``OR``, ``NOT``,
``+`` and ``-``. Words are runs of letters and digits, upper and lower case are one; without an operator any of the
words will do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TypeAlias

__all__ = ["Clause", "Group", "Node", "Range", "SearchError", "Word", "parse_search"]

TOKEN = re.compile(
    r"""\s*(?:(?P<open>\()|(?P<close>\))(?:\^[\d.]+)?|(?P<and>AND\b|&&)|(?P<or>OR\b|\|\|)|(?P<not>NOT\b|!)
    |(?P<plus>\+)|(?P<minus>-)
    |(?P<range>[\[{]\s*(?P<low>\S+)\s+TO\s+(?P<high>[^\s\]}]+)\s*[\]}])(?:\^[\d.]+)?
    |"(?P<phrase>(?:[^"\\]|\\.)*)"(?:~\d*)?(?:\^[\d.]+)?
    |(?P<field>(?:[^\s()"\[\]{}:^~\\]|\\.)+):
    |(?P<word>(?:[^\s()"\[\]{}:^~\\]|\\.)+)(?P<fuzzy>~[\d.]*)?(?:\^[\d.]+)?)""",
    re.VERBOSE,
)
TOKENS = re.compile(r"[^\W_]+")
EDGE, CHARACTER = "[^[:alnum:]]", "[[:alnum:]]"
DEPTH = 20
LONGEST = 1000


class SearchError(Exception):
    """The text of a search cannot be understood; the message tells why."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word or phrase: ``pattern`` is a regular expression of PostgreSQL that texts with it match in any case.

    field: where to look; None for everywhere.
    """

    pattern: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """Values of a field from low to high, both included; None for no limit."""

    low: str | None
    high: str | None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a group: occur is "must", "not" or "may"."""

    occur: str
    node: Node


@dataclass(frozen=True, slots=True)
class Group:
    """All of what must be, none of what must not, and if nothing must be any of the rest."""

    clauses: tuple[Clause, ...]


Node: TypeAlias = Word | Range | Group


def parse_search(text: str, leading_wildcard: bool = False) -> Group:
    """What is searched for. Raises SearchError."""
    if len(text) > LONGEST:
        raise SearchError(f"it has {len(text)} characters, {LONGEST} are the most")
    parser = _Parser(text, leading_wildcard)
    group = parser.group(None, 0)
    if parser.kind:
        raise SearchError(f"a ')' too many at position {parser.at + 1}")
    if not any(c.occur != "not" for c in group.clauses):
        raise SearchError("it contains no word to look for")
    return group


class _Parser:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str, leading_wildcard: bool) -> None:
        self.text = text
        self.leading_wildcard = leading_wildcard
        self.at = self.end = 0
        self.kind = ""
        self.match: re.Match[str] | None = None
        self.advance()

    def advance(self) -> None:
        """Go to the next token; kind is empty at the end."""
        self.at = self.end
        if not self.text[self.end :].strip():
            self.kind, self.match = "", None
            return
        match = TOKEN.match(self.text, self.end)
        if match is None:
            raise SearchError(f"unexpected {self.text[self.end :].strip()[0]!r} at position {self.end + 1}")
        names = ("open", "close", "and", "or", "not", "plus", "minus", "range", "phrase", "field", "word")
        self.kind = next(name for name in names if match[name] is not None)
        self.match, self.end = match, match.end()

    def group(self, field: str | None, depth: int) -> Group:
        """Clauses up to the end or a closing parenthesis."""
        if depth > DEPTH:
            raise SearchError("too many parentheses inside each other")
        clauses: list[Clause] = []
        while self.kind not in ("", "close"):
            joined = self.kind if self.kind in ("and", "or") else ""
            if joined:
                self.advance()
            occur = self._occur()
            node = self._node(field, depth)
            if joined == "and":
                if clauses and clauses[-1].occur == "may":
                    clauses[-1] = replace(clauses[-1], occur="must")
                occur = "must" if occur == "may" else occur
            if node is not None:
                clauses.append(Clause(occur, node))
        return Group(tuple(clauses))

    def _occur(self) -> str:
        occur = "may"
        while self.kind in ("plus", "minus", "not"):
            occur = "must" if self.kind == "plus" else "not"
            self.advance()
        return occur

    def _node(self, field: str | None, depth: int) -> Node | None:
        """A word, range or group; None for a word without letters and digits."""
        match, kind = self.match, self.kind
        if match is None or kind in ("close", "and", "or"):
            raise SearchError(f"a word is expected at position {self.at + 1}")
        self.advance()
        if kind == "field":
            return self._node(_unescaped(match["field"]), depth)
        if kind == "open":
            group = self.group(field, depth + 1)
            if self.kind != "close":
                raise SearchError("a ')' is missing")
            self.advance()
            return group if group.clauses else None
        if kind == "range":
            return Range(_limit(match["low"]), _limit(match["high"]), field)
        pattern = (
            _phrase(match["phrase"]) if kind == "phrase" else self._word(match["word"], match["fuzzy"] is not None)
        )
        return None if pattern is None else Word(pattern, field)

    def _word(self, word: str, fuzzy: bool) -> str | None:
        plain = re.sub(r"\\.", "", word)
        if "*" in plain or "?" in plain:
            if not plain.strip("*?"):
                raise SearchError("a wildcard needs letters or digits in front")
            if plain[0] in "*?" and not self.leading_wildcard:
                raise SearchError(f"{word!r} begins with a wildcard, which is not allowed")
            return _bounded(_wild(word))
        tokens = TOKENS.findall(_unescaped(word))
        if fuzzy and len(tokens) == 1:
            return _bounded(_fuzzy(tokens[0]))
        return _phrase(word)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _limit(text: str) -> str | None:
    return None if text == "*" else _unescaped(text)


def _bounded(pattern: str) -> str:
    return f"(^|{EDGE}){pattern}({EDGE}|$)"


def _phrase(text: str) -> str | None:
    tokens = TOKENS.findall(_unescaped(text))
    return _bounded(f"{EDGE}+".join(tokens)) if tokens else None


def _wild(word: str) -> str:
    """A pattern for a word with wildcards, which stand for letters and digits only."""
    parts = re.findall(r"\\.|.", word)
    wild = {"*": f"{CHARACTER}*", "?": CHARACTER}
    return "".join(wild.get(part) or _literal(part[-1]) for part in parts)


def _literal(character: str) -> str:
    return character if character.isalnum() else f"\\{character}"


def _fuzzy(token: str) -> str:
    """A pattern for a word with at most one letter wrong, missing or too many."""
    changed = [f"{token[:n]}{CHARACTER}{{0,2}}{token[n + 1 :]}" for n in range(len(token))]
    return f"({'|'.join(changed)})"
