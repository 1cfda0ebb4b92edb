"""The sample images in `tests/data`, and what independent readers say of each (see SOURCES.md there)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["DATA", "EXPECTED", "PATHS"]

DATA = Path(__file__).parents[1] / "data"
EXPECTED: list[dict[str, Any]] = json.loads((DATA / "expected.json").read_text("utf-8"))
PATHS = [str(sample["path"]) for sample in EXPECTED]
