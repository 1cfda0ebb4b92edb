"""Tests that every password provider must pass; for our own and for whoever writes one.

    class TestKeyProvider(ProviderConformance):
        @pytest.fixture
        def provider(self, ...): return KeyProvider(setting)

        @pytest.fixture
        def known(self, ...): return Known(account, "right password", "a name that it does not know")

        @pytest.fixture
        def work(self, ...): yield a writing transaction

Run by pytest, which finds the `test_*` methods and gives them the three fixtures of the subclass.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from omero_server.security.providers.base import Account, Answer, PasswordFixed, PasswordProvider
from omero_server.sessions.call import InTransaction

__all__ = ["Known", "ProviderConformance"]

STRANGE = ("", " ", "*", "*)(uid=*", "a" * 255, "'; --", "zoë", "name\nwith lines", "{}", "%s", "\\")
THREADS = 4


@dataclass(frozen=True, slots=True)
class Known:
    """A user that the provider holds, with the password, and the name of nobody."""

    account: Account
    password: str
    stranger: str


class ProviderConformance:
    """What `PasswordProvider` promises."""

    changes: ClassVar[bool] = False
    """Whether the provider changes passwords."""

    def test_has_the_name_of_a_property_value(self, provider: PasswordProvider) -> None:
        assert provider.name and provider.name.isidentifier()

    def test_right_and_wrong_passwords(self, provider: PasswordProvider, known: Known) -> None:
        name, password = known.account.name, known.password
        assert provider.check(name, password).answer is Answer.YES
        wrong = (password + "x", password[:-1], password.swapcase(), " " + password, "", "*", "\0")
        for attempt in wrong:
            assert provider.check(name, attempt).answer is Answer.NO, attempt

    def test_strangers_are_somebody_elses(self, provider: PasswordProvider, known: Known) -> None:
        for name in (known.stranger, known.account.name + "x", *STRANGE):
            assert provider.check(name, known.password).answer is not Answer.YES, name
        assert provider.check(known.stranger, known.password).answer is Answer.NOT_MINE

    def test_holds_whom_it_answers_for(self, provider: PasswordProvider, known: Known) -> None:
        assert provider.holds(known.account)

    def test_reasons_are_given_and_hold_no_password(
        self, provider: PasswordProvider, known: Known, caplog: Any
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            verdicts = [provider.check(known.account.name, p) for p in (known.password, "not the Secret")]
        for text in [caplog.text, *(verdict.reason for verdict in verdicts)]:
            assert known.password not in text and "not the Secret" not in text
        assert all(verdict.reason for verdict in verdicts)

    def test_threads_share_a_provider(self, provider: PasswordProvider, known: Known) -> None:
        answers: list[Answer] = []

        def attempt(password: str) -> None:
            answers.append(provider.check(known.account.name, password).answer)

        passwords = [known.password, known.password + "x"] * THREADS
        threads = [threading.Thread(target=attempt, args=(password,)) for password in passwords]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answer.name for answer in answers) == ["NO"] * THREADS + ["YES"] * THREADS

    def test_change(self, provider: PasswordProvider, known: Known, work: InTransaction) -> None:
        if self.changes:
            provider.change(work, known.account, "the next password")
            work.transaction.commit()
            assert provider.check(known.account.name, "the next password").answer is Answer.YES
            assert provider.check(known.account.name, known.password).answer is Answer.NO
            return
        try:
            provider.change(work, known.account, "the next password")
        except PasswordFixed as error:
            assert known.account.name in str(error)
        else:
            raise AssertionError("a provider that changes passwords says so: changes = True")
        assert provider.check(known.account.name, known.password).answer is Answer.YES

    def test_closing_an_account(self, provider: PasswordProvider, known: Known, work: InTransaction) -> None:
        if not self.changes:
            return
        provider.change(work, replace(known.account), None)
        work.transaction.commit()
        for attempt in (known.password, ""):
            assert provider.check(known.account.name, attempt).answer is Answer.NO
