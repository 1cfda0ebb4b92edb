"""Scaling by blocks, by strips, and of grey pictures gives what one product with all weights gives."""

import numpy as np
import pytest

from omero_server.rendering.scale import Bytes, scale, scale_strips


def picture(rows: int, columns: int, bands: int) -> Bytes:
    return np.random.default_rng(1).integers(0, 256, (rows, columns, bands), np.uint8)


@pytest.mark.parametrize(("width", "height"), [(96, 64), (17, 5), (300, 250), (1, 1)])
def test_grey_is_scaled_as_colours_are(width: int, height: int) -> None:
    one = picture(120, 200, 1)
    grey, coloured = np.repeat(one, 3, axis=2), np.concatenate([one, one, 255 - one], axis=2)
    scaled = scale(grey, width, height)
    assert scaled.shape == (height, width, 3)
    assert np.array_equal(scaled, np.repeat(scale(one, width, height), 3, axis=2))
    assert np.array_equal(scaled[..., :2], scale(coloured, width, height)[..., :2])


def test_strips_make_the_same_picture() -> None:
    whole = picture(90, 400, 3)
    whole[:30] = whole[:30, :, :1]
    strips = [whole[:30], whole[30:31], whole[31:]]
    assert np.array_equal(scale_strips(strips, (400, 90), 96, 22), scale(whole, 96, 22))


def test_an_even_picture_stays_even() -> None:
    assert (scale(np.full((77, 1000, 3), 137, np.uint8), 96, 7) == 137).all()
