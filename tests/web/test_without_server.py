"""What OMERO.web answers before anybody has logged in, and when no OMERO server runs."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from omero_server.control.config import Config
from omero_web.config import WebConfig
from tests.web.visitor import Visitor


@pytest.fixture
def visitor(lonely_web: str) -> Visitor:
    return Visitor(lonely_web)


def test_front_door_leads_to_the_main_page_without_being_cached(visitor: Visitor) -> None:
    answer = visitor.get("/")
    assert (answer.status, answer.location) == (301, "/webclient/")
    assert "no-store" in answer.headers["cache-control"]


@pytest.mark.parametrize("path", ["/webclient/", "/webclient/img_detail/3/", "/webgateway/imgData/3/?x=1"])
def test_strangers_are_sent_to_the_login_page_and_come_back(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status == 302
    assert answer.location.startswith("/webclient/login/?url=%2Fweb")


def test_scripts_of_strangers_get_an_empty_403(visitor: Visitor) -> None:
    answer = visitor.get("/webclient/api/containers/", ajax=True)
    assert (answer.status, answer.body) == (403, b"")


def test_json_interface_tells_strangers_in_json(visitor: Visitor) -> None:
    answer = visitor.get("/api/v0/m/projects/")
    assert (answer.status, answer.json) == (403, {"message": "Not logged in"})
    assert "x-omero-apiversion" not in answer.headers


def test_json_interface_describes_itself(visitor: Visitor) -> None:
    versions = visitor.get("/api/")
    assert versions.headers["x-omero-apiversion"] == "0.2"
    base = versions.json["data"][0]["url:base"]
    assert base.endswith("/api/v0/")
    listed = visitor.get("/api/v0/").json
    assert listed["url:projects"] == f"{base}m/projects/"
    assert set(listed) >= {
        "url:datasets",
        "url:images",
        "url:screens",
        "url:rois",
        "url:token",
        "url:login",
        "url:save",
    }
    assert visitor.get("/api/v0/servers/").json == {
        "data": [{"id": 1, "host": "localhost", "port": 4064, "server": "omero"}]
    }
    assert visitor.get("/api/v1/").status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/webclient/history/",
        "/webadmin/",
        "/webgateway/render_split_channel/1/0/0/",
        "/webgateway/table/5/query/",
        "/api/v0/m/rois/",
        "/webclient/7/render_row_plot/1/0/0/5/",
    ],
)
def test_known_addresses_that_are_not_served_yet_say_so(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status == 501
    assert "not available" in answer.text and path in answer.text


@pytest.mark.parametrize("path", ["/nothing/", "/webgateway/render_image/x/", "/webclient/img_detail/-1/"])
def test_addresses_that_do_not_exist_are_404(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status == 404 and "<html" in answer.text
    assert visitor.get(path, ajax=True).body == b""


def test_a_form_without_token_is_refused(visitor: Visitor) -> None:
    visitor.get("/webclient/login/")
    answer = visitor.post("/webclient/login/", {"username": "ada", "password": "x"}, token=False)
    assert answer.status == 403
    assert answer.json["message"].startswith("CSRF Failed: ")


@pytest.mark.parametrize(
    ("username", "password", "message"),
    [
        ("", "x", "Username: This field is required."),
        ("ada", "", "Password: This field is required."),
        ("guest", "guest", "Guest account is not supported."),
        ("ada", "secret", "The OMERO server omero is not responding."),
    ],
)
def test_a_failed_login_says_why_and_keeps_the_name_only(
    visitor: Visitor, username: str, password: str, message: str
) -> None:
    answer = visitor.login(username, password)
    assert answer.status == 200
    assert message in answer.text
    assert 'value="secret"' not in answer.text
    assert "connector" not in answer.text and "sessionid" not in visitor.cookies


def test_login_by_get_is_refused(visitor: Visitor) -> None:
    answer = visitor.get("/api/v0/login/?username=ada&password=secret&server=1")
    assert answer.status == 405
    assert visitor.get("/webclient/?server=1&username=ada&password=secret").status == 302


def test_json_login_names_what_is_missing(visitor: Visitor) -> None:
    visitor.get("/api/v0/token/")
    answer = visitor.post("/api/v0/login/", {"server": "1", "username": "", "password": ""})
    assert answer.status == 403
    assert "Username: This field is required." in answer.json["message"]


def test_callback_must_be_a_javascript_name(visitor: Visitor) -> None:
    answer = visitor.get("/webgateway/imgData/3/?callback=alert(1)")
    assert (answer.status, answer.text) == (400, "Invalid callback")


def test_pages_name_no_foreign_hosts_and_are_not_framed(visitor: Visitor) -> None:
    answer = visitor.get("/webclient/login/")
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "//" not in answer.text.replace("<!DOCTYPE html>", "")


def test_front_end_is_served_with_its_types(visitor: Visitor) -> None:
    page = visitor.get("/webclient/login/").text
    style = page.split('rel="stylesheet" href="')[1].split('"')[0]
    answer = visitor.get(style)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/css")


def test_the_key_for_cookies_is_made_once_for_its_owner(omerodir: Path) -> None:
    key = WebConfig(Config.load(omerodir)).secret()
    assert len(key) >= 50
    assert WebConfig(Config.load(omerodir)).secret() == key
    assert stat.S_IMODE((omerodir / "etc" / "web-secret").stat().st_mode) == 0o600
