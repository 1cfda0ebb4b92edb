"""Grouping paths into filesets; filesets that move."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from omero_server.formats.info import FilesetInfo
from omero_server.formats.registry import open_reader, reader_named, restore
from omero_server.formats.scan import scan

DATA = Path(__file__).parents[1] / "data"
MULTIFILE = DATA / "ome-tiff-companion/multifile"


def test_folder_of_samples() -> None:
    result = scan([DATA / name for name in ("ome-tiff-companion", "png", "ome-zarr", "fake", "svs")])
    found = {str(candidate.entry.relative_to(DATA)): candidate for candidate in result.candidates}
    assert not result.refusals
    assert len(found) == 1 + 2 + 8 + 1 + 1
    companion = found["ome-tiff-companion/multifile/multifile.companion.ome"]
    assert len(companion.files) == 6 and companion.files[0] == companion.entry and companion.reader == "ome-tiff"
    assert len(found["ome-zarr/single-plane-hcs.zarr/.zattrs"].files) == 35


def test_one_member_brings_its_fileset_once() -> None:
    result = scan([MULTIFILE / "multifile-Z2.ome.tiff", MULTIFILE / "multifile-Z4.ome.tiff", MULTIFILE])
    assert [candidate.entry.name for candidate in result.candidates] == ["multifile.companion.ome"]


def test_zarr_folder_by_any_of_its_metadata_files() -> None:
    folder = DATA / "ome-zarr/single-plane-hcs.zarr"
    for path in (folder, folder / ".zattrs", folder / "E/07"):
        (candidate,) = scan([path]).candidates
        assert candidate.entry == folder / ".zattrs"


def test_refusals_name_what_was_asked_for_or_looks_like_an_image(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "broken.tif").write_text("no tiff")
    (tmp_path / ".hidden.tif").write_text("no tiff")
    shutil.copy(DATA / "png/rgba.png", tmp_path)
    result = scan([tmp_path])
    assert [candidate.entry.name for candidate in result.candidates] == ["rgba.png"]
    assert [refusal.path.name for refusal in result.refusals] == ["broken.tif"]
    refused = scan([tmp_path / "notes.txt", tmp_path / "missing.tif"]).refusals
    assert ["no reader knows" in refused[0].reason, "no such file" in refused[1].reason] == [True, True]


def test_incomplete_fileset_is_refused(tmp_path: Path) -> None:
    shutil.copytree(MULTIFILE, tmp_path / "m")
    (tmp_path / "m/multifile-Z5.ome.tiff").unlink()
    result = scan([tmp_path])
    assert not result.candidates
    assert all("multifile-Z5.ome.tiff" in refusal.reason for refusal in result.refusals) and result.refusals


def test_depth_limits_the_search(tmp_path: Path) -> None:
    deep = tmp_path / "a/b/c/d"
    deep.mkdir(parents=True)
    shutil.copy(DATA / "png/rgba.png", deep / "deep.png")
    shutil.copy(DATA / "png/rgba.png", tmp_path / "a/b/c/near.png")
    assert [c.entry.name for c in scan([tmp_path]).candidates] == ["near.png"]
    assert len(scan([tmp_path], depth=5).candidates) == 2


@pytest.mark.parametrize(
    ("sample", "entry"),
    [
        ("ome-tiff-companion/multifile", "multifile.companion.ome"),
        ("ome-zarr/single-plane-hcs-v05.zarr", "."),
        ("lsm", "spectral golgi.lsm"),
        ("fake", "default-plate&plates=1.fake"),
        ("png", "rgba.png"),
    ],
)
def test_fileset_is_read_from_its_index_after_it_moved(sample: str, entry: str, tmp_path: Path) -> None:
    shutil.copytree(DATA / sample, tmp_path / "before")
    with open_reader(tmp_path / "before" / entry) as reader:
        image = reader.image(0)
        expected = reader.read(0, 0, 0, 0, 0, 0, 0, image.size_x, image.size_y)
        text = json.dumps(reader.info().to_json())
    shutil.move(tmp_path / "before", tmp_path / "after")
    assert str(tmp_path) not in text
    info = FilesetInfo.from_json(json.loads(text), tmp_path / "after")
    assert all(path.is_file() for path in info.used_files)
    with restore(info) as reader:
        assert np.array_equal(reader.read(0, 0, 0, 0, 0, 0, 0, image.size_x, image.size_y), expected)


def test_index_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version 99"):
        FilesetInfo.from_json({"version": 99}, DATA)


def test_unknown_reader_is_named() -> None:
    with pytest.raises(KeyError, match="my-reader"):
        reader_named("my-reader")


@pytest.mark.timeout(60)
def test_links_in_circles_and_pipes_do_not_stop_it(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "loop").symlink_to("../d")
    (folder / "self.tif").symlink_to("self.tif")
    (folder / "dangling.png").symlink_to("nowhere")
    for suffix in (".tif", ".nii.gz", ".pattern", ".h5", ".mlf", ""):
        os.mkfifo(folder / f"pipe{suffix}")
    found = scan([tmp_path, folder / "pipe"])
    assert found.candidates == []
    refused = {refusal.path.name for refusal in found.refusals}
    assert {"self.tif", "dangling.png", "pipe.tif", "pipe"} <= refused


@pytest.mark.parametrize("length", [300, 3000])
def test_names_that_no_disk_can_hold_are_refused(length: int, tmp_path: Path) -> None:
    whole = (DATA / "hcs-yokogawa/MeasurementData.mlf").read_text()
    shutil.copytree(DATA / "hcs-yokogawa", tmp_path / "plate")
    at = whole.index(".tif")
    (tmp_path / "plate/MeasurementData.mlf").write_text(whole[:at] + "a" * length + whole[at:])
    result = scan([tmp_path / "plate/MeasurementData.mlf"])
    assert not result.candidates and [refusal.path.name for refusal in result.refusals] == ["MeasurementData.mlf"]
