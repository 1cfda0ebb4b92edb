"""``ImageWrapper``: an image with its dimensions, channels, pixels and surroundings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import omero
import omero.model
import omero.sys
from omero.gateway.channels import PIXEL_RANGES
from omero.gateway.containers import Query, no_links, restrict
from omero.gateway.engine import assert_pixels
from omero.gateway.image_files import ImageFiles
from omero.gateway.image_query import channels_query, pixels_query
from omero.gateway.plots import Plots
from omero.gateway.render import Rendering
from omero.gateway.utils import image_to_html
from omero.gateway.view_options import ViewOptions
from omero.gateway.wrapper import BlitzObjectWrapper, OmeroRestrictionWrapper, distinct, local_time, resolve
from omero.rtypes import unwrap

__all__ = ["_ImageWrapper"]


class _ImageWrapper(Plots, Rendering, ViewOptions, ImageFiles, BlitzObjectWrapper, OmeroRestrictionWrapper):
    """An image."""

    OMERO_CLASS = "Image"
    LINK_CLASS = None
    CHILD_WRAPPER_CLASS = None
    PARENT_WRAPPER_CLASS = ["DatasetWrapper", "WellSampleWrapper"]

    _pixels: Any = None

    @classmethod
    def _getQueryString(cls, opts: dict[str, Any] | None = None) -> Query:
        """Options: ``dataset``: id; ``load_pixels``, ``load_channels``; ``orphaned``: in no dataset and no well."""
        opts = opts or {}
        text, clauses, params = super()._getQueryString(opts)
        if opts.get("load_pixels") or opts.get("load_channels"):
            text += pixels_query("obj")
        if opts.get("load_channels"):
            text += channels_query()
        if opts.get("orphaned"):
            in_no_well = "not exists (select orphanws from WellSample orphanws where orphanws.image.id = obj.id)"
            clauses = [*clauses, no_links("DatasetImageLink"), in_no_well]
        join = "join obj.datasetLinks dlink"
        return restrict((text, clauses, params), join, "dlink.parent.id = :did", "did", opts.get("dataset"))

    @classmethod
    def fromPixelsId(cls, conn: Any, pid: int) -> Any:
        """The image that has the pixels with this id; None when there is none."""
        query = "select p from Pixels p join fetch p.image i join fetch i.details.owner where p.id = :id"
        pixels = conn.getQueryService().findByQuery(query, omero.sys.ParametersI().addId(pid), conn.SERVICE_OPTS)
        return None if pixels is None else resolve("ImageWrapper")(conn, pixels.image)

    def __loadedHotSwap__(self) -> None:
        """Load the image again with its pixels."""
        service = self._conn.getContainerService()
        self._obj = service.getImages("Image", [self._obj.id.val], None, self._own_context())[0]

    def _repr_html_(self) -> str:
        """For notebooks."""
        return image_to_html(self)

    # Pixels

    def _loadPixels(self) -> bool:
        """Load the pixels once; whether there are any."""
        if not self._obj.isPixelsLoaded():
            self.__loadedHotSwap__()
        return bool(self._obj.sizeOfPixels() > 0)

    def _primary(self) -> Any:
        return self._obj.getPrimaryPixels()

    @assert_pixels
    def getPixelsId(self) -> int:
        """Id of the pixels."""
        return int(self._primary().id.val)

    @assert_pixels
    def getPrimaryPixels(self) -> Any:
        """The pixels, as a wrapper."""
        if self._pixels is None or self._pixels.getId() != self._primary().id.val:
            self._pixels = resolve("PixelsWrapper")(self._conn, self._primary())
        return self._pixels

    @assert_pixels
    def getPixelsType(self) -> str:
        """Such as uint8."""
        return str(self.getPrimaryPixels().getPixelsType().value)

    @assert_pixels
    def getPixelRange(self) -> tuple[float, float]:
        """Smallest and largest value of the pixel type."""
        return PIXEL_RANGES[self.getPixelsType()]

    @assert_pixels
    def getSizeX(self) -> int:
        """Width in pixels."""
        return int(self._primary().sizeX.val)

    @assert_pixels
    def getSizeY(self) -> int:
        """Height in pixels."""
        return int(self._primary().sizeY.val)

    @assert_pixels
    def getSizeZ(self) -> int:
        """Number of sections; of time points when the axes are exchanged."""
        primary = self._primary()
        return int((primary.sizeT if self.isInvertedAxis() else primary.sizeZ).val)

    @assert_pixels
    def getSizeT(self) -> int:
        """Number of time points; of sections when the axes are exchanged."""
        primary = self._primary()
        return int((primary.sizeZ if self.isInvertedAxis() else primary.sizeT).val)

    @assert_pixels
    def getSizeC(self) -> int:
        """Number of channels."""
        return int(self._primary().sizeC.val)

    @assert_pixels
    def getPixelSizeX(self, units: Any = None) -> Any:
        """Width of a pixel in µm, None when not known; ``units``: True for the object, or a unit's name."""
        return self._pixel_size(self._primary().physicalSizeX, units)

    @assert_pixels
    def getPixelSizeY(self, units: Any = None) -> Any:
        """Height of a pixel; see ``getPixelSizeX``."""
        return self._pixel_size(self._primary().physicalSizeY, units)

    @assert_pixels
    def getPixelSizeZ(self, units: Any = None) -> Any:
        """Distance of sections; see ``getPixelSizeX``."""
        return self._pixel_size(self._primary().physicalSizeZ, units)

    def _pixel_size(self, length: Any, units: Any) -> Any:
        return self._unwrapunits(length, units)

    @assert_pixels
    def getThumbVersion(self) -> int | None:
        """Version of the stored thumbnail, None without one."""
        query = "select max(t.version) from Thumbnail t where t.pixels.id = :pid"
        params = omero.sys.ParametersI().addLong("pid", self.getPixelsId())
        rows = unwrap(self._conn.getQueryService().projection(query, params, self._own_context()))
        return rows[0][0] if rows else None

    def requiresPixelsPyramid(self) -> bool:
        """Whether planes are so large that they are read in tiles."""
        width, height = self._conn.getMaxPlaneSize()
        return bool(self.getSizeX() * self.getSizeY() > width * height)

    # Channels

    def getChannels(self, noRE: bool = False) -> list[Any] | None:
        """The channels; with ``noRE`` without colours and windows, and without asking the rendering engine."""
        if not noRE:
            try:
                if not self._prepareRenderingEngine():
                    return None
            except omero.ConcurrencyException:
                noRE = True
        wrapper = resolve("ChannelWrapper")
        engine = None if noRE else self._re
        return [wrapper(self._conn, ch, idx=i, re=engine, img=self) for i, ch in enumerate(self._channel_objects())]

    def _channel_objects(self) -> list[Any]:
        primary = self._primary() if self._loadPixels() else None
        if primary is None:
            return []
        # Rendering engines give channels with statistics, the pixels alone may not.
        if not primary.isChannelsLoaded() or any(_bare(channel) for channel in primary.copyChannels()):
            described = self._conn.getPixelsService().retrievePixDescription(primary.id.val, self._own_context())
            primary.unloadChannels()
            primary._channelsSeq, primary._channelsLoaded = described._channelsSeq, True
        return list(primary.copyChannels())

    def getChannelLabels(self) -> list[str]:
        """Name, emission wave length or index of each channel."""
        return [channel.getLabel() for channel in self.getChannels(noRE=True) or ()]

    # Surroundings

    def getAcquisitionDate(self) -> datetime | None:
        """When it was recorded, local time; None when not known."""
        milliseconds = unwrap(self._obj.acquisitionDate)
        return local_time(milliseconds) if milliseconds else None

    def getInstrument(self) -> Any:
        """The microscope with all its parts, None when not known."""
        instrument = self._obj.instrument
        if instrument is None:
            return None
        loaded = self._conn.getMetadataService().loadInstrument(instrument.id.val, self._own_context())
        self._obj.instrument = loaded
        return resolve("InstrumentWrapper")(self._conn, loaded)

    def getObjectiveSettings(self) -> Any:
        """How the objective was set, None when not known."""
        settings = self._obj.objectiveSettings
        if settings is None:
            return None
        if not settings.loaded:
            query = (
                "select o from ObjectiveSettings o left outer join fetch o.medium "
                "left outer join fetch o.objective obj left outer join fetch obj.immersion "
                "left outer join fetch obj.correction where o.id = :id"
            )
            params = omero.sys.ParametersI().addId(settings.id.val)
            settings = self._conn.getQueryService().findByQuery(query, params, self._own_context())
            self._obj.objectiveSettings = settings
        return resolve("ObjectiveSettingsWrapper")(self._conn, settings)

    def getImagingEnvironment(self) -> Any:
        """Temperature and the like, None when not known."""
        environment = self._obj.imagingEnvironment
        return None if environment is None else resolve("ImagingEnvironmentWrapper")(self._conn, environment)

    def getStageLabel(self) -> Any:
        """Position of the stage, None when not known."""
        label = self._obj.stageLabel
        return None if label is None else resolve("ImageStageLabelWrapper")(self._conn, label)

    def getAuthor(self) -> str:
        """First and last name of the owner."""
        owner = self.getOwner()
        return f"{unwrap(owner._obj.firstName)} {unwrap(owner._obj.lastName)}"

    def getProject(self) -> Any:
        """The project, if there is exactly one; else None."""
        projects = {
            project.getId(): project
            for dataset in self.listParents()
            if isinstance(dataset, resolve("DatasetWrapper"))
            for project in dataset.listParents()
        }
        return next(iter(projects.values())) if len(projects) == 1 else None

    def getPlate(self) -> Any:
        """The plate, None for images that are in no well."""
        for parent in self.listParents():
            if isinstance(parent, resolve("WellSampleWrapper")):
                return parent.getParent().getParent()
        return None

    def shortname(self, length: int = 20, hist: int = 5) -> str:
        """The name, shortened in the middle: ``length`` characters, give or take ``hist``."""
        name = self.name
        if not name:
            return ""
        if len(name) <= length + hist:
            return str(name)
        return f"...{name[-(length):]}"

    def simpleMarshal(self, xtra: Any = None, parents: bool = False) -> dict[str, Any]:
        """With author, date (seconds since 1970), thumb_url if ``xtra`` has thumbUrlPrefix, size if it has tiled."""
        described = super().simpleMarshal(xtra=xtra, parents=parents)
        date = self.getDate()
        described |= {"author": self.getAuthor(), "date": float(int(date.timestamp())) if date else None}
        prefix = (xtra or {}).get("thumbUrlPrefix")
        if prefix is not None:
            described["thumb_url"] = prefix(str(self.id)) if callable(prefix) else f"{prefix}{self.id}/"
        if (xtra or {}).get("tiled"):
            described["size"] = {"width": self.getSizeX(), "height": self.getSizeY()}
            described["tiled"] = self.requiresPixelsPyramid()
        return described

    # Regions of interest

    def _get_rois(self, shapeType: Any = None, filterByCurrentUser: bool = False) -> list[Any]:
        """Model objects of the regions, those with a shape of some kind, or of the caller, if asked so."""
        query = "select r from Roi r left outer join fetch r.shapes join fetch r.details.owner where r.image.id = :id"
        params = omero.sys.ParametersI().addId(self.getId())
        if filterByCurrentUser:
            query += " and r.details.owner.id = :eid"
            params.addLong("eid", self._conn.getUserId())
        found = self._conn.getQueryService().findAllByQuery(f"{query} order by r.id", params, self._own_context())
        kinds = {shapeType} if isinstance(shapeType, str) else set(shapeType or ())
        return [roi for roi in distinct(found) if not kinds or kinds & {_kind(shape) for shape in roi.copyShapes()}]

    def getROIs(self, shapeType: Any = None, filterByCurrentUser: bool = False) -> Iterator[Any]:
        """The regions of interest; those with a shape of some kind (Rectangle, ...), or of the caller, if asked so."""
        return [resolve("RoiWrapper")(self._conn, roi) for roi in self._get_rois(shapeType, filterByCurrentUser)]  # type: ignore[return-value]

    def getROICount(self, shapeType: Any = None, filterByCurrentUser: bool = False) -> int:
        """Number of regions of interest, as ``getROIs`` would give."""
        if shapeType is not None:
            return len(self._get_rois(shapeType, filterByCurrentUser))
        query = "select count(r.id) from Roi r where r.image.id = :id"
        params = omero.sys.ParametersI().addId(self.getId())
        if filterByCurrentUser:
            query += " and r.details.owner.id = :eid"
            params.addLong("eid", self._conn.getUserId())
        return int(unwrap(self._conn.getQueryService().projection(query, params, self._own_context()))[0][0])


def _bare(channel: Any) -> bool:
    return channel is None or not channel.loaded or channel.logicalChannel is None or not channel.logicalChannel.loaded


def _kind(shape: Any) -> str:
    return str(shape.ice_id().rpartition("::")[2])
