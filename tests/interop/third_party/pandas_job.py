"""omero2pandas: a data frame to a table on an image, parts of it back, and as CSV."""

import json
import sys

import omero2pandas
import pandas

given = json.load(sys.stdin)
where = {"server": given["host"], "port": given["port"], "username": given["user"], "password": given["password"]}
frame = pandas.DataFrame({"image": [given["image"]] * 3, "area": [1.5, 2.5, 3.5], "name": ["a", "b", "c"]})
frame["good"] = [True, False, True]
number = omero2pandas.upload_table(frame, "by omero2pandas", links=[("Image", given["image"])], **where)
found = {"size": list(omero2pandas.get_table_size(annotation_id=number, **where))}
found["columns"] = list(omero2pandas.get_table_columns(annotation_id=number, **where))
part = omero2pandas.read_table(annotation_id=number, query="area > 2", column_names=["area", "name", "good"], **where)
found["part"] = part.to_numpy().tolist()
omero2pandas.download_table("table.csv", annotation_id=number, **where)
found["same"] = bool(pandas.read_csv("table.csv")["area"].tolist() == frame["area"].tolist())
print(json.dumps(found), file=sys.stderr)
