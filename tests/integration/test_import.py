"""Importing through the command line and the client library, against a running server."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

import omero
import omero.model
from omero.importing import Candidate, ImportFailed, Options, import_fileset, scan
from omero.importing.process import begin_import, managed_repository
from omero.rtypes import rlong, rstring, unwrap
from omero.sys import ParametersI
from omero_server.formats.bioformatsprocess import missing
from omero_server.repository.layout import Layout
from omero_server.security.passwords import hash_password
from tests.support.consistency import inconsistencies
from tests.support.instance import Instance
from tests.support.scene import PRIVATE, Scene

DATA = Path(__file__).parents[1] / "data"
SAMPLES = sorted(
    path.relative_to(DATA).as_posix()
    for pattern in ("*/*.tif*", "*/*.png", "*/*.jpg", "*/*.lsm", "*/*.svs", "*/*.fake", "*/*.zarr")
    for path in DATA.glob(pattern)
    # Packed ones are compressed to save room, no reader opens these as they are; files of a plate are one fileset.
    if path.parent.name not in ("packed", "hcs-yokogawa")
)
FURTHER = [
    "amira/LHMask.zip.am", "avi/tree.avi", "bmp/hopper.bmp", "dicom-wsi/sm_image_control.dcm", "dicom/CT_small.dcm",
    "fits/test0.fits", "gif/cogs.gif", "hcs-cellomics/made.C01", "hcs-imagexpress/9987_Plate_3420/9987.HTD",
    "hcs-operetta/Images/Index.idx.xml", "hcs-yokogawa/MeasurementData.mlf", "jp2/world.jp2",
    "minc/small.mnc", "minc/tiny.mnc", "ndtiff/Full resolution/NDTiff.index",
    "nifti/someones_epi.nii.gz", "nrrd/BallBinary30x30x30.nhdr", "ome-xml/18x24y5z5t2c8b-text.ome",
    "pcx/odd_stride.pcx", "pattern/stack.pattern", "pgm/hopper_16bit.pgm", "psd/hopper.psd", "quicktime/made.mov",
    "spider/hopper.spider", "tga/200x32_rgb_bl_rle.tga",
]  # fmt: skip
SIMULATED = "cells&sizeX=60&sizeY=40&sizeZ=3&sizeC=2&sizeT=2&pixelType=uint16"


@pytest.fixture
def simulated(tmp_path: Path) -> Path:
    """A small simulated image: 60x40, 3 z, 2 c, 2 t, uint16."""
    path = tmp_path / f"{SIMULATED}.fake"
    path.touch()
    return path


def command(instance: Instance, tmp_path: Path, *arguments: str) -> Any:
    login = ["-s", instance.host, "-p", str(instance.ports.ssl), "-u", "root", "-w", instance.root_password, "-C"]
    return instance.omero("import", *login, *arguments, OMERO_SESSIONDIR=str(tmp_path / "sessions"))


def rows(instance: Instance, sql: str, **values: Any) -> list[Any]:
    engine = create_engine(instance.uri.replace("postgresql://", "postgresql+psycopg2://", 1))
    with engine.connect() as db:
        found = list(db.execute(text(sql), values))
    engine.dispose()
    return found


def ids(output: str, kind: str = "Image") -> list[int]:
    lines = [line for line in output.splitlines() if line.startswith(f"{kind}:")]
    return [int(number) for line in lines for number in line.removeprefix(f"{kind}:").split(",")]


def only(client: Any, path: Path, **options: Any) -> Any:
    """Import one file with the library."""
    found = scan([path])
    assert len(found.candidates) == 1, found
    return import_fileset(client, found.candidates[0], Options(**options))


def stored_files(instance: Instance, fileset: int) -> list[tuple[Path, str]]:
    """Of a fileset's files, in order: the path, and that of the original, whose first slash is not stored."""
    sql = """SELECT f.path, f.name, e.clientpath FROM filesetentry e JOIN originalfile f ON f.id = e.originalfile
             WHERE e.fileset = :id ORDER BY e.fileset_index"""
    layout = Layout.of(instance.config)
    return [(layout.in_managed(row.path, row.name), f"/{row.clientpath}") for row in rows(instance, sql, id=fileset)]


def import_log(instance: Instance, fileset: int) -> str:
    sql = """SELECT f.path, f.name FROM filesetjoblink l JOIN joboriginalfilelink j ON j.parent = l.child
             JOIN originalfile f ON f.id = j.child WHERE l.parent = :id"""
    [row] = rows(instance, sql, id=fileset)
    return Layout.of(instance.config).in_managed(row.path, row.name).read_text()


