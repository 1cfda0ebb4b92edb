"""Import image files into the server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import Ice

import omero
from omero.importing import ImportFailed, Options, ScanResult, TargetError, import_fileset, scan
from omero.importing.annotations import text_annotations
from omero.importing.process import total_size
from omero.importing.targets import Destination, find_destination
from omero_cli.framework import Arguments, Context, Parser
from omero_cli.import_output import Display, print_groups, print_imported, print_summary
from omero_server.formats.scan import DEFAULT_DEPTH
from omero_server.repository.checksums import ALGORITHMS, DEFAULT_ALGORITHM

USAGE, FAILED, NO_CANDIDATES = 1, 2, 125
LOOPBACK = ("localhost", "127.0.0.1", "::1")
SKIPS = ("all", "checksum", "minmax", "thumbnails", "upgrade")
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
  find . -name '*.tif' | omero import -        # read the paths from standard input
"""


def configure(parser: Parser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.login_arguments()
    parser.add_argument("path", nargs="*", help="Files and folders; a single - reads them from standard input")
    where = parser.add_argument_group("Where to")
    where.add_argument("-d", dest="dataset", metavar="DATASET", help="Dataset: its id, or Dataset:ID")
    where.add_argument("-r", dest="screen", metavar="SCREEN", help="Screen for plates: its id, or Screen:ID")
    where.add_argument("-T", "--target", metavar="TARGET", help="Dataset:name:NAME, regex:... and more: see the manual")
    what = parser.add_argument_group("What is stored")
    what.add_argument("-n", "--name", help="Name of the images or plates, instead of the file's")
    what.add_argument("-x", "--description", help="Description of the images or plates")
    what.add_argument("--annotation-ns", metavar="NS", action="append", help="Namespace of a comment on the images")
    what.add_argument("--annotation-text", metavar="TEXT", action="append", help="Text of a comment on the images")
    what.add_argument("--annotation-link", metavar="ID", action="append", type=int, help="Annotation for the images")
    how = parser.add_argument_group("How")
    how.add_argument("-f", dest="dry_run", action="store_true", help="Show what would be imported; no server needed")
    how.add_argument("-c", dest="proceed", action="store_true", help="Continue with the next fileset after an error")
    how.add_argument("--depth", type=int, default=DEFAULT_DEPTH, help="Levels of folders to search (default: 4)")
    how.add_argument("--skip", action="append", choices=SKIPS, default=[], help="Leave out a step; may be repeated")
    how.add_argument("--checksum-algorithm", "--checksum_algorithm", choices=ALGORITHMS, default=DEFAULT_ALGORITHM)
    how.add_argument("--encrypted", choices=("true", "false"), help="Encrypt the upload (default: to other machines)")
    how.add_argument("--no-thumbnails", action="store_true", help="As --skip thumbnails")
    how.add_argument("--no-stats-info", action="store_true", help="As --skip minmax")
    how.add_argument("--output", choices=("ids", "legacy", "yaml"), default="ids", help="Form of the output")
    how.add_argument("--file", metavar="FILE", help="Write the output into a file as well")
    parser.set_defaults(run=run)


def run(ctx: Context, args: Arguments) -> int:
    paths = [line.rstrip("\n") for line in sys.stdin if line.strip()] if args.path == ["-"] else args.path
    if not paths:
        ctx.die(USAGE, "Nothing to import: name files or folders. See omero import -h")
    found = scan([Path(path) for path in paths], args.depth)
    if args.dry_run:
        return _dry_run(ctx, args, found)
    for refusal in found.refusals:
        ctx.err(f"Cannot import {refusal.reason}")
    if not found.candidates:
        ctx.err("No imports due to errors!" if found.refusals else "No imports found")
        return USAGE
    if found.refusals and not args.proceed:
        ctx.err("Nothing was imported. Use -c to import the other files all the same.")
        return FAILED
    return _import(ctx, args, found)


def _dry_run(ctx: Context, args: Arguments, found: ScanResult) -> int:
    print_groups(ctx, found, args.output)
    if found.refusals:
        return USAGE
    return 0 if found.candidates else NO_CANDIDATES


def _import(ctx: Context, args: Arguments, found: ScanResult) -> int:
    client = ctx.connect(args)
    try:
        options = _options(client, args)
    except TargetError as error:
        ctx.die(USAGE, str(error))
    done, errors = [], len(found.refusals)
    total = sum(total_size(candidate) for candidate in found.candidates)
    with Display(ctx.quiet, total) as display, _transfer(client, args.encrypted) as client:
        for candidate in found.candidates:
            try:
                imported = import_fileset(client, candidate, options, display.progress_of(candidate))
            except (ImportFailed, omero.ServerError, Ice.Exception, OSError) as error:
                errors += 1
                display.note(f"Import of {candidate.entry} failed: {_reason(error)}")
                if not args.proceed:
                    break
            else:
                done.append(imported)
                print_imported(ctx, imported, args)
    print_summary(ctx, done, errors, display.seconds)
    return FAILED if errors else 0


@contextmanager
def _transfer(client: Any, encrypted: str | None) -> Iterator[Any]:
    """The client to upload with: without encryption if wanted, or if nothing leaves this machine anyway."""
    local = client.getProperty("omero.host") in LOOPBACK
    if encrypted == "true" or (encrypted is None and not local) or not client.isSecure():
        yield client
        return
    try:
        plain = client.createClient(False)
    except Ice.Exception:
        # The server offers no unencrypted port.
        yield client
        return
    try:
        yield plain
    finally:
        plain.closeSession()


def _options(client: Any, args: Arguments) -> Options:
    skip = {"checksum", "minmax", "thumbnails"} if "all" in args.skip else set(args.skip)
    destination = _destination(client, args)
    options = Options(
        target=destination.container,
        template=destination.template,
        name=args.name,
        description=args.description,
        annotations=text_annotations(args.annotation_ns, args.annotation_text, args.annotation_link),
        checksum_algorithm="File-Size-64" if "checksum" in skip else args.checksum_algorithm,
    )
    return replace(
        options,
        thumbnails=not (args.no_thumbnails or "thumbnails" in skip),
        minmax=not (args.no_stats_info or "minmax" in skip),
    )


def _destination(client: Any, args: Arguments) -> Destination:
    given = [one for one in (args.dataset, args.screen, args.target) if one is not None]
    if len(given) > 1:
        raise TargetError("Give one of -d, -r and -T, not several.")
    if args.screen is not None:
        return find_destination(client, args.screen, "Screen")
    return find_destination(client, given[0]) if given else Destination()


def _reason(error: Exception) -> str:
    if isinstance(error, ImportFailed):
        return f"{error} ({error.code})"
    if isinstance(error, Ice.Exception):
        return f"{getattr(error, 'message', None) or error} ({type(error).__name__})"
    return str(error)
