"""Accessors of collections, and of links between objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import omero.model
from omero.errors import ClientError
from omero.model.base import null_collection
from omero.model.fields import attribute, capital, named

__all__ = ["collection", "links"]


class Slots:
    """Where one collection is kept: ``_pixelsSeq``, ``_pixelsLoaded``, and what in its elements points back."""

    def __init__(self, field: tuple[Any, ...]) -> None:
        self.name, self.inverse = field[0], field[5]
        self.list = f"_{self.name}Seq"
        self.flag = f"_{self.name}Loaded"

    def read(self, owner: Any) -> list[Any]:
        """The list itself. Raises UnloadedEntityException when it, or the object, is not loaded."""
        if not owner._loaded:
            owner.errorIfUnloaded()
        values = getattr(owner, self.list)
        # The wire has no null list: an unloaded one arrives empty.
        if values is None or not getattr(owner, self.flag):
            raise null_collection(f"{self.name}Seq")
        return values  # type: ignore[no-any-return]

    def point_back(self, element: Any, owner: Any) -> None:
        """Set the element's reference to its owner. Raises UnloadedEntityException for an unloaded element."""
        element.errorIfUnloaded()
        setattr(element, f"_{self.inverse}", owner)

    def size(self, owner: Any) -> int:
        """Number of elements, -1 when not loaded."""
        owner.errorIfUnloaded()
        values = getattr(owner, self.list)
        return -1 if values is None or not getattr(owner, self.flag) else len(values)

    def remove(self, owner: Any, element: Any) -> None:
        """Take one element out. Raises ValueError when it is not there."""
        self.read(owner).remove(element)
        self.point_back(element, None)

    def clear(self, owner: Any) -> None:
        """Take all elements out."""
        values = self.read(owner)
        for element in values:
            if element.isLoaded():
                self.point_back(element, None)
        values.clear()

    def unload(self, owner: Any) -> None:
        """Forget the collection."""
        setattr(owner, self.list, None)
        setattr(owner, self.flag, False)

    def reload(self, owner: Any, source: Any) -> None:
        """Take over the collection of a newer copy of the same object.

        Raises ClientError when the ids differ, or the copy was updated earlier than this object.
        """
        owner.errorIfUnloaded()
        if not (owner._id and source._id and owner._id.val == source._id.val):
            raise ClientError("Argument must have the same id as this instance")
        if updated(source) < updated(owner):
            raise ClientError("Argument may not be older than this instance")
        values = list(self.read(source))
        for element in values:
            self.point_back(element, owner)
        setattr(owner, self.list, values)
        setattr(owner, self.flag, True)
        self.unload(source)


def updated(obj: Any) -> int:
    """Id of the event that last changed the object, -1 when unknown."""
    event = obj._details and obj._details._updateEvent
    return event._id.val if event and event._id else -1


def collection(field: tuple[Any, ...]) -> dict[str, Any]:
    """The members for a collection: ("pixels", "collection", nullable, "Pixels", ordered, "image")."""
    slots, cap, item = Slots(field), capital(field[0]), field[3]
    members: dict[str, Any] = {
        f"{verb}{cap}": named(function, f"{verb}{cap}", f"{doc} {field[0]}.")
        for verb, function, doc in whole_list_members(slots)
    }
    members |= {
        name.format(item): named(function, name.format(item), doc) for name, function, doc in element_members(slots)
    }
    flag = f"is{cap}Loaded"
    members[flag] = named(lambda self: getattr(self, slots.flag), flag, f"Whether {field[0]} are loaded.")
    members[f"{field[0]}Loaded"] = property(members[flag])
    if field[4]:
        members |= ordered(slots, item)
    return members


def whole_list_members(slots: Slots) -> list[tuple[str, Any, str]]:
    """(verb, function, documentation) of what works on the whole collection."""

    def unload(self: Any, current: Any = None) -> None:
        slots.unload(self)

    def size_of(self: Any, current: Any = None) -> int:
        return slots.size(self)

    def copy(self: Any, current: Any = None) -> list[Any]:
        return list(slots.read(self))

    def iterate(self: Any) -> Iterator[Any]:
        return iter(slots.read(self))

    def clear(self: Any, current: Any = None) -> None:
        slots.clear(self)

    def reload(self: Any, toCopy: Any, current: Any = None) -> None:
        slots.reload(self, toCopy)

    def get(self: Any, current: Any = None) -> list[Any]:
        return slots.read(self)

    def set(self: Any, values: list[Any], current: Any = None, wrap: bool = False) -> None:
        self.errorIfUnloaded()
        setattr(self, slots.list, values)
        setattr(self, slots.flag, values is not None)

    return [
        ("unload", unload, "Forget"),
        ("sizeOf", size_of, "Number, -1 when not loaded, of"),
        ("copy", copy, "A new list of"),
        ("iterate", iterate, "Iterate over"),
        ("clear", clear, "Take out all"),
        ("reload", reload, "Move here from another copy of this object the"),
        ("_get", get, "The list of"),
        ("_set", set, "Replace the list of"),
    ]


def element_members(slots: Slots) -> list[tuple[str, Any, str]]:
    """(name pattern, function, documentation) of what adds and removes elements."""

    def add(self: Any, target: Any, current: Any = None) -> None:
        values = slots.read(self)
        slots.point_back(target, self)
        values.append(target)

    def add_all(self: Any, targets: list[Any], current: Any = None) -> None:
        for target in targets:
            add(self, target)

    def remove(self: Any, target: Any, current: Any = None) -> None:
        slots.remove(self, target)

    def remove_all(self: Any, targets: list[Any], current: Any = None) -> None:
        for target in targets:
            slots.remove(self, target)

    return [
        ("add{}", add, "Add one, and let it point here."),
        ("addAll{}Set", add_all, "Add several."),
        ("remove{}", remove, "Take one out; ValueError when it is not there."),
        ("removeAll{}Set", remove_all, "Take several out."),
    ]


