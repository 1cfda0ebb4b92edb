"""The JSON of OME-Zarr: groups, arrays, multiscales, plates, wells. Version 0.4 is Zarr 2, version 0.5 is Zarr 3.

Rules: https://ngff.openmicroscopy.org/0.4/ and https://ngff.openmicroscopy.org/0.5/
"""

from __future__ import annotations

from typing import Any

from omero_web.ngff.image import ZarrImage

__all__ = ["V4", "V5", "array", "group", "image_attributes", "image_documents", "plain_group"]

V4, V5 = "0.4", "0.5"
ZSTD_LEVEL = 1
AXES = "tczyx"
_TYPES = {"t": "time", "c": "channel"}
_UNITS = {"t": "second", "z": "micrometer", "y": "micrometer", "x": "micrometer"}
Json = dict[str, Any]


def group(version: str, attributes: Json) -> dict[str, Json]:
    """The documents of a group by their names; ``attributes`` are those of OME-Zarr, without their version."""
    if version == V4:
        return {".zgroup": {"zarr_format": 2}, ".zattrs": attributes}
    inside = {"ome": {"version": V5, **attributes}}
    return {"zarr.json": {"zarr_format": 3, "node_type": "group", "attributes": inside}}


def plain_group(version: str) -> dict[str, Json]:
    """The documents of a group that holds others and says nothing, such as the row of a plate."""
    if version == V4:
        return group(V4, {})
    return {"zarr.json": {"zarr_format": 3, "node_type": "group", "attributes": {}}}


def array(version: str, image: ZarrImage, level: int) -> dict[str, Json]:
    """The documents of the array of one level. Chunks are little-endian and compressed with Zstandard."""
    shape, chunks = list(image.shape(level)), list(image.chunks(level))
    fill: Any = [0, 0] if image.dtype.kind == "c" else 0
    if version == V4:
        described = {
            "zarr_format": 2,
            "shape": shape,
            "chunks": chunks,
            "dtype": image.dtype.newbyteorder("<").str,
            "compressor": {"id": "zstd", "level": ZSTD_LEVEL},
            "fill_value": 0,
            "order": "C",
            "filters": None,
            "dimension_separator": "/",
        }
        return {".zarray": described, ".zattrs": {}}
    return {
        "zarr.json": {
            "zarr_format": 3,
            "node_type": "array",
            "shape": shape,
            "data_type": image.dtype.name,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "fill_value": fill,
            "codecs": [
                {"name": "bytes", "configuration": {"endian": "little"}},
                {"name": "zstd", "configuration": {"level": ZSTD_LEVEL, "checksum": False}},
            ],
            "attributes": {},
            "dimension_names": list(AXES),
        }
    }


def image_attributes(version: str, image: ZarrImage, about: Json) -> Json:
    """``multiscales`` and ``omero`` of an image. ``about``: its description as viewers get it (`image_data`)."""
    scale: Json = {
        "name": about["meta"]["imageName"],
        "axes": [_axis(image, name) for name in AXES],
        "datasets": [
            {"path": str(level), "coordinateTransformations": [{"type": "scale", "scale": _factors(image, level)}]}
            for level in range(len(image.levels))
        ],
    }
    if version == V4:
        scale["version"] = V4
    attributes: Json = {"multiscales": [scale]}
    if "channels" in about:
        attributes["omero"] = _looks(about) | ({"version": V4} if version == V4 else {})
    return attributes


def _axis(image: ZarrImage, name: str) -> Json:
    axis = {"name": name, "type": _TYPES.get(name, "space")}
    return {**axis, "unit": _UNITS[name]} if name in image.scale else axis


def _factors(image: ZarrImage, level: int) -> list[float]:
    full_width, full_height = image.levels[0]
    width, height = image.levels[level]
    shrunk = {"x": full_width / width, "y": full_height / height}
    return [image.scale.get(axis, 1.0) * shrunk.get(axis, 1.0) for axis in AXES]


def _looks(about: Json) -> Json:
    names = ("active", "coefficient", "color", "family", "inverted", "label", "window")
    defaults = about["rdefs"]
    return {
        "id": about["id"],
        "name": about["meta"]["imageName"],
        "channels": [{name: channel[name] for name in names} for channel in about["channels"]],
        "rdefs": {name: defaults[name] for name in ("defaultT", "defaultZ", "model")},
    }


def image_documents(version: str, image: ZarrImage, about: Json, labels: dict[str, Json]) -> dict[str, Json]:
    """All documents of an image by their keys, with one that holds them all, for readers that ask for it.

    ``labels``: those of its labels, by their keys.
    """
    documents = {"": group(version, image_attributes(version, image, about))}
    documents |= {f"{level}/": array(version, image, level) for level in range(len(image.levels))}
    flat = {prefix + name: document for prefix, inside in documents.items() for name, document in inside.items()}
    flat |= labels
    if version == V4:
        return {**flat, ".zmetadata": {"zarr_consolidated_format": 1, "metadata": flat}}
    below = {key.removesuffix("/zarr.json"): document for key, document in flat.items() if key != "zarr.json"}
    consolidated = {"kind": "inline", "must_understand": False, "metadata": below}
    return {**flat, "zarr.json": {**flat["zarr.json"], "consolidated_metadata": consolidated}}
