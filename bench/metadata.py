"""Metadata on a large database: calls of our server through Ice, against the same by SQL through psycopg2.

``python -m bench metadata``; ``BENCH_IMAGES=1000000`` for more than the usual 200,000. The data of the measured user
stay the same while those of everybody else grow to five times as much: ``growth`` tells what that costs.
"""

from __future__ import annotations

import os
import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg2

import omero
import omero.model
import omero.sys
from bench.figures import print_figure
from bench.seeding import Site, add_images, add_people
from bench.server import running_server
from bench.statements import statement
from bench.wire import Mirror, mirror
from omero.rtypes import rint, rlist, rlong, rstring
from omero_server.security.passwords import verify
from tests.support.instance import Instance

IMAGES = 200_000
PAGE, DEEP, HUGE_DATASET = 200, 5000, 10_000
SECONDS, LEAST, MOST = 3.0, 5, 200

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
    """One kind of call: ``call`` takes the services and the call's context; ``count`` tells how much an answer holds,
    ``floor`` how much the SQL found.
    """

    name: str
    call: Callable[[Any, dict[str, str]], Any]
    floor: Callable[[], int]
    count: Callable[[Any], int] = len


@dataclass(frozen=True)
class Times:
    """Medians, in milliseconds: in the group of the data, in all groups, of the floor, and of sending the answer.

    quick, quick_floor: the slowest of the fastest tenth of the calls in the group and of the floor, which what else the
    machine does hardly touches.
    """

    own: float
    all: float
    floor: float
    wire: float
    quick: float
    quick_floor: float


class Worker:
    """The measured user, connected both ways."""

    def __init__(self, server: Instance, site: Site, session: Any, connection: Any) -> None:
        self.person = site.worker
        self.connection = connection
        self.services = SimpleNamespace(
            query=session.getQueryService(),
            containers=session.getContainerService(),
            metadata=session.getMetadataService(),
        )
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

    def stored_password(self) -> str:
        """The user's password hash."""
        return str(self._one("select hash from password where experimenter_id = %(me)s")[0])

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

    def parameters(
        self, hql: str, limit: int | None = None, offset: int | None = None, **more: Any
    ) -> omero.sys.Parameters:
        """Parameters of a query: those that its text names, and a page."""
        wrap = {int: rlong, str: rstring, list: lambda ids: rlist([rlong(i) for i in ids])}
        known = {key: self.values[key] for key in ("me", "dataset", "project", "images")} | more
        named = {key: value for key, value in known.items() if re.search(rf":{key}\b", hql)}
        made = omero.sys.Parameters({key: wrap[type(value)](value) for key, value in named.items()})
        if limit is not None:
            made.theFilter = omero.sys.Filter(limit=rint(limit), offset=rint(offset or 0))
        return made

    def query(self, operation: str, name: str, hql: str, floor: dict[str, Any] | None = None, **given: Any) -> Case:
        """A query; ``given``: its page, and more values than the floor has."""
        parameters = self.parameters(hql, **given)
        run = self.floor(name.removesuffix("_deep"), **(floor or {}))
        return Case(name, lambda to, context: getattr(to.query, operation)(hql, parameters, context), run)

    def cases(self) -> Iterator[Case]:
        """Everything that is measured on a session."""
        objects, rows = partial(self.query, "findAllByQuery"), partial(self.query, "projection")
        image, images, dataset = self.values["image"], self.values["images"], [self.values["dataset"]]
        mine = omero.sys.Parameters(theFilter=omero.sys.Filter(ownerId=rlong(self.person.user)))
        deep = {"offset": DEEP}
        yield Case(
            "tree",
            lambda to, c: to.containers.loadContainerHierarchy("Project", None, mine, c),
            self.floor("tree"),
            lambda projects: sum(project.sizeOfDatasetLinks() for project in projects),
        )
        yield rows("tree_of_web", TREE_OF_WEB)
        yield objects("images", IMAGES_OF_DATASET, limit=PAGE)
        yield objects("images_deep", IMAGES_OF_DATASET, deep, limit=PAGE, offset=DEEP)
        yield rows("images_of_web", IMAGES_OF_WEB, limit=PAGE)
        yield rows("images_of_web_deep", IMAGES_OF_WEB, deep, limit=PAGE, offset=DEEP)
        yield Case(
            "loadAnnotations",
            lambda to, c: to.metadata.loadAnnotations("Image", images, None, None, None, c),
            self.floor("annotations"),
            lambda found: sum(map(len, found.values())),
        )
        yield objects("annotations", ANNOTATION_LINKS)
        yield Case("get", lambda to, c: to.query.get("Image", image, c), self.floor("image"), lambda found: 1)
        yield objects("object", OBJECT, ids=[image])
        yield Case(
            "getCollectionCount",
            lambda to, c: to.containers.getCollectionCount("Dataset", "imageLinks", dataset, None, c),
            self.floor("count"),
        )
        yield rows("count", COUNT)
        yield rows("tags", TAGS)
        yield rows("orphans", ORPHANS)
        yield rows("pairs", PAIRS, key="sample", value=self.values["sample"])
        yield objects("recent", RECENT, limit=20)


