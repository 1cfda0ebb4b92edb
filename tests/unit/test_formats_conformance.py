"""Every reader passes the conformance tests on its samples."""

from __future__ import annotations

from pathlib import Path

import omero_server.formats as formats
from omero_server.formats.conformance import ReaderConformance
from omero_server.formats.fake import FakeReader
from omero_server.formats.gif import GifReader
from omero_server.formats.imagej import ImageJReader
from omero_server.formats.jpeg2000 import Jpeg2000Reader
from omero_server.formats.lsm import LsmReader
from omero_server.formats.netpbm import NetpbmReader
from omero_server.formats.ometiff import OmeTiffReader
from omero_server.formats.omezarr import OmeZarrReader
from omero_server.formats.pictures import BmpReader, PcxReader, PsdReader, TargaReader
from omero_server.formats.raster import JpegReader, PngReader
from omero_server.formats.registry import readers
from omero_server.formats.svs import SvsReader
from omero_server.formats.tiff import TiffReader
from tests.unit import (
    test_formats_bioformats,
    test_formats_bioio,
    test_formats_dicom,
    test_formats_flavours,
    test_formats_movies,
    test_formats_plates,
    test_formats_simple,
    test_formats_slides,
    test_formats_stacks,
    test_formats_vendors,
    test_formats_volumes,
)

DATA = Path(__file__).parents[1] / "data"
PNG, JPEG, TIFF = DATA / "png/camera.png", DATA / "jpeg/sample.jpg", DATA / "tiff/sample.tif"
ZARR, FAKE = DATA / "ome-zarr/mri-stack.ome.zarr", DATA / "fake/default-plate&plates=1.fake"


def _samples(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((DATA / folder).iterdir()) if "cells-gray32" not in path.name]


class TestFake(ReaderConformance):
    reader = FakeReader
    samples = [FAKE]
    foreign = [PNG, TIFF, ZARR]


class TestOmeTiff(ReaderConformance):
    reader = OmeTiffReader
    samples = [*_samples("ome-tiff", "ome-tiff-pyramid"), DATA / "ome-tiff-companion/multifile/multifile-Z2.ome.tiff"]
    foreign = [PNG, TIFF, ZARR, FAKE]


class TestTiff(ReaderConformance):
    reader = TiffReader
    samples = [
        path
        for path in _samples("tiff", "tiff-axiovision", "tiff-pyramid", "tiff-sis", "tiff-bigtiff")
        if "yb10k" not in path.name
    ]
    foreign = [PNG, JPEG, ZARR, FAKE]


class TestImageJ(ReaderConformance):
    reader = ImageJReader
    samples = [*_samples("imagej-tiff"), DATA / "tiff/cells-gray32.tif"]
    foreign = [PNG, TIFF, ZARR, FAKE]


class TestLsm(ReaderConformance):
    reader = LsmReader
    samples = _samples("lsm")
    foreign = [PNG, TIFF, ZARR]


class TestSvs(ReaderConformance):
    reader = SvsReader
    samples = _samples("svs")
    foreign = [PNG, TIFF, ZARR]


class TestPng(ReaderConformance):
    reader = PngReader
    samples = _samples("png")
    foreign = [JPEG, TIFF, ZARR, FAKE]


class TestJpeg(ReaderConformance):
    reader = JpegReader
    samples = [JPEG]
    foreign = [PNG, TIFF, ZARR, FAKE]


class TestJpeg2000(ReaderConformance):
    reader = Jpeg2000Reader
    samples = _samples("jp2")
    foreign = [PNG, JPEG, TIFF, ZARR, FAKE]


class TestGif(ReaderConformance):
    reader = GifReader
    samples = _samples("gif")
    foreign = [PNG, JPEG, TIFF, ZARR, FAKE]


class TestBmp(ReaderConformance):
    reader = BmpReader
    samples = _samples("bmp")
    foreign = [PNG, JPEG, TIFF, ZARR, FAKE]


class TestPsd(ReaderConformance):
    reader = PsdReader
    samples = _samples("psd")
    foreign = [PNG, JPEG, TIFF, ZARR, FAKE]


class TestNetpbm(ReaderConformance):
    reader = NetpbmReader
    samples = _samples("pgm", "pnm")
    foreign = [PNG, JPEG, TIFF, ZARR, FAKE]


class TestPcx(ReaderConformance):
    reader = PcxReader
    samples = _samples("pcx")
    foreign = [PNG, JPEG, TIFF, ZARR, FAKE]


class TestTarga(ReaderConformance):
    reader = TargaReader
    samples = _samples("tga")
    foreign = [PNG, JPEG, TIFF, ZARR, FAKE]


class TestOmeZarr(ReaderConformance):
    reader = OmeZarrReader
    samples = _samples("ome-zarr")
    foreign = [PNG, TIFF, FAKE, DATA]


def test_every_built_in_reader_is_tested_here() -> None:
    modules = (
        test_formats_bioformats,
        test_formats_bioio,
        test_formats_dicom,
        test_formats_flavours,
        test_formats_movies,
        test_formats_plates,
        test_formats_simple,
        test_formats_slides,
        test_formats_stacks,
        test_formats_vendors,
        test_formats_volumes,
    )
    known = [*globals().values(), *(item for module in modules for item in vars(module).values())]
    tested = {item.reader for item in known if isinstance(item, type) and hasattr(item, "reader")}
    assert {reader for reader in readers() if reader.__module__.startswith(formats.__name__)} == tested
