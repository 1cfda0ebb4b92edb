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
from tests.support.database import plain_engine
from tests.support.scene import NOON, PRIVATE, READ_ANNOTATE, Scene

QUERY = QueryService()


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
        yield Call(caller, transaction, None, plain_engine(database))  # type: ignore[arg-type]


@pytest.fixture
def call(database: Database, scene: Scene) -> Iterator[Call]:
    yield from call_of(database, scene.caller("ann", "lab"))


@pytest.fixture
def secret(database: Database, scene: Scene) -> Iterator[Call]:
    yield from call_of(database, scene.caller("ann", "secret"))


def params(
    limit: int | None = None, offset: int | None = None, unique: bool | None = None, **values: object
) -> omero.sys.Parameters:
    filter_ = omero.sys.Filter(
        limit=None if limit is None else omero.RInt(limit),
        offset=None if offset is None else omero.RInt(offset),
        unique=None if unique is None else omero.RBool(unique),
    )
    return omero.sys.Parameters(values, filter_, None)


def names(images: list[omero.model.Image]) -> list[str]:
    return [i._name._val for i in images]


def test_get_and_find(call: Call, secret: Call) -> None:
    assert QUERY.get(call, "ome.model.core.Image", 1)._name._val == "Apple"
    assert QUERY.find(call, "ImageI", 2)._name._val == "apricot"
    assert QUERY.find(call, "Image", 99) is None
    with pytest.raises(omero.ValidationException, match="no Image with id 99"):
        QUERY.get(call, "Image", 99)
    for caller in (call, secret):
        for load in (QUERY.get, QUERY.find):
            with pytest.raises(omero.SecurityViolation, match="Image:4"):
                load(caller, "Image", 4)
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


def test_too_much_in_parentheses_is_refused(call: Call) -> None:
    assert len(QUERY.findAllByQuery(call, "from Image i where " + "(" * 3000 + "i.id = 1" + ")" * 3000, None)) == 1
    hql = "from Image i where " + "not (" * 3000 + "i.id = 1" + ")" * 3000
    with pytest.raises(omero.QueryException, match="nested too deeply"):
        QUERY.findAllByQuery(call, hql, None)


def test_times_beyond_the_calendar_are_never_reached(call: Call) -> None:
    later, earlier = (params(at=omero.RTime(sign * 2**62)) for sign in (1, -1))
    before, after = (f"from Image i where i.acquisitionDate {sign} :at" for sign in "<>")
    assert len(QUERY.findAllByQuery(call, before, later)) == len(QUERY.findAllByQuery(call, after, earlier)) == 3
    assert QUERY.findAllByQuery(call, after, later) == QUERY.findAllByQuery(call, before, earlier) == []
    assert QUERY.findAllByExample(call, omero.model.Image(_acquisitionDate=omero.RTime(2**62)), None) == []


def test_filters_of_queries(call: Call) -> None:
    hql = "from Image i order by i.id"
    assert names(QUERY.findAllByQuery(call, hql, params(limit=-1, offset=-5))) == ["Apple", "apricot", "100%"]
    assert QUERY.findAllByQuery(call, hql, params(limit=0)) == []
    assert QUERY.findAllByQuery(call, hql, params(offset=3)) == []
    assert names(QUERY.findAllByQuery(call, hql, params(limit=1, unique=True))) == ["Apple"]
    with pytest.raises(omero.ApiUsageException, match="more than one result"):
        QUERY.findAllByQuery(call, hql, params(unique=True))
    with pytest.raises(omero.ApiUsageException, match="more than one result"):
        QUERY.findByQuery(call, hql, params(limit=1))
    ignored = params()
    ignored.theFilter.ownerId, ignored.theFilter.groupId = omero.RLong(0), omero.RLong(0)
    assert len(QUERY.findAllByQuery(call, hql, ignored)) == 3
    assert len(QUERY.projection(call, "select i.id from Image i order by i.id", params(limit=2))) == 2


def test_name_of_a_class_as_query(call: Call) -> None:
    assert QUERY.findByQuery(call, "ome.model.core.Image", params(name=omero.RString("Apple")))._id._val == 1
    assert len(QUERY.findAllByQuery(call, "Image", None)) == 3
    with pytest.raises(omero.ApiUsageException, match="no property 'nam'"):
        QUERY.findAllByQuery(call, "Image", params(nam=omero.RString("Apple")))


