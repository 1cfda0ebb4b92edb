"""Microscopes and their parts."""

from __future__ import annotations

import sys
from typing import Any

from omero.gateway.wrapper import BlitzObjectWrapper, resolve

__all__ = [
    "LightSourceWrapper",
    "_ArcWrapper",
    "_BinningWrapper",
    "_DetectorSettingsWrapper",
    "_DetectorWrapper",
    "_DichroicWrapper",
    "_EnumerationWrapper",
    "_FilamentWrapper",
    "_FilterSetWrapper",
    "_FilterWrapper",
    "_ImageStageLabelWrapper",
    "_ImagingEnviromentWrapper",
    "_ImagingEnvironmentWrapper",
    "_InstrumentWrapper",
    "_LaserWrapper",
    "_LightEmittingDiodeWrapper",
    "_LightPathWrapper",
    "_LightSettingsWrapper",
    "_LightSourceWrapper",
    "_MicroscopeWrapper",
    "_OTFWrapper",
    "_ObjectiveSettingsWrapper",
    "_ObjectiveWrapper",
    "_TransmittanceRangeWrapper",
]


class _Part(BlitzObjectWrapper):
    """A part of an instrument."""

    def _enumeration(self, name: str) -> Any:
        value = getattr(self._obj, name)
        return None if value is None else resolve("EnumerationWrapper")(self._conn, value)

    def _linked(self, collection: str) -> list[Any]:
        """The filters at the far ends of links."""
        links = getattr(self._obj, f"copy{collection}")()
        return [resolve("FilterWrapper")(self._conn, link.child) for link in links]


class _EnumerationWrapper(BlitzObjectWrapper):
    """A value of an enumeration."""

    def getType(self) -> Any:
        """The class of the enumeration."""
        return type(self._obj)


class _InstrumentWrapper(_Part):
    """A microscope with all its parts."""

    OMERO_CLASS = "Instrument"
    _attrs = ("microscope|MicroscopeWrapper",)

    def __loaded(self) -> Any:
        """The instrument with its parts, loaded once."""
        if not self._obj.isDetectorLoaded():
            service = self._conn.getMetadataService()
            self._obj = service.loadInstrument(self.getId(), self._conn.SERVICE_OPTS)
        return self._obj

    def getMicroscope(self) -> Any:
        """The stand, None without one."""
        stand = self.__loaded().microscope
        return None if stand is None else resolve("MicroscopeWrapper")(self._conn, stand)

    def _parts(self, collection: str, wrapper: str) -> list[Any]:
        return [resolve(wrapper)(self._conn, part) for part in getattr(self.__loaded(), f"copy{collection}")()]

    def getDetectors(self) -> list[Any]:
        """Detectors."""
        return self._parts("Detector", "DetectorWrapper")

    def getObjectives(self) -> list[Any]:
        """Objectives."""
        return self._parts("Objective", "ObjectiveWrapper")

    def getFilters(self) -> list[Any]:
        """Filters."""
        return self._parts("Filter", "FilterWrapper")

    def getDichroics(self) -> list[Any]:
        """Dichroics."""
        return self._parts("Dichroic", "DichroicWrapper")

    def getFilterSets(self) -> list[Any]:
        """Filter sets."""
        return self._parts("FilterSet", "FilterSetWrapper")

    def getOTFs(self) -> list[Any]:
        """Optical transfer functions."""
        return self._parts("Otf", "OTFWrapper")

    def getLightSources(self) -> list[Any]:
        """Light sources of all kinds."""
        return self._parts("LightSource", "LightSourceWrapper")

    def simpleMarshal(self, xtra: Any = None, parents: bool = False) -> dict[str, Any]:
        """With lists of all parts."""
        described = super().simpleMarshal(xtra, parents)
        lists = {
            "detectors": self.getDetectors,
            "objectives": self.getObjectives,
            "filters": self.getFilters,
            "dichroics": self.getDichroics,
            "filterSets": self.getFilterSets,
            "otfs": self.getOTFs,
            "lightsources": self.getLightSources,
        }
        return described | {key: [part.simpleMarshal() for part in parts()] for key, parts in lists.items()}


class _MicroscopeWrapper(_Part):
    """A stand."""

    OMERO_CLASS = "Microscope"
    _attrs = ("manufacturer", "model", "serialNumber", "#type;microscopeType", "version")

    def getMicroscopeType(self) -> Any:
        """Its kind."""
        return self._enumeration("type")


class _ObjectiveWrapper(_Part):
    """An objective."""

    OMERO_CLASS = "Objective"
    _attrs = (
        "manufacturer",
        "model",
        "serialNumber",
        "nominalMagnification",
        "calibratedMagnification",
        "lensNA",
        "#immersion",
        "#correction",
        "workingDistance",
        "iris",
        "version",
    )

    def getImmersion(self) -> Any:
        """The medium it is made for."""
        return self._enumeration("immersion")

    def getCorrection(self) -> Any:
        """What it is corrected for."""
        return self._enumeration("correction")

    def getIris(self) -> Any:
        """Whether it has one; None when not known."""
        iris = self._obj.iris
        return None if iris is None else iris.val


class _ObjectiveSettingsWrapper(_Part):
    """How an objective was set."""

    OMERO_CLASS = "ObjectiveSettings"
    _attrs = ("correctionCollar", "#medium", "refractiveIndex", "objective|ObjectiveWrapper", "version")

    def getObjective(self) -> Any:
        """The objective."""
        return resolve("ObjectiveWrapper")(self._conn, self._obj.objective)

    def getMedium(self) -> Any:
        """The medium that was used."""
        return self._enumeration("medium")


