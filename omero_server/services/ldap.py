"""ILdap: users and groups of the directory, for administrators."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import update

import omero
import omero._generated
import omero.model
from omero_server.db.tables import TABLES
from omero_server.queries import find, run
from omero_server.security.ldap.accounts import create_account
from omero_server.security.ldap.groups import groups_of
from omero_server.security.ldap.library import DirectoryError, escaped
from omero_server.security.ldap.people import GroupEntry, People, Person
from omero_server.security.ldap.provider import LdapUsers
from omero_server.security.ldap.settings import ldap_enabled
from omero_server.services.admin.objects import one
from omero_server.services.service import Service, reads, unmanaged, writes
from omero_server.sessions.call import Call

__all__ = ["LdapService", "looking_up"]

EXPERIMENTER = "ome.model.meta.Experimenter"
ATTRIBUTE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.;-]*")
Found = TypeVar("Found")


class LdapService(Service):
    """With LDAP off searches find nothing, and whatever needs one entry is refused. What comes from the directory has
    no id.
    """

    interface = "::omero::api::ILdap"

    @unmanaged(role="system")
    def searchAll(self, call: Call) -> list[Any]:
        """Every user whom omero.ldap.user_filter matches."""
        return searched(call)

    @unmanaged(role="system")
    def searchDnInGroups(self, call: Call, attr: str, value: str) -> list[str]:
        """The distinguished names of the groups that have this value."""
        if not enabled(call):
            return []
        with looking_up(call) as people:
            return [group.dn for group in people.groups(equals(attr, value))]

    @unmanaged(role="system")
    def searchByAttribute(self, call: Call, dn: str, attribute: str, value: str) -> list[Any]:
        """The users at or below an entry (default: omero.ldap.base) that have this value."""
        return searched(call, equals(attribute, value), dn)

    @unmanaged(role="system")
    def searchByAttributes(self, call: Call, dn: str, attributes: list[str], values: list[str]) -> list[Any]:
        """The users at or below an entry that have all these values."""
        attributes, values = attributes or [], values or []
        if len(attributes) != len(values):
            raise omero.ApiUsageException(
                message=f"Each attribute needs one value: there are {len(attributes)} attributes, {len(values)} values."
            )
        return searched(call, "".join(equals(*pair) for pair in zip(attributes, values, strict=True)), dn)

    @unmanaged(role="system")
    def searchByDN(self, call: Call, userdn: str) -> Any:
        """The user who is this entry."""
        with looking_up(call) as people:
            return experimenter(the_one(people.user_at(userdn), "user", userdn))

    @unmanaged(role="system")
    def findDN(self, call: Call, username: str) -> str:
        """The distinguished name of a user."""
        with looking_up(call) as people:
            return the_one(people.user(username), "user", username).dn

    @unmanaged(role="system")
    def findGroupDN(self, call: Call, groupname: str) -> str:
        """The distinguished name of a group."""
        with looking_up(call) as people:
            return the_one(people.group(groupname), "group", groupname).dn

    @unmanaged(role="system")
    def findExperimenter(self, call: Call, username: str) -> Any:
        """A user as the directory has him."""
        with looking_up(call) as people:
            return experimenter(the_one(people.user(username), "user", username))

    @unmanaged(role="system")
    def findGroup(self, call: Call, groupname: str) -> Any:
        """A group as the directory has it."""
        with looking_up(call) as people:
            return group_object(the_one(people.group(groupname), "group", groupname))

    @writes(role="system")
    def setDN(self, call: Call, experimenterID: Any, dn: str) -> None:
        """Whether the directory checks a user's password: yes, unless ``dn`` is empty. It is not stored."""
        user_id = -1 if experimenterID is None else int(experimenterID._val)
        one(run(call, "select e.id from Experimenter e where e.id = :id", {"id": user_id}), f"experimenter: {user_id}")
        if not call.caller.may("ModifyUser"):
            raise omero.SecurityViolation(message="Only administrators with the privilege ModifyUser change users.")
        table = TABLES["experimenter"]
        call.log("UPDATE", EXPERIMENTER, [user_id])
        call.db.execute(update(table).where(table.c.id == user_id).values(ldap=bool(dn)))

    @unmanaged(role="system")
    def getSetting(self, call: Call) -> bool:
        """Whether LDAP is on."""
        return enabled(call)

    @reads(role="system")
    def discover(self, call: Call) -> list[Any]:
        """The users of the database whose password is checked there, although the directory knows their name."""
        query = "select e from Experimenter e where e.ldap = false order by e.id"
        return in_both(call, query, "_omeName", People.users)

    @reads(role="system")
    def discoverGroups(self, call: Call) -> list[Any]:
        """The groups of the database that the directory does not fill, although it knows their name."""
        query = "select g from ExperimenterGroup g where g.ldap = false order by g.id"
        return in_both(call, query, "_name", People.groups)

    @writes(role="system")
    def createUser(self, call: Call, username: str) -> Any:
        """Make the account and memberships that the user's first login would make.

        Raises ValidationException when the user exists, or would be in no group.
        """
        if not call.caller.may("ModifyUser"):
            raise omero.SecurityViolation(message="Only administrators with the privilege ModifyUser make users.")
        name = call.engine.passwords.spelled(username)
        if run(call, "select e.id from Experimenter e where e.omeName = :name", {"name": name}):
            raise omero.ValidationException(message=f"The user {name!r} exists already.")
        with looking_up(call) as people:
            person = the_one(people.user(name), "user", name)
            groups = groups_of(people, person)
        if not groups:
            raise omero.ValidationException(message=f"omero.ldap.new_user_group gives the user {name!r} no group.")
        return find(call, "Experimenter", create_account(call, person, groups))


