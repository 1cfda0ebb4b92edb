"""Answers of IContainer, IMetadata, ITimeline, IRoi, ITypes and IRepositoryInfo as the official library sees them."""

from shared import GIVEN, answer, gateway

import omero.api
import omero.model
import omero.sys
from omero.rtypes import rdouble, rint, rlong, rstring, rtime

connection = gateway()
session = connection.c.sf
update = session.getUpdateService()
image_id = GIVEN["image"]
found = {}


def ids(objects):
    return sorted(one.id.val for one in objects)


project = omero.model.ProjectI()
project.name = rstring("read services")
dataset = omero.model.DatasetI()
dataset.name = rstring("read services")
project.linkDataset(dataset)
dataset.linkImage(omero.model.ImageI(image_id, False))
tag = omero.model.TagAnnotationI()
tag.textValue = rstring("read services")
project.linkAnnotation(tag)
project = update.saveAndReturnObject(project)
dataset = project.linkedDatasetList()[0]
tag = project.linkedAnnotationList()[0]
me = connection.getUserId()

container = session.getContainerService()
options = omero.sys.ParametersI().leaves()
tree = container.loadContainerHierarchy("Project", [project.id.val], options)[0]
below = tree.linkedDatasetList()[0]
image = below.linkedImageList()[0]
found["tree"] = [type(tree).__name__, below.id.val == dataset.id.val, image.id.val]
found["counts"] = [
    dict(tree.getAnnotationLinksCountPerOwner()) == {me: 1},
    dict(below.getImageLinksCountPerOwner()) == {me: 1},
]
found["pixels"] = image.getPrimaryPixels().getPixelsType().getValue().getValue()
above = container.findContainerHierarchies("Project", [image_id], None)
found["above"] = project.id.val in ids(above)
found["images"] = ids(container.getImages("Dataset", [dataset.id.val], None))
found["count"] = container.getCollectionCount("Dataset", "imageLinks", [dataset.id.val], None) == {dataset.id.val: 1}
found["split"] = container.getImagesBySplitFilesets({"Image": [image_id]}, None)

metadata = session.getMetadataService()
noted = metadata.loadAnnotations("Project", [project.id.val], [], [], None)[project.id.val]
found["annotations"] = [[type(one).__name__, one.textValue.val, one.details.owner.omeName.val] for one in noted]
content = metadata.loadTagContent([tag.id.val], None)[tag.id.val]
found["content"] = [type(one).__name__ for one in content]
found["tagged"] = metadata.getTaggedObjectsCount([tag.id.val], None)[tag.id.val]
found["used"] = metadata.countAnnotationsUsedNotOwned("TagAnnotation", me).val
channels = [channel.getLogicalChannel().getId() for channel in connection.getObject("Image", image_id).getChannels()]
found["channels"] = len(metadata.loadChannelAcquisitionData(channels)) == len(channels)

timeline = session.getTimelineService()
recent = timeline.getMostRecentObjects(None, None, False)
found["recent"] = [sorted(recent), recent["Project"][0].id.val == project.id.val]
merged = timeline.getMostRecentObjects(["Project", "Dataset"], omero.sys.ParametersI().page(0, 1), True)
found["merged"] = [len(merged["Project"]) + len(merged["Dataset"])]
found["period"] = timeline.countByPeriod(["Project"], rtime(0), rtime(1), None)
links = timeline.getMostRecentAnnotationLinks(["Project"], ["TagAnnotation"], [], None)
found["links"] = links[0].child.id.val == tag.id.val
found["logs"] = len(timeline.getEventLogsByPeriod(rtime(0), rtime(2**42), omero.sys.ParametersI().page(0, 5)))
found["comments"] = timeline.getMostRecentShareCommentLinks(None)

rectangle = omero.model.RectangleI()
for name, value in (("x", 1), ("y", 2), ("width", 3), ("height", 2)):
    setattr(rectangle, name, rdouble(value))
rectangle.theZ, rectangle.theT = rint(0), rint(0)
roi = omero.model.RoiI()
roi.image = omero.model.ImageI(image_id, False)
roi.addShape(rectangle)
roi = update.saveAndReturnObject(roi)
service = session.getRoiService()
result = service.findByImage(image_id, omero.api.RoiOptions(None, rint(10), None, rlong(me), None))
found["roi"] = [roi.id.val in ids(result.rois), sorted(result.byZ), type(result.byT[0][0]).__name__]
shape = roi.getShape(0).id.val
points = service.getPoints(shape)
found["points"] = [list(points.x), list(points.y)]
stats = service.getShapeStatsRestricted([shape], 0, 0, [0])[0]
pixels = connection.getObject("Image", image_id).getPrimaryPixels()
values = pixels.getTile(0, 0, 0, (1, 2, 3, 2)).astype(float)
expected = [values.size, values.min(), values.max(), values.sum(), values.mean(), values.std(ddof=1)]
names = ("pointsCount", "min", "max", "sum", "mean", "stdDev")
found["stats"] = [float(getattr(stats, name)[0]) for name in names], [float(one) for one in expected]

types = session.getTypesService()
found["types"] = [types.getEnumeration("Immersion", "Oil").value.val, "Format" in types.getEnumerationTypes()]
found["free"] = session.getRepositoryInfoService().getFreeSpaceInKilobytes() > 0

for one in (roi, project, dataset, tag):
    kind = type(one).__name__[:-1].replace("TagAnnotation", "Annotation")
    connection.deleteObjects(kind, [one.id.val], deleteAnns=False, wait=True)
answer(found)
