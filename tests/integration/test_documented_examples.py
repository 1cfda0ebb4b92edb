"""The examples of the published documentation, run as they are written, against a real server.

`tests/data/documented/examples.yaml` holds them. Those of one page build on each other: they share names. How many
were run, and how many passed, is printed at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import omero
import omero.callbacks
import omero.clients
import omero.gateway
import omero.scripts
from omero.gateway import BlitzGateway
from omero.rtypes import robject, rstring, unwrap
from tests.support.instance import Instance
from tests.support.people import PASSWORD, logged_in, make_group, make_user

EXAMPLES: dict[str, dict[str, str]] = yaml.safe_load(
    (Path(__file__).parents[1] / "data" / "documented" / "examples.yaml").read_text()
)
RUN = [name for name, example in EXAMPLES.items() if not {"later", "broken"} & set(example)]
NAMESPACE = "my.custom.demo.namespace"
CELLS = "documented&sizeX=120&sizeY=100&sizeZ=3&sizeC=2&sizeT=2&pixelType=uint16&physicalSizeX=2.fake"
PLATE = "documented-plate&plates=1&plateRows=2&plateCols=2&fields=2&screens=1.fake"


class Page:
    """What the reader of a page has at hand: a connection, and objects to work on."""

    def __init__(self, instance: Instance, folder: Path) -> None:
        self.instance = instance
        with logged_in(instance) as root:
            group = make_group(root, "rwra--")
            self.user = make_user(root, group)
            self.other = make_user(root, group)
        self.where: dict[str, Any] = {"host": instance.host, "port": instance.ports.ssl}
        self.folder = folder
        conn = self.connect()
        self.dataset = omero.gateway.DatasetWrapper(conn, omero.model.DatasetI())
        self.dataset.setName("documented")
        self.dataset.save()
        self.project = self._linked(conn)
        self.image = self._imported(conn, CELLS)[0]
        self.plate = self._imported(conn, PLATE)[0].getParent().getParent().getParent()
        self.group: int = conn.getGroupFromContext().getId()
        self.names: dict[str, Any] = {"__file__": str(folder / "example.py")}
        self.conn = conn

    def connect(self, user: str | None = None, password: str = PASSWORD) -> Any:
        conn = BlitzGateway(user or self.user, password, **self.where)
        assert conn.connect()
        return conn

    def _imported(self, conn: Any, name: str) -> list[Any]:
        path = self.folder / name
        path.touch()
        target = self.dataset if name == CELLS else None
        return list(conn.import_files(path, target=target))

    def _linked(self, conn: Any) -> Any:
        project = omero.model.ProjectI()
        project.name = rstring("documented")
        project.linkDataset(omero.model.DatasetI(self.dataset.id, False))
        saved = conn.getUpdateService().saveAndReturnObject(project, conn.SERVICE_OPTS)
        return conn.getObject("Project", saved.id.val)

    def region(self) -> None:
        """An ellipse on the image, of the text that an example looks for."""
        roi, shape = omero.model.RoiI(), omero.model.EllipseI()
        roi.setImage(omero.model.ImageI(self.image.id, False))
        shape.x, shape.y, shape.radiusX, shape.radiusY = (omero.rtypes.rdouble(value) for value in (30, 30, 10, 5))
        shape.textValue = rstring("test-Ellipse")
        roi.addShape(shape)
        self.conn.getUpdateService().saveObject(roi)

    def spare_project(self) -> int:
        """The id of a project that may be deleted."""
        project = omero.model.ProjectI()
        project.name = rstring("spare")
        return int(self.conn.getUpdateService().saveAndReturnObject(project).id.val)

    def at_hand(self) -> dict[str, Any]:
        """Names that examples take for given. Connections that an example closed are made anew."""
        if not self.conn.isConnected():
            self.conn = self.connect()
        image = self.conn.getObject("Image", self.image.id)
        return {
            **{"conn": self.conn, "session": self.conn.c.sf, "omero": omero, "os": __import__("os")},
            **{"HOST": self.where["host"], "PORT": self.where["port"], "USERNAME": self.user, "PASSWORD": PASSWORD},
            **{"BlitzGateway": BlitzGateway, "ExperimenterI": omero.model.ExperimenterI, "scripts": omero.scripts},
            **{"rstring": rstring, "robject": robject, "unwrap": unwrap, "native_str": str, "random": None},
            **{"image": image, "imageId": image.id, "image_id": image.id, "image_ids": [image.id]},
            **{"imageIds": [omero.rtypes.rlong(image.id)], "name": image.getName(), "text": "a tag", "pType": "uint8"},
            **{"dataset": self.conn.getObject("Dataset", self.dataset.id), "dataset_id": self.dataset.id},
            **{"datasetId": self.dataset.id, "plateId": self.plate.id, "namespace": NAMESPACE},
            **{"project": self.conn.getObject("Project", self.project.id), "projectId": self.project.id},
            **{"project_id": self.project.id, "groupId": str(self.group)},
            **{"queryService": self.conn.getQueryService(), "updateService": self.conn.getUpdateService()},
            **{"roi_service": self.conn.getRoiService(), "key_values": [["key", "value"]], "results": {}},
        }


@pytest.fixture(scope="module")
def page(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    made = Page(instance, tmp_path_factory.mktemp("documented"))
    yield made
    made.conn.close()


@pytest.fixture(scope="module", autouse=True)
def count(request: pytest.FixtureRequest) -> Iterator[None]:
    """Prints how many examples ran and passed."""
    before = request.session.testsfailed
    yield
    ran = [item for item in request.session.items if item.name.startswith("test_example[")]
    failed = request.session.testsfailed - before
    text = f"documented examples: {len(ran)} run, {len(ran) - failed} passed, {len(EXAMPLES) - len(ran)} left out"
    with request.config.pluginmanager.get_plugin("capturemanager").global_and_fixture_disabled():
        print(f"\n{text}")


def _as_root(page: Page) -> dict[str, Any]:
    with logged_in(page.instance) as root:
        other = root.getAdminService().lookupExperimenter(page.other).id.val
    conn = page.connect("root", page.instance.root_password)
    conn.SERVICE_OPTS.setOmeroGroup(page.group)
    return {"conn": conn, "userId": other, "project": conn.getObject("Project", page.project.id)}


def _script(page: Page) -> dict[str, Any]:
    client = page.conn.c
    client.setInput("a", omero.rtypes.rlong(5))
    return {"client": client, "fileAnnotation": omero.model.FileAnnotationI(), "image": omero.model.ImageI()}


def _parameters_in_planes(page: Page) -> dict[str, Any]:
    return {"pixels": [page.image.getPrimaryPixels()._obj]}


def _region(page: Page) -> dict[str, Any]:
    page.region()
    return {}


def _annotated(page: Page) -> dict[str, Any]:
    note = omero.gateway.CommentAnnotationWrapper(page.conn)
    note.setNs(NAMESPACE)
    note.setValue("to be deleted")
    page.conn.getObject("Image", page.image.id).linkAnnotation(note)
    return {}


def _opened(page: Page) -> dict[str, Any]:
    return {"pixels": page.conn.getObject("Image", page.image.id).getPrimaryPixels()}


def _table(page: Page) -> dict[str, Any]:
    table = page.conn.c.sf.sharedResources().newTable(1, "documented")
    table.initialize([omero.grid.LongColumn("id", "", list(range(12)))])
    return {"table": table}


def _spare(page: Page) -> dict[str, Any]:
    return {"project_id": page.spare_project()}


NEEDS: dict[str, Callable[[Page], dict[str, Any]]] = {
    "P01": _parameters_in_planes,
    "P29": _as_root,
    "P31": _opened,
    "R11": _region,
    "R12": _region,
    "D01": _spare,
    "D02": _spare,
    "D03": _annotated,
    "D04": _annotated,
    "T10": _table,
    "S09": _script,
    "S10": _script,
}
"""What else an example takes for given."""


@pytest.mark.parametrize("name", RUN)
def test_example(name: str, page: Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("PIL.ImageShow._viewers", [])  # An example shows its picture on the screen.
    if name == "S02":
        config = tmp_path / "ice.config"
        pairs = {"host": page.where["host"], "port": page.where["port"], "user": page.user, "pass": PASSWORD}
        config.write_text("".join(f"omero.{key}={value}\n" for key, value in pairs.items()))
        monkeypatch.setenv("ICE_CONFIG", str(config))
    kept = {key: page.names[key] for key in ("i", "size_z", "fs_id", "print_obj", "file_ann") if key in page.names}
    page.names.update(page.at_hand() | kept | NEEDS.get(name, lambda page: {})(page))
    exec(compile(EXAMPLES[name]["code"], name, "exec"), page.names)


def test_what_examples_did(page: Page) -> None:
    """Objects that examples made are there."""
    conn = page.connect()
    project = conn.getObject("Project", page.project.id)
    assert "New Tag" in [note.getValue() for note in project.listAnnotations()]
    found = conn.getObject("Image", attributes={"name": "numpy image"})
    assert (found.getSizeX(), found.getSizeY(), found.getSizeC(), found.getPixelsType()) == (5, 4, 2, "int8")
    assert found.getPixelSizeX(units="ANGSTROM").getValue() == pytest.approx(9.8)
    conn.close()


def test_what_is_left_out() -> None:
    """Only what needs services that are not there, and what cannot work anywhere."""
    assert {example["later"] for example in EXAMPLES.values() if "later" in example} == {"scripts"}
    assert [name for name, example in EXAMPLES.items() if "broken" in example] == ["P03"]
