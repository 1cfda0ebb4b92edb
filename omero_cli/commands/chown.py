"""Give objects and what belongs to them to another user."""

from omero_cli.framework import Arguments, Context, Parser
from omero_cli.graphs import GraphCommand, graph_arguments, need_targets
from omero_cli.people import USERS, key_of, recipient

EXAMPLES = """Examples:
  omero chown 5 Image:51
  omero chown Experimenter:5 Image:51,52 Dataset:53
  omero chown ann Project:51 --report --dry-run
  omero chown ann Project/Image:51   # the images in the project, not the project
  omero chown ann Experimenter:3,4   # all that users 3 and 4 own

Administrators and owners of groups may do that; owners only among the members of their groups. The objects stay in
their groups. A range of ids needs --force; without it only a dry run is made. If one of the objects cannot be given,
none is, and the exit code is 1.
"""


def configure(parser: Parser) -> None:
    parser.add_argument("usr", nargs="?", help="User to give them to: login name or id, or Experimenter:ID")
    graph_arguments(parser)
    parser.epilog = EXAMPLES
    parser.set_defaults(run=run)


def run(ctx: Context, args: Arguments) -> int:
    need_targets(ctx, args)
    return GraphCommand(
        request="Chown2",
        sections={"includedObjects": "Included objects", "deletedObjects": "Deleted objects"},
        values={} if args.list else {"userId": _user(ctx, args)},
        gives=True,
    ).run(ctx, args)


def _user(ctx: Context, args: Arguments) -> int:
    return key_of(recipient(ctx.connect(args).sf.getAdminService(), USERS, args.usr))
