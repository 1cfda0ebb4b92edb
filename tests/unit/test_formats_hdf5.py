"""HDF5 without its library: structures old and new, filters, missing chunks, damage; Imaris and BigDataViewer."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from omero_server.formats.base import FormatError
from omero_server.formats.hdf5 import Hdf5File, is_hdf5
from omero_server.formats.hdf5arrays import check_array, read_plane
from omero_server.formats.rawbytes import PieceCache
from omero_server.formats.registry import open_reader
from omero_server.formats.scan import scan
from tests.support.packed import packed

NUMBERS = np.arange(3 * 20 * 24, dtype=np.uint16).reshape(3, 20, 24)


def _read(path: Path, name: str, z: int, region: tuple[int, int, int, int]) -> np.ndarray:
    file = Hdf5File(path)
    place = file.array(name)
    check_array(place, path)
    assert place.shape == NUMBERS.shape
    return read_plane(file, place, (z,), region, PieceCache())


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("earliest", "plain"), ("earliest", "group/gzip"), ("earliest", "group/scaled"), ("earliest", "group/bare"),
        ("latest", "plain"), ("lz4", "a"), ("zstd", "a"),
    ],
)  # fmt: skip
def test_planes_of_arrays(file: str, name: str) -> None:
    path = packed(f"hdf5/{file}.h5")
    for z in range(3):
        assert np.array_equal(_read(path, name, z, (0, 0, 24, 20)), NUMBERS[z])
        assert np.array_equal(_read(path, name, z, (5, 7, 17, 12)), NUMBERS[z, 7:19, 5:22])


def test_chunks_that_were_never_written_are_black() -> None:
    plane = _read(packed("hdf5/earliest.h5"), "sparse", 1, (0, 0, 24, 20))
    assert plane[9, 9] == 7 and plane.sum() == 7
    assert not _read(packed("hdf5/earliest.h5"), "missing", 2, (0, 0, 24, 20)).any()


@pytest.mark.parametrize("kind", ["earliest", "latest"])
def test_groups_and_attributes(kind: str) -> None:
    file = Hdf5File(packed(f"hdf5/{kind}.h5"))
    root = file.get("")
    assert sorted(file.get("members").members, key=int) == [str(n) for n in range(40)]
    assert [root.attributes[f"attribute {n}"] for n in range(40)] == [f"value {n}" for n in range(40)]
    assert (root.attributes["numbers"], root.attributes["one"], root.attributes["letters"]) == ([1.5, 2.5], -3, "abc")
    assert [file.get("members/3").attributes[f"name {n}"] for n in range(600)] == list(range(600))
    assert file.find("members/99") is None and file.find("plain/below") is None
    with pytest.raises(FormatError, match="has no members/99"):
        file.get("members/99")


def test_an_unknown_filter_is_named(tmp_path: Path) -> None:
    data = packed("hdf5/lz4.h5").read_bytes()
    (tmp_path / "a.h5").write_bytes(data.replace(struct.pack("<2H", 32004, 8), struct.pack("<2H", 32001, 8)))
    with pytest.raises(FormatError, match="unknown filter 32001"):
        _read(tmp_path / "a.h5", "a", 0, (0, 0, 1, 1))


@pytest.mark.parametrize("kind", ["earliest", "latest", "lz4"])
def test_damaged_files_never_raise_anything_else(kind: str, tmp_path: Path) -> None:
    whole = packed(f"hdf5/{kind}.h5").read_bytes()
    rng = np.random.default_rng(2)
    path = tmp_path / "a.h5"
    for turn in range(40):
        damaged = bytearray(whole)
        for at in rng.integers(0, len(damaged) if turn % 2 else 4000, 30):
            damaged[at] = int(rng.integers(256))
        path.write_bytes(damaged)
        try:
            file = Hdf5File(path)
            for name in ("plain", "group/gzip", "group/scaled", "a", "members/3"):
                node = file.find(name)
                if node is not None and node.array is not None and len(node.array.shape) == 3:
                    check_array(node.array, path)
                    read_plane(file, node.array, (0,), (0, 0, 4, 4), PieceCache())
        except (FormatError, ValueError, struct.error, IndexError, RuntimeError, OSError):
            # Readers call all this within `decoding`, which makes one error of these.
            continue


def test_a_tree_that_leads_back_to_itself_ends(tmp_path: Path) -> None:
    data = bytearray(packed("hdf5/earliest.h5").read_bytes())
    place = Hdf5File(packed("hdf5/earliest.h5")).array("group/bare")
    at = place.address
    level = data[at + 5]
    data[at + 5] = level + 1
    struct.pack_into("<Q", data, at + 24 + 8 + 8 * 4, at)
    (tmp_path / "a.h5").write_bytes(data)
    with pytest.raises(FormatError, match="no tree of chunks"):
        _read(tmp_path / "a.h5", "group/bare", 0, (0, 0, 1, 1))


def test_other_hdf5_files_are_no_images() -> None:
    path = packed("hdf5/earliest.h5")
    assert is_hdf5(path)
    with pytest.raises(FormatError, match="no reader knows"):
        open_reader(path)


def test_imaris_channels_levels_and_notes() -> None:
    with open_reader(packed("brain_crop3_small.ims")) as reader:
        info, image = reader.info(), reader.image(0)
        assert [(level.width, level.height) for level in image.levels] == [(84, 79), (42, 40)]
        assert [channel.window for channel in image.channels] == [(1023.0, 19148.0), (767.0, 27493.0)]
        assert [channel.color for channel in image.channels] == [0x02FF00FF, -0x00FFFF01]
        assert image.acquired is not None and image.acquired.isoformat() == "2018-12-10T23:23:19"
        assert info.metadata["Image|OriginalFormat"] == "TIFF"
        full = reader.read(0, 0, 6, 1, 0, 0, 0, 84, 79)
        assert np.array_equal(reader.read(0, 1, 6, 1, 0, 0, 0, 42, 40), full[::2, ::2])


def test_setups_of_bigdataviewer_by_their_xml(tmp_path: Path) -> None:
    (tmp_path / "a.h5").write_bytes(packed("xyc-fluo-cells-small.h5").read_bytes())
    setup = (
        "<ViewSetup><id>{0}</id><name>setup {0}</name><voxelSize><unit>um</unit><size>0.5 0.5 2.0</size></voxelSize>"
        "<attributes><channel>{1}</channel><angle>{2}</angle></attributes></ViewSetup>"
    )
    views = setup.format(0, 0, 0) + setup.format(1, 1, 0) + setup.format(2, 0, 1)
    names = '<Attributes name="channel"><Channel><id>0</id><name>GFP</name></Channel></Attributes>'
    (tmp_path / "a.xml").write_text(f"<SpimData><SequenceDescription>{views}{names}</SequenceDescription></SpimData>")
    with open_reader(tmp_path / "a.h5") as reader:
        first, second = reader.info().images
        assert [channel.name for channel in first.channels] == ["GFP", "setup 1"]
        assert (first.size_c, second.size_c, second.channels[0].name) == (2, 1, "GFP")
        assert (first.physical_size_x, first.physical_size_z) == ((0.5, "µm"), (2.0, "µm"))
        assert reader.pixel_files() == [{tmp_path / "a.h5"}] * 2
    (candidate,) = scan([tmp_path]).candidates
    assert [file.name for file in candidate.files] == ["a.h5", "a.xml"]
    (tmp_path / "a.xml").write_text('<!DOCTYPE x [<!ENTITY a "b">]><SpimData>&a;</SpimData>')
    with pytest.raises(FormatError, match="cannot be parsed"):
        open_reader(tmp_path / "a.h5")
