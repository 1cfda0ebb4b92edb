"""Each operation of the metadata services called by the official client; what comes back, as shapes.

A shape names classes and what is loaded: ``Experimenter{groupExperimenterMap:[...]}``; ``~Image`` is an unloaded
reference, ``^`` an object that the shape is already inside of. Lists tell the shapes of their elements, each once.
"""

import struct
import zlib

import Ice
from shared import GIVEN, answer, gateway

import omero
import omero.model as model
from omero.rtypes import rstring
from omero.sys import ParametersI

DETAILS = ("owner", "group", "creationEvent", "updateEvent", "externalInfo")
connection = gateway(secure=True)
ids = GIVEN["ids"]
uuid = connection.getEventContext().sessionUuid


def shape(value, inside=()):
    """The shape of anything that a service returns."""
    if isinstance(value, model.IObject):
        return shape_of_object(value, inside)
    if isinstance(value, omero.RType):
        return shape_of_value(value, inside)
    if isinstance(value, (list, tuple)):
        return "[{}]".format(" | ".join(sorted({shape(one, inside) for one in value})))
    if isinstance(value, dict):
        return "{{{}: {}}}".format(
            "|".join(sorted({type(key).__name__ for key in value})),
            " | ".join(sorted({shape(one, inside) for one in value.values()})),
        )
    if isinstance(value, Ice.Object):
        held = {name: shape(one, inside) for name, one in sorted(vars(value).items()) if one is not None}
        return "{}{{{}}}".format(type(value).__name__, ", ".join(f"{name}:{one}" for name, one in held.items()))
    return type(value).__name__


def shape_of_object(value, inside):
    """Class of an object with its loaded references and collections."""
    name = type(value).__name__[:-1]
    if not value.isLoaded():
        return "~" + name
    if any(value is other for other in inside):
        return "^"
    parts = []
    for field, held in sorted(vars(value).items()):
        field = field[1:]
        if field.endswith("Seq"):
            if getattr(value, f"_{field[:-3]}Loaded"):
                parts.append(f"{field[:-3]}:{shape(held, (*inside, value))}")
        elif field.endswith("CountPerOwner") and held:
            parts.append(field)
        elif isinstance(held, model.IObject) and not isinstance(held, model.Details):
            found = shape(held, (*inside, value))
            if not found.startswith("~"):
                parts.append(f"{field}:{found}")
    parts += [f"details.{each}" for each in DETAILS if is_loaded(getattr(value.getDetails(), each, None))]
    return name + ("{{{}}}".format(", ".join(parts)) if parts else "")


def is_loaded(held):
    """Whether a reference leads to a loaded object."""
    return held is not None and held.isLoaded()


def shape_of_value(value, inside):
    """An RType with what it wraps."""
    held = getattr(value, "_val", None)
    wraps = isinstance(held, (list, tuple, dict, model.IObject))
    return type(value).__name__[:-1] + (f"({shape(held, inside)})" if wraps else "")


def png():
    """A picture of 2x2 pixels: one red, the others black."""
    rows = b"".join(b"\0" + row for row in (b"\xff\0\0\0\0\0", b"\0\0\0\0\0\0"))

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def owned(**options):
    """Options of the caller's own objects."""
    params = ParametersI().exp(connection.getUserId())
    for name in options:
        getattr(params, name)()
    return params


admin, session = connection.getAdminService(), connection.getSessionService()
query, update, types = connection.getQueryService(), connection.getUpdateService(), connection.getTypesService()
container, metadata = connection.getContainerService(), connection.getMetadataService()
timeline, rois, config = connection.getTimelineService(), connection.getRoiService(), connection.getConfigService()
me, group = model.ExperimenterI(connection.getUserId(), False), connection.getEventContext().groupId
image, dataset, project, plate, screen = (ids[kind] for kind in ("image", "dataset", "project", "plate", "screen"))
annotation, tag, instrument, fileset = (ids[kind] for kind in ("annotation", "tag", "instrument", "fileset"))
roi, shape_id, channel = ids["roi"], ids["shape"], ids["channel"]


