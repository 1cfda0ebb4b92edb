"""What IQuery answers, as the official library unwraps it."""

from uuid import uuid4

from shared import answer, gateway

import omero
import omero.model
import omero.sys
from omero.rtypes import rbool, rdouble, rint, rlist, rlong, rset, rstring, rtime, unwrap

connection = gateway()
session = connection.c.sf
update, query = session.getUpdateService(), session.getQueryService()
found = {}
word = f"query{uuid4().hex}"

dataset = omero.model.DatasetI()
dataset.name = rstring(f"set {word}")
for number in range(3):
    image = omero.model.ImageI()
    image.name, image.series = rstring(f"{number} {word}"), rint(number)
    image.acquisitionDate = rtime(1_000_000 * number)
    dataset.linkImage(image)
tag, pairs = omero.model.TagAnnotationI(), omero.model.MapAnnotationI()
tag.textValue, tag.ns = rstring(f"tag {word}"), rstring(word)
pairs.setMapValue([omero.model.NamedValue("gene", f"one {word}"), omero.model.NamedValue("stage", "two")])
dataset.linkAnnotation(tag)
dataset.linkAnnotation(pairs)
dataset = update.saveAndReturnObject(dataset)
id_, me = dataset.id.val, connection.getUserId()


def params(limit=None, offset=None, **values):
    made = omero.sys.ParametersI()
    made.map = values
    return made.page(offset or 0, limit) if limit is not None else made


def rows(hql, *given):
    return unwrap(query.projection(hql, params(*given, id=rlong(id_), word=rstring(f"%{word}"))))


def fails(call, *arguments):
    try:
        call(*arguments)
    except omero.ServerError as error:
        return type(error).__name__
    return None


images = "from Image i where i.name like :word"
found["values"] = rows(
    f"select i.name, i.series, i.series + 0.5, i.id > 0, null, i.acquisitionDate {images} order by i.name"
)
found["map"] = rows(f"select new map(i.series as s, i.description as d) {images} order by i.name", 1)
found["list"] = rows(f"select new list(i.series, i.archived) {images} order by i.name desc", 1)
hql = "select d, d.details.permissions, type(a) from Dataset d join d.annotationLinks l join l.child a "
hql += "where d.id = :id and a.ns is not null"
((entity, permissions, kind),) = query.projection(hql, params(id=rlong(id_)))
found["entity"] = [type(entity.val).__name__, entity.val.id.val == id_, entity.val.isLoaded(), kind.val]
found["permissions"] = sorted(unwrap(permissions))
found["pairs"] = rows("select nv.name from Dataset d join d.annotationLinks l join l.child a join a.mapValue nv "
                      "where d.id = :id order by index(nv)")  # fmt: skip
found["counts"] = rows("select size(d.imageLinks), (select count(l) from DatasetImageLink l where l.parent = d) "
                       "from Dataset d where d.id = :id")  # fmt: skip

hql = "select d from Dataset d left outer join fetch d.imageLinks l left outer join fetch l.child "
hql += "left outer join fetch d.imageLinksCountPerOwner where d.id = :id"
loaded = query.findByQuery(hql, params(id=rlong(id_)))
found["loaded"] = [loaded.sizeOfImageLinks(), dict(loaded.getImageLinksCountPerOwner()) == {me: 3},
                   loaded.getAnnotationLinksCountPerOwner(), loaded.isAnnotationLinksLoaded()]  # fmt: skip
ids = [image.id for image in loaded.linkedImageList()]
found["given"] = [
    len(query.findAllByQuery("from Image i where i.id in (:v)", params(v=value)))
    for value in (
        rlist(ids),
        rset(ids),
        rlist([]),
        ids[0],
        rlist([omero.rtypes.robject(i) for i in loaded.linkedImageList()]),
    )
]
found["further"] = [
    len(query.findAllByQuery(f"{images} and {condition}", params(word=rstring(f"%{word}"), v=value)))
    for condition, value in (("i.series = :v", rint(1)), ("i.series < :v", rdouble(1.5)), (":v = true", rbool(True)),
                             ("i.acquisitionDate = :v", rtime(2_000_000)))
]  # fmt: skip

example = omero.model.DatasetI()
example.name = rstring(f"set {word}")
found["same"] = [
    query.get("omero.model.DatasetI", id_).id.val == id_,
    query.find("Dataset", id_).id.val == id_,
    query.find("Dataset", -1) is None,
    query.findByExample(example).id.val == id_,
    [one.id.val for one in query.findAllByExample(example, None)] == [id_],
    query.findByString("Dataset", "name", f"set {word}").id.val == id_,
    len(query.findAllByString("Image", "name", word.upper(), False, None)),
    len(query.findAllByString("Image", "name", word.upper(), True, None)),
    len(query.findAll("Dataset", params(1).theFilter)),
    query.refresh(dataset).id.val == id_,
    [one.id.val for one in query.findAllByFullText("Dataset", f"tag AND {word}", None)] == [id_],
    [one.id.val for one in query.findAllByFullText("Dataset", f'gene:"one {word}"', None)] == [id_],
]
found["errors"] = [
    fails(query.findAllByQuery, "select i.nothing from Image i", None),
    fails(query.findAllByQuery, "this is no query", None),
    fails(query.findByQuery, images, params(word=rstring(f"%{word}"))),
    fails(query.findAllByQuery, images, None),
    fails(query.findAllByQuery, "select i.id from Image i", None),
    fails(query.get, "Image", -1),
    fails(query.get, "Nothing", 1),
    fails(query.findByString, "Image", "nothing", "x"),
    fails(query.findAllByFullText, "Annotation", word, None),
    fails(query.findAllByFullText, "Image", "*", None),
]
connection.close()
answer(found)
