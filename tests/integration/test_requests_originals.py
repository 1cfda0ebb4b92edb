"""What the files of an image say, and which files it uses: with filesets, and as before there were any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import omero
import omero.cmd
from omero.importing import Options, import_fileset, scan
from omero.rtypes import unwrap
from omero.sys import ParametersI
from omero_server.commands.companion import parse_companion
from omero_server.repository.layout import Layout
from tests.support.actors import Actor, Stage, image, joined, named, original_file
from tests.support.instance import Instance
from tests.support.requests import answer, refused

DATA = Path(__file__).parents[1] / "data"
COMPANION = "openmicroscopy.org/omero/import/companionFile"
TEXT = """[GlobalMetadata]
a=b
(key=with sign)=value
x[i=1]=y=z

[SeriesMetadata]
no sign
empty=
"""


def imported(client: Any, path: Path) -> list[int]:
    """Ids of the images, in the order of the series."""
    return sorted(import_fileset(client, scan([path]).candidates[0], Options()).images)


def metadata(actor: Any, image_id: int) -> Any:
    return answer(actor, omero.cmd.OriginalMetadataRequest(image_id))


def used(sf: Any, image_id: int) -> Any:
    return answer(sf, omero.cmd.UsedFilesRequest(image_id))


def names(client: Any, ids: list[int]) -> list[str]:
    if not ids:
        return []
    query = client.sf.getQueryService()
    found = query.findAllByQuery("select f from OriginalFile f where f.id in (:ids)", ParametersI().addIds(ids))
    return sorted(file.name.val for file in found)


@pytest.mark.parametrize(
    ("sample", "key", "value", "series"),
    [
        ("svs", "AppMag", "20", False),
        ("imagej-tiff", "ImageJ", "1.", True),
        ("lsm", "DimensionX", "", False),
        ("ome-tiff", "ImageWidth", "", False),
        ("ome-zarr", "multiscales 0 version", "0.", True),
        ("png", "", "", False),
    ],
)
def test_what_readers_find(client: Any, sample: str, key: str, value: str, series: bool) -> None:
    path = sorted((DATA / sample).iterdir())[0]
    image_id = imported(client, path)[0]
    found = metadata(client.sf, image_id)
    fileset = client.sf.getQueryService().get("Image", image_id).fileset.id.val
    assert (found.filesetId.val, found.fileAnnotationId) == (fileset, None)
    pairs = found.seriesMetadata if series else found.globalMetadata
    assert not key or unwrap(pairs[key]).startswith(value)


def test_original_metadata_of_converted_files(client: Any, tmp_path: Path) -> None:
    """OME-TIFF files made from others hold what these said."""
    import numpy as np
    import tifffile

    pixels = (
        '<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="9" SizeY="8" SizeZ="1" SizeC="1" SizeT="1">'
    )
    pair = "<OriginalMetadata><Key>Laser power</Key><Value>7 mW</Value></OriginalMetadata>"
    text = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0" Name="i">'
        f'{pixels}<Channel ID="Channel:0:0" SamplesPerPixel="1"/><TiffData/></Pixels></Image><StructuredAnnotations>'
        f'<XMLAnnotation ID="Annotation:0" Namespace="openmicroscopy.org/OriginalMetadata"><Value>{pair}</Value>'
        "</XMLAnnotation></StructuredAnnotations></OME>"
    )
    tifffile.imwrite(tmp_path / "a.ome.tif", np.zeros((8, 9), np.uint8), description=text, metadata=None)
    found = metadata(client.sf, imported(client, tmp_path / "a.ome.tif")[0])
    assert unwrap(found.globalMetadata["Laser power"]) == "7 mW"


def test_simulated_files_with_settings(client: Any, tmp_path: Path) -> None:
    path = tmp_path / "two&series=2&sizeX=20&sizeY=20.fake"
    path.touch()
    path.with_name(f"{path.name}.ini").write_text("[GlobalMetadata]\ncolour=red\n[series_1]\nDeltaT_0=3\n")
    one, two = imported(client, path)
    assert unwrap(metadata(client.sf, one).globalMetadata) == {"colour": "red"}
    assert unwrap(metadata(client.sf, two).seriesMetadata) == {"DeltaT_0": "3"}
    files = used(client.sf, two)
    assert names(client, files.binaryFilesThisSeries) == [path.name]
    assert names(client, files.companionFilesThisSeries) == [f"{path.name}.ini"]
    assert files.binaryFilesOtherSeries == [] and files.companionFilesOtherSeries == []


def test_a_companion_and_many_files(client: Any) -> None:
    folder = DATA / "ome-tiff-companion" / "multifile"
    image_id = imported(client, next(folder.glob("*.companion.ome")))[0]
    files = used(client.sf, image_id)
    assert names(client, files.companionFilesThisSeries) == ["multifile.companion.ome"]
    assert names(client, files.binaryFilesThisSeries) == sorted(path.name for path in folder.glob("*.tif*"))


def test_files_of_other_images(client: Any, tmp_path: Path) -> None:
    """A folder with two images: each has chunks of its own, and metadata that belong to both."""
    import numpy as np
    import zarr

    root = zarr.open_group(str(tmp_path / "two.zarr"), mode="w", zarr_format=2)
    root.attrs["bioformats2raw.layout"] = 3
    for name in "01":
        group = root.create_group(name)
        group.create_array("0", data=np.ones((1, 1, 1, 8, 9), np.uint8))
        group.attrs["multiscales"] = [{"version": "0.4", "datasets": [{"path": "0"}], "axes": list("tczyx")}]
    one, two = imported(client, tmp_path / "two.zarr")
    first, second = used(client.sf, one), used(client.sf, two)
    assert first.binaryFilesThisSeries and first.binaryFilesThisSeries == second.binaryFilesOtherSeries
    assert first.binaryFilesOtherSeries == second.binaryFilesThisSeries
    assert ".zattrs" in names(client, first.companionFilesThisSeries)
    count = (
        client.sf.getQueryService()
        .projection(
            "select count(e) from FilesetEntry e, Image i where e.fileset = i.fileset and i.id = :id",
            ParametersI().addId(one),
        )[0][0]
        .val
    )
    kinds = ("binaryFilesThisSeries", "binaryFilesOtherSeries", "companionFilesThisSeries", "companionFilesOtherSeries")
    ids = [row_id for kind in kinds for row_id in getattr(first, kind)]
    assert len(ids) == len(set(ids)) == count


def test_files_that_are_gone(client: Any, instance: Instance, tmp_path: Path) -> None:
    path = tmp_path / "gone&sizeX=20&sizeY=20.fake"
    path.touch()
    image_id = imported(client, path)[0]
    query = "select f from FilesetEntry e join e.originalFile f, Image i where i.fileset = e.fileset and i.id = :id"
    file = client.sf.getQueryService().findByQuery(query, ParametersI().addId(image_id))
    stored = Layout.of(instance.config).in_managed(file.path.val, file.name.val)
    stored.unlink()
    next(index for folder in stored.parents if (index := Path(f"{folder}.index.json")).exists()).unlink()
    assert refused(client.sf, omero.cmd.OriginalMetadataRequest(image_id)) == "bf-reader-failure"
    assert refused(client.sf, omero.cmd.UsedFilesRequest(image_id)) == "used-files-fail"


def attach(actor: Actor, target: Any, name: str, content: bytes) -> tuple[int, int]:
    """Ids of a new annotation of the image, and of its file."""
    file = actor.save(original_file(name))
    store = actor.sf.createRawFileStore()
    store.setFileId(file.id.val)
    store.write(content, 0, len(content))
    file = store.save()
    store.close()
    note = omero.model.FileAnnotationI()
    note.file, note.ns = file.proxy(), omero.rtypes.rstring(COMPANION)
    link = actor.save(joined("ImageAnnotationLink", target, note))
    return link.child.id.val, file.id.val


def test_before_filesets(stage: Stage) -> None:
    ann = stage.ann
    target = ann.save(image())
    nothing = metadata(ann.sf, target.id.val)
    assert (nothing.filesetId, nothing.fileAnnotationId) == (None, None)
    assert not nothing.globalMetadata and not nothing.seriesMetadata
    assert used(ann.sf, target.id.val).originalMetadataFiles == []
    annotation, text = attach(ann, target, "original_metadata.txt", TEXT.encode())
    _, other = attach(ann, target, "plate.xml", b"<plate/>")
    archived = ann.save(original_file("image.tif"))
    pixels = ann.query.findByQuery("select p from Pixels p where p.image.id = :id", ParametersI().addId(target.id.val))
    ann.save(joined("PixelsOriginalFileMap", archived, pixels))
    found = metadata(ann.sf, target.id.val)
    assert (found.filesetId, found.fileAnnotationId.val) == (None, annotation)
    assert unwrap(found.globalMetadata) == {"a": "b", "(key=with sign)": "value", "x[i=1]=y": "z"}
    assert unwrap(found.seriesMetadata) == {"empty": ""}
    files = used(ann.sf, target.id.val)
    assert isinstance(files, omero.cmd.UsedFilesResponsePreFs)
    assert (files.archivedFiles, files.companionFiles, files.originalMetadataFiles) == (
        [archived.id.val], [other], [text],
    )  # fmt: skip


def test_what_cannot_be_seen(stage: Stage) -> None:
    ann, nora = stage.ann, stage.nora
    target = ann.save(image(), stage["RO"])
    assert used(stage.bob.sf, target.id.val).archivedFiles == []
    elsewhere = answer(ann.sf, omero.cmd.UsedFilesRequest(target.id.val), {"omero.group": str(stage["RW"])})
    assert isinstance(elsewhere, omero.cmd.UsedFilesResponsePreFs)
    assert refused(nora.sf, omero.cmd.UsedFilesRequest(target.id.val)) == "bad-image"
    assert refused(ann.sf, omero.cmd.UsedFilesRequest(987654321)) == "bad-image"
    assert refused(ann.sf, omero.cmd.UsedFilesRequest(ann.save(named("Image")).id.val)) == "bad-image"
    assert metadata(nora.sf, target.id.val).filesetId is None


def test_lines_with_several_signs() -> None:
    assert parse_companion("before=1\n[GlobalMetadata]\na=b=c\n{a=b}=(c=d)\nx(y=1)=(z)=w\n") == (
        {"a=b": "c", "{a=b}": "(c=d)", "x(y=1)=(z)": "w"}, {},
    )  # fmt: skip
