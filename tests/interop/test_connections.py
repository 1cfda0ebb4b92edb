"""Logging in with the official client."""

from __future__ import annotations

import pytest

from tests.interop.conftest import Official


@pytest.mark.parametrize("transport", ["ssl", "tcp", "wss", "ws"])
def test_every_transport(official: Official, transport: str) -> None:
    found = official.script("transport", transport=transport)
    assert found["user"] == "root" and found["session"] == found["id"]
    assert found["families"] == 4 and found["alive"] is True
    assert f":{transport} " in found["endpoint"]


def test_sessions(official: Official) -> None:
    found = official.script("sessions")
    # createSession with a wrong password, with an unknown name, joinSession with an unknown key: the reasons given.
    assert len(found["refused"]) == 3 and all(found["refused"])
    assert found["joined"] is True and found["after"] == "root"
    assert found["secure"] == {"False": [False, "root", True, True], "True": [True, "root", True, True]}
