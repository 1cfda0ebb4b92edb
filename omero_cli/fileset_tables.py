"""`omero fs images`, `sets` and `rename`: tables of what was imported, and whether the files are still as they were."""

from collections.abc import Sequence
from typing import Any

import omero
import omero.cmd
import omero.grid
from omero.importing.transfers import MODES, NAMESPACE
from omero.rtypes import rlist, rstring, unwrap
from omero.sys.parameters import ParametersI
from omero_cli.disk_usage import size_text
from omero_cli.filesets import EVERYWHERE
from omero_cli.framework import Arguments, Context
from omero_cli.tables import TableBuilder

__all__ = ["IMAGE_ORDERS", "SET_ORDERS", "list_images", "list_sets", "rename_set"]

ADMINS, DISABLED = 111, 30
SET_ORDERS = {"newest": "f.id desc", "oldest": "f.id", "prefix": "f.templatePrefix, f.id"}
IMAGE_ORDERS = {"newest": "i.id desc", "oldest": "i.id", "largest": "sum(o.size) desc, i.id desc"}
SYMBOLS = {mode.class_name: mode.symbol for mode in MODES.values()}
WITHOUT_IMAGES = "not exists (select i.id from Image i where i.fileset.id = f.id)"
TRANSFERRED = (
    "exists (select l.id from FilesetAnnotationLink l, CommentAnnotation a where l.parent.id = f.id"
    " and l.child.id = a.id and a.ns = :ns and a.textValue in (:transfers))"
)
IMAGES = "select f.id, count(i.id) from Image i join i.fileset f where f.id in (:ids) group by f.id"
FILES = (
    "select f.id, count(o.id), sum(o.size) from FilesetEntry e join e.fileset f join e.originalFile o"
    " where f.id in (:ids) group by f.id"
)
TRANSFERS = (
    "select l.parent.id, a.textValue from FilesetAnnotationLink l, CommentAnnotation a where l.child.id = a.id"
    " and a.ns = :ns and l.parent.id in (:ids)"
)
CONTENT = (
    "select o.path, o.name, o.repo, o.hash, h.value from FilesetEntry e join e.originalFile o"
    " left outer join o.hasher h where e.fileset.id = :id order by e.id"
)
IN_FILESETS = "from Image i left outer join i.fileset f left outer join f.usedFiles e left outer join e.originalFile o"
ARCHIVED = "from Image i join i.pixels p join p.pixelsFileMaps m join m.parent o left outer join i.fileset f"


def list_sets(ctx: Context, args: Arguments) -> None:
    """Print a table of filesets. CommandError 111 when somebody else than an administrator wants files checked."""
    client = ctx.connect(args)
    if args.check and not client.sf.getAdminService().getEventContext().isAdmin:
        ctx.die(ADMINS, "SecurityViolation: Admins only!")
    headers = ["#", "Id", "Prefix", "Images", "Files", "Transfer"]
    headers += ["Size"] * args.extended + ["Check"] * args.check
    table = TableBuilder(*headers)
    table.set_style(args.style)
    rows, total = _sets(client, args)
    ids = [row[0] for row in rows]
    images, files, transfers = _counts(client, IMAGES, ids), _counts(client, FILES, ids), _transfers(client, ids)
    for number, (fileset, prefix) in enumerate(rows):
        count, size = files.get(fileset, (0, 0))
        cells = [number, fileset, prefix, images.get(fileset, (0,))[0], count, transfers.get(fileset, "")]
        cells += [size or 0] * args.extended
        table.row(*cells, *([_checked(client, fileset)] if args.check else []))
    table.page(args.offset, total)
    ctx.out(table)


def _sets(client: Any, args: Arguments) -> tuple[list[list[Any]], int]:
    """Id and prefix of the filesets on this page, and how many there are in all."""
    conditions, params = [], ParametersI()
    if args.without_images:
        conditions.append(WITHOUT_IMAGES)
    if args.with_transfer:
        wanted = [MODES[name].class_name for names in args.with_transfer for name in names]
        conditions.append(TRANSFERRED)
        params.addString("ns", NAMESPACE).add("transfers", rlist([rstring(name) for name in wanted]))
    where = f" where {' and '.join(conditions)}" if conditions else ""
    total = _rows(client, f"select count(f.id) from Fileset f{where}", params)[0][0]  # noqa: S608 (constants)
    params.page(args.offset, args.limit)
    query = f"select f.id, f.templatePrefix from Fileset f{where} order by {SET_ORDERS[args.order]}"  # noqa: S608
    return _rows(client, query, params), int(total)


def _counts(client: Any, query: str, ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    rows = _rows(client, query, ParametersI().addIds(ids)) if ids else []
    return {row[0]: tuple(row[1:]) for row in rows}


def _transfers(client: Any, ids: Sequence[int]) -> dict[int, str]:
    if not ids:
        return {}
    rows = _rows(client, TRANSFERS, ParametersI().addIds(ids).addString("ns", NAMESPACE))
    return {fileset: SYMBOLS.get(name, name) for fileset, name in rows}


def _checked(client: Any, fileset: int) -> str:
    """Whether all files of a fileset have the checksums that they had."""
    rows = _rows(client, CONTENT, ParametersI().addId(fileset))
    if not rows:
        return "Empty"
    return "OK" if all(_is_unchanged(client, *row) for row in rows) else "ERROR!"


def _is_unchanged(client: Any, path: str, name: str, repo: str, checksum: str | None, hasher: str | None) -> bool:
    if not checksum or not hasher:
        return False
    request = omero.grid.RawAccessRequest(repo, "checksum", [hasher, checksum, f"{path}{name}"], "")
    try:
        callback = client.submit(request)
    except omero.CmdError:
        return False
    callback.close(True)
    return True


def list_images(ctx: Context, args: Arguments) -> None:
    """Print a table of images with the number and size of their files."""
    client = ctx.connect(args)
    extended = ["Pixels", "Pyramid"] if args.extended else []
    table = TableBuilder("#", "Image", "Name", "FS", "# Files", "Size", *extended)
    table.set_style(args.style)
    source = ARCHIVED if args.archived else IN_FILESETS
    total = _rows(client, f"select count(distinct i.id) {source}", ParametersI())[0][0]
    query = f"select i.id, i.name, f.id, count(o.id), sum(o.size) {source} group by i.id, i.name, f.id"
    rows = _rows(client, f"{query} order by {IMAGE_ORDERS[args.order]}", ParametersI().page(args.offset, args.limit))
    for number, (image, name, fileset, count, size) in enumerate(rows):
        more = _binaries(client, image) if args.extended else []
        table.row(
            number, image, name, "" if fileset is None else fileset, count, size_text(size or 0, None, True), *more
        )
    table.page(args.offset, total)
    ctx.out(table)


def _binaries(client: Any, image: int) -> list[str]:
    """The sizes of pixels beside the files, and of the pyramid."""
    callback = client.submit(omero.cmd.ManageImageBinaries(imageId=image))
    try:
        response = callback.getResponse()
        return [size_text(size, None, True) for size in (response.pixelSize, response.pyramidSize)]
    finally:
        callback.close(True)


def rename_set(ctx: Context, args: Arguments) -> None:
    """Files of filesets are not moved. CommandError 30."""
    ctx.die(DISABLED, "Renaming filesets is disabled: images that are open would lose their files.")


def _rows(client: Any, query: str, params: Any) -> list[list[Any]]:
    rows: list[list[Any]] = unwrap(client.sf.getQueryService().projection(query, params, EVERYWHERE))
    return rows
