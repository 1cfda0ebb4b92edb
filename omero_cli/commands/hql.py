"""Run an HQL query and print its rows."""

import sys
from typing import Any

import omero
from omero.sys import ParametersI
from omero_cli.framework import Arguments, Context, Parser
from omero_cli.object_tables import object_table
from omero_cli.values import row_fields

HELP = "Line number: all fields of that object. p: next page. r: this page again. q or Enter: quit."


def configure(parser: Parser) -> None:
    parser.login_arguments()
    parser.add_argument("query", nargs="?", help="The query; asked for when it is missing")
    parser.add_argument("--admin", "--all", dest="admin", action="store_true", help="Look at the data of all groups")
    parser.add_argument("--ids-only", action="store_true", help="Print class and id of objects only")
    parser.limit_arguments()
    parser.style_argument()
    parser.set_defaults(run=run)


def run(ctx: Context, args: Arguments) -> None:
    if args.query is not None:
        _browse(ctx, args, args.query)
    elif ctx.quiet:
        ctx.die(67, "No query given, and --quiet does not let me ask for one.")
    else:
        while query := ctx.input("Enter query: ", what="query").strip():
            _browse(ctx, args, query)


def _browse(ctx: Context, args: Arguments, query: str) -> None:
    """Print the first page; then, at a terminal, what the user asks for."""
    offset = args.offset
    rows = _project(ctx, args, query, offset)
    ctx.out(object_table(rows, args.style, args.ids_only))
    if ctx.quiet or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return
    ctx.out(HELP)
    while (choice := ctx.input("> ").strip()) not in ("", "q"):
        if choice == "p":
            offset += args.limit
            rows = _project(ctx, args, query, offset)
        if choice in ("p", "r"):
            ctx.out(object_table(rows, args.style, args.ids_only))
        else:
            ctx.out(_detail(rows, choice))


def _project(ctx: Context, args: Arguments, query: str, offset: int) -> list[list[Any]]:
    client = ctx.connect(args)
    context = {"omero.group": "-1"} if args.admin else None
    try:
        rows = client.sf.getQueryService().projection(query, ParametersI().page(offset, args.limit), context)
    except omero.SecurityViolation as error:
        if args.admin:
            ctx.die(53, f"SecurityViolation: {error.message} (Try it without --all.)")
        ctx.die(54, f"SecurityViolation: {error.message}")
    except (omero.ApiUsageException, omero.ValidationException) as error:
        ctx.die(52, f"Bad query: {error.message}")
    return [[_opened(value) for value in row] for row in rows]


def _opened(value: Any) -> Any:
    return value.val if isinstance(value, omero.RObject) else value


def _detail(rows: list[list[Any]], choice: str) -> str:
    """All fields of the object in a line."""
    if not choice.isdigit() or int(choice) >= len(rows):
        return f"Invalid choice: {choice}"
    row = rows[int(choice)]
    if len(row) != 1 or not isinstance(row[0], omero.model.IObject):
        return f"No details available: {choice}"
    lines = [f"id = {row[0].id.val}", *(f"{name} = {text}" for name, text in row_fields(row[0]).items())]
    return "\n".join(lines)
