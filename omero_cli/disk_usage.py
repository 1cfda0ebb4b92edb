"""`omero fs usage`: how much disk space objects take."""

from collections import defaultdict
from typing import Any

import omero.cmd
from omero_cli.framework import Arguments, CommandError, Context
from omero_cli.graph_targets import parse_target
from omero_cli.requests import failure, start
from omero_cli.tables import TableBuilder

__all__ = ["COLUMNS", "SUMS", "UNITS", "size_text", "usage"]

SUMS = ("user", "group", "component")
COLUMNS = (*SUMS, "size", "files")
UNITS = {letter: 1024 ** (power + 1) for power, letter in enumerate("KMGTP")}

Row = dict[str, Any]


def usage(ctx: Context, args: Arguments) -> int:
    """Print the total, and with --report a table. The exit code is 1 when the server could not tell."""
    named = _request(args.obj)
    client = ctx.connect(args)
    callback = start(ctx, client, named or _own(client, args.groups), args.wait)
    if callback is None:
        return 0
    try:
        answer = callback.getResponse()
    finally:
        callback.close(True)
    if answer is None:
        ctx.die(1, "LockTimeout: still counting. Wait longer with --wait.")
    if isinstance(answer, omero.cmd.ERR):
        ctx.err(failure(answer))
        return 1
    _show(ctx, args, answer)
    return 0


def _request(objects: list[str]) -> Any | None:
    """The request for the named objects, None without any. CommandError for what names none."""
    targets: dict[str, list[int]] = {}
    classes: list[str] = []
    for text in objects:
        name, _, ids = text.removeprefix("/").partition(":")
        if ids == "*" and name.isidentifier():
            classes.append(name)
            continue
        try:
            target = parse_target(text)
        except ValueError:
            raise CommandError(f"Bad object: {text!r}. Use Class:IDs or Class:*") from None
        if len(target.path) > 1:
            raise CommandError(f"Bad object: {text!r}. Name one class; what is below is counted too")
        targets.setdefault(name, []).extend(target.ids)
    return omero.cmd.DiskUsage2(targetObjects=targets, targetClasses=classes) if objects else None


def _own(client: Any, groups: bool) -> Any:
    """The request for the user's own data, or for all in his groups."""
    context = client.sf.getAdminService().getEventContext()
    targets = {"ExperimenterGroup": list(context.memberOfGroups)} if groups else {"Experimenter": [context.userId]}
    return omero.cmd.DiskUsage2(targetObjects=targets, targetClasses=[])


def _show(ctx: Context, args: Arguments, answer: Any) -> None:
    size, files = sum(answer.totalBytesUsed.values()), sum(answer.totalFileCount.values())
    if args.size_only:
        ctx.out(size_text(size, None, args.human_readable))
        return
    ctx.out(f"Total disk usage: {size_text(size, args.units, args.human_readable, unit=True)} bytes in {files} files")
    if args.report:
        ctx.out(_table(args, _rows(answer, args.sum_by or SUMS)))


def _rows(answer: Any, sums: list[str] | tuple[str, ...]) -> list[Row]:
    """Sizes and numbers of files by the columns that are wanted. Without components each file counts once."""
    if "component" in sums:
        measured = [answer.bytesUsedByReferer, answer.fileCountByReferer]
    else:
        totals = (answer.totalBytesUsed, answer.totalFileCount)
        measured = [{pair: {"": number} for pair, number in each.items()} for each in totals]
    found: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for place, pairs in enumerate(measured):
        for pair, components in pairs.items():
            for component, number in components.items():
                values = {"user": pair.first, "group": pair.second, "component": component}
                found[tuple(values[name] for name in sums)][place] += number
    rows = [dict(zip(sums, key, strict=True)) | {"size": size, "files": n} for key, (size, n) in found.items()]
    return sorted(rows, key=lambda row: list(row.values()))


def _table(args: Arguments, rows: list[Row]) -> TableBuilder:
    sums = list(args.sum_by or SUMS)
    order = [name for name in args.sort_by or () if name in [*sums, "size", "files"]] or sums[:1]
    rows = sorted(rows, key=lambda row: [row[name] for name in order], reverse=args.reverse)
    measure = "" if args.human_readable else f" ({args.units}iB)" if args.units else " (bytes)"
    table = TableBuilder(*sums, f"size{measure}", "files")
    table.set_style(args.style)
    table.set_align("l" * len(sums) + "rr")
    for row in rows:
        size = size_text(row["size"], args.units, args.human_readable)
        table.row(*(row[name] for name in sums), size, row["files"])
    return table


def size_text(size: int, units: str | None, human_readable: bool, unit: bool = False) -> str:
    """A number of bytes: plain, in `units` with one decimal (and the `unit` behind it), or as people say it."""
    if units:
        return f"{size / UNITS[units]:.1f}" + (f" {units}iB" if unit else "")
    if not human_readable:
        return str(size)
    power = max((power for power in range(6) if size >= 1024**power), default=0)
    # Rounded down to whole units, as the official client does.
    return f"{size // 1024**power}.0 {'KMGTP'[power - 1]}B" if power else f"{size} B"
