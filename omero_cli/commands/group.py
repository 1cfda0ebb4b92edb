"""Make, list and change groups."""

from typing import Any

import omero
import omero.cmd
import omero.model
from omero.rtypes import rbool, rstring
from omero_cli import people
from omero_cli.framework import Arguments, CommandError, Context, Parser
from omero_cli.people import GROUPS, USERS
from omero_cli.requests import finish

TYPES = {"private": "rw----", "read-only": "rwr---", "read-annotate": "rwra--", "read-write": "rwrw--"}
GROUP_SORTS = ("id", "name")
USER_SORTS = ("id", "login", "first-name", "last-name", "email")


def configure(parser: Parser) -> None:
    parser.login_arguments()
    _configure_changes(parser)
    table = parser.command("list", list_groups, "List all groups")
    people.table_arguments(table.login_arguments(), GROUP_SORTS, long=False)
    info = people.identifiers(
        parser.command("info", info_groups, "List some groups; the current one by default"), GROUPS
    )
    people.table_arguments(info.login_arguments(), GROUP_SORTS, long=False)
    users = people.identifiers(parser.command("listusers", list_users, "List the users in a group"), GROUPS)
    people.table_arguments(users.login_arguments(), USER_SORTS, long=True)
    copy = parser.command("copyusers", copy_users, "Add the users in one group to another").login_arguments()
    copy.add_argument("from_group", help="Id or name of the group whose users are copied")
    copy.add_argument("to_group", help="Id or name of the group they are added to")
    copy.add_argument("--as-owner", action="store_true", help="Copy the owners, as owners")
    for name, run, help in (
        ("adduser", add_user, "Add users to a group"),
        ("removeuser", remove_user, "Remove users from a group"),
    ):
        change = people.identifiers(parser.command(name, run, help).login_arguments(), USERS)
        _one_group(change)
        change.add_argument("--as-owner", action="store_true", help="Change the owners of the group")


def _configure_changes(parser: Parser) -> None:
    add = parser.command("add", add_group, "Make a group").login_arguments()
    add.add_argument("name", help="Name of the group")
    add.add_argument("--ignore-existing", action="store_true", help="It is no error when the group exists")
    perms = parser.command("perms", change_permissions, "Change the permissions of a group").login_arguments()
    _one_group(perms)
    for each, needed in ((add, False), (perms, True)):
        choice = each.add_mutually_exclusive_group(required=needed)
        choice.add_argument("--perms", help="Permissions such as rwra--")
        choice.add_argument("--type", choices=list(TYPES), help="Kind of group" + ("" if needed else " (private)"))


def _one_group(parser: Parser) -> None:
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--id", help="Id of the group")
    choice.add_argument("--name", help="Name of the group")


def add_group(ctx: Context, args: Arguments) -> int:
    wanted = _permissions(args)
    admin = ctx.connect(args).sf.getAdminService()
    try:
        found = people.find(admin, GROUPS, args.name, "name")
    except CommandError:
        found = None
    if found is not None:
        tell = ctx.out if args.ignore_existing else ctx.err
        tell(f"Group exists: {args.name} (id={people.key_of(found)})")
        return 0 if args.ignore_existing else 3
    if not admin.getEventContext().isAdmin:
        ctx.die(111, "SecurityViolation: Admins only!")
    group = omero.model.ExperimenterGroupI()
    group.name, group.ldap = rstring(args.name), rbool(False)
    group.details.permissions = omero.model.PermissionsI(wanted)
    try:
        number = admin.createGroup(group)
    except omero.ValidationException as error:
        ctx.die(67, f"ValidationException: {error.message}")
    except omero.SecurityViolation as error:
        ctx.die(68, f"SecurityViolation: {error.message}")
    except omero.ServerError as error:
        ctx.die(4, f"{type(error).__name__}: {error.message}")
    ctx.out(f"Added group {args.name} (id={number}) with permissions {wanted}")
    return 0


def change_permissions(ctx: Context, args: Arguments) -> None:
    wanted = _permissions(args)
    client = ctx.connect(args)
    group = _chosen(client.sf.getAdminService(), args)
    what = f"group {people.name_of(group)} (id={people.key_of(group)})"
    if str(group.details.permissions) == wanted:
        ctx.out(f"Permissions for {what} already {wanted}")
        return
    request = omero.cmd.Chmod2(targetObjects={"ExperimenterGroup": [people.key_of(group)]}, permissions=wanted)
    answer = finish(ctx, client, request)
    if isinstance(answer, omero.cmd.ERR):
        reason = getattr(answer, "message", None) or (answer.parameters or {}).get("message") or answer.name
        ctx.die(504, f"Cannot change permissions for {what} to {wanted}: {reason}")
    ctx.out(f"Changed permissions for {what} to {wanted}")


def _permissions(args: Arguments) -> str:
    """The six letters that the arguments ask for; CommandError 505 for others."""
    try:
        return str(omero.model.PermissionsI(args.perms or TYPES[args.type or "private"]))
    except ValueError as error:
        raise CommandError(f"{error}. Use six letters such as rwra--", 505) from error


def list_groups(ctx: Context, args: Arguments) -> None:
    ctx.out(people.groups_table(ctx.connect(args).sf.getAdminService().lookupGroups(), args))


def info_groups(ctx: Context, args: Arguments) -> None:
    ctx.out(people.groups_table(_named_or_own(ctx, args), args))


def list_users(ctx: Context, args: Arguments) -> None:
    group = _single(_named_or_own(ctx, args))
    admin = ctx.connect(args).sf.getAdminService()
    users = admin.containedExperimenters(people.key_of(group))
    ctx.out(people.users_table(users, admin.getSecurityRoles(), args))


def copy_users(ctx: Context, args: Arguments) -> None:
    admin = ctx.connect(args).sf.getAdminService()
    source, target = (people.find(admin, GROUPS, text) for text in (args.from_group, args.to_group))
    chosen = [number for number, owner in people.members(source).items() if owner or not args.as_owner]
    users = [omero.model.ExperimenterI(number, False) for number in sorted(chosen)]
    people.add_members(ctx, admin, target, users, args.as_owner)
    what = "Owners" if args.as_owner else "Users"
    ctx.out(f"{what} of {people.name_of(source)} copied to {people.name_of(target)}")


def add_user(ctx: Context, args: Arguments) -> None:
    admin = ctx.connect(args).sf.getAdminService()
    people.add_members(ctx, admin, _chosen(admin, args), _users(ctx, admin, args), args.as_owner)


def remove_user(ctx: Context, args: Arguments) -> None:
    admin = ctx.connect(args).sf.getAdminService()
    people.remove_members(ctx, admin, _chosen(admin, args), _users(ctx, admin, args), args.as_owner)


def _chosen(admin: Any, args: Arguments) -> Any:
    group = people.find_chosen(admin, GROUPS, args)
    if group is None:
        raise CommandError("No input group is specified: use --id or --name", GROUPS.code + 1)
    return group


def _users(ctx: Context, admin: Any, args: Arguments) -> list[Any]:
    users = people.find_many(ctx, admin, USERS, args)
    if not users:
        raise CommandError("No input user is specified", USERS.code + 1)
    return users


def _named_or_own(ctx: Context, args: Arguments) -> list[Any]:
    """The groups that the arguments name, else the current one."""
    admin = ctx.connect(args).sf.getAdminService()
    return people.find_many(ctx, admin, GROUPS, args) or [admin.getGroup(admin.getEventContext().groupId)]


def _single(groups: list[Any]) -> Any:
    if len(groups) > 1:
        raise CommandError("Too many group arguments: give one", 516)
    return groups[0]
