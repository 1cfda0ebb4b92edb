"""Every sample file against what independent readers say of it: dimensions, metadata, pixels."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr

from omero_server.formats.omezarr import OmeZarrReader
from omero_server.formats.registry import open_reader
from tests.support.independent import all_planes, as_stack

DATA = Path(__file__).parents[1] / "data"
EXPECTED: list[dict[str, Any]] = json.loads((DATA / "expected.json").read_text("utf-8"))
IDS = [str(sample["path"]) for sample in EXPECTED]


@pytest.mark.parametrize("sample", EXPECTED, ids=IDS)
def test_sample_is_read_as_independent_readers_say(sample: dict[str, Any]) -> None:
    with open_reader(DATA / sample["path"]) as reader:
        image = reader.image(0)
        assert [image.size_x, image.size_y, image.size_z, image.size_c, image.size_t] == sample["sizes"]
        assert image.pixel_type == sample["pixel_type"]
        assert image.significant_bits == sample.get("significant_bits", image.significant_bits)
        if "channels" in sample:
            assert [channel.name for channel in image.channels] == sample["channels"]
        sizes = image.physical_size_x, image.physical_size_y, image.physical_size_z
        for found, expected in zip(sizes, sample.get("physical", (None,) * 3), strict=True):
            if expected is not None:
                assert found is not None
                assert found[0] == pytest.approx(expected, rel=1e-4) and found[1] == sample["unit"]
        plane = reader.read(0, 0, 0, 0, 0, 0, 0, image.size_x, image.size_y)
    little = plane.astype(plane.dtype.newbyteorder("<"))
    assert hashlib.sha1(little.tobytes()).hexdigest() == sample["sha1"]


TIFFS = [
    path for path in IDS
    if not path.startswith("ome-zarr") and "yb10kx5k" not in path and not path.endswith("companion.ome")
]  # fmt: skip


@pytest.mark.parametrize("name", TIFFS)
def test_all_planes_equal_an_independent_reader(name: str) -> None:
    expected = all_planes(DATA / name)
    with open_reader(DATA / name) as reader:
        image = reader.image(0)
        assert expected.shape == (image.size_t, image.size_c, image.size_z, image.size_y, image.size_x)
        for t in range(image.size_t):
            for c in range(image.size_c):
                for z in range(image.size_z):
                    plane = reader.read(0, 0, z, c, t, 0, 0, image.size_x, image.size_y)
                    assert np.array_equal(plane, expected[t, c, z]), (z, c, t)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("mri-stack.ome.zarr", "s0"),
        ("mri-stack.ome.zarr", "s1"),
        ("single-plane-hcs-v05.zarr", "E/07/0/2"),
        ("blobs_image_v05.ome.zarr", "0"),
    ],
)
@pytest.mark.filterwarnings("ignore:Found an empty list of filters")
def test_zarr_levels_equal_the_arrays(name: str, array: str) -> None:
    folder = DATA / "ome-zarr" / name
    stored = np.asarray(zarr.open_array(str(folder / array), mode="r")[:])
    with OmeZarrReader.open(folder) as reader:
        image = reader.image(0)
        level = image.index["levels"].index(array)
        size = image.levels[level]
        outer = image.size_z if "z" in image.index["axes"] else image.size_c
        for n in range(outer):
            z, c = (n, 0) if "z" in image.index["axes"] else (0, n)
            plane = reader.read(0, level, z, c, 0, 0, 0, size.width, size.height)
            assert np.array_equal(plane, stored[n * stored.shape[0] // outer])


def test_companion_fileset_reads_each_slice_from_its_own_file() -> None:
    folder = DATA / "ome-tiff-companion" / "multifile"
    with open_reader(folder / "multifile-Z3.ome.tiff") as reader:
        info = reader.info()
        assert info.entry.name == "multifile.companion.ome"
        assert [path.name for path in info.used_files[1:]] == [f"multifile-Z{n}.ome.tiff" for n in range(1, 6)]
        for z in range(5):
            with tifffile.TiffFile(folder / f"multifile-Z{z + 1}.ome.tiff") as tif:
                expected = tif.pages.first.asarray()
            assert np.array_equal(reader.read(0, 0, z, 0, 0, 0, 0, 18, 24), expected)


def test_pyramid_levels_equal_tifffile_levels() -> None:
    for name in ("ome-tiff-pyramid/xy_12bit__plant.ome.tiff", "tiff-pyramid/boxes.tiff"):
        with tifffile.TiffFile(DATA / name) as tif, open_reader(DATA / name) as reader:
            levels = tif.series[0].levels
            assert len(levels) == len(reader.image(0).levels) > 1
            for number, level in enumerate(levels):
                expected = as_stack(level.asarray(), level.axes)[0, 0, 0]
                size = reader.image(0).levels[number]
                assert np.array_equal(reader.read(0, number, 0, 0, 0, 0, 0, size.width, size.height), expected)


def test_slide_has_label_and_macro_as_images() -> None:
    with open_reader(DATA / "svs/CMU-1-Small-Region.svs") as reader:
        info = reader.info()
        assert [image.name for image in info.images] == ["", "label image", "macro image"]
        assert info.images[0].planes[0].position_x == (25.691574, "mm")
        assert [(image.size_x, image.size_y) for image in info.images[1:]] == [(387, 463), (1280, 431)]
        assert info.images[0].objective is not None and info.images[0].objective.nominal_magnification == 20
        assert info.metadata["ScanScope ID"] == "CPAPERIOCS"


def test_plate_of_a_zarr_folder() -> None:
    with OmeZarrReader.open(DATA / "ome-zarr/single-plane-hcs.zarr") as reader:
        info = reader.info()
        (plate,) = info.plates
        assert (plate.name, plate.rows, plate.columns) == ("md-single-plane", 16, 24)
        assert [(well.row, well.column, [s.image for s in well.samples]) for well in plate.wells] == [
            (4, 6, [0]),
            (4, 7, [1]),
        ]


def test_channel_looks_of_zarr_and_imagej() -> None:
    with open_reader(DATA / "ome-zarr/single-plane-hcs-v05.zarr") as reader:
        channel = reader.image(0).channels[0]
        assert channel.window == (0.0, 65535.0) and channel.color == 0x73FF00FF
    with open_reader(DATA / "imagej-tiff/control--000.tif") as reader:
        image = reader.image(0)
        assert [channel.window for channel in image.channels] == [(0.0, 230.0), (0.0, 208.0)]


def test_ome_metadata_reaches_the_description() -> None:
    with open_reader(DATA / "ome-tiff-pyramid/xy_12bit__plant.ome.tiff") as reader:
        image = reader.image(0)
        assert image.acquired is not None and image.acquired.isoformat() == "2023-08-14T09:58:10.035000"
        assert image.channels[0].light_source is not None and image.channels[0].light_source.kind == "Laser"
        assert image.objective is not None and image.objective.nominal_magnification
    with open_reader(DATA / "ome-tiff/TZ_nucleus.ome.tif") as reader:
        assert reader.image(0).time_increment == (180.0, "s")


def test_lsm_channels_carry_names_and_wavelengths() -> None:
    with open_reader(DATA / "lsm/spectral golgi.lsm") as reader:
        image = reader.image(0)
        assert len(reader.info().images) == 1
        assert [channel.name for channel in image.channels][:3] == ["423", "433", "443"]
        wave = image.channels[0].emission_wavelength
        assert wave is not None and wave[0] == pytest.approx(423.0, abs=0.1) and wave[1] == "nm"
        assert image.objective is not None and image.objective.model == "Plan-Apochromat 63x/1.4 Oil DIC M27"
        assert (image.objective.nominal_magnification, image.objective.immersion) == (63.0, "Oil")
        detector = image.channels[27].detector
        assert detector is not None and (detector.type, detector.model) == ("PMT", "PmtSPI1")
        assert image.channels[27].pinhole_size == (pytest.approx(52.713), "µm")
