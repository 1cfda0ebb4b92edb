"""BlitzGateway deletes, moves, gives and copies objects with what belongs to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import omero
import omero.cmd
from omero.gateway import BlitzGateway, DatasetWrapper, ProjectWrapper
from omero.model import DatasetI, ProjectDatasetLinkI, ProjectI
from omero.rtypes import rstring
from tests.support.instance import Instance
from tests.support.people import PASSWORD, logged_in, make_group, make_user


@pytest.fixture(scope="module")
def places(instance: Instance) -> dict[str, Any]:
    """Two groups and two users in both; the first user owns the first group."""
    with logged_in(instance) as root:
        groups = [make_group(root, "rwra--") for _ in range(2)]
        names = [make_user(root, groups[0]) for _ in range(2)]
        admin = root.getAdminService()
        users = [admin.lookupExperimenter(name) for name in names]
        for user in users:
            admin.addGroups(user, [groups[1]])
        admin.setGroupOwner(groups[0], users[0])
    return {"groups": [one.id.val for one in groups], "names": names, "users": [one.id.val for one in users]}


@pytest.fixture(scope="module")
def conn(instance: Instance, places: dict[str, Any]) -> Iterator[Any]:
    with BlitzGateway(places["names"][0], PASSWORD, host=instance.host, port=instance.ports.ssl) as made:
        made.SERVICE_OPTS.setOmeroGroup(-1)
        yield made


def tree(conn: Any) -> tuple[int, int]:
    """Ids of a new project and of the dataset in it."""
    link = ProjectDatasetLinkI()
    link.parent, link.child = ProjectI(), DatasetI()
    link.parent.name, link.child.name = rstring("p"), rstring("d")
    saved = conn.getUpdateService().saveAndReturnObject(link, {"omero.group": str(conn.getEventContext().groupId)})
    return saved.parent.id.val, saved.child.id.val


def response(conn: Any, handle: Any) -> Any:
    """What a command answered, which must not have failed."""
    callback = conn._waitOnCmd(handle, loops=40, failontimeout=True)
    try:
        return callback.getResponse()
    finally:
        callback.close(True)


def where(conn: Any, wrapper: Any, number: int) -> tuple[int, int] | None:
    """(owner, group), None when it is gone."""
    found = conn.getObject(wrapper.OMERO_CLASS, number)
    return None if found is None else (found.getDetails().owner.id.val, found.getDetails().group.id.val)


def test_delete_along_a_path(conn: Any) -> None:
    project, dataset = tree(conn)
    conn.deleteObjects("Project/Dataset", [project], deleteChildren=True, dryRun=True, wait=True)
    assert where(conn, DatasetWrapper, dataset) is not None
    conn.deleteObjects("Project/Dataset", [project], deleteChildren=True, wait=True)
    assert where(conn, DatasetWrapper, dataset) is None and where(conn, ProjectWrapper, project) is not None


def test_single_class_that_stays(conn: Any) -> None:
    project, dataset = tree(conn)
    conn.deleteObjects("Project", [project], deleteAnns=True, wait=True)
    assert where(conn, DatasetWrapper, dataset) is not None and where(conn, ProjectWrapper, project) is None


def test_move_into_a_container(conn: Any, places: dict[str, Any]) -> None:
    _, dataset = tree(conn)
    me, target = places["users"][0], places["groups"][1]
    container = ProjectI()
    container.name = rstring("there")
    number = conn.getUpdateService().saveAndReturnObject(container, {"omero.group": str(target)}).id.val
    answer = response(conn, conn.chgrpObjects("Dataset", [dataset], target, container_id=number))
    assert isinstance(answer, omero.cmd.DoAllRsp)
    assert answer.responses[0].includedObjects["ome.model.containers.Dataset"] == [dataset]
    assert where(conn, DatasetWrapper, dataset) == (me, target)
    assert [child.getId() for child in conn.getObject("Project", number).listChildren()] == [dataset]


def test_refused_move(conn: Any, places: dict[str, Any]) -> None:
    _, dataset = tree(conn)
    with pytest.raises(omero.CmdError):
        response(conn, conn.chgrpObjects("Dataset", [dataset], 0))
    assert where(conn, DatasetWrapper, dataset) == (places["users"][0], places["groups"][0])


def test_give(conn: Any, places: dict[str, Any]) -> None:
    project, dataset = tree(conn)
    other, group = places["users"][1], places["groups"][0]
    answer = response(conn, conn.chownObjects("Project", [project], other))
    assert isinstance(answer, omero.cmd.DoAllRsp)
    assert where(conn, DatasetWrapper, dataset) == where(conn, ProjectWrapper, project) == (other, group)


def test_copy(conn: Any) -> None:
    project, dataset = tree(conn)
    answer = response(conn, conn.duplicateObjects("Project", [project]))
    (copy,) = answer.duplicates["ome.model.containers.Project"]
    assert copy != project and where(conn, ProjectWrapper, copy) == where(conn, ProjectWrapper, project)
    answer = response(conn, conn.duplicateObjects("Project", [project], typesToReference=["Dataset"]))
    (copy,) = answer.duplicates["ome.model.containers.Project"]
    assert [child.getId() for child in conn.getObject("Project", copy).listChildren()] == [dataset]
    before = len(list(conn.getObjects("Project")))
    conn.duplicateObjects("Project/Dataset", [project], dryRun=True, wait=True)
    assert len(list(conn.getObjects("Project"))) == before