def test_results_keep_repetitions_and_gaps(call: Call) -> None:
    hql = "select i from Image i join i.pixels p join p.channels c where i.id = 1"
    first, second = QUERY.findAllByQuery(call, hql, None)
    assert first is second
    assert QUERY.findByQuery(call, hql, None) is not None
    assert len(QUERY.findAllByQuery(call, hql.replace("select i", "select distinct i"), None)) == 1
    assert QUERY.findAllByQuery(call, "select f from Image i left join i.fileset f", None) == [None, None, None]
    assert QUERY.findByQuery(call, "select f from Image i left join i.fileset f", None) is None


@pytest.mark.parametrize(
    "value",
    [
        omero.RLong(1), omero.RInt(1), omero.RDouble(1.0), omero.RFloat(1.0), omero.RString("1"),
        omero.RObject(omero.model.Image(omero.RLong(1))), omero.RList([omero.RLong(1)]), omero.RSet([omero.RInt(1)]),
        omero.RArray([omero.RLong(1)]), 1,
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_parameters_of_each_type(call: Call, value: object) -> None:
    (image,) = QUERY.findAllByQuery(call, "from Image i where i.id = :v", params(v=value))
    assert image._id._val == 1
    assert len(QUERY.findAllByQuery(call, "from Image i where i.id in (:v) or i.id in :v", params(v=value))) == 1


def test_further_parameters(call: Call) -> None:
    noon = omero.RTime(int(NOON.timestamp() * 1000))
    assert len(QUERY.findAllByQuery(call, "from Image i where i.acquisitionDate = :t", params(t=noon))) == 3
    dates = omero.RList([noon, noon])
    assert len(QUERY.findAllByQuery(call, "from Image i where i.acquisitionDate in (:t)", params(t=dates))) == 3
    assert (
        len(QUERY.findAllByQuery(call, "from Image i where :yes = true", params(yes=omero.RBool(True), spare=1))) == 3
    )
    kind = omero.RClass("ome.model.annotations.LongAnnotation")
    assert len(QUERY.findAllByQuery(call, "from Annotation a where a.class = :k", params(k=kind))) == 1
    objects = omero.RList([omero.RObject(omero.model.Image(omero.RLong(n))) for n in (1, 2)])
    assert len(QUERY.findAllByQuery(call, "from Image i where i in (:o)", params(o=objects))) == 2


@pytest.mark.parametrize(
    "value",
    [None, omero.RMap({}), omero.RInternal(None), object(), omero.RObject(None), omero.RObject(omero.model.Image())],
)
def test_parameters_that_are_no_values(call: Call, value: object) -> None:
    with pytest.raises(omero.ApiUsageException, match=":v"):
        QUERY.findAllByQuery(call, "from Image i where i.id = :v", params(v=value))


def test_projection_of_lists_dates_and_nothing(call: Call) -> None:
    ((row,), *_) = QUERY.projection(
        call, "select new list(i.id, i.description, i.name) from Image i order by i.id", None
    )
    assert [v and v._val for v in row._val] == [1, None, "Apple"]
    hql = "select current_date, cast(i.acquisitionDate as date), current_timestamp() from Image i where i.id = 1"
    ((today, day, now),) = QUERY.projection(call, hql, None)
    midnight = NOON.replace(hour=0, microsecond=0)
    assert (type(today), day._val) == (omero.RTime, int(midnight.timestamp() * 1000))
    assert today._val <= now._val < today._val + 25 * 3600 * 1000
    hql = "select f, f.details.permissions, p.pixelsType from Pixels p join p.image i left join i.fileset f "
    hql += "where i.id = 1"
    ((fileset, permissions, enum),) = QUERY.projection(call, hql, None)
    assert fileset is permissions is None
    assert (type(enum), type(enum._val)) == (omero.RObject, omero.model.PixelsType)
    with pytest.raises(omero.ApiUsageException, match="cannot be part of a projection"):
        QUERY.projection(call, "select i.acquisitionDate - i.acquisitionDate from Image i", None)


def test_by_string_finds_nothing_or_too_much(call: Call) -> None:
    assert QUERY.findByString(call, "Image", "name", "") is None
    assert QUERY.findByString(call, "omero.model.PixelsType", "value", "uint8")._id._val
    assert names(QUERY.findAllByString(call, "Image", "name", "%p_l", True, None)) == ["Apple"]
    assert len(QUERY.findAllByString(call, "Image", "name", "", True, params(limit=2).theFilter)) == 2
    with pytest.raises(omero.ApiUsageException, match="more than one"):
        QUERY.findByString(call, "LogicalChannel", "name", "channel 0")
