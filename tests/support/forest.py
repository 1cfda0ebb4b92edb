"""Random graphs: objects of many kinds and owners in one group, tied together as users and importers do it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from omero_server.db.tables import TABLES
from tests.support.garden import COMMENT, FILE, LIST, LONG, MAP, TAG, Garden
from tests.support.lab import Lab
from tests.support.scene import Scene

__all__ = ["OWNERS", "Forest", "grow"]

OWNERS = ("ann", "ann", "ann", "bob", "bob", "lea", "root")
KINDS = (TAG, TAG, COMMENT, FILE, MAP, LIST, LONG)
HOSTS = ("image", "dataset", "project", "roi", "folder", "plate", "well", "fileset", "channel", "annotation")


class Forest(Garden):
    """A garden with one transaction for all that is planted; knows what it has."""

    def __init__(self, lab: Lab, group: str, chance: random.Random) -> None:
        super().__init__(lab, group)
        self.chance = chance
        self.ids: defaultdict[str, list[int]] = defaultdict(list)
        self._scene: Scene | None = None

    @contextmanager
    def scene(self) -> Iterator[Scene]:
        if self._scene is not None:
            yield self._scene
            return
        with self.lab.database.begin() as db:
            self._scene = _Noting(db, self.ids)
            yield self._scene
            self._scene = None

    def some(self, table: str, most: int = 3) -> list[int]:
        """Any of the objects of a kind; perhaps none."""
        return self.chance.sample(self.ids[table], min(len(self.ids[table]), self.chance.randint(0, most)))

    def owner(self) -> str:
        return self.chance.choice(OWNERS)

    def maybe(self, percent: int) -> bool:
        return self.chance.randrange(100) < percent


class _Noting(Scene):
    """Remembers ids by table."""

    def __init__(self, db: Any, ids: defaultdict[str, list[int]]) -> None:
        super().__init__(db)
        self._ids = ids

    def add(self, table: str, owner: int | None = None, group: int | None = None, /, **values: Any) -> int:
        made = super().add(table, owner, group, **values)
        self._ids[table].append(made)
        return made


def grow(lab: Lab, group: str, chance: random.Random) -> Forest:
    """A random forest in a group. Most of it is ann's."""
    forest = Forest(lab, group, chance)
    with forest.scene():
        _images(forest)
        _sharing(forest)
        _views(forest)
        _containers(forest)
        if forest.maybe(40):
            _plates(forest)
        if forest.maybe(50):
            _filesets(forest)
        _regions(forest)
        _annotations(forest)
    return forest


def _images(forest: Forest) -> None:
    usual = forest.owner()
    for _ in range(forest.chance.randint(1, 5)):
        owner = usual if forest.maybe(70) else forest.owner()
        if forest.maybe(90):
            forest.image(owner, channels=forest.chance.randint(1, 2))
        else:
            forest.bare_image(owner)


def _set(forest: Forest, table: str, ids: Sequence[int], **values: Any) -> None:
    with forest.scene() as scene:
        rows = TABLES[table]
        scene.db.execute(rows.update().where(rows.c.id.in_(ids)).values(**values))


def _sharing(forest: Forest) -> None:
    """Instruments, settings, environments, statistics that one or more images or channels use."""
    if forest.maybe(40):
        _instrument(forest)
    for table, values in (("imagingenvironment", {}), ("stagelabel", {"name": "x"}), ("experiment", {"type": 1})):
        if forest.maybe(15):
            _set(forest, "image", forest.some("image"), **{table: forest.add(table, forest.owner(), **values)})
    if forest.maybe(25):
        statistics = forest.add("statsinfo", forest.owner(), globalmin=0.0, globalmax=9.0)
        _set(forest, "channel", forest.some("channel", 2), statsinfo=statistics)
    if forest.maybe(15) and forest.ids["logicalchannel"]:
        _set(forest, "channel", forest.some("channel"), logicalchannel=forest.ids["logicalchannel"][0])
    if forest.maybe(15) and len(forest.ids["pixels"]) > 1:
        _set(forest, "pixels", forest.ids["pixels"][1:2], relatedto=forest.ids["pixels"][0])


