"""Duplicate of containers, images and what belongs to them, against a real database."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

import omero
import omero.cmd
from omero_server.commands.duplicate import duplicate
from omero_server.commands.registry import CommandError
from omero_server.commands.running import execute
from omero_server.db.retry import transact
from omero_server.db.tables import TABLES
from omero_server.db.transaction import Transaction
from omero_server.sessions.call import Call
from tests.support.garden import COMMENT, FILE, MAP, Garden, Steps
from tests.support.lab import Lab

STEPS, DRY = 14, 3
Found = dict[str, list[int]]


def run(lab: Lab, user: str, targets: Found, steps: Steps | None = None, *, group: str | None = "RA", **asked: Any
        ) -> Found:  # fmt: skip
    """Duplicate as a user; the response's map with simple class names."""
    who = lab.caller(user, group)
    request = omero.cmd.Duplicate(targetObjects=targets, **asked)

    def work(transaction: Transaction) -> Any:
        call = Call(who, transaction, None, lab.engine)  # type: ignore[arg-type]
        return execute(duplicate, call, request, steps or Steps())

    response = transact(lab.database, who.author(), work)
    return {name.rpartition(".")[2]: ids for name, ids in response.duplicates.items()}


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