def measure(case: Case, to: Any, contexts: list[dict[str, str]], echo: Mirror) -> Times:
    """Medians of all ways in turn, so that what else the machine does meets them all.

    All must find as much, except that there may be more in all groups.
    """
    ways: list[Callable[[], Any]] = [partial(case.call, to, context) for context in contexts]
    ways += [case.floor, partial(case.call, echo.services, {}) if to else lambda: None]
    answers = [way() for way in ways[:-2]]
    found = [case.floor(), *map(case.count, answers)]
    assert 0 < found[0] == found[1] <= min(found), f"{case.name}: found {found}"
    echo.answer = answers[0]
    taken: list[list[float]] = [[] for _ in ways]
    started = time.perf_counter()
    while len(taken[0]) < MOST and (len(taken[0]) < LEAST or time.perf_counter() - started < SECONDS):
        for way, times in zip(ways, taken, strict=True):
            before = time.perf_counter()
            way()
            times.append((time.perf_counter() - before) * 1000)
    quick, _, quick_floor, _ = (statistics.quantiles(times, n=10, method="inclusive")[0] for times in taken)
    return Times(*map(statistics.median, taken), quick, quick_floor)


def login_case(server: Instance, site: Site, worker: Worker) -> Case:
    """A login with a new client. The floor is connected already; it checks the password as every server must."""
    name, person = site.name(site.worker), site.worker
    statements = worker.floor("login", login=name)
    stored = worker.stored_password()

    def call(to: None, context: dict[str, str]) -> list[Any]:
        client = omero.client(f"tcp://{server.host}:{server.ports.tcp}")
        try:
            return [client.createSession(name, server.root_password)]
        finally:
            client.closeSession()

    def floor() -> int:
        assert verify(person.user, server.root_password, stored)[0]
        return statements()

    return Case("login", call, floor)


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
    with connected(server, site) as worker, mirror() as echo:
        found = {"login": measure(login_case(server, site, worker), None, contexts, echo)}
        return found | {case.name: measure(case, worker.services, contexts, echo) for case in worker.cases()}


def seeded_twice(server: Instance, images: int) -> Iterator[Site]:
    """The site with a fifth of all images, then with all of them."""
    superuser = psycopg2.connect(server.uri.replace("//omero@", "//postgres@"))
    with superuser, superuser.cursor() as cursor:
        cursor.execute("select hash from password where experimenter_id = 0")
        password = cursor.fetchone()[0]
    site = add_people(superuser, password)
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
        before = few[name]
        ratios = {
            "ratio_quiet": times.quick / times.quick_floor,
            "ratio_all_groups": times.all / times.floor,
            "wire": times.wire,
            "ratio_to_floor_and_wire": times.own / (times.floor + times.wire),
            "growth": times.quick / before.quick,
            "growth_of_floor": times.quick_floor / before.quick_floor,
        }
        rounded = {key: round(value, 2) for key, value in ratios.items()}
        print_figure(f"metadata_{name}", "ms", times.own, times.floor, images=images, **rounded)


if __name__ == "__main__":
    main()
