"""How the database finds the answers to the commonest queries of clients: by index, and without others' data.

The plans are those of the statements that the server really sends, on a database that is filled in two steps: between
them only the data of other users grow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from sqlalchemy import event

from bench.seeding import Person, Site, add_images, add_people
from omero_server.db.engine import Database
from omero_server.queries import Reader, run
from omero_server.sessions.call import ALL_GROUPS, Caller
from tests.support.database import fresh_database
from tests.support.scene import ALL_PRIVILEGES, PRIVATE, READ_ANNOTATE

FEW, MANY = 20_000, 80_000
LARGE = 10_000  # rows of a table that must not be read from end to end
PAGE, DATASET = 200, 300

# For each query of clients: how many rows of tables it may touch at most, and whether it wants a page.
QUERIES: dict[str, tuple[str, int]] = {
    "project tree": (
        "select p from Project p left outer join fetch p.datasetLinks l left outer join fetch l.child d"
        " where p.details.owner.id = :me",
        500,
    ),
    "datasets of a project": (
        "select new map(d.id as id, d.name as name, d.details.owner.id as ownerId, d as dataset_details_permissions,"
        " (select count(id) from DatasetImageLink dil where dil.parent=d.id) as childCount)"
        " from Dataset d join d.projectLinks l where l.parent.id = :project order by lower(d.name), d.id",
        2000,
    ),
    "images of a dataset": (
        "select i from Image i left outer join fetch i.pixels p left outer join fetch p.pixelsType"
        " join i.datasetLinks l where l.parent.id = :dataset order by lower(i.name), i.id",
        3000,
    ),
    "image by id": (
        "select obj from Image obj join fetch obj.details.owner as owner join fetch obj.details.creationEvent"
        " where obj.id in (:image)",
        20,
    ),
    "annotations of images": (
        "select l from ImageAnnotationLink l join fetch l.child a join fetch a.details.owner"
        " join fetch a.details.creationEvent where l.parent.id in (:images)",
        7000,
    ),
    "tags of a group": ("select t from TagAnnotation t order by lower(t.textValue), t.id", 10_000),
    "numbers of children": (
        "select l.parent.id, count(l.id) from DatasetImageLink l where l.parent.id in (:dataset) group by l.parent.id",
        500,
    ),
    "wells of a plate": (
        "select w from Well w left outer join fetch w.wellSamples ws left outer join fetch ws.image i"
        " left outer join fetch i.pixels where w.plate.id = :plate",
        1000,
    ),
    "regions of an image": ("select r from Roi r left outer join fetch r.shapes where r.image.id = :image", 50),
    "rendering settings": (
        "select d from RenderingDef d left outer join fetch d.quantization left outer join fetch d.model"
        " left outer join fetch d.waveRendering c left outer join fetch c.family where d.pixels.id = :pixels",
        50,
    ),
    "files of a fileset": (
        "select f from Fileset f left outer join fetch f.usedFiles e left outer join fetch e.originalFile"
        " where f.id = :fileset",
        20,
    ),
    "experimenter by name": (
        "select e from Experimenter e left outer join fetch e.groupExperimenterMap m"
        " left outer join fetch m.parent where e.omeName = :name",
        1500,
    ),
    "orphaned images": (
        "select i.id from Image i where i.details.owner.id = :me"
        " and not exists (select l from DatasetImageLink l where l.child = i.id)"
        " and not exists (select ws from WellSample ws where ws.image.id = i.id) order by lower(i.name), i.id",
        40_000,
    ),
    "images with a pair": (
        "select i.id from Image i join i.annotationLinks l join l.child a join a.mapValue nv"
        " where nv.name = 'sample' and nv.value = :sample",
        50,
    ),
}
PAGED = {"images of a dataset"}
CONTEXTS = ("own group", "all groups", "administrator", "private group")


class Plans:
    """Explains what queries send. Found plans are lists of nodes, those of all statements of a query together."""

    def __init__(self, database: Database, site: Site) -> None:
        self.database = database
        self.site = site

    def person(self, context: str) -> Person:
        """Whose data are asked for."""
        return self.site.loner if context == "private group" else self.site.worker

    def caller(self, context: str) -> Caller:
        """Who asks: the owner of the data, or an administrator."""
        person, admin = self.person(context), context == "administrator"
        bits = {"own group": READ_ANNOTATE, "private group": PRIVATE}.get(context)
        return Caller(
            session_id=0, session_uuid="", user_id=0 if admin else person.user, user_name="", group_name="",
            group_id=ALL_GROUPS if bits is None else person.group, group_permissions=bits,
            member_of=(0, 1) if admin else (person.group, 1), leader_of=(), is_admin=admin,
            privileges=ALL_PRIVILEGES if admin else frozenset(),
        )  # fmt: skip

    def nodes(self, query: str, context: str) -> list[dict[str, Any]]:
        """All nodes of the plans of a query, run in a context."""
        sent: list[tuple[str, Any]] = []

        def note(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            sent.append((statement, parameters))

        values = self.values(context)
        limit = PAGE if query in PAGED else None
        with self.database.begin() as connection:
            event.listen(self.database.engine, "before_cursor_execute", note)
            found = run(Reader(connection, self.caller(context)), QUERIES[query][0], values, limit=limit)
            event.remove(self.database.engine, "before_cursor_execute", note)
            assert found, f"{query} finds nothing"
            explained = [connection.exec_driver_sql(f"explain (analyze, format json) {s}", p) for s, p in sent]
            plans = [row[0] for result in explained for row in result]
        return [node for (plan,) in plans for node in walk(plan["Plan"])]

    def values(self, context: str) -> dict[str, Any]:
        """Ids of one of each kind of the person's objects."""
        person = self.person(context)
        with self.database.begin() as connection:
            row = connection.exec_driver_sql(VALUES, {"me": person.user, "group": person.group}).mappings().one()
        return dict(row) | {"me": person.user, "name": self.site.name(person)}


