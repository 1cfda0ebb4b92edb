"""Reports of failed imports: a zip file to send to developers, or to a server that takes such reports."""

import json
import platform
import time
import urllib.request
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from omero_cli.framework import Arguments, Context
from omero_cli.version import VERSION

__all__ = ["Failure", "write_report"]

SECONDS = 60


@dataclass(frozen=True)
class Failure:
    """What could not be imported, why, and its files."""

    path: Path
    reason: str
    files: Sequence[Path]


def write_report(ctx: Context, args: Arguments, failures: Sequence[Failure]) -> None:
    """Write a report into the working directory, and send it if an address was given. Trouble is only told."""
    report = Path(f"omero-import-report-{time.strftime('%Y%m%d-%H%M%S')}.zip").absolute()
    try:
        with zipfile.ZipFile(report, "x", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("report.json", json.dumps(_facts(args, failures), indent=2))
            if args.logs or args.upload:
                archive.writestr("messages.txt", "".join(f"{one.path}: {one.reason}\n" for one in failures))
            if args.upload:
                _add_files(archive, failures)
    except OSError as error:
        ctx.err(f"The report {report} cannot be written: {error.strerror}")
        return
    ctx.err(f"Report: {report}")
    if args.qa_baseurl:
        _send(ctx, args.qa_baseurl, report)


def _facts(args: Arguments, failures: Sequence[Failure]) -> dict[str, object]:
    return {
        "version": VERSION,
        "python": platform.python_version(),
        "system": platform.platform(),
        "email": args.email,
        "failures": [
            {"name": one.path.name, "reason": one.reason, "sizes": [_size(path) for path in one.files]}
            for one in failures
        ],
    }


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _add_files(archive: zipfile.ZipFile, failures: Sequence[Failure]) -> None:
    for number, one in enumerate(failures):
        for index, path in enumerate(one.files):
            if path.is_file():
                archive.write(path, f"files/{number}/{index}-{path.name}")


def _send(ctx: Context, url: str, report: Path) -> None:
    if not url.startswith(("http://", "https://")):
        ctx.err(f"The report was not sent: {url} is no address of a web server.")
        return
    try:
        with report.open("rb") as body:
            headers = {"Content-Type": "application/zip", "Content-Length": str(report.stat().st_size)}
            request = urllib.request.Request(url, body, headers, method="POST")
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                ctx.err(f"The report was sent to {url}: {answer.status}")
    except OSError as error:
        ctx.err(f"The report could not be sent to {url}: {error}")
