"""Rendering beyond the recorded vectors: fast path against plain path, thumbnails, bounds, files."""

import io
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rendering_support import ArraySource

from omero_server.rendering import lut_formulas, scale, source, stats, thumbnail
from omero_server.rendering.codomain import ReverseIntensity, chain
from omero_server.rendering.colors import ChannelOptics, FilterRange, import_channels
from omero_server.rendering.composite import paint_mask
from omero_server.rendering.encode import jpeg, png
from omero_server.rendering.errors import PlaneError, SettingError
from omero_server.rendering.luts import SHIPPED, LutShelf, load_luts
from omero_server.rendering.planes import PlaneDef, Region, Slice, read_plane
from omero_server.rendering.projection import Projection
from omero_server.rendering.quantum import Quantizer, QuantumSpec
from omero_server.rendering.renderer import Renderer
from omero_server.rendering.settings import ChannelSettings, RenderSettings, copy_settings, reset_windows

TYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
WHITE_MIX = ((255, 255, 255, 255), (200, 100, 37, 128), (255, 255, 0, 255))
PRIMARIES = ((255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255))


def noise(dtype: str, shape: tuple[int, ...] = (1, 3, 1, 23, 31)) -> np.ndarray[Any, Any]:
    generator = np.random.default_rng(5)
    if dtype.startswith("f"):
        return generator.normal(0, 1000, shape).astype(dtype)
    info = np.iinfo(dtype)
    return generator.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)


def settings_for(dtype: str, colors: tuple[tuple[int, int, int, int], ...], **extra: Any) -> RenderSettings:
    low, high = (-2000.0, 1500.0) if dtype.startswith("f") else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    span = float(high) - float(low)
    channels = [
        ChannelSettings(
            float(low) + span * 0.1 * n,
            float(high) - span * 0.05,
            color=color,
            family=("linear", "polynomial", "logarithmic")[n % 3],
            coefficient=1.0 + 0.5 * n,
            reverse=n == 1,
        )
        for n, color in enumerate(colors)
    ]
    return RenderSettings(tuple(channels), **extra)


def plain_value_map(spec: QuantumSpec, window: tuple[float, float], value: float) -> int:
    """One pixel of a wide type, by the rule: snap to a bin, then map."""
    start, end = window
    count = spec.cd_end - spec.cd_start + 1
    step = (end - start) / count
    if value < start:
        snapped = start
    elif value > end:
        snapped = end
    elif value == start:
        snapped = start + step / 2
    else:
        snapped = start + (int((value - start) / step) - 0.5) * step
    return int(Quantizer(spec)._map.apply(np.array([snapped]))[0])


def plain_rgb(renderer: Renderer, luts: Any) -> np.ndarray[Any, Any]:
    """The rgb model pixel by pixel, without tables of packed colours."""
    pixels, settings = renderer.source, renderer.settings
    total = np.zeros((pixels.size_y, pixels.size_x, 3), np.int64)
    for c in range(pixels.size_c):
        channel = settings.channels[c]
        if not channel.active:
            continue
        levels = renderer._quantizers[c].quantize(pixels.plane(0, c, 0))
        maps = [ReverseIntensity()] if channel.reverse else []
        levels = chain(maps, levels, settings.cd_start, settings.cd_end)
        if channel.lut in luts:
            total += luts[channel.lut][levels]
            continue
        for band in range(3):
            part = np.trunc(channel.color[band] / 255.0 * levels).astype(np.float32)
            total[..., band] += np.trunc(part * np.float32(channel.color[3] / 255)).astype(np.int64)
    return np.minimum(total, 255)


