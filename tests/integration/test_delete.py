"""Delete2 of containers, images and what belongs to them, against a real database."""

from __future__ import annotations

from typing import Any

import pytest

from omero_server.commands.registry import CommandError
from tests.support.garden import COMMENT, FILE, LIST, LONG, MAP, TAG, Garden, Steps, option, run_delete
from tests.support.lab import Lab

LEVELS = ["P", "RO", "RA", "RW"]


def refused(lab: Lab, user: str, targets: dict[str, list[int]], **asked: Any) -> str:
    """The message of the GraphException; nothing may have been deleted."""
    garden = Garden(lab)
    before = garden.counts()
    with pytest.raises(CommandError) as caught:
        run_delete(lab, user, targets, **asked)
    assert garden.counts() == before
    response = caught.value.response
    assert (response.ice_id(), response.name) == ("::omero::cmd::GraphException", "graph-fail")
    assert response.category == "::omero::cmd::Delete2"
    assert response.parameters["message"] == response.message
    return str(response.message)


def test_nothing_is_left_of_an_image(garden: Garden) -> None:
    before = garden.counts()
    instrument = garden.add("instrument")
    objective = garden.add("objective", instrument=instrument, immersion=1, correction=1)
    settings = garden.add("objectivesettings", objective=objective)
    info = garden.add("externalinfo", entityid=1, entitytype="x")
    stage = garden.add("stagelabel", name="here")
    image = garden.image(channels=3, instrument=instrument, objectivesettings=settings, stagelabel=stage,
                         external_id=info)  # fmt: skip
    garden.add("planeinfo", pixels=garden.pixels_of(image), thez=0, thec=0, thet=0)
    garden.view(image)
    garden.roi(image, shapes=2)
    tag = garden.annotation()
    link = garden.note("image", image, tag)
    garden.note("image", image, garden.annotation(COMMENT, textvalue="fine"))
    gone = run_delete(garden.lab, "ann", {"Image": [image]})
    assert garden.counts() == before
    assert (gone["Image"], gone["TagAnnotation"], gone["ImageAnnotationLink"][0]) == ([image], [tag], link)
    assert gone["Instrument"] == [instrument] and gone["ReverseIntensityContext"] and gone["Rectangle"][1]
    assert len(gone["Channel"]) == len(gone["LogicalChannel"]) == 3


@pytest.mark.parametrize("name", ["Image", "ImageI", "ome.model.core.Image", "omero.model.Image", "omero.model.ImageI"])
def test_class_names_in_all_spellings(garden: Garden, name: str) -> None:
    image = garden.bare_image()
    assert run_delete(garden.lab, "ann", {name: [image, image]}) == {"Image": [image]}
    assert not garden.there("image", image)


def test_log_of_deleted_objects(garden: Garden) -> None:
    image = garden.image()
    run_delete(garden.lab, "ann", {"Image": [image]})
    logs = garden.lab.query(
        "SELECT l.entitytype, l.entityid, e.experimenter FROM eventlog l JOIN event e ON l.event = e.id"
        " WHERE l.action = 'DELETE' AND e.id = (SELECT max(id) FROM event)"
    )
    assert {kind for kind, _, _ in logs} == {
        "ome.model.core.Image", "ome.model.core.Pixels", "ome.model.core.Channel", "ome.model.core.LogicalChannel",
    }  # fmt: skip
    assert ("ome.model.core.Image", image, garden.id_of("ann")) in logs


def test_dry_run_tells_the_same_and_changes_nothing(garden: Garden) -> None:
    image = garden.image()
    dataset = garden.dataset(image)
    before, dry, real = garden.counts(), Steps(), Steps()
    told = run_delete(garden.lab, "ann", {"Dataset": [dataset]}, dry, dry_run=True)
    assert garden.counts() == before
    assert told == run_delete(garden.lab, "ann", {"Dataset": [dataset]}, real)
    assert (dry.total, dry.done, real.total, real.done) == (4, [1, 2, 3, 4], 6, [1, 2, 3, 4, 5, 6])


@pytest.mark.parametrize("step", range(1, 7))
def test_cancelling_at_any_step_changes_nothing(garden: Garden, step: int) -> None:
    image = garden.image()
    before = garden.counts()
    with pytest.raises(InterruptedError):
        run_delete(garden.lab, "ann", {"Image": [image]}, Steps(cancel_at=step))
    assert garden.counts() == before


def test_nothing_asked_nothing_done(garden: Garden) -> None:
    assert run_delete(garden.lab, "ann", {}) == {}
    assert run_delete(garden.lab, "ann", {"Image": []}) == {}


