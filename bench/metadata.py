"""Metadata on a large database: calls of our server through Ice, against the same by SQL through psycopg2.

``python -m bench metadata``; ``BENCH_IMAGES=1000000`` for more than the usual 200,000. The data of the measured user
stay the same while those of everybody else grow to five times as much: ``growth`` tells what that costs.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

import omero
import omero.model
import omero.sys
from bench.figures import print_figure
from bench.seeding import Site, add_images, add_people
from bench.server import running_server
from bench.statements import statement
from omero.rtypes import rint, rlist, rlong, rstring
from tests.support.instance import Instance

IMAGES = 200_000
PAGE, DEEP, HUGE_DATASET = 200, 5000, 10_000
SECONDS, LEAST, MOST = 1.0, 5, 200

TREE_OF_WEB = """
    select new map(dataset.id as id, dataset.name as name, dataset.details.owner.id as ownerId,
        dataset as dataset_details_permissions,
        (select count(id) from DatasetImageLink dil where dil.parent=dataset.id) as childCount)
    from Dataset dataset join dataset.projectLinks plink where plink.parent.id = :project
    order by lower(dataset.name), dataset.id"""
IMAGES_OF_DATASET = """
    select i from Image i left outer join fetch i.pixels p left outer join fetch p.pixelsType join i.datasetLinks l
    where l.parent.id = :dataset order by lower(i.name), i.id"""
IMAGES_OF_WEB = """
    select new map(image.id as id, image.archived as archived, image.name as name, image.details.owner.id as ownerId,
        image as image_details_permissions, image.fileset.id as filesetId, pix.sizeX as sizeX, pix.sizeY as sizeY,
        pix.sizeT as sizeT, pix.sizeZ as sizeZ)
    from Image image left outer join image.pixels pix join image.datasetLinks dlink where dlink.parent.id = :dataset
    order by lower(image.name), image.id"""
ANNOTATION_LINKS = """
    select l from ImageAnnotationLink l join fetch l.child a join fetch a.details.owner
    join fetch a.details.creationEvent where l.parent.id in (:images)"""
OBJECT = """
    select obj from Image obj join fetch obj.details.owner as owner join fetch obj.details.creationEvent
    where obj.id in (:ids)"""
COUNT = "select count(l.id) from DatasetImageLink l where l.parent.id = :dataset"
TAGS = """
    select new map(tag.id as id, tag.textValue as textValue, tag.description as description,
        tag.details.owner.id as ownerId, tag as tag_details_permissions, tag.ns as ns)
    from TagAnnotation tag order by lower(tag.textValue), tag.id"""
ORPHANS = """
    select new map(image.id as id, image.archived as archived, image.name as name, image.details.owner.id as ownerId,
        image as image_details_permissions, image.fileset.id as filesetId)
    from Image image where image.details.owner.id = :me
    and not exists (select dilink from DatasetImageLink as dilink where dilink.child = image.id)
    and not exists (select ws from WellSample ws where ws.image.id = image.id) order by lower(image.name), image.id"""
PAIRS = """
    select i.id from Image i join i.annotationLinks al join al.child ann join ann.mapValue as nv
    where nv.name = :key and nv.value = :value"""
RECENT = """
    select i from Image i join fetch i.details.creationEvent e where i.details.owner.id = :me
    order by e.time desc, i.id desc"""


@dataclass(frozen=True)
class Case:
    """One kind of call. ``ours`` takes the call's context; it and ``floor`` tell how much they found."""

    name: str
    ours: Callable[[dict[str, str]], int]
    floor: Callable[[], int]


@dataclass(frozen=True)
class Times:
    """Medians, in milliseconds: in the group of the data, in all groups, and of the floor."""

    own: float
    all: float
    floor: float


