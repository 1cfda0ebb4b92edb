"""Targets that are named by the folder of a fileset: a comment among the annotations of an import asks for one.

Its namespace is TEMPLATE, its text `regex:PATTERN` or `regex:DISCRIMINATOR:PATTERN`, its description the folder on the
client's machine. The pattern must match the whole folder; what its group `Container1` matches is the name of a dataset,
or of a screen for plates. The discriminator is `name` or `+name` (the newest of this name), `-name` (the oldest),
`%name` (the only one, else none) or `@name` (always a new one).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text

import omero
import omero._generated
import omero.model
from omero_server.db.tables import TABLES
from omero_server.imports.objects import make
from omero_server.imports.references import Enumerations, reference
from omero_server.model.schema import MODEL
from omero_server.queries import run
from omero_server.security.filter import read_filter
from omero_server.security.voter import Action, Subject, allowed
from omero_server.sessions.call import Call

__all__ = ["AUTO_CLOSE", "TEMPLATE", "Named", "find_container", "named_container", "take_special"]

TEMPLATE = "openmicroscopy.org/omero/import/targetTemplate"
AUTO_CLOSE = "openmicroscopy.org/omero/import/autoClose"
GROUP = "Container1"
SECONDS = 3
LONGEST = 4096
_WRITTEN = re.compile(r"regex:(?:(?P<choice>[-+%@]?)name:)?(?P<pattern>.+)", re.DOTALL)
# A pattern may take for ever. In a program of its own it can be stopped, and nobody else waits for it.
_MATCHER = """
import json, re, sys
pattern, folder, group = json.load(sys.stdin)
found = re.fullmatch(pattern, folder)
json.dump(found[group] if found else None, sys.stdout)
"""


@dataclass(frozen=True, slots=True)
class Named:
    """A container by its name; `choice` is one of "+-%@"."""

    name: str
    choice: str


def take_special(call: Call, settings: Any) -> list[Any]:
    """Take those annotations out of the settings that tell the server something and belong on no image; loaded."""
    given = [one for one in settings.userSpecifiedAnnotationList or () if one is not None]
    stored = [one._id._val for one in given if not one._loaded and one._id is not None]
    query = "select a from CommentAnnotation a where a.id in (:ids) and a.ns in (:spaces)"
    known = run(call, query, {"ids": stored, "spaces": [TEMPLATE, AUTO_CLOSE]}) if stored else []
    ids = {one._id._val for one in known}
    fresh = [one for one in given if one._loaded and _text(one._ns) in (TEMPLATE, AUTO_CLOSE)]
    settings.userSpecifiedAnnotationList = [
        one for one in given if one not in fresh and (one._id is None or one._id._val not in ids)
    ]
    return fresh + known


def named_container(settings: Any, special: Sequence[Any]) -> Named | None:
    """The container that an import asks for; None without a wish, or when the pattern does not match the folder.

    ApiUsageException for a pattern that is wrong, or takes too long.
    """
    asked = [one for one in special if _text(one._ns) == TEMPLATE]
    if not asked or settings.userSpecifiedTarget is not None:
        return None
    chosen = max(asked, key=lambda one: -1 if one._id is None else one._id._val)
    written, folder = _text(getattr(chosen, "_textValue", None)), _text(chosen._description)
    found = _WRITTEN.fullmatch(written)
    if found is None or len(written) > LONGEST or len(folder) > LONGEST:
        raise _bad(written, "write regex:PATTERN, or regex:+name:PATTERN, with at most 4096 characters")
    name = _match(found["pattern"], folder.replace("\\", "/"), written)
    return Named(name, found["choice"] or "+") if name else None


def _match(pattern: str, folder: str, written: str) -> str | None:
    pattern = re.sub(r"\(\?<(?=[A-Za-z])", "(?P<", pattern)
    try:
        if GROUP not in re.compile(pattern).groupindex:
            raise _bad(written, f"the pattern needs a group named {GROUP}")
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _MATCHER],
            input=json.dumps([pattern, folder, GROUP]), capture_output=True, text=True, timeout=SECONDS, check=True,
        )  # fmt: skip
    except (re.error, OverflowError, RecursionError) as error:
        raise _bad(written, f"the pattern is wrong: {error}") from None
    except subprocess.TimeoutExpired:
        raise _bad(written, "the pattern takes too long; make it simpler") from None
    found = json.loads(done.stdout)
    return None if found is None else str(found)


def find_container(call: Call, enums: Enumerations, cls: str, wanted: Named) -> Any:
    """The Dataset or Screen to link to: a reference, or a new object; None if `%` finds several."""
    if wanted.choice != "@":
        # Imports that run side by side must not make the same container twice.
        key = f"{cls}:{call.caller.event_group}:{wanted.name}"
        call.db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
        known = _linkable(call, cls, wanted.name)
        if wanted.choice == "%" and len(known) > 1:
            return None
        if known:
            return reference(cls, known[-1 if wanted.choice == "-" else 0])
    return make(enums, cls, name=wanted.name)


def _linkable(call: Call, cls: str, name: str) -> list[int]:
    """Ids of containers of the import's group that the caller may link to, the newest first."""
    kind = MODEL.classes[cls]
    table, group = TABLES[kind.table], TABLES["experimentergroup"]
    chosen = select(table.c.id, table.c.owner_id, table.c.group_id, group.c.permissions)
    chosen = chosen.join(group, group.c.id == table.c.group_id).order_by(table.c.id.desc())
    chosen = chosen.where(table.c.name == name, table.c.group_id == call.caller.event_group)
    rule = read_filter(call.caller, call.db)
    condition = rule.condition(kind, table)
    rows = call.db.execute(chosen if condition is None else chosen.where(condition), rule.parameters)
    return [
        row.id for row in rows
        if allowed(call.caller, Action.LINK, Subject(kind, row.owner_id, row.group_id, row.permissions))
    ]  # fmt: skip


def _text(value: Any) -> str:
    return "" if value is None else str(value._val or "")


def _bad(written: str, why: str) -> omero.ApiUsageException:
    return omero.ApiUsageException(message=f"The target template {written!r} cannot be used: {why}.")
