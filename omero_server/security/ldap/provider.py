"""Passwords that a directory checks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

from omero_server.control.config import ConfigError
from omero_server.security.ldap.accounts import create_account, synchronize
from omero_server.security.ldap.directory import Directory
from omero_server.security.ldap.groups import extra_attributes, groups_of
from omero_server.security.ldap.library import DirectoryError
from omero_server.security.ldap.people import People, Person
from omero_server.security.ldap.settings import LdapSettings, ldap_enabled
from omero_server.security.ldap.tls import Certificates
from omero_server.security.providers.base import Account, PasswordFixed, ProviderUnavailable, Setting, Verdict, Work
from omero_server.sessions.call import InTransaction

__all__ = ["FilterAtFirstLoginProvider", "LdapProvider", "LdapUsers"]


class LdapUsers:
    """The directory together with what the configuration says about its users."""

    def __init__(self, setting: Setting) -> None:
        self.settings = LdapSettings.read(setting.config)
        self.directory = Directory(self.settings, Certificates(setting.config))

    @contextmanager
    def people(self) -> Iterator[People]:
        """Look users and groups up. Raises DirectoryError."""
        with self.directory.searching() as searcher:
            yield People(self.settings, searcher, extra_attributes(self.settings))


class LdapProvider:
    """The provider of the users whose row says ldap, and of new users whom the directory knows: these get a row.

    The distinguished name is looked up at each login and stored nowhere.
    """

    name = "ldapPasswordProvider"
    filter_always = True

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._ldap = LdapUsers(setting) if ldap_enabled(setting.config) else None
        self._creating = threading.Lock()

    def check(self, name: str, password: str) -> Verdict:
        """Find the user, and have the directory check the password; then create or update the account."""
        if self._ldap is None:
            return Verdict.not_mine("LDAP is off")
        account = self._setting.account(name)
        if account is not None and not account.ldap:
            return Verdict.not_mine("not an LDAP user")
        if not password:
            return Verdict.no("no password was given")
        try:
            return self._check(self._ldap, name, password, account)
        except (DirectoryError, ConfigError) as error:
            raise ProviderUnavailable(str(error), mine=account is not None) from error

    def holds(self, account: Account) -> bool:
        """Whether the user's row says ldap."""
        return self._ldap is not None and account.ldap

    def change(self, work: InTransaction, account: Account, password: str | None) -> None:
        """Directories are only read."""
        raise PasswordFixed(
            f"The password of {account.name!r} is kept in the LDAP directory. Change it there: OMERO cannot."
        )

    def _check(self, ldap: LdapUsers, name: str, password: str, account: Account | None) -> Verdict:
        with ldap.people() as people:
            person = people.user(name, filtered=account is None or self.filter_always)
            if person is None:
                reason = "the directory has no such user, or several"
                return Verdict.not_mine(reason) if account is None else Verdict.no(reason)
            refusal = ldap.directory.refusal(person.dn, password)
            if refusal is not None:
                return Verdict.no(f"the directory refuses the password of {person.dn!r}: {refusal}")
            if account is None:
                return self._create(people, person)
            if ldap.settings.sync_on_login:
                self._synchronize(people, person, account)
            return Verdict.yes()

    def _create(self, people: People, person: Person) -> Verdict:
        groups = groups_of(people, person)
        if not groups:
            return Verdict.no("the password is right, but omero.ldap.new_user_group gives the new user no group")
        # One after the other: several may want to make the same group, or come from the same user.
        with self._creating:
            for last in (False, True):
                if self._setting.account(person.name) is not None:
                    break
                try:
                    with self._setting.write() as transaction:
                        create_account(Work(transaction), person, groups)
                except IntegrityError:
                    # Another server of the same database was faster.
                    if last:
                        raise
        return Verdict.yes()

    def _synchronize(self, people: People, person: Person, account: Account) -> None:
        groups = groups_of(people, person)
        with_owners = bool(people.settings.owner_filter)
        with self._setting.write() as transaction:
            synchronize(Work(transaction), account.id, person, groups, with_owners=with_owners)


class FilterAtFirstLoginProvider(LdapProvider):
    """Applies omero.ldap.user_filter to new users only."""

    name = "ldapPasswordProvider431"
    filter_always = False
