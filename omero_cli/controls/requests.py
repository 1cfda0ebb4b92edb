"""Controls that send a request of `omero.cmd`: CmdControl for one of any kind, GraphControl for those on graphs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from omero_cli.controls.base import BaseControl
from omero_cli.graph_targets import id_ranges, parse_target

if TYPE_CHECKING:
    from omero_cli.controls.parser import Parser

__all__ = ["CmdControl", "GraphArg", "GraphControl"]


class CmdControl(BaseControl):
    """Sends a request and reports the answer. `cmd_type` says of which class it is."""

    def cmd_type(self) -> Any:
        """The class of the request."""
        raise NotImplementedError(f"{type(self).__name__} must define cmd_type()")

    def _configure(self, parser: Parser) -> None:
        parser.set_defaults(func=self.main_method)
        self._add_wait(parser, default=-1)

    def main_method(self, args: Any) -> None:
        """Send the request as it is made by `cmd_type`."""
        self._process_request(self.cmd_type()(), args, self.ctx.conn(args))

    def _process_request(self, req: Any, args: Any, client: Any) -> None:
        """Send a request, wait as long as `args.wait` says, and report. Controls fill in the request before."""
        response, status, callback = self.response(client, req, wait=args.wait)
        if callback is None:
            return
        try:
            self.print_report(req, response, status, getattr(args, "report", False))
        finally:
            callback.close(True)

    def response(self, client: Any, req: Any, loops: int = 8, ms: int = 500, wait: int | None = None) -> Any:
        """(response, status, callback) of a request. The caller closes the callback.

        wait: seconds; negative: to the end; 0: not at all, all three are None then; None: `loops` times `ms`.
        """
        import omero
        from omero.callbacks import CmdCallbackI
        from omero_cli.requests import start

        if wait is None:
            callback = CmdCallbackI(client, client.sf.submit(req))
            try:
                callback.loop(loops, ms)
            except omero.LockTimeout as error:
                callback.close(True)
                self.ctx.die(446, f"LockTimeout: {error.message}")
        else:
            started = start(self.ctx, client, req, wait)
            if started is None:
                return None, None, None
            callback = started
        return callback.getResponse(), callback.getStatus(), callback

    def print_report(self, req: Any, rsp: Any, status: Any, detailed: bool) -> None:
        """Print `ok` or what failed, and with `detailed` how long it took and what `print_detailed_report` adds."""
        self.ctx.out(self.print_request_description(req), newline=False)
        error = self.get_error(rsp)
        if error is None:
            self.ctx.out("ok")
        else:
            self.ctx.out("")
            self.ctx.err(error)
            self.ctx.rv = 1
        if detailed:
            self.ctx.out(f"Steps: {status.steps}")
            seconds = (status.stopTime - status.startTime) / 1000
            self.ctx.out(f"Elapsed time: {seconds} secs." if status.stopTime > 0 else "Unfinished.")
            self.ctx.out(f"Flags: [{', '.join(map(str, status.flags))}]")
            self.print_detailed_report(req, rsp, status)

    def print_request_description(self, request: Any) -> str:
        """What stands before `ok`."""
        return ""

    def print_detailed_report(self, req: Any, rsp: Any, status: Any) -> None:
        """What a control wants to add to its report."""

    def get_error(self, rsp: Any) -> str | None:
        """The text of an error; None for an answer."""
        import omero.cmd
        from omero_cli.requests import failure

        return failure(rsp) if isinstance(rsp, omero.cmd.ERR) else None

    def create_error_report(self, rsp: Any) -> str:
        """The parameters of an error, a line each; its message alone where it has one."""
        message = getattr(rsp, "message", None)
        return message or "".join(f"\t{key}={value}\n" for key, value in sorted((rsp.parameters or {}).items()))

    def line_to_opts(self, line: str, opts: dict[str, str]) -> None:
        """Put `key=value` into `opts`; a key alone has an empty value. Lines starting with # say nothing."""
        line = line.strip()
        if line and not line.startswith("#"):
            key, _, value = line.partition("=")
            opts[key] = value


class GraphArg:
    """A type of arguments: `Image:1,5-7` becomes (a request, whether a range was given)."""

    def __init__(self, cmd_type: Any) -> None:
        self.cmd_type = cmd_type

    def __call__(self, arg: str) -> tuple[Any, bool]:
        import omero.cmd

        target = parse_target(arg)
        objects = {target.path[0]: list(target.ids)}
        request = self.cmd_type(targetObjects=objects)
        if len(target.path) > 1:
            request = omero.cmd.SkipHead(targetObjects=objects, startFrom=[target.path[-1]], request=request)
        return request, target.ranged

    def __repr__(self) -> str:
        return "argument"


