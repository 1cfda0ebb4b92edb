"""Administrators write to users, through a mail server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import omero
import omero.cmd
from omero.rtypes import rstring
from omero_server.commands.letters import send_email
from omero_server.commands.registry import CommandError
from omero_server.commands.running import execute
from omero_server.control.config import Config
from tests.support.garden import Steps
from tests.support.instance import Instance, fresh_root, running
from tests.support.lab import Lab
from tests.support.people import logged_in, make_group, make_user
from tests.support.requests import answer, refused
from tests.support.smtp import Mailbox, smtp_server


class House:
    """Ann, Bob and Cay, who is not active, are in a group; Dan has no usable address and is in none but "user"."""

    def __init__(self, server: Instance, root: Any, mailbox: Mailbox) -> None:
        self.server, self.root, self.mailbox = server, root, mailbox
        self.group, other = make_group(root, "rwra--"), make_group(root, "rw----")
        self.names = [make_user(root, group) for group in (self.group, self.group, self.group, other)]
        admin = root.getAdminService()
        for name, email in zip(self.names, ("ann@x.org", "bob@x.org", "cay@x.org", "nonsense"), strict=True):
            user = admin.lookupExperimenter(name)
            user.email = rstring(email)
            admin.updateExperimenter(user)
        self.ids = [admin.lookupExperimenter(name).id.val for name in self.names]
        admin.removeGroups(admin.lookupExperimenter(self.names[2]), [admin.lookupGroup("user")])

    def send(self, **given: Any) -> Any:
        self.mailbox.letters.clear()
        self.mailbox.refused.clear()
        return answer(self.root, letter(**given))

    def got(self) -> list[str]:
        """Who got a letter."""
        return sorted(address for _, recipients, _ in self.mailbox.letters for address in recipients)


def letter(**given: Any) -> Any:
    return omero.cmd.SendEmailRequest(**{"subject": "News", "body": "Hello", **given})


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with smtp_server() as mailbox, fresh_root() as path:
        mail = {"omero.mail.config": "true", "omero.mail.host": "127.0.0.1", "omero.mail.port": str(mailbox.port)}
        with running(path, properties=mail) as server, logged_in(server) as root:
            yield House(server, root, mailbox)


def test_to_users(house: House) -> None:
    response = house.send(userIds=house.ids)
    assert house.got() == ["ann@x.org", "bob@x.org"]
    assert (response.total, response.success) == (2, 2)
    assert (response.invalidusers, response.invalidemails) == ([house.ids[3]], [])
    (message,) = house.mailbox.to("ann@x.org")
    assert (message["Subject"], message["To"], str(message.get_payload()).strip()) == ("News", "ann@x.org", "Hello")
    assert message.get_content_type() == "text/plain"


def test_inactive_users(house: House) -> None:
    house.send(userIds=house.ids, inactive=True)
    assert house.got() == ["ann@x.org", "bob@x.org", "cay@x.org"]
    house.send(groupIds=[house.group.id.val])
    assert house.got() == ["ann@x.org", "bob@x.org"]
    house.send(groupIds=[house.group.id.val], userIds=[house.ids[2]])
    assert house.got() == ["ann@x.org", "bob@x.org", "cay@x.org"]


def test_to_everyone_and_others(house: House) -> None:
    response = house.send(everyone=True, extra=["eve@y.org", "ann@x.org", "no address"], html=True, body="<p>Hi</p>")
    assert house.got() == ["ann@x.org", "bob@x.org", "eve@y.org"]
    assert house.ids[3] in response.invalidusers and response.invalidemails == ["no address"]
    assert house.mailbox.letters[0][2].get_content_type() == "text/html"
    house.send(extra=["eve@y.org"])
    assert house.got() == ["eve@y.org"]


def test_many_letters(house: House) -> None:
    response = house.send(extra=[f"user{number}@y.org" for number in range(45)])
    assert (response.total, response.success, len(house.mailbox.letters)) == (45, 45, 45)


def test_addresses_that_do_not_work(house: House) -> None:
    house.mailbox.letters.clear()
    house.mailbox.refused.add("ann@x.org")
    response = answer(house.root, letter(userIds=house.ids[:2]))
    assert response.invalidemails == ["ann@x.org"] and (response.total, response.success) == (2, 2)
    assert house.got() == ["bob@x.org"]
    house.mailbox.refused.clear()
    house.mailbox.deaf = True
    try:
        response = answer(house.root, letter(userIds=house.ids[:2]))
    finally:
        house.mailbox.deaf = False
    assert response.invalidemails == ["ann@x.org", "bob@x.org"]


@pytest.mark.parametrize(
    ("given", "code"),
    [({}, "no-body"), ({"everyone": True, "subject": " "}, "no-subject"), ({"everyone": True, "body": ""}, "no-body")],
)
def test_refused(house: House, given: dict[str, Any], code: str) -> None:
    assert refused(house.root, letter(**given)) == code
    assert not house.send(extra=["not an address"]).total and not house.mailbox.letters


def test_only_administrators_write(house: House) -> None:
    for name in (house.names[0], "guest"):
        with logged_in(house.server, name, "guest" if name == "guest" else None) as session:
            code = "guest-restriction" if name == "guest" else "no-permissions"
            assert refused(session, letter(everyone=True)) == code


def test_no_sender(lab: Lab) -> None:
    lab.engine.config = Config(lab.config.instance, {"omero.mail.from": " "})
    with lab.call("root", None) as call, pytest.raises(CommandError) as caught:
        execute(send_email, call, letter(everyone=True), Steps())
    assert caught.value.name == "no-sender"
