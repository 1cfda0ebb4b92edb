"""TIFF files with tags of microscope makers: FluoView stacks, pixel sizes of SIS, SmartSEM, FEI and MetaSeries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from omero_server.formats.base import Array, FormatError
from omero_server.formats.conformance import ReaderConformance
from omero_server.formats.fluoview import FluoViewReader
from omero_server.formats.registry import open_reader
from tests.support.damage import refuses_cuts, survives_wrong_bytes
from tests.support.packed import temporary_file
from tests.support.stacks import stack_of
from tests.support.writers import Axes, write_fluoview

DATA = Path(__file__).parents[1] / "data"


def _pages(count: int) -> Array:
    return np.arange(count * 6 * 5, dtype=np.uint16).reshape(count, 6, 5)


XY: Axes = [("X", 5, 0.25, "um"), ("Y", 6, 0.5, "um")]
FLUOVIEW = write_fluoview(temporary_file("fluoview.tif", b""), _pages(12), [*XY, ("Z", 3, 2.0, "um"), ("Ch", 4, 1, "")])


class TestFluoView(ReaderConformance):
    reader = FluoViewReader
    samples = [FLUOVIEW]
    foreign = [DATA / "png/camera.png", DATA / "tiff/sample.tif", DATA / "lsm/spectral golgi.lsm"]


def test_axes_of_fluoview(tmp_path: Path) -> None:
    with open_reader(FLUOVIEW) as reader:
        image = reader.image(0)
        assert (image.size_z, image.size_c, image.size_t, image.dimension_order) == (3, 4, 1, "XYZCT")
        steps = image.physical_size_x, image.physical_size_y, image.physical_size_z
        assert steps == ((0.25, "µm"), (0.5, "µm"), (2.0, "µm"))
    assert np.array_equal(stack_of(FLUOVIEW)[0], _pages(12).reshape(4, 3, 6, 5))
    path = write_fluoview(
        tmp_path / "a.tif", _pages(12), [*XY, ("Ch", 2, 1, ""), ("XY", 2, 1, ""), ("Time", 3, 4.0, "s")]
    )
    with open_reader(path) as reader:
        assert [image.name for image in reader.info().images] == ["a.tif #1", "a.tif #2"]
        assert reader.image(1).time_increment == (4.0, "s")
    expected = _pages(12).reshape(3, 2, 2, 6, 5)
    for series in (0, 1):
        assert np.array_equal(stack_of(path, series)[:, :, 0], expected[:, series])


@pytest.mark.parametrize(
    "axes", [XY[:1], [*XY, ("Z", 90, 1, "")], [*XY, ("Z", 2, 1, ""), ("Z", 2, 1, "")], [("Z", 2, 1, ""), *XY]]
)
def test_fluoview_that_makes_no_sense(axes: Axes, tmp_path: Path) -> None:
    with pytest.raises(FormatError):
        open_reader(write_fluoview(tmp_path / "a.tif", _pages(12), axes))


def test_damaged_fluoview(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    refuses_cuts(FLUOVIEW, tmp_path / "a", (0.5, 0.9))
    survives_wrong_bytes(FLUOVIEW, tmp_path, 60, 2500)


SEM = "\r\n0\r\nAP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 12.5 nm\r\nDP_DETECTOR_TYPE\r\nDetector = SE2\r\n"
FEI = "[User]\r\nUser=x\r\n[Scan]\r\nPixelWidth=2e-9\r\nPixelHeight=3e-9\r\n"


@pytest.mark.parametrize(
    ("more", "x", "y", "note"),
    [
        ({"extratags": [(34118, 2, None, SEM, True)]}, 0.0125, 0.0125, ("Detector", "SE2")),
        ({"extratags": [(34682, 2, None, FEI, True)]}, 0.002, 0.003, ("User User", "x")),
        ({"description": '<MetaData>\n<prop id="spatial-calibration-state" type="bool" value="on"/>'
          '<prop id="spatial-calibration-x" type="float" value="1.5"/><prop id="spatial-calibration-y" type="float" '
          'value="2"/><prop id="spatial-calibration-units" type="string" value="um"/></MetaData>'},
         1.5, 2.0, ("spatial-calibration-x", "1.5")),
    ],
)  # fmt: skip
def test_pixel_sizes_of_private_tags(
    more: dict[str, Any], x: float, y: float, note: tuple[str, str], tmp_path: Path
) -> None:
    resolution: dict[str, Any] = {"resolution": (72, 72), "resolutionunit": 2}
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 4), np.uint8), metadata=None, **resolution, **more)
    with open_reader(tmp_path / "a.tif") as reader:
        image = reader.image(0)
        assert image.physical_size_x == (pytest.approx(x), "µm") and image.physical_size_y == (pytest.approx(y), "µm")
        assert reader.info().metadata[note[0]] == note[1]


def test_pixel_size_of_olympus_sis() -> None:
    with open_reader(DATA / "tiff-sis/olympus_SIS.tif") as reader:
        assert reader.image(1).physical_size_x == (pytest.approx(2.392791775876109e-05), "µm")