@pytest.mark.parametrize(("target", "name"), [("NoSuchType", "graph-fail"), ("IObject", "graph-fail"),
                                              ("Pixels", "bad-target"), ("Session", "bad-target")])  # fmt: skip
def test_targets_that_cannot_be_asked_for(garden: Garden, target: str, name: str) -> None:
    with pytest.raises(CommandError) as caught:
        run_delete(garden.lab, "ann", {target: [1]})
    assert (caught.value.name, caught.value.response) == (name, None)
    assert target in str(caught.value)


def test_missing_and_unreadable_targets(garden: Garden) -> None:
    image = garden.bare_image()
    assert "Image[999999]" in refused(garden.lab, "ann", {"Image": [image, 999999]})
    secret = Garden(garden.lab, "P").bare_image()
    assert f"Image[{secret}]" in refused(garden.lab, "bob", {"Image": [secret]})
    tag = garden.annotation()
    assert f"CommentAnnotation[{tag}]" in refused(garden.lab, "ann", {"CommentAnnotation": [tag]})
    assert run_delete(garden.lab, "ann", {"Annotation": [tag]}) == {"TagAnnotation": [tag]}


@pytest.mark.parametrize("group", ["RO", "RA"])
def test_others_objects_cannot_be_deleted(lab: Lab, group: str) -> None:
    garden = Garden(lab, group)
    mine, theirs = garden.bare_image(), garden.bare_image("bob")
    assert refused(lab, "ann", {"Image": [mine, theirs]}) == f"not permitted to delete Image[{theirs}]"
    run_delete(lab, "lea", {"Image": [theirs]})
    run_delete(lab, "root", {"Image": [mine]})


def test_light_administrators_need_their_privilege(garden: Garden) -> None:
    image = garden.bare_image()
    nothing = {"caller": {"privileges": frozenset({"Sudo"})}}
    assert "not permitted" in refused(garden.lab, "root", {"Image": [image]}, **nothing)
    run_delete(garden.lab, "root", {"Image": [image]}, caller={"privileges": frozenset({"DeleteOwned"})})


class TestContainers:
    def test_contents_go_with_their_last_container(self, garden: Garden) -> None:
        alone, shared = garden.bare_image(), garden.bare_image()
        one, two = garden.dataset(alone, shared), garden.dataset(shared)
        gone = run_delete(garden.lab, "ann", {"Dataset": [one]})
        assert (gone["Image"], gone["Dataset"], len(gone["DatasetImageLink"])) == ([alone], [one], 2)
        assert garden.there("image", shared) and garden.there("dataset", two)

    def test_containers_deleted_together_take_what_they_share(self, garden: Garden) -> None:
        shared = garden.bare_image()
        one, two = garden.dataset(shared), garden.dataset(shared)
        project = garden.project(one, two)
        run_delete(garden.lab, "ann", {"Project": [project]})
        assert not garden.there("image", shared)
        assert not garden.there("dataset", one, two)

    def test_shared_dataset_stays_with_its_images(self, garden: Garden) -> None:
        image = garden.bare_image()
        dataset = garden.dataset(image)
        project = garden.project(dataset)
        garden.project(dataset)
        assert set(run_delete(garden.lab, "ann", {"Project": [project]})) == {"Project", "ProjectDatasetLink"}

    def test_options_include_and_exclude(self, garden: Garden) -> None:
        image = garden.bare_image()
        one, two, three = garden.dataset(image), garden.dataset(image), garden.dataset()
        other = garden.bare_image()
        garden.link("datasetimagelink", three, other)
        run_delete(garden.lab, "ann", {"Dataset": [three]}, options=[option(exclude=["Image"])])
        assert garden.there("image", other)
        gone = run_delete(garden.lab, "ann", {"Dataset": [one]}, options=[option(include=["Image"])])
        assert (gone["Image"], len(gone["DatasetImageLink"])) == ([image], 2)
        assert garden.there("dataset", two)

    @pytest.mark.parametrize(("group", "stays"), [("RO", True), ("RA", True), ("RW", False)])
    def test_others_images_in_my_dataset(self, lab: Lab, group: str, stays: bool) -> None:
        garden = Garden(lab, group)
        image = garden.bare_image("bob")
        dataset = garden.dataset(image)
        run_delete(lab, "ann", {"Dataset": [dataset]})
        assert garden.there("image", image) is stays

    @pytest.mark.parametrize("group", ["RO", "RA", "RW"])
    def test_my_image_leaves_others_datasets(self, lab: Lab, group: str) -> None:
        garden = Garden(lab, group)
        image = garden.bare_image()
        dataset = garden.dataset(image, user="bob")
        run_delete(lab, "ann", {"Image": [image]})
        assert garden.there("dataset", dataset)

    @pytest.mark.parametrize(("group", "allowed"), [("RO", False), ("RA", False), ("RW", True)])
    def test_others_links_between_my_objects(self, lab: Lab, group: str, allowed: bool) -> None:
        garden = Garden(lab, group)
        link = garden.link("datasetimagelink", garden.dataset(), garden.bare_image(), "bob")
        if allowed:
            assert run_delete(lab, "ann", {"DatasetImageLink": [link]}) == {"DatasetImageLink": [link]}
        else:
            assert f"DatasetImageLink[{link}]" in refused(lab, "ann", {"DatasetImageLink": [link]})

    @pytest.mark.parametrize(("group", "allowed"), [("RA", False), ("RW", True)])
    def test_folders_with_subfolders(self, lab: Lab, group: str, allowed: bool) -> None:
        garden = Garden(lab, group)
        folder = garden.add("folder", name="top")
        inner = garden.add("folder", name="inner", parentfolder=folder)
        image, roi = garden.bare_image(), garden.roi(None)
        garden.link("folderimagelink", inner, image)
        garden.link("folderroilink", inner, roi)
        run_delete(lab, "ann", {"Folder": [inner]})
        assert garden.there("folder", folder)
        assert not garden.there("image", image) and not garden.there("roi", roi)
        theirs = garden.add("folder", "bob", name="theirs", parentfolder=folder)
        if allowed:
            run_delete(lab, "ann", {"Folder": [folder]})
            assert not garden.there("folder", theirs)
        else:
            assert f"Folder[{theirs}]" in refused(lab, "ann", {"Folder": [folder]})


