"""OME-Zarr over HTTP as zarr-python reads it, and raw tiles: same pixels as through Ice, for those who may see them."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import zarr

import omero
from tests.support.instance import Instance
from tests.web.data import HERMIT, NEIGHBOUR, PASSWORD, WebData
from tests.web.samples import CHANNELS, STACK
from tests.web.visitor import Visitor
from tests.web.zarr_client import TOP, VERSIONS, asked, remote, session, uuid_of


@pytest.fixture(scope="module")
def ada(web_instance: Instance, web_data: WebData) -> Iterator[Any]:
    with session(web_instance, web_data.user, web_data.password) as found:
        yield found


def plane(found: Any, image: int, z: int, c: int, t: int, level: int = 0) -> np.ndarray:
    """A plane through RawPixelsStore; level 0 is full size."""
    pixels = found.getContainerService().getImages("Image", [image], None)[0].getPrimaryPixels()
    store = found.createRawPixelsStore()
    try:
        store.setPixelsId(pixels.id.val, False)
        levels = store.getResolutionLevels()
        width, height = pixels.sizeX.val, pixels.sizeY.val
        if levels > 1:
            size = store.getResolutionDescriptions()[level]
            width, height = size.sizeX, size.sizeY
            store.setResolutionLevel(levels - 1 - level)
        data = store.getTile(z, c, t, 0, 0, width, height)
        kind = np.dtype(np.uint16 if store.getByteWidth() == 2 else np.uint8).newbyteorder(">")
    finally:
        store.close()
    return np.frombuffer(data, kind).reshape(height, width)


@VERSIONS
def test_zarr_python_reads_a_stack(web_instance: Instance, web_data: WebData, ada: Any, version: str) -> None:
    with remote(web_instance, uuid_of(ada), f"/zarr/v{version}/image/{web_data.stack}.zarr") as group:
        array = group["0"]
        assert isinstance(array, zarr.Array)
        assert array.shape == (STACK["sizeT"], STACK["sizeC"], STACK["sizeZ"], STACK["sizeY"], STACK["sizeX"])
        assert array.dtype == np.uint16
        for z, c, t in ((0, 0, 0), (5, 2, 1), (3, 1, 0)):
            assert np.array_equal(array[t, c, z], plane(ada, web_data.stack, z, c, t))
        section = np.stack([plane(ada, web_data.stack, 2, c, 1) for c in range(3)])
        assert np.array_equal(array[1, :, 2, 10:20, 30:35], section[:, 10:20, 30:35])


@VERSIONS
def test_levels_of_a_pyramid(web_instance: Instance, web_data: WebData, ada: Any, version: str) -> None:
    with remote(web_instance, uuid_of(ada), f"/zarr/v{version}/image/{web_data.pyramid}.zarr") as group:
        assert sorted(group.array_keys()) == ["0", "1", "2", "3"]
        for level in range(4):
            array = group[str(level)]
            assert isinstance(array, zarr.Array)
            assert max(array.chunks) <= 256, "chunks are the tiles of the file"
            for c in range(2):
                assert np.array_equal(array[0, c, 0], plane(ada, web_data.pyramid, 0, c, 0, level))


@VERSIONS
def test_metadata_says_what_viewers_need(web_instance: Instance, web_data: WebData, ada: Any, version: str) -> None:
    answer = asked(web_instance, f"/zarr/v{version}/image/{web_data.stack}.zarr/{TOP[version]}", uuid_of(ada))
    about = answer.json if version == "0.4" else answer.json["attributes"]["ome"]
    scale = about["multiscales"][0]
    assert (scale if version == "0.4" else about)["version"] == version
    assert [axis["name"] for axis in scale["axes"]] == list("tczyx")
    assert [axis.get("unit") for axis in scale["axes"]] == [None, None, *["micrometer"] * 3]
    assert scale["datasets"][0]["coordinateTransformations"] == [{"type": "scale", "scale": [1, 1, 1.5, 0.25, 0.25]}]
    channels = about["omero"]["channels"]
    assert [channel["label"] for channel in channels] == list(CHANNELS)
    assert all(set(channel["window"]) == {"min", "max", "start", "end"} for channel in channels)
    assert len({channel["color"] for channel in channels}) == 3
    pyramid = asked(web_instance, f"/zarr/v{version}/image/{web_data.pyramid}.zarr/{TOP[version]}", uuid_of(ada)).json
    about = pyramid if version == "0.4" else pyramid["attributes"]["ome"]
    factors = [d["coordinateTransformations"][0]["scale"][4] for d in about["multiscales"][0]["datasets"]]
    assert factors == pytest.approx([1, 2, 4, 8], rel=0.01)


@VERSIONS
def test_rgb_and_other_formats(web_instance: Instance, web_data: WebData, version: str) -> None:
    with session(web_instance, HERMIT) as found:
        slide = web_data.private.slide
        with remote(web_instance, uuid_of(found), f"/zarr/v{version}/image/{slide}.zarr") as group:
            array = group["0"]
            assert isinstance(array, zarr.Array)
            assert array.dtype == np.uint8 and array.shape[1] == 3
            for c in range(3):
                assert np.array_equal(array[0, c, 0], plane(found, slide, 0, c, 0))


@VERSIONS
def test_others_get_404_and_strangers_401(web_instance: Instance, web_data: WebData, version: str) -> None:
    path = f"/zarr/v{version}/image/{web_data.private.slide}.zarr"
    chunk = f"{path}/0/{'' if version == '0.4' else 'c/'}0/0/0/0/0"
    client = omero.client(f"tcp://{web_instance.host}:{web_instance.ports.tcp}")
    hermit = client.createSession(HERMIT, PASSWORD)
    with session(web_instance, NEIGHBOUR) as neighbour:
        for key in (f"{path}/{TOP[version]}", chunk, f"/tile/{web_data.private.slide}/0/0/0/?region=0,0,9,9"):
            assert asked(web_instance, key, uuid_of(hermit)).status == 200
            assert asked(web_instance, key, uuid_of(neighbour)).status == 404
            assert asked(web_instance, key).status == 401
            assert asked(web_instance, key, "0" * 8 + "-0000-0000-0000-" + "0" * 12).status == 401
        with pytest.raises(FileNotFoundError), remote(web_instance, uuid_of(neighbour), path):
            pass
    client.killSession()
    assert asked(web_instance, chunk, uuid_of(hermit)).status == 401, "the session has ended"


def test_ways_to_name_the_session(web_instance: Instance, web_data: WebData, ada: Any) -> None:
    path = f"/zarr/v0.5/image/{web_data.stack}.zarr/zarr.json"
    visitor = Visitor(web_instance.web_url)
    visitor.login(web_data.user, web_data.password)
    assert visitor.get(path).status == 200
    for pair in (f"ada:{uuid_of(ada)}", f"{uuid_of(ada)}:"):
        basic = base64.b64encode(pair.encode()).decode()
        assert asked(web_instance, path, Authorization=f"Basic {basic}").status == 200
    foreign = base64.b64encode(b"proxy:its password").decode()
    assert visitor.get(path, Authorization=f"Basic {foreign}").status == 200, "meant for somebody else"
    assert asked(web_instance, path, Authorization=f"Basic {foreign}").status == 401


def test_conditions_ranges_and_head(web_instance: Instance, web_data: WebData, ada: Any) -> None:
    key, path = uuid_of(ada), f"/zarr/v0.4/image/{web_data.pyramid}.zarr/0/0/1/0/2/3"
    whole = asked(web_instance, path, key)
    assert whole.headers["cache-control"] == "private, no-cache" and whole.headers["accept-ranges"] == "bytes"
    assert asked(web_instance, path, key, **{"If-None-Match": whole.headers["etag"]}).status == 304
    assert asked(web_instance, path, key, **{"If-None-Match": '"other"'}).body == whole.body
    part = asked(web_instance, path, key, Range="bytes=10-19")
    assert (part.status, part.body) == (206, whole.body[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole.body)}"
    assert asked(web_instance, path, key, Range="bytes=-5").body == whole.body[-5:]
    assert asked(web_instance, path, key, Range=f"bytes={len(whole.body)}-").status == 416
    head = Visitor(web_instance.web_url)._ask("HEAD", path, None, {"Authorization": f"Bearer {key}"})
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(whole.body)))
    assert head.headers["etag"] == whole.headers["etag"], "with and without the express lane"
    assert Visitor(web_instance.web_url)._ask("DELETE", path, None, {}).status in (403, 405)


@pytest.mark.parametrize(
    "key", ["4/.zarray", "0/0/2/0/0/0", "0/0/0/0/10/0", "0/0/0/0/0", "labels/.zattrs", "../../etc", "0/-1/0/0/0/0"]
)
def test_what_is_not_there(web_instance: Instance, web_data: WebData, ada: Any, key: str) -> None:
    assert asked(web_instance, f"/zarr/v0.4/image/{web_data.pyramid}.zarr/{key}", uuid_of(ada)).status == 404


def test_raw_tiles(web_instance: Instance, web_data: WebData, ada: Any) -> None:
    expected = plane(ada, web_data.pyramid, 0, 1, 0, 1)[100:180, 40:100]
    path = f"/tile/{web_data.pyramid}/0/1/0/?level=1&region=40,100,60,80"
    found = np.load(io.BytesIO(asked(web_instance, path, uuid_of(ada)).body))
    assert found.dtype == np.uint16 and np.array_equal(found, expected)
    raw = asked(web_instance, f"{path}&format=raw", uuid_of(ada))
    assert (raw.headers["x-shape"], raw.headers["x-dtype"]) == ("80,60", "<u2")
    assert np.array_equal(np.frombuffer(raw.body, "<u2").reshape(80, 60), expected)
    whole = np.load(io.BytesIO(asked(web_instance, f"/tile/{web_data.stack}/2/0/1/", uuid_of(ada)).body))
    assert np.array_equal(whole, plane(ada, web_data.stack, 2, 0, 1))
    for wrong, status in (
        ("?level=9", 404), ("?level=x", 400), ("?region=1,2,3", 400), ("?format=gif", 400), ("?region=9999,0,1,1", 404)
    ):  # fmt: skip
        assert asked(web_instance, f"/tile/{web_data.pyramid}/0/0/0/{wrong}", uuid_of(ada)).status == status
    assert asked(web_instance, f"/tile/{web_data.pyramid}/1/0/0/", uuid_of(ada)).status == 404


def test_pages_of_other_origins(web_instance: Instance, web_data: WebData) -> None:
    """Nothing is allowed unless configured; test_zarr_open covers what is."""
    answer = asked(web_instance, f"/zarr/v0.4/image/{web_data.stack}.zarr/.zattrs", Origin="https://vizarr.example")
    assert "access-control-allow-origin" not in answer.headers


