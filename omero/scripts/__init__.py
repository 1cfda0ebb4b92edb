"""Scripts that run on the server: what they declare and how it is read and checked.

A script describes itself with ``client(...)``, which also connects it::

    client = omero.scripts.client("Split.py", "Splits images.", Long("Image_ID", optional=False), version="1.0")
    inputs = client.getInputs(unwrap=True)
    client.setOutput("Message", rstring("Done"))
    client.closeSession()

``parse_text`` and ``parse_file`` read the description without running the rest; ``parse_inputs`` makes values of
"key=value" texts; ``validate_inputs`` says what is wrong with values.
"""

from __future__ import annotations

from collections import defaultdict

from omero.callbacks import ProcessCallbackI
from omero.rtypes import (
    rbool,
    rdouble,
    rfloat,
    rint,
    rinternal,
    rlist,
    rlong,
    rmap,
    robject,
    rset,
    rstring,
    rtype,
    unwrap,
    wrap,
)
from omero.scripts.checking import (
    check_boundaries,
    check_values,
    compare_proto,
    error_msg,
    expand,
    set_input,
    validate_inputs,
)
from omero.scripts.inputs import MissingInputs, group_params, parse_input, parse_inputs
from omero.scripts.logs import BASE_LOG, PROC_LOG, TYPE_LOG
from omero.scripts.running import ParseExit, client, handleParse, parse_file, parse_text, wait
from omero.scripts.types import (
    Bool,
    Color,
    Double,
    Float,
    Int,
    List,
    Long,
    Map,
    Object,
    Plane,
    Point,
    Set,
    String,
    Type,
)

__all__ = [
    "BASE_LOG",
    "PROC_LOG",
    "TYPE_LOG",
    "Bool",
    "Color",
    "Double",
    "Float",
    "Int",
    "List",
    "Long",
    "Map",
    "MissingInputs",
    "Object",
    "ParseExit",
    "Plane",
    "Point",
    "ProcessCallbackI",
    "Set",
    "String",
    "Type",
    "check_boundaries",
    "check_values",
    "client",
    "compare_proto",
    "defaultdict",
    "error_msg",
    "expand",
    "group_params",
    "handleParse",
    "parse_file",
    "parse_input",
    "parse_inputs",
    "parse_text",
    "rbool",
    "rdouble",
    "rfloat",
    "rint",
    "rinternal",
    "rlist",
    "rlong",
    "rmap",
    "robject",
    "rset",
    "rstring",
    "rtype",
    "set_input",
    "unwrap",
    "validate_inputs",
    "wait",
    "wrap",
]
