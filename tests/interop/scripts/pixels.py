"""Images made of arrays, read back and projected; large files up and down; OME-TIFF and OME-XML."""

import hashlib
import io
import time

import numpy
from PIL import Image
from shared import GIVEN, answer, gateway

import omero
from omero.constants.projection import ProjectionType
from omero.rtypes import rlong, rstring

SIZE_Z, SIZE_C, SIZE_T, HEIGHT, WIDTH = 3, 2, 2, 20, 30
connection = gateway()
found = {"types": {}}


def planes_of(dtype):
    random = numpy.random.default_rng(7)
    return random.integers(0, 100, (SIZE_Z, SIZE_C, SIZE_T, HEIGHT, WIDTH)).astype(dtype)


def same(found_plane, plane):
    return found_plane.dtype.name == plane.dtype.name and bool(numpy.array_equal(found_plane, plane))


def checked(dtype):
    """What of the pixels is as it was sent, by name."""
    data = planes_of(dtype)
    image = connection.createImageFromNumpySeq(
        iter(data.reshape(-1, HEIGHT, WIDTH)), "made of " + dtype, SIZE_Z, SIZE_C, SIZE_T, description="by a test"
    )
    image = connection.getObject("Image", image.getId())
    pixels = image.getPrimaryPixels()
    zct = [(z, c, t) for z in range(SIZE_Z) for c in range(SIZE_C) for t in range(SIZE_T)]
    result = {"type": pixels.getPixelsType().getValue(), "image": image.getId()}
    result["planes"] = all(same(plane, data[place]) for plane, place in zip(pixels.getPlanes(zct), zct, strict=True))
    tile = pixels.getTile(1, 1, 0, (4, 5, 9, 7))
    result["tile"] = same(tile, data[1, 1, 0, 5:12, 4:13])
    result["channels"] = [channel.getWindowMax() for channel in image.getChannels()]
    result["largest"] = [float(data[:, c].max()) for c in range(SIZE_C)]
    result["cube"] = hypercube(pixels.getId(), data)
    small = image.getThumbnail((16, 16))
    result["thumbnail"] = Image.open(io.BytesIO(small)).format if small else None
    image.setActiveChannels([1], [[0, 50]], ["FFFFFF"])
    shown = numpy.asarray(image.renderImage(1, 0))
    levels = numpy.clip(data[1, 0, 0].astype(float) / 50, 0, 1) * 255
    result["error"] = float(numpy.abs(shown[..., 1] - levels).mean())
    return result


def hypercube(pixels_id, data):
    store = connection.c.sf.createRawPixelsStore()
    store.setPixelsId(pixels_id, False, connection.SERVICE_OPTS)
    raw = store.getHypercube([3, 2, 0, 1, 0], [20, 10, 3, 1, 2], [2, 3, 2, 1, 1], connection.SERVICE_OPTS)
    store.close()
    expected = data[::2, 1:2, :, 2:12:3, 3:23:2].transpose(2, 1, 0, 3, 4)
    return raw == expected.astype(data.dtype.newbyteorder(">")).tobytes()


for name in GIVEN["types"]:
    found["types"][name] = checked(name)

# A copy with the metadata of another image, whose type decides.
source = found["types"]["uint16"]["image"]
copy = connection.createImageFromNumpySeq(
    iter(planes_of("uint8").reshape(-1, HEIGHT, WIDTH)), "copied", SIZE_Z, SIZE_C, SIZE_T, sourceImageId=source
)
copied = connection.getObject("Image", copy.getId()).getPrimaryPixels()
found["copied"] = [copied.getPixelsType().getValue(), same(copied.getPlane(1, 1, 1), planes_of("uint16")[1, 1, 1])]

# Projections: rendered, as a plane, as an image.
image = connection.getObject("Image", source)
data = planes_of("uint16")
image.setActiveChannels([1], [[0, 100]], ["FFFFFF"])
image.setProjection("intmax")
found["projected"] = float(
    numpy.abs(numpy.asarray(image.renderImage(0, 1))[..., 0] - data[:, 0, 1].max(axis=0) * 2.55).mean()
)
projection = connection.c.sf.getProjectionService()
pixels_id = image.getPrimaryPixels().getId()
stack = projection.projectStack(pixels_id, None, ProjectionType.MAXIMUMINTENSITY, 1, 0, 1, 0, SIZE_Z - 1)
found["stack"] = stack == data[:, 0, 1].max(axis=0).astype(">u2").tobytes()
made = projection.projectPixels(pixels_id, None, ProjectionType.MEANINTENSITY, 0, 1, [1], 1, 0, SIZE_Z - 1, "means")
made_pixels = connection.getObject("Image", made).getPrimaryPixels()
means = data[:, 1, 1].mean(axis=0).astype("uint16")
found["means"] = [made_pixels.getSizeT(), made_pixels.getSizeC(), same(made_pixels.getPlane(0, 0, 1), means)]

# Lookup tables.
image.setProjection("normal")
image.setActiveChannels([1], [[0, 100]], ["fire.lut"])
picture = numpy.asarray(image.renderImage(1, 0)).astype(int)
found["lut"] = [image.getChannels()[0].getLut(), bool((picture[..., 0] - picture[..., 2]).max() > 100)]

# Exports.
tiff = image.exportOmeTiff()
size, blocks = image.exportOmeTiff(bufsize=1000)
blocks = b"".join(blocks)
found["tiff"] = [tiff[:4].hex(), len(tiff), size, len(blocks)]
with open(GIVEN["tiff"], "wb") as file:
    file.write(tiff)
exporter = connection.createExporter()
exporter.addImage(source)
length = exporter.generateXml()
found["xml"] = exporter.read(0, length).decode().startswith("<?xml")
exporter.close()

# A file of some size, up and down.
block = numpy.random.default_rng(1).bytes(2_000_000)
digest = hashlib.sha1()
row = omero.model.OriginalFileI()
row.name, row.path, row.size = rstring("large"), rstring("interop/"), rlong(0)
row.hash, row.mimetype = rstring(""), rstring("application/octet-stream")
row.hasher = omero.model.ChecksumAlgorithmI()
row.hasher.value = rstring("SHA1-160")
row = connection.getUpdateService().saveAndReturnObject(row)
store = connection.c.sf.createRawFileStore()
store.setFileId(row.id.val)
began = time.monotonic()
for number in range(GIVEN["blocks"]):
    piece = number.to_bytes(8, "big") + block[8:]
    digest.update(piece)
    store.write(piece, number * len(block), len(block))
saved = store.save()
store.close()
up = time.monotonic()
store = connection.c.sf.createRawFileStore()
store.setFileId(row.id.val)
down = hashlib.sha1()
for number in range(GIVEN["blocks"]):
    down.update(store.read(number * len(block), len(block)))
found["seconds"] = [up - began, time.monotonic() - up]
found["file"] = [saved.size.val, store.size(), saved.hash.val, digest.hexdigest(), down.hexdigest()]
store.close()
connection.deleteObjects("OriginalFile", [row.id.val], wait=True)
answer(found)
connection.close()
