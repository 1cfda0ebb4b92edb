"""Channels and plane information."""

from __future__ import annotations

from typing import Any

import omero.model
from omero.gateway.colors import ColorHolder
from omero.gateway.wrapper import BlitzObjectWrapper, resolve
from omero.rtypes import unwrap

__all__ = ["PIXEL_RANGES", "_ChannelWrapper", "_LogicalChannelWrapper", "_PlaneInfoWrapper"]

PIXEL_RANGES = {
    "int8": (-128, 127),
    "uint8": (0, 255),
    "int16": (-32768, 32767),
    "uint16": (0, 65535),
    "int32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
    "float": (-(2**31), 2**31 - 1),
    "double": (-(2.0**63), 2.0**63),
}


class _LogicalChannelWrapper(BlitzObjectWrapper):
    """What a channel shows and how it was recorded."""

    _attrs = (
        "name",
        "pinHoleSize",
        "#illumination",
        "contrastMethod",
        "excitationWave",
        "emissionWave",
        "fluor",
        "ndFilter",
        "otf",
        "detectorSettings|DetectorSettingsWrapper",
        "lightSourceSettings|LightSettingsWrapper",
        "filterSet|FilterSetWrapper",
        "samplesPerPixel",
        "#photometricInterpretation",
        "mode",
        "pockelCellSetting",
        "()lightPath|",
        "version",
    )

    def __loadedHotSwap__(self) -> None:
        """Load it with all acquisition metadata."""
        service = self._conn.getMetadataService()
        found = service.loadChannelAcquisitionData([self._obj.id.val], self._conn.SERVICE_OPTS)
        if found:
            self._obj = found[0]

    def getLightPath(self) -> Any:
        """What the light went through, None when not known."""
        if self._obj.lightPath is None:
            return None
        if not self._obj.lightPath.loaded or not self._obj.lightPath.isEmissionFilterLinkLoaded():
            self.__loadedHotSwap__()
        return resolve("LightPathWrapper")(self._conn, self._obj.lightPath)


class _ChannelWrapper(BlitzObjectWrapper):
    """A channel of an image. Made by ``image.getChannels()``, which gives it the rendering engine."""

    BLUE_MIN, BLUE_MAX = 400, 500
    GREEN_MIN, GREEN_MAX = 501, 600
    RED_MIN, RED_MAX = 601, 700
    COLOR_MAP = (
        (BLUE_MIN, BLUE_MAX, ColorHolder("Blue")),
        (GREEN_MIN, GREEN_MAX, ColorHolder("Green")),
        (RED_MIN, RED_MAX, ColorHolder("Red")),
    )
    OMERO_CLASS = "Channel"

    def __prepare__(self, idx: int = -1, re: Any = None, img: Any = None, **kwargs: Any) -> None:
        """Remember index, rendering engine and image."""
        self._re = re
        self._idx = idx
        self._img = img

    def save(self) -> None:
        """Save channel and logical channel."""
        self._obj.setPixels(self._obj.getPixels().proxy())
        self._obj.setLogicalChannel(self._saved_logical())
        super().save()

    def _saved_logical(self) -> Any:
        logical = self._obj.logicalChannel
        if logical.loaded:
            logical = self._conn.getUpdateService().saveAndReturnObject(logical, self._own_context())
        return logical

    def isActive(self) -> bool:
        """Whether it is shown; False without rendering engine."""
        return self._re is not None and bool(self._re.isActive(self._idx, self._conn.SERVICE_OPTS))

    def getLogicalChannel(self) -> Any:
        """The logical channel, None without one."""
        logical = self._obj.logicalChannel
        return None if logical is None else resolve("LogicalChannelWrapper")(self._conn, logical)

    def getLabel(self) -> str:
        """The name, else the emission wave length in nm, else the index."""
        logical = self.getLogicalChannel()
        if logical is not None:
            if logical.name:
                return str(logical.name)
            wave = self.getEmissionWave()
            if wave is not None:
                return str(int(wave) if float(wave).is_integer() else wave)
        return str(self._idx)

    def getName(self) -> str | None:
        """The name, None without one."""
        logical = self.getLogicalChannel()
        return logical.name or None if logical is not None else None

    def getEmissionWave(self, units: Any = None) -> Any:
        """The emission wave length, or None; see ``_unwrapunits`` for units."""
        logical = self.getLogicalChannel()
        return None if logical is None else self._unwrapunits(logical._obj.emissionWave, units)

    def getExcitationWave(self, units: Any = None) -> Any:
        """The excitation wave length, or None; see ``_unwrapunits`` for units."""
        logical = self.getLogicalChannel()
        return None if logical is None else self._unwrapunits(logical._obj.excitationWave, units)

    def getColor(self) -> ColorHolder | None:
        """The colour; None without rendering engine."""
        if self._re is None:
            return None
        return ColorHolder.fromRGBA(*self._re.getRGBA(self._idx))

    def getLut(self) -> str | None:
        """Name of the lookup table, None without one."""
        return None if self._re is None else self._re.getChannelLookupTable(self._idx) or None

    def getWindowStart(self) -> Any:
        """The value shown darkest."""
        return self._re.getChannelWindowStart(self._idx)

    def setWindowStart(self, val: float) -> None:
        """Set the value shown darkest."""
        self.setWindow(val, self.getWindowEnd())

    def getWindowEnd(self) -> Any:
        """The value shown brightest."""
        return self._re.getChannelWindowEnd(self._idx)

    def setWindowEnd(self, val: float) -> None:
        """Set the value shown brightest."""
        self.setWindow(self.getWindowStart(), val)

    def setWindow(self, minval: float, maxval: float) -> None:
        """Set the values shown darkest and brightest."""
        self._re.setChannelWindow(self._idx, float(minval), float(maxval), self._conn.SERVICE_OPTS)

    def _bounds(self) -> tuple[Any, Any]:
        stats = self._obj.statsInfo
        if stats is not None:
            return unwrap(stats.globalMin), unwrap(stats.globalMax)
        return self._img.getPixelRange()  # type: ignore[no-any-return]

    def getWindowMin(self) -> Any:
        """The smallest value of the channel, or of its pixel type."""
        return self._bounds()[0]

    def getWindowMax(self) -> Any:
        """The largest value of the channel, or of its pixel type."""
        return self._bounds()[1]

    def isReverseIntensity(self) -> bool:
        """Whether dark and bright are exchanged."""
        return self.isInverted()

    def isInverted(self) -> bool:
        """Whether dark and bright are exchanged; False without rendering engine."""
        if self._re is None:
            return False
        contexts = self._re.getCodomainMapContext(self._idx)
        return any(isinstance(each, omero.model.ReverseIntensityContext) for each in contexts or ())

    def getFamily(self) -> Any:
        """The name of the quantisation map's family (an RString)."""
        return self._re.getChannelFamily(self._idx).getValue()

    def getCoefficient(self) -> Any:
        """The coefficient of the quantisation map."""
        return self._re.getChannelCurveCoefficient(self._idx)


class _PlaneInfoWrapper(BlitzObjectWrapper):
    """When and how one plane was recorded."""

    OMERO_CLASS = "PlaneInfo"

    def getDeltaT(self, units: Any = None) -> Any:
        """Time since the start, or None; see ``_unwrapunits`` for units."""
        return self._unwrapunits(self._obj.deltaT, units)

    def getExposureTime(self, units: Any = None) -> Any:
        """Exposure time, or None; see ``_unwrapunits`` for units."""
        return self._unwrapunits(self._obj.exposureTime, units)
