"""Model objects as the JSON interface shows them: keys of the OME schema, ``omero:`` keys for the rest."""

from __future__ import annotations

from typing import Any

from omero.rtypes import unwrap

SCHEMA = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
_RIGHTS = ("canAnnotate", "canDelete", "canEdit", "canLink")
_BITS = ("isUserRead", "isUserWrite", "isGroupRead", "isGroupAnnotate", "isGroupWrite", "isWorldRead", "isWorldWrite")
_NAMED = {"Name": "name", "Description": "description"}
_PERSON = {
    "FirstName": "firstName",
    "MiddleName": "middleName",
    "LastName": "lastName",
    "Email": "email",
    "Institution": "institution",
    "UserName": "omeName",
}
_IMAGE = {
    **_NAMED,
    "AcquisitionDate": "acquisitionDate",
    "omero:archived": "archived",
    "omero:partial": "partial",
    "omero:series": "series",
}
_PIXELS = {
    "SizeX": "sizeX",
    "SizeY": "sizeY",
    "SizeZ": "sizeZ",
    "SizeC": "sizeC",
    "SizeT": "sizeT",
    "SignificantBits": "significantBits",
    "omero:sha1": "sha1",
    "omero:methodology": "methodology",
    "omero:waveStart": "waveStart",
    "omero:waveIncrement": "waveIncrement",
}
_LOGICAL = {"Name": "name", "Fluor": "fluor", "NDFilter": "ndFilter", "PockelCellSetting": "pockelCellSetting"}
_LOGICAL |= {"SamplesPerPixel": "samplesPerPixel"}
_LOGICAL_UNITS = {
    "EmissionWavelength": "emissionWave",
    "ExcitationWavelength": "excitationWave",
    "PinholeSize": "pinHoleSize",
}
_LOGICAL_ENUMS = {
    "ContrastMethod": "contrastMethod",
    "Illumination": "illumination",
    "AcquisitionMode": "mode",
    "omero:photometricInterpretation": "photometricInterpretation",
}


def _fields(obj: Any, names: dict[str, str]) -> dict[str, Any]:
    values = {key: unwrap(getattr(obj, name)) for key, name in names.items()}
    return {key: value for key, value in values.items() if value is not None}


def _head(obj: Any, type_name: str, namespace: str = SCHEMA) -> dict[str, Any]:
    return {"@type": f"{namespace}#{type_name}", "@id": obj.id.val, "omero:details": details(obj)}


def details(obj: Any) -> dict[str, Any]:
    """Owner, group and permissions, as far as they are loaded."""
    result: dict[str, Any] = {"@type": "TBD#Details"}
    found = obj.details
    if found is None:
        return result
    if found.owner is not None:
        result["owner"] = _person_or_reference(found.owner)
    if found.group is not None:
        result["group"] = _group_or_reference(found.group)
    if found.permissions is not None:
        result["permissions"] = permissions(found.permissions)
    return result


def permissions(found: Any) -> dict[str, Any]:
    """A permissions object with its text form and each right."""
    flags = {name: bool(getattr(found, name)()) for name in (*_RIGHTS, *_BITS)}
    return {"@type": "TBD#Permissions", "perm": str(found), **flags}


def _reference(obj: Any, type_name: str) -> dict[str, Any]:
    return {"@type": f"{SCHEMA}#{type_name}", "@id": obj.id.val, "omero:details": {"@type": "TBD#Details"}}


def _person_or_reference(obj: Any) -> dict[str, Any]:
    return experimenter(obj) if obj.isLoaded() else _reference(obj, "Experimenter")


def _group_or_reference(obj: Any) -> dict[str, Any]:
    return group(obj) if obj.isLoaded() else _reference(obj, "ExperimenterGroup")


def experimenter(obj: Any) -> dict[str, Any]:
    return {**_head(obj, "Experimenter"), **_fields(obj, _PERSON)}


def group(obj: Any) -> dict[str, Any]:
    return {**_head(obj, "ExperimenterGroup"), **_fields(obj, _NAMED)}


def project(obj: Any) -> dict[str, Any]:
    return {**_head(obj, "Project"), **_fields(obj, _NAMED)}


def dataset(obj: Any) -> dict[str, Any]:
    return {**_head(obj, "Dataset"), **_fields(obj, _NAMED)}


def enumeration(obj: Any) -> dict[str, Any]:
    """An enumeration value as an object."""
    name = type(obj).__name__.removesuffix("I")
    return {**_head(obj, name, "TBD"), "value": unwrap(obj.value)}


def quantity(obj: Any) -> dict[str, Any]:
    """A value with its unit."""
    kind = type(obj).__name__
    return {
        "@type": f"TBD#{kind if kind.endswith('I') else kind + 'I'}",
        "Unit": str(obj.getUnit()),
        "Symbol": obj.getSymbol(),
        "Value": obj.getValue(),
    }


def _quantities(obj: Any, names: dict[str, str]) -> dict[str, Any]:
    return {key: quantity(value) for key, name in names.items() if (value := getattr(obj, name)) is not None}


def _enumerations(obj: Any, names: dict[str, str]) -> dict[str, Any]:
    found = {key: getattr(obj, name) for key, name in names.items()}
    return {key: enumeration(value) for key, value in found.items() if value is not None and value.isLoaded()}


def image(obj: Any) -> dict[str, Any]:
    """An image with its pixels, when they are loaded."""
    result = {**_head(obj, "Image"), **_fields(obj, _IMAGE)}
    if obj.format is not None and obj.format.isLoaded():
        result["omero:format"] = enumeration(obj.format)
    if obj.isPixelsLoaded() and obj.sizeOfPixels() > 0:
        result["Pixels"] = pixels(obj.getPrimaryPixels())
    return result


def pixels(obj: Any) -> dict[str, Any]:
    """Pixels with their type, and their channels when they are loaded."""
    result = {**_head(obj, "Pixels"), **_fields(obj, _PIXELS)}
    result |= _enumerations(obj, {"DimensionOrder": "dimensionOrder", "Type": "pixelsType"})
    result |= _quantities(obj, {f"PhysicalSize{axis}": f"physicalSize{axis}" for axis in "XYZ"})
    result |= _quantities(obj, {"TimeIncrement": "timeIncrement"})
    if obj.isChannelsLoaded() and obj.sizeOfChannels() > 0:
        result["Channels"] = [channel(found) for found in obj.copyChannels() if found is not None]
    return result


def channel(obj: Any) -> dict[str, Any]:
    """A channel with the values of its logical channel."""
    result = _head(obj, "Channel")
    colour = [unwrap(getattr(obj, name)) for name in ("red", "green", "blue", "alpha")]
    if None not in colour:
        result["Color"] = signed_colour(*colour)
    lookup = unwrap(obj.lookupTable)
    if lookup is not None:
        result["omero:lookupTable"] = lookup
    logical = obj.logicalChannel
    if logical is not None and logical.isLoaded():
        result |= {"omero:LogicalChannelId": logical.id.val, **_fields(logical, _LOGICAL)}
        result |= _quantities(logical, _LOGICAL_UNITS) | _enumerations(logical, _LOGICAL_ENUMS)
    return result


def signed_colour(red: int, green: int, blue: int, alpha: int) -> int:
    """Red, green, blue, alpha as one signed 32-bit number: 255, 0, 0, 255 is -16776961."""
    return int.from_bytes(bytes((red, green, blue, alpha)), "big", signed=True)