class _DetectorWrapper(_Part):
    """A detector."""

    OMERO_CLASS = "Detector"
    _attrs = (
        "manufacturer",
        "model",
        "serialNumber",
        "voltage",
        "gain",
        "offsetValue",
        "zoom",
        "amplificationGain",
        "#type;detectorType",
        "version",
    )

    def getDetectorType(self) -> Any:
        """Its kind."""
        return self._enumeration("type")


class _DetectorSettingsWrapper(_Part):
    """How a detector was set."""

    OMERO_CLASS = "DetectorSettings"
    _attrs = (
        "voltage",
        "gain",
        "offsetValue",
        "readOutRate",
        "binning|BinningWrapper",
        "detector|DetectorWrapper",
        "version",
    )


class _BinningWrapper(_Part):
    """How pixels were binned."""

    OMERO_CLASS = "Binning"


class _TransmittanceRangeWrapper(_Part):
    """What a filter lets through."""

    OMERO_CLASS = "TransmittanceRange"
    _attrs = ("cutIn", "cutOut", "cutInTolerance", "cutOutTolerance", "transmittance", "version")


class _FilterWrapper(_Part):
    """A filter."""

    OMERO_CLASS = "Filter"
    _attrs = (
        "manufacturer",
        "model",
        "lotNumber",
        "filterWheel",
        "#type;filterType",
        "transmittanceRange|TransmittanceRangeWrapper",
        "version",
    )

    def getFilterType(self) -> Any:
        """Its kind."""
        return self._enumeration("type")


class _FilterSetWrapper(_Part):
    """Filters and a dichroic."""

    OMERO_CLASS = "FilterSet"
    _attrs = ("manufacturer", "model", "lotNumber", "dichroic|DichroicWrapper", "version")

    def copyEmissionFilters(self) -> list[Any]:
        """The filters for emission."""
        return self._linked("EmissionFilterLink")

    def copyExcitationFilters(self) -> list[Any]:
        """The filters for excitation."""
        return self._linked("ExcitationFilterLink")


class _DichroicWrapper(_Part):
    """A dichroic mirror."""

    OMERO_CLASS = "Dichroic"
    _attrs = ("manufacturer", "model", "lotNumber", "version")


class _LightPathWrapper(_Part):
    """What the light of a channel went through."""

    OMERO_CLASS = "LightPath"
    _attrs = ("dichroic|DichroicWrapper", "()emissionFilters|", "()excitationFilters|")

    def getExcitationFilters(self) -> list[Any]:
        """The filters for excitation."""
        return self._linked("ExcitationFilterLink")

    def getEmissionFilters(self) -> list[Any]:
        """The filters for emission."""
        return self._linked("EmissionFilterLink")


class _OTFWrapper(_Part):
    """An optical transfer function."""

    OMERO_CLASS = "OTF"
    _attrs = (
        "sizeX",
        "sizeY",
        "opticalAxisAveragedpixelsType",
        "path",
        "filterSet|FilterSetWrapper",
        "objective|ObjectiveWrapper",
        "version",
    )


class _LightSettingsWrapper(_Part):
    """How a light source was set."""

    OMERO_CLASS = "LightSettings"
    _attrs = ("attenuation", "wavelength", "microbeamManipulation", "version")

    def getLightSource(self) -> Any:
        """The light source, None without one."""
        source = self._obj.lightSource
        return None if source is None else resolve("LightSourceWrapper")(self._conn, source)


class _LightSourceWrapper(_Part):
    """A light source."""

    _attrs = ("manufacturer", "model", "power", "serialNumber", "#type;lightSourceType", "version")

    def getLightSourceType(self) -> Any:
        """Its kind."""
        return self._enumeration("type")


class _FilamentWrapper(_LightSourceWrapper):
    """A filament lamp."""

    OMERO_CLASS = "Filament"


class _ArcWrapper(_FilamentWrapper):
    """An arc lamp."""

    OMERO_CLASS = "Arc"


class _LaserWrapper(_LightSourceWrapper):
    """A laser."""

    OMERO_CLASS = "Laser"

    def getLaserMedium(self) -> Any:
        """The medium."""
        return self._enumeration("laserMedium")

    def getPump(self) -> Any:
        """The light source that pumps it, None without one."""
        pump = self._obj.pump
        return None if pump is None else resolve("LightSourceWrapper")(self._conn, pump)


class _LightEmittingDiodeWrapper(_LightSourceWrapper):
    """A light emitting diode."""

    OMERO_CLASS = "LightEmittingDiode"


class _ImagingEnviromentWrapper(_Part):
    """Temperature and the like; under the name that official clients misspell."""

    OMERO_CLASS = "ImagingEnvironment"
    _attrs = ("temperature", "airPressure", "humidity", "co2percent", "version")


class _ImagingEnvironmentWrapper(_ImagingEnviromentWrapper):
    """Temperature and the like."""


class _ImageStageLabelWrapper(_Part):
    """A position of the stage."""


def LightSourceWrapper(conn: Any, obj: Any, **kwargs: Any) -> Any:
    """The wrapper for a light source, by its kind; None for one that is not known."""
    name = f"{obj.ice_id().rpartition('::')[2]}Wrapper"
    wrapper = getattr(sys.modules["omero.gateway"], name, None)
    return wrapper(conn, obj, **kwargs) if wrapper else None
