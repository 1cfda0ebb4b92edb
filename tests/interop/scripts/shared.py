"""What the programs for the official client share: what to do, connections, the answer."""

import json
import sys

import omero.clients
from omero.gateway import BlitzGateway

GIVEN = json.load(sys.stdin)


def client(transport="ssl"):
    """A client that is not logged in yet."""
    if transport == "ssl":
        return omero.client(GIVEN["host"], GIVEN["ports"]["ssl"])
    return omero.client(f"{transport}://{GIVEN['host']}:{GIVEN['ports'][transport]}")


def gateway(secure=False):
    """A connected gateway."""
    made = BlitzGateway(GIVEN["user"], GIVEN["password"], host=GIVEN["host"], port=GIVEN["ports"]["ssl"], secure=secure)
    assert made.connect(), made.getLastError()
    return made


def answer(value):
    """Print the result."""
    json.dump(value, sys.stdout)
