"""Duplicate of containers, images and what belongs to them, against a real database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import omero
import omero.cmd
from omero_server.commands.registry import CommandError
from omero_server.db.tables import TABLES
from omero_server.db.transaction import Transaction
from omero_server.graphs.duplicate import Duplication
from omero_server.repository.layout import Layout
from omero_server.repository.removal import replay
from omero_server.sessions.call import Call
from tests.support.garden import COMMENT, FILE, MAP, Garden, Steps, option, run_delete, simple
from tests.support.garden import run as garden_run
from tests.support.lab import Lab
from tests.support.service_calls import counted

STEPS, DRY = 14, 3
Found = dict[str, list[int]]


def run(lab: Lab, user: str, targets: Found, steps: Steps | None = None, *, group: str | None = "RA", **asked: Any
        ) -> Found:  # fmt: skip
    """Duplicate as a user; the response's map with simple class names."""
    request = omero.cmd.Duplicate(targetObjects=targets, **asked)
    return simple(garden_run(lab, user, request, steps, group=group).duplicates)


def refused(lab: Lab, user: str, targets: Found, **asked: Any) -> str:
    """The message of the GraphException; nothing may have been written, and a dry run says the same."""
    garden, messages = Garden(lab), []
    before = garden.counts()
    for dry in (True, False):
        with pytest.raises(CommandError) as caught:
            run(lab, user, targets, dryRun=dry, **asked)
        assert caught.value.response.ice_id() == "::omero::cmd::GraphException"
        messages.append(str(caught.value.response.message))
    assert garden.counts() == before and messages[0] == messages[1]
    return messages[0]


def rows(lab: Lab, table: str, ids: list[int], but: str = "") -> list[dict[str, Any]]:
    """The rows of a table, without the columns that differ in copies, and without those named."""
    skipped = {"id", "owner_id", "group_id", "creation_id", "update_id", "permissions", *but.split()}
    columns = TABLES[table].c
    with lab.database.begin() as db:
        found = db.execute(select(TABLES[table]).where(columns.id.in_(ids)).order_by(columns.id)).mappings().all()
    return [{key: value for key, value in row.items() if key not in skipped} for row in found]


def value(lab: Lab, table: str, row: int, column: str) -> Any:
    """What a row has in a column."""
    with lab.database.begin() as db:
        return db.execute(select(TABLES[table].c[column]).where(TABLES[table].c.id == row)).scalar_one()


def test_everything_of_an_image(garden: Garden) -> None:
    lab = garden.lab
    instrument = garden.add("instrument")
    objective = garden.add("objective", instrument=instrument, immersion=1, correction=1)
    settings = garden.add("objectivesettings", objective=objective)
    info = garden.add("externalinfo", entityid=1, entitytype="x")
    stage = garden.add("stagelabel", name="here")
    image = garden.image(channels=3, instrument=instrument, objectivesettings=settings, stagelabel=stage,
                         external_id=info)  # fmt: skip
    garden.add("planeinfo", pixels=garden.pixels_of(image), thez=0, thec=0, thet=0)
    garden.view(image)
    garden.roi(image, shapes=2)
    pairs = garden.annotation(MAP)
    garden.part("annotation_mapvalue", annotation_id=pairs, name="a", value="b", index=0)
    for annotation in (pairs, garden.annotation(), garden.annotation(COMMENT, textvalue="fine")):
        garden.note("image", image, annotation)
    garden.note("image", image, garden.annotation(FILE, file=garden.file()))
    dataset = garden.dataset(image)
    before = garden.counts()
    dry, real = Steps(), Steps()
    originals = run(lab, "bob", {"Image": [image]}, dry, dryRun=True)
    assert garden.counts() == before
    copies = run(lab, "bob", {"Image": [image]}, real)
    assert (dry.total, dry.done, real.total) == (DRY, [1, 2, 3], STEPS) and real.done == list(range(1, STEPS + 1))
    assert {cls: len(ids) for cls, ids in copies.items()} == {cls: len(ids) for cls, ids in originals.items()}
    grown = {name: count - before[name] for name, count in garden.counts().items() if count != before[name]}
    assert grown.pop("annotation_mapvalue") == grown.pop("reverseintensitycontext") == 1
    assert sum(grown.values()) == sum(map(len, copies.values()))
    assert grown["channel"] == grown["logicalchannel"] == 3 and "datasetimagelink" not in grown and dataset
    for table, classes in {
        "image": "Image",
        "channel": "Channel",
        "shape": "Rectangle",
        "stagelabel": "StageLabel",
    }.items():
        skipped = "pixels logicalchannel image instrument objectivesettings stagelabel external_id roi statsinfo"
        assert rows(lab, table, copies[classes], skipped) == rows(lab, table, originals[classes], skipped)
    assert value(lab, "channel", copies["Channel"][2], "owner_id") == garden.id_of("bob")
    assert value(lab, "shape", copies["Rectangle"][0], "permissions") == lab.scene.bits[garden.group_id]
    new = copies["Image"][0]
    assert value(lab, "image", new, "instrument") == copies["Instrument"][0] != instrument
    assert value(lab, "image", new, "external_id") == copies["ExternalInfo"][0] != info
    joined = "SELECT s.objective FROM image i JOIN objectivesettings s ON s.id = i.objectivesettings WHERE i.id = :i"
    assert lab.value(joined, i=new) == copies["Objective"][0]


