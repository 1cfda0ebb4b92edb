"""Import image files into the server."""

from __future__ import annotations

import logging
import logging.config
import sys
from pathlib import Path

from omero_cli.framework import Arguments, Context, Parser
from omero_cli.import_bulk import import_bulk
from omero_cli.import_options import USAGE, add_options, parse_more
from omero_cli.import_processes import finish_others
from omero_cli.import_run import run_import

DESCRIPTION = """Import image files into the server.

Folders are searched for images. Files that belong together become one fileset; each fileset is uploaded, checked and
turned into images on its own. The ids of new images are printed to standard output, everything else to standard error.
"""
EXAMPLES = """
Examples:
  omero import image.tif
  omero import -d 12 /data/experiment          # into a dataset, by id
  omero import -T Dataset:name:Cells *.tif     # ... by name; it is made if there is none
  omero import -f /data/experiment             # only show what would be imported
  omero import --transfer=ln_s /data/big       # on the server's machine: store links
  omero import --bulk list.yml                 # what a file lists
  find . -name '*.tif' | omero import -        # read the paths from standard input
"""
ADVANCED = """These options may follow a --, as all others may:
  --keep-alive SECONDS   Say to the server now and then that the program still runs
  --minutes-wait N       Wait at most so long for the server after the upload; 0 ends the program at once
  --auto-close           The server closes what belongs to the import when it has ended
  --close-completed      Close imports of this session that have ended, and end
  --wait-completed       Wait until all imports of this session have ended, and close them
  --no-stats-info        As --skip minmax
  --no-thumbnails        As --skip thumbnails
  --no-upgrade-check     Accepted; nothing asks for upgrades
  --qa-baseurl URL       Where --report sends its reports, by HTTP POST
  --plate_name, --plate_description    As --name, --description
  --clientdir, --fetch-jars, --agent   Accepted; nothing here needs Java
"""


def configure(parser: Parser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.login_arguments()
    parser.add_argument("path", nargs="*", help="Files and folders; a single - reads them from standard input")
    add_options(parser)
    parser.set_defaults(run=run)


def run(ctx: Context, args: Arguments) -> int:
    parse_more(args)
    if args.advanced_help:
        ctx.out(ADVANCED)
        return 0
    if args.fetch_jars:
        ctx.err("Nothing was fetched: imports need no jars here.")
        return 0
    if args.logback:
        _logging(ctx, Path(args.logback))
    if args.close_completed or args.wait_completed:
        return finish_others(ctx, ctx.connect(args), wait=args.wait_completed)
    if args.bulk:
        return import_bulk(ctx, args, _run)
    return _run(ctx, args)


def _run(ctx: Context, args: Arguments) -> int:
    if args.path == ["-"]:
        args.path = [line.rstrip("\n") for line in sys.stdin if line.strip()]
    if not args.path:
        ctx.die(USAGE, "Nothing to import: name files or folders. See omero import -h")
    return run_import(ctx, args)


def _logging(ctx: Context, file: Path) -> None:
    if file.suffix == ".xml":
        ctx.err(f"{file} is for Java's Logback, and is not read. Give a file for Python's logging.config.")
        return
    try:
        logging.config.fileConfig(file, disable_existing_loggers=False)
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        ctx.die(USAGE, f"Cannot read how to log from {file}: {error}")
