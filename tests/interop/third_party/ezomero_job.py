"""ezomero: containers, an image, regions, annotations, a table, an import; all read again."""

import json
import sys

import ezomero
import numpy
from ezomero.rois import Point, Polygon, Rectangle

given = json.load(sys.stdin)
conn = ezomero.connect(
    given["user"], given["password"], host=given["host"], port=given["port"], group=given["group"], secure=True
)
found = {}
project = ezomero.post_project(conn, "ezomero project", "made by ezomero")
dataset = ezomero.post_dataset(conn, "ezomero dataset", project_id=project)
data = numpy.arange(12 * 10 * 2 * 3 * 2, dtype=numpy.uint16).reshape(12, 10, 2, 3, 2)
image = ezomero.post_image(conn, data, "ezomero image", dataset_id=dataset)
_, pixels = ezomero.get_image(conn, image, dim_order="xyzct")
found["pixels"] = [bool(numpy.array_equal(pixels, data)), str(pixels.dtype)]
pairs = ezomero.post_map_annotation(conn, "Image", image, {"stain": "DAPI", "rows": ["1", "2"]}, ns="ezomero.ns")
found["pairs"] = ezomero.get_map_annotation(conn, pairs)
found["with pairs"] = [ezomero.get_map_annotation_ids(conn, "Image", image, ns="ezomero.ns") == [pairs]]
shapes = [Point(1, 2, label="p"), Rectangle(1, 1, 3, 4), Polygon([(0, 0), (5, 0), (5, 5)])]
roi = ezomero.post_roi(conn, image, shapes, name="r")
found["roi"] = ezomero.get_roi_ids(conn, image) == [roi]
shapes = [ezomero.get_shape(conn, number) for number in ezomero.get_shape_ids(conn, roi)]
found["shapes"] = sorted(type(shape).__name__ for shape in shapes)
found["tree"] = [
    ezomero.get_image_ids(conn, dataset=dataset) == [image],
    ezomero.get_dataset_ids(conn, project=project) == [dataset],
    project in ezomero.get_project_ids(conn),
]
with open("note.txt", "w") as note:
    note.write("hello")
file = ezomero.post_file_annotation(conn, "note.txt", "ezomero.ns", "Dataset", dataset)
with open(ezomero.get_file_annotation(conn, file, given["folder"])) as note:
    found["file"] = note.read()
table = ezomero.post_table(conn, [["a", "b"], [1, 2.5], [3, 4.5]], object_type="Dataset", object_id=dataset, title="t")
found["table"] = ezomero.get_table(conn, table).values.tolist()
open("ezomero&sizeX=20&sizeY=20.fake", "w").close()
imported = ezomero.ezimport(conn, "ezomero&sizeX=20&sizeY=20.fake", project="by ezimport", dataset="by ezimport")
found["imported"] = [conn.getObject("Image", number).getParent().getName() for number in imported]
conn.close()
print(json.dumps(found), file=sys.stderr)
