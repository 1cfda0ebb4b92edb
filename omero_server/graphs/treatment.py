"""What is done with the classes that a duplication comes across: copied, referred to, or left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from omero_server.graphs.errors import BadClass, UnknownClass
from omero_server.graphs.targets import classes_called
from omero_server.model.schema import MODEL, ModelClass

__all__ = ["Treatment"]


@dataclass(frozen=True, slots=True)
class Treatment:
    """referred: copies refer to the originals of these. left_out: references to these become empty."""

    referred: frozenset[ModelClass] = frozenset()
    left_out: frozenset[ModelClass] = frozenset()

    @classmethod
    def of(
        cls, copied: Iterable[str] | None, referred: Iterable[str] | None, left_out: Iterable[str] | None
    ) -> Treatment:
        """From lists of class names. Of a class, its superclasses and interfaces the most specific one named decides.

        Raises BadClass for a name that no class has, or that is in two lists.
        """
        chosen: dict[ModelClass, int] = {}
        by_interface: dict[ModelClass, int] = {}
        for place, names in enumerate((copied, referred, left_out)):
            for classes in {_classes(name) for name in names or ()}:
                noted = chosen if len(classes) == 1 else by_interface
                for one in classes:
                    if one in noted:
                        raise BadClass(f"{one.name} is in two of the lists of classes: it can only be in one")
                    noted[one] = place
        kinds: tuple[set[ModelClass], set[ModelClass], set[ModelClass]] = (set(), set(), set())
        for one in MODEL.classes.values():
            decisions = (noted[c] for noted in (chosen, by_interface) for c in reversed(one.lineage) if c in noted)
            kinds[next(decisions, 0)].add(one)
        return cls(frozenset(kinds[1]), frozenset(kinds[2]))

    @property
    def not_copied(self) -> frozenset[ModelClass]:
        """All classes whose objects stay as they are."""
        return self.referred | self.left_out


def _classes(name: str) -> tuple[ModelClass, ...]:
    try:
        return classes_called(name)
    except UnknownClass as error:
        raise BadClass(str(error)) from error
