"""IShare through Ice: making shares, who is in them, what is in them, comments, mail."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import create_engine, text

import omero
import omero.model
from omero.rtypes import rlong, rstring, rtime
from omero.sys import ParametersI
from tests.support.actors import image as plain_image
from tests.support.actors import joined, link, named
from tests.support.instance import Instance, fresh_root, running
from tests.support.people import logged_in, make_group, make_user
from tests.support.shown import shown_image
from tests.support.smtp import Mailbox, smtp_server

UNKNOWN = 987_654
NAMESPACE = "ome.share.comment/"


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with smtp_server() as box:
        yield box


@pytest.fixture(scope="module")
def server(mailbox: Mailbox) -> Iterator[Instance]:
    """A server that sends mail."""
    properties = {"omero.mail.config": "true", "omero.mail.host": "127.0.0.1", "omero.mail.port": str(mailbox.port),
                  "omero.mail.from": "omero@example.org"}  # fmt: skip
    with fresh_root() as root, running(root, properties=properties) as server:
        yield server


class Scene:
    """ann and bob share a read-only group; eve is elsewhere; root and guest are who they are."""

    def __init__(self, server: Instance, stack: ExitStack) -> None:
        self.root = stack.enter_context(logged_in(server))
        group = make_group(self.root, "rwr---")
        self.names = {"ann": make_user(self.root, group), "bob": make_user(self.root, group)}
        self.names["eve"] = make_user(self.root, make_group(self.root, "rwr---"))
        self.sessions = {name: stack.enter_context(logged_in(server, user)) for name, user in self.names.items()}
        self.users = {n: s.getAdminService().getEventContext().userId for n, s in self.sessions.items()}
        self.sessions["root"] = self.root
        update = self.sessions["ann"].getUpdateService()
        self.image = update.saveAndReturnObject(plain_image()).id.val
        self.hidden = self.sessions["eve"].getUpdateService().saveAndReturnObject(plain_image()).id.val
        self.server = server

    def shares(self, who: str) -> Any:
        return self.sessions[who].getShareService()

    def user(self, name: str) -> Any:
        return link("Experimenter", self.users[name])

    def share(self, *members: str, **given: Any) -> int:
        """A share of ann's."""
        values = {"description": "d", "expiration": None, "items": [link("Image", self.image)], "guests": [],
                  "enabled": True} | given  # fmt: skip
        people = [self.user(name) for name in members]
        return int(
            self.shares("ann").createShare(
                values["description"], values["expiration"], values["items"], people, values["guests"],
                values["enabled"],
            )
        )  # fmt: skip

    def rows(self, sql: str, **values: Any) -> list[Any]:
        engine = create_engine(self.server.uri.replace("postgresql://", "postgresql+psycopg2://"))
        try:
            with engine.connect() as db:
                return list(db.execute(text(sql), values))
        finally:
            engine.dispose()


@pytest.fixture(scope="module")
def scene(server: Instance) -> Iterator[Scene]:
    with ExitStack() as stack:
        yield Scene(server, stack)


def keys(objects: list[Any]) -> list[tuple[str, int]]:
    assert not any(o.isLoaded() for o in objects)
    return [(type(o).__name__.removesuffix("I"), o.id.val) for o in objects]


def listed(shares: list[Any]) -> set[int]:
    return {share.id.val for share in shares}


def soon(milliseconds: float) -> Any:
    return rtime(int(time.time() * 1000 + milliseconds))


