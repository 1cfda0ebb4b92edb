"""Graphs of objects of many kinds, and every shape of query about them, to see whether one caller's view of a database
depends on what he must not see.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import omero.model
from omero_server.model.schema import MODEL, ModelClass, Property
from omero_server.saving.saver import save
from tests.support.lab import Lab, id_of, new, ref

KINDS = [
    "Project", "Dataset", "Image", "Screen", "Plate", "Well", "WellSample", "Roi", "Shape", "Pixels", "Channel",
    "Annotation", "TagAnnotation", "OriginalFile", "Fileset", "ImageAnnotationLink", "DatasetImageLink", "RenderingDef",
    "Folder", "LightSource",
]  # fmt: skip
CORE = ("Dataset", "Image", "Roi", "ImageAnnotationLink")
ANNOTATED = ("Project", "Dataset", "Image", "Screen", "Plate", "Well", "Roi", "Folder", "OriginalFile", "Fileset")


def plain(lab: Lab, user: str, group: str, word: str) -> dict[str, Any]:
    """New objects of every kind of one user, with ``word`` in their texts; by class."""
    named = ("Project", "Dataset", "Image", "Screen", "Plate", "Folder", "OriginalFile", "Roi")
    made = {cls: new(cls, name=word, description=word) if cls != "OriginalFile" else new(cls, name=word, path="/p/")
            for cls in named}  # fmt: skip
    made["TagAnnotation"] = new("TagAnnotation", textValue=word, ns=word)
    made["Fileset"] = new("Fileset", templatePrefix=word, imagesSeq=[made["Image"]])
    gas, argon = new("LaserType", value="Gas"), new("LaserMedium", value="Ar")
    made["Laser"] = new("Laser", model=word, instrument=new("Instrument"), type=gas, laserMedium=argon)
    with lab.call(user, group) as call:
        objects = list(made.values()) + attached(made, made, word)
        save(call, objects, privileged=True)
        made |= {type(obj).__name__: obj for obj in objects}
    return made


def attached(holders: dict[str, Any], parts: dict[str, Any], word: str) -> list[Any]:
    """What hangs on ``holders``: pixels, shapes, links to ``parts`` and the like."""
    sizes = {f"size{axis}": 1 for axis in "XYZCT"}
    order, kind = new("DimensionOrder", value="XYZCT"), new("PixelsType", value="uint8", bitSize=8)
    pixels = new("Pixels", **sizes, sha1=word, dimensionOrder=order, pixelsType=kind, image=holders["Image"])
    channel = new("Channel", logicalChannel=new("LogicalChannel", name=word))
    quantum = new("QuantumDef", cdStart=0, cdEnd=255, bitResolution=255)
    settings = new("RenderingDef", pixels=holders.get("Pixels", pixels), defaultZ=0, defaultT=0, compression=0.5,
                   name=word, quantization=quantum, model=new("RenderingModel", value="rgb"))  # fmt: skip
    channel._pixels = holders.get("Pixels", pixels)
    well = new("Well", plate=holders["Plate"])
    made = [
        pixels, channel, settings, well,
        new("WellSample", well=holders.get("Well", well), image=parts["Image"]),
        new("Point", x=1.0, y=1.0, textValue=word, roi=holders["Roi"]),
        new("Roi", name=word, image=holders["Image"]),
        new("FilesetEntry", fileset=holders["Fileset"], clientPath=word, originalFile=parts["OriginalFile"]),
        new("DatasetImageLink", parent=holders["Dataset"], child=parts["Image"]),
        new("ProjectDatasetLink", parent=holders["Project"], child=parts["Dataset"]),
        new("ScreenPlateLink", parent=holders["Screen"], child=parts["Plate"]),
        new("FolderImageLink", parent=holders["Folder"], child=parts["Image"]),
        new("FolderRoiLink", parent=holders["Folder"], child=parts["Roi"]),
    ]  # fmt: skip
    for cls in ANNOTATED:
        if cls in holders or cls == "Well":
            made.append(new(f"{cls}AnnotationLink", parent=holders.get(cls, well), child=parts["TagAnnotation"]))
    return made


def hide(lab: Lab, user: str, group: str, visible: list[dict[str, Any]]) -> None:
    """Add a user's objects in a group, and link them to the visible ones from both sides."""
    secret = plain(lab, user, group, "secret")
    with lab.call(user, group) as call:
        for shown in visible:
            theirs, mine = _references(shown), _references(secret)
            save(call, attached(theirs, mine, "secret"), privileged=True)
            for links in (attached(mine, theirs, "secret"),):
                save(call, [obj for obj in links if type(obj).__name__.endswith("Link")], privileged=True)


def _references(objects: dict[str, Any]) -> dict[str, Any]:
    return {name: ref(name, id_of(obj)) for name, obj in objects.items()}