class Worker:
    """The measured user, connected both ways."""

    def __init__(self, server: Instance, site: Site, session: Any, connection: Any) -> None:
        self.person = site.worker
        self.connection = connection
        self.query, self.containers = session.getQueryService(), session.getContainerService()
        self.metadata = session.getMetadataService()
        self.values: dict[str, Any] = {"me": self.person.user, "group": self.person.group, "offset": 0}
        self.values["dataset"], self.values["project"] = self._one(
            "select l.parent, max(p.parent) from datasetimagelink l join projectdatasetlink p on p.child = l.parent"
            " where l.owner_id = %(me)s group by l.parent order by count(*) desc limit 1"
        )
        self.values["images"] = self._one(
            "select array_agg(child) from (select child from datasetimagelink where parent = %(dataset)s limit 200) i"
        )[0]
        self.values["image"] = self.values["images"][0]
        self.values["sample"] = self._one(
            "select v.value from imageannotationlink l join annotation_mapvalue v on v.annotation_id = l.child"
            " where l.parent = %(image)s and v.name = 'sample'"
        )[0]

    def _one(self, sql: str) -> Any:
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute(sql, self.values)
            return cursor.fetchone()

    def floor(self, name: str, **values: Any) -> Callable[[], int]:
        """Run a statement, or several; the number of rows of the first."""
        texts = statement(Path(__file__).with_suffix(".sql"), name).split(";")
        given = self.values | values

        def run() -> int:
            with self.connection.cursor() as cursor:
                found = []
                for text in texts:
                    cursor.execute(text, given)
                    found.append(len(cursor.fetchall()))
            self.connection.commit()
            return found[0]

        return run

    def parameters(self, limit: int | None = None, offset: int | None = None, **more: Any) -> omero.sys.Parameters:
        """Parameters of a query: those that the floor has too, and a page."""
        wrap = {int: rlong, str: rstring, list: lambda ids: rlist([rlong(i) for i in ids])}
        known = {key: self.values[key] for key in ("me", "dataset", "project", "images")} | more
        made = omero.sys.Parameters({key: wrap[type(value)](value) for key, value in known.items()})
        if limit is not None:
            made.theFilter = omero.sys.Filter(limit=rint(limit), offset=rint(offset or 0))
        return made

    def objects(self, name: str, hql: str, floor: dict[str, Any] | None = None, **given: Any) -> Case:
        """A query for objects."""
        parameters = self.parameters(**given)

        def ours(context: dict[str, str]) -> int:
            return len(self.query.findAllByQuery(hql, parameters, context))

        return Case(name, ours, self.floor(name.removesuffix("_deep"), **(floor or {})))

    def rows(self, name: str, hql: str, floor: dict[str, Any] | None = None, **given: Any) -> Case:
        """A query for values."""
        parameters = self.parameters(**given)

        def ours(context: dict[str, str]) -> int:
            return len(self.query.projection(hql, parameters, context))

        return Case(name, ours, self.floor(name.removesuffix("_deep"), **(floor or {})))

    def cases(self) -> Iterator[Case]:
        """Everything that is measured on a session."""
        dataset, image = self.values["dataset"], self.values["image"]
        yield Case("tree", self._tree, self.floor("tree"))
        yield self.rows("tree_of_web", TREE_OF_WEB)
        yield self.objects("images", IMAGES_OF_DATASET, limit=PAGE)
        yield self.objects("images_deep", IMAGES_OF_DATASET, {"offset": DEEP}, limit=PAGE, offset=DEEP)
        yield self.rows("images_of_web", IMAGES_OF_WEB, limit=PAGE)
        yield self.rows("images_of_web_deep", IMAGES_OF_WEB, {"offset": DEEP}, limit=PAGE, offset=DEEP)
        yield Case("loadAnnotations", self._annotations, self.floor("annotations"))
        yield self.objects("annotations", ANNOTATION_LINKS)
        yield Case("get", lambda context: int(bool(self.query.get("Image", image, context))), self.floor("image"))
        yield self.objects("object", OBJECT, ids=[image])
        yield Case("getCollectionCount", lambda c: len(self._count(dataset, c)), self.floor("count"))
        yield self.rows("count", COUNT)
        yield self.rows("tags", TAGS)
        yield self.rows("orphans", ORPHANS)
        yield self.rows("pairs", PAIRS, key="sample", value=self.values["sample"])
        yield self.objects("recent", RECENT, limit=20)

    def _tree(self, context: dict[str, str]) -> int:
        options = omero.sys.Parameters(theFilter=omero.sys.Filter(ownerId=rlong(self.person.user)))
        projects = self.containers.loadContainerHierarchy("Project", None, options, context)
        return sum(project.sizeOfDatasetLinks() for project in projects)

    def _annotations(self, context: dict[str, str]) -> int:
        found = self.metadata.loadAnnotations("Image", self.values["images"], None, None, None, context)
        return sum(map(len, found.values()))

    def _count(self, dataset: int, context: dict[str, str]) -> Any:
        return self.containers.getCollectionCount("Dataset", "imageLinks", [dataset], None, context)


