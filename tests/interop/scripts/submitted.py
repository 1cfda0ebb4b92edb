"""Requests that are not about graphs, with the callbacks and the gateway of the official library."""

from shared import GIVEN, answer, gateway

import omero
import omero.callbacks
import omero.cmd

connection = gateway()
client = connection.c
found = {}


class Callback(omero.callbacks.CmdCallbackI):
    """Counts what it is told."""

    def __init__(self, *arguments):
        self.steps = []
        super().__init__(*arguments)

    def step(self, complete, total, current=None):
        self.steps.append((complete, total))


def run(request):
    """The callback of a request that has ended."""
    callback = Callback(client, client.sf.submit(request))
    callback.loop(40, 250)
    return callback


callback = run(omero.cmd.Timing(5, 100))
status = callback.getStatusOrThrow()
found["timing"] = [type(callback.getResponse()).__name__, status.steps, callback.isFailure(), callback.isCancelled()]
found["steps"] = sorted(callback.steps)[-1]
callback.close(True)

tag = omero.model.TagAnnotationI()
tag.textValue = omero.rtypes.rstring("from a request")
callback = run(omero.cmd.DoAll([omero.api.Save(tag), omero.cmd.Timing(2, 1)], None))
saved = callback.getResponse().responses[0].obj
found["saved"] = [saved.textValue.val, saved.id.val > 0]
callback.close(True)

wrong = omero.cmd.DoAll([omero.cmd.Timing(1, 1), omero.cmd.Delete2(targetObjects={"Image": [10**9]})], None)
callback = run(wrong)
response, status = callback.getResponse(), callback.getStatus()
found["failed"] = [response.name, status.name, status.category, "subrequest" in status.parameters, callback.isFailure()]
callback.close(True)

handle = client.sf.submit(omero.cmd.Timing(100, 50))
found["cancel"] = [handle.cancel(), handle.getResponse().name]
handle.close()

try:
    client.submit(omero.cmd.Timing(1, 10**6))
except omero.CmdError as error:
    found["error"] = [error.err.name, error.err.category]

image = connection.getObject("Image", GIVEN["image"])
metadata = image.loadOriginalMetadata()
found["metadata"] = dict(metadata[1]).get("AppMag")
files = client.submit(omero.cmd.UsedFilesRequest(GIVEN["image"])).getResponse()
found["files"] = [len(files.binaryFilesThisSeries), len(files.companionFilesThisSeries)]
binaries = client.submit(omero.cmd.ManageImageBinaries(imageId=GIVEN["image"])).getResponse()
found["binaries"] = [binaries.filesetId.val == image.getFileset().getId(), binaries.pyramidPresent]
sessions = client.submit(omero.cmd.CurrentSessionsRequest()).getResponse()
found["sessions"] = client.getSessionId() in [each.sessionUuid for each in sessions.contexts]
listed = client.submit(omero.cmd.ListRequests()).getResponse().list
found["listed"] = "Timing" in [type(each).__name__ for each in listed]
found["none"] = client.sf.submit(omero.cmd.FindHandles()) is None
answer(found)
connection.close()
