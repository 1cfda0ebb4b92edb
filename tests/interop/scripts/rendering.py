"""Rendered planes, regions and thumbnails, written as PNG into a folder."""

import io
import os

from PIL import Image
from shared import GIVEN, answer, gateway

connection = gateway()
found = {}


def keep(name, picture):
    """Write a picture, which may be the bytes of a JPEG."""
    if isinstance(picture, bytes):
        found.setdefault("formats", {})[name] = Image.open(io.BytesIO(picture)).format
        picture = Image.open(io.BytesIO(picture))
    picture.save(os.path.join(GIVEN["folder"], name + ".png"))


image = connection.getObject("Image", GIVEN["image"])
z = image.getSizeZ() // 2
keep("default", image.renderImage(z, 0))
keep("jpeg", image.renderJpeg(z, 0))
found["grey before"] = image.isGreyscaleRenderingModel()
image.setGreyscaleRenderingModel()
found["grey after"] = image.isGreyscaleRenderingModel()
image.setActiveChannels([2])
keep("grey", image.renderImage(z, 0))
image.setColorRenderingModel()
image.setActiveChannels([1, 2])
keep("without third", image.renderImage(z, 0))
image.setActiveChannels([1], [[-20, 60]], ["FF00FF"])
found["active"] = [channel.isActive() for channel in image.getChannels()]
channel = image.getChannels()[0]
found["chosen"] = [channel.getWindowStart(), channel.getWindowEnd(), channel.getColor().getHtml()]
keep("window", image.renderImage(z, 0))
image.setActiveChannels([1], [[-20, 60]], ["FF00FF"], [True])
keep("reversed", image.renderImage(z, 0))

image = connection.getObject("Image", GIVEN["image"])
keep("thumbnail", image.getThumbnail())
keep("thumbnail 64x32", image.getThumbnail((64, 32)))
keep("thumbnail at", image.getThumbnail((96,), z=0, t=0))
found["compressed"] = [len(image.renderJpeg(z, 0, compression=quality)) for quality in (0.2, 0.95)]

image.setActiveChannels([1], [[-10, 50]])
found["saved"] = image.saveDefaults()
image = connection.getObject("Image", GIVEN["image"])
found["kept"] = [[c.getWindowStart(), c.getWindowEnd(), c.isActive()] for c in image.getChannels()]
found["reset"] = image.resetDefaults()
found["as before"] = [[c.getWindowStart(), c.getWindowEnd(), c.isActive()] for c in image.getChannels()]

pyramid = connection.getObject("Image", GIVEN["pyramid"])
found["scaling"] = pyramid.getZoomLevelScaling()
found["requires"] = pyramid.requiresPixelsPyramid()
for level, (x, y, width, height) in enumerate(GIVEN["regions"]):
    keep(f"level {level}", pyramid.renderJpegRegion(0, 0, x, y, width, height, level=level))
keep("pyramid thumbnail", pyramid.getThumbnail())
answer(found)
connection.close()