def measure(case: Case, contexts: list[dict[str, str]]) -> Times:
    """Medians of all ways in turn, so that what else the machine does meets them all.

    All must find as much, except that there may be more in all groups.
    """
    ways: list[Callable[[], int]] = [*(lambda c=c: case.ours(c) for c in contexts), case.floor]  # type: ignore[misc]
    found = [way() for way in ways]
    assert 0 < found[0] == found[-1] <= min(found), f"{case.name}: found {found}"
    taken: list[list[float]] = [[] for _ in ways]
    started = time.perf_counter()
    while len(taken[0]) < MOST and (len(taken[0]) < LEAST or time.perf_counter() - started < SECONDS * len(ways)):
        for way, times in zip(ways, taken, strict=True):
            before = time.perf_counter()
            way()
            times.append((time.perf_counter() - before) * 1000)
    return Times(*map(statistics.median, taken))


def login_case(server: Instance, site: Site, worker: Worker) -> Case:
    """A login from an open client to its first answer; the floor has its connection already."""
    name = site.name(site.worker)

    def ours(context: dict[str, str]) -> int:
        client = omero.client(f"tcp://{server.host}:{server.ports.tcp}")
        try:
            return int(bool(client.createSession(name, server.root_password)))
        finally:
            client.closeSession()

    return Case("login", ours, worker.floor("login", login=name))


@contextmanager
def connected(server: Instance, site: Site) -> Iterator[Worker]:
    """The measured user logged in, with a database connection of his own."""
    client = omero.client(f"tcp://{server.host}:{server.ports.tcp}")
    # The planner's settings with which the floors are fastest; the server has them too.
    connection = psycopg2.connect(server.uri, options="-c random_page_cost=1.1 -c jit=off")
    try:
        session = client.createSession(site.name(site.worker), server.root_password)
        yield Worker(server, site, session, connection)
    finally:
        client.closeSession()
        connection.close()


def measure_all(server: Instance, site: Site) -> dict[str, Times]:
    """Every case, by name."""
    contexts = [{"omero.group": str(site.worker.group)}, {"omero.group": "-1"}]
    with connected(server, site) as worker:
        cases = [login_case(server, site, worker), *worker.cases()]
        return {case.name: measure(case, contexts) for case in cases}


def seeded_twice(server: Instance, images: int) -> Iterator[Site]:
    """The site with a fifth of all images, then with all of them."""
    superuser = psycopg2.connect(server.uri.replace("//omero@", "//postgres@"))
    with superuser, superuser.cursor() as cursor:
        cursor.execute("select hash from password where experimenter_id = 0")
        site = add_people(superuser, cursor.fetchone()[0])
    add_images(superuser, site, images // 5, constant=HUGE_DATASET)
    yield site
    add_images(superuser, site, images - images // 5)
    yield site
    superuser.close()


def main() -> None:
    """Measure before and after everybody else's data grow."""
    images = int(os.environ.get("BENCH_IMAGES", IMAGES))
    with running_server() as server:
        few, many = (measure_all(server, site) for site in seeded_twice(server, images))
    for name, times in many.items():
        ratios = {"ratio_all_groups": round(times.all / times.floor, 2), "growth": round(times.own / few[name].own, 2)}
        ratios |= {"growth_all_groups": round(times.all / few[name].all, 2)}
        print_figure(f"metadata_{name}", "ms", times.own, times.floor, images=images, **ratios)


if __name__ == "__main__":
    main()
