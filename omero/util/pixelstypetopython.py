"""Types of pixels as other libraries name them: ``toPython("uint16")`` is "H". Unknown types give None."""

from __future__ import annotations

from typing import Any

import omero.model

__all__ = [
    "DOUBLE",
    "FLOAT",
    "INT_8",
    "INT_16",
    "INT_32",
    "UINT_8",
    "UINT_16",
    "UINT_32",
    "PixelsTypedouble",
    "PixelsTypefloat",
    "PixelsTypeint8",
    "PixelsTypeint16",
    "PixelsTypeint32",
    "PixelsTypeuint8",
    "PixelsTypeuint16",
    "PixelsTypeuint32",
    "toArray",
    "toNumpy",
    "toPIL",
    "toPython",
]

INT_8 = PixelsTypeint8 = omero.model.enums.PixelsTypeint8
UINT_8 = PixelsTypeuint8 = omero.model.enums.PixelsTypeuint8
INT_16 = PixelsTypeint16 = omero.model.enums.PixelsTypeint16
UINT_16 = PixelsTypeuint16 = omero.model.enums.PixelsTypeuint16
INT_32 = PixelsTypeint32 = omero.model.enums.PixelsTypeint32
UINT_32 = PixelsTypeuint32 = omero.model.enums.PixelsTypeuint32
FLOAT = PixelsTypefloat = omero.model.enums.PixelsTypefloat
DOUBLE = PixelsTypedouble = omero.model.enums.PixelsTypedouble

# Type of pixels: module struct, numpy, codes of numpy's arrays, modes of Pillow.
_NAMES = {
    INT_8: ("b", "int8", "b", "L"),
    UINT_8: ("B", "uint8", "B", "L"),
    INT_16: ("h", "int16", "i2", "I;16"),
    UINT_16: ("H", "uint16", "u2", "I;16"),
    INT_32: ("i", "int32", "i4", "I"),
    UINT_32: ("I", "uint32", "u4", "I"),
    FLOAT: ("f", "float32", "f", "F"),
    DOUBLE: ("d", "float64", "d", "F"),
}


def _name(pixel_type: str, column: int) -> str | None:
    names = _NAMES.get(pixel_type)
    return None if names is None else names[column]


def toPython(pixelType: str) -> str | None:
    """The format of the module struct."""
    return _name(pixelType, 0)


def toNumpy(pixelType: str) -> Any:
    """numpy's class, such as ``numpy.uint16``."""
    import numpy

    name = _name(pixelType, 1)
    return None if name is None else numpy.dtype(name).type


def toArray(pixelType: str) -> str | None:
    """numpy's code."""
    return _name(pixelType, 2)


def toPIL(pixelType: str) -> str | None:
    """Pillow's mode."""
    return _name(pixelType, 3)
