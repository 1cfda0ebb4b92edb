"""Query texts put together from fixed pieces. Values never become text: they are named parameters."""

from __future__ import annotations

from collections.abc import Iterable


def select(
    what: str, kind: str, *, alias: str = "obj", joins: str = "", where: Iterable[str] = (), tail: str = ""
) -> str:
    """``select what from kind alias joins where .. and .. tail``; empty parts are left out."""
    conditions = " and ".join(where)
    parts = ("select", what, "from", kind, alias, joins, conditions and f"where {conditions}", tail)
    return " ".join(part for part in parts if part)


def count_by(link: str, end: str) -> str:
    """Number of links of class ``link`` for each of the objects ``:ids`` at one end (``parent``, ``child``, ..)."""
    return select(
        f"link.{end}.id, count(link.id)",
        link,
        alias="link",
        where=[f"link.{end}.id in (:ids)"],
        tail=f"group by link.{end}.id",
    )


def linked(link: str, end: str, other: str, parameter: str) -> str:
    """A condition: ``obj`` is the ``end`` of a link whose ``other`` end has the id ``:parameter``."""
    inner = select("link.id", link, alias="link", where=[f"link.{end} = obj.id", f"link.{other}.id = :{parameter}"])
    return f"exists ({inner})"


def not_linked(link: str, end: str) -> str:
    """A condition: ``obj`` is not the ``end`` of any link of this class."""
    return f"not exists ({select('link.id', link, alias='link', where=[f'link.{end} = obj.id'])})"


ORPHANED_IMAGE = f"{not_linked('DatasetImageLink', 'child')} and {not_linked('WellSample', 'image')}"
BY_NAME = "order by lower(obj.name), obj.id"
BY_IDS = ("obj.id in (:ids)",)
BY_ID = ("obj.id = :id",)