@pytest.mark.parametrize(("dtype", "colors"), list(itertools.product(TYPES, (PRIMARIES, WHITE_MIX))))
@pytest.mark.parametrize("order", ["<", ">"])
def test_fast_path_equals_plain_path(dtype: str, colors: Any, order: str) -> None:
    pixels = ArraySource(noise(dtype).astype(np.dtype(dtype).newbyteorder(order)))
    luts = load_luts()
    for lut in (None, "fire.lut"):
        settings = settings_for(dtype, colors).with_channel(2, lut=lut)
        renderer = Renderer(pixels, settings, luts=luts)
        expected = plain_rgb(renderer, luts)
        assert np.array_equal(renderer.render_rgb(PlaneDef()), expected)
        packed = renderer.render_packed(PlaneDef()).view(np.uint32).astype(np.int64)
        red, green, blue = (expected[..., band] for band in range(3))
        assert np.array_equal(packed, 0xFF000000 | red << 16 | green << 8 | blue)
        bands = renderer.render_bands(PlaneDef()).astype(np.int64)
        assert np.abs(bands - np.moveaxis(expected, 2, 0)).max() <= 3


@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_bins_equal_the_rule_per_pixel(dtype: str) -> None:
    values = noise(dtype, (400,))
    values[:3] = (0, 250, 251)
    spec = QuantumSpec({"float32": "float"}.get(dtype, dtype), (0.0, 250.0), family="exponential", coefficient=0.3)
    quantizer = Quantizer(spec)
    expected = [plain_value_map(spec, quantizer.window, float(one)) for one in values]
    assert quantizer.quantize(values).tolist() == expected


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    renderer = Renderer(ArraySource(noise("uint16")), settings_for("uint16", WHITE_MIX))
    whole = renderer.render_rgba(PlaneDef())
    monkeypatch.setattr("omero_server.rendering.composite._BLOCK_PIXELS", 100)
    assert np.array_equal(renderer.render_rgba(PlaneDef()), whole)


def test_lookup_tables_that_are_added_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omero_server.rendering.luts._PATIENCE", 0.0)
    shelf = LutShelf((SHIPPED, tmp_path))
    assert "fire.lut" in shelf.tables() and "mine.lut" not in shelf.tables()
    (tmp_path / "group").mkdir()
    (tmp_path / "group" / "mine.lut").write_bytes(bytes(range(256)) * 3)
    assert shelf.tables()["mine.lut"][7].tolist() == [7, 7, 7]
    known = shelf.tables()
    assert shelf.tables() is known, "nothing is read again as long as nothing changes"
    (tmp_path / "group" / "mine.lut").unlink()
    assert "mine.lut" not in shelf.tables()


def test_pictures_that_would_fill_the_memory_are_refused() -> None:
    pixels = ArraySource(np.zeros((1, 1, 1, 4, 4), np.uint8))
    pixels.size_x = pixels.size_y = 12_000
    pixels.level_sizes = [(12_000, 12_000)]
    renderer = Renderer(pixels, RenderSettings((ChannelSettings(0, 255),)))
    with pytest.raises(SettingError, match="region"):
        renderer.render_rgba(PlaneDef())
    with pytest.raises(SettingError, match="region"):
        renderer.project_rgba(Projection.MAXIMUM, 0, 0, 0)
    assert renderer.render_rgba(PlaneDef(region=Region(0, 0, 3, 3))).shape == (3, 3, 4)