class TestMaking:
    def test_rows(self, scene: Scene) -> None:
        share = scene.share("bob", description="some", expiration=soon(60_000))
        ((owner, message, event_type, lives, idle, closed, active, count, group),) = scene.rows(
            'SELECT owner, message, defaulteventtype, timetolive, timetoidle, closed, active, itemcount, "group" '
            "FROM share JOIN session ON session.id = session_id WHERE session_id = :id",
            id=share,
        )
        context = scene.sessions["ann"].getAdminService().getEventContext()
        assert (owner, message, event_type, group) == (scene.users["ann"], "some", "SHARE", context.groupId)
        assert (idle, closed, active, count) == (0, None, True, 1)
        assert 50_000 < lives <= 60_000
        assert scene.rows("SELECT child FROM sharemember WHERE parent = :id", id=share) == [(scene.users["bob"],)]
        logs = scene.rows("SELECT action, entitytype FROM eventlog WHERE entityid = :id", id=share)
        assert ("INSERT", "ome.model.meta.Share") in logs

    def test_object(self, scene: Scene) -> None:
        share = scene.share("bob", description="some")
        for who in ("ann", "bob", "root"):
            found = scene.shares(who).getShare(share)
            assert found.isLoaded()
            assert (found.message.val, found.active.val, found.itemCount.val) == ("some", True, 1)
            assert (found.owner.id.val, found.timeToLive.val) == (scene.users["ann"], 0)
            assert found.owner.omeName.val == scene.names["ann"]
        assert scene.shares("eve").getShare(share) is None
        assert scene.shares("root").getShare(UNKNOWN) is None
        assert scene.shares("ann").getShare(scene.sessions["ann"].getAdminService().getEventContext().sessionId) is None

    def test_by_uuid(self, scene: Scene) -> None:
        share = scene.share("bob")
        key = scene.shares("bob").getShare(share).uuid.val
        sessions = {who: scene.sessions[who].getSessionService() for who in ("bob", "eve")}
        assert sessions["bob"].getSession(key).id.val == share
        with pytest.raises(omero.RemovedSessionException):
            sessions["eve"].getSession(key)
        scene.shares("ann").setActive(share, False)
        with pytest.raises(omero.SecurityViolation):
            sessions["bob"].getSession(key)

    def test_past_expiration(self, scene: Scene) -> None:
        with pytest.raises(omero.ApiUsageException):
            scene.share(expiration=soon(-1000))
        with pytest.raises(omero.ApiUsageException):
            scene.shares("ann").setExpiration(scene.share(), soon(-1000))

    def test_an_expiration_beyond_the_calendar(self, scene: Scene) -> None:
        share = scene.share("bob", expiration=rtime(2**62))
        assert share in listed(scene.shares("bob").getMemberShares(True))
        scene.shares("bob").activate(share)
        scene.shares("bob").deactivate()

    def test_expiry(self, scene: Scene) -> None:
        share = scene.share("bob", expiration=soon(1200))
        scene.shares("bob").activate(share)
        scene.shares("bob").deactivate()
        time.sleep(1.5)
        with pytest.raises(omero.ValidationException):
            scene.shares("bob").activate(share)
        with pytest.raises(omero.SecurityViolation):
            scene.sessions["bob"].getQueryService().findAll("Image", None, {"omero.share": str(share)})
        assert share not in listed(scene.shares("bob").getMemberShares(True))
        assert share in listed(scene.shares("bob").getMemberShares(False))
        scene.shares("ann").setExpiration(share, soon(60_000))
        assert share in listed(scene.shares("bob").getMemberShares(True))
        scene.shares("ann").setExpiration(share, None)
        assert scene.shares("ann").getShare(share).timeToLive.val == 0

    def test_items_must_be_readable(self, scene: Scene) -> None:
        for refused, error in ((link("Image", scene.hidden), omero.SecurityViolation),
                               (link("Image", UNKNOWN), omero.ValidationException),
                               (plain_image(), omero.ApiUsageException)):  # fmt: skip
            with pytest.raises(error):
                scene.share(items=[refused])
            with pytest.raises(error):
                scene.shares("ann").addObject(scene.share(), refused)

    def test_unknown_members(self, scene: Scene) -> None:
        with pytest.raises(omero.ValidationException):
            scene.shares("ann").createShare("", None, [], [link("Experimenter", UNKNOWN)], [], True)
        with pytest.raises(omero.ValidationException):
            scene.shares("ann").addUser(scene.share(), link("Experimenter", UNKNOWN))

    def test_nothing_given(self, scene: Scene) -> None:
        share = scene.shares("ann").createShare("", None, None, None, None, False)
        assert scene.shares("ann").getContentSize(share) == 0
        assert scene.shares("ann").getShare(share).active.val is False

    def test_shares_outlive_the_sessions_of_a_server(self, scene: Scene) -> None:
        share = scene.share("bob")
        with logged_in(scene.server, scene.names["ann"]):
            pass
        assert scene.rows("SELECT closed FROM session WHERE id = :id", id=share) == [(None,)]


