"""Scenarios of graphs 87 to 122: what goes with deleted objects, in groups of each kind."""

from __future__ import annotations

import pytest

from omero_server.db.tables import TABLES
from tests.support.garden import COMMENT, FILE, MAP, TAG, Garden, option
from tests.support.ground import Ground, deletion

LEVELS = ["P", "RO", "RA", "RW"]
SHARED = ["RO", "RA", "RW"]
COMPANION = "openmicroscopy.org/omero/import/companionFile"
ALL = pytest.mark.parametrize("level", LEVELS)
VISIBLE = pytest.mark.parametrize("level", SHARED)


def tagged(garden: Garden, kind: str = TAG, owner: str = "ann", linker: str | None = None) -> tuple[int, int, int]:
    """An image of ann with an annotation; their ids, and that of the link."""
    image, note = garden.image(), garden.annotation(kind, owner)
    return image, note, garden.note("image", image, note, linker or owner)


@ALL
def test_87_own_tag(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image, tag, link = tagged(garden)
    gone = ground.delete("ann", Image=image)
    assert (gone["Image"], gone["TagAnnotation"], gone["ImageAnnotationLink"]) == ([image], [tag], [link])
    image, tag, link = tagged(garden)
    gone = ground.delete("ann", [option(exclude=["TagAnnotation"])], Image=image)
    assert gone["ImageAnnotationLink"] == [link] and garden.there("annotation", tag)


@ALL
def test_88_tag_that_is_used_elsewhere(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image, tag, link = tagged(garden)
    other = garden.note("image", garden.image(), tag)
    gone = ground.delete("ann", Image=image)
    assert gone["ImageAnnotationLink"] == [link] and "TagAnnotation" not in gone
    image, more = garden.image(), garden.annotation()
    links = [garden.note("image", image, more), garden.note("image", garden.image(), more)]
    gone = ground.delete("ann", [option(include=["TagAnnotation"])], Image=image)
    assert (gone["TagAnnotation"], gone["ImageAnnotationLink"]) == ([more], links)
    assert garden.there("imageannotationlink", other)


def test_89_tag_of_another(ground: Ground) -> None:
    garden = ground.garden("RA")
    for options in ([], [option(include=["TagAnnotation"])]):
        image, tag, link = tagged(garden, owner="bob")
        gone = ground.delete("ann", options, Image=image)
        assert gone["ImageAnnotationLink"] == [link] and garden.there("annotation", tag)


def test_90_own_tag_put_there_by_another(ground: Ground) -> None:
    image, tag, link = tagged(ground.garden("RA"), linker="bob")
    gone = ground.delete("ann", Image=image)
    assert (gone["TagAnnotation"], gone["ImageAnnotationLink"]) == ([tag], [link])


@pytest.mark.parametrize("level", ["RO", "RA"])
def test_91_comment_of_another(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    for kind, name in ((COMMENT, "CommentAnnotation"), ("/basic/num/long/", "LongAnnotation")):
        image, note, _ = tagged(garden, kind, "bob")
        assert ground.delete("ann", Image=image)[name] == [note]
        image, note, _ = tagged(garden, kind, "bob")
        garden.note("image", garden.image(), note, "bob")
        assert name not in ground.delete("ann", Image=image)


@pytest.mark.parametrize(("level", "goes"), [("RO", False), ("RA", False), ("RW", True)])
def test_92_map_of_another(ground: Ground, level: str, goes: bool) -> None:
    garden = ground.garden(level)
    image, note, link = tagged(garden, MAP, "bob")
    gone = ground.delete("ann", Image=image)
    assert gone["ImageAnnotationLink"] == [link] and garden.there("annotation", note) is not goes


@ALL
def test_93_attached_file(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    file = garden.file()
    path = ground.layout.file(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("abc")
    images, note = [garden.image(), garden.image()], garden.annotation(FILE, file=file)
    for image in images:
        garden.note("image", image, note)
    gone = ground.delete("ann", Image=images[0])
    assert len(gone["ImageAnnotationLink"]) == 1 and "FileAnnotation" not in gone and path.exists()
    gone = ground.delete("ann", Image=images[1])
    assert (gone["FileAnnotation"], gone["OriginalFile"]) == ([note], [file]) and not path.exists()


@ALL
def test_94_companion_files_go_with_their_image(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image, file = garden.image(), garden.file()
    companion, usual = garden.annotation(FILE, file=file, ns=COMPANION), garden.annotation(COMMENT)
    for note in (companion, usual):
        garden.note("image", image, note)
    gone = ground.delete("ann", [option(exclude=["Annotation"])], Image=image)
    assert (gone["FileAnnotation"], gone["OriginalFile"]) == ([companion], [file]) and "CommentAnnotation" not in gone


@VISIBLE
def test_95_own_tag_on_data_of_others(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    tag, image = garden.annotation(), garden.image("bob")
    link = garden.note("image", image, tag)
    if level != "RW":
        message = ground.not_deleted("ann", Annotation=tag)
        assert f"TagAnnotation[{tag}]" in message and f"Image[{image}]" in message
    gone = ground.delete("ann" if level == "RW" else "lea", Annotation=tag)
    assert gone == {"TagAnnotation": [tag], "ImageAnnotationLink": [link]}


@pytest.mark.parametrize("level", ["RO", "RA"])
def test_96_own_other_annotations_on_data_of_others(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    for kind in (COMMENT, FILE, MAP):
        note = garden.annotation(kind, file=garden.file() if kind == FILE else None)
        link = garden.note("image", garden.image("bob"), note)
        assert ground.delete("ann", Annotation=note)["ImageAnnotationLink"] == [link]


def test_97_private_links(ground: Ground) -> None:
    garden = ground.garden("P")
    tag = garden.annotation()
    link = garden.note("image", garden.image("bob"), tag)
    assert f"ImageAnnotationLink[{link}]" in ground.not_deleted("ann", Annotation=tag)
    unseen = garden.annotation()
    garden.note("image", garden.image("bob"), unseen, "bob")
    assert ground.error("ann", deletion(Annotation=unseen)) == "graph-fail"


@ALL
def test_98_links_to_annotations(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    _, comment, link = tagged(garden, COMMENT)
    assert ground.delete("ann", ImageAnnotationLink=link)["CommentAnnotation"] == [comment]
    _, tag, link = tagged(garden)
    assert ground.delete("ann", ImageAnnotationLink=link) == {"ImageAnnotationLink": [link]}
    assert garden.there("annotation", tag)


@VISIBLE
def test_99_links_of_others(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    link = garden.link("datasetimagelink", garden.dataset(), garden.image(), "bob")
    if level == "RW":
        assert ground.delete("ann", DatasetImageLink=link) == {"DatasetImageLink": [link]}
    else:
        assert ground.not_deleted("ann", DatasetImageLink=link).startswith("not permitted to delete")


@ALL
def test_100_datasets(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image, shared = garden.image(), garden.image()
    gone = ground.delete("ann", Dataset=garden.dataset(image))
    assert gone["Image"] == [image] and len(gone["DatasetImageLink"]) == len(gone["Dataset"]) == 1
    other = garden.dataset(shared)
    assert "Image" not in ground.delete("ann", Dataset=garden.dataset(shared))
    assert "Image" not in ground.delete("ann", [option(exclude=["Image"])], Dataset=garden.dataset(shared))
    gone = ground.delete("ann", [option(include=["Image"])], Dataset=garden.dataset(shared))
    assert gone["Image"] == [shared] and len(gone["DatasetImageLink"]) == 2 and garden.there("dataset", other)
    image = garden.image()
    ground.delete("ann", [option(exclude=["Image"])], Dataset=garden.dataset(image))
    assert garden.there("image", image)


@ALL
def test_101_projects(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image = garden.image()
    dataset = garden.dataset(image)
    project, other = garden.project(dataset), garden.project(dataset)
    assert set(ground.delete("ann", Project=other)) == {"Project", "ProjectDatasetLink"}
    kept = garden.project(dataset)
    gone = ground.delete("ann", [option(exclude=["Dataset"])], Project=kept)
    assert set(gone) == {"Project", "ProjectDatasetLink"}
    gone = ground.delete("ann", Project=project)
    assert (gone["Project"], gone["Dataset"], gone["Image"]) == ([project], [dataset], [image])
    alone = garden.dataset(garden.image())
    gone = ground.delete("ann", [option(exclude=["Dataset"])], Project=garden.project(alone))
    assert set(gone) == {"Project", "ProjectDatasetLink"} and garden.there("dataset", alone)


@ALL
def test_102_both_datasets_of_an_image(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image = garden.image()
    gone = ground.delete("ann", Dataset=[garden.dataset(image), garden.dataset(image)])
    assert gone["Image"] == [image] and len(gone["DatasetImageLink"]) == 2


@pytest.mark.parametrize(("level", "goes"), [("RA", False), ("RW", True)])
def test_103_image_of_another_in_a_dataset(ground: Ground, level: str, goes: bool) -> None:
    garden = ground.garden(level)
    image = garden.image("bob")
    gone = ground.delete("ann", Dataset=garden.dataset(image))
    assert len(gone["DatasetImageLink"]) == 1 and garden.there("image", image) is not goes


@VISIBLE
def test_104_dataset_of_another_around_an_image(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image = garden.image()
    dataset = garden.dataset(image, user="bob")
    gone = ground.delete("ann", Image=image)
    assert gone["Image"] == [image] and len(gone["DatasetImageLink"]) == 1 and garden.there("dataset", dataset)


@ALL
def test_105_filesets(ground: Ground, level: str) -> None:
    garden = ground.garden(level)

    def pair() -> tuple[list[int], int, int]:
        images, file = [garden.image(), garden.image()], garden.file()
        return images, garden.fileset(*images, files=[file]), file

    images, fileset, file = pair()
    message = ground.not_deleted("ann", Image=images[0])
    assert f"Fileset[{fileset}]" in message and all(f"Image[{image}]" in message for image in images)
    gone = ground.delete("ann", Image=images)
    assert gone["Fileset"] == [fileset] and file in gone["OriginalFile"] and len(gone["OriginalFile"]) == 2
    assert {"FilesetEntry", "UploadJob", "FilesetJobLink", "JobOriginalFileLink"} < set(gone)
    images, _, _ = pair()
    assert "Image" not in ground.delete("ann", Dataset=garden.dataset(images[0]))
    assert ground.delete("ann", Dataset=garden.dataset(*images))["Image"] == images


@ALL
def test_106_files(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    file, other = garden.file(), garden.file()
    fileset = garden.fileset(garden.image(), files=[file])
    assert f"OriginalFile[{file}]" in ground.not_deleted("ann", OriginalFile=file) and garden.there("fileset", fileset)
    note = garden.annotation(FILE, file=other)
    link = garden.note("image", garden.image(), note)
    gone = ground.delete("ann", OriginalFile=other)
    assert gone == {"OriginalFile": [other], "FileAnnotation": [note], "ImageAnnotationLink": [link]}


@ALL
def test_107_file_of_two_annotations(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    file = garden.file()
    notes = [garden.annotation(FILE, file=file) for _ in range(2)]
    assert ground.delete("ann", Annotation=notes[0]) == {"FileAnnotation": notes[:1]} and garden.there(
        "originalfile", file
    )


@ALL
def test_108_plates(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    images = [garden.image() for _ in range(6)]
    plate = garden.plate(*images[:2])
    garden.link("screenplatelink", garden.add("screen", name="s"), plate)
    gone = ground.delete("ann", Plate=plate)
    assert gone["Image"] == images[:2] and len(gone["ScreenPlateLink"]) == len(gone["PlateAcquisition"]) == 1
    assert len(gone["Well"]) == len(gone["WellSample"]) == 2
    kept = ground.delete("ann", [option(exclude=["Image"])], Plate=garden.plate(images[2]))
    assert "Image" not in kept and len(kept["WellSample"]) == 1
    plate = garden.plate(*images[3:], runs=2)
    assert f"Image[{images[4]}]" in ground.not_deleted("ann", Image=images[4])
    run = ground.value("SELECT max(id) FROM plateacquisition WHERE plate = :p", p=plate)
    gone = ground.delete("ann", PlateAcquisition=run)
    assert (gone["PlateAcquisition"], gone["Image"]) == ([run], [images[4]]) and "Well" not in gone
    well = ground.value("SELECT min(id) FROM well WHERE plate = :p", p=plate)
    gone = ground.delete("ann", Well=well)
    assert (gone["Well"], gone["Image"]) == ([well], [images[3]]) and garden.there("plate", plate)


@ALL
def test_109_screens(ground: Ground, level: str) -> None:
    garden = ground.garden(level)

    def screen(*plates: int) -> int:
        made = garden.add("screen", name="s")
        for plate in plates:
            garden.link("screenplatelink", made, plate)
        return made

    plate = garden.plate(garden.image())
    one = screen(plate)
    reagent = garden.add("reagent", screen=one)
    gone = ground.delete("ann", Screen=one)
    assert (gone["Plate"], gone["Reagent"]) == ([plate], [reagent])
    shared = garden.plate(garden.image())
    screen(shared)
    assert "Plate" not in ground.delete("ann", Screen=screen(shared))
    two = screen(shared)
    reagent = garden.add("reagent", screen=two)
    well = ground.value("SELECT max(id) FROM well WHERE plate = :p", p=shared)
    garden.link("wellreagentlink", well, reagent)
    assert f"Reagent[{reagent}]" in ground.not_deleted("ann", Screen=two)


@VISIBLE
def test_110_plate_of_another_in_a_screen(ground: Ground, level: str) -> None:
    garden, theirs = ground.garden(level), ground.garden(level, "bob")
    screen, plate = garden.add("screen", name="s"), theirs.plate(theirs.image())
    garden.link("screenplatelink", screen, plate)
    gone = ground.delete("ann", Screen=screen)
    assert ("Plate" in gone, "Image" in gone) == (level == "RW", level == "RW") and len(gone["ScreenPlateLink"]) == 1


@VISIBLE
def test_111_views_of_others(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image = garden.image()
    settings, thumbnail = garden.view(image, "bob")
    gone = ground.delete("ann", Image=image)
    assert (gone["RenderingDef"], gone["Thumbnail"]) == ([settings], [thumbnail])


@VISIBLE
def test_112_regions_go_with_their_image(ground: Ground, level: str) -> None:
    """Those of others too, as the user manual says; see docs/deviations.md."""
    garden = ground.garden(level)
    image = garden.image()
    rois = [garden.roi(image, shapes=2), garden.roi(image, "bob")]
    gone = ground.delete("ann", Image=image)
    assert gone["Roi"] == rois and len(gone["Rectangle"]) == 3


@ALL
def test_113_regions_in_folders_stay(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image = garden.image()
    roi = garden.roi(image)
    garden.link("folderroilink", garden.add("folder", name="f"), roi)
    assert "Roi" not in ground.delete("ann", Image=image) and ground.field("roi", roi, "image") is None


@VISIBLE
def test_114_regions_alone(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    own, theirs = garden.roi(garden.image("bob")), garden.roi(garden.image(), "bob")
    assert ground.delete("ann", Roi=own)["Roi"] == [own]
    if level == "RW":
        assert ground.delete("ann", Roi=theirs)["Roi"] == [theirs]
    else:
        assert ground.not_deleted("ann", Roi=theirs) == f"not permitted to delete Roi[{theirs}]"


@VISIBLE
def test_115_folders(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    top = garden.add("folder", name="top")
    folder = garden.add("folder", name="f", parentfolder=top)
    below = garden.add("folder", name="g", parentfolder=folder)
    image, roi = garden.image(), garden.roi(None)
    garden.link("folderimagelink", below, image)
    garden.link("folderroilink", below, roi)
    gone = ground.delete("ann", Folder=folder)
    assert (gone["Folder"], gone["Image"], gone["Roi"]) == ([folder, below], [image], [roi])
    assert garden.there("folder", top)
    theirs = garden.add("folder", "bob", name="h", parentfolder=top)
    if level == "RW":
        assert ground.delete("ann", Folder=top)["Folder"] == [top, theirs]
    else:
        assert f"Folder[{theirs}]" in ground.not_deleted("ann", Folder=top)


@ALL
def test_116_tag_sets(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    for used in (False, True):
        group, tag = garden.annotation(ns="openmicroscopy.org/omero/insight/tagset"), garden.annotation()
        garden.note("annotation", group, tag)
        if used:
            garden.note("image", garden.image(), tag)
        gone = ground.delete("ann", Annotation=group)
        assert (
            gone["TagAnnotation"] == ([group] if used else [group, tag]) and len(gone["AnnotationAnnotationLink"]) == 1
        )


@ALL
def test_117_shared_instruments(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    instrument = garden.add("instrument")
    objective = garden.add("objective", instrument=instrument, immersion=1, correction=1)
    images = [garden.image(instrument=instrument) for _ in range(2)]
    assert "Instrument" not in ground.delete("ann", Image=images[0])
    gone = ground.delete("ann", Image=images[1])
    assert (gone["Instrument"], gone["Objective"]) == ([instrument], [objective])


@ALL
def test_118_shared_logical_channels(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image, other = garden.image(), garden.image()
    pixels = [garden.pixels_of(each) for each in (image, other)]
    logical = ground.value("SELECT logicalchannel FROM channel WHERE pixels = :p", p=pixels[0])
    garden.add("channel", pixels=pixels[1], pixels_index=1, logicalchannel=logical)
    gone = ground.delete("ann", Image=image)
    assert len(gone["Channel"]) == 1 and "LogicalChannel" not in gone
    assert len(ground.delete("ann", Image=other)["LogicalChannel"]) == 2


@pytest.mark.parametrize(("level", "owner"), [*((level, "ann") for level in LEVELS), ("RA", "bob")])
def test_119_projections(ground: Ground, level: str, owner: str) -> None:
    garden = ground.garden(level)
    image, projection = garden.image(), garden.pixels_of(garden.image(owner))
    with garden.scene() as scene:
        pixels = TABLES["pixels"]
        scene.db.execute(pixels.update().where(pixels.c.id == projection).values(relatedto=garden.pixels_of(image)))
    if owner == "bob":
        assert f"Pixels[{projection}]" in ground.not_deleted("ann", Image=image)
    else:
        ground.delete("ann", Image=image)
        assert ground.field("pixels", projection, "relatedto") is None


@ALL
def test_120_instruments_alone(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    instrument = garden.add("instrument")
    detector = garden.add("detector", instrument=instrument, type=1)
    image = garden.image(instrument=instrument)
    assert ground.delete("ann", Instrument=instrument) == {"Instrument": [instrument], "Detector": [detector]}
    assert ground.field("image", image, "instrument") is None


@ALL
def test_121_administrators_may(ground: Ground, level: str) -> None:
    """Whatever was refused above for want of permission."""
    garden = ground.garden(level)
    tag, link = garden.annotation(), garden.link("datasetimagelink", garden.dataset(), garden.image(), "bob")
    garden.note("image", garden.image("bob"), tag)
    roi, top = garden.roi(garden.image(), "bob"), garden.add("folder", name="top")
    below = garden.add("folder", "bob", name="h", parentfolder=top)
    gone = ground.delete("root", Annotation=tag, DatasetImageLink=link, Roi=roi, Folder=top)
    assert (gone["TagAnnotation"], gone["DatasetImageLink"], gone["Folder"]) == ([tag], [link], [top, below])
    shared = garden.image()
    garden.dataset(shared)
    assert "Image" not in ground.delete("root", Dataset=garden.dataset(shared))


@ALL
def test_122_ignored_classes(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image = garden.image()
    garden.roi(image)
    request = deletion(ignore=["Roi"], Image=image)
    assert ground.error("ann", request) == "graph-fail" and garden.there("image", image)
