"""Delete2 of filesets, plates, regions, views, hardware and files, against a real database."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from omero_server.graphs.notation import operation
from omero_server.repository.layout import Layout
from tests.integration.test_delete import refused
from tests.support.garden import COMMENT, FILE, MAP, TAG, Garden, option, run_delete
from tests.support.lab import Lab
from tests.support.service_calls import counted


class TestFilesets:
    def test_images_of_a_fileset_go_together(self, garden: Garden) -> None:
        before = garden.counts()
        one, two = garden.image(), garden.image()
        fileset = garden.fileset(one, two, files=[garden.file(), garden.file()])
        message = refused(garden.lab, "ann", {"Image": [one]})
        assert all(name in message for name in (f"Fileset[{fileset}]", f"Image[{one}]", f"Image[{two}]"))
        assert refused(garden.lab, "ann", {"Image": [one]}, dry_run=True) == message
        gone = run_delete(garden.lab, "ann", {"Image": [one, two]})
        assert garden.counts() == before
        assert (gone["Fileset"], len(gone["OriginalFile"]), len(gone["UploadJob"])) == ([fileset], 3, 1)

    def test_the_fileset_itself(self, garden: Garden) -> None:
        before = garden.counts()
        fileset = garden.fileset(garden.image(), files=[garden.file()])
        run_delete(garden.lab, "ann", {"Fileset": [fileset]})
        assert garden.counts() == before

    def test_datasets_that_hold_only_a_part(self, garden: Garden) -> None:
        one, two = garden.image(), garden.image()
        garden.fileset(one, two)
        dataset, other = garden.dataset(one), garden.dataset(one, two)
        run_delete(garden.lab, "ann", {"Dataset": [dataset]})
        assert garden.there("image", one, two)
        run_delete(garden.lab, "ann", {"Dataset": [other]})
        assert not garden.there("image", one, two)

    def test_files_of_filesets_cannot_go_alone(self, garden: Garden) -> None:
        file = garden.file()
        garden.fileset(garden.image(), files=[file])
        assert f"OriginalFile[{file}]" in refused(garden.lab, "ann", {"OriginalFile": [file]})

    def test_files_that_are_attached_elsewhere_stay(self, garden: Garden) -> None:
        file, image = garden.file(), garden.image()
        fileset = garden.fileset(image, files=[file])
        garden.note("image", garden.image(), garden.annotation(FILE, file=file))
        run_delete(garden.lab, "ann", {"Fileset": [fileset]})
        assert garden.there("originalfile", file) and not garden.there("image", image)


class TestPlates:
    def test_plate_with_everything_in_it(self, garden: Garden) -> None:
        before = garden.counts()
        images = [garden.image() for _ in range(4)]
        plate = garden.plate(*images, runs=2)
        screen = garden.add("screen", name="a screen")
        garden.link("screenplatelink", screen, plate)
        gone = run_delete(garden.lab, "ann", {"Screen": [screen]})
        assert garden.counts() == before
        assert (gone["Image"], len(gone["Well"]), len(gone["PlateAcquisition"])) == (images, 4, 2)

    def test_plate_without_its_images(self, garden: Garden) -> None:
        image = garden.image()
        plate = garden.plate(image)
        run_delete(garden.lab, "ann", {"Plate": [plate]}, options=[option(exclude=["Image"])])
        assert garden.there("image", image) and not garden.there("plate", plate)

    def test_run_and_well(self, garden: Garden) -> None:
        images = [garden.image() for _ in range(3)]
        plate = garden.plate(*images, runs=3)
        (run,), (well,) = garden.lab.query(
            "SELECT min(id) FROM plateacquisition WHERE plate = :p UNION ALL SELECT max(id) FROM well WHERE plate = :p",
            p=plate,
        )
        run_delete(garden.lab, "ann", {"PlateAcquisition": [run]})
        assert not garden.there("image", images[0]) and garden.there("plate", plate)
        run_delete(garden.lab, "ann", {"Well": [well]})
        assert not garden.there("image", images[2]) and garden.there("image", images[1])

    def test_images_of_fields_cannot_go_alone(self, garden: Garden) -> None:
        image = garden.image()
        garden.plate(image)
        message = refused(garden.lab, "ann", {"Image": [image]})
        assert f"Image[{image}]" in message and "WellSample[" in message

    def test_plates_in_another_screen_stay(self, garden: Garden) -> None:
        plate = garden.plate()
        one, two = garden.add("screen", name="one"), garden.add("screen", name="two")
        for screen in (one, two):
            garden.link("screenplatelink", screen, plate)
        run_delete(garden.lab, "ann", {"Screen": [one]})
        assert garden.there("plate", plate)

    def test_reagents(self, garden: Garden) -> None:
        screen = garden.add("screen", name="a screen")
        used, free = garden.add("reagent", screen=screen), garden.add("reagent", screen=screen)
        plate = garden.plate(garden.image())
        well = garden.lab.value("SELECT id FROM well WHERE plate = :p", p=plate)
        garden.link("wellreagentlink", well, used)
        assert f"Reagent[{used}]" in refused(garden.lab, "ann", {"Screen": [screen]})
        garden.link("screenplatelink", screen, plate)
        run_delete(garden.lab, "ann", {"Screen": [screen]})
        assert not garden.there("reagent", used, free)

    @pytest.mark.parametrize(("group", "stays"), [("RO", True), ("RW", False)])
    def test_others_plates_in_my_screen(self, lab: Lab, group: str, stays: bool) -> None:
        garden = Garden(lab, group)
        plate, screen = garden.add("plate", "bob", name="theirs"), garden.add("screen", name="mine")
        garden.link("screenplatelink", screen, plate)
        run_delete(lab, "ann", {"Screen": [screen]})
        assert garden.there("plate", plate) is stays


class TestViews:
    @pytest.mark.parametrize("group", ["P", "RO", "RA"])
    def test_everybodys_views_go_with_the_pixels(self, lab: Lab, group: str) -> None:
        garden = Garden(lab, group)
        before = garden.counts()
        image = garden.image()
        garden.view(image)
        garden.view(image, "lea" if group == "P" else "bob")
        assert len(run_delete(lab, "ann", {"Image": [image]})["Thumbnail"]) == 2
        assert garden.counts() == before

    def test_others_views_cannot_be_deleted_alone(self, garden: Garden) -> None:
        image = garden.image()
        settings, thumbnail = garden.view(image, "bob")
        assert "not permitted" in refused(garden.lab, "ann", {"RenderingDef": [settings]})
        run_delete(garden.lab, "bob", {"RenderingDef": [settings], "Thumbnail": [thumbnail]})
        assert garden.there("image", image)

    def test_views_of_images_that_one_cannot_see(self, lab: Lab) -> None:
        garden = Garden(lab, "P")
        _, thumbnail = garden.view(garden.image())
        assert f"Thumbnail[{thumbnail}]" in refused(lab, "bob", {"Thumbnail": [thumbnail]})


class TestRegions:
    @pytest.mark.parametrize("group", ["RO", "RA", "RW"])
    def test_others_regions_go_with_my_image(self, lab: Lab, group: str) -> None:
        garden = Garden(lab, group)
        image = garden.image()
        mine, theirs = garden.roi(image, shapes=2), garden.roi(image, "bob")
        gone = run_delete(lab, "ann", {"Image": [image]})
        assert (gone["Roi"], len(gone["Rectangle"])) == ([mine, theirs], 3)

    def test_others_regions_cannot_be_deleted_alone(self, garden: Garden) -> None:
        roi = garden.roi(garden.image(), "bob")
        assert f"Roi[{roi}]" in refused(garden.lab, "ann", {"Roi": [roi]})
        mine = garden.roi(garden.image("bob"))
        run_delete(garden.lab, "ann", {"Roi": [mine]})

    @pytest.mark.parametrize("owner", ["ann", "bob"])
    def test_regions_in_a_folder_lose_their_image(self, garden: Garden, owner: str) -> None:
        image = garden.image()
        roi, folder = garden.roi(image, owner), garden.add("folder", owner, name="regions")
        garden.link("folderroilink", folder, roi, owner)
        run_delete(garden.lab, "ann", {"Image": [image]})
        assert garden.lab.query("SELECT image FROM roi WHERE id = :r", r=roi) == [(None,)]

    def test_ignored_regions_are_in_the_way(self, garden: Garden) -> None:
        image = garden.image()
        garden.roi(image)
        assert " roi" in refused(garden.lab, "ann", {"Image": [image]}, ignore=["Roi"])


class TestHardware:
    def test_shared_instrument_goes_with_its_last_image(self, garden: Garden) -> None:
        instrument = garden.add("instrument")
        detector = garden.add("detector", instrument=instrument, type=1)
        one, two = (garden.bare_image(instrument=instrument) for _ in range(2))
        run_delete(garden.lab, "ann", {"Image": [one]})
        assert garden.there("detector", detector)
        run_delete(garden.lab, "ann", {"Image": [two]})
        assert not garden.there("instrument", instrument) and not garden.there("detector", detector)

    def test_hardware_in_the_settings_of_another_image_stays(self, garden: Garden) -> None:
        before = garden.counts()
        instrument = garden.add("instrument")
        objective = garden.add("objective", instrument=instrument, immersion=1, correction=1)
        settings = [garden.add("objectivesettings", objective=objective) for _ in range(2)]
        one = garden.bare_image(instrument=instrument, objectivesettings=settings[0])
        two = garden.bare_image(objectivesettings=settings[1])
        gone = run_delete(garden.lab, "ann", {"Image": [one]})
        assert gone == {"Image": [one], "ObjectiveSettings": [settings[0]]}
        assert garden.there("objective", objective) and garden.there("instrument", instrument)
        run_delete(garden.lab, "ann", {"Image": [two]})
        assert garden.counts() == before

    def test_nothing_is_left_of_channels_with_settings(self, garden: Garden) -> None:
        before = garden.counts()
        instrument = garden.add("instrument")
        detector = garden.add("detector", instrument=instrument, type=1)
        laser, arc = (garden.add("lightsource", instrument=instrument) for _ in range(2))
        garden.part("laser", lightsource_id=laser, type=1, lasermedium=1, pump=arc)
        garden.part("arc", lightsource_id=arc, type=1)
        filters = [garden.add("filter", instrument=instrument) for _ in range(2)]
        images = []
        for place in range(2):
            path = garden.add("lightpath", dichroic=garden.add("dichroic", instrument=instrument))
            garden.link("lightpathemissionfilterlink", path, filters[place])
            settings = {
                "detectorsettings": garden.add("detectorsettings", detector=detector),
                "lightsourcesettings": garden.add("lightsettings", lightsource=laser),
                "lightpath": path,
            }
            images.append(garden.image(instrument=instrument))
            set_channel(garden, images[-1], settings)
        gone = run_delete(garden.lab, "ann", {"Image": images[:1]})
        assert {"DetectorSettings", "LightSettings", "LightPath", "LightPathEmissionFilterLink"} < set(gone)
        assert not {"Detector", "Laser", "Filter", "Dichroic", "Instrument"} & set(gone)
        assert {"Detector", "Laser", "Arc", "Filter"} < set(run_delete(garden.lab, "ann", {"Image": images[1:]}))
        assert garden.counts() == before

    def test_instrument_alone(self, garden: Garden) -> None:
        instrument = garden.add("instrument")
        garden.add("microscope", type=1)
        image = garden.bare_image(instrument=instrument)
        run_delete(garden.lab, "ann", {"Instrument": [instrument]})
        assert garden.lab.value("SELECT instrument FROM image WHERE id = :i", i=image) is None

    def test_shared_logical_channel(self, garden: Garden) -> None:
        one, two = garden.image(), garden.image()
        logical = garden.lab.value("SELECT logicalchannel FROM channel WHERE pixels = :p", p=garden.pixels_of(one))
        garden.lab.query("UPDATE channel SET logicalchannel = :l WHERE pixels = :p RETURNING id",
                         l=logical, p=garden.pixels_of(two))  # fmt: skip
        run_delete(garden.lab, "ann", {"Image": [one]})
        assert garden.there("logicalchannel", logical)
        run_delete(garden.lab, "ann", {"Image": [two]})
        assert not garden.there("logicalchannel", logical)


def set_channel(garden: Garden, image: int, values: dict[str, int]) -> None:
    assignments = ", ".join(f"{name} = :{name}" for name in values)
    garden.lab.query(
        f"UPDATE logicalchannel SET {assignments} FROM channel c"  # noqa: S608
        " WHERE c.logicalchannel = logicalchannel.id AND c.pixels = :p RETURNING c.id",
        p=garden.pixels_of(image), **values,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("group", "owner", "allowed"), [("RA", "ann", True), ("RA", "bob", False), ("RW", "bob", True)]
)
def test_projections_lose_their_source(lab: Lab, group: str, owner: str, allowed: bool) -> None:
    garden = Garden(lab, group)
    source, projection = garden.image(), garden.image(owner)
    garden.lab.query("UPDATE pixels SET relatedto = :s WHERE image = :i RETURNING id",
                     s=garden.pixels_of(source), i=projection)  # fmt: skip
    if allowed:
        run_delete(lab, "ann", {"Image": [source]})
        assert lab.value("SELECT relatedto FROM pixels WHERE image = :i", i=projection) is None
    else:
        message = refused(lab, "ann", {"Image": [source]})
        assert message.startswith(f"not permitted to update Pixels[{garden.pixels_of(projection)}]")


class TestFiles:
    def written(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"data")
        return path

    def test_files_on_disk_go_after_the_commit(self, garden: Garden) -> None:
        layout = Layout.of(garden.lab.config)
        image = garden.image()
        _, thumbnail = garden.view(image)
        attached = garden.file()
        garden.note("image", image, garden.annotation(FILE, file=attached))
        paths = [
            self.written(layout.pixels(garden.pixels_of(image))), self.written(layout.pyramid(garden.pixels_of(image))),
            self.written(layout.thumbnail(thumbnail)), self.written(layout.file(attached)),
        ]  # fmt: skip
        run_delete(garden.lab, "ann", {"Image": [image]}, dry_run=True)
        assert all(path.exists() for path in paths)
        run_delete(garden.lab, "ann", {"Image": [image]})
        assert not any(path.exists() for path in paths)
        assert not list(layout.removals.glob("*"))

    def test_failed_deletion_keeps_files(self, garden: Garden) -> None:
        layout = Layout.of(garden.lab.config)
        image = garden.image()
        garden.roi(image)
        path = self.written(layout.pixels(garden.pixels_of(image)))
        refused(garden.lab, "ann", {"Image": [image]}, ignore=["Roi"])
        assert path.exists()

    def test_folders_go_after_what_is_in_them(self, garden: Garden) -> None:
        made = [
            garden.file(path=path, name=name, mimetype=kind)
            for path, name, kind in (("/", "a", "Directory"), ("/a/", "b", "Directory"), ("/a/b/", "c", "text/plain"))
        ]
        garden.lab.query("UPDATE originalfile SET repo = NULL WHERE id = ANY(:ids) RETURNING id", ids=made)
        assert run_delete(garden.lab, "ann", {"OriginalFile": made}) == {"OriginalFile": made}


def test_as_many_statements_for_many_as_for_few(garden: Garden) -> None:
    counts = []
    for size in (2, 20):
        images = [garden.image() for _ in range(size)]
        tag = garden.annotation(TAG)
        for image in images:
            garden.note("image", image, tag)
            garden.view(image)
            garden.roi(image)
        garden.fileset(*images)
        dataset = garden.dataset(*images)
        with counted(garden.lab) as seen:
            run_delete(garden.lab, "ann", {"Dataset": [dataset]})
        counts.append(len(seen))
    assert counts[0] == counts[1] < 200


def test_plans_do_not_depend_on_the_order_of_rules(garden: Garden, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thicket of shared things is planned with the rules in many orders."""
    instrument = garden.add("instrument")
    objective = garden.add("objective", instrument=instrument, immersion=1, correction=1)
    images = []
    for _ in range(6):
        settings = garden.add("objectivesettings", objective=objective)
        images.append(garden.image(instrument=instrument, objectivesettings=settings))
    garden.fileset(*images[:2])
    garden.fileset(*images[2:4])
    datasets = [garden.dataset(*images[start : start + 3]) for start in (0, 2, 3)]
    notes = [garden.annotation(kind) for kind in (TAG, FILE, COMMENT, MAP)]
    for place, image in enumerate(images):
        garden.note("image", image, notes[place % 4], "bob" if place == 3 else None)
        garden.roi(image, "bob" if place % 2 else None)
    targets = [{"Dataset": datasets[:2]}, {"Dataset": datasets}, {"Dataset": datasets[1:], "Image": images[:2]}]
    expected = [run_delete(garden.lab, "ann", asked, dry_run=True) for asked in targets]
    assert "Instrument" in expected[1] and "Instrument" not in expected[0]
    kind = operation("delete")
    for seed in range(8):
        rules = list(kind.rules)
        random.Random(seed).shuffle(rules)
        monkeypatch.setattr("omero_server.graphs.change.operation", lambda name, r=rules: replace(kind, rules=tuple(r)))
        assert [run_delete(garden.lab, "ann", asked, dry_run=True) for asked in targets] == expected


def test_links_do_not_waive_what_they_tie(garden: Garden, monkeypatch: pytest.MonkeyPatch) -> None:
    """The link of another goes with the folder; his instrument below the image does not go without being asked for."""
    instrument = garden.add("instrument", "lea")
    image, folder = garden.image(instrument=instrument), garden.add("folder", name="f")
    garden.link("folderimagelink", folder, image, "bob")
    plate = garden.plate(image)
    well = garden.lab.value("SELECT id FROM well WHERE plate = :p", p=plate)
    kind = operation("delete")
    for seed in range(8):
        rules = list(kind.rules)
        random.Random(seed).shuffle(rules)
        monkeypatch.setattr("omero_server.graphs.change.operation", lambda name, r=rules: replace(kind, rules=tuple(r)))
        for targets in ({"Folder": [folder], "Well": [well]}, {"Well": [well], "Folder": [folder]}):
            message = refused(garden.lab, "ann", targets)
            assert message == f"not permitted to delete Instrument[{instrument}]"
