"""Rules of saving and deleting one by one: details, lists, references, events, the log, and the shapes of answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import omero
import omero.model
from omero_server.queries import find, run
from omero_server.saving.saver import save
from omero_server.services.update import UpdateService
from tests.support.lab import Lab, id_of, new, owned, ref, stored, wire

SV, API, VAL = omero.SecurityViolation, omero.ApiUsageException, omero.ValidationException


def update(lab: Lab, operation: str, *arguments: Any, user: str = "ann", group: str | None = "RW") -> Any:
    """The answer of an operation of IUpdate."""
    with lab.call(user, group) as call:
        return getattr(UpdateService(), operation)(call, *arguments)


def loaded(lab: Lab, user: str, group: str | None, hql: str, object_id: int) -> Any:
    with lab.call(user, group, writable=False) as call:
        return run(call, hql, {"id": object_id})[0]


def logged(lab: Lab, obj: Any) -> list[str]:
    """Actions in the log of an object, oldest first."""
    sql = "SELECT action FROM eventlog WHERE entityid = :i AND entitytype LIKE :t ORDER BY id"
    return [row[0] for row in lab.query(sql, i=id_of(obj), t=f"%.{type(obj).__name__}")]


def test_log_has_a_row_for_each_change(lab: Lab) -> None:
    project = new("Project", name="p", datasetLinksSeq=[new("ProjectDatasetLink", child=new("Dataset", name="d"))])
    saved = stored(lab, "ann", "RW", project)
    link = saved._datasetLinksSeq[0]
    assert logged(lab, saved) == logged(lab, link) == logged(lab, link._child) == ["INSERT"]
    stored(lab, "ann", "RW", saved)
    assert logged(lab, saved) == ["INSERT"], "nothing changed"
    saved._description = wire("d")
    saved = stored(lab, "ann", "RW", saved)
    assert (logged(lab, saved), logged(lab, link)) == (["INSERT", "UPDATE"], ["INSERT"])
    saved._datasetLinksSeq = []
    stored(lab, "ann", "RW", saved)
    assert logged(lab, link) == ["INSERT", "DELETE"]
    update(lab, "deleteObject", saved)
    assert logged(lab, saved) == ["INSERT", "UPDATE", "DELETE"]
    who = lab.query("SELECT e.experimenter, e.experimentergroup FROM eventlog l JOIN event e ON e.id = l.event"
                    " WHERE l.entityid = :i AND l.entitytype LIKE '%.Project'", i=id_of(saved))  # fmt: skip
    assert set(who) == {(lab.scene.users["ann"], lab.scene.groups["RW"])}


def test_failure_leaves_neither_rows_nor_log(lab: Lab) -> None:
    sql = "SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM eventlog), (SELECT count(*) FROM dataset)"
    before = lab.query(sql)
    bad = [new("Dataset", name="d"), new("Dataset", name="d", version=1), new("Dataset")]
    with pytest.raises(VAL, match=r"Dataset\.name"):
        update(lab, "saveArray", bad)
    assert lab.query(sql) == before


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: new("Image"), "Image.name"),
        (lambda: new("Pixels", sizeX=1), "Pixels"),
        (lambda: new("DatasetImageLink", child=new("Image", name="i")), "DatasetImageLink.parent"),
        (lambda: new("OriginalFile", name="n"), "OriginalFile.path"),
        (
            lambda: new("Plate", name="n", wellsSeq=[new("Well", wellSamplesSeq=[new("WellSample")])]),
            "WellSample.image",
        ),
    ],
)
def test_what_is_missing_is_named(lab: Lab, make: Callable[[], Any], field: str) -> None:
    with pytest.raises(VAL, match=field):
        stored(lab, "ann", "RW", make())


def test_permissions_of_a_group_change_by_saving_it(lab: Lab) -> None:
    group = stored(lab, "root", "RW", new("ExperimenterGroup", name="by saving", ldap=False))
    image = stored(lab, "root", "RW", new("Image", name="i"))
    assert group._details._permissions._perm1 == -120, "new groups are private"
    group._details._permissions = omero.model.Permissions(_perm1=-40)
    group._description = wire("d")
    saved = stored(lab, "root", "RW", group)
    assert saved._details._permissions._perm1 == -40
    assert lab.value("SELECT permissions FROM experimentergroup WHERE id = :i", i=id_of(group)) == -40
    assert logged(lab, group) == ["INSERT", "CHMOD(rwra--)", "UPDATE"]
    saved._details._permissions = omero.model.Permissions(_perm1=-1912)
    with pytest.raises(omero.GroupSecurityViolation):
        stored(lab, "root", "RW", saved)
    saved._details._permissions = omero.model.Permissions(_perm1=-8)
    for user, changes in (("ann", {}), ("lea", {}), ("root", {"privileges": frozenset({"ModifyUser"})})):
        with pytest.raises(SV):
            stored(lab, user, "RW", saved, **changes)
    assert id_of(image)


def test_order_of_others_lists_stays(lab: Lab) -> None:
    hql = "select r from Roi r join fetch r.shapes where r.id = :id"
    roi = new("Roi", shapesSeq=[new("Point", x=float(n), y=0.0) for n in range(3)])
    roi_id = id_of(stored(lab, "ann", "RA", roi))
    order = "SELECT id FROM shape WHERE roi = :r ORDER BY roi_index"
    before = lab.query(order, r=roi_id)
    theirs = loaded(lab, "bob", "RA", hql, roi_id)
    theirs._shapesSeq.reverse()
    with pytest.raises(SV, match="place"):
        stored(lab, "bob", "RA", theirs)
    assert lab.query(order, r=roi_id) == before
    lab.query("DELETE FROM shape WHERE id = :i RETURNING 1", i=before[1][0])
    # A gap in the list makes no difference to who only annotates.
    theirs = loaded(lab, "bob", "RA", hql, roi_id)
    theirs._shapesSeq = [shape for shape in theirs._shapesSeq if shape is not None]
    tagged = new("RoiAnnotationLink", parent=theirs, child=new("TagAnnotation", textValue="t"))
    assert id_of(stored(lab, "bob", "RA", tagged))
    assert lab.query(order, r=roi_id) == [before[0], before[2]]


def test_list_that_the_caller_sees_in_part_keeps_the_rest(lab: Lab) -> None:
    hql = "select i from Image i left outer join fetch i.annotationLinks where i.id = :id"
    image = stored(lab, "ann", "P", new("Image", name="i"))
    with lab.call("bob", "P") as call:
        hidden = new("ImageAnnotationLink", parent=ref("Image", id_of(image)), child=new("TagAnnotation"))
        save(call, [hidden], privileged=True)
    mine = loaded(lab, "ann", "P", hql, id_of(image))
    assert mine._annotationLinksSeq == []
    mine._annotationLinksSeq = [new("ImageAnnotationLink", parent=mine, child=new("TagAnnotation"))]
    stored(lab, "ann", "P", mine)
    assert lab.value("SELECT count(*) FROM imageannotationlink WHERE parent = :i", i=id_of(image)) == 2


def test_list_that_was_not_loaded_or_is_null_is_left_alone(lab: Lab) -> None:
    links = [new("DatasetImageLink", child=new("Image", name="i")) for _ in range(2)]
    dataset = stored(lab, "ann", "RW", new("Dataset", name="d", imageLinksSeq=links))
    count = "SELECT count(*) FROM datasetimagelink WHERE parent = :i"
    for is_loaded, members in ((True, None), (False, []), (False, None)):
        dataset._imageLinksLoaded, dataset._imageLinksSeq = is_loaded, members
        dataset = stored(lab, "ann", "RW", dataset)
        assert lab.value(count, i=id_of(dataset)) == 2
    fresh = loaded(lab, "ann", "RW", "select d from Dataset d join fetch d.imageLinks where d.id = :id", id_of(dataset))
    fresh._imageLinksSeq = fresh._imageLinksSeq[:1]
    stored(lab, "ann", "RW", fresh)
    assert lab.value(count, i=id_of(dataset)) == 1


def test_links_of_others_in_a_list_are_not_removed_without_the_right(lab: Lab) -> None:
    dataset = stored(lab, "ann", "RA", new("Dataset", name="d"))
    tagging = new("DatasetAnnotationLink", parent=ref("Dataset", id_of(dataset)), child=new("TagAnnotation"))
    stored(lab, "bob", "RA", tagging)
    hql = "select d from Dataset d join fetch d.annotationLinks where d.id = :id"
    fresh = loaded(lab, "ann", "RA", hql, id_of(dataset))
    fresh._annotationLinksSeq = []
    with pytest.raises(SV, match="DatasetAnnotationLink"):
        stored(lab, "ann", "RA", fresh)


def test_wells_and_their_samples_keep_their_order(lab: Lab) -> None:
    samples = [new("WellSample", image=new("Image", name=f"field {n}")) for n in range(3)]
    plate = new("Plate", name="p", wellsSeq=[new("Well", row=0, column=1, wellSamplesSeq=list(samples))])
    saved = stored(lab, "ann", "RW", plate)
    well = saved._wellsSeq[0]
    order = "SELECT id FROM wellsample WHERE well = :w ORDER BY well_index"
    assert [row[0] for row in lab.query(order, w=id_of(well))] == [id_of(s) for s in samples]
    fresh = loaded(lab, "ann", "RW", "select w from Well w join fetch w.wellSamples where w.id = :id", id_of(well))
    assert [id_of(s) for s in fresh._wellSamplesSeq] == [id_of(s) for s in samples]
    fresh._wellSamplesSeq = [fresh._wellSamplesSeq[2], fresh._wellSamplesSeq[0]]
    stored(lab, "ann", "RW", fresh)
    assert [row[0] for row in lab.query(order, w=id_of(well))] == [id_of(samples[2]), id_of(samples[0])]
    saved._wellsSeq = []
    saved._name = wire("renamed")
    stored(lab, "ann", "RW", saved)
    assert lab.value("SELECT count(*) FROM well WHERE plate = :p", p=id_of(plate)) == 1, "wells are not replaced"


def test_cycles_twins_and_unloaded_references(lab: Lab) -> None:
    tag = id_of(stored(lab, "ann", "RW", new("TagAnnotation", textValue="t")))
    image = new("Image", name="i")
    links = [new("ImageAnnotationLink", parent=image, child=ref("TagAnnotation", tag))]
    links.append(new("ImageAnnotationLink", parent=image, child=new("TagAnnotation", textValue="u")))
    image._annotationLinksSeq, image._annotationLinksLoaded = links, True
    saved = stored(lab, "ann", "RW", image)
    assert saved is image and saved._annotationLinksSeq[0]._parent is saved
    assert (links[0]._child._loaded, links[0]._child._id._val, links[1]._child._loaded) == (False, tag, True)
    twins = [ref("Image", id_of(saved)) for _ in range(2)]
    datasets = [new("Dataset", name="d", imageLinksSeq=[new("DatasetImageLink", child=twin)]) for twin in twins]
    with lab.call("ann", "RW") as call:
        save(call, datasets)
    assert lab.value("SELECT count(*) FROM datasetimagelink WHERE child = :i", i=id_of(saved)) == 2


def test_base_class_in_a_reference_is_no_obstacle(lab: Lab) -> None:
    tag = id_of(stored(lab, "ann", "RW", new("TagAnnotation", textValue="t")))
    image = id_of(stored(lab, "ann", "RW", new("Image", name="i")))
    link = new("ImageAnnotationLink", parent=ref("Image", image), child=ref("CommentAnnotation", tag))
    assert id_of(stored(lab, "ann", "RW", link))
    wrong = new("CommentAnnotation", textValue="u")
    wrong._id = omero.RLong(_val=tag)
    with pytest.raises(VAL, match="another class"):
        stored(lab, "ann", "RW", wrong)


def test_units_come_back_and_change(lab: Lab) -> None:
    length = omero.model.Length(_value=2.5, _unit=omero.model.enums.UnitsLength.MILLIMETER)
    plate = stored(lab, "ann", "RW", new("Plate", name="p", wellOriginX=length))
    with lab.call("ann", "RW", writable=False) as call:
        fresh = find(call, "Plate", id_of(plate))
    assert (fresh._wellOriginX._value, fresh._wellOriginX._unit.name) == (2.5, "MILLIMETER")
    assert logged(lab, stored(lab, "ann", "RW", fresh)) == ["INSERT"]
    fresh._wellOriginX = omero.model.Length(_value=2.5, _unit=omero.model.enums.UnitsLength.MICROMETER)
    assert logged(lab, stored(lab, "ann", "RW", fresh)) == ["INSERT", "UPDATE"]
    fresh._wellOriginX = None
    stored(lab, "ann", "RW", fresh)
    assert lab.query("SELECT welloriginx, welloriginxunit FROM plate WHERE id = :i", i=id_of(plate)) == [(None, None)]


def test_maps_left_out_stay_and_empty_ones_are_emptied(lab: Lab) -> None:
    pairs = [omero.model.NamedValue(name="k", value="v")]
    saved = stored(lab, "ann", "RW", new("MapAnnotation", mapValue=pairs))
    count = "SELECT count(*) FROM annotation_mapvalue WHERE annotation_id = :i"
    saved._mapValue, saved._description = None, wire("d")
    saved = stored(lab, "ann", "RW", saved)
    assert lab.value(count, i=id_of(saved)) == 1
    saved._mapValue = []
    stored(lab, "ann", "RW", saved)
    assert lab.value(count, i=id_of(saved)) == 0


def test_enumerations_by_value(lab: Lab) -> None:
    known = new("OriginalFile", name="n", path="/p/", hasher=new("ChecksumAlgorithm", value="SHA1-160"))
    assert stored(lab, "ann", "RW", known)._hasher._id._val > 0
    with pytest.raises(SV):
        unknown = new("ChecksumAlgorithm", value="unheard of")
        stored(lab, "ann", "RW", new("OriginalFile", name="n", path="/p/", hasher=unknown))
    made = stored(lab, "root", "RW", new("OriginalFile", name="n", path="/p/",
                                         hasher=new("ChecksumAlgorithm", value="newly made")))  # fmt: skip
    assert lab.value("SELECT value FROM checksumalgorithm WHERE id = :i", i=id_of(made._hasher)) == "newly made"


def test_details_of_new_objects_by_privileged_callers(lab: Lab) -> None:
    users, groups = lab.scene.users, lab.scene.groups
    link = new("DatasetImageLink", parent=new("Dataset", name="d"), child=new("Image", name="i"))
    for obj in (link, link._parent, link._child):
        owned(obj, owner=users["bob"])
    saved = stored(lab, "root", "RW", link)
    assert {part._details._owner._id._val for part in (saved, saved._parent, saved._child)} == {users["bob"]}
    with pytest.raises(SV, match=r"omero\.group"):
        stored(lab, "root", "RW", owned(new("Dataset", name="d"), group=groups["RO"]))
    common = stored(lab, "root", "RW", owned(new("Dataset", name="d"), group=1))
    assert lab.value("SELECT group_id FROM dataset WHERE id = :i", i=id_of(common)) == 1
    anywhere = stored(lab, "root", None, owned(new("Dataset", name="d"), group=groups["RO"]))
    assert anywhere._details._group._id._val == groups["RO"]
    for group in ("RO", 0):
        at = groups["RO"] if group == "RO" else group
        with pytest.raises(SV):
            stored(lab, "lea", "RW", owned(new("Dataset", name="d"), group=at))


def test_moving_by_saving(lab: Lab) -> None:
    groups = lab.scene.groups
    image = stored(lab, "ann", "RW", new("Image", name="i"))
    image._details._group = ref("ExperimenterGroup", groups["H"])
    moved = stored(lab, "ann", "RW", image)
    assert moved._details._group._id._val == groups["H"]
    assert lab.value("SELECT group_id FROM image WHERE id = :i", i=id_of(image)) == groups["H"]
    moved._details._group = ref("ExperimenterGroup", 1)
    with pytest.raises(SV):
        stored(lab, "ann", "H", moved)
    moved._details._group = ref("ExperimenterGroup", groups["RW"])
    with pytest.raises(SV):
        stored(lab, "ann", "RW", moved)
    with pytest.raises(SV):
        stored(lab, "root", "H", moved, privileges=frozenset({"WriteOwned"}))
    assert stored(lab, "root", "H", moved, privileges=frozenset({"WriteOwned", "Chgrp"}))


def test_delete_only_what_the_call_reads(lab: Lab) -> None:
    image = stored(lab, "ann", "H", new("Image", name="i"))
    for user, group in (("ann", "RW"), ("cat", None)):
        with pytest.raises(SV):
            update(lab, "deleteObject", image, user=user, group=group)
    update(lab, "deleteObject", image, group=None)
    assert lab.value("SELECT count(*) FROM image WHERE id = :i", i=id_of(image)) == 0
    with pytest.raises(VAL):
        update(lab, "deleteObject", image)


def test_shapes_of_answers(lab: Lab) -> None:
    saved = update(lab, "saveAndReturnArray", [new("Dataset", name="b"), new("Project", name="a")])
    assert [type(obj).__name__ for obj in saved] == ["Dataset", "Project"]
    assert update(lab, "saveAndReturnArray", []) == update(lab, "saveAndReturnIds", []) == []
    ids = update(lab, "saveAndReturnIds", [new("Dataset", name=str(n)) for n in range(3)])
    names = [lab.value("SELECT name FROM dataset WHERE id = :i", i=i) for i in ids]
    assert names == ["0", "1", "2"]
    for operation in ("saveObject", "saveCollection", "saveArray"):
        given = new("Dataset", name=operation)
        assert update(lab, operation, given if operation == "saveObject" else [given]) is None
        assert lab.value("SELECT count(*) FROM dataset WHERE name = :n", n=operation) == 1
    nothing = ("saveObject", "saveAndReturnObject", "saveCollection", "saveArray", "saveAndReturnArray")
    for operation in (*nothing, "saveAndReturnIds"):
        with pytest.raises(API, match="null"):
            update(lab, operation, None)
        with pytest.raises((API, VAL)):
            update(lab, operation, None if operation in nothing[:2] else [None])
    with pytest.raises(API, match="only inserts"):
        update(lab, "saveAndReturnIds", [new("ProjectDatasetLink", parent=saved[1], child=new("Dataset", name="d"))])
    by_reference = new("ProjectDatasetLink", parent=ref("Project", id_of(saved[1])), child=new("Dataset", name="d"))
    assert len(update(lab, "saveAndReturnIds", [by_reference])) == 1
    assert update(lab, "deleteObject", None) is None


def test_reindexing_is_for_administrators(lab: Lab) -> None:
    image = stored(lab, "ann", "RW", new("Image", name="i"))
    for bad in (None, new("Image", name="i")):
        with pytest.raises(VAL):
            update(lab, "indexObject", bad, user="root")
    update(lab, "indexObject", image, user="root")
    assert logged(lab, image) == ["INSERT", "REINDEX"]
    assert UpdateService.indexObject.__dict__["operation"].role == "system"
