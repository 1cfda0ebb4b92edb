"""Objects of all kinds that hang together, put in with plain inserts, and requests to delete them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

import omero
import omero.cmd
from omero_server.commands.registry import COMMANDS, load
from omero_server.commands.running import execute
from omero_server.db.retry import transact
from omero_server.db.tables import TABLES
from omero_server.db.transaction import Transaction
from omero_server.sessions.call import Call
from tests.support.lab import Lab
from tests.support.scene import Scene

TAG, COMMENT, FILE, MAP, LIST, LONG = (
    "/basic/text/tag/", "/basic/text/comment/", "/type/OriginalFile/", "/map/", "/list/", "/basic/num/long/",
)  # fmt: skip
BOOKKEEPING = frozenset(
    ["event", "eventlog", "namespace", "_reindexing_required", "_fs_deletelog", "_current_admin_privileges"]
)


class Steps:
    """Progress as it is reported."""

    def __init__(self, cancel_at: int | None = None) -> None:
        self.total = 0
        self.done: list[int] = []
        self.cancel_at = cancel_at

    def steps(self, total: int) -> None:
        self.total = total

    def step(self, done: int) -> None:
        self.done.append(done)
        if done == self.cancel_at:
            raise InterruptedError

    def check_cancelled(self) -> None:
        pass


@dataclass
class Garden:
    """Makes objects in one group, as one user unless another is named. Ids come back."""

    lab: Lab
    group: str = "RA"
    user: str = "ann"

    @property
    def group_id(self) -> int:
        return self.lab.scene.groups[self.group]

    def id_of(self, user: str | None) -> int:
        name = user or self.user
        return 0 if name == "root" else self.lab.scene.users[name]

    @contextmanager
    def scene(self) -> Iterator[Scene]:
        with self.lab.database.begin() as db:
            scene = Scene(db)
            yield scene

    def add(self, table: str, user: str | None = None, **values: Any) -> int:
        with self.scene() as scene:
            return scene.add(table, self.id_of(user), self.group_id, **values)

    def part(self, table: str, **values: Any) -> None:
        """A row of a subclass's own table."""
        with self.scene() as scene:
            scene.db.execute(TABLES[table].insert().values(**values))

    def link(self, table: str, parent: int, child: int, user: str | None = None, **values: Any) -> int:
        return self.add(table, user, parent=parent, child=child, **values)

    def note(self, host: str, host_id: int, annotation: int, user: str | None = None) -> int:
        return self.link(f"{host}annotationlink", host_id, annotation, user)

    def bare_image(self, user: str | None = None, **values: Any) -> int:
        with self.scene() as scene:
            return scene.image("an image", self.id_of(user), self.group_id, **values)

    def image(self, user: str | None = None, channels: int = 1, **values: Any) -> int:
        """An image with pixels and channels."""
        with self.scene() as scene:
            owner = self.id_of(user)
            image = scene.image("an image", owner, self.group_id, **values)
            scene.pixels(image, owner, self.group_id, channels)
            return image

    def pixels_of(self, image: int) -> int:
        pixels = TABLES["pixels"].c
        with self.scene() as scene:
            return int(scene.db.execute(select(pixels.id).where(pixels.image == image)).scalar_one())

    def dataset(self, *images: int, user: str | None = None) -> int:
        dataset = self.add("dataset", user, name="a dataset")
        for image in images:
            self.link("datasetimagelink", dataset, image, user)
        return dataset

    def project(self, *datasets: int, user: str | None = None) -> int:
        project = self.add("project", user, name="a project")
        for dataset in datasets:
            self.link("projectdatasetlink", project, dataset, user)
        return project

    def annotation(self, kind: str = TAG, user: str | None = None, **values: Any) -> int:
        return self.add("annotation", user, discriminator=kind, **values)

    def file(self, user: str | None = None, **values: Any) -> int:
        given = {"name": "a file", "path": "/", "size": 3, "mimetype": "text/plain"}
        return self.add("originalfile", user, **given | values)

    def roi(self, image: int | None, user: str | None = None, shapes: int = 1) -> int:
        roi = self.add("roi", user, image=image)
        for place in range(shapes):
            self.add("shape", user, discriminator="rect", roi=roi, roi_index=place, x=1.0, y=1.0)
        return roi

    def view(self, image: int, user: str | None = None) -> tuple[int, int]:
        """Rendering settings with all their parts, and a thumbnail."""
        pixels = self.pixels_of(image)
        quantum = self.add("quantumdef", user, cdstart=0, cdend=255, bitresolution=255)
        settings = self.add("renderingdef", user, pixels=pixels, quantization=quantum, model=1, defaultz=0, defaultt=0,
                            name="", compression=0.5)  # fmt: skip
        binding = self.add("channelbinding", user, renderingdef=settings, renderingdef_index=0, family=1, active=True,
                           alpha=255, red=255, green=0, blue=0, coefficient=1.0, noisereduction=False, inputstart=0.0,
                           inputend=9.0)  # fmt: skip
        context = self.add("codomainmapcontext", user, channelbinding=binding, channelbinding_index=0)
        self.part("reverseintensitycontext", codomainmapcontext_id=context, reverse=True)
        thumbnail = self.add("thumbnail", user, pixels=pixels, mimetype="image/jpeg", sizex=9, sizey=9, ref="")
        return settings, thumbnail

    def fileset(self, *images: int, files: Sequence[int] = ()) -> int:
        """A fileset with its images, files, and an upload job with a log file."""
        fileset = self.add("fileset", templateprefix=f"ann_7/{images}/")
        for place, file in enumerate(files):
            self.add("filesetentry", fileset=fileset, fileset_index=place, originalfile=file, clientpath="x")
        job = self.add("job", username="x", groupname="x", type="x", message="", status=1, submitted=func.now(),
                       scheduledfor=func.now())  # fmt: skip
        self.part("uploadjob", job_id=job)
        self.link("filesetjoblink", fileset, job, parent_index=0)
        self.link("joboriginalfilelink", job, self.file(name="log"))
        with self.scene() as scene:
            table = TABLES["image"]
            scene.db.execute(table.update().where(table.c.id.in_(images)).values(fileset=fileset))
        return fileset

    def plate(self, *images: int, runs: int = 1) -> int:
        """A plate with a well for each image."""
        plate = self.add("plate", name="a plate")
        acquisitions = [self.add("plateacquisition", plate=plate) for _ in range(runs)]
        for place, image in enumerate(images):
            well = self.add("well", plate=plate, column=place, row=0)
            run = acquisitions[place % runs] if runs else None
            self.add("wellsample", well=well, well_index=0, image=image, plateacquisition=run)
        return plate

    def there(self, table: str, *ids: int) -> bool:
        """Whether all of these rows exist; False when none does."""
        with self.lab.database.begin() as db:
            column = TABLES[table].c.id
            count = db.execute(select(func.count()).where(column.in_(ids))).scalar_one()
        assert count in (0, len(ids)), f"{count} of {len(ids)} rows of {table} exist"
        return bool(count)

    def counts(self) -> Counter[str]:
        """How many rows each table has, without those that are kept on purpose."""
        with self.lab.database.begin() as db:
            names = sorted(set(TABLES) - BOOKKEEPING)
            counted = [select(func.count()).select_from(TABLES[name]).scalar_subquery() for name in names]
            return Counter(dict(zip(names, db.execute(select(*counted)).one(), strict=True)))