def test_log_and_events(garden: Garden) -> None:
    image = garden.image()
    copies = run(garden.lab, "ann", {"Image": [image]})
    logs = garden.lab.query(
        "SELECT l.entitytype, l.entityid, l.action, e.experimenter FROM eventlog l JOIN event e ON l.event = e.id"
        " WHERE e.id = (SELECT creation_id FROM image WHERE id = :i)", i=copies["Image"][0],
    )  # fmt: skip
    assert ("ome.model.core.Image", copies["Image"][0], "INSERT", garden.id_of("ann")) in logs
    assert len(logs) == sum(map(len, copies.values()))
    assert garden.lab.value("SELECT update_id FROM image WHERE id = :i", i=image) == 0


def test_views_of_the_owner_only(garden: Garden) -> None:
    image = garden.image()
    garden.view(image)
    garden.view(image, "bob")
    assert [len(run(garden.lab, who, {"Image": [image]}, dryRun=True)["RenderingDef"]) for who in ("ann", "bob")] == [
        1,
        1,
    ]


def test_containers_keep_their_order_and_links(garden: Garden) -> None:
    images = [garden.bare_image() for _ in range(3)]
    dataset = garden.dataset(*images)
    garden.project(dataset)
    copies = run(garden.lab, "ann", {"Dataset": [dataset]})
    links = garden.lab.query("SELECT parent, child FROM datasetimagelink WHERE id = ANY(:i) ORDER BY child",
                             i=copies["DatasetImageLink"])  # fmt: skip
    assert links == [(copies["Dataset"][0], image) for image in copies["Image"]]
    assert "Project" not in copies and len(copies["Image"]) == 3


def test_folders_and_plates(garden: Garden) -> None:
    top = garden.add("folder", name="top")
    garden.add("folder", name="inner", parentfolder=top)
    folders = run(garden.lab, "ann", {"Folder": [top]})["Folder"]
    assert garden.lab.query("SELECT parentfolder FROM folder WHERE id = ANY(:i) ORDER BY id", i=folders) == [
        (None,), (folders[0],),
    ]  # fmt: skip
    plate = garden.plate(*[garden.image() for _ in range(4)], runs=2)
    copies = run(garden.lab, "ann", {"Plate": [plate]})
    assert {cls: len(ids) for cls, ids in copies.items()} == {
        "Plate": 1, "PlateAcquisition": 2, "Well": 4, "WellSample": 4, "Image": 4, "Pixels": 4, "Channel": 4,
        "LogicalChannel": 4,
    }  # fmt: skip
    fields = "SELECT s.image, w.plate FROM wellsample s JOIN well w ON w.id = s.well WHERE s.id = ANY(:i) ORDER BY s.id"
    assert garden.lab.query(fields, i=copies["WellSample"]) == [(i, copies["Plate"][0]) for i in copies["Image"]]


@pytest.mark.parametrize("count", [1, 3])
def test_a_new_member_of_an_original_list_goes_to_its_end(garden: Garden, count: int) -> None:
    image = garden.image(channels=3)
    pixels = garden.pixels_of(image)
    channels = [
        row[0] for row in garden.lab.query("SELECT id FROM channel WHERE pixels = :p ORDER BY pixels_index", p=pixels)
    ]
    copies = run(garden.lab, "ann", {"Channel": channels[:count]})["Channel"]
    places = garden.lab.query("SELECT pixels_index FROM channel WHERE id = ANY(:i) ORDER BY pixels_index", i=copies)
    assert [place for (place,) in places] == list(range(3, 3 + count))


