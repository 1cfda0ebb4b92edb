"""Bio-Formats behind a server: imported, rendered, read again after a restart; its plates are plates."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from omero.gateway import BlitzGateway
from omero.sys import ParametersI
from omero_server.formats.bioformatsprocess import missing
from tests.support.incell import CHANNELS, FIELDS, WELLS, plane, write_plate
from tests.support.instance import Instance

pytestmark = pytest.mark.skipif(missing() is not None, reason=f"Bio-Formats lacks {missing()}")

VOLUME = Path(__file__).parents[1] / "data/bioformats/volume.inr"
VALUES = np.arange(3 * 20 * 30, dtype=np.uint16).reshape(3, 20, 30)


def connected(server: Instance) -> BlitzGateway:
    return BlitzGateway("root", server.root_password, host=server.host, port=server.ports.ssl, secure=True)


def check_volume(conn: Any, number: int) -> None:
    image = conn.getObject("Image", number)
    assert np.array_equal(list(image.getPrimaryPixels().getPlanes([(z, 0, 0) for z in range(3)])), VALUES)
    assert np.array_equal(image.getPrimaryPixels().getTile(1, 0, 0, (3, 4, 5, 6)), VALUES[1, 4:10, 3:8])
    image.setActiveChannels([1], [[600, 1199]], ["FFFFFF"])
    shown = np.asarray(Image.open(io.BytesIO(image.renderJpegRegion(1, 0, 0, 0, 16, 16, compression=0.9))))
    wanted = (VALUES[1, :16, :16] - 600.0) / 599 * 255
    assert np.abs(shown[..., 1] - wanted).mean() < 8
    small = Image.open(io.BytesIO(image.getThumbnail((24,))))
    assert small.size == (24, 16)


def check_plate(conn: Any) -> None:
    (plate,) = conn.getObjects("Plate")
    assert (plate.getName(), plate.getRows(), plate.getColumns()) == ("plate", 2, 3)
    (run,) = plate.listPlateAcquisitions()
    assert run.getMaximumFieldCount() == FIELDS
    wells = {(well.row, well.column): well for well in plate.listChildren()}
    assert sorted(wells) == sorted(WELLS)
    for number, place in enumerate(WELLS):
        for field in range(FIELDS):
            image = wells[place].getImage(field)
            found = image.getPrimaryPixels().getPlanes([(0, c, 0) for c in range(len(CHANNELS))])
            assert all(np.array_equal(one, plane(number, field, c)) for c, one in enumerate(found))
            assert image.getThumbnail((24,))


def check_metadata(conn: Any) -> None:
    (number, *_) = (row[0].val for row in conn.getQueryService().projection(
        "select s.image.id from WellSample s order by s.id", ParametersI()
    ))  # fmt: skip
    image = conn.getObject("Image", number)
    assert image.getFileset().listFiles()[0].getName() == "plate.xdce"
    lens = image.getObjectiveSettings().getObjective()
    assert (lens.getNominalMagnification(), lens.getLensNA()) == (20.0, 0.45)
    assert image.getPixelSizeX() == 0.5 and str(image.getAcquisitionDate()) == "2012-03-04 05:06:07"
    assert [(c.getLabel(), c.getExcitationWave(), c.getEmissionWave()) for c in image.getChannels()] == [
        ("DAPI", 350.0, 455.0), ("FITC", 490.0, 525.0)
    ]  # fmt: skip
    (settings, _) = (c.getLogicalChannel().getDetectorSettings() for c in image.getChannels())
    assert (settings.getDetector().getModel(), settings.getBinning().getValue()) == ("CoolSnap", "2x2")


def test_what_only_bioformats_reads(make_instance: Callable[..., Instance], tmp_path: Path) -> None:
    server = make_instance()
    server.start()
    index = write_plate(tmp_path / "plate")
    with connected(server) as conn:
        (volume,) = (image.getId() for image in conn.import_files(VOLUME))
        # The folder: none of the TIFF files may become an image of its own.
        assert len(conn.import_files(index.parent)) == len(WELLS) * FIELDS
        check_volume(conn, volume)
        check_plate(conn)
        check_metadata(conn)
    server.kill_blitz()
    server.await_blitz()
    with connected(server) as conn:
        check_volume(conn, volume)
        check_plate(conn)
