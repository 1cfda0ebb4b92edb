"""``BlitzGateway``: a server's objects with methods, for scripts and programs.

    from omero.gateway import BlitzGateway

    with BlitzGateway("user", "password", host="host") as conn:
        image = conn.getObject("Image", 1)
        plane = image.getPrimaryPixels().getPlane(0, 0, 0)

Frameworks may put classes of their own in place of those here (``omero.gateway.ImageWrapper = MyImage``) and call
``refreshWrappers()``.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from importlib import import_module
from typing import IO, Any

from omero.gateway.annotating import link_table
from omero.gateway.annotations import (
    AnnotationWrapper,
    BooleanAnnotationWrapper,
    CommentAnnotationWrapper,
    DoubleAnnotationWrapper,
    FileAnnotationWrapper,
    LongAnnotationWrapper,
    MapAnnotationWrapper,
    TagAnnotationWrapper,
    TermAnnotationWrapper,
    TimestampAnnotationWrapper,
    XmlAnnotationWrapper,
    _AnnotationLinkWrapper,
)
from omero.gateway.calls import NoProxies, OmeroGatewaySafeCallWrapper, ProxyObjectWrapper
from omero.gateway.channels import _ChannelWrapper, _LogicalChannelWrapper, _PlaneInfoWrapper
from omero.gateway.colors import ColorHolder, splitHTMLColor
from omero.gateway.connection import _BlitzGateway
from omero.gateway.containers import _DatasetWrapper, _ProjectWrapper, _RoiWrapper, _ScreenWrapper, _ShapeWrapper
from omero.gateway.engine import assert_pixels, assert_re
from omero.gateway.files import _FilesetWrapper, _OriginalFileAsFileObj, _OriginalFileWrapper
from omero.gateway.finding import omero_type
from omero.gateway.image import _ImageWrapper
from omero.gateway.image_query import channels_query, pixels_query
from omero.gateway.instruments import (
    LightSourceWrapper,
    _ArcWrapper,
    _BinningWrapper,
    _DetectorSettingsWrapper,
    _DetectorWrapper,
    _DichroicWrapper,
    _EnumerationWrapper,
    _FilamentWrapper,
    _FilterSetWrapper,
    _FilterWrapper,
    _ImageStageLabelWrapper,
    _ImagingEnviromentWrapper,
    _ImagingEnvironmentWrapper,
    _InstrumentWrapper,
    _LaserWrapper,
    _LightEmittingDiodeWrapper,
    _LightPathWrapper,
    _LightSettingsWrapper,
    _LightSourceWrapper,
    _MicroscopeWrapper,
    _ObjectiveSettingsWrapper,
    _ObjectiveWrapper,
    _OTFWrapper,
    _TransmittanceRangeWrapper,
)
from omero.gateway.people import DetailsWrapper, _ExperimenterGroupWrapper, _ExperimenterWrapper
from omero.gateway.pixels import OMERO_NUMPY_TYPES, _PixelsWrapper
from omero.gateway.plates import (
    _letterGridLabel,
    _PlateAcquisitionWrapper,
    _PlateWrapper,
    _WellSampleWrapper,
    _WellWrapper,
)
from omero.gateway.utils import GatewayConfig, ServiceOptsDict, toBoolean
from omero.gateway.wrapper import BlitzObjectWrapper, OmeroRestrictionWrapper

logger = logging.getLogger("omero.gateway")

THISPATH = os.path.dirname(os.path.abspath(__file__))

# Names under which frameworks replace classes.
AnnotationLinkWrapper = _AnnotationLinkWrapper
ArcWrapper = _ArcWrapper
BinningWrapper = _BinningWrapper
BlitzGateway = _BlitzGateway
ChannelWrapper = _ChannelWrapper
DatasetWrapper = _DatasetWrapper
DetectorSettingsWrapper = _DetectorSettingsWrapper
DetectorWrapper = _DetectorWrapper
DichroicWrapper = _DichroicWrapper
EnumerationWrapper = _EnumerationWrapper
ExperimenterGroupWrapper = _ExperimenterGroupWrapper
ExperimenterWrapper = _ExperimenterWrapper
FilamentWrapper = _FilamentWrapper
FilesetWrapper = _FilesetWrapper
FilterSetWrapper = _FilterSetWrapper
FilterWrapper = _FilterWrapper
ImageStageLabelWrapper = _ImageStageLabelWrapper
ImageWrapper = _ImageWrapper
ImagingEnviromentWrapper = _ImagingEnviromentWrapper
ImagingEnvironmentWrapper = _ImagingEnvironmentWrapper
InstrumentWrapper = _InstrumentWrapper
LaserWrapper = _LaserWrapper
LightEmittingDiodeWrapper = _LightEmittingDiodeWrapper
LightPathWrapper = _LightPathWrapper
LightSettingsWrapper = _LightSettingsWrapper
LogicalChannelWrapper = _LogicalChannelWrapper
MicroscopeWrapper = _MicroscopeWrapper
OTFWrapper = _OTFWrapper
ObjectiveSettingsWrapper = _ObjectiveSettingsWrapper
ObjectiveWrapper = _ObjectiveWrapper
OriginalFileWrapper = _OriginalFileWrapper
PixelsWrapper = _PixelsWrapper
PlaneInfoWrapper = _PlaneInfoWrapper
PlateAcquisitionWrapper = _PlateAcquisitionWrapper
PlateWrapper = _PlateWrapper
ProjectWrapper = _ProjectWrapper
RoiWrapper = _RoiWrapper
SafeCallWrapper = OmeroGatewaySafeCallWrapper
ScreenWrapper = _ScreenWrapper
ShapeWrapper = _ShapeWrapper
TransmittanceRangeWrapper = _TransmittanceRangeWrapper
WellSampleWrapper = _WellSampleWrapper
WellWrapper = _WellWrapper

# What programs take from here though it is defined elsewhere: it is loaded when asked for.
BORROWED = {
    **dict.fromkeys(("rbool", "rdouble", "rint", "rlist", "rlong", "rstring", "rtime", "unwrap"), "omero.rtypes"),
    **dict.fromkeys(("Chgrp2", "Chown2", "Delete2", "DoAll", "Save", "SkipHead"), "omero.cmd"),
    "ChildOption": "omero.cmd.graphs",
    "image_to_html": "omero.gateway.utils",
    "timeit": "omero.util.decorators",
}


def __getattr__(name: str) -> Any:
    """Borrowed names, annotation classes of the model, and names of pixel types."""
    if name.startswith("PixelsType"):
        module = "omero.model.enums"
    elif name.endswith("AnnotationI"):
        module = "omero.model"
    elif name in BORROWED:
        module = BORROWED[name]
    else:
        raise AttributeError(f"module 'omero.gateway' has no attribute {name!r}")
    return getattr(import_module(module), name)


# Wrapper classes by the type that ``getObjects`` is given.
KNOWN_WRAPPERS: dict[str, Any] = {}

getAnnotationLinkTableName = link_table
getPixelsQuery = pixels_query
getChannelsQuery = channels_query


def refreshWrappers() -> None:
    """Let ``getObjects`` use the classes that stand here now."""
    KNOWN_WRAPPERS.update(
        {
            "project": ProjectWrapper,
            "dataset": DatasetWrapper,
            "image": ImageWrapper,
            "screen": ScreenWrapper,
            "plate": PlateWrapper,
            "plateacquisition": PlateAcquisitionWrapper,
            "acquisition": PlateAcquisitionWrapper,
            "well": WellWrapper,
            "roi": RoiWrapper,
            "shape": ShapeWrapper,
            "experimenter": ExperimenterWrapper,
            "experimentergroup": ExperimenterGroupWrapper,
            "originalfile": OriginalFileWrapper,
            "fileset": FilesetWrapper,
            "commentannotation": CommentAnnotationWrapper,
            "tagannotation": TagAnnotationWrapper,
            "longannotation": LongAnnotationWrapper,
            "booleanannotation": BooleanAnnotationWrapper,
            "fileannotation": FileAnnotationWrapper,
            "doubleannotation": DoubleAnnotationWrapper,
            "termannotation": TermAnnotationWrapper,
            "timestampannotation": TimestampAnnotationWrapper,
            "mapannotation": MapAnnotationWrapper,
            "xmlannotation": XmlAnnotationWrapper,
            "annotation": AnnotationWrapper,
        }
    )


refreshWrappers()


def add_plate_filter(clauses: list[str], params: Any, opts: dict[str, Any] | None) -> None:
    """Add to a query about wells or runs what limits it to the plate whose id is ``opts["plate"]``."""
    if opts and "plate" in opts:
        clauses.append("obj.plate.id = :pid")
        params.addLong("pid", opts["plate"])


def fileread(fin: IO[bytes], fsize: int, bufsize: int) -> bytes:
    """``fsize`` bytes of a file object, read in pieces of ``bufsize``."""
    return b"".join(fileread_gen(fin, fsize, bufsize))


def fileread_gen(fin: IO[bytes], fsize: int, bufsize: int) -> Iterator[bytes]:
    """``fsize`` bytes of a file object, in pieces of ``bufsize``."""
    left = fsize
    while left > 0 and (piece := fin.read(min(bufsize, left))):
        left -= len(piece)
        yield piece


__all__ = [
    "KNOWN_WRAPPERS",
    "OMERO_NUMPY_TYPES",
    "THISPATH",
    "AnnotationLinkWrapper",
    "AnnotationWrapper",
    "ArcWrapper",
    "BinningWrapper",
    "BlitzGateway",
    "BlitzObjectWrapper",
    "BooleanAnnotationWrapper",
    "ChannelWrapper",
    "ColorHolder",
    "CommentAnnotationWrapper",
    "DatasetWrapper",
    "DetailsWrapper",
    "DetectorSettingsWrapper",
    "DetectorWrapper",
    "DichroicWrapper",
    "DoubleAnnotationWrapper",
    "EnumerationWrapper",
    "ExperimenterGroupWrapper",
    "ExperimenterWrapper",
    "FilamentWrapper",
    "FileAnnotationWrapper",
    "FilesetWrapper",
    "FilterSetWrapper",
    "FilterWrapper",
    "GatewayConfig",
    "ImageStageLabelWrapper",
    "ImageWrapper",
    "ImagingEnviromentWrapper",
    "ImagingEnvironmentWrapper",
    "InstrumentWrapper",
    "LaserWrapper",
    "LightEmittingDiodeWrapper",
    "LightPathWrapper",
    "LightSettingsWrapper",
    "LightSourceWrapper",
    "LogicalChannelWrapper",
    "LongAnnotationWrapper",
    "MapAnnotationWrapper",
    "MicroscopeWrapper",
    "NoProxies",
    "OTFWrapper",
    "ObjectiveSettingsWrapper",
    "ObjectiveWrapper",
    "OmeroGatewaySafeCallWrapper",
    "OmeroRestrictionWrapper",
    "OriginalFileWrapper",
    "PixelsWrapper",
    "PlaneInfoWrapper",
    "PlateAcquisitionWrapper",
    "PlateWrapper",
    "ProjectWrapper",
    "ProxyObjectWrapper",
    "RoiWrapper",
    "SafeCallWrapper",
    "ScreenWrapper",
    "ServiceOptsDict",
    "ShapeWrapper",
    "TagAnnotationWrapper",
    "TermAnnotationWrapper",
    "TimestampAnnotationWrapper",
    "TransmittanceRangeWrapper",
    "WellSampleWrapper",
    "WellWrapper",
    "XmlAnnotationWrapper",
    "_BlitzGateway",
    "_LightSourceWrapper",
    "_OriginalFileAsFileObj",
    "_letterGridLabel",
    "add_plate_filter",
    "assert_pixels",
    "assert_re",
    "fileread",
    "fileread_gen",
    "getAnnotationLinkTableName",
    "getChannelsQuery",
    "getPixelsQuery",
    "omero_type",
    "refreshWrappers",
    "splitHTMLColor",
    "toBoolean",
]
