"""No query shows that there is something the caller may not read: not by a row, not by a number, not by the order.

Each query is asked twice by different callers: before and after somebody else fills a private group, with objects that
hang on the readable ones. The answers must be the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from omero_server.db.engine import Database
from omero_server.queries import Reader, fill_counts, project, run
from omero_server.queries.fulltext import search
from tests.integration.test_query_features import key, plain
from tests.support.query_scene import laboratory, secrets
from tests.support.query_table import ENTRIES
from tests.support.scene import Scene

CALLERS = [("ann", "lab"), ("ann", "secret"), ("ann", None)]
FURTHER: list[Any] = [
    ("select max(i.id), count(*) from Image i",),
    ("select max(l.id) from ImageAnnotationLink l",),
    ("select i.id from Image i order by size(i.annotationLinks) desc, i.id",),
    ("select i.id from Image i order by (select count(*) from ImageAnnotationLink l where l.parent = i) desc, i.id",),
    ("select i.id, (select max(l.child.id) from ImageAnnotationLink l where l.parent = i) from Image i",),
    ("select i.id from Image i where exists (select a from TagAnnotation a where a.textValue = 'stray')",),
    ("select count(a) from Annotation a where a.textValue like 's%'",),
    ("select l.child.textValue from ImageAnnotationLink l",),
    ("select l.parent.name, l.child.name from DatasetImageLink l",),
    ("select d.id from Dataset d where (select count(*) from DatasetImageLink l where l.parent = d) > 5",),
    ("select i.id from Image i left join i.annotationLinks l left join l.child a where a.textValue is null",),
    ("select i.id, a.id from ImageAnnotationLink l right join l.parent i left join l.child a",),
    ("select i.id, a.id from Image i full join i.annotationLinks l full join l.child a",),
    ("select l.id, a.id from ImageAnnotationLink l full join l.child a",),
    ("select i.id from Image i where i.id < all (select l.parent.id from DatasetImageLink l where l.parent.id = 1)",),
    ("select r.id, maxindex(r.shapes), maxelement(r.shapes), size(r.shapes) from Roi r",),
    ("select r.shapes[9].id from Roi r",),
    ("select i.id from Image i where 9 in (select s.id from Shape s where s.roi.image = i)",),
    ("select p.image.id, count(c) from Pixels p join p.channels c group by p.image.id",),
    ("select i from Image i left join fetch i.annotationLinksCountPerOwner order by i.id",),
    ("select e.id, count(i) from Image i, Experimenter e where i.details.owner = e group by e.id",),
    ("select tagged.parent.id from AnnotationAnnotationLink tagged",),
    ("select coalesce(nobody.id, l.id) from ImageAnnotationLink l",),
    ("select roi.id from Image i",),
    ("select link.id from imageAnnotationLink link",),
]
ASKED = [*ENTRIES, *FURTHER]


@pytest.fixture(scope="module")
def scene(database: Database) -> Iterator[Scene]:
    with database.engine.connect() as connection:
        yield Scene(connection)


@pytest.fixture(scope="module")
def answers(scene: Scene) -> list[list[Any]]:
    """All answers before and after."""
    laboratory(scene)
    before = everything(scene)
    secrets(scene)
    return [before, everything(scene)]


def everything(scene: Scene) -> list[Any]:
    return [(caller, *asked) for caller in CALLERS for asked in answered(Reader(scene.db, scene.caller(*caller)))]


def answered(reader: Reader) -> Iterator[tuple[str, Any]]:
    """Each query with its rows, sorted unless it has an order of its own; whole, and one page if it has an order."""
    for hql, *rest in ASKED:
        values = rest[1] if len(rest) > 1 else None
        rows = [[plain(value) for value in row] for row in project(reader, hql, values)]
        ordered = " order by " in hql.lower()
        yield hql, rows if ordered else sorted(rows, key=key)
        if ordered:
            page = project(reader, hql, values, limit=3, offset=1)
            yield f"{hql} (page)", [[plain(value) for value in row] for row in page]
    yield from objects(reader)


def objects(reader: Reader) -> Iterator[tuple[str, Any]]:
    """What comes with fetched objects, and what searches find."""
    hql = "select distinct i from Image i left join fetch i.annotationLinks l left join fetch l.child order by i.id"
    images = run(reader, hql)
    yield "links", [[link._id._val for link in image._annotationLinksSeq] for image in images]
    fill_counts(reader, images, "annotationLinksCountPerOwner", "datasetLinksCountPerOwner")
    yield "counts", [(i._annotationLinksCountPerOwner, i._datasetLinksCountPerOwner) for i in images]
    for text in ("stray", "tif OR mitosis", "cdc2"):
        yield text, [image._id._val for image in search(reader, "Image", text)]


def test_answers_do_not_depend_on_what_cannot_be_read(answers: list[list[Any]]) -> None:
    before, after = answers
    different = [one[:2] for one, other in zip(before, after, strict=True) if one != other]
    assert different == []
    assert len(before) > 3 * len(ASKED)


def test_owner_of_the_secrets_sees_them(scene: Scene, answers: list[list[Any]]) -> None:
    """Else the other test would show nothing."""
    seen = dict(answered(Reader(scene.db, scene.caller("bob"))))
    hidden = {hql: rows for caller, hql, rows in answers[1] if caller == ("ann", None)}
    assert sum(rows != hidden[hql] for hql, rows in seen.items()) > len(ASKED) / 2
