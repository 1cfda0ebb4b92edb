"""Users and groups for `omero user` and `omero group`: finding them by name or id, tables, memberships."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import omero
import omero.model
from omero.rtypes import unwrap
from omero_cli.framework import Arguments, CommandError, Context, Parser
from omero_cli.tables import TableBuilder

__all__ = [
    "GROUPS",
    "USERS",
    "Kind",
    "add_members",
    "find",
    "find_chosen",
    "find_many",
    "groups_table",
    "identifiers",
    "key_of",
    "members",
    "memberships",
    "name_of",
    "recipient",
    "remove_members",
    "table_arguments",
    "users_table",
]


@dataclass(frozen=True)
class Kind:
    """Users or groups. `code` + 1 to 5 are the exit codes: none given, bad id, unknown, none found, ambiguous."""

    word: str
    code: int
    by_name: str
    by_id: str
    suffix: str = ""


USERS = Kind("user", 510, "lookupExperimenter", "getExperimenter")
GROUPS = Kind("group", 500, "lookupGroup", "getGroup", "Group")
SORTS: dict[str, Callable[[Any], Any]] = {
    "id": lambda each: each.id.val,
    "name": lambda each: each.name.val,
    "login": lambda each: each.omeName.val,
    "first-name": lambda each: each.firstName.val,
    "last-name": lambda each: each.lastName.val,
    "email": lambda each: unwrap(each.email) or "",
}


def key_of(obj: Any) -> int:
    """The id of a user or group."""
    return int(obj.id.val)


def name_of(obj: Any) -> str:
    """The login name of a user, the name of a group."""
    return str(obj.omeName.val if isinstance(obj, omero.model.Experimenter) else obj.name.val)


# Finding


def find(admin: Any, kind: Kind, text: str, way: str = "any") -> Any:
    """The user or group called `text`; `way` says whether that is its "id", its "name" or "any" of both.

    CommandError: no number where an id is needed (2), nothing found (3), two different ones found (5).
    """
    if way == "id" and not _is_id(text):
        raise CommandError(f"Not a valid {kind.word} ID: {text}", kind.code + 2)
    named = _lookup(admin, kind.by_name, text) if way != "id" else None
    numbered = _lookup(admin, kind.by_id, int(text)) if way != "name" and _is_id(text) else None
    if named is not None and numbered is not None and key_of(named) != key_of(numbered):
        raise CommandError(f"Ambiguous {kind.word} identifier: {text}", kind.code + 5)
    found = named if named is not None else numbered
    if found is None:
        raise CommandError(f"Unknown {kind.word}: {text}", kind.code + 3)
    return found


def find_many(ctx: Context, admin: Any, kind: Kind, args: Arguments) -> list[Any]:
    """All users or groups that the arguments name, each once; unknown ones are reported and left out.

    An empty list when nothing was named. CommandError when none of those named was found.
    """
    words = [(word, "any") for word in getattr(args, f"{kind.word}_id_or_name")]
    for way in ("id", "name"):
        words += [(word, way) for word in getattr(args, f"{kind.word}_{way}") or []]
    found: dict[int, Any] = {}
    for word, way in words:
        try:
            each = find(admin, kind, word, way)
            found[key_of(each)] = each
        except CommandError as error:
            ctx.err(error)
    if words and not found:
        raise CommandError(f"No {kind.word} found", kind.code + 4)
    return list(found.values())


def find_chosen(admin: Any, kind: Kind, args: Arguments) -> Any | None:
    """The one that `--id` or `--name` names; None when neither was given."""
    for way in ("id", "name"):
        text = getattr(args, way)
        if text is not None:
            return find(admin, kind, text, way)
    return None


def recipient(admin: Any, kind: Kind, text: str) -> Any:
    """The user or group that objects are given to: an id, a name, `Experimenter:5`, `User:5`, `Group:5`, ...

    A number is an id before it is a name. CommandError 196 when there is none.
    """
    prefixed = re.fullmatch(rf"(?:Experimenter{kind.suffix}|{kind.word.title()}):(?P<id>\d+)", text)
    number = prefixed["id"] if prefixed else text
    found = _lookup(admin, kind.by_id, int(number)) if _is_id(number) else None
    if found is None and not prefixed:
        found = _lookup(admin, kind.by_name, text)
    if found is None:
        raise CommandError(f"Failed to find {kind.word}: {text}", 196)
    return found


def identifiers(parser: Parser, kind: Kind) -> Parser:
    """The arguments that name several users or groups."""
    word = kind.word
    parser.add_argument(f"{word}_id_or_name", nargs="*", metavar=word, help=f"Ids or names of {word}s")
    parser.add_argument(f"--{word}-id", nargs="+", metavar=word, help=f"Ids of {word}s")
    parser.add_argument(f"--{word}-name", nargs="+", metavar=word, help=f"Names of {word}s")
    return parser


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _lookup(admin: Any, operation: str, key: str | int) -> Any | None:
    """What the lookup answers; None when the server knows nothing by that name or id."""
    try:
        return getattr(admin, operation)(key)
    except omero.ApiUsageException:
        return None


# Tables


def table_arguments(parser: Parser, sorts: Iterable[str], long: bool) -> Parser:
    """Style, order and detail of a table; `long` is the default detail."""
    parser.style_argument()
    detail = parser.add_mutually_exclusive_group()
    detail.add_argument("--long", action="store_true", dest="long", default=long, help="Show the ids of members")
    detail.add_argument("--count", action="store_false", dest="long", help="Show how many members there are")
    order = parser.add_mutually_exclusive_group()
    for name in sorts:
        order.add_argument(
            f"--sort-by-{name}", dest="sort", action="store_const", const=name, default="id", help=f"Sort by {name}"
        )
    return parser


def users_table(users: Iterable[Any], roles: Any, args: Arguments) -> TableBuilder:
    """Users with their names and groups, in the order and detail that the arguments ask for."""
    ends = ("member of", "owner of") if args.long else ("# group memberships", "# group ownerships")
    table = TableBuilder("id", "login", "first name", "last name", "email", "active", "ldap", "admin", *ends)
    table.set_style(args.style)
    for user in sorted(users, key=SORTS[args.sort]):
        groups = memberships(user)
        special = (roles.userGroupId, roles.systemGroupId)
        active, admin = ("Yes" if number in groups else "" for number in special)
        own = {number: owner for number, owner in groups.items() if number not in special}
        names = (user.firstName.val, user.lastName.val, unwrap(user.email) or "")
        table.row(key_of(user), name_of(user), *names, active, user.ldap.val, admin, *_split(own, args.long))
    return table


def groups_table(groups: Iterable[Any], args: Arguments) -> TableBuilder:
    """Groups with their permissions and members, in the order and detail that the arguments ask for."""
    ends = ("owner ids", "member ids") if args.long else ("# of owners", "# of members")
    table = TableBuilder("id", "name", "perms", "ldap", *ends)
    table.set_style(args.style)
    for group in sorted(groups, key=SORTS[args.sort]):
        # Sorted as text, as the official command does.
        ordinary, owners = _split(dict(sorted(members(group).items(), key=lambda item: str(item[0]))), args.long)
        table.row(key_of(group), name_of(group), group.details.permissions, group.ldap.val, owners, ordinary)
    return table


def _split(flags: dict[int, bool], long: bool) -> tuple[str, str]:
    """Those that are not owners, and those that are: as ids in the given order, or how many."""
    parts = [[str(number) for number, owner in flags.items() if owner is wanted] for wanted in (False, True)]
    texts = [",".join(part) if long else str(len(part)) for part in parts]
    return texts[0], texts[1]


# Memberships


def memberships(user: Any) -> dict[int, bool]:
    """The groups of a loaded user: id to whether he owns it."""
    return {link.parent.id.val: link.owner.val for link in user.copyGroupExperimenterMap() if link is not None}


def members(group: Any) -> dict[int, bool]:
    """The users in a loaded group: id to whether he owns it."""
    return {link.child.id.val: link.owner.val for link in group.copyGroupExperimenterMap() if link is not None}


def add_members(ctx: Context, admin: Any, group: Any, users: Iterable[Any], as_owner: bool) -> None:
    """Make users members of a group, or its owners, and say so; those that are already are left out."""
    present = members(group)
    for user in users:
        number, where = key_of(user), key_of(group)
        if as_owner and not present.get(number):
            admin.addGroupOwners(_bare(group), [_bare(user)])
            ctx.out(f"Added {number} to the owner list of group {where}")
        elif number not in present:
            admin.addGroups(_bare(user), [_bare(group)])
            ctx.out(f"Added {number} to group {where}")
        else:
            ctx.out(f"{number} is already {'owner of' if as_owner else 'in'} group {where}")


def remove_members(ctx: Context, admin: Any, group: Any, users: Iterable[Any], as_owner: bool) -> None:
    """Take users out of a group, or off the list of its owners, and say so."""
    present = members(group)
    for user in users:
        number, where = key_of(user), key_of(group)
        if as_owner and present.get(number):
            admin.removeGroupOwners(_bare(group), [_bare(user)])
            ctx.out(f"Removed {number} from the owner list of group {where}")
        elif not as_owner and number in present:
            admin.removeGroups(_bare(user), [_bare(group)])
            ctx.out(f"Removed {number} from group {where}")
        else:
            ctx.out(f"{number} is not {'owner of' if as_owner else 'in'} group {where}")


def _bare(obj: Any) -> Any:
    return type(obj)(obj.id, False)