class TestAnnotations:
    @pytest.mark.parametrize(
        ("kind", "group", "owner", "stays"),
        [
            (TAG, "RA", "ann", False), (TAG, "RA", "bob", True), (TAG, "RW", "bob", True),
            (FILE, "RO", "bob", True), (COMMENT, "RO", "bob", False), (COMMENT, "RA", "bob", False),
            (LONG, "RA", "bob", False), (MAP, "RO", "bob", True), (LIST, "RA", "bob", True), (MAP, "RW", "bob", False),
            (MAP, "RA", "ann", False),
        ],
    )  # fmt: skip
    def test_who_owns_it_decides(self, lab: Lab, kind: str, group: str, owner: str, stays: bool) -> None:
        garden = Garden(lab, group)
        image, note = garden.bare_image(), garden.annotation(kind, owner)
        garden.note("image", image, note, owner)
        run_delete(lab, "ann", {"Image": [image]})
        assert garden.there("annotation", note) is stays

    def test_owner_of_the_annotation_counts_not_of_the_link(self, garden: Garden) -> None:
        image, tag = garden.bare_image(), garden.annotation()
        garden.note("image", image, tag, "bob")
        run_delete(garden.lab, "ann", {"Image": [image]})
        assert not garden.there("annotation", tag)

    @pytest.mark.parametrize("kind", [TAG, COMMENT, MAP])
    def test_used_elsewhere_it_stays(self, garden: Garden, kind: str) -> None:
        one, two, note = garden.bare_image(), garden.bare_image(), garden.annotation(kind)
        link, other = garden.note("image", one, note), garden.note("image", two, note)
        assert run_delete(garden.lab, "ann", {"Image": [one]}) == {"Image": [one], "ImageAnnotationLink": [link]}
        assert garden.there("imageannotationlink", other)

    def test_options(self, lab: Lab) -> None:
        garden = Garden(lab, "RA")
        one, two, tag = garden.bare_image(), garden.bare_image(), garden.annotation()
        garden.note("image", one, tag)
        run_delete(lab, "ann", {"Image": [one]}, options=[option(exclude=["TagAnnotation"])])
        assert garden.there("annotation", tag)
        three = garden.bare_image()
        links = [garden.note("image", image, tag) for image in (two, three)]
        gone = run_delete(lab, "ann", {"Image": [two]}, options=[option(include=["TagAnnotation"])])
        assert (gone["TagAnnotation"], gone["ImageAnnotationLink"]) == ([tag], links)
        theirs = garden.annotation(TAG, "bob")
        garden.note("image", three, theirs, "bob")
        run_delete(lab, "ann", {"Image": [three]}, options=[option(include=["TagAnnotation"])])
        assert garden.there("annotation", theirs)

    def test_options_and_namespaces(self, garden: Garden) -> None:
        image = garden.bare_image()
        companion = garden.annotation(FILE, ns="openmicroscopy.org/omero/import/companionFile", file=garden.file())
        plain, named = garden.annotation(FILE), garden.annotation(FILE, ns="mine")
        for note in (companion, plain, named):
            garden.note("image", image, note)
        run_delete(garden.lab, "ann", {"Image": [image]}, options=[option(exclude=["Annotation"])])
        assert not garden.there("annotation", companion) and garden.there("annotation", plain, named)
        image = garden.bare_image()
        for note in (plain, named):
            garden.note("image", image, note)
        run_delete(garden.lab, "ann", {"Image": [image]}, options=[option(exclude=["Annotation"], ns=["mine"])])
        assert garden.there("annotation", named) and not garden.there("annotation", plain)

    @pytest.mark.parametrize("bad", [option(), option(["Image"], ns=["a"], not_ns=["b"]), option(["Nothing"])])
    def test_senseless_options(self, garden: Garden, bad: Any) -> None:
        with pytest.raises(CommandError) as caught:
            run_delete(garden.lab, "ann", {"Image": []}, options=[bad])
        assert caught.value.name == "steps-cancel"

    def test_files_go_with_their_last_annotation(self, garden: Garden) -> None:
        file, own = garden.file(), garden.file()
        one, two = garden.annotation(FILE, file=file), garden.annotation(FILE, file=file)
        three = garden.annotation(FILE, file=own)
        run_delete(garden.lab, "ann", {"FileAnnotation": [one, three]})
        assert garden.there("originalfile", file) and not garden.there("originalfile", own)
        run_delete(garden.lab, "ann", {"Annotation": [two]})
        assert not garden.there("originalfile", file)

    @pytest.mark.parametrize(("group", "user", "allowed"), [("RO", "ann", False), ("RA", "ann", False),
                                                            ("RW", "ann", True), ("RA", "lea", True)])  # fmt: skip
    def test_tags_on_others_data(self, lab: Lab, group: str, user: str, allowed: bool) -> None:
        garden = Garden(lab, group)
        tag, image = garden.annotation(TAG, user), garden.bare_image("bob")
        garden.note("image", image, tag, user)
        if allowed:
            run_delete(lab, user, {"TagAnnotation": [tag]})
        else:
            message = refused(lab, user, {"TagAnnotation": [tag]})
            assert f"TagAnnotation[{tag}]" in message and f"Image[{image}]" in message

    @pytest.mark.parametrize("kind", [COMMENT, MAP])
    def test_other_annotations_on_others_data(self, garden: Garden, kind: str) -> None:
        note, image = garden.annotation(kind), garden.bare_image("bob")
        garden.note("image", image, note, "bob")
        run_delete(garden.lab, "ann", {"Annotation": [note]})
        assert not garden.there("annotation", note) and garden.there("image", image)

    def test_links_that_one_cannot_see(self, lab: Lab) -> None:
        garden = Garden(lab, "P")
        tag, image = garden.annotation(), garden.bare_image("bob")
        link = garden.note("image", image, tag)
        assert f"ImageAnnotationLink[{link}]" in refused(lab, "ann", {"TagAnnotation": [tag]})
        unseen = garden.annotation()
        garden.note("image", image, unseen, "bob")
        assert "imageannotationlink" in refused(lab, "ann", {"TagAnnotation": [unseen]})

    def test_links_alone(self, garden: Garden) -> None:
        image, tag, note = garden.bare_image(), garden.annotation(), garden.annotation(COMMENT)
        links = [garden.note("image", image, tag), garden.note("image", image, note)]
        gone = run_delete(garden.lab, "ann", {"ImageAnnotationLink": links})
        assert gone == {"ImageAnnotationLink": links, "CommentAnnotation": [note]}

    def test_tag_sets(self, garden: Garden) -> None:
        tags = [garden.annotation() for _ in range(2)]
        group = garden.annotation(TAG, ns="openmicroscopy.org/omero/insight/tagset")
        for tag in tags:
            garden.note("annotation", group, tag)
        garden.note("image", garden.bare_image(), tags[1])
        gone = run_delete(garden.lab, "ann", {"TagAnnotation": [group]})
        assert gone["TagAnnotation"] == [tags[0], group]


def test_interfaces_stand_for_many_classes(garden: Garden) -> None:
    image, tag = garden.image(), garden.annotation()
    link = garden.note("image", image, tag)
    with pytest.raises(CommandError):
        run_delete(garden.lab, "ann", {"IAnnotationLink": [link, 10**9]})
    assert run_delete(garden.lab, "ann", {"IAnnotationLink": [link]}, dry_run=True) == {"ImageAnnotationLink": [link]}
    kept = run_delete(garden.lab, "ann", {"Image": [image]}, options=[option(exclude=["IAnnotated"])], dry_run=True)
    assert "TagAnnotation" not in kept
    assert garden.there("annotation", tag)