def test_referred_and_left_out_classes(garden: Garden) -> None:
    lab, image = garden.lab, garden.image()
    tag = garden.annotation()
    garden.note("image", image, tag)
    other = garden.image()
    garden.note("image", other, tag)
    both = {"Image": [image, other]}
    referred = run(lab, "ann", both, typesToReference=["Annotation"])
    assert "TagAnnotation" not in referred and len(referred["ImageAnnotationLink"]) == 2
    assert {value(lab, "imageannotationlink", i, "child") for i in referred["ImageAnnotationLink"]} == {tag}
    assert run(lab, "ann", both, typesToIgnore=["ImageAnnotationLink"]).keys().isdisjoint({"TagAnnotation"})
    assert "cannot null ImageAnnotationLink.child" in refused(lab, "ann", both, typesToIgnore=["Annotation"])
    # The most specific class decides.
    some = run(lab, "ann", both, typesToReference=["Annotation"], typesToDuplicate=["TagAnnotation"])
    assert len(some["TagAnnotation"]) == 1
    assert run(lab, "ann", {"Image": [image]}, typesToReference=["Image"]) == {}


@pytest.mark.parametrize("name", ["IAnnotationLink", "ome.model.IAnnotationLink", "omero.model.IAnnotationLinkI"])
def test_interfaces_stand_for_many_classes(garden: Garden, name: str) -> None:
    image = garden.image()
    garden.note("image", image, garden.annotation())
    copies = run(garden.lab, "ann", {"Image": [image]}, typesToIgnore=[name])
    assert copies.keys().isdisjoint({"ImageAnnotationLink", "TagAnnotation"})
    copies = run(garden.lab, "ann", {"Image": [image]}, typesToIgnore=[name], typesToDuplicate=["ImageAnnotationLink"])
    assert {"ImageAnnotationLink", "TagAnnotation"} <= copies.keys()


def test_references_to_what_is_left_out_become_empty(garden: Garden) -> None:
    image = garden.image(instrument=garden.add("instrument"), stagelabel=garden.add("stagelabel", name="x"))
    copies = run(garden.lab, "ann", {"Image": [image]}, typesToIgnore=["Instrument"], typesToReference=["StageLabel"])
    new = copies["Image"][0]
    assert value(garden.lab, "image", new, "instrument") is None and "Instrument" not in copies
    assert value(garden.lab, "image", new, "stagelabel") == value(garden.lab, "image", image, "stagelabel")


@pytest.mark.parametrize(
    "asked",
    [{"typesToIgnore": ["Image"], "typesToReference": ["ImageI"]}, {"typesToDuplicate": ["Nonsense"]},
     {"typesToReference": ["Image"], "typesToDuplicate": ["ome.model.core.Image"]}],
)  # fmt: skip
def test_lists_of_classes_that_make_no_sense(garden: Garden, asked: dict[str, list[str]]) -> None:
    with pytest.raises(CommandError) as caught:
        run(garden.lab, "ann", {"Image": [garden.bare_image()]}, **asked)
    assert (caught.value.name, caught.value.response) == ("bad-class", None)


@pytest.mark.parametrize("level", ["P", "RO", "RA", "RW"])
def test_whose_images_can_be_copied(lab: Lab, level: str) -> None:
    image = (garden := Garden(lab, level)).image()
    if level == "P":
        assert f"Image[{image}]" in refused(lab, "bob", {"Image": [image]}, group=level)
        return
    copies = run(lab, "bob", {"Image": [image]}, group=level)
    assert value(lab, "image", copies["Image"][0], "owner_id") == garden.id_of("bob")


@pytest.mark.parametrize("level", ["RO", "RA", "RW"])
def test_links_to_others_containers(lab: Lab, level: str) -> None:
    garden = Garden(lab, level)
    dataset = garden.dataset(garden.bare_image())
    links = [row for (row,) in lab.query("SELECT id FROM datasetimagelink WHERE parent = :d", d=dataset)]
    if level == "RW":
        copies = run(lab, "bob", {"DatasetImageLink": links}, group=level)
        assert value(lab, "datasetimagelink", copies["DatasetImageLink"][0], "parent") == dataset
    else:
        message = refused(lab, "bob", {"DatasetImageLink": links}, group=level)
        assert f"DatasetImageLink[{links[0]}]" in message


