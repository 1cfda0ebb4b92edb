"""Map annotations that are the same where some of their keys, the primary ones, have the same values."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any

import omero.model
import omero.sys
from omero.rtypes import unwrap

__all__ = ["CanonicalMapAnnotation", "MapAnnotationManager", "MapAnnotationPrimaryKeyException", "log"]

log = logging.getLogger("omero.util.metadata_mapannotations")

Pair = tuple[str, str]
Primary = tuple[str | None, frozenset[Pair]]


class MapAnnotationPrimaryKeyException(Exception):
    """An annotation has not all primary keys."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class CanonicalMapAnnotation:
    """One map annotation, what makes it unique, and the objects that it shall be put on."""

    def __init__(self, ma: Any, primary_keys: Iterable[str] | None = None) -> None:
        """``ma``: MapAnnotationI. Without ``primary_keys`` it is like no other.

        Raises MapAnnotationPrimaryKeyException when a primary key is missing, ValueError when a pair comes twice.
        """
        self.ma = ma
        self.ns = unwrap(ma.ns)
        self.parents: set[tuple[str, int]] = set()
        pairs = [(each.name, each.value) for each in ma.getMapValue() or []]
        self.kvpairs, self.primary = self.process_keypairs(pairs, primary_keys)

    def process_keypairs(
        self, kvpairs: Sequence[Pair], primary_keys: Iterable[str] | None
    ) -> tuple[list[Pair], Primary | None]:
        """The pairs, and what makes them unique: the namespace and the pairs with primary keys; None without any."""
        if len(set(kvpairs)) != len(kvpairs):
            raise ValueError(f"Duplicate key-value pairs found: {list(kvpairs)}")
        keys = set(primary_keys or ())
        missing = keys - {key for key, _ in kvpairs}
        if missing:
            raise MapAnnotationPrimaryKeyException(f"Missing primary key fields: {missing}")
        found = frozenset(pair for pair in kvpairs if pair[0] in keys)
        return list(kvpairs), (self.ns, found) if found else None

    def merge(self, other: CanonicalMapAnnotation) -> None:
        """Take over the pairs that are not there yet, and the objects."""
        self.kvpairs += [pair for pair in other.kvpairs if pair not in self.kvpairs]
        self.merge_parents(other)

    def merge_parents(self, other: CanonicalMapAnnotation) -> None:
        """Take over the objects."""
        self.parents |= other.parents

    def add_parent(self, parenttype: str, parentid: int) -> None:
        """Put it on one more object: ``"Image", 5``."""
        self.parents.add((str(parenttype), int(parentid)))

    def get_mapann(self) -> Any:
        """The MapAnnotationI, with all pairs."""
        self.ma.setMapValue([omero.model.NamedValue(*pair) for pair in self.kvpairs])
        return self.ma

    def get_parents(self) -> set[tuple[str, int]]:
        """(class, id) of the objects."""
        return self.parents

    def __str__(self) -> str:
        number = unwrap(self.ma.id)
        shown = f"ns:{self.ns} primary:{self.primary} keyvalues:{self.kvpairs}"
        return f"{shown} parents:{self.parents} id:{number}"


class MapAnnotationManager:
    """Keeps annotations so that each primary key comes once."""

    # Of two with the same primary key: add the pairs of the new one, keep the old one, take the new one.
    MA_APPEND, MA_OLD, MA_NEW = range(3)

    def __init__(self, combine: int = MA_APPEND) -> None:
        """Raises ValueError when ``combine`` is none of ``MA_APPEND``, ``MA_OLD``, ``MA_NEW``."""
        if combine not in range(3):
            raise ValueError(f"Not a way to combine annotations: {combine}")
        self.mapanns: dict[Primary, CanonicalMapAnnotation] = {}
        self.nokey: list[CanonicalMapAnnotation] = []
        self.combine = combine

    def add(self, cma: CanonicalMapAnnotation) -> CanonicalMapAnnotation | None:
        """Add an annotation; returns the one that is left over when two had the same key, else None."""
        if cma.primary is None:
            self.nokey.append(cma)
            return None
        there = self.mapanns.setdefault(cma.primary, cma)
        if there is cma:
            return None
        if self.combine == self.MA_APPEND:
            there.merge(cma)
            return cma
        if self.combine == self.MA_OLD:
            there.merge_parents(cma)
            return cma
        cma.merge_parents(there)
        self.mapanns[cma.primary] = cma
        return there

    def get_map_annotations(self) -> list[CanonicalMapAnnotation]:
        """All annotations."""
        return [*self.mapanns.values(), *self.nokey]

    def add_from_namespace_query(self, session: Any, ns: str, primary_keys: Iterable[str] | None) -> None:
        """Add the annotations of a namespace that are on the server. Those without the keys are logged, not added."""
        params = omero.sys.ParametersI().addString("ns", ns)
        query = "select m from MapAnnotation m where m.ns = :ns order by m.id"
        for found in session.getQueryService().findAllByQuery(query, params):
            try:
                self.add(CanonicalMapAnnotation(found, primary_keys))
            except (MapAnnotationPrimaryKeyException, ValueError) as error:
                log.warning("MapAnnotation:%d is left out: %s", found.id.val, error)
