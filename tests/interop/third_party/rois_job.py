"""omero-rois and omero-marshal: masks from arrays; objects to JSON and back."""

import json
import sys

import numpy
from omero_marshal import get_decoder, get_encoder
from omero_rois import mask_from_binary_image, masks_from_label_image

import omero
from omero.gateway import BlitzGateway

given = json.load(sys.stdin)
conn = BlitzGateway(given["user"], given["password"], host=given["host"], port=given["port"], secure=True)
assert conn.connect()
found = {}
image = conn.createImageFromNumpySeq(iter([numpy.zeros((20, 30), numpy.uint8)]), "masked")
bits = numpy.zeros((20, 30), bool)
bits[3:7, 4:9] = True
roi = omero.model.RoiI()
roi.setImage(image._obj)
roi.addShape(mask_from_binary_image(bits, rgba=(255, 0, 0, 50), text="mask"))
labels = numpy.zeros((20, 30), int)
labels[:2, :2] = 1
labels[5:9, 5:8] = 2
for mask in masks_from_label_image(labels):
    roi.addShape(mask)
conn.getUpdateService().saveAndReturnObject(roi)
shapes = conn.getRoiService().findByImage(image.getId(), None).rois[0].copyShapes()
counts = [int(numpy.unpackbits(numpy.frombuffer(bytes(mask.bytes), numpy.uint8)).sum()) for mask in shapes]
found["masks"] = [[mask.x.val, mask.y.val, mask.width.val, mask.height.val] for mask in shapes]
found["bits"] = counts
query = "select i from Image i join fetch i.pixels p join fetch p.pixelsType where i.id = :id"
obj = conn.getQueryService().findByQuery(query, omero.sys.ParametersI().addId(image.getId()))
encoded = json.loads(json.dumps(get_encoder(obj.__class__).encode(obj)))
decoded = get_decoder(encoded["@type"]).decode(encoded)
found["marshalled"] = [encoded["Name"], decoded.id.val == image.getId(), decoded.getPrimaryPixels().sizeX.val]
conn.close()
print(json.dumps(found), file=sys.stderr)
