"""The rendering pipeline against the recorded behaviour of the established server, value by value."""

import struct
from typing import Any

import numpy as np
import pytest
from rendering_support import fake_source, source_of, vector_id, vectors

from omero_server.rendering.codomain import CodomainMap, ContrastStretching, PlaneSlicing, ReverseIntensity, chain
from omero_server.rendering.colors import ChannelOptics, FilterRange, color_of, import_channels
from omero_server.rendering.encode import DEFAULT_QUALITY, jpeg
from omero_server.rendering.errors import PlaneError, ProjectionError, RenderingError, SettingError
from omero_server.rendering.luts import parse_lut
from omero_server.rendering.planes import PlaneDef, Region
from omero_server.rendering.projection import dtype_of, project_stack, store
from omero_server.rendering.quantum import Quantizer, QuantumSpec, type_range
from omero_server.rendering.renderer import Renderer
from omero_server.rendering.scale import fitted_size, longest_side_size, scale
from omero_server.rendering.settings import (
    ChannelInfo,
    ChannelSettings,
    RenderSettings,
    compatible,
    default_settings,
)
from omero_server.rendering.stats import histogram, import_statistics, middle_plane_range
from omero_server.rendering.thumbnail import thumbnail_level

# Where the established server only fails or loses data, ours does the evident thing (docs/developers/rendering.md).
STRIDE_OVER_ODD_HEIGHT = "render-050"
STRIDE_IN_REGION = "render-052"
OVERLAY = "render-053"
BAND_SUM_OVER_127 = "render-057"
DEVIATIONS = {STRIDE_OVER_ODD_HEIGHT, STRIDE_IN_REGION, OVERLAY, BAND_SUM_OVER_127}

ERRORS = {
    "omero::ApiUsageException": SettingError,
    "omero::ValidationException": ProjectionError,
    "omero::InternalException": PlaneError,
    "omero::InternalException (raised while converting the argument)": SettingError,
}


def by_kind(kind: str) -> Any:
    return pytest.mark.parametrize("vector", vectors(kind), ids=vector_id)


def error_of(vector: Any) -> type[RenderingError] | None:
    return ERRORS[vector["expected"]["serviceError"]] if "error" in vector["expected"] else None


@by_kind("pixels_range")
def test_pixels_range(vector: Any) -> None:
    inputs, expected = vector["inputs"], vector["expected"]
    found = type_range(inputs["pixelsType"], inputs.get("significantBits"))
    assert found == (expected["min"], expected["max"])


def _spec(inputs: Any) -> QuantumSpec:
    return QuantumSpec(
        pixel_type=inputs["pixelsType"],
        window=tuple(inputs["window"]),
        stats=tuple(inputs["stats"]) if "stats" in inputs else None,
        significant_bits=inputs.get("significantBits"),
        family=inputs.get("family", "linear"),
        coefficient=inputs.get("coefficient", 1.0),
        noise_reduction=inputs.get("noiseReduction", False),
        cd_start=inputs.get("cdStart", 0),
        cd_end=inputs.get("cdEnd", 255),
        bit_resolution=inputs.get("bitResolution", 255),
    )


@by_kind("quantize")
def test_quantize(vector: Any) -> None:
    inputs, error = vector["inputs"], error_of(vector)
    if error:
        with pytest.raises(error):
            _spec(inputs)
        return
    quantizer = Quantizer(_spec(inputs))
    values = np.array([float(one) for one in inputs["values"]])
    dtype = dtype_of(inputs["pixelsType"])
    levels = quantizer.quantize(values.astype(dtype))
    assert levels.tolist() == vector["expected"]["outputs"]
    assert list(quantizer.window) == vector["expected"]["effectiveWindow"]


def _codomain_map(context: Any) -> CodomainMap:
    if context["type"] == "reverse":
        return ReverseIntensity()
    if context["type"] == "contrast":
        return ContrastStretching(context["xStart"], context["yStart"], context["xEnd"], context["yEnd"])
    limits = (context["lower"], context["upper"]) if context["constant"] else None
    return PlaneSlicing(context["planePrevious"], context["planeSelected"], limits)


