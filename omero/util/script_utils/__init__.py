"""Helpers for scripts: files, annotations, planes, and the objects that the inputs of a script name.

Names in camel case are old and warn; those with underscores are for new scripts.
"""

from __future__ import annotations

import logging

from omero.util.pixelstypetopython import PixelsTypefloat, PixelsTypeint8, PixelsTypeuint8
from omero.util.script_utils.files import (
    calc_sha1,
    create_file,
    create_link_file_annotation,
    download_file,
    upload_file,
)
from omero.util.script_utils.objects import (
    get_objects,
)
from omero.util.script_utils.old_files import (
    CSV_FORMAT,
    CSV_NS,
    addAnnotationToImage,
    attachArrayToImage,
    attachFileToParent,
    calcSha1,
    calcSha1FromData,
    createFile,
    createFileFromData,
    createLinkFileAnnotation,
    downloadFile,
    getFormat,
    getObjects,
    getRawFileStore,
    readFileAsArray,
    readFromOriginalFile,
    registerNamespace,
    uploadAndAttachFile,
    uploadArray,
    uploadFile,
)
from omero.util.script_utils.old_pixels import (
    createNewImage,
    createPlaneDef,
    downloadPlane,
    findROIByImage,
    getPlaneAsPackedInt,
    getPlaneFromImage,
    getPlaneInfo,
    getRawPixelsStore,
    getRenderingEngine,
    getROIFromImage,
    readFlimImageFile,
    resetRenderingSettings,
    uploadDirAsImages,
    uploadPlane,
    uploadPlaneByRow,
)
from omero.util.script_utils.old_texts import (
    IdentityFn,
    RGBToPIL,
    arrayToCSV,
    drawLineOverlay,
    drawTextOverlay,
    parseInputs,
    rangeToStr,
    rgbToRGBInt,
    rmdir_recursive,
    toCSV,
    toList,
)
from omero.util.script_utils.planes import (
    convert_numpy_array,
    download_plane,
    numpy_save_as_image,
    numpy_to_image,
    reset_rendering_settings,
    split_image,
    upload_plane,
    upload_plane_by_row,
)

__all__ = [
    "COLOURS",
    "CSV_FORMAT",
    "CSV_NS",
    "EXTRA_COLOURS",
    "SU_LOG",
    "IdentityFn",
    "PixelsTypefloat",
    "PixelsTypeint8",
    "PixelsTypeuint8",
    "RGBToPIL",
    "addAnnotationToImage",
    "arrayToCSV",
    "attachArrayToImage",
    "attachFileToParent",
    "calcSha1",
    "calcSha1FromData",
    "calc_sha1",
    "convert_numpy_array",
    "createFile",
    "createFileFromData",
    "createLinkFileAnnotation",
    "createNewImage",
    "createPlaneDef",
    "create_file",
    "create_link_file_annotation",
    "downloadFile",
    "downloadPlane",
    "download_file",
    "download_plane",
    "drawLineOverlay",
    "drawTextOverlay",
    "findROIByImage",
    "getFormat",
    "getObjects",
    "getPlaneAsPackedInt",
    "getPlaneFromImage",
    "getPlaneInfo",
    "getROIFromImage",
    "getRawFileStore",
    "getRawPixelsStore",
    "getRenderingEngine",
    "get_objects",
    "numpy_save_as_image",
    "numpy_to_image",
    "parseInputs",
    "rangeToStr",
    "readFileAsArray",
    "readFlimImageFile",
    "readFromOriginalFile",
    "registerNamespace",
    "resetRenderingSettings",
    "reset_rendering_settings",
    "rgbToRGBInt",
    "rmdir_recursive",
    "split_image",
    "toCSV",
    "toList",
    "uploadAndAttachFile",
    "uploadArray",
    "uploadDirAsImages",
    "uploadFile",
    "uploadPlane",
    "uploadPlaneByRow",
    "upload_file",
    "upload_plane",
    "upload_plane_by_row",
]

SU_LOG = logging.getLogger("omero.util.script_utils")

# Red, green, blue, alpha; 0 to 255.
COLOURS = {
    "Red": (255, 0, 0, 255),
    "Green": (0, 255, 0, 255),
    "Blue": (0, 0, 255, 255),
    "Yellow": (255, 255, 0, 255),
    "White": (255, 255, 255, 255),
}
EXTRA_COLOURS = {
    "Violet": (238, 133, 238, 255),
    "Indigo": (79, 6, 132, 255),
    "Black": (0, 0, 0, 255),
    "Orange": (254, 200, 6, 255),
    "Gray": (130, 130, 130, 255),
}
