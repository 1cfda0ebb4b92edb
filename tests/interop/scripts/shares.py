"""A share made by one user and used by another."""

from shared import answer, client, gateway

import omero
import omero.gateway
import omero.model
from omero.rtypes import rstring

root = gateway()
admin = root.getAdminService()
group = omero.model.ExperimenterGroupI()
group.name, group.ldap = rstring("interop shares"), omero.rtypes.rbool(False)
group.details.permissions = omero.model.PermissionsI("rw----")
group = admin.getGroup(admin.createGroup(group))
user = omero.model.ExperimenterI()
user.omeName = user.firstName = user.lastName = rstring("interop-shares")
user.ldap = omero.rtypes.rbool(False)
user = admin.getExperimenter(
    admin.createExperimenterWithPassword(user, rstring("secret"), group, [admin.lookupGroup("user")])
)

image = omero.model.ImageI()
image.name = rstring("shared")
image = root.getUpdateService().saveAndReturnObject(image)
service = root.c.sf.getShareService()
share = service.createShare("for you", None, [image.proxy()], [user.proxy()], ["guest@example.org"], True)
comment = service.addComment(share, "look")

member = client()
sf = member.createSession("interop-shares", "secret")
options = omero.gateway.ServiceOptsDict({"omero.group": "-1"})
outside = [i.name.val for i in sf.getQueryService().findAll("Image", None, options)]
options.setOmeroShare(share)
inside = [i.name.val for i in sf.getQueryService().findAll("Image", None, options)]
try:
    sf.getUpdateService().saveObject(omero.model.TagAnnotationI(), options)
    refused = None
except omero.SecurityViolation as error:
    refused = type(error).__name__
shares = sf.getShareService()
contexts = [[type(c).__name__, c.id.val] for c in sf.getSecurityContexts()]
previous = type(sf.setSecurityContext(omero.model.ShareI(share, False))).__name__
found = shares.getShare(share)
answer(
    {
        "share": share,
        "outside": outside,
        "inside": inside,
        "refused": refused,
        "contexts": contexts,
        "previous": previous,
        "shareId": sf.getAdminService().getEventContext().shareId,
        "message": found.message.val,
        "counts": [list(m.items()) for m in (shares.getMemberCount([share]), shares.getCommentCount([share]))],
        "map": shares.getContentMap(share),
        "contents": [[type(o).__name__, o.id.val, o.isLoaded()] for o in shares.getContents(share)],
        "users": sorted(shares.getAllUsers(share)),
        "comments": [
            [type(c).__name__, c.id.val == comment.id.val, c.textValue.val] for c in shares.getComments(share)
        ],
        "image": image.id.val,
    }
)
member.closeSession()
root.close()
