"""How images were acquired: logical channels and instruments with all their parts, a fixed number of queries each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from omero_server.services.attaching import attach, load
from omero_server.sessions.call import Call

__all__ = ["load_channels", "load_instrument"]

CHANNEL = (
    " left outer join fetch o.mode left outer join fetch o.illumination left outer join fetch o.contrastMethod"
    " left outer join fetch o.detectorSettings ds left outer join fetch ds.binning"
    " left outer join fetch ds.detector det left outer join fetch det.type"
    " left outer join fetch o.lightSourceSettings ls left outer join fetch ls.microbeamManipulation"
)
OTF = (
    " left outer join fetch o.pixelsType left outer join fetch o.objective obj"
    " left outer join fetch obj.immersion left outer join fetch obj.correction"
    " left outer join fetch o.filterSet fs left outer join fetch fs.dichroic"
)
DICHROIC = " left outer join fetch o.dichroic"
FILTER = " left outer join fetch o.type left outer join fetch o.transmittanceRange"
FILTER_LINKS = ("emissionFilterLink", "excitationFilterLink")
# Enumerations and other references of the classes of light sources.
LIGHT_SOURCES = {
    "Laser": " left outer join fetch o.type left outer join fetch o.laserMedium left outer join fetch o.pulse",
    "Arc": " left outer join fetch o.type",
    "Filament": " left outer join fetch o.type",
    "LightEmittingDiode": "",
    "GenericExcitationSource": "",
}
# Collections of an instrument but light sources: the joins of the elements.
PARTS = {
    "objective": " left outer join fetch o.immersion left outer join fetch o.correction",
    "detector": " left outer join fetch o.type",
    "filter": FILTER,
    "filterSet": DICHROIC,
    "dichroic": "",
    "otf": OTF,
}


def load_channels(call: Call, ids: Iterable[int]) -> list[Any]:
    """Logical channels with their settings, light sources, OTFs, filter sets and light paths."""
    channels = list(load(call, "LogicalChannel", ids, CHANNEL).values())
    _put(channels, "_otf", load(call, "OTF", _ids(channels, "_otf"), OTF))
    for attribute, cls in (("_filterSet", "FilterSet"), ("_lightPath", "LightPath")):
        found = load(call, cls, _ids(channels, attribute), DICHROIC)
        _attach_filters(call, list(found.values()))
        _put(channels, attribute, found)
    settings = [c._lightSourceSettings for c in channels if c._lightSourceSettings is not None]
    settings = [one for one in settings if one._loaded]
    lights = _light_sources(call, [one._lightSource for one in settings if one._lightSource is not None])
    _put_instruments(call, lights.values())
    _put(settings, "_lightSource", lights)
    return channels


def load_instrument(call: Call, instrument_id: int) -> Any:
    """An instrument with everything it has, or None."""
    joins = " left outer join fetch o.microscope m left outer join fetch m.type"
    found = list(load(call, "Instrument", [instrument_id], joins).values())
    if not found:
        return None
    for collection, part in PARTS.items():
        loaded = attach(call, found, collection, part)
        if collection == "filterSet":
            _attach_filters(call, loaded)
    (instrument,) = found
    sources = _light_sources(call, attach(call, found, "lightSource"))
    instrument._lightSourceSeq = [sources[one._id._val] for one in instrument._lightSourceSeq]
    for one in sources.values():
        if one._instrument is not None and one._instrument._id._val == instrument_id:
            one._instrument = instrument
    return instrument


def _attach_filters(call: Call, holders: Sequence[Any]) -> None:
    for collection in FILTER_LINKS:
        attach(call, holders, collection, FILTER)


def _light_sources(call: Call, wanted: Iterable[Any]) -> dict[int, Any]:
    """Light sources with what is their own, by id; the pumps of lasers likewise.

    One query for each class and step along the pumps.
    """
    found: dict[int, Any] = {}
    missing = {one._id._val: type(one).__name__ for one in wanted}
    while missing:
        new: dict[int, Any] = {}
        for cls, joins in LIGHT_SOURCES.items():
            new |= load(call, cls, [key for key, name in missing.items() if name == cls], joins)
        found |= new
        pumps = [laser._pump for laser in _lasers(new) if laser._pump is not None]
        missing = {pump._id._val: type(pump).__name__ for pump in pumps if pump._id._val not in found}
    _put(_lasers(found), "_pump", found)
    return found


def _lasers(sources: dict[int, Any]) -> list[Any]:
    return [one for one in sources.values() if type(one).__name__ == "Laser"]


def _put_instruments(call: Call, sources: Iterable[Any]) -> None:
    holders = list(sources)
    _put(holders, "_instrument", load(call, "Instrument", _ids(holders, "_instrument")))


def _ids(holders: Iterable[Any], attribute: str) -> set[int]:
    referred = (getattr(holder, attribute) for holder in holders)
    return {one._id._val for one in referred if one is not None}


def _put(holders: Iterable[Any], attribute: str, loaded: dict[int, Any]) -> None:
    """Replace references by the loaded objects; those that cannot be read stay unloaded."""
    for holder in holders:
        referred = getattr(holder, attribute)
        if referred is not None:
            setattr(holder, attribute, loaded.get(referred._id._val, referred))
