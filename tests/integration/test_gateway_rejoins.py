"""The gateway after its connection was lost: it joins its session again, or logs in anew, and the call is answered."""

from __future__ import annotations

from collections.abc import Callable

import Ice
import pytest

import omero
from omero.gateway import BlitzGateway
from omero.rtypes import rstring
from tests.support.instance import Instance


def test_a_restarted_server(make_instance: Callable[..., Instance]) -> None:
    instance = make_instance()
    instance.start()
    conn = BlitzGateway("root", instance.root_password, host=instance.host, port=instance.ports.ssl)
    assert conn.connect()
    conn.SERVICE_OPTS.setOmeroGroup("-1")
    assert list(conn.getObjects("Project")) == []
    session = conn._getSessionId()
    instance.kill_blitz()
    instance.await_blitz()
    assert list(conn.getObjects("Project")) == []
    assert conn._getSessionId() != session and conn.SERVICE_OPTS.getOmeroGroup() == "-1"
    assert conn.getUser().getName() == "root"
    project = omero.model.ProjectI()
    project.name = rstring("after the restart")
    conn.SERVICE_OPTS.setOmeroGroup("0")
    saved = conn.getUpdateService().saveAndReturnObject(project, conn.SERVICE_OPTS)
    assert conn.getObject("Project", saved.id.val).getName() == "after the restart"
    instance.stop()
    with pytest.raises(Ice.Exception):
        list(conn.getObjects("Project"))
    instance.start()
    assert [each.getName() for each in conn.getObjects("Project")] == ["after the restart"]
    conn.close()


def test_a_lost_connection_joins_the_same_session(instance: Instance) -> None:
    conn = BlitzGateway("root", instance.root_password, host=instance.host, port=instance.ports.ssl)
    assert conn.connect()
    session = conn._getSessionId()
    keeper = omero.client(instance.host, instance.ports.ssl)
    keeper.joinSession(session)
    router = conn.c.getRouter(conn.c.getCommunicator())
    router.destroySession()  # As when the server has given up the connection.
    assert conn.getUser().getName() == "root"
    assert conn.getObject("ExperimenterGroup", 0).getName() == "system"
    assert conn._getSessionId() == session
    conn.close()
    keeper.closeSession()


def test_without_a_password_there_is_no_new_session(instance: Instance) -> None:
    client = omero.client(instance.host, instance.ports.ssl)
    client.createSession("root", instance.root_password)
    conn = BlitzGateway(client_obj=client)
    assert conn.getObject("ExperimenterGroup", 0).getName() == "system"
    other = omero.client(instance.host, instance.ports.ssl)
    other.joinSession(client.getSessionId())
    other.killSession()
    with pytest.raises((Ice.Exception, omero.RemovedSessionException)):
        conn.getObject("ExperimenterGroup", 0)
    conn.close()
