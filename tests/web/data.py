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
    user: str = USER
    password: str = PASSWORD
    full_name: str = "Ada Lovelace"
    project_name: str = "Embryos <i>2024</i>"
    dataset_name: str = "raw & fresh"
    empty_name: str = "nothing here"


def _named(obj: Any, name: str) -> Any:
    obj.name = rstring(name)
    return obj


def _create_user(instance: Instance) -> tuple[int, int]:
    client = omero.client(f"tcp://{instance.host}:{instance.ports.tcp}")
    admin = client.createSession("root", instance.root_password).getAdminService()
    group = _named(ExperimenterGroupI(), "web-lab")
    group.details.permissions = PermissionsI("rwra--")
    group_id = admin.createGroup(group)
    user = ExperimenterI()
    user.omeName, user.firstName, user.lastName = rstring(USER), rstring("Ada"), rstring("Lovelace")
    user.ldap = omero.rtypes.rbool(False)
    groups = [ExperimenterGroupI(group_id, False), ExperimenterGroupI(admin.getSecurityRoles().userGroupId, False)]
    user_id = admin.createExperimenterWithPassword(user, rstring(PASSWORD), groups[0], groups[1:])
    client.closeSession()
    return user_id, group_id


def _import(instance: Instance, path: Path) -> int:
    server = ["-s", instance.host, "-p", str(instance.ports.ssl), "-u", USER, "-w", PASSWORD]
    done = instance.omero("import", *server, str(path))
    found = re.search(r"Image:(\d+)", done.stdout)
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


def create_data(instance: Instance, folder: Path) -> WebData:
    """A user, a project with a dataset of two images, and an empty dataset."""
    user_id, group_id = _create_user(instance)
    stack, pyramid = _import(instance, write_stack(folder)), _import(instance, write_pyramid(folder))
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
    return WebData(user_id, group_id, project.id.val, dataset.id.val, empty.id.val, stack, pyramid)
