"""The settings of a RenderingEngine, one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import omero
import omero._generated
import omero.model
import omero.romio
from omero_server import queries
from omero_server.rendering.quantum import type_range
from omero_server.services.rendering.graphs import LINEAR, enum_object, merged, value_of
from omero_server.services.rendering.state import RenderingState
from omero_server.services.service import reads
from omero_server.sessions.call import Call

__all__ = ["RenderingValues"]


class RenderingValues(RenderingState):
    """Getters and setters. Nothing is stored before one of the save operations."""

    @reads
    def getModel(self, call: Call) -> Any:
        """The colour model."""
        return enum_object(call, "RenderingModel", self.stored().settings.model)

    @reads
    def setModel(self, call: Call, model: Any) -> None:
        """Choose the colour model."""
        self.change(replace(self.settings, model=value_of(call, model, "model")))

    @reads
    def getDefaultZ(self, call: Call) -> int:
        """The section shown first."""
        return self.stored().settings.default_z

    @reads
    def setDefaultZ(self, call: Call, z: int) -> None:
        """Choose the section shown first."""
        self.change(replace(self.settings, default_z=z))

    @reads
    def getDefaultT(self, call: Call) -> int:
        """The timepoint shown first."""
        return self.stored().settings.default_t

    @reads
    def setDefaultT(self, call: Call, t: int) -> None:
        """Choose the timepoint shown first."""
        self.change(replace(self.settings, default_t=t))

    @reads
    def getAvailableModels(self, call: Call) -> list[Any]:
        """All colour models."""
        return list(queries.run(call, "select m from RenderingModel m order by m.id", {}))

    @reads
    def getAvailableFamilies(self, call: Call) -> list[Any]:
        """All families of curves."""
        return list(queries.run(call, "select f from Family f order by f.id", {}))

    @reads
    def getQuantumDef(self, call: Call) -> Any:
        """Output interval and resolution."""
        stored = self.stored()
        return omero.model.QuantumDef(
            _id=omero.RLong(stored.quantum_id),
            _loaded=True,
            _cdStart=omero.RInt(stored.settings.cd_start),
            _cdEnd=omero.RInt(stored.settings.cd_end),
            _bitResolution=omero.RInt(stored.settings.bit_resolution),
        )

    @reads
    def setQuantumStrategy(self, call: Call, bitResolution: int) -> None:
        """Choose the number of output levels, less one: 1, 3, 7 ... 255."""
        self.change(replace(self.settings, bit_resolution=bitResolution))

    @reads
    def setCodomainInterval(self, call: Call, start: int, end: int) -> None:
        """Choose the output interval, within 0..255."""
        self.change(replace(self.settings, cd_start=start, cd_end=end))

    @reads
    def setQuantizationMap(self, call: Call, w: int, family: Any, coefficient: float, noiseReduction: bool) -> None:
        """Choose a channel's curve; the linear one has no coefficient but 1."""
        name = value_of(call, family, "family")
        k = 1.0 if name == LINEAR and coefficient > 0 else coefficient
        self.change_channel(w, family=name, coefficient=k, noise_reduction=noiseReduction)

    @reads
    def getChannelFamily(self, call: Call, w: int) -> Any:
        """A channel's family of curves."""
        return enum_object(call, "Family", self.channel(w).family)

    @reads
    def getChannelNoiseReduction(self, call: Call, w: int) -> bool:
        """Whether the outer tenths of a channel count as noise."""
        return self.channel(w).noise_reduction

    @reads
    def getChannelCurveCoefficient(self, call: Call, w: int) -> float:
        """The coefficient of a channel's curve."""
        return self.channel(w).coefficient

    @reads
    def getChannelStats(self, call: Call, w: int) -> list[float]:
        """Always empty, as clients know it; the statistics come with the pixels."""
        self.channel(w)
        return []

    @reads
    def setChannelWindow(self, call: Call, w: int, start: float, end: float) -> None:
        """Choose a channel's window, in raw values."""
        self.change_channel(w, window_start=start, window_end=end)

    @reads
    def getChannelWindowStart(self, call: Call, w: int) -> float:
        """Where a channel's window starts."""
        return self.channel(w).window_start

    @reads
    def getChannelWindowEnd(self, call: Call, w: int) -> float:
        """Where a channel's window ends."""
        return self.channel(w).window_end

    @reads
    def setRGBA(self, call: Call, w: int, red: int, green: int, blue: int, alpha: int) -> None:
        """Choose a channel's colour, each part 0..255."""
        self.change_channel(w, color=(red, green, blue, alpha))

    @reads
    def getRGBA(self, call: Call, w: int) -> list[int]:
        """A channel's colour: red, green, blue, alpha."""
        return list(self.channel(w).color)

    @reads
    def setActive(self, call: Call, w: int, active: bool) -> None:
        """Show or hide a channel."""
        self.change_channel(w, active=active)

    @reads
    def isActive(self, call: Call, w: int) -> bool:
        """Whether a channel is shown."""
        return self.channel(w).active

    @reads
    def setChannelLookupTable(self, call: Call, w: int, lookup: str) -> None:
        """Choose a channel's lookup table by name; empty for none."""
        self.change_channel(w, lut=lookup or None)

    @reads
    def getChannelLookupTable(self, call: Call, w: int) -> str:
        """The name of a channel's lookup table; empty for none."""
        return self.channel(w).lut or ""

    @reads
    def addCodomainMap(self, call: Call, mapCtx: Any) -> None:
        """Reverse all channels."""
        self._reverse(mapCtx, True)

    @reads
    def updateCodomainMap(self, call: Call, mapCtx: Any) -> None:
        """Nothing to update: reversing has no parameters. ApiUsageException when no channel is reversed."""
        _check_context(mapCtx)
        if not any(channel.reverse for channel in self.settings.channels):
            raise omero.ApiUsageException(message="No channel has such a map; use addCodomainMap.")

    @reads
    def removeCodomainMap(self, call: Call, mapCtx: Any) -> None:
        """Do not reverse any channel."""
        self._reverse(mapCtx, False)

    @reads
    def addCodomainMapToChannel(self, call: Call, mapCtx: Any, w: int) -> None:
        """Reverse a channel."""
        _check_context(mapCtx)
        self.change_channel(w, reverse=True)

    @reads
    def removeCodomainMapFromChannel(self, call: Call, mapCtx: Any, w: int) -> None:
        """Do not reverse a channel."""
        _check_context(mapCtx)
        self.change_channel(w, reverse=False)

    @reads
    def getCodomainMapContext(self, call: Call, w: int) -> list[Any]:
        """A ReverseIntensityContext if the channel is reversed."""
        if not self.channel(w).reverse:
            return []
        return [omero.model.ReverseIntensityContext(_loaded=True, _reverse=omero.RBool(True))]

    def _reverse(self, context: Any, on: bool) -> None:
        _check_context(context)
        channels = tuple(replace(channel, reverse=on) for channel in self.settings.channels)
        self.change(replace(self.settings, channels=channels))

    @reads
    def updateSettings(self, call: Call, settings: Any) -> None:
        """Take over what is set in a RenderingDef; nothing is stored."""
        if settings is not None:
            self.change(merged(call, self.settings, settings))

    @reads
    def isPixelsTypeSigned(self, call: Call) -> bool:
        """Whether values can be negative."""
        return self.opened()[0].dtype.kind != "u"

    @reads
    def getPixelsTypeLowerBound(self, call: Call, w: int) -> float:
        """The smallest value of the type."""
        self.channel(w)
        return type_range(self.pixels().pixel_type, self.pixels().significant_bits)[0]

    @reads
    def getPixelsTypeUpperBound(self, call: Call, w: int) -> float:
        """The largest value of the type."""
        self.channel(w)
        return type_range(self.pixels().pixel_type, self.pixels().significant_bits)[1]


def _check_context(context: Any) -> None:
    if not isinstance(context, omero.romio.ReverseIntensityMapContext):
        raise omero.InternalException(
            message=f"Only ReverseIntensityMapContext is supported, not {type(context).__name__}."
        )
