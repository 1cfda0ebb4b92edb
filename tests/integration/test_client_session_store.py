"""omero.util.sessions against a server: logging in, joining, and the command line that uses the same sessions."""

from __future__ import annotations

from pathlib import Path

import Glacier2
import pytest

from omero.util.sessions import SessionsStore
from tests.support.instance import Instance


def test_sessions_are_made_joined_and_closed(instance: Instance, tmp_path: Path) -> None:
    store = SessionsStore(tmp_path)
    properties = {"omero.host": instance.host, "omero.port": str(instance.ports.ssl)}
    client, uuid, idle, _live = store.create("root", instance.root_password, properties)
    try:
        assert store.get_current() == (instance.host, "root", uuid, str(instance.ports.ssl))
        assert idle > 0 and client.sf.getAdminService().getEventContext().userName == "root"
    finally:
        client.closeSession()
    joined = store.attach(instance.host, "root", uuid)
    joined[0].closeSession()
    again = store.create("root", instance.root_password, properties, new=False, set_current=False)
    again[0].closeSession()
    assert joined[1] == again[1] == uuid

    guest, guest_uuid, *_times = store.create("guest", instance.root_password, properties, sudo="root")
    assert guest.sf.getAdminService().getEventContext().userName == "guest"
    guest.closeSession()
    with pytest.raises(Glacier2.PermissionDeniedException):
        store.create("root", "not this", properties)

    assert sorted(file.name for file in store.clear()) == sorted([uuid, guest_uuid])
    assert store.count() == 0
    store.add(instance.host, "root", uuid, properties)
    with pytest.raises(Glacier2.PermissionDeniedException):
        store.attach(instance.host, "root", uuid)
