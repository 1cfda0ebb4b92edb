"""IAdmin, ISession, IConfig and ServiceFactory with the official client."""

from __future__ import annotations

from typing import Any

import pytest

from tests.interop.conftest import Official

USER, OWN, OTHER = "interop-member", "interop own", "interop other"
EXPECTED = {
    "groups": [OWN, OTHER, "user"],
    # Their members are not loaded, for which the official library says -1.
    "depth": [-1, -1, -1],
    "members": [["interop-leader", True], [USER, False]],
    "permissions": ["rwr---", "rwra--"],
    "default": OTHER,
    "led": True,
    "privileges": 15,
    "changed": "rwra--",
    "roles": [0, "root", 1, "guest"],
    "context": [USER, OTHER, -1, "User", -1, False, True, "rwra--", []],
    "photo": ["me.png", "image/png", 4],
    "contexts": [[OTHER, True], [OWN, True], ["user", True]],
    "previous": [True, False],
    "open service": "SecurityViolation",
    "active": ["omero.api.IAdmin", "omero.api.RawFileStore"],
    "by name": True,
    "dead": 2,
    "not for users": ["SecurityViolation", "SecurityViolation", "ApiUsageException", "SecurityViolation"],
    "bad password": "AuthenticationException",
    "own session": [60_000, 30_000, True, True],
    "inputs": {"key": 5},
    "open": True,
    "closed": [-2, -1],
    "submitted null": True,
    "group sudo": [USER, "interop-leader", True],
    "who": ["interop-leader", USER, USER],
}


@pytest.fixture(scope="module")
def found(official: Official) -> Any:
    return official.script("administration")


@pytest.mark.parametrize("what", EXPECTED)
def test_answers_of_the_services(found: Any, what: str) -> None:
    assert found[what] == EXPECTED[what]
