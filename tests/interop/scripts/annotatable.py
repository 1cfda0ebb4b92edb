"""Annotations of every kind on an object of every type that takes them, written and read with the official client."""

from shared import answer, gateway

import omero.model as model
from omero.gateway import AnnotationWrapper
from omero.rtypes import rbool, rdouble, rint, rlong, rstring, rtime
from omero.sys import ParametersI

NS = "interop/annotatable"
LINKS = "select l from %sAnnotationLink l join fetch l.child where l.parent.id = :id"
connection = gateway()
update, query, metadata = (
    connection.getUpdateService(),
    connection.getQueryService(),
    connection.getMetadataService(),
)


def save(thing, **fields):
    """The object with these fields set, as the server returns it."""
    for name, value in fields.items():
        getattr(thing, f"set{name}")(value)
    return update.saveAndReturnObject(thing, {"omero.group": str(connection.getEventContext().groupId)})


def value_of(kind, value):
    """An enumeration value that the database has."""
    return query.findByString(kind, "value", value)


def named(kind, name):
    return save(getattr(model, f"{kind}I")(), Name=rstring(name))


def original_file(name):
    return save(model.OriginalFileI(), Name=rstring(name), Path=rstring("/"), Size=rlong(1))


def annotations():
    """A saved annotation of each concrete kind."""
    tree = {"ns": rstring(NS), "TextValue": rstring("µm ☃")}
    pairs = [model.NamedValue("stain", "DAPI"), model.NamedValue("stain", "again"), model.NamedValue("empty", "")]
    values = {
        "BooleanAnnotation": {"BoolValue": rbool(True)},
        "CommentAnnotation": {"TextValue": tree["TextValue"]},
        "DoubleAnnotation": {"DoubleValue": rdouble(0.1)},
        "FileAnnotation": {"File": original_file("attached.txt")},
        "ListAnnotation": {},
        "LongAnnotation": {"LongValue": rlong(1 << 40)},
        "MapAnnotation": {"MapValue": pairs},
        "TagAnnotation": {"TextValue": tree["TextValue"]},
        "TermAnnotation": {"TermValue": rstring("GO:0000278")},
        "TimestampAnnotation": {"TimeValue": rtime(1234567890123)},
        "XmlAnnotation": {"TextValue": rstring("<a>1</a>")},
    }
    return {kind: save(getattr(model, f"{kind}I")(), Ns=tree["ns"], **fields) for kind, fields in values.items()}


def pixels():
    """An image with pixels of one channel and a plane info."""
    image = model.ImageI()
    image.setName(rstring("annotated"))
    primary = model.PixelsI()
    for axis in "XYZCT":
        getattr(primary, f"setSize{axis}")(rint(1))
    primary.setDimensionOrder(value_of("DimensionOrder", "XYZCT"))
    primary.setPixelsType(value_of("PixelsType", "uint8"))
    primary.setSha1(rstring("0" * 40))
    channel = model.ChannelI()
    channel.setLogicalChannel(model.LogicalChannelI())
    primary.addChannel(channel)
    plane = model.PlaneInfoI()
    for axis in "ZCT":
        getattr(plane, f"setThe{axis}")(rint(0))
    primary.addPlaneInfo(plane)
    image.addPixels(primary)
    image = save(image)
    primary = image.getPrimaryPixels()
    return image, primary.getChannel(0), primary.copyPlaneInfo()[0]


def instrument():
    """An instrument with one part of each kind."""
    whole = model.InstrumentI()
    whole.addDetector(model.DetectorI())
    whole.addDichroic(model.DichroicI())
    whole.addFilter(model.FilterI())
    whole.addLightSource(model.LaserI())
    objective = model.ObjectiveI()
    whole.addObjective(objective)
    for part, field, kind in (
        (whole.copyDetector()[0], "Type", "DetectorType"),
        (whole.copyLightSource()[0], "Type", "LaserType"),
        (whole.copyLightSource()[0], "LaserMedium", "LaserMedium"),
        (objective, "Immersion", "Immersion"),
        (objective, "Correction", "Correction"),
    ):
        getattr(part, f"set{field}")(value_of(kind, "Other"))
    return save(whole)