def counts(instance: Instance) -> list[Any]:
    return rows(
        instance,
        """SELECT (SELECT count(*) FROM originalfile), (SELECT count(*) FROM fileset), (SELECT count(*) FROM image),
                  (SELECT count(*) FROM job), (SELECT count(*) FROM thumbnail)""",
    )


@pytest.mark.parametrize("sample", [*SAMPLES, *FURTHER])
def test_every_sample_is_imported_unchanged(sample: str, client: Any, instance: Instance) -> None:
    found = scan([DATA / sample])
    assert found.refusals == []
    imported = import_fileset(client, found.candidates[0])
    files = stored_files(instance, imported.fileset)
    assert [Path(client_path) for _, client_path in files] == list(found.candidates[0].files)
    for stored, client_path in files:
        assert hashlib.sha1(stored.read_bytes()).digest() == hashlib.sha1(Path(client_path).read_bytes()).digest()
    names = rows(instance, "SELECT name FROM image WHERE fileset = :id", id=imported.fileset)
    assert names and all(row.name.startswith(Path(sample).name) for row in names), names
    log = import_log(instance, imported.fileset)
    assert f"reader {found.candidates[0].reader} version " in log
    assert log.rstrip().endswith(" s") and "finished after" in log
    sql = "SELECT count(*), min(sizex) FROM pixels p JOIN image i ON i.id = p.image WHERE i.fileset = :id"
    [(images, width)] = rows(instance, sql, id=imported.fileset)
    assert images == len(imported.images) > 0 and width > 0


def test_after_all_imports_rows_and_files_agree(client: Any, simulated: Path, instance: Instance) -> None:
    only(client, simulated)
    assert inconsistencies(instance) == []


def test_what_an_image_holds(client: Any, simulated: Path, instance: Instance) -> None:
    imported = only(client, simulated, name="  Cells  ", description="Four by four")
    query = """select i from Image i join fetch i.pixels p join fetch p.pixelsType join fetch p.channels c
               join fetch c.logicalChannel join fetch c.statsInfo join fetch i.format join fetch p.thumbnails
               join fetch p.settings s join fetch s.waveRendering where i.id = :id"""
    image = client.sf.getQueryService().findByQuery(query, ParametersI().addId(imported.images[0]))
    assert (unwrap(image.name), unwrap(image.description)) == ("Cells", "Four by four")
    assert unwrap(image.format.value) == "Fake" and unwrap(image.series) == 0
    pixels = image.getPrimaryPixels()
    sizes = [unwrap(getattr(pixels, f"size{axis}")) for axis in "XYZCT"]
    assert sizes == [60, 40, 3, 2, 2] and unwrap(pixels.pixelsType.value) == "uint16"
    assert len(unwrap(pixels.sha1)) == 40
    for channel in pixels.copyChannels():
        assert (unwrap(channel.statsInfo.globalMin), unwrap(channel.statsInfo.globalMax)) == (0.0, 59.0)
    [settings] = pixels.copySettings()
    assert [unwrap(one.inputEnd) for one in settings.copyWaveRendering()] == [59.0, 59.0]
    [thumbnail] = pixels.copyThumbnails()
    assert (unwrap(thumbnail.sizeX), unwrap(thumbnail.sizeY)) == (96, 64)
    assert Layout.of(instance.config).thumbnail(unwrap(thumbnail.id)).read_bytes().startswith(b"\xff\xd8")
    [placed] = rows(instance, "SELECT path, name, repo FROM pixels WHERE id = :id", id=unwrap(pixels.id))
    assert placed.repo and placed.name == simulated.name and placed.path.startswith("root_0/")


def test_steps_can_be_skipped(client: Any, simulated: Path, instance: Instance) -> None:
    imported = only(client, simulated, thumbnails=False, minmax=False, checksum_algorithm="File-Size-64")
    sql = """SELECT p.sha1, count(c.statsinfo) AS stats,
                    (SELECT count(*) FROM thumbnail t WHERE t.pixels = p.id) AS thumbs
             FROM pixels p JOIN channel c ON c.pixels = p.id WHERE p.id = :id GROUP BY p.id"""
    [row] = rows(instance, sql, id=imported.pixels[0])
    assert (row.sha1, row.stats, row.thumbs) == ("Pending...", 0, 0)