def ordered(slots: Slots, item: str) -> dict[str, Any]:
    """The members that go by position."""

    def get(self: Any, index: int, current: Any = None) -> Any:
        return slots.read(self)[index]

    def set(self: Any, index: int, element: Any, current: Any = None, wrap: bool = False) -> Any:
        values = slots.read(self)
        old, values[index] = values[index], element
        if element is not None and element.isLoaded():
            slots.point_back(element, self)
        return old

    def get_primary(self: Any, current: Any = None) -> Any:
        return slots.read(self)[0]

    def set_primary(self: Any, element: Any, current: Any = None) -> Any:
        values = slots.read(self)
        index = values.index(element)
        values[0], values[index] = values[index], values[0]
        return values[index]

    return {
        f"get{item}": named(get, f"get{item}", "The element at a position, from 0."),
        f"set{item}": named(set, f"set{item}", "Replace the element at a position; returns the old one."),
        f"getPrimary{item}": named(
            get_primary, f"getPrimary{item}", "The first element; IndexError when there is none."
        ),
        f"setPrimary{item}": named(set_primary, f"setPrimary{item}", "Change places with the first; returns that one."),
    }


def links(field: tuple[Any, ...]) -> dict[str, Any]:
    """The members for links: ("datasetLinks", "links", nullable, "DatasetImageLink", ordered, "child", "Dataset",
    counted).
    """
    members = collection(field)
    name, link_class, end, far = field[0], field[3], field[5], field[6]
    slots, far_slot = Slots(field), "_parent" if end == "child" else "_child"
    members |= both_sides(slots, link_class, far_slot)
    members |= far_ends(slots, link_class, far, far_slot)
    if field[7]:
        count = f"{name}CountPerOwner"

        def get_count(self: Any, current: Any = None) -> Any:
            return getattr(self, f"_{count}")

        getter = f"get{capital(count)}"
        members[getter] = named(
            get_count, getter, "Number of links by id of their owner, when the server counted them."
        )
        members[count] = attribute(count, get_count, _refuse)
    return members


def _refuse(self: Any, value: Any) -> None:
    raise AttributeError("the server counts links")


def both_sides(slots: Slots, link_class: str, far_slot: str) -> dict[str, Any]:
    """Adding a link to, and removing it from, this object and the one at its far end, where that one keeps links."""
    add_name, remove_name = f"add{link_class}ToBoth", f"remove{link_class}FromBoth"

    def add(self: Any, link: Any, bothSides: bool) -> None:
        slots.read(self).append(link)
        far = getattr(link, far_slot)
        if bothSides and keeps_links(far, add_name):
            getattr(far, add_name)(link, False)

    def remove(self: Any, link: Any, bothSides: bool, current: Any = None) -> None:
        slots.read(self).remove(link)
        far = getattr(link, far_slot)
        if bothSides and keeps_links(far, remove_name) and link in far_list(far, slots, link):
            getattr(far, remove_name)(link, False)

    return {
        add_name: named(add, add_name, "Add a link here and, with ``bothSides``, at its far end."),
        remove_name: named(remove, remove_name, "Remove a link here and, with ``bothSides``, at its far end."),
    }


def keeps_links(far: Any, method: str) -> bool:
    """Whether the object at the far end is there, loaded, and has these links."""
    return far is not None and far.isLoaded() and hasattr(type(far), method)


def far_list(far: Any, slots: Slots, link: Any) -> list[Any]:
    """The far end's list that holds ``link``; empty when there is none."""
    for _flag, values, _count in far.LISTS:
        found = getattr(far, values)
        if found and link in found:
            return found  # type: ignore[no-any-return]
    return []


def far_ends(slots: Slots, link_class: str, far: str, far_slot: str) -> dict[str, Any]:
    """Linking by the object at the far end: linkDataset, unlinkDataset, linkedDatasetList, findDatasetImageLink."""
    near_first = far_slot == "_child"

    def link(self: Any, addition: Any, current: Any = None) -> Any:
        slots.read(self)
        made = getattr(omero.model, f"{link_class}I")()
        made.link(*((self, addition) if near_first else (addition, self)))
        getattr(self, f"add{link_class}ToBoth")(made, True)
        return made

    def find(self: Any, removal: Any, current: Any = None) -> list[Any]:
        return [made for made in slots.read(self) if same(getattr(made, far_slot), removal)]

    def unlink(self: Any, removal: Any, current: Any = None) -> None:
        for made in find(self, removal):
            getattr(self, f"remove{link_class}FromBoth")(made, True)

    def linked(self: Any, current: Any = None) -> list[Any]:
        return [getattr(made, far_slot) for made in slots.read(self)]

    return {
        f"link{far}": named(link, f"link{far}", f"Link to a {far}; returns the new link."),
        f"unlink{far}": named(unlink, f"unlink{far}", f"Remove the links to a {far}."),
        f"linked{far}List": named(linked, f"linked{far}List", "The objects at the far ends of the links."),
        f"find{link_class}": named(find, f"find{link_class}", f"The links to a {far}."),
    }


def same(one: Any, other: Any) -> bool:
    """Whether two references mean one object: identical, or of one class with the same id."""
    if one is other:
        return True
    if one is None or other is None or one._id is None or other._id is None:
        return False
    return type(one) is type(other) and one._id.val == other._id.val