class TestLists:
    def test_own_and_others(self, scene: Scene) -> None:
        share, off = scene.share("bob"), scene.share("bob", enabled=False)
        ann, bob, eve, root = (scene.shares(who) for who in ("ann", "bob", "eve", "root"))
        assert {share, off} <= listed(ann.getOwnShares(False))
        assert off not in listed(ann.getOwnShares(True))
        assert share in listed(ann.getOwnShares(True))
        assert not {share, off} & listed(ann.getMemberShares(False))
        assert {share, off} <= listed(bob.getMemberShares(False))
        assert not {share, off} & listed(bob.getOwnShares(False))
        assert share in listed(bob.getSharesOwnedBy(scene.user("ann"), True))
        assert off not in listed(bob.getSharesOwnedBy(scene.user("ann"), True))
        assert share in listed(ann.getMemberSharesFor(scene.user("bob"), True))
        assert listed(eve.getSharesOwnedBy(scene.user("ann"), False)) == set()
        assert listed(eve.getMemberSharesFor(scene.user("bob"), False)) == set()
        assert {share, off} <= listed(root.getSharesOwnedBy(scene.user("ann"), False))

    def test_users_without_an_id(self, scene: Scene) -> None:
        for operation in (scene.shares("ann").getSharesOwnedBy, scene.shares("ann").getMemberSharesFor):
            with pytest.raises(omero.ApiUsageException):
                operation(None, True)
            with pytest.raises(omero.ApiUsageException):
                operation(omero.model.ExperimenterI(), True)

    def test_counts(self, scene: Scene) -> None:
        one, two = scene.share("bob"), scene.share("bob", "eve")
        service = scene.shares("bob")
        assert service.getMemberCount([one, two]) == {one: 1, two: 2}
        assert service.getCommentCount([one, two]) == {one: 0, two: 0}
        service.addComment(two, "a")
        assert scene.shares("eve").getCommentCount([two]) == {two: 1}
        for count in (service.getMemberCount, service.getCommentCount):
            with pytest.raises(omero.ApiUsageException):
                count([])
            with pytest.raises(omero.ValidationException):
                count([one, UNKNOWN])