def test_a_plate_with_wells(client: Any, tmp_path: Path, instance: Instance) -> None:
    path = tmp_path / "p&plates=1&plateRows=2&plateCols=3&fields=2&plateAcqs=1&sizeX=20&sizeY=20.fake"
    path.touch()
    screen = omero.model.ScreenI()
    screen.setName(rstring("S"))
    screen = client.sf.getUpdateService().saveAndReturnObject(screen)
    imported = only(client, path, target=omero.model.ScreenI(screen.id.val, False))
    assert (len(imported.images), len(imported.plates)) == (12, 1)
    sql = """SELECT count(DISTINCT w.id) AS wells, count(s.id) AS fields, count(DISTINCT s.plateacquisition) AS runs,
                    max(w."row") AS last_row, max(w."column") AS last_column
             FROM well w JOIN wellsample s ON s.well = w.id WHERE w.plate = :id"""
    [row] = rows(instance, sql, id=imported.plates[0])
    assert tuple(row) == (6, 12, 1, 1, 2)
    links = rows(instance, "SELECT parent FROM screenplatelink WHERE child = :id", id=imported.plates[0])
    assert [link.parent for link in links] == [screen.id.val]


def test_command_prints_ids_for_scripts(instance: Instance, simulated: Path, tmp_path: Path) -> None:
    done = command(instance, tmp_path, "-T", "Dataset:name:From a test", str(simulated))
    assert done.returncode == 0, done.stderr
    [image] = ids(done.stdout)
    assert done.stdout == f"Image:{image}\n"
    assert "==> Summary\n1 file uploaded, 1 fileset created, 1 image imported, 0 errors in 0:00:0" in done.stderr
    sql = "SELECT d.name FROM datasetimagelink l JOIN dataset d ON d.id = l.parent WHERE l.child = :id"
    assert [row.name for row in rows(instance, sql, id=image)] == ["From a test"]
    again = command(instance, tmp_path, "-T", "Dataset:name:From a test", str(simulated))
    [second] = ids(again.stdout)
    assert rows(instance, "SELECT count(*) FROM dataset WHERE name = 'From a test'")[0][0] == 1 and second != image


def test_command_other_outputs(instance: Instance, simulated: Path, tmp_path: Path) -> None:
    legacy = command(instance, tmp_path, "--output", "legacy", str(simulated))
    assert legacy.stdout.strip().isdigit()
    told = json.loads(command(instance, tmp_path, "--output", "json", "-q", str(simulated)).stdout)
    assert sorted(told) == ["Fileset", "Image", "Pixels", "Plate"] and len(told["Image"]) == len(told["Pixels"]) == 1
    yaml = command(instance, tmp_path, "--output", "yaml", "-q", str(simulated))
    first, fileset, image = yaml.stdout.splitlines()
    assert (first, fileset[:11], image[:9]) == ("---", "- Fileset: ", "  Image: ") and "Summary" not in yaml.stderr
    assert json.loads(image.removeprefix("  Image: "))


def test_dry_run_needs_no_server(instance: Instance, simulated: Path) -> None:
    done = instance.omero("import", "-f", str(simulated.parent))
    assert done.returncode == 0
    assert done.stdout == f"#{'=' * 38}\n# Group: {simulated} SPW: false Reader: fake\n{simulated}\n"
    assert instance.omero("import", "-f", str(DATA / "facts")).returncode == 125


