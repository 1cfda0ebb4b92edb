"""Objects and values that queries give, against a real database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError

import omero
import omero.model
from omero_server.db.tables import TABLES
from omero_server.queries import Reader, fill_counts, find, run
from omero_server.queries.driver import fetch
from tests.support.database import fresh_database
from tests.support.scene import NOON, PRIVATE, READ_ANNOTATE, Scene

PAIRS = [("b", "1"), ("a", "2"), ("b", "3")]


@pytest.fixture(scope="module")
def db() -> Iterator[Connection]:
    with fresh_database() as database, database.engine.connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def scene(db: Connection) -> Scene:
    scene = Scene(db)
    lab, secret = scene.group("lab", READ_ANNOTATE), scene.group("secret", PRIVATE)
    ann = scene.user("ann", "lab", "secret")
    bob = scene.user("bob", "lab", "secret")
    for number in range(3):
        image = scene.image(f"Image {number}", ann, lab, description=None if number else "first")
        scene.pixels(image, ann, lab, channels=3)
    dataset = scene.add("dataset", ann, lab, name="Data")
    scene.link("datasetimagelink", dataset, 1, ann, lab)
    scene.link("datasetimagelink", dataset, 2, ann, lab)
    tag = scene.annotation("/basic/text/tag/", ann, lab, textvalue="tagged", ns="n")
    pairs = scene.annotation("/map/", ann, lab, ns="pairs")
    rows = [{"annotation_id": pairs, "name": k, "value": v, "index": n} for n, (k, v) in enumerate(PAIRS)]
    db.execute(insert(TABLES["annotation_mapvalue"]), rows)
    scene.link("imageannotationlink", 1, tag, ann, lab)
    scene.link("imageannotationlink", 1, pairs, bob, lab)
    instrument = scene.add("instrument", ann, lab)
    laser = {"type": 1, "lasermedium": 1, "wavelength": 488.0, "wavelengthunit": "nm"}
    for table, values in (("laser", laser), ("arc", {"type": 1})):
        source = scene.add("lightsource", ann, lab, instrument=instrument, model=table)
        db.execute(insert(TABLES[table]).values(lightsource_id=source, **values))
    scene.image("Secret", bob, secret)
    return scene


@pytest.fixture
def ann(db: Connection, scene: Scene) -> Reader:
    return Reader(db, scene.caller("ann", "lab"))


def test_object_has_its_values_and_unloaded_references(ann: Reader) -> None:
    (image,) = run(ann, "select i from Image i where i.name = 'Image 0'")
    assert type(image) is omero.model.Image
    assert (image._id._val, image._name._val, image._description._val) == (1, "Image 0", "first")
    assert image._acquisitionDate._val == int(NOON.timestamp() * 1000)
    assert image._loaded
    assert (image._pixelsLoaded, image._pixelsSeq) == (False, None)
    owner = image._details._owner
    assert (type(owner), owner._loaded, owner._id._val) == (omero.model.Experimenter, False, ann.caller.user_id)
    assert image._details._permissions._perm1 == READ_ANNOTATE


def ids(objects: list[omero.model.IObject]) -> list[int]:
    return [o._id._val for o in objects]


def test_fetched_collections_are_loaded_in_the_order_of_their_index(ann: Reader) -> None:
    hql = "select i from Image i join fetch i.pixels p left outer join fetch p.channels c where i.id = :id"
    hql += " order by c.id"
    images = run(ann, hql, {"id": 2})
    assert ids(images) == [2, 2, 2], "one for each row, as there is no distinct"
    assert images[0] is images[1]
    (pixels,) = images[0]._pixelsSeq
    assert [c._red._val for c in pixels._channelsSeq] == [0, 1, 2]
    assert pixels._image is images[0]
    assert (pixels._physicalSizeX._value, pixels._physicalSizeX._unit.name) == (0.5, "MICROMETER")
    assert (images[0]._annotationLinksLoaded, images[0]._annotationLinksSeq) == (False, None)


def test_distinct_and_limits_count_objects_and_not_rows(ann: Reader) -> None:
    hql = "select distinct i from Image i join fetch i.pixels p join fetch p.channels order by i.name desc"
    assert ids(run(ann, hql)) == [3, 2, 1]
    page = run(ann, hql.replace("distinct ", ""), limit=1, offset=1)
    assert ids(page) == [2]
    assert len(page[0]._pixelsSeq[0]._channelsSeq) == 3
    outer = "select i from Image i left outer join fetch i.annotationLinks l left outer join fetch l.child"
    assert ids(run(ann, f"{outer} order by i.id", limit=2)) == [1, 2]
    assert ids(run(ann, "select i from Image i order by i.id", limit=1, offset=2)) == [3]


def test_empty_fetched_collection_is_loaded_and_empty(ann: Reader) -> None:
    (image,) = run(ann, "select i from Image i left outer join fetch i.annotationLinks where i.id = 3")
    assert (image._annotationLinksLoaded, image._annotationLinksSeq) == (True, [])


def test_annotations_have_their_classes_and_pairs_in_order(ann: Reader) -> None:
    links = run(ann, "select l from ImageAnnotationLink l join fetch l.child where l.parent.id = 1 order by l.id")
    assert [type(link._child).__name__ for link in links] == ["TagAnnotation", "MapAnnotation"]
    assert links[0]._child._textValue._val == "tagged"
    assert [(p.name, p.value) for p in links[1]._child._mapValue] == PAIRS


def test_unloaded_references_have_a_class_that_can_be_sent(ann: Reader) -> None:
    links = run(ann, "select l from ImageAnnotationLink l where l.parent.id = 1 order by l.id")
    assert [(type(link._child).__name__, link._child._loaded) for link in links] == [
        ("TagAnnotation", False),
        ("MapAnnotation", False),
    ]


def test_objects_in_several_tables(ann: Reader) -> None:
    sources = run(ann, "select s from LightSource s order by s.id")
    assert [type(s).__name__ for s in sources] == ["Laser", "Arc"]
    assert (sources[0]._wavelength._value, sources[0]._wavelength._unit.name) == (488.0, "NANOMETER")
    assert [s._model._val for s in run(ann, "from Laser where wavelength.unit = 'NANOMETER'")] == ["laser"]
    assert run(ann, "select s.id from LightSource s where s.class = Arc") == ids(sources[1:])
    (instrument,) = run(ann, "select i from Instrument i join fetch i.lightSource")[:1]
    assert len(instrument._lightSourceSeq) == 2


def test_values_and_maps(ann: Reader) -> None:
    hql = "select new map(i.id as id, i as i_details_permissions, p.physicalSizeX as x, p.physicalSizeX.unit as u) "
    (row,) = run(ann, hql + "from Image i join i.pixels p where i.id = 1")
    assert (row["id"], row["x"]._value, row["u"]) == (1, 0.5, "MICROMETER")
    assert row["i_details_permissions"]._perm1 == READ_ANNOTATE
    hql = "select i.name, count(l), (select count(p) from Pixels p where p.image = i) "
    hql += "from Image i left join i.datasetLinks l group by i.id, i.name order by i.name"
    assert run(ann, hql) == [("Image 0", 1, 1), ("Image 1", 1, 1), ("Image 2", 0, 1)]
    assert run(ann, "select sum(p.sizeX), avg(p.sizeY), max(p.physicalSizeX) from Pixels p") == [(15, 4.0, 0.5)]
    assert run(ann, "select a.class from Annotation a order by a.id")[0] == "ome.model.annotations.TagAnnotation"


def test_conditions_agree_with_sql(ann: Reader, db: Connection) -> None:
    cases = {
        "i.name like 'Image%' and not i.description is null": "name LIKE 'Image%' AND description IS NOT NULL",
        "i.id between 2 and 3 or lower(i.name) = 'image 0'": "id BETWEEN 2 AND 3 OR lower(name) = 'image 0'",
        "i.id in (1, 3)": "id IN (1, 3)",
        "i.datasetLinks is empty": "id NOT IN (SELECT child FROM datasetimagelink)",
        "size(i.annotationLinks) = 2": "2 = (SELECT count(*) FROM imageannotationlink l WHERE l.parent = image.id)",
        "exists (select l from DatasetImageLink l where l.child = i)": "id IN (SELECT child FROM datasetimagelink)",
        "i.details.creationEvent.experimenter.omeName = 'root'": "true",
        "case when i.id = 1 then 'a' else 'b' end = 'a'": "id = 1",
        "i.name || '!' = concat(:name, '!') or mod(i.id, 2) = 0": "name = 'Image 2' OR id % 2 = 0",
        "substring(i.name, 7, 1) > cast(1 as string)": "substr(name, 7, 1) > '1'",
        "i.acquisitionDate < current_timestamp and year(i.acquisitionDate) = 2024": "true",
        "coalesce(i.description, 'none') <> 'none'": "description IS NOT NULL",
        "i.id >= all (select x.id from Image x)": "id = 3",
        "1 in elements(i.datasetLinks)": "id = 1",
    }
    group, image = ann.caller.group_id, TABLES["image"]
    for hql, sql in cases.items():
        statement = select(image.c.id).where(image.c.group_id == group, text(f"({sql})")).order_by(image.c.id)
        expected = list(db.execute(statement).scalars())
        assert expected
        query = " ".join(["select i.id from Image i where", hql, "order by i.id"])
        assert run(ann, query, {"name": "Image 2"}) == expected, hql


def test_find_loads_one_object_with_what_is_asked_for(ann: Reader) -> None:
    fetch = ("pixels", "pixels.pixelsType", "details.owner", "pixels.details.creationEvent")
    image = find(ann, "omero.model.ImageI", 1, fetch)
    assert image._pixelsSeq[0]._pixelsType._value._val
    assert image._details._owner._omeName._val == "ann"
    assert image._pixelsSeq[0]._details._creationEvent._loaded
    assert find(ann, "Image", 4711) is None
    with pytest.raises(omero.ApiUsageException):
        find(ann, "Imag", 1)


def test_parameters(ann: Reader) -> None:
    lists = omero.RList([omero.RLong(1), omero.RLong(3)])
    hql = "select i.id from Image i where i.id in (:ids) order by i.id"
    assert run(ann, hql, {"ids": lists}) == run(ann, hql, {"ids": (1, 3)}) == [1, 3]
    assert run(ann, hql, {"ids": []}) == []
    assert run(ann, hql.replace("in", "not in", 1).replace("(:ids)", ":ids"), {"ids": 1}) == [2, 3]
    image = omero.RObject(omero.model.Image(omero.RLong(2)))
    assert run(ann, "select p.image.id from Pixels p where p.image = :i", {"i": image}) == [2]
    moment = omero.RTime(int(NOON.timestamp() * 1000))
    assert run(ann, "select count(i) from Image i where i.acquisitionDate = :t", {"t": moment}) == [3]
    for params in ({}, {"ids": None}, {"ids": omero.RObject()}):
        with pytest.raises(omero.ApiUsageException, match=":ids"):
            run(ann, hql, params)


def test_classes_collections_and_texts(ann: Reader) -> None:
    hql = "select a.id from Annotation a where a.class in (:classes) order by a.id"
    both = run(ann, hql, {"classes": [omero.RClass("ome.model.annotations.TagAnnotation"), "MapAnnotation"]})
    assert both == run(ann, "select a.id from Annotation a order by a.id")
    assert run(ann, "select count(a) from Annotation a where a.class <> TagAnnotation") == [1]
    with pytest.raises(omero.QueryException, match="no class 'Tug'"):
        run(ann, hql, {"classes": "Tug"})
    assert ids(run(ann, "select i.annotationLinks from Image i where i.id = 1")) == [1, 2]
    assert run(ann, "select i.id from Image i where i.name like 'image!_%' escape '!'") == []
    pairs = "select v.value from MapAnnotation m join m.mapValue v where v.name = 'b' order by index(v)"
    assert run(ann, pairs) == ["1", "3"]
    assert run(ann, "select maxindex(p.channels), size(p.channels) from Pixels p where p.id = 1") == [(2, 3)]
    joined = "select d.name, i.name from Dataset d left join d.imageLinks l with l.child.id = 2 left join l.child i"
    assert run(ann, joined) == [("Data", "Image 1")]


@pytest.mark.parametrize(
    ("hql", "says"),
    [
        ("select i.nam from Image i", "Image has no property 'nam' at line 1, column 8, near 'i.nam from.*mean name"),
        ("select i from Imgae i", "no class 'Imgae' at line 1, column 15.*Did you mean Image"),
        ("select i from Image i where i.pixels.sizeX = 1", "'pixels' is a collection"),
        ("select x.name from Image i", "unknown name 'x'"),
        ("select i from Image i where", "ends too early at the end of the query"),
        ("select i from Image i where i.id == 1", "unexpected '='"),
        ("select lowr(i.name) from Image i", "no function 'lowr'.*lower"),
        ("select substring(i.name) from Image i", "takes 2 to 3 arguments, 1 are given"),
        ("select e.details.owner from Experimenter e", "Experimenter has no details.owner"),
        ("select i from Image i join i.pixels i", "alias 'i' is used twice"),
        ("select i from Image i where i.name = 1", "the database says: operator does not exist"),
        ("select p from Pixels p where p.physicalSizeX.unit = 'LIGHTYEARS'", "no unit 'LIGHTYEARS' .*LIGHTYEAR"),
        ("select index(p) from Pixels p", "needs the alias of a joined list"),
        ("select new thing(i.id) from Image i", "unknown class 'thing' after new"),
    ],
)
def test_wrong_queries_say_where_and_what(ann: Reader, hql: str, says: str) -> None:
    savepoint = ann.db.begin_nested()
    with pytest.raises(omero.QueryException, match=f"(?s){says}") as caught:
        run(ann, hql)
    savepoint.rollback()
    assert caught.value.message.startswith("illegal query")
    assert caught.value.message.endswith(hql)


def test_link_counts_are_fetched_on_demand_and_count_what_can_be_read(
    ann: Reader, db: Connection, scene: Scene
) -> None:
    bob, ann_id = scene.users["bob"], scene.users["ann"]
    hql = "select i from Image i left outer join fetch i.annotationLinksCountPerOwner order by i.id"
    first, second, third = run(ann, hql)
    assert first._annotationLinksCountPerOwner == {ann_id: 1, bob: 1}
    assert second._annotationLinksCountPerOwner == third._annotationLinksCountPerOwner == {}
    assert (first._datasetLinksCountPerOwner, first._annotationLinksLoaded) == (None, False)
    (data,) = run(
        ann, "from Dataset d left join fetch d.imageLinks l left join fetch d.imageLinksCountPerOwner", limit=1
    )
    assert (data._imageLinksCountPerOwner, len(data._imageLinksSeq)) == ({ann_id: 2}, 2)
    fill_counts(ann, [data], "annotationLinksCountPerOwner", "projectLinksCountPerOwner")
    assert data._annotationLinksCountPerOwner == data._projectLinksCountPerOwner == {}
    elsewhere = scene.annotation("/basic/num/long/", bob, scene.groups["secret"])
    savepoint = db.begin_nested()
    scene.link("imageannotationlink", 2, elsewhere, bob, scene.groups["secret"])
    assert run(ann, hql)[1]._annotationLinksCountPerOwner == {}
    assert run(ann, hql, as_server=True)[1]._annotationLinksCountPerOwner == {bob: 1}
    savepoint.rollback()
    with pytest.raises(omero.ApiUsageException, match="no map"):
        fill_counts(ann, [data], "channelsCountPerOwner")


def test_rows_are_read_from_the_driver_and_its_errors_are_those_of_sqlalchemy(scene: Scene) -> None:
    engine = scene.db.engine
    with engine.connect() as own:
        assert fetch(own, "select %(a)s + 1", {"a": 1}) == [(2,)]
        assert own.in_transaction()
        with pytest.raises(ProgrammingError, match="missing"):
            fetch(own, "select 1 from missing", {})
        own.rollback()
        killed = fetch(own, "select pg_backend_pid()", {})[0][0]
        with engine.begin() as other:
            fetch(other, "select pg_terminate_backend(%(pid)s)", {"pid": killed})
        with pytest.raises(OperationalError) as caught:
            fetch(own, "select 1", {})
        assert caught.value.connection_invalidated
        assert own.invalidated


def test_objects_share_values_but_not_details(scene: Scene) -> None:
    reader = Reader(scene.db, scene.caller("ann", "lab"))
    one, two = run(reader, "select i from Image i order by i.id")[:2]
    assert one._details is not two._details
    assert one._details.__dict__ is not two._details.__dict__
    assert one._details._owner is two._details._owner
    assert one._details._creationEvent is one._details._updateEvent
    (link,) = run(reader, "select l from DatasetImageLink l join fetch l.child where l.child.id = 1")
    assert link._id is link._child._id
