"""Who sees what, and what happens to a visitor when the OMERO session or the server goes away."""

from __future__ import annotations

from collections.abc import Callable

import Glacier2
import pytest

import omero
from tests.support.instance import Instance
from tests.web.data import WebData
from tests.web.visitor import Visitor


def logged_in(instance: Instance, username: str, password: str) -> Visitor:
    visitor = Visitor(instance.web_url)
    assert visitor.login(username, password).location == "/webclient/"
    return visitor


def session_of(visitor: Visitor) -> str:
    """The uuid of the OMERO session behind the visitor's cookie."""
    uuid: str = visitor.post("/api/v0/login/", {}).json["eventContext"]["sessionUuid"]
    return uuid


@pytest.fixture(scope="module")
def neighbour(web_instance: Instance, web_data: WebData) -> Visitor:
    return logged_in(web_instance, web_data.private.neighbour, web_data.private.password)


@pytest.mark.parametrize(
    "path",
    [
        "/webgateway/imgData/{image}/",
        "/webgateway/render_image/{image}/0/0/",
        "/webgateway/render_image_region/{image}/0/0/?tile=0,0,0,64,64",
        "/webgateway/render_thumbnail/{image}/",
        "/webclient/img_detail/{image}/",
        "/webclient/metadata_details/image/{image}/",
        "/api/v0/m/images/{image}/",
    ],
)
def test_images_of_others_in_a_private_group_do_not_exist(neighbour: Visitor, web_data: WebData, path: str) -> None:
    assert neighbour.get(path.format(image=web_data.private.series)).status == 404


def test_lists_show_nothing_of_others_in_a_private_group(
    neighbour: Visitor, web_instance: Instance, web_data: WebData
) -> None:
    private = web_data.private
    lists = {
        "images": f"/webclient/api/images/?orphaned=true&experimenter_id={private.hermit_id}&group={private.group_id}",
        "paths": f"/webclient/api/paths_to_object/?image={private.series}",
        "data": "/api/v0/m/images/",
    }
    hermit = logged_in(web_instance, private.hermit, private.password)
    for key, path in lists.items():
        assert neighbour.get(path, ajax=True).json[key] == []
        assert hermit.get(path, ajax=True).json[key] != []
    folder = f"/webclient/api/containers/?id={private.hermit_id}&group={private.group_id}"
    assert neighbour.get(folder, ajax=True).json["orphaned"]["childCount"] == 0
    assert hermit.get(folder, ajax=True).json["orphaned"]["childCount"] == 4
    thumbnails = f"/webgateway/get_thumbnails/?id={private.series}"
    assert neighbour.get(thumbnails, ajax=True).json == {str(private.series): None}
    assert hermit.get(thumbnails, ajax=True).json[str(private.series)].startswith("data:image/jpeg")


def test_an_ended_session_leads_to_the_login_page_and_back(web_instance: Instance, web_data: WebData) -> None:
    visitor = logged_in(web_instance, web_data.user, web_data.password)
    client = omero.client(f"tcp://{web_instance.host}:{web_instance.ports.tcp}")
    client.joinSession(session_of(visitor))
    client.killSession()
    assert visitor.get("/webclient/api/containers/", ajax=True).status == 403
    assert visitor.get("/webclient/keepalive_ping/", ajax=True).status == 403
    answer = visitor.get(f"/webclient/img_detail/{web_data.stack}/?z=3")
    target = f"/webclient/login/?url=%2Fwebclient%2Fimg_detail%2F{web_data.stack}%2F%3Fz%3D3"
    assert (answer.status, answer.location) == (302, target)
    visitor.get(target)
    fields = {"server": "1", "username": web_data.user, "password": web_data.password}
    assert visitor.post(target, fields).location == f"/webclient/img_detail/{web_data.stack}/?z=3"


def test_logging_out_ends_the_session_for_other_programs(web_instance: Instance, web_data: WebData) -> None:
    visitor = logged_in(web_instance, web_data.user, web_data.password)
    uuid = session_of(visitor)
    visitor.post("/webclient/logout/", {})
    client = omero.client(f"tcp://{web_instance.host}:{web_instance.ports.tcp}")
    with pytest.raises(Glacier2.PermissionDeniedException, match="There is no open session"):
        client.joinSession(uuid)
    client.closeSession()


def test_a_stopped_server_is_told_and_coming_back_is_noticed(make_instance: Callable[..., Instance]) -> None:
    instance = make_instance(web=True)
    instance.start()
    visitor = logged_in(instance, "root", instance.root_password)
    assert visitor.get("/webclient/").status == 200
    instance.kill_blitz()
    page = visitor.get("/webclient/")
    assert page.status == 503
    assert "The OMERO server does not answer" in page.text
    assert visitor.get("/webclient/api/containers/", ajax=True).status == 503
    instance.await_blitz()
    answer = visitor.get("/webclient/")
    assert answer.location == "/webclient/login/?url=%2Fwebclient%2F", "a killed server has lost its sessions"
    visitor.login("root", instance.root_password)
    assert visitor.get("/webclient/").status == 200
