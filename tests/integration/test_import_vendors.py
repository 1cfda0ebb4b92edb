"""Samples of microscope vendors' formats, imported through the server: planes, names, optics, original metadata."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from omero.gateway import BlitzGateway
from tests.support.instance import Instance
from tests.support.oif import unbundled
from tests.support.packed import packed
from tests.support.vendors import SAMPLES, Sample


@pytest.fixture(scope="module")
def conn(instance: Instance) -> Iterator[Any]:
    with BlitzGateway("root", instance.root_password, host=instance.host, port=instance.ports.ssl, secure=True) as made:
        yield made


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.name for sample in SAMPLES])
def test_sample_is_imported_whole(conn: Any, sample: Sample) -> None:
    images = conn.import_files(packed(sample.name))
    assert len(images) == sample.images
    image = images[0]
    x, y, z, c, t = (getattr(image, f"getSize{axis}")() for axis in "XYZCT")
    assert (x, y, z, c, t) == sample.sizes
    digest = hashlib.sha1()
    pixels = image.getPrimaryPixels()
    for plane in pixels.getPlanes([(zz, cc, tt) for tt in range(t) for cc in range(c) for zz in range(z)]):
        digest.update(plane.astype(plane.dtype.newbyteorder("<")).tobytes())
    assert digest.hexdigest() == sample.sha1
    full = {"uint8": 8, "float": 32, "uint32": 32}.get(sample.pixel_type, 16)
    assert 1 <= pixels._obj.getSignificantBits().val <= full
    if sample.channels is not None:
        assert [channel.getLabel() for channel in image.getChannels()] == sample.channels
    if sample.physical[0] is not None:
        size = pixels._obj.getPhysicalSizeX()
        assert (size.getValue(), size.getSymbol()) == (pytest.approx(sample.physical[0], rel=1e-4), sample.unit)


def test_optics_and_original_metadata(conn: Any) -> None:
    (image,) = conn.import_files(packed("sample.zvi"))
    lens = image.getObjectiveSettings().getObjective()
    assert (lens.getModel(), lens.getLensNA()) == ("EC Plan-Neofluar 40x/1.30 Oil Ph 3 M27", 1.3)
    assert image.getInstrument().getMicroscope().getModel() == "Axio Observer.Z1"
    assert [channel.getEmissionWave() for channel in image.getChannels()] == [550.0, 461.0, 516.0, 617.0]
    _, of_file, _ = image.loadOriginalMetadata()
    assert dict(of_file)["Title"] == "00-12+TIARendo+ARS 9.zvi"


def test_scenes_and_filters(conn: Any) -> None:
    images = conn.import_files(packed("S3_1Pos_2Mosaic_T1_Z1_CH1.czi"))
    assert [image.getName().rpartition(" ")[2] for image in images] == ["[TR1]", "[P1]", "[TR2]"]
    instrument = images[0].getInstrument()
    assert len(list(instrument.getFilters())) == 6 and len(list(instrument.getDichroics())) == 2
    ranges = [one.getTransmittanceRange() for one in instrument.getFilters()]
    assert sorted((one.getCutIn().getValue(), one.getCutOut().getValue()) for one in ranges)[0] == (412.0, 433.0)
    logical = images[0].getChannels()[0].getLogicalChannel()
    logical.__loadedHotSwap__()
    assert len(logical.getFilterSet().copyEmissionFilters()) == 3


def test_filesets_of_folders(conn: Any, tmp_path: Path) -> None:
    shutil.copytree(unbundled("test.oib").parent, tmp_path / "olympus")
    (image,) = conn.import_files(tmp_path)
    files = sorted(file.getName() for file in image.getFileset().listFiles())
    assert len(files) == 13 and "test.oif" in files and "s_C001.tif" in files
    assert [channel.getLabel() for channel in image.getChannels()] == ["CH1", "CH2", "TD1"]
