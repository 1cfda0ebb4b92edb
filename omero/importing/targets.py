"""Where images go, from what people write.

    12, Dataset:12, Dataset:id:12            a dataset, or screen, by id
    Dataset:name:Cells, Screen:@name:"S 1"   by name, in the current group
    Project:name:P/Dataset:name:D            a dataset that is then in that project
    regex:^.*/(?<Container1>[^/]*)           named by each fileset's folder; the server looks for it

A name, or `+name`, stands for the newest container of this name, `-name` for the oldest, `%name` for the only one;
`@name` makes a new one in any case. What does not exist is made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import omero
import omero.model
from omero.rtypes import rstring
from omero.sys.parameters import ParametersI

__all__ = ["Destination", "TargetError", "find_destination", "find_target"]

_WRITTEN = re.compile(r"(?P<cls>[A-Za-z]+):(?:(?P<how>[-+%@]?name|id):)?(?P<what>.+)", re.DOTALL)
_NESTED = re.compile(r"(?P<project>Project:.+)/(?P<dataset>Dataset:.+)", re.DOTALL)
_TEMPLATE = re.compile(r"regex:(?:[-+%@]?name:)?.*\(\?P?<Container1>.*", re.DOTALL)
_QUERIES = {
    "Dataset": "select o from Dataset o where o.name = :name order by o.id desc",
    "Project": "select o from Project o where o.name = :name order by o.id desc",
    "Screen": "select o from Screen o where o.name = :name order by o.id desc",
}
_CONTENT = "select l.child.id from ProjectDatasetLink l where l.parent.id = :id"


class TargetError(ValueError):
    """A target that cannot be used: what was written, and why."""


@dataclass(frozen=True)
class Destination:
    """A container, unloaded, or a template (`regex:...`) that names one for each fileset; or nothing of both."""

    container: Any = None
    template: str | None = None


@dataclass(frozen=True)
class _Wanted:
    """One container: `how` is "id", or one of "+-%@" for a name."""

    cls: str
    how: str
    what: str


Context = dict[str, str] | None


def find_destination(client: Any, written: str, cls: str = "Dataset", context: Context = None) -> Destination:
    """What a target stands for; containers are made where there are none. `cls` is meant by a bare number.

    context: to send with calls, for another group than the session's.
    TargetError when it is not understood, does not exist (by id) or is not unique (`%name`).
    """
    if written.startswith("regex:"):
        if not _TEMPLATE.fullmatch(written):
            raise TargetError(
                f"The target {written!r} needs a group named Container1, for example regex:^.*/(?<Container1>[^/]+)"
            )
        return Destination(template=written)
    nested = _NESTED.fullmatch(written)
    if nested:
        return Destination(_Finder(client, context).nested(nested["project"], nested["dataset"]))
    wanted = _parsed(f"{cls}:{written}" if written.isdigit() else written, written)
    return Destination(_Finder(client, context).find(wanted))


def find_target(client: Any, written: str, cls: str = "Dataset") -> Any:
    """The container for images as an unloaded object. TargetError as `find_destination`, and for templates."""
    found = find_destination(client, written, cls)
    if found.template is not None:
        raise TargetError(f"The target {written!r} stands for no container: it depends on each fileset.")
    return found.container


def _parsed(text: str, written: str, classes: tuple[str, ...] = ("Dataset", "Screen")) -> _Wanted:
    found = _WRITTEN.fullmatch(text)
    if found is None or found["cls"] not in classes:
        raise TargetError(
            f"The target {written!r} is not understood. Write e.g. 12, Dataset:12, Dataset:name:Cells, "
            "Project:name:P/Dataset:name:D or regex:..."
        )
    what, cls = found["what"], found["cls"]
    if found["how"] in (None, "id"):
        if not (what.isascii() and what.isdigit()):
            raise TargetError(f"{what!r} in the target {written!r} is no id. For a name write {cls}:name:{what}.")
        return _Wanted(cls, "id", what)
    if len(what) > 1 and what[0] == what[-1] == '"':
        what = what[1:-1]
    return _Wanted(cls, found["how"].removesuffix("name") or "+", what)


class _Finder:
    """Finds and makes containers with a client."""

    def __init__(self, client: Any, context: Context) -> None:
        self._query, self._update = client.sf.getQueryService(), client.sf.getUpdateService()
        # Calls without a context of their own send the client's.
        self._context = (context,) if context else ()

    def find(self, wanted: _Wanted, preferred: frozenset[int] = frozenset()) -> Any:
        """`preferred`: ids that win over others of the same name."""
        if wanted.how == "id":
            return self._by_id(wanted.cls, int(wanted.what))
        known = [] if wanted.how == "@" else self._named(wanted.cls, wanted.what)
        known = [one for one in known if one in preferred] or known
        if wanted.how == "%" and len(known) > 1:
            raise TargetError(
                f"There are {len(known)} {wanted.cls}s named {wanted.what!r}, but the target must be the only one."
            )
        if known:
            return _unloaded(wanted.cls, known[-1 if wanted.how == "-" else 0])
        made = getattr(omero.model, f"{wanted.cls}I")()
        made.setName(rstring(wanted.what))
        return _unloaded(wanted.cls, self._update.saveAndReturnObject(made, *self._context).getId().getValue())

    def nested(self, project: str, dataset: str) -> Any:
        """The dataset, in the project. A dataset of the name that is in the project already comes before others."""
        written = f"{project}/{dataset}"
        wishes = _parsed(project, written, ("Project",)), _parsed(dataset, written, ("Dataset",))
        outer = self.find(wishes[0])
        rows = self._query.projection(_CONTENT, ParametersI().addId(outer.getId().getValue()), *self._context)
        content = frozenset(row[0].getValue() for row in rows)
        inner = self.find(wishes[1], content)
        if inner.getId().getValue() not in content:
            link = omero.model.ProjectDatasetLinkI()
            link.setParent(outer)
            link.setChild(inner)
            self._update.saveObject(link, *self._context)
        return inner

    def _by_id(self, cls: str, container: int) -> Any:
        try:
            found = self._query.find(cls, container, *self._context)
        except omero.SecurityViolation:
            found = None
        if found is None:
            raise TargetError(f"There is no {cls} {container} that you can see.")
        return _unloaded(cls, container)

    def _named(self, cls: str, name: str) -> list[int]:
        """Ids of the containers with a name that the user may put something into, the newest first."""
        found = self._query.findAllByQuery(_QUERIES[cls], ParametersI().addString("name", name), *self._context)
        return [one.getId().getValue() for one in found if one.getDetails().getPermissions().canLink()]


def _unloaded(cls: str, container: int) -> Any:
    return getattr(omero.model, f"{cls}I")(container, False)
