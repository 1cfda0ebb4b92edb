"""`omero fs importtime`: how long the phases of an import took, from its log; kept as an annotation if wanted."""

import csv
import json
import sys
from typing import Any

import omero
import omero.model
from omero.rtypes import rstring, unwrap
from omero.sys.parameters import ParametersI
from omero_cli.filesets import EVERYWHERE, log_text
from omero_cli.framework import Arguments, Context

__all__ = ["import_times"]

NAMESPACE = "openmicroscopy.org/omero/import/metrics"
BOTH, NEITHER, UNKNOWN = 28, 29, 31
COLUMNS = {
    "upload (ms)": "upload", "# files": "files", "setId (ms)": "setId", "metadata (ms)": "metadata",
    "pixeldata (ms)": "pixels", "# planes": "planes", "overlays (ms)": "overlays", "rnd defs (ms)": "rdefs",
    "# settings": "settings", "thumbnails (ms)": "thumbnails", "# thumbnails": "pictures",
}  # fmt: skip
LINES = (
    ("upload", "upload", "files", "file"),
    ("setId", "setId", None, ""),
    ("metadata", "metadata", None, ""),
    ("pixels", "pixels", "planes", "plane"),
    ("overlays", "overlays", None, ""),
    ("rdefs", "rdefs", "settings", "rendering setting"),
    ("thumbnail", "thumbnails", "pictures", "thumbnail"),
)
UNITS = {"file": "file", "plane": "plane", "rendering setting": "setting", "thumbnail": "thumbnail"}
CACHED = (
    "select l.parent.id, m.name, m.value from FilesetAnnotationLink l, MapAnnotation a join a.mapValue m"
    " where l.child.id = a.id and a.ns = :ns order by l.parent.id"
)
OWN = "select l from FilesetAnnotationLink l join fetch l.child a where l.parent.id = :id and a.ns = :ns order by l.id"


def import_times(ctx: Context, args: Arguments) -> None:
    """Report one import, or all that are cached. CommandError 28, 29 for wrong arguments, 31 without a record."""
    if args.summary and args.fileset is not None:
        ctx.die(BOTH, "Give a fileset or --summary, not both")
    if not args.summary and args.fileset is None:
        ctx.die(NEITHER, "Give a fileset, or --summary")
    client = ctx.connect(args)
    if args.summary:
        _print_summary(ctx, client)
        return
    times = _cached(client).get(args.fileset) or _logged(ctx, client, args.fileset)
    for line in _lines(times):
        ctx.out(line)
    if args.cache:
        _store(client, args.fileset, times)


def _logged(ctx: Context, client: Any, fileset: int) -> dict[str, int]:
    lines = log_text(ctx, client, fileset).splitlines()
    found = [line.partition(" times ")[2] for line in lines if " times {" in line]
    if not found:
        ctx.die(UNKNOWN, f"The log of Fileset:{fileset} does not say how long its import took")
    return {str(key): int(value) for key, value in json.loads(found[-1]).items()}


def _lines(times: dict[str, int]) -> list[str]:
    lines = []
    for label, phase, counted, what in LINES:
        seconds = times.get(phase, 0) / 1000
        line = f"{label:>9} time of {seconds:6.2f}s"
        number = times.get(counted, 0) if counted else 0
        if number:
            plural = "" if number == 1 else "s"
            line += f" for {number} {what}{plural} ({seconds / number:.3f}s/{UNITS[what]})"
        lines.append(line)
    return lines


def _cached(client: Any) -> dict[int, dict[str, int]]:
    """What annotations say, by fileset; those of other makers that are not understood are left out."""
    params = ParametersI().addString("ns", NAMESPACE)
    found: dict[int, dict[str, int]] = {}
    for fileset, name, value in unwrap(client.sf.getQueryService().projection(CACHED, params, EVERYWHERE)):
        if name in COLUMNS and str(value).isdigit():
            found.setdefault(fileset, {})[COLUMNS[name]] = int(value)
    return found


def _store(client: Any, fileset: int, times: dict[str, int]) -> None:
    """Annotate the fileset, unless it is annotated already."""
    params = ParametersI().addId(fileset).addString("ns", NAMESPACE)
    if client.sf.getQueryService().findAllByQuery(OWN, params, EVERYWHERE):
        return
    note = omero.model.MapAnnotationI()
    note.setNs(rstring(NAMESPACE))
    note.setMapValue([omero.model.NamedValue(name, str(times.get(key, 0))) for name, key in COLUMNS.items()])
    link = omero.model.FilesetAnnotationLinkI()
    link.setParent(omero.model.FilesetI(fileset, False))
    link.setChild(note)
    group = client.sf.getQueryService().get("Fileset", fileset, EVERYWHERE).getDetails().getGroup().getId().getValue()
    client.sf.getUpdateService().saveObject(link, {"omero.group": str(group)})


def _print_summary(ctx: Context, client: Any) -> None:
    found = _cached(client)
    if not found:
        ctx.out("no import times to report")
        return
    ctx.out(",".join(f'"{name}"' for name in ("fileset", *COLUMNS)))
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerows([fileset, *(times.get(key, 0) for key in COLUMNS.values())] for fileset, times in found.items())
