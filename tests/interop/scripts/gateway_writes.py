"""People, groups, containers, images and annotations made, changed and listed through the gateway.

Runs with the official client and with ours, each with names of its own; what is told has no ids in it, so that the
answers of both are compared.
"""

import logging
import tempfile
from uuid import uuid4

import numpy
from shared import GIVEN, answer, gateway

import omero
import omero.gateway as wrappers
import omero.model as model
from omero.gateway import BlitzGateway
from omero.rtypes import rdouble, rint, rstring

logging.disable(logging.CRITICAL)
mark = str(uuid4())
NS = f"interop/{mark}"
PASSWORD = "an interop secret"
TYPES = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"]
KINDS = {
    "BooleanAnnotationWrapper": True,
    "CommentAnnotationWrapper": "bleached ☃",
    "DoubleAnnotationWrapper": 0.25,
    "LongAnnotationWrapper": 7,
    "MapAnnotationWrapper": [["stain", "DAPI"], ["stain", "again"]],
    "TagAnnotationWrapper": "mitosis",
    "TermAnnotationWrapper": "GO:0000278",
    "TimestampAnnotationWrapper": 1234567890,
    "XmlAnnotationWrapper": "<a>1</a>",
}
root = gateway(secure=True)
found = {}


def clean(text):
    """A text without what is this run's own."""
    return str(text).replace(mark, "*")


def user(name, group=None):
    """A connection of one of the new users."""
    made = BlitzGateway(name, PASSWORD, host=GIVEN["host"], port=GIVEN["ports"]["ssl"], secure=True, group=group)
    assert made.connect(), made.getLastError()
    return made


def attempt(call, *args, **kwargs):
    """What a call returns, or the class of its error."""
    try:
        return call(*args, **kwargs)
    except Exception as error:  # the other client must fail in the same way
        return type(error).__name__


def new_user(name, *groups):
    """The id of a new user with a password."""
    one = model.ExperimenterI()
    one.setOmeName(rstring(name))
    one.setFirstName(rstring("Ann"))
    one.setMiddleName(rstring("B"))
    one.setLastName(rstring("Curie"))
    one.setEmail(rstring("ann@example.org"))
    one.setLdap(omero.rtypes.rbool(False))
    first, *rest = [model.ExperimenterGroupI(number, False) for number in groups]
    everybody = model.ExperimenterGroupI(1, False)
    return root.getAdminService().createExperimenterWithPassword(one, rstring(PASSWORD), first, [*rest, everybody])


# People and groups

shared_id = root.createGroup(f"shared {mark}", [], [], "rwra--", "all annotate")
private_id = root.createGroup(f"private {mark}", perms="rw----")
found["group refused"] = attempt(root.createGroup, f"bad {mark}", perms="nonsense")
ann_id, bob_id = new_user(f"ann {mark}", shared_id, private_id), new_user(f"bob {mark}", shared_id)
shared = root.getObject("ExperimenterGroup", shared_id)
root.getAdminService().setGroupOwner(shared._obj, model.ExperimenterI(bob_id, False))
shared = root.getObject("ExperimenterGroup", shared_id)
leaders, members = shared.groupSummary()
found["group"] = [clean(shared.getName()), shared.getDescription(), str(shared.getDetails().getPermissions())]
found["summary"] = [[clean(one.getName()) for one in side] for side in (leaders, members)]
ann_seen = root.getObject("Experimenter", attributes={"omeName": f"ann {mark}"})
found["user"] = [ann_seen.getFullName(), ann_seen.getNameWithInitial(), ann_seen.isActive(), ann_seen.isAdmin()]
found["marshal"] = {key: clean(value) for key, value in ann_seen.simpleMarshal().items() if key != "id"}
found["contained"] = sorted(clean(one.getName()) for one in root.containedExperimenters(shared_id))
found["found"] = sorted(clean(one.getName()) for one in root.findExperimenters(f"ann {mark}"))
found["privileges"] = [root.isFullAdmin(), len(root.getCurrentAdminPrivileges()), root.getAdminPrivileges(ann_id)]
by_sudo = root.suConn(f"ann {mark}", group=f"shared {mark}")
found["sudo"] = [clean(by_sudo.getUser().getName()), by_sudo.isAdmin(), clean(by_sudo.getGroupFromContext().getName())]
by_sudo.close()

