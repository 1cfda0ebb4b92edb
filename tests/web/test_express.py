"""Tiles that OMERO.web renders itself: the same as the server's, and only for those who may see them at that moment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import omero
from omero.model import ExperimenterGroupI, PermissionsI
from omero_server.control.state import wait_for
from tests.support.instance import Instance
from tests.web.data import HERMIT, SAMPLES, WebData, import_file
from tests.web.samples import STACK
from tests.web.visitor import Answer, Visitor
from tests.web.zarr_client import asked, session, uuid_of

TIMES = 6
"""More often than OMERO.web has processes, so that each of them is likely to answer."""
WINDOWS = "c=1|100:3000$FF0000,2|0:2000$00FF00,-3|0:1$0000FF&m=c"


@pytest.fixture(scope="module")
def ada(web_instance: Instance, web_data: WebData) -> Iterator[Any]:
    with session(web_instance, web_data.user, web_data.password) as found:
        yield found


def tile(instance: Instance, key: str, image: int, query: str, z: int = 0, t: int = 0) -> Answer:
    return asked(instance, f"/webgateway/render_image_region/{image}/{z}/{t}/?{query}", key)


def is_express(answer: Answer) -> bool:
    return "Authorization" in answer.headers.get("vary", "")


def engine_of(found: Any, image: int) -> Any:
    pixels = found.getContainerService().getImages("Image", [image], None)[0].getPrimaryPixels().id.val
    engine = found.createRenderingEngine()
    engine.lookupPixels(pixels)
    if not engine.lookupRenderingDef(pixels):
        engine.resetDefaultSettings(True)
        engine.lookupRenderingDef(pixels)
    engine.load()
    return engine


def rendered(engine: Any, z: int, t: int, region: tuple[int, int, int, int]) -> bytes:
    plane = omero.romio.PlaneDef(omero.romio.XY, 0, 0, z, t, omero.romio.RegionDef(*region), 0)
    return bytes(engine.renderCompressed(plane))


def test_the_same_picture_as_the_server_makes(web_instance: Instance, web_data: WebData, ada: Any) -> None:
    engine = engine_of(ada, web_data.stack)
    engine.setCompressionLevel(0.7)
    engine.setChannelWindow(0, 100, 3000)
    engine.setRGBA(0, 255, 0, 0, 255)
    engine.setChannelLookupTable(1, "fire.lut")
    engine.setActive(2, False)
    engine.addCodomainMapToChannel(omero.romio.ReverseIntensityMapContext(), 0)
    families = {family.value.val: family for family in engine.getAvailableFamilies()}
    engine.setQuantizationMap(1, families["polynomial"], 1.5, False)
    maps = (
        '[{"inverted":{"enabled":true}},{"quantization":{"family":"polynomial","coefficient":1.5}},'
        '{"inverted":{"enabled":false}}]'
    )
    query = f"tile=0,1,0,100,90&q=0.7&m=c&c=1|100:3000$FF0000,2$fire.lut,-3&maps={maps.replace(' ', '')}"
    answer = tile(web_instance, uuid_of(ada), web_data.stack, query, 3, 1)
    assert is_express(answer) and answer.body == rendered(engine, 3, 1, (100, 0, 100, 90))
    engine.close()


def test_levels_and_regions(web_instance: Instance, web_data: WebData, ada: Any) -> None:
    engine = engine_of(ada, web_data.pyramid)
    engine.setCompressionLevel(0.9)
    for level in range(4):
        engine.setResolutionLevel(3 - level)
        answer = tile(web_instance, uuid_of(ada), web_data.pyramid, f"tile={level},0,1,64,64")
        assert is_express(answer) and answer.body == rendered(engine, 0, 0, (0, 64, 64, 64))
    engine.setResolutionLevel(3)
    answer = tile(web_instance, uuid_of(ada), web_data.pyramid, "region=2200,2250,200,300&q=0.9")
    assert is_express(answer) and answer.body == rendered(engine, 0, 0, (2200, 2250, 200, 300))
    engine.close()


@pytest.mark.parametrize(
    ("query", "z", "status"),
    [
        ("tile=9,0,0,9,9", 0, 400), ("tile=0,99,0,99,99", 0, 500), ("region=1,2", 0, 400), ("", 0, 400),
        ("tile=0,0,0,9,9", 99, 404),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_left_to_django(
    web_instance: Instance, web_data: WebData, ada: Any, query: str, z: int, status: int
) -> None:
    answer = tile(web_instance, uuid_of(ada), web_data.pyramid, query, z)
    assert answer.status == status and not is_express(answer)


def test_saved_settings_are_seen_at_once(web_instance: Instance, web_data: WebData, ada: Any) -> None:
    engine = engine_of(ada, web_data.stack)
    engine.setCompressionLevel(0.9)
    for end in (2000, 1500, 1000, 500):
        engine.setChannelWindow(0, 0, end)
        engine.saveCurrentSettings()
        expected = rendered(engine, 0, 0, (0, 0, STACK["sizeX"], STACK["sizeY"]))
        for _ in range(TIMES):
            answer = tile(web_instance, uuid_of(ada), web_data.stack, "region=0,0,240,180")
            assert is_express(answer) and answer.body == expected
    engine.close()


def test_rights_that_are_taken_away_count_at_once(web_instance: Instance, web_data: WebData) -> None:
    """A group that becomes private, an image that is deleted, and a session that ends."""
    image = import_file(web_instance, SAMPLES / "ome-tiff" / "multi-channel-z-series.ome.tif")
    query = f"region=0,0,50,50&{WINDOWS}"
    client = omero.client(f"tcp://{web_instance.host}:{web_instance.ports.tcp}")
    ada = client.createSession(web_data.user, web_data.password)
    with session(web_instance, "root", web_instance.root_password) as root:
        admin = root.getAdminService()
        group = admin.getGroup(web_data.group_id)
        members = [admin.lookupExperimenter(HERMIT)]
        admin.addGroups(members[0], [ExperimenterGroupI(web_data.group_id, False)])
        with session(web_instance, HERMIT) as hermit:
            for permissions, status in (("rwra--", 200), ("rw----", 404), ("rwr---", 200)):
                admin.updateGroup(_with(group, permissions))
                for _ in range(TIMES):
                    answer = tile(web_instance, uuid_of(hermit), image, query)
                    assert (answer.status, is_express(answer)) == (status, status == 200)
            admin.removeGroups(members[0], [ExperimenterGroupI(web_data.group_id, False)])
            for _ in range(TIMES):
                assert tile(web_instance, uuid_of(hermit), image, query).status == 404
        admin.updateGroup(_with(admin.getGroup(web_data.group_id), "rwra--"))
    own = [tile(web_instance, uuid_of(ada), image, query) for _ in range(TIMES)]
    assert all(is_express(one) and one.status == 200 for one in own)
    delete = omero.cmd.Delete2({"Image": [image]}, None, False)
    callback = client.submit(delete)
    callback.loop(50, 200)
    callback.close(True)
    assert [tile(web_instance, uuid_of(ada), image, query).status for _ in range(TIMES)] == [404] * TIMES
    assert is_express(tile(web_instance, uuid_of(ada), web_data.stack, query))
    client.killSession()
    for _ in range(TIMES):
        answer = tile(web_instance, uuid_of(ada), web_data.stack, query)
        assert answer.status == 302, "to the login page"


def _with(group: Any, permissions: str) -> Any:
    group.details.permissions = PermissionsI(permissions)
    return group


def test_browsers_that_log_out_see_nothing_more(web_instance: Instance, web_data: WebData) -> None:
    visitor = Visitor(web_instance.web_url)
    visitor.login(web_data.user, web_data.password)
    path = f"/webclient/render_image_region/{web_data.stack}/0/0/?tile=0,0,0,64,64&{WINDOWS}"
    answers = [visitor.get(path) for _ in range(TIMES)]
    assert all(answer.status == 200 and is_express(answer) for answer in answers)
    cookies = dict(visitor.cookies)
    visitor.post("/webclient/logout/", {})
    visitor.cookies = cookies
    assert [visitor.get(path).status for _ in range(TIMES)] == [302] * TIMES


def test_new_images_get_settings_by_the_way_of_django(web_instance: Instance, web_data: WebData, ada: Any) -> None:
    image = import_file(web_instance, SAMPLES / "svs" / "CMU-1-Small-Region.svs")
    for _ in range(2):
        assert tile(web_instance, uuid_of(ada), image, "tile=0,0,0,64,64").status == 200
    assert is_express(tile(web_instance, uuid_of(ada), image, "tile=0,0,0,64,64"))
    fileset = ada.getQueryService().get("Image", image).fileset.id.val
    handle = ada.submit(omero.cmd.Delete2({"Fileset": [fileset]}, None, False))
    assert wait_for(lambda: handle.getResponse() is not None, 20)
    handle.close()


def test_a_server_that_comes_back(make_instance: Any, tmp_path: Any) -> None:
    server: Instance = make_instance(web=True)
    server.start()
    path = server.root / "a&sizeX=300&sizeY=200.fake"
    path.touch()
    login = ["-s", server.host, "-p", str(server.ports.ssl), "-u", "root", "-w", server.root_password, "-C"]
    done = server.omero("import", *login, str(path), OMERO_SESSIONDIR=str(tmp_path))
    image = int(done.stdout.split("Image:")[1].split()[0])
    query = "tile=0,0,0,64,64&c=1|0:255$FF0000&m=c"
    for _ in range(2):
        with session(server, "root", server.root_password) as root:
            first = tile(server, uuid_of(root), image, query)
            assert first.status == 200 and is_express(first)
            server.kill_blitz()
            server.await_blitz()
            assert tile(server, uuid_of(root), image, query).status == 302