def test_shared_experiments_and_instruments(garden: Garden) -> None:
    lab = garden.lab
    experiment, instrument = garden.add("experiment", type=1), garden.add("instrument")
    first, second = (garden.image(experiment=experiment, instrument=instrument) for _ in range(2))
    copies = run(lab, "ann", {"Image": [first]})
    new = copies["Image"][0]
    assert value(lab, "image", new, "experiment") == experiment and len(copies["Instrument"]) == 1
    both = run(lab, "ann", {"Image": [first, second]}, dryRun=True, childOptions=[option(exclude=["Experiment"])])
    assert "Experiment" not in both
    copied = run(lab, "ann", {"Image": [first, second, new]})
    assert len(copied["Experiment"]) == 1


def test_filesets_are_copied_whole(garden: Garden) -> None:
    images = [garden.image(), garden.image()]
    fileset = garden.fileset(*images, files=[garden.file(), garden.file()])
    assert f"Fileset[{fileset}]" in refused(garden.lab, "ann", {"Image": images[:1]})
    copies = run(garden.lab, "ann", {"Image": images})
    assert len(copies["FilesetEntry"]) == 2 and len(copies["OriginalFile"]) == 3
    assert value(garden.lab, "image", copies["Image"][0], "fileset") == copies["Fileset"][0]


def test_files_in_other_repositories(garden: Garden) -> None:
    script = garden.file(repo="ScriptRepo", mimetype="text/x-python")
    assert "ScriptRepo" in refused(garden.lab, "ann", {"OriginalFile": [script]})


