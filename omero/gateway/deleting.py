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
        """Delete objects of a class by id; the handle of the command.

        Tags, terms and files on them stay unless ``deleteAnns``, what containers hold unless ``deleteChildren``.
        ``wait`` waits 5 s at most and raises CmdError when it fails. AttributeError without ids.
        """
        if "+" in graph_spec:
            raise AttributeError("Graph specs containing '+'s are no longer supported: name the class only")
        excluded = self._excluded(graph_spec, deleteAnns, deleteChildren)
        return self._delete(graph_spec, obj_ids, excluded, dryRun, wait)

    def _delete(
        self, graph_spec: str, obj_ids: Iterable[int], excluded: list[str], dryRun: bool = False, wait: bool = False
    ) -> Any:
        """Delete objects, but none of the excluded classes that belong to them."""
        ids = [int(number) for number in obj_ids]
        if not ids:
            raise AttributeError("Must be a list of object IDs")
        options = [omero.cmd.graphs.ChildOption(excludeType=excluded)] if excluded else []
        request = omero.cmd.Delete2({graph_spec: ids}, options, dryRun)
        handle = self._submit(request)
        if not wait:
            return handle
        callback = self._waitOnCmd(handle, WAIT_LOOPS, WAIT_MS, closehandle=True)
        callback.close(True)
        return handle

    def _excluded(self, graph_spec: str, annotations: bool, children: bool) -> list[str]:
        target = graph_spec.strip("/").rpartition("/")[2]
        excluded: list[str] = []
        if not annotations and target not in ("Annotation", "TagAnnotation"):
            excluded += ANNOTATIONS_KEPT
        if not children:
            excluded += CHILDREN.get(target, [])
        return excluded

    # Groups and owners

    def chmodGroup(self, group_Id: int, permissions: str) -> Any:
        """Change who may read and write in a group; the handle of the command."""
        request = omero.cmd.Chmod2({"ExperimenterGroup": [int(group_Id)]}, [], False)
        request.permissions = permissions
        return self.c.sf.submit(request, self.SERVICE_OPTS)

    def chgrpObjects(
        self, graph_spec: str, obj_ids: Iterable[int], group_id: int, container_id: int | None = None
    ) -> Any:
        """Move objects to another group, there into a container if given; the handle of the command."""
        ids = [int(number) for number in obj_ids]
        if not ids:
            raise AttributeError("Must be a list of object IDs")
        requests = [omero.cmd.Chgrp2({graph_spec.strip("/"): ids}, [], False, int(group_id))]
        if container_id is not None:
            requests += self._links_into(graph_spec.strip("/"), ids, container_id)
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
        """Give objects to another user; the handle of the command. ``wait`` as with ``deleteObjects``."""
        ids = [int(number) for number in obj_ids]
        if not ids:
            raise AttributeError("Must be a list of object IDs")
        request = omero.cmd.Chown2({graph_spec.strip("/"): ids}, [], False, int(owner_id), [])
        handle = self._submit(request)
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
