"""Search objects by words."""

import re
from datetime import datetime
from typing import Any

import omero
import omero.model
from omero_cli.framework import Arguments, Context, Parser
from omero_cli.object_tables import object_table

EXAMPLES = """Examples:
  omero search Image mitosis
  omero search Image 'mito*' --field name --from 2024-01-01
  omero search Dataset '"day 2" AND actin' --ids-only
  omero search Image:51 --index                    # administrators: index this object now
"""
DATES = {"import": "details.creationEvent.time", "acquisitionDate": "acquisitionDate"}
_OBJECT = re.compile(r"(?P<kind>\w+):(?P<id>\d{1,18})", re.ASCII)


def configure(parser: Parser) -> None:
    parser.login_arguments()
    parser.epilog = EXAMPLES
    parser.add_argument("type", help="Class of the objects, such as Image; with --index Class:ID")
    parser.add_argument("query", nargs="?", help="The words to find")
    parser.add_argument("--index", action="store_true", help="Index an object now (administrators)")
    parser.add_argument("--no-parse", action="store_true", help="Give the query to the server as it is")
    parser.add_argument("--field", nargs="*", default=[], help="Look into these fields only, such as name")
    for name, text in (("--from", "From this day on"), ("--to", "Until this day")):
        dest = f"_{name.strip('-')}"
        parser.add_argument(name, dest=dest, type=date, metavar="YYYY-MM-DD", help=text)
    parser.add_argument("--date-type", choices=tuple(sorted(DATES)), default="import", help="Which day is meant")
    parser.add_argument("--admin", "--all", dest="admin", action="store_true", help="Search all groups")
    parser.add_argument("--ids-only", action="store_true", help="Print class and id of objects only")
    parser.limit_arguments()
    parser.style_argument()
    parser.set_defaults(run=run)


def date(text: str) -> str:
    """A day as the server wants it, YYYYMMDD. ValueError unless it is YYYY-MM-DD."""
    return datetime.strptime(text, "%Y-%m-%d").strftime("%Y%m%d")


def run(ctx: Context, args: Arguments) -> None:
    if args.index:
        _index(ctx, args)
    elif not args.query:
        ctx.die(434, "usage: omero search TYPE QUERY: there is nothing to search for")
    else:
        _search(ctx, args)


def _search(ctx: Context, args: Arguments) -> None:
    """Print one page of what is found."""
    search = ctx.connect(args).sf.createSearchService()
    try:
        found = _found(ctx, args, search, {"omero.group": "-1"} if args.admin else None)
    except omero.SecurityViolation as error:
        ctx.die(53 if args.admin else 54, f"SecurityViolation: {error.message}")
    except (omero.ApiUsageException, omero.ValidationException) as error:
        ctx.die(52, f"Bad query: {error.message}")
    finally:
        search.close()
    if not found:
        ctx.die(433, "No results found.")
    ctx.out(object_table([[each] for each in found], args.style, args.ids_only))


def _found(ctx: Context, args: Arguments, search: Any, context: dict[str, str] | None) -> list[Any]:
    search.setAllowLeadingWildcard(True, context)
    search.setCaseSentivice(False, context)
    search.setBatchSize(args.offset + args.limit, context)
    search.onlyType(args.type, context)
    if args.no_parse:
        if args._from or args._to or args.field:
            ctx.err("With --no-parse, --from, --to and --field have no effect")
        search.byFullText(args.query, context)
    else:
        day = DATES[args.date_type] if args._from or args._to else ""
        search.byLuceneQueryBuilder(",".join(args.field), args._from or "", args._to or "", day, args.query, context)
    batch = search.results(context) if search.hasNext(context) else []
    return list(batch[args.offset :])


def _index(ctx: Context, args: Arguments) -> None:
    found = _OBJECT.fullmatch(args.type)
    kind = getattr(omero.model, f"{found['kind']}I", None) if found else None
    if found is None or kind is None:
        ctx.die(431, f"Bad object: {args.type}. Use e.g. Image:51")
    client = ctx.connect(args)
    if not client.sf.getAdminService().getEventContext().isAdmin:
        ctx.die(432, "Only admin can index object")
    client.sf.getUpdateService().indexObject(kind(int(found["id"]), False), {"omero.group": "-1"})