def test_damaged_files_leave_nothing(instance: Instance, client: Any, tmp_path: Path) -> None:
    whole = (DATA / "tiff" / sorted(path.name for path in (DATA / "tiff").iterdir())[0]).read_bytes()
    cut, words = tmp_path / "cut.tif", tmp_path / "words.tif"
    cut.write_bytes(whole[: len(whole) * 2 // 3])
    words.write_text("This is not a picture.\n" * 50)
    before = counts(instance)
    done = command(instance, tmp_path, "-c", str(cut), str(words))
    assert done.returncode != 0 and done.stdout == ""
    assert "words.tif" in done.stderr and "cut.tif" in done.stderr and "Traceback" not in done.stderr
    assert counts(instance)[0][1:] == before[0][1:]
    assert inconsistencies(instance) == []


def test_server_refuses_what_the_client_let_pass(client: Any, instance: Instance, tmp_path: Path) -> None:
    """The client's own check is only a courtesy."""
    broken = tmp_path / "really.tif"
    broken.write_text("no picture")
    before = counts(instance)
    with pytest.raises(ImportFailed, match=r"really\.tif") as failure:
        import_fileset(client, Candidate(broken, (broken,), "tiff"))
    # Bio-Formats, where it is installed, takes the file for a damaged TIFF.
    assert failure.value.code == ("import-unknown-format" if missing() else "import-file-exception")
    assert str(Layout.of(instance.config).managed) not in str(failure.value)
    assert counts(instance)[0][1:] == before[0][1:]
    assert inconsistencies(instance) == []


def check_response(response: Any) -> None:
    """Images and their pixels are loaded, nothing that hangs on them is: a plate would be megabytes."""
    assert isinstance(response, omero.grid.ImportResponse)
    for image, pixels in zip(response.objects, response.pixels, strict=True):
        assert pixels.getImage() is image and image.getPrimaryPixels() is pixels
        assert image.getName().val and (pixels.getSizeX().val, pixels.getSizeC().val) == (60, 2)
        assert not pixels.isChannelsLoaded() and not image.isRoisLoaded() and not image.getFileset().isLoaded()


def test_wrong_checksum_is_refused_and_upload_can_be_repeated(client: Any, simulated: Path, instance: Instance) -> None:
    process = begin_import(client, scan([simulated]).candidates[0], Options())
    store = process.getUploader(0)
    store.write(b"other content", 0, 13)
    assert process.getUploadOffset(0) == 13
    store.close()
    empty = hashlib.sha1(b"").hexdigest()
    with pytest.raises(omero.ChecksumValidationException) as failure:
        process.verifyUpload([empty])
    assert failure.value.failingChecksums == {0: hashlib.sha1(b"other content").hexdigest()}
    store = process.getUploader(0)
    assert store.truncate(0)
    handle = process.verifyUpload([empty])
    with pytest.raises(omero.ApiUsageException):
        store.write(b"too late", 0, 8)
    store.close()
    while handle.getResponse() is None:
        pass
    check_response(handle.getResponse())
    handle.close()
    process.close()


def test_an_import_that_is_given_up_leaves_nothing(client: Any, simulated: Path, instance: Instance) -> None:
    before = counts(instance)
    found = scan([simulated]).candidates[0]
    for end in ("close", "logout"):
        second = omero.client(instance.host, instance.ports.ssl)
        second.createSession("root", instance.root_password)
        process = begin_import(second, found, Options())
        process.getUploader(0).write(b"half", 0, 4)
        [listed] = managed_repository(second).listImports()
        assert listed.ice_getIdentity() == process.ice_getIdentity()
        if end == "close":
            process.close()
        second.closeSession()
        assert counts(instance)[0][1:] == before[0][1:]
        assert inconsistencies(instance) == []


def test_importing_into_what_is_not_ones_own(client: Any, simulated: Path, instance: Instance) -> None:
    engine = create_engine(instance.uri.replace("postgresql://", "postgresql+psycopg2://", 1))
    with engine.begin() as db:
        scene = Scene(db)
        group = scene.group("private import", PRIVATE)
        ann, ben = scene.user("ann-import", "private import"), scene.user("ben-import", "private import")
        for user in (ann, ben):
            secret = {"user": user, "hash": hash_password(user, "secret")}
            db.execute(text("INSERT INTO password (experimenter_id, hash) VALUES (:user, :hash)"), secret)
        dataset = scene.add("dataset", ann, group, name="Ann's")
    engine.dispose()
    before = counts(instance)
    made = omero.client(instance.host, instance.ports.ssl)
    made.createSession("ben-import", "secret")
    try:
        for target in (omero.model.DatasetI(dataset, False), omero.model.DatasetI(10**9, False)):
            with pytest.raises(omero.ValidationException, match="no Dataset"):
                only(made, simulated, target=target)
        with pytest.raises(omero.ApiUsageException, match="into a Project"):
            only(made, simulated, target=omero.model.ProjectI(1, False))
        assert counts(instance) == before
        assert only(made, simulated).images
    finally:
        made.closeSession()
    assert inconsistencies(instance) == []


def test_files_without_repository(client: Any, instance: Instance) -> None:
    file = omero.model.OriginalFileI()
    file.setName(rstring("notes.txt"))
    file.setPath(rstring("/here/"))
    file.setHasher(omero.model.ChecksumAlgorithmI())
    file.hasher.setValue(rstring("SHA1-160"))
    file = client.sf.getUpdateService().saveAndReturnObject(file)
    store = client.sf.createRawFileStore()
    with pytest.raises(omero.ApiUsageException, match="setFileId"):
        store.size()
    assert store.getFileId() is None
    store.setFileId(file.id.val)
    assert not store.exists()
    store.write(b"some text", 0, 9)
    saved = store.save()
    assert unwrap(saved.size) == 9 and unwrap(saved.hash) == hashlib.sha1(b"some text").hexdigest()
    assert store.save() is None and store.read(5, 6) == b"text\0\0" and store.getFileId() == rlong(file.id.val)
    store.close()
    assert Layout.of(instance.config).file(file.id.val).read_bytes() == b"some text"


def test_imported_files_can_only_be_read(client: Any, simulated: Path, instance: Instance) -> None:
    imported = only(client, simulated)
    [row] = rows(instance, "SELECT originalfile FROM filesetentry WHERE fileset = :f", f=imported.fileset)
    store = client.sf.createRawFileStore()
    store.setFileId(row.originalfile)
    with pytest.raises(omero.SecurityViolation):
        store.write(b"x", 0, 1)
    store.close()
