"""Copies of an imported image, what is around it and how much space it takes, with the official library."""

from shared import GIVEN, answer, gateway

import omero
import omero.cmd
import omero.cmd.graphs

connection = gateway()
client = connection.c
found = {}
original = GIVEN["image"]


def ask(request):
    """The response, once it is there."""
    callback = client.submit(request, loops=120)
    try:
        return callback.getResponse()
    finally:
        callback.close(True)


dry = ask(omero.cmd.Duplicate(targetObjects={"Image": [original]}, dryRun=True))
found["dry"] = dry.duplicates["ome.model.core.Image"] == [original]
options = [omero.cmd.graphs.ChildOption(excludeType=["Experiment"])]
made = ask(omero.cmd.Duplicate(targetObjects={"Image": [original]}, childOptions=options)).duplicates
copy = connection.getObject("Image", made["ome.model.core.Image"][0])
image = connection.getObject("Image", original)
found["new"] = copy.getId() > original and copy.getName() == image.getName()
found["plane"] = bool((copy.getPrimaryPixels().getPlane() == image.getPrimaryPixels().getPlane()).all())
found["rendered"] = copy.renderImage(0, 0).tobytes() == image.renderImage(0, 0).tobytes()
found["thumbnail"] = len(copy.getThumbnail()) > 0
found["fileset"] = copy.getFileset().getId() != image.getFileset().getId()
found["channels"] = copy.getChannelLabels() == image.getChannelLabels()

parents = ask(omero.cmd.FindParents({"Image": [copy.getId()]}, ["Fileset"], [])).parents
found["parents"] = parents == {"ome.model.fs.Fileset": [copy.getFileset().getId()]}
children = ask(omero.cmd.FindChildren({"Fileset": [copy.getFileset().getId()]}, ["Image"], ["Roi"])).children
found["children"] = children == {"ome.model.core.Image": [copy.getId()]}
usage = [ask(omero.cmd.DiskUsage2({"Image": [one.getId()]}, [])) for one in (image, copy)]
found["usage"] = [sorted(one.totalBytesUsed.values())[-1] > 0 for one in usage]
entries = [[each.get("FilesetEntry") for each in one.bytesUsedByReferer.values()] for one in usage]
found["entries"] = entries[0] == entries[1]
legal = ask(omero.cmd.LegalGraphTargets(omero.cmd.Duplicate()))
found["legal"] = "ome.model.core.Pixels" in legal.targets

ask(omero.cmd.Delete2(targetObjects={"Image": [copy.getId()]}))
found["original"] = connection.getObject("Image", original).renderImage(0, 0) is not None
answer(found)
connection.close()