ann, bob = user(f"ann {mark}"), user(f"bob {mark}")
found["ann"] = [ann.isAdmin(), ann.isLeader(), ann.isLeader(shared_id), ann.canCreate(), ann.canBeAdmin()]
found["bob"] = [bob.isLeader(), [clean(group.getName()) for group in bob.listOwnedGroups()]]
# As sets: the official gateway lists a group once for each member.
found["groups of ann"] = sorted({clean(group.getName()) for group in ann.getGroupsMemberOf()})
found["led"] = [sorted({clean(g.getName()) for g in one.getGroupsLeaderOf()}) for one in (ann, bob)]
found["default"] = clean(ann.getDefaultGroup(ann_id).getName())
found["colleagues"] = sorted(clean(one.getName()) for one in ann.listColleagues())
found["switch"] = [attempt(ann.setGroupForSession, number) for number in (private_id, private_id, 0, shared_id)]
found["by name"] = [attempt(ann.setGroupNameForSession, f"private {mark}"), ann.revertGroupForSession()]
ann.setGroupForSession(shared_id)
found["foreign sudo"] = attempt(ann.suConn, f"bob {mark}")

# Images of all types of pixels

images = {}
for name in TYPES:
    planes = [numpy.arange(z, z + 12).reshape(3, 4).astype(name) for z in range(2)]
    image = ann.createImageFromNumpySeq(iter(planes), f"{name} {mark}", sizeZ=2, description="made")
    pixels = ann.getObject("Image", image.getId()).getPrimaryPixels()
    same = [bool((pixels.getPlane(z, 0, 0) == planes[z]).all()) for z in range(2)]
    images[name] = image.getId()
    found[name] = [same, pixels.getPixelsType().getValue(), str(pixels.getPlane(0, 0, 0).dtype), image.getPixelRange()]
found["no such type"] = attempt(ann.createImageFromNumpySeq, iter([numpy.zeros((2, 2), "int64")]), "x")
uint16 = ann.getObject("Image", images["uint16"])
found["tile"] = uint16.getPrimaryPixels().getTile(1, 0, 0, (1, 0, 2, 3)).tolist()
found["windows"] = [[one.getWindowMin(), one.getWindowMax()] for one in uint16.getChannels()]
ann.setChannelNames("Image", [images["uint16"]], {1: "DAPI"})
found["labels"] = ann.getObject("Image", images["uint16"]).getChannelLabels()

# Containers

project, dataset = model.ProjectI(), model.DatasetI()
project.setName(rstring(f"project {mark}"))
dataset.setName(rstring(f"dataset {mark}"))
project.linkDataset(dataset)
for name in ("uint8", "uint16"):
    dataset.linkImage(model.ImageI(images[name], False))
project_id = ann.getUpdateService().saveAndReturnObject(project).getId().val
project = ann.getObject("Project", project_id)
(dataset,) = project.listChildren()
found["children"] = [sorted(clean(one.getName()) for one in dataset.listChildren()), dataset.countChildren()]
found["parents"] = [clean(one.getName()) for one in ann.getObject("Image", images["uint8"]).getAncestry()]
found["orphans"] = sorted(clean(one.getName()) for one in ann.listOrphans("Image", ann_id))
found["by dataset"] = len(list(ann.getObjects("Image", opts={"dataset": dataset.getId(), "order_by": "obj.name"})))
found["projects"] = [clean(one.getName()) for one in ann.listProjects(ann_id)]
dataset.setName(f"renamed {mark}")
dataset.setDescription("described")
dataset.save()
dataset = ann.getObject("Dataset", dataset.getId())
found["renamed"] = [clean(dataset.getName()), dataset.getDescription()]
found["child by name"] = clean(project.findChildByName(f"renamed {mark}").getName())

# Annotations

image = ann.getObject("Image", images["uint8"])
for kind, value in KINDS.items():
    wrapper = getattr(wrappers, kind)
    wrapper.createAndLink(target=image, ns=NS, val=value)
