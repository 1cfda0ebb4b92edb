"""Users and groups as the directory has them."""

from __future__ import annotations

from dataclasses import dataclass

from omero_server.security.ldap.directory import Entry, Searcher
from omero_server.security.ldap.library import DirectoryError, escaped
from omero_server.security.ldap.settings import LdapSettings

__all__ = ["GroupEntry", "People", "Person"]


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the directory. ``fields``: what omero.ldap.user_mapping names, None for what the entry lacks."""

    name: str
    dn: str
    fields: dict[str, str | None]
    entry: Entry


@dataclass(frozen=True, slots=True)
class GroupEntry:
    """A group of the directory."""

    name: str
    dn: str
    description: str | None


class People:
    """Looks users and groups up, through one connection."""

    def __init__(self, settings: LdapSettings, searcher: Searcher, extra: list[str]) -> None:
        """``extra``: attributes of users that are wanted besides the mapped ones."""
        self.settings = settings
        self.searcher = searcher
        self._user_attributes = list(dict.fromkeys([*settings.user_mapping.values(), *extra]))
        self._group_attributes = list(settings.group_mapping.values())

    def user(self, name: str, *, filtered: bool = True) -> Person | None:
        """The only user with this login name, else None. ``filtered``: omero.ldap.user_filter must match, too.

        Directories do not tell upper from lower case; OMERO does, unless omero.security.ignore_case is on.
        """
        query = f"({self.settings.login_attribute}={escaped(name)})"
        people = self._users(query if not filtered else both(self.settings.user_filter, query), name)
        return people[0] if len(people) == 1 else None

    def users(self, where: str = "", base: str | None = None) -> list[Person]:
        """All users below ``base`` that the user filter and a further one match."""
        return self._users(both(self.settings.user_filter, where), None, base)

    def user_at(self, dn: str) -> Person | None:
        """The user who is the entry ``dn``."""
        where = self.settings.user_filter or "(objectClass=*)"
        found = self.searcher.find(where, self._user_attributes, dn, only_base=True)
        people = [person for entry in found if (person := self._person(entry, None))]
        return people[0] if len(people) == 1 else None

    def group(self, name: str) -> GroupEntry | None:
        """The only group of this name, else None."""
        found = [g for g in self.groups(f"({self.settings.group_attribute}={escaped(name)})") if g.name == name]
        return found[0] if len(found) == 1 else None

    def groups(self, where: str = "") -> list[GroupEntry]:
        """All groups that the group filter and a further one match."""
        entries = self.searcher.find(both(self.settings.group_filter, where), self._group_attributes)
        return [group for entry in entries if (group := self._group(entry))]

    def group_at(self, dn: str, where: str = "") -> GroupEntry | None:
        """The group that is the entry ``dn``, if a filter matches it."""
        found = self.searcher.find(where or "(objectClass=*)", self._group_attributes, dn, only_base=True)
        return self._group(found[0]) if found else None

    def _users(self, where: str, name: str | None, base: str | None = None) -> list[Person]:
        entries = self.searcher.find(where, self._user_attributes, base)
        return [person for entry in entries if (person := self._person(entry, name))]

    def _person(self, entry: Entry, name: str | None) -> Person | None:
        """The user that an entry is; None if it has no login name, or not the one that is looked for."""
        names = entry.all(self.settings.login_attribute)
        if self.settings.ignore_case:
            names = [spelling.lower() for spelling in names]
        if not names or (name is not None and name not in names):
            return None
        login = names[0] if name is None else name
        fields = {field: entry.first(attribute) for field, attribute in self.settings.user_mapping.items()}
        return Person(login, entry.dn, fields | {"omeName": login}, entry)

    def _group(self, entry: Entry) -> GroupEntry | None:
        name = entry.first(self.settings.group_attribute)
        description = entry.first(self.settings.group_mapping.get("description", ""))
        return GroupEntry(name, entry.dn, description) if name else None


def both(*filters: str) -> str:
    """A filter that matches what all of these match; empty ones ask for nothing."""
    parts = [text for text in filters if text]
    if not parts:
        raise DirectoryError("there is no filter to search with: set omero.ldap.user_filter and group_filter")
    return parts[0] if len(parts) == 1 else f"(&{''.join(parts)})"