class TestChanging:
    def test_settings(self, scene: Scene) -> None:
        share, service = scene.share("bob"), scene.shares("ann")
        service.setDescription(share, "another")
        service.setActive(share, False)
        found = scene.shares("bob").getShare(share)
        assert (found.message.val, found.active.val) == ("another", False)
        scene.shares("root").setActive(share, True)
        assert scene.shares("bob").getShare(share).active.val is True

    def test_closing(self, scene: Scene) -> None:
        share = scene.share("bob")
        scene.shares("ann").closeShare(share)
        found = scene.shares("bob").getShare(share)
        assert found.closed is not None and found.closed.val > 0
        assert share not in listed(scene.shares("ann").getOwnShares(True))
        with pytest.raises(omero.ValidationException):
            scene.shares("bob").activate(share)

    @pytest.mark.parametrize("who", ["bob", "eve"])
    def test_only_owners_and_administrators(self, scene: Scene, who: str) -> None:
        share, service, image = scene.share("bob"), scene.shares(who), link("Image", scene.image)
        attempts = {
            "setDescription": ("x",), "setExpiration": (None,), "setActive": (False,), "closeShare": (),
            "addObjects": ([image],), "addObject": (image,), "removeObjects": ([image],), "removeObject": (image,),
            "addUsers": ([scene.user("eve")],), "addUser": (scene.user("eve"),),
            "removeUsers": ([scene.user("bob")],), "removeUser": (scene.user("bob"),),
            "addGuests": (["a@b.org"],), "addGuest": ("a@b.org",),
            "removeGuests": (["a@b.org"],), "removeGuest": ("a@b.org",),
        }  # fmt: skip
        for operation, arguments in attempts.items():
            with pytest.raises(omero.ValidationException):
                getattr(service, operation)(share, *arguments)
        assert scene.shares("ann").getMemberCount([share]) == {share: 1}
        assert keys(scene.shares("ann").getContents(share)) == [("Image", scene.image)]

    def test_strangers_see_nothing(self, scene: Scene) -> None:
        share = scene.share("bob")
        for operation in ("getContents", "getContentSize", "getContentMap", "getComments", "getAllMembers",
                          "getAllGuests", "getAllUsers"):  # fmt: skip
            with pytest.raises(omero.ValidationException):
                getattr(scene.shares("eve"), operation)(share)
            with pytest.raises(omero.ValidationException):
                getattr(scene.shares("root"), operation)(UNKNOWN)
        with pytest.raises(omero.ValidationException):
            scene.shares("eve").addComment(share, "!")

    def test_unsupported(self, scene: Scene) -> None:
        share, service = scene.share(), scene.shares("ann")
        for operation, arguments in {
            "getActiveConnections": (share,), "getPastConnections": (share,),
            "invalidateConnection": (share, scene.user("bob")), "getEvents": (share, scene.user("bob"), None, None),
            "addReply": (share, "x", omero.model.CommentAnnotationI()),
        }.items():  # fmt: skip
            with pytest.raises(omero.InternalException, match="unsupported"):
                getattr(service, operation)(*arguments)

    def test_guests_are_kept_out(self, scene: Scene) -> None:
        with logged_in(scene.server, "guest", "guest") as guest, pytest.raises(omero.SecurityViolation):
            guest.getShareService()


class TestContents:
    def test_lists(self, scene: Scene) -> None:
        update = scene.sessions["ann"].getUpdateService()
        images = [update.saveAndReturnObject(plain_image()).proxy() for _ in range(4)]
        dataset = update.saveAndReturnObject(named("Dataset")).proxy()
        share = scene.share("bob", items=[*images, dataset, images[0]])
        service, expected = scene.shares("bob"), [*(("Image", i.id.val) for i in images), ("Dataset", dataset.id.val)]
        assert keys(service.getContents(share)) == expected
        assert service.getContentSize(share) == 5
        assert service.getContentMap(share) == {
            "ome.model.core.Image": [i.id.val for i in images], "ome.model.containers.Dataset": [dataset.id.val],
        }  # fmt: skip
        assert keys(service.getContentSubList(share, 1, 3)) == expected[1:3]
        assert keys(service.getContentSubList(share, 0, 5)) == expected
        assert service.getContentSubList(share, 2, 2) == []
        for start, finish in ((-1, 2), (3, 2), (0, 6)):
            with pytest.raises(omero.ApiUsageException):
                service.getContentSubList(share, start, finish)

    def test_adding_brings_the_parts(self, scene: Scene) -> None:
        shown = scene.sessions["ann"].getUpdateService().saveAndReturnObject(shown_image("n"))
        share, service = scene.share(items=[]), scene.shares("ann")
        service.addObject(share, shown.proxy())
        service.addObject(share, shown.proxy())
        contents = keys(service.getContents(share))
        assert contents[0] == ("Image", shown.id.val)
        assert len(contents) == len(set(contents))
        assert {"Pixels", "Channel", "LogicalChannel", "RenderingDef", "QuantumDef", "Thumbnail", "Laser",
                "OriginalFile", "Objective", "ReverseIntensityContext"} <= {name for name, _ in contents}  # fmt: skip
        assert service.getShare(share).itemCount.val == len(contents)

    def test_adding_containers_brings_their_images(self, scene: Scene) -> None:
        update = scene.sessions["ann"].getUpdateService()
        project, dataset = (update.saveAndReturnObject(named(cls)) for cls in ("Project", "Dataset"))
        update.saveObject(joined("ProjectDatasetLink", project, dataset))
        update.saveObject(joined("DatasetImageLink", dataset, link("Image", scene.image)))
        share = scene.share(items=[])
        scene.shares("ann").addObjects(share, [project.proxy()])
        contents = keys(scene.shares("ann").getContents(share))
        assert {("Project", project.id.val), ("Dataset", dataset.id.val), ("Image", scene.image)} <= set(contents)

    def test_removing_takes_just_what_is_listed(self, scene: Scene) -> None:
        share, service = scene.share(items=[]), scene.shares("ann")
        service.addObject(share, link("Image", scene.image))
        before = keys(service.getContents(share))
        service.removeObject(share, link("Image", scene.image))
        assert keys(service.getContents(share)) == before[1:]
        service.removeObjects(share, [link(*item) for item in before])
        assert service.getContentSize(share) == 0

    def test_nothing_given(self, scene: Scene) -> None:
        for operation in (scene.shares("ann").addObjects, scene.shares("ann").removeObjects):
            with pytest.raises(omero.ApiUsageException):
                operation(scene.share(), [None])

    def test_contents_of_other_servers(self, scene: Scene) -> None:
        share, broken = scene.share("bob"), scene.share("bob")
        engine = create_engine(scene.server.uri.replace("postgresql://", "postgresql+psycopg2://"))
        with engine.begin() as db:
            db.execute(text("UPDATE share SET data = '' WHERE session_id = :id"), {"id": share})
            db.execute(text("UPDATE share SET data = 'another form' WHERE session_id = :id"), {"id": broken})
        engine.dispose()
        for damaged in (share, broken):
            assert scene.shares("bob").getShare(damaged) is not None
            with pytest.raises(omero.ValidationException):
                scene.shares("bob").getContents(damaged)
            with pytest.raises(omero.ValidationException):
                scene.shares("bob").activate(damaged)


