"""Users and groups of the LDAP directory, for administrators."""

from collections.abc import Callable
from typing import Any, TypeVar

import omero
import omero.model
from omero.rtypes import rbool, unwrap
from omero_cli.framework import Arguments, CommandError, Context, Parser
from omero_cli.people import GROUPS, USERS, find, key_of, name_of
from omero_cli.tables import TableBuilder

TRUE = ("yes", "true", "t", "1")
EXAMPLES = """Examples:
  omero ldap active
  omero ldap list
  omero ldap setdn true --user-name jack     # jack logs in with the directory's password from now on
  omero ldap discover --commands             # the commands that do so for all whom the directory knows
  omero ldap create bob                      # before bob logs in for the first time
"""
Value = TypeVar("Value")


def configure(parser: Parser) -> None:
    parser.login_arguments()
    parser.epilog = EXAMPLES
    parser.command("active", active, "Tell whether LDAP is on (exit code 0) or not (1)").login_arguments()
    parser.command("list", list_users, "List the users of the directory").login_arguments().style_argument()
    _identity(parser.command("getdn", get_dn, "Print the distinguished name of a user or group").login_arguments())
    flag = parser.command("setdn", set_dn, "Let the directory check a user's password, or not").login_arguments()
    flag.add_argument("choice", help="true or false")
    _identity(flag)
    found = parser.command("discover", discover, "List local users whom the directory knows as well").login_arguments()
    found.add_argument("--commands", action="store_true", help="Print the commands that make them users of it")
    found.add_argument("--groups", action="store_true", help="Groups, not users")
    new = parser.command("create", create, "Make the account of a user of the directory").login_arguments()
    new.add_argument("username", help="Login name in the directory")


def _identity(parser: Parser) -> None:
    for what in ("user", "group"):
        parser.add_argument(f"--{what}-id", help=f"Id of the {what}")
        parser.add_argument(f"--{what}-name", help=f"Name of the {what}")


def active(ctx: Context, args: Arguments) -> int:
    on = _admins(ctx.connect(args).sf.getLdapService().getSetting)
    (ctx.out if on else ctx.err)("Yes" if on else "No")
    return 0 if on else 1


def list_users(ctx: Context, args: Arguments) -> None:
    client = ctx.connect(args)
    admin = client.sf.getAdminService()
    table = TableBuilder("#", "Id", "OmeName", "DN")
    table.set_style(args.style)
    listed = unwrap(_admins(admin.lookupLdapAuthExperimenters))
    pairs = [pair for entry in listed for pair in entry.items()]
    for number, (name, user_id) in enumerate(pairs):
        user = admin.getExperimenter(user_id)
        table.row(number, key_of(user), name_of(user), name)
    ctx.out(table)


def get_dn(ctx: Context, args: Arguments) -> None:
    client = ctx.connect(args)
    chosen, service = _chosen(client.sf.getAdminService(), args), client.sf.getLdapService()
    if chosen is not None and chosen.ldap.val:
        is_user = isinstance(chosen, omero.model.Experimenter)
        ask = service.findDN if is_user else service.findGroupDN
        ctx.out(f"{name_of(chosen)}: {_admins(lambda: ask(name_of(chosen)))}")


def set_dn(ctx: Context, args: Arguments) -> None:
    client = ctx.connect(args)
    chosen = _chosen(client.sf.getAdminService(), args)
    if chosen is None:
        ctx.die(511, "No user or group is named: use --user-name, --user-id, --group-name or --group-id")
    chosen.setLdap(rbool(args.choice.lower() in TRUE))
    _admins(lambda: client.sf.getUpdateService().saveObject(chosen))


def discover(ctx: Context, args: Arguments) -> None:
    service = ctx.connect(args).sf.getLdapService()
    found = _admins(service.discoverGroups if args.groups else service.discover)
    what, kind, field = ("groups", "Group", "name") if args.groups else ("users", "Experimenter", "omeName")
    if found:
        ctx.out(f"Following LDAP {what} are disabled in OMERO:")
    for each in found:
        if args.commands:
            ctx.out(f"omero ldap setdn --{'group' if args.groups else 'user'}-name {name_of(each)} true")
        else:
            ctx.out(f"{kind}={key_of(each)}\t{field}={name_of(each)}")


def create(ctx: Context, args: Arguments) -> None:
    client = ctx.connect(args)
    try:
        user = _admins(lambda: client.sf.getLdapService().createUser(args.username))
    except (omero.ValidationException, omero.ApiUsageException) as error:
        ctx.die(132, f"{type(error).__name__}: {error.message}")
    name = client.sf.getLdapService().findDN(name_of(user))
    ctx.out(f"Added user {name_of(user)} (id={key_of(user)}) with DN={name}")


def _chosen(admin: Any, args: Arguments) -> Any | None:
    """The user or group that the options name; None without any."""
    for kind, way in ((USERS, "id"), (USERS, "name"), (GROUPS, "id"), (GROUPS, "name")):
        text = getattr(args, f"{kind.word}_{way}")
        if text is not None:
            return find(admin, kind, text, way)
    return None


def _admins(ask: Callable[[], Value]) -> Value:
    """What the server answers. CommandError 111 when it answers administrators only."""
    try:
        return ask()
    except omero.SecurityViolation as error:
        raise CommandError(f"SecurityViolation: Admins only! {error.message}", 111) from error
