"""Filters and dichroics of an instrument, and the paths of light through them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from omero_server import queries
from omero_server.services.attaching import attach
from omero_server.services.exporting.elements import Export
from omero_server.services.exporting.values import FLOAT, FRACTION, MADE, POSITIVE, TEXT, Rules

__all__ = ["add_filters", "add_light_path", "add_parts", "load_light_paths"]

FILTER = Rules(
    MADE
    | {
        "FilterWheel": ("filterWheel", TEXT),
        "Type": ("type", frozenset((
            "Dichroic", "LongPass", "ShortPass", "BandPass", "MultiPass", "NeutralDensity", "Tuneable", "Other",
        ))),
    }
)  # fmt: skip
TRANSMITTANCE = Rules({
    "CutIn": ("cutIn", POSITIVE), "CutOut": ("cutOut", POSITIVE), "CutInTolerance": ("cutInTolerance", FLOAT),
    "CutOutTolerance": ("cutOutTolerance", FLOAT), "Transmittance": ("transmittance", FRACTION),
})  # fmt: skip
MADE_RULES = Rules(MADE)
_PATHS = ("excitationFilterLink", "emissionFilterLink")


def add_parts(export: Export, parent: Element, cls: str, instrument_id: int) -> Iterator[tuple[Any, Element]]:
    """The parts of an instrument that are of one class, each with an element that has its id only."""
    fetch = " left outer join fetch p.transmittanceRange" if cls == "Filter" else ""
    query = f"select p from {cls} p{fetch} where p.instrument.id = :id order by p.id"
    found = queries.run(export.names.call, query, {"id": instrument_id})
    if cls != "FilterSet":
        export.annotations.load(cls, [part._id._val for part in found])
    for part in found:
        lsid = export.used[cls, part._id._val] = export.names.lsid(part, cls)
        yield part, SubElement(parent, type(part).__name__, ID=lsid)


def add_filters(export: Export, parent: Element, instrument_id: int) -> None:
    """Sets of filters, filters and dichroics."""
    sets = list(add_parts(export, parent, "FilterSet", instrument_id))
    for part, element in add_parts(export, parent, "Filter", instrument_id):
        FILTER.apply(export.names, part, element)
        passed = part._transmittanceRange
        if passed is not None and passed._loaded:
            TRANSMITTANCE.apply(export.names, passed, SubElement(element, "TransmittanceRange"))
        export.annotations.refer(element, "Filter", part._id._val)
    for part, element in add_parts(export, parent, "Dichroic", instrument_id):
        MADE_RULES.apply(export.names, part, element)
        export.annotations.refer(element, "Dichroic", part._id._val)
    _load_links(export, [part for part, _ in sets])
    for part, element in sets:
        MADE_RULES.apply(export.names, part, element)
        _add_path(export, element, part)


def load_light_paths(export: Export, channels: list[Any]) -> None:
    """Read what lies on the paths of channels."""
    paths = [channel._lightPath for channel in channels if channel is not None and channel._loaded]
    unique = {path._id._val: path for path in paths if path is not None and path._loaded}
    _load_links(export, list(unique.values()))
    export.annotations.load("LightPath", list(unique))


def _load_links(export: Export, holders: list[Any]) -> None:
    for collection in _PATHS:
        attach(export.names.call, holders, collection)


def add_light_path(export: Export, channel: Element, path: Any) -> None:
    """The filters and the dichroic that the light of a channel passes, if any are known."""
    if path is not None and path._loaded:
        element = Element("LightPath")
        _add_path(export, element, path)
        export.annotations.refer(element, "LightPath", path._id._val)
        if len(element):
            channel.append(element)


def _add_path(export: Export, element: Element, holder: Any) -> None:
    """References to filters and a dichroic, of instruments in the document."""
    excitation, emission = (
        [link._child for link in getattr(holder, f"_{name}Seq") or () if link is not None] for name in _PATHS
    )
    dichroics = [holder._dichroic] if holder._dichroic is not None else []
    for tag, cls, parts in (
        ("ExcitationFilterRef", "Filter", excitation),
        ("DichroicRef", "Dichroic", dichroics),
        ("EmissionFilterRef", "Filter", emission),
    ):
        for part in parts:
            used = export.used.get((cls, part._id._val))
            if used is not None:
                SubElement(element, tag, ID=used)