# The first dataset of a project, of middle size, and what is in it and of it.
VALUES = """
with d as (
    select l.parent as dataset, min(p.parent) as project, (array_agg(l.child order by l.child))[:200] as images
    from datasetimagelink l join projectdatasetlink p on p.child = l.parent
    where l.owner_id = %(me)s and l.group_id = %(group)s
    group by l.parent having count(*) between 20 and 300 order by l.parent limit 1
), i as (select i.*, d.* from image i, d where i.id = d.images[1])
select i.dataset, i.project, i.images, i.id as image, i.fileset, p.id as pixels,
       (select id from plate where owner_id = %(me)s limit 1) as plate,
       (select v.value from imageannotationlink l join annotation_mapvalue v on v.annotation_id = l.child
        where l.parent = i.id and v.name = 'sample') as sample
from i join pixels p on p.image = i.id
"""


def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A node of a plan and all below it."""
    yield node
    for child in node.get("Plans", ()):
        yield from walk(child)


def touched(nodes: list[dict[str, Any]], large: set[str]) -> int:
    """Rows of large tables that were looked at."""
    scans = [node for node in nodes if node.get("Relation Name") in large]
    removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    return round(sum(n["Actual Loops"] * (n["Actual Rows"] + sum(n.get(r, 0) for r in removed)) for n in scans))


Found = dict[tuple[str, str], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def plans() -> Iterator[tuple[Found, Found, set[str]]]:
    """The nodes of all plans, before and after others' data have grown; and the names of the large tables."""
    with fresh_database() as database:
        url = database.engine.url.set(username="postgres", drivername="postgresql")
        superuser = psycopg2.connect(url.render_as_string())
        site = add_people(superuser, "none")
        found = []
        for images, first in ((FEW, DATASET), (MANY - FEW, 0)):
            add_images(superuser, site, images, constant=first)
            explain = Plans(database, site)
            found.append({(q, c): explain.nodes(q, c) for q in QUERIES for c in CONTEXTS})
        with superuser.cursor() as cursor:
            cursor.execute("select relname from pg_class where relkind = 'r' and reltuples > %s", (LARGE,))
            large = {name for (name,) in cursor.fetchall()}
        superuser.close()
        yield found[0], found[1], large


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("query", QUERIES)
def test_large_tables_are_read_by_index(plans: tuple[Found, Found, set[str]], query: str, context: str) -> None:
    _, many, large = plans
    assert {"image", "pixels", "annotation", "imageannotationlink", "datasetimagelink", "roi", "shape"} <= large
    nodes = many[query, context]
    read = {node["Relation Name"] for node in nodes if node["Node Type"].endswith("Seq Scan")}
    assert nodes
    assert read & large == set()


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("query", QUERIES)
def test_rows_touched_are_few_and_not_those_of_others(
    plans: tuple[Found, Found, set[str]], query: str, context: str
) -> None:
    few, many, large = plans
    before, after = touched(few[query, context], large), touched(many[query, context], large)
    assert after <= QUERIES[query][1], f"{after} rows touched"
    assert after <= before * 1.1 + 10, f"{before} rows touched before others added theirs, {after} afterwards"
