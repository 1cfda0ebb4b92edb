"""`omero fs ls`, `logfile`, `mkdir`, `repos`: the files of imports, and the repositories that they are in."""

import io
import re
import sys
from pathlib import Path
from typing import Any

import omero
import omero.grid
from omero.sys import ParametersI
from omero_cli.framework import Arguments, Context
from omero_cli.tables import TableBuilder

__all__ = ["EVERYWHERE", "list_files", "log_text", "make_folder", "parse_fileset", "repositories", "show_log"]

EVERYWHERE = {"omero.group": "-1"}
FILES = "select f.path, f.name from FilesetEntry e join e.originalFile f where e.fileset.id = :id order by e.id"
LOG = (
    "select f.id, f.path, f.name, f.size from FilesetJobLink l, JobOriginalFileLink fl join fl.child f"
    " where l.parent.id = :id and fl.parent.id = l.child.id and f.mimetype = 'application/omero-log-file'"
)
# Who may make folders anywhere, also in those of other users.
NEEDED = {"WriteManagedRepo", "Chown"}


def parse_fileset(text: str) -> int:
    """The id in `5` or `Fileset:5`. ValueError for something else."""
    found = re.fullmatch(r"(?:Fileset:)?(\d{1,18})", text, re.ASCII)
    if found is None:
        raise ValueError(text)
    return int(found[1])


# argparse names the type in its error message.
parse_fileset.__name__ = "fileset"


def list_files(ctx: Context, args: Arguments) -> None:
    """Print path and name of each file of a fileset."""
    rows = _rows(ctx.connect(args), FILES, args.fileset)
    if not rows:
        ctx.die(1, f"No files of Fileset:{args.fileset} found")
    for path, name in rows:
        ctx.out(f"{path.val}{name.val}")


def show_log(ctx: Context, args: Arguments) -> None:
    """Print the log of an import or save it; or print where it is, or how long. CommandError 117 without one."""
    client = ctx.connect(args)
    rows = _rows(client, LOG, args.fileset)
    if not rows:
        ctx.die(117, f"Log file not accessible for Fileset:{args.fileset}")
    number, path, name, size = rows[0]
    if args.name or args.size:
        ctx.out(f"{path.val}{name.val}" if args.name else size.val)
        return
    file = omero.model.OriginalFileI(number.val, False)
    if args.filename == "-":
        client.download(file, filehandle=sys.stdout)
    elif Path(args.filename).exists():
        ctx.die(115, f"{args.filename} exists. Name a new file.")
    else:
        client.download(file, args.filename)


def log_text(ctx: Context, client: Any, fileset: int) -> str:
    """The log of an import. CommandError 117 without one."""
    rows = _rows(client, LOG, fileset)
    if not rows:
        ctx.die(117, f"Log file not accessible for Fileset:{fileset}")
    text = io.BytesIO()
    client.download(omero.model.OriginalFileI(rows[0][0].val, False), filehandle=text)
    return text.getvalue().decode("utf-8", "replace")


def make_folder(ctx: Context, args: Arguments) -> None:
    """Make a folder in the managed repository. CommandError 111 for users who may not write everywhere there."""
    client = ctx.connect(args)
    context = client.sf.getAdminService().getEventContext()
    if not set(context.adminPrivileges) >= NEEDED:
        ctx.die(111, "SecurityViolation: Admins only!")
    client.getManagedRepository().makeDir(args.new_dir, args.parents)


def repositories(ctx: Context, args: Arguments) -> None:
    """Print a table of the repositories."""
    found = ctx.connect(args).sf.sharedResources().repositories()
    table = TableBuilder("#", "Id", "UUID", "Type", "Path")
    table.set_style(args.style)
    number = 0
    for described, proxy in zip(found.descriptions, found.proxies, strict=True):
        kind = _kind(described, proxy)
        if args.managed and kind != "Managed":
            continue
        table.row(number, described.id.val, described.hash.val, kind, f"{described.path.val}{described.name.val}")
        number += 1
    ctx.out(table)


def _kind(described: Any, proxy: Any) -> str:
    if described.hash.val == "ScriptRepo":
        return "Script"
    return "Managed" if omero.grid.ManagedRepositoryPrx.checkedCast(proxy) else "Public"


def _rows(client: Any, query: str, number: int) -> list[list[Any]]:
    rows: list[list[Any]] = client.sf.getQueryService().projection(query, ParametersI().addId(number), EVERYWHERE)
    return rows
