"""omero.testlib, as test suites of other packages use it: by classes that extend its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from omero.sys import ParametersI
from omero.testlib import PFS, AbstractRepoTest, ITest
from omero.testlib.cli import CLITest, GroupFixtures, RootCLITest, get_group_ids, get_user_ids
from omero.testlib.script import points_to_string
from tests.support.instance import Instance


@pytest.fixture(scope="module", autouse=True)
def ice_config(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("testlib")
    file = folder / "ice.config"
    lines = (f"omero.host={instance.host}", f"omero.port={instance.ports.ssl}")
    file.write_text("\n".join([*lines, f"omero.rootpass={instance.root_password}"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ICE_CONFIG", str(file))
        patch.setenv("OMERO_USERDIR", str(folder))
        yield


class TestObjects(ITest):
    DEFAULT_PERMS = "rwra--"

    def test_a_user_in_a_group_of_these_permissions(self) -> None:
        assert self.ctx.userName == self.user.omeName.val
        assert self.ctx.groupId == self.group.id.val
        assert self.ctx.groupPermissions.isGroupAnnotate() and not self.ctx.groupPermissions.isGroupWrite()

    def test_objects_and_links(self) -> None:
        project, dataset, image, tag = self.make_project(), self.make_dataset(), self.make_image(), self.make_tag()
        for parent, child in ((project, dataset), (dataset, image), (image, tag)):
            assert self.link(parent, child).child.id.val == child.id.val
        file = self.make_file_annotation(binary=b"abc", mimetype="text/plain", namespace="n").file
        assert self.query.get("OriginalFile", file.id.val).size.val == 3
        assert [made.name.val for made in self.create_datasets(2, "base")] == ["base0", "base1"]
        self.delete([project])
        assert self.query.find("Project", project.id.val) is None
        self.index(image)

    def test_people_and_groups(self) -> None:
        group = self.new_group(perms="rw----")
        owner, user = self.new_client_and_user(group=group, owner=True)
        context = owner.sf.getAdminService().getEventContext()
        assert (context.groupId, list(context.leaderOfGroups)) == (group.id.val, [group.id.val])
        assert self.new_client(system=True).sf.getAdminService().getEventContext().isAdmin
        sudoer = self.new_client(privileges=["Sudo"])
        assert sudoer.sf.getAdminService().getEventContext().adminPrivileges == ["Sudo"]
        self.add_experimenters(group, [self.user])
        mine = self.new_client(user=self.user)
        dataset = self.make_dataset(client=mine)
        self.change_group(dataset, group.id.val, mine)
        assert self.set_context(mine, group.id.val).groupId == group.id.val
        assert mine.sf.getQueryService().get("Dataset", dataset.id.val).details.group.id.val == group.id.val
        self.change_permissions(group.id.val, "rwr---", owner)
        self.remove_experimenters(group, [self.user])
        self.login_attempt(user.omeName.val, 60, pw=user.omeName.val, less=True)

    def test_images(self) -> None:
        images = self.import_fake_file(2, sizeX=20)
        assert len(images) == 2
        assert len(self.get_fileset(images).copyImages()) == 2
        dataset = self.make_dataset()
        pixels = self.import_image(extra_args=["-d", str(dataset.id.val)])
        query = "select p from Pixels p join p.image.datasetLinks l where l.parent.id = :id"
        found = self.query.findAllByQuery(query, ParametersI().addId(dataset.id.val))
        assert [str(each.id.val) for each in found] == pixels
        plates = self.import_plates(plate_cols=2, plate_rows=2, fields=2)
        query = "select w from Well w where w.plate.id = :id"
        wells = self.query.findAllByQuery(query, ParametersI().addId(plates[0].id.val))
        assert len(plates) == 1 and len(wells) == 4

    def test_images_of_numbers(self) -> None:
        made = self.create_test_image(10, 12, 2, 2, 1, name="numbers").getPrimaryPixels()
        assert [made.sizeX.val, made.sizeY.val, made.sizeZ.val, made.sizeC.val] == [10, 12, 2, 2]
        pixels = self.create_pixels(x=4, y=3, z=1, c=1, t=2, pixels_type="uint16")
        store = self.sf.createRawPixelsStore()
        self.write(pixels, store, "uint16")
        assert store.getPlane(0, 0, 1) == b"\x00\x05" * 12
        store.close()


class TestCommands(CLITest):
    def test_arguments(self) -> None:
        _project, dataset, _image = self.simpleHierarchy()
        for fixture in GroupFixtures[2:]:
            self.cli.invoke(["group", "info", *fixture.get_arguments(self.group), *self.args], strict=True)
        self.cli.invoke([*["obj", "get", f"Dataset:{dataset.id.val}"], *self.args], strict=True)
        assert self.query.get("Project", self.create_object("Project", "mine")).name.val == "mine"


class TestCommandsOfRoot(RootCLITest):
    def test_tables(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.cli.invoke(["user", "list", "--sort-by-login", *self.args], strict=True)
        assert self.user.id.val in get_user_ids(capsys.readouterr()[0], "login")
        self.cli.invoke(["group", "list", "--sort-by-id", *self.args], strict=True)
        assert self.group.id.val in get_group_ids(capsys.readouterr()[0], "id")


class TestFiles(AbstractRepoTest):
    def test_who_may_what(self) -> None:
        mine, name = self.get_managed_repo(), f"{self.unique_dir}/a.txt"
        file = self.create_file(mine, name)
        self.assert_read(mine, name, file)
        self.assert_listings(mine, self.unique_dir)
        self.assert_dir_write(mine, self.unique_dir)
        other = self.get_managed_repo(self.new_client(self.group))
        self.assert_no_read(other, name, file)
        self.assert_no_write(other, name, file)
        self.assert_no_dir_write(other, self.unique_dir)
        self.assert_write(mine, name, file)

    def test_import(self) -> None:
        _handle, response = self.full_import(self.client)
        assert len(response.pixels) == 1


def test_who_may_do_what_with_objects_of_others() -> None:
    """As the official library has them."""
    found = {fixture.get_name(): fixture for fixture in PFS}
    assert len(found) == 36
    private, open_ = found["rw-----member-admin"], found["rwrw---member-member"]
    assert (private.canRead, private.canAnnotate, private.canDelete, private.canLink) == (True, False, True, False)
    assert (open_.canEdit, open_.canLink, open_.canChgrp, open_.canChown) == (True, True, False, False)
    assert points_to_string([(1, 2), (3.5, 4)]) == "points[1,2, 3.5,4] points1[1,2, 3.5,4] points2[1,2, 3.5,4]"