def test_thumbnails_of_very_large_planes_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    y, x = np.mgrid[0:1600, 0:2000]
    pixels = ArraySource(((x + y) // 20).astype(np.uint8)[None, None, None])
    renderer = Renderer(pixels, RenderSettings((ChannelSettings(0, 255, color=(255, 255, 255, 255)),)))
    whole = thumbnail.thumbnail_pixels(renderer, 50, 40).astype(int)
    monkeypatch.setattr(thumbnail, "MOST_PIXELS", 2000 * 1600 - 1)
    pixels.largest_read = 0
    sampled = thumbnail.thumbnail_pixels(renderer, 50, 40).astype(int)
    assert sampled.shape == whole.shape and np.abs(sampled - whole).max() <= 3
    assert pixels.largest_read == 2000, "a row at a time"


def test_many_saturated_channels_stay_white() -> None:
    white = tuple(ChannelSettings(0, 255, color=(255, 255, 255, 255)) for _ in range(257))
    pixels = ArraySource(np.full((1, 257, 1, 2, 2), 255, np.uint8))
    assert (Renderer(pixels, RenderSettings(white)).render_rgba(PlaneDef()) == 255).all()


def test_empty_window_and_constant_planes_render() -> None:
    for dtype in TYPES:
        pixels = ArraySource(np.full((1, 1, 1, 4, 4), 7, dtype))
        settings = RenderSettings((ChannelSettings(7, 7),))
        assert Renderer(pixels, settings).render_rgb(PlaneDef()).shape == (4, 4, 3)


def test_settings_must_fit_the_pixels() -> None:
    pixels = ArraySource(noise("uint8"))
    with pytest.raises(SettingError, match="2 channels, the pixels 3"):
        Renderer(pixels, settings_for("uint8", PRIMARIES[:2]))
    with pytest.raises(SettingError, match="interval"):
        Renderer(pixels, settings_for("uint8", PRIMARIES, cd_start=9, cd_end=9))
    with pytest.raises(SettingError, match="complex64"):
        Renderer(ArraySource(np.zeros((1, 1, 1, 2, 2), np.complex64)), RenderSettings((ChannelSettings(0, 1),)))
    with pytest.raises(PlaneError, match="channel 3"):
        settings_for("uint8", PRIMARIES).with_channel(3, active=False)


@pytest.mark.parametrize(
    "plane", [PlaneDef(z=1), PlaneDef(t=1), PlaneDef(level=1), PlaneDef(region=Region(31, 0, 1, 1))]
)
def test_planes_outside_are_refused_even_without_active_channels(plane: PlaneDef) -> None:
    settings = settings_for("uint8", PRIMARIES)
    for c in range(3):
        settings = settings.with_channel(c, active=False)
    with pytest.raises(PlaneError):
        Renderer(ArraySource(noise("uint8")), settings).render_rgba(plane)


def test_side_views_read_one_line_per_plane() -> None:
    array = noise("uint16", (2, 1, 5, 7, 9))
    pixels = ArraySource(array)
    assert np.array_equal(read_plane(pixels, PlaneDef(slice=Slice.XZ, y=3, t=1), 0), array[1, 0, :, 3, :])
    assert np.array_equal(read_plane(pixels, PlaneDef(slice=Slice.ZY, x=4, t=1), 0), array[1, 0, :, :, 4].T)
    assert pixels.largest_read == 9


def test_stride_inside_a_region() -> None:
    array = noise("uint8", (1, 1, 1, 9, 9))
    found = read_plane(ArraySource(array), PlaneDef(region=Region(1, 2, 7, 5), stride=2), 0)
    assert np.array_equal(found, array[0, 0, 0, 2:5:3, 1:7:3])


def test_projected_rendering_includes_the_end_plane() -> None:
    stack = np.array([10, 20, 60], np.uint8).reshape(1, 1, 3, 1, 1)
    renderer = Renderer(ArraySource(stack), RenderSettings((ChannelSettings(0, 255),)))
    found = [int(renderer.project_rgba(one, 0, 0, 2)[0, 0, 0]) for one in Projection]
    assert found == [60, 30, 90]
    assert renderer.project_packed(Projection.MAXIMUM, 0, 0, 1).tolist() == [[np.int32(-(2**24) + (20 << 16))]]


@pytest.mark.parametrize("quality", [0.0, 0.5, 0.85, 1.0])
def test_jpeg_of_four_bands_equals_three(quality: float) -> None:
    pixels = noise("uint8", (16, 24, 4))
    assert jpeg(pixels, quality) == jpeg(pixels[..., :3], quality)


def test_jpeg_shows_the_picture() -> None:
    ramp = np.repeat(np.linspace(0, 255, 64).astype(np.uint8)[None, :, None], 3, axis=2).repeat(32, axis=0)
    decoded = np.asarray(Image.open(io.BytesIO(jpeg(ramp, 0.9)))).astype(int)
    assert np.abs(decoded - ramp).max() < 12


def test_png_keeps_every_byte() -> None:
    pixels = noise("uint8", (5, 6, 4))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png(pixels)))), pixels)


