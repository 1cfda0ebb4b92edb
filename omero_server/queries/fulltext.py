"""Full-text search without an index, for ``IQuery.findAllByFullText``.

A search becomes one query in HQL, so everything that is looked at passes the read filter. Each word is looked for in
the texts of the objects themselves and in what belongs to them: annotations with their namespaces, pairs and file
names, owner and group, and of images channels, filesets and the folders of ROIs. PostgreSQL reads all these texts once
per word, so the time grows with what the caller may read. What is inside attached files is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from omero_server.model.schema import MODEL, ModelClass
from omero_server.queries.errors import parameter_error
from omero_server.queries.execute import run
from omero_server.queries.lucene import Clause, Group, Node, Range, SearchError, Word, parse_search
from omero_server.queries.reader import Reader
from omero_server.sessions.call import Call

__all__ = ["ROOTS", "Limits", "search"]

ROOTS = ("Image", "Project", "Dataset", "Plate", "Screen", "PlateAcquisition", "Well")
MINUTE = "'YYYYMMDDHH24MI'"
QUOTED = 100
NUMBERS = ("RInt", "RLong", "RFloat", "RDouble")

# How what belongs to an object is reached; {test} is the condition on it.
ANNOTATED = "o.id in (select l.parent.id from {link} l join l.child a where {test})"
TAGGED = "o.id in (select l.parent.id from {link} l join l.child a where a.class = TagAnnotation and {test})"
NESTED = (
    "o.id in (select l.parent.id from {link} l, AnnotationAnnotationLink t join t.child a where l.child = t.parent "
    "and {test})"
)
PAIRED = "o.id in (select l.parent.id from {link} l join l.child a join a.mapValue nv where {test})"
ATTACHED = "o.id in (select l.parent.id from {link} l, FileAnnotation a join a.file f where l.child = a and {test})"
OWNER = "o.details.owner.id in (select e.id from Experimenter e where {test})"
GROUP = "o.details.group.id in (select g.id from ExperimenterGroup g where {test})"
CHANNEL = "o.id in (select p.image.id from Pixels p join p.channels c join c.logicalChannel lc where {test})"
FOLDER = "o.id in (select r.image.id from Roi r join r.folderLinks fl join fl.parent f where {test})"
FILESET = "o.fileset.id in (select s.id from Fileset s where {test})"
ENTRY = "o.fileset.id in (select n.fileset.id from FilesetEntry n where {test})"
ENTRY_FILE = "o.fileset.id in (select n.fileset.id from FilesetEntry n join n.originalFile f where {test})"

Place = tuple[str, tuple[str, ...]]
ANNOTATION_VALUES = ("a.textValue", "a.termValue", "str(a.longValue)", "str(a.doubleValue)")
FIELDS: dict[str, tuple[Place, ...]] = {
    "annotation": ((ANNOTATED, ANNOTATION_VALUES), (PAIRED, ("nv.value",)), (NESTED, ("a.textValue",))),
    "annotation.ns": ((ANNOTATED, ("a.ns",)),),
    "annotation.name": ((ANNOTATED, ("a.name",)),),
    "tag": ((TAGGED, ("a.textValue",)), (NESTED, ("a.textValue",))),
    "term": ((ANNOTATED, ("a.termValue",)),),
    "has_key": ((PAIRED, ("nv.name",)),),
    "file.name": ((ATTACHED, ("f.name",)),),
    "file.path": ((ATTACHED, ("f.path",)),),
    "file.format": ((ATTACHED, ("f.mimetype",)),),
    "file.mimetype": ((ATTACHED, ("f.mimetype",)),),
    "file.hash": ((ATTACHED, ("f.hash",)),),
    "details.owner.omeName": ((OWNER, ("e.omeName",)),),
    "details.owner.firstName": ((OWNER, ("e.firstName",)),),
    "details.owner.lastName": ((OWNER, ("e.lastName",)),),
    "details.group.name": ((GROUP, ("g.name",)),),
    "details.creationEvent.id": (("{test}", ("str(o.details.creationEvent.id)",)),),
    "details.creationEvent.time": (("{test}", (f"to_char(o.details.creationEvent.time, {MINUTE})",)),),
    "details.updateEvent.id": (("{test}", ("str(o.details.updateEvent.id)",)),),
    "details.updateEvent.time": (("{test}", (f"to_char(o.details.updateEvent.time, {MINUTE})",)),),
}
IMAGE_FIELDS: dict[str, tuple[Place, ...]] = {
    "channel.name": ((CHANNEL, ("lc.name",)),),
    "channel.fluor": ((CHANNEL, ("lc.fluor",)),),
    "roi.folder.name": ((FOLDER, ("f.name",)),),
    "fileset.templatePrefix": ((FILESET, ("s.templatePrefix",)),),
    "fileset.entry.clientPath": ((ENTRY, ("n.clientPath",)),),
    "fileset.entry.name": ((ENTRY_FILE, ("f.name",)),),
}


@dataclass(frozen=True)
class Limits:
    """What else is asked of the objects found: ids of owner and group, and creation strictly between two times."""

    owner: int | None = None
    group: int | None = None
    start: datetime | None = None
    end: datetime | None = None


def search(
    reader: Call | Reader, class_name: str, text: str, limits: Limits | None = None,
    *, limit: int | None = None, offset: int | None = None,
) -> list[Any]:  # fmt: skip
    """The readable objects of one of ROOTS that a search in the language of ``lucene`` finds, best matches first.

    Raises omero.ApiUsageException for other classes and for a text that cannot be understood.
    """
    if class_name not in ROOTS:
        raise parameter_error(f"{class_name} cannot be searched by text. Choose one of: {', '.join(ROOTS)}.")
    try:
        wanted = parse_search(text)
        statement = _Statement(MODEL.classes[class_name])
        condition = statement.condition(wanted)
        order = statement.order(wanted)
    except SearchError as error:
        raise parameter_error(f"The search {text[:QUOTED]!r} cannot be understood: {error}.") from None
    conditions = [condition, *statement.limited(limits or Limits())]
    hql = " ".join(["select o from", class_name, "o where", " and ".join(conditions), "order by", order])
    return run(reader, hql, statement.values, limit=limit, offset=offset)


@dataclass
class _Statement:
    """Conditions in HQL on the object ``o`` of a class; ``values`` are the parameters in them."""

    cls: ModelClass
    values: dict[str, Any] = field(default_factory=dict)
    _known: dict[int, str] = field(default_factory=dict)

    def condition(self, node: Node) -> str:
        """The condition for a part of a search."""
        if isinstance(node, Group):
            return self._group(node)
        if id(node) not in self._known:
            self._known[id(node)] = self._word(node) if isinstance(node, Word) else self._range(node)
        return self._known[id(node)]

    def order(self, wanted: Group) -> str:
        """The more of the words are there the better; then by id."""
        choices = [self.condition(clause.node) for clause in wanted.clauses if clause.occur == "may"]
        if len(choices) < 2:
            return "o.id"
        return " + ".join(f"(case when {choice} then 1 else 0 end)" for choice in choices) + " desc, o.id"

    def limited(self, limits: Limits) -> Iterator[str]:
        """The conditions of further limits."""
        given = (
            ("o.details.owner.id =", limits.owner),
            ("o.details.group.id =", limits.group),
            ("o.details.creationEvent.time >", limits.start),
            ("o.details.creationEvent.time <", limits.end),
        )
        return (f"{left} {self._bind(value)}" for left, value in given if value is not None)

    def _group(self, group: Group) -> str:
        def parts(occur: str) -> list[str]:
            return [self.condition(clause.node) for clause in _clauses(group, occur)]

        must = parts("must") or [f"({' or '.join(parts('may') or ['1 = 0'])})"]
        return f"({' and '.join([*must, *(f'{part} is not true' for part in parts('not'))])})"

    def _word(self, word: Word) -> str:
        value = self._bind(word.pattern)
        if word.field == "annotation.type":
            return self._of_type(word)
        return self._anywhere(word.field, lambda text: f"matches({text}, {value})")

    def _range(self, wanted: Range) -> str:
        if wanted.field is None:
            raise SearchError("a range needs a field, as in name:[a TO b]")
        number = self.cls.properties.get(wanted.field)
        numeric = number is not None and number.rtype in NUMBERS
        convert = _number if numeric else str.lower
        bounds = [(op, convert(v)) for op, v in ((">=", wanted.low), ("<=", wanted.high)) if v is not None]
        bound = [(op, self._bind(v)) for op, v in bounds]
        if numeric:
            return f"({' and '.join(f'o.{wanted.field} {op} {v}' for op, v in bound) or '1 = 1'})"
        return self._anywhere(
            wanted.field, lambda text: f"({' and '.join(f'lower({text}) {op} {v}' for op, v in bound) or '1 = 1'})"
        )

    def _anywhere(self, name: str | None, test: Any) -> str:
        """A test of the values of a field, or of all. Another name is the key of a pair."""
        places = self._places(name)
        if not places:
            key = self._bind((name or "").lower())
            return self._placed(PAIRED, f"lower(nv.name) = {key} and {test('nv.value')}")
        return f"({' or '.join(self._placed(around, _any(map(test, texts))) for around, texts in places)})"

    def _places(self, name: str | None) -> list[Place]:
        fields = FIELDS | (IMAGE_FIELDS if self.cls.name == "Image" else {})
        if name not in (None, "combined_fields"):
            own = dict(self._own())
            return [("{test}", (own[name],))] if name in own else list(fields.get(name or "", ()))
        # Values behind the same joins are looked at together.
        texts: dict[str, dict[str, None]] = {"{test}": dict.fromkeys(text for _, text in self._own())}
        for places in fields.values():
            for around, values in places:
                texts.setdefault(around, {}).update(dict.fromkeys(values))
        return [(around, tuple(values)) for around, values in texts.items() if around != TAGGED]

    def _own(self) -> Iterator[tuple[str, str]]:
        """Fields of the object itself."""
        for prop in self.cls.properties.values():
            if prop.rtype == "RString":
                yield prop.name, f"o.{prop.name}"
            elif prop.rtype == "RTime":
                yield prop.name, f"to_char(o.{prop.name}, {MINUTE})"
            elif prop.rtype in NUMBERS:
                yield prop.name, f"str(o.{prop.name})"

    def _of_type(self, word: Word) -> str:
        pattern = word.pattern.replace("[^[:alnum:]]", r"[\W_]").replace("[[:alnum:]]", r"[^\W_]")
        kinds = [c.name for c in MODEL.classes["Annotation"].concrete if re.search(pattern, c.name, re.IGNORECASE)]
        return self._placed(ANNOTATED, f"a.class in ({', '.join(kinds)})") if kinds else "1 = 0"

    def _placed(self, around: str, test: str) -> str:
        return around.format(link=self.cls.properties["annotationLinks"].type, test=test)

    def _bind(self, value: Any) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f":{name}"


def _clauses(group: Group, occur: str) -> list[Clause]:
    return [clause for clause in group.clauses if clause.occur == occur]


def _any(tests: Iterator[str]) -> str:
    return f"({' or '.join(tests)})"


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise SearchError(f"{text!r} is no number") from None
