"""Containers made and read with the gateway; images are put into them, and all is removed again but the images."""

import datetime

from shared import GIVEN, answer, gateway

import omero.model
from omero.gateway import DatasetWrapper, ProjectWrapper

connection = gateway()
images = GIVEN["images"]

project = ProjectWrapper(connection, omero.model.ProjectI())
project.setName("Project of the gateway")
project.setDescription("All\nof it, \u00b5m \u2603")
project.save()
dataset = DatasetWrapper(connection, omero.model.DatasetI())
dataset.setName("Dataset of the gateway")
dataset.save()
links = [omero.model.ProjectDatasetLinkI()]
links[0].setParent(omero.model.ProjectI(project.getId(), False))
links[0].setChild(omero.model.DatasetI(dataset.getId(), False))
for image in images:
    link = omero.model.DatasetImageLinkI()
    link.setParent(omero.model.DatasetI(dataset.getId(), False))
    link.setChild(omero.model.ImageI(image, False))
    links.append(link)
connection.getUpdateService().saveAndReturnArray(links, connection.SERVICE_OPTS)

found = {}
project = connection.getObject("Project", project.getId())
found["project"] = [project.getName(), project.getDescription(), project.countChildren(), project.OMERO_CLASS]
found["children"] = [child.getId() == dataset.getId() for child in project.listChildren()]
dataset = connection.getObject("Dataset", dataset.getId())
found["dataset"] = [dataset.getName(), dataset.getDescription(), dataset.countChildren(), dataset.getParent().getId()]
found["dataset"][3] = found["dataset"][3] == project.getId()
found["images"] = sorted(child.getId() for child in dataset.listChildren())
image = connection.getObject("Image", images[0])
found["ancestry"] = [[parent.OMERO_CLASS, parent.getName()] for parent in image.getAncestry()]
found["parents"] = [parent.getId() == dataset.getId() for parent in image.listParents()]
age = datetime.datetime.now() - image.getDate()
found["fresh"] = abs(age.total_seconds()) < 3600
found["owner"] = image.getOwnerFullName()

found["by name"] = [one.getName() for one in connection.getObjects("Dataset", attributes={"name": dataset.getName()})]
found["by dataset"] = sorted(i.getId() for i in connection.getObjects("Image", opts={"dataset": dataset.getId()}))
paged = connection.getObjects("Image", opts={"limit": 2, "offset": 1, "order_by": "obj.id"})
every = connection.getObjects("Image", opts={"order_by": "obj.id"})
found["paged"] = [i.getId() for i in paged] == [i.getId() for i in every][1:3]
found["projects"] = project.getId() in [one.getId() for one in connection.getObjects("Project")]
found["listed"] = project.getId() in [one.getId() for one in connection.listProjects()]
found["missing"] = connection.getObject("Image", 10**9)
orphans = [i.getId() for i in connection.getObjects("Image", opts={"orphaned": True})]
found["orphans"] = [image in orphans for image in [*images, *GIVEN["orphans"], *GIVEN["in plates"]]]
found["marshal"] = image.simpleMarshal()["name"] == image.getName()

image.setDescription("Seen from outside")
image.setName("Renamed")
image.save()
again = connection.getObject("Image", images[0])
found["edited"] = [again.getName(), again.getDescription()]

# The gateway spares the children of projects, but those of datasets only when something else holds them.
connection.deleteObjects("Project", [project.getId()], deleteAnns=True, deleteChildren=False, wait=True)
found["without project"] = [
    connection.getObject("Project", project.getId()),
    connection.getObject("Dataset", dataset.getId()).countChildren(),
]
links = connection.getContainerService().loadContainerHierarchy("Dataset", [dataset.getId()], None)
found["loaded"] = [one.getName().val for one in links]
connection.deleteObjects("DatasetImageLink", [link.getId() for link in dataset.getChildLinks()], wait=True)
connection.deleteObjects("Dataset", [dataset.getId()], wait=True)
found["left"] = [connection.getObject("Dataset", dataset.getId())]
found["left"].append(sorted(i.getId() for i in connection.getObjects("Image", images)))
answer(found)
connection.close()
