"""Logging in with the official client."""

from __future__ import annotations

import pytest

from tests.interop.conftest import Official


@pytest.mark.parametrize("transport", ["ssl", "tcp", "wss", "ws"])
def test_every_transport(official: Official, transport: str) -> None:
    found = official.script("transport", transport=transport)
    assert found["user"] == "root" and found["session"] == found["id"]
    assert found["families"] == 4 and found["alive"] is True
    assert f" {transport} " in found["endpoint"]
