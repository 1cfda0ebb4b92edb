"""The operations of IQuery, called as the dispatcher calls them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import omero
import omero.model
import omero.sys
from omero_server.db.engine import Database
from omero_server.db.transaction import Transaction
from omero_server.services.query import QueryService
from omero_server.sessions.call import Call, Caller
from tests.support.database import fresh_database
from tests.support.scene import NOON, PRIVATE, READ_ANNOTATE, Scene

QUERY = QueryService()


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with fresh_database() as database:
        yield database


@pytest.fixture(scope="module")
def scene(database: Database) -> Iterator[Scene]:
    with database.begin() as connection:
        scene = Scene(connection)
        lab, secret = scene.group("lab", READ_ANNOTATE), scene.group("secret", PRIVATE)
        ann, bob = scene.user("ann", "lab", "secret"), scene.user("bob", "lab", "secret")
        for name in ("Apple", "apricot", "100%"):
            scene.pixels(scene.image(name, ann, lab), ann, lab, channels=2)
        scene.image("hidden", bob, secret)
        scene.annotation("/basic/num/long/", ann, lab, longvalue=5)
    yield scene


def call_of(database: Database, caller: Caller) -> Iterator[Call]:
    with Transaction(database, caller.author(), writable=False) as transaction:
        yield Call(caller, transaction, None, None)  # type: ignore[arg-type]


@pytest.fixture
def call(database: Database, scene: Scene) -> Iterator[Call]:
    yield from call_of(database, scene.caller("ann", "lab"))


@pytest.fixture
def secret(database: Database, scene: Scene) -> Iterator[Call]:
    yield from call_of(database, scene.caller("ann", "secret"))


def params(limit: int | None = None, offset: int | None = None, **values: object) -> omero.sys.Parameters:
    filter_ = omero.sys.Filter(
        limit=None if limit is None else omero.RInt(limit), offset=None if offset is None else omero.RInt(offset)
    )
    return omero.sys.Parameters(values, filter_, None)


def names(images: list[omero.model.Image]) -> list[str]:
    return [i._name._val for i in images]


def test_get_and_find(call: Call, secret: Call) -> None:
    assert QUERY.get(call, "ome.model.core.Image", 1)._name._val == "Apple"
    assert QUERY.find(call, "ImageI", 2)._name._val == "apricot"
    assert QUERY.find(call, "Image", 99) is QUERY.find(call, "Image", 4) is None
    with pytest.raises(omero.ValidationException, match="no Image with id 99"):
        QUERY.get(call, "Image", 99)
    for caller in (call, secret):
        with pytest.raises(omero.SecurityViolation, match="Image:4"):
            QUERY.get(caller, "Image", 4)
    with pytest.raises(omero.ApiUsageException, match="no class 'Nonsense'"):
        QUERY.get(call, "Nonsense", 1)
    assert QUERY.get(call, "PixelsType", 1)._value._val
    assert QUERY.refresh(call, omero.model.Image(omero.RLong(3)))._name._val == "100%"


def test_find_all(call: Call) -> None:
    assert len(QUERY.findAll(call, "Image", None)) == 3
    assert len(QUERY.findAll(call, "Image", params(limit=2, offset=2).theFilter)) == 1
    assert [type(a).__name__ for a in QUERY.findAll(call, "Annotation", None)] == ["LongAnnotation"]


def test_by_example(call: Call) -> None:
    example = omero.model.Image(_name=omero.RString("Apple"), _series=omero.RInt(0), _id=omero.RLong(77))
    assert QUERY.findByExample(call, example)._id._val == 1
    series = omero.model.Image(_series=omero.RInt(0))
    assert len(QUERY.findAllByExample(call, series, None)) == 3
    assert len(QUERY.findAllByExample(call, series, params(limit=1).theFilter)) == 1
    assert QUERY.findByExample(call, omero.model.Image(_name=omero.RString("none"))) is None
    for wrong in (series, None):
        with pytest.raises(omero.ApiUsageException):
            QUERY.findByExample(call, wrong)


def test_by_string(call: Call) -> None:
    assert QUERY.findByString(call, "Image", "name", "Apple")._id._val == 1
    assert QUERY.findByString(call, "Image", "name", "apple") is None
    assert names(QUERY.findAllByString(call, "Image", "name", "AP", False, None)) == ["Apple", "apricot"]
    assert names(QUERY.findAllByString(call, "Image", "name", "Ap", True, None)) == ["Apple"]
    for field in ("nam", "series", "name = '' or 1 = 1 --"):
        with pytest.raises(omero.ApiUsageException, match="no text field"):
            QUERY.findByString(call, "Image", field, "x")


def test_find_by_query(call: Call) -> None:
    hql = "select i from Image i join fetch i.pixels p left outer join fetch p.channels where i.name = :n"
    image = QUERY.findByQuery(call, hql, params(n=omero.RString("Apple")))
    assert len(image._pixelsSeq[0]._channelsSeq) == 2
    assert QUERY.findByQuery(call, hql, params(n=omero.RString("none"))) is None
    assert names(QUERY.findAllByQuery(call, "from Image i order by i.id", None)) == ["Apple", "apricot", "100%"]
    assert names(QUERY.findAllByQuery(call, "from Image i order by i.id", params(limit=1, offset=1))) == ["apricot"]
    assert names(QUERY.findAllByQuery(call, "Image", params(name=omero.RString("100%")))) == ["100%"]
    with pytest.raises(omero.ApiUsageException, match="more than one result"):
        QUERY.findByQuery(call, "from Image", None)
    with pytest.raises(omero.ApiUsageException, match="projection"):
        QUERY.findByQuery(call, "select count(i) from Image i", None)
    with pytest.raises(omero.ApiUsageException, match=":n"):
        QUERY.findAllByQuery(call, hql, None)


def test_projection_wraps_each_kind_of_value(call: Call) -> None:
    hql = (
        "select i.id, i.name, i.series, i.acquisitionDate, i.description, count(p), sum(p.sizeX), avg(p.sizeX), "
        "sum(i.id), size(i.annotationLinks), i from Image i join i.pixels p where i.id = 1 group by i"
    )
    ((id_, name, series, date, description, count, total, mean, ids, size, image),) = QUERY.projection(call, hql, None)
    assert [type(v).__name__ for v in (id_, name, series, date, count, total, mean, ids, size, image)] == [
        "RLong", "RString", "RInt", "RTime", "RLong", "RLong", "RDouble", "RLong", "RInt", "RObject",
    ]  # fmt: skip
    assert (description, date._val, total._val, size._val) == (None, int(NOON.timestamp() * 1000), 5, 0)
    assert image._val._name._val == "Apple"


def test_projection_of_units_permissions_classes_and_maps(call: Call) -> None:
    hql = "select new map(p.physicalSizeX as x, p.physicalSizeX.unit as unit, p as p_details_permissions) from Pixels p"
    ((row,), *_) = QUERY.projection(call, hql, None)
    size = {k: v._val for k, v in row._val["x"]._val.items()}
    assert size == {"value": 0.5, "unit": "MICROMETER", "symbol": "µm"}
    assert row._val["unit"]._val == "MICROMETER"
    permissions = {k: v._val for k, v in row._val["p_details_permissions"]._val.items()}
    assert permissions == {
        "perm": "rwra--", "canEdit": True, "canAnnotate": True, "canDelete": True, "canLink": True,
        "canChgrp": False, "canChown": False,
    }  # fmt: skip
    ((class_, longs),) = QUERY.projection(call, "select type(a.class), a.longValue from Annotation a", None)
    assert (type(class_).__name__, class_._val) == ("RClass", "ome.model.annotations.LongAnnotation")
    assert (type(longs).__name__, longs._val) == ("RLong", 5)


def test_ten_thousand_ids_are_one_parameter(call: Call) -> None:
    ids = omero.RList([omero.RLong(n) for n in range(10_000)])
    assert len(QUERY.findAllByQuery(call, "from Image i where i.id in (:ids)", params(ids=ids))) == 3