@contextmanager
def looking_up(call: Call) -> Iterator[People]:
    """The users and groups of the directory. Raises ApiUsageException when LDAP is off, ResourceError when it is
    down.
    """
    if not enabled(call):
        raise omero.ApiUsageException(message="LDAP is off: see the property omero.ldap.config.")
    try:
        with LdapUsers(call.engine.passwords.setting).people() as people:
            yield people
    except DirectoryError as error:
        raise omero.ResourceError(message=str(error)) from None


def enabled(call: Call) -> bool:
    """Whether LDAP is on."""
    return ldap_enabled(call.engine.config)


def searched(call: Call, where: str = "", dn: str | None = None) -> list[Any]:
    """Users that the user filter and a further one match."""
    if not enabled(call):
        return []
    with looking_up(call) as people:
        return [experimenter(person) for person in people.users(where, dn or None)]


def in_both(call: Call, query: str, name: str, listed: Callable[[People], Iterable[Person | GroupEntry]]) -> list[Any]:
    """The objects of a query whose name, in the member ``name``, an entry of the directory has too."""
    if not enabled(call):
        return []
    with looking_up(call) as people:
        names = {entry.name for entry in listed(people)}
    return [obj for obj in run(call, query) if getattr(obj, name)._val in names]


def equals(attribute: str, value: str) -> str:
    """A filter for one value. Raises ApiUsageException for what is no name of an attribute."""
    if not ATTRIBUTE.fullmatch(attribute or ""):
        raise omero.ApiUsageException(message=f"{attribute!r} is not the name of an attribute.")
    return f"({attribute}={escaped(value)})"


def the_one(found: Found | None, what: str, name: str) -> Found:
    """What was found. Raises ApiUsageException when nothing was, or several."""
    if found is None:
        raise omero.ApiUsageException(message=f"Cannot find a unique {what} {name!r} in the directory.")
    return found


def experimenter(person: Person) -> Any:
    """A user of the directory as an object without id."""
    made = omero.model.Experimenter(_loaded=True, _ldap=omero.RBool(_val=True))
    for field, value in person.fields.items():
        setattr(made, f"_{field}", None if value is None else omero.RString(_val=value))
    return made


def group_object(group: GroupEntry) -> Any:
    """A group of the directory as an object without id."""
    description = None if group.description is None else omero.RString(_val=group.description)
    return omero.model.ExperimenterGroup(
        _loaded=True, _ldap=omero.RBool(_val=True), _name=omero.RString(_val=group.name), _description=description
    )
