"""Filters, dichroics and filter sets that the XML of a CZI file lists, as parts of the instrument."""

from __future__ import annotations

from itertools import islice
from xml.etree.ElementTree import Element

from omero_server.formats.info import LightPathInfo, PartInfo
from omero_server.formats.xmlnotes import number_of, text_of

__all__ = ["filter_parts", "filter_set_of"]

_MOST = 1000
_CUTS = ("CutIn", "CutOut")


def filter_parts(instrument: Element | None) -> list[PartInfo]:
    """All of the instrument; those without an id are left out."""
    if instrument is None:
        return []
    found = []
    for place in ("Filters/Filter", "Dichroics/Dichroic", "FilterSets/FilterSet"):
        for element in islice(instrument.findall(place), _MOST):
            if element.get("Id"):
                found.append(_part(element))
    return found


def filter_set_of(channel: Element, parts: list[PartInfo]) -> str | None:
    """The id of the filter set that a channel names."""
    named = _reference(channel, "FilterSetRef")
    return named if any((part.kind, part.id) == ("FilterSet", named) for part in parts) else None


def _part(element: Element) -> PartInfo:
    texts = {
        "Manufacturer": text_of(element, "Manufacturer/Manufacturer"),
        "Model": text_of(element, "Manufacturer/Model") or element.get("Name"),
        "SerialNumber": text_of(element, "Manufacturer/SerialNumber"),
        "LotNumber": text_of(element, "Manufacturer/LotNumber"),
    }
    part = PartInfo(element.tag, element.get("Id", ""), {key: value for key, value in texts.items() if value})
    cuts = {cut: number_of(element, f"TransmittanceRange/{cut}") for cut in _CUTS}
    part.transmittance = {cut: f"{value:g}" for cut, value in cuts.items() if value and value > 0}
    if element.tag == "FilterSet":
        part.path = LightPathInfo(
            _references(element, "Excitation"), _reference(element, "DichroicRef"), _references(element, "Emission")
        )
    return part


def _reference(element: Element, name: str) -> str | None:
    found = element.find(name)
    return found.get("Id") if found is not None else None


def _references(element: Element, kind: str) -> list[str]:
    return [str(one.get("Id")) for one in element.findall(f"{kind}Filters/{kind}FilterRef") if one.get("Id")]
