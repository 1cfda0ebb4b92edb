"""Export images as OME-TIFF or OME-XML."""

import sys
from pathlib import Path
from typing import IO, Any

import omero
from omero.sys import ParametersI
from omero_cli.framework import Arguments, CommandError, Context, Parser

EXAMPLES = """Examples:
  omero export --file image.ome.tiff Image:51
  omero export --file - --type XML Image:51           # to standard output
  omero export --file folder --iterate Dataset:7      # folder/51.ome.tiff, folder/52.ome.tiff, ...
"""
EVERYWHERE = {"omero.group": "-1"}
BLOCK_BYTES = 1_000_000
ENDINGS = {"TIFF": "ome.tiff", "XML": "ome.xml"}
IMAGES = "select l.child.id from DatasetImageLink l where l.parent.id = :id order by l.child.id"


def configure(parser: Parser) -> None:
    parser.login_arguments()
    parser.epilog = EXAMPLES
    parser.add_argument("obj", help="Image:ID; with --iterate Dataset:ID")
    parser.add_argument("-f", "--file", required=True, help="New file, - for standard output, a folder for a dataset")
    parser.add_argument("-t", "--type", choices=tuple(ENDINGS), default="TIFF", help="Format (default=TIFF)")
    parser.add_argument("--iterate", action="store_true", help="Export each image of a dataset")
    parser.set_defaults(run=run)


def run(ctx: Context, args: Arguments) -> None:
    kind, number = _target(args.obj)
    if kind == "Image":
        _check_new(args.file)
        _export(ctx, args, number, args.file)
    elif not args.iterate:
        ctx.die(4, "Exporting a dataset needs --iterate.")
    elif args.file == "-":
        ctx.die(950, "The images of a dataset cannot all go to standard output.")
    else:
        _export_dataset(ctx, args, number)


def _target(text: str) -> tuple[str, int]:
    kind, _, number = text.partition(":")
    if kind not in ("Image", "Dataset"):
        raise CommandError(f"{text!r} cannot be exported: use Image:ID or Dataset:ID.", 5)
    if not number.isascii() or not number.isdigit():
        raise CommandError(f"{number!r} is no id.", 3)
    return kind, int(number)


def _check_new(path: str) -> None:
    if path != "-" and Path(path).exists():
        raise CommandError(f"The file {path} exists already.", 2)


def _export_dataset(ctx: Context, args: Arguments, number: int) -> None:
    service = ctx.connect(args).sf.getQueryService()
    rows = service.projection(IMAGES, ParametersI().addId(number), EVERYWHERE)
    if not rows:
        ctx.die(7, f"No images found in Dataset:{number}.")
    folder = Path(args.file)
    folder.mkdir(parents=True, exist_ok=True)
    for (image,) in rows:
        path = str(folder / f"{image.val}.{ENDINGS[args.type]}")
        _check_new(path)
        _export(ctx, args, image.val, path)


def _export(ctx: Context, args: Arguments, image: int, path: str) -> None:
    """One image into one file, which is removed when that fails."""
    exporter = ctx.connect(args).sf.createExporter(EVERYWHERE)
    try:
        exporter.addImage(image)
        size = exporter.generateTiff(EVERYWHERE) if args.type == "TIFF" else exporter.generateXml(EVERYWHERE)
        if path == "-":
            _copy(exporter, size, sys.stdout.buffer)
        else:
            _save(exporter, size, Path(path))
    finally:
        exporter.close()


def _save(exporter: Any, size: int, path: Path) -> None:
    try:
        with path.open("xb") as file:
            _copy(exporter, size, file)
    except (omero.ServerError, OSError):
        path.unlink(missing_ok=True)
        raise


def _copy(exporter: Any, size: int, file: IO[bytes]) -> None:
    for start in range(0, size, BLOCK_BYTES):
        file.write(exporter.read(start, min(BLOCK_BYTES, size - start)))
    file.flush()
