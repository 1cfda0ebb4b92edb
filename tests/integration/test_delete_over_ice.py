"""Delete2 as clients ask for it: submitted over Ice, with a callback; rows and files of imported images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import omero
import omero.callbacks
import omero.cmd
from omero.importing import Options, import_fileset, scan
from omero.model import DatasetI, DatasetImageLinkI, ImageI, ProjectI
from omero.rtypes import rstring
from omero_server.repository.layout import Layout
from tests.support.consistency import inconsistencies
from tests.support.instance import Instance

STEPS = 6


def new_dataset(client: Any) -> int:
    dataset = DatasetI()
    dataset.name = rstring("to delete")
    return int(client.sf.getUpdateService().saveAndReturnObject(dataset).id.val)


def ended(client: Any, **asked: Any) -> Any:
    """The callback of a finished Delete2."""
    callback = client.submit(omero.cmd.Delete2(**asked), loops=60, failonerror=False)
    callback.close(True)
    return callback


def imported(client: Any, folder: Path, name: str = "cells&sizeX=30&sizeY=20&sizeC=2&series=2") -> list[int]:
    """Ids of the images of a new fileset."""
    path = folder / f"{name}.fake"
    path.touch()
    return sorted(import_fileset(client, scan([path]).candidates[0], Options()).images)


def test_response_and_status(client: Any) -> None:
    dataset = new_dataset(client)
    dry = ended(client, targetObjects={"Dataset": [dataset]}, dryRun=True)
    assert dry.getResponse().deletedObjects == {"ome.model.containers.Dataset": [dataset]}
    assert client.sf.getQueryService().find("Dataset", dataset) is not None
    done = ended(client, targetObjects={"Dataset": [dataset]})
    assert isinstance(done.getResponse(), omero.cmd.Delete2Response) and not done.isFailure()
    assert (done.getStatus().steps, done.getStatus().currentStep) == (STEPS, STEPS - 1)
    assert done.getResponse().deletedObjects == dry.getResponse().deletedObjects
    assert client.sf.getQueryService().find("Dataset", dataset) is None


def test_failures(client: Any) -> None:
    missing = ended(client, targetObjects={"Image": [987654321]})
    assert missing.isFailure()
    error = missing.getResponse()
    assert isinstance(error, omero.cmd.GraphException) and "Image[987654321]" in error.message
    illegal = ended(client, targetObjects={"Pixels": [1]}).getResponse()
    assert (type(illegal), illegal.name, illegal.category) == (omero.cmd.ERR, "bad-target", "::omero::cmd::Delete2")


def test_containers(client: Any) -> None:
    update = client.sf.getUpdateService()
    project, image, link = ProjectI(), ImageI(), DatasetImageLinkI()
    project.name, image.name = rstring("p"), rstring("i")
    project = update.saveAndReturnObject(project)
    dataset = new_dataset(client)
    link.parent, link.child = DatasetI(dataset, False), image
    image_id = update.saveAndReturnObject(link).child.id.val
    both = {"Project": [project.id.val], "Dataset": [dataset]}
    gone = ended(client, targetObjects=both).getResponse().deletedObjects
    assert gone["ome.model.core.Image"] == [image_id] and len(gone) == 4


def test_nothing_is_left_of_an_import(client: Any, instance: Instance, tmp_path: Path) -> None:
    layout = Layout.of(instance.config)
    problems = inconsistencies(instance)
    before = {path for path in layout.managed.rglob("*") if path.is_file()}
    images = imported(client, tmp_path)
    assert len(images) == 2 and {path for path in layout.managed.rglob("*") if path.is_file()} > before
    split = ended(client, targetObjects={"Image": images[:1]}).getResponse()
    assert isinstance(split, omero.cmd.GraphException)
    assert all(f"Image[{i}]" in split.message for i in images) and "Fileset[" in split.message
    gone = ended(client, targetObjects={"Image": images}).getResponse().deletedObjects
    assert gone["ome.model.core.Image"] == images and "ome.model.jobs.UploadJob" in gone
    assert {path for path in layout.managed.rglob("*") if path.is_file()} == before
    assert {"ome.model.display.RenderingDef", "ome.model.display.Thumbnail", "ome.model.stats.StatsInfo"} < set(gone)
    assert inconsistencies(instance) == problems
