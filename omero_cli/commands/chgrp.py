"""Move objects and what belongs to them to another group."""

from omero_cli.framework import Arguments, Context, Parser
from omero_cli.graphs import GraphCommand, graph_arguments, need_targets
from omero_cli.people import GROUPS, key_of, recipient

EXAMPLES = """Examples:
  omero chgrp 5 Image:51
  omero chgrp ExperimenterGroup:5 Image:51,52 Dataset:53
  omero chgrp "My Lab" Project:51 --report --dry-run
  omero chgrp 5 Project/Image:51          # the images in the project, not the project
  omero chgrp 5 Plate:51 --exclude Image  # the images stay

Annotations move along when nothing that stays uses them. A range of ids needs --force; without it only a dry run is
made. If one of the objects cannot be moved, none is, and the exit code is 1.
"""
MAY_MOVE_ANYWHERE = "Chgrp"


def configure(parser: Parser) -> None:
    parser.add_argument("grp", nargs="?", help="Group to move to: its name or id, or ExperimenterGroup:ID")
    graph_arguments(parser)
    parser.epilog = EXAMPLES
    parser.set_defaults(run=run)


def run(ctx: Context, args: Arguments) -> int:
    need_targets(ctx, args)
    return GraphCommand(
        request="Chgrp2",
        sections={"includedObjects": "Included objects", "deletedObjects": "Deleted objects"},
        values={} if args.list else {"groupId": _group(ctx, args)},
    ).run(ctx, args)


def _group(ctx: Context, args: Arguments) -> int:
    """The group's id. CommandError 196 when there is none, 197 when the user may not move anything there."""
    admin = ctx.connect(args).sf.getAdminService()
    number = key_of(recipient(admin, GROUPS, args.grp))
    context = admin.getEventContext()
    if number not in context.memberOfGroups and MAY_MOVE_ANYWHERE not in context.adminPrivileges:
        ctx.die(197, f"Current user is not member of group: {number}")
    return number