class TestStoredFiles:
    """Attached files, pixels and thumbnails."""

    def written(self, path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def stored(self, layout: Layout) -> set[Path]:
        return {path for path in layout.data.rglob("*") if path.is_file()}

    def furnished(self, garden: Garden, layout: Layout) -> int:
        image = garden.image()
        pixels, file = garden.pixels_of(image), garden.file()
        self.written(layout.pixels(pixels), "pixels")
        self.written(layout.pyramid(pixels), "pyramid")
        self.written(layout.thumbnail(garden.view(image)[1]), "thumbnail")
        self.written(layout.file(file), "abc")
        garden.note("image", image, garden.annotation(FILE, file=file))
        return image

    def test_are_copied(self, garden: Garden) -> None:
        layout = Layout.of(garden.lab.config)
        image = self.furnished(garden, layout)
        copies = run(garden.lab, "ann", {"Image": [image]})
        pixels = copies["Pixels"][0]
        assert layout.pixels(pixels).read_text() == "pixels" and layout.pyramid(pixels).read_text() == "pyramid"
        assert layout.thumbnail(copies["Thumbnail"][0]).read_text() == "thumbnail"
        copy = layout.file(copies["OriginalFile"][0])
        # Clients write to these files in place.
        assert copy.read_text() == "abc" and copy.stat().st_nlink == 1
        assert not list(layout.removals.glob("*"))

    @pytest.mark.parametrize("step", range(1, STEPS + 1))
    def test_cancelling_leaves_nothing(self, garden: Garden, step: int) -> None:
        layout = Layout.of(garden.lab.config)
        image = self.furnished(garden, layout)
        rows_before, files_before = garden.counts(), self.stored(layout)
        with pytest.raises(InterruptedError):
            run(garden.lab, "ann", {"Image": [image]}, Steps(cancel_at=step))
        assert garden.counts() == rows_before and self.stored(layout) == files_before
        assert not list(layout.removals.glob("*"))

    def test_a_failure_of_the_database_leaves_nothing(self, garden: Garden) -> None:
        layout = Layout.of(garden.lab.config)
        info = garden.add("externalinfo", entityid=1, entitytype="x")
        image = self.furnished(garden, layout)
        garden.lab.query("UPDATE image SET external_id = :e WHERE id = :i RETURNING id", e=info, i=image)
        before = self.stored(layout)
        # Two images cannot have the same external information.
        with pytest.raises(CommandError) as caught:
            run(garden.lab, "ann", {"Image": [image]}, typesToReference=["ExternalInfo"])
        assert "Image" in caught.value.response.message and self.stored(layout) == before


def test_as_many_statements_for_many_as_for_few(garden: Garden) -> None:
    counts = []
    for size in (2, 20):
        images = [garden.image() for _ in range(size)]
        for image in images:
            garden.note("image", image, garden.annotation())
            garden.view(image)
            garden.roi(image)
        garden.fileset(*images)
        dataset = garden.dataset(*images)
        with counted(garden.lab) as seen:
            run(garden.lab, "ann", {"Dataset": [dataset]})
        # Ids are reserved in blocks, so it is a matter of chance whether some are left.
        counts.append(sum("ome_nextval" not in statement for statement in seen))
    assert counts[0] == counts[1] < 250


def test_copies_in_a_call_for_all_groups(lab: Lab) -> None:
    """They go where the originals are; of two groups neither."""
    image, other = Garden(lab, "RW").image(), Garden(lab, "H").image()
    copies = run(lab, "ann", {"Image": [image]}, group=None)
    assert value(lab, "image", copies["Image"][0], "group_id") == lab.scene.groups["RW"]
    assert "several groups" in refused(lab, "ann", {"Image": [image, other]}, group=None)
    assert f"Image[{other}]" in refused(lab, "ann", {"Image": [other]}, group="RW")


class Meanwhile(Steps):
    """Somebody else does something after a step, the first time that it is done."""

    def __init__(self, after: int, deed: Callable[[], object]) -> None:
        super().__init__()
        self.after, self.deed, self.times = after, deed, 0

    def step(self, done: int) -> None:
        super().step(done)
        if done == self.after and self.times == 0:
            self.deed()
        self.times += done == self.after


def test_what_is_deleted_meanwhile_is_not_copied(garden: Garden) -> None:
    lab, image = garden.lab, garden.image()
    roi = garden.roi(image)
    steps = Meanwhile(4, lambda: run_delete(lab, "ann", {"Roi": [roi]}))
    copies = run(lab, "ann", {"Image": [image]}, steps)
    assert steps.times == 2 and "Roi" not in copies and len(copies["Image"]) == 1
    steps = Meanwhile(4, lambda: run_delete(lab, "ann", {"Image": [image]}))
    with pytest.raises(CommandError) as caught:
        run(lab, "ann", {"Image": [image]}, steps)
    assert f"Image[{image}]" in caught.value.response.message


@pytest.mark.parametrize(("level", "allowed"), [("RO", False), ("RA", False), ("RW", True)])
def test_references_to_what_others_share(lab: Lab, level: str, allowed: bool) -> None:
    garden = Garden(lab, level)
    experiment = garden.add("experiment", type=1)
    image, _ = (garden.image(experiment=experiment) for _ in range(2))
    if allowed:
        copies = run(lab, "bob", {"Image": [image]}, group=level)
        assert value(lab, "image", copies["Image"][0], "experiment") == experiment
    else:
        assert f"Experiment[{experiment}]" in refused(lab, "bob", {"Image": [image]}, group=level)


def test_others_tags_are_referred_to_where_annotating_is_allowed(lab: Lab) -> None:
    for level in ("RO", "RA"):
        garden = Garden(lab, level)
        image = garden.image()
        garden.note("image", image, garden.annotation())
        if level == "RA":
            assert run(lab, "bob", {"Image": [image]}, group=level, typesToReference=["Annotation"])[
                "ImageAnnotationLink"
            ]
        else:
            assert "annotate" in refused(lab, "bob", {"Image": [image]}, group=level, typesToReference=["Annotation"])


def test_a_server_that_dies_leaves_no_files(garden: Garden) -> None:
    """At the next start the files are removed again whose rows never came to be."""
    lab, layout = garden.lab, Layout.of(garden.lab.config)
    image = TestStoredFiles().furnished(garden, layout)
    before = {path for path in layout.data.rglob("*") if path.is_file()}
    who = lab.caller("ann", garden.group)
    transaction = Transaction(lab.database, who.author(), True)
    duplication = Duplication(Call(who, transaction, None, lab.engine))  # type: ignore[arg-type]
    for step in duplication.steps({"Image": [image]}, dry_run=False):
        step()
    assert len({path for path in layout.data.rglob("*") if path.is_file()} - before) == 4
    transaction.close()
    replay(lab.database, layout)
    assert {path for path in layout.data.rglob("*") if path.is_file()} == before
    assert not list(layout.removals.glob("*"))
