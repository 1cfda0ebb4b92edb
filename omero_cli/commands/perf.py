"""Measure how fast the server answers."""

import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from omero_cli.framework import Arguments, CommandError, Context, Parser

FORMAT = """Each line of a file is one measurement; empty lines and those that begin with `#` are left out:
  ServerTime(repeat=100)        ask for the server's time, 100 times
  LoadFormats(repeat=10)        load the list of file formats, 10 times
  Import:<file>                 import a file
  Import(Dataset:<id>):<file>   import a file to a dataset (or Screen:<id>, or Dataset:name:<name>)

For each one line is printed: what it was, how often, seconds altogether, milliseconds for one.
"""
_LINE = re.compile(r"\s*(?P<name>\w+)(?:\((?P<options>.*?)\))?(?::(?P<path>.*))?\s*")
_REPEAT = re.compile(r"repeat=(\d{1,6})")


def configure(parser: Parser) -> None:
    parser.login_arguments()
    parser.epilog = FORMAT
    parser.add_argument("file", nargs="*", help="Files of measurements; - is standard input")
    parser.add_argument("-l", "--list", action="store_true", help="List the kinds of measurements")
    parser.set_defaults(run=run)


def run(ctx: Context, args: Arguments) -> None:
    if args.list:
        for name in sorted(KINDS):
            ctx.out(name)
        return
    if not args.file:
        ctx.die(167, "No files given. Use '-' for stdin.")
    tasks = [task for name in args.file for task in _tasks(name)]
    client = ctx.connect(args)
    for name, options, path in tasks:
        repeat = int(found[1]) if (found := _REPEAT.fullmatch(options)) else 1
        begun = time.perf_counter()
        for _ in range(repeat):
            KINDS[name](client, options, path)
        seconds = time.perf_counter() - begun
        ctx.out(f"{name:<12}{repeat:>7} x {seconds:>9.3f} s {seconds * 1000 / max(repeat, 1):>11.3f} ms each  {path}")


def _tasks(name: str) -> Iterator[tuple[str, str, str]]:
    """Kind, options and path of each line. CommandError for a line that says nothing known."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"Cannot read {name}: {error.strerror}") from error
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None or found["name"] not in KINDS:
            raise CommandError(f"Unexpected line: {line}. There are {', '.join(sorted(KINDS))}", 2)
        yield found["name"], found["options"] or "", (found["path"] or "").strip()


def _server_time(client: Any, options: str, path: str) -> None:
    client.sf.getConfigService().getServerTime()


def _load_formats(client: Any, options: str, path: str) -> None:
    client.sf.getTypesService().allEnumerations("Format")


def _import(client: Any, options: str, path: str) -> None:
    from omero.gateway import BlitzGateway

    BlitzGateway(client_obj=client).import_files([path], options or None)


KINDS: dict[str, Callable[[Any, str, str], None]] = {
    "Import": _import,
    "LoadFormats": _load_formats,
    "ServerTime": _server_time,
}
