"""What `omero delete` and the other commands on whole graphs of objects share: requests and reports."""

from argparse import SUPPRESS
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import omero
import omero.cmd
from omero.callbacks import CmdCallbackI
from omero.rtypes import unwrap
from omero.sys import ParametersI
from omero_cli.framework import Arguments, Context, Parser
from omero_cli.graph_targets import Target, id_ranges, parse_target
from omero_cli.requests import failure, short_answer, start, wait_argument

__all__ = ["GraphCommand", "class_names", "classes_argument", "graph_arguments", "need_targets"]

EVERYWHERE = {"omero.group": "-1"}
USERS = "Experimenter"


def graph_arguments(parser: Parser) -> Parser:
    """The targets and options of all commands on graphs."""
    parser.login_arguments()
    parser.add_argument("obj", nargs="*", type=parse_target, help="Class:IDs, or Class/Lower:IDs for what is below")
    wait_argument(parser)
    classes_argument(parser, "include", "Classes to take along that would stay")
    classes_argument(parser, "exclude", "Classes to leave alone")
    parser.add_argument("--ordered", action="store_true", help="Treat the arguments one after the other")
    parser.add_argument("--list", action="store_true", help="List the classes that may be given, and stop")
    parser.add_argument("--list-details", action="store_true", help=SUPPRESS)
    parser.add_argument("--report", action="store_true", help="List every object that was touched")
    parser.add_argument("--dry-run", action="store_true", help="Report what would happen; change nothing")
    parser.add_argument("--force", action="store_true", help="Act on ranges of ids, which are else only tried")
    return parser


def classes_argument(parser: Parser, name: str, help: str) -> None:
    """An option that takes classes, with commas or blanks between them; `class_names` reads it."""
    parser.add_argument(f"--{name}", nargs="+", action="append", metavar="CLASS", help=help)


def class_names(given: list[list[str]] | None) -> list[str]:
    """The classes of an option made by `classes_argument`."""
    return [name for words in given or [] for word in words for name in word.split(",") if name]


def need_targets(ctx: Context, args: Arguments) -> None:
    """CommandError 440 when there is nothing to do."""
    if not args.obj and not (args.list or args.list_details):
        ctx.die(440, "no object targets supplied for graph operation")


