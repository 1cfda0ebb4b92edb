"""Who is logged in, in which group, with which rights; and what the server is configured to."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import omero
import omero.api
import omero.model
import omero.sys
from omero.gateway.utils import ServiceOptsDict, toBoolean
from omero.rtypes import rstring, unwrap

__all__ = ["Identity"]

logger = logging.getLogger("omero.gateway")

ROI_LIMIT = 2000
DOWNLOAD_AS_MAX = 144_000_000
CLIENT = "omero.client"


class Identity:
    """The part of the gateway that knows user, group and settings."""

    c: Any
    SERVICE_OPTS: ServiceOptsDict

    def _reset_identity(self) -> None:
        """Forget what was asked of another session."""
        self._ctx: Any = None
        self._user: Any = None
        self._userid: int | None = None
        self._maxPlaneSize: tuple[int, int] | None = None
        self._defaultOmeroGroup: Any = None
        self._defaultOmeroUser: Any = None

    # Call context

    def createServiceOptsDict(self) -> ServiceOptsDict:
        """A new call context: what the client sends anyway, with the defaults set here."""
        context = ServiceOptsDict(self.c.getImplicitContext().getContext())
        context.setOmeroGroup(self.getDefaultOmeroGroup())
        context.setOmeroUser(self.getDefaultOmeroUser())
        return context

    def setDefaultOmeroGroup(self, defaultOmeroGroup: Any) -> None:
        """Group of call contexts made from now on."""
        self._defaultOmeroGroup = defaultOmeroGroup

    def setDefaultOmeroUser(self, defaultOmeroUser: Any) -> None:
        """User of call contexts made from now on."""
        self._defaultOmeroUser = defaultOmeroUser

    def getDefaultOmeroGroup(self) -> Any:
        """Group of new call contexts, None for the session's."""
        return self._defaultOmeroGroup

    def getDefaultOmeroUser(self) -> Any:
        """User of new call contexts, None for the session's."""
        return self._defaultOmeroUser

    # User and group

    def getEventContext(self) -> Any:
        """User, group and rights of the session, asked once."""
        if self._ctx is None:
            self._ctx = self.getAdminService().getEventContext()  # type: ignore[attr-defined]
        return self._ctx

    def getUserId(self) -> int:
        """Id of the user."""
        if self._userid is None:
            self._userid = self.getEventContext().userId
        return self._userid

    def setUserId(self, uid: int) -> None:
        """Act as if another user were logged in, where this gateway looks at ids."""
        self._userid = uid
        self._user = None

    def getUser(self) -> Any:
        """The user, asked once."""
        if self._user is None:
            self._user = self.getObject("Experimenter", self.getUserId())  # type: ignore[attr-defined]
        return self._user

    def getGroupFromContext(self) -> Any:
        """The group of the session."""
        return self.getObject("ExperimenterGroup", self.getEventContext().groupId)  # type: ignore[attr-defined]

    def isAdmin(self) -> bool:
        """Whether the session is one of an administrator."""
        return bool(self.getEventContext().isAdmin)

    def isFullAdmin(self) -> bool:
        """Whether an administrator with all privileges."""
        if not self.isAdmin():
            return False
        every = self.getTypesService().allEnumerations("AdminPrivilege")  # type: ignore[attr-defined]
        return len(self.getCurrentAdminPrivileges()) == len(every)

    def canBeAdmin(self) -> bool:
        """Whether a member of the group of administrators."""
        return 0 in self.getEventContext().memberOfGroups

    def isLeader(self, gid: int | None = None) -> bool:
        """Whether an owner of a group, that of the session unless given."""
        context = self.getEventContext()
        return (context.groupId if gid is None else gid) in context.leaderOfGroups

    def getCurrentAdminPrivileges(self) -> list[str]:
        """Names of the caller's privileges."""
        return [unwrap(each.value) for each in self.getAdminService().getCurrentAdminPrivileges()]  # type: ignore[attr-defined]

    def getAdminPrivileges(self, user_id: int) -> list[str]:
        """Names of a user's privileges."""
        user = omero.model.ExperimenterI(user_id, False)
        return [unwrap(each.value) for each in self.getAdminService().getAdminPrivileges(user)]  # type: ignore[attr-defined]

    def updateAdminPrivileges(self, exp_id: int, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Give a user privileges, and take others away."""
        names = (set(self.getAdminPrivileges(exp_id)) | set(add)) - set(remove)
        privileges = []
        for name in sorted(names):
            privilege = omero.model.AdminPrivilegeI()
            privilege.value = rstring(name)
            privileges.append(privilege)
        user = omero.model.ExperimenterI(exp_id, False)
        self.getAdminService().setAdminPrivileges(user, privileges)  # type: ignore[attr-defined]

    def canWrite(self, obj: Any) -> bool:
        """Whether an administrator, or the owner with the right to write."""
        return self.isAdmin() or (self.getUserId() == obj._obj.details.owner.id.val and self.canOwnerWrite(obj))

    def canOwnerWrite(self, obj: Any) -> bool:
        """Whether the owner may write."""
        return bool(obj._obj.details.permissions.isUserWrite())

    def canCreate(self) -> bool | None:
        """Whether the server takes new objects; None when partly."""
        found = self.getConfigService().getConfigValues("omero.cluster.read_only.runtime")  # type: ignore[attr-defined]
        flags = {toBoolean(value) for value in found.values()}
        if not flags or flags == {False}:
            return True
        return False if flags == {True} else None

    def setGroupNameForSession(self, group: str) -> bool | None:
        """Work in another group, by name; see ``setGroupForSession``."""
        found = self.getAdminService().lookupGroup(group)  # type: ignore[attr-defined]
        return self.setGroupForSession(found.id.val)

    def setGroupForSession(self, groupid: int) -> bool | None:
        """Work in another group from now on: True; None if already so; False for one that the user is not in."""
        context = self.getEventContext()
        if context.groupId == groupid:
            return None
        if groupid not in context.memberOfGroups and 0 not in context.memberOfGroups:
            return False
        self._lastGroupId = context.groupId
        self._close_services()  # type: ignore[attr-defined]
        self.c.sf.setSecurityContext(omero.model.ExperimenterGroupI(groupid, False))
        self._ctx = None
        return True

    def revertGroupForSession(self) -> None:
        """Go back to the group before."""
        former = getattr(self, "_lastGroupId", None)
        if former is not None:
            self.setGroupForSession(former)
            self._lastGroupId = None

    # Configuration

    def getClientSettings(self) -> dict[str, str]:
        """The configuration that the server has for clients, by full name. ``propertiesToDict`` nests it."""
        return dict(self.getConfigService().getClientConfigValues())  # type: ignore[attr-defined]

    def _setting(self, name: str) -> str | None:
        """One value of the configuration for clients, None when not set."""
        return self.getConfigService().getConfigValue(name) or None  # type: ignore[attr-defined]

    def getMaxPlaneSize(self) -> tuple[int, int]:
        """Width and height from which on images are read in tiles; asked once."""
        if self._maxPlaneSize is None:
            names = ("omero.pixeldata.max_plane_width", "omero.pixeldata.max_plane_height")
            width, height = (int(self.getConfigService().getConfigValue(name)) for name in names)  # type: ignore[attr-defined]
            self._maxPlaneSize = (width, height)
        return self._maxPlaneSize

    def getRoiLimitSetting(self) -> int:
        """How many regions of interest a viewer loads at once."""
        return int(self._setting(f"{CLIENT}.viewer.roi_limit") or ROI_LIMIT)

    def getInitialZoomLevel(self) -> int:
        """How far a viewer zooms in at first."""
        return int(self._setting(f"{CLIENT}.viewer.initial_zoom_level") or 0)

    def getInterpolateSetting(self) -> bool:
        """Whether a viewer interpolates."""
        return toBoolean(self._setting(f"{CLIENT}.viewer.interpolate_pixels") or "true")

    def getDownloadAsMaxSizeSetting(self) -> int:
        """Number of pixels up to which images can be downloaded in other formats."""
        return int(self._setting(f"{CLIENT}.download_as.max_size") or DOWNLOAD_AS_MAX)

    def getWebclientHost(self) -> str:
        """URL of the web client, "" when not set."""
        return self._setting(f"{CLIENT}.web.host") or ""

    def getFreeSpace(self) -> int:
        """Free bytes of the repository."""
        return int(self.getRepositoryInfoService().getFreeSpaceInKilobytes()) * 1024  # type: ignore[attr-defined]