class GraphControl(CmdControl):
    """A request on graphs of objects: `cmd_type` is Delete2, Chgrp2, ... or one that is made like them."""

    def _configure(self, parser: Parser) -> None:
        super()._configure(parser)
        from omero_cli.graphs import classes_argument

        parser.add_login_arguments()
        classes_argument(parser, "include", "Classes to take along that would stay")
        classes_argument(parser, "exclude", "Classes to leave alone")
        parser.add_argument("--ordered", action="store_true", help="Treat the arguments one after the other")
        parser.add_argument("--list", action="store_true", help="List the classes that may be given, and stop")
        parser.add_argument("--list-details", action="store_true", help="As --list")
        parser.add_argument("--report", action="store_true", help="List every object that was touched")
        parser.add_argument("--dry-run", action="store_true", help="Report what would happen; change nothing")
        parser.add_argument("--force", action="store_true", help="Act on ranges of ids, which are else only tried")
        self._pre_objects(parser)
        self._objects(parser)

    def _pre_objects(self, parser: Parser) -> None:
        """Add arguments that stand before the objects."""

    def _objects(self, parser: Parser) -> None:
        """Add the argument `obj`."""
        help = "Objects: Class:IDs, or Class/Lower:IDs for what is below"
        parser.add_argument("obj", nargs="*", type=GraphArg(self.cmd_type()), help=help)

    def default_exclude(self) -> list[str]:
        """Classes that are left alone unless they are included."""
        return []

    def main_method(self, args: Any) -> None:
        client = self.ctx.conn(args)
        if args.list or args.list_details:
            self._list(client)
            return
        if not args.obj:
            self.ctx.die(440, "no object targets supplied for graph operation")
        requests = [request for request, _ in args.obj]
        forced = args.force or not any(ranged for _, ranged in args.obj)
        if not forced and not args.dry_run:
            self.ctx.err("A range of ids, so this is only a dry run: use --force to act on it, --dry-run to say so.")
        for request in requests:
            self._check_command(request)
            request.dryRun = args.dry_run or not forced
            request.childOptions = self._options(args)
            if hasattr(request, "request"):
                request.request.dryRun, request.request.childOptions = request.dryRun, request.childOptions
        if not args.ordered and len(requests) > 1:
            requests = self.combine_commands(requests)
        self._process_request(requests[0] if len(requests) == 1 else self.as_doall(requests), args, client)

    def _check_command(self, command_check: Any) -> None:
        """End the command when a request cannot be meant."""

    def _options(self, args: Any) -> list[Any]:
        import omero.cmd
        from omero_cli.graphs import class_names

        included = class_names(args.include)
        excluded = [name for name in self.default_exclude() if name not in included] + class_names(args.exclude)
        if not included and not excluded:
            return []
        return [omero.cmd.graphs.ChildOption(includeType=included, excludeType=excluded)]

    def _list(self, client: Any) -> None:
        import omero.cmd
        from omero_cli.requests import short_answer

        answer = short_answer(self.ctx, client, omero.cmd.LegalGraphTargets(self.cmd_type()()))
        if isinstance(answer, omero.cmd.ERR):
            self.ctx.die(367, self.get_error(answer))
        for name in sorted(name.rpartition(".")[2] for name in answer.targets):
            self.ctx.out(name)

    def combine_commands(self, commands: Sequence[Any]) -> list[Any]:
        """The same requests, but those of the same kind as one."""
        combined: dict[Any, Any] = {}
        for command in commands:
            first = combined.setdefault((type(command), *(getattr(command, "startFrom", None) or ())), command)
            if first is not command:
                for name, ids in command.targetObjects.items():
                    first.targetObjects[name] = [*first.targetObjects.get(name, []), *ids]
        return list(combined.values())

    def as_doall(self, req_or_doall: Any) -> Any:
        """One request of one or several; one that is a DoAll already stays."""
        import omero.cmd

        if isinstance(req_or_doall, omero.cmd.DoAll):
            return req_or_doall
        return omero.cmd.DoAll(list(req_or_doall) if isinstance(req_or_doall, list | tuple) else [req_or_doall])

    def print_request_description(self, request: Any) -> str:
        """`omero.cmd.Delete2 Image:1-3 `; of a DoAll, all its parts."""
        parts = getattr(request, "requests", None)
        if parts:
            return "".join(self.print_request_description(part) for part in parts)
        objects = " ".join(f"{name}:{ids}" for name, ids in self._get_object_ids(request.targetObjects).items())
        below = "".join(f"/{name}" for name in getattr(request, "startFrom", None) or ())
        return f"omero.cmd.{self.cmd_type().__name__} {objects}{below} "

    def _get_object_ids(self, objDict: dict[str, Sequence[int]]) -> OrderedDict[str, str]:
        """Simple names of classes to ids, three and more in a row shortened."""
        found = {name.rpartition(".")[2]: id_ranges(ids) for name, ids in objDict.items() if ids}
        return OrderedDict(sorted(found.items()))
