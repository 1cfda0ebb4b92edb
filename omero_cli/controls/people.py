"""UserGroupControl: what commands about users and groups have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from omero_cli.controls.base import BaseControl
from omero_cli.framework import CommandError

if TYPE_CHECKING:
    from omero_cli.people import Kind

__all__ = ["ExperimenterArg", "ExperimenterGroupArg", "UserGroupControl"]


class _Named:
    """A type of arguments: a user or group by id or name; `lookup` finds its id."""

    word = ""

    def __init__(self, arg: str) -> None:
        self.orig = arg

    def lookup(self, client: Any) -> int | None:
        """The id; None when the server knows none."""
        from omero_cli import people

        kind = people.USERS if self.word == "user" else people.GROUPS
        try:
            return people.key_of(people.recipient(client.sf.getAdminService(), kind, self.orig))
        except CommandError:
            return None


class ExperimenterArg(_Named):
    """A user: `5`, `User:5`, `Experimenter:5` or a login name."""

    word = "user"


class ExperimenterGroupArg(_Named):
    """A group: `5`, `Group:5`, `ExperimenterGroup:5` or a name."""

    word = "group"


Found = tuple[int | None, Any]


class UserGroupControl(BaseControl):
    """Finds users and groups, prints tables of them, changes memberships. With `fatal`, errors end the command.

    Codes of errors: 501 to 505 for groups, 511 to 515 for users: none given, bad id, unknown, none found, ambiguous.
    """

    def _say(self, msg: str, code: int, fatal: bool) -> None:
        if fatal:
            self.ctx.die(code, msg)
        self.ctx.err(msg)

    def error_no_input_group(
        self, msg: str = "No input group is specified", code: int = 501, fatal: bool = True
    ) -> None:
        self._say(msg, code, fatal)

    def error_invalid_groupid(
        self, group_id: Any, msg: str = "Not a valid group ID: %s", code: int = 502, fatal: bool = True
    ) -> None:
        self._say(msg % group_id, code, fatal)

    def error_invalid_group(
        self, group: Any, msg: str = "Unknown group: %s", code: int = 503, fatal: bool = True
    ) -> None:
        self._say(msg % group, code, fatal)

    def error_no_group_found(self, msg: str = "No group found", code: int = 504, fatal: bool = True) -> None:
        self._say(msg, code, fatal)

    def error_ambiguous_group(
        self, id_or_name: Any, msg: str = "Ambiguous group identifier: %s", code: int = 505, fatal: bool = True
    ) -> None:
        self._say(msg % id_or_name, code, fatal)

    def error_no_input_user(self, msg: str = "No input user is specified", code: int = 511, fatal: bool = True) -> None:
        self._say(msg, code, fatal)

    def error_invalid_userid(
        self, user_id: Any, msg: str = "Not a valid user ID: %s", code: int = 512, fatal: bool = True
    ) -> None:
        self._say(msg % user_id, code, fatal)

    def error_invalid_user(self, user: Any, msg: str = "Unknown user: %s", code: int = 513, fatal: bool = True) -> None:
        self._say(msg % user, code, fatal)

    def error_no_user_found(self, msg: str = "No user found", code: int = 514, fatal: bool = True) -> None:
        self._say(msg, code, fatal)

    def error_ambiguous_user(
        self, id_or_name: Any, msg: str = "Ambiguous user identifier: %s", code: int = 515, fatal: bool = True
    ) -> None:
        self._say(msg % id_or_name, code, fatal)

    # Finding: (id, object), or (None, None)

    def find_group_by_id(self, admin: Any, group_id: Any, fatal: bool = False) -> Found:
        """The group with an id."""
        return self._find(admin, "group", group_id, "id", fatal)

    def find_group_by_name(self, admin: Any, group_name: str, fatal: bool = False) -> Found:
        """The group with a name."""
        return self._find(admin, "group", group_name, "name", fatal)

    def find_group(self, admin: Any, id_or_name: Any, fatal: bool = False) -> Found:
        """The group with an id or a name."""
        return self._find(admin, "group", id_or_name, "any", fatal)

    def find_user_by_id(self, admin: Any, user_id: Any, fatal: bool = False) -> Found:
        """The user with an id."""
        return self._find(admin, "user", user_id, "id", fatal)

    def find_user_by_name(self, admin: Any, user_name: str, fatal: bool = False) -> Found:
        """The user with a login name."""
        return self._find(admin, "user", user_name, "name", fatal)

    def find_user(self, admin: Any, id_or_name: Any, fatal: bool = False) -> Found:
        """The user with an id or a login name."""
        return self._find(admin, "user", id_or_name, "any", fatal)

    def _find(self, admin: Any, word: str, text: Any, way: str, fatal: bool) -> Found:
        from omero_cli import people

        try:
            obj = people.find(admin, _kind(word), str(text), way)
        except CommandError as error:
            self._say(str(error), error.code, fatal)
            return None, None
        return people.key_of(obj), obj

    # Arguments

    def add_id_name_arguments(self, parser: Any, objtype: str = "") -> Any:
        """`--id` or `--name`, of which one may be given."""
        group = parser.add_mutually_exclusive_group()
        group.add_argument("--id", help=f"Id of the {objtype}")
        group.add_argument("--name", help=f"Name of the {objtype}")
        return group

    def add_user_and_group_arguments(self, parser: Any, *args: Any, **kwargs: Any) -> None:
        """`--user-id`, `--user-name`, `--group-id`, `--group-name`; what is given else goes to each of them."""
        for word in ("user", "group"):
            for way in ("id", "name"):
                parser.add_argument(f"--{word}-{way}", *args, **{"help": f"{way.title()} of the {word}", **kwargs})

    def add_user_arguments(self, parser: Any, action: str = "") -> None:
        """Any number of users."""
        self._many(parser, "user", action)

    def add_group_arguments(self, parser: Any, action: str = "") -> None:
        """Any number of groups."""
        self._many(parser, "group", action)

    def _many(self, parser: Any, word: str, action: str) -> None:
        parser.add_argument(f"{word}_id_or_name", nargs="*", metavar=word, help=f"Ids or names of the {word}s{action}")
        parser.add_argument(f"--{word}-id", nargs="+", metavar=word, help=f"Ids of the {word}s{action}")
        parser.add_argument(f"--{word}-name", nargs="+", metavar=word, help=f"Names of the {word}s{action}")

    def add_single_user_argument(self, parser: Any, action: str = "", required: bool = True) -> Any:
        """One user."""
        return self._single(parser, "user", action, required)

    def add_single_group_argument(self, parser: Any, action: str = "", required: bool = True) -> Any:
        """One group."""
        return self._single(parser, "group", action, required)

    def _single(self, parser: Any, word: str, action: str, required: bool) -> Any:
        group = parser.add_mutually_exclusive_group(required=required)
        group.add_argument(f"--{word}-id", metavar=word, help=f"Id of the {word}{action}")
        group.add_argument(f"--{word}-name", metavar=word, help=f"Name of the {word}{action}")
        return group

    # What arguments name

    def list_users(self, a: Any, args: Any, use_context: bool = False) -> tuple[list[int], list[Any]]:
        """(ids, objects) of the users given; without any, the current one if `use_context`, else an error."""
        return self._list(a, args, "user", use_context)

    def list_groups(self, a: Any, args: Any, use_context: bool = False) -> tuple[list[int], list[Any]]:
        """(ids, objects) of the groups given; without any, the current one if `use_context`, else an error."""
        return self._list(a, args, "group", use_context)

    def _list(self, admin: Any, args: Any, word: str, use_context: bool) -> tuple[list[int], list[Any]]:
        from omero_cli import people

        found = people.find_many(self.ctx, admin, _kind(word), args)
        if not found and use_context:
            context = self.ctx.get_event_context()
            found = [people.find(admin, _kind(word), str(context.userId if word == "user" else context.groupId), "id")]
        if not found:
            kind = _kind(word)
            self.ctx.die(kind.code + 1, f"No input {word} is specified")
        return [people.key_of(each) for each in found], found

    def get_users_groups(self, args: Any, iadmin: Any) -> tuple[list[int], list[int]]:
        """The ids that `add_user_and_group_arguments` with `action="append"` collected."""
        users = [self.find_user_by_id(iadmin, number, fatal=True)[0] for number in args.user_id or []]
        users += [self.find_user_by_name(iadmin, name, fatal=True)[0] for name in args.user_name or []]
        groups = [self.find_group_by_id(iadmin, number, fatal=True)[0] for number in args.group_id or []]
        groups += [self.find_group_by_name(iadmin, name, fatal=True)[0] for name in args.group_name or []]
        return [each for each in users if each is not None], [each for each in groups if each is not None]

    def get_single_user_group(self, args: Any, iadmin: Any) -> tuple[int | None, int | None]:
        """The ids of the user and the group that were given, None for what was not."""
        user = group = None
        if args.user_id or args.user_name:
            way = "id" if args.user_id else "name"
            user = self._find(iadmin, "user", args.user_id or args.user_name, way, True)[0]
        if args.group_id or args.group_name:
            way = "id" if args.group_id else "name"
            group = self._find(iadmin, "group", args.group_id or args.group_name, way, True)[0]
        return user, group

    # Memberships

    def addusersbyid(self, admin: Any, group: Any, users: Iterable[int]) -> None:
        """Make users members of a group."""
        self._change("add_members", admin, group, users, False)

    def removeusersbyid(self, admin: Any, group: Any, users: Iterable[int]) -> None:
        """Take users out of a group."""
        self._change("remove_members", admin, group, users, False)

    def addownersbyid(self, admin: Any, group: Any, users: Iterable[int]) -> None:
        """Make users owners of a group."""
        self._change("add_members", admin, group, users, True)

    def removeownersbyid(self, admin: Any, group: Any, users: Iterable[int]) -> None:
        """Take users off the owners of a group."""
        self._change("remove_members", admin, group, users, True)

    def _change(self, how: str, admin: Any, group: Any, users: Iterable[int], as_owner: bool) -> None:
        import omero.model
        from omero_cli import people

        references = [omero.model.ExperimenterI(number, False) for number in users]
        getattr(people, how)(self.ctx, admin, group, references, as_owner)

    def set_users_default_group_by_user_id(self, admin: Any, group: Any, users: Iterable[int]) -> None:
        """Make a group the default one of users."""
        import omero.model

        for number in users:
            reference = omero.model.ExperimenterI(number, False)
            admin.setDefaultGroup(reference, omero.model.ExperimenterGroupI(group.id.val, False))
            self.ctx.out(f"Set default group of user {number} to {group.id.val}")

    def getuserids(self, group: Any) -> list[int]:
        """The ids of all users in a loaded group."""
        from omero_cli import people

        return list(people.members(group))

    def getmemberids(self, group: Any) -> list[int]:
        """The ids of those in a loaded group that do not own it."""
        from omero_cli import people

        return [number for number, owner in people.members(group).items() if not owner]

    def getownerids(self, group: Any) -> list[int]:
        """The ids of the owners of a loaded group."""
        from omero_cli import people

        return [number for number, owner in people.members(group).items() if owner]

    # Tables

    def output_users_list(self, admin: Any, users: Sequence[Any], args: Any) -> None:
        """Print a table of users, in the order and detail that the arguments ask for."""
        from omero_cli import people

        found = [people.find(admin, people.USERS, str(user), "id") if isinstance(user, int) else user for user in users]
        self.ctx.out(people.users_table(found, admin.getSecurityRoles(), _order(args)))

    def output_groups_list(self, groups: Sequence[Any], args: Any) -> None:
        """Print a table of groups, in the order and detail that the arguments ask for."""
        from omero_cli import people

        self.ctx.out(people.groups_table(groups, _order(args)))


def _kind(word: str) -> Kind:
    from omero_cli import people

    return people.USERS if word == "user" else people.GROUPS


def _order(args: Any) -> Any:
    """The arguments with what the tables ask for: `sort` and `long`."""
    chosen = (name for name, value in vars(args).items() if name.startswith("sort_by_") and value)
    args.sort = next(chosen, "sort_by_id").removeprefix("sort_by_").replace("_", "-")
    args.long = getattr(args, "long", True)
    return args