@by_kind("codomain")
def test_codomain(vector: Any) -> None:
    inputs, error = vector["inputs"], error_of(vector)
    maps = [_codomain_map(one) for one in inputs["contexts"]]
    values = np.array(inputs["values"])
    if error:
        with pytest.raises(error):
            chain(maps, values, inputs["start"], inputs["end"])
        return
    assert chain(maps, values, inputs["start"], inputs["end"]).tolist() == vector["expected"]["outputs"]


def _renderer(inputs: Any) -> Renderer:
    channels, luts = [], {}
    for one in inputs["channels"]:
        start, end = one["window"]
        channels.append(
            ChannelSettings(
                start,
                end,
                color=tuple(one["rgba"]),
                active=one.get("active", True),
                lut=one.get("lut"),
                reverse=one.get("reverse", False),
            )
        )
        table = parse_lut(bytes.fromhex(one["lutHex"])) if "lutHex" in one else None
        if table is not None:
            luts[one["lut"]] = table
    settings = RenderSettings(
        tuple(channels),
        model=inputs.get("model", "rgb"),
        cd_start=inputs.get("cdStart", 0),
        cd_end=inputs.get("cdEnd", 255),
    )
    stats = [tuple(inputs["stats"])] * len(channels) if "stats" in inputs else None
    return Renderer(source_of(inputs), settings, stats=stats, luts=luts)


def _plane(inputs: Any) -> PlaneDef:
    given = dict(inputs.get("planeDef", {}))
    region = given.pop("region", None)
    return PlaneDef(**given, region=Region(*region) if region else None)


@pytest.mark.parametrize(
    "vector", [one for one in vectors("render") if one["id"] not in DEVIATIONS], ids=vector_id
)
def test_render(vector: Any) -> None:
    inputs, expected, error = vector["inputs"], vector["expected"], error_of(vector)
    renderer = _renderer(inputs)
    if error:
        with pytest.raises(error):
            renderer.render_packed(_plane(inputs))
    elif inputs.get("call") == "rgb":
        bands = renderer.render_bands(_plane(inputs))
        assert bands.shape == (3, expected["sizeX2"], expected["sizeX1"])
        assert bands.reshape(3, -1).tolist() == [expected[name] for name in ("red", "green", "blue")]
    else:
        assert renderer.render_packed(_plane(inputs)).ravel().tolist() == expected["packed"]


def test_deviations_of_render_do_the_evident_thing() -> None:
    by_id = {one["id"]: one["inputs"] for one in vectors("render") if one["id"] in DEVIATIONS}
    odd = by_id[STRIDE_OVER_ODD_HEIGHT]
    assert _renderer(odd).render_rgb(_plane(odd))[..., 0].tolist() == [[0, 2], [8, 10]]
    inside = by_id[STRIDE_IN_REGION]
    assert _renderer(inside).render_rgb(_plane(inside))[..., 0].tolist() == [[0, 2], [8, 10]]
    bands = by_id[BAND_SUM_OVER_127]
    assert _renderer(bands).render_bands(_plane(bands))[0].tolist() == [[30, 200, 255, 255]]


@by_kind("color")
def test_color(vector: Any) -> None:
    inputs, expected = vector["inputs"], vector["expected"]

    def filters(*names: str) -> tuple[FilterRange, ...]:
        return tuple(FilterRange(one.get("cutIn"), one.get("cutOut")) for n in names for one in inputs.get(n, ()))

    optics = ChannelOptics(
        emission=inputs.get("emission"),
        excitation=inputs.get("excitation"),
        laser=inputs.get("laser"),
        emission_filters=filters("lpEm", "fsEm"),
        excitation_filters=filters("lpEx", "fsEx"),
    )
    stored = tuple(inputs["channelRGBA"]) if "channelRGBA" in inputs else None
    assert color_of(inputs["index"], optics, stored) == tuple(expected["rgba"])
    assert optics.has_emission == expected["hasEmissionData"]


@by_kind("channel_colour_import")
def test_import_colour(vector: Any) -> None:
    inputs, expected = vector["inputs"], vector["expected"]
    channels = [(None, ChannelOptics())] * inputs["sizeC"]
    color, name = import_channels(channels, graphics=inputs.get("graphicsDomain", False))[inputs["index"]]
    assert (list(color), name) == (expected["rgba"], expected.get("name"))


