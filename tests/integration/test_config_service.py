"""IConfig: who may read and change which settings."""

from __future__ import annotations

import time
from typing import Any

import pytest

import omero
from omero_server.services.config import ConfigService
from tests.support.lab import Lab

PUBLIC = ("omero.version", "omero.sessions.timeout", "omero.pixeldata.max_plane_width", "omero.client.viewer.roi_limit")
ADMINS_ONLY = ("omero.data.dir", "omero.security.password_provider", "omero.no.such.setting")
NOBODYS = (
    "omero.db.pass", "omero.db.host", "omero.security.filter.bitand", "database.password", "hibernate.dialect",
)  # fmt: skip


@pytest.fixture
def service() -> ConfigService:
    return ConfigService()


def does(lab: Lab, service: ConfigService, user: str, operation: str, *arguments: Any) -> Any:
    with lab.call(user, "RW") as call:
        return getattr(service, operation)(call, *arguments)


@pytest.mark.parametrize("key", PUBLIC)
def test_what_everybody_reads(lab: Lab, service: ConfigService, key: str) -> None:
    assert does(lab, service, "ann", "getConfigValue", key) != ""


@pytest.mark.parametrize("key", ADMINS_ONLY)
def test_what_administrators_read(lab: Lab, service: ConfigService, key: str) -> None:
    with pytest.raises(omero.SecurityViolation, match=key):
        does(lab, service, "ann", "getConfigValue", key)
    assert isinstance(does(lab, service, "root", "getConfigValue", key), str)


@pytest.mark.parametrize("key", NOBODYS)
def test_what_nobody_reads(lab: Lab, service: ConfigService, key: str) -> None:
    for user in ("ann", "root"):
        with pytest.raises(omero.SecurityViolation, match=key):
            does(lab, service, user, "getConfigValue", key)
        assert key not in does(lab, service, user, "getConfigValues", "")


def test_missing_and_unset_keys(lab: Lab, service: ConfigService) -> None:
    assert does(lab, service, "ann", "getConfigValue", "") == ""
    assert does(lab, service, "root", "getConfigValue", "omero.no.such.setting") == ""
    with pytest.raises(omero.ApiUsageException):
        does(lab, service, "root", "setConfigValue", "", "x")


def test_regular_expressions_are_searched_for(lab: Lab, service: ConfigService) -> None:
    found = does(lab, service, "ann", "getConfigValues", r"sessions\.max")
    assert set(found) == {
        "omero.sessions.maximum", "omero.sessions.max_user_time_to_idle", "omero.sessions.max_user_time_to_live"
    }  # fmt: skip
    assert "omero.sessions.sync_force" in does(lab, service, "root", "getConfigValues", "^omero.sessions")
    assert does(lab, service, "ann", "getConfigValues", r"^omero\.version$") == {
        "omero.version": does(lab, service, "ann", "getVersion")
    }
    assert "omero.db.uuid" in does(lab, service, "ann", "getConfigValues", "uuid")
    for wrong in ("(", "*", "[a", "a{9999}"):
        with pytest.raises(omero.ApiUsageException, match="not a regular expression"):
            does(lab, service, "ann", "getConfigValues", wrong)


def test_regular_expressions_cannot_keep_the_server_busy(lab: Lab, service: ConfigService) -> None:
    started = time.monotonic()
    for hostile in ("(.*)*(.*)*(.*)*x$", "(a+)+$", "(([a-z.])+.)+[A-Z]([a-z.])+$"):
        assert does(lab, service, "ann", "getConfigValues", f"^{hostile}Q") == {}
    assert time.monotonic() - started < 5


def test_settings_of_clients(lab: Lab, service: ConfigService) -> None:
    values, defaults = (does(lab, service, "ann", f"getClientConfig{kind}") for kind in ("Values", "Defaults"))
    assert values["omero.client.viewer.roi_limit"] == defaults["omero.client.viewer.roi_limit"] == "2000"
    order = [kind.strip() for kind in values["omero.client.ui.tree.type_order"].split(",")]
    assert order == ["tagset", "tag", "project", "dataset", "screen", "plate", "acquisition", "image"]
    assert all(name.startswith("omero.client.") for name in [*values, *defaults])
    assert "${" in "".join(does(lab, service, "root", "getConfigDefaults").values())
    assert "${" not in does(lab, service, "root", "getConfigValue", "omero.managed.dir")


def test_changes_last_until_the_restart(lab: Lab, service: ConfigService) -> None:
    key = "omero.client.viewer.roi_limit"
    does(lab, service, "root", "setConfigValue", key, "10")
    assert does(lab, service, "ann", "getConfigValue", key) == "10"
    assert does(lab, service, "root", "setConfigValueIfEquals", key, "11", "9") is False
    assert does(lab, service, "root", "setConfigValueIfEquals", key, "11", "10") is True
    assert does(lab, service, "ann", "getClientConfigValues")[key] == "11"
    assert does(lab, service, "root", "setConfigValueIfEquals", "omero.new.setting", "x", "") is True
    assert does(lab, ConfigService(), "ann", "getConfigValue", key) == "2000"


def test_what_is_kept_in_the_database_is_changed_there(lab: Lab, service: ConfigService) -> None:
    before = does(lab, service, "ann", "getDatabaseUuid")
    assert before == does(lab, service, "ann", "getConfigValue", "omero.db.uuid")
    does(lab, service, "root", "setConfigValue", "omero.db.uuid", "another")
    assert does(lab, ConfigService(), "ann", "getConfigValue", "omero.db.uuid") == "another"
    does(lab, service, "root", "setConfigValue", "omero.db.uuid", before)


def test_operations_for_administrators() -> None:
    for name in ("getConfigDefaults", "setConfigValue", "setConfigValueIfEquals"):
        assert getattr(ConfigService, name).__dict__["operation"].role == "system", name


def test_clocks(lab: Lab, service: ConfigService) -> None:
    for operation in ("getDatabaseTime", "getServerTime"):
        assert abs(does(lab, service, "ann", operation)._val / 1000 - time.time()) < 60
