"""Users, groups, sessions and contexts through the official client's services."""

import Glacier2
from shared import GIVEN, answer, client

import omero
import omero.model
import omero.sys
from omero.callbacks import CmdCallbackI
from omero.rtypes import rbool, rlong, rstring

PASSWORD = "a secret of tests"
found = {}


def make_group(admin, name, permissions):
    group = omero.model.ExperimenterGroupI()
    group.name, group.ldap = rstring(name), rbool(False)
    group.details.permissions = omero.model.PermissionsI(permissions)
    return admin.getGroup(admin.createGroup(group))


def make_user(admin, name, group, *others):
    user = omero.model.ExperimenterI()
    user.omeName, user.firstName, user.lastName = rstring(name), rstring("First"), rstring("Last")
    user.ldap = rbool(False)
    everybody = [*others, admin.lookupGroup("user")]
    return admin.getExperimenter(admin.createExperimenterWithPassword(user, rstring(PASSWORD), group, everybody))


def refusal(call, *arguments):
    """The name of the exception that a call raises."""
    try:
        call(*arguments)
        return None
    except (omero.ServerError, Glacier2.CannotCreateSessionException) as error:
        return type(error).__name__


def unloaded(cls, obj):
    return cls(obj.id.val, False)


root_client = client()
root = root_client.createSession(GIVEN["user"], GIVEN["password"])
admin = root.getAdminService()
own, other = make_group(admin, "interop own", "rwr---"), make_group(admin, "interop other", "rwra--")
leader, member = make_user(admin, "interop-leader", own), make_user(admin, "interop-member", own, other)
admin.setGroupOwner(own, leader)
maps = member.copyGroupExperimenterMap()
found["groups"] = [m.parent.name.val for m in maps]
found["depth"] = [m.parent.isLoaded() and m.parent.sizeOfGroupExperimenterMap() for m in maps]
members = admin.lookupGroup("interop own").copyGroupExperimenterMap()
found["members"] = sorted([m.child.omeName.val, m.owner.val] for m in members)
found["permissions"] = [str(g.details.permissions) for g in admin.lookupGroups() if g.name.val.startswith("interop")]
admin.setDefaultGroup(unloaded(omero.model.ExperimenterI, member), unloaded(omero.model.ExperimenterGroupI, other))
found["default"] = admin.getDefaultGroup(member.id.val).name.val
found["led"] = admin.getLeaderOfGroupIds(leader) == [own.id.val]
found["privileges"] = len(admin.getCurrentAdminPrivileges())
admin.changePermissions(own, omero.model.PermissionsI("rwra--"))
found["changed"] = str(admin.getGroup(own.id.val).details.permissions)
roles = admin.getSecurityRoles()
found["roles"] = [roles.rootId, roles.rootName, roles.guestId, roles.guestGroupName]

member_client = client("tcp")
session = member_client.createSession("interop-member", PASSWORD)
context = session.getAdminService().getEventContext()
found["context"] = [
    context.userName, context.groupName, context.eventId, context.eventType, context.shareId, context.isAdmin,
    context.sudoerId is None, str(context.groupPermissions), list(context.adminPrivileges),
]  # fmt: skip
session.getAdminService().uploadMyUserPhoto("me.png", "image/png", b"\x89PNG")
photo = session.getAdminService().getMyUserPhotos()[0]
found["photo"] = [photo.name.val, photo.mimetype.val, photo.size.val]
contexts = session.getSecurityContexts()
found["contexts"] = sorted([g.name.val, g.sizeOfGroupExperimenterMap() > 0] for g in contexts)
previous = session.setSecurityContext(unloaded(omero.model.ExperimenterGroupI, own))
found["previous"] = [previous.id.val == other.id.val, previous.isLoaded()]
store = session.createRawFileStore()
found["open service"] = refusal(session.setSecurityContext, unloaded(omero.model.ExperimenterGroupI, other))
found["active"] = sorted(name[36:] for name in session.activeServices())
found["by name"] = session.getByName(store.ice_getIdentity().name).ice_getIdentity() == store.ice_getIdentity()
store.close()
found["dead"] = session.keepAllAlive([session.getAdminService(), store])
found["not for users"] = [
    refusal(session.getAdminService().synchronizeLoginCache),
    refusal(session.getAdminService().createGroup, omero.model.ExperimenterGroupI()),
    refusal(session.getAdminService().getExperimenter, 10**9),
    refusal(session.getConfigService().getConfigValue, "omero.data.dir"),
]
sessions = session.getSessionService()
found["bad password"] = refusal(sessions.createSession, omero.sys.Principal("interop-member", "", "User", None), "bad")
made = sessions.createUserSession(60000, 30000, "interop own")
found["own session"] = [made.timeToLive.val, made.timeToIdle.val, made.owner.isLoaded(), made.isLoaded()]
sessions.setInput(made.uuid.val, "key", rlong(5))
found["inputs"] = {key: value.val for key, value in sessions.getInputs(made.uuid.val).items()}
found["open"] = sessions.getMyOpenSessions()[0].id.val == made.id.val
found["closed"] = [sessions.closeSession(made), sessions.closeSession(made)]
found["submitted null"] = session.submit(None) is None

leader_client = client()
sudo = leader_client.createSession("interop-leader", PASSWORD).getSessionService()
acting = sudo.createSessionWithTimeouts(omero.sys.Principal("interop-member", "interop own", "User", None), 0, 60000)
sudo_client = client()
context = sudo_client.joinSession(acting.uuid.val).getAdminService().getEventContext()
found["group sudo"] = [context.userName, context.sudoerName.val, list(context.memberOfGroups) == [own.id.val]]
handle = root.submit(omero.cmd.CurrentSessionsRequest())
callback = CmdCallbackI(root_client, handle)
callback.loop(50, 200)
names = sorted(context.userName for context in callback.getResponse().contexts)
found["who"] = [name for name in names if name.startswith("interop")]
callback.close(True)
for each in (sudo_client, leader_client, member_client, root_client):
    each.closeSession()
answer(found)