@by_kind("lut_file")
def test_lut_file(vector: Any) -> None:
    inputs, expected = vector["inputs"], vector["expected"]
    table = parse_lut(bytes.fromhex(inputs["hex"]) if "hex" in inputs else inputs["text"].encode())
    if expected["reader"] is None:
        assert table is None
        return
    assert table is not None
    assert table[inputs["samples"]].tolist() == expected["rgb"]


@by_kind("projection")
def test_projection(vector: Any) -> None:
    inputs, error = vector["inputs"], error_of(vector)
    source, algorithm = source_of(inputs), inputs["algorithm"]
    start, end = inputs["start"], inputs["end"]
    arguments = (inputs.get("channel", 0), inputs.get("timepoint", 0), algorithm, start)
    stepping, output = inputs.get("stepping", 1), inputs.get("outputType")
    if error:
        with pytest.raises(error):
            project_stack(source, *arguments, end, stepping, output)
        return
    # The recorded mean and sum leave the end plane out; ours includes it, so it is asked for one plane less.
    if algorithm != 0:
        if end == start:
            return
        end -= 1
    plane = project_stack(source, *arguments, end, stepping, output)
    assert plane.astype(plane.dtype.newbyteorder(">")).tobytes().hex() == vector["expected"]["hex"]


@by_kind("pixeldata_write")
def test_store(vector: Any) -> None:
    inputs = vector["inputs"]
    stored = store(np.array(inputs["values"], np.float64), inputs["pixelsType"])
    assert stored.astype(stored.dtype.newbyteorder(">")).tobytes().hex() == vector["expected"]["hex"]


@by_kind("thumb_dims")
def test_longest_side(vector: Any) -> None:
    inputs, expected = vector["inputs"], vector["expected"]
    found = longest_side_size(inputs["sizeX"], inputs["sizeY"], inputs["longestSide"])
    assert found == (expected["width"], expected["height"])


@by_kind("thumb_output")
def test_thumbnail_size(vector: Any) -> None:
    inputs, expected = vector["inputs"], vector["expected"]
    found = fitted_size(inputs["sizeX"], inputs["sizeY"], inputs["thumbX"], inputs["thumbY"])
    assert found == (expected["width"], expected["height"])


@by_kind("thumb_level")
def test_thumbnail_level(vector: Any) -> None:
    inputs, expected = vector["inputs"], vector["expected"]
    largest_first = [tuple(size) for size in reversed(inputs["levels"])]
    level = thumbnail_level(largest_first, inputs["thumbX"], inputs["thumbY"])
    assert len(largest_first) - 1 - level == expected["resolutionLevel"]
    assert list(largest_first[level]) == expected["size"]


@by_kind("scale")
def test_scale(vector: Any) -> None:
    inputs, expected = vector["inputs"], vector["expected"]
    size = inputs["width"], inputs["height"]
    pixels = np.frombuffer(bytes.fromhex("".join(inputs["rgb"])), np.uint8).reshape(size[1], size[0], 3)
    width, height = fitted_size(*size, inputs["thumbX"], inputs["thumbY"])
    scaled = scale(pixels, width, height)
    assert scaled.shape == (expected["height"], expected["width"], 3)
    assert scaled.tobytes().hex() == "".join(expected["rgb"])


def _segments(stream: bytes) -> dict[int, list[bytes]]:
    """JPEG header segments by marker."""
    found: dict[int, list[bytes]] = {}
    position = 2
    while stream[position + 1] != 0xDA:
        length = struct.unpack_from(">H", stream, position + 2)[0]
        found.setdefault(stream[position + 1], []).append(stream[position + 4 : position + 2 + length])
        position += 2 + length
    return found


@by_kind("jpeg")
def test_jpeg(vector: Any) -> None:
    inputs, expected, error = vector["inputs"], vector["expected"], error_of(vector)
    pixels = np.zeros((inputs["height"], inputs["width"], 4), np.uint8)
    quality = inputs.get("level", DEFAULT_QUALITY)
    if error:
        with pytest.raises(error):
            jpeg(pixels, quality)
        return
    segments = _segments(jpeg(pixels, quality))
    tables = b"".join(segments[0xDB])
    assert list(tables[1:65]) == expected["quantTablesZigzag"]["q0"]
    assert list(tables[66:130]) == expected["quantTablesZigzag"]["q1"]
    frame = segments[int(expected["sof"], 16)][0]
    assert [f"{frame[position]:x}" for position in (7, 10, 13)] == expected["sampling"]


