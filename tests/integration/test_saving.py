"""Saving graphs of objects, against a real database."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

import omero
import omero.model
from omero_server.saving.saver import save
from tests.support.lab import Lab, id_of, new, owned, ref, stored, wire


def make(lab: Lab, cls: str, user: str = "ann", group: str = "RW", **values: Any) -> int:
    return id_of(stored(lab, user, group, new(cls, **{"name": f"a {cls}"} | values)))


def pixels(**values: Any) -> Any:
    sizes = {f"size{axis}": 4 for axis in "XYZCT"}
    order, kind = new("DimensionOrder", value="XYZCT"), new("PixelsType", value="uint8", bitSize=8)
    return new("Pixels", **sizes, sha1="x", dimensionOrder=order, pixelsType=kind, **values)


def test_new_object_gets_id_details_event_and_log(lab: Lab) -> None:
    saved = stored(lab, "ann", "RA", new("Dataset", name="first"))
    ann, group = lab.scene.users["ann"], lab.scene.groups["RA"]
    row = lab.query("SELECT name, owner_id, group_id, permissions, version, creation_id = update_id FROM dataset"
                    " WHERE id = :id", id=id_of(saved))  # fmt: skip
    assert row == [("first", ann, group, -40, 0, True)]
    assert saved._details._owner._id._val == ann and not saved._details._owner._loaded
    assert saved._details._permissions._perm1 == -40
    assert saved._details._permissions._restrictions == [False] * 4 + [False, True]
    logs = lab.query("SELECT action, entitytype FROM eventlog WHERE event = :e", e=id_of(saved._details._updateEvent))
    assert logs == [("INSERT", "ome.model.containers.Dataset")]


def test_graph_is_saved_parents_first_and_once(lab: Lab) -> None:
    image = new("Image", name="i")
    dataset = new("Dataset", name="d")
    link = new("DatasetImageLink", parent=dataset, child=image)
    image._datasetLinksSeq, image._datasetLinksLoaded = [link], True
    dataset._imageLinksSeq, dataset._imageLinksLoaded = [link], True
    tag = new("TagAnnotation", textValue="t")
    image._annotationLinksSeq, image._annotationLinksLoaded = [new("ImageAnnotationLink", child=tag)], True
    saved = stored(lab, "ann", "RW", image)
    assert saved._datasetLinksSeq[0]._parent._id._val == id_of(dataset)
    assert lab.query("SELECT parent, child FROM datasetimagelink WHERE id = :i", i=id_of(link)) == [
        (id_of(dataset), id_of(image))
    ]
    assert lab.query("SELECT discriminator, textvalue FROM annotation WHERE id = :i", i=id_of(tag)) == [
        ("/basic/text/tag/", "t")
    ]
    assert lab.value("SELECT count(*) FROM imageannotationlink WHERE parent = :i", i=id_of(image)) == 1


def test_units_enumerations_times_and_ordered_lists(lab: Lab) -> None:
    size = omero.model.Length(_value=0.25, _unit=omero.model.enums.UnitsLength.MICROMETER)
    channels = [new("Channel", logicalChannel=new("LogicalChannel", name=f"c{n}")) for n in range(3)]
    data = pixels(physicalSizeX=size, channelsSeq=channels)
    image = new("Image", name="i", acquisitionDate=omero.RTime(_val=1_700_000_000_123), pixelsSeq=[data])
    saved = stored(lab, "ann", "RW", image)
    row = lab.query("SELECT physicalsizex, physicalsizexunit::text, image, image_index FROM pixels WHERE id = :i",
                    i=id_of(data))  # fmt: skip
    assert row == [(0.25, "µm", id_of(saved), 0)]
    places = lab.query("SELECT id FROM channel WHERE pixels = :p ORDER BY pixels_index", p=id_of(data))
    assert [p[0] for p in places] == [id_of(c) for c in channels]
    again = stored(lab, "ann", "RW", saved)
    assert again._details._updateEvent._id._val == saved._details._updateEvent._id._val
    assert lab.value("SELECT count(*) FROM pixelstype") == 11


def test_joined_classes_have_rows_in_both_tables(lab: Lab) -> None:
    wavelength = omero.model.Length(_value=488.0, _unit=omero.model.enums.UnitsLength.NANOMETER)
    laser = new("Laser", model="m", wavelength=wavelength, type=new("LaserType", value="Gas"),
                laserMedium=new("LaserMedium", value="Ar"))  # fmt: skip
    instrument = new("Instrument", lightSourceSeq=[laser])
    stored(lab, "ann", "RW", instrument)
    assert lab.query(
        "SELECT s.model, s.instrument, l.wavelength FROM lightsource s JOIN laser l ON l.lightsource_id = s.id"
        " WHERE s.id = :i", i=id_of(laser)) == [("m", id_of(instrument), 488.0)]  # fmt: skip
    laser._wavelength._value = 514.0
    stored(lab, "ann", "RW", laser)
    assert lab.value("SELECT wavelength FROM laser WHERE lightsource_id = :i", i=id_of(laser)) == 514.0


def test_maps_keep_their_order_and_count_versions(lab: Lab) -> None:
    pairs = [omero.model.NamedValue(name=k, value=v) for k, v in (("b", "1"), ("a", "2"), ("b", "3"))]
    saved = stored(lab, "ann", "RW", new("MapAnnotation", mapValue=pairs))
    assert saved._version._val == 0
    rows = "SELECT name, value FROM annotation_mapvalue WHERE annotation_id = :i ORDER BY index"
    assert lab.query(rows, i=id_of(saved)) == [("b", "1"), ("a", "2"), ("b", "3")]
    saved._mapValue = pairs[:1]
    saved = stored(lab, "ann", "RW", saved)
    assert (lab.query(rows, i=id_of(saved)), saved._version._val) == ([("b", "1")], 1)


def test_update_changes_only_what_differs(lab: Lab) -> None:
    saved = stored(lab, "ann", "RW", new("Dataset", name="n", description="d"))
    before = id_of(saved._details._updateEvent)
    saved._description = None
    changed = stored(lab, "ann", "RW", saved)
    assert lab.query("SELECT name, description FROM dataset WHERE id = :i", i=id_of(saved)) == [("n", None)]
    assert id_of(changed._details._updateEvent) > before
    assert id_of(changed._details._creationEvent) == before


def test_many_different_updates_at_once(lab: Lab) -> None:
    datasets = [new("Dataset", name=f"n{n}") for n in range(5)]
    with lab.call("ann", "RW") as call:
        save(call, datasets)
    for number, dataset in enumerate(datasets):
        dataset._description = wire(f"d{number}") if number else None
        dataset._name = wire(f"m{number}")
    with lab.call("ann", "RW") as call:
        save(call, datasets)
    rows = lab.query("SELECT name, description FROM dataset WHERE id = ANY(:i) ORDER BY id",
                     i=[id_of(d) for d in datasets])  # fmt: skip
    assert rows == [("m0", None), *((f"m{n}", f"d{n}") for n in range(1, 5))]


def test_list_of_links_is_replaced_and_unloaded_one_left_alone(lab: Lab) -> None:
    project = new("Project", name="p", datasetLinksSeq=[new("ProjectDatasetLink", child=new("Dataset", name="d"))])
    saved = stored(lab, "ann", "RW", project)
    count = "SELECT count(*) FROM projectdatasetlink WHERE parent = :i"
    saved._datasetLinksLoaded = False
    saved = stored(lab, "ann", "RW", saved)
    assert lab.value(count, i=id_of(saved)) == 1
    saved._datasetLinksLoaded, saved._datasetLinksSeq = True, []
    stored(lab, "ann", "RW", saved)
    assert lab.value(count, i=id_of(saved)) == 0


def test_ordered_list_is_reordered_and_shortened(lab: Lab) -> None:
    shapes = [new("Point", x=float(n), y=0.0) for n in range(4)]
    roi = new("Roi", shapesSeq=list(shapes))
    saved = stored(lab, "ann", "RW", roi)
    fresh = new("Label", textValue="new")
    saved._shapesSeq = [shapes[3], fresh, shapes[0], shapes[1]]
    stored(lab, "ann", "RW", saved)
    order = [r[0] for r in lab.query("SELECT id FROM shape WHERE roi = :r ORDER BY roi_index", r=id_of(roi))]
    assert order == [id_of(shapes[3]), id_of(fresh), id_of(shapes[0]), id_of(shapes[1])]
    extra = new("Point", x=1.0, y=1.0, roi=ref("Roi", id_of(roi)))
    stored(lab, "ann", "RW", extra)
    assert lab.value("SELECT roi_index FROM shape WHERE id = :i", i=id_of(extra)) == 4


def test_thousand_links_cost_a_handful_of_statements(lab: Lab) -> None:
    dataset = ref("Dataset", make(lab, "Dataset"))
    links = [new("DatasetImageLink", parent=dataset, child=new("Image", name=f"i{n}")) for n in range(1000)]
    statements: list[str] = []

    def count(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    event.listen(lab.database.engine, "before_cursor_execute", count)
    try:
        with lab.call("ann", "RW") as call:
            save(call, links)
    finally:
        event.remove(lab.database.engine, "before_cursor_execute", count)
    assert len(statements) < 25
    assert lab.value("SELECT count(*) FROM datasetimagelink WHERE parent = :d", d=id_of(dataset)) == 1000


@pytest.mark.parametrize(
    ("make_bad", "words"),
    [
        (lambda lab: new("Dataset"), "Dataset.name"),
        (lambda lab: new("DatasetImageLink", parent=ref("Dataset", make(lab, "Dataset"))), "DatasetImageLink.child"),
        (
            lambda lab: new("DatasetImageLink", parent=ref("Dataset", 10**9), child=ref("Image", 10**9)),
            "does not exist",
        ),
        (lambda lab: new("Image", name="i", acquisitionDate=omero.RTime(_val=2**62)), "Image.acquisitionDate"),
        (lambda lab: omero.model.Dataset(), "no id"),
    ],
)
def test_bad_objects_are_named(lab: Lab, make_bad: Any, words: str) -> None:
    with pytest.raises(omero.ValidationException, match=words):
        stored(lab, "ann", "RW", make_bad(lab))


def test_outdated_copy_is_refused(lab: Lab) -> None:
    saved = stored(lab, "ann", "RW", new("Dataset", name="n"))
    old = saved._details._updateEvent
    saved._name = wire("m")
    saved = stored(lab, "ann", "RW", saved)
    saved._details._updateEvent = old
    with pytest.raises(omero.OptimisticLockException):
        stored(lab, "ann", "RW", saved)


def test_presets_of_owner_group_and_permissions(lab: Lab) -> None:
    users, groups = lab.scene.users, lab.scene.groups
    with pytest.raises(omero.SecurityViolation):
        stored(lab, "ann", "RW", owned(new("Dataset", name="n"), owner=users["bob"]))
    saved = stored(lab, "root", "RW", owned(new("Dataset", name="n"), owner=users["bob"]))
    assert saved._details._owner._id._val == users["bob"]
    with pytest.raises(omero.SecurityViolation):
        stored(lab, "root", "RW", owned(new("Dataset", name="n"), owner=users["bob"]), privileges=frozenset({"Sudo"}))
    with pytest.raises(omero.SecurityViolation):
        stored(lab, "ann", "RW", owned(new("Dataset", name="n"), group=groups["RO"]))
    asked = owned(new("Dataset", name="n"))
    asked._details._permissions = omero.model.Permissions(_perm1=-120)
    with pytest.raises(omero.GroupSecurityViolation):
        stored(lab, "ann", "RW", asked)


def test_all_groups_need_a_hint(lab: Lab) -> None:
    with pytest.raises(omero.ApiUsageException):
        stored(lab, "ann", None, new("Dataset", name="n"))
    image = make(lab, "Image")
    link = new("ImageAnnotationLink", parent=ref("Image", image), child=new("TagAnnotation", textValue="t"))
    saved = stored(lab, "ann", None, link)
    assert saved._details._group._id._val == lab.scene.groups["RW"]


@pytest.mark.parametrize(("group", "error"), [("RO", omero.SecurityViolation), ("RA", None), ("RW", None)])
def test_tagging_others_data(lab: Lab, group: str, error: type[Exception] | None) -> None:
    image, tag = make(lab, "Image", "ann", group), make(lab, "TagAnnotation", "bob", group, textValue="t")
    link = new("ImageAnnotationLink", parent=ref("Image", image), child=ref("TagAnnotation", tag))
    if error:
        with pytest.raises(error):
            stored(lab, "bob", group, link)
    else:
        assert stored(lab, "bob", group, link)._details._owner._id._val == lab.scene.users["bob"]


@pytest.mark.parametrize(("group", "refused"), [("RO", True), ("RA", True), ("RW", False)])
def test_others_image_into_own_dataset(lab: Lab, group: str, refused: bool) -> None:
    image, dataset = make(lab, "Image", "ann", group), make(lab, "Dataset", "bob", group)
    link = new("DatasetImageLink", parent=ref("Dataset", dataset), child=ref("Image", image))
    if refused:
        with pytest.raises(omero.SecurityViolation):
            stored(lab, "bob", group, link)
    else:
        stored(lab, "bob", group, link)


@pytest.mark.parametrize(("group", "roi", "shape"), [("RO", False, False), ("RA", True, False), ("RW", True, True)])
def test_rois_on_others_images(lab: Lab, group: str, roi: bool, shape: bool) -> None:
    image = make(lab, "Image", "ann", group)
    others = make(lab, "Roi", "ann", group, image=ref("Image", image))
    for allowed, obj in (
        (roi, new("Roi", image=ref("Image", image))),
        (shape, new("Point", x=1.0, y=1.0, roi=ref("Roi", others))),
    ):
        if allowed:
            stored(lab, "bob", group, obj)
        else:
            with pytest.raises(omero.SecurityViolation):
                stored(lab, "bob", group, obj)


def test_private_group_links_only_on_behalf_of_the_owner(lab: Lab) -> None:
    image = make(lab, "Image", "ann", "P")
    dataset = make(lab, "Dataset", "ann", "P")
    tagging = new("ImageAnnotationLink", parent=ref("Image", image), child=new("TagAnnotation", textValue="t"))
    with pytest.raises(omero.ReadOnlyGroupSecurityViolation):
        stored(lab, "lea", "P", tagging)

    def link() -> Any:
        return new("DatasetImageLink", parent=ref("Dataset", dataset), child=ref("Image", image))

    with pytest.raises(omero.ReadOnlyGroupSecurityViolation):
        stored(lab, "root", "P", link())
    stored(lab, "root", "P", owned(link(), owner=lab.scene.users["ann"]))


def test_groups_are_not_mixed(lab: Lab) -> None:
    image, dataset = make(lab, "Image", "ann", "H"), make(lab, "Dataset", "ann", "RW")
    link = new("DatasetImageLink", parent=ref("Dataset", dataset), child=ref("Image", image))
    with pytest.raises(omero.GroupSecurityViolation, match="MIXED GROUP"):
        stored(lab, "ann", "RW", link)


@pytest.mark.parametrize(
    ("user", "group", "error"),
    [
        ("bob", "RO", omero.SecurityViolation),
        ("bob", "RW", None),
        ("lea", "P", None),
        ("lea", "RA", None),
        ("bob", "P", omero.SecurityViolation),
    ],
)
def test_renaming_others_data(lab: Lab, user: str, group: str, error: type[Exception] | None) -> None:
    saved = stored(lab, "ann", group, new("Image", name="old"))
    saved._name = wire("new")
    if error:
        with pytest.raises(error):
            stored(lab, user, group, saved)
    else:
        changed = stored(lab, user, group, saved)
        assert changed._details._owner._id._val == lab.scene.users["ann"]


def test_changes_of_details(lab: Lab) -> None:
    saved = stored(lab, "ann", "RW", new("Image", name="n"))
    saved._details._owner = ref("Experimenter", lab.scene.users["bob"])
    with pytest.raises(omero.SecurityViolation):
        stored(lab, "ann", "RW", saved)
    saved = stored(lab, "root", "RW", saved)
    assert lab.value("SELECT owner_id FROM image WHERE id = :i", i=id_of(saved)) == lab.scene.users["bob"]
    saved._details._creationEvent = ref("Event", 0)
    with pytest.raises(omero.SecurityViolation, match="creation"):
        stored(lab, "root", "RW", saved)


def test_object_of_another_group_is_not_changed(lab: Lab) -> None:
    saved = stored(lab, "ann", "H", new("Image", name="n"))
    saved._name = wire("m")
    with pytest.raises(omero.SecurityViolation):
        stored(lab, "ann", "RW", saved)
    with pytest.raises(omero.ApiUsageException, match=r"omero\.group"):
        stored(lab, "ann", None, saved)


@pytest.mark.parametrize(
    "make_bad",
    [
        lambda: new("ExperimenterGroup", name="g", ldap=False),
        lambda: new("Format", value="no such format"),
        lambda: new("OriginalFile", name="n", path="/a/../b/"),
        lambda: new("OriginalFile", name="n", path="/a/", repo="x"),
    ],
)
def test_what_only_the_system_may_create(lab: Lab, make_bad: Any) -> None:
    with pytest.raises(omero.SecurityViolation):
        stored(lab, "ann", "RW", make_bad())


def test_guests_create_nothing(lab: Lab) -> None:
    with pytest.raises(omero.SecurityViolation):
        stored(lab, "ann", "RW", new("Dataset", name="n"), user_id=1)


def test_repository_of_a_file_stays(lab: Lab) -> None:
    saved = stored(lab, "ann", "RW", new("OriginalFile", name="n", path="/a/"))
    saved._repo = wire("elsewhere")
    stored(lab, "ann", "RW", saved)
    assert lab.value("SELECT repo FROM originalfile WHERE id = :i", i=id_of(saved)) is None


def test_external_information_is_set_once(lab: Lab) -> None:
    def info() -> Any:
        return new("ExternalInfo", entityId=omero.RLong(_val=1), entityType="t", lsid="urn:1")

    image = owned(new("Image", name="n"))
    image._details._externalInfo = info()
    saved = stored(lab, "ann", "RW", image)
    assert lab.value("SELECT external_id FROM image WHERE id = :i", i=id_of(saved)) is not None
    saved._details._externalInfo = info()
    with pytest.raises(omero.SecurityViolation):
        stored(lab, "ann", "RW", saved)


def test_failure_leaves_nothing(lab: Lab) -> None:
    count = "SELECT count(*) FROM dataset"
    before = lab.value(count)
    with pytest.raises(omero.ValidationException), lab.call("ann", "RW") as call:
        save(call, [new("Dataset", name="n"), new("Dataset")])
    assert lab.value(count) == before


def test_insert_only_and_null_elements(lab: Lab) -> None:
    saved = stored(lab, "ann", "RW", new("Dataset", name="n"))
    with pytest.raises(omero.ApiUsageException, match="only inserts"), lab.call("ann", "RW") as call:
        save(call, [saved], insert_only=True)
    with pytest.raises(omero.ValidationException), lab.call("ann", "RW") as call:
        save(call, [None])
