"""An image with one object of every class that is needed to show it, hardware and settings included."""

from __future__ import annotations

from typing import Any

import omero.model
from omero.rtypes import rbool, rdouble, rint, rstring
from tests.support.actors import named, pixels


def shown_image(name: str) -> Any:
    """A new image, to be saved with IUpdate."""
    image = named("Image", name)
    instrument = _instrument()
    image.instrument = instrument
    image.objectiveSettings = omero.model.ObjectiveSettingsI()
    image.objectiveSettings.objective = instrument.copyObjective()[0]
    image.imagingEnvironment = omero.model.ImagingEnvironmentI()
    image.stageLabel = named("StageLabel")
    image.addPixels(_pixels(instrument))
    return image


def _instrument() -> Any:
    instrument = omero.model.InstrumentI()
    instrument.microscope = omero.model.MicroscopeI()
    instrument.microscope.type = _enum("MicroscopeType", "Other")
    for kind, value in (("Detector", "Other"), ("Laser", "Other")):
        made = getattr(omero.model, f"{kind}I")()
        made.type = _enum(f"{kind}Type", value)
        getattr(instrument, f"add{'LightSource' if kind == 'Laser' else kind}")(made)
    instrument.copyLightSource()[0].laserMedium = _enum("LaserMedium", "Other")
    objective = omero.model.ObjectiveI()
    objective.immersion, objective.correction = _enum("Immersion", "Other"), _enum("Correction", "Other")
    instrument.addObjective(objective)
    filter_, filters = omero.model.FilterI(), omero.model.FilterSetI()
    filter_.transmittanceRange = omero.model.TransmittanceRangeI()
    instrument.addFilter(filter_)
    instrument.addFilterSet(filters)
    instrument.addDichroic(omero.model.DichroicI())
    filters.linkExcitationFilter(filter_)
    filters.linkEmissionFilter(filter_)
    instrument.addOTF(_otf(objective))
    return instrument


def _otf(objective: Any) -> Any:
    otf = omero.model.OTFI()
    otf.sizeX = otf.sizeY = rint(1)
    otf.opticalAxisAveraged, otf.path = rbool(False), rstring("/")
    otf.pixelsType, otf.objective = _enum("PixelsType", "uint8"), objective
    return otf


def _pixels(instrument: Any) -> Any:
    made = pixels()
    channel = made.getChannel(0)
    channel.statsInfo = omero.model.StatsInfoI()
    channel.statsInfo.globalMin, channel.statsInfo.globalMax = rdouble(0), rdouble(9)
    logical = channel.logicalChannel
    logical.detectorSettings = omero.model.DetectorSettingsI()
    logical.detectorSettings.detector = instrument.copyDetector()[0]
    logical.lightSourceSettings = omero.model.LightSettingsI()
    logical.lightSourceSettings.lightSource = instrument.copyLightSource()[0]
    logical.lightPath = omero.model.LightPathI()
    logical.lightPath.linkExcitationFilter(instrument.copyFilter()[0])
    logical.lightPath.linkEmissionFilter(instrument.copyFilter()[0])
    plane = omero.model.PlaneInfoI()
    plane.theZ = plane.theC = plane.theT = rint(0)
    made.addPlaneInfo(plane)
    made.addRenderingDef(_settings())
    thumbnail = omero.model.ThumbnailI()
    thumbnail.mimeType, thumbnail.sizeX, thumbnail.sizeY = rstring("image/jpeg"), rint(9), rint(9)
    made.addThumbnail(thumbnail)
    archived = named("OriginalFile", path=rstring("/archive/"))
    made.linkOriginalFile(archived)
    return made


def _settings() -> Any:
    settings = omero.model.RenderingDefI()
    settings.defaultZ = settings.defaultT = rint(0)
    settings.model, settings.compression = _enum("RenderingModel", "rgb"), rdouble(0.5)
    settings.quantization = omero.model.QuantumDefI()
    settings.quantization.cdStart, settings.quantization.cdEnd = rint(0), rint(255)
    settings.quantization.bitResolution = rint(255)
    binding = omero.model.ChannelBindingI()
    binding.family, binding.active, binding.noiseReduction = _enum("Family", "linear"), rbool(True), rbool(False)
    binding.coefficient, binding.inputStart, binding.inputEnd = rdouble(1), rdouble(0), rdouble(9)
    binding.red = binding.alpha = rint(255)
    binding.green = binding.blue = rint(0)
    context = omero.model.ReverseIntensityContextI()
    context.reverse = rbool(True)
    binding.addCodomainMapContext(context)
    settings.addChannelBinding(binding)
    projection = omero.model.ProjectionDefI()
    projection.active, projection.type = rbool(True), _enum("ProjectionType", "maximum")
    projection.axis = _enum("ProjectionAxis", "Z")
    settings.addProjectionDef(projection)
    return settings


def _enum(cls: str, value: str) -> Any:
    made = getattr(omero.model, f"{cls}I")()
    made.value = rstring(value)
    return made
