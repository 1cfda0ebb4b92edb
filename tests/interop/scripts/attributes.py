"""What the gateway says of images."""

from shared import GIVEN, answer, gateway


def length(value):
    return None if value is None else [value.getValue(), value.getUnit().name, value.getSymbol()]


def channel(one):
    color = one.getColor()
    return {
        "label": one.getLabel(),
        "color": color and color.getHtml(),
        "window": [one.getWindowStart(), one.getWindowEnd()],
        "range": [one.getWindowMin(), one.getWindowMax()],
        "active": one.isActive(),
        "emission": one.getEmissionWave(),
    }


def image(one):
    return {
        "name": one.getName(),
        "sizes": [one.getSizeX(), one.getSizeY(), one.getSizeZ(), one.getSizeC(), one.getSizeT()],
        "type": one.getPixelsType(),
        "range": list(one.getPixelRange()),
        "physical": [length(getattr(one, "getPixelSize" + axis)(units=True)) for axis in "XYZ"],
        "microns": [getattr(one, "getPixelSize" + axis)() for axis in "XYZ"],
        "channels": [channel(c) for c in one.getChannels()],
        "labels": one.getChannelLabels(),
        "files": [f.getName() for f in one.getImportedImageFiles()],
        "counted": one.countImportedImageFiles(),
        "fileset": [i.getId() for i in one.getFileset().copyImages()],
        "owner": [one.getOwner().getName(), one.getOwnerOmeName(), one.isOwned(), one.canEdit(), one.canDelete()],
        "group": one.getDetails().getGroup().getName(),
        "acquired": one.getAcquisitionDate() and one.getAcquisitionDate().isoformat(),
        "pyramid": one.requiresPixelsPyramid(),
        "rois": one.getROICount(),
        "description": one.getDescription(),
    }


connection = gateway()
found = {i.getId(): image(i) for i in connection.getObjects("Image", GIVEN["images"])}
answer(found)
connection.close()