def _instrument(forest: Forest) -> None:
    owner = forest.owner()
    box = forest.add("instrument", owner)
    _set(forest, "image", forest.some("image"), instrument=box)
    if forest.maybe(50):
        objective = forest.add("objective", owner, instrument=box, immersion=1, correction=1)
        settings = forest.add("objectivesettings", forest.owner(), objective=objective)
        _set(forest, "image", forest.some("image", 2), objectivesettings=settings)
    if forest.maybe(50):
        detector = forest.add("detector", owner, instrument=box, type=1)
        settings = forest.add("detectorsettings", forest.owner(), detector=detector)
        _set(forest, "logicalchannel", forest.some("logicalchannel", 2), detectorsettings=settings)
    if forest.maybe(30):
        pump = forest.add("lightsource", owner, instrument=box)
        forest.part("laser", lightsource_id=pump, type=1, lasermedium=1)
        laser = forest.add("lightsource", owner, instrument=box)
        forest.part("laser", lightsource_id=laser, type=1, lasermedium=1, pump=pump)


def _views(forest: Forest) -> None:
    for image in forest.ids["image"]:
        if forest.ids["pixels"] and forest.maybe(50) and _has_pixels(forest, image):
            for owner in dict.fromkeys((forest.owner(), forest.owner())):
                forest.view(image, owner)


def _has_pixels(forest: Forest, image: int) -> bool:
    with forest.scene() as scene:
        pixels = TABLES["pixels"]
        return scene.db.execute(pixels.select().where(pixels.c.image == image)).first() is not None


def _linked(forest: Forest, table: str, parent: int, children: Sequence[int]) -> None:
    for child in children:
        forest.link(table, parent, child, forest.owner())


def _containers(forest: Forest) -> None:
    for _ in range(forest.chance.randint(0, 3)):
        _linked(forest, "datasetimagelink", forest.dataset(user=forest.owner()), forest.some("image"))
    for _ in range(forest.chance.randint(0, 2)):
        _linked(forest, "projectdatasetlink", forest.project(user=forest.owner()), forest.some("dataset", 2))
    for _ in range(forest.chance.randint(0, 2)):
        above = forest.chance.choice([None, *forest.ids["folder"]])
        folder = forest.add("folder", forest.owner(), name="a folder", parentfolder=above)
        _linked(forest, "folderimagelink", folder, forest.some("image", 2))


def _plates(forest: Forest) -> None:
    owner, images = forest.owner(), forest.some("image")
    plate = forest.add("plate", owner, name="a plate")
    run = forest.add("plateacquisition", owner, plate=plate) if forest.maybe(60) else None
    for place, image in enumerate(images):
        well = forest.add("well", owner, plate=plate, column=place, row=0)
        forest.add("wellsample", owner, well=well, well_index=0, image=image, plateacquisition=run)
    if forest.maybe(50):
        screen = forest.add("screen", forest.owner(), name="a screen")
        forest.link("screenplatelink", screen, plate, forest.owner())
        if forest.maybe(50):
            reagent = forest.add("reagent", forest.owner(), screen=screen)
            _linked_to(forest, "wellreagentlink", forest.some("well", 2), reagent)


def _linked_to(forest: Forest, table: str, parents: Sequence[int], child: int) -> None:
    for parent in parents:
        forest.link(table, parent, child, forest.owner())


def _filesets(forest: Forest) -> None:
    images = forest.some("image")
    if images:
        forest.user = forest.owner()
        forest.fileset(*images, files=[forest.file() for _ in range(forest.chance.randint(1, 2))])
        forest.user = "ann"


def _regions(forest: Forest) -> None:
    for _ in range(forest.chance.randint(0, 3)):
        image = forest.chance.choice([None, *forest.ids["image"], *forest.ids["image"]])
        roi = forest.roi(image, forest.owner(), forest.chance.randint(0, 2))
        _linked_to(forest, "folderroilink", forest.some("folder", 1), roi)
    if forest.maybe(15) and forest.ids["shape"]:
        transform = forest.add("affinetransform", forest.owner(), a00=1.0, a10=0.0, a01=0.0, a11=1.0, a02=0.0, a12=0.0)
        _set(forest, "shape", forest.some("shape"), transform=transform)


def _annotations(forest: Forest) -> None:
    for _ in range(forest.chance.randint(0, 5)):
        kind, owner = forest.chance.choice(KINDS), forest.owner()
        values = {}
        if kind == FILE:
            files = forest.some("originalfile", 1) if forest.maybe(20) else []
            values["file"] = files[0] if files else forest.file(forest.owner() if forest.maybe(20) else owner)
        note = forest.annotation(kind, owner, **values)
        for host in dict.fromkeys(forest.chance.choices(HOSTS, weights=[8, *[1] * (len(HOSTS) - 1)], k=2)):
            for target in forest.some(host, 2):
                if host != "annotation" or target < note:
                    forest.note(host, target, note, forest.owner())