@dataclass
class GraphCommand:
    """Runs one kind of request.

    `request` names its class in omero.cmd, `values` are its own fields, `sections` the maps of its response with their
    titles, `excluded` the classes that stay unless they are included. With `gives`, users among the targets stand for
    all that they own.
    """

    request: str
    sections: dict[str, str]
    excluded: tuple[str, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    gives: bool = False

    def run(self, ctx: Context, args: Arguments) -> int:
        """The exit code: 1 when the request failed. CommandError 440 without targets."""
        client = ctx.connect(args)
        if args.list or args.list_details:
            return self._list(ctx, client)
        need_targets(ctx, args)
        dry_run = args.dry_run
        if not dry_run and not args.force and any(target.ranged for target in args.obj):
            ctx.err("A range of ids, so this is only a dry run: use --force to act on it, --dry-run to say so.")
            dry_run = True
        if not dry_run:
            _warn_of_others(ctx, client, args.obj)
        requests = self.requests(args, dry_run)
        callback = start(ctx, client, omero.cmd.DoAll(requests) if len(requests) > 1 else requests[0], args.wait)
        if callback is None:
            return 0
        try:
            parts = [part for request in requests for part in _description(request)]
            ctx.out(f"omero.cmd.{self.request} {' '.join(parts)} ", newline=False)
            return self._answer(ctx, args, callback, dry_run)
        finally:
            callback.close(True)

    def requests(self, args: Arguments, dry_run: bool) -> list[Any]:
        """One request for all plain targets, then one per lower class; with --ordered one per argument, in order."""
        groups: dict[tuple[int, str], dict[str, list[int]]] = {}
        for number, target in enumerate(args.obj):
            lower = target.path[-1] if len(target.path) > 1 else ""
            ids = groups.setdefault((number if args.ordered else 0, lower), {}).setdefault(target.path[0], [])
            ids += target.ids
        ordered = sorted(groups.items(), key=lambda item: (item[0][0], bool(item[0][1])))
        options = self._options(args)
        return [self._one(targets, lower, options, dry_run) for (_, lower), targets in ordered]

    def _one(self, targets: dict[str, list[int]], lower: str, options: Any, dry_run: bool) -> Any:
        values = self.values
        if self.gives and not lower:
            # Without lower classes, a user is no object to start from but the owner of all that is given.
            values = values | {"targetUsers": targets.get(USERS, [])}
            targets = {name: ids for name, ids in targets.items() if name != USERS}
        shared = {"targetObjects": targets, "childOptions": options, "dryRun": dry_run}
        plain = getattr(omero.cmd, self.request)(**shared, **values)
        return omero.cmd.SkipHead(startFrom=[lower], request=plain, **shared) if lower else plain

    def _options(self, args: Arguments) -> list[Any]:
        included = class_names(args.include)
        excluded = [name for name in self.excluded if name not in included] + class_names(args.exclude)
        if not included and not excluded:
            return []
        return [omero.cmd.graphs.ChildOption(includeType=included, excludeType=excluded)]

    def _list(self, ctx: Context, client: Any) -> int:
        """Print the classes that requests of this kind take."""
        answer = short_answer(ctx, client, omero.cmd.LegalGraphTargets(getattr(omero.cmd, self.request)()))
        if isinstance(answer, omero.cmd.ERR):
            ctx.die(367, failure(answer))
        for name in sorted(name.rpartition(".")[2] for name in answer.targets):
            ctx.out(name)
        return 0

    def _answer(self, ctx: Context, args: Arguments, callback: CmdCallbackI, dry_run: bool) -> int:
        response = callback.getResponse()
        if response is None:
            ctx.out("")
            ctx.die(1, "LockTimeout: still running. It goes on without this command; wait longer with --wait.")
        failed = isinstance(response, omero.cmd.ERR)
        if failed:
            # The official command ends no line here, so that standard output is the same in what scripts read.
            ctx.out("\n" if args.report else "", newline=False)
            ctx.err(failure(response))
        else:
            ctx.out("Dry run performed\nok" if dry_run else "ok")
        if args.report:
            self._report(ctx, response, callback.getStatus())
        return int(failed)

    def _report(self, ctx: Context, response: Any, status: Any) -> None:
        ctx.out(f"Steps: {status.steps}")
        seconds = (status.stopTime - status.startTime) / 1000
        ctx.out(f"Elapsed time: {seconds} secs." if status.stopTime > 0 else "Unfinished.")
        ctx.out(f"Flags: [{', '.join(map(str, status.flags))}]")
        for each in getattr(response, "responses", None) or [response]:
            for name, title in self.sections.items():
                touched = getattr(each, name, None)
                if touched:
                    ctx.out(title)
                    for kind, ids in sorted(touched.items()):
                        ctx.out(f"  {kind.rpartition('.')[2]}:{id_ranges(ids)}")


def _description(request: Any) -> list[str]:
    """The targets of a request: `Image:1-3`, `Project/Dataset:5`."""
    lower = "".join(f"/{name}" for name in getattr(request, "startFrom", None) or ())
    return [f"{name}{lower}:{id_ranges(ids)}" for name, ids in request.targetObjects.items()]


def _warn_of_others(ctx: Context, client: Any, targets: Iterable[Target]) -> None:
    """Say which of the targets are somebody else's, where the group lets its members change them."""
    service = client.sf.getQueryService()
    me = client.sf.getAdminService().getEventContext().userId
    for target in targets:
        # The class is one word, see graph_targets.
        query = f"select o.id, o.details.owner.id, o.details.permissions from {target.path[0]} o where o.id in (:ids)"  # noqa: S608
        try:
            rows = service.projection(query, ParametersI().addIds(list(target.ids)), EVERYWHERE)
        except omero.ApiUsageException:
            # No such class, or one whose objects nobody owns. What is wrong with it, the request will tell.
            continue
        for number, owner, permissions in unwrap(rows):
            if owner != me and permissions["perm"].startswith("rwrw"):
                ctx.err(f"WARNING: {target.path[0]}:{number} belongs to user {owner}")