def request(
    targets: dict[str, list[int]], *, dry_run: bool = False, options: Sequence[Any] = (), ignore: Sequence[str] = ()
) -> omero.cmd.Delete2:
    return omero.cmd.Delete2(
        targetObjects=targets, childOptions=list(options), dryRun=dry_run, typesToIgnore=list(ignore)
    )  # fmt: skip


def option(
    include: Sequence[str] = (), exclude: Sequence[str] = (), ns: Sequence[str] = (), not_ns: Sequence[str] = ()
) -> Any:
    return omero.cmd.graphs.ChildOption(
        includeType=list(include), excludeType=list(exclude), includeNs=list(ns), excludeNs=list(not_ns)
    )  # fmt: skip


def run(
    lab: Lab, user: str, asked: Any, steps: Steps | None = None, caller: dict[str, Any] | None = None,
    group: str | None = None,
) -> Any:  # fmt: skip
    """The response to a request of a user, in a group or in all."""
    load()
    who, command = lab.caller(user, group, **caller or {}), COMMANDS[asked.ice_id()]

    def work(transaction: Transaction) -> Any:
        call = Call(who, transaction, None, lab.engine)  # type: ignore[arg-type]
        return execute(command.function, call, asked, steps or Steps())

    if command.mode_of(asked) == "write":
        return transact(lab.database, who.author(), work)
    with Transaction(lab.database, who.author(), False) as transaction:
        return work(transaction)


def simple(objects: dict[str, list[int]]) -> dict[str, list[int]]:
    """A response's map with simple class names."""
    return {name.rpartition(".")[2]: ids for name, ids in objects.items()}


def run_delete(
    lab: Lab, user: str, targets: dict[str, list[int]], steps: Steps | None = None,
    caller: dict[str, Any] | None = None, **asked: Any,
) -> dict[str, list[int]]:  # fmt: skip
    """Delete as a user; the response's map with simple class names."""
    return simple(run(lab, user, request(targets, **asked), steps, caller).deletedObjects)
