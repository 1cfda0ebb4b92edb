"""What `omero delete` and the other commands on whole graphs of objects share: targets, requests, waiting, reports."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import omero
import omero.cmd
from omero.callbacks import CmdCallbackI
from omero.rtypes import unwrap
from omero.sys import ParametersI
from omero_cli.framework import Arguments, Context, Parser

__all__ = ["GraphCommand", "Target", "graph_arguments", "id_ranges", "parse_target"]

_TARGET = re.compile(r"/?(?P<path>\w+(?:/\w+)*):(?P<ids>\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)")
POLL_MS = 500
LOOPS = 8
CANCEL_WAIT_MS = 5000
EVERYWHERE = {"omero.group": "-1"}
# What to do with a server that does not serve a kind of request.
REMEDIES = {
    "SkipHead": "name the lower objects themselves instead of Class/Lower",
    "DoAll": "give the targets in several commands",
}


@dataclass(frozen=True)
class Target:
    """One argument: `Image:1,5-7`, or `Project/Image:3` for the images in project 3."""

    path: tuple[str, ...]
    ids: tuple[int, ...]


def parse_target(text: str) -> Target:
    """The target that an argument names. ValueError for a wrong one."""
    found = _TARGET.fullmatch(text)
    if found is None:
        raise ValueError(text)
    ids: list[int] = []
    for part in found["ids"].split(","):
        first, dash, last = part.partition("-")
        if dash and int(last) < int(first):
            raise ValueError(text)
        ids += range(int(first), int(last or first) + 1)
    return Target(tuple(found["path"].split("/")), tuple(ids))


# argparse names the type in its error message.
parse_target.__name__ = "argument"


def id_ranges(ids: Iterable[int]) -> str:
    """`1-3,5,9,10`: three and more in a row are shortened."""
    runs: list[list[int]] = []
    for number in sorted(set(ids)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs)


def graph_arguments(parser: Parser) -> Parser:
    """The options of all commands on graphs."""
    parser.login_arguments()
    parser.add_argument("obj", nargs="*", type=parse_target, help="Class:IDs, or Class/Lower:IDs for what is below")
    parser.add_argument("--wait", type=int, default=-1, metavar="SECS", help="Seconds to wait (default: to the end)")
    for name, help in (("include", "Classes to take along that would stay"), ("exclude", "Classes to leave alone")):
        parser.add_argument(f"--{name}", nargs="+", action="append", metavar="CLASS", help=help)
    parser.add_argument("--ordered", action="store_true", help="Treat the arguments one after the other")
    parser.add_argument("--list", action="store_true", help="List the classes that may be given, and stop")
    parser.add_argument("--report", action="store_true", help="List every object that was touched")
    parser.add_argument("--dry-run", action="store_true", help="Report what would happen; change nothing")
    parser.add_argument("--force", action="store_true", help="Act on several objects")
    return parser


@dataclass
class GraphCommand:
    """Runs one kind of request. `request` names its class in omero.cmd, `values` are its own fields, `sections` the
    maps of its response with their titles, `excluded` the classes that stay unless they are included.
    """

    request: str
    sections: dict[str, str]
    excluded: tuple[str, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)

    def run(self, ctx: Context, args: Arguments) -> int:
        """The exit code: 1 when the request failed. CommandError 440 without targets."""
        client = ctx.connect(args)
        if args.list:
            return self._list(ctx, client)
        if not args.obj:
            ctx.die(440, "no object targets supplied for graph operation")
        dry_run = args.dry_run
        if sum(len(target.ids) for target in args.obj) > 1 and not (args.force or dry_run):
            ctx.err("Several objects, so this is only a dry run: use --force to act on them, --dry-run to say so.")
            dry_run = True
        if not dry_run:
            _warn_of_others(ctx, client, args.obj)
        requests = self._requests(args, dry_run)
        whole = requests[0] if len(requests) == 1 else omero.cmd.DoAll(requests, None)
        callback = _wait(ctx, client, whole, args.wait)
        if callback is None:
            return 0
        try:
            ctx.out(" ".join(map(self._description, requests)) + " ", newline=False)
            return self._answer(ctx, args, callback, dry_run)
        finally:
            callback.close(True)

    def _list(self, ctx: Context, client: Any) -> int:
        """Print the classes that requests of this kind take."""
        request = omero.cmd.LegalGraphTargets(getattr(omero.cmd, self.request)())
        callback = CmdCallbackI(client, _submit(ctx, client, request))
        try:
            answer = callback.loop(LOOPS, POLL_MS)
        except omero.LockTimeout as error:
            ctx.die(446, f"LockTimeout: {error.message}")
        finally:
            callback.close(True)
        if isinstance(answer, omero.cmd.ERR):
            ctx.die(367, _failure(answer))
        for name in sorted(name.rpartition(".")[2] for name in answer.targets):
            ctx.out(name)
        return 0

    def _requests(self, args: Arguments, dry_run: bool) -> list[Any]:
        """One request for all plain targets and one per lower class; with --ordered one per argument."""
        groups: dict[Any, dict[str, list[int]]] = {}
        for number, target in enumerate(args.obj):
            key = (number if args.ordered else 0, target.path[-1] if len(target.path) > 1 else None)
            groups.setdefault(key, {}).setdefault(target.path[0], []).extend(target.ids)
        options = self._options(args)
        return [self._one(targets, lower, options, dry_run) for (_, lower), targets in groups.items()]

    def _one(self, targets: dict[str, list[int]], lower: str | None, options: Any, dry_run: bool) -> Any:
        shared = {"childOptions": options, "dryRun": dry_run}
        plain = getattr(omero.cmd, self.request)
        if lower is None:
            return plain(targetObjects=targets, **shared, **self.values)
        inner = plain(**shared, **self.values)
        return omero.cmd.SkipHead(targetObjects=targets, startFrom=[lower], request=inner, **shared)

    def _options(self, args: Arguments) -> list[Any] | None:
        included, excluded = _names(args.include), _names(args.exclude)
        excluded += [name for name in self.excluded if name not in included + excluded]
        if not included and not excluded:
            return None
        return [omero.cmd.graphs.ChildOption(includeType=included or None, excludeType=excluded or None)]

    def _description(self, request: Any) -> str:
        """`omero.cmd.Delete2 Image:1-3 Project/Dataset:5`."""
        lower = "".join(f"/{name}" for name in getattr(request, "startFrom", None) or ())
        targets = (f"{name}{lower}:{id_ranges(ids)}" for name, ids in request.targetObjects.items())
        return f"omero.cmd.{self.request} {' '.join(targets)}"

    def _answer(self, ctx: Context, args: Arguments, callback: CmdCallbackI, dry_run: bool) -> int:
        response = callback.getResponse()
        if response is None:
            ctx.out("")
            ctx.die(1, "LockTimeout: still running. It goes on without this command; wait longer with --wait.")
        failed = isinstance(response, omero.cmd.ERR)
        if failed:
            ctx.out("")
            ctx.err(_failure(response))
        else:
            ctx.out("Dry run performed\nok" if dry_run else "ok")
        if args.report:
            self._report(ctx, response, callback.getStatus())
        return int(failed)

    def _report(self, ctx: Context, response: Any, status: Any) -> None:
        ctx.out(f"Steps: {status.steps}")
        seconds = (status.stopTime - status.startTime) / 1000
        ctx.out(f"Elapsed time: {seconds} secs." if seconds > 0 else "Unfinished.")
        ctx.out(f"Flags: [{', '.join(map(str, status.flags))}]")
        for each in getattr(response, "responses", None) or [response]:
            for name, title in self.sections.items():
                touched = getattr(each, name, None)
                if touched:
                    ctx.out(title)
                    for kind, ids in sorted(touched.items()):
                        ctx.out(f"  {kind.rpartition('.')[2]}:{id_ranges(ids)}")


def _warn_of_others(ctx: Context, client: Any, targets: Iterable[Target]) -> None:
    """Say which of the targets are somebody else's, where the group lets its members change them."""
    service = client.sf.getQueryService()
    me = client.sf.getAdminService().getEventContext().userId
    for target in targets:
        # The class is one word, see _TARGET.
        query = f"select o.id, o.details.owner.id, o.details.permissions from {target.path[0]} o where o.id in (:ids)"  # noqa: S608
        try:
            rows = service.projection(query, ParametersI().addIds(list(target.ids)), EVERYWHERE)
        except omero.ApiUsageException:
            # No such class, or one whose objects nobody owns. What is wrong with it, the request will tell.
            continue
        for number, owner, permissions in unwrap(rows):
            if owner != me and permissions["perm"].startswith("rwrw"):
                ctx.err(f"WARNING: {target.path[0]}:{number} belongs to user {owner}")