GENERAL = """
select o from {K} o order by o.id
from {K}
select o.id from {K} o order by o.id desc
select count(*) from {K} o
select count(o) from {K} o
select count(distinct o.details.owner.id) from {K} o
select max(o.id), min(o.id), sum(o.id), avg(o.id) from {K} o
select o.details.owner.id, count(o.id) from {K} o group by o.details.owner.id order by o.details.owner.id
select o.details.group.id, count(o.id) from {K} o group by o.details.group.id having count(o.id) > 0
select new map(o.id as i, o.details.permissions as p) from {K} o
select count(o) from {K} o where o.details.group.id = :secretGroup
select count(o) from {K} o where o.details.owner.id = :secretOwner and o.details.group.id <> :openGroup
select e.id, (select count(o) from {K} o where o.details.owner = e) from Experimenter e order by e.id
select g.id from ExperimenterGroup g where exists (select o from {K} o where o.details.group = g)
select g.id from ExperimenterGroup g where not exists (select o.id from {K} o where o.details.group = g)
select g.id from ExperimenterGroup g where g.id in (select o.details.group.id from {K} o)
select g.id from ExperimenterGroup g where g.id not in (select o.details.group.id from {K} o)
select g.id from ExperimenterGroup g where (select count(o) from {K} o where o.details.group = g) > 0
select e.id from Experimenter e order by (select count(o.id) from {K} o where o.details.owner = e), e.id
select case when exists (select o.id from {K} o where o.details.group.id = :secretGroup) then 1 else 0 end from DBPatch
select e.id, o.id from Experimenter e, {K} o where o.details.owner = e
select a.id, b.id from {K} a, {K} b where a.id < b.id
select v.id from Event v where v.id in (select o.details.creationEvent.id from {K} o)
select o from {K} o join fetch o.details.owner join fetch o.details.creationEvent
select o.id from {K} o where o.details.owner.omeName like '%' order by o.details.owner.omeName, o.id
""".strip().splitlines()
REFERENCES = """
select o.id, x.id from {K} o left outer join o.{r} x
select o.id from {K} o join o.{r} x
select o from {K} o left outer join fetch o.{r}
select o.id, o.{r}.details.owner.id from {K} o
select o.id from {K} o where o.{r}.details.group.id = :secretGroup
select count(x.id) from {K} o left outer join o.{r} x
select count(distinct x) from {K} o join o.{r} x
select o.id from {K} o order by o.{r}.details.owner.id, o.id
select o.id from {K} o where exists (select x.id from {T} x where x = o.{r})
select x.id, count(o.id) from {K} o join o.{r} x group by x.id
""".strip().splitlines()
COLLECTIONS = """
select o.id, size(o.{c}) from {K} o order by o.id
select o.id from {K} o where size(o.{c}) > 1
select o.id from {K} o where o.{c} is empty
select o.id from {K} o where o.{c} is not empty
select o.id from {K} o order by size(o.{c}), o.id
select o.id, x.id from {K} o left outer join o.{c} x
select o.id, x.details.owner.id from {K} o join o.{c} x
select distinct o from {K} o left outer join fetch o.{c}
select o.id, count(x) from {K} o left outer join o.{c} x group by o.id
select o.id, count(x.id) from {K} o left outer join o.{c} x group by o.id having count(x.id) > 1
select o.id, (select count(x) from {T} x where x.{i} = o) from {K} o
select o.id from {K} o where exists (select x.id from {T} x where x.{i}.id = o.id)
select o.id, x.id from {K} o, {T} x where x member of o.{c}
select o.id, x.id from {K} o, {T} x where x in elements(o.{c})
select o.id, max(x.id) from {K} o join o.{c} x group by o.id order by max(x.id)
""".strip().splitlines()
LINKS = """
select o.id, y.id from {K} o left outer join o.{c} x left outer join x.{e} y
select o.id, x.{e}.details.owner.id from {K} o join o.{c} x
select distinct o from {K} o left outer join fetch o.{c} x left outer join fetch x.{e}
select o.id, count(distinct y) from {K} o left outer join o.{c} x left outer join x.{e} y group by o.id
select y.id, y.details.owner.id from {E} y where y.id in (select x.{e}.id from {T} x)
select o from {K} o left outer join fetch o.{c}CountPerOwner
""".strip().splitlines()
ORDERED = "select o.id, index(x), x.id from {K} o join o.{c} x"


def shapes() -> Iterator[str]:
    """Every query: all shapes for the classes of CORE, in turn a third of them for each of the others."""
    for number, name in enumerate(KINDS):
        cls = MODEL.classes[name]
        some = slice(None) if name in CORE else slice(number % 3, None, 3)
        yield from (line.format(K=name) for line in GENERAL[some])
        for prop in cls.properties.values():
            target = MODEL.classes.get(prop.type)
            if target is None or target.root.is_global or target.root.name == "ExternalInfo":
                continue
            if prop.kind == "ref":
                yield from (line.format(K=name, r=prop.name, T=target.name) for line in REFERENCES[some])
            elif prop.kind in ("collection", "links"):
                yield from _of_collection(cls, prop, target, some)


def _of_collection(cls: ModelClass, prop: Property, target: ModelClass, some: slice) -> Iterator[str]:
    for line in COLLECTIONS[some]:
        yield line.format(K=cls.name, c=prop.name, T=target.name, i=prop.inverse)
    if prop.kind == "links":
        end = "child" if prop.inverse == "parent" else "parent"
        far = target.properties[end].type
        for line in LINKS[some]:
            yield line.format(K=cls.name, c=prop.name, T=target.name, e=end, E=far)
    if target.properties[prop.inverse or ""].ordered:
        yield ORDERED.format(K=cls.name, c=prop.name)


def flat(value: Any, known: set[int] | None = None) -> Any:
    """A result as plain tuples: every value, reference and list of loaded objects, their owners and flags."""
    known = set() if known is None else known
    if isinstance(value, (list, tuple)):
        return tuple(flat(one, known) for one in value)
    if isinstance(value, dict):
        return tuple(sorted((str(key), flat(one, known)) for key, one in value.items()))
    if hasattr(value, "_val"):
        return flat(value._val, known)
    if isinstance(value, omero.model.Details):
        return flat([value._owner, value._group, value._permissions], known)
    if not hasattr(value, "__dict__"):
        return value
    name = type(value).__name__
    if not isinstance(value, omero.model.IObject):
        return name, tuple((key, flat(one, known)) for key, one in sorted(vars(value).items()))
    identity = (name, value._id._val if value._id else None)
    if not value._loaded or id(value) in known:
        return identity
    known.add(id(value))
    return identity, tuple((key, flat(one, known)) for key, one in sorted(vars(value).items()))
