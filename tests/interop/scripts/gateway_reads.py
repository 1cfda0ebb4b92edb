"""Everything the gateway's objects say about themselves: all reading methods that need no argument, as JSON.

Runs with the official client and with ours; the answers of both are compared.
"""

import datetime
import inspect
import logging
import re
import types

from shared import GIVEN, answer, gateway

import omero
from omero.gateway import BlitzObjectWrapper

READS = re.compile(r"(get|list|is|can|count|has|simpleMarshal|canDownload|find)([A-Z_]|$)")
# Not a matter of the client (random, now), writing, or rendering: that is compared elsewhere.
LEFT_OUT = re.compile(
    r"getEventContext|getFreeSpace|.*Thumbnail.*|.*Histogram.*|getProjectedThumbnail|.*LUT.*|getLastError|.*Uuid.*|isConnected"
    r"|getQueryService|.*Service$|.*Store$|.*Engine.*|isAnonymous|getSession.*|getPassword|.*Prepared.*|getPixelRange"
    r"|getDefaultsOptions|getAdapter|getClient|getFileInChunks|getHostname|getPort|getAsFileObj|getSharedResources"
)
DEEP = 2


def told(value, depth):
    """A value in the words of JSON; objects by their class and id, or with all they say when there is depth left."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, (bytes, bytearray)):
        return ["bytes", len(value)]
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): told(one, depth) for key, one in value.items()}
    if isinstance(value, (list, tuple, types.GeneratorType, map, filter)):
        return [told(one, depth) for one in value]
    if isinstance(value, (set, frozenset)):
        return sorted(told(one, depth) for one in value)
    if isinstance(value, BlitzObjectWrapper):
        return [type(value).__name__, value.getId(), reads(value, depth - 1) if depth else None]
    if isinstance(value, omero.RType):
        return [type(value).__name__, told(getattr(value, "val", None), depth)]
    if isinstance(value, omero.model.IObject):
        number = value.getId()
        return [type(value).__name__, number.getValue() if number is not None else None]
    if hasattr(value, "getUnit") and hasattr(value, "getSymbol"):
        return [f"{value.getValue():.10g}", str(value.getUnit()), value.getSymbol()]
    return type(value).__name__


def names(thing):
    """Reading methods without arguments, and the accessors of the fields that the object behind has."""
    for name in sorted(set(dir(type(thing)))):
        if READS.match(name) and not LEFT_OUT.fullmatch(name):
            method = getattr(type(thing), name)
            if callable(method) and needs_nothing(method):
                yield name
    behind = getattr(thing, "_obj", None)
    for field in sorted(vars(behind) if behind is not None else []):
        if field.startswith("_") and not field.endswith(("Seq", "Loaded")) and len(field) > 2:
            yield f"get{field[1].upper()}{field[2:]}"


def needs_nothing(method):
    """Whether it can be called without arguments."""
    try:
        wanted = list(inspect.signature(method).parameters.values())
    except (TypeError, ValueError):
        return False
    if inspect.isfunction(method):
        wanted = wanted[1:]
    return all(one.default is not one.empty or one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in wanted)


def reads(thing, depth):
    """What each method says, or the class of the error it raises."""
    found = {}
    for name in names(thing):
        try:
            found[name] = told(getattr(thing, name)(), depth)
        except Exception as error:  # the other client must fail in the same way
            found[name] = ["raised", type(error).__name__]
    return found


logging.disable(logging.CRITICAL)
connection = gateway()
connection.SERVICE_OPTS.setOmeroGroup("-1")
answer(
    {
        "connection": reads(connection, 1),
        "objects": {
            kind: [told(one, DEEP) for one in connection.getObjects(kind, ids)] for kind, ids in GIVEN["wanted"].items()
        },
    }
)
connection.close()
