"""Commands: deleting, moving to another group, giving to another user."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import omero
import omero.callbacks
import omero.cmd
import omero.cmd.graphs
import omero.model
from omero.errors import CmdError

__all__ = ["Commands"]

WAIT_LOOPS, WAIT_MS = 10, 500
ANNOTATIONS_KEPT = ["TagAnnotation", "TermAnnotation", "FileAnnotation"]
CHILDREN = {
    "Project": ["Dataset", "Image"],
    "Dataset": ["Image"],
    "Screen": ["Plate"],
    "Plate": ["Image"],
}
CONTAINERS = {"Image": "DatasetImageLink", "Dataset": "ProjectDatasetLink", "Plate": "ScreenPlateLink"}


def _path(graph_spec: str) -> list[str]:
    """The classes of "Project/Dataset" or "/Image". AttributeError for the form of old versions."""
    if "+" in graph_spec:
        raise AttributeError(f"Graph specs containing '+' are no longer supported: {graph_spec!r}")
    return graph_spec.strip("/").split("/")


def _ids(obj_ids: Iterable[int]) -> list[int]:
    """AttributeError without ids."""
    if isinstance(obj_ids, Iterable) and not isinstance(obj_ids, str | bytes):
        ids = [int(number) for number in obj_ids]
        if ids:
            return ids
    raise AttributeError("Must be a list of object IDs")


def _started(request: Any, graph_spec: str, obj_ids: Iterable[int]) -> Any:
    """The request for these objects; within SkipHead when it is meant for those below them."""
    first, *below = _path(graph_spec)
    request.targetObjects = {first: _ids(obj_ids)}
    if not below:
        return request
    same = {"targetObjects": request.targetObjects, "childOptions": request.childOptions, "dryRun": request.dryRun}
    return omero.cmd.SkipHead(startFrom=[below[-1]], request=request, **same)


class Commands:
    """The part of the gateway that runs commands."""

    c: Any
    SERVICE_OPTS: Any

    def _submit(self, request: Any, context: Any = None) -> Any:
        """Start a command; its handle. Works in the group that the objects are in, unless one is set."""
        context = (context or self.SERVICE_OPTS).copy()
        if context.getOmeroGroup() is None:
            context.setOmeroGroup("-1")
        return self.c.sf.submit(request, context)

    def _waitOnCmd(
        self,
        handle: Any,
        loops: int = 10,
        ms: int = 500,
        failonerror: bool = True,
        failontimeout: bool = False,
        closehandle: bool = False,
    ) -> omero.callbacks.CmdCallbackI:
        """See ``BaseClient.waitOnCmd``."""
        return self.c.waitOnCmd(handle, loops, ms, failonerror, failontimeout, closehandle)  # type: ignore[no-any-return]

    # Deleting

    def deleteObjectDirect(self, obj: Any) -> None:
        """Delete a model object alone. What refers to it keeps it: see ``deleteObjects``."""
        self.getUpdateService().deleteObject(obj, self.SERVICE_OPTS)  # type: ignore[attr-defined]

    def deleteObject(self, obj: Any) -> None:
        """Delete a model object with all that belongs to it, and wait until that is done."""
        kind = obj.ice_id().rpartition("::")[2]
        self.deleteObjects(kind, [obj.id.val], deleteAnns=True, deleteChildren=True, wait=True)

    def deleteObjects(
        self,
        graph_spec: str,
        obj_ids: Iterable[int],
        deleteAnns: bool = False,
        deleteChildren: bool = False,
        dryRun: bool = False,
        wait: bool = False,
    ) -> Any:
        """Delete objects by id; the handle of the command.

        ``graph_spec`` is a class, or a path such as "Project/Dataset" for the datasets in projects. Tags, terms and
        files on them stay unless ``deleteAnns``, what containers hold unless ``deleteChildren``. ``wait`` waits 5 s at
        most and raises CmdError when it fails. AttributeError without ids.
        """
        excluded = self._excluded(graph_spec, deleteAnns, deleteChildren)
        return self._delete(graph_spec, obj_ids, excluded, dryRun, wait)

    def _delete(
        self, graph_spec: str, obj_ids: Iterable[int], excluded: list[str], dryRun: bool = False, wait: bool = False
    ) -> Any:
        """Delete objects, but none of the excluded classes that belong to them."""
        options = [omero.cmd.graphs.ChildOption(excludeType=excluded)] if excluded else []
        request = omero.cmd.Delete2(childOptions=options, dryRun=dryRun)
        return self._run(_started(request, graph_spec, obj_ids), wait)

    def _excluded(self, graph_spec: str, annotations: bool, children: bool) -> list[str]:
        first, *below = _path(graph_spec)
        target = below[-1] if below else first
        excluded: list[str] = []
        if not annotations and not {"Annotation", "TagAnnotation"} & {first, target}:
            # What is asked for below other objects must not be kept from being found.
            excluded += [name for name in ANNOTATIONS_KEPT if name not in below]
        if not children:
            excluded += CHILDREN.get(target, [])
        return excluded

    def _run(self, request: Any, wait: bool) -> Any:
        """Start a command and wait for it if that is wished; its handle."""
        handle = self._submit(request)
        if wait:
            self._waitOnCmd(handle, WAIT_LOOPS, WAIT_MS, closehandle=True).close(True)
        return handle

    # Groups and owners

    def chmodGroup(self, group_Id: int, permissions: str) -> Any:
        """Change who may read and write in a group; the handle of the command."""
        request = omero.cmd.Chmod2({"ExperimenterGroup": [int(group_Id)]}, [], False)
        request.permissions = permissions
        return self.c.sf.submit(request, self.SERVICE_OPTS)

    def chgrpObjects(
        self, graph_spec: str, obj_ids: Iterable[int], group_id: int, container_id: int | None = None
    ) -> Any:
        """Move objects to another group, there into a container if given; the handle of the command.

        ``graph_spec`` and ids as with ``deleteObjects``; the response is a DoAllRsp.
        """
        ids = _ids(obj_ids)
        requests = [_started(omero.cmd.Chgrp2(groupId=int(group_id)), graph_spec, ids)]
        if container_id is not None:
            requests += self._links_into("/".join(_path(graph_spec)), ids, container_id)
        context = self.SERVICE_OPTS.copy()
        context.setOmeroGroup(group_id)
        return self._submit(omero.cmd.DoAll(requests), context)

    def _links_into(self, kind: str, ids: list[int], container: int) -> list[Any]:
        """Requests that link objects to a container, in the name of the user that is set."""
        link_class = CONTAINERS.get(kind)
        if link_class is None:
            return []
        owner = self.SERVICE_OPTS.getOmeroUser() or self.getUserId()  # type: ignore[attr-defined]
        parent_class = link_class.removesuffix("Link").removesuffix(kind)
        saves = []
        for number in ids:
            link = getattr(omero.model, f"{link_class}I")()
            link.parent = getattr(omero.model, f"{parent_class}I")(container, False)
            link.child = getattr(omero.model, f"{kind}I")(number, False)
            link.details.owner = omero.model.ExperimenterI(int(owner), False)
            saves.append(omero.api.Save(link))
        return saves

    def chownObjects(self, graph_spec: str, obj_ids: Iterable[int], owner_id: int, wait: bool = False) -> Any:
        """Give objects to another user; the handle of the command, whose response is a DoAllRsp.

        ``graph_spec``, ids and ``wait`` as with ``deleteObjects``.
        """
        request = _started(omero.cmd.Chown2(userId=int(owner_id)), graph_spec, obj_ids)
        return self._run(omero.cmd.DoAll([request]), wait)

    def duplicateObjects(
        self, graph_spec: str, obj_ids: Iterable[int], dryRun: bool = False, wait: bool = False, **types: list[str]
    ) -> Any:
        """Copy objects within the current group; the handle of the command.

        ``types``: ``typesToDuplicate``, ``typesToReference``, ``typesToIgnore``, lists of classes. The rest as with
        ``deleteObjects``.
        """
        request = _started(omero.cmd.Duplicate(dryRun=dryRun, **types), graph_spec, obj_ids)
        context = self.SERVICE_OPTS.copy()
        if int(context.getOmeroGroup() or -1) < 0:
            context.setOmeroGroup(self.getEventContext().groupId)  # type: ignore[attr-defined]
        handle = self._submit(request, context)
        if wait:
            self._waitOnCmd(handle, WAIT_LOOPS, WAIT_MS, closehandle=True).close(True)
        return handle

    # Settings of several images

    def applySettingsToSet(self, fromid: int, to_type: str, toids: Iterable[int]) -> Any:
        """Give images (or those of datasets, plates, runs: acquisition) the settings of another image.

        {True: ids of changed images, False: ids of others}, or False when that is not allowed.
        """
        image = self.getObject("Image", fromid)  # type: ignore[attr-defined]
        if image is None:
            return False
        if to_type.lower() == "acquisition":
            runs = self.getObjects("PlateAcquisition", toids)  # type: ignore[attr-defined]
            to_type, toids = "Plate", {run._obj.plate.id.val for run in runs}
        kind = to_type[0].upper() + to_type[1:]
        service = self.getRenderingSettingsService()  # type: ignore[attr-defined]
        try:
            found = service.applySettingsToSet(image.getPixelsId(), kind, list(toids), image._own_context())
        except (omero.SecurityViolation, CmdError):
            return False
        return {changed: [number for number in ids if number != fromid] for changed, ids in found.items()}
