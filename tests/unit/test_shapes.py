"""Pixels of shapes, compared with slow and obvious ways to find them."""

from __future__ import annotations

from math import cos, pi, sin
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omero_server.pixels import shapes
from omero_server.pixels.buffer import RomioBuffer
from omero_server.pixels.outlines import parse_path, parse_points
from omero_server.pixels.shape_stats import shape_stats
from omero_server.pixels.shapes import Area, Ellipse, Mask, Matrix, Stroke, corners, points_of, windows

SQUARE = np.array([(2, 1), (5, 1), (5, 4), (2, 4)], np.float64)
QUARTER = Matrix(0, 1, -1, 0, 0, 0)


def pixels(covered: Any) -> set[tuple[int, int]]:
    x, y = points_of(covered)
    found = set(zip(x.tolist(), y.tolist(), strict=True))
    assert len(found) == len(x), "each pixel once"
    return found


def block(xs: range, ys: range) -> set[tuple[int, int]]:
    return {(x, y) for x in xs for y in ys}


def test_rectangle_covers_as_many_columns_as_it_is_wide() -> None:
    assert pixels(Area([SQUARE])) == block(range(2, 5), range(1, 4))
    assert pixels(Area([corners(0.5, 0.5, 2, 1)])) == {(1, 1), (2, 1)}
    left, right = Area([corners(0, 0, 2.5, 3)]), Area([corners(2.5, 0, 2.5, 3)])
    assert not pixels(left) & pixels(right)
    assert pixels(left) | pixels(right) == block(range(5), range(3))
    assert pixels(Area([corners(1, 1, 0, 5)])) == set()


@pytest.mark.parametrize("seed", range(5))
def test_polygon_agrees_with_counting_edges(seed: int) -> None:
    points = np.random.default_rng(seed).uniform(-5, 25, (9, 2))
    inside = set()
    for x, y in block(range(-6, 27), range(-6, 27)):
        odd = False
        for (ax, ay), (bx, by) in zip(points, np.roll(points, -1, axis=0), strict=True):
            if min(ay, by) <= y < max(ay, by) and ax + (y - ay) * (bx - ax) / (by - ay) <= x:
                odd = not odd
        inside |= {(x, y)} if odd else set()
    assert pixels(Area([points])) == inside


def test_fill_rules_differ_where_outlines_overlap() -> None:
    inner = corners(1, 1, 2, 2)
    both = [corners(0, 0, 4, 4), inner]
    assert pixels(Area(both)) == block(range(4), range(4)) - block(range(1, 3), range(1, 3))
    assert pixels(Area(both, nonzero=True)) == block(range(4), range(4))
    assert pixels(Area([both[0], inner[::-1]], nonzero=True)) == pixels(Area(both))


def test_ellipse_and_its_transformations() -> None:
    circle = pixels(Ellipse(10, 10, 3, 3))
    assert circle == {(x, y) for x, y in block(range(20), range(20)) if (x - 10) ** 2 + (y - 10) ** 2 < 9}
    assert pixels(Ellipse(0, 0, 2, 5, QUARTER)) == {(-y, x) for x, y in pixels(Ellipse(0, 0, 2, 5))}
    angle = pi / 6
    turned = Ellipse(0, 0, 30, 10, Matrix(cos(angle), sin(angle), -sin(angle), cos(angle), 50, 40))
    assert len(pixels(turned)) == pytest.approx(pi * 300, rel=0.02)
    assert pixels(Ellipse(0, 0, 5, 0)) == set()
    assert pixels(Ellipse(0, 0, 5, 5, Matrix(0, 0, 0, 0))) == set()


def test_mask_is_a_bitmap_that_may_be_moved_and_grown() -> None:
    bits = np.array([[1, 0, 1], [0, 1, 0]], np.bool_)
    assert pixels(Mask(4, 2, bits)) == {(4, 2), (6, 2), (5, 3)}
    grown = pixels(Mask(0, 0, bits, Matrix(2, 0, 0, 2, 0, 0)))
    assert grown == block(range(2), range(2)) | block(range(4, 6), range(2)) | block(range(2, 4), range(2, 4))
    assert pixels(Mask(0, 0, np.zeros((0, 0), np.bool_))) == set()


def test_strokes_are_connected_and_one_pixel_thin() -> None:
    assert pixels(Stroke(np.array([(0.0, 0.0), (3.9, 0.0)]))) == block(range(4), range(1))
    assert pixels(Stroke(np.array([(0.0, 0.0), (3.0, 3.0)]))) == {(i, i) for i in range(4)}
    assert pixels(Stroke(np.array([(2.7, 3.2)]))) == {(2, 3)}
    assert pixels(Stroke(np.empty((0, 2)))) == set()
    bent = pixels(Stroke(np.array([(0.0, 0.0), (2.0, 0.0), (2.0, 2.0)])))
    assert bent == {(0, 0), (1, 0), (2, 0), (2, 1), (2, 2)}
    slope = Stroke(np.array([(0.0, 0.0), (50_000.0, 50_000.0)]))
    assert len(points_of(slope)[0]) == 50_001
    assert slope.mask((40, 40, 3, 3)).tolist() == np.eye(3, dtype=bool).tolist()
    with pytest.raises(ValueError, match="too long"):
        Stroke(np.array([(0.0, 0.0), (1e9, 1.0)]))


