"""The JSON and pictures that OMERO.web serves to its own pages and to other programs."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from tests.support.instance import Instance
from tests.web.data import WebData
from tests.web.samples import CHANNELS, PYRAMID_SIZE, STACK
from tests.web.visitor import Answer, Visitor


@pytest.fixture(scope="module")
def visitor(web_instance: Instance, web_data: WebData) -> Visitor:
    visitor = Visitor(web_instance.web_url)
    assert visitor.login(web_data.user, web_data.password).location == "/webclient/"
    return visitor


def get_json(visitor: Visitor, path: str) -> Any:
    answer = visitor.get(path, ajax=True)
    assert answer.status == 200, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    return answer.json


def jpeg(answer: Answer) -> np.ndarray:
    assert answer.status == 200, answer.text
    assert answer.headers["content-type"] == "image/jpeg"
    return np.asarray(Image.open(BytesIO(answer.body)).convert("RGB"), dtype=int)


def test_login_keeps_the_session_out_of_the_cookie(visitor: Visitor, web_data: WebData) -> None:
    assert len(visitor.cookies["sessionid"]) == 32
    assert visitor.get("/webclient/keepalive_ping/").text == "OK"


def test_login_sends_back_to_safe_addresses_only(web_instance: Instance, web_data: WebData) -> None:
    for target, expected in (
        ("/webclient/?show=image-1", "/webclient/?show=image-1"),
        ("https://example.org/", "/webclient/"),
        ("//example.org/", "/webclient/"),
        ("javascript:alert(1)", "/webclient/"),
    ):
        visitor = Visitor(web_instance.web_url)
        visitor.get("/webclient/login/")
        fields = {"server": "1", "username": web_data.user, "password": web_data.password, "url": target}
        answer = visitor.post("/webclient/login/", fields)
        assert (answer.status, answer.location) == (302, expected)


def test_a_wrong_password_is_refused(web_instance: Instance, web_data: WebData) -> None:
    visitor = Visitor(web_instance.web_url)
    assert "check your user name and password" in visitor.login(web_data.user, "wrong").text
    answer = visitor.post("/api/v0/login/", {"server": "1", "username": web_data.user, "password": "wrong"})
    assert answer.status == 403 and "check your user name" in answer.json["message"]


def test_json_login_and_event_context(web_instance: Instance, web_data: WebData) -> None:
    visitor = Visitor(web_instance.web_url)
    visitor.get("/api/v0/token/")
    fields = {"server": "1", "username": web_data.user, "password": web_data.password}
    context = visitor.post("/api/v0/login/", fields).json["eventContext"]
    assert (context["userId"], context["userName"], context["isAdmin"]) == (web_data.user_id, web_data.user, False)
    again = visitor.post("/api/v0/login/", {}).json
    assert again["success"] and again["eventContext"]["sessionUuid"] == context["sessionUuid"]
    # The uuid of a session, given as name and password, joins that session.
    other = Visitor(web_instance.web_url)
    uuid = context["sessionUuid"]
    assert other.login(uuid, uuid).location == "/webclient/"


def test_logout_ends_the_omero_session(web_instance: Instance, web_data: WebData) -> None:
    visitor = Visitor(web_instance.web_url)
    visitor.login(web_data.user, web_data.password)
    uuid = visitor.post("/api/v0/login/", {}).json["eventContext"]["sessionUuid"]
    assert "Log out?" in visitor.get("/webclient/logout/").text
    answer = visitor.post("/webclient/logout/", {})
    assert (answer.status, answer.location) == (302, "/webclient/login/")
    assert visitor.get("/webclient/api/containers/", ajax=True).status == 403
    assert Visitor(web_instance.web_url).login(uuid, uuid).status == 200


def test_main_page_holds_what_other_programs_read(visitor: Visitor, web_data: WebData) -> None:
    answer = visitor.get("/webclient/")
    assert f"WEBCLIENT.USER = {{'id': {web_data.user_id}, 'fullName': \"Ada Lovelace\"}};" in answer.text
    assert "script-src 'self' 'nonce-" in answer.headers["content-security-policy"]
    assert "no-store" in answer.headers["cache-control"]


def test_containers(visitor: Visitor, web_data: WebData) -> None:
    found = get_json(visitor, f"/webclient/api/containers/?id={web_data.user_id}&group={web_data.group_id}")
    rights = "canEdit canAnnotate canLink canDelete canChgrp"
    [project] = found["projects"]
    assert set(rights.split()) <= set(project.pop("permsCss").split())
    assert project == {
        "id": web_data.project,
        "name": web_data.project_name,
        "ownerId": web_data.user_id,
        "childCount": 1,
    }
    assert [dataset["name"] for dataset in found["datasets"]] == [web_data.empty_name]
    assert (found["screens"], found["plates"]) == ([], [])
    assert found["orphaned"] == {"id": web_data.user_id, "childCount": 0, "name": "Orphaned Images"}


def test_datasets_and_images(visitor: Visitor, web_data: WebData) -> None:
    [dataset] = get_json(visitor, f"/webclient/api/datasets/?id={web_data.project}")["datasets"]
    assert (dataset["id"], dataset["childCount"], "isOwned" in dataset["permsCss"]) == (web_data.dataset, 2, True)
    path = f"/webclient/api/images/?id={web_data.dataset}&sizeXYZ=true&date=true&thumbVersion=true"
    pyramid, stack = get_json(visitor, path)["images"]
    assert (pyramid["id"], stack["id"]) == (web_data.pyramid, web_data.stack)
    assert {name: stack[name] for name in STACK} == STACK
    assert stack["filesetId"] != pyramid["filesetId"]
    assert stack["date"].startswith("20") and stack["thumbVersion"] == 0


def test_pages_of_images(visitor: Visitor, web_data: WebData) -> None:
    path = f"/webclient/api/images/?id={web_data.dataset}&limit=1"
    pages = [[row["id"] for row in get_json(visitor, f"{path}&page={page}")["images"]] for page in (1, 2, 3)]
    assert pages == [[web_data.pyramid], [web_data.stack], []]
    assert len(get_json(visitor, f"{path}&page=0")["images"]) == 2


@pytest.mark.parametrize("query", ["page=x", "limit=-1", "group=a", "id=1.5"])
def test_bad_numbers_are_refused(visitor: Visitor, query: str) -> None:
    answer = visitor.get(f"/webclient/api/images/?{query}", ajax=True)
    assert (answer.status, answer.text) == (400, "Invalid parameter value")


def test_groups_of_others_are_refused(visitor: Visitor) -> None:
    answer = visitor.get("/webclient/api/containers/?group=0", ajax=True)
    assert answer.status == 403 and "group 0" in answer.text


def test_groups_and_experimenters(visitor: Visitor, web_data: WebData) -> None:
    groups = get_json(visitor, f"/webclient/api/groups/?member={web_data.user_id}")["groups"]
    assert groups == [{"id": web_data.group_id, "name": "web-lab", "perm": "rwra--"}]
    user = get_json(visitor, f"/webclient/api/experimenters/{web_data.user_id}/")["experimenter"]
    assert user == {"id": web_data.user_id, "omeName": "ada", "firstName": "Ada", "lastName": "Lovelace"}
    assert get_json(visitor, "/webclient/api/experimenters/-1/")["experimenter"]["omeName"] == "All members"
    assert visitor.get("/webclient/api/experimenters/99999/", ajax=True).status == 404


def test_paths_to_an_image(visitor: Visitor, web_data: WebData) -> None:
    [path] = get_json(visitor, f"/webclient/api/paths_to_object/?image={web_data.stack}&page_size=1")["paths"]
    assert path == [
        {"type": "experimenter", "id": web_data.user_id},
        {"type": "project", "id": web_data.project},
        {"type": "dataset", "id": web_data.dataset, "childCount": 2, "childIndex": 1, "childPage": 2},
        {"type": "image", "id": web_data.stack},
    ]
    assert get_json(visitor, "/webclient/api/paths_to_object/?image=999999") == {"paths": []}
    elsewhere = f"/webclient/api/paths_to_object/?image={web_data.stack}&dataset={web_data.empty}"
    assert get_json(visitor, elsewhere) == {"paths": []}


def test_annotations(visitor: Visitor, web_data: WebData) -> None:
    found = get_json(visitor, f"/webclient/api/annotations/?image={web_data.stack}")
    tag, pairs = found["annotations"]
    assert (tag["class"], tag["textValue"]) == ("TagAnnotationI", "mitotic")
    assert (pairs["class"], pairs["values"]) == ("MapAnnotationI", [["stain", "DAPI & <b>GFP</b>"]])
    assert pairs["link"]["parent"] == {"id": web_data.stack, "class": "ImageI", "name": "stack.ome.tif"}
    assert found["experimenters"][0]["omeName"] == "ada"
    only = get_json(visitor, f"/webclient/api/annotations/?image={web_data.stack}&type=map")["annotations"]
    assert [annotation["class"] for annotation in only] == ["MapAnnotationI"]


def test_details_as_html_are_escaped(visitor: Visitor, web_data: WebData) -> None:
    answer = visitor.get(f"/webclient/metadata_details/project/{web_data.project}/")
    assert "Embryos &lt;i&gt;2024&lt;/i&gt;" in answer.text
    assert visitor.get("/webclient/metadata_details/image/999999/").status == 404


def test_image_data(visitor: Visitor, web_data: WebData) -> None:
    data = get_json(visitor, f"/webgateway/imgData/{web_data.stack}/")
    assert "Exception" not in data
    assert data["size"] == {"width": 240, "height": 180, "z": 6, "t": 2, "c": 3}
    assert data["pixel_size"] == {"x": 0.25, "y": 0.25, "z": 1.5}
    assert [channel["label"] for channel in data["channels"]] == list(CHANNELS)
    for channel in data["channels"]:
        assert channel["active"] and channel["window"]["min"] < channel["window"]["end"]
    assert data["tiles"] is False
    assert (data["pixel_range"], data["rdefs"]["model"]) == ([0, 65535], "color")
    meta = {name: data["meta"][name] for name in ("imageName", "datasetName", "projectId", "pixelsType", "wellId")}
    assert meta == {
        "imageName": "stack.ome.tif",
        "datasetName": web_data.dataset_name,
        "projectId": web_data.project,
        "pixelsType": "uint16",
        "wellId": "",
    }
    assert get_json(visitor, f"/webgateway/imgData/{web_data.stack}/size.width/") == 240
    assert get_json(visitor, f"/webgateway/imgData/{web_data.stack}/size.depth/") is None
    wrapped = visitor.get(f"/webgateway/imgData/{web_data.stack}/size.z/?callback=show")
    assert (wrapped.text, wrapped.headers["content-type"]) == ("show(6)", "application/javascript")
    missing = visitor.get("/webgateway/imgData/999999/")
    assert (missing.status, missing.text) == (404, "Image:999999 not found")


def test_image_data_of_a_pyramid(visitor: Visitor, web_data: WebData) -> None:
    data = get_json(visitor, f"/webgateway/imgData/{web_data.pyramid}/")
    assert (data["tiles"], data["levels"], data["zoomLevelScaling"]["0"]) == (True, 4, 1.0)
    assert data["resolutions"]["1"] == {"sizeX": PYRAMID_SIZE // 2, "sizeY": PYRAMID_SIZE // 2}
    assert data["zoomLevelScaling"]["1"] == pytest.approx(0.5, rel=0.01)


def test_planes_differ_by_section_channel_window_and_model(visitor: Visitor, web_data: WebData) -> None:
    base = f"/webgateway/render_image/{web_data.stack}"
    default = jpeg(visitor.get(f"{base}/"))
    assert default.shape == (180, 240, 3)
    red = jpeg(visitor.get(f"{base}/0/0/?c=1|0:4000$FF0000&m=c"))
    assert red[..., 0].max() > 150 and red[..., 2].max() < 60
    green = jpeg(visitor.get(f"{base}/0/0/?c=-1,2|0:4000$00FF00&m=c"))
    assert green[..., 1].max() > 150 and green[..., 0].max() < 60
    grey = jpeg(visitor.get(f"{base}/0/0/?c=1|0:4000$FF0000&m=g"))
    assert np.ptp(grey, axis=2).max() < 12
    assert np.abs(red - jpeg(visitor.get(f"{base}/5/0/?c=1|0:4000$FF0000&m=c"))).mean() > 1
    assert jpeg(visitor.get(f"{base}/0/0/?c=1|0:1000$FF0000&m=c")).mean() > red.mean() + 1
    # Nothing of this is stored.
    assert np.abs(default - jpeg(visitor.get(f"{base}/"))).max() == 0


def test_planes_that_do_not_exist_are_404(visitor: Visitor, web_data: WebData) -> None:
    assert visitor.get(f"/webgateway/render_image/{web_data.stack}/6/0/").status == 404
    assert visitor.get("/webgateway/render_image/999999/").status == 404


def test_tiles_are_parts_of_the_plane(visitor: Visitor, web_data: WebData) -> None:
    base = f"/webgateway/render_image_region/{web_data.pyramid}/0/0/?c=1|0:4000$FF0000&m=c&q=1"
    tile = jpeg(visitor.get(f"{base}&tile=0,1,2,256,256"))
    assert tile.shape == (256, 256, 3)
    region = jpeg(visitor.get(f"{base}&region=256,512,256,256"))
    assert np.abs(tile - region).max() == 0
    half = jpeg(visitor.get(f"{base}&tile=1,0,0,256,256"))
    full = jpeg(visitor.get(f"{base}&region=0,0,512,512"))
    assert np.abs(half - full[::2, ::2]).mean() < 4
    edge = jpeg(visitor.get(f"{base}&tile=0,8,8,256,256"))
    assert edge.shape == (PYRAMID_SIZE - 2048, PYRAMID_SIZE - 2048, 3)


@pytest.mark.parametrize("query", ["", "tile=9,0,0,256,256", "tile=-1,0,0", "tile=a", "region=1,2,3"])
def test_tiles_that_make_no_sense_are_refused(visitor: Visitor, web_data: WebData, query: str) -> None:
    answer = visitor.get(f"/webgateway/render_image_region/{web_data.pyramid}/0/0/?{query}")
    assert answer.status == 400
    assert "tile" in answer.text or "region" in answer.text or "Level" in answer.text


def test_thumbnails(visitor: Visitor, web_data: WebData) -> None:
    assert jpeg(visitor.get(f"/webgateway/render_thumbnail/{web_data.stack}/")).shape == (72, 96, 3)
    assert jpeg(visitor.get(f"/webgateway/render_thumbnail/{web_data.stack}/40/")).shape == (30, 40, 3)
    assert jpeg(visitor.get(f"/webgateway/render_thumbnail/{web_data.stack}/50/50/")).shape == (50, 50, 3)
    assert visitor.get("/webgateway/render_thumbnail/999999/").status == 404
    assert visitor.get("/webclient/render_thumbnail/999999/").headers["content-type"] == "image/png"
    found = get_json(visitor, f"/webgateway/get_thumbnails/64/?id={web_data.stack}&id={web_data.pyramid}&id=999999")
    assert found["999999"] is None
    kind, data = found[str(web_data.stack)].split(",")
    assert kind == "data:image/jpeg;base64"
    assert Image.open(BytesIO(base64.b64decode(data))).size == (64, 48)
    many = "&".join(f"id={number}" for number in range(51))
    assert visitor.get(f"/webgateway/get_thumbnails/?{many}").text == "Max 50 thumbnails at a time."


def test_json_interface_lists_and_single_objects(visitor: Visitor, web_data: WebData) -> None:
    listed = get_json(visitor, "/api/v0/m/projects/?childCount=true&limit=1")
    [project] = listed["data"]
    assert project["@id"] == web_data.project and project["Name"] == web_data.project_name
    assert project["omero:childCount"] == 1
    assert project["omero:details"]["owner"]["UserName"] == "ada"
    assert project["omero:details"]["permissions"]["perm"] == "rwra--"
    assert listed["meta"] == {"offset": 0, "limit": 1, "maxLimit": 500, "totalCount": 1}
    datasets = get_json(visitor, urlsplit(project["url:datasets"]).path)
    assert [found["@id"] for found in datasets["data"]] == [web_data.dataset]
    images = get_json(visitor, f"/api/v0/m/images/?dataset={web_data.dataset}&normalize=true")
    assert [found["@id"] for found in images["data"]] == [web_data.pyramid, web_data.stack]
    assert images["data"][0]["omero:details"]["owner"] == {"@id": web_data.user_id}
    assert images["experimenters"][0]["LastName"] == "Lovelace"
    image = get_json(visitor, f"/api/v0/m/images/{web_data.stack}/")["data"]
    assert image["Pixels"]["Type"]["value"] == "uint16"
    assert [channel["Name"] for channel in image["Pixels"]["Channels"]] == list(CHANNELS)
    assert image["Pixels"]["PhysicalSizeX"] == {
        "@type": "TBD#LengthI",
        "Unit": "MICROMETER",
        "Symbol": "µm",
        "Value": 0.25,
    }


def test_json_interface_names_what_is_missing(visitor: Visitor) -> None:
    answer = visitor.get("/api/v0/m/datasets/999999/")
    assert (answer.status, answer.json["message"]) == (404, "Dataset 999999 not found")
    answer = visitor.get("/api/v0/m/images/?limit=foo")
    assert answer.status == 400 and "'foo'" in answer.json["message"]


def test_groups_have_members(visitor: Visitor, web_data: WebData) -> None:
    found = get_json(visitor, f"/api/v0/m/experimentergroups/{web_data.group_id}/experimenters/")
    assert [user["UserName"] for user in found["data"]] == ["ada"]


def test_active_group_is_kept(visitor: Visitor, web_data: WebData) -> None:
    answer = visitor.get(f"/webclient/active_group/?active_group={web_data.group_id}&url=/webclient/?x=1")
    assert (answer.status, answer.location) == (302, "/webclient/?x=1")
    assert visitor.get("/webclient/active_group/?url=https://example.org/").location == "/webclient/"
