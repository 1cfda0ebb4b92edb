"""A very large plane written tile by tile with the library's own loop, and seen at every level."""

import io
import time

import numpy
from PIL import Image
from shared import GIVEN, answer, gateway

from omero.util.tiles import RPSTileLoop, TileLoopIteration

WIDTH, HEIGHT = GIVEN["size"]
connection = gateway()
session = connection.c.sf
y, x = numpy.mgrid[0:HEIGHT, 0:WIDTH]
data = ((x + y) // 32).astype(">u2")

service = session.getPixelsService()
kind = service.getEnumeration("PixelsType", "uint16")
image_id = service.createImage(WIDTH, HEIGHT, 1, 1, [0], kind, "large", "by tiles").val
pixels = connection.getObject("Image", image_id).getPrimaryPixels()._obj


class Write(TileLoopIteration):
    def run(self, store, z, c, t, x, y, tile_width, tile_height, number):
        tile = data[y : y + tile_height, x : x + tile_width]
        store.setTile(tile.tobytes(), z, c, t, x, y, tile_width, tile_height)


tiles = RPSTileLoop(session, pixels).forEachTile(1000, 700, Write())
found = {"tiles": tiles}
image = connection.getObject("Image", image_id)
primary = image.getPrimaryPixels()
found["tile"] = bool(numpy.array_equal(primary.getTile(0, 0, 0, (1500, 1200, 300, 200)), data[1200:1400, 1500:1800]))
end = time.time() + 100
levels = {}
while len(levels) < 6 and time.time() < end:
    time.sleep(0.2)
    image = connection.getObject("Image", image_id)
    levels = image.getZoomLevelScaling() or {}
found["scaling"] = [levels[level] for level in sorted(levels)]
found["requires"] = image.requiresPixelsPyramid()
image.setActiveChannels([1], [[0, float(data.max())]], ["FFFFFF"])
shown = {}
for level in range(6):
    picture = image.renderJpegRegion(0, 0, 0, 0, 64, 64, level=level)
    shown[level] = numpy.asarray(Image.open(io.BytesIO(picture)).convert("L")).astype(int).tolist()
found["corners"] = [[shown[level][0][0], shown[level][63][63]] for level in range(6)]
found["largest"] = int(data.max())
found["thumbnail"] = Image.open(io.BytesIO(image.getThumbnail((96,)))).size
store = session.createRawPixelsStore()
store.setPixelsId(primary.getId(), False)
found["tile size"] = store.getTileSize()
found["digest"] = store.calculateMessageDigest().hex() == primary.getSha1()
store.close()
answer(found)
connection.close()
