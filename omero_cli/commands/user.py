"""Make, list and change users."""

from typing import Any

import Glacier2

import omero
import omero.model
from omero.rtypes import rbool, rstring, unwrap
from omero_cli import people
from omero_cli.framework import Arguments, CommandError, Context, Parser
from omero_cli.people import GROUPS, USERS

USER_SORTS = ("id", "login", "first-name", "last-name", "email")
GROUP_SORTS = ("id", "name")


def configure(parser: Parser) -> None:
    parser.login_arguments()
    _configure_add(parser.command("add", add_user, "Make a user").login_arguments())
    table = parser.command("list", list_users, "List all users").login_arguments()
    people.table_arguments(table, USER_SORTS, long=True)
    info = parser.command("info", info_users, "List some users; yourself by default").login_arguments()
    people.table_arguments(people.identifiers(info, USERS), USER_SORTS, long=True)
    groups = parser.command("listgroups", list_groups, "List the groups of a user").login_arguments()
    people.table_arguments(people.identifiers(groups, USERS), GROUP_SORTS, long=False)
    password = parser.command("password", change_password, "Change your password, or that of a user")
    password.login_arguments().add_argument("username", nargs="?", help="Login name (default: your own)")
    email = parser.command("email", list_email, "List e-mail addresses").login_arguments()
    email.add_argument("-n", "--names", action="store_true", help="With the names of the users")
    email.add_argument("-1", "--one", action="store_true", help="One per line")
    email.add_argument("-i", "--ignore", action="store_true", help="Do not tell who has none")
    email.add_argument("--all", action="store_true", help="Also of users who cannot log in")
    join = parser.command("joingroup", join_group, "Add a user to groups")
    leave = parser.command("leavegroup", leave_group, "Remove a user from groups")
    for each in (join, leave):
        choice = each.login_arguments().add_mutually_exclusive_group()
        choice.add_argument("--id", help="Id of the user (default: yourself)")
        choice.add_argument("--name", help="Login name of the user")
        people.identifiers(each, GROUPS).add_argument("--as-owner", action="store_true", help="As owner of the group")
    join.add_argument("--as-default", action="store_true", help="Also make the group the user's default")


def _configure_add(parser: Parser) -> None:
    for name, help in (("username", "Login name"), ("firstname", "First name"), ("lastname", "Last name")):
        parser.add_argument(name, help=help)
    people.identifiers(parser, GROUPS)
    parser.add_argument("--ignore-existing", action="store_true", help="It is no error when the user exists")
    parser.add_argument("-m", "--middlename", help="Middle name")
    parser.add_argument("-e", "--email", help="E-mail address")
    parser.add_argument("-i", "--institution", help="Institution")
    parser.add_argument("-a", "--admin", action="store_true", help="Make the user an administrator")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("-P", "--userpassword", help="Password of the user (default: asked for)")
    choice.add_argument("--no-password", action="store_true", help="No password, where the server allows that")


def add_user(ctx: Context, args: Arguments) -> int:
    client = ctx.connect(args)
    admin = client.sf.getAdminService()
    try:
        found = people.find(admin, USERS, args.username, "name")
    except CommandError:
        found = None
    if found is not None:
        tell = ctx.out if args.ignore_existing else ctx.err
        tell(f"User exists: {args.username} (id={people.key_of(found)})")
        return 0 if args.ignore_existing else 3
    context = admin.getEventContext()
    if not context.isAdmin and not context.leaderOfGroups:
        ctx.die(111, "SecurityViolation: Admins only!")
    groups = _groups(ctx, admin, args)
    password = _new_password(ctx, client, args)
    number = _create(ctx, admin, _described(args), groups, password)
    ctx.out(f"Added user {args.username} (id={number}) {'with' if password else 'without'} password")
    return 0


def _groups(ctx: Context, admin: Any, args: Arguments) -> list[Any]:
    """Those that were named, the group of all users, and with --admin that of the administrators."""
    groups = people.find_many(ctx, admin, GROUPS, args)
    if not groups:
        raise CommandError("No input group is specified: a user needs one", GROUPS.code + 1)
    roles = admin.getSecurityRoles()
    ids = [people.key_of(group) for group in groups]
    ids += [each for each in (roles.userGroupId, *([roles.systemGroupId] if args.admin else [])) if each not in ids]
    return [omero.model.ExperimenterGroupI(number, False) for number in ids]


def _described(args: Arguments) -> Any:
    user = omero.model.ExperimenterI()
    user.omeName, user.firstName, user.lastName = map(rstring, (args.username, args.firstname, args.lastname))
    user.ldap = rbool(False)
    for name, value in (("middleName", args.middlename), ("email", args.email), ("institution", args.institution)):
        if value is not None:
            setattr(user, name, rstring(value))
    return user


def _new_password(ctx: Context, client: Any, args: Arguments) -> str | None:
    if args.no_password:
        needed = client.sf.getConfigService().getConfigValue("omero.security.password_required")
        if needed.lower() != "false":
            ctx.die(502, "Server does not allow user creation with empty passwords")
        return None
    if args.userpassword is not None:
        return str(args.userpassword)
    return _ask_twice(ctx, f" for your new user ({args.username})")


