"""Password providers: the conformance tests for ours, the forms of stored hashes, chains, files, throttling."""

from __future__ import annotations

import base64
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

import omero
from omero_server.control.config import Config, ConfigError
from omero_server.db.transaction import Transaction
from omero_server.security import throttle
from omero_server.security.ldap.provider import LdapProvider
from omero_server.security.passwords import hash_password
from omero_server.security.providers.base import Answer, PasswordFixed, Setting, Verdict, Work
from omero_server.security.providers.chain import Chain
from omero_server.security.providers.conformance import Known, ProviderConformance
from omero_server.security.providers.database import DatabaseProvider
from omero_server.security.providers.file import FileProvider
from omero_server.security.throttle import Throttle
from omero_server.sessions.store import internal_author
from tests.support.directory import SECRET, LdapServer, ldap_server, properties
from tests.support.doors import Door
from tests.support.lab import Lab
from tests.support.scene import ALL_PRIVILEGES


@pytest.fixture(scope="module")
def directory() -> Iterator[LdapServer]:
    with ldap_server() as server:
        server.person("emma")
        yield server


@pytest.fixture
def work(lab: Lab) -> Iterator[Work]:
    with Transaction(lab.database, internal_author(0, frozenset(ALL_PRIVILEGES)), writable=True) as transaction:
        yield Work(transaction)


def setting(lab: Lab, **values: str) -> Setting:
    config = Config(lab.config.instance, {name.replace("__", "."): value for name, value in values.items()})
    return Setting(config, lab.database, lambda: internal_author(0, frozenset(ALL_PRIVILEGES)))


def store(lab: Lab, user: str, hashed: str | None) -> int:
    """Put a hash into the table; the user's id."""
    user_id: int = lab.scene.users[user]
    lab.query(
        "INSERT INTO password (experimenter_id, hash) VALUES (:i, :h)"
        " ON CONFLICT (experimenter_id) DO UPDATE SET hash = :h RETURNING 1",
        i=user_id,
        h=hashed,
    )
    return user_id


def stored(lab: Lab, user: str) -> str | None:
    value: str | None = lab.value("SELECT hash FROM password WHERE experimenter_id = :i", i=lab.scene.users[user])
    return value


def known(lab: Lab, user: str, password: str) -> Known:
    account = setting(lab).account(user)
    assert account is not None
    return Known(account, password, "a stranger")


class TestDatabaseProvider(ProviderConformance):
    changes = True

    @pytest.fixture
    def provider(self, lab: Lab) -> DatabaseProvider:
        return DatabaseProvider(setting(lab))

    @pytest.fixture
    def known(self, lab: Lab) -> Known:
        store(lab, "ann", hash_password(lab.scene.users["ann"], "Ann's secret"))
        return known(lab, "ann", "Ann's secret")


class TestFileProvider(ProviderConformance):
    @pytest.fixture
    def provider(self, lab: Lab, tmp_path: Path) -> FileProvider:
        path = tmp_path / "passwords"
        path.write_text("# of tests\nbob = Bob's=secret\nnobody=x\n", encoding="utf-8")
        return FileProvider(setting(lab, omero__security__password_file=str(path)))

    @pytest.fixture
    def known(self, lab: Lab) -> Known:
        return known(lab, "bob", "Bob's=secret")


class TestLdapProvider(ProviderConformance):
    @pytest.fixture
    def provider(self, lab: Lab, directory: LdapServer) -> LdapProvider:
        values = {name.replace(".", "__"): value for name, value in properties(directory).items()}
        return LdapProvider(setting(lab, **values))

    @pytest.fixture
    def known(self, lab: Lab, provider: LdapProvider) -> Known:
        assert provider.check("emma", SECRET).answer is Answer.YES
        return known(lab, "emma", SECRET)


class TestChain(ProviderConformance):
    changes = True

    @pytest.fixture
    def provider(self, lab: Lab) -> Chain:
        return Chain("chain", [LdapProvider(setting(lab)), DatabaseProvider(setting(lab))])

    @pytest.fixture
    def known(self, lab: Lab) -> Known:
        store(lab, "cat", hash_password(lab.scene.users["cat"], "Cat's secret"))
        return known(lab, "cat", "Cat's secret")


