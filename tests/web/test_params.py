"""The grammar of the rendering URLs: channels, tiles, regions, projections."""

from __future__ import annotations

import pytest

from omero_web.webgateway.params import (
    ChannelSetting,
    ParameterError,
    Projection,
    Region,
    parse_channels,
    parse_projection,
    parse_region,
    parse_settings,
    parse_tile,
    split_colour,
)

RED = (255, 0, 0, 255)


def test_channels_with_window_colour_and_minus() -> None:
    assert parse_channels("1|0:255$FF0000,-2|10.5:2000$fire.lut,3") == (
        ChannelSetting(0, True, (0.0, 255.0), RED),
        ChannelSetting(1, False, (10.5, 2000.0), lut="fire.lut"),
        ChannelSetting(2),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("x,2,", (ChannelSetting(1),)),
        ("0,-0", ()),
        ("1|a:b$FF0000", (ChannelSetting(0, rgba=RED),)),
        ("1|5", (ChannelSetting(0),)),
        ("1|1:nan", (ChannelSetting(0),)),
        ("1$nothex", (ChannelSetting(0),)),
        ("1$F00", (ChannelSetting(0, rgba=RED),)),
        ("1|-5:-1", (ChannelSetting(0, window=(-5.0, -1.0)),)),
        ("1$../../etc/passwd.lut", (ChannelSetting(0),)),
    ],
)
def test_parts_that_cannot_be_read_are_skipped(text: str, expected: tuple[ChannelSetting, ...]) -> None:
    assert parse_channels(text) == expected


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("F00", RED),
        ("f00f", RED),
        ("FF0000", RED),
        ("01020304", (1, 2, 3, 4)),
        ("#FF0000", None),
        ("FF00", (255, 255, 0, 0)),
    ],
)
def test_colours(text: str, colour: tuple[int, int, int, int] | None) -> None:
    assert split_colour(text) == colour


def test_maps_belong_to_the_listed_channels_in_their_order() -> None:
    quantization = '{"family": "polynomial", "coefficient": 2}'
    maps = f'[{{"inverted": {{"enabled": true}}}}, {{"reverse": {{"enabled": false}}, "quantization": {quantization}}}]'
    settings = parse_settings({"c": "3,1", "maps": maps})
    assert settings.channels == (
        ChannelSetting(2, inverted=True),
        ChannelSetting(0, inverted=False, family="polynomial", coefficient=2.0),
    )


@pytest.mark.parametrize("maps", ["{", '{"a": 1}', "3"])
def test_maps_that_are_no_list_are_refused(maps: str) -> None:
    with pytest.raises(ParameterError, match="maps"):
        parse_settings({"c": "1", "maps": maps})


def test_model_quality_and_axis() -> None:
    settings = parse_settings({"m": "g", "q": "0.5", "ia": "1"})
    assert (settings.greyscale, settings.quality, settings.invert_axis, settings.channels) == (True, 0.5, True, None)
    assert parse_settings({"m": "c"}).greyscale is False
    assert parse_settings({"m": "x", "q": "much"}).greyscale is None
    assert parse_settings({"q": "much"}).quality == 0.9
    assert parse_settings({"q": "7"}).quality == 1.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("normal", None),
        ("split", None),
        ("intmax", Projection("intmax")),
        ("intmean|2:8", Projection("intmean", 2, 8)),
        ("intsum|x:8", Projection("intsum")),
    ],
)
def test_projections(text: str | None, expected: Projection | None) -> None:
    assert parse_projection(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0,1,2", Region(256, 512, 256, 256, 0)),
        ("3,1,2,100,50", Region(100, 100, 100, 50, 3)),
        ("0,1,1,0,-1", Region(256, 256, 256, 256, 0)),
        ("0,1,0,5000,5000", Region(1024, 0, 1024, 1024, 0)),
    ],
)
def test_tiles(text: str, expected: Region) -> None:
    assert parse_tile(text, (256, 256), longest=1024) == expected


@pytest.mark.parametrize("text", ["", "1,2", "1,2,3,4", "a,b,c", "-1,0,0", "0,-1,0", "0,0,0,1,2,3"])
def test_tiles_that_cannot_be_read_are_errors(text: str) -> None:
    with pytest.raises(ParameterError, match="tile="):
        parse_tile(text, (256, 256), longest=1024)


def test_regions() -> None:
    assert parse_region("10,20,300,400") == Region(10, 20, 300, 400)


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,0", "-1,0,5,5", "1,2,3,x"])
def test_regions_that_cannot_be_read_are_errors(text: str) -> None:
    with pytest.raises(ParameterError, match="region="):
        parse_region(text)
