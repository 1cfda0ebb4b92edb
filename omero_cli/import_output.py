"""What `omero import` prints: ids for scripts to standard output, progress and summary for people to standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

from omero.importing import Candidate, Imported, ScanResult
from omero.importing.process import total_size
from omero_cli.framework import Arguments, Context

__all__ = ["Display", "print_groups", "print_imported", "print_summary"]

RULE = "#======================================"


class Display:
    """Bars at a terminal: bytes uploaded of all, and what happens to the present fileset. Elsewhere nothing."""

    def __init__(self, quiet: bool, total: int) -> None:
        self._started = time.monotonic()
        self._bar: Any = None
        self._sent = 0
        if not quiet and sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=total, unit="B", unit_scale=True, unit_divisor=1024, desc="Upload", leave=False)

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._started

    def progress_of(self, candidate: Candidate) -> Callable[[str, int, int], None]:
        """To be told of one fileset's progress."""
        before = self._sent
        self._sent += total_size(candidate)

        def progress(what: str, done: int, total: int) -> None:
            if self._bar is None:
                return
            if what == "upload":
                self._bar.update(before + done - self._bar.n)
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
    lines = _FORMS[args.output](imported)
    for line in lines:
        ctx.out(line)
    if args.file:
        with open(args.file, "a", encoding="utf-8") as out:
            out.writelines(f"{line}\n" for line in lines)
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


_FORMS: dict[str, Callable[[Imported], list[str]]] = {"ids": _ids, "legacy": _legacy, "yaml": _yaml}


def _joined(ids: Sequence[int]) -> str:
    return ",".join(map(str, ids))


def print_groups(ctx: Context, found: ScanResult, output: str) -> None:
    """What a scan has found."""
    if output == "yaml" and found.candidates:
        ctx.out("---")
    for candidate in found.candidates:
        files = [str(path) for path in candidate.files]
        if output == "yaml":
            head = [f"- group: {files[0]}", "  spw: false", f"  reader: {candidate.reader}", "  files:"]
            lines = head + [f"  - {file}" for file in files]
        else:
            lines = [RULE, f"# Group: {files[0]} SPW: false Reader: {candidate.reader}", *files]
        ctx.out("\n".join(lines))
    for refusal in found.refusals:
        ctx.err(f"Cannot import {refusal.reason}")
    if not ctx.quiet:
        count = sum(len(candidate.files) for candidate in found.candidates)
        ctx.err(f"{_counted(count, 'file')} parsed into {_counted(len(found.candidates), 'group')}")


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
