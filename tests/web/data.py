"""The user and the data that the web tests look at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import omero
from omero.model import (
    DatasetI,
    DatasetImageLinkI,
    ExperimenterGroupI,
    ExperimenterI,
    ImageAnnotationLinkI,
    ImageI,
    MapAnnotationI,
    NamedValue,
    PermissionsI,
    ProjectDatasetLinkI,
    ProjectI,
    TagAnnotationI,
)
from omero.rtypes import rstring
from tests.support.instance import Instance
from tests.web.samples import write_pyramid, write_stack

USER, PASSWORD = "ada", "p a$$ß"
HERMIT, NEIGHBOUR = "hermit", "neighbour"
SAMPLES = Path(__file__).parents[1] / "data"


@dataclass(frozen=True)
class PrivateData:
    """A group in which nobody sees the data of others: the hermit's images lie in no dataset."""

    group_id: int
    hermit_id: int
    series: int
    slide: int
    hermit: str = HERMIT
    neighbour: str = NEIGHBOUR
    password: str = PASSWORD


@dataclass(frozen=True)
class WebData:
    """Names and ids of what `create_data` has made."""

    user_id: int
    group_id: int
    project: int
    dataset: int
    empty: int
    stack: int
    pyramid: int
    private: PrivateData
    user: str = USER
    password: str = PASSWORD
    full_name: str = "Ada Lovelace"
    project_name: str = "Embryos <i>2024</i>"
    dataset_name: str = "raw & fresh"
    empty_name: str = "nothing here"


def _named(obj: Any, name: str) -> Any:
    obj.name = rstring(name)
    return obj


def _create_group(instance: Instance, name: str, permissions: str, *people: tuple[str, str, str]) -> list[int]:
    """Ids of a new group and of its new members, who are given by login name, first and last name."""
    client = omero.client(f"tcp://{instance.host}:{instance.ports.tcp}")
    admin = client.createSession("root", instance.root_password).getAdminService()
    group = _named(ExperimenterGroupI(), name)
    group.details.permissions = PermissionsI(permissions)
    group_id = admin.createGroup(group)
    groups = [ExperimenterGroupI(group_id, False), ExperimenterGroupI(admin.getSecurityRoles().userGroupId, False)]
    ids = [group_id]
    for person in people:
        user = ExperimenterI()
        user.omeName, user.firstName, user.lastName = map(rstring, person)
        user.ldap = omero.rtypes.rbool(False)
        ids.append(admin.createExperimenterWithPassword(user, rstring(PASSWORD), groups[0], groups[1:]))
    client.closeSession()
    return ids


def import_file(instance: Instance, path: Path, user: str = USER, kind: str = "Image") -> int:
    """Import as a user; the id of the first image, or of the first object of another kind."""
    server = ["-s", instance.host, "-p", str(instance.ports.ssl), "-u", user, "-w", PASSWORD, "-C"]
    done = instance.omero("import", *server, str(path), OMERO_SESSIONDIR=str(instance.root / "sessions"))
    found = re.search(rf"{kind}:(\d+)", done.stdout)
    assert done.returncode == 0 and found, done.stdout + done.stderr
    return int(found[1])


def _annotate(update: Any, image_id: int) -> None:
    tag = TagAnnotationI()
    tag.textValue = rstring("mitotic")
    pairs = MapAnnotationI()
    pairs.mapValue = [NamedValue("stain", "DAPI & <b>GFP</b>")]
    for annotation in (tag, pairs):
        link = ImageAnnotationLinkI()
        link.parent, link.child = ImageI(image_id, False), annotation
        update.saveObject(link)


def _create_private(instance: Instance) -> PrivateData:
    people = (HERMIT, "Her", "Mit"), (NEIGHBOUR, "Neigh", "Bour")
    group_id, hermit_id, _ = _create_group(instance, "web-private", "rw----", *people)
    series = import_file(instance, SAMPLES / "ome-tiff" / "multi-channel-z-series.ome.tif", HERMIT)
    slide = import_file(instance, SAMPLES / "svs" / "CMU-1-Small-Region.svs", HERMIT)
    return PrivateData(group_id, hermit_id, series, slide)


def create_data(instance: Instance, folder: Path) -> WebData:
    """A user, a project with a dataset of two images, an empty dataset, and a private group."""
    group_id, user_id = _create_group(instance, "web-lab", "rwra--", (USER, "Ada", "Lovelace"))
    stack, pyramid = import_file(instance, write_stack(folder)), import_file(instance, write_pyramid(folder))
    client = omero.client(f"tcp://{instance.host}:{instance.ports.tcp}")
    update = client.createSession(USER, PASSWORD).getUpdateService()
    project = update.saveAndReturnObject(_named(ProjectI(), WebData.project_name))
    dataset, empty = (
        update.saveAndReturnObject(_named(DatasetI(), name)) for name in (WebData.dataset_name, WebData.empty_name)
    )
    inside = ProjectDatasetLinkI()
    inside.parent, inside.child = ProjectI(project.id.val, False), DatasetI(dataset.id.val, False)
    update.saveObject(inside)
    for image in (stack, pyramid):
        link = DatasetImageLinkI()
        link.parent, link.child = DatasetI(dataset.id.val, False), ImageI(image, False)
        update.saveObject(link)
    _annotate(update, stack)
    client.closeSession()
    private = _create_private(instance)
    return WebData(user_id, group_id, project.id.val, dataset.id.val, empty.id.val, stack, pyramid, private)
