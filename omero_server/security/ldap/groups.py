"""Which groups a user of the directory belongs to: the property omero.ldap.new_user_group."""

from __future__ import annotations

import logging
import re

from omero_server.security.ldap.library import escaped, part_of
from omero_server.security.ldap.people import People, Person, both
from omero_server.security.ldap.settings import LdapSettings

__all__ = ["RESERVED_GROUPS", "extra_attributes", "groups_of"]

log = logging.getLogger(__name__)

PLACEHOLDER = re.compile(r"@\{([^}]*)\}")
MAX_NAME = 255
# A directory may have groups of these names, too; being in one must not make an administrator.
RESERVED_GROUPS = ("system", "user", "guest")


def extra_attributes(settings: LdapSettings) -> list[str]:
    """The attributes of users that the rule needs."""
    rule = settings.group_rule
    names = [rule.value] if rule.kind.endswith("attribute") else []
    for text in (rule.value if rule.kind == "query" else "", settings.owner_filter):
        names += [name for name in PLACEHOLDER.findall(text) if name != "dn" and name not in settings.user_mapping]
    return names


def groups_of(people: People, person: Person) -> dict[str, bool]:
    """The names of a user's groups, in order, and whether the user owns them. Raises DirectoryError."""
    rule = people.settings.group_rule
    if rule.kind == "name":
        found = {rule.value: False}
    elif rule.kind == "ou":
        found = {name: False for name in unit_of(person.dn)}
    elif rule.kind == "query":
        found = _queried(people, person)
    elif rule.kind.endswith("dn_attribute"):
        found = _by_dn(people, person)
    else:
        found = _by_name(people, person)
    for name in [name for name in found if name in RESERVED_GROUPS or not 0 < len(name.strip()) <= MAX_NAME]:
        log.warning("%r is not made a member of a group called %r", person.name, name[:MAX_NAME])
        del found[name]
    return found


def _queried(people: People, person: Person) -> dict[str, bool]:
    query = filled(people.settings, people.settings.group_rule.value, person)
    if query is None:
        return {}
    owner = _owner_filter(people.settings, person)
    owned = {group.dn for group in people.groups(both(query, owner))} if owner else set()
    return {group.name: group.dn in owned for group in people.groups(query)}


def _by_dn(people: People, person: Person) -> dict[str, bool]:
    settings = people.settings
    filtered = settings.group_rule.kind == "filtered_dn_attribute"
    owner = _owner_filter(settings, person)
    found: dict[str, bool] = {}
    for dn in person.entry.all(settings.group_rule.value):
        group = people.group_at(dn, settings.group_filter if filtered else "")
        name = part_of(dn, settings.group_attribute) or (group.name if group else None)
        if name is None or (filtered and group is None):
            continue
        owns = owner is not None and people.group_at(dn, both(settings.group_filter, owner)) is not None
        found[name] = found.get(name, False) or owns
    return found


def _by_name(people: People, person: Person) -> dict[str, bool]:
    """The values are names; those that are filtered may also be distinguished names of groups."""
    settings = people.settings
    names = list(dict.fromkeys(person.entry.all(settings.group_rule.value)))
    if settings.group_rule.kind == "filtered_attribute":
        names = [name for name in names if _is_group(people, name)]
    owner = _owner_filter(settings, person)
    return {name: owner is not None and _owns(people, name, owner) for name in names}


def _is_group(people: People, name: str) -> bool:
    settings = people.settings
    if people.group(name) is not None:
        return True
    is_dn = part_of(name, settings.group_attribute) is not None
    return is_dn and people.group_at(name, settings.group_filter) is not None


def _owns(people: People, name: str, owner: str) -> bool:
    named = f"({people.settings.group_attribute}={escaped(name)})"
    return bool(people.groups(both(named, owner)))


def _owner_filter(settings: LdapSettings, person: Person) -> str | None:
    return filled(settings, settings.owner_filter, person) if settings.owner_filter else None


def filled(settings: LdapSettings, query: str, person: Person) -> str | None:
    """A query with the user's values in place of ``@{dn}``, ``@{email}``, ``@{cn}``; None if the user lacks one.

    A name is a field of OMERO that omero.ldap.user_mapping maps, or an attribute of the directory.
    """
    values: dict[str, str | None] = {"dn": person.dn}
    for name in PLACEHOLDER.findall(query):
        if name != "dn":
            values[name] = person.fields[name] if name in settings.user_mapping else person.entry.first(name)
    missing = [name for name, value in values.items() if value is None]
    if missing:
        log.info("%r has no %s: no group is looked for", person.name, ", ".join(missing))
        return None
    return PLACEHOLDER.sub(lambda match: escaped(values[match.group(1)] or ""), query)


def unit_of(dn: str) -> list[str]:
    """The organisational unit that is nearest to an entry; nothing if there is none."""
    found = part_of(dn, "ou")
    return [found] if found is not None else []
