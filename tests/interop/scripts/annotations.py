"""Annotations made, linked, listed and removed with the gateway."""

from shared import GIVEN, answer, gateway

from omero.constants.metadata import NSCLIENTMAPANNOTATION
from omero.gateway import CommentAnnotationWrapper, LongAnnotationWrapper, MapAnnotationWrapper, TagAnnotationWrapper

NS = "interop/test"
connection = gateway()
image = connection.getObject("Image", GIVEN["image"])
found = {}

tag = TagAnnotationWrapper(connection)
tag.setValue("mitosis")
tag.setDescription("what cells do")
tag.save()
image.linkAnnotation(tag)

pairs = [["stain", "DAPI"], ["stain", "again"], ["empty", ""]]
keys = MapAnnotationWrapper(connection)
keys.setNs(NSCLIENTMAPANNOTATION)
keys.setValue(pairs)
keys.save()
image.linkAnnotation(keys)

comment = CommentAnnotationWrapper(connection)
comment.setValue("bleached \u2603")
comment.setNs(NS)
comment.save()
image.linkAnnotation(comment)
LongAnnotationWrapper.createAndLink(target=image, ns=NS, val=5)

image = connection.getObject("Image", GIVEN["image"])
found["listed"] = sorted([one.OMERO_TYPE.__name__, one.getNs(), one.getValue()] for one in image.listAnnotations(NS))
found["tag"] = [
    [one.getValue(), one.getDescription(), one.getId() == tag.getId()]
    for one in image.listAnnotations()
    if one.OMERO_TYPE.__name__ == "TagAnnotationI"
]
found["map"] = [list(map(list, one.getValue())) for one in image.listAnnotations(NSCLIENTMAPANNOTATION)]
found["counts"] = image.getAnnotationCounts()
found["by ns"] = image.getAnnotation(NS).getNs()
found["tags"] = [
    one.getTextValue() for one in connection.getObjects("TagAnnotation", attributes={"textValue": "mitosis"})
]
found["links"] = len(list(connection.getAnnotationLinks("Image", parent_ids=[image.getId()])))
found["by tag"] = [i.getId() for i in connection.getObjectsByAnnotations("Image", [tag.getId()])]
found["other type"] = [one.getId() for one in connection.getObjects("Annotation", [tag.getId()])] == [tag.getId()]

image.removeAnnotations(NS)
found["after removal"] = [one.getNs() for one in image.listAnnotations(NS)]
connection.deleteObjects("ImageAnnotationLink", [link.getId().val for link in image.getAnnotationLinks()], wait=True)
image = connection.getObject("Image", GIVEN["image"])
found["unlinked"] = len(list(image.listAnnotations()))
found["kept"] = [one.getTextValue() for one in connection.getObjects("TagAnnotation", [tag.getId()])]
connection.deleteObjects("Annotation", [tag.getId()], wait=True)
found["left"] = [one.getId() for one in connection.getObjects("Annotation", [tag.getId(), keys.getId()])]
answer(found)
connection.close()