def test_windows_make_up_the_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "WINDOW_PIXELS", 7)
    found = [w for w in windows((-3, -2, 20, 9), (10, 5))]
    assert sorted(p for x, y, w, h in found for p in block(range(x, x + w), range(y, y + h))) == sorted(
        block(range(10), range(5))
    )
    assert max(w * h for _, _, w, h in found) <= 7
    # What a shape covers does not depend on the windows.
    assert pixels(Area([SQUARE])) == block(range(2, 5), range(1, 4))
    assert list(windows((50, 50, 5, 5), (10, 10))) == []


def test_absurd_shapes_do_no_harm() -> None:
    with pytest.raises(ValueError, match="too many"):
        points_of(Area([corners(0, 0, 1e9, 1e9)]))
    nan = float("nan")
    assert pixels(Area([np.array([(0, 0), (nan, 5), (5, 5)])])) == set()
    assert pixels(Stroke(np.array([(nan, nan)]))) == set()
    assert list(windows(Area([corners(-1e300, -1e300, 2e300, 2e300)]).bounds, (10, 10))) == [(0, 0, 10, 10)]


def test_points_are_written_in_two_ways() -> None:
    expected = [[1, 2], [3.5, -4]]
    assert parse_points("1,2 3.5,-4").tolist() == expected
    assert parse_points("points[1,2, 3.5,-4] points1[9,9] mask[0,0]").tolist() == expected
    for wrong in ("1,2 3", "a,b", "1,2;drop"):
        with pytest.raises(ValueError):
            parse_points(wrong)


def test_paths_are_outlines() -> None:
    square = pixels(Area([SQUARE]))
    for path in ("M2,1 L5,1 5,4 2,4 Z", "m2 1h3v3h-3z", "M 2 1 H 5 V 4 H 2 Z"):
        assert pixels(Area(parse_path(path), nonzero=True)) == square
    ring = parse_path("M0 0H9V9H0Z M3 3H6V6H3Z")
    assert len(ring) == 2
    assert parse_path("M1 1 L2 2 Z L5 5")[1].tolist() == [[1, 1], [5, 5]]
    assert parse_path("") == []
    for wrong in ("L5", "M1", "1 2", "M 0 0 X 5", "M 0 0 L 5"):
        with pytest.raises(ValueError):
            parse_path(wrong)


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("M 0 50 A 50 50 0 0 1 100 50 A 50 50 0 0 1 0 50 Z", pi * 2500),
        ("M 50 50 a 30 10 90 1 0 0.001 0 z", pi * 300),
        ("M 0 0 C 0 100 100 100 100 0 Z", 6000),
        ("M 0 0 Q 50 100 100 0 Z", 2 / 3 * 5000),
        ("M 0 0 Q 25 50 50 0 T 100 0", 2 * 2 / 3 * 50 * 25),
    ],
)
def test_curves_enclose_the_area_they_should(path: str, area: float) -> None:
    assert len(pixels(Area(parse_path(path)))) == pytest.approx(area, rel=0.03)


def test_statistics_are_those_of_numpy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "WINDOW_PIXELS", 50)
    data = np.random.default_rng(1).normal(1e6, 3, (2, 3, 40, 30)).astype(np.float32)
    data[0, 0, 5, 6] = np.nan
    buffer = RomioBuffer(tmp_path / "pixels", (30, 40, 3, 2, 1), "float", writable=True)
    for c, z in np.ndindex(2, 3):
        buffer.write_plane(z, c, 0, data[c, z])
    covered = Ellipse(10, 12, 15, 9)
    inside = np.zeros((40, 30), np.bool_)
    for x, y in pixels(covered):
        if 0 <= x < 30 and 0 <= y < 40:
            inside[y, x] = True
    found = shape_stats(buffer, covered, [(0, 0), (2, 0)], [0, 1])
    for c, stats in enumerate(found):
        values = data[c, [0, 2]][:, inside].astype(np.float64)
        values = values[~np.isnan(values)]
        assert stats.count == len(values)
        assert (stats.low, stats.high) == (values.min(), values.max())
        assert (stats.mean, stats.deviation) == pytest.approx((values.mean(), values.std(ddof=1)))
    (nothing,) = shape_stats(buffer, Ellipse(500, 500, 3, 3), [(0, 0)], [0])
    assert (nothing.count, nothing.mean, nothing.deviation) == (0, 0, 0)
    buffer.close()
