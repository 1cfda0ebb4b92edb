"""The command ``omero``: ``python -m omero.main``."""

from __future__ import annotations

import sys

from omero_cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
