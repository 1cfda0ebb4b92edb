"""IMetadata: annotations, tags, acquisition and logs, by several users; results compared with what was put in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import omero
import omero.model
from omero_server.services.metadata.service import MetadataService
from tests.support.garden import COMMENT, FILE, TAG, Garden
from tests.support.lab import Lab, id_of
from tests.support.service_calls import counted, ids, options

SERVICE = MetadataService()
TAG_SET = "openmicroscopy.org/omero/insight/tagset"


def by_key(found: dict[int, list[Any]]) -> dict[int, list[int]]:
    return {key: ids(objects) for key, objects in found.items()}


def test_annotations_of_objects(lab: Lab, garden: Garden) -> None:
    image, bare = garden.image(), garden.image()
    tag, comment = garden.annotation(TAG), garden.annotation(COMMENT, user="bob")
    file = garden.annotation(FILE, file=garden.file(hasher=1))
    for annotation, user in ((tag, None), (comment, "bob"), (file, None), (tag, "bob")):
        garden.note("image", image, annotation, user)
    bob = lab.scene.users["bob"]
    with lab.call("ann", "RA") as call:
        found = SERVICE.loadAnnotations(call, "Image", [image, bare, 10**9], [], [], None)
        assert by_key(found) == {image: [tag, comment, file], bare: []}
        loaded = {id_of(one): one for one in found[image]}
        assert loaded[file]._file._hasher._value._val
        assert all(one._details._owner._loaded and one._details._creationEvent._loaded for one in loaded.values())
        for names in (["ome.model.annotations.CommentAnnotation"], ["CommentAnnotation"]):
            assert by_key(SERVICE.loadAnnotations(call, "Image", [image, bare], names, [], None)) == {
                image: [comment], bare: [],
            }  # fmt: skip
        assert by_key(SERVICE.loadAnnotations(call, "Image", [image, bare], [], [bob], None)) == {image: [tag, comment]}
        assert SERVICE.loadAnnotations(call, "ome.model.core.Image", [], [], [], None) == {}
        assert ids(SERVICE.loadAnnotation(call, [tag, file, 10**9])) == [tag, file]
        with pytest.raises(omero.ApiUsageException, match="annotated"):
            SERVICE.loadAnnotations(call, "Pixels", [1], [], [], None)


def test_annotations_by_class_name_space_and_owner(lab: Lab, garden: Garden) -> None:
    word = "by-class"
    one, two = garden.annotation(TAG, ns=f"{word}/1"), garden.annotation(TAG, ns=f"{word}/2", user="bob")
    comment = garden.annotation(COMMENT, ns=f"{word}/1")
    file, empty = garden.annotation(FILE, ns=f"{word}/1", file=garden.file()), garden.annotation(FILE, ns=f"{word}/1")
    plain = garden.annotation(TAG)
    both = [f"{word}/1", f"{word}/2"]
    ann = lab.scene.users["ann"]
    expected = [
        ("TagAnnotation", both, [], None, [one, two], 2),
        ("TagAnnotation", both, [f"{word}/2"], None, [one], 1),
        ("TagAnnotation", both, [], options(ownerId=ann), [one], 1),
        ("TextAnnotation", both[:1], [], None, [one, comment], 2),
        ("FileAnnotation", both, [], None, [file], 2),
        ("ome.model.annotations.Annotation", both[:1], [], None, [one, comment, file], 4),
    ]
    image = garden.image()
    for annotation in (one, two, comment, file, empty, plain):
        garden.note("image", image, annotation)
    with lab.call("ann", "RA") as call:
        for kind, include, exclude, chosen, loaded, count in expected:
            found = SERVICE.loadSpecifiedAnnotations(call, kind, include, exclude, chosen)
            assert ids(found) == loaded, (kind, include, exclude)
            assert SERVICE.countSpecifiedAnnotations(call, kind, include, exclude, chosen)._val == count
            linked = SERVICE.loadSpecifiedAnnotationsLinkedTo(call, kind, include, exclude, "Image", [image], chosen)
            assert by_key(linked) == {image: loaded}
        without = ids(SERVICE.loadSpecifiedAnnotations(call, "TagAnnotation", [], both, None))
        assert plain in without and one not in without
        everywhere = SERVICE.loadSpecifiedAnnotationsLinkedTo(call, "TagAnnotation", both, [], "Image", [], None)
        assert by_key(everywhere) == {image: [one, two]}
        assert SERVICE.loadSpecifiedAnnotationsLinkedTo(call, "TagAnnotation", ["x"], [], "Image", [image], None) == {}
        with pytest.raises(omero.QueryException):
            SERVICE.loadSpecifiedAnnotationsLinkedTo(call, "TagAnnotation", [], [], "Roi", [], None)
        with pytest.raises(omero.ApiUsageException, match="no annotation"):
            SERVICE.loadSpecifiedAnnotations(call, "Image", [], [], None)


def test_annotations_of_others_that_a_user_took(lab: Lab) -> None:
    garden = Garden(lab, group="RW")
    image, dataset = garden.image(user="bob"), garden.dataset(user="bob")
    theirs, own, unused = garden.annotation(TAG), garden.annotation(TAG, user="bob"), garden.annotation(TAG)
    comment = garden.annotation(COMMENT)
    for annotation in (theirs, own, comment):
        garden.note("image", image, annotation, user="bob")
    garden.note("dataset", dataset, theirs, user="bob")
    garden.note("image", image, unused)
    bob = lab.scene.users["bob"]
    with lab.call("bob", "RW") as call:
        found = SERVICE.loadAnnotationsUsedNotOwned(call, "TagAnnotation", bob)
        assert ids(found) == [theirs] and found[0]._details._owner._loaded
        assert SERVICE.countAnnotationsUsedNotOwned(call, "TagAnnotation", bob)._val == 1
        assert SERVICE.countAnnotationsUsedNotOwned(call, "Annotation", bob)._val == 2
        with pytest.raises(omero.ApiUsageException):
            SERVICE.countAnnotationsUsedNotOwned(call, "Image", bob)
    with lab.call("cat", "RA") as call:
        assert theirs not in ids(SERVICE.loadAnnotationsUsedNotOwned(call, "TagAnnotation", bob))


def test_tag_content(lab: Lab, garden: Garden) -> None:
    image, other = garden.image(), garden.image(user="bob")
    dataset, plate, screen = garden.dataset(image), garden.plate(), garden.add("screen", name="s")
    project = garden.project(dataset)
    first, second, unused = (garden.annotation(TAG, textvalue=str(n)) for n in range(3))
    kinds = [("image", image), ("image", other), ("dataset", dataset), ("plate", plate), ("screen", screen),
             ("project", project)]  # fmt: skip
    for host, host_id in kinds:
        garden.note(host, host_id, first)
    garden.note("image", image, first, user="bob")
    garden.note("image", image, second)
    with lab.call("ann", "RA") as call:
        found = SERVICE.loadTagContent(call, [first, second, unused], None)
        names = sorted((type(one).__name__.lower(), id_of(one)) for one in found[first])
        assert names == sorted(kinds) and found[unused] == []
        assert by_key(found)[second] == [image]
        tagged = next(one for one in found[first] if type(one).__name__ == "Image" and id_of(one) == image)
        assert len(tagged._annotationLinksSeq) == 2 and tagged._pixelsSeq[0]._pixelsType._loaded
        link = tagged._annotationLinksSeq[0]
        assert link._parent is tagged and id_of(link._child) == first
        assert link._child._details._owner._loaded and tagged._details._owner._loaded
        ann, bob = lab.scene.users["ann"], lab.scene.users["bob"]
        assert tagged._annotationLinksCountPerOwner == {ann: 2, bob: 1}
        assert [id_of(one._child) for one in found[second][0]._annotationLinksSeq] == [second]
        tree = next(one for one in found[first] if type(one).__name__ == "Project")
        assert [id_of(one._child) for one in tree._datasetLinksSeq] == [dataset]
        assert not tree._datasetLinksSeq[0]._child._imageLinksLoaded
        counts = SERVICE.getTaggedObjectsCount(call, [first, second, unused], None)
        assert counts == {first: 6, second: 1, unused: 0}
        mine = options(ownerId=bob)
        assert by_key(SERVICE.loadTagContent(call, [first], mine)) == {first: [other]}
        assert SERVICE.getTaggedObjectsCount(call, [first], mine) == {first: 1}
        assert SERVICE.loadTagContent(call, [], None) == SERVICE.getTaggedObjectsCount(call, [], None) == {}


def test_tag_sets_and_tags_in_none(lab: Lab) -> None:
    garden = Garden(lab, group="H")
    tag_set = garden.annotation(TAG, ns=TAG_SET)
    tag, loose = garden.annotation(TAG), garden.annotation(TAG, ns="something")
    garden.note("annotation", tag_set, tag)
    with lab.call("ann", "H") as call:
        (found,) = SERVICE.loadTagSets(call, None)
        assert [id_of(one._child) for one in found._annotationLinksSeq] == [tag]
        assert found._annotationLinksSeq[0]._child._details._owner._loaded
        both = SERVICE.loadTagSets(call, options(orphan=True))
        assert ids(both) == [tag_set, loose]
        assert not max(both, key=id_of)._annotationLinksLoaded
        assert SERVICE.loadTagSets(call, options(orphan=True, ownerId=lab.scene.users["bob"])) == []


@pytest.fixture(scope="module")
def microscope(lab: Lab) -> dict[str, int]:
    """An instrument with a part of each kind and a channel that uses them; ids by kind."""
    garden = Garden(lab)
    made = {"instrument": garden.add("instrument", microscope=garden.add("microscope", type=1))}
    inside = {"instrument": made["instrument"]}
    for table, values in (
        ("objective", {"immersion": 1, "correction": 1}), ("detector", {"type": 1}), ("dichroic", {}),
        ("filter", {"type": 1, "transmittancerange": garden.add("transmittancerange", cutin=1.0, cutinunit="nm")}),
        ("filterset", {}),
    ):  # fmt: skip
        made[table] = garden.add(table, **inside, **values)
    lab_links = [("filterset", "filterset"), ("lightpath", "lightpath")]
    made["lightpath"] = garden.add("lightpath", dichroic=made["dichroic"])
    for holder, key in lab_links:
        garden.link(f"{holder}emissionfilterlink", made[key], made["filter"])
        index = {"parent_index": 0} if holder == "lightpath" else {}
        garden.link(f"{holder}excitationfilterlink", made[key], made["filter"], **index)
    pump = {}
    for table, values in (("arc", {"type": 1}), ("filament", {"type": 1}), ("lightemittingdiode", {}),
                          ("laser", {"type": 1, "lasermedium": 2, "pulse": 1})):  # fmt: skip
        made[table] = garden.add("lightsource", model=table, **inside)
        garden.part(table, lightsource_id=made[table], **values, **(pump if table == "laser" else {}))
        pump = {"pump": made["arc"]}
    made["otf"] = garden.add("otf", objective=made["objective"], pixelstype=1, filterset=made["filterset"],
                             sizex=1, sizey=1, opticalaxisaveraged=True, path="x", **inside)  # fmt: skip
    made["channel"] = garden.add(
        "logicalchannel", mode=1, illumination=1, contrastmethod=1, otf=made["otf"],
        filterset=made["filterset"], lightpath=made["lightpath"],
        detectorsettings=garden.add("detectorsettings", detector=made["detector"], binning=1),
        lightsourcesettings=garden.add("lightsettings", lightsource=made["laser"]),
    )  # fmt: skip
    return made


def check_filters(holder: Any) -> None:
    for collection in ("emission", "excitation"):
        (link,) = getattr(holder, f"_{collection}FilterLinkSeq")
        assert link._child._type._loaded and link._child._transmittanceRange._loaded


def test_instrument_comes_with_all_parts(lab: Lab, microscope: dict[str, int]) -> None:
    with lab.call("bob", "RA") as call:
        found = SERVICE.loadInstrument(call, microscope["instrument"])
        assert SERVICE.loadInstrument(call, 10**9) is None
    assert found._microscope._type._loaded
    assert found._objectiveSeq[0]._immersion._loaded and found._objectiveSeq[0]._correction._loaded
    assert found._detectorSeq[0]._type._loaded and found._filterSeq[0]._transmittanceRange._loaded
    assert id_of(found._dichroicSeq[0]) == microscope["dichroic"]
    check_filters(found._filterSetSeq[0])
    assert found._otfSeq[0]._objective._immersion._loaded and found._otfSeq[0]._pixelsType._loaded
    lights = {type(one).__name__: one for one in found._lightSourceSeq}
    assert sorted(lights) == ["Arc", "Filament", "Laser", "LightEmittingDiode"]
    laser = lights["Laser"]
    assert laser._type._loaded and laser._laserMedium._value._val and laser._pulse._loaded
    assert laser._pump is lights["Arc"] and lights["Arc"]._type._loaded and laser._instrument is found


def test_channel_comes_with_all_settings(lab: Lab, microscope: dict[str, int]) -> None:
    with lab.call("bob", "RA") as call:
        (channel,) = SERVICE.loadChannelAcquisitionData(call, [microscope["channel"], 10**9])
        assert SERVICE.loadChannelAcquisitionData(call, []) == []
        with pytest.raises(omero.ApiUsageException):
            SERVICE.loadChannelAcquisitionData(call, None)
    assert channel._mode._loaded and channel._illumination._loaded and channel._contrastMethod._loaded
    assert channel._detectorSettings._detector._type._loaded and channel._detectorSettings._binning._loaded
    laser = channel._lightSourceSettings._lightSource
    assert (laser._model._val, laser._pulse._loaded, laser._instrument._loaded) == ("laser", True, True)
    assert laser._pump._type._loaded
    assert channel._otf._objective._correction._loaded and channel._otf._filterSet._loaded
    check_filters(channel._filterSet)
    check_filters(channel._lightPath)
    assert channel._lightPath._dichroic._loaded


def test_log_files_of_filesets_and_images(lab: Lab, garden: Garden) -> None:
    image, without = garden.image(), garden.image()
    fileset = garden.fileset(image)
    job = lab.value("SELECT child FROM filesetjoblink WHERE parent = :f", f=fileset)
    log = garden.file(name="import.log", mimetype="application/omero-log-file")
    garden.link("joboriginalfilelink", job, log)
    with lab.call("ann", "RA") as call:
        assert by_key(SERVICE.loadLogFiles(call, "Fileset", [fileset, 10**9])) == {fileset: [log]}
        assert by_key(SERVICE.loadLogFiles(call, "ome.model.core.Image", [image, without])) == {image: [log]}
        with pytest.raises(omero.ApiUsageException):
            SERVICE.loadLogFiles(call, "Dataset", [1])


def test_private_annotations_stay_private(lab: Lab) -> None:
    garden = Garden(lab, group="P")
    image, tag = garden.image(), garden.annotation(TAG, ns="private")
    garden.note("image", image, tag)
    tries: list[tuple[Callable[[Any], Any], Any]] = [
        (lambda call: SERVICE.loadAnnotations(call, "Image", [image], [], [], None), {}),
        (lambda call: SERVICE.loadAnnotation(call, [tag]), []),
        (lambda call: SERVICE.loadTagContent(call, [tag], None), {tag: []}),
        (lambda call: SERVICE.getTaggedObjectsCount(call, [tag], None), {tag: 0}),
        (lambda call: SERVICE.loadSpecifiedAnnotations(call, "TagAnnotation", ["private"], [], None), []),
        (lambda call: SERVICE.countSpecifiedAnnotations(call, "TagAnnotation", ["private"], [], None)._val, 0),
    ]
    for ask, nothing in tries:
        for user, group in (("bob", "P"), ("bob", None), ("cat", "RA")):
            with lab.call(user, group) as call:
                assert ask(call) == nothing
        with lab.call("lea", "P") as call:
            assert ask(call) != nothing


@pytest.mark.parametrize("number", [3, 50])
def test_statements_do_not_grow_with_objects(lab: Lab, number: int) -> None:
    garden = Garden(lab, group="RW")
    images = [garden.image() for _ in range(number)]
    tags = [garden.annotation(TAG) for _ in range(number)]
    project = garden.project(garden.dataset())
    for image, tag in zip(images, tags, strict=True):
        garden.note("image", image, tag)
        garden.note("image", image, garden.annotation(FILE, file=garden.file()))
        garden.note("project", project, tag)
    limits: list[tuple[int, Callable[[Any], Any]]] = [
        (9, lambda call: SERVICE.loadAnnotations(call, "Image", images, [], [], None)),
        (30, lambda call: SERVICE.loadTagContent(call, tags, None)),
        (8, lambda call: SERVICE.getTaggedObjectsCount(call, tags, None)),
    ]
    for limit, ask in limits:
        with counted(lab) as statements, lab.call("ann", "RW") as call:
            assert len(ask(call)) == number
        assert len(statements) <= limit, statements
