"""What `omero import` prints: ids for scripts to standard output, progress and summary for people to standard error."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Self

from omero.importing import Candidate, Imported, ScanResult
from omero.importing.process import total_size
from omero_cli.framework import Arguments, Context
from omero_server.formats.base import FormatError
from omero_server.formats.registry import reader_named

__all__ = ["Display", "print_groups", "print_imported", "print_summary"]

RULE = "#======================================"


class Display:
    """Bars at a terminal: bytes uploaded of all, and what happens to the present fileset. Elsewhere nothing."""

    def __init__(self, quiet: bool, candidates: Sequence[Candidate]) -> None:
        self._started = time.monotonic()
        self._bar: Any = None
        self._sent: dict[Path, int] = {}
        self._lock = Lock()
        if not quiet and sys.stderr.isatty():
            from tqdm import tqdm

            total = sum(total_size(candidate) for candidate in candidates)
            self._bar = tqdm(total=total, unit="B", unit_scale=True, unit_divisor=1024, desc="Upload", leave=False)

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._started

    def progress_of(self, candidate: Candidate) -> Callable[[str, int, int], None]:
        """To be told of one fileset's progress, by any thread."""

        def progress(what: str, done: int, total: int) -> None:
            if self._bar is None:
                return
            with self._lock:
                if what == "upload":
                    self._sent[candidate.entry] = done
                    self._bar.update(sum(self._sent.values()) - self._bar.n)
                else:
                    self._bar.set_postfix_str(f"{candidate.entry.name}: step {done} of {total}", refresh=True)

        return progress

    def note(self, text: str) -> None:
        """A line to standard error, above the bar."""
        if self._bar is None:
            print(text, file=sys.stderr, flush=True)
        else:
            self._bar.write(text, file=sys.stderr)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._bar is not None:
            self._bar.close()


def print_imported(ctx: Context, imported: Imported, args: Arguments) -> None:
    """The ids of one fileset, in the form that was asked for."""
    if not imported.finished:
        ctx.err(f"Fileset:{imported.fileset} was uploaded. Its import goes on in the server.")
        return
    for line in _FORMS[args.output](imported):
        ctx.out(line)
    if not ctx.quiet:
        others = [f"Image:{_joined(imported.images)}"] if imported.plates else []
        ctx.err("\n".join(["Other imported objects:", f"Fileset:{imported.fileset}", *others]))


def _ids(imported: Imported) -> list[str]:
    if imported.plates:
        return [f"Plate:{_joined(imported.plates)}"]
    return [f"Image:{_joined(imported.images)}"]


def _legacy(imported: Imported) -> list[str]:
    return [str(pixels) for pixels in imported.pixels]


def _yaml(imported: Imported) -> list[str]:
    lines = ["---", f"- Fileset: {imported.fileset}", f"  Image: {imported.images}"]
    return [*lines, f"  Plate: {imported.plates}"] if imported.plates else lines


def _json(imported: Imported) -> list[str]:
    """One object for each fileset, in a line of its own."""
    told = {"Fileset": imported.fileset, "Image": list(imported.images), "Pixels": list(imported.pixels)}
    return [json.dumps({**told, "Plate": list(imported.plates)})]


_FORMS: dict[str, Callable[[Imported], list[str]]] = {"ids": _ids, "json": _json, "legacy": _legacy, "yaml": _yaml}


def _joined(ids: Sequence[int]) -> str:
    return ",".join(map(str, ids))


def print_groups(ctx: Context, found: ScanResult, output: str) -> None:
    """What a scan has found."""
    started = time.monotonic()
    if output == "yaml" and found.candidates:
        ctx.out("---")
    for candidate in found.candidates:
        files, plates = [str(path) for path in candidate.files], "true" if _has_plates(candidate) else "false"
        if output == "yaml":
            head = [f"- group: {_quoted(files[0])}", f"  spw: {plates}", f"  reader: {candidate.reader}", "  files:"]
            lines = head + [f"   - {_quoted(file)}" for file in files]
        else:
            lines = [RULE, f"# Group: {files[0]} SPW: {plates} Reader: {candidate.reader}", *files]
        ctx.out("\n".join(lines))
    for refusal in found.refusals:
        ctx.err(f"Cannot import {refusal.reason}")
    if not ctx.quiet:
        count, groups = sum(len(candidate.files) for candidate in found.candidates), len(found.candidates)
        took = f"{(time.monotonic() - started) * 1000:.0f}ms"
        ctx.err(
            f"{count} file(s) parsed into {groups} group(s) with {groups} call(s) to setId in {took}. "
            f"({took} total) [{len(found.refusals)} unknowns]"
        )


def _has_plates(candidate: Candidate) -> bool:
    try:
        with reader_named(candidate.reader).open(candidate.entry) as reader:
            return bool(reader.info().plates)
    except FormatError:
        return False


def _quoted(path: str) -> str:
    """A path for YAML: as it is, unless YAML would take it for something else."""
    plain = re.fullmatch(r"[\w/.][\w/. &=()+-]*", path, re.ASCII) and path == path.strip()
    return path if plain else json.dumps(path)


def print_summary(ctx: Context, done: Sequence[Imported], errors: int, seconds: float) -> None:
    """How many files, filesets, plates and images; and how long it took."""
    if ctx.quiet:
        return
    files, plates = sum(one.files for one in done), sum(len(one.plates) for one in done)
    parts = [f"{_counted(files, 'file')} uploaded", _counted(len(done), "fileset")]
    if plates:
        parts.append(_counted(plates, "plate"))
    images = _counted(sum(len(one.images) for one in done), "image")
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    took = f"{hours}:{minutes:02d}:{rest:06.3f}"
    ctx.err(f"\n==> Summary\n{', '.join(parts)} created, {images} imported, {_counted(errors, 'error')} in {took}")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
