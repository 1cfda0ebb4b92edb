"""From queries to SQL: joins, filters and what is cached, looked at in the text of the statements."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from omero_server.model.schema import MODEL
from omero_server.queries.compiler import Plan, compile_query
from omero_server.queries.errors import HqlError
from omero_server.queries.functions import FUNCTIONS
from omero_server.security.filter import ReadFilter

EVERYTHING = ReadFilter("free")
OWN = ReadFilter("own")
QUERIES = Path(__file__).parents[2] / "docs" / "developers" / "queries.md"


def plan(hql: str, read: ReadFilter = EVERYTHING, limited: bool = False) -> Plan:
    return compile_query(hql, read, frozenset(), limited)


def joins(sql: str) -> int:
    return len(re.findall(r"\bJOIN\b", sql))


@pytest.mark.parametrize("name", sorted(MODEL.classes))
def test_every_class_can_be_selected(name: str) -> None:
    made = plan(f"from {name}", OWN)
    assert made.items[0].node is not None


def test_ids_of_references_need_no_join() -> None:
    assert joins(plan("select i.fileset.id, i.details.owner.id from Image i where i.instrument = 1").sql) == 0
    assert joins(plan("select i.fileset.templatePrefix from Image i order by i.fileset.templatePrefix").sql) == 1


def test_every_table_has_the_filter() -> None:
    hql = (
        "select d from Dataset d join d.imageLinks l left join fetch l.child i where size(i.rois) > 1 "
        "and exists (select p from Pixels p where p.image = i and p.relatedTo.sizeX > 2) and i.annotationLinks is empty"
    )
    sql = plan(hql, OWN).sql
    assert sql.count("owner_id = %(_me)s") == sql.count("group_id = ANY") == 7
    assert "owner_id = " not in plan(hql).sql


def test_joined_conditions_of_outer_joins_stay_in_the_join() -> None:
    sql = plan("select p.id from Project p left join p.datasetLinks l", OWN).sql
    on, where = sql.split(" ON ")[1].split("WHERE")
    assert "owner_id" in on and "owner_id" in where


def test_single_table_classes_are_told_by_the_discriminator() -> None:
    made = plan("select t.id from TextAnnotation t")
    found = {v for k, v in made.constants.items() if k.startswith("discriminator")}
    assert found == {"/basic/text/comment/", "/basic/text/tag/", "/basic/text/xml/"}


def test_lists_are_one_parameter() -> None:
    made = plan("select i.id from Image i where i.id in (:ids)")
    assert "= ANY (%(p0)s" in made.sql
    assert made.parameters.values({"ids": [1, 2, 3]}) == {"p0": [1, 2, 3]}


def test_page_of_roots_leaves_out_what_only_fetches() -> None:
    hql = "select i from Image i left outer join fetch i.annotationLinks l left outer join fetch l.child"
    sql = plan(f"{hql} where i.name = 'x'", limited=True).sql
    page = sql[sql.index("IN (SELECT") :]
    assert "LIMIT" in page and joins(page) == 0
    assert "GROUP BY" in plan("select i from Image i join fetch i.pixels order by i.name", limited=True).sql
    assert "row_number" in plan("select i from Image i join fetch i.pixels p order by p.sizeX", limited=True).sql
    assert "row_number" not in plan("select i from Image i join fetch i.details.owner", limited=True).sql


@pytest.mark.parametrize(
    "hql",
    [
        "select i from Image i left join i.pixels p with p.image.name = 'x'",
        "select i from Image i where i.id in (select x, y from Image x, Image y)",
        "select i.id where i.id = 1",
        "select i.id, (select count(*) from Pixels p where p.image = i.id) where i.id = 1",
        "select i from Image i where coalesce(imgae, i.name) = 'x'",
        "select i from Image i where coalesce(imgae.name) = 'x'",
        "select im.name from Image i",
        "select data.name from Image i",
        "select i from Image i, Image i",
        "select r.pixels[0].id from Image r join r.rois x where x.annotationLinks[0].id = 1",
        "select i from Image i where (i.id, i.name) in ((1), (2, 'x'))",
        "select i.annotationLinksCountPerOwner from Image i",
        "from Image i join fetch i.pixelsCountPerOwner",
        "select pg_sleep(5) from Image i",
        "select pg_read_file('/etc/passwd') from Image i",
        "select lpad('x', 1000000000) from Image i",
        "select new omero.Thing(i) from Image i",
        "from NothingAnnotationLink",
        "from PixelsAnnotationLink",
        "select i from Image i where i.details",
        "select mv from MapAnnotation m join m.mapValue mv",
        "select cast(i.id as thing) from Image i",
        "select maxindex(i.rois) from Image i",
        "select i.details.nobody from Image i",
        "select i.name.first from Image i",
        "select Image from Image i",
    ],
)
def test_refusals(hql: str) -> None:
    with pytest.raises(HqlError):
        plan(hql)


def test_page_lists_every_function() -> None:
    documented = QUERIES.read_text(encoding="utf-8")
    assert [name for name in FUNCTIONS if f"`{name}" not in documented] == []