def plate():
    """A plate with a well, a field and an acquisition."""
    whole = model.PlateI()
    whole.setName(rstring("annotated"))
    well = model.WellI()
    whole.addWell(well)
    run = model.PlateAcquisitionI()
    whole.addPlateAcquisition(run)
    return save(whole)


def targets():
    """One object of each type that has annotation links."""
    image, channel, plane = pixels()
    whole, dish = instrument(), plate()
    roi = model.RoiI()
    roi.setImage(model.ImageI(image.getId().val, False))
    roi.addShape(model.PointI())
    roi = save(roi)
    screen = named("Screen", "annotated")
    reagent = model.ReagentI()
    reagent.setScreen(model.ScreenI(screen.getId().val, False))
    reagent = save(reagent, Name=rstring("annotated"))
    context = connection.getEventContext()
    session = query.findByQuery("select s from Session s where s.id = :id", ParametersI().addId(context.sessionId))
    return {
        "Annotation": save(model.CommentAnnotationI(), TextValue=rstring("annotated")),
        "Channel": channel,
        "Dataset": named("Dataset", "annotated"),
        "Detector": whole.copyDetector()[0],
        "Dichroic": whole.copyDichroic()[0],
        "Experimenter": query.get("Experimenter", context.userId),
        "ExperimenterGroup": query.get("ExperimenterGroup", context.groupId),
        "Fileset": save(model.FilesetI(), TemplatePrefix=rstring("interop/")),
        "Filter": whole.copyFilter()[0],
        "Folder": named("Folder", "annotated"),
        "Image": image,
        "Instrument": whole,
        "LightPath": save(model.LightPathI()),
        "LightSource": whole.copyLightSource()[0],
        "Namespace": named("Namespace", "interop/namespace"),
        "Node": query.findAll("Node", None)[0],
        "Objective": whole.copyObjective()[0],
        "OriginalFile": original_file("annotated.txt"),
        "PlaneInfo": plane,
        "Plate": dish,
        "PlateAcquisition": dish.copyPlateAcquisitions()[0],
        "Project": named("Project", "annotated"),
        "Reagent": reagent,
        "Roi": roi,
        "Screen": screen,
        "Session": session,
        "Shape": roi.getShape(0),
        "Well": dish.copyWells()[0],
    }


def link(kind, target, child):
    """A link between the two, unloaded."""
    made = getattr(model, f"{kind}AnnotationLinkI")()
    made.setParent(type(target)(target.getId().val, False))
    made.setChild(type(child)(child.getId().val, False))
    return made


def linked(kind, target):
    """Kinds of what hangs on the target: as the query for its links sees it (nodes themselves come unloaded)."""
    links = query.findAllByQuery(LINKS % kind, ParametersI().addId(target.getId().val))
    return sorted(one.getChild().__class__.__name__[:-1] for one in links)


def loaded(kind, target):
    """Kinds and values as IMetadata gives them."""
    given = metadata.loadAnnotations(kind, [target.getId().val], None, None, None)[target.getId().val]
    return {one.__class__.__name__[:-1]: shown(one) for one in given}


def shown(annotation):
    """The value of an annotation, as JSON can tell it."""
    if isinstance(annotation, model.ListAnnotation):  # the official gateway has no wrapper for it
        return None
    wrapped = AnnotationWrapper._wrap(connection, annotation)
    if isinstance(wrapped.getValue(), list):
        return [list(pair) for pair in wrapped.getValue()]
    if wrapped.OMERO_TYPE is model.FileAnnotationI:
        return wrapped.getFile().getName()
    return wrapped.getValue() if isinstance(wrapped.getValue(), (bool, int, float, str)) else str(wrapped.getValue())


notes = annotations()
found = {}
for kind, target in targets().items():
    links = update.saveAndReturnArray([link(kind, target, note) for note in notes.values()])
    result = {"links": len(links), "linked": linked(kind, target), "loaded": loaded(kind, target)}
    for one in links:
        update.deleteObject(one)
    result["left"] = linked(kind, target)
    found[kind] = result
answer({"kinds": sorted(notes), "targets": found, "file": "attached.txt"})
connection.close()
