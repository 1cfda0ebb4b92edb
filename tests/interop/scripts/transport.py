"""Log in over one transport, call, look at the session, log out."""

from shared import GIVEN, answer, client

connection = client(GIVEN["transport"])
session = connection.createSession(GIVEN["user"], GIVEN["password"])
admin = session.getAdminService()
context = admin.getEventContext()
answer(
    {
        "user": context.userName,
        "session": context.sessionUuid,
        "id": connection.getSessionId(),
        "secure": connection.isSecure(),
        "families": len(session.getTypesService().allEnumerations("Family")),
        "services": len(session.activeServices()),
        "alive": session.keepAlive(admin),
        "endpoint": str(connection.getRouter(connection.getCommunicator())),
    }
)
connection.closeSession()
