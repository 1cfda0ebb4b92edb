"""Mail through a real SMTP server on this machine."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

import omero
from omero_server.control.config import Config
from omero_server.control.instance import Instance
from omero_server.mail import Mailer, is_address
from tests.support.instance import free_ports
from tests.support.smtp import Mailbox, smtp_server


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with smtp_server() as box:
        yield box


def mailer(box: Mailbox, folder: Path, **further: str) -> Mailer:
    values = {"config": "true", "host": "127.0.0.1", "port": str(box.port), "from": "omero@example.org"} | further
    named = {f"omero.mail.{name.replace('__', '.')}": value for name, value in values.items()}
    return Mailer(Config(Instance(folder), named))


def test_each_gets_a_letter_of_their_own(box: Mailbox, tmp_path: Path) -> None:
    refused = mailer(box, tmp_path).send(
        ["ann@example.org", "bob@example.org", "ann@example.org"], "Hällo", "Grüße\n.\n"
    )
    assert refused == []
    assert [recipients for _, recipients, _ in box.letters] == [["ann@example.org"], ["bob@example.org"]]
    (letter,) = box.to("bob@example.org")
    assert (letter["From"], letter["To"], letter["Subject"]) == ("omero@example.org", "bob@example.org", "Hällo")
    assert letter["Date"] and letter["Message-ID"].endswith("@example.org>")
    assert (letter.get_content_type(), letter.get_content().replace("\r\n", "\n")) == ("text/plain", "Grüße\n.\n")


def test_html(box: Mailbox, tmp_path: Path) -> None:
    mailer(box, tmp_path).send(["ann@example.org"], "s", "<b>b</b>", html=True)
    (letter,) = box.to("ann@example.org")
    assert (letter.get_content_type(), letter.get_content().strip()) == ("text/html", "<b>b</b>")


def test_addresses_that_are_refused(box: Mailbox, tmp_path: Path) -> None:
    box.refused.add("gone@example.org")
    recipients = ["gone@example.org", "no address", "ann@example.org", "a@b\r\nBcc: eve@example.org"]
    refused = mailer(box, tmp_path).send(recipients, "s", "b")
    assert sorted(refused) == sorted(set(recipients) - {"ann@example.org"})
    assert len(box.letters) == 1


def test_login(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with smtp_server(Mailbox(login=("me", "tell nobody"))) as box:
        mailer(box, tmp_path, smtp__auth="true", username="me", password="tell nobody").send(["a@b.org"], "s", "b")
        assert len(box.letters) == 1
        with caplog.at_level(logging.DEBUG), pytest.raises(omero.ResourceError) as caught:
            mailer(box, tmp_path, smtp__auth="true", username="me", password="wrong one").send(["a@b.org"], "s", "b")
    assert "omero.mail" in caught.value.message
    assert "wrong one" not in caught.value.message + caplog.text


def test_no_server(tmp_path: Path) -> None:
    with pytest.raises(omero.ResourceError, match=r"127\.0\.0\.1"):
        mailer(Mailbox(port=free_ports(1)[0]), tmp_path).send(["a@b.org"], "s", "b")
    with smtp_server(Mailbox(deaf=True)) as box, pytest.raises(omero.ResourceError):
        mailer(box, tmp_path).send(["a@b.org"], "s", "b")


def test_tls_is_insisted_upon(box: Mailbox, tmp_path: Path) -> None:
    for further in ({"smtp__starttls__enable": "true"}, {"transport__protocol": "smtps"}):
        with pytest.raises(omero.ResourceError):
            mailer(box, tmp_path, **further).send(["a@b.org"], "s", "b")
    assert box.letters == []


def test_switched_off(box: Mailbox, tmp_path: Path) -> None:
    off = mailer(box, tmp_path, config="false")
    assert not off.enabled
    with pytest.raises(omero.ResourceError, match=r"omero\.mail\.config"):
        off.send(["a@b.org"], "s", "b")


def test_a_subject_is_one_line(box: Mailbox, tmp_path: Path) -> None:
    with pytest.raises(omero.ApiUsageException):
        mailer(box, tmp_path).send(["a@b.org"], "s\r\nBcc: eve@example.org", "b")
    assert box.letters == []


def test_nobody_to_write_to(tmp_path: Path) -> None:
    assert mailer(Mailbox(), tmp_path).send([], "s", "b") == []


@pytest.mark.parametrize(
    ("text", "good"),
    [("ann@example.org", True), ("a.b+c@localhost", True), ("", False), (None, False), ("ann", False),
     ("a@b c", False), ("a@b,c@d", False), ("<a@b>", False), ("a@b\n", False), ("@b", False), ("ü@b.org", False)],
)  # fmt: skip
def test_addresses(text: str | None, good: bool) -> None:
    assert is_address(text) is good