def md5(salt: int | None, password: bytes) -> str:
    """The form that other OMERO servers write."""
    prefix = b"" if salt is None else salt.to_bytes(8, "big")
    return base64.b64encode(hashlib.md5(prefix + password, usedforsecurity=False).digest()).decode()


@pytest.mark.parametrize("method", ["argon2id", "md5"])
@pytest.mark.parametrize("form", ["salted", "unsalted", "salted latin-1", "latin-1", "argon2id"])
def test_hashes_of_any_form_are_renewed(lab: Lab, form: str, method: str) -> None:
    user_id = lab.scene.users["bob"]
    forms = {
        "salted": md5(user_id, "größe".encode()),
        "unsalted": md5(None, "größe".encode()),
        "salted latin-1": md5(user_id, "größe".encode("latin-1")),
        "latin-1": md5(None, "größe".encode("latin-1")),
        "argon2id": hash_password(user_id, "größe"),
    }
    store(lab, "bob", forms[form])
    here = Door(lab, {"omero.security.password_hash": method})
    assert not here.opens("bob", "grösse") and stored(lab, "bob") == forms[form]
    assert here.opens("bob", "größe")
    now = stored(lab, "bob")
    assert now == forms["salted"] if method == "md5" else now and now.startswith("$argon2id$")
    assert here.opens("bob", "größe") and stored(lab, "bob") == now


def test_no_hash_no_login(lab: Lab) -> None:
    store(lab, "bob", None)
    for required in ("true", "false"):
        here = Door(lab, {"omero.security.password_required": required})
        assert not here.opens("bob", "") and not here.opens("bob", "x") and not here.opens("bob", "None")


@pytest.mark.parametrize("blank", ["", " "])
def test_blank_passwords(lab: Lab, blank: str) -> None:
    strict, lax = (Door(lab, {"omero.security.password_required": text}) for text in ("true", "false"))
    store(lab, "bob", blank)
    assert not strict.opens("bob", "") and not strict.opens("bob", "x")
    assert lax.opens("bob", "") and lax.opens("bob", "anything")
    lab.query("UPDATE password SET hash = :h WHERE experimenter_id = 0 RETURNING 1", h=blank)
    assert not strict.opens("root", "") and not lax.opens("root", "")


def test_guest_needs_no_password(lab: Lab) -> None:
    for required in ("true", "false"):
        here = Door(lab, {"omero.security.password_required": required})
        assert here.opens("guest", "") and here.opens("guest", "guest")


def test_unknown_users_and_impossible_ones(lab: Lab) -> None:
    here = Door(lab, {})
    for name in ("nobody", "", "x" * 300, "a\0b", "ann' OR 1=1 --", "%"):
        assert not here.opens(name, "x")
    store(lab, "ann", hash_password(None, "x"))
    assert not here.opens("ann", "x" * 1_000_000)


def test_changes_of_passwords(lab: Lab) -> None:
    strict, lax = (Door(lab, {"omero.security.password_required": text}).passwords for text in ("true", "false"))
    bob = lab.scene.users["bob"]
    for passwords, text, expected in ((strict, "", None), (lax, "", ""), (lax, None, None)):
        with lab.call("root", None) as call:
            passwords.change(call, bob, text)
        assert stored(lab, "bob") == expected
    with lab.call("root", None) as call, pytest.raises(omero.ApiUsageException, match="99999"):
        strict.change(call, 99999, "x")


def test_password_of_a_directory_user_cannot_be_changed(lab: Lab, directory: LdapServer) -> None:
    here = Door(lab, properties(directory))
    assert here.opens("emma")
    user = lab.value("SELECT id FROM experimenter WHERE omename = 'emma'")
    with lab.call("root", None) as call, pytest.raises(omero.SecurityViolation, match="LDAP directory"):
        here.passwords.change(call, user, "other")
    assert here.opens("emma") and not here.opens("emma", "other")


