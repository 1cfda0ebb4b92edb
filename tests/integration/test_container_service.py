"""IContainer: trees, images, counts and links, by several users; results compared with what was put in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

import omero
import omero.model
from omero_server.services.containers.service import ContainerService
from tests.support.garden import TAG, Garden
from tests.support.lab import Lab, id_of, new, ref
from tests.support.service_calls import counted, ids, options

SERVICE = ContainerService()


def children(holder: Any, collection: str) -> list[Any]:
    return [link._child for link in getattr(holder, f"_{collection}Seq")]


def test_project_tree_has_datasets_images_and_counts(lab: Lab, garden: Garden) -> None:
    images = [garden.image(), garden.image()]
    dataset = garden.dataset(*images)
    project = garden.project(dataset)
    tag = garden.annotation()
    garden.note("project", project, tag)
    garden.note("image", images[0], tag, user="bob")
    with lab.call("ann", "RA") as call:
        (tree,) = SERVICE.loadContainerHierarchy(call, "Project", [project], options())
        assert tree._details._creationEvent._loaded
        (found,) = children(tree, "datasetLinks")
        assert id_of(found) == dataset and not found._imageLinksLoaded
        ann, bob = lab.scene.users["ann"], lab.scene.users["bob"]
        assert tree._annotationLinksCountPerOwner == {ann: 1}
        assert (found._imageLinksCountPerOwner, found._annotationLinksCountPerOwner) == ({ann: 2}, {})
        (tree,) = SERVICE.loadContainerHierarchy(call, "ome.model.containers.Project", [project], options(leaves=True))
        (found,) = children(tree, "datasetLinks")
        leaves = children(found, "imageLinks")
        assert ids(leaves) == images
        assert leaves[0]._annotationLinksCountPerOwner == {bob: 1}
        assert leaves[0]._pixelsSeq[0]._pixelsType._value._val
        assert leaves[0]._details._updateEvent._loaded and not leaves[0]._datasetLinksLoaded


def test_filter_holds_on_all_levels_and_a_group_makes_the_owner_irrelevant(lab: Lab, garden: Garden) -> None:
    mine, theirs = garden.dataset(), garden.dataset(user="bob")
    project = garden.project(mine, theirs)
    ann, group = lab.scene.users["ann"], lab.scene.groups["RA"]
    with lab.call("cat", "RA") as call:
        for chosen, expected in (
            (options(ownerId=ann), [mine]),
            (options(ownerId=ann, groupId=group), [mine, theirs]),
            (options(ownerId=-1), [mine, theirs]),
            (None, [mine, theirs]),
        ):
            (tree,) = SERVICE.loadContainerHierarchy(call, "Project", [project], chosen)
            assert ids(children(tree, "datasetLinks")) == expected
        found = SERVICE.loadContainerHierarchy(call, "Project", [], options(ownerId=ann))
        assert {id_of(one._details._owner) for one in found} == {ann}
        loose = garden.dataset()
        found = SERVICE.loadContainerHierarchy(call, "Project", [], options(ownerId=ann, orphan=True))
        datasets = [one for one in found if type(one).__name__ == "Dataset"]
        assert loose in ids(datasets) and mine not in ids(datasets)
        assert datasets[0]._imageLinksCountPerOwner is not None


def test_trees_show_only_what_may_be_read(lab: Lab) -> None:
    private = Garden(lab, group="P")
    project = private.project(private.dataset(private.image()))
    with lab.call("bob", "P") as call:
        assert SERVICE.loadContainerHierarchy(call, "Project", [project], None) == []
        assert SERVICE.getImages(call, "Project", [project], None) == []
        assert SERVICE.getCollectionCount(call, "Project", "datasetLinks", [project], None) == {}
    with lab.call("lea", "P") as call:
        assert ids(SERVICE.loadContainerHierarchy(call, "Project", [project], None)) == [project]


def test_screen_tree_reaches_the_images_of_runs(lab: Lab, garden: Garden) -> None:
    image = garden.image()
    plate = garden.plate(image)
    screen = garden.add("screen", name="a screen")
    garden.link("screenplatelink", screen, plate)
    with lab.call("ann", "RA") as call:
        for root, root_id in (("Screen", screen), ("Plate", plate)):
            (tree,) = SERVICE.loadContainerHierarchy(call, root, [root_id], options(leaves=True))
            found = children(tree, "plateLinks")[0] if root == "Screen" else tree
            assert id_of(found) == plate and found._annotationLinksCountPerOwner == {}
            (run,) = found._plateAcquisitionsSeq
            assert run._annotationLinksCountPerOwner == {}
            assert id_of(run._wellSampleSeq[0]._image) == image and run._wellSampleSeq[0]._image._pixelsLoaded
            assert not found._wellsLoaded


def test_wrong_roots_are_refused(lab: Lab) -> None:
    refused: list[Callable[[Any], Any]] = [
        lambda call: SERVICE.loadContainerHierarchy(call, "Image", [1], None),
        lambda call: SERVICE.loadContainerHierarchy(call, "Nonsense", [1], None),
        lambda call: SERVICE.loadContainerHierarchy(call, "Project", None, None),
        lambda call: SERVICE.findContainerHierarchies(call, "Dataset", [1], None),
        lambda call: SERVICE.getImages(call, "Screen", [1], None),
        lambda call: SERVICE.getImages(call, "Image", [1], options(limit=1)),
        lambda call: SERVICE.getUserImages(call, None),
        lambda call: SERVICE.getImagesByOptions(call, options(ownerId=0)),
        lambda call: SERVICE.getCollectionCount(call, "Dataset", "name", [1], None),
        lambda call: SERVICE.getCollectionCount(call, "Data set;", "imageLinks", [1], None),
        lambda call: SERVICE.getCollectionCount(call, "Dataset", "image Links--", [1], None),
        lambda call: SERVICE.retrieveCollection(call, ref("Dataset", 1), "nothing", None),
        lambda call: SERVICE.retrieveCollection(call, None, "imageLinks", None),
        lambda call: SERVICE.link(call, [new("Dataset", name="x")], None),
        lambda call: SERVICE.unlink(call, [None], None),
    ]
    for operation in refused:
        with lab.call("ann", "RA") as call, pytest.raises(omero.ApiUsageException):
            operation(call)


def test_hierarchies_above_images_hold_only_the_way_down_to_them(lab: Lab, garden: Garden) -> None:
    wanted, other, loose, in_dataset = (garden.image() for _ in range(4))
    dataset, second = garden.dataset(wanted, other), garden.dataset(wanted)
    project = garden.project(dataset, second)
    alone = garden.dataset(in_dataset)
    with lab.call("ann", "RA") as call:
        found = SERVICE.findContainerHierarchies(call, "Project", [wanted, loose, in_dataset], None)
        kinds = sorted((type(one).__name__, id_of(one)) for one in found)
        assert kinds == [("Dataset", alone), ("Image", loose), ("Project", project)]
        (tree,) = (one for one in found if type(one).__name__ == "Project")
        below = children(tree, "datasetLinks")
        assert ids(below) == [dataset, second]
        assert [ids(children(one, "imageLinks")) for one in below] == [[wanted], [wanted]]
        assert children(below[0], "imageLinks")[0] is children(below[1], "imageLinks")[0]
        assert not children(below[0], "imageLinks")[0]._datasetLinksLoaded
        assert SERVICE.findContainerHierarchies(call, "Project", [], None) == []


def test_images_of_containers_come_in_pages(lab: Lab, garden: Garden) -> None:
    images = [garden.image() for _ in range(5)]
    dataset = garden.dataset(*images)
    project = garden.project(dataset, garden.dataset(images[0], user="bob"))
    with lab.call("ann", "RA") as call:
        found = SERVICE.getImages(call, "Project", [project], None)
        assert ids(found) == images
        first = min(found, key=id_of)
        ann, bob = lab.scene.users["ann"], lab.scene.users["bob"]
        assert first._datasetLinksCountPerOwner == {ann: 1, bob: 1}
        assert first._annotationLinksCountPerOwner == {} and first._pixelsSeq[0]._pixelsType._loaded
        assert ids(SERVICE.getImages(call, "Dataset", [dataset], options(offset=1, limit=2))) == images[1:3]
        assert ids(SERVICE.getImages(call, "Image", images[:2], None)) == images[:2]
        assert ids(SERVICE.getUserImages(call, options(ownerId=ann, limit=2, offset=0)))
        assert set(images) <= set(ids(SERVICE.getUserImages(call, options(groupId=lab.scene.groups["RA"]))))
        # The lab's rows are all from the epoch of the database.
        assert SERVICE.getImagesByOptions(call, options(startTime=2**41)) == []
        assert set(images) <= set(ids(SERVICE.getImagesByOptions(call, options(startTime=-1, endTime=2**41))))


def test_acquisition_data_comes_on_request(lab: Lab, garden: Garden) -> None:
    label = garden.add("stagelabel", name="A1")
    image = garden.image(stagelabel=label)
    with lab.call("ann", "RA") as call:
        (plain,) = SERVICE.getImages(call, "Image", [image], None)
        (rich,) = SERVICE.getImages(call, "Image", [image], options(acquisitionData=True))
    assert not plain._stageLabel._loaded
    assert rich._stageLabel._name._val == "A1"


def test_split_filesets_follow_containers_down(lab: Lab, garden: Garden) -> None:
    images = [garden.image() for _ in range(6)]
    first, second = garden.fileset(*images[:3]), garden.fileset(*images[3:])
    dataset = garden.dataset(images[0], images[1])
    project = garden.project(dataset)
    folder = garden.add("folder", name="up")
    below = garden.add("folder", name="below", parentfolder=folder)
    garden.link("folderimagelink", below, images[3])
    plate = garden.plate(images[4])
    screen = garden.add("screen", name="a screen")
    garden.link("screenplatelink", screen, plate)
    part = {True: images[:2], False: images[2:3]}
    with lab.call("ann", "RA") as call:

        def split(**selected: list[int]) -> Any:
            return SERVICE.getImagesBySplitFilesets(call, selected, None)

        assert split(Project=[project]) == split(Dataset=[dataset]) == {first: part}
        assert split(Folder=[folder]) == {second: {True: [images[3]], False: images[4:]}}
        assert split(Screen=[screen]) == {second: {True: [images[4]], False: [images[3], images[5]]}}
        assert split(Folder=[folder], Plate=[plate], Dataset=[dataset]) == {
            first: part,
            second: {True: images[3:5], False: [images[5]]},
        }
        assert split(Image=images[:3]) == split(Fileset=[first]) == split(Roi=[1]) == split() == {}
        assert split(Image=images[:1], Fileset=[first]) == {}


def test_counts_and_collections(lab: Lab, garden: Garden) -> None:
    images = [garden.image() for _ in range(3)]
    dataset, empty = garden.dataset(*images), garden.dataset()
    garden.link("datasetimagelink", dataset, garden.image(), user="bob")
    with lab.call("ann", "RA") as call:
        for name in ("imageLinks", "ome.model.containers.Dataset_imageLinks"):
            found = SERVICE.getCollectionCount(call, "Dataset", name, [dataset, empty, 10**9], None)
            assert found == {dataset: 4, empty: 0}
        mine = options(ownerId=lab.scene.users["bob"])
        assert SERVICE.getCollectionCount(call, "Dataset", "imageLinks", [dataset], mine) == {dataset: 1}
        links = SERVICE.retrieveCollection(call, ref("Dataset", dataset), "imageLinks", None)
        assert sorted(id_of(link._child) for link in links)[:3] == images and links[0]._loaded
        with pytest.raises(omero.ApiUsageException, match="no id"):
            SERVICE.retrieveCollection(call, new("Dataset", name="x"), "imageLinks", None)


def test_links_are_made_and_removed_with_few_statements(lab: Lab, garden: Garden) -> None:
    dataset, images = garden.dataset(), [garden.image() for _ in range(20)]
    with lab.call("ann", "RA") as call:
        made = [new("DatasetImageLink", parent=ref("Dataset", dataset), child=ref("Image", one)) for one in images]
        saved = SERVICE.link(call, made, None)
    with lab.call("bob", "RA") as call, pytest.raises(omero.SecurityViolation):
        SERVICE.unlink(call, saved, None)
    assert lab.value("SELECT count(*) FROM datasetimagelink WHERE parent = :d", d=dataset) == 20
    with counted(lab) as statements, lab.call("ann", "RA") as call:
        SERVICE.unlink(call, saved, None)
    assert lab.value("SELECT count(*) FROM datasetimagelink WHERE parent = :d", d=dataset) == 0
    assert len(statements) < 15, statements
    with lab.call("ann", "RA") as call, pytest.raises(omero.ApiUsageException, match="no id"):
        SERVICE.unlink(call, [new("DatasetImageLink")], None)


def test_null_instead_of_an_object_is_refused(lab: Lab) -> None:
    for operation in (SERVICE.createDataObject, SERVICE.updateDataObject):
        with lab.call("ann", "RA") as call, pytest.raises(omero.ApiUsageException, match="is null"):
            operation(call, None, None)
    for of_links in (SERVICE.link, SERVICE.unlink):
        with lab.call("ann", "RA") as call, pytest.raises(omero.ApiUsageException, match="null element"):
            of_links(call, [None], None)


@pytest.mark.parametrize("number", [3, 60])
def test_statements_do_not_grow_with_objects(lab: Lab, number: int) -> None:
    garden = Garden(lab, group="H")
    projects = []
    for _ in range(number):
        image = garden.image()
        garden.note("image", image, garden.annotation(TAG))
        projects.append(garden.project(garden.dataset(image)))
    with counted(lab) as statements, lab.call("ann", "H") as call:
        found = SERVICE.loadContainerHierarchy(call, "Project", projects, options(leaves=True))
    assert len(found) == number
    assert len(statements) <= 8, statements
    with counted(lab) as statements, lab.call("ann", "H") as call:
        assert len(SERVICE.getImages(call, "Project", projects, None)) == number
    assert len(statements) <= 5, statements


def test_counts_agree_with_sql(lab: Lab) -> None:
    with lab.call("root", None) as call:
        trees = SERVICE.loadContainerHierarchy(call, "Dataset", [], None)
    query = text("SELECT parent, owner_id, count(*) FROM datasetimagelink GROUP BY 1, 2")
    with lab.database.begin() as db:
        expected = {(parent, owner): count for parent, owner, count in db.execute(query)}
    found = {(id_of(one), owner): n for one in trees for owner, n in one._imageLinksCountPerOwner.items()}
    assert found == expected
