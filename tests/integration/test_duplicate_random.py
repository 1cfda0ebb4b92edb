"""Duplicate on random graphs: copies are like their originals and hang together like these; nothing else changes."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import select

import omero
import omero.cmd
from omero_server.commands.registry import CommandError
from omero_server.db.tables import TABLES
from omero_server.graphs.references import references
from omero_server.model.schema import MODEL, ModelClass
from tests.support.garden import BOOKKEEPING, COMMENT, FILE, MAP, TAG, Garden, run, simple
from tests.support.lab import Lab

DETAILS = {"owner_id", "group_id", "creation_id", "update_id", "permissions", "version"}
Ids = dict[str, list[int]]
Rows = dict[str, dict[int, dict[str, Any]]]


def planted(garden: Garden, dice: random.Random) -> Ids:
    """A thicket of images with shared parts, in containers, plates and filesets; ids by class."""
    instrument, experiments = garden.add("instrument"), [garden.add("experiment", type=1) for _ in range(2)]
    objective = garden.add("objective", instrument=instrument, immersion=1, correction=1)
    notes = [garden.annotation(kind, dice.choice(["ann", "bob"])) for kind in (TAG, TAG, COMMENT, MAP)]
    garden.part("annotation_mapvalue", annotation_id=notes[3], name="a", value="b", index=0)
    notes.append(garden.annotation(FILE, file=garden.file()))
    images = [planted_image(garden, dice, instrument, objective, experiments, notes) for _ in range(6)]
    garden.fileset(*dice.sample(images, dice.randint(1, 2)), files=[garden.file()])
    datasets = [garden.dataset(*dice.sample(images, dice.randint(0, 4))) for _ in range(3)]
    projects = [garden.project(*dice.sample(datasets, dice.randint(0, 3))) for _ in range(2)]
    garden.note("dataset", datasets[0], dice.choice(notes))
    plate = garden.plate(*dice.sample(images, 2), runs=dice.randint(0, 2))
    folders = [garden.add("folder", name="top")]
    folders.append(garden.add("folder", name="inner", parentfolder=folders[0]))
    garden.link("folderimagelink", folders[1], dice.choice(images))
    return {"Image": images, "Dataset": datasets, "Project": projects, "Plate": [plate], "Folder": folders}


def planted_image(
    garden: Garden, dice: random.Random, instrument: int, objective: int, experiments: list[int], notes: list[int]
) -> int:  # fmt: skip
    settings = garden.add("objectivesettings", objective=objective)
    image = garden.image(
        channels=dice.randint(1, 3), instrument=dice.choice([None, instrument]),
        objectivesettings=dice.choice([None, settings]), experiment=dice.choice([None, *experiments]),
    )  # fmt: skip
    for annotation in dice.sample(notes, dice.randint(0, 3)):
        garden.note("image", image, annotation, dice.choice(["ann", "bob"]))
    if dice.random() < 0.5:
        garden.view(image, dice.choice(["ann", "bob"]))
    garden.roi(image, dice.choice(["ann", "bob"]), shapes=dice.randint(0, 2))
    return image


def contents(lab: Lab) -> Rows:
    """All rows of all classes, by table and id."""
    found: Rows = {}
    with lab.database.begin() as db:
        for cls in MODEL.by_table.values():
            if not (cls.is_enum or cls.table in BOOKKEEPING):
                rows = db.execute(select(TABLES[cls.table])).mappings()
                found[cls.table] = {row[cls.key]: dict(row) for row in rows}
    return found


def copies_of(originals: Ids, copies: Ids) -> dict[ModelClass, dict[int, int]]:
    """New ids by root class and old id: they come in the same order."""
    found: dict[ModelClass, dict[int, int]] = {}
    for name, ids in originals.items():
        found.setdefault(MODEL.classes[name].root, {}).update(zip(ids, copies[name], strict=True))
    return found


def check_row(cls: ModelClass, before: dict[str, Any], after: dict[str, Any], copies: Any) -> None:
    """A copy is like its original, but for its details, and refers to copies where there are any."""
    expected = {name: value for name, value in before.items() if name not in DETAILS}
    expected[cls.key] = copies[cls.root][before[cls.key]]
    for one in references():
        if one.table == cls.table and one.column_name in before and one.holder.root is cls.root:
            target = before[one.column_name]
            expected[one.column_name] = copies.get(one.target.root, {}).get(target, target)
    assert {name: value for name, value in after.items() if name not in DETAILS} == expected, cls.name


@pytest.mark.parametrize("seed", range(12))
def test_copies_are_like_their_originals(lab: Lab, seed: int) -> None:
    dice = random.Random(seed)
    garden = Garden(lab, dice.choice(["RA", "RW"]))
    planting = planted(garden, dice)
    who = dice.choice(["ann", "bob", "lea", "root"])
    kinds = dice.sample(sorted(planting), dice.randint(1, 2))
    targets = {kind: dice.sample(planting[kind], dice.randint(1, len(planting[kind]))) for kind in kinds}
    # Images of one fileset go together.
    if "Image" in targets:
        targets["Image"] = planting["Image"]
    group, asked = garden.group_id, {"targetObjects": targets}
    before = contents(lab)
    told = answer(lab, who, garden.group, dryRun=True, **asked)
    assert contents(lab) == before
    made = answer(lab, who, garden.group, **asked)
    after = contents(lab)
    if isinstance(told, str):
        assert made == told and after == before
        return
    assert not isinstance(made, str) and made.keys() == told.keys()
    copies = copies_of(told, made)
    new = {table: rows.keys() - before[table].keys() for table, rows in after.items()}
    for table, rows in before.items():
        assert all(after[table][i] == row for i, row in rows.items()), table
        cls = MODEL.by_table[table]
        by_copy = {copy: original for original, copy in copies.get(cls.root, {}).items()}
        for copy in new[table]:
            check_row(cls, rows[by_copy[copy]], after[table][copy], copies)
            assert after[table][copy].get("owner_id", 0) in (0, garden.id_of(who))
            assert after[table][copy].get("group_id", group) == group
    assert sum(len(ids) for ids in made.values()) == sum(
        len(new[cls.table]) for cls in MODEL.roots() if cls.table in new
    )


def answer(lab: Lab, who: str, group: str, **asked: Any) -> Ids | str:
    """Ids by class, or the message of a refusal."""
    try:
        return simple(run(lab, who, omero.cmd.Duplicate(**asked), group=group).duplicates)
    except CommandError as error:
        return str(error)
