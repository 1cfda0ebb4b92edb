"""Rendering settings of an image wrapper."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import omero
import omero.constants.projection
import omero.model
import omero.romio
import omero.sys
from omero.gateway.colors import ColorHolder, splitHTMLColor
from omero.gateway.engine import Engine, assert_re
from omero.gateway.wrapper import resolve
from omero.rtypes import unwrap

__all__ = ["RenderingSettings"]

logger = logging.getLogger("omero.gateway")


class RenderingSettings(Engine):
    """The part of an image wrapper that reads and changes how the image is shown."""

    PROJECTIONS = {"normal": -1, "intmax": 0, "intmean": 1, "intsum": 2}

    _pr: str | None = None
    _prStart: int | None = None
    _prEnd: int | None = None
    _invertedAxis = False

    # Channels

    def set_active_channels(
        self,
        channels: Sequence[int],
        windows: Any = None,
        colors: Any = None,
        invertMaps: Any = None,
        reverseMaps: Any = None,
        noRE: bool = False,
        set_inactive: bool = False,
    ) -> bool:
        """Show these channels, numbered from 1, and no others.

        ``windows`` [start, end], ``colors`` (hexadecimal digits or name of a lookup table) and ``invertMaps`` go with
        ``channels`` by position; None changes nothing. A negative number gives settings of a channel that is not shown
        (with ``set_inactive``).
        """
        if reverseMaps is not None:
            invertMaps = reverseMaps
        shown = [number for number in channels if number > 0]
        if not noRE and not self._prepareRenderingEngine():
            return False
        for index in range(self.getSizeC() if noRE else len(self.getChannels())):  # type: ignore[attr-defined]
            if not noRE:
                self._re.setActive(index, index + 1 in shown, self._conn.SERVICE_OPTS)
        for position, number in enumerate(channels):
            if not noRE and (number > 0 or set_inactive):
                values = (_at(windows, position), _at(colors, position), _at(invertMaps, position))
                self._set_channel(abs(number) - 1, *values)
        return True

    def _set_channel(self, index: int, window: Any, color: Any, inverted: bool | None) -> None:
        context = self._conn.SERVICE_OPTS
        if window is not None and window[0] is not None and window[1] is not None:
            self._re.setChannelWindow(index, float(window[0]), float(window[1]), context)
        if color:
            rgba = splitHTMLColor(color)
            if isinstance(color, str) and color.endswith(".lut"):
                self._re.setChannelLookupTable(index, color, context)
            elif rgba:
                self._re.setRGBA(index, *rgba, context)
                self._re.setChannelLookupTable(index, None, context)
        if inverted is not None:
            self.setChannelInverted(index, inverted)

    def setActiveChannels(
        self,
        channels: Sequence[int],
        windows: Any = None,
        colors: Any = None,
        invertMaps: Any = None,
        reverseMaps: Any = None,
    ) -> bool:
        """See ``set_active_channels``."""
        return self.set_active_channels(channels, windows, colors, invertMaps, reverseMaps)

    def setReverseIntensity(self, channelIndex: int, reverse: bool = True) -> None:
        """See ``setChannelInverted``."""
        self.setChannelInverted(channelIndex, reverse)

    @assert_re()
    def setChannelInverted(self, channelIndex: int, inverted: bool = True) -> None:
        """Exchange dark and bright of a channel, numbered from 0."""
        context = omero.romio.ReverseIntensityMapContext()
        if inverted:
            self._re.addCodomainMapToChannel(context, channelIndex, self._conn.SERVICE_OPTS)
        else:
            self._re.removeCodomainMapFromChannel(context, channelIndex, self._conn.SERVICE_OPTS)

    @assert_re()
    def getFamilies(self) -> dict[str, Any]:
        """The families of quantisation maps by name, as wrappers."""
        wrapper = resolve("EnumerationWrapper")
        return {family.value.val: wrapper(self._conn, family) for family in self._re.getAvailableFamilies()}

    @assert_re()
    def setQuantizationMap(self, channelIndex: int, family: str, coefficient: float) -> None:
        """Set the quantisation map of a channel, numbered from 0: linear, polynomial, logarithmic, exponential."""
        found = self.getFamilies().get(family)
        if found is not None:
            self._re.setQuantizationMap(channelIndex, found._obj, float(coefficient), False, self._conn.SERVICE_OPTS)

    def setQuantizationMaps(self, maps: Sequence[Any]) -> None:
        """Set those of all channels, each {"family": ..., "coefficient": ...} or None to leave one as it is."""
        for index, each in enumerate(maps):
            if isinstance(each, dict):
                self.setQuantizationMap(index, each.get("family", "linear"), each.get("coefficient", 1.0))

    # Model, projection, position

    @assert_re()
    def getRenderingModels(self) -> list[Any]:
        """The models, as wrappers."""
        return [resolve("EnumerationWrapper")(self._conn, model) for model in self._re.getAvailableModels()]

    @assert_re()
    def getRenderingModel(self) -> Any:
        """The model in use, as a wrapper: its ``value`` is rgb or greyscale."""
        return resolve("EnumerationWrapper")(self._conn, self._re.getModel())

    def _set_model(self, value: str) -> None:
        for model in self._re.getAvailableModels():
            if model.value.val == value:
                self._re.setModel(model, self._conn.SERVICE_OPTS)

    @assert_re()
    def setGreyscaleRenderingModel(self) -> None:
        """Show one channel in grey."""
        self._set_model("greyscale")

    @assert_re()
    def setColorRenderingModel(self) -> None:
        """Show channels in colour, added up."""
        self._set_model("rgb")

    @assert_re()
    def isGreyscaleRenderingModel(self) -> bool:
        """Whether one channel is shown in grey."""
        return bool(self.getRenderingModel().value.lower() == "greyscale")

    def getProjections(self) -> list[str]:
        """Names of the projections."""
        return list(self.PROJECTIONS)

    def getProjection(self) -> str:
        """Name of the projection in use; normal is none."""
        return self._pr if self._pr in self.PROJECTIONS and self._pr is not None else "normal"

    def setProjection(self, proj: str | None) -> None:
        """Set the projection by name."""
        self._pr = proj

    def getProjectionRange(self) -> tuple[int | None, int | None]:
        """First and last section of the projection; None for all."""
        return self._prStart, self._prEnd

    def setProjectionRange(self, projStart: int | None, projEnd: int | None) -> None:
        """Set first and last section of the projection, cut to those there are."""
        last = self.getSizeZ() - 1  # type: ignore[attr-defined]
        self._prStart = None if projStart is None else max(0, int(projStart))
        self._prEnd = None if projEnd is None else min(last, int(projEnd))

    def isInvertedAxis(self) -> bool:
        """Whether sections and time points are exchanged."""
        return self._invertedAxis

    def setInvertedAxis(self, inverted: bool) -> None:
        """Exchange sections and time points."""
        self._invertedAxis = inverted

    @assert_re()
    def getDefaultZ(self) -> int:
        """The section shown first."""
        return int(self._re.getDefaultZ())

    @assert_re()
    def getDefaultT(self) -> int:
        """The time point shown first."""
        return int(self._re.getDefaultT())

    @assert_re()
    def setDefaultZ(self, z: int) -> None:
        """Set the section shown first."""
        self._re.setDefaultZ(z)

    @assert_re()
    def setDefaultT(self, t: int) -> None:
        """Set the time point shown first."""
        self._re.setDefaultT(t)

    # Stored settings

    @assert_re()
    def getRenderingDefId(self) -> int:
        """Id of the settings in use."""
        return int(self._re.getRenderingDefId())

    def getAllRenderingDefs(self, eid: int = -1) -> list[dict[str, Any]]:
        """All settings of the image, or those of one user: owner, model, position and channels."""
        found = self._conn.getPixelsService().retrieveAllRndSettings(self.getPixelsId(), eid, self._conn.SERVICE_OPTS)  # type: ignore[attr-defined]
        return [_described(settings) for settings in found]

    @assert_re()
    def saveDefaults(self) -> bool:
        """Store the settings in use as the caller's; False when that is not allowed."""
        if not self.canAnnotate():  # type: ignore[attr-defined]
            return False
        self._re.saveCurrentSettings(self._own_context())  # type: ignore[attr-defined]
        return True

    @assert_re()
    def resetDefaults(self, save: bool = True) -> bool:
        """Go back to the settings that the server makes of the image, and store them if asked so."""
        if not self.canAnnotate():  # type: ignore[attr-defined]
            return False
        self._re.resetDefaultSettings(save, self._own_context())  # type: ignore[attr-defined]
        return True

    def resetRDefs(self) -> bool:
        """Delete the caller's settings, or those of all for administrators; False when that is not allowed."""
        if not self.canAnnotate():  # type: ignore[attr-defined]
            return False
        self._deleteSettings()
        return True

    def clearDefaults(self) -> bool:
        """Delete the caller's settings; False when that is not allowed."""
        return self.resetRDefs()

    def _deleteSettings(self) -> None:
        """Delete the settings."""
        self._closeRE()
        query = "select r.id from RenderingDef r where r.pixels.id = :pid"
        params = omero.sys.ParametersI().addLong("pid", self.getPixelsId())  # type: ignore[attr-defined]
        if not self._conn.isAdmin():
            query += " and r.details.owner.id = :eid"
            params.addLong("eid", self._conn.getUserId())
        context = self._own_context()  # type: ignore[attr-defined]
        ids = [row[0] for row in unwrap(self._conn.getQueryService().projection(query, params, context))]
        if ids:
            self._conn.deleteObjects("RenderingDef", ids, wait=True)

    def _getRDef(self) -> int | None:
        """Id of settings kept in an annotation, when ``CONFIG.IMG_RDEFNS`` names its namespace."""
        namespace = self._conn.CONFIG.IMG_RDEFNS
        annotation = self.getAnnotation(namespace) if namespace else None  # type: ignore[attr-defined]
        return None if annotation is None else int(annotation.getValue())


