"""Delete2, Chgrp2, Chown2, Chmod2, Duplicate, SkipHead and DoAll through submit, CmdCallbackI and the gateway."""

from shared import GIVEN, answer, gateway

import omero
import omero.callbacks
import omero.cmd
import omero.gateway
import omero.model
import omero.sys
from omero.cmd.graphs import ChildOption
from omero.rtypes import rstring

connection = gateway(secure=True)
client, update = connection.c, connection.getUpdateService()
me, other_user, other_group = connection.getUserId(), GIVEN["other user"], GIVEN["other group"]
ends = []


class Watching(omero.callbacks.CmdCallbackI):
    """Notes when the command ends."""

    def onFinished(self, rsp, status, current):
        ends.append(type(rsp).__name__)


def told(response):
    """Classes and numbers of objects in a response; the name of an error."""
    if isinstance(response, omero.cmd.ERR):
        return [type(response).__name__, response.name, response.category, "message" in response.parameters]
    if isinstance(response, omero.cmd.DoAllRsp):
        return [type(response).__name__, [told(each) for each in response.responses], len(response.status)]
    fields = ("deletedObjects", "includedObjects", "duplicates")
    maps = {name: getattr(response, name) for name in fields if hasattr(response, name)}
    return [type(response).__name__, {f: {kind: len(ids) for kind, ids in m.items()} for f, m in maps.items()}]


def run(request):
    """What a callback of ours says of a request."""
    ends.clear()
    return watched(client.sf.submit(request))


def watched(handle):
    callback = Watching(client, handle)
    response = callback.loop(20, 500)
    status = callback.getStatusOrThrow()
    assert callback.block(0) and callback.getResponse() is response
    flags = sorted(str(flag) for flag in status.flags)
    said = [told(response), status.steps, flags, callback.isFailure(), callback.isCancelled(), ends[-1:]]
    callback.close(True)
    return said


def submitted(request):
    """What the client's short way says of a request."""
    try:
        callback = client.submit(request, loops=20)
    except omero.CmdError as error:
        return ["CmdError", told(error.err)]
    said = told(callback.getResponse())
    callback.close(True)
    return said


def tree():
    """Ids of a project and of the dataset in it, which has a tag and a comment."""
    project, dataset, link = omero.model.ProjectI(), omero.model.DatasetI(), omero.model.ProjectDatasetLinkI()
    project.name, dataset.name = rstring("p"), rstring("d")
    link.parent, link.child = project, dataset
    saved = update.saveAndReturnObject(link)
    for kind in (omero.model.TagAnnotationI, omero.model.CommentAnnotationI):
        note, note_link = kind(), omero.model.DatasetAnnotationLinkI()
        note.textValue = rstring("text")
        note_link.parent, note_link.child = omero.model.DatasetI(saved.child.id.val, False), note
        update.saveObject(note_link)
    return saved.parent.id.val, saved.child.id.val


def where(kind, number):
    """Owner and group of an object: mine or not; None when it is gone."""
    query = f"select o.details.owner.id, o.details.group.id from {kind} o where o.id = {number}"  # noqa: S608
    rows = connection.getQueryService().projection(query, None, {"omero.group": "-1"})
    return [[owner.val == me, group.val == other_group] for owner, group in rows]


found = {}
keeping = [ChildOption(excludeType=["TagAnnotation"])]

project, dataset = tree()
found["delete, dry"] = run(omero.cmd.Delete2({"Project": [project]}, keeping, True))
found["delete, dry: left"] = where("Dataset", dataset)
found["delete"] = run(omero.cmd.Delete2(targetObjects={"Project": [project]}, childOptions=keeping))
found["delete: left"] = where("Dataset", dataset)
found["delete again"] = run(omero.cmd.Delete2({"Project": [project]}))
found["delete again, submitted"] = submitted(omero.cmd.Delete2({"Project": [project]}))
found["delete nothing"] = submitted(omero.cmd.Delete2({}))
found["delete Details"] = submitted(omero.cmd.Delete2({"Pixels": [1]}))
found["delete Nonsense"] = submitted(omero.cmd.Delete2({"Nonsense": [1]}))

project, dataset = tree()
skip = omero.cmd.SkipHead({"Project": [project]}, keeping, False, ["Dataset"], omero.cmd.Delete2(childOptions=keeping))
found["skip head"] = run(skip)
found["skip head: left"] = [where("Dataset", dataset), where("Project", project)]

project, dataset = tree()
one, bad = omero.cmd.Delete2({"Project": [project]}), omero.cmd.Delete2({"Dataset": [10**9]})
found["do all, refused"] = run(omero.cmd.DoAll([one, bad]))
found["do all, refused: left"] = where("Project", project)
found["do all"] = run(omero.cmd.DoAll([one]))

project, dataset = tree()
found["chgrp, dry"] = submitted(omero.cmd.Chgrp2({"Project": [project]}, [], True, other_group))
found["chgrp, dry: where"] = where("Dataset", dataset)
found["chgrp"] = run(omero.cmd.Chgrp2(targetObjects={"Project": [project]}, groupId=other_group))
found["chgrp: where"] = [where("Dataset", dataset), where("Project", project)]
found["chgrp, no member"] = submitted(omero.cmd.Chgrp2({"Project": [project]}, [], False, 0))

project, dataset = tree()
container = omero.model.ProjectI()
container.name = rstring("container")
context = {"omero.group": str(other_group)}
container = update.saveAndReturnObject(container, context).id.val
found["chgrpObjects"] = watched(connection.chgrpObjects("Dataset", [dataset], other_group, container))
query = f"select l.parent.id from ProjectDatasetLink l where l.child.id = {dataset}"  # noqa: S608
rows = connection.getQueryService().projection(query, None, {"omero.group": "-1"})
found["chgrpObjects: linked"] = [row[0].val == container for row in rows]

project, dataset = tree()
found["chown"] = run(omero.cmd.Chown2(targetObjects={"Project": [project]}, userId=other_user))
found["chown: where"] = [where("Dataset", dataset), where("Project", project)]
found["chown back"] = submitted(omero.cmd.Chown2({"Project": [project]}, [], False, me))
found["chownObjects"] = watched(connection.chownObjects("Dataset", [dataset], other_user))
found["chownObjects: where"] = [where("Dataset", dataset), where("Project", project)]

project, dataset = tree()
found["duplicate, dry"] = submitted(omero.cmd.Duplicate({"Project": [project]}, [], True))
found["duplicate"] = run(omero.cmd.Duplicate(targetObjects={"Project": [project]}))
same = omero.cmd.Duplicate({"Project": [project]}, [], False, None, ["Dataset"], None)
found["duplicate, same dataset"] = submitted(same)
project, dataset = tree()
found["deleteObjects, path"] = watched(connection.deleteObjects("Project/Dataset", [project], deleteChildren=True))
found["deleteObjects, path: left"] = [where("Dataset", dataset), where("Project", project)]

targets = submitted(omero.cmd.LegalGraphTargets(omero.cmd.Chgrp2()))
found["legal targets"] = targets
found["chmod, letters"] = submitted(omero.cmd.Chmod2({"ExperimenterGroup": [other_group]}, [], False, "rwx"))
answer(found)
connection.close()
