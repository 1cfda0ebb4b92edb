"""`omero import` of some paths: search, then import, then say what came out."""

import logging
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import Ice

from omero.importing import Candidate, Imported, Options, ScanResult, TargetError, import_all, known_before, scan
from omero.importing.annotations import text_annotations
from omero.importing.batch import reason
from omero.importing.targets import Destination, find_destination
from omero.importing.transfers import MODES, TransferError, find_transfer
from omero_cli.framework import Arguments, Context
from omero_cli.import_options import USAGE
from omero_cli.import_output import Display, print_groups, print_imported, print_summary
from omero_cli.import_readers import listed_readers
from omero_cli.import_report import Failure, write_report
from omero_server.repository.checksums import DEFAULT_ALGORITHM

__all__ = ["run_import"]

FAILED, LEFTOVERS, NO_CANDIDATES = 2, 3, 125
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LEVELS = {"ALL": 1, "TRACE": 5, "WARN": logging.WARNING, "FATAL": logging.CRITICAL}


def run_import(ctx: Context, args: Arguments) -> int:
    """Import, or only look; the exit code."""
    with _outputs(args), _logging(args.log_level):
        found = scan([Path(path) for path in args.path], args.depth)
        if args.readers:
            _keep_readers(ctx, found, Path(args.readers))
        if args.dry_run:
            print_groups(ctx, found, args.output)
            return USAGE if found.refusals else 0 if found.candidates else NO_CANDIDATES
        return _import_found(ctx, args, found)


@contextmanager
def _logging(level: str | None) -> Iterator[None]:
    """Log what is as important as `level`, until the import ends: it may be called by a program that logs itself."""
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    if level:
        root.handlers[:] = []
        logging.basicConfig(level=_LEVELS.get(level, level), stream=sys.stderr)
    try:
        yield
    finally:
        root.setLevel(before[0])
        root.handlers[:] = before[1]


@contextmanager
def _outputs(args: Arguments) -> Iterator[None]:
    """Standard output and error go into the files that --file and --errs name; those of later bulk lines after it."""
    with ExitStack() as stack:
        for name, redirect in ((args.file, redirect_stdout), (args.errs, redirect_stderr)):
            if name:
                path = Path(args.logprefix) / name if args.logprefix else Path(name)
                path.parent.mkdir(parents=True, exist_ok=True)
                stream = path.open("a" if getattr(args, "append", False) else "w", encoding="utf-8")
                stack.enter_context(stream)
                stack.enter_context(redirect(stream))
        yield


def _keep_readers(ctx: Context, found: ScanResult, file: Path) -> None:
    try:
        wanted = listed_readers(file)
    except (OSError, ValueError) as error:
        ctx.die(USAGE, f"Cannot read the list of readers {file}: {error}")
    found.candidates = [one for one in found.candidates if one.reader in wanted]


def _import_found(ctx: Context, args: Arguments, found: ScanResult) -> int:
    failures = [Failure(refusal.path, refusal.reason, (refusal.path,)) for refusal in found.refusals]
    for refusal in found.refusals:
        ctx.err(f"Cannot import {refusal.reason}")
    if not found.candidates:
        ctx.err("No imports due to errors!" if failures else "No imports found")
        _report(ctx, args, failures)
        return USAGE
    if failures and not args.proceed:
        ctx.err("Nothing was imported. Use -c to import the other files all the same.")
        _report(ctx, args, failures)
        return FAILED
    return _import(ctx, args, found.candidates, failures)


def _import(ctx: Context, args: Arguments, candidates: list[Candidate], failures: list[Failure]) -> int:
    client = ctx.connect(args)
    try:
        options = _options(client, args)
    except (TargetError, TransferError) as error:
        ctx.die(USAGE, str(error))
    if args.exclude:
        candidates = _without_known(ctx, client, candidates, args.exclude)
    if args.keep_alive:
        client.enableKeepAlive(args.keep_alive)
    with Display(ctx.quiet, candidates) as display, _transfer(client, args.encrypted) as sender:
        done = list(_each(ctx, args, display, failures, sender, candidates, options))
    print_summary(ctx, done, len(failures), display.seconds)
    _report(ctx, args, failures)
    if failures:
        return FAILED
    return LEFTOVERS if any(one.leftovers for one in done) else 0


def _each(
    ctx: Context,
    args: Arguments,
    display: Display,
    failures: list[Failure],
    client: Any,
    candidates: list[Candidate],
    options: Options,
) -> Iterator[Imported]:
    """Import one after the other, or side by side, and print each."""
    outcomes = import_all(
        client, candidates, options, parallel=args.parallel_fileset, proceed=args.proceed,
        progress_of=display.progress_of,
    )  # fmt: skip
    for outcome in outcomes:
        if outcome.error is not None:
            why = reason(outcome.error)
            failures.append(Failure(outcome.candidate.entry, why, outcome.candidate.files))
            display.note(f"Import of {outcome.candidate.entry} failed: {why}")
        elif outcome.imported is not None:
            for line in outcome.imported.leftovers:
                display.note(f"Not removed: {line}")
            print_imported(ctx, outcome.imported, args)
            yield outcome.imported


def _without_known(ctx: Context, client: Any, candidates: list[Candidate], by: str) -> list[Candidate]:
    known = known_before(client, candidates, by)
    for one in known:
        ctx.err(f"Excluded, as it was imported before: {one.entry}")
    return [one for one in candidates if one not in known]


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
    skip = set(args.skip or ())
    skip |= {"checksum", "minmax", "thumbnails"} if "all" in skip else set()
    # First what can be wrong without the server: a target may be made.
    transfer = find_transfer(args.transfer) if args.transfer else MODES["upload"]
    destination = _destination(client, args)
    return Options(
        target=destination.container,
        template=destination.template,
        name=args.name,
        description=args.description,
        annotations=text_annotations(args.annotation_ns, args.annotation_text, args.annotation_link),
        checksum_algorithm="File-Size-64" if "checksum" in skip else args.checksum_algorithm or DEFAULT_ALGORITHM,
        thumbnails=not (args.no_thumbnails or "thumbnails" in skip),
        minmax=not (args.no_stats_info or "minmax" in skip),
        transfer=transfer,
        parallel_upload=args.parallel_upload,
        resume=transfer.place is None,
        wait=None if args.minutes_wait is None or args.minutes_wait < 0 else args.minutes_wait * 60,
        auto_close=args.auto_close,
    )


def _destination(client: Any, args: Arguments) -> Destination:
    given = [one for one in (args.dataset, args.screen, args.target) if one is not None]
    if len(given) > 1:
        raise TargetError("Give one of -d, -r and -T, not several.")
    if args.screen is not None:
        return find_destination(client, args.screen, "Screen")
    return find_destination(client, given[0]) if given else Destination()


def _report(ctx: Context, args: Arguments, failures: list[Failure]) -> None:
    if args.report and failures:
        write_report(ctx, args, failures)
    elif (args.upload or args.logs or args.email) and failures:
        ctx.err("No report was made: --upload, --logs and --email need --report as well.")
