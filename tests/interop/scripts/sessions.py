"""Sessions: refused, joined, shared by two clients, ended."""

import Glacier2
from shared import GIVEN, answer, client, gateway

refused = []
for user, password in (("root", "wrong"), ("nobody-here", GIVEN["password"])):
    try:
        client().createSession(user, password)
        refused.append(None)
    except Glacier2.PermissionDeniedException as error:
        refused.append(error.reason)
try:
    client().joinSession("00000000-0000-0000-0000-000000000000")
    unknown = None
except Glacier2.PermissionDeniedException as error:
    unknown = error.reason

first = client()
first.createSession(GIVEN["user"], GIVEN["password"])
key = first.getSessionId()
second = client("ws")
joined = second.joinSession(key).getAdminService().getEventContext().sessionUuid
first.closeSession()
after = second.getSession().getAdminService().getEventContext().userName
second.closeSession()

secure = {}
for wanted in (False, True):
    connection = gateway(secure=wanted)
    secure[str(wanted)] = [connection.isSecure(), connection.getUser().getName(), connection.isAdmin()]
    secure[str(wanted)].append(connection.keepAlive())
    other = connection.clone()
    assert other.connect(sUuid=connection.getSession().getUuid().val)
    other.close()
    connection.close()
answer({"refused": refused, "unknown": unknown, "joined": joined == key, "after": after, "secure": secure})
