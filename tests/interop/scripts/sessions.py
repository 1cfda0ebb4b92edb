"""Sessions: refused, joined, shared by two clients, ended."""

import Glacier2
from shared import GIVEN, answer, client, gateway


def refusal(log_in, *arguments):
    """The reason that the server gives for not letting somebody in."""
    connection = client()
    try:
        getattr(connection, log_in)(*arguments)
        return None
    except Glacier2.PermissionDeniedException as error:
        return error.reason
    finally:
        connection.closeSession()


refused = [
    refusal("createSession", GIVEN["user"], "wrong"),
    refusal("createSession", "nobody-here", GIVEN["password"]),
    refusal("joinSession", "00000000-0000-0000-0000-000000000000"),
]
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
    other.close(hard=False)
    connection.close()
answer({"refused": refused, "joined": joined == key, "after": after, "secure": secure})