def test_thumbnail_of_an_image_read_in_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = ArraySource(noise("uint16", (1, 3, 1, 300, 200)))
    renderer = Renderer(pixels, settings_for("uint16", WHITE_MIX))
    whole = thumbnail.thumbnail_pixels(renderer, 64, 96)
    for module in (thumbnail, source):
        monkeypatch.setattr(module, "MAX_BLOCK_PIXELS", 2000)
    pixels.largest_read = 0
    assert np.array_equal(thumbnail.thumbnail_pixels(renderer, 64, 96), whole)
    assert pixels.largest_read <= 2000
    assert whole.shape == (96, 64, 3)


def test_thumbnail_takes_the_fitting_level_and_section() -> None:
    large, small = np.zeros((1, 1, 3, 64, 64), np.uint8), np.zeros((1, 1, 3, 16, 16), np.uint8)
    small[0, 0, 2] = 200
    renderer = Renderer(ArraySource(large, small), RenderSettings((ChannelSettings(0, 255),), default_z=2))
    assert (thumbnail.thumbnail_pixels(renderer, 20, 20)[..., 0] == 200).all()
    assert not thumbnail.thumbnail_pixels(renderer, 20, 20, z=0).any()
    with pytest.raises(PlaneError, match="z = 3"):
        thumbnail.thumbnail_jpeg(renderer, 20, 20, z=3)


def test_tiny_images_get_a_thumbnail() -> None:
    renderer = Renderer(ArraySource(np.full((1, 1, 1, 1, 2), 9, np.uint8)), RenderSettings((ChannelSettings(0, 255),)))
    picture = Image.open(io.BytesIO(thumbnail.thumbnail_jpeg(renderer, 96, 48)))
    assert picture.size == (96, 48)


def test_in_progress_picture_has_the_thumbnails_size() -> None:
    assert Image.open(io.BytesIO(thumbnail.in_progress_jpeg(400, 200, 96, 96))).size == (96, 48)
    assert Image.open(io.BytesIO(thumbnail.in_progress_jpeg(1, 2000, 96, 96))).size == (3, 96)


def test_scaling_weights_sum_to_one() -> None:
    for before, after in ((3, 96), (37, 95), (1000, 3), (96, 96)):
        assert np.allclose(scale._weights(before, after).sum(axis=1), 1)


def test_statistics_read_in_strips_ignore_nan(monkeypatch: pytest.MonkeyPatch) -> None:
    array = noise("float32", (1, 2, 2, 40, 30))
    array[0, 0, 1, 3] = np.nan
    array[0, 1] = np.nan
    whole = stats.import_statistics(ArraySource(array))
    monkeypatch.setattr(source, "MAX_BLOCK_PIXELS", 100)
    pixels = ArraySource(array)
    assert stats.import_statistics(pixels) == whole
    assert pixels.largest_read <= 100
    assert whole.channels == ((float(np.nanmin(array[0, 0])), float(np.nanmax(array[0, 0]))), (0.0, 0.0))


def test_histogram_skips_unset_channels_and_refuses_regions_outside() -> None:
    pixels = ArraySource(noise("uint8"))
    assert list(stats.histogram(pixels, [None, 1])) == [1]
    assert sum(stats.histogram(pixels, [1], region=Region(0, 3, 0, 4))[1]) == 4 * 31
    with pytest.raises(PlaneError):
        stats.histogram(pixels, [1], region=Region(30, 0, 2, 2))
    with pytest.raises(PlaneError):
        stats.histogram(pixels, [7])