class TestPeople:
    def test_members(self, scene: Scene) -> None:
        share, service = scene.share("bob"), scene.shares("ann")
        service.addUsers(share, [scene.user("eve"), scene.user("bob")])
        assert {m.id.val for m in service.getAllMembers(share)} == {scene.users["bob"], scene.users["eve"]}
        assert scene.shares("eve").getContentSize(share) == 1
        service.removeUser(share, scene.user("bob"))
        service.removeUsers(share, [scene.user("bob")])
        assert service.getMemberCount([share]) == {share: 1}
        assert scene.shares("bob").getShare(share) is None

    def test_names(self, scene: Scene) -> None:
        share = scene.share("bob", "eve", guests=["gil@example.org"])
        assert set(scene.shares("root").getAllUsers(share)) == {
            scene.names["bob"], scene.names["eve"], "gil@example.org",
        }  # fmt: skip
        # Names of people with whom one shares no group are hidden here as everywhere.
        assert set(scene.shares("ann").getAllUsers(share)) == {scene.names["bob"], "<hidden>", "gil@example.org"}

    def test_guests(self, scene: Scene) -> None:
        share, service = scene.share(guests=["a@example.org"]), scene.shares("ann")
        service.addGuests(share, ["b@example.org", "a@example.org"])
        service.addGuest(share, "c@example.org")
        assert service.getAllGuests(share) == ["a@example.org", "b@example.org", "c@example.org"]
        service.removeGuests(share, ["a@example.org", "x@example.org"])
        service.removeGuest(share, "b@example.org")
        assert service.getAllGuests(share) == ["c@example.org"]


