"""RenderingDef objects of the API, to and from settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import omero
import omero._generated
import omero.model
from omero_server.rendering.settings import ChannelSettings, RenderSettings
from omero_server.rendering.stored import enumeration
from omero_server.sessions.call import Call

__all__ = ["enum_object", "fill", "merged", "new_definition", "value_of"]

LINEAR = "linear"


def enum_object(call: Call, cls: str, value: str) -> Any:
    """The enumeration object of class ``cls`` with this value."""
    row_id = enumeration(call, cls.lower())[value]
    made: Any = getattr(omero.model, cls)(_id=omero.RLong(row_id), _loaded=True, _value=omero.RString(value))
    return made


def value_of(call: Call, thing: Any, what: str) -> str:
    """The value of an enumeration object, looked up by its id when it is not loaded."""
    if thing is None:
        raise omero.ApiUsageException(message=f"The {what} is missing.")
    known = enumeration(call, type(thing).ice_staticId().rsplit("::", 1)[-1].lower())
    if thing._loaded and thing._value is not None and thing._value._val in known:
        return str(thing._value._val)
    for value, row_id in known.items():
        if thing._id is not None and thing._id._val == row_id:
            return value
    raise omero.ApiUsageException(message=f"The {what} is unknown; use one of {', '.join(known)}.")


def merged(call: Call, settings: RenderSettings, given: Any) -> RenderSettings:
    """``settings`` with what is set in a RenderingDef. Values that belong together count only when all are set."""
    if given._model is not None:
        settings = replace(settings, model=value_of(call, given._model, "model"))
    if given._defaultZ is not None:
        settings = replace(settings, default_z=given._defaultZ._val)
    if given._defaultT is not None:
        settings = replace(settings, default_t=given._defaultT._val)
    quantum = given._quantization
    if quantum is not None and quantum._loaded:
        if quantum._bitResolution is not None:
            settings = replace(settings, bit_resolution=quantum._bitResolution._val)
        if None not in (quantum._cdStart, quantum._cdEnd):
            settings = replace(settings, cd_start=quantum._cdStart._val, cd_end=quantum._cdEnd._val)
    bindings = (given._waveRenderingSeq or [])[: len(settings.channels)]
    channels = [
        channel if binding is None or not binding._loaded else _merged_channel(call, channel, binding)
        for channel, binding in zip(settings.channels, bindings, strict=False)
    ]
    return replace(settings, channels=(*channels, *settings.channels[len(channels) :]))


def _merged_channel(call: Call, channel: ChannelSettings, given: Any) -> ChannelSettings:
    if given._active is not None:
        channel = replace(channel, active=given._active._val)
    window = given._inputStart, given._inputEnd
    if None not in window:
        channel = replace(channel, window_start=window[0]._val, window_end=window[1]._val)
    curve = given._family, given._coefficient, given._noiseReduction
    if None not in curve:
        family = value_of(call, given._family, "family")
        k = 1.0 if family == LINEAR else given._coefficient._val
        channel = replace(channel, family=family, coefficient=k, noise_reduction=given._noiseReduction._val)
    color = given._red, given._green, given._blue, given._alpha
    if None not in color:
        red, green, blue, alpha = (part._val for part in color)
        channel = replace(channel, color=(red, green, blue, alpha))
    if given._lookupTable is not None:
        channel = replace(channel, lut=given._lookupTable._val or None)
    if any(isinstance(one, omero.model.ReverseIntensityContext) for one in given._spatialDomainEnhancementSeq or []):
        channel = replace(channel, reverse=True)
    return channel


def new_definition(pixels: Any, size_z: int, size_c: int) -> Any:
    """A RenderingDef that is not saved yet: the middle section, and channels without values."""
    bindings = [omero.model.ChannelBinding(_loaded=True, _spatialDomainEnhancementLoaded=True) for _ in range(size_c)]
    for binding in bindings:
        binding._spatialDomainEnhancementSeq = []
    return omero.model.RenderingDef(
        _loaded=True,
        _pixels=omero.model.Pixels(_id=pixels._id, _loaded=False),
        _defaultZ=omero.RInt(size_z // 2),
        _defaultT=omero.RInt(0),
        _quantization=omero.model.QuantumDef(_loaded=True),
        _waveRenderingSeq=bindings,
        _waveRenderingLoaded=True,
    )


def fill(call: Call, definition: Any, settings: RenderSettings) -> None:
    """Set all values of a RenderingDef whose channels are loaded."""
    definition._defaultZ, definition._defaultT = omero.RInt(settings.default_z), omero.RInt(settings.default_t)
    definition._model = enum_object(call, "RenderingModel", settings.model)
    quantum = definition._quantization
    if quantum is None or not quantum._loaded:
        quantum = definition._quantization = omero.model.QuantumDef(_loaded=True)
    quantum._cdStart, quantum._cdEnd = omero.RInt(settings.cd_start), omero.RInt(settings.cd_end)
    quantum._bitResolution = omero.RInt(settings.bit_resolution)
    bindings = definition._waveRenderingSeq or []
    bindings += [omero.model.ChannelBinding(_loaded=True) for _ in settings.channels[len(bindings) :]]
    for binding, channel in zip(bindings, settings.channels, strict=False):
        _fill_channel(call, binding, channel)
    definition._waveRenderingSeq, definition._waveRenderingLoaded = bindings, True


def _fill_channel(call: Call, binding: Any, channel: ChannelSettings) -> None:
    binding._active = omero.RBool(channel.active)
    binding._inputStart, binding._inputEnd = omero.RDouble(channel.window_start), omero.RDouble(channel.window_end)
    binding._family = enum_object(call, "Family", channel.family)
    binding._coefficient = omero.RDouble(channel.coefficient)
    binding._noiseReduction = omero.RBool(channel.noise_reduction)
    binding._red, binding._green, binding._blue, binding._alpha = (omero.RInt(part) for part in channel.color)
    binding._lookupTable = omero.RString(channel.lut) if channel.lut else None
    maps = [omero.model.ReverseIntensityContext(_loaded=True, _reverse=omero.RBool(True))] if channel.reverse else []
    binding._spatialDomainEnhancementSeq, binding._spatialDomainEnhancementLoaded = maps, True