def _create(ctx: Context, admin: Any, user: Any, groups: list[Any], password: str | None) -> int:
    try:
        if password is None:
            return int(admin.createExperimenter(user, groups[0], groups[1:]))
        return int(admin.createExperimenterWithPassword(user, rstring(password), groups[0], groups[1:]))
    except omero.ValidationException as error:
        ctx.die(67, f"ValidationException: {error.message}")
    except omero.SecurityViolation as error:
        ctx.die(68, f"SecurityViolation: {error.message}")


def _ask_twice(ctx: Context, purpose: str) -> str:
    while True:
        first = ctx.input(f"Please enter password{purpose}: ", hidden=True, what="password")
        if not first:
            ctx.err("Password cannot be empty")
        elif ctx.input(f"Please re-enter password{purpose}: ", hidden=True, what="password") == first:
            return first
        else:
            ctx.err("Passwords don't match")


def list_users(ctx: Context, args: Arguments) -> None:
    admin = ctx.connect(args).sf.getAdminService()
    ctx.out(people.users_table(admin.lookupExperimenters(), admin.getSecurityRoles(), args))


def info_users(ctx: Context, args: Arguments) -> None:
    admin = ctx.connect(args).sf.getAdminService()
    ctx.out(people.users_table(_named_or_self(ctx, admin, args), admin.getSecurityRoles(), args))


def list_groups(ctx: Context, args: Arguments) -> None:
    admin = ctx.connect(args).sf.getAdminService()
    users = _named_or_self(ctx, admin, args)
    if len(users) > 1:
        raise CommandError("Too many user arguments: give one", 516)
    ctx.out(people.groups_table(admin.containedGroups(people.key_of(users[0])), args))


def _named_or_self(ctx: Context, admin: Any, args: Arguments) -> list[Any]:
    return people.find_many(ctx, admin, USERS, args) or [admin.getExperimenter(admin.getEventContext().userId)]


def change_password(ctx: Context, args: Arguments) -> None:
    client = ctx.connect(args)
    admin = client.sf.getAdminService()
    own = admin.getEventContext().userName
    current = ctx.input(f"Please enter password for your user ({own}): ", hidden=True, what="password")
    try:
        client.sf.setSecurityPassword(current)
    except (omero.SecurityViolation, Glacier2.PermissionDeniedException):
        ctx.die(456, "SecurityViolation: Bad credentials")
    ctx.out("Verified password.\n")
    try:
        user = people.find(admin, USERS, args.username or own, "name")
    except CommandError as error:
        ctx.die(457, str(error))
    ctx.out(f"Changing password for {people.name_of(user)} (id:{people.key_of(user)})")
    password = rstring(_ask_twice(ctx, " to be set"))
    if people.name_of(user) == own:
        admin.changePassword(password)
    else:
        admin.changeUserPassword(people.name_of(user), password)
    ctx.out("Password changed")


def list_email(ctx: Context, args: Arguments) -> None:
    admin = ctx.connect(args).sf.getAdminService()
    everybody = admin.getSecurityRoles().userGroupId
    users = [user for user in admin.lookupExperimenters() if args.all or everybody in people.memberships(user)]
    users.sort(key=people.key_of)
    found = [user for user in users if unwrap(user.email)]
    texts = [f'"{_full_name(user)}" <{user.email.val}>' if args.names else user.email.val for user in found]
    for line in texts if args.one else [", ".join(texts)]:
        ctx.out(line)
    missing = [user for user in users if not unwrap(user.email)]
    if missing and not args.ignore:
        ctx.err("Missing email addresses:")
        for user in missing:
            ctx.err(_full_name(user))


def _full_name(user: Any) -> str:
    parts = (unwrap(name) for name in (user.firstName, user.middleName, user.lastName))
    return " ".join(part for part in parts if part)


def join_group(ctx: Context, args: Arguments) -> None:
    admin, user, groups = _user_and_groups(ctx, args)
    if args.as_default and len(groups) > 1:
        ctx.die(516, "--as-default requires a single group ID to be supplied.")
    for group in groups:
        people.add_members(ctx, admin, group, [user], args.as_owner)
    if args.as_default:
        admin.setDefaultGroup(type(user)(user.id, False), type(groups[0])(groups[0].id, False))
        ctx.out(f"Set the default group of user {people.key_of(user)} to group {people.key_of(groups[0])}")


def leave_group(ctx: Context, args: Arguments) -> None:
    admin, user, groups = _user_and_groups(ctx, args)
    for group in groups:
        people.remove_members(ctx, admin, group, [user], args.as_owner)


def _user_and_groups(ctx: Context, args: Arguments) -> tuple[Any, Any, list[Any]]:
    """The admin service, the chosen user (yourself by default) and the named groups."""
    admin = ctx.connect(args).sf.getAdminService()
    user = people.find_chosen(admin, USERS, args) or admin.getExperimenter(admin.getEventContext().userId)
    groups = people.find_many(ctx, admin, GROUPS, args)
    if not groups:
        raise CommandError("No input group is specified", GROUPS.code + 1)
    return admin, user, groups