class TestComments:
    def test_adding_and_reading(self, scene: Scene) -> None:
        share = scene.share("bob", "eve")
        made = [scene.shares(who).addComment(share, f"by {who}") for who in ("ann", "eve", "root")]
        assert isinstance(made[0], omero.model.CommentAnnotation)
        assert (made[1].ns.val, made[1].textValue.val) == (NAMESPACE, "by eve")
        assert made[1].details.owner.id.val == scene.users["eve"]
        found = scene.shares("bob").getComments(share)
        assert [c.id.val for c in found] == [c.id.val for c in made]
        assert found[0].details.creationEvent.time.val > 0
        rows = scene.rows("SELECT child FROM sessionannotationlink WHERE parent = :id ORDER BY child", id=share)
        assert [row[0] for row in rows] == [c.id.val for c in made]

    def test_other_annotations_are_no_comments(self, scene: Scene) -> None:
        share = scene.share()
        note = omero.model.SessionAnnotationLinkI()
        note.parent, note.child = omero.model.SessionI(share, False), omero.model.CommentAnnotationI()
        note.child.textValue = rstring("another")
        saved = scene.sessions["ann"].getUpdateService().saveAndReturnObject(note)
        assert scene.shares("ann").getComments(share) == []
        assert scene.shares("ann").getCommentCount([share]) == {share: 0}
        with pytest.raises(omero.ValidationException):
            scene.shares("ann").deleteComment(saved.child)

    def test_deleting(self, scene: Scene) -> None:
        share = scene.share("bob", "eve")
        by_bob, by_eve, by_ann = (scene.shares(who).addComment(share, "!") for who in ("bob", "eve", "ann"))
        with pytest.raises(omero.SecurityViolation):
            scene.shares("eve").deleteComment(by_bob)
        scene.shares("bob").deleteComment(by_bob)  # the author
        scene.shares("ann").deleteComment(by_eve)  # the owner of the share
        scene.shares("root").deleteComment(by_ann)
        assert scene.shares("ann").getComments(share) == []
        assert scene.rows("SELECT id FROM sessionannotationlink WHERE parent = :id", id=share) == []
        with pytest.raises(omero.ValidationException):
            scene.shares("bob").deleteComment(by_bob)
        with pytest.raises(omero.ApiUsageException):
            scene.shares("bob").deleteComment(omero.model.CommentAnnotationI())


class TestMail:
    def test_members_are_told(self, scene: Scene, mailbox: Mailbox) -> None:
        share = scene.share("bob", "eve", guests=["gil@example.org"])
        admin = scene.root.getAdminService()
        bob = admin.getExperimenter(scene.users["bob"])
        bob.email = rstring("bob@example.org")
        admin.updateExperimenter(bob)
        mailbox.letters.clear()
        scene.shares("ann").notifyMembersOfShare(share, "Look", "<p>here</p>", True)
        ((sender, recipients, letter),) = mailbox.letters
        assert (sender, recipients, letter["Subject"]) == ("omero@example.org", ["bob@example.org"], "Look")
        assert letter.get_content_type() == "text/html"

    def test_not_everybody_may_write(self, scene: Scene, mailbox: Mailbox) -> None:
        share = scene.share("bob")
        mailbox.letters.clear()
        with pytest.raises(omero.ValidationException):
            scene.shares("eve").notifyMembersOfShare(share, "s", "m", False)
        with pytest.raises(omero.ApiUsageException):
            scene.shares("ann").notifyMembersOfShare(share, "", "m", False)
        assert mailbox.letters == []

    def test_servers_without_mail_say_so(self, instance: Instance) -> None:
        with logged_in(instance) as root:
            service = root.getShareService()
            share = service.createShare("", None, [], [], [], True)
            with pytest.raises(omero.ResourceError, match=r"omero\.mail\.config"):
                service.notifyMembersOfShare(share, "s", "m", False)


def test_a_share_is_found_like_a_session_by_its_owner(scene: Scene) -> None:
    share = scene.share("bob")
    query, params = "select s from Share s where s.id = :id", ParametersI().addId(share)
    found = scene.sessions["ann"].getQueryService().findByQuery(query, params)
    assert found is not None and not found.isLoaded()
    assert scene.sessions["bob"].getQueryService().findByQuery(query, params) is None
    members = "select m.child.id from ShareMember m where m.parent.id = :id"
    rows = scene.sessions["ann"].getQueryService().projection(members, params)
    assert rows == [[rlong(scene.users["bob"])]]