image = ann.getObject("Image", images["uint8"])
listed = sorted(image.listAnnotations(NS), key=lambda one: one.OMERO_TYPE.__name__)
found["annotations"] = [[one.OMERO_TYPE.__name__, str(one.getValue()), one.link is not None] for one in listed]
found["counts"] = image.getAnnotationCounts()
found["many"] = [ann.getAnnotationCounts({"Image": [image]}), ann.getAnnotationCounts({"Dataset": [dataset]})]
found["links"] = [
    [clean(link.getChild().getNs()) if hasattr(link, "getChild") else None, link.getParent().getId() == image.getId()]
    for link in ann.getAnnotationLinks("Image", parent_ids=[image.getId()], ns=NS)
]
keys = {"key": "stain", "value": "DAPI", "ns": NS}
found["by map"] = len(list(ann.getObjectsByMapAnnotations("Image", **keys)))
found["by wildcard"] = len(list(ann.getObjectsByMapAnnotations("Image", value="*API", ns=NS)))
tag = image.getAnnotation(NS) and next(one for one in listed if one.OMERO_TYPE is model.TagAnnotationI)
found["by tag"] = [clean(one.getName()) for one in ann.getObjectsByAnnotations("Image", [tag.getId()])]
found["elsewhere"] = sorted(
    str(one.getValue()) for one in dataset.listOrphanedAnnotations(ns=[NS], anntype="Tag") if one.getNs() == NS
)
tagset = wrappers.TagAnnotationWrapper(ann)
tagset.setNs(omero.constants.metadata.NSINSIGHTTAGSET)
tagset.setValue(f"set {mark}")
tagset.save()
link = model.AnnotationAnnotationLinkI()
link.setParent(model.TagAnnotationI(tagset.getId(), False))
link.setChild(model.TagAnnotationI(tag.getId(), False))
ann.getUpdateService().saveObject(link)
found["tagset"] = [tagset.countTagsInTagset(), [one.getValue() for one in tagset.listTagsInTagset()]]
found["set of tag"] = [clean(one.getValue()) for one in ann.getObject("TagAnnotation", tag.getId()).listParents()]
with tempfile.NamedTemporaryFile("w", suffix=".txt") as attached:
    attached.write("some text\n" * 1000)
    attached.flush()
    note = ann.createFileAnnfromLocalFile(attached.name, mimetype="text/plain", ns=NS, desc="attached")
image.linkAnnotation(note)
note = ann.getObject("FileAnnotation", note.getId())
found["file"] = [note.getFileSize(), sum(len(part) for part in note.getFileInChunks()), note.getFile().getMimetype()]
found["file says"] = [note.getDescription(), clean(note.getNs()), note.getFile().getHash(), note.isOriginalMetadata()]
found["files"] = len(list(ann.listFileAnnotations(eid=ann_id, toInclude=[NS])))

# Regions of interest

roi, box = model.RoiI(), model.RectangleI()
for field, number in {"X": 0.0, "Y": 1.0, "Width": 2.0, "Height": 2.0}.items():
    getattr(box, f"set{field}")(rdouble(number))
box.setTheZ(rint(0))
box.setTextValue(rstring("a box"))
roi.addShape(box)
roi.setImage(model.ImageI(image.getId(), False))
ann.getUpdateService().saveObject(roi)
found["rois"] = [image.getROICount(), image.getROICount("Rectangle"), image.getROICount("Point")]
(roi,) = ann.getObjects("Roi", opts={"image": image.getId(), "load_shapes": True})
found["roi"] = [[type(one).__name__ for one in roi.copyShapes()], roi.getImage().getId() == image.getId()]
(one,) = ann.getObjects("Shape", [roi.copyShapes()[0].getId().val])
found["shape"] = [one.getTheZ(), one.getTextValue(), one.getX()]

# What another member may do

theirs = bob.getObject("Image", images["uint8"])
found["rights of bob"] = [theirs.canEdit(), theirs.canAnnotate(), theirs.canDelete(), theirs.canLink()]
found["rights of ann"] = [image.canEdit(), image.canAnnotate(), image.canDelete(), image.canChgrp(), image.canChown()]
found["shared"] = [theirs.isShared(), theirs.isPrivate(), theirs.isLeaded(), theirs.getOwnerFullName()]
comment = wrappers.CommentAnnotationWrapper.createAndLink(target=theirs, ns=f"{NS}/bob", val="nice")
found["commented"] = [one.getOwnerFullName() for one in theirs.listAnnotations(f"{NS}/bob")]
image = ann.getObject("Image", images["uint8"])
found["seen by ann"] = [[one.getValue(), one.isOwned()] for one in image.listAnnotations(f"{NS}/bob")]
image.unlinkAnnotations(NS)
image = ann.getObject("Image", images["uint8"])
found["unlinked"] = [len(list(image.listAnnotations(NS))), len(list(image.listAnnotations()))]
image.removeAnnotations(f"{NS}/none")

# Deleting

ann.deleteObjects("Image", [images["int8"]], wait=True)
found["deleted"] = [ann.getObject("Image", images["int8"]) is None, bob.getObject("Image", images["int8"]) is None]
ann.deleteObjects("Project", [project_id], deleteAnns=True, deleteChildren=True, wait=True)
found["tree deleted"] = [len(list(ann.getObjects("Image", [images[name]]))) for name in ("uint8", "uint16", "int16")]
admin = root.getAdminService()
admin.removeGroups(model.ExperimenterI(ann_id, False), [model.ExperimenterGroupI(shared_id, False)])
found["removed"] = sorted(clean(one.getName()) for one in root.containedExperimenters(shared_id))
for connection in (ann, bob, root):
    found.setdefault("left open", []).append(connection._assert_unregistered())
    connection.close()
answer(found)
