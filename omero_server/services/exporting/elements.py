"""A document in the making: elements on its top level, in the order that the schema wants, and who is in it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from omero_server.services.attaching import load
from omero_server.services.exporting.annotations import Annotations
from omero_server.services.exporting.values import TEXT, Names, Rules, add_text

__all__ = ["Export"]

_ORDER = (
    "Project", "Dataset", "Experiment", "Plate", "Screen", "Experimenter", "ExperimenterGroup", "Instrument", "Image",
    "StructuredAnnotations", "ROI",
)  # fmt: skip
# Without e-mail addresses: documents are handed on.
_PERSON = Rules({
    "FirstName": ("firstName", TEXT), "MiddleName": ("middleName", TEXT), "LastName": ("lastName", TEXT),
    "Institution": ("institution", TEXT), "UserName": ("omeName", TEXT),
})  # fmt: skip


class Export:
    """What the parts of a document share. `used`: ids of the parts of instruments in the document, by class and id."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.annotations = Annotations(names)
        self.used: dict[tuple[str, int], str] = {}
        self._known: dict[tuple[str, int], str | None] = {}
        self._elements: dict[str, list[Element]] = defaultdict(list)

    def add(self, tag: str, **attributes: str) -> Element:
        """One more element on the top level."""
        element = Element(tag, attributes)
        self._elements[tag].append(element)
        return element

    def add_all(self, elements: list[Element]) -> None:
        """More elements of one tag."""
        for element in elements:
            self._elements[element.tag].append(element)

    def refer_to_owner(self, parent: Element, thing: Any) -> None:
        """Say whose something is."""
        owner = self.person(thing)
        if owner is not None:
            SubElement(parent, "ExperimenterRef", ID=owner)

    def refer_to_group(self, parent: Element, thing: Any) -> None:
        """Say in which group something is."""
        details = thing._details
        group = None if details is None else details._group
        if group is None or group._id is None:
            return
        known = self._once("ExperimenterGroup", group._id._val, self._group)
        if known is not None:
            SubElement(parent, "ExperimenterGroupRef", ID=known)

    def person(self, thing: Any) -> str | None:
        """Id in the document of the owner of something."""
        details = thing._details
        owner = None if details is None else details._owner
        return None if owner is None or owner._id is None else self._once("Experimenter", owner._id._val, self._person)

    def write(self, root: Element) -> None:
        """Put everything into the document."""
        for tag in _ORDER:
            root.extend(self._elements[tag])

    def _once(self, cls: str, row_id: int, make: Any) -> str | None:
        key = cls, row_id
        if key not in self._known:
            found = load(self.names.call, cls, [row_id]).get(row_id)
            self._known[key] = None if found is None else make(found)
        return self._known[key]

    def _person(self, person: Any) -> str:
        lsid = self.names.lsid(person, "Experimenter")
        _PERSON.apply(self.names, person, self.add("Experimenter", ID=lsid))
        return lsid

    def _group(self, group: Any) -> str:
        lsid = self.names.lsid(group, "ExperimenterGroup")
        element = self.add("ExperimenterGroup", ID=lsid)
        if group._name is not None:
            element.set("Name", TEXT(group._name._val))
        add_text(element, "Description", group._description)
        return lsid
