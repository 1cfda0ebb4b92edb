"""What holds for every request that changes a graph, whatever the graph: tried on random ones.

Graphs are numbered, and each number means the same graph and requests forever: OMERO_TEST_GRAPHS=5000 tries more of
them, OMERO_TEST_GRAPHS=17-18 only the one with the number 17.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import delete, update

import omero
import omero.cmd
from omero_server.commands.registry import CommandError
from omero_server.db.tables import TABLES
from omero_server.graphs.references import deletion_order
from tests.support.forest import Forest, grow
from tests.support.garden import Steps, option, run
from tests.support.instance import fresh_root
from tests.support.lab import GROUPS, Lab, open_lab
from tests.support.ledger import Ledger, Who, read_ledger
from tests.support.verdict import verdict

CASES, REQUESTS, PORTIONS = 75, 4, 5
TARGETS = {
    "Delete2": ["image", "dataset", "project", "annotation", "roi", "folder", "plate", "screen", "fileset", "well",
                "instrument", "renderingdef", "originalfile", "imageannotationlink", "datasetimagelink", "channel"],
    "Chgrp2": ["image", "dataset", "project", "annotation", "roi", "folder", "plate", "screen", "fileset", "instrument",
               "originalfile"],
    "Chown2": ["image", "dataset", "project", "annotation", "roi", "folder", "plate", "screen", "fileset", "instrument",
               "originalfile", "imageannotationlink", "datasetimagelink"],
    "Duplicate": ["image", "dataset", "project", "annotation", "roi", "folder", "plate", "screen", "fileset",
                  "instrument", "datasetimagelink", "channel"],
}  # fmt: skip
NAMES = {"originalfile": "OriginalFile", "renderingdef": "RenderingDef", "imageannotationlink": "ImageAnnotationLink",
         "datasetimagelink": "DatasetImageLink"}  # fmt: skip
TYPES = ["Image", "Dataset", "Annotation", "TagAnnotation", "FileAnnotation", "Roi", "Fileset", "Instrument", "Plate"]
LIGHT = {"Delete2": "DeleteOwned", "Chgrp2": "Chgrp", "Chown2": "Chown", "Duplicate": "WriteOwned"}
USUAL_FAILURES = {"graph-fail", "bad-plan", "not-in-group"}


@dataclass
class Outcome:
    """A response, or why there is none."""

    response: Any = None
    code: str = ""
    message: str = ""

    @property
    def told(self) -> tuple[Any, ...]:
        maps = ("deletedObjects", "includedObjects")
        return (self.code, self.message, *(getattr(self.response, name, None) for name in maps))


@dataclass
class Case:
    """One random request of a random caller."""

    lab: Lab
    forest: Forest
    chance: random.Random
    request: Any
    who: Who

    def run(self, *, dry: bool = False, cancel_at: int | None = None) -> Outcome:
        self.request.dryRun = dry
        changes: dict[str, Any] = {}
        if self.who.privileges:
            changes = {"is_admin": True, "privileges": self.who.privileges}
        group = self.forest.group if isinstance(self.request, omero.cmd.Duplicate) else None
        try:
            return Outcome(run(self.lab, self.who.name, self.request, Steps(cancel_at), changes, group))
        except CommandError as error:
            return Outcome(None, error.name, f"{error} {error.__cause__ or ''}")

    def __str__(self) -> str:
        asked = {key: " ".join(str(value).split()) for key, value in vars(self.request).items() if value}
        who = f"{self.who.name} {sorted(self.who.privileges)} in {self.forest.group}"
        return f"{who}: {type(self.request).__name__} {asked}"


def random_request(forest: Forest, chance: random.Random) -> Any:
    kind = chance.choice(["Delete2", "Delete2", "Delete2", "Chgrp2", "Chgrp2", "Chown2", "Duplicate", "Chmod2"])
    if kind == "Chmod2":
        letters = chance.choice(["rw----", "rw----", "rwr---", "rwra--", "rwrw--"])
        return omero.cmd.Chmod2(targetObjects={"ExperimenterGroup": [forest.group_id]}, permissions=letters)
    present = [table for table in TARGETS[kind] if forest.ids[table]]
    targets = {}
    for table in chance.sample(present, min(len(present), chance.choice([1, 1, 1, 2]))):
        ids = forest.ids[table]
        targets[NAMES.get(table, table.title())] = chance.sample(ids, min(len(ids), chance.randint(1, 3)))
    made = getattr(omero.cmd, kind)(targetObjects=targets, childOptions=random_options(chance))
    return filled(made, forest, chance)


def filled(request: Any, forest: Forest, chance: random.Random) -> Any:
    """What only this kind of request has."""
    lab = forest.lab
    if isinstance(request, omero.cmd.Chgrp2):
        request.groupId = lab.scene.groups[chance.choice([*GROUPS, "H", "H"])]
    elif isinstance(request, omero.cmd.Chown2):
        request.userId = lab.scene.users[chance.choice(["ann", "bob", "bob", "cat"])]
        request.targetUsers = [lab.scene.users["ann"]] if chance.random() < 0.1 else []
    elif isinstance(request, omero.cmd.Duplicate) and chance.random() < 0.3:
        request.typesToReference = [chance.choice(["Annotation", "TagAnnotation", "Instrument", "LogicalChannel"])]
        request.typesToIgnore = chance.choice([[], ["Roi"], ["ImageAnnotationLink"], ["Thumbnail", "RenderingDef"]])
    return request


def random_options(chance: random.Random) -> list[Any]:
    if chance.random() < 0.7:
        return []
    kind = chance.choice(["include", "exclude"])
    return [option(**{kind: [chance.choice(TYPES)]})]


def random_caller(lab: Lab, request: Any, chance: random.Random) -> Who:
    kind = type(request).__name__
    names = ["lea", "root"] if kind == "Chown2" else ["lea", "lea", "root", "ann"] if kind == "Chmod2" else [
        "ann", "ann", "ann", "ann", "bob", "cat", "lea", "root"]  # fmt: skip
    if kind in LIGHT and chance.random() < 0.15:
        return Who(lab, "cat", frozenset([LIGHT[kind]]))
    return Who(lab, chance.choice(names))


def cases() -> range:
    first, _, last = os.environ.get("OMERO_TEST_GRAPHS", str(CASES)).rpartition("-")
    return range(int(first or 0), int(last))


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with fresh_root() as root, open_lab(root) as made:
        yield made


def clear(lab: Lab, before: Ledger) -> None:
    """Take away all that was not there before."""
    present = {table for table, _ in read_ledger(lab).keys() - before.keys()}
    bits = {group: row["permissions"] for (table, group), row in before.items() if table == "experimentergroup"}
    groups = TABLES["experimentergroup"]
    with lab.database.begin() as db:
        for root in deletion_order():
            for cls in sorted((*root.subclasses, root), key=lambda cls: -len(cls.lineage)):
                if cls.table in present:
                    db.execute(delete(TABLES[cls.table]))
        for group, letters in bits.items():
            db.execute(update(groups).where(groups.c.id == group).values(permissions=letters))
    lab.database.memory.forget()


def problems(case: Case) -> list[str]:
    """What is wrong with how a request is carried out: first cancelled, then tried, then done."""
    before = read_ledger(case.lab)
    found = []
    if case.chance.random() < 0.3:
        with suppress(InterruptedError):
            case.run(cancel_at=case.chance.randint(1, 6))
        if read_ledger(case.lab) != before:
            found.append("it was cancelled, and something is changed")
    tried = case.run(dry=True)
    if read_ledger(case.lab) != before:
        found.append("it was only tried, and something is changed")
    done = case.run()
    after = read_ledger(case.lab)
    found += compared(case, tried, done)
    if done.code and after != before:
        found.append("it failed, and something is changed")
    if done.code and done.code not in USUAL_FAILURES:
        found.append(f"it failed with {done.told}")
    return found if done.code else found + verdict(case.who, case.request, done.response, before, after)


def compared(case: Case, tried: Outcome, done: Outcome) -> list[str]:
    """What a dry run says is what happens, but for what nobody can see."""
    if tried.told == done.told:
        return []
    unseen = "cannot see" in done.message and not tried.code and not case.who.full
    return [] if unseen else [f"tried: {tried.told}; done: {done.told}"]


@pytest.mark.parametrize("portion", range(PORTIONS))
def test_random_graphs(lab: Lab, portion: int) -> None:
    empty, wrong = read_ledger(lab), []
    for number in cases()[portion::PORTIONS]:
        chance = random.Random(number)
        forest = grow(lab, chance.choice(list(GROUPS)), chance)
        for _ in range(REQUESTS):
            request = random_request(forest, chance)
            case = Case(lab, forest, chance, request, random_caller(lab, request, chance))
            before = str(case)
            wrong += [f"{number}: {before}\n    {problem}" for problem in problems(case)]
            present = read_ledger(lab)
            for table, ids in forest.ids.items():
                forest.ids[table] = [i for i in ids if (table, i) in present]
        clear(lab, empty)
    assert not wrong, "\n".join(wrong)
