"""IAdmin.reportForgottenPassword, with a mail server."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

import omero
import omero.cmd
from omero.rtypes import rstring
from omero_server.security.forgotten import ForgottenError, mail_new_password
from omero_server.security.providers.base import Work
from omero_server.services.admin.passwords import AdminPasswords
from tests.support.doors import Door
from tests.support.instance import fresh_root, running
from tests.support.lab import Lab, open_lab
from tests.support.people import logged_in, make_group, make_user
from tests.support.smtp import Mailbox, smtp_server


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with fresh_root() as root, open_lab(root) as lab:
        lab.query("UPDATE experimenter SET email = omename || '@example.org' RETURNING 1")
        lab.query("UPDATE experimenter SET email = NULL WHERE omename = 'bob' RETURNING 1")
        yield lab


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with smtp_server() as server:
        yield server


def door(lab: Lab, mailbox: Mailbox, on: str = "true") -> Door:
    mail = {"omero.mail.config": on, "omero.mail.host": "127.0.0.1", "omero.mail.port": str(mailbox.port)}
    here = Door(lab, mail)
    with lab.call("root", None) as call:
        here.passwords.change(call, lab.scene.users["ann"], "the old password")
    return here


def forget(here: Door, name: str, email: str) -> None:
    with here.passwords.setting.write() as transaction:
        mail_new_password(Work(transaction), here.passwords, name, email)


def test_a_new_password_comes_by_mail(lab: Lab, mailbox: Mailbox, caplog: pytest.LogCaptureFixture) -> None:
    here = door(lab, mailbox)
    forget(here, "ann", "ann@example.org")
    (mail,) = mailbox.to("ann@example.org")
    assert mail["From"] == "omero@127.0.0.1"
    found = re.search(r"is now: (\w{10})\b", str(mail.get_payload()))
    assert found is not None
    assert here.opens("ann", found.group(1)) and not here.opens("ann", "the old password")
    assert found.group(1) not in caplog.text


@pytest.mark.parametrize(
    ("name", "email", "code"),
    [
        ("nobody", "ann@example.org", "unknown-user"),
        ("bob", "bob@example.org", "unknown-email"),
        ("ann", "ANN@example.org", "not-match"),
        ("root", "root@example.org", "password-change-failed"),
    ],
)
def test_refused(lab: Lab, mailbox: Mailbox, name: str, email: str, code: str) -> None:
    here = door(lab, mailbox)
    with pytest.raises(ForgottenError) as caught:
        forget(here, name, email)
    assert caught.value.code == code and not mailbox.letters
    assert here.opens("ann", "the old password")


def test_directory_users_are_sent_there(lab: Lab, mailbox: Mailbox) -> None:
    here = door(lab, mailbox)
    lab.query("UPDATE experimenter SET ldap = true WHERE omename = 'ann' RETURNING 1")
    try:
        with pytest.raises(ForgottenError) as caught:
            forget(here, "ann", "ann@example.org")
    finally:
        lab.query("UPDATE experimenter SET ldap = false WHERE omename = 'ann' RETURNING 1")
    assert caught.value.code == "ldap-user"


def test_no_mail_no_new_password(lab: Lab, mailbox: Mailbox) -> None:
    mailbox.refused.add("ann@example.org")
    for here in (door(lab, mailbox), door(lab, mailbox, on="false")):
        with pytest.raises(ForgottenError) as caught:
            forget(here, "ann", "ann@example.org")
        assert caught.value.code == "mail-send-failed"
        assert here.opens("ann", "the old password")


def test_over_ice() -> None:
    with smtp_server() as mailbox, fresh_root() as root:
        mail = {"omero.mail.config": "true", "omero.mail.host": "127.0.0.1", "omero.mail.port": str(mailbox.port)}
        with running(root, properties=mail) as server:
            with logged_in(server) as session:
                name = make_user(session, make_group(session, "rw----"))
                admin = session.getAdminService()
                user = admin.lookupExperimenter(name)
                user.email = rstring("user@example.org")
                admin.updateExperimenter(user)
            with logged_in(server, "guest", "guest") as session:
                assert codes(session, [("", "x"), (name, ""), ("nobody", "x"), (name, "other@example.org")]) == [
                    "no-omename", "no-email", "unknown-user", "not-match"
                ]  # fmt: skip
                assert codes(session, [(name, "user@example.org")]) == [""]
            new = str(mailbox.letters[0][2].get_payload()).split("is now: ")[1].split()[0]
            with logged_in(server, name, new) as session:
                session.getAdminService().changePasswordWithOldPassword(rstring(new), rstring("my own"))
            with logged_in(server, name, "my own"):
                assert new not in server.log("Blitz-0")


def codes(session: Any, requests: list[tuple[str, str]]) -> list[str]:
    """The error codes of reset requests, "" for success."""
    found = []
    for name, email in requests:
        handle = session.submit(omero.cmd.ResetPasswordRequest(name, email))
        while handle.getResponse() is None:
            time.sleep(0.02)
        found.append(getattr(handle.getResponse(), "name", ""))
        handle.close()
    return found


def test_as_an_operation(lab: Lab, mailbox: Mailbox) -> None:
    lab.engine.passwords = door(lab, mailbox).passwords
    service = AdminPasswords()
    with lab.call("ann", "RW") as call:
        service.reportForgottenPassword(call, "ann", "ann@example.org")
        assert len(mailbox.letters) == 1
        with pytest.raises(omero.SecurityViolation) as caught:
            service.reportForgottenPassword(call, "ann", "other@example.org")
        assert caught.value.serverExceptionClass == "ome.conditions.AuthenticationException"
        for name, email in (("root", "root@example.org"), ("", "x"), ("ann", "")):
            with pytest.raises(omero.ApiUsageException):
                service.reportForgottenPassword(call, name, email)
