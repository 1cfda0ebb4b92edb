"""OME-Zarr of plates, for pages of other sites, and for visitors who need not log in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from omero_web.tokens import session_key
from tests.support.instance import Instance, fresh_root, running
from tests.web.data import WebData, create_data, import_file
from tests.web.visitor import Visitor
from tests.web.zarr_client import TOP, VERSIONS, asked, remote, session, uuid_of

VIEWER, STRANGER = "https://vizarr.example", "https://elsewhere.example"


@pytest.fixture(scope="module")
def open_web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Instance, WebData]]:
    """A server whose OME-Zarr is open to the world and to pages of one other site."""
    properties = {
        "omero.web.cors_origin_whitelist": f'["{VIEWER}"]',
        "omero.web.public.enabled": "true",
        "omero.web.public.user": "ada",
        "omero.web.public.password": "p a$$ß",
        "omero.web.public.url_filter": "^/zarr/",
    }
    with fresh_root() as root, running(root, web=True, properties=properties) as server:
        yield server, create_data(server, tmp_path_factory.mktemp("open"))


@pytest.fixture
def visitor(open_web: tuple[Instance, WebData]) -> Visitor:
    return Visitor(open_web[0].web_url)


def test_public_user_sees_what_he_may_and_where(visitor: Visitor, open_web: tuple[Instance, WebData]) -> None:
    data = open_web[1]
    for key in (".zattrs", "0/0/0/0/0/0"):
        assert visitor.get(f"/zarr/v0.4/image/{data.pyramid}.zarr/{key}").status == 200
        assert visitor.get(f"/zarr/v0.4/image/{data.private.slide}.zarr/{key}").status == 404
    assert visitor.get(f"/tile/{data.pyramid}/0/0/0/").status == 401
    assert visitor.get("/webclient/").status == 302


@pytest.fixture(scope="module")
def lab_plate(open_web: tuple[Instance, WebData]) -> int:
    """Id of a plate of 2 x 3 wells with two fields."""
    name = "lab&plates=1&plateRows=2&plateCols=3&fields=2&sizeX=64&sizeY=48.fake"
    path = open_web[0].root / name
    path.touch()
    return import_file(open_web[0], path, kind="Plate")


@VERSIONS
def test_plates(open_web: tuple[Instance, WebData], lab_plate: int, version: str) -> None:
    server, data = open_web
    path = f"/zarr/v{version}/plate/{lab_plate}.zarr"
    with session(server, data.user) as ada, remote(server, uuid_of(ada), path) as group:
        attributes: Any = dict(group.attrs)
        plate = (attributes if version == "0.4" else attributes["ome"])["plate"]
        assert [row["name"] for row in plate["rows"]] == ["A", "B"]
        assert [column["name"] for column in plate["columns"]] == ["1", "2", "3"]
        assert plate["field_count"] == 2 and len(plate["wells"]) == 6
        assert {"path": "B/3", "rowIndex": 1, "columnIndex": 2} in plate["wells"]
        well: Any = dict(group["B/3"].attrs)
        images = (well if version == "0.4" else well["ome"])["well"]["images"]
        assert [image["path"] for image in images] == ["0", "1"]
        pixels = np.asarray(group["B/3/1/0"])
        assert pixels.shape[-2:] == (48, 64)
        assert not np.array_equal(pixels, np.asarray(group["A/1/0/0"])), "fake images say in pixels which they are"
    assert asked(server, f"{path}/C/1/{TOP[version]}").status == 404


def test_public_user_comes_back_after_his_session_ended(
    visitor: Visitor, open_web: tuple[Instance, WebData]
) -> None:
    server, data = open_web
    path = f"/zarr/v0.5/image/{data.stack}.zarr/zarr.json"
    assert visitor.get(path).status == 200
    server.kill_blitz()
    server.await_blitz()
    assert visitor.get(path).status == 200


def test_pages_of_listed_sites_may_read(visitor: Visitor, open_web: tuple[Instance, WebData]) -> None:
    path = f"/zarr/v0.5/image/{open_web[1].stack}.zarr/0/c/0/0/0/0/0"
    answer = visitor.get(path, Origin=VIEWER)
    assert answer.headers["access-control-allow-origin"] == VIEWER
    assert "ETag" in answer.headers["access-control-expose-headers"]
    assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-origin" not in visitor.get(path, Origin=STRANGER).headers
    preflight = {"Origin": VIEWER, "Access-Control-Request-Method": "GET"}
    answer = visitor._ask("OPTIONS", path, None, preflight | {"Access-Control-Request-Headers": "authorization"})
    assert answer.status == 204 and "Authorization" in answer.headers["access-control-allow-headers"]
    refused = visitor._ask("OPTIONS", path, None, preflight | {"Origin": STRANGER})
    assert "access-control-allow-origin" not in refused.headers
    assert "access-control-allow-origin" in visitor.get(f"{path}/nothing", Origin=VIEWER).headers, "errors, too"


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("Bearer 01234567-89ab-cdef-0123-456789abcdef", "01234567-89ab-cdef-0123-456789abcdef"),
        ("bearer 01234567-89AB-cdef-0123-456789abcdef", None),
        ("Bearer of bad news", None),
        ("Basic !!!", None),
        ("Basic", None),
        ("", None),
    ],
)
def test_which_headers_name_a_session(header: str, key: str | None) -> None:
    assert session_key(header) == key