def test_graphics_formats_have_a_fixed_range() -> None:
    assert stats.fixed_range("JPEG", "uint8") == (0.0, 255.0)
    assert stats.fixed_range("JPEG", "uint16") is None
    assert stats.fixed_range("OMETiff", "uint8") is None


def test_shipped_luts_equal_their_formulas() -> None:
    shipped = load_luts([SHIPPED])
    formulas = lut_formulas.tables()
    assert set(shipped) == {f"{name}.lut" for name in formulas}
    for name, table in formulas.items():
        assert np.array_equal(shipped[f"{name}.lut"], table), name
    assert shipped["red.lut"][[0, 128, 255]].tolist() == [[0, 0, 0], [128, 0, 0], [255, 0, 0]]
    assert shipped["hilo.lut"][[0, 1, 254, 255]].tolist() == [[0, 0, 255], [1, 1, 1], [254, 254, 254], [255, 0, 0]]


def test_lut_folders_keep_the_last_of_equal_names(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "x.lut").write_bytes(bytes(768))
    (tmp_path / "b" / "broken.lut").write_bytes(b"short")
    (tmp_path / "b" / "huge.lut").write_bytes(bytes(1024 * 1024 + 1))
    (tmp_path / "fire.lut").write_bytes(bytes([9]) * 768)
    found = load_luts([SHIPPED, tmp_path])
    assert {"broken.lut", "huge.lut"}.isdisjoint(found)
    assert not found["x.lut"].any()
    assert (found["fire.lut"] == 9).all()


def test_overlay_bits_run_row_by_row() -> None:
    picture = np.zeros((2, 5, 4), np.uint8)
    paint_mask(picture, bytes([0b10000100, 0b01000000]), 0xFFFF8000)
    painted = [[0, 0], [1, 0], [1, 4]]
    assert np.argwhere(picture[..., 3]).tolist() == painted
    assert picture[1, 4].tolist() == [255, 128, 0, 255]


def test_import_colours_use_filters_and_names() -> None:
    by_filter = ChannelOptics(emission_filters=(FilterRange(490, 520),))
    by_wave = ChannelOptics(emission=610)
    nothing = ChannelOptics(excitation_filters=(FilterRange(None, 600),))
    found = import_channels([(None, by_filter), (None, by_wave), (None, nothing)])
    assert found == [((0, 255, 0, 255), "490.0"), ((255, 0, 0, 255), "610.0"), ((255, 255, 255, 255), None)]
    alone = import_channels([(None, nothing), (None, nothing)])
    assert [color for color, _ in alone] == [(255, 0, 0, 255)] * 2


def test_windows_are_reset_to_statistics_or_range() -> None:
    settings = reset_windows(settings_for("uint8", PRIMARIES), [(3.0, 3.0), None, (1.0, 9.0)], "uint8")
    assert [(one.window_start, one.window_end) for one in settings.channels] == [(3, 3), (0, 255), (1, 9)]
    assert settings.channels[1].reverse


def test_copied_settings_keep_the_plane_inside_the_target() -> None:
    origin = settings_for("uint8", PRIMARIES, default_z=8, default_t=1, cd_start=200, cd_end=20)
    target = settings_for("uint8", PRIMARIES, default_z=2, default_t=0)
    copied = copy_settings(origin, target, size_z=5, size_t=3)
    assert (copied.default_z, copied.default_t, copied.cd_start, copied.cd_end) == (2, 1, 20, 200)
    assert copied.channels == origin.channels


def test_bit_pixels_show_black_and_white() -> None:
    pixels = ArraySource(np.array([False, True]).reshape(1, 1, 1, 1, 2))
    renderer = Renderer(pixels, RenderSettings((ChannelSettings(0, 1),), model="greyscale"))
    assert renderer.render_rgb(PlaneDef()).tolist() == [[[0, 0, 0], [255, 255, 255]]]
