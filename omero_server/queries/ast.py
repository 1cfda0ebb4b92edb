"""What the parser makes of a query: a tree of small immutable nodes.

``at`` is the offset of the node's first character in the query's text, for error messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

__all__ = [
    "AllItems", "Between", "Binary", "Call", "Case", "Cast", "Exists", "Expression", "In", "IsEmpty", "IsNull",
    "IsTruth", "Items", "Join", "Like", "Literal", "MemberOf", "NewRow", "Order", "Parameter", "Path", "Place",
    "Quantified", "Query", "Selected", "Source", "SubQuery", "Unary",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: text, number, boolean or None."""

    at: int
    value: str | int | float | bool | None
    long: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """``:name``; ``?1`` has the name "1", and the first ``?`` without a number the name "0"."""

    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Path:
    """``image.details.owner.id``; also a single name, which may be an alias, a property or a class."""

    at: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """``collection[place].names``: the element at a place of an ordered list, and what is asked of it."""

    at: int
    collection: Path
    place: Expression
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Binary:
    """``left op right``; op in lower case: or, and, =, <>, <, <=, >, >=, +, -, *, /, %, ||."""

    at: int
    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Unary:
    """``not x`` or ``-x``."""

    at: int
    op: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class AllItems:
    """The star of ``count(*)``."""

    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """``name(arguments)``, name in lower case; distinct inside an aggregate."""

    at: int
    name: str
    arguments: tuple[Expression, ...]
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Cast:
    """``cast(operand as type)``."""

    at: int
    operand: Expression
    type: str


@dataclass(frozen=True, slots=True)
class Case:
    """``case [operand] when .. then .. else .. end``."""

    at: int
    operand: Expression | None
    branches: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression | None


@dataclass(frozen=True, slots=True)
class SubQuery:
    """A query in parentheses used as a value."""

    at: int
    query: Query


@dataclass(frozen=True, slots=True)
class Items:
    """``a, b, c`` in parentheses."""

    at: int
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class In:
    """``operand [not] in choices``."""

    at: int
    operand: Expression
    choices: Expression
    negated: bool


@dataclass(frozen=True, slots=True)
class Between:
    """``operand [not] between low and high``."""

    at: int
    operand: Expression
    low: Expression
    high: Expression
    negated: bool


@dataclass(frozen=True, slots=True)
class Like:
    """``operand [not] like pattern [escape character]``; ``anycase`` for ilike."""

    at: int
    operand: Expression
    pattern: Expression
    escape: str | None
    anycase: bool
    negated: bool


@dataclass(frozen=True, slots=True)
class IsNull:
    """``operand is [not] null``."""

    at: int
    operand: Expression
    negated: bool


@dataclass(frozen=True, slots=True)
class IsEmpty:
    """``collection is [not] empty``."""

    at: int
    operand: Expression
    negated: bool


@dataclass(frozen=True, slots=True)
class IsTruth:
    """``operand is [not] true`` or ``false``: unlike a comparison never null."""

    at: int
    operand: Expression
    truth: bool
    negated: bool


@dataclass(frozen=True, slots=True)
class MemberOf:
    """``operand [not] member of collection``."""

    at: int
    operand: Expression
    collection: Expression
    negated: bool


@dataclass(frozen=True, slots=True)
class Exists:
    """``exists (query)`` or ``exists elements(collection)``."""

    at: int
    operand: Expression


@dataclass(frozen=True, slots=True)
class Quantified:
    """``all (query)``, ``any (query)`` or ``some (query)`` on the right of a comparison."""

    at: int
    quantifier: str
    operand: Expression


Expression: TypeAlias = (
    Literal | Parameter | Path | Place | Binary | Unary | AllItems | Call | Cast | Case | SubQuery | Items | In
    | Between | Like | IsNull | IsEmpty | IsTruth | MemberOf | Exists | Quantified
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Selected:
    """One item of a select list."""

    expression: Expression
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class NewRow:
    """``new map(...)`` or ``new list(...)`` as the whole select list."""

    at: int
    items: tuple[Selected, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class Source:
    """``Class [as] alias``, or ``in (path) alias`` as a path of several names."""

    at: int
    names: tuple[str, ...]
    alias: str | None


@dataclass(frozen=True, slots=True)
class Join:
    """A join along a path; ``fetch`` loads what is joined into the result.

    outer keeps rows that have no partner; reverse ("right", "full") keeps partners that have no row, too.
    """

    at: int
    path: Path
    alias: str | None
    outer: bool
    fetch: bool
    condition: Expression | None = None
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """One item of ``order by``; nulls is "first", "last" or None."""

    expression: Expression
    descending: bool
    nulls: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query or sub-query. Without a select list (None) it selects its first source.

    Only a query that breaks off before its from clause has no sources.
    """

    at: int
    select: tuple[Selected, ...] | NewRow | None
    distinct: bool
    sources: tuple[Source | Join, ...]
    where: Expression | None = None
    group: tuple[Expression, ...] = ()
    having: Expression | None = None
    order: tuple[Order, ...] = ()