@by_kind("import_stats")
def test_import_statistics(vector: Any) -> None:
    found = import_statistics(fake_source(vector["inputs"]["name"]))
    assert [list(pair) for pair in found.channels] == vector["expected"]["channelMinMax"]
    assert found.sha1 == vector["expected"]["sha1"]


def _operation(name: str) -> list[Any]:
    return [one for one in vectors("settings") if one["inputs"]["op"] == name]


@pytest.mark.parametrize("vector", _operation("resetDefaults"), ids=vector_id)
def test_default_settings(vector: Any) -> None:
    inputs, expected = vector["inputs"], vector["expected"]
    source = source_of(inputs)
    meta = inputs.get("channelMeta", [{}] * source.size_c)
    stats = tuple(inputs["stats"]) if "stats" in inputs else None
    channels = [
        ChannelInfo(
            color=tuple(one["rgba"]) if "rgba" in one else None,
            lut=one.get("lut"),
            stats=stats,
            optics=ChannelOptics(emission=one.get("emission"), excitation=one.get("excitation")),
        )
        for one in meta
    ]
    reads = inputs.get("computeStats", True) and not inputs.get("requiresPyramid", False)
    settings = default_settings(
        channels,
        inputs["pixelsType"],
        source.size_z,
        significant_bits=inputs.get("significantBits"),
        plane_range=(lambda c: middle_plane_range(source, c)) if reads else None,
    )
    assert (settings.model, settings.default_z, settings.default_t) == (
        expected["model"],
        expected["defaultZ"],
        expected["defaultT"],
    )
    assert (settings.cd_start, settings.cd_end, settings.bit_resolution) == (0, 255, expected["bitResolution"])
    found = [
        {
            "rgba": list(one.color),
            "lookupTable": one.lut,
            "coefficient": one.coefficient,
            "noiseReduction": one.noise_reduction,
            "active": one.active,
            "window": [one.window_start, one.window_end],
            "family": one.family,
        }
        for one in settings.channels
    ]
    assert found == expected["channels"]


@pytest.mark.parametrize("vector", _operation("sanityCheck"), ids=vector_id)
def test_compatible(vector: Any) -> None:
    origin, target = vector["inputs"]["from"], vector["inputs"]["to"]
    found = compatible(origin["pixelsType"], origin["emission"], target["pixelsType"], target["emission"])
    assert found == vector["expected"]["compatible"]


@pytest.mark.parametrize("vector", _operation("histogram"), ids=vector_id)
def test_histogram(vector: Any) -> None:
    inputs = vector["inputs"]
    stats = [tuple(inputs["stats"])] if inputs.get("globalRange") else None
    region = inputs.get("planeDef", {}).get("region")
    found = histogram(
        source_of(inputs),
        inputs["channels"],
        inputs["binCount"],
        stats=stats,
        region=Region(*region) if region else None,
    )
    assert {str(c): counts for c, counts in found.items()} == vector["expected"]


@pytest.mark.parametrize(
    "vector", [one for one in _operation("findMinMax") if not one["inputs"].get("requiresPyramid")], ids=vector_id
)
def test_middle_plane_range(vector: Any) -> None:
    source = source_of(vector["inputs"])
    found = {str(c): list(middle_plane_range(source, c)) for c in vector["inputs"]["channels"]}
    assert found == vector["expected"]


def test_region_definition() -> None:
    (vector,) = vectors("region_def")
    inputs, expected = vector["inputs"], vector["expected"]
    given = Region(inputs["x"], inputs["y"], inputs["width"], inputs["height"])
    assert expected["width"] == 0
    with pytest.raises(PlaneError):
        given.cut(100, 100)
    wider = Region(inputs["x"], inputs["y"], 5, inputs["height"])
    assert wider.cut(100, 100) == Region(expected["x"], expected["y"], 5, expected["height"])
