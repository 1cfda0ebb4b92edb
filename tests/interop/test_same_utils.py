"""Helpers of the client library that need no server: ours and the official ones give the same."""

from __future__ import annotations

import pytest

from tests.interop.conftest import Official
from tests.interop.scripts.evaluated import evaluate

SETUP = """
import omero.gateway
import numpy as np
from PIL import Image, ImageDraw
from omero.util import figureUtil as fu, image_utils as iu, imageUtil as IU, script_utils as su
from omero.util import metadata_utils as mu, pixelstypetopython as pt, pydict_text_io as io, roi_handling_utils as ru
import omero.util.ROI_utils as R, omero.util.OmeroPopo as P

PLANE = np.array([[0, 100], [200, 300]])
PICTURE = Image.new("RGB", (20, 10))
HEADERS = ["A", "B", "C", "D"]

def rows(defaults, columns):
    made = mu.KeyValueGroupList(HEADERS, defaults, columns).get_transformers()
    return [(each.name, each.transform(["1", "a,b", "", "d"])) for each in made]
"""
EXPRESSIONS = [
    *(f"su.convert_numpy_array(PLANE, (0, 300), {kind!r})" for kind in ("uint8", "uint16", "int32")),
    *(
        f"pt.{name}({kind!r})"
        for name in ("toPython", "toPIL")
        for kind in ("int8", "uint16", "float", "double", "bit")
    ),
    *(f"pt.toArray({kind!r})" for kind in ("int8", "uint8", "int16", "int32", "float", "double")),
    "su.rgbToRGBInt(255, 128, 1)",
    "su.RGBToPIL(0xff8001)",
    "su.rangeToStr(range(1, 5))",
    "su.toList('a, b')",
    "su.arrayToCSV(np.array([[1.5, 2]]))",
    "su.calcSha1FromData(b'abc')",
    "su.createPlaneDef(1, 2)",
    "su.COLOURS",
    "su.EXTRA_COLOURS",
    *(f"iu.int_to_rgba({packed})" for packed in (255, -1, 0x11223344, -16776961)),
    *(f"iu.check_rgb_range({value})" for value in (300, -3, 30, 3.7)),
    *(f"iu.get_zoom_factor({size}, 10, 20)" for size in ((100, 50), (50, 100), (5, 5))),
    *(f"iu.resize_image(PICTURE, {size}, {size}).size" for size in (3, 10, 20)),
    "IU.RGBIntToRGB(-1)",
    "IU.RGBIntToRGBA(0x11223344)",
    "fu.TIME_UNITS",
    *(
        f"fu.formatTime({seconds}, {units!r})"
        for units in ("SECS_MILLIS", "SECS", "MINS", "HOURS", "MINS_SECS", "HOURS_MINS", "OTHER", None)
        for seconds in (0, 0.5, 1.234, 61, 3661.5, 7325.789, -5.5, 90061.25)
    ),
    "ru.points_string_to_xy_list('1,2 3,4')",
    "ru.points_string_to_xy_list('points[1,2, 3,4] points1[1,2]')",
    "ru.points_string_to_xy_list('')",
    "io.get_supported_formats()",
    "io.load('{\"x\": 2}')",
    "io.load('{\"x\": 2}', single=False)",
    "io.load('gone')",
    "io.load('OriginalFile:1')",
    "io.load(3)",
    "io.dump({'a': [1], 'b': {'c': 'é'}}, 'yaml')",
    "io.dump({'a': [1]}, 'json')",
    "io.dump({}, 'xml')",
    "rows(None, None)",
    "rows(None, [{'name': 'A'}, {'name': 'B', 'split': ','}])",
    "rows(None, [{'name': 'C', 'omitempty': True}, {'name': 'D', 'position': 1}])",
    "rows(None, [{'group': {'namespace': 'n', 'columns': [{'name': 'A'}]}}, {'name': 'D', 'clientname': 'dd'}])",
    "rows(None, [{'name': 'A', 'visible': False}])",
    "rows({'include': False}, [{'name': 'A'}])",
    "rows({'foo': 1}, None)",
    "rows(None, [{'name': 'A', 'foo': 1}])",
    "rows(None, [{'name': 'Z'}])",
    "R.xyListToBbox([(1, 2), (5, 3)])",
    "R.ShapeSettingsData().getSettings()",
    "P.ROICoordinate(1, 2) == P.ROICoordinate(1, 2)",
    "P.PolygonData().toCoords([1, 2, 3, 4])",
    "round(P.PolygonData().Angle2D(1, 0, 0, 1), 12)",
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_helpers(official: Official) -> None:
    wanted = official.script("expressions", setup=SETUP, expressions=EXPRESSIONS)
    ours = evaluate(SETUP, EXPRESSIONS)
    assert dict(zip(EXPRESSIONS, ours, strict=True)) == dict(zip(EXPRESSIONS, wanted, strict=True))
