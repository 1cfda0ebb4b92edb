"""Images deleted with waiting, and one that doesn't exist."""

from shared import GIVEN, answer, gateway

import omero
import omero.callbacks

connection = gateway()
found = {}


def outcome(handle):
    """What the callback of a request says."""
    callback = omero.callbacks.CmdCallbackI(connection.c, handle)
    response = callback.loop(20, 500)
    callback.close(True)
    return [type(response).__name__, response.name, response.parameters["message"]]


connection.deleteObjects("Image", GIVEN["images"], deleteAnns=True, deleteChildren=True, wait=True)
found["left"] = [image.getId() for image in connection.getObjects("Image", GIVEN["images"])]
try:
    connection.deleteObjects("Image", [10**9], wait=True)
except omero.CmdError as error:
    found["missing"] = [type(error.err).__name__, error.err.name, error.err.message]
found["missing without waiting"] = outcome(connection.deleteObjects("Image", [10**9]))
answer(found)
connection.close()
