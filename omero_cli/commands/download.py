"""Download original files: one of them, an attached one, or those of an image or fileset."""

import sys
from pathlib import Path, PurePosixPath
from typing import Any

import omero
import omero.model
from omero.sys import ParametersI
from omero_cli.framework import Arguments, CommandError, Context, Parser

EXAMPLES = """Examples:
  omero download OriginalFile:20 copy.txt
  omero download FileAnnotation:4 -             # to standard output
  omero download Image:51 folder                # all files that the image was imported from
"""
EVERYWHERE = {"omero.group": "-1"}
ATTACHED = "select a.file.id from FileAnnotation a where a.id = :id"
FILESET_OF_IMAGE = "select i.fileset.id from Image i where i.id = :id"
IMAGE = "select i.id from Image i where i.id = :id"
FILE = "select f.id from OriginalFile f where f.id = :id"
FILES = (
    "select f.id, f.path, f.name, s.templatePrefix from FilesetEntry e join e.originalFile f join e.fileset s"
    " where s.id = :id order by e.id"
)


def configure(parser: Parser) -> None:
    parser.login_arguments()
    parser.epilog = EXAMPLES
    parser.add_argument("object", help="ID of an OriginalFile, or Class:ID; FileAnnotation, Image and Fileset too")
    parser.add_argument("filename", help="New file, or - for standard output; a folder for an image or fileset")
    parser.add_argument("--insert_fileset_folder", action="store_true", help="Put the files of N into Fileset_N")
    parser.set_defaults(run=run)


def run(ctx: Context, args: Arguments) -> None:
    kind, number = _target(args.object)
    if kind in ("Image", "Fileset"):
        _download_fileset(ctx, args, kind, number)
        return
    query = ATTACHED if kind == "FileAnnotation" else FILE
    rows = _rows(ctx, args, query, number)
    if not rows:
        ctx.die(601, f"{kind}:{number} was not found.")
    _download(ctx, args, rows[0][0].val, args.filename)


def _target(text: str) -> tuple[str, int]:
    kind, _, number = text.rpartition(":")
    kind = kind or "OriginalFile"
    if kind not in ("OriginalFile", "FileAnnotation", "Image", "Fileset"):
        raise CommandError(f"{kind} has no files: use OriginalFile, FileAnnotation, Image or Fileset.", 601)
    if not number.isascii() or not number.isdigit():
        raise CommandError(f"{number!r} is no id.", 601)
    return kind, int(number)


def _rows(ctx: Context, args: Arguments, query: str, number: int) -> Any:
    service = ctx.connect(args).sf.getQueryService()
    return service.projection(query, ParametersI().addId(number), EVERYWHERE)


def _download_fileset(ctx: Context, args: Arguments, kind: str, number: int) -> None:
    if kind == "Image":
        rows = _rows(ctx, args, FILESET_OF_IMAGE, number)
        if not rows or rows[0][0] is None:
            known = bool(_rows(ctx, args, IMAGE, number))
            ctx.die(602 if known else 601, f"Image:{number} {'has no files' if known else 'was not found'}.")
        number = rows[0][0].val
    files = _rows(ctx, args, FILES, number)
    if not files:
        ctx.die(601, f"Fileset:{number} was not found.")
    ctx.out(f"Fileset: {number}")
    folder = Path(args.filename)
    if args.insert_fileset_folder:
        folder /= f"Fileset_{number}"
    for file, path, name, prefix in files:
        target = folder / _inside(f"{path.val}{name.val}".removeprefix(prefix.val))
        target.parent.mkdir(parents=True, exist_ok=True)
        _download(ctx, args, file.val, str(target))


def _inside(text: str) -> PurePosixPath:
    """A path as the server tells it, which may not lead out of the folder."""
    path = PurePosixPath(text.strip("/"))
    if ".." in path.parts:
        raise CommandError(f"The server names a file {text!r}, which is not downloaded.", 67)
    return path


def _download(ctx: Context, args: Arguments, number: int, path: str) -> None:
    if path != "-":
        ctx.out(f"Downloading file ID: {number} to {path}")
        if Path(path).exists():
            ctx.out("File exists! Skipping...")
            return
    try:
        _copy(ctx, args, number, path)
    except omero.SecurityViolation as error:
        ctx.die(66, f"The file {number} may not be downloaded: {error.message}")
    except (omero.ClientError, omero.ServerError) as error:
        ctx.die(67, f"The file {number} cannot be downloaded: {getattr(error, 'message', error)}")


def _copy(ctx: Context, args: Arguments, number: int, path: str) -> None:
    """Write the file, or nothing at all."""
    client, file = ctx.connect(args), omero.model.OriginalFileI(number, False)
    if path == "-":
        client.download(file, filehandle=sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    try:
        client.download(file, path)
    except BaseException:
        Path(path).unlink(missing_ok=True)
        raise
