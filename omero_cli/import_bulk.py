"""`omero import --bulk`: what to import, and how, from a YAML file and the list that it names."""

import csv
import shlex
from collections.abc import Callable, Iterator
from copy import copy
from pathlib import Path
from typing import Any

import yaml

from omero_cli.framework import Arguments, CommandError, Context
from omero_cli.import_options import arguments_for, parse_words

__all__ = ["import_bulk"]

NO_PATHS, NO_PATH, FAILED = 104, 107, 106
OWN_KEYS = ("path", "columns", "continue", "dry_run", "include", "bulk")


def import_bulk(ctx: Context, args: Arguments, run: Callable[[Context, Arguments], int]) -> int:
    """Run an import for each line; the sum of their exit codes.

    CommandError 104 with paths, 107 without a list, 200 for unknown keys, 106 at the first failure unless the file
    says `continue`.
    """
    if args.path:
        ctx.die(NO_PATHS, "When using bulk import, omit paths")
    settings = _load(ctx, Path(args.bulk).absolute())
    if "path" not in settings:
        ctx.die(NO_PATH, "No path specified")
    common = {key: value for key, value in settings.items() if key not in OWN_KEYS}
    proceed = bool(settings.get("continue")) or args.proceed
    failures = []
    for number, (row, path) in enumerate(_lines(ctx, settings), start=1):
        words = [word for key, value in (common | row).items() for word in arguments_for(key, value)]
        if settings.get("dry_run"):
            _show(ctx, settings["dry_run"], number, [*words, path])
            continue
        code = run(ctx, _arguments(args, words, path, number))
        if code:
            if not proceed:
                ctx.die(FAILED, "Import failed. Use -c to continue after errors")
            ctx.err(f"Import failed with error code: {code}. Continuing")
            failures.append(code)
    if failures:
        ctx.err(f"{len(failures)} failed imports")
    return sum(failures)


def _load(ctx: Context, file: Path, seen: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The keys of a file, over those of the file that it includes; `path` becomes absolute."""
    if file in seen:
        ctx.die(NO_PATH, f"{file} includes itself")
    try:
        found = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise CommandError(f"Cannot read {file}: {error}", NO_PATH) from error
    if not isinstance(found, dict):
        ctx.die(NO_PATH, f"{file} has no keys: write e.g. path: files.tsv")
    settings: dict[str, Any] = {str(key): value for key, value in found.items()}
    if "path" in settings:
        settings["path"] = file.parent / str(settings["path"])
    if "include" in settings:
        settings = _load(ctx, file.parent / str(settings.pop("include")), (*seen, file)) | settings
    return settings


def _lines(ctx: Context, settings: dict[str, Any]) -> Iterator[tuple[dict[str, str], str]]:
    """The columns and the path of each line."""
    file, columns = Path(settings["path"]), settings.get("columns")
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        raise CommandError(f"Cannot read {file}: {error}", NO_PATH) from error
    if not columns:
        for line in filter(str.strip, text.splitlines()):
            yield {}, str(file.parent / line.strip())
        return
    if "path" not in columns:
        ctx.die(NO_PATH, "No path specified: one of the columns must be path")
    for number, cells in enumerate(_rows(file, text), start=1):
        if len(cells) > len(columns):
            ctx.die(NO_PATH, f"Line {number} of {file} has {len(cells)} columns instead of {len(columns)}")
        row = dict(zip(columns, cells, strict=False))
        if not row.get("path"):
            ctx.die(NO_PATH, f"Line {number} of {file} has no path")
        path = str(file.parent / row.pop("path"))
        yield {key: value for key, value in row.items() if value != ""}, path


def _rows(file: Path, text: str) -> Iterator[list[str]]:
    lines = [line for line in text.splitlines() if line.strip()]
    if file.suffix in (".tsv", ".csv"):
        yield from csv.reader(lines, delimiter="\t" if file.suffix == ".tsv" else ",")
    else:
        yield from (shlex.split(line) for line in lines)


def _arguments(args: Arguments, words: list[str], path: str, number: int) -> Arguments:
    """The options of the command line, then those of the file and of the line, for one import."""
    own = copy(args)
    own.bulk, own.path, own.append = None, [path], number > 1
    for name in ("name", "description", "checksum_algorithm"):
        setattr(own, f"_{name}_given", False)
    parse_words(words, own)
    return own


def _show(ctx: Context, dry_run: Any, number: int, words: list[str]) -> None:
    """The command of one import: printed, or written into a script of its own."""
    line = shlex.join(["omero", "import", *words])
    if dry_run is True:
        ctx.out(line)
        return
    script = Path(str(dry_run).replace("%s", str(number)))
    script.write_text(f"#!/bin/sh\n{line}\n", "utf-8")
    script.chmod(0o755)
    ctx.err(str(script))