def test_a_file_is_read_again_and_goes_before_the_database(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "passwords"
    path.write_text(f"bob={hash_password(None, 'hashed')}\nno sign\n", encoding="utf-8")
    store(lab, "bob", hash_password(None, "in the database"))
    store(lab, "cat", hash_password(None, "cat's"))
    values = {
        "omero.security.password_provider": "filePasswordProvider, jdbcPasswordProvider",
        "omero.security.password_file": str(path),
    }
    here = Door(lab, values)
    assert here.opens("bob", "hashed") and not here.opens("bob", "in the database")
    assert here.opens("cat", "cat's")
    path.write_text("bob=plain\n", encoding="utf-8")
    os.utime(path, (1, 1))
    assert here.opens("bob", "plain") and not here.opens("bob", "hashed")
    path.write_text("bob=\n", encoding="utf-8")
    assert not here.opens("bob", "")
    path.unlink()
    with pytest.raises(omero.ResourceError, match="password file"):
        here.opens("nobody", "x")
    assert here.opens("cat", "cat's")


def test_a_file_that_others_can_read_is_warned_of(lab: Lab, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "passwords"
    path.write_text("bob=a secret\n", encoding="utf-8")
    path.chmod(0o644)
    assert FileProvider(setting(lab, omero__security__password_file=str(path))).check("bob", "a secret")
    assert "chmod 600" in caplog.text and "a secret" not in caplog.text


@pytest.mark.parametrize(
    "name", ["chainedPasswordProvider", "chainedPasswordProviderNoSalt", "chainedPasswordProvider431"]
)
def test_documented_chains(lab: Lab, name: str) -> None:
    store(lab, "bob", md5(None, b"old"))
    here = Door(lab, {"omero.security.password_provider": name})
    assert here.opens("bob", "old") and not here.opens("bob", "new")


@pytest.mark.parametrize("name", ["mineProvider", " "])
def test_providers_that_do_not_exist_are_named(lab: Lab, name: str) -> None:
    with pytest.raises(ConfigError, match=r"omero\.security\.password_provider"):
        Door(lab, {"omero.security.password_provider": name})


class LetterProvider:
    """What a third party might write: the password is the user's name, for names that begin with "c"."""

    name = "letterProvider"

    def __init__(self, setting: Setting) -> None:
        self.setting = setting

    def check(self, name: str, password: str) -> Verdict:
        if not name.startswith("c"):
            return Verdict.not_mine("another letter")
        return Verdict.yes() if name == password else Verdict.no("wrong")

    def holds(self, account: Any) -> bool:
        return bool(account.name.startswith("c"))

    def change(self, work: Any, account: Any, password: str | None) -> None:
        raise PasswordFixed(f"{account.name} keeps his name")


def test_providers_of_other_packages(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "letters-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: letters\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[omero.password_providers]\nletterProvider = {__name__}:LetterProvider\n")
    monkeypatch.syspath_prepend(tmp_path)
    store(lab, "cat", hash_password(None, "other"))
    store(lab, "bob", hash_password(None, "bob's"))
    here = Door(lab, {"omero.security.password_provider": "letterProvider,chainedPasswordProvider"})
    assert here.opens("cat", "cat") and not here.opens("cat", "other") and here.opens("bob", "bob's")


def test_delays_begin_after_the_free_failures() -> None:
    slow = Throttle(1, 3.0)
    slow.failure("ann")
    assert slow.delay("ann") == 0.0
    slow.failure("ann")
    assert slow.delay("ann") == 3.0 and slow.delay("bob") == 0.0
    slow.success("ann")
    assert slow.delay("ann") == 0.0


def test_the_memory_of_failures_is_bounded() -> None:
    slow = Throttle(1, 3.0)
    for number in range(throttle.MAX_NAMES + 100):
        slow.failure(f"user {number}")
    assert len(slow._failures) == throttle.MAX_NAMES


def test_operations_wait_in_few_threads(lab: Lab) -> None:
    passwords = Door(lab, {}).passwords
    passwords.throttle = Throttle(0, 0.5)
    refused: list[float] = []
    busy: list[omero.OverUsageException] = []

    def attempt() -> None:
        started = time.monotonic()
        try:
            assert passwords.check_in_call("nobody", "x") is None
            refused.append(time.monotonic() - started)
        except omero.OverUsageException as error:
            busy.append(error)

    threads = [Thread(target=attempt) for _ in range(throttle.MAX_WAITING + 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) <= throttle.MAX_WAITING and len(busy) >= 3
    assert min(refused) >= 0.5
