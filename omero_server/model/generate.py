"""Write every committed file that follows from the model: ``python -m omero_server.model.generate``.

With ``--check`` nothing is written; the names of files that differ are printed and the exit status is 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from omero_server.model import ddl, glossary, slice
from omero_server.model.schema import MODEL, Model

__all__ = ["GENERATORS", "generated", "main"]

ROOT = Path(__file__).parents[2]


def _sql(model: Model) -> dict[str, str]:
    folder = f"sql/{ddl.VERSION}__{ddl.PATCH}"
    note = "-- Generated from omero_server/model by python -m omero_server.model.generate; do not edit.\n\n"
    return {f"{folder}/{name}": note + text for name, text in ddl.files(model).items()}


def _glossary(model: Model) -> dict[str, str]:
    return {"docs/developers/glossary.md": glossary.page(model)}


# Each gives texts by path below the root of the checkout.
GENERATORS: list[Callable[[Model], dict[str, str]]] = [_sql, _glossary, slice.generate]


def generated(model: Model) -> dict[Path, str]:
    """Text of every generated file, by absolute path."""
    return {ROOT / path: text for generator in GENERATORS for path, text in generator(model).items()}


def main(arguments: list[str] | None = None) -> int:
    """Write, or with ``--check`` compare; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail if a file differs")
    options = parser.parse_args(arguments)
    outdated = [
        (path, text) for path, text in generated(MODEL).items() if not path.exists() or path.read_text("utf-8") != text
    ]
    for path, text in outdated:
        print(path.relative_to(ROOT))
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return 1 if options.check and outdated else 0


if __name__ == "__main__":
    sys.exit(main())
