"""IAdmin: who is who."""

from __future__ import annotations

from typing import Any

import omero
import omero._generated
import omero.model
import omero.sys
from omero_server.queries import find, run
from omero_server.saving.existing import subject_of
from omero_server.security.accounts import memberships
from omero_server.security.privileges import all_privileges, privileges_of
from omero_server.security.voter import Action, allowed
from omero_server.services.admin.groups import AdminGroups
from omero_server.services.admin.moves import AdminMoves
from omero_server.services.admin.objects import experimenters, groups, id_of, one
from omero_server.services.admin.passwords import AdminPasswords
from omero_server.services.admin.people import AdminPeople, values_of
from omero_server.services.admin.photos import AdminPhotos
from omero_server.services.service import reads, unmanaged
from omero_server.sessions.call import GUEST_GROUP, GUEST_USER, ROOT_USER, SYSTEM_GROUP, USER_GROUP, Call
from omero_server.sessions.event_context import event_context

__all__ = ["AdminService"]


class AdminService(AdminPeople, AdminGroups, AdminPasswords, AdminMoves, AdminPhotos):
    """What only looks; what changes users and groups is inherited."""

    interface = "::omero::api::IAdmin"

    @reads
    def canUpdate(self, call: Call, obj: Any) -> bool:
        """Whether the caller may change an object."""
        return allowed(call.caller, Action.EDIT, subject_of(call.db, obj))

    @reads
    def getExperimenter(self, call: Call, id: int) -> Any:
        """A user with memberships and groups."""
        return one(experimenters(call, "e.id = :id", id=id), f"experimenter: {id}")

    @reads
    def lookupExperimenter(self, call: Call, name: str) -> Any:
        """A user with memberships and groups, by login name."""
        spelled = call.engine.passwords.spelled(name)
        return one(experimenters(call, "e.omeName = :name", name=spelled), f"experimenter: {name!r}")

    @reads
    def lookupExperimenters(self, call: Call) -> list[Any]:
        """All users with memberships and groups."""
        return experimenters(call)

    @reads
    def getGroup(self, call: Call, id: int) -> Any:
        """A group with its members."""
        return one(groups(call, "g.id = :id", id=id), f"group: {id}")

    @reads
    def lookupGroup(self, call: Call, name: str) -> Any:
        """A group with its members, by name."""
        return one(groups(call, "g.name = :name", name=name), f"group: {name!r}")

    @reads
    def lookupGroups(self, call: Call) -> list[Any]:
        """All groups with members, their memberships and groups."""
        return groups(call, deep=True, parents=True)

    @reads
    def containedExperimenters(self, call: Call, groupId: int) -> list[Any]:
        """The members of a group, each with all memberships and groups."""
        inside = "e.id in (select x.child.id from GroupExperimenterMap x where x.parent.id = :id)"
        return experimenters(call, inside, id=groupId)

    @reads
    def containedGroups(self, call: Call, experimenterId: int) -> list[Any]:
        """The groups of a user with all members and these users' memberships."""
        inside = "g.id in (select x.parent.id from GroupExperimenterMap x where x.child.id = :id)"
        return groups(call, inside, deep=True, id=experimenterId)

    @reads
    def getDefaultGroup(self, call: Call, experimenterId: int) -> Any:
        """The group that a user works in after login."""
        one(run(call, "select e.id from Experimenter e where e.id = :id", {"id": experimenterId}), "experimenter")
        found = next((g for g in memberships(call, experimenterId) if g != USER_GROUP), None)
        if found is None:
            raise omero.ValidationException(message=f"User {experimenterId} is in no group but 'user'.")
        return find(call, "ExperimenterGroup", found)

    @reads
    def getMemberOfGroupIds(self, call: Call, exp: Any) -> list[int]:
        """Ids of a user's groups, the default one first."""
        return memberships(call, id_of(exp, "experimenter"))

    @reads
    def getLeaderOfGroupIds(self, call: Call, exp: Any) -> list[int]:
        """Ids of the groups that a user owns."""
        query = "select m.parent.id from GroupExperimenterMap m where m.child.id = :id and m.owner = true"
        return sorted(run(call, query, {"id": id_of(exp, "experimenter")}))

    @reads
    def getCurrentAdminPrivileges(self, call: Call) -> list[Any]:
        """The privileges in force for the caller."""
        return privilege_objects(call, call.caller.privileges)

    @reads
    def getAdminPrivileges(self, call: Call, user: Any) -> list[Any]:
        """The privileges of a user as an administrator."""
        return privilege_objects(call, privileges_of(call, id_of(user, "experimenter")))

    @reads
    def getAdminsWithPrivileges(self, call: Call, privileges: list[Any]) -> list[Any]:
        """The administrators who have all these privileges."""
        wanted = set(values_of(privileges))
        if wanted - all_privileges():
            raise omero.ApiUsageException(message=f"Unknown privileges: {sorted(wanted - all_privileges())}.")
        query = (
            "select e from Experimenter e where e.id in (select m.child.id from GroupExperimenterMap m"
            " where m.parent.id = :id) order by e.id"
        )
        admins = run(call, query, {"id": SYSTEM_GROUP})
        return [admin for admin in admins if wanted <= privileges_of(call, admin._id._val)]

    @reads(role="any")
    def getSecurityRoles(self, call: Call) -> Any:
        """Ids and names of the users and groups that every server has."""
        return omero.sys.Roles(
            rootId=ROOT_USER,
            rootName="root",
            systemGroupId=SYSTEM_GROUP,
            systemGroupName="system",
            userGroupId=USER_GROUP,
            userGroupName="user",
            guestId=GUEST_USER,
            guestName="guest",
            guestGroupId=GUEST_GROUP,
            guestGroupName="guest",
        )

    @unmanaged(role="any")
    def getEventContext(self, call: Call) -> Any:
        """The caller's user, group, memberships and privileges, read afresh."""
        sessions = call.engine.sessions
        sessions.reload(call.session)
        return event_context(sessions.caller(call.session, call.context))


def privilege_objects(call: Call, names: frozenset[str]) -> list[Any]:
    """The enumeration objects of privileges."""
    return run(call, "select p from AdminPrivilege p where p.value in (:names) order by p.id", {"names": sorted(names)})