def _at(values: Any, position: int) -> Any:
    return values[position] if values is not None and position < len(values) else None


def _described(settings: Any) -> dict[str, Any]:
    owner = settings.details.owner
    return {
        "id": settings.id.val,
        "owner": {
            "id": owner.id.val,
            "firstName": unwrap(owner.firstName) if owner.loaded else None,
            "lastName": unwrap(owner.lastName) if owner.loaded else None,
        },
        "z": unwrap(settings.defaultZ),
        "t": unwrap(settings.defaultT),
        "model": unwrap(settings.model.value),
        "c": [_described_channel(binding) for binding in settings.copyWaveRendering()],
    }


def _described_channel(binding: Any) -> dict[str, Any]:
    red, green, blue = (unwrap(getattr(binding, color)) for color in ("red", "green", "blue"))
    inverted = any(
        isinstance(each, omero.model.ReverseIntensityContext) for each in binding.copySpatialDomainEnhancement()
    )
    described = {
        "active": unwrap(binding.active),
        "start": unwrap(binding.inputStart),
        "end": unwrap(binding.inputEnd),
        "color": ColorHolder.fromRGBA(red, green, blue, unwrap(binding.alpha)).getHtml(),
        "inverted": inverted,
        "reverseIntensity": inverted,
        "family": unwrap(binding.family.value),
        "coefficient": unwrap(binding.coefficient),
        "rgb": {"red": red, "green": green, "blue": blue},
    }
    lut = unwrap(binding.lookupTable)
    return described | ({"lut": lut} if lut else {})
