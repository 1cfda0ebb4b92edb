"""Numbers of links per object and owner: the ``CountPerOwner`` maps of objects.

The database has views with these numbers, but a view counts what the caller must not know of. So the links themselves
are counted, through the read filter: a number here is that of the links that the caller would get if he fetched them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from omero_server.model.schema import MODEL, ModelClass, Property
from omero_server.queries.driver import fetch, sql_of
from omero_server.queries.elements import all_of, find_property, tables_of
from omero_server.queries.errors import parameter_error
from omero_server.queries.reader import Reader
from omero_server.security.filter import ReadFilter
from omero_server.sessions.call import Call

__all__ = ["SUFFIX", "counted", "fill_counts", "link_counts"]

SUFFIX = "CountPerOwner"


def counted(cls: ModelClass, name: str) -> Property | None:
    """The links that ``name`` ("annotationLinksCountPerOwner") counts; None when it names no such map of the class."""
    prop = find_property(cls, name.removesuffix(SUFFIX)) if name.endswith(SUFFIX) else None
    if prop is None or prop.kind != "links" or MODEL.classes[prop.type].is_global:
        return None
    return prop


def link_counts(reader: Call | Reader, prop: Property, ids: Iterable[int]) -> dict[int, dict[int, int]]:
    """For each id the number of readable links by the id of their owner; objects without links have an empty map."""
    reader = Reader.of(reader)
    found: dict[int, dict[int, int]] = {id_: {} for id_ in ids}
    if not found:
        return found
    sql = _count_sql(prop.type, prop.inverse or "", reader.filter.shape)
    for id_, owner, number in fetch(reader.db, sql, reader.filter.parameters | {"near": list(found)}):
        found[id_][owner] = number
    return found


@cache
def _count_sql(link: str, inverse: str, shape: str) -> str:
    """Counts the links of a class by the end ``inverse`` and their owner, as far as filters of that shape let them."""
    cls = MODEL.classes[link]
    root, _, clause, _ = tables_of(cls)
    near = root.c[cls.properties[inverse].column or ""]
    wanted = near == any_(bindparam("near", required=False, type_=ARRAY(BigInteger)))
    conditions = all_of(wanted, ReadFilter(shape).condition(cls, root))
    statement = select(near, root.c.owner_id, func.count()).select_from(clause).group_by(near, root.c.owner_id)
    return sql_of(statement.where(wanted if conditions is None else conditions))


def fill_counts(reader: Call | Reader, objects: Iterable[Any], *names: str) -> None:
    """Fill maps like "annotationLinksCountPerOwner" of loaded objects of one class, with one statement per map.

    Raises omero.ApiUsageException when the class has no such map.
    """
    filled = list(objects)
    if not filled:
        return
    cls = MODEL.resolve(type(filled[0]).__name__)
    for name in names:
        prop = counted(cls, name)
        if prop is None:
            raise parameter_error(f"{cls.name} has no map {name!r} of counts.")
        numbers = link_counts(reader, prop, [made._id._val for made in filled])
        for made in filled:
            setattr(made, f"_{name}", numbers[made._id._val])