def _submit(ctx: Context, client: Any, request: Any) -> Any:
    """The handle of a running request. CommandError when the server has no such request."""
    handle = client.sf.submit(request)
    if handle is None:
        kind = type(request).__name__
        remedy = f": {REMEDIES[kind]}" if kind in REMEDIES else ""
        ctx.die(1, f"This server does not serve requests of the kind {kind} yet{remedy}.")
    return handle


def _wait(ctx: Context, client: Any, request: Any, seconds: int) -> CmdCallbackI | None:
    """Submit and wait: to the end (negative), not at all (0: None is returned), or so many seconds."""
    handle = _submit(ctx, client, request)
    if seconds == 0:
        ctx.out("Exiting immediately")
        return None
    callback = CmdCallbackI(client, handle)
    try:
        if seconds > 0:
            for _ in range(LOOPS):
                if callback.block(seconds * 1000 // LOOPS):
                    break
                callback.poll()
        while seconds < 0 and not callback.block(POLL_MS):
            callback.poll()
    except KeyboardInterrupt:
        ctx.out("Attempting cancel...")
        ctx.out("Cancelled" if handle.cancel() else "Failed to cancel")
        callback.block(CANCEL_WAIT_MS)
    return callback


def _failure(error: Any) -> str:
    """The text of an ERR."""
    message = getattr(error, "message", None) or ""
    details = message or "\n".join(f"\t{key}={value}" for key, value in sorted((error.parameters or {}).items()))
    return f"failed: '{error.name}'\n" + (f"failed: {details}" if message else details)


def _names(given: list[list[str]] | None) -> list[str]:
    """The classes of a repeated option whose words hold commas."""
    return [name for words in given or [] for word in words for name in word.split(",") if name]
