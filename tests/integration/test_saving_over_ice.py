"""Saving and administration as a client of a running server does them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

import omero
import omero.model
from omero.rtypes import rlong, rstring
from tests.support.instance import Instance


def log_in(instance: Instance, name: str, password: str) -> Any:
    client = omero.client(f"tcp://{instance.host}:{instance.ports.tcp}")
    client.createSession(name, password)
    return client


@pytest.fixture(scope="module")
def root(instance: Instance) -> Iterator[Any]:
    client = log_in(instance, "root", instance.root_password)
    yield client
    client.closeSession()


@pytest.fixture
def users(instance: Instance, root: Any) -> Iterator[tuple[Any, Any]]:
    """Two clients: members of a new read-annotate group."""
    admin, word = root.getSession().getAdminService(), uuid.uuid4().hex[:8]
    group = omero.model.ExperimenterGroupI()
    group.name = rstring(f"lab {word}")
    group.details.permissions = omero.model.PermissionsI("rwra--")
    group_id = admin.createGroup(group)
    clients = []
    for name in (f"ann{word}", f"bob{word}"):
        person = omero.model.ExperimenterI()
        person.omeName, person.firstName, person.lastName = rstring(name), rstring("A"), rstring("B")
        groups = [omero.model.ExperimenterGroupI(1, False)]
        default = omero.model.ExperimenterGroupI(group_id, False)
        admin.createExperimenterWithPassword(person, rstring("secret"), default, groups)
        clients.append(log_in(instance, name, "secret"))
    yield clients[0], clients[1]
    for client in clients:
        client.closeSession()


def test_graph_of_a_client_comes_back_with_ids(users: tuple[Any, Any]) -> None:
    update, query = users[0].getSession().getUpdateService(), users[0].getSession().getQueryService()
    dataset, image = omero.model.DatasetI(), omero.model.ImageI()
    dataset.name, image.name = rstring("d"), rstring("i")
    dataset.linkImage(image)
    pairs = omero.model.MapAnnotationI()
    pairs.setMapValue([omero.model.NamedValue("a", "1"), omero.model.NamedValue("b", "2")])
    image.linkAnnotation(pairs)
    saved = update.saveAndReturnObject(dataset)
    linked = saved.linkedImageList()[0]
    assert (
        linked.id.val > 0
        and linked.details.owner.id.val == users[0].getSession().getAdminService().getEventContext().userId
    )
    assert linked.details.permissions.canDelete()
    found = query.findByQuery(
        "select i from Image i join fetch i.annotationLinks l join fetch l.child where i.id = :id",
        omero.sys.Parameters({"id": rlong(linked.id.val)}),
    )
    assert [(p.name, p.value) for p in found.linkedAnnotationList()[0].getMapValue()] == [("a", "1"), ("b", "2")]
    found.name = rstring("renamed")
    assert update.saveAndReturnObject(found).name.val == "renamed"
    with pytest.raises(omero.OptimisticLockException):
        update.saveObject(found)


def test_long_chain_of_objects_goes_both_ways(users: tuple[Any, Any]) -> None:
    folder = None
    for number in range(300):
        inner = omero.model.FolderI()
        inner.name, inner.parentFolder = rstring(str(number)), folder
        folder = inner
    found = users[0].getSession().getUpdateService().saveAndReturnObject(folder)
    names = []
    while found is not None:
        names.append(int(found.name.val))
        found = found.parentFolder
    assert names == list(reversed(range(300)))


def test_colleague_may_tag_but_not_rename(users: tuple[Any, Any]) -> None:
    ann, bob = (client.getSession().getUpdateService() for client in users)
    image = omero.model.ImageI()
    image.name = rstring("i")
    image = ann.saveAndReturnObject(image)
    link = omero.model.ImageAnnotationLinkI()
    link.parent = omero.model.ImageI(image.id.val, False)
    link.child = omero.model.TagAnnotationI()
    link.child.textValue = rstring("seen")
    assert bob.saveAndReturnObject(link).child.textValue.val == "seen"
    seen = users[1].getSession().getQueryService().get("Image", image.id.val)
    assert seen.details.permissions.canAnnotate() and not seen.details.permissions.canEdit()
    seen.name = rstring("mine")
    with pytest.raises(omero.SecurityViolation, match="edit"):
        bob.saveObject(seen)
    with pytest.raises(omero.ValidationException, match=r"Dataset\.name"):
        bob.saveObject(omero.model.DatasetI())


def test_changed_memberships_hold_at_once(root: Any, users: tuple[Any, Any]) -> None:
    admin, word = root.getSession().getAdminService(), uuid.uuid4().hex[:8]
    group = omero.model.ExperimenterGroupI()
    group.name = rstring(f"other {word}")
    group_id = admin.createGroup(group)
    mine = users[0].getSession().getAdminService()
    user = omero.model.ExperimenterI(mine.getEventContext().userId, False)
    admin.addGroups(user, [omero.model.ExperimenterGroupI(group_id, False)])
    assert group_id in mine.getEventContext().memberOfGroups
    admin.removeGroups(user, [omero.model.ExperimenterGroupI(group_id, False)])
    assert group_id not in mine.getEventContext().memberOfGroups
    with pytest.raises(omero.SecurityViolation):
        mine.createGroup(group)
    roles = mine.getSecurityRoles()
    assert (roles.rootName, roles.systemGroupId, roles.userGroupName) == ("root", 0, "user")


def test_new_members_of_a_list_get_ids_in_its_order(users: tuple[Any, Any]) -> None:
    roi = omero.model.RoiI()
    kinds = ("Polygon", "Point", "Ellipse", "Point", "Rectangle")
    for kind in kinds:
        roi.addShape(getattr(omero.model, f"{kind}I")())
    saved = users[0].getSession().getUpdateService().saveAndReturnObject(roi)
    ids = [shape.id.val for shape in saved.copyShapes()]
    assert ids == sorted(ids)
    assert [type(shape).__name__.removesuffix("I") for shape in saved.copyShapes()] == list(kinds)
