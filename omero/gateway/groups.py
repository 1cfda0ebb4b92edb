"""Users and groups."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

import omero
import omero.model
import omero.sys
from omero.gateway.wrapper import distinct
from omero.rtypes import rbool, rstring

__all__ = ["Groups"]


def _experimenter(conn: Any, user: Any) -> Any:
    return sys.modules["omero.gateway"].ExperimenterWrapper(conn, user)


def _group(conn: Any, group: Any) -> Any:
    return sys.modules["omero.gateway"].ExperimenterGroupWrapper(conn, group)


class Groups:
    """The part of the gateway that knows users and groups."""

    def _admin(self) -> Any:
        return self.getAdminService()  # type: ignore[attr-defined]

    def getAdministrators(self) -> Iterator[Any]:
        """Users in the group of administrators."""
        for user in self._admin().containedExperimenters(self._admin().getSecurityRoles().systemGroupId):
            yield _experimenter(self, user)

    def listGroups(self) -> Iterator[Any]:
        """All groups."""
        for group in self._admin().lookupGroups():
            yield _group(self, group)

    def getDefaultGroup(self, eid: int) -> Any:
        """The group that a user works in at first."""
        return _group(self, self._admin().getDefaultGroup(eid))

    def getOtherGroups(self, eid: int) -> Iterator[Any]:
        """The other groups of a user."""
        default = self._admin().getDefaultGroup(eid).id.val
        for group in self._admin().containedGroups(eid):
            if group.id.val != default:
                yield _group(self, group)

    def _groups_by_id(self, ids: Iterable[int]) -> Iterator[Any]:
        plain = self._admin().getSecurityRoles().userGroupId
        wanted = [number for number in ids if number != plain]
        if wanted:
            yield from self.getObjects("ExperimenterGroup", wanted)  # type: ignore[attr-defined]

    def getGroupsLeaderOf(self) -> Iterator[Any]:
        """Groups that the caller owns."""
        yield from self._groups_by_id(self.getEventContext().leaderOfGroups)  # type: ignore[attr-defined]

    def getGroupsMemberOf(self) -> Iterator[Any]:
        """Groups that the caller is in, without the one that all users are in."""
        yield from self._groups_by_id(self.getEventContext().memberOfGroups)  # type: ignore[attr-defined]

    def createGroup(
        self,
        name: str,
        owner_Ids: Iterable[int] | None = None,
        member_Ids: Iterable[int] | None = None,
        perms: str | None = None,
        description: str | None = None,
        ldap: bool = False,
    ) -> int:
        """Make a group with owners and members; its id. ``perms``: such as rwr---; private unless given."""
        group = omero.model.ExperimenterGroupI()
        group.name = rstring(name)
        group.description = rstring(description) if description else None
        group.ldap = rbool(ldap)
        group.details.permissions = omero.model.PermissionsI(perms or "rw----")
        number = int(self._admin().createGroup(group))
        reference = omero.model.ExperimenterGroupI(number, False)
        owners = [omero.model.ExperimenterI(user, False) for user in owner_Ids or ()]
        members = {*(owner_Ids or ()), *(member_Ids or ())}
        for user in sorted(members):
            self._admin().addGroups(omero.model.ExperimenterI(user, False), [reference])
        if owners:
            self._admin().addGroupOwners(reference, owners)
        return number

    def findExperimenters(self, start: str = "") -> Iterator[Any]:
        """Users whose login name begins with ``start``, by name."""
        query = (
            "select e from Experimenter e left outer join fetch e.groupExperimenterMap m "
            "left outer join fetch m.parent where lower(e.omeName) like :start order by e.omeName"
        )
        escaped = start.lower().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        params = omero.sys.ParametersI().addString("start", f"{escaped}%")
        found = self.getQueryService().findAllByQuery(query, params, self.SERVICE_OPTS)  # type: ignore[attr-defined]
        for user in distinct(found):
            yield _experimenter(self, user)

    def containedExperimenters(self, gid: int) -> Iterator[Any]:
        """Members of a group."""
        for user in self._admin().containedExperimenters(gid):
            yield _experimenter(self, user)

    def _current_group(self) -> Any:
        return self._admin().getGroup(self.getEventContext().groupId)  # type: ignore[attr-defined]

    def listColleagues(self) -> Iterator[Any]:
        """The other members of the caller's group; none in a private group that the caller does not own."""
        group = self._current_group()
        if not self.isLeader() and not group.details.permissions.isGroupRead():  # type: ignore[attr-defined]
            return
        for link in group.copyGroupExperimenterMap():
            if link.child.id.val != self.getUserId():  # type: ignore[attr-defined]
                yield _experimenter(self, link.child)

    def groupSummary(self, gid: int | None = None, exclude_self: bool = False) -> dict[str, list[Any]]:
        """{"leaders": [...], "colleagues": [...]} of a group, the caller's unless given."""
        gid = self.getEventContext().groupId if gid is None else gid  # type: ignore[attr-defined]
        leaders, colleagues = self.getObject("ExperimenterGroup", gid).groupSummary(exclude_self)  # type: ignore[attr-defined]
        return {"leaders": leaders, "colleagues": colleagues}

    def listStaffs(self) -> Iterator[Any]:
        """Members of the groups that the caller owns, without the caller."""
        seen = {self.getUserId()}  # type: ignore[attr-defined]
        for gid in self.getEventContext().leaderOfGroups:  # type: ignore[attr-defined]
            for link in self._admin().getGroup(gid).copyGroupExperimenterMap():
                if link.child.id.val not in seen:
                    seen.add(link.child.id.val)
                    yield _experimenter(self, link.child)

    def listOwnedGroups(self) -> Iterator[Any]:
        """Groups that the caller owns."""
        for gid in self.getEventContext().leaderOfGroups:  # type: ignore[attr-defined]
            yield _group(self, self._admin().getGroup(gid))