def fresh(name):
    """An unsaved tag."""
    made = model.TagAnnotationI()
    made.setTextValue(rstring(name))
    return made


def link():
    """An unsaved link of the dataset to a new tag."""
    made = model.DatasetAnnotationLinkI()
    made.setParent(model.DatasetI(dataset, False))
    made.setChild(fresh("linked"))
    return made


CALLS = {
    "IAdmin.canUpdate": lambda: admin.canUpdate(model.ImageI(image, False)),
    "IAdmin.getExperimenter": lambda: admin.getExperimenter(0),
    "IAdmin.lookupExperimenter": lambda: admin.lookupExperimenter("root"),
    "IAdmin.lookupExperimenters": lambda: admin.lookupExperimenters(),
    "IAdmin.getGroup": lambda: admin.getGroup(0),
    "IAdmin.lookupGroup": lambda: admin.lookupGroup("system"),
    "IAdmin.lookupGroups": lambda: admin.lookupGroups(),
    "IAdmin.containedExperimenters": lambda: admin.containedExperimenters(0),
    "IAdmin.containedGroups": lambda: admin.containedGroups(0),
    "IAdmin.getDefaultGroup": lambda: admin.getDefaultGroup(0),
    "IAdmin.lookupLdapAuthExperimenter": lambda: admin.lookupLdapAuthExperimenter(0),
    "IAdmin.lookupLdapAuthExperimenters": lambda: admin.lookupLdapAuthExperimenters(),
    "IAdmin.getMemberOfGroupIds": lambda: admin.getMemberOfGroupIds(me),
    "IAdmin.getLeaderOfGroupIds": lambda: admin.getLeaderOfGroupIds(me),
    "IAdmin.getCurrentAdminPrivileges": lambda: admin.getCurrentAdminPrivileges(),
    "IAdmin.getAdminPrivileges": lambda: admin.getAdminPrivileges(me),
    "IAdmin.getAdminsWithPrivileges": lambda: admin.getAdminsWithPrivileges([]),
    "IAdmin.uploadMyUserPhoto": lambda: admin.uploadMyUserPhoto("me.png", "image/png", png()),
    "IAdmin.getMyUserPhotos": lambda: admin.getMyUserPhotos(),
    "IAdmin.getSecurityRoles": lambda: admin.getSecurityRoles(),
    "IAdmin.getEventContext": lambda: admin.getEventContext(),
    "IAdmin.synchronizeLoginCache": lambda: admin.synchronizeLoginCache(),
    "ISession.getSession": lambda: session.getSession(uuid),
    "ISession.getReferenceCount": lambda: session.getReferenceCount(uuid),
    "ISession.createUserSession": lambda: session.createUserSession(60000, 60000, None),
    "ISession.getMyOpenSessions": lambda: session.getMyOpenSessions(),
    "ISession.getMyOpenAgentSessions": lambda: session.getMyOpenAgentSessions("OMERO.py"),
    "ISession.getMyOpenClientSessions": lambda: session.getMyOpenClientSessions(),
    "ISession.setInput": lambda: session.setInput(uuid, "key", rstring("value")),
    "ISession.getInput": lambda: session.getInput(uuid, "key"),
    "ISession.getInputKeys": lambda: session.getInputKeys(uuid),
    "ISession.getInputs": lambda: session.getInputs(uuid),
    "ISession.getOutputs": lambda: session.getOutputs(uuid),
    "IConfig.getConfigValues": lambda: config.getConfigValues("omero.client"),
    "IConfig.getClientConfigDefaults": lambda: config.getClientConfigDefaults(),
    "IConfig.getDatabaseTime": lambda: config.getDatabaseTime(),
    "IQuery.get": lambda: query.get("Image", image),
    "IQuery.find": lambda: query.find("Dataset", dataset),
    "IQuery.findAll": lambda: query.findAll("Project", None),
    "IQuery.findByExample": lambda: query.findByExample(fresh(GIVEN["tag"])),
    "IQuery.findAllByExample": lambda: query.findAllByExample(fresh(GIVEN["tag"]), None),
    "IQuery.findByString": lambda: query.findByString("Experimenter", "omeName", "root"),
    "IQuery.findAllByString": lambda: query.findAllByString("TagAnnotation", "textValue", GIVEN["tag"], True, None),
    "IQuery.findByQuery": lambda: query.findByQuery(
        "select i from Image i where i.id = :id", ParametersI().addId(image)
    ),
    "IQuery.findAllByQuery": lambda: query.findAllByQuery("from Dataset d join fetch d.details.owner", None),
    "IQuery.findAllByFullText": lambda: query.findAllByFullText("Image", "cells", None),
    "IQuery.projection": lambda: query.projection("select i, i.name, i.id, 1.5 from Image i", None),
    "IUpdate.saveAndReturnObject": lambda: update.saveAndReturnObject(fresh("a")),
    "IUpdate.saveAndReturnArray": lambda: update.saveAndReturnArray([fresh("b"), link()]),
    "IUpdate.saveAndReturnIds": lambda: update.saveAndReturnIds([fresh("c")]),
    "IUpdate.saveArray": lambda: update.saveArray([fresh("d")]),
    "IUpdate.saveCollection": lambda: update.saveCollection([fresh("e")]),
    "IUpdate.saveObject": lambda: update.saveObject(fresh("f")),
    "IUpdate.deleteObject": lambda: update.deleteObject(update.saveAndReturnObject(fresh("g"))),
    "ITypes.allEnumerations": lambda: types.allEnumerations("PixelsType"),
    "ITypes.getEnumeration": lambda: types.getEnumeration("PixelsType", "uint8"),
    "ITypes.getEnumerationTypes": lambda: types.getEnumerationTypes(),
    "ITypes.getAnnotationTypes": lambda: types.getAnnotationTypes(),
    "ITypes.getEnumerationsWithEntries": lambda: types.getEnumerationsWithEntries()["Format"],
    "IContainer.loadContainerHierarchy.Project": lambda: container.loadContainerHierarchy("Project", [project], None),
    "IContainer.loadContainerHierarchy.leaves": lambda: container.loadContainerHierarchy(
        "Project", [project], owned(leaves=True)
    ),
    "IContainer.loadContainerHierarchy.Dataset": lambda: container.loadContainerHierarchy("Dataset", [dataset], None),
    "IContainer.loadContainerHierarchy.Screen": lambda: container.loadContainerHierarchy("Screen", [screen], None),
    "IContainer.loadContainerHierarchy.Plate": lambda: container.loadContainerHierarchy("Plate", [plate], None),
    "IContainer.findContainerHierarchies": lambda: container.findContainerHierarchies("Project", [image], None),
    "IContainer.getImages": lambda: container.getImages("Dataset", [dataset], None),
    "IContainer.getUserImages": lambda: container.getUserImages(owned()),
    "IContainer.getImagesByOptions": lambda: container.getImagesByOptions(ParametersI().startTime(0)),
    "IContainer.getImagesBySplitFilesets": lambda: container.getImagesBySplitFilesets({"Image": [image]}, None),
    "IContainer.getCollectionCount": lambda: container.getCollectionCount("Dataset", "imageLinks", [dataset], None),
    "IContainer.retrieveCollection": lambda: container.retrieveCollection(
        model.DatasetI(dataset, False), "imageLinks", None
    ),
    "IContainer.createDataObject": lambda: container.createDataObject(fresh("h"), None),
    "IContainer.createDataObjects": lambda: container.createDataObjects([fresh("i")], None),
    "IContainer.link": lambda: container.link([link()], None),
    "IContainer.unlink": lambda: container.unlink(update.saveAndReturnArray([link()]), None),
    "IMetadata.loadChannelAcquisitionData": lambda: metadata.loadChannelAcquisitionData([channel]),
    "IMetadata.loadAnnotations": lambda: metadata.loadAnnotations("Image", [image], None, None, None),
    "IMetadata.loadSpecifiedAnnotations": lambda: metadata.loadSpecifiedAnnotations("TagAnnotation", [], [], None),
    "IMetadata.countSpecifiedAnnotations": lambda: metadata.countSpecifiedAnnotations("TagAnnotation", [], [], None),
    "IMetadata.loadSpecifiedAnnotationsLinkedTo": lambda: metadata.loadSpecifiedAnnotationsLinkedTo(
        "FileAnnotation", [], [], "Image", [image], None
    ),
    "IMetadata.loadTagContent": lambda: metadata.loadTagContent([tag], None),
    "IMetadata.loadTagSets": lambda: metadata.loadTagSets(owned(orphan=True)),
    "IMetadata.getTaggedObjectsCount": lambda: metadata.getTaggedObjectsCount([tag], None),
    "IMetadata.loadAnnotation": lambda: metadata.loadAnnotation([annotation]),
    "IMetadata.loadInstrument": lambda: metadata.loadInstrument(instrument),
    "IMetadata.loadAnnotationsUsedNotOwned": lambda: metadata.loadAnnotationsUsedNotOwned("TagAnnotation", 0),
    "IMetadata.countAnnotationsUsedNotOwned": lambda: metadata.countAnnotationsUsedNotOwned("TagAnnotation", 0),
    "IMetadata.loadLogFiles": lambda: metadata.loadLogFiles("Fileset", [fileset]),
    "ITimeline.getMostRecentObjects": lambda: timeline.getMostRecentObjects(["Dataset", "Image"], owned(), False),
    "ITimeline.getByPeriod": lambda: timeline.getByPeriod(["Project"], None, None, owned(), False),
    "ITimeline.countByPeriod": lambda: timeline.countByPeriod(["Project"], None, None, owned()),
    "ITimeline.getMostRecentAnnotationLinks": lambda: timeline.getMostRecentAnnotationLinks(None, None, [], owned()),
    "ITimeline.getMostRecentShareCommentLinks": lambda: timeline.getMostRecentShareCommentLinks(None),
    "ITimeline.getEventLogsByPeriod": lambda: timeline.getEventLogsByPeriod(
        omero.rtypes.rtime(0), omero.rtypes.rtime(1 << 42), owned()
    ),
    "IRoi.findByImage": lambda: rois.findByImage(image, None),
    "IRoi.findByRoi": lambda: rois.findByRoi(roi, None),
    "IRoi.findByPlane": lambda: rois.findByPlane(image, 0, 0, None),
    "IRoi.getPoints": lambda: rois.getPoints(shape_id),
    "IRoi.getRoiStats": lambda: rois.getRoiStats(roi),
    "IRoi.getShapeStats": lambda: rois.getShapeStats(shape_id),
    "IRoi.getShapeStatsList": lambda: rois.getShapeStatsList([shape_id]),
    "IRoi.getShapeStatsRestricted": lambda: rois.getShapeStatsRestricted([shape_id], 0, 0, [0]),
    "IRoi.getRoiMeasurements": lambda: rois.getRoiMeasurements(image, None),
    "IRoi.getMeasuredRois": lambda: rois.getMeasuredRois(image, annotation, None),
    "IRoi.getMeasuredRoisMap": lambda: rois.getMeasuredRoisMap(image, [annotation], None),
    "IRoi.uploadMask": lambda: rois.uploadMask(image, 0, 0, png()),
    "IRepositoryInfo.getFreeSpaceInKilobytes": lambda: connection.getRepositoryInfoService().getFreeSpaceInKilobytes(),
    "ServiceFactory.getSecurityContexts": lambda: connection.c.sf.getSecurityContexts(),
    "ServiceFactory.setSecurityContext": lambda: connection.c.sf.setSecurityContext(
        model.ExperimenterGroupI(group, False)
    ),
    "ServiceFactory.activeServices": lambda: connection.c.sf.activeServices(),
    "ServiceFactory.keepAllAlive": lambda: connection.c.sf.keepAllAlive([]),
    "ServiceFactory.getByName": lambda: connection.c.sf.getByName("omero.api.IQuery"),
}


def outcome(call):
    """The shape of what a call returns, or the error that it raises."""
    try:
        return shape(call())
    except omero.ServerError as error:
        return f"raised {type(error).__name__}: {error.message}"


answer({name: outcome(call) for name, call in CALLS.items()})
connection.close()
